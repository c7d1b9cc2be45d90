package simtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"ansinh/bankadapters"
	"ansinh/bankadapters/cashlist"
	"ansinh/bankadapters/iso20022"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// worker is one process of ours: an engine with its journal and breakers, and a
// reconciler. A crash ends all of it.
type worker struct {
	sim     *Sim
	slot    int
	name    string
	engine  *payout.Engine
	settler *reconciliation.Reconciler
	nonces  int
	busy    bool // inside a step: it cannot be its own rival
}

// crash is the death of a worker at a named point.
type crash struct{ point string }

// startWorker opens a new process in slot. Its journal's name is never used again.
func (s *Sim) startWorker(slot int) error {
	s.started++
	w := &worker{sim: s, slot: slot, name: fmt.Sprintf("worker-%d-%d", slot, s.started)}
	journal, err := payout.OpenJournal(s.dir, w.name)
	if err != nil {
		return err
	}
	db := pgdb.WithHooks(s.db, pgdb.Hooks{Commit: w.commit, Crash: w.at})
	clock := func() time.Time { return s.now }
	w.engine = &payout.Engine{DB: db, Keys: s.keys, Origin: s.origin, Now: clock, Journal: journal,
		Lines: map[bankadapters.Key]*payout.Line{}, Planted: s.planted.Payout}
	for _, key := range s.channels {
		if w.engine.Lines[key], err = w.line(key); err != nil {
			return err
		}
	}
	readers := reconciliation.Readers()
	readers[bankadapters.KindProviderResult] = func(r io.Reader) bankadapters.Reader { return cashlist.NewResultReader(r) }
	w.settler = &reconciliation.Reconciler{DB: db, Keys: s.keys, Random: s.random, Now: clock, Readers: readers, Spool: s.dir,
		ChunkMax: max(3, s.options.Payments/10), Planted: s.planted.Reconciliation}
	for len(s.workers) <= slot {
		s.workers = append(s.workers, nil)
	}
	s.workers[slot] = w
	return nil
}

func (w *worker) line(key bankadapters.Key) (*payout.Line, error) {
	s := w.sim
	profile := s.profile(key)
	id, secret, err := s.world.Key(string(key))
	if err != nil {
		return nil, err
	}
	signed, err := bankadapters.NewLine(bankadapters.LineConfig{BaseURL: "https://bank.invalid", KeyID: id, Key: secret,
		Now:       func() time.Time { return s.now },
		Nonce:     func() string { w.nonces++; return fmt.Sprintf("%s-nonce-%08d", w.name, w.nonces) },
		Transport: &road{sim: s, next: s.world.Transport(string(key))}}, profile)
	if err != nil {
		return nil, err
	}
	if profile.Rail == bankadapters.RailList {
		return &payout.Line{Bank: bankadapters.NewBreaker(cashlist.NewClient(signed, profile), profile, nil), Wire: cashlist.List{}, Profile: profile}, nil
	}
	return &payout.Line{Bank: bankadapters.NewBreaker(iso20022.NewClient(signed, profile), profile, nil), Wire: iso20022.Pain001{}, Profile: profile}, nil
}

// road is the network to a bank: sometimes not one byte leaves.
type road struct {
	sim  *Sim
	next http.RoundTripper
}

// RoundTrip sends, or fails before the first byte.
func (r *road) RoundTrip(q *http.Request) (*http.Response, error) {
	if r.sim.hit("no byte left", r.sim.options.Silent) {
		return nil, bankadapters.ErrNothingWritten
	}
	return r.next.RoundTrip(q)
}

// commit chooses the fate of one COMMIT of this worker.
func (w *worker) commit(context.Context) pgdb.CommitFault {
	s := w.sim
	for _, f := range commitFaults {
		if s.hit(f.name, s.options.Commit[f.fault]) {
			s.trace("  %s", f.name)
			return f.fault
		}
	}
	return pgdb.CommitHeard
}

var commitFaults = []struct {
	fault pgdb.CommitFault
	name  string
}{
	{pgdb.CommitRefused, "commit refused"}, {pgdb.CommitUnheard, "commit unheard"}, {pgdb.CommitLost, "commit lost"},
}

// at is called at every crash point of this worker. Here a process may die, or
// sleep while its claim runs out, or be overtaken by another one.
func (w *worker) at(point string) {
	s := w.sim
	if s.dieAt == point {
		s.dieAt = ""
		panic(crash{point})
	}
	if s.healed {
		return
	}
	if s.hit("crash at "+point, s.options.Crash[point]) {
		s.trace("  worker %d crashes at %q", w.slot, point)
		panic(crash{point})
	}
	if point == pgdb.PointBeforeCommit {
		return // its locks are held: whoever acts now would wait for ever
	}
	if s.hit("worker sleeps", s.options.Sleep) {
		s.advance(time.Duration(1+s.rng.IntN(20)) * time.Minute)
		s.trace("  worker %d slept until %s", w.slot, s.clock())
	}
	if s.depth < 2 && s.hit("rival acts", s.options.Rival) {
		if rival := s.workers[(w.slot+1)%len(s.workers)]; !rival.busy {
			s.depth++
			s.actWorker(rival)
			s.depth--
		}
	}
}

// act runs one step of a worker, and buries the worker if it crashed. An error
// that a worker may meet on a bad day is only traced; any other is a finding.
func (s *Sim) act(w *worker, what string, step func(context.Context, *worker) (string, error)) {
	did, err := s.guarded(w, step)
	switch {
	case err == nil:
	case errors.Is(err, pgdb.ErrCommitUnknown), errors.Is(err, pgdb.ErrRolledBack):
		did = "the database failed it"
	default:
		s.fail("step error", "worker %d, %s: %v", w.slot, what, err)
	}
	if did != "" {
		s.trace("%s worker %d %s: %s", s.clock(), w.slot, what, did)
	}
}

func (s *Sim) guarded(w *worker, step func(context.Context, *worker) (string, error)) (did string, err error) {
	w.busy = true
	defer func() {
		w.busy = false
		if p := recover(); p != nil {
			s.bury(w, p)
			did, err = "crashed", nil
		}
	}()
	return step(s.ctx, w)
}

// bury lets the journal of a crashed worker go, as the end of its process would,
// and starts a new one. Any other panic goes on.
func (s *Sim) bury(w *worker, p any) {
	died, ok := p.(crash)
	if !ok {
		panic(p)
	}
	s.Coverage.Crashes[died.point]++
	s.must("close the journal of a crashed worker", w.engine.Journal.Close())
	s.must("start a worker", s.startWorker(w.slot))
}
