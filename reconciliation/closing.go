package reconciliation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// Summary is where every payment of a batch stands. The counts of the first
// block add up to Payments.
type Summary struct {
	Payments int64
	Total    money.Amount

	Paid       int64
	PaidTotal  money.Amount
	Rejected   int64 // refused, withdrawn, not executed or unpaid by a provider: owed again
	Returned   int64
	InDoubt    int64
	AtBank     int64 // ordered or debited, nothing doubtful
	AtProvider int64
	Unsent     int64 // approved, never ordered
	Ended      int64

	// Unapproved are in sections that nobody approved: they have no line yet, are
	// not among Payments, and hold their people's claims.
	Unapproved int64

	// OnTheWay are submissions with money left in 113: the bank has not booked what
	// was proved, or booked another sum.
	OnTheWay int64

	// Undecided are rows of the lists, refused or left out, of which nobody decided
	// what becomes of them: people who may get nothing.
	Undecided int64

	Owed   money.Amount     // 3388.N of this batch
	Breaks map[Reason]int64 // open, of this batch and of the channels it uses
}

const sqlSummary = `
SELECT g.state, d.doubt IS NOT NULL, count(*), sum(f.amount)::bigint
  FROM (SELECT DISTINCT ON (l.payment) l.payment, l.leg, l.attempt
          FROM ledger.line AS l WHERE l.batch = @batch
         ORDER BY l.payment, l.seq DESC) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
  JOIN ledger.line AS f ON f.batch = @batch AND f.payment = last.payment AND f.seq = 1
  LEFT JOIN LATERAL (SELECT 1 AS doubt FROM payout.exception AS e
                      WHERE e.batch = @batch AND e.payment = last.payment AND e.kind = 'doubt' AND e.closed_at IS NULL
                      LIMIT 1) AS d ON g.state IN ('ordered', 'out', 'listed')
 GROUP BY g.state, d.doubt IS NOT NULL`

const sqlBreakCounts = `
SELECT b.reason, count(*)
  FROM reconciliation.break_item AS b
 WHERE b.closed_at IS NULL
   AND (b.batch = @batch OR b.batch = 0 AND b.channel IN (SELECT s.channel FROM payout.submission AS s WHERE s.batch = @batch))
 GROUP BY b.reason`

// Summarise counts a batch's payments by what a person would say of them, from
// the totals kept by voucher: it costs the same for a thousand payments and for
// a million. [CloseBatch] walks the lines instead.
func Summarise(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) (Summary, error) {
	s := Summary{Breaks: map[Reason]int64{}}
	list, err := payout.Tallies(ctx, db, batch)
	if err != nil {
		return Summary{}, err
	}
	for _, t := range list {
		if err := s.add(t.State, false, t.Payments, t.Amount); err != nil {
			return Summary{}, err
		}
	}
	open, err := payout.OpenExceptions(ctx, db, batch)
	if err != nil {
		return Summary{}, err
	}
	for _, e := range open {
		if e.Kind == "doubt" && e.State.Open() && e.State != ledger.Handed {
			s.doubt(e.State, e.Payments)
		}
	}
	return s, s.countBreaks(ctx, db, batch)
}

// walk is Summarise from the last line of every payment.
func walk(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) (Summary, error) {
	s := Summary{Breaks: map[Reason]int64{}}
	rows, _ := db.Query(ctx, sqlSummary, pgx.NamedArgs{"batch": batch})
	var state ledger.State
	var doubt bool
	var count int64
	var total money.Amount
	_, err := pgx.ForEachRow(rows, []any{&state, &doubt, &count, &total}, func() error { return s.add(state, doubt, count, total) })
	if err != nil {
		return Summary{}, fmt.Errorf("summary of batch %d: %w", batch, err)
	}
	return s, s.countBreaks(ctx, db, batch)
}

const sqlUnapproved = `
SELECT coalesce(sum(count), 0)::bigint FROM payout.section WHERE batch = @batch AND state NOT IN ('approved', 'released', 'withdrawn')`

const sqlOnTheWay = `
SELECT count(*)
  FROM payout.submission AS s
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(va.debit - va.credit) FILTER (WHERE a.role = 'sent'), 0) AS sent,
              coalesce(sum(va.debit - va.credit) FILTER (WHERE a.role = 'out'), 0) AS out
         FROM ledger.voucher AS v
         JOIN ledger.voucher_account AS va ON va.voucher = v.id
         JOIN ledger.account AS a ON a.id = va.account AND a.role IN ('sent', 'out')
        WHERE v.order_no = s.no) AS way
 WHERE s.batch = @batch AND (way.sent <> 0 OR way.out <> 0)`

// countBreaks adds what is no single payment's state: open breaks, sections
// unapproved, money on the way.
func (s *Summary) countBreaks(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) error {
	if err := db.QueryRow(ctx, sqlUnapproved, pgx.NamedArgs{"batch": batch}).Scan(&s.Unapproved); err != nil {
		return fmt.Errorf("sections of batch %d: %w", batch, err)
	}
	if err := db.QueryRow(ctx, sqlOnTheWay, pgx.NamedArgs{"batch": batch}).Scan(&s.OnTheWay); err != nil {
		return fmt.Errorf("money of batch %d on the way: %w", batch, err)
	}
	var err error
	if s.Undecided, err = payout.CountOpenRows(ctx, db, payout.OpenRowFilter{Batch: batch}); err != nil {
		return err
	}
	rows, _ := db.Query(ctx, sqlBreakCounts, pgx.NamedArgs{"batch": batch})
	var reason Reason
	var count int64
	if _, err := pgx.ForEachRow(rows, []any{&reason, &count}, func() error { s.Breaks[reason] = count; return nil }); err != nil {
		return fmt.Errorf("breaks of batch %d: %w", batch, err)
	}
	return nil
}

// doubt moves payments from where their money is to where nobody knows.
func (s *Summary) doubt(state ledger.State, count int64) {
	s.InDoubt += count
	if state == ledger.Listed {
		s.AtProvider -= count
		return
	}
	s.AtBank -= count
}

func (s *Summary) add(state ledger.State, doubt bool, count int64, total money.Amount) error {
	s.Payments, s.Total = s.Payments+count, s.Total+total
	if state != ledger.Paid && state != ledger.Ended {
		s.Owed += total
	}
	switch state {
	case ledger.Paid:
		s.Paid, s.PaidTotal = s.Paid+count, s.PaidTotal+total
	case ledger.Rejected, ledger.Withdrawn, ledger.NotExecuted, ledger.Unpaid, ledger.BroughtBack:
		s.Rejected += count
	case ledger.Returned:
		s.Returned += count
	case ledger.Ended:
		s.Ended += count
	case ledger.Approved:
		s.Unsent += count
	case ledger.Ordered, ledger.Out, ledger.Listed, ledger.Handed:
		switch {
		case doubt:
			s.InDoubt += count
		case state == ledger.Listed || state == ledger.Handed:
			s.AtProvider += count
		default:
			s.AtBank += count
		}
	default:
		return fmt.Errorf("state %q is not known", state)
	}
	return nil
}

// Obstacles says, in Vietnamese and English, why a batch cannot be closed; none
// means it can.
func (s Summary) Obstacles() []string {
	var list []string
	for _, o := range []struct {
		count  int64
		vi, en string
	}{
		{s.Unapproved, "khoản chưa được phê duyệt", "payments in sections nobody approved"},
		{s.Unsent, "khoản chưa lệnh", "payments never ordered"},
		{s.AtBank, "khoản chờ ngân hàng", "payments at a bank"},
		{s.OnTheWay, "lệnh còn tiền trên đường: ngân hàng chưa ghi nợ, hoặc ghi nợ khác số đã chứng minh", "submissions whose debit is not booked, or differs from what was proved"},
		{s.AtProvider, "khoản ở đơn vị chi trả", "payments at a provider"},
		{s.InDoubt, "khoản đang hỏi lại ngân hàng", "payments in doubt"},
		{s.Rejected, "khoản chưa chi được", "payments refused and owed again"},
		{s.Returned, "khoản bị trả lại", "payments returned and owed again"},
		{s.Undecided, "dòng danh sách bị từ chối hoặc nằm ngoài đợt chưa ai quyết định", "rows of lists, refused or left out, that nobody decided"},
	} {
		if o.count > 0 {
			list = append(list, fmt.Sprintf("%d %s (%s)", o.count, o.vi, o.en))
		}
	}
	for _, reason := range Reasons {
		if n := s.Breaks[reason.Reason]; n > 0 {
			list = append(list, fmt.Sprintf("%d khoản lệch: %s (%s)", n, reason.VI, reason.EN))
		}
	}
	return list
}

const sqlCloseBatch = `UPDATE payout.batch SET closed_at = @now, closed_by = @by WHERE id = @batch AND closed_at IS NULL`

const sqlLockBatch = `SELECT id FROM payout.batch WHERE id = @batch FOR UPDATE`

// CloseBatch closes a batch with two signatures. It refuses with RECON-CLOSING,
// a Conflict that lists what is open.
func CloseBatch(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, by Signers, now time.Time) error {
	if err := by.check(); err != nil {
		return err
	}
	var id ledger.BatchID
	if err := tx.QueryRow(ctx, sqlLockBatch, pgx.NamedArgs{"batch": batch}).Scan(&id); err != nil {
		return fmt.Errorf("batch %d: %w", batch, err)
	}
	s, err := walk(ctx, tx, batch)
	if err != nil {
		return err
	}
	if open := s.Obstacles(); len(open) > 0 {
		return errs.Coded(errs.Conflict, codeClosing, fmt.Sprintf(
			"Đợt %d chưa đóng được, còn: %s. / Batch %d cannot be closed yet; still open as listed.", batch, strings.Join(open, "; "), batch), nil)
	}
	tag, err := tx.Exec(ctx, sqlCloseBatch, pgx.NamedArgs{"batch": batch, "by": by.One + ", " + by.Two, "now": now})
	if err != nil {
		return fmt.Errorf("close batch %d: %w", batch, err)
	}
	if tag.RowsAffected() == 0 {
		return errs.Coded(errs.Conflict, codeClosing, fmt.Sprintf("Đợt %d đã đóng. / Batch %d is closed.", batch, batch), nil)
	}
	_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: by.One, Act: "batch.close", Subject: fmt.Sprintf("batch/%d", batch),
		Detail: map[string]any{"second": by.Two, "paid": s.Paid, "paid_total": s.PaidTotal.Exact()}})
	return err
}
