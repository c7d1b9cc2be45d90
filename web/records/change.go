package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// ListChange is one right that a list added, ended or changed. Of accounts there are
// the last digits only.
type ListChange struct {
	N           int32
	Kind        string // added, removed, changed
	Row         int32  // in the file; 0 = no row is about it
	Person      int64
	Name        string
	BirthYear   int32 // 0 = not known
	Category    string
	WasCategory string
	What        []string // of a changed one
	Cause       string   // of a removed one: row, death, refused, absent
	DecisionNo  string
	Decided     *calendar.Date
	Reason      string
	Method      string
	Bank        string
	Tail        string
	WasMethod   string
	WasBank     string
	WasTail     string
	Amount      *money.Amount // as the row states it
}

const sqlListChangeRows = `
SELECT c.n, c.kind, c.row_no, c.person, p.name, coalesce(p.birth_year, 0), c.category, c.was_category, c.what, c.cause, c.decision_no, c.decision_date,
       c.reason, c.method, c.bank_bin, c.account_tail, c.was_method, c.was_bank_bin, c.was_tail, c.amount
  FROM registry.list_change AS c
  JOIN registry.person AS p ON p.id = c.person
 WHERE c.list = @list AND @kind IN ('', c.kind)
 ORDER BY c.n
 LIMIT @limit OFFSET @offset`

// ListChanges is a page, from 1, of what a list changed: added first, then removed,
// then changed; kind, if not "", selects one of them.
func ListChanges(ctx context.Context, db pgdb.Querier, list int64, kind string, page int) ([]ListChange, error) {
	rows, _ := db.Query(ctx, sqlListChangeRows, pgx.NamedArgs{"list": list, "kind": kind, "limit": PageRows, "offset": (max(page, 1) - 1) * PageRows})
	changes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ListChange])
	if err != nil {
		return nil, fmt.Errorf("changes of list %d: %w", list, err)
	}
	return changes, nil
}
