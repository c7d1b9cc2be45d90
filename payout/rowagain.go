package payout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A decision on a row that was left out or refused because its person was dead, or
// reported so, rests on that death.
const sqlRowsAgain = `
INSERT INTO registry.row_decision (list, row_no, n, kind, reason, by_one, at)
SELECT d.list, d.row_no, d.n + 1, 'moved', 'Báo tử đã hủy hoặc bị bác / The death was withdrawn or refused', @by, @now
  FROM (SELECT DISTINCT o.list, o.row_no FROM payout.left_out AS o
         WHERE o.person = ANY (@people::bigint[]) AND o.reason IN ('dead', 'no_heir', 'death_reported')
         UNION
        SELECT r.list, r.row_no FROM registry.refused_row AS r JOIN registry.person AS p ON p.id_index = r.id_index
         WHERE p.id = ANY (@people::bigint[]) AND r.codes LIKE '%LIST-PERSON-DEAD%') AS t
 CROSS JOIN LATERAL (SELECT x.list, x.row_no, x.n, x.kind, x.at FROM registry.row_decision AS x
                      WHERE x.list = t.list AND x.row_no = t.row_no ORDER BY x.n DESC LIMIT 1) AS d
 WHERE d.kind = 'dropped'`

// RowsAgain has rows of the people wait again, for the next cut of their commune, that
// were left out or refused for a death that is none, and dropped.
func (PeopleOffice) RowsAgain(ctx context.Context, tx pgx.Tx, who []int64, by string, now time.Time) (int64, error) {
	if _, err := tx.Exec(ctx, sqlLockDecisions); err != nil {
		return 0, fmt.Errorf("lock decisions: %w", err)
	}
	tag, err := tx.Exec(ctx, sqlRowsAgain, pgx.NamedArgs{"people": who, "by": by, "now": now})
	if err != nil {
		return 0, fmt.Errorf("rows dropped for a death that is none: %w", err)
	}
	return tag.RowsAffected(), nil
}
