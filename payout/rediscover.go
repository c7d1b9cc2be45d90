package payout

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Rediscover finds out from the bank itself what was sent after the backup when
// the journal is lost. The next submission of each batch would have been formed
// from the same payments in the same way, so its id is known but for the day and
// the epoch; the bank is asked whether it knows such an id. A yes is proof, since
// the id carries the digest of its content, and the submission is taken back
// onto the books; a no proves nothing, the statements must still come.
//
// laid says whether a message of a channel that answers no questions, a portal,
// was laid out for upload; nil where nobody knows.
//
// It returns how many were taken back. Payments of a decision that was lost too
// (a retry) are not found this way: the bank's evidence then bars them.
func (e *Engine) Rediscover(ctx context.Context, key bankadapters.Key, laid func(bankadapters.MessageID) bool) (int, error) {
	line, err := e.line(key)
	if err != nil {
		return 0, err
	}
	for found := 0; ; found++ {
		list, err := e.candidates(ctx, key)
		if err != nil {
			return found, fmt.Errorf("what may have been sent to %s: %w", key, err)
		}
		known, err := e.firstKnown(ctx, line, list, laid)
		if known == nil || err != nil {
			return found, err
		}
		u, err := e.adopt(ctx, *known)
		if err != nil {
			return found, err
		}
		if u != nil {
			return found, fmt.Errorf("submission %d is known to %s and cannot be taken back: %s", known.Submission, key, u.Why)
		}
	}
}

// firstKnown asks the bank for each candidate and returns the first it knows.
func (e *Engine) firstKnown(ctx context.Context, line *Line, list []Sent, laid func(bankadapters.MessageID) bool) (*Sent, error) {
	for _, s := range list {
		id := bankadapters.MessageID(s.Message)
		report, err := e.ask(ctx, line, id)
		switch {
		case errors.Is(err, bankadapters.ErrNoAbility):
			if laid != nil && laid(id) {
				return &s, nil
			}
		case err != nil:
			return nil, fmt.Errorf("ask for message %s: %w", s.Message, err)
		case report.Known:
			return &s, nil
		}
	}
	return nil, nil
}

// sqlLostSpan is the time within which something may have been sent that is
// not on record: since the newest submission or the release, until now.
const sqlLostSpan = `
SELECT b.id, greatest(b.released_at, coalesce((SELECT max(s.created_at) FROM payout.submission AS s
                                                WHERE s.batch = b.id AND s.channel = @channel), b.released_at))
  FROM payout.batch AS b
 WHERE b.released_at IS NOT NULL AND b.closed_at IS NULL
   AND EXISTS (SELECT 1 FROM payout.run AS r WHERE r.batch = b.id AND r.channel = @channel AND r.next_no <= r.to_no)
 ORDER BY b.id`

// sqlLostEpochs are the epochs in which a lost submission can have been formed:
// those since the newest restored database before the present one.
const sqlLostEpochs = `
SELECT coalesce((SELECT max(r.epoch) FROM payout.restored AS r WHERE r.epoch < i.epoch), 1), i.epoch FROM payout.instance AS i`

// errPeek ends a transaction that only looked.
var errPeek = errors.New("look, do not commit")

// candidates forms the next submission of every batch as it would have been
// formed on each day and in each epoch, and keeps nothing but the ids.
func (e *Engine) candidates(ctx context.Context, key bankadapters.Key) (list []Sent, err error) {
	err = pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		list = nil
		channel, err := channelOf(ctx, tx, key)
		if err != nil {
			return err
		}
		var first, present int
		if err := tx.QueryRow(ctx, sqlLostEpochs).Scan(&first, &present); err != nil {
			return fmt.Errorf("epochs: %w", err)
		}
		rows, _ := tx.Query(ctx, sqlLostSpan, pgx.NamedArgs{"channel": key})
		type span struct {
			Batch ledger.BatchID
			From  time.Time
		}
		spans, err := pgx.CollectRows(rows, pgx.RowToStructByPos[span])
		if err != nil {
			return fmt.Errorf("batches: %w", err)
		}
		for _, s := range spans {
			for day := calendar.DateOf(s.From); !day.After(calendar.DateOf(e.Now())); day = day.AddDays(1) {
				o := order{e: e, tx: tx, channel: channel}
				more, err := o.wouldBe(ctx, s.Batch, day, first, present)
				if err != nil {
					return err
				}
				list = append(list, more...)
			}
		}
		return errPeek
	})
	if errors.Is(err, errPeek) {
		err = nil
	}
	return list, err
}

// wouldBe forms the batch's next submission of a day, in the epochs from first to
// the one before present.
func (o *order) wouldBe(ctx context.Context, batch ledger.BatchID, day calendar.Date, first, present int) ([]Sent, error) {
	if _, err := lockGate(ctx, o.tx, o.channel.Key); err != nil {
		return nil, err
	}
	var err error
	if o.batch, err = oneBatch(ctx, o.tx, sqlShareBatch, batch); err != nil {
		return nil, err
	}
	args := pgx.NamedArgs{"batch": batch, "channel": o.channel.Key, "today": day}
	if err := o.allowedThen(ctx, args); err != nil {
		return nil, err
	}
	if o.limit <= 0 {
		return nil, nil
	}
	if err := o.takeRunsAlone(ctx); err != nil || len(o.rows) == 0 {
		return nil, err
	}
	var n int64
	if err := o.tx.QueryRow(ctx, sqlNextSubmission, args).Scan(&n); err != nil {
		return nil, fmt.Errorf("number the submission: %w", err)
	}
	sub := Submission{No: int64(batch)*1_000_000 + int64(o.channel.Ordinal)*10_000 + n, Batch: batch, Channel: o.channel.Key, Book: o.book,
		Count: len(o.rows), Total: o.total, Execution: day, Programme: o.batch.Programme, PostingSet: o.batch.PostingSet}
	var list []Sent
	for epoch := first; epoch < present; epoch++ {
		then := *o.e
		then.Origin.Epoch = epoch
		message, err := then.compose(ctx, o.tx, sub, o.rows)
		if errors.Is(err, bankadapters.ErrSubmission) {
			return nil, nil // it would have been held then; adopt does the same
		}
		if err != nil {
			return nil, err
		}
		digest, err := bankadapters.InstructionDigest(message)
		if err != nil {
			return nil, err
		}
		list = append(list, Sent{Submission: sub.No, Message: string(then.Origin.MessageID(sub.No, digest)), SHA256: unknownBytes,
			Count: sub.Count, Total: sub.Total.Exact(), Fence: 1, At: day.At(12, 0)})
	}
	return list, nil
}

// unknownBytes stands for the hash of finished bytes that nobody has any more:
// the time of writing, which is part of them, is lost.
var unknownBytes = hex.EncodeToString(make([]byte, 32))

// BytesLost reports that a submission was rediscovered at its bank after the
// journal was lost, so that its finished bytes cannot be written again.
func (s Submission) BytesLost() bool { return hex.EncodeToString(s.SHA256) == unknownBytes }

// allowedThen sets the limits of a submission formed on a day.
func (o *order) allowedThen(ctx context.Context, args pgx.NamedArgs) error {
	o.limit, o.dayLeft = submissionMax, -1
	profile := o.channel.Profile
	if profile.CountMax > 0 {
		o.limit = min(o.limit, profile.CountMax)
	}
	if err := o.tx.QueryRow(ctx, sqlCanaryMissing, args).Scan(&o.canary); err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	if o.canary {
		o.limit = min(o.limit, canaryMax)
	}
	var count int64
	var total money.Amount
	if err := o.tx.QueryRow(ctx, sqlToday, args).Scan(&count, &total); err != nil {
		return fmt.Errorf("day limit: %w", err)
	}
	if profile.DayCountMax > 0 {
		o.limit = min(o.limit, profile.DayCountMax-int(count))
	}
	if profile.DayTotalMax > 0 {
		o.dayLeft = max(0, profile.DayTotalMax-total)
	}
	return nil
}

// takeRunsAlone takes first-time payments only.
func (o *order) takeRunsAlone(ctx context.Context) error {
	o.positions = map[int64]ledger.Position{}
	return o.takeRuns(ctx)
}
