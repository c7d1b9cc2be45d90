package payout

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Unresolved is a journalled send that is not on the books, with why not.
type Unresolved struct {
	Sent
	Channel bankadapters.Key // "" if the number names none that is known
	Why     string
}

// Adopt takes what the journals know and a restored database does not back onto
// the books, so that what banks say of it finds its payments and nothing is
// ordered twice. It returns what it could not take back.
//
// A submission that the database still has is marked as sent. One that it lost
// is formed again from the same payments, with the id's own epoch and day, and
// counts only if the message id comes out the same: the id carries 100 bits of
// the digest of all its instructions, so nothing else than what was sent can
// pass. Either way it is in doubt, as after a crash. What does not come out the
// same depended on something the backup lost too, a decision to retry or a later
// list: people repeat that first, then it is adopted at the next call.
func (e *Engine) Adopt(ctx context.Context) ([]Unresolved, error) {
	for {
		open, err := e.openSends(ctx)
		if err != nil {
			return nil, err
		}
		var left []Unresolved
		for _, s := range open {
			u, err := e.adopt(ctx, s)
			if err != nil {
				return nil, fmt.Errorf("take back submission %d: %w", s.Submission, err)
			}
			if u != nil {
				left = append(left, *u)
			}
		}
		if len(left) == len(open) {
			return left, nil
		}
	}
}

// openSends lists each unrecorded message once, with its first time and its
// highest fence, in the order in which they were formed.
func (e *Engine) openSends(ctx context.Context) ([]Sent, error) {
	all, err := unrecorded(ctx, e.DB, e.Journal.dir)
	if err != nil {
		return nil, err
	}
	byMessage := map[string]Sent{}
	for _, s := range all {
		if known, ok := byMessage[s.Message]; ok {
			s.Fence = max(s.Fence, known.Fence)
			if known.At.Before(s.At) {
				s.At = known.At
			}
		}
		byMessage[s.Message] = s
	}
	var list []Sent
	for _, s := range byMessage {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Sent) int {
		return cmp.Or(cmp.Compare(a.Submission, b.Submission), cmp.Compare(a.Message, b.Message))
	})
	return list, nil
}

// errNotSame ends a transaction that did not form the same message again.
type errNotSame struct{ why string }

func (e *errNotSame) Error() string { return e.why }

// adopt takes one send back, or says why not.
func (e *Engine) adopt(ctx context.Context, s Sent) (*Unresolved, error) {
	u := &Unresolved{Sent: s}
	held := false
	err := e.retryCollision(func() error {
		return pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
			held = false
			have, err := LockSubmission(ctx, tx, s.Submission)
			switch {
			case errors.Is(err, ErrNoSubmission):
				held, err = e.formAgain(ctx, tx, s, u)
				return err
			case err != nil:
				return err
			}
			u.Channel = have.Channel
			if string(have.Message) != s.Message {
				return &errNotSame{"another message has its number"}
			}
			return e.markSent(ctx, tx, s)
		})
	})
	var not *errNotSame
	var funds *ledger.FundsError
	switch {
	case errors.As(err, &not), errors.As(err, &funds), errors.Is(err, ErrNoLine):
		u.Why = err.Error()
		return u, nil
	case errors.Is(err, pgdb.ErrCommitUnknown):
		return nil, nil // the next pass looks
	case err == nil && held: // as the order step did then; now it can be formed without them
		return e.adopt(ctx, s)
	}
	return nil, err
}

const sqlMarkSent = `
UPDATE payout.submission
   SET fence = @fence, claim_until = NULL, next_look = CASE WHEN state IN ('intent', 'sending', 'unknown', 'accepted') THEN @now ELSE next_look END,
       first_sent = CASE WHEN state IN ('intent', 'sending') THEN coalesce(first_sent, @sent) ELSE first_sent END,
       state = CASE WHEN state IN ('intent', 'sending') THEN 'unknown' ELSE state END
 WHERE no = @no AND fence < @fence
RETURNING state = 'unknown'`

// markSent notes that a submission the database still has was sent after the backup.
func (e *Engine) markSent(ctx context.Context, tx pgx.Tx, s Sent) error {
	var doubt bool
	err := tx.QueryRow(ctx, sqlMarkSent, pgx.NamedArgs{"no": s.Submission, "fence": s.Fence, "sent": s.At, "now": e.Now()}).Scan(&doubt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mark as sent: %w", err)
	}
	if doubt {
		err = OpenDoubts(ctx, tx, s.Submission, "sent after the backup from which the database was restored", e.Now())
	}
	return cmp.Or(err, e.recordAdopted(ctx, tx, s))
}

// formAgain orders the same payments again under the id that was sent. held says
// that it only put payments aside which no wire can carry.
func (e *Engine) formAgain(ctx context.Context, tx pgx.Tx, s Sent, u *Unresolved) (held bool, err error) {
	channel, err := channelByOrdinal(ctx, tx, s.Submission/10_000%100)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, &errNotSame{"no channel of this database has its number"}
	}
	if err != nil {
		return false, err
	}
	u.Channel = channel.Key
	then := *e
	then.Origin.Epoch = epochOf(s.Message)
	o := order{e: &then, tx: tx, channel: channel, limit: s.Count, dayLeft: -1}
	if err := o.again(ctx, s); err != nil {
		return false, err
	}
	sub, err := o.sameMessage(ctx, s)
	if errors.Is(err, bankadapters.ErrSubmission) {
		if held, errHold := o.holdUnwritable(ctx); held || errHold != nil {
			return held, errHold
		}
		return false, &errNotSame{err.Error()}
	}
	if err != nil {
		return false, err
	}
	posting := sub
	posting.Created = e.Now() // posted now, whenever it was sent
	posted, err := o.post(ctx, posting)
	if err != nil {
		return false, err
	}
	if err := o.store(ctx, sub, posted.ID); err != nil {
		return false, err
	}
	return false, e.markSent(ctx, tx, s)
}

const sqlChannelByOrdinal = `
SELECT key, ordinal, kind, name_vi, bin, provider, is_default, profile FROM payout.channel WHERE ordinal = @ordinal`

func channelByOrdinal(ctx context.Context, db pgdb.Querier, ordinal int64) (Channel, error) {
	rows, _ := db.Query(ctx, sqlChannelByOrdinal, pgx.NamedArgs{"ordinal": ordinal})
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Channel])
}

// sqlCanaryMissing asks whether a submission formed now would be the batch's
// first at the channel.
const sqlCanaryMissing = `
SELECT NOT EXISTS (SELECT 1 FROM payout.canary AS c JOIN payout.submission AS s ON s.no = c.submission
                    WHERE c.batch = @batch AND c.channel = @channel AND s.state <> 'withdrawn')`

// again takes as many payments as were sent, in the order's own order.
func (o *order) again(ctx context.Context, s Sent) error {
	if _, err := lockGate(ctx, o.tx, o.channel.Key); err != nil {
		return err
	}
	batch := ledger.BatchID(s.Submission / 1_000_000)
	args := pgx.NamedArgs{"batch": batch, "channel": o.channel.Key}
	var err error
	if o.batch, err = oneBatch(ctx, o.tx, sqlShareBatch, batch); errors.Is(err, ErrNoBatch) {
		return &errNotSame{fmt.Sprintf("the database has no batch %d: plan it again as before", batch)}
	} else if err != nil {
		return err
	}
	var next int64
	if err := o.tx.QueryRow(ctx, sqlNextSubmission, args).Scan(&next); err != nil {
		return fmt.Errorf("number the submission: %w", err)
	}
	if next != s.Submission%10_000 {
		return &errNotSame{"an earlier submission of the batch is not on record"}
	}
	if err := o.tx.QueryRow(ctx, sqlCanaryMissing, args).Scan(&o.canary); err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	if err := o.take(ctx); err != nil {
		return err
	}
	if len(o.rows) != s.Count || o.total.Exact() != s.Total {
		return &errNotSame{fmt.Sprintf("%d payments of %s đồng were sent, %d of %s can be formed again: repeat what was decided since the backup",
			s.Count, s.Total, len(o.rows), o.total.Exact())}
	}
	return nil
}

// sameMessage writes the submission on each day on which it can have been formed
// and returns the one whose id was sent.
func (o *order) sameMessage(ctx context.Context, s Sent) (Submission, error) {
	for day := calendar.DateOf(s.At); !day.Before(calendar.DateOf(s.At.Add(-sendWindow))); day = day.AddDays(-1) {
		sub := Submission{No: s.Submission, Batch: o.batch.ID, Channel: o.channel.Key, Book: o.book, Count: s.Count, Total: o.total, Canary: o.canary,
			Created: s.At, Execution: day, SendBefore: s.At.Add(sendWindow), Programme: o.batch.Programme, PostingSet: o.batch.PostingSet}
		message, err := o.e.compose(ctx, o.tx, sub, o.rows)
		if err != nil {
			return sub, err
		}
		digest, err := bankadapters.InstructionDigest(message)
		if err != nil {
			return sub, err
		}
		if sub.Message = o.e.Origin.MessageID(sub.No, digest); string(sub.Message) != s.Message {
			continue
		}
		sub.Digest = digest[:]
		if sub.SHA256, err = hex.DecodeString(s.SHA256); err != nil || len(sub.SHA256) != len(digest) {
			return sub, fmt.Errorf("journal line of submission %d: its hash is none", s.Submission)
		}
		head, err := ledger.ReadHead(ctx, o.tx)
		sub.Head = head.String()
		return sub, err
	}
	return Submission{}, &errNotSame{"the same payments give another message: repeat what was decided since the backup"}
}

func (e *Engine) recordAdopted(ctx context.Context, tx pgx.Tx, s Sent) error {
	return record(ctx, tx, e.Now(), "system: restored", "submission.adopted", ledger.BatchID(s.Submission/1_000_000),
		map[string]any{"submission": s.Submission, "message": s.Message, "sent": s.At.UTC().Format(time.RFC3339)})
}
