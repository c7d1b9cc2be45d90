package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/registry"
)

// OpenRowFilter selects rows that wait for a decision; zero values select all, the
// earliest deadline first.
type OpenRowFilter struct {
	Programme string
	Unit      string // code of one commune
	Batch     ledger.BatchID
	List      int64
	Code      string        // of a finding, or a plan's reason
	DueBefore calendar.Date // late ones only: those due before this day
	Page      int           // from 1
	Limit     int           // rows; 0: a page
}

// OpenRowLine is one row that was not taken, or is in no payment, and waits.
type OpenRowLine struct {
	Batch     ledger.BatchID // that cannot close before; 0: none yet
	Programme string
	Unit      string
	UnitVI    string
	List      int64
	Row       int32
	File      string
	Source    string // refused, or left_out by a plan
	Name      string
	Codes     string // with spaces
	Owner     string
	Due       calendar.Date
	Moved     bool  // it was moved here, or waits for the next cut
	Found     int64 // how many the filter selects
}

const openRowFilter = `
   AND @programme IN ('', o.programme)
   AND @unit IN ('', o.unit_code)
   AND @batch::integer IN (0, o.batch)
   AND @list::bigint IN (0, o.list)
   AND (@code = '' OR (' ' || o.codes || ' ') LIKE '% ' || @code || ' %')
   AND (@due::date IS NULL OR o.due < @due::date)`

const sqlOpenRowLines = `
SELECT o.batch, o.programme, o.unit_code, coalesce(u.name_vi, o.unit_code), o.list, o.row_no, o.file_name, o.source, o.name, o.codes, o.owner, o.due, o.moved,
       count(*) OVER ()
  FROM payout.open_row AS o
  LEFT JOIN registry.unit AS u ON u.code = o.unit_code AND u.valid_from = o.unit_valid_from
 WHERE true` + openRowFilter + `
 ORDER BY o.due, o.unit_code, o.list, o.row_no, o.batch
 LIMIT @limit OFFSET @offset`

func (f OpenRowFilter) args() pgx.NamedArgs {
	var due *calendar.Date
	if !f.DueBefore.IsZero() {
		due = &f.DueBefore
	}
	return pgx.NamedArgs{"programme": f.Programme, "unit": f.Unit, "batch": int32(f.Batch), "list": f.List, "code": f.Code, "due": due}
}

// OpenRows is a page of them. What waits is work for people, so there are never
// more than they can do: the whole of it is sorted for a page.
func OpenRows(ctx context.Context, db pgdb.Querier, f OpenRowFilter) ([]OpenRowLine, error) {
	size := f.Limit
	if size == 0 {
		size = PageRows
	}
	args := f.args()
	args["limit"], args["offset"] = size, (max(f.Page, 1)-1)*size
	rows, _ := db.Query(ctx, sqlOpenRowLines, args)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OpenRowLine])
	if err != nil {
		return nil, fmt.Errorf("rows that wait: %w", err)
	}
	return list, nil
}

const sqlOpenRowCodes = `
SELECT DISTINCT c.code
  FROM payout.open_row AS o CROSS JOIN LATERAL unnest(string_to_array(o.codes, ' ')) AS c (code)
 WHERE @unit IN ('', o.unit_code) AND c.code <> ''
 ORDER BY c.code`

// OpenRowCodes lists why rows wait.
func OpenRowCodes(ctx context.Context, db pgdb.Querier, unit string) ([]string, error) {
	rows, _ := db.Query(ctx, sqlOpenRowCodes, pgx.NamedArgs{"unit": unit})
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("reasons of rows that wait: %w", err)
	}
	return list, nil
}

// RowDetail is a row of a list that was not taken, or is in no payment, whether it
// waits or was decided.
type RowDetail struct {
	List      int64
	Row       int32
	Programme string
	Unit      string
	UnitVI    string
	File      string
	Refused   bool // at import; otherwise a plan left it out
	Name      string
	Birth     int32 // year, 0 = not known
	Waits     []OpenRowLine
	Findings  []RowFinding
	Decisions []RowDecision
}

// RowFinding is one thing wrong with the row; values are masked.
type RowFinding struct {
	Code     string
	Severity string
	Refuses  bool
	Column   string
	Value    string
	Proposed string
	Args     []string // what fills its words; nil: of a list taken before that was kept
}

// RowDecision is what was decided of the row before.
type RowDecision struct {
	Kind    string
	NewList int64
	NewRow  int32
	Reason  string
	ByOne   string
	ByTwo   string
	At      time.Time
}

const sqlRowHead = `
SELECT l.id, @row::integer, l.programme, l.unit_code, coalesce(u.name_vi, l.unit_code), l.file_name, r.row_no IS NOT NULL,
       coalesce(r.name, p.name, ''), coalesce(r.birth_year, p.birth_year, 0)
  FROM registry.list AS l
  LEFT JOIN registry.unit AS u ON u.code = l.unit_code AND u.valid_from = l.unit_valid_from
  LEFT JOIN registry.refused_row AS r ON r.list = l.id AND r.row_no = @row
  LEFT JOIN registry.list_row AS w ON w.list = l.id AND w.row_no = @row
  LEFT JOIN registry.person AS p ON p.id = w.person
 WHERE l.id = @list AND (r.row_no IS NOT NULL OR w.row_no IS NOT NULL)
 ORDER BY p.id
 LIMIT 1`

const sqlRowFindings = `
SELECT f.code, f.severity, true, f.column_ref, f.value, f.proposed, f.args FROM registry.list_refusal AS f WHERE f.list = @list AND f.row_no = @row
UNION ALL
SELECT f.code, f.severity, false, f.column_ref, f.value, f.proposed, f.args FROM registry.list_warning AS f WHERE f.list = @list AND f.row_no = @row
 ORDER BY 3 DESC, 4, 1`

const sqlRowDecisions = `
SELECT d.kind, d.new_list, d.new_row, d.reason, d.by_one, d.by_two, d.at
  FROM registry.row_decision AS d
 WHERE d.list = @list AND d.row_no = @row
 ORDER BY d.n`

// ReadRow reads one row with everything known of it, or says that there is none
// that ever waited.
func ReadRow(ctx context.Context, db pgdb.Querier, ref registry.RowRef) (RowDetail, error) {
	args := pgx.NamedArgs{"list": ref.List, "row": int32(ref.Row)}
	var d RowDetail
	err := db.QueryRow(ctx, sqlRowHead, args).Scan(&d.List, &d.Row, &d.Programme, &d.Unit, &d.UnitVI, &d.File, &d.Refused, &d.Name, &d.Birth)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return d, fmt.Errorf("row %d of list %d: %w", ref.Row, ref.List, err)
	}
	absent := err
	if d.Waits, err = rowWaits(ctx, db, ref); err != nil {
		return d, err
	}
	rows, _ := db.Query(ctx, sqlRowFindings, args)
	if d.Findings, err = pgx.CollectRows(rows, pgx.RowToStructByPos[RowFinding]); err != nil {
		return d, fmt.Errorf("findings of row %d of list %d: %w", ref.Row, ref.List, err)
	}
	rows, _ = db.Query(ctx, sqlRowDecisions, args)
	if d.Decisions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[RowDecision]); err != nil {
		return d, fmt.Errorf("decisions on row %d of list %d: %w", ref.Row, ref.List, err)
	}
	if absent != nil || !d.Refused && len(d.Waits)+len(d.Decisions) == 0 {
		return d, errs.Coded(errs.NotFound, "CONSOLE-ROW", fmt.Sprintf("Danh sách %d không có dòng %d nào chờ quyết định. / List %d has no row %d that waits for a decision.",
			ref.List, ref.Row, ref.List, ref.Row), absent)
	}
	return d, nil
}

const sqlRowWaits = `
SELECT o.batch, o.programme, o.unit_code, o.unit_code, o.list, o.row_no, o.file_name, o.source, o.name, o.codes, o.owner, o.due, o.moved, 0::bigint
  FROM payout.open_row AS o
 WHERE o.list = @list AND o.row_no = @row
 ORDER BY o.due, o.batch`

func rowWaits(ctx context.Context, db pgdb.Querier, ref registry.RowRef) ([]OpenRowLine, error) {
	rows, _ := db.Query(ctx, sqlRowWaits, pgx.NamedArgs{"list": ref.List, "row": int32(ref.Row)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OpenRowLine])
	if err != nil {
		return nil, fmt.Errorf("where row %d of list %d waits: %w", ref.Row, ref.List, err)
	}
	return list, nil
}
