package payout

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
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

// gateRow is the shared truth about one channel. Its lock comes before all
// others, so two workers never order from one channel at once.
type gateRow struct {
	State     string
	Why       string
	NextProbe *time.Time
	Fence     int64
}

const sqlLockGate = `SELECT state, why, next_probe, fence FROM payout.bank_gate WHERE channel = @channel FOR UPDATE`

func lockGate(ctx context.Context, tx pgx.Tx, key bankadapters.Key) (gateRow, error) {
	var g gateRow
	if err := tx.QueryRow(ctx, sqlLockGate, pgx.NamedArgs{"channel": key}).Scan(&g.State, &g.Why, &g.NextProbe, &g.Fence); err != nil {
		return g, fmt.Errorf("gate of %s: %w", key, err)
	}
	return g, nil
}

// order is one submission in the making.
type order struct {
	e         *Engine
	tx        pgx.Tx
	channel   Channel
	batch     Batch
	book      ledger.BookID
	canary    bool
	limit     int
	dayLeft   money.Amount // what the channel's day still allows; below 0 = no limit
	full      bool         // the next ready payment does not fit any more
	rows      []row
	ranges    []takenRange
	retried   bool
	total     money.Amount
	positions map[int64]ledger.Position
	before    map[int64]bankadapters.Key // of a retry: the channel it was tried over last
	passed    passed
	waits     []Wait                  // batches with payments ready, and why they get no order
	seen      map[ledger.BatchID]bool // batches this look has come to
	seenAll   bool                    // it has come to all of them
}

// passed is which batches an earlier look of this step could not order from, and
// why: those behind them must not wait for it.
type passed map[ledger.BatchID]Wait

type takenRange struct {
	section  int16
	nextFrom int64
}

// StepOrder forms the next submission of a channel: it picks ready payments
// within limits, writes the message once to know its bytes, posts the `ordered`
// lines and commits the intent. Nothing is sent.
func (e *Engine) StepOrder(ctx context.Context, key bankadapters.Key) (Progress, error) {
	if e.Planted.CallBeforeCommit {
		return e.orderAfterCalling(ctx, key)
	}
	past := passed{}
	for {
		var p Progress
		o := &order{}
		err := e.retryCollision(func() error {
			return pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
				var err error
				o = &order{e: e, tx: tx, passed: past}
				p, _, err = o.form(ctx, key)
				return err
			})
		})
		if past.add(o.batch.ID, err) {
			continue // look again
		}
		if err != nil {
			return Progress{}, fmt.Errorf("order at %s: %w", key, err)
		}
		if p.Did {
			pgdb.CrashPoint(e.DB, PointIntentCommitted)
		}
		return p, nil
	}
}

// add notes why a batch is passed by, if err is about that batch alone.
func (p passed) add(batch ledger.BatchID, err error) bool {
	var funds *ledger.FundsError
	w := Wait{Batch: batch}
	switch {
	case errors.As(err, &funds):
		w.Reason, w.Detail = WaitFunds, funds.Short.String()
	case errors.Is(err, bankadapters.ErrSubmission):
		w.Reason, w.Detail = WaitUnwritable, err.Error()
	default:
		return false
	}
	if _, before := p[batch]; before || batch == 0 {
		return false
	}
	p[batch] = w
	return true
}

// collisionsMax bounds how often a voucher is rebuilt from re-read states.
const collisionsMax = 5

// retryCollision runs act again when another voucher took a payment's next line.
func (e *Engine) retryCollision(act func() error) error {
	var err error
	for range collisionsMax {
		if err = act(); !errors.Is(err, ledger.ErrCollision) {
			return err
		}
	}
	return err
}

// form makes the next order, if there is one, and notes what waits for what.
func (o *order) form(ctx context.Context, key bankadapters.Key) (Progress, bankadapters.Submission, error) {
	o.seen = map[ledger.BatchID]bool{}
	p, message, err := o.next(ctx, key)
	if err != nil {
		return p, message, err
	}
	if len(o.waits) > 0 && !p.Did {
		p.Waiting = o.waits[len(o.waits)-1].Sentence()
	}
	return p, message, o.noteWaits(ctx)
}

func (o *order) next(ctx context.Context, key bankadapters.Key) (Progress, bankadapters.Submission, error) {
	none := bankadapters.Submission{}
	reason, why, err := o.mayOrder(ctx, key)
	if err != nil {
		return Progress{}, none, err
	}
	if reason != "" {
		return Progress{}, none, o.allWait(ctx, reason, why)
	}
	found, err := o.pick(ctx)
	if err != nil || !found {
		return Progress{}, none, err
	}
	message, err := o.commit(ctx)
	if errors.Is(err, bankadapters.ErrSubmission) { // nothing was written to the database yet
		held, errHold := o.holdUnwritable(ctx)
		return Progress{Did: held}, none, cmp.Or(errHold, errUnless(held, err))
	}
	return Progress{Did: true}, message, err
}

func errUnless(done bool, err error) error {
	if done {
		return nil
	}
	return err
}

// mayOrder takes the channel's lock and says why nothing may be ordered now.
func (o *order) mayOrder(ctx context.Context, key bankadapters.Key) (reason WaitReason, why string, err error) {
	gate, err := lockGate(ctx, o.tx, key)
	if err != nil {
		return "", "", err
	}
	if o.channel, err = channelOf(ctx, o.tx, key); err != nil {
		return "", "", err
	}
	if stopped, why, err := stopOf(ctx, o.tx); stopped || err != nil {
		return WaitStop, why, err
	}
	if gate.State != "open" {
		return WaitGate, cmp.Or(gate.Why, gate.State), nil
	}
	return "", "", nil
}

const sqlChannel = `
SELECT key, ordinal, kind, name_vi, bin, provider, is_default, profile FROM payout.channel WHERE key = @key`

func channelOf(ctx context.Context, db pgdb.Querier, key bankadapters.Key) (Channel, error) {
	rows, _ := db.Query(ctx, sqlChannel, pgx.NamedArgs{"key": key})
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Channel])
	if err != nil {
		return Channel{}, fmt.Errorf("channel %s: %w", key, err)
	}
	return c, nil
}

const sqlNextSubmission = `
SELECT count(*) + 1 FROM payout.submission WHERE batch = @batch AND channel = @channel`

const sqlAddSubmission = `
INSERT INTO payout.submission (no, batch, channel, book, message_id, digest, sha256, count, total, canary, execution, created_at,
                               send_before, head, voucher, state)
VALUES (@no, @batch, @channel, @book, @message, @digest, @sha256, @count, @total, @canary, @execution, @now,
        @before, @head, @voucher, 'intent')`

const sqlAddAttempts = `
INSERT INTO payout.attempt (batch, payment, attempt, submission, place)
SELECT @batch, t.payment, t.attempt, @no, t.place
  FROM unnest(@payments::bigint[], @attempts::smallint[]) WITH ORDINALITY AS t (payment, attempt, place)`

const sqlAdvanceRun = `
UPDATE payout.run AS r SET next_no = t.next
  FROM unnest(@sections::smallint[], @nexts::bigint[]) AS t (section, next)
 WHERE r.batch = @batch AND r.channel = @channel AND r.section = t.section`

const sqlTakeRetry = `
UPDATE payout.retry SET submission = @no
 WHERE batch = @batch AND channel = @channel AND payment = ANY (@payments) AND submission IS NULL`

const sqlAddCanary = `
INSERT INTO payout.canary (batch, channel, submission) VALUES (@batch, @channel, @no)
ON CONFLICT (batch, channel) DO UPDATE SET submission = excluded.submission`

// commit fixes the submission's number, id and bytes, posts the `ordered` lines
// under the funds lock and stores the intent. The transaction's commit is the
// moment from which the money counts as reserved.
func (o *order) commit(ctx context.Context) (bankadapters.Submission, error) {
	s := Submission{Batch: o.batch.ID, Channel: o.channel.Key, Book: o.book, Count: len(o.rows), Total: o.total, Canary: o.canary,
		Created: o.e.Now(), Execution: calendar.DateOf(o.e.Now()), SendBefore: o.e.Now().Add(sendWindow),
		Programme: o.batch.Programme, PostingSet: o.batch.PostingSet}
	var n int64
	if err := o.tx.QueryRow(ctx, sqlNextSubmission, pgx.NamedArgs{"batch": s.Batch, "channel": s.Channel}).Scan(&n); err != nil {
		return bankadapters.Submission{}, fmt.Errorf("number the submission: %w", err)
	}
	if n > 9_999 {
		return bankadapters.Submission{}, fmt.Errorf("batch %d has used up its 9,999 submissions at %s", s.Batch, s.Channel)
	}
	s.No = int64(s.Batch)*1_000_000 + int64(o.channel.Ordinal)*10_000 + n
	head, err := ledger.ReadHead(ctx, o.tx)
	if err != nil {
		return bankadapters.Submission{}, err
	}
	s.Head = head.String()
	message, err := o.finish(ctx, &s)
	if err != nil {
		return message, err
	}
	posted, err := o.post(ctx, s)
	if err != nil {
		return message, err
	}
	return message, o.store(ctx, s, posted.ID)
}

// finish derives the message id from the digest of the instructions and the
// hash of the finished bytes.
func (o *order) finish(ctx context.Context, s *Submission) (bankadapters.Submission, error) {
	line, err := o.e.line(s.Channel)
	if err != nil {
		return bankadapters.Submission{}, err
	}
	message, err := o.e.compose(ctx, o.tx, *s, o.rows)
	if err != nil {
		return message, err
	}
	digest, err := bankadapters.InstructionDigest(message)
	if err != nil {
		return message, err
	}
	s.Digest = digest[:]
	s.Message = o.e.Origin.MessageID(s.No, digest)
	message.Message = s.Message
	var finished bytes.Buffer
	if err := line.Wire.WriteSubmission(&finished, message); err != nil {
		return message, fmt.Errorf("write submission %d: %w", s.No, err)
	}
	sum := sha256.Sum256(finished.Bytes())
	s.SHA256 = sum[:]
	message.SHA256 = bankadapters.Digest(sum).String()
	return message, nil
}

func (o *order) post(ctx context.Context, s Submission) (ledger.Posted, error) {
	leg, text := ledger.LegOrdered, "Lệnh chi qua ngân hàng"
	if o.channel.Kind == "provider" {
		leg, text = ledger.LegListed, "Giao danh sách cho tổ chức chi trả"
	}
	if err := ledger.LockFunds(ctx, o.tx, s.Book, s.Place()); err != nil {
		return ledger.Posted{}, err
	}
	desk := ledger.NewDesk(o.tx, s.Book, s.PostingSet, s.Place(), s.Programme, s.Created)
	lines := make([]ledger.Line, len(o.rows))
	for i, r := range o.rows {
		var err error
		if lines[i], err = desk.Fill(ctx, o.positions[r.Payment].Next(s.Batch, leg, 0, r.Amount)); err != nil {
			return ledger.Posted{}, err
		}
	}
	date, err := ledger.OpenDay(ctx, o.tx, s.Book, s.Execution)
	if err != nil {
		return ledger.Posted{}, err
	}
	return Post(ctx, o.tx, ledger.Voucher{
		Key: fmt.Sprintf("ordered/%d", s.No), Facts: append([]byte(s.Message), s.SHA256...), Book: s.Book, PostingSet: s.PostingSet,
		Kind: "ordered", AccountingDate: date, PostedAt: s.Created, Text: fmt.Sprintf("%s %s: %d khoản", text, s.Channel, s.Count),
		Batch: s.Batch, OrderNo: s.No, Lines: ledger.ListOf(lines),
	}, Moved{At: s.Channel, Was: func(payment int64) Standing { return Standing{o.positions[payment].State(), o.before[payment]} }})
}

func (o *order) store(ctx context.Context, s Submission, voucher ledger.VoucherID) error {
	payments, attempts := make([]int64, len(o.rows)), make([]int16, len(o.rows))
	for i, r := range o.rows {
		payments[i], attempts[i] = r.Payment, r.Attempt
	}
	sections, nexts := o.looked()
	args := pgx.NamedArgs{"no": s.No, "batch": s.Batch, "channel": s.Channel, "book": s.Book, "message": s.Message, "digest": s.Digest,
		"sha256": s.SHA256, "count": s.Count, "total": s.Total, "canary": s.Canary, "execution": s.Execution, "now": s.Created,
		"before": s.SendBefore, "head": s.Head, "voucher": voucher, "payments": payments, "attempts": attempts,
		"sections": sections, "nexts": nexts}
	acts := []string{sqlAddSubmission, sqlAddAttempts, sqlAdvanceRun}
	if o.retried {
		acts = []string{sqlAddSubmission, sqlAddAttempts, sqlTakeRetry}
	}
	if o.canary {
		acts = append(acts, sqlAddCanary)
	}
	for _, sql := range acts {
		if _, err := o.tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("store submission %d: %w", s.No, err)
		}
	}
	return nil
}
