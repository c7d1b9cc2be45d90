package records

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/reconciliation"
)

// BreakOrder is how a list of breaks is sorted.
type BreakOrder string

// The orders; ties go by number.
const (
	BreakOldest  BreakOrder = "oldest"
	BreakLargest BreakOrder = "largest"
)

// BreakFilter selects breaks; zero values select all open ones, oldest first.
type BreakFilter struct {
	Channel bankadapters.Key
	Reason  reconciliation.Reason
	Owner   string // "-": nobody's
	Batch   ledger.BatchID
	Closed  bool // the closed ones instead of the open ones
	Order   BreakOrder
	After   BreakKey // where the last page ended
	Want    int      // rows; 0: a page
}

// BreakKey is where a walk through breaks ended.
type BreakKey struct {
	Amount money.Amount
	ID     int64
}

// BreakRow is one break in a list.
type BreakRow struct {
	ID         int64
	Reason     reconciliation.Reason
	Channel    bankadapters.Key
	BankVI     string
	File       int64
	Position   int32
	Batch      ledger.BatchID
	Payment    int64
	Attempt    int16
	Submission int64
	Amount     money.Amount
	Voucher    ledger.VoucherID // what it was booked as; 0: nothing moved
	Opened     time.Time
	Owner      string
	Closed     *time.Time
	How        string
}

const breakColumns = `b.id, b.reason, b.channel, c.name_vi, b.file, b.position, b.batch, b.payment, b.attempt, b.submission, b.amount, b.voucher,
       b.opened_at, b.owner, b.closed_at, b.closed_how`

const breakFilter = `
   AND @channel IN ('', b.channel)
   AND @reason IN ('', b.reason)
   AND (@owner = '' OR @owner = '-' AND b.owner = '' OR b.owner = @owner)
   AND @batch IN (0, b.batch)`

const sqlBreaksOldest = `
SELECT ` + breakColumns + `
  FROM reconciliation.break_item AS b
  JOIN payout.channel AS c ON c.key = b.channel
 WHERE b.closed_at IS NULL AND b.id > @id` + breakFilter + `
 ORDER BY b.id
 LIMIT @limit`

const sqlBreaksLargest = `
SELECT ` + breakColumns + `
  FROM reconciliation.break_item AS b
  JOIN payout.channel AS c ON c.key = b.channel
 WHERE b.closed_at IS NULL AND b.amount <= @amount AND (b.amount < @amount OR b.id > @id)` + breakFilter + `
 ORDER BY b.amount DESC, b.id
 LIMIT @limit`

// Closed breaks are read newest first: what was settled last is asked for most.
const sqlBreaksClosed = `
SELECT ` + breakColumns + `
  FROM reconciliation.break_item AS b
  JOIN payout.channel AS c ON c.key = b.channel
 WHERE b.closed_at IS NOT NULL AND b.id < @id` + breakFilter + `
 ORDER BY b.id DESC
 LIMIT @limit`

func (f BreakFilter) args() pgx.NamedArgs {
	return pgx.NamedArgs{"channel": string(f.Channel), "reason": string(f.Reason), "owner": f.Owner, "batch": int32(f.Batch)}
}

// BreakList is a page of breaks after f.After.
func BreakList(ctx context.Context, db pgdb.Querier, f BreakFilter) (page []BreakRow, more bool, err error) {
	args := f.args()
	args["id"], args["limit"] = f.After.ID, limit(f.Want)
	sql := sqlBreaksOldest
	switch {
	case f.Closed:
		sql = sqlBreaksClosed
		if f.After.ID == 0 {
			args["id"] = atEnd
		}
	case f.Order == BreakLargest:
		sql = sqlBreaksLargest
		args["amount"] = int64(f.After.Amount)
		if f.After.ID == 0 {
			args["amount"] = int64(math.MaxInt64)
		}
	}
	rows, _ := db.Query(ctx, sql, args)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BreakRow])
	if err != nil {
		return nil, false, fmt.Errorf("breaks: %w", err)
	}
	page, more = cut(list, f.Want)
	return page, more, nil
}

const sqlCountBreaks = `
SELECT count(*), coalesce(sum(few.amount), 0)::bigint FROM (
       SELECT b.amount FROM reconciliation.break_item AS b WHERE b.closed_at IS NULL` + breakFilter + ` ORDER BY b.id LIMIT @most) AS few`

const sqlCountClosedBreaks = `
SELECT count(*), coalesce(sum(few.amount), 0)::bigint FROM (
       SELECT b.amount FROM reconciliation.break_item AS b WHERE b.closed_at IS NOT NULL` + breakFilter + ` ORDER BY b.id DESC LIMIT @most) AS few`

// CountBreaks counts what the filter selects, to CountMax+1, with the sum of
// those counted.
func CountBreaks(ctx context.Context, db pgdb.Querier, f BreakFilter) (n int64, total money.Amount, err error) {
	args := f.args()
	args["most"] = CountMax + 1
	sql := sqlCountBreaks
	if f.Closed {
		sql = sqlCountClosedBreaks
	}
	if err := db.QueryRow(ctx, sql, args).Scan(&n, &total); err != nil {
		return 0, 0, fmt.Errorf("count breaks: %w", err)
	}
	return n, total, nil
}

const sqlBreakOwners = `SELECT DISTINCT b.owner FROM reconciliation.break_item AS b WHERE b.closed_at IS NULL AND b.owner <> '' ORDER BY b.owner LIMIT 100`

// BreakOwners lists who works on open breaks.
func BreakOwners(ctx context.Context, db pgdb.Querier) ([]string, error) {
	rows, _ := db.Query(ctx, sqlBreakOwners)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("owners of breaks: %w", err)
	}
	return list, nil
}

// BreakDetail is one break with the line that opened it and what the table says
// of that line.
type BreakDetail struct {
	BreakRow
	Suggestion    string
	ClosedOne     string
	ClosedTwo     string
	ClosedVoucher ledger.VoucherID
	Line          *StatementLine // the line of the file; nil: the break has none
	FileName      string
	FileKind      string
}

const sqlBreak = `
SELECT ` + breakColumns + `, b.suggestion, b.closed_one, b.closed_two, b.closed_voucher, f.name, f.kind
  FROM reconciliation.break_item AS b
  JOIN payout.channel AS c ON c.key = b.channel
  JOIN reconciliation.file AS f ON f.id = b.file
 WHERE b.id = @id`

// ReadBreak reads one break, or says that there is none.
func ReadBreak(ctx context.Context, db pgdb.Querier, id int64) (BreakDetail, error) {
	var d BreakDetail
	r := &d.BreakRow
	err := db.QueryRow(ctx, sqlBreak, pgx.NamedArgs{"id": id}).Scan(&r.ID, &r.Reason, &r.Channel, &r.BankVI, &r.File, &r.Position, &r.Batch,
		&r.Payment, &r.Attempt, &r.Submission, &r.Amount, &r.Voucher, &r.Opened, &r.Owner, &r.Closed, &r.How,
		&d.Suggestion, &d.ClosedOne, &d.ClosedTwo, &d.ClosedVoucher, &d.FileName, &d.FileKind)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, errs.New(errs.NotFound, fmt.Sprintf("Không có khoản lệch số %d. / There is no break %d.", id, id), err)
	}
	if err != nil {
		return d, fmt.Errorf("break %d: %w", id, err)
	}
	lines, _, err := StatementLines(ctx, db, r.File, r.Position-1, 1)
	if err == nil && len(lines) == 1 && lines[0].Position == r.Position {
		d.Line = &lines[0]
	}
	return d, err
}

// StatementLine is one line of a file as it was read, with what was concluded
// from it and what that posted.
type StatementLine struct {
	Position  int32
	Line      int32
	Source    string // statement, detail, advice, status, sheet, provider
	Side      string // debit, credit, or ""
	Amount    money.Amount
	Booked    bool
	BookDate  calendar.Date
	ValueDate calendar.Date
	EndToEnd  string
	Servicer  string // the bank's own reference
	Bulk      string // message id of an entry for a whole submission
	Tail      string // last four digits of the other side's account
	Status    string
	Code      string
	Return    bool
	Text      string

	Situation string // "" = nothing concluded yet
	Evidence  string
	Action    string
	Batch     ledger.BatchID
	Payment   int64
	Attempt   int16
	Voucher   ledger.VoucherID
	ChainNo   int64 // 0: not in the chain yet
	Break     int64 // 0: none
}

const sqlStatementLines = `
SELECT w.position, w.line, w.source, w.side, w.amount, w.booked, w.book_date, w.value_date, w.end_to_end, w.servicer, w.bulk,
       w.account_tail, w.status, w.code, w.is_return, w.text,
       coalesce(o.situation, ''), coalesce(o.evidence, ''), coalesce(o.action, ''), coalesce(o.batch, 0), coalesce(o.payment, 0),
       coalesce(o.attempt, 0::smallint), coalesce(o.voucher, 0), coalesce(s.chain_no, 0), coalesce(b.id, 0)
  FROM reconciliation.witness AS w
  LEFT JOIN reconciliation.outcome AS o ON o.file = w.file AND o.position = w.position
  LEFT JOIN ledger.seal AS s ON s.voucher = o.voucher
  LEFT JOIN LATERAL (SELECT k.id FROM reconciliation.break_item AS k
                      WHERE k.file = w.file AND k.position = w.position ORDER BY k.id LIMIT 1) AS b ON true
 WHERE w.file = @file AND w.position > @after
 ORDER BY w.position
 LIMIT @limit`

// StatementLines walks the lines of a file after a position (0 = from the first).
func StatementLines(ctx context.Context, db pgdb.Querier, file int64, after int32, want int) (page []StatementLine, more bool, err error) {
	rows, _ := db.Query(ctx, sqlStatementLines, pgx.NamedArgs{"file": file, "after": after, "limit": limit(want)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[StatementLine])
	if err != nil {
		return nil, false, fmt.Errorf("lines of file %d: %w", file, err)
	}
	page, more = cut(list, want)
	return page, more, nil
}
