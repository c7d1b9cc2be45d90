package verification_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/registry"
	"ansinh/registry/people"
	"ansinh/registry/verification"
	"ansinh/registry/verification/sandbox"
)

// idWith finds an id with a fate.
func (w *town) idWith(fate string) string {
	w.t.Helper()
	for id, f := range w.world.Truth() {
		if f == fate {
			return id
		}
	}
	w.t.Fatalf("the seed made nobody %s", fate)
	return ""
}

var paper = people.Paper{No: "CSDLDC-7", Date: calendar.Must(2026, 1, 19)}

func TestOnlyAPersonEndsADifference(t *testing.T) {
	t.Parallel()
	w := newTown(t, 240, seeded)
	job := w.job(nil)
	id := w.start(job, verification.Population)
	open := w.run(job, id).Open
	respelt, dead, moved, unknown, same := w.idWith(sandbox.Respelt), w.idWith(sandbox.Dead), w.idWith(sandbox.Moved), w.idWith(sandbox.Unknown), w.idWith(sandbox.Same)
	decide := func(subject string, accept bool, change func(*verification.Resolution)) ([]people.Act, error) {
		r := verification.Resolution{Verification: id, Person: w.personOf(subject), Accept: accept, Why: "đối chiếu giấy tờ", By: "lan", Paper: paper}
		if change != nil {
			change(&r)
		}
		return verification.Resolve(t.Context(), w.desk(), r)
	}
	name := w.text(`SELECT name FROM registry.person WHERE id = $1`, w.personOf(respelt))[0]

	// Corrected: an act waits for the second person; until then nothing changed.
	acts, err := decide(respelt, false, nil)
	if err != nil || len(acts) != 1 || acts[0].Kind != people.KindName || acts[0].Outcome != "" {
		t.Fatalf("correcting a name: %v, %v", acts, err)
	}
	if now := w.text(`SELECT name FROM registry.person WHERE id = $1`, w.personOf(respelt))[0]; now != name {
		t.Errorf("name = %q before the second person", now)
	}
	if _, err := w.desk().Confirm(t.Context(), acts[0].ID, people.SealWith(w.mai, acts[0])); err != nil {
		t.Fatal(err)
	}
	if now := w.text(`SELECT name FROM registry.person WHERE id = $1`, w.personOf(respelt))[0]; now != name+" Khác" {
		t.Errorf("name = %q after it", now)
	}
	acts, err = decide(dead, false, nil)
	if err != nil || len(acts) != 1 || acts[0].Kind != people.KindDeath || acts[0].From != calendar.Must(2026, 1, 5) || acts[0].Outcome != "" {
		t.Errorf("a death: %v, %v; want a report that waits", acts, err)
	}
	acts, err = decide(moved, false, nil)
	if err != nil || len(acts) != 1 || acts[0].Kind != people.KindUnit || acts[0].Outcome != "done" {
		t.Errorf("a move: %v, %v; want it done by one person", acts, err)
	}
	_, err = decide(unknown, false, nil)
	wantCode(t, err, "VERIFY-CORRECT")
	if acts, err := decide(unknown, true, nil); err != nil || len(acts) != 0 {
		t.Errorf("accepted: %v, %v; want no act", acts, err)
	}
	_, err = decide(unknown, true, nil)
	wantCode(t, err, "VERIFY-DECIDED")
	_, err = decide(same, true, nil)
	wantCode(t, err, "VERIFY-DECIDED")
	_, err = decide(w.idWith(sandbox.OtherBirth), true, func(r *verification.Resolution) { r.Why = "" })
	wantCode(t, err, "VERIFY-REASON")
	_, err = decide(w.idWith(sandbox.OtherBirth), true, func(r *verification.Resolution) { r.By = "ai-do" })
	wantCode(t, err, "PAYOUT-SIGNER-UNKNOWN")

	s, err := verification.Read(t.Context(), w.db, id)
	if err != nil || s.Open != open-3 || s.Proposed != 1 {
		t.Errorf("open = %d, proposed %d, %v; want %d less 3 and the death proposed", s.Open, s.Proposed, err, open)
	}
	list, err := verification.Differences(t.Context(), w.db, w.keys, id, 0, true, 1000)
	if err != nil || int64(len(list)) != open {
		t.Fatalf("%d differences, %v; want %d", len(list), err, open)
	}
	for _, d := range list {
		if d.Person == w.personOf(respelt) && (!strings.Contains(d.Theirs, name+" Khác") || d.Choice != "correct" || d.By != "lan" || d.Version != "P-2026-01-19") {
			t.Errorf("difference = %+v", d)
		}
	}
	if n := w.text(`SELECT count(*)::text FROM audit.record WHERE act IN ('verification.correct', 'verification.accept')`)[0]; n != "4" {
		t.Errorf("decisions on record = %s, want 4", n)
	}
}

// A correction ends a difference when the second person has confirmed it, and not
// any more when it was refused or the death withdrawn.
func TestACorrectionEndsADifferenceWhenItIsDone(t *testing.T) {
	t.Parallel()
	w := newTown(t, 240, seeded)
	job := w.job(nil)
	id := w.start(job, verification.Population)
	open := w.run(job, id).Open
	dead := w.personOf(w.idWith(sandbox.Dead))
	decide := func(accept bool) ([]people.Act, error) {
		return verification.Resolve(t.Context(), w.desk(), verification.Resolution{Verification: id, Person: dead, Accept: accept, Why: "đối chiếu giấy tờ", By: "lan", Paper: paper})
	}
	confirm := func(a people.Act) {
		t.Helper()
		if _, err := w.desk().Confirm(t.Context(), a.ID, people.SealWith(w.mai, a)); err != nil {
			t.Fatal(err)
		}
	}
	waiting, err := decide(false)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("a death: %v, %v; want a report that waits", waiting, err)
	}
	w.wantOpen(id, open, 1)
	_, err = decide(true) // while its correction waits nobody decides otherwise
	wantCode(t, err, "VERIFY-WAITING")
	if _, err := w.desk().Refuse(t.Context(), waiting[0].ID, "nhầm người", people.SealRefusal(w.mai, waiting[0], "nhầm người")); err != nil {
		t.Fatal(err)
	}
	w.wantOpen(id, open, 0) // refused: as undecided as before
	if waiting, err = decide(false); err != nil {
		t.Fatalf("decided anew: %v", err)
	}
	w.wantOpen(id, open, 1)
	confirm(waiting[0])
	w.wantOpen(id, open-1, 0)
	undo, err := w.desk().Propose(t.Context(), people.Proposal{Person: dead, Change: people.LivesAfterAll{}, Paper: paper, Why: "còn sống", By: "lan"})
	if err != nil {
		t.Fatal(err)
	}
	confirm(undo)
	w.wantOpen(id, open, 0) // withdrawn: the register says otherwise still
	if _, err := decide(true); err != nil {
		t.Errorf("kept with a reason: %v", err)
	}
	w.wantOpen(id, open-1, 0)
}

func (w *town) wantOpen(job, open, proposed int64) {
	w.t.Helper()
	s, err := verification.Read(w.t.Context(), w.db, job)
	if err != nil || s.Open != open || s.Proposed != proposed {
		w.t.Errorf("open = %d, proposed %d, %v; want %d and %d", s.Open, s.Proposed, err, open, proposed)
	}
}

func TestARightAccountCorrectsAWrongOne(t *testing.T) {
	t.Parallel()
	w := newTown(t, 200, sandbox.Config{Seed: 3, OtherOwner: 2})
	job := w.job(nil)
	id := w.start(job, verification.Accounts)
	w.run(job, id)
	list, err := verification.Differences(t.Context(), w.db, w.keys, id, 0, false, 1)
	if err != nil || len(list) != 1 || list[0].Theirs != "PHAM VAN LA" {
		t.Fatalf("differences = %+v, %v", list, err)
	}
	r := verification.Resolution{Verification: id, Person: list[0].Person, Why: "tài khoản chính chủ mới", By: "lan", Paper: paper}
	_, err = verification.Resolve(t.Context(), w.desk(), r)
	wantCode(t, err, "VERIFY-CORRECT")
	r.Way = &people.Way{Method: registry.MethodAccount, BankBIN: "999001", Account: "0010000099999", Holder: list[0].Name}
	acts, err := verification.Resolve(t.Context(), w.desk(), r)
	if err != nil || len(acts) != 1 || acts[0].Kind != people.KindChannel || acts[0].Outcome != "" || acts[0].Answer == "" {
		t.Errorf("correcting an account: %v, %v; want an act that waits and says from when it counts", acts, err)
	}
}

func TestWhoMovedOutOfTheCityIsNotMovedByATable(t *testing.T) {
	t.Parallel()
	w := newTown(t, 120, sandbox.Config{Seed: 3, Moved: 3})
	job := w.job(nil)
	id := w.start(job, verification.Population)
	w.run(job, id)
	w.inTx(func(ctx context.Context, tx pgx.Tx) error { // the sandbox moves people to 00025; here it is gone
		_, err := pgtest.Superuser(t, w.db).Exec(ctx, `UPDATE registry.unit SET valid_to = '2025-12-31' WHERE code = '00025'`)
		return err
	})
	_, err := verification.Resolve(t.Context(), w.desk(), verification.Resolution{Verification: id, Person: w.personOf(w.idWith(sandbox.Moved)), Why: "đã chuyển",
		By: "lan", Paper: paper})
	wantCode(t, err, "VERIFY-UNIT")
}

func TestJobsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t, 30, sandbox.Config{Seed: 3})
	job := w.job(nil)
	_, err := job.Start(t.Context(), 99_999, verification.Population, "lan")
	wantCode(t, err, "VERIFY-START")
	_, err = job.Start(t.Context(), w.list, "tin-don", "lan")
	wantCode(t, err, "VERIFY-START")
	_, err = job.Take(t.Context(), 99_999)
	wantCode(t, err, "VERIFY-NONE")

	real := pgtest.DB(t)
	err = pgdb.InTx(t.Context(), real, func(ctx context.Context, tx pgx.Tx) error { return registry.Prepare(ctx, tx, false, w.now) })
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, err = verification.WriteDemoBook(t.Context(), real, w.keys, calendar.DateOf(w.now), &out)
	wantCode(t, err, "VERIFY-DEMO")
	if strings.Contains(out.String(), "0") {
		t.Errorf("written of a real database: %q", out.String())
	}
}
