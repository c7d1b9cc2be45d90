package reconciliation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// A bank may debit and give back on one day, in one file, and name only its own
// reference in the return.
func TestReturnOfTheSameFileByTheBanksReference(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	w.order("A", "accepted", 1)
	w.post("A", w.statement("A", entry{amount: 300_000, ref: "R9", id: w.id(1, 1)},
		entry{credit: true, amount: 300_000, orig: "R9", code: "AC04"}))
	w.expect(map[int64]ledger.State{1: ledger.Returned}, map[string]int{}, "A")
}

// After a restored backup the same batch, payment and attempt can have been
// sent under the epoch before: its debit is not this attempt's.
func TestDebitOfAnotherEpochIsNotThisAttempt(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 600_000)
	w.order("A", "accepted", 1)
	before := w.origin
	before.Epoch += 1
	id := string(before.EndToEnd(payout.Ref{Batch: batchNo, Payment: 1, Attempt: 1}))
	w.post("A", w.statement("A", entry{amount: 300_000, id: id}))
	w.expect(map[int64]ledger.State{1: ledger.Ordered}, map[string]int{"no_record": 1}, "A")
	if why, err := payout.Stopped(t.Context(), w.db); err != nil || why == "" {
		t.Errorf("dispatch stopped: %q, %v; want a stop", why, err)
	}
}

// A file of the bank must never stop the files behind it.
func TestOddFilesDoNotStopTheIntake(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]func(string) string{
		"booked in another century": func(s string) string {
			return strings.Replace(s, "<BookgDt><Dt>2026-02-05</Dt>", "<BookgDt><Dt>1926-02-05</Dt>", 1)
		},
		"booked in the far future": func(s string) string {
			return strings.Replace(s, "<BookgDt><Dt>2026-02-05</Dt>", "<BookgDt><Dt>2926-02-05</Dt>", 1)
		},
		"bytes that are no text": func(s string) string {
			return strings.Replace(s, "<Stmt><Id>", "<Stmt><Id>\xff\xfe", 1)
		},
		"an account that is no text": func(s string) string {
			return strings.Replace(s, "<Acct><Id><Othr><Id>", "<Acct><Id><Othr><Id>\xff", 1)
		},
		"a group header that is no text": func(s string) string {
			return strings.Replace(s, "<MsgId>G", "<MsgId>&#0;", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, 300_000)
			w.fund("A", 300_000)
			w.order("A", "accepted", 1)
			text := odd(w.statement("A", entry{amount: 300_000, id: w.id(1, 1)}))
			receipt, err := w.intake("A", bankadapters.KindStatement, text)
			if err == nil || receipt.State != reconciliation.StateRefused {
				t.Errorf("the file is %s, %v; want refused", receipt.State, err)
			}
			if _, err := w.rec.Drain(t.Context(), "A", 100); err != nil {
				t.Errorf("the intake of the bank stands still: %v", err)
			}
		})
	}
}

// A bank's clock is ahead: its full report is dated after its latest processing
// time, but it came before, and the payment may still be executed.
func TestReportDatedAheadDoesNotEndAPayment(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 500_000)
	w.fund("A", 800_000)
	s := w.order("A", "accepted", 1, 2)
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1)}))
	came := w.now.Add(minute)
	w.now = w.now.Add(120 * minute)
	raw := w.report("A", s.Message, status{id: w.id(1, 1), word: "ACSC"})
	w.now = came
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return w.exec(ctx, tx, sqlTestAnswer, pgx.NamedArgs{"no": s.No, "channel": "A", "kind": "status", "at": w.now, "outcome": "known=true", "raw": []byte(raw)})
	})
	w.drain("A")
	w.now = w.now.AddDate(0, 0, 1)
	w.post("A", w.statement("A"))
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Ordered}, map[string]int{}, "A")
}

// A bank that debits twice may give both debits one reference. They are two events
// wherever they stand: beside each other, or so far apart that the first one's chunk
// was stored long before.
func TestOneReferenceTwiceInAFileIsTwoEvents(t *testing.T) {
	t.Parallel()
	const apart = 5_001 // more than the intake holds at a time
	w := open(t, 100)
	w.fund("A", 1_000)
	w.order("A", "accepted", 1)
	list := []entry{{amount: 100, id: w.id(1, 1), ref: "SAME"}, {amount: 100, id: w.id(1, 1), ref: "SAME"}}
	for range apart {
		list = append(list, entry{credit: true, amount: 7})
	}
	list = append(list, entry{amount: 100, id: w.id(1, 1), ref: "SAME"})
	w.post("A", w.statement("A", list...))
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{"second_debit": 2, "unknown_credit": apart}, "A")
	w.tie("A")
}
