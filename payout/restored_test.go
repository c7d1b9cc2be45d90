package payout_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

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

// A stop for another reason does not hide that the database was restored, and
// lifting the stop does not make every later start a restored one.
func TestRestoredIsFoundOnceUnderAnyStop(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 1, sandbox.Script{})
	e := d.engine(pgdb.Hooks{})
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.Stop(ctx, tx, "thử", "kế toán trưởng", d.now)
	})
	for i, message := range []string{fmt.Sprintf("TST1%028d", 2), fmt.Sprintf("TST3%028d", 3)} {
		if err := e.Journal.Append(payout.Sent{Submission: 14_001_010_002 + int64(i), Message: message, Fence: 1, At: d.now}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := payout.CheckRestored(t.Context(), d.db, d.journal, d.now)
	if err != nil || got == nil || got.Origin.Epoch != 4 {
		t.Fatalf("CheckRestored under another stop = %+v, %v; want epoch 4, above every journalled one", got, err)
	}
	if why, err := payout.Stopped(t.Context(), d.db); err != nil || !strings.Contains(why, "thử") || !strings.Contains(why, "older") {
		t.Errorf("Stopped = %q, %v; want both reasons", why, err)
	}
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.Resume(ctx, tx, "", "kế toán trưởng", d.now)
	})
	if got, err = payout.CheckRestored(t.Context(), d.db, d.journal, d.now); err != nil || got.Origin.Epoch != 0 {
		t.Errorf("CheckRestored at the next start = %+v, %v; want no new epoch", got, err)
	}
	if why, err := payout.Stopped(t.Context(), d.db); err != nil || why != "" {
		t.Errorf("Stopped = %q, %v; want what people lifted to stay lifted", why, err)
	}
}

// A journal that cannot be read is not a silent one: the sender may have sent,
// so nothing may be concluded and nothing sent again.
func TestAJournalThatCannotBeReadIsNoSilence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "worker-1.sent.jsonl"), 0o700); err != nil { // reading a folder fails
		t.Fatal(err)
	}
	if sends, err := payout.ReadJournals(dir); err == nil {
		t.Errorf("sends = %v without an error", sends)
	}
	torn := t.TempDir()
	text := `{"submission":1,"message":"M","fence":1}` + "\n" + `{"submission":2,"mess`
	if err := os.WriteFile(filepath.Join(torn, "worker-1.sent.jsonl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if sends, err := payout.ReadJournals(torn); err != nil || len(sends) != 1 {
		t.Errorf("a torn last line: %v, %v; want the whole one before it", sends, err)
	}
}
