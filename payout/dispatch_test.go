package payout_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/bankadapters/iso20022"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

// desk is a released batch at one sandbox bank, with engines that share its
// database and journal folder.
type desk struct {
	t       *testing.T
	db      *pgxpool.Pool
	world   *sandbox.World
	now     time.Time
	keys    *crypt.Keys
	origin  payout.Origin
	bank    bankadapters.Key
	profile bankadapters.Profile
	journal string
	batch   ledger.BatchID
	book    ledger.BookID
	engines int
	cut     func(r *http.Request) error // a fault of the line, before the bank
}

// RoundTrip is the line to the bank, with the test's fault in front.
func (d *desk) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.cut != nil {
		if err := d.cut(r); err != nil {
			return nil, err
		}
	}
	return d.world.Transport(string(d.bank)).RoundTrip(r)
}

const payingAccount = "1900001"

// amountOf is the amount of payment n of the fixture.
func amountOf(n int) money.Amount { return money.Amount(100_000 + n) }

// newDesk opens a batch of count approved payments at bank, with funds.
func newDesk(t *testing.T, bank bankadapters.Key, count int, script sandbox.Script) *desk {
	t.Helper()
	d := &desk{t: t, db: pgtest.DB(t), now: calendar.Must(2026, 2, 2).At(8, 0), bank: bank,
		profile: bankadapters.DemoProfile(bank), journal: t.TempDir(), batch: 14_001}
	var err error
	if d.keys, err = crypt.DeriveKeys([]byte("a test of package payout, 32 byte")); err != nil {
		t.Fatal(err)
	}
	d.world, err = sandbox.Open(sandbox.Config{InMemory: true, Seed: 7, Now: func() time.Time { return d.now }, Script: script,
		Accounts: []sandbox.Account{{Bank: string(bank), Number: payingAccount, Name: "SO NOI VU MAU"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.world.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.world.Fund(string(bank), payingAccount, 1_000_000_000, "DRAW1"); err != nil {
		t.Fatal(err)
	}
	d.inTx(func(ctx context.Context, tx pgx.Tx) error { return d.open(ctx, tx, count) })
	return d
}

func (d *desk) inTx(fn func(context.Context, pgx.Tx) error) {
	d.t.Helper()
	if err := pgdb.InTx(d.t.Context(), d.db, fn); err != nil {
		d.t.Fatal(err)
	}
}

const testBatch = `
INSERT INTO payout.batch (id, programme, period, name_vi, declared_count, declared_total, decision_no, decision_date, due_date, made_by, made_at, planned_at, released_at)
VALUES (@batch, 'TET26', '2026-02-01', 'Đợt thử', 100000, 100000000000, '01/QĐ', '2026-01-20', '2026-02-10', 'maker', @now, @now, @now)`

const testSection = `
INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
VALUES (@batch, 1, '00004', '2025-07-01', 'Phường Ba Đình', @book, @count::bigint, @count::bigint * 100000, sha256('x'), 'ABCDEFGH', 'approved')`

const testRun = `
INSERT INTO payout.run (batch, section, channel, from_no, to_no, next_no, count, total)
VALUES (@batch, 1, @channel, 1, @count::bigint, 1, @count::bigint, @count::bigint * 100000)`

const testPayment = `
INSERT INTO payout.payment (batch, no, amount, person, section, birth_year, channel, bin, account_tail, holder, name, category, account_enc, account_index)
VALUES (@batch, @no, @amount, @no, 1, 1950, @channel, @bin, '0000', @name, @name, 'TET-HN-2026-01', @enc, @index)`

// open writes the fixture: programme, channel, batch, payments, their approval
// and the funds.
func (d *desk) open(ctx context.Context, tx pgx.Tx, count int) error {
	book, err := ledger.OpenBook(ctx, tx, "1000001", "Sở Nội vụ Mẫu", d.now)
	if err != nil {
		return err
	}
	d.book = book.ID
	if d.origin, err = payout.Install(ctx, tx, "TST", d.now); err != nil {
		return err
	}
	schemes, err := payout.Schemes()
	if err != nil {
		return err
	}
	for _, s := range schemes {
		if err := payout.AddScheme(ctx, tx, s); err != nil {
			return err
		}
	}
	channel := payout.Channel{Key: d.bank, Ordinal: 1, Kind: "bank", NameVI: d.profile.NameVI, BIN: d.profile.BIN, Default: true, Profile: d.profile}
	accounts := []payout.PayingAccount{{Book: d.book, Account: payingAccount, Name: "SO NOI VU MAU"}}
	if err := payout.AddChannel(ctx, tx, channel, accounts, d.now); err != nil {
		return err
	}
	args := pgx.NamedArgs{"batch": d.batch, "now": d.now, "book": d.book, "count": count, "channel": d.bank}
	for _, sql := range []string{testBatch, testSection, testRun} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return err
		}
	}
	counter := rng(7)
	lines := make([]ledger.Line, count)
	accountsDesk := ledger.NewDesk(tx, d.book, ledger.EntrustedState, "", "TET26", d.now)
	for i := range lines {
		n := int64(i + 1)
		account := crypt.Secret(fmt.Sprintf("00%010d", n))
		index := d.keys.Index(crypt.FieldAccount, account)
		enc, err := d.keys.Encrypt(counter, crypt.Place{Column: string(crypt.FieldAccount), Row: fmt.Sprintf("%x", index)}, account)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, testPayment, pgx.NamedArgs{"batch": d.batch, "no": n, "amount": amountOf(i + 1), "channel": d.bank,
			"bin": d.profile.BIN, "name": fmt.Sprintf("Nguyễn Văn %d", n), "enc": enc, "index": index}); err != nil {
			return err
		}
		first := ledger.Position{Payment: n}.Next(d.batch, ledger.LegApproved, 0, amountOf(i+1))
		if lines[i], err = accountsDesk.Fill(ctx, first); err != nil {
			return err
		}
	}
	if _, err := payout.Post(ctx, tx, ledger.Voucher{Key: "approved/1", Facts: []byte("1"), Book: d.book, PostingSet: ledger.EntrustedState,
		Kind: "approved", AccountingDate: calendar.DateOf(d.now), PostedAt: d.now, Text: "duyệt", Batch: d.batch, Lines: ledger.ListOf(lines)}, payout.Moved{}); err != nil {
		return err
	}
	return d.fund(ctx, tx)
}

// fund draws and lets the bank's credit advice arrive.
func (d *desk) fund(ctx context.Context, tx pgx.Tx) error {
	draw := ledger.Slot{Role: ledger.RoleDraw, Programme: "TET26"}
	for i, entry := range []ledger.Entry{
		{Debit: draw, Credit: ledger.Slot{Role: ledger.RoleBudget, Programme: "TET26"}, Amount: 1_000_000_000},
		{Debit: ledger.Slot{Role: ledger.RoleFunds, Place: ledger.Place(d.bank), Programme: "TET26"}, Credit: draw, Amount: 1_000_000_000},
	} {
		_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: fmt.Sprintf("draw/%d", i), Book: d.book, PostingSet: ledger.EntrustedState, Kind: "draw",
			AccountingDate: calendar.DateOf(d.now), PostedAt: d.now, Text: "rút", Cause: int64(i)}, []ledger.Entry{entry})
		if err != nil {
			return err
		}
	}
	return nil
}

// rng is a small deterministic byte source for nonces in tests.
type rng uint64

func (r rng) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(uint64(r) + uint64(i)*31)
	}
	return len(p), nil
}

// engine starts another worker over the same database, bank and journal folder.
func (d *desk) engine(hooks pgdb.Hooks) *payout.Engine {
	d.t.Helper()
	d.engines++
	worker := d.engines
	journal, err := payout.OpenJournal(d.journal, fmt.Sprintf("worker-%d", worker))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = journal.Close() }) // a crashed worker's is closed already
	keyID, key, err := d.world.Key(string(d.bank))
	if err != nil {
		d.t.Fatal(err)
	}
	nonce := 0
	line, err := bankadapters.NewLine(bankadapters.LineConfig{BaseURL: "https://bank.invalid", KeyID: keyID, Key: key,
		Now:       func() time.Time { return d.now },
		Nonce:     func() string { nonce++; return fmt.Sprintf("worker-%04d-nonce-%08d", worker, nonce) },
		Transport: d}, d.profile)
	if err != nil {
		d.t.Fatal(err)
	}
	return &payout.Engine{DB: pgdb.WithHooks(d.db, hooks), Keys: d.keys, Origin: d.origin, Now: func() time.Time { return d.now }, Journal: journal,
		Lines: map[bankadapters.Key]*payout.Line{d.bank: {
			Bank: bankadapters.NewBreaker(iso20022.NewClient(line, d.profile), d.profile, nil), Wire: iso20022.Pain001{}, Profile: d.profile}}}
}

func (d *desk) round(e *payout.Engine) {
	d.t.Helper()
	if _, err := e.Round(d.t.Context(), d.bank, 20); err != nil {
		d.t.Fatal(err)
	}
}

// wantBook requires that the bank's own book shows each payment credited at
// most once, and that many in total.
func (d *desk) wantBook(credited int) {
	d.t.Helper()
	book, err := d.world.Book(string(d.bank))
	if err != nil {
		d.t.Fatal(err)
	}
	seen := map[string]int{}
	for _, p := range book.Payments {
		if p.State == sandbox.StateCredited {
			seen[p.Ref]++
		}
	}
	for ref, n := range seen {
		if n > 1 {
			d.t.Errorf("payment %s was credited %d times", ref, n)
		}
	}
	if len(seen) != credited {
		d.t.Errorf("the bank credited %d payments, want %d", len(seen), credited)
	}
}

func (d *desk) wantStates(want map[payout.SubmissionState]int) {
	d.t.Helper()
	rows, _ := d.db.Query(d.t.Context(), `SELECT state, count(*)::int FROM payout.submission GROUP BY state`)
	got := map[payout.SubmissionState]int{}
	var state payout.SubmissionState
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { got[state] = n; return nil }); err != nil {
		d.t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		var said string
		if err := d.db.QueryRow(d.t.Context(), `SELECT string_agg(code || ' ' || answer_text, '; ') FROM payout.submission`).Scan(&said); err != nil {
			d.t.Error(err)
		}
		d.t.Errorf("submissions by state = %v, want %v; last answers: %s", got, want, said)
	}
}

func TestCanaryGoesFirstAndTheRestWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 150, sandbox.Script{})
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(100)
	d.wantStates(map[payout.SubmissionState]int{payout.Accepted: 1})

	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.PassCanary(ctx, tx, d.batch, d.bank, "trưởng phòng", d.now)
	})
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(150)

	err := pgdb.InTx(t.Context(), d.db, func(ctx context.Context, tx pgx.Tx) error {
		return payout.PassCanary(ctx, tx, d.batch, d.bank, "trưởng phòng", d.now)
	})
	if !errors.Is(err, payout.ErrNoCanary) || errs.Code(err) != "PAYOUT-NO-CANARY" {
		t.Errorf("the word given twice: %v, want %v", err, payout.ErrNoCanary)
	}
}

type crash string

// runUntilCrash runs rounds until a crash point fires, and releases the worker's
// journal as the death of its process would.
func (d *desk) runUntilCrash(point string) {
	d.t.Helper()
	e := d.engine(pgdb.Hooks{Crash: func(at string) {
		if at == point {
			panic(crash(at))
		}
	}})
	defer func() {
		if _, ok := recover().(crash); !ok {
			d.t.Fatalf("no crash at %q", point)
		}
		if err := e.Journal.Close(); err != nil {
			d.t.Fatal(err)
		}
	}()
	d.round(e)
}

func TestCrashAnywherePaysAtMostOnce(t *testing.T) {
	t.Parallel()
	for point, want := range map[string]struct {
		credited int // after the next worker has done what it may
		state    payout.SubmissionState
	}{
		payout.PointIntentCommitted: {10, payout.Accepted},
		payout.PointClaimed:         {10, payout.Accepted}, // no journal line: certainly not sent
		payout.PointJournalled:      {0, payout.InDoubt},   // a journal line: it may have been sent
		payout.PointSent:            {10, payout.InDoubt},  // sent and unrecorded
		payout.PointRecorded:        {10, payout.Accepted},
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "A", 10, sandbox.Script{}) // A never recognises a duplicate
			d.runUntilCrash(point)
			d.round(d.engine(pgdb.Hooks{}))
			d.wantBook(want.credited)
			d.wantStates(map[payout.SubmissionState]int{want.state: 1})
		})
	}
}

func TestDoubtAtABankWithMemoryEndsByTheSameBytesAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "C", 10, sandbox.Script{}) // C remembers ids for ever
	d.runUntilCrash(payout.PointJournalled)    // journalled, never sent
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(0)
	d.now = d.now.Add(10 * time.Minute) // the inquiry is due: "unknown to us", then the same id and bytes
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(10)
	d.wantStates(map[payout.SubmissionState]int{payout.Accepted: 1})
}

// The second copy of a message in doubt that never left must not turn the first
// into "not sent": after the bank's memory it would be sent as new.
func TestResendThatDidNotLeaveKeepsTheDoubt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "B", 10, sandbox.Script{}) // B forgets ids after an hour
	d.runUntilCrash(payout.PointJournalled)
	d.cut = func(r *http.Request) error {
		if r.Method == http.MethodPost {
			return bankadapters.ErrNothingWritten
		}
		return nil
	}
	e := d.engine(pgdb.Hooks{})
	d.round(e)
	d.now = d.now.Add(10 * time.Minute)
	d.round(e)
	d.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 1})
	d.cut = nil
	d.now = d.now.Add(2 * time.Hour) // the bank's memory is over: nothing may be sent again
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(0)
	d.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 1})
}

// After the intent's window the doubt still ends by the same bytes, and a line
// that does not carry them costs one try for each denial, not a hot loop.
func TestResendAfterTheWindowTriesOncePerDenial(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "C", 10, sandbox.Script{})
	d.runUntilCrash(payout.PointJournalled)
	d.round(d.engine(pgdb.Hooks{}))
	d.cut = func(r *http.Request) error {
		if r.Method == http.MethodPost {
			return bankadapters.ErrNothingWritten
		}
		return nil
	}
	d.now = d.now.Add(80 * time.Hour)
	e := d.engine(pgdb.Hooks{})
	d.round(e)
	var tries int
	if err := d.db.QueryRow(t.Context(), `SELECT tries FROM payout.submission`).Scan(&tries); err != nil {
		t.Fatal(err)
	}
	if tries != 2 {
		t.Errorf("the submission was tried %d times, want 2: once, and once for the denial", tries)
	}
	d.cut = nil
	d.now = d.now.Add(2 * time.Hour)
	d.round(e)
	d.wantBook(10)
	d.wantStates(map[payout.SubmissionState]int{payout.Accepted: 1})
}

func TestBankDownTripsTheGateAndAnInquiryReopensIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 10, sandbox.Script{})
	down := true
	d.cut = func(*http.Request) error {
		if down {
			return bankadapters.ErrNothingWritten
		}
		return nil
	}
	e := d.engine(pgdb.Hooks{})
	for range d.profile.BreakerFaults + 1 {
		d.round(e)
		d.now = d.now.Add(6 * time.Minute)
	}
	var state string
	gate := func() string {
		if err := d.db.QueryRow(t.Context(), `SELECT state FROM payout.bank_gate`).Scan(&state); err != nil {
			t.Fatal(err)
		}
		return state
	}
	if got := gate(); got != "tripped" {
		t.Fatalf("gate = %s, want tripped", got)
	}
	down = false
	d.round(d.engine(pgdb.Hooks{})) // another process: it takes the gate over and probes
	if got := gate(); got != "open" {
		t.Fatalf("gate = %s, want open", got)
	}
	d.now = d.now.Add(6 * time.Minute)
	d.round(e) // the first process follows the shared row
	d.wantBook(10)
	d.wantStates(map[payout.SubmissionState]int{payout.Accepted: 1})
}

func TestSlowWorkerLosesItsClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "A", 10, sandbox.Script{})
	rival := d.engine(pgdb.Hooks{})
	overtaken := false
	slow := d.engine(pgdb.Hooks{Crash: func(at string) {
		if at == payout.PointClaimed && !overtaken {
			overtaken = true
			d.now = d.now.Add(time.Hour) // the claim runs out while the worker sleeps
			d.round(rival)
		}
	}})
	d.round(slow)
	d.wantBook(10)
	d.wantStates(map[payout.SubmissionState]int{payout.Accepted: 1})
}

// A receipt ends the wait for a clerk at a manual rail, and no other doubt.
func TestReceiptIsTakenOnlyWhereAClerkUploads(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "B", 10, sandbox.Script{})
	d.cut = func(*http.Request) error { return io.ErrUnexpectedEOF } // after the first byte, for all we know
	e := d.engine(pgdb.Hooks{})
	d.round(e)
	enter := func(one, two string) error {
		return pgdb.InTx(t.Context(), d.db, func(ctx context.Context, tx pgx.Tx) error {
			return e.EnterReceipt(ctx, tx, 14_001_010_001, "D-R000001", one, two)
		})
	}
	wantCode(t, enter("thu.quy", "thu.quy"), "PAYOUT-ONE-PERSON")
	wantCode(t, enter("thu.quy", "ke.toan"), "PAYOUT-NO-RECEIPT-DUE")
	d.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 1})
	if _, err := pgtest.Superuser(t, d.db).Exec(t.Context(), `UPDATE payout.channel SET profile = jsonb_set(profile, '{rail}', '"sheet"')`); err != nil {
		t.Fatal(err)
	}
	if err := enter("thu.quy", "ke.toan"); err != nil {
		t.Error(err)
	}
	d.wantStates(map[payout.SubmissionState]int{payout.Accepted: 1})
}

func TestStopHoldsBackWhatIsCommitted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 10, sandbox.Script{})
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.Stop(ctx, tx, "thử", "kế toán trưởng", d.now)
	})
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(0)
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.Resume(ctx, tx, "", "kế toán trưởng", d.now)
	})
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(10)
}
