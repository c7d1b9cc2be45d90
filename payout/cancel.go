package payout

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Cancellation takes payments out of a batch before they are sent, by two people.
type Cancellation struct {
	Batch    ledger.BatchID
	Payments []int64
	Reason   string
	ByOne    string
	ByTwo    string
}

// Errors of CancelUnsent and DecideRetry a caller may match.
var (
	ErrTwoPeople = errors.New("two different people decide this")
	ErrNotOwed   = errors.New("the payment's money is not owed and at rest")
	ErrBarred    = errors.New("a proof of an earlier attempt bars the payment")
	ErrOpenClaim = errors.New("the bank still owes this payment's money back")
)

// twoPeople refuses a decision of one person.
func twoPeople(one, two, reason string) error {
	if one != "" && two != "" && one != two && reason != "" {
		return nil
	}
	return errs.Coded(errs.Denied, "PAYOUT-TWO-PEOPLE", "Việc này cần hai người khác nhau và lý do. / This takes two different people and a reason.", ErrTwoPeople)
}

const sqlBooksOfPayments = `
SELECT p.no, s.book
  FROM payout.payment AS p JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
 WHERE p.batch = @batch AND p.no = ANY (@payments::bigint[])
 ORDER BY p.no`

const sqlAddCancelled = `
INSERT INTO payout.cancelled (batch, payment, reason, by_one, by_two, at, voucher)
SELECT @batch::integer, t.payment, @reason, @one, @two, @now, @voucher FROM unnest(@payments::bigint[]) AS t (payment)`

const sqlReleaseClaims = `
INSERT INTO payout.entitlement_release (programme, rule, person, subject, month, n, batch, reason, by_one, by_two, at)
SELECT e.programme, e.rule, e.person, e.subject, e.month, e.n, e.batch, @reason, @one, @two, @now
  FROM payout.entitlement AS e
 WHERE e.batch = @batch AND e.payment = ANY (@payments::bigint[])`

// CancelUnsent ends the debt of payments that were never ordered, or whose
// money is proved back, and frees their claims so that a later batch may pay
// the people. One payment that is on its way refuses them all (ErrNotOwed), as
// does one for which the bank still owes money back (ErrOpenClaim) or that is
// barred because a proof of an earlier attempt came (ErrBarred): its claim stays
// taken, or the next batch would pay the person again.
func CancelUnsent(ctx context.Context, db pgdb.DB, c Cancellation, now time.Time) error {
	if err := twoPeople(c.ByOne, c.ByTwo, c.Reason); err != nil {
		return err
	}
	c.Payments = slices.Compact(slices.Sorted(slices.Values(c.Payments)))
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		b, err := LockBatch(ctx, tx, c.Batch)
		if err != nil {
			return err
		}
		at, err := atRest(ctx, tx, c.Batch, c.Payments)
		if err != nil {
			return err
		}
		if err := unproved(ctx, tx, c.Batch, c.Payments); err != nil {
			return err
		}
		byBook, err := paymentsByBook(ctx, tx, c.Batch, c.Payments)
		if err != nil {
			return err
		}
		for _, book := range slices.Sorted(maps.Keys(byBook)) {
			if err := c.end(ctx, tx, b, book, byBook[book], at, now); err != nil {
				return err
			}
		}
		return record(ctx, tx, now, c.ByOne, "payment.cancel", c.Batch, map[string]any{"payments": c.Payments, "reason": c.Reason, "second": c.ByTwo})
	})
	if err != nil {
		return fmt.Errorf("cancel in batch %d: %w", c.Batch, err)
	}
	return nil
}

const sqlProved = `
SELECT payment FROM payout.exception
 WHERE batch = @batch AND payment = ANY (@payments::bigint[]) AND closed_at IS NULL AND kind IN ('barred', 'doubt')
 ORDER BY payment LIMIT 1`

// unproved refuses payments of which a bank has said, or may yet say, that the
// person was paid.
func unproved(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, payments []int64) error {
	var no int64
	switch err := tx.QueryRow(ctx, sqlProved, pgx.NamedArgs{"batch": batch, "payments": payments}).Scan(&no); {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("open exceptions: %w", err)
	}
	return errs.Coded(errs.Conflict, "PAYOUT-BARRED", fmt.Sprintf("Khoản chi %d của đợt %d bị chặn: đã có hoặc còn chờ bằng chứng. / "+
		"Payment %d of batch %d is barred: a proof came or is waited for.", no, batch, no, batch), ErrBarred)
}

func paymentsByBook(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, payments []int64) (map[ledger.BookID][]int64, error) {
	rows, _ := db.Query(ctx, sqlBooksOfPayments, pgx.NamedArgs{"batch": batch, "payments": payments})
	by := map[ledger.BookID][]int64{}
	var no int64
	var book ledger.BookID
	_, err := pgx.ForEachRow(rows, []any{&no, &book}, func() error {
		by[book] = append(by[book], no)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("books of payments: %w", err)
	}
	return by, nil
}

// atRest reads where the payments are, and refuses unless every one of them is
// owed with no attempt open and no money still due from a bank.
func atRest(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, payments []int64) (map[int64]ledger.Position, error) {
	at, err := ledger.Positions(ctx, tx, batch, payments)
	if err != nil {
		return nil, err
	}
	if len(payments) == 0 {
		return nil, errs.Coded(errs.Invalid, "PAYOUT-NO-PAYMENT", "Chưa nêu khoản chi nào. / No payment is named.", nil)
	}
	for _, no := range payments {
		p := at[no] // the zero Position, state None, if the payment was never approved
		if !p.State().Owed() {
			vi, en := p.State().Words()
			return nil, errs.Coded(errs.Conflict, "PAYOUT-NOT-OWED", fmt.Sprintf("Khoản chi %d của đợt %d đang ở trạng thái “%s”: chỉ khoản đã duyệt và chưa gửi, hoặc tiền đã về, mới làm được. / "+
				"Payment %d of batch %d is “%s”: only one approved and unsent, or whose money is back, can be taken.", no, batch, vi, no, batch, en), ErrNotOwed)
		}
		if p.Claim > 0 {
			return nil, errs.Coded(errs.Conflict, "PAYOUT-OPEN-CLAIM", fmt.Sprintf("Ngân hàng còn phải trả lại %s đồng của khoản chi %d đợt %d. / "+
				"The bank still owes %s đồng of payment %d of batch %d back.", p.Claim, no, batch, p.Claim, no, batch), ErrOpenClaim)
		}
	}
	return at, nil
}

// end posts the ended lines of one book's payments with their cancellation.
func (c Cancellation) end(ctx context.Context, tx pgx.Tx, b Batch, book ledger.BookID, payments []int64, at map[int64]ledger.Position, now time.Time) error {
	desk := ledger.NewDesk(tx, book, b.PostingSet, "", b.Programme, now)
	lines := make([]ledger.Line, 0, len(payments))
	facts := fmt.Appendf(nil, "cancelled %d book %d\n", c.Batch, book)
	for _, no := range payments {
		p := at[no]
		l, err := desk.Fill(ctx, p.Next(c.Batch, ledger.LegEnded, p.Attempt, p.Amount))
		if err != nil {
			return err
		}
		lines = append(lines, l)
		facts = fmt.Appendf(facts, "%d %d %d\n", no, l.Seq, int64(l.Amount))
	}
	date, err := ledger.OpenDay(ctx, tx, book, calendar.DateOf(now))
	if err != nil {
		return err
	}
	tried, err := lastChannels(ctx, tx, c.Batch, payments)
	if err != nil {
		return err
	}
	posted, err := Post(ctx, tx, ledger.Voucher{Key: fmt.Sprintf("cancelled/%d/%d/%x", c.Batch, book, sha256.Sum256(facts)), Facts: facts,
		Book: book, PostingSet: b.PostingSet, Kind: "cancelled", AccountingDate: date, PostedAt: now, Batch: c.Batch,
		Text: fmt.Sprintf("Hủy %d khoản chi chưa gửi của đợt %d: %s", len(payments), c.Batch, c.Reason), Lines: ledger.ListOf(lines)},
		Moved{Was: func(payment int64) Standing { return Standing{at[payment].State(), tried[payment]} }})
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{"batch": c.Batch, "payments": payments, "reason": c.Reason, "one": c.ByOne, "two": c.ByTwo, "now": now, "voucher": posted.ID}
	for _, sql := range []string{sqlAddCancelled, sqlReleaseClaims} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("note the cancellation: %w", err)
		}
	}
	return nil
}

const sqlLastChannels = `
SELECT DISTINCT ON (a.payment) a.payment, s.channel
  FROM payout.attempt AS a JOIN payout.submission AS s ON s.no = a.submission
 WHERE a.batch = @batch AND a.payment = ANY (@payments::bigint[])
 ORDER BY a.payment, a.attempt DESC`

// lastChannels says over which channel payments were tried last; those never
// tried are absent.
func lastChannels(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, payments []int64) (map[int64]bankadapters.Key, error) {
	rows, _ := db.Query(ctx, sqlLastChannels, pgx.NamedArgs{"batch": batch, "payments": payments})
	at := map[int64]bankadapters.Key{}
	var no int64
	var key bankadapters.Key
	if _, err := pgx.ForEachRow(rows, []any{&no, &key}, func() error { at[no] = key; return nil }); err != nil {
		return nil, fmt.Errorf("channels of payments in batch %d: %w", batch, err)
	}
	return at, nil
}
