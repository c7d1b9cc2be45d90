package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// SectionWithdrawal takes a section back that nobody approves, by two people.
type SectionWithdrawal struct {
	Batch   ledger.BatchID
	Section int16
	Reason  string
	ByOne   string
	ByTwo   string
}

// ErrNoBar says that nothing bars the payment that LiftBar was asked about.
var ErrNoBar = errors.New("nothing bars the payment")

const sqlAddSectionWithdrawal = `
INSERT INTO payout.section_withdrawal (batch, section, reason, by_one, by_two, at)
VALUES (@batch, @section, @reason, @one, @two, @now)`

const sqlWithdrawSection = `
UPDATE payout.section SET state = 'withdrawn' WHERE batch = @batch AND no = @section AND state IN ('planned', 'submitted')`

const sqlReleaseSection = `
INSERT INTO payout.entitlement_release (programme, rule, person, subject, month, n, batch, reason, by_one, by_two, at)
SELECT e.programme, e.rule, e.person, e.subject, e.month, e.n, e.batch, @reason, @one, @two, @now
  FROM payout.payment AS p
  JOIN payout.entitlement AS e ON e.batch = p.batch AND e.payment = p.no
 WHERE p.batch = @batch AND p.section = @section`

// WithdrawSection ends a section before its approval is complete and frees the
// claims of its people, so that a later batch plans them anew. Nothing was owed
// by it yet, so nothing is posted; seals already given stay on record and serve
// nothing. The batch can then close without it. A section that is approved, or
// withdrawn already, is ErrSectionState: its payments are cancelled one by one.
func WithdrawSection(ctx context.Context, db pgdb.DB, w SectionWithdrawal, now time.Time) error {
	if err := twoPeople(w.ByOne, w.ByTwo, w.Reason); err != nil {
		return err
	}
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := LockBatch(ctx, tx, w.Batch); err != nil {
			return err
		}
		s, err := lockSection(ctx, tx, w.Batch, w.Section)
		if err != nil {
			return err
		}
		if s.State != "planned" && s.State != "submitted" {
			return errs.Coded(errs.Conflict, "PAYOUT-SECTION-APPROVED", fmt.Sprintf("Phần %d (%s) của đợt %d đang ở trạng thái %s: chỉ rút được phần chưa duyệt xong; khoản đã duyệt thì hủy từng khoản. / "+
				"Section %d (%s) of batch %d is %s: only one not yet approved can be withdrawn; approved payments are cancelled one by one.",
				s.No, s.UnitNameVI, s.Batch, sectionWordVI[s.State], s.No, s.UnitNameVI, s.Batch, s.State), ErrSectionState)
		}
		args := pgx.NamedArgs{"batch": w.Batch, "section": w.Section, "reason": w.Reason, "one": w.ByOne, "two": w.ByTwo, "now": now}
		for _, sql := range []string{sqlAddSectionWithdrawal, sqlWithdrawSection, sqlReleaseSection} {
			if _, err := tx.Exec(ctx, sql, args); err != nil {
				return fmt.Errorf("note the withdrawal: %w", err)
			}
		}
		return record(ctx, tx, now, w.ByOne, "section.withdraw", w.Batch,
			map[string]any{"section": w.Section, "count": s.Count, "total": s.Total, "reason": w.Reason, "second": w.ByTwo})
	})
	if err != nil {
		return fmt.Errorf("withdraw section %d of batch %d: %w", w.Section, w.Batch, err)
	}
	return nil
}

// sectionWordVI names the states of a section in sentences.
var sectionWordVI = map[string]string{
	"planned": "đã lập", "submitted": "chờ duyệt", "approved": "đã duyệt", "released": "đã cho chi", "withdrawn": "đã rút",
}

// BarLift says that a proof of an ended attempt was wrong: the bank has written
// that the attempt was never executed. Two people and the paper's number and date.
type BarLift struct {
	Batch    ledger.BatchID
	Payments []int64
	Paper    string
	Reason   string
	ByOne    string
	ByTwo    string
}

const sqlLiftBars = `
UPDATE payout.exception SET closed_at = @now
 WHERE batch = @batch AND payment = ANY (@payments::bigint[]) AND kind = 'barred' AND closed_at IS NULL
RETURNING payment, attempt`

const sqlAddBarLift = `
INSERT INTO payout.bar_lift (batch, payment, attempt, paper, reason, by_one, by_two, at)
VALUES (@batch, @payment, @attempt, @paper, @reason, @one, @two, @now)`

// LiftBar lets payments be retried or cancelled again that a proof of an ended
// attempt had barred. One that is not barred refuses them all (ErrNoBar). It
// posts nothing: whether money is still owed stays what the ledger says, and a
// debit that comes after all is late evidence as before.
func LiftBar(ctx context.Context, db pgdb.DB, l BarLift, now time.Time) error {
	if err := twoPeople(l.ByOne, l.ByTwo, l.Reason); err != nil {
		return err
	}
	if strings.TrimSpace(l.Paper) == "" {
		return errs.Coded(errs.Invalid, "PAYOUT-BAR-PAPER", "Cần số và ngày văn bản của ngân hàng xác nhận lệnh cũ không được thực hiện. / "+
			"The number and date of the bank's paper are needed which says that the earlier order was not executed.", nil)
	}
	payments := slices.Compact(slices.Sorted(slices.Values(l.Payments)))
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := LockBatch(ctx, tx, l.Batch); err != nil {
			return err
		}
		args := pgx.NamedArgs{"batch": l.Batch, "payments": payments, "paper": l.Paper, "reason": l.Reason, "one": l.ByOne, "two": l.ByTwo, "now": now}
		rows, _ := tx.Query(ctx, sqlLiftBars, args)
		type bar struct {
			Payment int64
			Attempt int16
		}
		bars, err := pgx.CollectRows(rows, pgx.RowToStructByPos[bar])
		if err != nil {
			return fmt.Errorf("lift bars: %w", err)
		}
		for _, no := range payments {
			if !slices.ContainsFunc(bars, func(b bar) bool { return b.Payment == no }) {
				return errs.Coded(errs.Conflict, "PAYOUT-NOT-BARRED", fmt.Sprintf("Khoản chi %d của đợt %d không bị chặn. / Nothing bars payment %d of batch %d.",
					no, l.Batch, no, l.Batch), ErrNoBar)
			}
		}
		for _, b := range bars {
			args["payment"], args["attempt"] = b.Payment, b.Attempt
			if _, err := tx.Exec(ctx, sqlAddBarLift, args); err != nil {
				return fmt.Errorf("note the lifted bar of payment %d: %w", b.Payment, err)
			}
		}
		return record(ctx, tx, now, l.ByOne, "payment.bar.lift", l.Batch,
			map[string]any{"payments": payments, "paper": l.Paper, "reason": l.Reason, "second": l.ByTwo})
	})
	if err != nil {
		return fmt.Errorf("lift bars in batch %d: %w", l.Batch, err)
	}
	return nil
}
