package simtest_test

import (
	"errors"
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"ansinh/internal/pgtest"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/simtest"
)

var (
	seedFlag  = flag.Uint64("seed", 1, "first seed")
	seedsFlag = flag.Uint64("seeds", 300, "how many seeds")
	tableFlag = flag.Uint64("table", 0, "count the findings of every planted bug over this many seeds")
)

func TestEveryQueryPrepares(t *testing.T) { t.Parallel(); pgtest.PrepareAll(t, ".") }

// run runs one seed in a lane.
func run(t *testing.T, l *lane, seed uint64, planted simtest.Planted) (s *simtest.Sim, found error) {
	t.Helper()
	s, err := simtest.New(t.Context(), simtest.Config{Seed: seed, DB: l.db, Dir: t.TempDir(), Planted: planted})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	found = s.Run()
	if err := s.Close(); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	if err := l.empty(t.Context()); err != nil {
		t.Fatalf("after seed %d: %v", seed, err)
	}
	return s, found
}

const atOnce = 2 // seeds, on the two cores of a small machine

// each runs seeds until one of them says stop.
func each(t *testing.T, first, count uint64, do func(t *testing.T, l *lane, seed uint64) (stop bool)) {
	var next atomic.Uint64
	var stopped atomic.Bool
	next.Store(first)
	var lanes sync.WaitGroup
	for range atOnce {
		l := newLane(t)
		lanes.Go(func() {
			for !stopped.Load() {
				seed := next.Add(1) - 1
				if seed >= first+count {
					return
				}
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					if do(t, l, seed) {
						stopped.Store(true)
					}
				})
			}
		})
	}
	lanes.Wait()
}

func TestSeeds(t *testing.T) {
	coverage := simtest.NewCoverage()
	var mutex sync.Mutex
	failures := 0
	each(t, *seedFlag, *seedsFlag, func(t *testing.T, l *lane, seed uint64) bool {
		s, found := run(t, l, seed, simtest.Planted{})
		mutex.Lock()
		defer mutex.Unlock()
		coverage.Add(s.Coverage)
		if found != nil {
			t.Error(found)
			failures++
		}
		return failures >= 3
	})
	t.Logf("coverage of %d seeds:\n%s", coverage.Runs, coverage)
	if *seedFlag == 1 && *seedsFlag >= 300 && failures == 0 {
		for _, missing := range coverage.Missing(mustHit()) {
			t.Errorf("no seed met %q", missing)
		}
	}
}

// mustHit is what a few hundred seeds have to meet. A simulator that never got
// there has shown nothing about it.
func mustHit() []string {
	must := []string{
		"fault: clock jump", "fault: commit lost", "fault: commit refused", "fault: commit unheard", "fault: file late", "fault: file lost",
		"fault: file read twice", "fault: no byte left", "fault: receipt lost", "fault: rival acts", "fault: worker sleeps",
		"step: order", "step: send", "step: inquire", "step: resend", "step: recover", "step: expire", "step: reconcile",
		"step: person: stop", "step: person: resume", "step: person: pause", "step: person: unpause", "step: person: pass",
		"step: person: retry", "step: person: withdraw",
		"file: camt.053 taken", "file: camt.053 refused FILE-BALANCE", "file: camt.054 taken", "file: pain.002 taken", "file: provider-result taken",
		"refusal: PAYOUT-DECIDED", "refusal: PAYOUT-NEVER-TRIED", "refusal: PAYOUT-NOT-OWED", "refusal: PAYOUT-OPEN-CLAIM",
		"answer: status known=false ", "answer: status known=true ", "answer: submit accepted ", "answer: submit not_sent ",
		"answer: submit refused MS03", "answer: submit unknown ",
		"movement: approved", "movement: ordered", "movement: withdrawn", "movement: paid", "movement: paid_sent", "movement: rejected",
		"movement: not_executed", "movement: returned", "movement: listed", "movement: list_paid", "movement: list_unpaid",
		"bank: credited", "bank: rejected", "bank: returned", "bank: doubled", "bank: entry bulk", "bank: entry return", "bank: entry stray",
	}
	for _, point := range simtest.Points {
		must = append(must, "crash: "+point)
	}
	return must
}

// plantedBugs are engines that are wrong on purpose.
var plantedBugs = []struct {
	name    string
	planted simtest.Planted
}{
	{"a time-out is treated as not sent", simtest.Planted{Payout: payout.Planted{ResendOnTimeout: true}}},
	{"after a restart the journal is not asked", simtest.Planted{Payout: payout.Planted{SendingBackToReady: true}}},
	{"the bank is called before the commit", simtest.Planted{Payout: payout.Planted{CallBeforeCommit: true}}},
	{"the amount of a statement is not compared", simtest.Planted{Reconciliation: reconciliation.Planted{AmountNotCompared: true}}},
}

// plantedMax is within how many seeds each planted bug must be found.
const plantedMax = 300

// Only what an oracle says counts, not that a wrong engine stumbled over itself.
// With -table=N all of N seeds are run and counted.
func TestPlantedBugsAreFound(t *testing.T) {
	for _, bug := range plantedBugs {
		t.Run(bug.name, func(t *testing.T) {
			var mutex sync.Mutex
			oracles := map[string]int{}
			var first *simtest.Finding
			seeds := uint64(plantedMax)
			if *tableFlag > 0 {
				seeds = *tableFlag
			}
			found := 0
			each(t, 1, seeds, func(t *testing.T, l *lane, seed uint64) bool {
				_, err := run(t, l, seed, bug.planted)
				var one *simtest.Finding
				if !errors.As(err, &one) || !one.ByOracle() {
					return false
				}
				mutex.Lock()
				defer mutex.Unlock()
				found++
				oracles[one.Oracle]++
				if first == nil || one.Seed < first.Seed {
					first = one
				}
				return *tableFlag == 0
			})
			if first == nil {
				t.Fatalf("%d seeds do not find it", seeds)
			}
			t.Logf("seed %d finds it: %s %s", first.Seed, first.Oracle, first.Text)
			if *tableFlag > 0 {
				t.Logf("| %s | %d of %d | %d | %v |", bug.name, found, seeds, first.Seed, oracles)
			}
		})
	}
}

// O11: a failure that cannot be repeated cannot be mended.
func TestSameSeedSameTrace(t *testing.T) {
	t.Parallel()
	l := newLane(t) // the second run finds what the first left of its database
	for _, seed := range []uint64{3, 8} {
		first, _ := run(t, l, seed, simtest.Planted{})
		second, _ := run(t, l, seed, simtest.Planted{})
		if first.Hash() != second.Hash() {
			t.Errorf("seed %d: two runs have two traces", seed)
		}
	}
}
