package reconciliation_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

func init() {
	pgtest.AfterEach("tallies", func(ctx context.Context, db *pgxpool.Pool) error {
		found, err := payout.CheckTallies(ctx, db)
		for _, tie := range found {
			err = errors.Join(err, tie)
		}
		return err
	})
}

func TestEveryQueryPrepares(t *testing.T) { pgtest.PrepareAll(t, ".") }

func TestBookedSingleDebitsArePaid(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 500_000)
	w.fund("A", 800_000)
	w.order("A", "accepted", 1, 2)
	w.post("A", w.statement("A",
		entry{amount: 300_000, id: w.id(1, 1), account: accountOf(1)},
		entry{amount: 500_000, id: w.id(2, 1), account: accountOf(2)}))
	if diff := cmp.Diff(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Paid}, w.states(1, 2)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{}, w.breaks()); diff != "" {
		t.Error(diff)
	}
	if got := w.balance(ledger.RoleFunds, "A"); got != 0 {
		t.Errorf("112.A = %s, want 0", got)
	}
	w.tie("A")
}

// The public ten-payment case.
func TestTenPayments(t *testing.T) {
	t.Parallel()
	var amounts []money.Amount
	var all []int64
	for i := range 10 {
		amounts, all = append(amounts, money.Amount(100_001+i)), append(all, int64(i+1))
	}
	w := open(t, amounts...)
	w.fund("A", 1_000_055)
	s := w.order("A", "accepted", all...)
	w.take("A", bankadapters.KindStatusReport, w.report("A", s.Message, status{id: w.id(2, 1), word: "RJCT", code: "AC01", amount: 100_002}))
	w.drain("A")
	debit := func(no int64, amount money.Amount, ref string) entry {
		return entry{amount: amount, id: w.id(no, 1), account: accountOf(no), ref: ref}
	}
	w.post("A", w.statement("A", debit(1, 100_001, ""), debit(3, 100_003, ""), debit(4, 100_004, ""), debit(5, 100_050, ""),
		debit(8, 100_008, "X1"), debit(8, 100_008, "X2"), debit(9, 100_009, ""), debit(10, 100_010, ""), entry{credit: true, amount: 77_777}))
	want := map[int64]ledger.State{1: ledger.Paid, 2: ledger.Rejected, 3: ledger.Paid, 4: ledger.Paid, 5: ledger.Ordered, 6: ledger.Ordered,
		7: ledger.Ordered, 8: ledger.Paid, 9: ledger.Paid, 10: ledger.Paid}
	if diff := cmp.Diff(want, w.states(all...)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"debit_other_amount": 1, "second_debit": 1, "unknown_credit": 1}, w.breaks()); diff != "" {
		t.Error(diff)
	}
	w.tie("A")
	if got := w.balance(ledger.RoleBankClaim, "A"); got != 100_008 {
		t.Errorf("1388.B = %s, want the second debit of 8", got)
	}
	if got := -w.balance(ledger.RoleUnknownCredit, "A"); got != 77_777 {
		t.Errorf("3388.X = %s, want 77.777", got)
	}

	w.now = w.now.AddDate(0, 0, 3)
	w.post("A", w.statement("A", entry{credit: true, amount: 100_009, id: w.id(9, 1), code: "AC04"}))
	if got := w.states(9)[9]; got != ledger.Returned {
		t.Errorf("9 is %s after the return, want owed again", got)
	}
	w.tie("A")
}
