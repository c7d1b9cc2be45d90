package payout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// RetryDecision has payments tried again, over another channel if one is named.
// Person and amount stay as approved.
type RetryDecision struct {
	Batch    ledger.BatchID
	Payments []int64
	Channel  bankadapters.Key // "" = the channel each was tried over last
	Reason   string
	ByOne    string
	ByTwo    string
}

// Errors of DecideRetry a caller may match, beside those of CancelUnsent.
var (
	ErrNeverTried = errors.New("the payment was never ordered")
	ErrDecided    = errors.New("another attempt is decided already")
	ErrNoAccount  = errors.New("the payment has no account for a bank")
)

// attemptsMax is what one digit of an attempt's id can count.
const attemptsMax = 35

// heldByWireOnly is true of holds that another channel ends: one channel could not
// carry the payment, and nothing is known against its person or account.
const heldByWireOnly = `AND reasons = ARRAY['` + holdWire + `']`

// sqlOpenFacts finds what bars payments. A death, an account of staff, or a right two
// merged records hold, bars also those that were on their way when it became known,
// and so could not be held: their money came back since.
const sqlOpenFacts = `
SELECT payment, vi, en FROM (
    SELECT payment, kind || ': đã có hoặc còn chờ bằng chứng' AS vi, kind || ': a proof came or is waited for' AS en FROM payout.exception
     WHERE batch = @batch AND payment = ANY (@payments::bigint[]) AND closed_at IS NULL AND kind IN ('barred', 'doubt', 'held')
       AND NOT (kind = 'held' AND payment = ANY (coalesce(@redirected::bigint[], '{}')) ` + heldByWireOnly + `)
    UNION ALL
    SELECT p.no, 'báo tử', 'death'
      FROM payout.payment AS p
      LEFT JOIN registry.same_person AS s ON s.gone = p.person
     WHERE p.batch = @batch AND p.no = ANY (@payments::bigint[]) AND NOT p.payee_after_death
       AND (EXISTS (SELECT 1 FROM registry.death_now AS d WHERE d.person IN (p.person, s.kept))
         OR EXISTS (SELECT 1 FROM registry.death_waiting AS d WHERE d.person IN (p.person, s.kept)))
    UNION ALL
    SELECT p.no, 'tài khoản của cán bộ', 'an account of staff'
      FROM payout.payment AS p
      JOIN registry.staff_account AS f ON f.bank_bin = p.bin AND f.account_index = p.account_index
     WHERE p.batch = @batch AND p.no = ANY (@payments::bigint[])
    UNION ALL
    SELECT t.payment, 'hai hồ sơ của một người cùng hưởng', 'two records of one person hold the right'
      FROM unnest(@payments::bigint[]) AS t (payment)
     WHERE EXISTS (SELECT 1 FROM (` + sqlDoubleClaims + `) AS d
                    WHERE (@batch, t.payment) IN ((d.kept_batch, d.kept_payment), (d.gone_batch, d.gone_payment)))
) AS fact
 ORDER BY payment, vi LIMIT 1`

const sqlWithoutAccount = `
SELECT p.no FROM payout.payment AS p
 WHERE p.batch = @batch AND p.no = ANY (@payments::bigint[]) AND p.account_index IS NULL
 ORDER BY p.no LIMIT 1`

// sqlAddRetries takes the channel named, or that of the payment's last attempt.
// A decision that was not ordered yet gives way to one for another channel; the
// audit chain keeps both.
const sqlAddRetries = `
INSERT INTO payout.retry (batch, payment, after_attempt, channel, reason, by_one, by_two, at)
SELECT @batch::integer, t.payment, t.attempt, coalesce(nullif(@channel::text, ''), s.channel), @reason, @one, @two, @now
  FROM unnest(@payments::bigint[], @attempts::smallint[]) AS t (payment, attempt)
  JOIN payout.attempt AS a ON a.batch = @batch::integer AND a.payment = t.payment AND a.attempt = t.attempt
  JOIN payout.submission AS s ON s.no = a.submission
ON CONFLICT (batch, payment, after_attempt) DO UPDATE
   SET channel = excluded.channel, reason = excluded.reason, by_one = excluded.by_one, by_two = excluded.by_two, at = excluded.at
 WHERE payout.retry.submission IS NULL AND payout.retry.channel <> excluded.channel AND @channel::text <> ''`

const sqlOpenDecisions = `
SELECT t.payment, t.channel
  FROM payout.retry AS t
  JOIN unnest(@payments::bigint[], @attempts::smallint[]) AS w (payment, attempt) ON w.payment = t.payment AND w.attempt = t.after_attempt
 WHERE t.batch = @batch::integer AND t.submission IS NULL
 ORDER BY t.payment`

// sqlLiftHolds ends the holds of payments that one channel could not carry and
// that go over another now. If that one cannot either, they are held again. What an
// act on the person has added meanwhile keeps its hold.
const sqlLiftHolds = `
UPDATE payout.exception SET closed_at = @now
 WHERE batch = @batch AND payment = ANY (@payments::bigint[]) AND kind = 'held' AND closed_at IS NULL ` + heldByWireOnly

// DecideRetry records that two people have payments tried again; the order step
// takes them from there. Until it does, two people may redirect them to another
// channel, which also lifts a hold that the first one made. All are refused
// together when one is not owed (ErrNotOwed), was never ordered (ErrNeverTried),
// is barred by a proof, a death or a right held twice (ErrBarred), has money due back from the bank
// (ErrOpenClaim), is decided already for the same channel (ErrDecided), or has
// no account where a bank is named (ErrNoAccount); a provider needs none.
func DecideRetry(ctx context.Context, db pgdb.DB, r RetryDecision, now time.Time) error {
	if err := twoPeople(r.ByOne, r.ByTwo, r.Reason); err != nil {
		return err
	}
	r.Payments = slices.Compact(slices.Sorted(slices.Values(r.Payments)))
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := LockBatch(ctx, tx, r.Batch); err != nil {
			return err
		}
		at, err := atRest(ctx, tx, r.Batch, r.Payments)
		if err != nil {
			return err
		}
		from, err := r.redirected(ctx, tx, at)
		if err != nil {
			return err
		}
		if err := r.mayTry(ctx, tx, at, from); err != nil {
			return err
		}
		return r.store(ctx, tx, at, from, now)
	})
	if err != nil {
		return fmt.Errorf("retry in batch %d: %w", r.Batch, err)
	}
	return nil
}

func (r RetryDecision) refuse(code string, payment int64, vi, en string, cause error) error {
	return errs.Coded(errs.Conflict, code, fmt.Sprintf("Khoản chi %d của đợt %d %s. / Payment %d of batch %d %s.", payment, r.Batch, vi, payment, r.Batch, en), cause)
}

// redirected says which of the payments are decided already, not ordered yet,
// and for which other channel.
func (r RetryDecision) redirected(ctx context.Context, tx pgx.Tx, at map[int64]ledger.Position) (map[int64]bankadapters.Key, error) {
	rows, _ := tx.Query(ctx, sqlOpenDecisions, pgx.NamedArgs{"batch": r.Batch, "payments": r.Payments, "attempts": r.attempts(at)})
	from := map[int64]bankadapters.Key{}
	var no int64
	var key bankadapters.Key
	_, err := pgx.ForEachRow(rows, []any{&no, &key}, func() error {
		if r.Channel != "" && key != r.Channel {
			from[no] = key
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open decisions: %w", err)
	}
	return from, nil
}

func (r RetryDecision) attempts(at map[int64]ledger.Position) []int16 {
	attempts := make([]int16, len(r.Payments))
	for i, no := range r.Payments {
		attempts[i] = at[no].Attempt
	}
	return attempts
}

// mayTry holds the payments against everything but their money.
func (r RetryDecision) mayTry(ctx context.Context, tx pgx.Tx, at map[int64]ledger.Position, from map[int64]bankadapters.Key) error {
	for _, no := range r.Payments {
		switch p := at[no]; {
		case p.Attempt == 0:
			return r.refuse("PAYOUT-NEVER-TRIED", no, "chưa gửi lần nào, sẽ được gửi theo đợt", "was never ordered; it goes with its batch", ErrNeverTried)
		case p.Attempt >= attemptsMax:
			return r.refuse("PAYOUT-ATTEMPTS", no, "đã gửi quá nhiều lần", "was tried too often", nil)
		}
	}
	args := pgx.NamedArgs{"batch": r.Batch, "payments": r.Payments, "redirected": slices.Sorted(maps.Keys(from))}
	var no int64
	var vi, en string
	switch err := tx.QueryRow(ctx, sqlOpenFacts, args).Scan(&no, &vi, &en); {
	case err == nil:
		return r.refuse("PAYOUT-BARRED", no, "bị chặn ("+vi+")", "is barred ("+en+")", ErrBarred)
	case !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("open exceptions: %w", err)
	}
	if r.Channel == "" {
		return nil
	}
	channel, err := channelOf(ctx, tx, r.Channel)
	if err != nil {
		return err
	}
	if channel.Kind != "bank" {
		return nil
	}
	switch err := tx.QueryRow(ctx, sqlWithoutAccount, args).Scan(&no); {
	case err == nil:
		return r.refuse("PAYOUT-NO-ACCOUNT", no, "không có tài khoản để chi qua ngân hàng", "has no account to be paid through a bank", ErrNoAccount)
	case !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("accounts: %w", err)
	}
	return nil
}

func (r RetryDecision) store(ctx context.Context, tx pgx.Tx, at map[int64]ledger.Position, from map[int64]bankadapters.Key, now time.Time) error {
	tag, err := tx.Exec(ctx, sqlAddRetries, pgx.NamedArgs{"batch": r.Batch, "payments": r.Payments, "attempts": r.attempts(at),
		"channel": string(r.Channel), "reason": r.Reason, "one": r.ByOne, "two": r.ByTwo, "now": now})
	if err != nil {
		return fmt.Errorf("store retries: %w", err)
	}
	if tag.RowsAffected() != int64(len(r.Payments)) {
		return errs.Coded(errs.Conflict, "PAYOUT-DECIDED", fmt.Sprintf("Đợt %d: có khoản chi đã được quyết định gửi lại. / "+
			"Batch %d: another attempt is already decided for one of the payments.", r.Batch, r.Batch), ErrDecided)
	}
	detail := map[string]any{"payments": r.Payments, "channel": string(r.Channel), "reason": r.Reason, "second": r.ByTwo}
	if len(from) > 0 {
		moved := map[string]any{}
		for no, key := range from {
			moved[fmt.Sprint(no)] = string(key)
		}
		detail["instead_of"] = moved
		if _, err := tx.Exec(ctx, sqlLiftHolds, pgx.NamedArgs{"batch": r.Batch, "payments": slices.Sorted(maps.Keys(from)), "now": now}); err != nil {
			return fmt.Errorf("lift holds: %w", err)
		}
	}
	return record(ctx, tx, now, r.ByOne, "payment.retry", r.Batch, detail)
}
