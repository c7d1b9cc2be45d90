package simtest_test

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/money"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/simtest"
)

// stage opens a world for a written case; the oracles look again at its end.
func stage(t *testing.T, o simtest.Options) *simtest.Stage {
	t.Helper()
	if o.CountMax == 0 {
		o.CountMax = 10_000
	}
	if o.Base == 0 && o.Each == 0 {
		o.Base, o.Each = 100_000, 1
	}
	o.Sections = 1
	g, err := simtest.NewStage(t.Context(), simtest.Config{Seed: 1, DB: pgtest.DB(t), Dir: t.TempDir(), Options: &o})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Sim().Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func check(t *testing.T, g *simtest.Stage) {
	t.Helper()
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
}

func wantStates(t *testing.T, g *simtest.Stage, want map[ledger.State][]int64) {
	t.Helper()
	check(t, g)
	if diff := cmp.Diff(want, g.States()); diff != "" {
		t.Errorf("payments by state (-want +got):\n%s", diff)
	}
}

func wantBreaks(t *testing.T, g *simtest.Stage, want ...string) {
	t.Helper()
	check(t, g)
	got := append([]string{}, g.Breaks()...)
	want = append([]string{}, want...)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("open breaks (-want +got):\n%s", diff)
	}
}

func wantBalance(t *testing.T, g *simtest.Stage, role ledger.Role, key bankadapters.Key, want money.Amount) {
	t.Helper()
	if got := g.Balance(role, key); got != want {
		t.Errorf("balance of %s at %s is %s, want %s", role, key, got, want)
	}
}

func upTo(n int64, except ...int64) []int64 {
	var list []int64
	for i := int64(1); i <= n; i++ {
		if !slices.Contains(except, i) {
			list = append(list, i)
		}
	}
	return list
}

func TestProofBeforeTheBulkDebit(t *testing.T) {
	t.Parallel()
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"C"}, Payments: 3})
	g.Order("C")
	g.Post() // the credit advice comes the same hour
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1, 2, 3}})
	wantBalance(t, g, ledger.RoleSent, "C", 300_006)
	wantBalance(t, g, ledger.RoleOut, "C", -300_006)

	g.Night() // the one debit of the whole
	wantBalance(t, g, ledger.RoleSent, "C", 0)
	wantBalance(t, g, ledger.RoleOut, "C", 0)
	wantBreaks(t, g)
	if err := g.Rest(); err != nil {
		t.Error(err)
	}
}

func TestRejectThenGrossBulkDebit(t *testing.T) {
	t.Parallel()
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"C"}, Payments: 3, Gross: true, Script: sandbox.Script{
		Payments: []sandbox.ScriptedPayment{{Bank: "C", Nth: 2, Fate: sandbox.Fate{Do: sandbox.DoReject, Code: "AC01"}}}}})
	g.Order("C")
	g.Reconcile("C") // the answer rejects the second
	wantStates(t, g, map[ledger.State][]int64{ledger.Ordered: {1, 3}, ledger.Rejected: {2}})
	wantBalance(t, g, ledger.RoleSent, "C", 200_004)

	g.Night() // all three are debited, the second comes back at once
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1, 3}, ledger.Rejected: {2}})
	wantBalance(t, g, ledger.RoleSent, "C", 0)
	wantBalance(t, g, ledger.RoleOut, "C", 0)
	wantBalance(t, g, ledger.RoleFunds, "C", 100_002)
	wantBalance(t, g, ledger.RoleBankClaim, "C", 0)
	wantBreaks(t, g, "bulk_over 300006")
}

// givenUp is a world in which bank A never got the first attempt, and we proved
// that it was not executed.
func givenUp(t *testing.T) *simtest.Stage {
	t.Helper()
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"A"}, Payments: 1})
	g.World().SetFaults(sandbox.Faults{DropBefore: 10_000})
	g.Order("A")
	g.World().SetFaults(sandbox.Faults{})
	if diff := cmp.Diff(map[payout.SubmissionState]int{payout.InDoubt: 1}, g.Submissions()); diff != "" {
		t.Fatalf("submissions (-want +got):\n%s", diff)
	}
	g.Wait(40 * time.Minute) // past the bank's latest processing time
	g.Step("inquire", "A")
	g.Reconcile("A")
	wantStates(t, g, map[ledger.State][]int64{ledger.Ordered: {1}}) // no statement covers the time yet
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.Ordered: {1}})
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.NotExecuted: {1}})
	return g
}

// late has the bank book the first attempt after all.
func late(t *testing.T, g *simtest.Stage) {
	t.Helper()
	err := g.World().Stray(sandbox.Stray{Bank: "A", Account: g.Account("A"), Amount: 100_001, EndToEndID: g.Reference(1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	g.Night()
}

func TestLateProofOfAnAttemptGivenUp(t *testing.T) {
	t.Parallel()
	g := givenUp(t)
	late(t, g)
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1}})
	wantBalance(t, g, ledger.RoleFunds, "A", 0)
	wantBreaks(t, g, "late_proof 100001 of 1")
	if g.Retry(1, "A") {
		t.Error("a payment with a late proof may be tried again")
	}
}

func TestLateProofWithNewerAttemptSent(t *testing.T) {
	t.Parallel()
	g := givenUp(t)
	if !g.Retry(1, "A") {
		t.Fatal("the payment may not be tried again")
	}
	g.PassCanary("A") // the first submission will never be proved
	g.Order("A")
	wantStates(t, g, map[ledger.State][]int64{ledger.Ordered: {1}})
	late(t, g)
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1}})
	wantBalance(t, g, ledger.RoleBankClaim, "A", 100_001)
	wantBalance(t, g, ledger.RoleFunds, "A", -100_001) // the bank took what we do not have
	wantBreaks(t, g, "two_attempts 100001 of 1")
}

func TestLateProofWithNewerAttemptUnsent(t *testing.T) {
	t.Parallel()
	g := givenUp(t)
	if !g.Retry(1, "A") {
		t.Fatal("the payment may not be tried again")
	}
	g.PassCanary("A")
	g.Step("order", "A")
	wantStates(t, g, map[ledger.State][]int64{ledger.Ordered: {1}})
	late(t, g)
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1}})
	wantBalance(t, g, ledger.RoleFunds, "A", 0)
	wantBalance(t, g, ledger.RoleBankClaim, "A", 0)
	wantBreaks(t, g, "late_proof 100001 of 1")
	g.Order("A")
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1}})
}

// A worker dies after it sent the same bytes again; what the bank denied before
// that says nothing about the sending that is still on its way.
func TestCrashedResendIsNotForgotten(t *testing.T) {
	t.Parallel()
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"C"}, Payments: 1, Extra: 1_000_000})
	g.World().SetFaults(sandbox.Faults{DropBefore: 10_000})
	g.Order("C")
	g.Wait(45 * time.Minute)
	g.Step("inquire", "C") // not known, past the latest processing time
	g.Night()
	g.Wait(8*time.Hour + 45*time.Minute) // late on the next day
	g.World().SetFaults(sandbox.Faults{Late: 10_000})
	g.DieAt(payout.PointSent)
	g.Step("resend", "C") // it will land within twenty minutes
	g.World().SetFaults(sandbox.Faults{})
	g.Step("recover", "C")
	g.Night() // a statement of a day after the first sending, without the debit
	if g.Retry(1, "C") {
		t.Error("a payment whose resend is still on its way may be tried again")
	}
	g.PassCanary("C")
	g.Order("C")
	g.Wait(30 * time.Minute)
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1}})
}

func TestTwoReturnsRaceForOneClaim(t *testing.T) {
	t.Parallel()
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"A"}, Payments: 2, Script: sandbox.Script{
		Payments: []sandbox.ScriptedPayment{{Bank: "A", Nth: 1, Fate: sandbox.Fate{Double: true}}}}})
	// The double needs money: it takes that of the second payment, which the bank then refuses.
	g.Order("A")
	g.Night()
	g.Step("inquire", "A")
	g.Reconcile("A")
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1}, ledger.Rejected: {2}})
	wantBalance(t, g, ledger.RoleBankClaim, "A", 100_001)

	back := sandbox.Stray{Bank: "A", Account: g.Account("A"), Credit: true, Amount: 100_001, EndToEndID: g.Reference(1, 1), Code: "AC04"}
	for range 2 {
		if err := g.World().Stray(back); err != nil {
			t.Fatal(err)
		}
	}
	g.Night() // the first settles the claim, the second is the return
	wantStates(t, g, map[ledger.State][]int64{ledger.Returned: {1}, ledger.Rejected: {2}})
	wantBalance(t, g, ledger.RoleBankClaim, "A", 0)
	wantBalance(t, g, ledger.RoleUnknownCredit, "A", 0)

	if err := g.World().Stray(back); err != nil {
		t.Fatal(err)
	}
	g.Night() // a third has nothing to come back from
	wantStates(t, g, map[ledger.State][]int64{ledger.Returned: {1}, ledger.Rejected: {2}})
	if got := g.Total(ledger.RoleUnknownCredit); got != -100_001 {
		t.Errorf("3388.X is %s, want -100001", got)
	}
	wantBreaks(t, g, "second_debit 100001 of 1", "second_return 100001 of 1")
}

// secondThoughts is a provider's report that one payment was paid after all, by
// docs/BANKS.md §8, in the simulator's own hand.
func secondThoughts(t *testing.T, g *simtest.Stage, no int64, amount int) []byte {
	t.Helper()
	book, err := g.World().Book("P2")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("H,1,%s,P2,2026-02-04,9,1\nR,%s,PAID,%d,2026-02-04,signed,\n", book.Payments[0].MessageID, g.Reference(no, 1), amount)
	return fmt.Appendf(nil, "%sT,1,%d,0,0,0,0,0,FINAL,%x\n", text, amount, sha256.Sum256([]byte(text)))
}

// The provider could not pay somebody, who is then paid by a bank; afterwards
// the provider says that it has paid as well.
func TestProviderListAgainstABankOrder(t *testing.T) {
	t.Parallel()
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"P2", "A"}, Payments: 3, Held: 1, Script: sandbox.Script{
		Payments: []sandbox.ScriptedPayment{{Bank: "P2", Nth: 1, Fate: sandbox.Fate{Do: sandbox.DoUnpaid, Code: "NOT_FOUND"}}}}})
	g.Order("P2")
	if g.Retry(1, "A") {
		t.Fatal("a payment on a provider's list may go to a bank before the provider gave it back")
	}
	g.Order("A")
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.Unpaid: {1}, ledger.Paid: {2}, ledger.Approved: {3}})

	// The money drawn for the payment that is held back pays it: its own is at the provider.
	if !g.Retry(1, "A") {
		t.Fatal("a payment the provider could not pay may not go to a bank")
	}
	g.Order("A")
	wantStates(t, g, map[ledger.State][]int64{ledger.Ordered: {1}, ledger.Paid: {2}, ledger.Approved: {3}})
	if err := g.Take("P2", bankadapters.KindProviderResult, "late.csv", secondThoughts(t, g, 1, 100_001)); err != nil {
		t.Fatal(err)
	}
	g.Reconcile("P2")
	wantStates(t, g, map[ledger.State][]int64{ledger.Ordered: {1}, ledger.Paid: {2}, ledger.Approved: {3}})
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1, 2}, ledger.Approved: {3}})
	wantBalance(t, g, ledger.RoleProvider, "P2", 100_001) // the provider still has it, or must show to whom it went
	wantBalance(t, g, ledger.RoleProviderSent, "P2", 0)
	wantBalance(t, g, ledger.RoleFunds, "A", 2)
	wantBreaks(t, g, "provider_differs 100001 of 1")
	if err := g.Rest(); err != nil {
		t.Error(err)
	}
}

func TestNoticeWithoutReferenceThenStatement(t *testing.T) {
	t.Parallel()
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"E"}, Payments: 2, Script: sandbox.Script{
		Payments: []sandbox.ScriptedPayment{{Bank: "E", Nth: 1, Fate: sandbox.Fate{NoNoticeID: true}}}}})
	// The instruction's own id goes too, for the engine would read it instead.
	own := regexp.MustCompile(`<InstrId>` + g.Reference(1, 1) + `</InstrId>`)
	g.Edit(func(kind bankadapters.Kind, content []byte) []byte {
		if kind != bankadapters.KindNotification {
			return content
		}
		return own.ReplaceAll(content, nil)
	})
	g.Order("E")
	g.Post()
	wantStates(t, g, map[ledger.State][]int64{ledger.Ordered: {1}, ledger.Paid: {2}})
	wantBreaks(t, g)
	g.Night() // the statement's line names it
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1, 2}})
	wantBreaks(t, g)
	if err := g.Rest(); err != nil {
		t.Error(err)
	}
}

// The public case: ten payments of 100,001 to 100,010 đồng.
func TestTenPayments(t *testing.T) {
	t.Parallel()
	fate := func(nth int, f sandbox.Fate) sandbox.ScriptedPayment {
		return sandbox.ScriptedPayment{Bank: "A", Nth: nth, Message: 1, Fate: f}
	}
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"A"}, Payments: 10, Script: sandbox.Script{Payments: []sandbox.ScriptedPayment{
		fate(2, sandbox.Fate{Do: sandbox.DoReject, Code: "AC01"}),
		fate(5, sandbox.Fate{Amount: 100_050}),
		fate(6, sandbox.Fate{Do: sandbox.DoSilent}), fate(7, sandbox.Fate{Do: sandbox.DoSilent}),
		fate(8, sandbox.Fate{Double: true}),
		fate(9, sandbox.Fate{ReturnDays: 3, ReturnCode: "AC04"}),
	}, Strays: []sandbox.Stray{{Bank: "A", Credit: true, Amount: 77_777, OnClose: 2}}}})
	g.Order("A")
	g.Reconcile("A")
	wantStates(t, g, map[ledger.State][]int64{ledger.Ordered: upTo(10, 2), ledger.Rejected: {2}})

	g.Wait(time.Minute)
	g.Step("inquire", "A")
	g.Night()
	open := map[ledger.State][]int64{ledger.Paid: {1, 3, 4, 8, 9, 10}, ledger.Rejected: {2}, ledger.Ordered: {5, 6, 7}}
	wantStates(t, g, open) // 6 and 7 are not given up before the bank's cut-off and a statement beyond it
	breaks := []string{"debit_other_amount 100050 of 5", "second_debit 100008 of 8", "unknown_credit 77777"}
	wantBreaks(t, g, breaks...)
	wantBalance(t, g, ledger.RoleUnknownDebit, "A", 100_050)
	wantBalance(t, g, ledger.RoleBankClaim, "A", 100_008)
	wantBalance(t, g, ledger.RoleUnknownCredit, "A", -77_777)

	g.Wait(time.Hour)
	g.Step("inquire", "A")
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1, 3, 4, 8, 9, 10}, ledger.Rejected: {2}, ledger.Ordered: {5}, ledger.NotExecuted: {6, 7}})
	g.Night()
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1, 3, 4, 8, 10}, ledger.Rejected: {2}, ledger.Ordered: {5},
		ledger.NotExecuted: {6, 7}, ledger.Returned: {9}})
	wantBreaks(t, g, breaks...)
	wantBalance(t, g, ledger.RoleBankClaim, "A", 100_008)
	wantBalance(t, g, ledger.RoleSent, "A", 100_005)
}

// thousand is the public case of 1,002 payments of 1 to 1,002 đồng, paid as far
// as they can be.
func thousand(t *testing.T) *simtest.Stage {
	t.Helper()
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"A"}, Payments: 1_002, Held: 1, Base: 0, Each: 1})
	if diff := cmp.Diff(map[ledger.State]string{ledger.Approved: "1002 of 502503"}, g.Sums()); diff != "" {
		t.Fatalf("approved (-want +got):\n%s", diff)
	}
	if err := g.Cancel(1_001); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[ledger.State]string{ledger.Approved: "1001 of 501502", ledger.Ended: "1 of 1001"}, g.Sums()); diff != "" {
		t.Errorf("after cancelling (-want +got):\n%s", diff)
	}
	g.Order("A") // a hundred go first
	if diff := cmp.Diff(map[payout.SubmissionState]int{payout.Accepted: 1}, g.Submissions()); diff != "" {
		t.Errorf("submissions before the first proof (-want +got):\n%s", diff)
	}
	g.Night()
	g.Order("A")
	g.Night()
	want := map[ledger.State]string{ledger.Paid: "1000 of 500500", ledger.Approved: "1 of 1002", ledger.Ended: "1 of 1001"}
	if diff := cmp.Diff(want, g.Sums()); diff != "" {
		t.Fatalf("sent and paid (-want +got):\n%s", diff)
	}
	wantBreaks(t, g)
	return g
}

func stray(t *testing.T, g *simtest.Stage, s sandbox.Stray) {
	t.Helper()
	s.Bank, s.Account = "A", g.Account("A")
	if err := g.World().Stray(s); err != nil {
		t.Fatal(err)
	}
}

func TestThousandPayments(t *testing.T) {
	t.Parallel()
	g := thousand(t)
	altered := []byte(g.Reference(500, 1))
	altered[12] ^= 1 // another digit: the check no longer fits
	stray(t, g, sandbox.Stray{Amount: 1, EndToEndID: g.Reference(1, 1)})
	stray(t, g, sandbox.Stray{Amount: 500, EndToEndID: string(altered)})
	stray(t, g, sandbox.Stray{Credit: true, Amount: 1_002, EndToEndID: g.Reference(1_002, 1), Code: "AC04"})
	g.Night()
	check(t, g)
	want := map[ledger.State]string{ledger.Paid: "1000 of 500500", ledger.Approved: "1 of 1002", ledger.Ended: "1 of 1001"}
	if diff := cmp.Diff(want, g.Sums()); diff != "" {
		t.Errorf("payments (-want +got):\n%s", diff)
	}
	if got := len(g.Breaks()); got != 3 {
		t.Errorf("%d breaks, want 3: %q", got, g.Breaks())
	}
	if why := g.Stopped(); why != "" {
		t.Errorf("dispatch stopped: %s", why)
	}
}

func TestAValidIDWeNeverSentStopsDispatch(t *testing.T) {
	t.Parallel()
	g := thousand(t)
	stray(t, g, sandbox.Stray{Amount: 1, EndToEndID: g.Reference(1, 7)})
	g.Night()
	check(t, g)
	if g.Stopped() == "" {
		t.Error("dispatch goes on after a debit with a valid id of ours that nobody ordered")
	}
	if got := len(g.Breaks()); got != 1 {
		t.Errorf("%d breaks, want 1: %q", got, g.Breaks())
	}
}
