package payout_test

import (
	"fmt"
	"testing"

	"ansinh/bankadapters/sandbox"
	"ansinh/internal/pgdb"
	"ansinh/payout"
)

func TestJournalAheadOfTheDatabaseStopsEverything(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 10, sandbox.Script{})
	e := d.engine(pgdb.Hooks{})
	if got, err := payout.CheckRestored(t.Context(), d.db, d.journal, d.now); err != nil || got != nil {
		t.Fatalf("CheckRestored on a fresh installation = %+v, %v; want nil, nil", got, err)
	}
	d.round(e)
	if got, err := payout.CheckRestored(t.Context(), d.db, d.journal, d.now); err != nil || got != nil {
		t.Fatalf("CheckRestored after a send = %+v, %v; want nil, nil", got, err)
	}
	// A send of a submission that a restored database has not heard of.
	err := e.Journal.Append(payout.Sent{Submission: 14_001_010_002, Message: fmt.Sprintf("TST1%028d", 2), Fence: 1, At: d.now})
	if err != nil {
		t.Fatal(err)
	}
	got, err := payout.CheckRestored(t.Context(), d.db, d.journal, d.now)
	if err != nil || got == nil || got.Sends != 1 || got.Origin.Epoch != 2 {
		t.Fatalf("CheckRestored = %+v, %v; want one missing send and epoch 2", got, err)
	}
	if why, err := payout.Stopped(t.Context(), d.db); err != nil || why == "" {
		t.Fatalf("Stopped = %q, %v; want a reason", why, err)
	}
	again, err := payout.CheckRestored(t.Context(), d.db, d.journal, d.now)
	if err != nil || again == nil || again.Origin.Epoch != 0 {
		t.Fatalf("CheckRestored again = %+v, %v; the epoch must rise once", again, err)
	}
}
