package simtest

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// Stage plays a written case over the simulator's world: one act at a time, no
// chance. The first thing that goes wrong is kept and returned by Err.
type Stage struct{ sim *Sim }

// NewStage builds the world that options describe, and lets the funds arrive:
// the first bank day is closed and its statements are posted.
func NewStage(ctx context.Context, c Config) (*Stage, error) {
	sim, err := New(ctx, c)
	if err != nil {
		return nil, err
	}
	sim.healed = true // no chance
	g := &Stage{sim}
	g.Night()
	return g, g.Err()
}

// Sim is the run behind the stage, for its coverage and its end.
func (g *Stage) Sim() *Sim { return g.sim }

// Err is the first finding or failure so far.
func (g *Stage) Err() error {
	if g.sim.finding != nil {
		return g.sim.finding
	}
	return nil
}

// World is the banks, for faults and strays.
func (g *Stage) World() *sandbox.World { return g.sim.world }

// Wait lets time pass.
func (g *Stage) Wait(d time.Duration) { g.sim.advance(d) }

// Step calls one engine step, by the name the trace gives it, on the first worker.
func (g *Stage) Step(name string, key bankadapters.Key) bool {
	for _, step := range engineSteps {
		if step.name == name {
			return g.sim.engineStep(g.sim.workers[0], key, name, step.call)
		}
	}
	panic("simtest: no step " + name)
}

// DieAt lets the next worker that passes a crash point die there.
func (g *Stage) DieAt(point string) { g.sim.dieAt = point }

// Order forms and sends submissions until nothing more may be ordered.
func (g *Stage) Order(key bankadapters.Key) {
	for g.Err() == nil && (g.Step("order", key) || g.Step("send", key)) {
		continue
	}
}

// Reconcile posts everything that came from a channel, with all workers taking turns.
func (g *Stage) Reconcile(key bankadapters.Key) {
	for turn := 0; g.Err() == nil && g.sim.reconcile(g.sim.workers[turn%len(g.sim.workers)], key); turn++ {
		continue
	}
}

// Post lets the banks send their files and posts them, without a day's end.
func (g *Stage) Post() {
	g.sim.post()
	for _, key := range g.sim.channels {
		g.Reconcile(key)
	}
	g.sim.always()
}

// Night closes the bank day, posts its files, and begins the next morning.
func (g *Stage) Night() {
	g.sim.closeDay()
	g.Post()
	g.sim.advance(g.sim.closed.AddDays(1).At(8, 0).Sub(g.sim.now))
}

// Rest lets the world run as after a bad day, and asks all oracles.
func (g *Stage) Rest() error {
	g.sim.heal()
	if g.Err() == nil {
		g.sim.atRest()
	}
	return g.Err()
}

// Retry has two people try a payment again over a channel; false = refused.
func (g *Stage) Retry(no int64, key bankadapters.Key) bool {
	return g.sim.retry(g.sim.payees[no-1], key)
}

// Cancel has two people end the debt of a payment that was never sent.
func (g *Stage) Cancel(no int64) error {
	return payout.CancelUnsent(g.sim.ctx, g.sim.db, payout.Cancellation{Batch: g.sim.batch, Payments: []int64{no}, Reason: "thôi chi",
		ByOne: "truong phong", ByTwo: "ke toan truong"}, g.sim.now)
}

// PassCanary has a person let the rest go without waiting for the first proof.
func (g *Stage) PassCanary(key bankadapters.Key) { g.sim.passCanary(key) }

// Take gives a file to the intake, as a bank or provider would.
func (g *Stage) Take(key bankadapters.Key, kind bankadapters.Kind, name string, content []byte) error {
	_, err := g.sim.workers[0].settler.Intake(g.sim.ctx, reconciliation.FileIn{Channel: key, Kind: kind, Name: name, Body: bytes.NewReader(content),
		KeyID: string(key) + "-1", At: g.sim.now})
	return err
}

// Edit changes files of banks on their way to us.
func (g *Stage) Edit(edit func(bankadapters.Kind, []byte) []byte) { g.sim.edit = edit }

// Reference is the id of one attempt as it goes over the wire.
func (g *Stage) Reference(no int64, attempt int16) string {
	return string(g.sim.origin.EndToEnd(payout.Ref{Batch: g.sim.batch, Payment: no, Attempt: attempt}))
}

// Account is our paying account at a channel.
func (g *Stage) Account(key bankadapters.Key) string { return payingAccount(key) }

// States lists the payments in each money state.
func (g *Stage) States() map[ledger.State][]int64 {
	at := g.sim.positions()
	states := map[ledger.State][]int64{}
	for _, p := range g.sim.payees {
		states[at[p.no].State()] = append(states[at[p.no].State()], p.no)
	}
	return states
}

// Sums counts the payments and their đồng in each money state.
func (g *Stage) Sums() map[ledger.State]string {
	sums := map[ledger.State]string{}
	for state, list := range g.States() {
		var sum money.Amount
		for _, no := range list {
			sum += g.sim.payees[no-1].amount
		}
		sums[state] = fmt.Sprintf("%d of %s", len(list), sum.Exact())
	}
	return sums
}

// Balance is the debit balance of a role at a channel.
func (g *Stage) Balance(role ledger.Role, key bankadapters.Key) money.Amount {
	return g.sim.balance(role, ledger.Place(key))
}

// Total is the debit balance of a role everywhere.
func (g *Stage) Total(role ledger.Role) money.Amount { return g.sim.balance(role, ledger.AnyPlace) }

const sqlOpenBreaks = `
SELECT reason || ' ' || amount || CASE WHEN payment = 0 THEN '' ELSE ' of ' || payment END
  FROM reconciliation.break_item WHERE closed_at IS NULL ORDER BY id`

// Breaks lists the open breaks: reason, đồng, payment.
func (g *Stage) Breaks() []string {
	rows, _ := g.sim.db.Query(g.sim.ctx, sqlOpenBreaks)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	g.sim.must("breaks", err)
	return list
}

const sqlSubmissionStates = `SELECT state, count(*)::int FROM payout.submission GROUP BY state`

// Submissions counts submissions by state.
func (g *Stage) Submissions() map[payout.SubmissionState]int {
	rows, _ := g.sim.db.Query(g.sim.ctx, sqlSubmissionStates)
	counts := map[payout.SubmissionState]int{}
	var state payout.SubmissionState
	var n int
	_, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { counts[state] = n; return nil })
	g.sim.must("submissions", err)
	return counts
}

// Stopped is why dispatch is stopped everywhere, or "".
func (g *Stage) Stopped() string {
	why, err := payout.Stopped(g.sim.ctx, g.sim.db)
	g.sim.must("stopped", err)
	return why
}
