package payout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

const sqlOpenDoubts = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why, submission, section, channel, amount)
SELECT a.batch, a.payment, a.attempt, 'doubt', @now, @why, s.no, p.section, s.channel, p.amount
  FROM payout.attempt AS a
  JOIN payout.submission AS s ON s.no = a.submission
 CROSS JOIN LATERAL (SELECT q.section, q.amount FROM payout.payment AS q WHERE q.batch = a.batch AND q.no = a.payment OFFSET 0) AS p
 CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                      WHERE l.batch = a.batch AND l.payment = a.payment
                      ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
 WHERE a.submission = @no AND last.attempt = a.attempt AND g.state IN ('ordered', 'out', 'listed')
ON CONFLICT (batch, payment, attempt, kind) WHERE closed_at IS NULL DO NOTHING`

// OpenDoubts records, inside the transaction that records Unknown, that nobody
// knows about the submission's payments that are still open.
func OpenDoubts(ctx context.Context, tx pgx.Tx, submission int64, why string, now time.Time) error {
	_, err := tx.Exec(ctx, sqlOpenDoubts, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"no": submission, "why": why, "now": now})
	if err != nil {
		return fmt.Errorf("open doubts of submission %d: %w", submission, err)
	}
	return nil
}

const sqlCloseDoubts = `
UPDATE payout.exception AS e
   SET closed_at = @now, closed_by = @voucher
  FROM unnest(@payments::bigint[]) AS want (payment)
 CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                      WHERE l.batch = @batch AND l.payment = want.payment
                      ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
 WHERE e.batch = @batch AND e.payment = want.payment AND e.kind = 'doubt' AND e.closed_at IS NULL
   AND (g.state NOT IN ('ordered', 'out', 'listed') OR e.attempt < last.attempt)`

// CloseDoubts ends the doubts of payments whose next leg voucher has just
// posted. It belongs into the same transaction as that posting; a payment still
// in an open state keeps its doubt.
func CloseDoubts(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, payments []int64, voucher ledger.VoucherID, now time.Time) error {
	if len(payments) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlCloseDoubts, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"batch": batch, "payments": payments, "voucher": voucher, "now": now})
	if err != nil {
		return fmt.Errorf("close doubts in batch %d: %w", batch, err)
	}
	return nil
}

const sqlKnownUnsent = `
UPDATE payout.submission
   SET state = 'unknown', first_sent = coalesce(first_sent, created_at), claim_until = @now, next_look = @next,
       answer_text = 'the bank knows it, though it was never sent'
 WHERE no = @no AND state = 'intent'`

// KnownUnsent records that a bank speaks of a submission which we certainly
// never sent. Whoever sent it, the rest of it may have been executed too: it may
// not be sent any more, and its open payments are in doubt until evidence ends
// that. The caller stops dispatch everywhere. A submission that was withdrawn
// stays withdrawn.
func KnownUnsent(ctx context.Context, tx pgx.Tx, no int64, now time.Time) error {
	tag, err := tx.Exec(ctx, sqlKnownUnsent, pgx.NamedArgs{"no": no, "now": now, "next": now.Add(inquiryDelay)})
	if err != nil {
		return fmt.Errorf("submission %d, known to the bank and never sent: %w", no, err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return OpenDoubts(ctx, tx, no, "the bank knows the submission, though it was never sent", now)
}

const sqlBar = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why)
VALUES (@batch, @payment, @attempt, 'barred', @now, @why)
ON CONFLICT (batch, payment, attempt, kind) WHERE closed_at IS NULL DO NOTHING`

// Bar refuses further attempts of the payment: a proof of an ended attempt came.
func Bar(ctx context.Context, tx pgx.Tx, r Ref, why string, now time.Time) error {
	_, err := tx.Exec(ctx, sqlBar, pgx.NamedArgs{"batch": r.Batch, "payment": r.Payment, "attempt": r.Attempt, "now": now, "why": why})
	if err != nil {
		return fmt.Errorf("bar payment %d of batch %d: %w", r.Payment, r.Batch, err)
	}
	return nil
}

// A second reason is added to the first, and takes back what one person has said
// about lifting it: nobody may lift a stop whose reason they have not read.
const sqlStop = `
INSERT INTO payout.stop (one, stopped, why, by_whom, at) VALUES (true, true, @why, @who, @now)
ON CONFLICT (one) DO UPDATE
   SET stopped = true, lift_by = '', lift_why = '', lift_at = NULL,
       why     = CASE WHEN NOT payout.stop.stopped OR payout.stop.why = '' THEN @why
                      WHEN position(@why IN payout.stop.why) > 0 THEN payout.stop.why
                      ELSE left(payout.stop.why || '; ' || @why, 2000) END,
       by_whom = CASE WHEN payout.stop.stopped THEN payout.stop.by_whom ELSE @who END,
       at      = CASE WHEN payout.stop.stopped THEN payout.stop.at ELSE @now END`

const sqlResume = `
UPDATE payout.stop SET stopped = false, why = @why, by_whom = @who, at = @now, lift_by = '', lift_why = '', lift_at = NULL
 WHERE stopped`

// Stop pulls the global stop: no step claims or sends until Resume. Pulled
// already, it keeps who pulled it first, and every reason.
func Stop(ctx context.Context, tx pgx.Tx, why, who string, now time.Time) error {
	if _, err := tx.Exec(ctx, sqlStop, pgx.NamedArgs{"why": why, "who": who, "now": now}); err != nil {
		return fmt.Errorf("global stop: %w", err)
	}
	return nil
}

// Resume lifts the global stop. That is a decision of a person.
func Resume(ctx context.Context, tx pgx.Tx, why, who string, now time.Time) error {
	if _, err := tx.Exec(ctx, sqlResume, pgx.NamedArgs{"why": why, "who": who, "now": now}); err != nil {
		return fmt.Errorf("lift the global stop: %w", err)
	}
	return nil
}

const sqlStopped = `
SELECT coalesce(bool_or(stopped), false), coalesce(max(coalesce(nullif(why, ''), 'không ghi lý do / no reason given')) FILTER (WHERE stopped), '')
  FROM payout.stop`

// Stopped returns why dispatch is stopped everywhere, or "" while it is not. A
// stop without a reason is a stop.
func Stopped(ctx context.Context, db pgdb.Querier) (string, error) {
	_, why, err := stopOf(ctx, db)
	return why, err
}

func stopOf(ctx context.Context, db pgdb.Querier) (stopped bool, why string, err error) {
	if err := db.QueryRow(ctx, sqlStopped).Scan(&stopped, &why); err != nil {
		return false, "", fmt.Errorf("global stop: %w", err)
	}
	return stopped, why, nil
}
