package reconciliation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
)

func (w *world) stopped() string {
	w.t.Helper()
	why, err := payout.Stopped(w.t.Context(), w.db)
	if err != nil {
		w.t.Fatal(err)
	}
	return why
}

const testOpenDoubts = `SELECT count(*)::int FROM payout.exception WHERE kind = 'doubt' AND closed_at IS NULL`

// Whatever a bank or provider says of an order that never left us, it is booked
// as the table says, dispatch stops, and the order is never sent: the person it
// speaks of would be paid twice.
func TestALineAboutWhatWasNeverSentStopsDispatch(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		say    func(w *world, s payout.Submission)
		states map[int64]ledger.State
		doubts int
	}{
		"its debit": {func(w *world, _ payout.Submission) {
			w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1), account: accountOf(1)}))
		}, map[int64]ledger.State{1: ledger.Paid, 2: ledger.Ordered}, 1},
		"a debit of another amount": {func(w *world, _ payout.Submission) {
			w.post("A", w.statement("A", entry{amount: 200_000, id: w.id(1, 1), account: accountOf(1)}))
		}, map[int64]ledger.State{1: ledger.Ordered, 2: ledger.Ordered}, 2},
		"a refusal": {func(w *world, s payout.Submission) {
			w.take("A", bankadapters.KindStatusReport, w.report("A", s.Message, status{id: w.id(1, 1), word: "RJCT", code: "AC04"}))
			w.drain("A")
		}, map[int64]ledger.State{1: ledger.Rejected, 2: ledger.Ordered}, 1},
		"a word that it is in work": {func(w *world, s payout.Submission) {
			w.take("A", bankadapters.KindStatusReport, w.report("A", s.Message, status{id: w.id(1, 1), word: "ACSP"}))
			w.drain("A")
		}, map[int64]ledger.State{1: ledger.Ordered, 2: ledger.Ordered}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, 300_000, 400_000)
			w.fund("A", 1_000_000)
			s := w.order("A", "intent", 1, 2)
			tt.say(w, s)
			w.expect(tt.states, map[string]int{"never_sent": 1}, "A")
			if why := w.stopped(); !strings.Contains(why, w.id(1, 1)) {
				t.Errorf("dispatch stopped: %q, want a stop that names the id", why)
			}
			after, err := payout.ReadSubmission(t.Context(), w.db, s.No)
			if err != nil || after.State != payout.InDoubt || after.FirstSent == nil {
				t.Errorf("the submission is %s, first sent %v, %v; want in doubt since its intent", after.State, after.FirstSent, err)
			}
			var doubts int
			if err := w.db.QueryRow(t.Context(), testOpenDoubts).Scan(&doubts); err != nil || doubts != tt.doubts {
				t.Errorf("%d open doubts, %v; want %d", doubts, err, tt.doubts)
			}
		})
	}
}

func TestABulkDebitOfWhatWasNeverSentStopsDispatch(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 400_000)
	w.fund("C", 1_000_000)
	s := w.order("C", "intent", 1, 2)
	w.post("C", w.statement("C", entry{amount: 700_000, bulk: string(s.Message)}))
	w.expect(map[int64]ledger.State{1: ledger.Ordered, 2: ledger.Ordered}, map[string]int{"never_sent": 1}, "C")
	if why := w.stopped(); !strings.Contains(why, string(s.Message)) {
		t.Errorf("dispatch stopped: %q, want a stop that names the message", why)
	}
}

func TestAProviderThatPaidAListItNeverGotStopsDispatch(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "test/p1", Book: w.book, PostingSet: ledger.EntrustedState, Kind: "draw",
			AccountingDate: calendarDay(w), PostedAt: w.now, Text: "Rút cho đơn vị chi trả"}, ledger.DrawToProvider("P1", w.programme(), 300_000))
		return err
	})
	list := w.order("P1", "intent", 1)
	w.take("P1", bankadapters.KindProviderResult, w.result(list.Message, 1, "FINAL", result{w.id(1, 1), "PAID", 300_000}))
	w.drain("P1")
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{"never_sent": 1})
	if w.stopped() == "" {
		t.Error("dispatch goes on")
	}
}

// What was withdrawn unsent and executed all the same was paid: the debt ends.
func TestADebitOfWhatWasWithdrawnUnsentPaysAndStops(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	s := w.order("A", "intent", 1)
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.WithdrawUnsent(ctx, tx, s.No, "ke.toan", "chưa gửi được", w.now)
	})
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1), account: accountOf(1)}))
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{"never_sent": 1}, "A")
	w.barred(1)
	if w.stopped() == "" {
		t.Error("dispatch goes on")
	}
}

// A credit that names an unsent order must not make it owed again while it may
// still be sent, and stops nobody: anybody can send us one.
func TestACreditThatNamesWhatWasNeverSentIsUnknownMoney(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	s := w.order("A", "intent", 1)
	w.post("A", w.statement("A", entry{credit: true, amount: 300_000, id: w.id(1, 1), code: "AC04"}))
	w.expect(map[int64]ledger.State{1: ledger.Ordered}, map[string]int{"never_sent": 1}, "A")
	if why := w.stopped(); why != "" {
		t.Errorf("dispatch stopped: %q", why)
	}
	after, err := payout.ReadSubmission(t.Context(), w.db, s.No)
	if err != nil || after.State != payout.Intent {
		t.Errorf("the submission is %s, %v; want still to be sent", after.State, err)
	}
}

// DESIGN §8: proof of an ended attempt, nothing else sent: the debt ends against
// the account, and nobody tries again. That the attempt after it was a list which
// came back unpaid changes nothing.
func TestLateProofAfterAListThatCameBackUnpaid(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		results []result
		state   ledger.State
		breaks  map[string]int
		claim   money.Amount
	}{
		"unpaid by the provider": {[]result{{"", "UNPAID", 300_000}}, ledger.Paid, map[string]int{"late_proof": 1}, 0},
		"paid by the provider":   {[]result{{"", "PAID", 300_000}}, ledger.Paid, map[string]int{"two_attempts": 1}, 300_000},
		"still on the list":      {nil, ledger.Listed, map[string]int{"two_attempts": 1}, 300_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, 300_000)
			w.fund("A", 600_000)
			s := w.order("A", "accepted", 1)
			w.take("A", bankadapters.KindStatusReport, w.report("A", s.Message, status{id: w.id(1, 1), word: "RJCT", code: "AC04"}))
			w.drain("A")
			w.inTx(func(ctx context.Context, tx pgx.Tx) error {
				_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "test/p1", Book: w.book, PostingSet: ledger.EntrustedState, Kind: "draw",
					AccountingDate: calendarDay(w), PostedAt: w.now, Text: "Rút cho đơn vị chi trả"}, ledger.DrawToProvider("P1", w.programme(), 300_000))
				return err
			})
			list := w.order("P1", "accepted", 1)
			for _, r := range tt.results {
				w.take("P1", bankadapters.KindProviderResult, w.result(list.Message, 1, "FINAL", result{w.id(1, 2), r.state, r.amount}))
				w.drain("P1")
			}
			w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1), account: accountOf(1)}))
			w.expect(map[int64]ledger.State{1: tt.state}, tt.breaks, "A")
			if got := w.balance(ledger.RoleBankClaim, "A"); got != tt.claim {
				t.Errorf("1388.B = %s, want %s", got, tt.claim)
			}
			if tt.results != nil && tt.claim == 0 {
				w.barred(1)
			}
			got, err := payout.Tallies(t.Context(), w.db, batchNo)
			if err != nil || len(got) != 1 {
				t.Fatal(got, err)
			}
			if diff := cmp.Diff(payout.Tally{Section: 1, Channel: "P1", State: tt.state, Payments: 1, Amount: 300_000}, got[0]); diff != "" {
				t.Errorf("tally (-want +got):\n%s", diff)
			}
		})
	}
}
