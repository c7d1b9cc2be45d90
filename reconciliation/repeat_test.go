package reconciliation_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// taken is what became of the lines of one file.
type taken struct{ Entries, Repeated, Witnesses int }

const sqlTestTaken = `
SELECT v.entries, v.repeated, (SELECT count(*) FROM reconciliation.witness AS w WHERE w.file = v.file)
  FROM reconciliation.verdict AS v WHERE v.file = @file`

func (w *world) taken(file int64) (got taken) {
	w.t.Helper()
	err := w.db.QueryRow(w.t.Context(), sqlTestTaken, pgx.NamedArgs{"file": file}).Scan(&got.Entries, &got.Repeated, &got.Witnesses)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// list orders the payments at a provider that holds the money for them.
func (w *world) list(payments ...int64) payout.Submission {
	w.t.Helper()
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "test/p1", Book: w.book, PostingSet: ledger.EntrustedState, Kind: "draw",
			AccountingDate: calendarDay(w), PostedAt: w.now, Text: "Rút cho đơn vị chi trả"}, ledger.DrawToProvider("P1", w.programme(), 9_000_000))
		return err
	})
	return w.order("P1", "accepted", payments...)
}

// Each day's result lists everybody again. Lines that say nothing new are counted;
// every line that says something is a witness, and the states come out as ever.
func TestRepeatedLinesOfAResultAreCountedNotStored(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 400_000, 500_000)
	s := w.list(1, 2, 3)
	line := func(n int64, state string) result { return result{w.id(n, 1), state, w.amounts[n-1]} }
	tests := []struct {
		name   string
		kind   string
		lines  []result
		want   taken // one line more than payments: the leftover
		states map[int64]ledger.State
		breaks map[string]int
		from   int // the first open place of the submission afterwards
	}{
		{"open says nothing, the first time too", "INTERIM", []result{line(1, "PAID"), line(2, "OPEN"), line(3, "OPEN")}, taken{4, 2, 2},
			map[int64]ledger.State{1: ledger.Paid, 2: ledger.Listed, 3: ledger.Listed}, map[string]int{}, 2},
		{"paid again says nothing", "INTERIM", []result{line(1, "PAID"), line(2, "PAID"), line(3, "OPEN")}, taken{4, 2, 2},
			map[int64]ledger.State{1: ledger.Paid, 2: ledger.Paid, 3: ledger.Listed}, map[string]int{}, 3},
		{"open with another amount is a break", "INTERIM", []result{line(1, "PAID"), line(2, "PAID"), {w.id(3, 1), "OPEN", 1}}, taken{4, 2, 2},
			map[int64]ledger.State{1: ledger.Paid, 2: ledger.Paid, 3: ledger.Listed}, map[string]int{"provider_differs": 1}, 3},
		{"unpaid after paid is heard", "FINAL", []result{line(1, "PAID"), line(2, "UNPAID"), line(3, "UNPAID")}, taken{4, 1, 3},
			map[int64]ledger.State{1: ledger.Paid, 2: ledger.Paid, 3: ledger.Unpaid}, map[string]int{"provider_differs": 2}, 4},
		{"a contradiction again is heard again", "FINAL", []result{line(1, "PAID"), line(2, "UNPAID"), line(3, "UNPAID")}, taken{4, 2, 2},
			map[int64]ledger.State{1: ledger.Paid, 2: ledger.Paid, 3: ledger.Unpaid}, map[string]int{"provider_differs": 2}, 4},
	}
	for i, test := range tests {
		file := w.take("P1", bankadapters.KindProviderResult, w.result(s.Message, i+1, test.kind, test.lines...)).File
		w.drain("P1")
		if diff := cmp.Diff(test.want, w.taken(file)); diff != "" {
			t.Errorf("%s: lines %s", test.name, diff)
		}
		w.expect(test.states, test.breaks)
		var from int
		if err := w.db.QueryRow(t.Context(), "SELECT open_from FROM payout.submission WHERE no = $1", s.No).Scan(&from); err != nil || from != test.from {
			t.Errorf("%s: the first open place is %d (%v), want %d", test.name, from, err, test.from)
		}
	}
	if got, err := payout.ReadSubmission(t.Context(), w.db, s.No); err != nil || got.State != payout.Settled {
		t.Errorf("the submission is %s (%v), want settled", got.State, err)
	}
}

// While an earlier report about the submission waits, nothing is known to repeat.
func TestNothingRepeatsWhileAReportWaits(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 400_000)
	s := w.list(1, 2)
	paid := func(sequence int) string {
		return w.result(s.Message, sequence, "FINAL", result{w.id(1, 1), "PAID", 300_000}, result{w.id(2, 1), "PAID", 400_000})
	}
	var files []int64
	for i := range 2 {
		files = append(files, w.take("P1", bankadapters.KindProviderResult, paid(i+1)).File)
	}
	w.drain("P1")
	files = append(files, w.take("P1", bankadapters.KindProviderResult, paid(3)).File)
	w.drain("P1")
	want := []taken{{3, 0, 3}, {3, 0, 3}, {3, 2, 1}}
	for i, f := range files {
		if got := w.taken(f); got != want[i] {
			t.Errorf("file %d: %+v, want %+v", i+1, got, want[i])
		}
	}
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Paid}, map[string]int{})
}

// What a bank still calls open is stored each time: who may never have been paid
// is decided by whom a full report does not list.
func TestOpenAtABankIsNeverARepeat(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 500_000)
	w.fund("A", 800_000)
	s := w.order("A", "accepted", 1, 2)
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1)}))
	want := []taken{{2, 0, 2}, {2, 1, 1}, {2, 1, 1}}
	for i := range want {
		w.now = w.now.Add(30 * minute)
		file := w.take("A", bankadapters.KindStatusReport, w.report("A", s.Message, status{id: w.id(1, 1), word: "ACSC"}, status{id: w.id(2, 1), word: "PDNG"})).File
		w.drain("A")
		if got := w.taken(file); got != want[i] {
			t.Errorf("report %d: %+v, want %+v", i+1, got, want[i])
		}
	}
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Ordered}, map[string]int{})
}

// An open line is left out without a look at the payment's state, so its cell must
// be "nothing" wherever the attempt is on record.
func TestOpenAtAProviderSaysNothingInEverySituation(t *testing.T) {
	t.Parallel()
	for _, s := range reconciliation.Situations {
		onRecord := s != reconciliation.NoRecord && s != reconciliation.Situation(ledger.Approved)
		if got := reconciliation.Table(s, reconciliation.ProviderOpen); onRecord && got != reconciliation.Nothing {
			t.Errorf("%s: %s, want nothing", s, got)
		}
	}
}
