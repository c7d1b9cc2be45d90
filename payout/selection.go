package payout

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/ledger"
)

// A closed batch has nothing left but what came back later and two people decided
// to try again.
const sqlReadyBatches = `
SELECT b.id, b.paused, b.pause_why
  FROM payout.batch AS b
 WHERE b.released_at IS NOT NULL
   AND (b.closed_at IS NULL AND EXISTS (SELECT 1 FROM payout.run AS r JOIN payout.section AS s ON s.batch = r.batch AND s.no = r.section
                 WHERE r.batch = b.id AND r.channel = @channel AND r.next_no <= r.to_no AND s.state IN ('approved', 'released'))
     OR EXISTS (SELECT 1 FROM payout.retry AS t WHERE t.batch = b.id AND t.channel = @channel AND t.submission IS NULL))
 ORDER BY b.released_at, b.id`

const sqlShareBatch = sqlBatch + ` FOR SHARE OF b`

const sqlIntentBatches = `
SELECT b.id, b.paused, b.pause_why
  FROM payout.batch AS b
 WHERE b.id IN (SELECT s.batch FROM payout.submission AS s WHERE s.channel = @channel AND s.state = 'intent')
 ORDER BY b.id`

type readyBatch struct {
	ID       ledger.BatchID
	Paused   bool
	PauseWhy string
}

func (o *order) batches(ctx context.Context, sql string) ([]readyBatch, error) {
	rows, _ := o.tx.Query(ctx, sql, pgx.NamedArgs{"channel": o.channel.Key})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[readyBatch])
	if err != nil {
		return nil, fmt.Errorf("ready batches: %w", err)
	}
	return list, nil
}

// allWait notes one reason for every batch with something to order or to send.
func (o *order) allWait(ctx context.Context, reason WaitReason, why string) error {
	list, err := o.batches(ctx, sqlReadyBatches)
	if err != nil {
		return err
	}
	for _, b := range list {
		o.wait(b.ID, reason, why)
	}
	return o.intentsWait(ctx, func(readyBatch) (WaitReason, string) { return reason, why })
}

// intentsWait notes, at the end of a look, the reason of batches that have
// nothing to order but something ordered and unsent. It ends the look.
func (o *order) intentsWait(ctx context.Context, reason func(readyBatch) (WaitReason, string)) error {
	o.seenAll = true
	list, err := o.batches(ctx, sqlIntentBatches)
	if err != nil {
		return err
	}
	for _, b := range list {
		if why, detail := reason(b); why != "" && !slices.ContainsFunc(o.waits, func(w Wait) bool { return w.Batch == b.ID }) {
			o.wait(b.ID, why, detail)
		}
	}
	return nil
}

// pick finds the next batch with payments that may be ordered here and reads
// them. What the others wait for is noted; a batch that waits hides none behind it.
func (o *order) pick(ctx context.Context) (found bool, err error) {
	list, err := o.batches(ctx, sqlReadyBatches)
	if err != nil {
		return false, err
	}
	for _, b := range list {
		if found, err := o.try(ctx, b); found || err != nil {
			return found, err
		}
	}
	return false, o.intentsWait(ctx, func(b readyBatch) (WaitReason, string) {
		if b.Paused {
			return WaitPaused, b.PauseWhy
		}
		return "", ""
	})
}

// try reads what one batch may order, or notes what it waits for.
func (o *order) try(ctx context.Context, b readyBatch) (found bool, err error) {
	o.seen[b.ID] = true
	if why, past := o.passed[b.ID]; past {
		o.wait(b.ID, why.Reason, why.Detail)
		return false, nil
	}
	if o.batch, err = oneBatch(ctx, o.tx, sqlShareBatch, b.ID); err != nil {
		return false, err
	}
	if o.batch.Paused { // read under its lock: it may have changed between the two statements
		o.wait(b.ID, WaitPaused, o.batch.PauseWhy)
		return false, nil
	}
	reason, why, err := o.allowance(ctx)
	if err != nil {
		return false, err
	}
	if reason != "" {
		o.wait(b.ID, reason, why)
		return false, nil
	}
	if err := o.take(ctx); err != nil {
		return false, err
	}
	if len(o.rows) == 0 && o.full {
		o.wait(b.ID, WaitDayTotal, o.dayLeft.String())
	}
	return len(o.rows) > 0, nil
}

const sqlRuns = `
SELECT r.section, r.next_no, r.to_no, s.book
  FROM payout.run AS r
  JOIN payout.section AS s ON s.batch = r.batch AND s.no = r.section
 WHERE r.batch = @batch AND r.channel = @channel AND r.next_no <= r.to_no AND s.state IN ('approved', 'released')
 ORDER BY r.section
 LIMIT 200
   FOR UPDATE OF r`

// take reads payments for the submission: first-time payments run by run, else
// those two people decided to try again. A run or book with nothing left to
// order must not hide those behind it.
func (o *order) take(ctx context.Context) error {
	o.rows, o.ranges, o.total, o.retried, o.book, o.full = nil, nil, 0, false, 0, false
	o.positions, o.before = map[int64]ledger.Position{}, map[int64]bankadapters.Key{}
	if o.batch.ClosedAt == nil {
		if err := o.takeRuns(ctx); err != nil {
			return err
		}
	}
	if len(o.rows) > 0 || o.full {
		return nil
	}
	if err := o.advance(ctx); err != nil {
		return err
	}
	return o.takeRetries(ctx)
}

func (o *order) takeRuns(ctx context.Context) error {
	rows, _ := o.tx.Query(ctx, sqlRuns, pgx.NamedArgs{"batch": o.batch.ID, "channel": o.channel.Key})
	runs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[run])
	if err != nil {
		return fmt.Errorf("runs of batch %d: %w", o.batch.ID, err)
	}
	for _, r := range runs {
		if o.full || len(o.rows) == o.limit {
			return nil
		}
		if len(o.rows) > 0 && r.Book != o.book {
			continue // one submission, one paying account
		}
		if err := o.takeRun(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// run is a stretch of payments of one section that are to be ordered for the
// first time.
type run struct {
	Section    int16
	Next, Last int64
	Book       ledger.BookID
}

// signs is whom a provider's list names: the person or, where somebody receives for
// them, that payee, who comes and signs. A bank is told the holder.
const signs = `CASE WHEN p.payee <> 0 THEN p.holder || ' nhận thay ' || p.name ELSE p.name END`

const rowColumns = `p.amount, p.bin, p.holder, ` + signs + `, p.account_enc, p.account_index, p.id_enc, p.id_index, coalesce(nullif(p.pay_point, ''), s.unit_code)`

const sqlTakeRun = `
SELECT p.no, 0::smallint, ` + rowColumns + `
  FROM payout.payment AS p
  JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
 WHERE p.batch = @batch AND p.no BETWEEN @from AND @to AND p.channel = @channel
   AND NOT EXISTS (SELECT 1 FROM payout.exception AS x
                    WHERE x.batch = p.batch AND x.payment = p.no AND x.kind = 'held' AND x.closed_at IS NULL)
 ORDER BY p.no
 LIMIT @limit`

// takeRun takes payments of one run until the submission is full or the run at
// its end.
func (o *order) takeRun(ctx context.Context, r run) error {
	next := r.Next
	for next <= r.Last && !o.full && len(o.rows) < o.limit {
		look := max(o.limit-len(o.rows), canaryMax)
		rows, _ := o.tx.Query(ctx, sqlTakeRun, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"batch": o.batch.ID, "from": next, "to": r.Last, "channel": o.channel.Key, "limit": look})
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			return fmt.Errorf("payments of batch %d: %w", o.batch.ID, err)
		}
		// A payment cancelled before it was ordered is no longer approved.
		left, err := o.keep(ctx, list, func(p ledger.Position) bool { return p.State() == ledger.Approved })
		switch {
		case err != nil:
			return err
		case left != 0:
			next = left
		case len(list) < look:
			next = r.Last + 1
		default:
			next = list[len(list)-1].Payment + 1
		}
		if o.book == 0 && len(o.rows) > 0 {
			o.book = r.Book
		}
	}
	o.ranges = append(o.ranges, takenRange{section: r.Section, nextFrom: next})
	return nil
}

// advance notes how far runs without a payment to order were looked through.
func (o *order) advance(ctx context.Context) error {
	if len(o.ranges) == 0 {
		return nil
	}
	sections, nexts := o.looked()
	args := pgx.NamedArgs{"batch": o.batch.ID, "channel": o.channel.Key, "sections": sections, "nexts": nexts}
	if _, err := o.tx.Exec(ctx, sqlAdvanceRun, args); err != nil {
		return fmt.Errorf("advance the runs of batch %d: %w", o.batch.ID, err)
	}
	return nil
}

func (o *order) looked() (sections []int16, nexts []int64) {
	for _, r := range o.ranges {
		sections, nexts = append(sections, r.section), append(nexts, r.nextFrom)
	}
	return sections, nexts
}

// sqlTakeRetries leaves out decisions that evidence or a cancellation has
// overtaken, so that they hide nobody else's.
const sqlTakeRetries = `
SELECT p.no, 0::smallint, p.amount,
       p.bin, p.holder, ` + signs + `, p.account_enc, p.account_index, p.id_enc, p.id_index, coalesce(nullif(p.pay_point, ''), s.unit_code), s.book,
       (SELECT b.channel FROM payout.attempt AS a JOIN payout.submission AS b ON b.no = a.submission
         WHERE a.batch = t.batch AND a.payment = t.payment AND a.attempt = t.after_attempt) AS before
  FROM payout.retry AS t
  JOIN payout.payment AS p ON p.batch = t.batch AND p.no = t.payment
  JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
 CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                      WHERE l.batch = t.batch AND l.payment = t.payment
                      ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
 WHERE t.batch = @batch AND t.channel = @channel AND t.submission IS NULL
   AND last.attempt = t.after_attempt
   AND g.state IN ('rejected', 'withdrawn', 'not_executed', 'returned', 'unpaid', 'brought_back')
   AND (SELECT sum(c.claim * l.amount) FROM ledger.line AS l JOIN ledger.leg AS c ON c.id = l.leg
         WHERE l.batch = t.batch AND l.payment = t.payment) = 0
   AND NOT EXISTS (SELECT 1 FROM payout.exception AS x
                    WHERE x.batch = t.batch AND x.payment = t.payment AND x.kind IN ('barred', 'held') AND x.closed_at IS NULL)
 ORDER BY s.book, p.no
 LIMIT @limit`

func (o *order) takeRetries(ctx context.Context) error {
	type retry struct {
		row
		Book   ledger.BookID
		Before bankadapters.Key
	}
	rows, _ := o.tx.Query(ctx, sqlTakeRetries, pgx.NamedArgs{"batch": o.batch.ID, "channel": o.channel.Key, "limit": o.limit})
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (retry, error) {
		var t retry
		return t, r.Scan(&t.Payment, &t.Attempt, &t.Amount, &t.BIN, &t.Holder, &t.Name, &t.AccountEnc, &t.AccountIndex,
			&t.IDEnc, &t.IDIndex, &t.Unit, &t.Book, &t.Before)
	})
	if err != nil {
		return fmt.Errorf("retries of batch %d: %w", o.batch.ID, err)
	}
	var same []row
	for _, t := range list {
		if o.book == 0 {
			o.book = t.Book
		}
		if t.Book == o.book {
			same, o.before[t.Payment] = append(same, t.row), t.Before
		}
	}
	o.retried = true
	_, err = o.keep(ctx, same, func(p ledger.Position) bool { return p.State().Owed() && p.Attempt > 0 && p.Claim == 0 })
	return err
}

// keep adds the payments whose money may be ordered, within the limits. left is
// the first ready payment that did not fit, 0 if there is none.
func (o *order) keep(ctx context.Context, list []row, ready func(ledger.Position) bool) (left int64, err error) {
	numbers := make([]int64, len(list))
	for i, r := range list {
		numbers[i] = r.Payment
	}
	at, err := ledger.Positions(ctx, o.tx, o.batch.ID, numbers)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		p, ok := at[r.Payment]
		if !ok || !ready(p) {
			continue
		}
		if len(o.rows) == o.limit {
			return r.Payment, nil
		}
		if o.dayLeft >= 0 && o.total+r.Amount > o.dayLeft {
			o.full = true
			return r.Payment, nil
		}
		if p.Amount != r.Amount {
			return 0, fmt.Errorf("payment %d of batch %d: snapshot says %s, ledger owes %s", r.Payment, o.batch.ID, r.Amount, p.Amount)
		}
		r.Attempt = p.Attempt + 1
		o.rows = append(o.rows, r)
		o.positions[r.Payment] = p
		o.total += r.Amount
	}
	return 0, nil
}
