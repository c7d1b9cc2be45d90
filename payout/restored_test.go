package payout_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

func (d *desk) witness() payout.Witness { return payout.Witness{Journal: d.journal} }

func (d *desk) check(want ...payout.Cause) *payout.Restored {
	d.t.Helper()
	got, err := payout.CheckRestored(d.t.Context(), d.db, d.witness(), d.now)
	if err != nil {
		d.t.Fatal(err)
	}
	if len(want) == 0 {
		if got != nil && got.Origin.Epoch != 0 {
			d.t.Fatalf("CheckRestored = %+v, want nothing new", got)
		}
		return got
	}
	if got == nil || !slices.Equal(got.Causes, want) {
		d.t.Fatalf("CheckRestored = %+v, want the causes %v", got, want)
	}
	return got
}

// gate is the state of the desk's channel.
func (d *desk) gate() string {
	d.t.Helper()
	list, err := payout.ChannelStates(d.t.Context(), d.db)
	if err != nil || len(list) != 1 {
		d.t.Fatalf("ChannelStates = %v, %v; want one channel", list, err)
	}
	return list[0].State
}

// older is the desk as it was before anything was sent: the database of an old
// backup, with the bank and the journal folder of d.
func (d *desk) older(count int) *desk {
	d.t.Helper()
	old := newDesk(d.t, d.bank, count, sandbox.Script{})
	old.world, old.journal, old.engines = d.world, d.journal, 50
	return old
}

func (d *desk) reopen(r payout.Reopening) error {
	r.Channel = d.bank
	return pgdb.InTx(d.t.Context(), d.db, func(ctx context.Context, tx pgx.Tx) error { return payout.Reopen(ctx, tx, r, d.now) })
}

// TestOldDatabaseTakesBackWhatWasSent is the whole way: bank A never recognises a
// duplicate, so a single message sent again would pay 100 people twice.
func TestOldDatabaseTakesBackWhatWasSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "A", 250, sandbox.Script{})
	d.check()
	d.round(d.engine(pgdb.Hooks{}))
	d.check() // a send of its own speaks against nothing
	d.passCanary()
	d.now = calendar.Must(2026, 2, 3).At(9, 0) // the id of a later day carries that day
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(250)

	old := d.older(250)
	old.now = calendar.Must(2026, 2, 4).At(8, 0)
	d.now = old.now // the bank's clock
	found := old.check(payout.CauseJournal)
	if found.Sends != 2 || found.Origin.Epoch != 2 || found.Lost || old.gate() != "paused" {
		t.Fatalf("restored: %+v, gate %s; want two sends, epoch 2, a paused gate", found, old.gate())
	}
	old.check() // once
	e := old.engine(pgdb.Hooks{})
	e.Origin = found.Origin
	old.round(e)
	old.wantStates(map[payout.SubmissionState]int{}) // a closed channel orders nothing

	decision := payout.Reopening{ByOne: "kế toán trưởng", ByTwo: "giám đốc", Why: "đã đối chiếu", Through: calendar.Must(2026, 2, 3)}
	decision.Unresolved = []payout.Unresolved{{}}
	if err := old.reopen(decision); !errors.Is(err, payout.ErrUnresolved) {
		t.Fatalf("Reopen with an open send = %v, want ErrUnresolved", err)
	}
	left, err := e.Adopt(t.Context())
	if err != nil || len(left) != 0 {
		t.Fatalf("Adopt = %+v, %v; want everything taken back", left, err)
	}
	old.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 2})
	decision.Unresolved = left
	for want, change := range map[error]func(*payout.Reopening){
		payout.ErrTwoPeople:  func(r *payout.Reopening) { r.ByTwo = r.ByOne },
		payout.ErrStatements: func(r *payout.Reopening) { r.Through = calendar.Must(2026, 2, 2) },
	} {
		wrong := decision
		change(&wrong)
		if err := old.reopen(wrong); !errors.Is(err, want) {
			t.Errorf("Reopen(%+v) = %v, want %v", wrong, err, want)
		}
	}
	if err := old.reopen(decision); err != nil {
		t.Fatal(err)
	}
	if err := old.reopen(decision); !errors.Is(err, payout.ErrNotClosed) {
		t.Errorf("Reopen again = %v, want ErrNotClosed", err)
	}
	old.round(e)
	old.wantBook(250)
	old.wantStates(map[payout.SubmissionState]int{payout.Accepted: 2}) // asked, and known
	if report, err := ledger.Verify(t.Context(), old.db, ledger.VerifyOptions{}); err != nil || report.Err() != nil {
		t.Errorf("Verify = %v, %v", report.Err(), err)
	}
	old.check()
}

// TestSentAfterTheBackupIsNotSentAgain has the intent in the backup and the
// sending behind it.
func TestSentAfterTheBackupIsNotSentAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "A", 10, sandbox.Script{})
	d.round(d.engine(pgdb.Hooks{}))
	old := d.older(10)
	old.journal = t.TempDir()
	old.runUntilCrash(payout.PointIntentCommitted) // the backup is taken between intent and claim
	old.journal = d.journal
	old.wantStates(map[payout.SubmissionState]int{payout.Intent: 1})
	e := old.engine(pgdb.Hooks{})
	found := old.check(payout.CauseJournal)
	e.Origin = found.Origin
	if left, err := e.Adopt(t.Context()); err != nil || len(left) != 0 {
		t.Fatalf("Adopt = %+v, %v", left, err)
	}
	old.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 1})
	old.round(e)
	old.wantBook(10)
}

func TestWhatCannotBeFormedAgainStaysUnresolved(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 10, sandbox.Script{})
	e := d.engine(pgdb.Hooks{})
	d.round(e)
	sends, err := payout.ReadJournals(d.journal)
	if err != nil || len(sends) != 1 {
		t.Fatalf("journal: %v, %v", sends, err)
	}
	same := sends[0]
	for name, change := range map[string]func(*payout.Sent){
		"another content":    func(s *payout.Sent) { s.Message = s.Message[:12] + "AAAAAAAAAAAAAAAAAAAA" },
		"another sum":        func(s *payout.Sent) { s.Total = "1" },
		"an unknown batch":   func(s *payout.Sent) { s.Submission = 15_001_010_001 },
		"a later number":     func(s *payout.Sent) { s.Submission++ },
		"an unknown channel": func(s *payout.Sent) { s.Submission += 70_000 },
	} {
		t.Run(name, func(t *testing.T) {
			old := newDesk(t, "E", 10, sandbox.Script{})
			e := old.engine(pgdb.Hooks{})
			line := same
			change(&line)
			if err := e.Journal.Append(line); err != nil {
				t.Fatal(err)
			}
			old.check(payout.CauseJournal)
			left, err := e.Adopt(t.Context())
			if err != nil || len(left) != 1 || left[0].Why == "" {
				t.Fatalf("Adopt = %+v, %v; want one left with a reason", left, err)
			}
			old.wantStates(map[payout.SubmissionState]int{})
			old.inTx(func(ctx context.Context, tx pgx.Tx) error {
				return payout.SettleSend(ctx, tx, left[0].Sent, "kế toán trưởng", "giám đốc", "đã kiểm tra từng khoản với ngân hàng", old.now)
			})
			if left, err := e.Adopt(t.Context()); err != nil || len(left) != 0 {
				t.Errorf("Adopt after two people settled it = %+v, %v", left, err)
			}
		})
	}
}

func TestDatabaseOfAnotherServerOrWithoutItsJournalIsRestored(t *testing.T) {
	t.Parallel()
	sent := func(t *testing.T) *desk {
		d := newDesk(t, "E", 10, sandbox.Script{})
		d.check() // notes the server
		d.round(d.engine(pgdb.Hooks{}))
		d.check()
		return d
	}
	t.Run("the journal folder is lost", func(t *testing.T) {
		t.Parallel()
		d := sent(t)
		d.journal = t.TempDir()
		if found := d.check(payout.CauseJournals); !found.Lost || d.gate() != "paused" {
			t.Errorf("restored: %+v, gate %s; want a lost journal and a paused gate", found, d.gate())
		}
		d.check()
		decision := payout.Reopening{ByOne: "một", ByTwo: "hai", Why: "đã đối chiếu", Through: calendar.DateOf(d.now)}
		if err := d.reopen(decision); !errors.Is(err, payout.ErrStatements) {
			t.Errorf("Reopen with statements up to today = %v, want ErrStatements", err)
		}
		decision.Through = calendar.DateOf(d.now).AddDays(1)
		if err := d.reopen(decision); err != nil || d.gate() != "open" {
			t.Errorf("Reopen = %v, gate %s", err, d.gate())
		}
	})
	t.Run("what waited to be sent may have been sent", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t, "A", 10, sandbox.Script{})
		d.runUntilCrash(payout.PointIntentCommitted)
		d.journal = t.TempDir()
		found, err := payout.MarkRestored(t.Context(), d.db, d.witness(), d.now)
		if err != nil || !found.Lost || !slices.Equal(found.Causes, []payout.Cause{payout.CauseCommand}) {
			t.Fatalf("MarkRestored = %+v, %v", found, err)
		}
		d.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 1})
	})
	t.Run("another server", func(t *testing.T) {
		t.Parallel()
		d := sent(t)
		d.inTx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE payout.instance SET server = '1/1'`)
			return err
		})
		d.check(payout.CauseServer)
		d.check()
	})
}

func TestHeadKeptElsewhereShowsAnOlderDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 10, sandbox.Script{})
	d.check()
	d.round(d.engine(pgdb.Hooks{}))
	_, head, err := ledger.Seal(t.Context(), d.db, d.now)
	if err != nil {
		t.Fatal(err)
	}
	look := func(h ledger.Head) *payout.Restored {
		got, err := payout.CheckRestored(t.Context(), d.db, payout.Witness{Journal: d.journal, Anchor: &h, Epoch: 4}, d.now)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := look(head); got != nil {
		t.Fatalf("CheckRestored with its own head = %+v", got)
	}
	later := head
	later.ChainNo++
	got := look(later)
	if got == nil || !slices.Equal(got.Causes, []payout.Cause{payout.CauseAnchor}) || got.Origin.Epoch != 5 {
		t.Fatalf("CheckRestored with a later head = %+v; want the anchor and epoch 5, above that of the head", got)
	}
	if got := look(later); got != nil {
		t.Errorf("CheckRestored again = %+v; want it to count once", got)
	}
}

// TestBankTellsWhatALostJournalKnew restores a database from before the first
// order without its journal: the bank knows both messages, the second of another
// day, and nobody is paid twice at a bank that recognises no duplicate.
func TestBankTellsWhatALostJournalKnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "A", 250, sandbox.Script{})
	d.round(d.engine(pgdb.Hooks{}))
	d.passCanary()
	d.now = calendar.Must(2026, 2, 4).At(9, 0)
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(250)

	old := d.older(250)
	old.journal = t.TempDir()
	old.now = calendar.Must(2026, 2, 5).At(8, 0)
	d.now = old.now
	found, err := payout.MarkRestored(t.Context(), old.db, old.witness(), old.now)
	if err != nil || !found.Lost {
		t.Fatalf("MarkRestored = %+v, %v", found, err)
	}
	e := old.engine(pgdb.Hooks{})
	e.Origin = found.Origin
	if n, err := e.Rediscover(t.Context(), d.bank, nil); err != nil || n != 2 {
		t.Fatalf("Rediscover = %d, %v; want both submissions", n, err)
	}
	old.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 2})
	if n, err := e.Rediscover(t.Context(), d.bank, nil); err != nil || n != 0 {
		t.Errorf("Rediscover again = %d, %v", n, err)
	}
	if err := old.reopen(payout.Reopening{ByOne: "một", ByTwo: "hai", Why: "đã đối chiếu", Through: calendar.Must(2026, 2, 6)}); err != nil {
		t.Fatal(err)
	}
	old.round(e)
	old.wantBook(250)
	s, _, err := e.Finished(t.Context(), 14_001_010_001)
	if !errors.Is(err, bankadapters.ErrReadBack) || !s.BytesLost() {
		t.Errorf("Finished = %v, bytes lost %t; want bytes that nobody has", err, s.BytesLost())
	}
}

// A stop for another reason stays, and what people opened stays open at the next start.
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
	if found := d.check(payout.CauseJournal); found.Origin.Epoch != 4 {
		t.Fatalf("restored: %+v; want epoch 4, above every journalled one", found)
	}
	if why, err := payout.Stopped(t.Context(), d.db); err != nil || why != "thử" {
		t.Errorf("Stopped = %q, %v; want the reason given before", why, err)
	}
	left, err := e.Adopt(t.Context())
	if err != nil || len(left) != 2 {
		t.Fatalf("Adopt = %v, %v; want both unresolved", left, err)
	}
	for _, u := range left {
		d.inTx(func(ctx context.Context, tx pgx.Tx) error {
			return payout.SettleSend(ctx, tx, u.Sent, "một", "hai", "thử", d.now)
		})
	}
	if err := d.reopen(payout.Reopening{ByOne: "một", ByTwo: "hai", Why: "thử", Through: calendar.DateOf(d.now)}); err != nil {
		t.Fatal(err)
	}
	d.check()
	if d.gate() != "open" {
		t.Errorf("gate %s after the next start; want what people opened to stay open", d.gate())
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
