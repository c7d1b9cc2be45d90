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
}

func TestPlantedBugsAreFound(t *testing.T) {
	for name, planted := range map[string]simtest.Planted{
		"a time-out is treated as not sent":        {Payout: payout.Planted{ResendOnTimeout: true}},
		"after a restart the journal is not asked": {Payout: payout.Planted{SendingBackToReady: true}},
		"the bank is called before the commit":     {Payout: payout.Planted{CallBeforeCommit: true}},
		"a statement's amount is not compared":     {Reconciliation: reconciliation.Planted{AmountNotCompared: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var mutex sync.Mutex
			var found *simtest.Finding
			each(t, 1, 300, func(t *testing.T, l *lane, seed uint64) bool {
				_, err := run(t, l, seed, planted)
				var one *simtest.Finding
				if !errors.As(err, &one) {
					return false
				}
				mutex.Lock()
				defer mutex.Unlock()
				found = one
				return true
			})
			if found == nil {
				t.Fatal("300 seeds do not find it")
			}
			t.Logf("seed %d finds it: %s %s", found.Seed, found.Oracle, found.Text)
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
