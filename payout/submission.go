package payout

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
)

// SubmissionState is how far one message got. It says nothing about money.
type SubmissionState string

// The states of a submission. Sending means a worker holds the claim and may
// have sent; only the journal and the bank know.
const (
	Intent    SubmissionState = "intent"    // committed, certainly not sent
	Sending   SubmissionState = "sending"   // claimed: the first byte may have left
	Accepted  SubmissionState = "accepted"  // the bank took it
	Refused   SubmissionState = "refused"   // finally refused as a whole
	InDoubt   SubmissionState = "unknown"   // nobody knows; being inquired
	Withdrawn SubmissionState = "withdrawn" // taken back, never sent
	Settled   SubmissionState = "settled"   // every payment of it has left the open states
)

// Submission is one message of payments to one bank or provider.
type Submission struct {
	No         int64
	Batch      ledger.BatchID
	Channel    bankadapters.Key
	Book       ledger.BookID
	Message    bankadapters.MessageID
	Digest     []byte
	SHA256     []byte
	Count      int
	Total      money.Amount
	Canary     bool
	Execution  calendar.Date
	Created    time.Time
	SendBefore time.Time
	Head       string
	State      SubmissionState
	Fence      int64
	ClearFence int64
	ClaimedBy  string
	ClaimUntil *time.Time
	Tries      int
	FirstSent  *time.Time
	Denied     *time.Time // last authenticated "unknown to us"
	Programme  string
	PostingSet string
}

// Place is the ledger's place of the submission's money.
func (s Submission) Place() ledger.Place { return ledger.Place(s.Channel) }

// ErrNoSubmission says that no submission has the number or message id.
var ErrNoSubmission = errors.New("no such submission")

const sqlSubmissions = `
SELECT s.no, s.batch, s.channel, s.book, s.message_id, s.digest, s.sha256, s.count, s.total, s.canary, s.execution,
       s.created_at, s.send_before, s.head, s.state, s.fence, s.clear_fence, s.claimed_by, s.claim_until, s.tries, s.first_sent, s.denied_at,
       p.code, p.posting_set
  FROM payout.submission AS s
  JOIN payout.batch AS b ON b.id = s.batch
  JOIN payout.programme AS p ON p.code = b.programme`

const sqlSubmission = sqlSubmissions + ` WHERE s.no = @no`

const sqlLockSubmission = sqlSubmission + ` FOR UPDATE OF s`

// ReadSubmission reads one submission by number, or returns ErrNoSubmission.
func ReadSubmission(ctx context.Context, db pgdb.Querier, no int64) (Submission, error) {
	return oneSubmission(ctx, db, sqlSubmission, no)
}

// LockSubmission reads and locks one submission. Every posting on 113 takes
// this lock first (after batch and section rows, before control rows).
func LockSubmission(ctx context.Context, tx pgx.Tx, no int64) (Submission, error) {
	return oneSubmission(ctx, tx, sqlLockSubmission, no)
}

func oneSubmission(ctx context.Context, db pgdb.Querier, sql string, no int64) (Submission, error) {
	rows, _ := db.Query(ctx, sql, pgx.NamedArgs{"no": no})
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Submission])
	if errors.Is(err, pgx.ErrNoRows) {
		return Submission{}, fmt.Errorf("submission %d: %w", no, ErrNoSubmission)
	}
	if err != nil {
		return Submission{}, fmt.Errorf("submission %d: %w", no, err)
	}
	return s, nil
}

// Attempt is one try to deliver one payment, with what a match compares.
type Attempt struct {
	Ref
	Submission   int64
	Channel      bankadapters.Key
	Amount       money.Amount
	AccountIndex []byte // blind index of the account it was ordered to; nil at a provider
}

// sqlAttempts goes by key from payment to attempts (OFFSET 0 as in sqlRowsOf).
const sqlAttempts = `
SELECT a.batch, a.payment, a.attempt, a.submission, s.channel, p.amount, p.account_index
  FROM (SELECT DISTINCT batch, payment FROM unnest(@batches::int[], @payments::bigint[]) AS w (batch, payment)) AS want
 CROSS JOIN LATERAL (
       SELECT a.batch, a.payment, a.attempt, a.submission FROM payout.attempt AS a
        WHERE a.batch = want.batch AND a.payment = want.payment OFFSET 0) AS a
 CROSS JOIN LATERAL (
       SELECT p.amount, p.account_index FROM payout.payment AS p WHERE p.batch = a.batch AND p.no = a.payment OFFSET 0) AS p
  JOIN payout.submission AS s ON s.no = a.submission`

// Attempts finds every attempt of the payments that refs name. A ref that is
// missing from the result was never ordered by this database.
func Attempts(ctx context.Context, db pgdb.Querier, refs []Ref) (map[Ref]Attempt, error) {
	batches, payments := make([]int32, len(refs)), make([]int64, len(refs))
	for i, r := range refs {
		batches[i], payments[i] = int32(r.Batch), r.Payment
	}
	rows, _ := db.Query(ctx, sqlAttempts, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"batches": batches, "payments": payments})
	found := make(map[Ref]Attempt, len(refs))
	var a Attempt
	_, err := pgx.ForEachRow(rows, []any{&a.Batch, &a.Payment, &a.Attempt, &a.Submission, &a.Channel, &a.Amount, &a.AccountIndex}, func() error {
		one := a
		one.AccountIndex = append([]byte(nil), a.AccountIndex...)
		found[one.Ref] = one
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find attempts: %w", err)
	}
	return found, nil
}

const sqlAttemptsOfSubmission = `
SELECT payment, attempt FROM payout.attempt WHERE submission = @no ORDER BY place`

// RefsOf lists the attempts a submission carries, in message order.
func RefsOf(ctx context.Context, db pgdb.Querier, s Submission) ([]Ref, error) {
	rows, _ := db.Query(ctx, sqlAttemptsOfSubmission, pgx.NamedArgs{"no": s.No})
	refs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Ref, error) {
		r := Ref{Batch: s.Batch}
		return r, row.Scan(&r.Payment, &r.Attempt)
	})
	if err != nil {
		return nil, fmt.Errorf("attempts of submission %d: %w", s.No, err)
	}
	return refs, nil
}

const sqlSettling = `
SELECT open_from, count FROM payout.submission WHERE no = @no AND state IN ('accepted', 'unknown', 'refused')`

// sqlFirstOpen looks at the next attempts only, however the planner reads it.
const sqlFirstOpen = `
SELECT coalesce(min(a.place), 0)
  FROM payout.attempt AS a
 CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                      WHERE l.batch = a.batch AND l.payment = a.payment
                      ORDER BY l.seq DESC LIMIT 1) AS last
 WHERE a.submission = @no AND a.place BETWEEN @from AND @to AND last.attempt = a.attempt
   AND last.leg IN (SELECT g.id FROM ledger.leg AS g WHERE g.state IN ('ordered', 'out', 'listed'))`

const sqlSettle = `
UPDATE payout.submission
   SET state     = CASE WHEN @from > count THEN 'settled' ELSE state END,
       next_look = CASE WHEN @from > count THEN NULL ELSE next_look END,
       open_from = @from
 WHERE no = @no AND state IN ('accepted', 'unknown', 'refused') AND open_from <= @from`

// How many attempts are looked at in one statement: few at first, because the
// first is nearly always still open.
const (
	settleStep    = 20
	settleStepMax = 2_000
)

// Settle marks the submission settled when none of its attempts is open any
// more, else notes the first that is, and goes on from there next time: an
// attempt that has left the open states never comes back. Inquiry of a settled
// submission stops. The caller holds the submission's lock.
func Settle(ctx context.Context, tx pgx.Tx, no int64) error {
	var from, count int
	err := tx.QueryRow(ctx, sqlSettling, pgx.NamedArgs{"no": no}).Scan(&from, &count)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("settle submission %d: %w", no, err)
	}
	before := from
	for step := settleStep; from <= count; step = min(4*step, settleStepMax) {
		to, open := min(from+step-1, count), 0
		if err := tx.QueryRow(ctx, sqlFirstOpen, pgx.NamedArgs{"no": no, "from": from, "to": to}).Scan(&open); err != nil {
			return fmt.Errorf("open attempts of submission %d: %w", no, err)
		}
		if from = to + 1; open > 0 {
			from = open
			break
		}
	}
	if from == before {
		return nil
	}
	if _, err := tx.Exec(ctx, sqlSettle, pgx.NamedArgs{"no": no, "from": from}); err != nil {
		return fmt.Errorf("settle submission %d: %w", no, err)
	}
	return nil
}
