package simtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// engineSteps are the steps a queue may call at any time, any number of times.
var engineSteps = []struct {
	name   string
	weight int
	call   func(*payout.Engine, context.Context, bankadapters.Key) (payout.Progress, error)
}{
	{"order", 5, (*payout.Engine).StepOrder},
	{"send", 8, (*payout.Engine).StepSend},
	{"inquire", 6, (*payout.Engine).StepInquire},
	{"resend", 6, (*payout.Engine).StepResend},
	{"recover", 4, (*payout.Engine).StepRecover},
	{"probe", 3, (*payout.Engine).StepProbe},
	{"expire", 1, (*payout.Engine).StepExpire},
}

const (
	weightReconcile = 10
	weightMail      = 4
	weightDay       = 2
)

// pick lets one actor do one thing.
func (s *Sim) pick() {
	total := weightMail + weightDay + s.options.People + s.options.Jumps
	workers := weightReconcile
	for _, step := range engineSteps {
		workers += step.weight
	}
	n := s.rng.IntN(total + workers)
	switch {
	case n < workers:
		s.actWorker(s.workers[s.rng.IntN(len(s.workers))])
	case n < workers+weightMail:
		s.post()
	case n < workers+weightMail+weightDay:
		s.closeDay()
		s.post()
	case n < workers+weightMail+weightDay+s.options.Jumps:
		s.Coverage.Faults["clock jump"]++
		s.advance(time.Duration(s.rng.IntN(600)) * time.Minute)
		s.trace("%s the clock jumped", s.clock())
	default:
		s.person()
	}
}

// actWorker lets one worker do one step for one channel.
func (s *Sim) actWorker(w *worker) {
	key := s.channels[s.rng.IntN(len(s.channels))]
	total := weightReconcile
	for _, step := range engineSteps {
		total += step.weight
	}
	n := s.rng.IntN(total)
	for _, step := range engineSteps {
		if n -= step.weight; n < 0 {
			s.engineStep(w, key, step.name, step.call)
			return
		}
	}
	s.reconcile(w, key)
}

func (s *Sim) engineStep(w *worker, key bankadapters.Key, name string, call func(*payout.Engine, context.Context, bankadapters.Key) (payout.Progress, error)) (did bool) {
	s.act(w, name+" "+string(key), func(ctx context.Context, w *worker) (string, error) {
		p, err := call(w.engine, ctx, key)
		if did = p.Did; !p.Did {
			return p.Waiting, err
		}
		s.Coverage.Steps[name]++
		return "done", err
	})
	if name == "order" && did {
		s.funded(key)
	}
	return did
}

func (s *Sim) reconcile(w *worker, key bankadapters.Key) (did bool) {
	s.act(w, "reconcile "+string(key), func(ctx context.Context, w *worker) (string, error) {
		n, err := w.settler.Step(ctx, key)
		if n == 0 {
			return "", err
		}
		did = true
		s.Coverage.Steps["reconcile"]++
		return fmt.Sprintf("%d lines or files", n), err
	})
	return did
}

// closeDay closes the day at every bank, a new one if today's is closed.
func (s *Sim) closeDay() {
	if today := calendar.DateOf(s.now); !s.closed.Before(today) && !s.closed.IsZero() {
		s.advance(s.closed.AddDays(1).At(8, 0).Sub(s.now))
	}
	today := calendar.DateOf(s.now)
	if evening := today.At(17, 0); s.now.Before(evening) && s.rng.IntN(2) == 0 {
		s.now = evening
	}
	s.closeBanks(today)
}

// person lets somebody of ours act: every act here is allowed at any time.
func (s *Sim) person() {
	key := s.channels[s.rng.IntN(len(s.channels))]
	switch s.rng.IntN(7) {
	case 0:
		s.passCanary(key)
	case 1:
		s.inTx("stop", func(ctx context.Context, tx pgx.Tx) error {
			return payout.Stop(ctx, tx, "thử", "truong phong", s.now)
		})
	case 2:
		s.resume()
	case 3:
		s.allowed("pause", payout.PauseBatch(s.ctx, s.db, s.batch, "thử", "truong phong", s.now))
	case 4:
		s.allowed("unpause", payout.ResumeBatch(s.ctx, s.db, s.batch, "thử", "truong phong", s.now))
	case 5:
		s.retry(s.payees[s.rng.IntN(len(s.payees))], s.channels[s.rng.IntN(len(s.channels))])
	case 6:
		s.withdraw()
	}
}

// passCanary lets the rest go without waiting for the proof of the first.
func (s *Sim) passCanary(key bankadapters.Key) {
	s.inTx("pass canary at "+string(key), func(ctx context.Context, tx pgx.Tx) error {
		return payout.PassCanary(ctx, tx, s.batch, key, "truong phong", s.now)
	})
}

// resume lifts a stop a person pulled, never one the engine pulled itself.
func (s *Sim) resume() {
	why, err := payout.Stopped(s.ctx, s.db)
	s.must("stopped", err)
	if why == "thử" {
		s.inTx("resume", func(ctx context.Context, tx pgx.Tx) error { return payout.Resume(ctx, tx, "", "truong phong", s.now) })
	}
}

// retry is a decision of two people; the engine refuses what must not be tried.
func (s *Sim) retry(p payee, key bankadapters.Key) bool {
	err := payout.DecideRetry(s.ctx, s.db, payout.RetryDecision{Batch: s.batch, Payments: []int64{p.no}, Channel: key, Reason: "chi lại",
		ByOne: "truong phong", ByTwo: "ke toan truong"}, s.now)
	return s.allowed(fmt.Sprintf("retry payment %d over %s", p.no, key), err)
}

const sqlAnyIntent = `SELECT no FROM payout.submission WHERE state = 'intent' AND fence = clear_fence ORDER BY no LIMIT 1`

func (s *Sim) withdraw() {
	var no int64
	err := s.db.QueryRow(s.ctx, sqlAnyIntent).Scan(&no)
	if errors.Is(err, pgx.ErrNoRows) {
		return
	}
	s.must("an intent", err)
	s.inTx(fmt.Sprintf("withdraw %d", no), func(ctx context.Context, tx pgx.Tx) error {
		return s.workers[0].engine.Withdraw(ctx, tx, no, "truong phong", "thử")
	})
}

// inTx runs a person's act in a transaction.
func (s *Sim) inTx(what string, act func(context.Context, pgx.Tx) error) {
	s.allowed(what, pgdb.InTx(s.ctx, s.db, act))
}

// allowed traces a person's act. A refusal in words is an answer, not a finding.
func (s *Sim) allowed(what string, err error) bool {
	var refused *errs.Error
	switch {
	case err == nil:
		s.Coverage.Steps["person: "+firstWord(what)]++
		s.trace("%s people: %s", s.clock(), what)
	case errors.As(err, &refused), errors.Is(err, ledger.ErrCollision):
		s.Coverage.Refused[errs.Code(err)]++
	default:
		s.fail("person's act", "%s: %v", what, err)
	}
	return err == nil
}

func firstWord(s string) string {
	for i, c := range s {
		if c == ' ' {
			return s[:i]
		}
	}
	return s
}
