package reconciliation

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

const sqlWithdraw = `
UPDATE payout.submission SET state = 'withdrawn', next_look = NULL
 WHERE no = @no AND state = 'intent' AND fence = clear_fence`

// withdrawUnsent takes back a whole submission that certainly was not sent,
// because an earlier attempt of one of its payments turned out to be executed.
// Its bytes are fixed, so it cannot go without that payment; the others are
// ordered again by payout. Sent meanwhile, it stays: the line that asked for
// this is then decided anew.
func (r *Reconciler) withdrawUnsent(ctx context.Context, b bank, no int64) error {
	err := pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockChannel(ctx, tx, b); err != nil {
			return err
		}
		s, err := payout.LockSubmission(ctx, tx, no)
		if err != nil || s.State != payout.Intent {
			return err
		}
		tag, err := tx.Exec(ctx, sqlWithdraw, pgx.NamedArgs{"no": no})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		refs, err := payout.RefsOf(ctx, tx, s)
		if err != nil {
			return err
		}
		_, err = audit.Append(ctx, tx, audit.Entry{At: r.Now(), Actor: "system: reconciliation", Act: "submission.withdraw",
			Subject: fmt.Sprintf("batch/%d", s.Batch), Detail: map[string]any{"submission": no, "why": "an earlier attempt of a payment was executed"}})
		if err != nil {
			return err
		}
		return r.postEach(ctx, tx, s, refs, "withdrawn", "Rút lại lệnh chưa gửi: lần chi trước đã được thực hiện",
			func(p ledger.Position) ledger.LegID {
				switch p.State() {
				case ledger.Ordered:
					return ledger.LegWithdrawn
				case ledger.Listed:
					return ledger.LegListUnpaid
				}
				return 0
			})
	})
	if err != nil {
		return fmt.Errorf("withdraw submission %d: %w", no, err)
	}
	return nil
}

// postEach posts one leg for those attempts of a submission that are the
// newest of their payment and for which choose gives one.
func (r *Reconciler) postEach(ctx context.Context, tx pgx.Tx, s payout.Submission, refs []payout.Ref, what, text string,
	choose func(ledger.Position) ledger.LegID) error {
	payments := make([]int64, len(refs))
	attempt := make(map[int64]int16, len(refs))
	for i, ref := range refs {
		payments[i], attempt[ref.Payment] = ref.Payment, ref.Attempt
	}
	positions, err := ledger.Positions(ctx, tx, s.Batch, payments)
	if err != nil {
		return err
	}
	if err := ledger.LockFunds(ctx, tx, s.Book, s.Place()); err != nil {
		return err
	}
	now := r.Now()
	desk := ledger.NewDesk(tx, s.Book, s.PostingSet, s.Place(), s.Programme, now)
	var lines []ledger.Line
	var facts []byte
	var touched []int64
	for _, ref := range sortedRefs(refs) {
		p, ok := positions[ref.Payment]
		if !ok || p.Attempt != ref.Attempt {
			continue
		}
		leg := choose(p)
		if leg == 0 {
			continue
		}
		l, err := desk.Fill(ctx, p.Next(s.Batch, leg, ref.Attempt, p.Amount))
		if err != nil {
			return err
		}
		lines, touched = append(lines, l), append(touched, ref.Payment)
		facts = binary.BigEndian.AppendUint64(facts, uint64(ref.Payment))
		facts = binary.BigEndian.AppendUint16(facts, uint16(leg))
	}
	if len(lines) == 0 {
		return nil
	}
	date, err := ledger.OpenDay(ctx, tx, s.Book, calendar.DateOf(now))
	if err != nil {
		return err
	}
	posted, err := payout.Post(ctx, tx, ledger.Voucher{
		Key:   fmt.Sprintf("submission/%d/%s/%d", s.No, what, lines[0].Payment),
		Facts: facts, Book: s.Book, PostingSet: s.PostingSet, Kind: what, AccountingDate: date, PostedAt: now,
		Text: text, Batch: s.Batch, OrderNo: s.No, Lines: ledger.ListOf(lines),
	}, payout.Moved{Was: func(payment int64) payout.Standing {
		return payout.Standing{State: positions[payment].State(), Channel: s.Channel}
	}})
	if err != nil {
		return err
	}
	if err := payout.CloseDoubts(ctx, tx, s.Batch, touched, posted.ID, now); err != nil {
		return err
	}
	return payout.Settle(ctx, tx, s.No)
}

func sortedRefs(refs []payout.Ref) []payout.Ref {
	return slices.SortedFunc(slices.Values(refs), func(a, b payout.Ref) int { return cmp.Compare(a.Payment, b.Payment) })
}
