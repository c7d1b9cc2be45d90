package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"ansinh/bankadapters"
	"ansinh/internal/assembly"
	"ansinh/internal/audit"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reports/filing"
)

// channelRound asks for one round at one channel. It carries no time and no
// money: what is due stands in our own tables, so a job lost, doubled or late
// changes nothing.
type channelRound struct {
	Channel bankadapters.Key `json:"channel"`
}

// Kind is the job's name in River's tables.
func (channelRound) Kind() string { return "channel_round" }

// roundTimeout covers a submission of 10,000 payments at a slow bank.
const roundTimeout = 10 * time.Minute

// roundOver is what one round of this process came to.
type roundOver struct {
	job int64
	did int
	err error
}

// roundsOver tells those who asked for rounds which are over; several may wait.
type roundsOver struct {
	mu    sync.Mutex
	over  map[int64]roundOver
	heard chan struct{} // closed by the next round that is over
}

func newRoundsOver() *roundsOver {
	return &roundsOver{over: make(map[int64]roundOver), heard: make(chan struct{})}
}

// tell notes that a round is over and wakes whoever waits.
func (r *roundsOver) tell(one roundOver) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over[one.job] = one
	close(r.heard)
	r.heard = make(chan struct{})
}

// take removes from open what is over; heard is closed when there is more.
func (r *roundsOver) take(open map[int64]bool) (found []roundOver, heard <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range open {
		if one, ok := r.over[id]; ok {
			found = append(found, one)
			delete(r.over, id)
			delete(open, id)
		}
	}
	return found, r.heard
}

type channelWorker struct {
	river.WorkerDefaults[channelRound]
	works *assembly.Works
	over  *roundsOver // nil if nobody waits for the end of rounds
	log   *slog.Logger
}

// Work runs the round.
func (w *channelWorker) Work(ctx context.Context, job *river.Job[channelRound]) error {
	did, err := w.works.Round(ctx, job.Args.Channel)
	if w.over != nil {
		w.over.tell(roundOver{job.ID, did, err})
	}
	return err
}

// Timeout is how long a round may take before it is cancelled.
func (*channelWorker) Timeout(*river.Job[channelRound]) time.Duration { return roundTimeout }

// officeRound asks for what belongs to no channel: schedules and seals.
type officeRound struct{}

// Kind is the job's name in River's tables.
func (officeRound) Kind() string { return "office_round" }

type officeWorker struct {
	river.WorkerDefaults[officeRound]
	works *assembly.Works
	log   *slog.Logger
}

// Work runs the round. A head that cannot leave now, because a share is away,
// stops nothing; the doctor tells its age.
func (w *officeWorker) Work(ctx context.Context, _ *river.Job[officeRound]) error {
	err := office(ctx, w.works)
	if err == nil && w.works.AnchorDue() {
		if _, err := w.works.Anchor(ctx); err != nil {
			w.log.ErrorContext(ctx, "the day's head did not leave", "err", err)
		}
	}
	return err
}

// office releases what is due and seals what is committed.
func office(ctx context.Context, works *assembly.Works) error {
	now := works.Engine.Now()
	for {
		did, err := payout.StepSchedule(ctx, works.DB, now)
		if err != nil {
			return err
		}
		if !did {
			break
		}
	}
	if _, _, err := ledger.Seal(ctx, works.DB, now); err != nil {
		return err
	}
	_, err := audit.Seal(ctx, works.DB, 10_000)
	return err
}

// reportRound asks for the reports that people wait for. It is a job of its own:
// a workbook of a large batch takes minutes, and schedules wait for nobody.
type reportRound struct{}

// Kind is the job's name in River's tables.
func (reportRound) Kind() string { return "report_round" }

type reportWorker struct {
	river.WorkerDefaults[reportRound]
	works *assembly.Works
}

// Timeout is how long one report may take.
func (*reportWorker) Timeout(*river.Job[reportRound]) time.Duration { return reportTimeout }

// Work makes every report that was asked for.
func (w *reportWorker) Work(ctx context.Context, _ *river.Job[reportRound]) error {
	for {
		if did, err := filing.Step(ctx, w.works.DB, w.works.Engine.Now, ""); !did || err != nil {
			return err
		}
	}
}

// reportTimeout bounds a workbook of ten million payments.
const reportTimeout = time.Hour

// oneAtATime keeps a channel's rounds from piling up while one waits or runs.
func oneAtATime() *river.InsertOpts {
	return &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}}
}

// newRiver makes a client with workers for every channel. every is how often
// rounds are asked for; 0 asks for none. over hears of each round's end, or is nil.
func newRiver(works *assembly.Works, workers int, every time.Duration, over *roundsOver, log *slog.Logger) (*river.Client[pgx.Tx], error) {
	kinds := river.NewWorkers()
	river.AddWorker(kinds, &channelWorker{works: works, over: over, log: log})
	river.AddWorker(kinds, &officeWorker{works: works, log: log})
	river.AddWorker(kinds, &reportWorker{works: works})
	config := &river.Config{Schema: "river", Workers: kinds, Logger: log, FetchCooldown: time.Millisecond, FetchPollInterval: 500 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}, JobTimeout: roundTimeout,
		RescueStuckJobsAfter: roundTimeout + time.Minute, CompletedJobRetentionPeriod: time.Hour}
	if every > 0 {
		onStart := &river.PeriodicJobOpts{RunOnStart: true}
		for _, key := range works.Keys() {
			config.PeriodicJobs = append(config.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(every),
				func() (river.JobArgs, *river.InsertOpts) { return channelRound{key}, oneAtATime() }, onStart))
		}
		config.PeriodicJobs = append(config.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(every),
			func() (river.JobArgs, *river.InsertOpts) { return officeRound{}, oneAtATime() }, onStart),
			river.NewPeriodicJob(river.PeriodicInterval(every), func() (river.JobArgs, *river.InsertOpts) { return reportRound{}, oneAtATime() }, onStart))
	}
	return river.NewClient(riverpgxv5.New(works.Pool), config)
}

// stepper runs rounds at some channels until none of them has anything to do.
type stepper interface {
	settle(ctx context.Context, keys []bankadapters.Key) error
}

// inOrder calls the steps one after another on one goroutine: the same seed
// gives the same vouchers in the same order.
type inOrder struct{ works *assembly.Works }

func (s inOrder) settle(ctx context.Context, keys []bankadapters.Key) error {
	for _, key := range keys {
		for {
			did, err := s.works.Round(ctx, key)
			if err != nil {
				return fmt.Errorf("channel %s: %w", key, err)
			}
			if did == 0 {
				break
			}
		}
	}
	return nil
}

// byRiver inserts a job per channel and waits until all are over, whichever
// process worked them, again until they report that nothing was left. Several
// goroutines may settle at once.
type byRiver struct {
	works  *assembly.Works
	client *river.Client[pgx.Tx]
	over   *roundsOver
}

func (s byRiver) settle(ctx context.Context, keys []bankadapters.Key) error {
	for {
		if did, err := s.pass(ctx, keys); did == 0 || err != nil {
			return err
		}
	}
}

// strangerPoll is how often a round is looked up in River's table that this
// process has not heard of. Rounds worked here report themselves: waiting for
// River to record each would cost a tenth of a second a round, and a demo has
// thousands.
const strangerPoll = 250 * time.Millisecond

func (s byRiver) pass(ctx context.Context, keys []bankadapters.Key) (did int, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	// In one insert: River tells its fetcher of the first of many inserts only.
	var rounds []river.InsertManyParams
	for _, key := range keys {
		rounds = append(rounds, river.InsertManyParams{Args: channelRound{key}, InsertOpts: &river.InsertOpts{MaxAttempts: 1}})
	}
	jobs, err := s.client.InsertMany(ctx, rounds)
	if err != nil {
		return 0, fmt.Errorf("ask for rounds at %v: %w", keys, err)
	}
	open := make(map[int64]bool)
	for _, job := range jobs {
		open[job.Job.ID] = true
	}
	poll := time.NewTicker(strangerPoll)
	defer poll.Stop()
	for {
		found, heard := s.over.take(open)
		for _, r := range found {
			if r.err != nil {
				return did, fmt.Errorf("job %d: %w", r.job, r.err)
			}
			did += r.did
		}
		if len(open) == 0 {
			return did, nil
		}
		select {
		case <-ctx.Done():
			return did, ctx.Err()
		case <-heard:
		case <-poll.C:
			n, err := s.strangers(ctx, open)
			if err != nil {
				return did, err
			}
			did += n
		}
	}
}

// strangers takes from open what another process completed. What that round did
// is not known here, so each counts as one thing done and calls for another pass.
func (s byRiver) strangers(ctx context.Context, open map[int64]bool) (did int, err error) {
	for id := range open {
		job, err := s.client.JobGet(ctx, id)
		switch {
		case err != nil:
			return did, fmt.Errorf("job %d: %w", id, err)
		case job.State == rivertype.JobStateCompleted:
			delete(open, id)
			did++
		case job.State == rivertype.JobStateDiscarded || job.State == rivertype.JobStateCancelled:
			why := errors.New("it gave no reason")
			if n := len(job.Errors); n > 0 {
				why = errors.New(job.Errors[n-1].Error)
			}
			return did, fmt.Errorf("job %d: %w", id, why)
		}
	}
	return did, nil
}

// newStepper chooses how the demo's steps are called.
func (d *demo) newStepper(ctx context.Context) (stepper, error) {
	if d.options.workers == 1 {
		return inOrder{d.works}, nil
	}
	s := byRiver{works: d.works, over: newRoundsOver()}
	var err error
	if s.client, err = newRiver(d.works, d.options.workers, 0, s.over, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	if err := s.client.Start(ctx); err != nil {
		return nil, err
	}
	d.e.atEnd(func() error {
		stopping, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return s.client.StopAndCancel(stopping)
	})
	return s, nil
}
