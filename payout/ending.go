package payout

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/ledger"
)

// Ending is how attempts of a submission end without a proof of payment.
type Ending struct {
	Kind string // of the voucher: refused, withdrawn, not_executed
	Text string
	Leg  func(ledger.Position) ledger.LegID // 0 = this one does not end
}

// EndAttempts posts the ending for those of the attempts that are still the
// newest of their payment, closes their doubts, and does nothing for the others:
// evidence was faster. The caller holds the submission's lock.
func EndAttempts(ctx context.Context, tx pgx.Tx, s Submission, refs []Ref, e Ending, now time.Time) error {
	refs = slices.SortedFunc(slices.Values(refs), func(a, b Ref) int { return cmp.Compare(a.Payment, b.Payment) })
	payments := make([]int64, len(refs))
	for i, r := range refs {
		payments[i] = r.Payment
	}
	at, err := ledger.Positions(ctx, tx, s.Batch, payments)
	if err != nil {
		return err
	}
	if err := ledger.LockFunds(ctx, tx, s.Book, s.Place()); err != nil {
		return err
	}
	desk := ledger.NewDesk(tx, s.Book, s.PostingSet, s.Place(), s.Programme, now)
	var lines []ledger.Line
	var facts []byte
	var ended []int64
	for _, r := range refs {
		p, ok := at[r.Payment]
		if !ok || p.Attempt != r.Attempt {
			continue
		}
		leg := e.Leg(p)
		if leg == 0 || !ledger.Allowed(p.State(), leg) {
			continue
		}
		l, err := desk.Fill(ctx, p.Next(s.Batch, leg, p.Attempt, p.Amount))
		if err != nil {
			return err
		}
		lines, ended = append(lines, l), append(ended, r.Payment)
		facts = binary.BigEndian.AppendUint64(facts, uint64(r.Payment))
		facts = binary.BigEndian.AppendUint16(facts, uint16(leg))
	}
	if len(lines) == 0 {
		return nil
	}
	date, err := ledger.OpenDay(ctx, tx, s.Book, calendar.DateOf(now))
	if err != nil {
		return err
	}
	posted, err := Post(ctx, tx, ledger.Voucher{
		Key: fmt.Sprintf("submission/%d/%s/%d", s.No, e.Kind, lines[0].Payment), Facts: facts, Book: s.Book, PostingSet: s.PostingSet,
		Kind: e.Kind, AccountingDate: date, PostedAt: now, Text: e.Text, Batch: s.Batch, OrderNo: s.No, Lines: ledger.ListOf(lines),
	}, Moved{Was: func(payment int64) Standing { return Standing{at[payment].State(), s.Channel} }})
	if err != nil {
		return err
	}
	return CloseDoubts(ctx, tx, s.Batch, ended, posted.ID, now)
}

// endAll is EndAttempts for every attempt of the submission.
func endAll(ctx context.Context, tx pgx.Tx, s Submission, e Ending, now time.Time) error {
	refs, err := RefsOf(ctx, tx, s)
	if err != nil {
		return err
	}
	return EndAttempts(ctx, tx, s, refs, e, now)
}

// instead gives the leg for an attempt that is still ordered at a bank, or that
// for one still on a provider's list.
func instead(ordered, listed ledger.LegID) func(ledger.Position) ledger.LegID {
	return func(p ledger.Position) ledger.LegID {
		switch p.State() {
		case ledger.Ordered:
			return ordered
		case ledger.Listed:
			return listed
		}
		return 0
	}
}

const sqlWithdraw = `
UPDATE payout.submission SET state = 'withdrawn', next_look = NULL WHERE no = @no AND state = 'intent' AND fence = clear_fence`

// WithdrawUnsent takes back a submission that was certainly never sent: its
// payments are owed again, its money is free again, and two people decide how
// they are paid. It returns ErrNotUnsent if a byte of it may have left.
func WithdrawUnsent(ctx context.Context, tx pgx.Tx, no int64, who, why string, now time.Time) error {
	s, err := LockSubmission(ctx, tx, no)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, sqlWithdraw, pgx.NamedArgs{"no": no})
	if err != nil {
		return fmt.Errorf("withdraw submission %d: %w", no, err)
	}
	if tag.RowsAffected() == 0 {
		return errs.Coded(errs.Conflict, "PAYOUT-NOT-UNSENT",
			fmt.Sprintf("Lệnh %d có thể đã gửi, không rút lại được. / Submission %d may have been sent; it cannot be withdrawn.", no, no), ErrNotUnsent)
	}
	if err := endAll(ctx, tx, s, Ending{Kind: "withdrawn", Text: why, Leg: instead(ledger.LegWithdrawn, ledger.LegListUnpaid)}, now); err != nil {
		return err
	}
	return record(ctx, tx, now, who, "submission.withdraw", s.Batch, map[string]any{"submission": no, "why": why})
}
