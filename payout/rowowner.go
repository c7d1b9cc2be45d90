package payout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/registry"
)

// RowsAssignment says who sees to open rows from now on, and until when. What is
// left empty stays as it is.
type RowsAssignment struct {
	Rows  OpenRowFilter // not empty
	Owner string        // somebody in office
	Due   calendar.Date
	Why   string
	By    string
}

// PostponedMax is how often the deadline of a row moves to a later day by anybody in
// office; after that only the department moves it.
const PostponedMax = 2

// ErrPostponed means that the deadline was moved too often already.
var ErrPostponed = errors.New("the deadline was moved too often")

const sqlPostponed = `
SELECT x.list, x.row_no
  FROM registry.row_assignment AS x
  JOIN unnest(@lists::bigint[], @rows::integer[]) AS t (list, row_no) ON t.list = x.list AND t.row_no = x.row_no
 WHERE x.postponed
 GROUP BY x.list, x.row_no
HAVING count(*) >= @max
 ORDER BY x.list, x.row_no LIMIT 1`

const sqlAddAssignments = `
INSERT INTO registry.row_assignment (list, row_no, n, owner, due, postponed, why, by_one, at)
SELECT t.list, t.row_no, coalesce((SELECT max(x.n) FROM registry.row_assignment AS x WHERE x.list = t.list AND x.row_no = t.row_no), 0) + 1,
       t.owner, t.due, t.postponed, @why, @by, @now
  FROM unnest(@lists::bigint[], @rows::integer[], @owners::text[], @dues::date[], @postponed::boolean[]) AS t (list, row_no, owner, due, postponed)`

// AssignRows gives open rows another owner, another deadline or both, all or none,
// and returns how many. A row stays open: only a decision ends it.
//
// Errors: ErrNoOpenRow; ErrPostponed, when somebody who is not of the department
// moves a deadline to a later day for the third time; those of InOffice, of who
// assigns and of the owner.
func AssignRows(ctx context.Context, tx pgx.Tx, a RowsAssignment, now time.Time) (int, error) {
	if err := a.check(ctx, tx, now); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, sqlLockDecisions); err != nil {
		return 0, fmt.Errorf("lock decisions: %w", err)
	}
	found, err := OpenRows(ctx, tx, a.Rows)
	if err != nil {
		return 0, err
	}
	s := a.sorted(found)
	if len(s.refs) == 0 || len(a.Rows.Rows) > 0 && len(s.refs) != len(a.Rows.Rows) {
		return 0, noOpenRow(len(s.refs))
	}
	if err := a.mayPostpone(ctx, tx, s); err != nil {
		return 0, err
	}
	args := s.args()
	args["why"], args["by"], args["now"] = a.Why, a.By, now
	if _, err := tx.Exec(ctx, sqlAddAssignments, args); err != nil {
		return 0, fmt.Errorf("assign rows: %w", err)
	}
	_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: a.By, Act: "list.row.assign", Subject: fmt.Sprintf("list/%d row %d", s.refs[0].List, s.refs[0].Row),
		Detail: map[string]any{"rows": rowsText(s.refs), "owner": a.Owner, "due": a.Due.String(), "why": a.Why}})
	return len(s.refs), err
}

func (a RowsAssignment) check(ctx context.Context, tx pgx.Tx, now time.Time) error {
	today := calendar.DateOf(now)
	if strings.TrimSpace(a.Why) == "" || a.Owner == "" && a.Due.IsZero() || !a.Due.IsZero() && a.Due.Before(today) {
		return errs.Coded(errs.Invalid, "PAYOUT-ROW-ASSIGN", "Giao dòng chờ cần lý do, và người lo hoặc hạn mới từ hôm nay trở đi. / "+
			"Assigning an open row takes a reason, and an owner or a deadline that is not over.", nil)
	}
	who := []string{a.By}
	if a.Owner != "" {
		who = append(who, a.Owner)
	}
	return InOffice(ctx, tx, today, who...)
}

// assigned are the rows of one assignment, each once, with what they get.
type assigned struct {
	refs      []registry.RowRef
	owners    []string
	dues      []time.Time
	postponed []bool
}

func (a RowsAssignment) sorted(found []OpenRow) assigned {
	var s assigned
	seen := map[registry.RowRef]bool{} // a list planned twice stands against two batches
	for _, r := range found {
		ref := registry.RowRef{List: r.List, Row: r.Row}
		if seen[ref] {
			continue
		}
		seen[ref] = true
		owner, due := r.Owner, r.Due
		if a.Owner != "" {
			owner = a.Owner
		}
		if !a.Due.IsZero() {
			due = a.Due
		}
		s.refs, s.owners, s.postponed = append(s.refs, ref), append(s.owners, owner), append(s.postponed, due.After(r.Due))
		s.dues = append(s.dues, time.Date(due.Year(), due.Month(), due.Day(), 0, 0, 0, 0, time.UTC))
	}
	return s
}

func (s assigned) args() pgx.NamedArgs {
	lists, rows := make([]int64, len(s.refs)), make([]int32, len(s.refs))
	for i, r := range s.refs {
		lists[i], rows[i] = r.List, int32(r.Row)
	}
	return pgx.NamedArgs{"lists": lists, "rows": rows, "owners": s.owners, "dues": s.dues, "postponed": s.postponed}
}

// mayPostpone refuses a third delay to anybody but the department: a person waits
// behind each of these rows.
func (a RowsAssignment) mayPostpone(ctx context.Context, tx pgx.Tx, s assigned) error {
	var later assigned
	for i, postponed := range s.postponed {
		if postponed {
			later.refs = append(later.refs, s.refs[i])
		}
	}
	if len(later.refs) == 0 {
		return nil
	}
	by, err := ReadSigner(ctx, tx, a.By)
	if err != nil || by.Role == "department" {
		return err
	}
	args := later.args()
	args["max"] = PostponedMax
	var list int64
	var row int
	switch err := tx.QueryRow(ctx, sqlPostponed, args).Scan(&list, &row); {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("deadlines moved before: %w", err)
	}
	return errs.Coded(errs.Denied, "PAYOUT-ROW-POSTPONED", fmt.Sprintf("Hạn của dòng %d danh sách %d đã lùi %d lần: chỉ sở được lùi tiếp. / "+
		"The deadline of row %d of list %d was moved %d times: only the department moves it further.", row, list, PostponedMax, row, list, PostponedMax), ErrPostponed)
}
