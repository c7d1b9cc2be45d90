package simtest

import (
	"slices"
	"time"

	"ansinh/bankadapters/sandbox"
	"ansinh/ledger"
	"ansinh/payout"
)

const (
	movesMax    = 400 // steps of one channel without coming to rest
	attemptsMax = 8
)

// The first days after healing come one by one, and people try again what
// failed. Then days pass between two ends of day, until nothing can come back:
// returns take a week at most, and a provider decides every line in ten days.
var (
	busyDays   = []int{1, 1, 1}
	quietDays  = []int{1, 1}
	returnDays = []int{1, 2, 5}
	listDays   = []int{1, 4, 7}
)

// heal ends all faults and lets the world run until nothing moves: days close,
// statements come, doubts end, and for some days two people have everything
// tried again that the engine allows.
func (s *Sim) heal() {
	s.healed = true
	s.world.SetFaults(sandbox.Faults{})
	s.trace("%s the world heals", s.clock())
	s.resume()
	s.allowed("unpause", payout.ResumeBatch(s.ctx, s.db, s.batch, "thử", "truong phong", s.now))
	for _, key := range s.channels {
		s.passCanary(key)
	}
	for i, skip := range slices.Concat(busyDays, s.restDays()) {
		if s.finding != nil {
			return
		}
		s.healDay(skip, i < len(busyDays))
		s.always()
	}
}

// restDays is how long something may still come back in this seed.
func (s *Sim) restDays() []int {
	f, days := s.options.Faults, quietDays
	if f.Return > 0 || f.AccountUnknown > 0 || f.AccountClosed > 0 || len(s.options.Script.Payments) > 0 {
		days = returnDays
	}
	for _, key := range s.channels {
		if !isBank(key) {
			days = listDays
		}
	}
	return days
}

func (s *Sim) healDay(skip int, retry bool) {
	if morning := s.closed.AddDays(skip).At(9, 0); !s.closed.IsZero() && s.now.Before(morning) {
		s.advance(morning.Sub(s.now))
	}
	s.settle()
	if retry {
		s.retryAll()
	}
	// "Not known" can be relied on only some time after the sending.
	for _, wait := range []time.Duration{10 * time.Minute, 25 * time.Minute, 15 * time.Minute, time.Hour} {
		if !s.unfinished() {
			break
		}
		s.advance(wait)
		s.settle()
	}
	s.closeDay()
	s.post()
	s.settle()
}

const sqlUnfinished = `
SELECT EXISTS (SELECT 1 FROM payout.submission WHERE state IN ('intent', 'sending', 'accepted', 'unknown'))
    OR EXISTS (SELECT 1 FROM payout.retry WHERE submission IS NULL)
    OR EXISTS (SELECT 1 FROM payout.run WHERE next_no <= to_no)`

func (s *Sim) unfinished() (open bool) {
	s.must("unfinished", s.db.QueryRow(s.ctx, sqlUnfinished).Scan(&open))
	return open
}

// settle steps every channel until nothing moves.
func (s *Sim) settle() {
	busy := s.unfinished()
	for _, key := range s.channels {
		for moves := 0; s.finding == nil; moves++ {
			moved := false
			if busy {
				for _, step := range engineSteps {
					moved = s.engineStep(s.workers[0], key, step.name, step.call) || moved
				}
			}
			moved = s.reconcile(s.workers[0], key) || moved
			if !moved {
				break
			}
			if moves > movesMax {
				s.fail("O5", "channel %s never comes to rest", key)
			}
		}
	}
}

// retryAll has every payment tried again that failed.
func (s *Sim) retryAll() {
	at := s.positions()
	for _, p := range s.payees {
		if is := at[p.no]; is.State().Owed() && is.Attempt > 0 && is.Attempt < attemptsMax {
			s.retry(p, p.channel)
		}
	}
	s.settle()
}

func (s *Sim) positions() map[int64]ledger.Position {
	numbers := make([]int64, len(s.payees))
	for i, p := range s.payees {
		numbers[i] = p.no
	}
	at, err := ledger.Positions(s.ctx, s.db, s.batch, numbers)
	s.must("positions", err)
	return at
}
