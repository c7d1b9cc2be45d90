package reconciliation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"ansinh/bankadapters"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// expect compares states, open breaks and the books with the bank.
func (w *world) expect(states map[int64]ledger.State, breaks map[string]int, banks ...bankadapters.Key) {
	w.t.Helper()
	var payments []int64
	for p := range states {
		payments = append(payments, p)
	}
	if diff := cmp.Diff(states, w.states(payments...)); diff != "" {
		w.t.Errorf("states: %s", diff)
	}
	if diff := cmp.Diff(breaks, w.breaks()); diff != "" {
		w.t.Errorf("breaks: %s", diff)
	}
	w.tie(banks...)
}

func TestProofBeforeTheBulkDebit(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 500_000)
	w.fund("C", 800_000)
	s := w.order("C", "accepted", 1, 2)
	w.take("C", bankadapters.KindNotification, w.advice("C", entry{amount: 300_000, id: w.id(1, 1), account: accountOf(1)}))
	w.drain("C")
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Ordered}, map[string]int{}, "C")
	trail, err := ledger.Trail(t.Context(), w.db, batchNo, 1)
	if err != nil || trail[len(trail)-1].Cause == 0 {
		t.Errorf("the proof names no event of the bank: %+v, %v", trail, err)
	}
	if got := w.balance(ledger.RoleOut, "C"); got != -300_000 {
		t.Errorf("113.out = %s before the debit, want the proved amount negative", got)
	}
	w.post("C", w.statement("C", entry{amount: 800_000, bulk: string(s.Message), count: 2}))
	w.take("C", bankadapters.KindStatusReport, w.report("C", s.Message, status{id: w.id(1, 1), word: "ACSC", ref: "Z1"}, status{id: w.id(2, 1), word: "ACSC", ref: "Z2"}))
	w.drain("C")
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Paid}, map[string]int{}, "C")
	for _, role := range []ledger.Role{ledger.RoleOut, ledger.RoleSent, ledger.RoleFunds} {
		if got := w.balance(role, "C"); got != 0 {
			t.Errorf("%s = %s at the end, want 0", role, got)
		}
	}
	if s, err := payout.ReadSubmission(t.Context(), w.db, s.No); err != nil || s.State != payout.Settled {
		t.Errorf("submission is %s, %v; want settled", s.State, err)
	}
}

func TestRejectThenGrossBulkDebit(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 500_000)
	w.fund("C", 800_000)
	s := w.order("C", "accepted", 1, 2)
	w.take("C", bankadapters.KindStatusReport, w.report("C", s.Message, status{id: w.id(2, 1), word: "RJCT", code: "AC04"}))
	w.drain("C")
	w.post("C", w.statement("C", entry{amount: 800_000, bulk: string(s.Message), count: 2}))
	w.expect(map[int64]ledger.State{1: ledger.Ordered, 2: ledger.Rejected}, map[string]int{"bulk_over": 1}, "C")
	w.post("C", w.statement("C", entry{credit: true, amount: 500_000, id: w.id(2, 1), code: "AC04"}))
	w.expect(map[int64]ledger.State{2: ledger.Rejected}, map[string]int{}, "C")
	if got := w.balance(ledger.RoleBankClaim, "C"); got != 0 {
		t.Errorf("1388.B = %s after the money came back, want 0", got)
	}
}

func TestGrossBulkDebitThenReject(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 500_000)
	w.fund("C", 800_000)
	s := w.order("C", "accepted", 1, 2)
	w.post("C", w.statement("C", entry{amount: 800_000, bulk: string(s.Message), count: 2},
		entry{credit: true, amount: 500_000, id: w.id(2, 1), code: "AC04"}))
	w.take("C", bankadapters.KindStatusReport, w.report("C", s.Message, status{id: w.id(2, 1), word: "RJCT", code: "AC04"}, status{id: w.id(1, 1), word: "ACSC"}))
	w.drain("C")
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Rejected}, map[string]int{}, "C")
}

func TestLateProofWithNothingNewer(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	s := w.order("A", "accepted", 1)
	w.take("A", bankadapters.KindStatusReport, w.report("A", s.Message, status{id: w.id(1, 1), word: "RJCT", code: "AC04"}))
	w.drain("A")
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1), account: accountOf(1)}))
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{"late_proof": 1}, "A")
	w.barred(1)
}

const sqlTestBarred = `SELECT count(*) FROM payout.exception WHERE batch = @batch AND payment = @payment AND kind = 'barred' AND closed_at IS NULL`

func (w *world) barred(payment int64) {
	w.t.Helper()
	var n int
	if err := w.db.QueryRow(w.t.Context(), sqlTestBarred, pgx.NamedArgs{"batch": batchNo, "payment": payment}).Scan(&n); err != nil || n == 0 {
		w.t.Errorf("payment %d is not barred (%d, %v)", payment, n, err)
	}
}

func TestLateProofWithANewerAttempt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		newer  string
		state  ledger.State
		breaks map[string]int
		claim  money.Amount
	}{
		"a newer order that is unsent is withdrawn, the late one pays": {"intent", ledger.Paid, map[string]int{"late_proof": 1}, 0},
		"a newer order that is sent makes the late one a claim":        {"accepted", ledger.Ordered, map[string]int{"two_attempts": 1}, 300_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, 300_000, 400_000)
			w.fund("A", 1_000_000)
			s := w.order("A", "accepted", 1)
			w.take("A", bankadapters.KindStatusReport, w.report("A", s.Message, status{id: w.id(1, 1), word: "RJCT", code: "AC04"}))
			w.drain("A")
			newer := w.order("A", test.newer, 1, 2)
			w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1), account: accountOf(1)}))
			w.expect(map[int64]ledger.State{1: test.state}, test.breaks, "A")
			if got := w.balance(ledger.RoleBankClaim, "A"); got != test.claim {
				t.Errorf("1388.B = %s, want %s", got, test.claim)
			}
			after, err := payout.ReadSubmission(t.Context(), w.db, newer.No)
			if err != nil {
				t.Fatal(err)
			}
			if test.newer == "intent" && after.State != payout.Withdrawn {
				t.Errorf("the newer submission is %s, want withdrawn", after.State)
			}
		})
	}
}

func TestTwoReturnsForOneClaim(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 900_000)
	w.order("A", "accepted", 1)
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1), ref: "D1"}, entry{amount: 300_000, id: w.id(1, 1), ref: "D2"}))
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{"second_debit": 1}, "A")
	w.post("A", w.statement("A", entry{credit: true, amount: 300_000, id: w.id(1, 1), code: "AC04"}))
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{"second_debit": 1}, "A") // the claim first
	w.post("A", w.statement("A", entry{credit: true, amount: 300_000, id: w.id(1, 1), code: "AC04"},
		entry{credit: true, amount: 300_000, id: w.id(1, 1), code: "AC04"}))
	w.expect(map[int64]ledger.State{1: ledger.Returned}, map[string]int{"second_debit": 1, "second_return": 1}, "A")
	if got := -w.balance(ledger.RoleUnknownCredit, "A"); got != 300_000 {
		t.Errorf("3388.X = %s, want the third return", got)
	}
}

func TestProviderAgainstABankForOnePayment(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 400_000)
	w.fund("A", 700_000)
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "test/p1", Book: w.book, PostingSet: ledger.EntrustedState, Kind: "draw",
			AccountingDate: calendarDay(w), PostedAt: w.now, Text: "Rút cho đơn vị chi trả"}, ledger.DrawToProvider("P1", w.programme(), 700_000))
		return err
	})
	list := w.order("P1", "accepted", 1, 2)
	// A bank's debit that names a payment on a provider's list is nobody's.
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1)}))
	w.expect(map[int64]ledger.State{1: ledger.Listed}, map[string]int{"debit_other_account": 1}, "A")

	w.take("P1", bankadapters.KindProviderResult, w.result(list.Message, 1, "INTERIM", result{w.id(1, 1), "PAID", 300_000}, result{w.id(2, 1), "OPEN", 400_000}))
	w.drain("P1")
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Listed}, map[string]int{"debit_other_account": 1}, "A")
	w.take("P1", bankadapters.KindProviderResult, w.result(list.Message, 2, "FINAL", result{w.id(1, 1), "PAID", 300_000}, result{w.id(2, 1), "UNPAID", 400_000}))
	w.drain("P1")
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Unpaid}, map[string]int{"debit_other_account": 1}, "A")
}

// Two workers post the same file, and a third is told nothing of its commit:
// each line is posted once all the same.
func TestSeveralWorkersAndUnheardCommits(t *testing.T) {
	t.Parallel()
	var amounts []money.Amount
	var all []int64
	for i := range 60 {
		amounts, all = append(amounts, money.Amount(1_000+i)), append(all, int64(i+1))
	}
	w := open(t, amounts...)
	w.fund("A", 1_000_000)
	w.order("A", "accepted", all...)
	var list []entry
	want := map[int64]ledger.State{}
	for i, p := range all {
		list = append(list, entry{amount: amounts[i], id: w.id(p, 1), account: accountOf(p)})
		want[p] = ledger.Paid
	}
	w.take("A", bankadapters.KindStatement, w.statement("A", list...))
	commits := 0
	unheard := *w.rec
	unheard.ChunkMax = 7
	unheard.DB = pgdb.WithHooks(w.db, pgdb.Hooks{Commit: func(context.Context) pgdb.CommitFault {
		commits++
		return []pgdb.CommitFault{pgdb.CommitUnheard, pgdb.CommitLost, pgdb.CommitRefused, pgdb.CommitHeard}[commits%4]
	}})
	small := *w.rec
	small.ChunkMax = 5
	var group errgroup.Group
	for range 2 {
		group.Go(func() error { _, err := small.Drain(t.Context(), "A", 200); return err })
	}
	for range 8 {
		if _, err := unheard.Step(t.Context(), "A"); err != nil && !errors.Is(err, pgdb.ErrCommitUnknown) && !errors.Is(err, pgdb.ErrRolledBack) {
			t.Error(err)
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	w.drain("A")
	w.expect(want, map[string]int{}, "A")
}

func TestAdviceWithoutOurReferenceThenStatement(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	w.order("A", "accepted", 1)
	w.take("A", bankadapters.KindNotification, w.advice("A", entry{amount: 300_000, ref: "R9"}))
	w.drain("A")
	w.expect(map[int64]ledger.State{1: ledger.Ordered}, map[string]int{}, "A")
	w.post("A", w.statement("A", entry{amount: 300_000, ref: "R9", id: w.id(1, 1)}))
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{}, "A")
}

func TestReturnThatCarriesOnlyTheBanksReference(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	w.order("A", "accepted", 1)
	w.post("A", w.statement("A", entry{amount: 300_000, ref: "R9", id: w.id(1, 1)}))
	w.post("A", w.statement("A", entry{credit: true, amount: 289_000, orig: "R9", code: "AC04"}))
	w.expect(map[int64]ledger.State{1: ledger.Returned}, map[string]int{"return_less": 1}, "A")
	if got := w.balance(ledger.RoleBankClaim, "A"); got != 11_000 {
		t.Errorf("1388.B = %s, want the fee the bank kept", got)
	}
}

func TestSecondDebitAlteredIDAndReturnOfTheUnsent(t *testing.T) {
	t.Parallel()
	w := open(t, 100, 200, 300)
	w.fund("A", 1_000)
	w.order("A", "accepted", 1, 2)
	altered := w.id(2, 1)[:15] + "A"
	if altered == w.id(2, 1) {
		altered = w.id(2, 1)[:15] + "B"
	}
	w.post("A", w.statement("A", entry{amount: 100, id: w.id(1, 1)}, entry{amount: 100, id: w.id(1, 1)}, entry{amount: 200, id: altered},
		entry{credit: true, amount: 300, id: w.id(3, 1), code: "AC04"}))
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Ordered, 3: ledger.Approved},
		map[string]int{"second_debit": 1, "altered_id": 1, "no_record": 1}, "A")
	if why, err := payout.Stopped(t.Context(), w.db); err != nil || why != "" {
		t.Errorf("dispatch stopped: %q, %v; a credit alone must not stop it", why, err)
	}
	w.post("A", w.statement("A", entry{amount: 300, id: w.id(3, 1)}))
	if why, err := payout.Stopped(t.Context(), w.db); err != nil || !strings.Contains(why, w.id(3, 1)) {
		t.Errorf("dispatch stopped: %q, %v; want a stop that names the id", why, err)
	}
	w.tie("A")
}

const sqlTestAnswer = `
INSERT INTO payout.answer (submission, channel, kind, at, outcome, raw) VALUES (@no, @channel, @kind, @at, @outcome, @raw)`

func TestNotExecutedOnlyAfterDenialAndStatements(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 500_000)
	w.fund("A", 800_000)
	s := w.order("A", "unknown", 1, 2)
	waits := func(when string) {
		t.Helper()
		got, err := w.rec.FindNotExecuted(t.Context(), s.No)
		if err != nil || got.Ended != 0 || got.Waiting == "" {
			t.Errorf("%s: %+v, %v; want to wait", when, got, err)
		}
	}
	waits("nobody was asked")
	deny := func() {
		w.inTx(func(ctx context.Context, tx pgx.Tx) error {
			return w.exec(ctx, tx, sqlTestAnswer, pgx.NamedArgs{"no": s.No, "channel": "A", "kind": "status", "at": w.now, "outcome": "known=false", "raw": []byte("{}")})
		})
	}
	w.now = w.now.Add(10 * minute)
	deny()
	w.post("A", w.statement("A"))
	w.now = w.now.AddDate(0, 0, 1)
	w.post("A", w.statement("A"))
	waits("denied before the latest processing time")
	deny()
	w.drain("A")
	w.expect(map[int64]ledger.State{1: ledger.NotExecuted, 2: ledger.NotExecuted}, map[string]int{}, "A")
	if got := w.balance(ledger.RoleFunds, "A"); got != 800_000 {
		t.Errorf("112 = %s, want all of it free again", got)
	}
}

func TestMissingFromAFullReport(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000, 500_000)
	w.fund("A", 800_000)
	s := w.order("A", "accepted", 1, 2)
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1)}))
	w.now = w.now.Add(60 * minute)
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		raw := w.report("A", s.Message, status{id: w.id(1, 1), word: "ACSC"})
		return w.exec(ctx, tx, sqlTestAnswer, pgx.NamedArgs{"no": s.No, "channel": "A", "kind": "status", "at": w.now, "outcome": "known=true", "raw": []byte(raw)})
	})
	w.drain("A")
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Ordered}, map[string]int{})
	w.now = w.now.AddDate(0, 0, 1)
	w.post("A", w.statement("A"))
	w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.NotExecuted}, map[string]int{}, "A")
}

func TestBadFilesAreRefusedWholeAndKept(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	w.order("A", "accepted", 1)
	a := w.banks["A"]
	line, _ := a.entries(w.day(), []entry{{amount: 300_000, id: w.id(1, 1)}})
	good := camt053(a.account, 2, w.day(), 300_000, 0, line)
	for name, test := range map[string]struct {
		kind bankadapters.Kind
		text string
		code string
	}{
		"a statement that does not add up":         {bankadapters.KindStatement, camt053(a.account, 2, w.day(), 300_000, 5, line), "FILE-BALANCE"},
		"a doubled line":                           {bankadapters.KindStatement, camt053(a.account, 2, w.day(), 300_000, 0, line+line), "FILE-BALANCE"},
		"a truncated file":                         {bankadapters.KindStatement, good[:len(good)-80], "FILE-TRUNCATED"},
		"no XML at all":                            {bankadapters.KindStatement, "hello", "FILE-SYNTAX"},
		"another bank's account":                   {bankadapters.KindStatement, camt053("7777777", 1, w.day(), 0, 0, ""), "RECON-OWNER"},
		"an opening that is not the last closing":  {bankadapters.KindStatement, camt053(a.account, 2, w.day(), 300_001, 1, line), "RECON-OPENING"},
		"a report about a message nobody sent":     {bankadapters.KindStatusReport, w.report("A", "FOREIGN1", status{id: "X", word: "ACSC"}), "RECON-MESSAGE"},
		"the id of a taken file with another body": {bankadapters.KindStatement, strings.Replace(camt053(a.account, 1, w.day(), 1, 1, ""), "G1", "H1", 1), "RECON-OTHER-BODY"},
		"an unknown kind":                          {"mt940", "x", "RECON-KIND"},
		"an empty file":                            {bankadapters.KindStatement, "", "RECON-FILE"},
	} {
		receipt, err := w.intake("A", test.kind, test.text)
		if got := errs.Code(err); got != test.code {
			t.Errorf("%s: code %q (%v), want %s", name, got, err, test.code)
		}
		kind, sentence := errs.Read(err)
		if kind == errs.Internal || !strings.Contains(sentence, " / ") {
			t.Errorf("%s: kind %s, sentence %q; want words for a person in two languages", name, kind, sentence)
		}
		again, errAgain := w.intake("A", test.kind, test.text)
		if receipt != again || errs.Code(errAgain) != test.code {
			t.Errorf("%s: the same bytes again: %+v, %v; want the first answer %+v", name, again, errAgain, receipt)
		}
		w.drain("A")
	}
	w.expect(map[int64]ledger.State{1: ledger.Ordered}, map[string]int{}) // nothing posted
	// The right file with the same statement id is taken after the wrong ones.
	a.sequence, a.balance = 2, 0
	w.post("A", good)
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{}, "A")
	first := w.take("A", bankadapters.KindStatement, good)
	if again := w.take("A", bankadapters.KindStatement, good); again != first {
		t.Errorf("the same bytes again: %+v, want the first receipt %+v", again, first)
	}
}

func TestStatementBeforeItsPredecessorWaits(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	w.order("A", "accepted", 1)
	second := w.statement("A", entry{amount: 300_000, id: w.id(1, 1)})
	w.now = w.now.AddDate(0, 0, 1)
	third := w.statement("A")
	if r := w.take("A", bankadapters.KindStatement, third); r.State != reconciliation.StateWaiting {
		t.Errorf("statement 3 before 2 is %s, want waiting", r.State)
	}
	w.drain("A")
	w.post("A", second)
	if r := w.take("A", bankadapters.KindStatement, third); r.State != reconciliation.StateTaken {
		t.Errorf("statement 3 after 2 is %s, want taken by itself", r.State)
	}
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{}, "A")
}

func TestClosing(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	w.order("A", "accepted", 1)
	by := reconciliation.Signers{One: "ke.toan", Two: "chu.tich"}
	closeBatch := func(by reconciliation.Signers) (err error) {
		tx, errBegin := w.db.Begin(t.Context())
		if errBegin != nil {
			t.Fatal(errBegin)
		}
		err = reconciliation.CloseBatch(t.Context(), tx, batchNo, by, w.now)
		if err != nil {
			return errors.Join(err, tx.Rollback(t.Context()))
		}
		return tx.Commit(t.Context())
	}
	if err := closeBatch(by); errs.Code(err) != "RECON-CLOSING" {
		t.Errorf("closing with an open payment: %v, want RECON-CLOSING", err)
	}
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1)}))
	asleep := func(state string) {
		w.inTx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE payout.section SET state = $1`, state)
			return err
		})
	}
	asleep("submitted") // people in a section nobody approved have no line in the ledger, and are left out all the same
	if err := closeBatch(by); errs.Code(err) != "RECON-CLOSING" {
		t.Errorf("closing over a section nobody approved: %v, want RECON-CLOSING", err)
	}
	asleep("approved")
	if err := closeBatch(reconciliation.Signers{One: "a", Two: "a"}); errs.Code(err) != "RECON-TWO-PEOPLE" {
		t.Errorf("closing by one person: %v, want RECON-TWO-PEOPLE", err)
	}
	if err := closeBatch(by); err != nil {
		t.Error(err)
	}
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		day, err := reconciliation.BankDayOf(ctx, tx, "A", w.banks["A"].account, calendarDay(w))
		if err != nil {
			return err
		}
		return reconciliation.CloseBankDay(ctx, tx, day, 0, "", by, w.now)
	})
	got, err := reconciliation.Summarise(t.Context(), w.db, batchNo)
	want := reconciliation.Summary{Payments: 1, Total: 300_000, Paid: 1, PaidTotal: 300_000, Breaks: map[reconciliation.Reason]int64{}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestExplainedCreditLeavesNothingUnknown(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	w.post("A", w.statement("A", entry{credit: true, amount: 1_234}))
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		list, err := reconciliation.Breaks(ctx, tx, reconciliation.BreakFilter{Channel: "A"})
		if err != nil || len(list) != 1 {
			return fmt.Errorf("breaks: %+v, %w", list, err)
		}
		_, err = reconciliation.ExplainUnknown(ctx, tx, list[0].ID, ledger.Interest("A", 1_234), "Lãi tiền gửi",
			reconciliation.Signers{One: "a", Two: "b"}, w.now)
		return err
	})
	w.expect(map[int64]ledger.State{1: ledger.Approved}, map[string]int{}, "A")
	if got := w.balance(ledger.RoleUnknownCredit, "A"); got != 0 {
		t.Errorf("3388.X = %s, want 0", got)
	}
}

// Each inquiry brings the same words again: they open one break, bar once, and
// move nothing until the statement shows the debit.
func TestReportsOfAnEndedAttemptBarAndWait(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("B", 300_000)
	s := w.order("B", "accepted", 1)
	w.take("B", bankadapters.KindStatusReport, w.report("B", s.Message, status{id: w.id(1, 1), word: "RJCT", code: "AC04"}))
	for range 3 {
		w.take("B", bankadapters.KindStatusReport, w.report("B", s.Message, status{id: w.id(1, 1), word: "ACSC", ref: "Q1"}))
	}
	w.drain("B")
	w.expect(map[int64]ledger.State{1: ledger.Rejected}, map[string]int{"late_proof": 1}, "B")
	w.barred(1)
	w.post("B", w.statement("B", entry{amount: 300_000, id: w.id(1, 1), ref: "Q1"}))
	w.expect(map[int64]ledger.State{1: ledger.Paid}, map[string]int{"late_proof": 2}, "B")
}
