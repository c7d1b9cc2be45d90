package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Voucher is one posting with everything that ties it to the rest of the books.
type Voucher struct {
	ID         ledger.VoucherID
	Key        string
	Book       ledger.BookID
	BookCode   string
	BookVI     string
	PostingSet string
	Kind       string
	Date       calendar.Date
	Posted     time.Time
	Text       string
	Batch      ledger.BatchID
	Order      int64 // submission whose money moved; 0 = none
	Cause      int64 // bank's entry; 0 = our own act
	Reverses   ledger.VoucherID
	ReversedBy ledger.VoucherID
	Lines      int64
	Root       []byte
	Digest     []byte

	ChainNo  int64 // 0: not in the chain yet, "chưa vào sổ"
	PrevHash []byte
	Hash     []byte
	Sealed   *time.Time

	CauseFile     int64 // where the cause stands; 0 = nowhere
	CausePosition int32
	Totals        []VoucherTotal
}

// VoucherTotal is the turnover of one account in a voucher, computed by the
// database from what was stored.
type VoucherTotal struct {
	Account ledger.AccountID
	Code    string
	NameVI  string
	Place   string
	OffBook bool
	Debit   money.Amount
	Credit  money.Amount
}

const sqlVoucher = `
SELECT v.id, v.key, v.book, b.code, b.name_vi, v.posting_set, v.kind, v.accounting_date, v.posted_at, v.text, v.batch, v.order_no, v.cause,
       coalesce(v.reverses, 0), coalesce((SELECT r.id FROM ledger.voucher AS r WHERE r.reverses = v.id), 0),
       v.lines, v.root, v.digest, coalesce(s.chain_no, 0), s.prev_hash, s.hash, s.sealed_at
  FROM ledger.voucher AS v
  JOIN ledger.book AS b ON b.id = v.book
  LEFT JOIN ledger.seal AS s ON s.voucher = v.id
 WHERE v.id = @voucher`

const sqlVoucherTotals = `
SELECT a.id, a.code, r.name_vi, a.place, r.off_balance, va.debit, va.credit
  FROM ledger.voucher_account AS va
  JOIN ledger.account AS a ON a.id = va.account
  JOIN ledger.role AS r ON r.name = a.role
 WHERE va.voucher = @voucher
 ORDER BY r.off_balance, a.code`

// ReadVoucher reads a voucher's header and totals, or says that there is none.
func ReadVoucher(ctx context.Context, db pgdb.Querier, id ledger.VoucherID) (Voucher, error) {
	var v Voucher
	args := pgx.NamedArgs{"voucher": id}
	err := db.QueryRow(ctx, sqlVoucher, args).Scan(&v.ID, &v.Key, &v.Book, &v.BookCode, &v.BookVI, &v.PostingSet, &v.Kind, &v.Date, &v.Posted,
		&v.Text, &v.Batch, &v.Order, &v.Cause, &v.Reverses, &v.ReversedBy, &v.Lines, &v.Root, &v.Digest, &v.ChainNo, &v.PrevHash, &v.Hash, &v.Sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, errs.New(errs.NotFound, fmt.Sprintf("Không có chứng từ số %d. / There is no voucher %d.", id, id), err)
	}
	if err != nil {
		return v, fmt.Errorf("voucher %d: %w", id, err)
	}
	if v.CauseFile, v.CausePosition, err = EntryPlace(ctx, db, v.Cause); err != nil {
		return v, err
	}
	rows, _ := db.Query(ctx, sqlVoucherTotals, args)
	if v.Totals, err = pgx.CollectRows(rows, pgx.RowToStructByPos[VoucherTotal]); err != nil {
		return v, fmt.Errorf("totals of voucher %d: %w", id, err)
	}
	return v, nil
}

const sqlVoucherByNumber = `SELECT s.voucher FROM ledger.seal AS s WHERE s.chain_no = @no`

// VoucherByNumber finds a voucher by its printed number, or says that there is
// none.
func VoucherByNumber(ctx context.Context, db pgdb.Querier, no int64) (ledger.VoucherID, error) {
	var id ledger.VoucherID
	err := db.QueryRow(ctx, sqlVoucherByNumber, pgx.NamedArgs{"no": no}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, errs.New(errs.NotFound, fmt.Sprintf("Sổ chưa có chứng từ số %d. / The chain has no voucher number %d.", no, no), err)
	}
	if err != nil {
		return 0, fmt.Errorf("voucher number %d: %w", no, err)
	}
	return id, nil
}

// LineKey is where a walk through a voucher's lines ended.
type LineKey struct {
	Payment int64
	Seq     int16
}

// VoucherLine is one line of a voucher: what moved for whom, and which line of
// which file said so.
type VoucherLine struct {
	Batch      ledger.BatchID
	Payment    int64 // of a line without payment (batch 0): the voucher
	Seq        int16
	Attempt    int16
	About      int16
	Leg        ledger.LegID
	Amount     money.Amount
	Red        bool
	DebitID    ledger.AccountID
	Debit      string
	CreditID   ledger.AccountID
	Credit     string
	Submission int64 // of the attempt it is about; 0 = none
	File       int64 // whose line caused it; 0 = none
	Position   int32
}

// The lines of a voucher lie together and BRIN finds them; sorted first and cut
// then, so that the planner never walks the payments' key from the beginning to
// find a voucher at its end.
// A line has no index by voucher, so its payments are found first: those of the
// submission that the voucher is about, else the stretches of the communes whose
// totals it changed.
const sqlPaymentsOfOrder = `
SELECT a.payment FROM payout.attempt AS a
 WHERE a.submission = @order AND a.batch = @batch AND a.payment >= @payment
 ORDER BY a.payment`

const sqlVoucherStretches = `
SELECT r.section, r.from_no, r.to_no
  FROM payout.run AS r
 WHERE r.batch = @batch AND r.to_no >= @payment
   AND r.section IN (SELECT t.section FROM payout.tally AS t WHERE t.batch = @batch AND t.voucher = @voucher)
 ORDER BY r.from_no`

const sqlLinesOfPayments = `
SELECT l.payment, l.seq
  FROM unnest(@payments::bigint[]) AS w (payment)
 CROSS JOIN LATERAL (SELECT m.payment, m.seq FROM ledger.line AS m
                      WHERE m.batch = @batch AND m.payment = w.payment AND m.voucher = @voucher OFFSET 0) AS l
 WHERE (l.payment, l.seq) > (@payment, @seq)
 ORDER BY l.payment, l.seq
 LIMIT @limit`

const sqlLinesOfStretch = `
SELECT l.payment, l.seq
  FROM ledger.line AS l
 WHERE l.batch = @batch AND l.payment BETWEEN @from AND @to AND (l.payment, l.seq) > (@payment, @seq) AND l.voucher = @voucher
 ORDER BY l.payment, l.seq
 LIMIT @limit`

const sqlDressLines = `
SELECT p.batch, p.payment, p.seq, p.attempt, p.about, p.leg, p.amount, p.red, d.id, d.code, c.id, c.code,
       coalesce(a.submission, 0), coalesce(o.file, 0), coalesce(o.position, 0)
  FROM unnest(@payments::bigint[], @seqs::smallint[]) AS w (payment, seq)
 CROSS JOIN LATERAL (SELECT l.batch, l.payment, l.seq, l.attempt, l.about, l.leg, l.amount, l.red, l.debit, l.credit
                       FROM ledger.line AS l
                      WHERE l.batch = @batch AND l.payment = w.payment AND l.seq = w.seq OFFSET 0) AS p
  JOIN ledger.account AS d ON d.id = p.debit
  JOIN ledger.account AS c ON c.id = p.credit
  LEFT JOIN payout.attempt AS a ON a.batch = @batch AND a.payment = p.payment AND a.attempt = p.about
  LEFT JOIN LATERAL (
       SELECT o.file, o.position FROM reconciliation.outcome AS o
        WHERE o.batch = @batch AND o.batch <> 0 AND o.payment = p.payment AND o.attempt = p.about AND o.voucher = @voucher
        ORDER BY o.file, o.position
        LIMIT 1) AS o ON true
 ORDER BY p.payment, p.seq`

// Lines of no payment are keyed by their voucher.
const sqlLooseLines = `
SELECT l.batch, l.payment, l.seq, l.attempt, l.about, l.leg, l.amount, l.red, d.id, d.code, c.id, c.code, 0::bigint, 0::bigint, 0
  FROM ledger.line AS l
  JOIN ledger.account AS d ON d.id = l.debit
  JOIN ledger.account AS c ON c.id = l.credit
 WHERE l.batch = 0 AND l.payment = @voucher AND l.seq > @seq
 ORDER BY l.seq
 LIMIT @limit`

// VoucherLines walks a voucher's lines of payments, after a key (zero = from the
// first). Those without a payment come with the first page, before the others.
func VoucherLines(ctx context.Context, db pgdb.Querier, v Voucher, after LineKey, want int) (page []VoucherLine, more bool, err error) {
	args := pgx.NamedArgs{"voucher": v.ID, "batch": v.Batch, "payment": after.Payment, "seq": after.Seq, "limit": limit(want)}
	if v.Batch == 0 {
		rows, _ := db.Query(ctx, sqlLooseLines, args)
		page, err = pgx.CollectRows(rows, pgx.RowToStructByPos[VoucherLine])
		if err != nil {
			return nil, false, fmt.Errorf("lines of voucher %d: %w", v.ID, err)
		}
		page, more = cut(page, want)
		return page, more, nil
	}
	keys, err := voucherKeys(ctx, db, v, args, limit(want))
	if err != nil {
		return nil, false, fmt.Errorf("lines of voucher %d: %w", v.ID, err)
	}
	keys, more = cut(keys, want)
	var payments []int64
	var seqs []int16
	for _, k := range keys {
		payments, seqs = append(payments, k.Payment), append(seqs, k.Seq)
	}
	rows, _ := db.Query(ctx, sqlDressLines, pgx.NamedArgs{"voucher": v.ID, "batch": v.Batch, "payments": payments, "seqs": seqs})
	page, err = pgx.CollectRows(rows, pgx.RowToStructByPos[VoucherLine])
	if err != nil {
		return nil, false, fmt.Errorf("lines of voucher %d: %w", v.ID, err)
	}
	if after != (LineKey{}) {
		return page, more, nil
	}
	rows, _ = db.Query(ctx, sqlLooseLines, args)
	loose, err := pgx.CollectRows(rows, pgx.RowToStructByPos[VoucherLine])
	if err != nil {
		return nil, false, fmt.Errorf("lines of voucher %d: %w", v.ID, err)
	}
	return append(loose, page...), more, nil
}

// voucherChunk is how many payments of a submission are first asked for lines of
// the voucher; each further time twice as many. A voucher has a line of nearly all
// of them, or of one in a hundred.
const voucherChunk = 200

// voucherKeys finds the next lines of a voucher: it asks payment by payment, or
// walks the communes that the voucher touched, and stops when the page is full.
func voucherKeys(ctx context.Context, db pgdb.Querier, v Voucher, args pgx.NamedArgs, most int) ([]LineKey, error) {
	var keys []LineKey
	next := func(sql string) error {
		args["limit"] = most - len(keys)
		rows, _ := db.Query(ctx, sql, args)
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[LineKey])
		keys = append(keys, found...)
		return err
	}
	if v.Order != 0 {
		args["order"] = v.Order
		rows, _ := db.Query(ctx, sqlPaymentsOfOrder, args)
		payments, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		for size := voucherChunk; err == nil && len(payments) > 0 && len(keys) < most; size *= 2 {
			some := payments[:min(size, len(payments))]
			payments = payments[len(some):]
			args["payments"] = some
			err = next(sqlLinesOfPayments)
		}
		return keys, err
	}
	rows, _ := db.Query(ctx, sqlVoucherStretches, args)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[stretch])
	for _, s := range joined(list) {
		if err != nil || len(keys) >= most {
			break
		}
		args["from"], args["to"] = s.From, s.To
		err = next(sqlLinesOfStretch)
	}
	return keys, err
}
