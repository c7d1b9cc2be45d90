package payout

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

const sqlClaimIntent = `
UPDATE payout.submission AS s
   SET state = 'sending', fence = s.fence + 1, claimed_by = @owner, claim_until = @until, tries = s.tries + 1
 WHERE s.no = (
       SELECT q.no FROM payout.submission AS q
         JOIN payout.batch AS b ON b.id = q.batch
        WHERE q.channel = @channel AND q.state = 'intent' AND q.send_before > @now
          AND (q.next_look IS NULL OR q.next_look <= @now) AND NOT b.paused
        ORDER BY q.no
        LIMIT 1
          FOR UPDATE OF q SKIP LOCKED)
   AND s.state = 'intent'
   AND NOT EXISTS (SELECT 1 FROM payout.stop WHERE stopped)
   AND EXISTS (SELECT 1 FROM payout.bank_gate AS g WHERE g.channel = @channel AND g.state = 'open')
RETURNING s.no, s.fence`

// StepSend sends one committed intent: claim it under a new fence, read the
// finished bytes back, write the journal, compare the fence once more, call the
// bank, record what came of it.
func (e *Engine) StepSend(ctx context.Context, key bankadapters.Key) (Progress, error) {
	line, err := e.line(key)
	if err != nil {
		return Progress{}, err
	}
	if line.Bank.Open() {
		return Progress{Waiting: "the breaker of " + string(key) + " is open"}, nil
	}
	no, fence, err := e.claim(ctx, key, line, sqlClaimIntent)
	if no == 0 || err != nil {
		return Progress{}, err
	}
	pgdb.CrashPoint(e.DB, PointClaimed)
	return Progress{Did: true}, e.transmit(ctx, line, no, fence)
}

// claim takes one submission with one of the claiming statements and returns it
// with the fence of the claim; 0 = none.
func (e *Engine) claim(ctx context.Context, key bankadapters.Key, line *Line, sql string) (no, fence int64, err error) {
	err = pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		no = 0
		err := tx.QueryRow(ctx, sql, pgx.NamedArgs{"owner": e.Journal.Name(), "channel": key, "now": e.Now(),
			"until":  e.Now().Add(line.Profile.CallTimeout + claimSlack),
			"margin": e.Now().Add(resendMargin), "memory": line.Profile.DuplicateMemory.For, "forever": line.Profile.DuplicateMemory.Forever}).Scan(&no, &fence)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if errors.Is(err, pgdb.ErrCommitUnknown) {
		return 0, 0, nil // perhaps claimed: the claim runs out and is recovered by the journal
	}
	if err != nil {
		return 0, 0, fmt.Errorf("claim at %s: %w", key, err)
	}
	return no, fence, nil
}

// transmit sends a submission claimed under fence and records the outcome.
func (e *Engine) transmit(ctx context.Context, line *Line, no, fence int64) error {
	s, err := ReadSubmission(ctx, e.DB, no)
	if err != nil {
		return err
	}
	if s.Fence != fence {
		return nil // overtaken already: what was read is somebody else's claim
	}
	message, err := e.readBack(ctx, line, s)
	if err != nil {
		return e.record(ctx, s, bankadapters.Answer{Outcome: bankadapters.NotSent, Code: "READBACK", Text: err.Error()}, err)
	}
	err = e.Journal.Append(Sent{Submission: s.No, Message: string(s.Message), SHA256: hex.EncodeToString(s.SHA256), Count: s.Count,
		Total: s.Total.Exact(), Fence: s.Fence, At: e.Now()})
	if err != nil {
		return e.record(ctx, s, bankadapters.Answer{Outcome: bankadapters.NotSent, Code: "JOURNAL", Text: err.Error()}, err)
	}
	pgdb.CrashPoint(e.DB, PointJournalled)
	mine, err := e.stillMine(ctx, s)
	if err != nil {
		return err
	}
	if !mine { // recorded only if the fence is still ours: then it was the stop or the clock
		return e.record(ctx, s, bankadapters.Answer{Outcome: bankadapters.NotSent, Code: "HELD", Text: "stopped or too late before the first byte"}, nil)
	}
	answer, callErr := e.call(ctx, line, message)
	pgdb.CrashPoint(e.DB, PointSent)
	return e.record(ctx, s, answer, callErr)
}

func (e *Engine) call(ctx context.Context, line *Line, message bankadapters.Submission) (bankadapters.Answer, error) {
	ctx, cancel := e.callContext(ctx, line)
	defer cancel()
	return line.Bank.Submit(ctx, message)
}

const sqlStillMine = `
SELECT s.fence = @fence AND s.state = 'sending' AND (s.send_before > @now OR s.first_sent IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM payout.stop WHERE stopped)
  FROM payout.submission AS s WHERE s.no = @no`

// stillMine compares the fence just before the first byte. The journal line is
// on disk by now, so whoever takes the claim over after this sees it and treats
// the submission as in doubt. The window of the intent binds the first send
// only: the same bytes again are bounded by the bank's duplicate memory.
func (e *Engine) stillMine(ctx context.Context, s Submission) (mine bool, err error) {
	err = e.DB.QueryRow(ctx, sqlStillMine, pgx.NamedArgs{"no": s.No, "fence": s.Fence, "now": e.Now()}).Scan(&mine)
	if err != nil {
		return false, fmt.Errorf("fence of submission %d: %w", s.No, err)
	}
	return mine, nil
}

const sqlOrderedLines = `
SELECT v.lines, coalesce(sum(va.debit), 0)::bigint
  FROM ledger.voucher AS v
  JOIN ledger.voucher_account AS va ON va.voucher = v.id
  JOIN ledger.account AS a ON a.id = va.account
 WHERE v.order_no = @no AND v.kind = 'ordered' AND a.role IN ('sent', 'provider_sent')
 GROUP BY v.lines`

// readBack writes the message again, requires the bytes of the intent, reads
// them with the independent reader and compares count, sum, accounts and digest
// with the order, and count and sum with the ledger's lines.
func (e *Engine) readBack(ctx context.Context, line *Line, s Submission) (bankadapters.Submission, error) {
	rows, err := rowsOf(ctx, e.DB, s.No)
	if err != nil {
		return bankadapters.Submission{}, err
	}
	message, err := e.compose(ctx, e.DB, s, rows)
	if err != nil {
		return message, err
	}
	var finished bytes.Buffer
	if err := line.Wire.WriteSubmission(&finished, message); err != nil {
		return message, fmt.Errorf("write submission %d: %w", s.No, err)
	}
	back, err := line.Wire.ReadSubmission(&finished, message)
	if err != nil {
		return message, fmt.Errorf("read back submission %d: %w", s.No, err)
	}
	if !bytes.Equal(back.SHA256[:], s.SHA256) || !bytes.Equal(back.Digest[:], s.Digest) {
		return message, fmt.Errorf("submission %d: %w: bytes or digest are not those of the intent", s.No, bankadapters.ErrReadBack)
	}
	if err := back.Agree(message); err != nil {
		return message, err
	}
	var count int
	var total money.Amount
	if err := e.DB.QueryRow(ctx, sqlOrderedLines, pgx.NamedArgs{"no": s.No}).Scan(&count, &total); err != nil {
		return message, fmt.Errorf("ordered lines of submission %d: %w", s.No, err)
	}
	if count != back.Count || total != back.Total {
		return message, fmt.Errorf("submission %d: %w: ledger ordered %d payments of %s, bytes carry %d of %s",
			s.No, bankadapters.ErrReadBack, count, total, back.Count, back.Total)
	}
	return message, nil
}

const sqlKeepAnswer = `
INSERT INTO payout.answer (submission, channel, kind, at, outcome, code, raw)
VALUES (@no, @channel, @kind, @now, @outcome, @code, @raw)`

const sqlOutcome = `
UPDATE payout.submission
   SET state = CASE WHEN @state = 'intent' AND first_sent IS NOT NULL AND NOT @planted THEN 'unknown' ELSE @state END,
       answered_at = @now, code = @code, answer_text = @text, claim_until = NULL, next_look = @next,
       clear_fence = CASE WHEN @state = 'intent' AND first_sent IS NULL THEN fence ELSE clear_fence END,
       first_sent  = CASE WHEN @state = 'intent' THEN first_sent ELSE coalesce(first_sent, @claimed) END
 WHERE no = @no AND fence = @fence AND state = 'sending'`

// record stores an outcome under the fence it was obtained with. It never
// lowers a state: a submission that evidence or a later claim moved on keeps it,
// and only the answer is kept.
//
// For the same bytes sent again, "not sent" and "refused" speak of the second
// copy only. The first may have been booked, so both leave the doubt standing.
func (e *Engine) record(ctx context.Context, s Submission, answer bankadapters.Answer, cause error) error {
	if s.FirstSent != nil && answer.Outcome == bankadapters.Refused {
		answer.Outcome = bankadapters.Unknown
	}
	state, next := e.verdict(answer.Outcome)
	text := answer.Text
	if cause != nil && text == "" {
		text = cause.Error()
	}
	err := e.retryCollision(func() error {
		return pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
			current, err := LockSubmission(ctx, tx, s.No)
			if err != nil {
				return err
			}
			if err := e.keepAnswer(ctx, tx, s, "submit", answer.Outcome.String(), answer.Code, answer.Raw); err != nil {
				return err
			}
			if current.Fence != s.Fence || current.State != Sending {
				return nil
			}
			_, err = tx.Exec(ctx, sqlOutcome, pgx.NamedArgs{"no": s.No, "fence": s.Fence, "state": state, "now": e.Now(),
				"claimed": e.claimedAt(s), "code": answer.Code, "text": text, "next": next, "planted": e.Planted.ResendOnTimeout})
			if err != nil {
				return err
			}
			return e.consequence(ctx, tx, current, answer)
		})
	})
	if errors.Is(err, pgdb.ErrCommitUnknown) {
		return nil // the claim runs out and is recovered by the journal
	}
	if err != nil {
		return fmt.Errorf("record the outcome of submission %d: %w", s.No, err)
	}
	pgdb.CrashPoint(e.DB, PointRecorded)
	if e.Lines[s.Channel].Bank.Open() {
		return e.trip(ctx, s.Channel, text)
	}
	return nil
}

// claimedAt is when the claim of s began. A bank's memory is counted from there,
// not from when its answer was recorded: the process may have slept in between.
func (e *Engine) claimedAt(s Submission) time.Time {
	if s.ClaimUntil == nil {
		return e.Now()
	}
	return s.ClaimUntil.Add(-e.Lines[s.Channel].Profile.CallTimeout - claimSlack)
}

// verdict turns an outcome into the submission's state and the time of the next
// look at it.
func (e *Engine) verdict(outcome bankadapters.Outcome) (SubmissionState, *time.Time) {
	soon := e.Now().Add(inquiryDelay)
	switch outcome {
	case bankadapters.NotSent:
		return Intent, &soon
	case bankadapters.Refused:
		return Refused, nil
	case bankadapters.Accepted:
		return Accepted, &soon
	case bankadapters.Unknown:
		if e.Planted.ResendOnTimeout {
			return Intent, nil
		}
		return InDoubt, &soon
	default:
		panic(fmt.Sprintf("payout: outcome %d has no verdict", outcome))
	}
}

// consequence posts what an outcome alone decides: doubt for Unknown, the
// rejection of every payment for Refused, nothing for Accepted and NotSent.
func (e *Engine) consequence(ctx context.Context, tx pgx.Tx, s Submission, answer bankadapters.Answer) error {
	switch answer.Outcome {
	case bankadapters.Unknown:
		if e.Planted.ResendOnTimeout {
			return nil
		}
		return OpenDoubts(ctx, tx, s.No, "no certain answer to the submission", e.Now())
	case bankadapters.Refused:
		return endAll(ctx, tx, s, Ending{Kind: "refused", Text: "Ngân hàng từ chối cả lệnh: " + answer.Code,
			Leg: instead(ledger.LegRejected, ledger.LegListUnpaid)}, e.Now())
	case bankadapters.NotSent, bankadapters.Accepted:
		return nil
	default:
		panic(fmt.Sprintf("payout: outcome %d has no consequence", answer.Outcome))
	}
}

func (e *Engine) keepAnswer(ctx context.Context, tx pgx.Tx, s Submission, kind, outcome, code string, raw []byte) error {
	if raw == nil {
		raw = []byte{}
	}
	_, err := tx.Exec(ctx, sqlKeepAnswer, pgx.NamedArgs{"no": s.No, "channel": s.Channel, "kind": kind, "now": e.Now(),
		"outcome": outcome, "code": code, "raw": raw})
	if err != nil {
		return fmt.Errorf("keep the answer to submission %d: %w", s.No, err)
	}
	return nil
}

// orderAfterCalling is a planted fault: the bank is called before the intent is
// committed. The simulator must find that a crash in between pays twice.
func (e *Engine) orderAfterCalling(ctx context.Context, key bankadapters.Key) (Progress, error) {

	var message bankadapters.Submission
	var p Progress
	err := pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if p, message, err = (&order{e: e, tx: tx}).form(ctx, key); err != nil || !p.Did {
			return err
		}
		return errPeek
	})
	if !errors.Is(err, errPeek) {
		return p, nil
	}
	answer, _ := e.call(ctx, e.Lines[key], message)
	pgdb.CrashPoint(e.DB, PointSent)
	err = pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, again, err := (&order{e: e, tx: tx}).form(ctx, key)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sqlPlantedSent, pgx.NamedArgs{"message": again.Message, "now": e.Now(), "ok": answer.Outcome == bankadapters.Accepted})
		return err
	})
	return Progress{Did: true}, err
}

const sqlPlantedSent = `
UPDATE payout.submission SET state = CASE WHEN @ok THEN 'accepted' ELSE 'unknown' END, first_sent = @now, next_look = @now
 WHERE message_id = @message`
