package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

// Intake counts what is not settled about lists and their people.
type Intake struct {
	Rows        int64 // rows that wait for a decision
	Late        int64 // of them past their deadline
	Differences int64 // what another register says otherwise, and nobody has ended
	Fresh       int64 // payments that rest because their account changed lately
}

const sqlIntake = `
SELECT w.rows, w.late,
       (SELECT count(*) FROM registry.difference_open AS d
          JOIN registry.verification AS v ON v.id = d.verification
          JOIN registry.list AS l ON l.id = v.list
         WHERE @unit IN ('', l.unit_code)),
       (SELECT count(*) FROM payout.exception AS e
          JOIN payout.payment AS p ON p.batch = e.batch AND p.no = e.payment
          JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
         WHERE e.kind = 'held' AND e.closed_at IS NULL AND e.reasons @> ARRAY['fresh'] AND @unit IN ('', s.unit_code))
  FROM (SELECT count(DISTINCT (o.list, o.row_no)) AS rows, count(DISTINCT (o.list, o.row_no)) FILTER (WHERE o.due < @today::date) AS late
          FROM payout.open_row AS o WHERE @unit IN ('', o.unit_code)) AS w`

// ReadIntake counts; unit, if not "", narrows it to a commune.
func ReadIntake(ctx context.Context, db pgdb.Querier, unit string, today calendar.Date) (Intake, error) {
	rows, _ := db.Query(ctx, sqlIntake, pgx.NamedArgs{"unit": unit, "today": today})
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Intake])
	if err != nil {
		return Intake{}, fmt.Errorf("what is open of lists: %w", err)
	}
	return n, nil
}
