package payout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

const sqlInterrupted = `
SELECT no FROM payout.submission
 WHERE channel = @channel AND state = 'sending'
 ORDER BY no`

const sqlTakeOver = `
UPDATE payout.submission SET fence = fence + 1, claim_until = @until
 WHERE no = @no AND state = 'sending' AND fence = @fence`

const sqlRecovered = `
UPDATE payout.submission
   SET state = @state, next_look = @next,
       claim_until = CASE WHEN @state = 'intent' THEN NULL ELSE claim_until END,
       clear_fence = CASE WHEN @state = 'intent' THEN fence ELSE clear_fence END,
       first_sent  = CASE WHEN @state = 'intent' THEN first_sent ELSE coalesce(first_sent, @sent) END
 WHERE no = @no AND state = 'sending' AND fence = @fence`

// StepRecover takes up a submission whose worker died or let its claim run out.
// The fence rises first, then the journals are read: a worker that is merely
// slow either wrote its journal line before the fence rose, and is seen, or
// compares the fence after it and stops. No line means certainly not sent. What
// stays in doubt keeps the end of its claim: bytes may have left until then.
func (e *Engine) StepRecover(ctx context.Context, key bankadapters.Key) (Progress, error) {
	rows, _ := e.DB.Query(ctx, sqlInterrupted, pgx.NamedArgs{"channel": key})
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return Progress{}, fmt.Errorf("interrupted submissions at %s: %w", key, err)
	}
	for _, no := range list {
		s, err := ReadSubmission(ctx, e.DB, no)
		if err != nil {
			return Progress{}, err
		}
		expired := s.ClaimUntil == nil || !s.ClaimUntil.After(e.Now())
		if s.State != Sending || (!expired && !e.Journal.dead(s.ClaimedBy)) {
			continue
		}
		return Progress{Did: true}, e.recover(ctx, s)
	}
	return Progress{}, nil
}

func (e *Engine) recover(ctx context.Context, s Submission) error {
	taken := false
	err := pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sqlTakeOver, pgx.NamedArgs{"no": s.No, "fence": s.Fence, "until": e.Now().Add(claimSlack)})
		taken = err == nil && tag.RowsAffected() == 1
		return err
	})
	if err != nil {
		return ignoreUnknownCommit(fmt.Errorf("take over submission %d: %w", s.No, err))
	}
	if !taken {
		return nil // somebody else was faster
	}
	what, sent, err := e.Journal.ask(s.ClaimedBy, s.No, s.ClearFence)
	if err != nil {
		return err
	}
	if what != fateSent {
		sent = s.Created // the bank's memory may have begun as early as that
	}
	state, next := InDoubt, e.Now().Add(inquiryDelay)
	// Silence here says nothing of a first copy that another machine may have sent.
	if what == fateSilent && s.FirstSent == nil || e.Planted.SendingBackToReady {
		state, next = Intent, e.Now()
	}
	err = pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := LockSubmission(ctx, tx, s.No); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlRecovered, pgx.NamedArgs{"no": s.No, "fence": s.Fence + 1, "state": state, "next": next, "sent": sent})
		if err != nil || tag.RowsAffected() == 0 || state == Intent {
			return err
		}
		return OpenDoubts(ctx, tx, s.No, "the sender stopped between sending and recording", e.Now())
	})
	if err != nil {
		return ignoreUnknownCommit(fmt.Errorf("recover submission %d: %w", s.No, err))
	}
	return nil
}

// ignoreUnknownCommit drops ErrCommitUnknown from a step that will simply be
// called again and find whichever state was reached.
func ignoreUnknownCommit(err error) error {
	if errors.Is(err, pgdb.ErrCommitUnknown) {
		return nil
	}
	return err
}

const sqlToInquire = `
SELECT no FROM payout.submission
 WHERE channel = @channel AND state IN ('unknown', 'accepted') AND next_look <= @now
 ORDER BY next_look, no
 LIMIT 1`

const sqlInquired = `
UPDATE payout.submission
   SET state     = CASE WHEN @known AND state = 'unknown' THEN 'accepted' ELSE state END,
       denied_at = CASE WHEN @answered AND NOT @known THEN @now ELSE denied_at END,
       next_look = @next
 WHERE no = @no AND state IN ('unknown', 'accepted') AND fence = @fence`

// StepInquire asks the bank about one submission whose payments are open. The
// answer is kept for package reconciliation; "unknown to us" is only noted with
// its time, because a bank may say so and have booked.
func (e *Engine) StepInquire(ctx context.Context, key bankadapters.Key) (Progress, error) {
	line, err := e.line(key)
	if err != nil {
		return Progress{}, err
	}
	var no int64
	err = e.DB.QueryRow(ctx, sqlToInquire, pgx.NamedArgs{"channel": key, "now": e.Now()}).Scan(&no)
	if errors.Is(err, pgx.ErrNoRows) {
		return Progress{}, nil
	}
	if err != nil {
		return Progress{}, fmt.Errorf("what to inquire at %s: %w", key, err)
	}
	s, err := ReadSubmission(ctx, e.DB, no)
	if err != nil {
		return Progress{}, err
	}
	report, callErr := e.ask(ctx, line, s.Message)
	err = pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := LockSubmission(ctx, tx, no); err != nil {
			return err
		}
		answered := callErr == nil
		if answered {
			raw, err := keptReport(report)
			if err != nil {
				return err
			}
			if err := e.keepAnswer(ctx, tx, s, "status", fmt.Sprintf("known=%t", report.Known), report.GroupCode, raw); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, sqlInquired, pgx.NamedArgs{"no": no, "fence": s.Fence, "known": answered && report.Known, "answered": answered,
			"now": e.Now(), "next": e.Now().Add(e.patience(s, answered && report.Known))})
		if err != nil {
			return err
		}
		return Settle(ctx, tx, no) // evidence may have come while the sender held the claim
	})
	if err != nil {
		return Progress{}, ignoreUnknownCommit(fmt.Errorf("inquire submission %d: %w", no, err))
	}
	return Progress{Did: true}, nil
}

// patience is how long to wait before the next inquiry: longer the older the
// submission is, at most an hour. A list that a provider has taken is paid out
// over days and reported at each day's close; asked more often, it says the same.
func (e *Engine) patience(s Submission, known bool) (wait time.Duration) {
	if line := e.Lines[s.Channel]; known && line != nil && line.Profile.Rail == bankadapters.RailList {
		return listPatience
	}
	wait = inquiryDelay
	if s.FirstSent != nil {
		if age := e.Now().Sub(*s.FirstSent) / 4; age > wait {
			wait = age
		}
	}
	return min(wait, inquiryMax)
}

func (e *Engine) ask(ctx context.Context, line *Line, id bankadapters.MessageID) (bankadapters.Report, error) {
	ctx, cancel := e.callContext(ctx, line)
	defer cancel()
	return line.Bank.Status(ctx, id)
}

// keptReport is the form in which an answer waits for reconciliation: the bytes
// as they came when there are any, else what the adapter understood.
func keptReport(r bankadapters.Report) ([]byte, error) {
	if len(r.Raw) > 0 {
		return r.Raw, nil
	}
	return json.Marshal(r)
}

const sqlClaimResend = `
UPDATE payout.submission AS s
   SET state = 'sending', fence = s.fence + 1, claimed_by = @owner, claim_until = @until, tries = s.tries + 1, denied_at = NULL
 WHERE s.no = (
       SELECT q.no FROM payout.submission AS q
        WHERE q.channel = @channel AND q.state = 'unknown' AND q.denied_at IS NOT NULL AND q.first_sent IS NOT NULL
          AND (@forever OR q.first_sent + @memory::interval > @margin)
          AND NOT EXISTS (SELECT 1 FROM payout.attempt AS a
                            JOIN payout.attempt AS later ON later.batch = a.batch AND later.payment = a.payment AND later.attempt > a.attempt
                           WHERE a.submission = q.no)
          AND EXISTS (SELECT 1 FROM payout.exception AS x JOIN payout.attempt AS a
                          ON a.batch = x.batch AND a.payment = x.payment AND a.attempt = x.attempt
                       WHERE a.submission = q.no AND x.kind = 'doubt' AND x.closed_at IS NULL)
          AND NOT EXISTS (SELECT 1 FROM payout.attempt AS a
                           CROSS JOIN LATERAL (SELECT l.leg FROM ledger.line AS l
                                                WHERE l.batch = a.batch AND l.payment = a.payment
                                                ORDER BY l.seq DESC LIMIT 1) AS last
                            JOIN ledger.leg AS g ON g.id = last.leg
                           WHERE a.submission = q.no AND g.state NOT IN ('ordered', 'listed'))
        ORDER BY q.no
        LIMIT 1
          FOR UPDATE SKIP LOCKED)
   AND s.state = 'unknown'
   AND NOT EXISTS (SELECT 1 FROM payout.stop WHERE stopped)
   AND EXISTS (SELECT 1 FROM payout.bank_gate AS g WHERE g.channel = @channel AND g.state = 'open')
RETURNING s.no, s.fence`

const sqlAnyDenied = `
SELECT EXISTS (SELECT 1 FROM payout.submission WHERE channel = @channel AND state = 'unknown' AND denied_at IS NOT NULL)`

// StepResend is the third way out of doubt: the same id and the same bytes
// again, only while the bank's certified duplicate memory lasts with a margin,
// the bank says it does not know the id, no newer attempt exists, and nothing is
// known yet of any of its payments: a bank that executed one and denies the
// message is not to be trusted with it again. A resend uses its denial up: the
// next one needs a fresh answer of the bank.
func (e *Engine) StepResend(ctx context.Context, key bankadapters.Key) (Progress, error) {
	line, err := e.line(key)
	if err != nil {
		return Progress{}, err
	}
	memory := line.Profile.DuplicateMemory
	if !memory.Forever && memory.For == 0 || line.Bank.Open() {
		return Progress{}, nil
	}
	// Nearly always there is nothing: do not let the claim look at every attempt.
	var denied bool
	if err := e.DB.QueryRow(ctx, sqlAnyDenied, pgx.NamedArgs{"channel": key}).Scan(&denied); err != nil {
		return Progress{}, fmt.Errorf("denied submissions at %s: %w", key, err)
	}
	if !denied {
		return Progress{}, nil
	}
	no, fence, err := e.claim(ctx, key, line, sqlClaimResend)
	if no == 0 || err != nil {
		return Progress{}, err
	}
	pgdb.CrashPoint(e.DB, PointClaimed)
	return Progress{Did: true}, e.transmit(ctx, line, no, fence)
}

// ErrNotUnsent says that a submission may have been sent, so it cannot be withdrawn.
var ErrNotUnsent = errors.New("the submission may have been sent")

// Withdraw is [WithdrawUnsent] on the engine's clock.
func (e *Engine) Withdraw(ctx context.Context, tx pgx.Tx, no int64, who, why string) error {
	return WithdrawUnsent(ctx, tx, no, who, why, e.Now())
}

const sqlExpired = `
SELECT no FROM payout.submission
 WHERE channel = @channel AND state = 'intent' AND fence = clear_fence AND send_before <= @now
 ORDER BY no
 LIMIT 1`

// StepExpire withdraws an intent that was not sent in its time, because nothing
// may send it any more: its people are owed again, and two people decide how.
func (e *Engine) StepExpire(ctx context.Context, key bankadapters.Key) (Progress, error) {
	did := false
	err := pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		did = false
		var no int64
		err := tx.QueryRow(ctx, sqlExpired, pgx.NamedArgs{"channel": key, "now": e.Now()}).Scan(&no)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		did = true
		return e.Withdraw(ctx, tx, no, "system: dispatch", "Quá hạn gửi mà chưa gửi được")
	})
	switch {
	case errors.Is(err, ErrNotUnsent), errors.Is(err, pgdb.ErrCommitUnknown), errors.Is(err, ledger.ErrCollision):
		return Progress{}, nil // somebody was faster, or it is looked at again
	case err != nil:
		return Progress{}, fmt.Errorf("withdraw what is too late to send at %s: %w", key, err)
	}
	return Progress{Did: did}, nil
}

const sqlReceipt = `
UPDATE payout.submission AS s SET state = 'accepted', code = @receipt, next_look = @next
 WHERE s.no = @no AND s.state = 'unknown'
   AND EXISTS (SELECT 1 FROM payout.channel AS c WHERE c.key = s.channel AND c.profile ->> 'rail' = 'sheet')`

// EnterReceipt records that a clerk uploaded a manual rail's file and the portal
// gave a receipt: a second person enters it. It proves nothing about money. At any
// other rail a doubt is no matter of a receipt, and it is refused.
func (e *Engine) EnterReceipt(ctx context.Context, tx pgx.Tx, no int64, receipt, clerk, second string) error {
	if clerk == second || clerk == "" || second == "" {
		return errs.Coded(errs.Denied, "PAYOUT-ONE-PERSON",
			"Người nhập biên nhận phải khác người tải tệp lên. / The receipt is entered by another person than the one who uploaded the file.", nil)
	}
	s, err := LockSubmission(ctx, tx, no)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, sqlReceipt, pgx.NamedArgs{"no": no, "receipt": receipt, "next": e.Now().Add(inquiryDelay)})
	if err != nil {
		return fmt.Errorf("receipt of submission %d: %w", no, err)
	}
	if tag.RowsAffected() == 0 {
		return errs.Coded(errs.Conflict, "PAYOUT-NO-RECEIPT-DUE",
			fmt.Sprintf("Lệnh %d không chờ biên nhận (đang %s). / Submission %d waits for no receipt (it is %s).", no, s.State, no, s.State), nil)
	}
	return record(ctx, tx, e.Now(), second, "submission.receipt", s.Batch, map[string]any{"submission": no, "receipt": receipt, "clerk": clerk})
}
