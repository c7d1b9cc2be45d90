package ledger_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/internal/money"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

// TestRecovery follows money that was not due: paid, decided to be recovered, a
// part deducted from a later debt, the rest paid back and kept from a draw.
func TestRecovery(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	b.draw(1_000_000)
	one := func(p int64, seq int16, leg ledger.LegID, attempt int16, amount money.Amount, cause int64) error {
		def := ledger.LegOf(leg)
		l := ledger.Line{Batch: 1001, Payment: p, Seq: seq, Attempt: attempt, About: attempt, Leg: leg, Amount: amount,
			Debit: b.id(def.Debit), Credit: b.id(def.Credit)}
		b.orders++
		v := b.voucher(def.Name+string(rune('a'+b.orders)), 1001)
		v.OrderNo, v.Cause, v.Lines = 1001, cause, ledger.ListOf([]ledger.Line{l})
		_, err := b.post(v)
		return err
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	b.steps(1001, []int64{1}, ledger.LegApproved, ledger.LegOrdered, ledger.LegPaidSent)
	const paid = 100_001
	if err := one(1, 4, ledger.LegOverpaid, 1, paid+1, 0); !errors.Is(err, ledger.ErrIllegal) {
		t.Errorf("recovering more than was paid: %v", err)
	}
	must(one(1, 4, ledger.LegOverpaid, 1, 60_000, 0))
	if err := one(1, 5, ledger.LegOverpaid, 1, paid-60_000+1, 0); !errors.Is(err, ledger.ErrIllegal) {
		t.Errorf("recovering more than was paid in two decisions: %v", err)
	}

	// A later debt to the same person: its approval is gross, what is ordered is not.
	b.steps(1001, []int64{2}, ledger.LegApproved)
	const due = 100_002
	var short *ledger.FundsError
	if err := one(2, 2, ledger.LegDeducted, 0, 60_001, 0); !errors.As(err, &short) || short.Short != 1 {
		t.Errorf("deducting more than the person owes: %v", err)
	}
	if err := one(2, 2, ledger.LegDeducted, 0, due, 0); !errors.Is(err, ledger.ErrIllegal) {
		t.Errorf("deducting all as a part: %v", err)
	}
	must(one(2, 2, ledger.LegDeducted, 0, 40_000, 0))
	if err := one(2, 3, ledger.LegDeducted, 0, 10_000, 0); !errors.Is(err, ledger.ErrIllegal) {
		t.Errorf("deducting twice: %v", err)
	}
	if err := one(2, 3, ledger.LegOrdered, 1, due, 0); !errors.Is(err, ledger.ErrIllegal) {
		t.Errorf("ordering what was deducted: %v", err)
	}
	must(one(2, 3, ledger.LegOrdered, 1, due-40_000, 0))
	must(one(2, 4, ledger.LegPaidSent, 1, due-40_000, 7))
	at, err := ledger.Positions(ctx, db, 1001, []int64{2})
	want := map[int64]ledger.Position{2: {Payment: 2, Seq: 4, Attempt: 1, Leg: ledger.LegPaidSent, Amount: due - 40_000, Booked: true}}
	if diff := cmp.Diff(want, at); diff != "" || err != nil {
		t.Errorf("position, %v (-want +got):\n%s", err, diff)
	}

	// A debt smaller than what is still owed is kept whole; the rest comes in money.
	must(one(1, 5, ledger.LegIn(ledger.Repaid, ledger.Paid), 1, 5_000, 8))
	b.steps(1001, []int64{3}, ledger.LegApproved)
	if err := one(3, 2, ledger.LegDeductedWhole, 0, 100_003, 0); !errors.As(err, &short) {
		t.Errorf("keeping a whole debt for a smaller claim: %v", err)
	}
	must(one(1, 6, ledger.LegIn(ledger.Repaid, ledger.Paid), 1, 15_000, 9))
	b.mustMove("kept back", 0, ledger.KeptBack(programme, 60_000)...)
	for role, want := range map[ledger.Role]money.Amount{ledger.RolePersonClaim: 0, ledger.RoleOther: 0, ledger.RoleOwed: -100_003,
		ledger.RoleFunds: 1_000_000 - paid - (due - 40_000) + 20_000} {
		if got, err := ledger.BalanceOf(ctx, db, b.book, slot(role)); got != want || err != nil {
			t.Errorf("%s: %s, want %s (%v)", role, got, want, err)
		}
	}
}
