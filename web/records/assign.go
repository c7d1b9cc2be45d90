package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// RowAssigned says who was to see to a row, and until when.
type RowAssigned struct {
	Owner     string
	Due       calendar.Date
	Postponed bool // the deadline moved to a later day
	Why       string
	By        string
	At        time.Time
}

const sqlRowAssigned = `
SELECT a.owner, a.due, a.postponed, a.why, a.by_one, a.at
  FROM registry.row_assignment AS a
 WHERE a.list = @list AND a.row_no = @row
 ORDER BY a.n`

// RowAssignments lists to whom a row was given after it was refused or left out, the
// first one first. Whoever handed the list in had it before.
func RowAssignments(ctx context.Context, db pgdb.Querier, ref registry.RowRef) ([]RowAssigned, error) {
	rows, _ := db.Query(ctx, sqlRowAssigned, pgx.NamedArgs{"list": ref.List, "row": int32(ref.Row)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RowAssigned])
	if err != nil {
		return nil, fmt.Errorf("who had row %d of list %d: %w", ref.Row, ref.List, err)
	}
	return list, nil
}

// ownersMax bounds the people a form offers.
const ownersMax = 200

const sqlOwners = `
SELECT g.id, g.name_vi || CASE WHEN g.title_vi = '' THEN '' ELSE ', ' || g.title_vi END || ' (' || g.id || ')'
  FROM payout.signer AS g
 WHERE g.unit_code IN ('', @unit) AND g.role <> 'auditor'
   AND g.valid_from <= @today::date AND (g.valid_to IS NULL OR g.valid_to >= @today::date)
 ORDER BY g.unit_code = '', g.id
 LIMIT @limit`

// Owners are who may see to work of a commune today: its own people first, then
// those who are there for all communes. An auditor acts on nothing.
func Owners(ctx context.Context, db pgdb.Querier, unit string, today calendar.Date) ([]Choice, error) {
	rows, _ := db.Query(ctx, sqlOwners, pgx.NamedArgs{"unit": unit, "today": today, "limit": ownersMax})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Choice])
	if err != nil {
		return nil, fmt.Errorf("who may see to work of %s: %w", unit, err)
	}
	return list, nil
}
