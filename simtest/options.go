package simtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// Options is what one seed's world is like. Each fault is off in about half of
// the seeds and wildly more or less frequent in the others, so that faults that
// hide each other also occur alone.
type Options struct {
	Channels []bankadapters.Key // where payments go first
	Payments int
	Held     int   // of these, approved and not given to any channel (the last ones)
	Base     int64 // payment n is of Base + n × Each đồng
	Each     int64
	Extra    int64 // đồng of others on each account: a bank that pays twice finds money for it
	Sections int
	CountMax int // payments of one submission
	Breaker  int // line faults that open a breaker
	Steps    int
	Gross    bool // bank C debits the whole sum and gives refusals back

	Faults sandbox.Faults
	Script sandbox.Script // what a bank does wrong by hand
	Crash  map[string]int // crash points: chance in a thousand
	Rival  int            // chance in a thousand that another worker acts at a point
	Sleep  int            // chance in a thousand that a worker sleeps at a point
	Commit [4]int         // chance in a thousand of each pgdb.CommitFault
	Silent int            // chance in a thousand that no byte of a request leaves
	Mail   Mail
	People int // weight of people's acts
	Jumps  int // weight of clock jumps
}

// Mail is what happens to a file on its way to us, chances in a thousand.
type Mail struct {
	Lost   int // we never see it; the bank tries again
	Unread int // we take it, the bank hears nothing and sends it again
	Later  int // it waits and is read in any order, some twice
}

// Points are the crash points of the money path. Each must be hit.
var Points = []string{
	payout.PointIntentCommitted, payout.PointClaimed, payout.PointJournalled, payout.PointSent, payout.PointRecorded,
	pgdb.PointBeforeCommit, pgdb.PointAfterCommit, reconciliation.PointChunkPosted,
}

// chance is zero in half of the draws, else between 1 and max, small ones more
// often.
func chance(r *rand.Rand, max int) int {
	if r.IntN(2) == 0 {
		return 0
	}
	return 1 + int(float64(max-1)*r.Float64()*r.Float64())
}

// Draw makes the options of one seed.
func Draw(r *rand.Rand) Options {
	o := Options{Payments: 8 + r.IntN(7), Base: 300_000, Each: 1_000, Sections: 1 + r.IntN(2), Steps: 80 + r.IntN(120),
		CountMax: []int{1, 2, 3, 5, 10_000}[r.IntN(5)], Breaker: 2 + r.IntN(6), Gross: r.IntN(3) == 0, Crash: map[string]int{}}
	o.Channels = drawChannels(r)
	if r.IntN(4) > 0 {
		o.Extra = 50_000_000
	}
	f := &o.Faults
	for _, rate := range []*sandbox.Rate{&f.Unavailable, &f.DropBefore, &f.DropAfter, &f.Late, &f.Slow} {
		*rate = sandbox.Rate(chance(r, 6_000))
	}
	f.RefuseWhole = sandbox.Rate(chance(r, 3_000))
	for _, rate := range []*sandbox.Rate{&f.Reject, &f.Wait, &f.Return, &f.LostLine, &f.BadStatement, &f.Unpaid} {
		*rate = sandbox.Rate(chance(r, 4_000))
	}
	for _, rate := range []*sandbox.Rate{&f.Double, &f.AccountUnknown, &f.AccountClosed} {
		*rate = sandbox.Rate(chance(r, 3_000))
	}
	for _, key := range o.Channels {
		if n := chance(r, 12); n > 0 {
			f.Outages = append(f.Outages, sandbox.Outage{Bank: string(key), From: 1 + r.IntN(10), Count: n})
		}
	}
	o.drawScript(r)
	for _, point := range Points {
		o.Crash[point] = chance(r, 700)
	}
	for _, point := range []string{pgdb.PointBeforeCommit, pgdb.PointAfterCommit, reconciliation.PointChunkPosted} {
		o.Crash[point] /= 20 // these are passed all the time
	}
	o.Rival, o.Sleep = chance(r, 300), chance(r, 100)
	for _, fault := range []pgdb.CommitFault{pgdb.CommitRefused, pgdb.CommitUnheard, pgdb.CommitLost} {
		o.Commit[fault] = chance(r, 80)
	}
	o.Silent = chance(r, 600)
	o.Mail = Mail{Lost: chance(r, 300), Unread: chance(r, 300), Later: chance(r, 600)}
	o.People, o.Jumps = chance(r, 12), chance(r, 8)
	return o
}

func drawChannels(r *rand.Rand) []bankadapters.Key {
	all := []bankadapters.Key{"A", "A", "A", "B", "B", "C", "E", "E", "P1", "P2"}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var list []bankadapters.Key
	for _, key := range all[:1+r.IntN(3)] {
		if !slices.Contains(list, key) {
			list = append(list, key)
		}
	}
	return list
}

// drawScript adds what only people at a bank can do wrong.
func (o *Options) drawScript(r *rand.Rand) {
	for range chance(r, 3) {
		n := 1 + r.IntN(o.Payments)
		fate := sandbox.Fate{}
		switch r.IntN(3) {
		case 0:
			fate.Amount = int64(o.amountOf(n)) + 1 + r.Int64N(50_000)
		case 1:
			fate.ReturnDays, fate.ReturnCode, fate.ReturnFee = 1+r.IntN(3), "AC04", 1_100
		case 2:
			fate.NoNoticeID = true
		}
		o.Script.Payments = append(o.Script.Payments, sandbox.ScriptedPayment{Amount: int64(o.amountOf(n)), Fate: fate})
	}
	for range chance(r, 3) {
		key := o.Channels[r.IntN(len(o.Channels))]
		stray := sandbox.Stray{Bank: string(key), Credit: r.IntN(2) == 0, Amount: 1 + r.Int64N(90_000), Text: "khong ro", OnClose: 1 + r.IntN(3)}
		if isBank(key) {
			o.Script.Strays = append(o.Script.Strays, stray)
		}
	}
}

// String shows the faults that are on, for the head of a trace.
func (o Options) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "channels %v, %d payments in %d sections, at most %d a submission, %d steps, gross %t\n",
		o.Channels, o.Payments, o.Sections, o.CountMax, o.Steps, o.Gross)
	fmt.Fprintf(&b, "bank faults %+v\nscript %+v\n", o.Faults, o.Script)
	fmt.Fprintf(&b, "crash %v, rival %d, sleep %d, commit %v, silent %d, mail %+v, people %d, jumps %d",
		o.Crash, o.Rival, o.Sleep, o.Commit, o.Silent, o.Mail, o.People, o.Jumps)
	return b.String()
}
