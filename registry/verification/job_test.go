package verification_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sony/gobreaker/v2"

	"ansinh/internal/crypt"
	"ansinh/internal/pgtest"
	"ansinh/registry/verification"
	"ansinh/registry/verification/sandbox"
)

func TestEveryQueryPrepares(t *testing.T) {
	t.Parallel()
	pgtest.PrepareAll(t, ".")
}

func TestRecordsAreAppendOnly(t *testing.T) {
	t.Parallel()
	pgtest.CheckAppendOnly(t, pgtest.DB(t), "registry.answer", "registry.resolution")
}

// seeded is a register that alters about a third of the people.
var seeded = sandbox.Config{Seed: 3, Dead: 12, Moved: 11, Respelt: 9, OtherBirth: 13, Unknown: 17, OtherOwner: 9, Closed: 10}

// fates says what a verdict and its differences must be for what the seed did.
var fates = map[string]string{sandbox.Same: "same ", sandbox.Dead: "dead ", sandbox.Moved: "different unit", sandbox.Respelt: "different name",
	sandbox.OtherBirth: "different birth", sandbox.Unknown: "not_found ", sandbox.OtherOwner: "different holder", sandbox.Closed: "different closed"}

const testVerdict = `
SELECT i.verdict || ' ' || array_to_string(i.differs, ',') FROM registry.verification_item AS i WHERE i.verification = $1 AND i.person = $2`

func TestAVerificationFindsExactlyWhatTheSeedAltered(t *testing.T) {
	t.Parallel()
	w := newTown(t, 240, seeded)
	job := w.job(nil)
	id := w.start(job, verification.Population)
	s := w.run(job, id)
	counts := map[string]int64{}
	for subject, fate := range w.world.Truth() {
		got := w.text(testVerdict, id, w.personOf(subject))
		if len(got) != 1 || got[0] != fates[fate] {
			t.Errorf("of a person %s the verdict is %q, want %q", fate, got, fates[fate])
		}
		counts[fate]++
	}
	altered := counts[sandbox.Moved] + counts[sandbox.Respelt] + counts[sandbox.OtherBirth]
	if s.Differ != altered || s.Dead != counts[sandbox.Dead] || s.NotFound != counts[sandbox.Unknown] || s.Open != altered+s.Dead+s.NotFound ||
		s.Total != s.Same+s.Differ+s.Dead+s.NotFound+s.NotAsked || altered == 0 || s.Dead == 0 || s.NotFound == 0 {
		t.Errorf("summary %+v, the seed made %v", s, counts)
	}

	accounts := w.start(job, verification.Accounts)
	s = w.run(job, accounts)
	var wrong int64
	for _, fate := range w.world.TruthOfAccounts() {
		if fate != sandbox.Same {
			wrong++
		}
	}
	if s.Differ != wrong || s.Differ == 0 || s.NotAsked == 0 || s.NotFound != 0 {
		t.Errorf("accounts: %+v, the seed altered %d", s, wrong)
	}
	if n := w.text(`SELECT count(*)::text FROM audit.record WHERE act = 'verification.start'`)[0]; n != "2" {
		t.Errorf("audit records of starts = %s, want 2", n)
	}
}

func TestOnACleanRegisterEverybodyIsTheSame(t *testing.T) {
	t.Parallel()
	w := newTown(t, 120, sandbox.Config{Seed: 3})
	job := w.job(nil)
	for _, source := range []verification.Source{verification.Population, verification.Accounts} {
		if s := w.run(job, w.start(job, source)); s.Same+s.NotAsked != s.Total || s.Same == 0 || s.Open != 0 {
			t.Errorf("%s of a clean register: %+v", source, s)
		}
	}
}

// The first worker is killed after two steps, between the answer and its commit; a
// second goes on where the first committed, and nobody answered is asked again.
func TestAKilledVerificationGoesOnWhereItStood(t *testing.T) {
	t.Parallel()
	w := newTown(t, 160, seeded)
	job := w.job(nil)
	id := w.start(job, verification.Population)
	first, err := job.Take(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := first.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	before, err := verification.Read(t.Context(), w.db, id)
	if err != nil || before.Waiting == 0 || before.Waiting == before.Total {
		t.Fatalf("after two steps: %+v, %v", before, err)
	}
	_, err = job.Take(t.Context(), id)
	wantCode(t, err, "VERIFY-BUSY")

	w.now = w.now.Add(2 * time.Minute) // the first is dead: it said nothing for a lease
	second, err := job.Take(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = first.Step(t.Context()) // it was not dead, only slow: its step is refused whole
	if !errors.Is(err, verification.ErrBusy) {
		t.Errorf("a step of the worker that lost the job: %v, want ErrBusy", err)
	}
	if now, _ := verification.Read(t.Context(), w.db, id); now != before && now.Waiting != before.Waiting {
		t.Errorf("the lost worker changed %+v to %+v", before, now)
	}
	for {
		s, err := second.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Waiting == 0 {
			if s.EndedAt == nil {
				t.Error("it is over and not ended")
			}
			break
		}
	}
	twice := 0
	for _, n := range w.world.Asked() {
		if n > 1 {
			twice++
		}
	}
	if twice != 20 { // those of the one step that was not committed
		t.Errorf("%d people were asked about twice, want the 20 of the uncommitted step", twice)
	}
	for subject, fate := range w.world.Truth() {
		if got := w.text(testVerdict, id, w.personOf(subject)); got[0] != fates[fate] {
			t.Errorf("of a person %s the verdict is %q", fate, got)
		}
	}
}

func TestFreshAnswersAreUsedAgainAndOldOnesNot(t *testing.T) {
	t.Parallel()
	w := newTown(t, 60, seeded)
	job := w.job(nil)
	w.run(job, w.start(job, verification.Population))
	calls := w.world.Calls()
	again := w.run(job, w.start(job, verification.Population))
	if w.world.Calls() != calls || again.Waiting != 0 {
		t.Errorf("%d calls for answers a moment old; summary %+v", w.world.Calls()-calls, again)
	}
	w.now = w.now.AddDate(0, 0, 31)
	w.run(job, w.start(job, verification.Population))
	if w.world.Calls() == calls {
		t.Error("answers of a month ago were used again")
	}
	versions := w.text(`SELECT DISTINCT version || ' ' || asked_at::date FROM registry.answer ORDER BY 1`)
	if diff := cmp.Diff([]string{"P-2026-01-19 2026-01-20", "P-2026-01-19 2026-02-20"}, versions); diff != "" {
		t.Errorf("kept answers (-want +got):\n%s", diff)
	}
	for _, secret := range w.text(`SELECT name FROM registry.person LIMIT 3`) {
		if found := w.text(fmt.Sprintf(`SELECT id::text FROM registry.answer WHERE position('%s'::bytea IN body_enc) > 0`, secret)); len(found) > 0 {
			t.Errorf("answer %v holds a name in the clear", found)
		}
	}
}

func TestAFaultyLineIsTriedAgainAndLosesNobody(t *testing.T) {
	t.Parallel()
	config := seeded
	config.FailEvery, config.CutEvery = 4, 5
	w := newTown(t, 160, config)
	job := w.job(nil)
	id := w.start(job, verification.Population)
	w.run(job, id)
	for subject, fate := range w.world.Truth() {
		if got := w.text(testVerdict, id, w.personOf(subject)); got[0] != fates[fate] {
			t.Errorf("of a person %s the verdict is %q", fate, got)
		}
	}
}

func TestThePaceIsKeptAndTooManyCallsAreWaitedFor(t *testing.T) {
	t.Parallel()
	config := sandbox.Config{Seed: 3, PerSecond: 5}
	w := newTown(t, 200, config)
	paced := w.job(func(c *verification.LineConfig) { c.PerSecond = 5 })
	id := w.start(paced, verification.Population)
	begun := w.now
	w.run(paced, id)
	calls := w.world.Calls()
	if least := time.Duration(calls-1) * time.Second / 5; w.slept < least || w.now.Sub(begun) < least {
		t.Errorf("%d calls took %v of waiting, want at least %v", calls, w.slept, least)
	}
	hasty := w.client(func(c *verification.LineConfig) { c.PerSecond = 1000 })
	for range 12 { // 429 among them, waited for and asked again
		if _, err := hasty.Person(t.Context(), "000040900001"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestABreakerStopsAskingADeadRegister(t *testing.T) {
	t.Parallel()
	w := newTown(t, 30, sandbox.Config{Seed: 3, FailEvery: 1})
	job := w.job(func(c *verification.LineConfig) { c.Faults = 3 })
	id := w.start(job, verification.Population)
	r, err := job.Take(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Step(t.Context()); !errors.Is(err, verification.ErrUnreachable) {
		t.Errorf("a register that is down: %v, want ErrUnreachable", err)
	}
	calls := w.world.Calls()
	for range 5 {
		if _, err := r.Step(t.Context()); !errors.Is(err, gobreaker.ErrOpenState) || !errors.Is(err, verification.ErrUnreachable) {
			t.Errorf("with the breaker open: %v", err)
		}
	}
	if w.world.Calls() != calls {
		t.Errorf("%d calls with the breaker open", w.world.Calls()-calls)
	}
	if s, err := verification.Read(t.Context(), w.db, id); err != nil || s.Waiting+s.NotAsked != s.Total {
		t.Errorf("a register that is down decided something: %+v, %v", s, err)
	}
}

func TestAnotherKeyOrAnotherSizeIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t, 30, sandbox.Config{Seed: 3, BulkMax: 5})
	if _, err := w.client(func(c *verification.LineConfig) { c.Key = "khac" }).Person(t.Context(), "000040900001"); !errors.Is(err, verification.ErrAnswer) {
		t.Errorf("another key: %v, want ErrAnswer", err)
	}
	many := make([]crypt.Secret, 6)
	for i := range many {
		many[i] = crypt.Secret(fmt.Sprintf("00004090000%d", i))
	}
	if _, err := w.client(nil).People(t.Context(), many); !errors.Is(err, verification.ErrAnswer) {
		t.Errorf("more than it takes: %v, want ErrAnswer", err)
	}
}

func TestSingleFormsAndTheWelfareAccount(t *testing.T) {
	t.Parallel()
	w := newTown(t, 60, sandbox.Config{Seed: 3})
	c := w.client(nil)
	ctx := context.Background()
	found, named := 0, 0
	for id := range w.world.Truth() {
		p, err := c.Person(ctx, crypt.Secret(id))
		if err != nil || !p.Found || p.Dead || p.Version == "" {
			t.Fatalf("person: %+v, %v", p, err)
		}
		account, ok, err := c.WelfareAccount(ctx, crypt.Secret(id))
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			named++
			if h, err := c.Holder(ctx, account); err != nil || !h.Found || h.Holder == "" {
				t.Errorf("holder of a welfare account: %+v, %v", h, err)
			}
		}
		found++
	}
	if found == 0 || named == 0 || named == found {
		t.Errorf("%d people, %d welfare accounts; want some of each", found, named)
	}
	if p, err := c.Person(ctx, "000099999999"); err != nil || p.Found {
		t.Errorf("somebody nobody knows: %+v, %v", p, err)
	}
}
