package reconciliation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// Execution is what FindNotExecuted found for one submission.
type Execution struct {
	Ended   int    // payments proved never executed, owed again
	Waiting string // why nothing more can be concluded yet; "" when nothing is open
}

const sqlSendTimes = `
SELECT greatest(s.first_sent, s.claim_until, (SELECT max(a.at) FROM payout.answer AS a WHERE a.submission = s.no AND a.kind = 'submit')),
       coalesce(p.account, '')
  FROM payout.submission AS s
  LEFT JOIN payout.paying_account AS p ON p.book = s.book AND p.channel = s.channel
 WHERE s.no = @no`

// A denial counts only if the bank never knew the message, was asked late
// enough, and still remembered everything when it answered.
const sqlDenied = `
SELECT count(*) FILTER (WHERE outcome = 'known=false' AND at > @deadline AND at < @forgets) > 0
   AND count(*) FILTER (WHERE outcome = 'known=true') = 0
  FROM payout.answer
 WHERE submission = @no AND kind = 'status'`

// A bank whose clock is ahead may date a report later than it made it, so it
// must have come late enough by our clock too.
const sqlFullReport = `
SELECT r.file FROM reconciliation.report AS r
  JOIN reconciliation.file AS f ON f.id = r.file
 WHERE r.submission = @no AND r.complete AND r.as_of > @deadline AND r.as_of < @forgets AND f.received_at > @deadline
   AND EXISTS (SELECT 1 FROM reconciliation.file_done AS d WHERE d.file = r.file)
 ORDER BY r.as_of DESC
 LIMIT 1`

// Statements follow each other without a gap, so it is enough that the first
// began in time, one begins after the deadline's day, and all to there are posted.
const sqlCovered = `
WITH whole AS (
    SELECT s.sequence, s.from_date, EXISTS (SELECT 1 FROM reconciliation.file_done AS d WHERE d.file = s.file) AS done
      FROM reconciliation.statement AS s
     WHERE s.channel = @channel AND s.account = @account
)
SELECT coalesce(min(from_date) <= @sent_day OR min(sequence) = 1, false)
   AND EXISTS (SELECT 1 FROM whole AS w
                WHERE w.from_date > @deadline_day
                  AND NOT EXISTS (SELECT 1 FROM whole AS e WHERE e.sequence <= w.sequence AND NOT e.done))
  FROM whole`

const sqlOpenAttempts = `
SELECT a.payment, a.attempt, p.amount,
       EXISTS (SELECT 1 FROM reconciliation.break_item AS b
                WHERE b.batch = a.batch AND b.payment = a.payment AND b.attempt = a.attempt AND b.closed_at IS NULL)
    OR EXISTS (SELECT 1 FROM reconciliation.break_item AS b
                WHERE b.channel = @channel AND b.account = @account AND b.closed_at IS NULL AND b.amount = p.amount
                  AND b.reason IN ('unknown_debit', 'altered_id')) AS doubtful,
       EXISTS (SELECT 1 FROM reconciliation.outcome AS o
                WHERE o.batch = a.batch AND o.payment = a.payment AND o.attempt = a.attempt
                  AND o.evidence IN ('debit_proof', 'debit_booked', 'debit_owed', 'debit_second')) AS debited,
       EXISTS (SELECT 1 FROM reconciliation.outcome AS o WHERE o.file = @report AND o.batch = a.batch AND o.payment = a.payment) AS listed
  FROM payout.attempt AS a
  JOIN payout.payment AS p ON p.batch = a.batch AND p.no = a.payment
 CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                      WHERE l.batch = a.batch AND l.payment = a.payment
                      ORDER BY l.seq DESC LIMIT 1) AS last
 WHERE a.submission = @no AND last.attempt = a.attempt AND last.leg = @ordered
 ORDER BY a.payment`

// openAttempt is an attempt that is ordered and nothing else.
type openAttempt struct {
	Payment  int64
	Attempt  int16
	Amount   money.Amount
	Doubtful bool // an open break may be about it
	Debited  bool
	Listed   bool // the bank's full report names it
}

// FindNotExecuted is the second way out of doubt: what the bank denies, or
// leaves out of a full report, after its latest processing time, and what
// complete statements to the next day do not show, was never executed and is
// owed again. It never concludes earlier. A new attempt is then the decision of
// two people.
func (r *Reconciler) FindNotExecuted(ctx context.Context, submission int64) (Execution, error) {
	var found Execution
	err := pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		found = Execution{}
		before, err := payout.ReadSubmission(ctx, tx, submission)
		if err != nil {
			return err
		}
		b, err := readBank(ctx, tx, before.Channel)
		if err != nil {
			return err
		}
		if err := lockChannel(ctx, tx, b); err != nil {
			return err
		}
		s, err := payout.LockSubmission(ctx, tx, submission)
		if err != nil {
			return err
		}
		found, err = r.execution(ctx, tx, b, s)
		return err
	})
	if err != nil {
		return Execution{}, fmt.Errorf("what became of submission %d: %w", submission, err)
	}
	return found, nil
}

func (r *Reconciler) execution(ctx context.Context, tx pgx.Tx, b bank, s payout.Submission) (Execution, error) {
	if s.State != payout.InDoubt && s.State != payout.Accepted || b.provider {
		return Execution{Waiting: fmt.Sprintf("the submission is %s", s.State)}, nil
	}
	var last *time.Time
	var account string
	if err := tx.QueryRow(ctx, sqlSendTimes, pgx.NamedArgs{"no": s.No}).Scan(&last, &account); err != nil {
		return Execution{}, fmt.Errorf("times of sending: %w", err)
	}
	if last == nil || s.FirstSent == nil {
		return Execution{Waiting: "nothing was sent"}, nil
	}
	deadline := last.Add(max(b.profile.LatestProcess, b.profile.StatusHorizon))
	forgets := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	if m := b.profile.StatusMemory; !m.Forever {
		forgets = s.FirstSent.Add(m.For)
	}
	args := pgx.NamedArgs{"no": s.No, "deadline": deadline, "forgets": forgets, "channel": b.key, "account": account,
		"sent_day": calendar.DateOf(*s.FirstSent), "deadline_day": calendar.DateOf(deadline), "ordered": ledger.LegOrdered}
	var denied, covered bool
	if err := tx.QueryRow(ctx, sqlDenied, args).Scan(&denied); err != nil {
		return Execution{}, fmt.Errorf("denials: %w", err)
	}
	var report int64
	if err := tx.QueryRow(ctx, sqlFullReport, args).Scan(&report); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Execution{}, fmt.Errorf("full report: %w", err)
	}
	if err := tx.QueryRow(ctx, sqlCovered, args).Scan(&covered); err != nil {
		return Execution{}, fmt.Errorf("statements: %w", err)
	}
	switch {
	case !denied && report == 0:
		return Execution{Waiting: "the bank has neither denied the message nor reported on all of it after its latest processing time"}, nil
	case !covered:
		return Execution{Waiting: "statements do not yet cover the time to the day after the bank's latest processing time"}, nil
	}
	args["report"] = report
	return r.endUnexecuted(ctx, tx, s, denied, args)
}

func (r *Reconciler) endUnexecuted(ctx context.Context, tx pgx.Tx, s payout.Submission, denied bool, args pgx.NamedArgs) (Execution, error) {
	rows, _ := tx.Query(ctx, sqlOpenAttempts, args)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[openAttempt])
	if err != nil {
		return Execution{}, fmt.Errorf("open attempts: %w", err)
	}
	sent, err := ledger.OrderBalance(ctx, tx, s.No, ledger.RoleSent)
	if err != nil {
		return Execution{}, err
	}
	var refs []payout.Ref
	var open money.Amount
	for _, a := range list {
		open += a.Amount
		if !a.Doubtful && !a.Debited && (denied || !a.Listed) {
			refs = append(refs, payout.Ref{Batch: s.Batch, Payment: a.Payment, Attempt: a.Attempt})
		}
	}
	if denied && sent < open {
		return Execution{Waiting: "the bank denies the message but debited it"}, nil
	}
	if len(refs) == 0 {
		return Execution{}, nil
	}
	err = payout.EndAttempts(ctx, tx, s, refs, payout.Ending{Kind: "not_executed", Text: "Xác định ngân hàng không thực hiện", Leg: func(p ledger.Position) ledger.LegID {
		switch {
		case p.State() != ledger.Ordered:
			return 0
		case sent >= p.Amount:
			sent -= p.Amount
			return ledger.LegNotExecuted
		}
		return ledger.LegNotExecutedOut
	}}, r.Now())
	if err != nil {
		return Execution{}, err
	}
	return Execution{Ended: len(refs)}, payout.Settle(ctx, tx, s.No)
}

const sqlUnresolved = `
SELECT s.no
  FROM payout.submission AS s
 WHERE s.channel = @channel AND s.state IN ('unknown', 'accepted') AND s.first_sent IS NOT NULL
   AND EXISTS (SELECT 1 FROM payout.answer AS a WHERE a.submission = s.no AND a.kind = 'status')
   AND EXISTS (SELECT 1 FROM reconciliation.statement AS t
                WHERE t.channel = s.channel AND t.from_date > (s.first_sent AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
 ORDER BY s.no`

// endDoubts looks at every submission of a channel that may be past doubt.
func (r *Reconciler) endDoubts(ctx context.Context, channel bankadapters.Key) (int, error) {
	rows, _ := r.DB.Query(ctx, sqlUnresolved, pgx.NamedArgs{"channel": channel})
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("unresolved submissions: %w", err)
	}
	total := 0
	for _, no := range list {
		found, err := r.FindNotExecuted(ctx, no)
		if err != nil {
			return total, err
		}
		total += found.Ended
	}
	return total, nil
}
