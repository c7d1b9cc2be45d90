package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/assembly"
	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// days lets the demo's time pass: everything that is due is done, then the clock
// moves to the next thing that will be. At 17:00 the banks close their day and
// post their files.
func (d *demo) days(ctx context.Context) error {
	due := d.works.Keys()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.settle(ctx, due); err != nil {
			return err
		}
		now := d.now()
		today := calendar.DateOf(now)
		open := d.state.Closed.IsZero() || d.state.Closed.Before(today)
		if open && !now.Before(today.At(bankDayEnds, 0)) {
			if err := d.closeDay(ctx, today); err != nil {
				return fmt.Errorf("day %s: %w", today, err)
			}
			due = d.works.Keys()
			continue
		}
		if !open && !today.Before(demoLastDay) {
			return nil
		}
		decided, err := d.decide(ctx, now)
		if err != nil {
			return err
		}
		if decided {
			due = d.works.Keys()
			continue
		}
		var next time.Time
		if next, due, err = d.nextDue(ctx, now); err != nil {
			return err
		}
		if err := d.e.clock.Set(next); err != nil {
			return err
		}
		d.progress.step(today.DaysSince(demoFirstDay), demoLastDay.DaysSince(demoFirstDay), next.In(calendar.Zone).Format("02/01 15:04"))
	}
}

// settle runs every step at the channels until none has anything to do at this
// time, then seals.
func (d *demo) settle(ctx context.Context, keys []bankadapters.Key) error {
	for {
		released, err := payout.StepSchedule(ctx, d.works.DB, d.now())
		if err != nil {
			return err
		}
		if released {
			keys = d.works.Keys()
		}
		if err := d.steps.settle(ctx, keys); err != nil {
			return err
		}
		uploaded, err := d.clerk(ctx)
		if err != nil {
			return err
		}
		if !released && uploaded == 0 {
			return d.seals(ctx)
		}
	}
}

// seals chains what was committed: vouchers, and who did what.
func (d *demo) seals(ctx context.Context) error {
	if _, _, err := ledger.Seal(ctx, d.works.DB, d.now()); err != nil {
		return err
	}
	for {
		n, err := audit.Seal(ctx, d.works.DB, 10_000)
		if n == 0 || err != nil {
			return err
		}
	}
}

// closeDay has all banks close their day and post their files over HTTP, signed,
// and has what they say posted.
func (d *demo) closeDay(ctx context.Context, day calendar.Date) error {
	sent, err := d.evening(ctx, day)
	if err != nil {
		return err
	}
	if sent.Waiting > 0 {
		return fmt.Errorf("%d files of the banks found no definite answer", sent.Waiting)
	}
	if err := d.settle(ctx, d.works.Keys()); err != nil {
		return err
	}
	if err := d.conclude(ctx); err != nil {
		return err
	}
	if _, err := d.works.Anchor(ctx); err != nil {
		return err
	}
	d.progress.say("    %s: %d files taken, %d refused", day, sent.Taken, sent.Refused)
	d.state.Closed = day
	return d.state.save()
}

// evening is the end of the day at every bank. One goroutine's demo takes them in
// turn, so that files get the same numbers in every run; else as many banks as there
// are workers close at once, the ones with most payments first, and what each says is
// posted while others still send.
func (d *demo) evening(ctx context.Context, day calendar.Date) (sandbox.Delivered, error) {
	if d.options.workers == 1 {
		return d.eveningAt(ctx, "", day)
	}
	keys, err := d.heaviestFirst(ctx)
	if err != nil {
		return sandbox.Delivered{}, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(d.options.workers)
	all := make([]sandbox.Delivered, len(keys))
	for i, key := range keys {
		group.Go(func() error {
			var err error
			if all[i], err = d.eveningAt(ctx, string(key), day); err != nil {
				return fmt.Errorf("bank %s: %w", key, err)
			}
			return d.steps.settle(ctx, []bankadapters.Key{key})
		})
	}
	if err := group.Wait(); err != nil {
		return sandbox.Delivered{}, err
	}
	var sum sandbox.Delivered
	for _, one := range all {
		sum.Taken, sum.Refused, sum.Waiting = sum.Taken+one.Taken, sum.Refused+one.Refused, sum.Waiting+one.Waiting
	}
	return sum, nil
}

// eveningAt is the end of the day at one bank, or with "" at all.
func (d *demo) eveningAt(ctx context.Context, bank string, day calendar.Date) (sandbox.Delivered, error) {
	if err := d.banks.closeDay(ctx, bank, day.String()); err != nil {
		return sandbox.Delivered{}, err
	}
	if !day.Before(demoLastDay) {
		// Asked for, beside those of every seventh day, so that they reach past the due date.
		if err := d.banks.withdrawals(ctx, bank, day.String()); err != nil {
			return sandbox.Delivered{}, err
		}
	}
	return d.banks.deliver(ctx, bank, d.callback)
}

const sqlDemoHeavy = `
SELECT c.key
  FROM payout.channel AS c
  LEFT JOIN payout.run AS r ON r.channel = c.key AND r.batch = @batch
 GROUP BY c.key, c.ordinal
 ORDER BY coalesce(sum(r.count), 0) DESC, c.ordinal`

// heaviestFirst lists the channels by their payments: who has most works longest,
// and beginning with him lets the others fill the time.
func (d *demo) heaviestFirst(ctx context.Context) ([]bankadapters.Key, error) {
	rows, _ := d.works.DB.Query(ctx, sqlDemoHeavy, batchArgs(d.batch()))
	keys, err := pgx.CollectRows(rows, pgx.RowTo[bankadapters.Key])
	if err != nil {
		return nil, fmt.Errorf("channels by payments: %w", err)
	}
	return keys, nil
}

const sqlDemoOpen = `SELECT no FROM payout.submission WHERE batch = @batch AND state IN ('accepted', 'unknown') ORDER BY no`

// conclude asks of every open submission whether complete statements and the
// bank's word together show that it was never executed.
func (d *demo) conclude(ctx context.Context) error {
	rows, _ := d.works.DB.Query(ctx, sqlDemoOpen, batchArgs(d.batch()))
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, no := range list {
		if _, err := d.works.Reconciler.FindNotExecuted(ctx, no); err != nil {
			return err
		}
	}
	return nil
}

const sqlDemoNext = `
SELECT t.channel, t.urgent, min(t.at)
  FROM (SELECT s.channel, s.state <> 'accepted' AS urgent, s.next_look AS at
          FROM payout.submission AS s WHERE s.state IN ('intent', 'unknown', 'accepted')
        UNION ALL SELECT s.channel, true, s.claim_until FROM payout.submission AS s WHERE s.state = 'sending'
        UNION ALL SELECT g.channel, true, g.next_probe FROM payout.bank_gate AS g WHERE g.state = 'tripped'
        UNION ALL SELECT '', true, c.due_at FROM payout.schedule AS c WHERE c.done_at IS NULL) AS t
 WHERE t.at > @now
 GROUP BY t.channel, t.urgent
 ORDER BY t.channel, t.urgent`

// nextDue is the next time at which anything can be due (an inquiry, a claim
// that runs out, a probe, a pay time, a person's decision, the banks' evening)
// and the channels where steps are due then.
func (d *demo) nextDue(ctx context.Context, now time.Time) (time.Time, []bankadapters.Key, error) {
	today := calendar.DateOf(now)
	evening := today.At(bankDayEnds, 0)
	if !d.state.Closed.Before(today) {
		evening = today.AddDays(1).At(bankDayEnds, 0)
	}
	next := evening
	if at := demoRetryDay.At(9, 0); at.After(now) && at.Before(next) {
		next = at
	}
	at := map[bankadapters.Key]time.Time{}
	rows, _ := d.works.DB.Query(ctx, sqlDemoNext, pgx.NamedArgs{"now": now})
	var key bankadapters.Key
	var urgent bool
	var due time.Time
	_, err := pgx.ForEachRow(rows, []any{&key, &urgent, &due}, func() error {
		due = officeTime(due, urgent)
		if known, ok := at[key]; !ok || due.Before(known) {
			at[key] = due
		}
		if due.Before(next) {
			next = due
		}
		return nil
	})
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("what is due next: %w", err)
	}
	var keys []bankadapters.Key
	for _, key := range d.works.Keys() {
		if due, ok := at[key]; ok && !due.After(next) {
			keys = append(keys, key)
		}
	}
	return next, keys, nil
}

// officeTime rounds up to the time at which a step that is due then is called.
// What nobody knows the fate of is asked about within five minutes, because some
// banks forget within the hour. What a bank has accepted is asked about every three
// hours, and never at night: a worker would ask every hour, and each answer of ten
// thousand lines would say what the evening's statement proves.
func officeTime(due time.Time, urgent bool) time.Time {
	day := calendar.DateOf(due)
	every := 3 * time.Hour
	if urgent {
		every = 5 * time.Minute
	}
	at := due.Truncate(every)
	if at.Before(due) {
		at = at.Add(every)
	}
	switch {
	case urgent:
	case at.Before(day.At(7, 0)):
		return day.At(7, 0)
	case at.After(day.At(bankDayEnds+2, 0)):
		return day.AddDays(1).At(7, 0)
	}
	return at
}

// decide is what people do that no step does: on one morning two of them have
// half of what failed tried again, and all that was proved never executed. What bounced for its account stays owed.
func (d *demo) decide(ctx context.Context, now time.Time) (bool, error) {
	passed, err := d.passCanaries(ctx, now)
	if err != nil || now.Before(demoRetryDay.At(9, 0)) {
		return passed, err
	}
	rows, _ := d.works.DB.Query(ctx, sqlDemoFailed, batchArgs(d.batch()))
	failed, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return passed, fmt.Errorf("what failed: %w", err)
	}
	if len(failed) == 0 {
		return passed, nil
	}
	err = payout.DecideRetry(ctx, d.works.DB, payout.RetryDecision{Batch: d.batch(), Payments: failed, Reason: "Đã gọi điện xác nhận tài khoản (giả lập)",
		ByOne: assembly.Accountant, ByTwo: assembly.Controller}, now)
	if err != nil {
		return passed, err
	}
	d.progress.say("    %d payments that failed are tried again, decided by two people", len(failed))
	return true, nil
}

const sqlDemoCanaries = `
SELECT c.channel
  FROM payout.canary AS c
  JOIN payout.channel AS k ON k.key = c.channel
 WHERE c.batch = @batch AND c.passed_at IS NULL AND (k.kind = 'provider' OR (k.profile ->> 'bulk_booking')::boolean)
   AND EXISTS (SELECT 1 FROM payout.attempt AS a
                 JOIN ledger.line AS l ON l.batch = a.batch AND l.payment = a.payment AND l.about = a.attempt
                 JOIN ledger.leg AS g ON g.id = l.leg
                WHERE a.submission = c.submission AND g.state = 'paid')
   AND EXISTS (SELECT 1 FROM payout.run AS r WHERE r.batch = c.batch AND r.channel = c.channel AND r.next_no <= r.to_no)
 ORDER BY c.channel`

// passCanaries is the accountant's word: a provider's results and the single
// proofs of a bank that debits in bulk never stand on a statement, so a person
// who has seen the first ones lets the rest go.
func (d *demo) passCanaries(ctx context.Context, now time.Time) (bool, error) {
	rows, _ := d.works.DB.Query(ctx, sqlDemoCanaries, batchArgs(d.batch()))
	keys, err := pgx.CollectRows(rows, pgx.RowTo[bankadapters.Key])
	if err != nil {
		return false, fmt.Errorf("canaries: %w", err)
	}
	for _, key := range keys {
		err := pgdb.InTx(ctx, d.works.DB, func(ctx context.Context, tx pgx.Tx) error {
			return payout.PassCanary(ctx, tx, d.batch(), key, assembly.Accountant, now)
		})
		if err != nil {
			return false, err
		}
		d.progress.say("    %s: first results seen, the rest goes", key)
	}
	return len(keys) > 0, nil
}

// sqlDemoFailed chooses once: nothing more after the first decision.
const sqlDemoFailed = `
SELECT p.no
  FROM payout.payment AS p
 CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                      WHERE l.batch = p.batch AND l.payment = p.no ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
  JOIN payout.channel AS c ON c.key = p.channel
 WHERE p.batch = @batch AND c.kind = 'bank'
   AND (g.state = 'not_executed' OR g.state IN ('rejected', 'returned') AND p.no % 2 = 0)
   AND NOT EXISTS (SELECT 1 FROM payout.retry AS r WHERE r.batch = @batch)
   AND NOT EXISTS (SELECT 1 FROM payout.exception AS x
                    WHERE x.batch = p.batch AND x.payment = p.no AND x.closed_at IS NULL)
 ORDER BY p.no`

// close signs every bank day that agrees, and the batch if nothing is open.
func (d *demo) close(ctx context.Context) error {
	by := reconciliation.Signers{One: assembly.Accountant, Two: assembly.Controller}
	closed, open := 0, 0
	for _, a := range d.installation.Accounts() {
		for day := demoFirstDay; a.Bank && !day.After(demoLastDay); day = day.AddDays(1) {
			ok, err := d.closeBankDay(ctx, a.Channel, a.Account, day, by)
			if err != nil {
				return err
			}
			if ok {
				closed++
			} else {
				open++
			}
		}
	}
	d.progress.say("    %d bank days closed with two signatures, %d left open", closed, open)
	err := pgdb.InTx(ctx, d.works.DB, func(ctx context.Context, tx pgx.Tx) error {
		return reconciliation.CloseBatch(ctx, tx, d.batch(), by, d.now())
	})
	if isRefusal(err) {
		d.progress.say("    the batch stays open: %v", sentence(err))
		return nil
	}
	return err
}

func (d *demo) closeBankDay(ctx context.Context, key bankadapters.Key, account string, date calendar.Date, by reconciliation.Signers) (bool, error) {
	day, err := reconciliation.BankDayOf(ctx, d.works.DB, key, account, date)
	if errors.Is(err, reconciliation.ErrNoStatement) {
		return false, nil
	}
	if err != nil || day.Closed {
		return day.Closed, err
	}
	if day.Difference() != 0 || day.Unposted > 0 {
		d.progress.say("    %s %s: our book %s, the bank's %s", key, date, day.Ours, day.Theirs)
		return false, nil
	}
	err = pgdb.InTx(ctx, d.works.DB, func(ctx context.Context, tx pgx.Tx) error {
		return reconciliation.CloseBankDay(ctx, tx, day, 0, "", by, d.now())
	})
	return err == nil, err
}
