package reconciliation

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

// sqlThrough takes the account whose statements lag behind the most.
const sqlThrough = `
SELECT min(t.through)
  FROM (SELECT p.account, coalesce(max(s.to_date), '0001-01-01'::date) AS through
          FROM payout.paying_account AS p
          LEFT JOIN (reconciliation.statement AS s JOIN reconciliation.file_done AS d ON d.file = s.file)
                 ON s.channel = p.channel AND s.account = p.account
         WHERE p.channel = @channel AND p.account <> ''
         GROUP BY p.account) AS t
HAVING min(t.through) > '0001-01-01'`

// StatementsThrough is the last day up to which the booked statements of every
// paying account at the channel are taken in and posted; zero if some account
// has none.
func StatementsThrough(ctx context.Context, db pgdb.Querier, channel bankadapters.Key) (calendar.Date, error) {
	rows, _ := db.Query(ctx, sqlThrough, pgx.NamedArgs{"channel": channel})
	list, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return calendar.Date{}, fmt.Errorf("statements of %s: %w", channel, err)
	}
	if len(list) == 0 {
		return calendar.Date{}, nil
	}
	return calendar.Must(list[0].Year(), list[0].Month(), list[0].Day()), nil
}
