package payout_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

// pausedPlan has every plan wait in the middle, after the rows were judged, for
// whoever holds the lock 178.
const pausedPlan = `
CREATE FUNCTION public.pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.pg_advisory_xact_lock(178); RETURN NULL; END $$;
GRANT USAGE ON SCHEMA public TO ansinh_engine;
GRANT EXECUTE ON FUNCTION public.pause() TO ansinh_engine;
CREATE TRIGGER pause AFTER INSERT ON payout.plan_row FOR EACH STATEMENT EXECUTE FUNCTION public.pause()`

const testPlanWaits = `SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND objid = 178 AND NOT granted`
const testListWaits = `SELECT count(*)::text FROM pg_locks WHERE locktype = 'relation' AND relation = 'registry.channel'::regclass AND NOT granted`

const testTwoWays = `
SELECT format('payment %s goes over %s to an account at %s', p.no, p.channel, p.bin)
  FROM payout.payment AS p JOIN payout.channel AS c ON c.key = p.channel WHERE p.bin <> c.bin ORDER BY p.no`

// A list of the next month that moves everybody to another bank is taken while this
// month is planned. Each payment goes the old way or the new one, not half of both.
func TestAListTakenWhileABatchIsPlannedMixesNoWays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.prepare()
	o.in(february)
	c := &commune{rng: rand.New(rand.NewPCG(178, 1))}
	for range 9 {
		c.add("")
	}
	o.takeMonth(c.whole(t))
	batch := o.declare(assistance, 9, 90_000_000)
	if err := pgtest.Superuser(t, o.db).PgConn().Exec(t.Context(), pausedPlan).Close(); err != nil {
		t.Fatal(err)
	}
	holder, err := o.db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Release()
	if _, err := holder.Exec(t.Context(), `SELECT pg_advisory_lock(178)`); err != nil {
		t.Fatal(err)
	}
	planned, taken := make(chan error, 1), make(chan struct{})
	go func() {
		_, err := payout.Plan(context.WithoutCancel(t.Context()), o.db, batch, payout.PlanOptions{Who: o.maker}, o.now)
		planned <- err
	}()
	until(t, func() bool { return o.rows(testPlanWaits)[0] == "1" })
	for i := range c.people {
		if c.people[i].account != "" {
			c.people[i].bank = "Ngân hàng Mẫu B"
		}
	}
	next := *o
	next.in(march)
	content := c.whole(t)
	go func() {
		defer close(taken)
		next.takeMonth(content)
	}()
	until(t, func() bool {
		select {
		case <-taken:
			return true
		default:
			return o.rows(testListWaits)[0] == "1"
		}
	})
	if _, err := holder.Exec(t.Context(), `SELECT pg_advisory_unlock(178)`); err != nil {
		t.Fatal(err)
	}
	if err := <-planned; err != nil {
		t.Fatal(err)
	}
	<-taken
	if got := o.rows(testTwoWays); len(got) > 0 {
		t.Errorf("%v", got)
	}
	if diff := cmp.Diff([]string{"A", "XA"}, o.rows(`SELECT DISTINCT channel FROM payout.payment ORDER BY 1`)); diff != "" {
		t.Errorf("channels of the month that was planned (-want +got):\n%s", diff)
	}
}

const testApprovalsWait = `SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND classid = 7211001 AND NOT granted`

// The first two approvals of a month come at once: each sees that there is no partition
// for the month's batches, and both are posted.
func TestTheFirstTwoApprovalsOfAMonthAtOnceAreBothPosted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var batches []ledger.BatchID
	for n := range int64(2) {
		batch := o.declare("TET26", 9, 9_000_000)
		o.plan(batch, o.list("TET26", baDinh, entry{n + 1, poor, "A", 0}))
		o.submit(batch)
		batches = append(batches, batch)
	}
	holder, err := o.db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Release()
	if _, err := holder.Exec(t.Context(), `SELECT pg_advisory_lock(7211001, $1)`, int32(batches[0]/1000)); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 2)
	for _, batch := range batches {
		go func() {
			_, err := payout.ApproveAll(context.WithoutCancel(t.Context()), o.db, batch, payout.SealWith(o.approver), o.now)
			errs <- err
		}()
	}
	until(t, func() bool { return o.rows(testApprovalsWait)[0] == "2" })
	if _, err := holder.Exec(t.Context(), `SELECT pg_advisory_unlock(7211001, $1)`, int32(batches[0]/1000)); err != nil {
		t.Fatal(err)
	}
	for range batches {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := o.rows(`SELECT count(*)::text FROM ledger.line WHERE batch <> 0`); got[0] != "2" {
		t.Errorf("%s payments are posted, want 2", got[0])
	}
}

// until asks again until it is so; the test's own limit ends what never is.
func until(t *testing.T, so func() bool) {
	t.Helper()
	for !so() {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
}
