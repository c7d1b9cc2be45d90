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
	Differences int64 // what another register says otherwise, and nobody decided on
}

const sqlIntake = `
SELECT w.rows, w.late,
       (SELECT count(*) FROM registry.verification_item AS i
          JOIN registry.verification AS v ON v.id = i.verification
          JOIN registry.list AS l ON l.id = v.list
         WHERE i.verdict IN ('different', 'dead', 'not_found') AND @unit IN ('', l.unit_code)
           AND NOT EXISTS (SELECT 1 FROM registry.resolution AS r WHERE r.verification = i.verification AND r.person = i.person))
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
