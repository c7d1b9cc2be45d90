package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// Gate is a channel's shared breaker with what is on its way there.
type Gate struct {
	Channel bankadapters.Key
	Name    string
	State   string // open, tripped, paused
	Why     string
	Since   time.Time
	Probe   *time.Time // when it is asked next
	Open    int64      // submissions on their way
	Total   money.Amount
}

const sqlGates = `
SELECT c.key, c.name_vi, coalesce(g.state, 'open'), coalesce(g.why, ''), coalesce(g.since, 'epoch'), g.next_probe, coalesce(m.n, 0), coalesce(m.total, 0)::bigint
  FROM payout.channel AS c
  LEFT JOIN payout.bank_gate AS g ON g.channel = c.key
  LEFT JOIN (SELECT s.channel, count(*) AS n, sum(s.total) AS total FROM payout.submission AS s
              WHERE s.state IN ('intent', 'sending', 'accepted', 'unknown') GROUP BY s.channel) AS m ON m.channel = c.key
 ORDER BY c.ordinal`

// Gates lists the channels with their gates.
func Gates(ctx context.Context, db pgdb.Querier) ([]Gate, error) {
	rows, _ := db.Query(ctx, sqlGates)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Gate])
	if err != nil {
		return nil, fmt.Errorf("gates: %w", err)
	}
	return list, nil
}
