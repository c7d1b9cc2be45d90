package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/registry"
)

// OpenRow is a row of a list that was not taken or is in no payment, and of which
// nobody decided what becomes of it. Its person may get nothing.
type OpenRow struct {
	Batch     ledger.BatchID `json:"batch"` // the batch that cannot close before; 0 = none yet
	Programme string         `json:"programme"`
	Month     calendar.Date  `json:"month,omitzero"` // of its list; zero where the programme pays once
	Unit      string         `json:"unit"`
	List      int64          `json:"list"`
	Row       int            `json:"row"`
	File      string         `json:"file"`
	Source    string         `json:"source"` // refused at import, or left_out by the plan
	Name      string         `json:"name"`
	Category  string         `json:"category"`
	Codes     string         `json:"codes"`   // of the findings, or the reason of the plan
	Message   string         `json:"message"` // in words, Vietnamese then English
	Owner     string         `json:"owner"`
	Due       calendar.Date  `json:"due"`
	Moved     bool           `json:"moved"` // it was moved here, or waits for the next cut (batch 0)
}

// Late reports whether the row should have been decided before today.
func (r OpenRow) Late(today calendar.Date) bool { return r.Due.Before(today) }

// OpenRowFilter chooses among open rows; a zero field leaves open.
type OpenRowFilter struct {
	Batch     ledger.BatchID
	Programme string
	Unit      string
	Code      string            // of a finding, or a reason of the plan
	Rows      []registry.RowRef // these only
	Limit     int               // 0 = all
}

func (f OpenRowFilter) args() pgx.NamedArgs {
	lists, rows := make([]int64, len(f.Rows)), make([]int32, len(f.Rows))
	for i, r := range f.Rows {
		lists[i], rows[i] = r.List, int32(r.Row)
	}
	limit := f.Limit
	if limit == 0 {
		limit = 1 << 30
	}
	return pgx.NamedArgs{"batch": f.Batch, "programme": f.Programme, "unit": f.Unit, "code": f.Code, "lists": lists, "rows": rows,
		"limit": limit}
}

const openRowFilter = `
   AND (@batch::integer = 0 OR o.batch = @batch::integer)
   AND (@programme = '' OR o.programme = @programme)
   AND (@unit = '' OR o.unit_code = @unit)
   AND (@code = '' OR (' ' || o.codes || ' ') LIKE '% ' || @code || ' %')
   AND (cardinality(@lists::bigint[]) = 0 OR (o.list, o.row_no) IN (SELECT l, r FROM unnest(@lists::bigint[], @rows::integer[]) AS t (l, r)))`

const sqlOpenRows = `
SELECT o.batch, o.programme, l.month, o.unit_code, o.list, o.row_no, o.file_name, o.source, o.name, o.category, o.codes, o.message, o.owner, o.due, o.moved
  FROM payout.open_row AS o
  JOIN registry.list AS l ON l.id = o.list
 WHERE true` + openRowFilter + `
 ORDER BY o.due, o.batch, o.unit_code, o.list, o.row_no
 LIMIT @limit`

// OpenRows lists the rows that wait for a decision, the earliest deadline first.
func OpenRows(ctx context.Context, db pgdb.Querier, filter OpenRowFilter) ([]OpenRow, error) {
	rows, _ := db.Query(ctx, sqlOpenRows, filter.args())
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OpenRow])
	if err != nil {
		return nil, fmt.Errorf("open rows: %w", err)
	}
	for i := range list {
		if r := &list[i]; r.Source == "left_out" {
			r.Message = leftOutWords(r.Codes)
		}
	}
	return list, nil
}

// leftOutWords says a reason of payout.left_out.
func leftOutWords(reason string) string {
	for _, r := range leftOutReasons {
		if r.reason == reason {
			return r.vi + " / " + r.en
		}
	}
	return reason
}

const sqlCountOpenRows = `SELECT count(DISTINCT (o.list, o.row_no)) FROM payout.open_row AS o WHERE true` + openRowFilter

// CountOpenRows counts them.
func CountOpenRows(ctx context.Context, db pgdb.Querier, filter OpenRowFilter) (int64, error) {
	var n int64
	if err := db.QueryRow(ctx, sqlCountOpenRows, filter.args()).Scan(&n); err != nil {
		return 0, fmt.Errorf("count open rows: %w", err)
	}
	return n, nil
}

// sqlCarry gives the rows that were moved to the next cut, and are of the units and
// the month of this plan, to its batch. What is due for a month is paid as that month
// or not at all, so a row of it waits for a supplementary batch of the same one.
const sqlCarry = `
INSERT INTO payout.carried_row (batch, list, row_no, n)
SELECT @batch::integer, m.list, m.row_no, m.n
  FROM registry.row_decision AS m
  JOIN registry.list AS l ON l.id = m.list
 WHERE m.kind = 'moved' AND l.programme = @programme AND l.month IS NOT DISTINCT FROM @month::date AND l.unit_code = ANY (@codes::text[])
   AND NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = m.list AND d.row_no = m.row_no AND d.n > m.n)
   AND NOT EXISTS (SELECT 1 FROM payout.carried_row AS c WHERE c.list = m.list AND c.row_no = m.row_no AND c.n = m.n)`

// carry makes this batch answer for rows moved to it.
func (p *plan) carry(ctx context.Context) error {
	codes := make([]string, len(p.units))
	for i, u := range p.units {
		codes[i] = u.Code
	}
	if _, err := p.tx.Exec(ctx, sqlCarry, pgx.NamedArgs{"batch": p.batch.ID, "programme": p.batch.Programme, "month": p.batch.Month(), "codes": codes}); err != nil {
		return fmt.Errorf("carry rows moved to this cut: %w", err)
	}
	return nil
}

// RowsDecision is one decision on open rows, all or none.
type RowsDecision struct {
	Kind   registry.DecisionKind
	Rows   OpenRowFilter // not empty
	As     registry.RowRef
	Reason string
	ByOne  string
	ByTwo  string // of another person, where rows are dropped or stood for by a stranger's
}

// Errors of DecideRows a caller may match.
var (
	ErrNoOpenRow = errors.New("no such open row")
	ErrNotTaken  = errors.New("the row named as the correction was not taken")
)

const sqlLockDecisions = `SELECT pg_catalog.pg_advisory_xact_lock(hashtextextended('registry.row_decision', 0))`

// sqlTakenRow finds the row that is to stand for another, and says whether anybody
// can see that it is the same person's: by the personal id, by name and year of
// birth, or by the record.
const sqlTakenRow = `
SELECT EXISTS (SELECT 1 FROM registry.refused_row AS r
                WHERE r.list = @list AND r.row_no = @row
                  AND (r.id_index = p.id_index OR r.name_fold <> '' AND r.name_fold = p.name_fold AND r.birth_year = p.birth_year))
    OR EXISTS (SELECT 1 FROM registry.list_row AS own
                 LEFT JOIN registry.same_person AS a ON a.gone = own.person
                WHERE own.list = @list AND own.row_no = @row AND coalesce(a.kept, own.person) = coalesce(s.kept, w.person))
  FROM registry.list_row AS w
  JOIN registry.list AS l ON l.id = w.list
  JOIN registry.list AS o ON o.id = @list AND o.programme = l.programme AND o.month IS NOT DISTINCT FROM l.month
  JOIN registry.person AS p ON p.id = w.person
  LEFT JOIN registry.same_person AS s ON s.gone = w.person
 WHERE w.list = @as_list AND w.row_no = @as_row AND (w.list, w.row_no) <> (@list::bigint, @row::integer)`

// DecideRows decides open rows by people in office: moved to the next cut with a
// reason; dropped with a reason and a second person; corrected by a row that was
// taken from a list of the programme and month. Where nobody can see that this row is the same
// person's, that too takes a reason and a second person: it ends the waiting of
// somebody who may get nothing. It returns how many it decided.
//
// Errors: ErrNoOpenRow, ErrNotTaken, ErrTwoPeople, and those of InOffice.
func DecideRows(ctx context.Context, tx pgx.Tx, d RowsDecision, now time.Time) (int, error) {
	if err := d.check(ctx, tx, now); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, sqlLockDecisions); err != nil {
		return 0, fmt.Errorf("lock decisions: %w", err)
	}
	found, err := OpenRows(ctx, tx, d.Rows)
	if err != nil {
		return 0, err
	}
	rows := make([]registry.RowRef, 0, len(found))
	for _, r := range found {
		if d.Kind == registry.RowMoved && r.Moved && r.Batch == 0 {
			continue // it waits for the next cut already
		}
		if ref := (registry.RowRef{List: r.List, Row: r.Row}); !slices.Contains(rows, ref) {
			rows = append(rows, ref) // a list planned twice stands against two batches
		}
	}
	if len(rows) == 0 || len(d.Rows.Rows) > 0 && len(rows) != len(d.Rows.Rows) {
		return 0, errs.Coded(errs.NotFound, "PAYOUT-NO-OPEN-ROW", fmt.Sprintf("Chỉ %d dòng trong số được chọn còn chờ quyết định; chưa ghi nhận gì. Xem `ansinh refusal list`. / "+
			"Only %d of the chosen rows wait for a decision; nothing was recorded. See `ansinh refusal list`.", len(rows), len(rows)), ErrNoOpenRow)
	}
	for _, r := range rows {
		if err := d.decide(ctx, tx, r, now); err != nil {
			return 0, err
		}
	}
	subject := fmt.Sprintf("list/%d row %d", rows[0].List, rows[0].Row)
	_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: d.ByOne, Act: "list.row." + string(d.Kind), Subject: subject,
		Detail: map[string]any{"rows": rowsText(rows), "reason": d.Reason, "second": d.ByTwo, "as_list": d.As.List, "as_row": d.As.Row}})
	return len(rows), err
}

// check looks at who decides and why.
func (d RowsDecision) check(ctx context.Context, tx pgx.Tx, now time.Time) error {
	who := []string{d.ByOne}
	switch d.Kind {
	case registry.RowDropped:
		if err := twoPeople(d.ByOne, d.ByTwo, d.Reason); err != nil {
			return err
		}
		who = append(who, d.ByTwo)
	case registry.RowMoved:
		if strings.TrimSpace(d.Reason) == "" {
			return errs.Coded(errs.Invalid, "PAYOUT-ROW-REASON", "Chuyển sang đợt sau phải ghi lý do. / Moving a row to the next cut takes a reason.", nil)
		}
	case registry.RowCorrected:
		if d.ByTwo != "" {
			who = append(who, d.ByTwo)
		}
	default:
		return fmt.Errorf("decision %q is not known", d.Kind)
	}
	return InOffice(ctx, tx, calendar.DateOf(now), who...)
}

func (d RowsDecision) decide(ctx context.Context, tx pgx.Tx, r registry.RowRef, now time.Time) error {
	if d.Kind == registry.RowCorrected {
		var evident bool
		err := tx.QueryRow(ctx, sqlTakenRow, pgx.NamedArgs{"list": r.List, "row": r.Row, "as_list": d.As.List, "as_row": d.As.Row}).Scan(&evident)
		if errors.Is(err, pgx.ErrNoRows) {
			return errs.Coded(errs.Invalid, "PAYOUT-ROW-NOT-TAKEN", fmt.Sprintf("Dòng %d của danh sách %d chưa được nhận vào chương trình này, không thể thay cho dòng bị từ chối. / "+
				"Row %d of list %d was not taken for this programme; it cannot stand for the refused row.", d.As.Row, d.As.List, d.As.Row, d.As.List), ErrNotTaken)
		}
		if err != nil {
			return fmt.Errorf("row %d of list %d: %w", d.As.Row, d.As.List, err)
		}
		if !evident {
			if err := twoPeople(d.ByOne, d.ByTwo, d.Reason); err != nil {
				return err
			}
		}
	}
	return registry.RowDecision{RowRef: r, Kind: d.Kind, As: d.As, Reason: d.Reason, ByOne: d.ByOne, ByTwo: d.ByTwo, At: now}.Decide(ctx, tx)
}

func rowsText(rows []registry.RowRef) string {
	var b strings.Builder
	for i, r := range rows {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%d/%d", r.List, r.Row)
	}
	return b.String()
}

// ReadRefusedRow opens the cells of a refused row for whoever mends it, and
// records that they were read.
func ReadRefusedRow(ctx context.Context, db pgdb.DB, keys *crypt.Keys, r registry.RowRef, by string, now time.Time) (cells []registry.RefusedCell, err error) {
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if err := InOffice(ctx, tx, calendar.DateOf(now), by); err != nil {
			return err
		}
		cells, err = registry.RefusedCells(ctx, tx, keys, r.List, r.Row)
		if errors.Is(err, pgx.ErrNoRows) {
			return errs.Coded(errs.NotFound, "PAYOUT-NO-OPEN-ROW", fmt.Sprintf("Danh sách %d không có dòng %d bị từ chối. / List %d has no refused row %d.",
				r.List, r.Row, r.List, r.Row), ErrNoOpenRow)
		}
		if err != nil {
			return err
		}
		_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: by, Act: "list.row.read", Subject: fmt.Sprintf("list/%d row %d", r.List, r.Row)})
		return err
	})
	return cells, err
}
