package simtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/simtest"
)

// The bank executes, under an id of ours, an order that never left us. Dispatch
// stops; the order is never sent; the other payment of it is in doubt until the
// bank's word and complete statements show that it was not executed.
func TestDebitOfAnOrderThatWasNeverSent(t *testing.T) {
	t.Parallel()
	g := stage(t, simtest.Options{Channels: []bankadapters.Key{"A"}, Payments: 2})
	if !g.Step("order", "A") {
		t.Fatal("nothing was ordered")
	}
	err := g.World().Stray(sandbox.Stray{Bank: "A", Account: g.Account("A"), Amount: 100_001, EndToEndID: g.Reference(1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1}, ledger.Ordered: {2}})
	wantBreaks(t, g, "never_sent 100001 of 1")
	if why := g.Stopped(); !strings.Contains(why, g.Reference(1, 1)) {
		t.Errorf("dispatch stopped: %q, want a stop that names the id", why)
	}
	if diff := cmp.Diff(map[payout.SubmissionState]int{payout.InDoubt: 1}, g.Submissions()); diff != "" {
		t.Errorf("submissions (-want +got):\n%s", diff)
	}
	if g.Step("send", "A") || g.Step("resend", "A") {
		t.Error("it was sent after all")
	}
	if g.Retry(2, "A") {
		t.Error("the other payment may be tried again while nobody knows")
	}
	g.Wait(40 * time.Minute) // past the bank's latest processing time
	g.Step("inquire", "A")   // the bank does not know the message
	g.Night()
	g.Night()
	wantStates(t, g, map[ledger.State][]int64{ledger.Paid: {1}, ledger.NotExecuted: {2}})
	wantBalance(t, g, ledger.RoleFunds, "A", 100_002)
	wantBalance(t, g, ledger.RoleSent, "A", 0)
}
