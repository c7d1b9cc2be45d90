package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/ledger"
)

// sqlCanary looks at each payment of the first submission once, whatever the planner
// believes of vouchers and states.
const sqlCanary = `
SELECT c.submission, c.passed_at IS NOT NULL, s.state = 'withdrawn',
       c.passed_at IS NULL AND EXISTS (
                SELECT 1
                  FROM payout.attempt AS a
                 CROSS JOIN LATERAL (SELECT l.leg, l.voucher FROM ledger.line AS l
                                      WHERE l.batch = a.batch AND l.payment = a.payment AND l.about = a.attempt OFFSET 0) AS l
                 WHERE a.submission = c.submission
                   AND (SELECT g.state FROM ledger.leg AS g WHERE g.id = l.leg) = 'paid'
                   AND (SELECT v.cause FROM ledger.voucher AS v WHERE v.id = l.voucher) <> 0)
  FROM payout.canary AS c
  JOIN payout.submission AS s ON s.no = c.submission
 WHERE c.batch = @batch AND c.channel = @channel`

const sqlPassCanary = `
UPDATE payout.canary SET passed_at = @now, passed_by = @who
 WHERE batch = @batch AND channel = @channel AND passed_at IS NULL`

const sqlToday = `
SELECT coalesce(sum(count), 0)::bigint, coalesce(sum(total), 0)::bigint
  FROM payout.submission WHERE channel = @channel AND execution = @today AND state <> 'withdrawn'`

// allowance says how many payments may go now: the canary first, then what the
// profile and the day's limit allow.
func (o *order) allowance(ctx context.Context) (reason WaitReason, detail string, err error) {
	args := pgx.NamedArgs{"batch": o.batch.ID, "channel": o.channel.Key, "now": o.e.Now(), "who": "proof", "today": calendar.DateOf(o.e.Now())}
	o.limit, o.canary, o.dayLeft = submissionMax, false, -1
	if o.channel.Profile.CountMax > 0 {
		o.limit = min(o.limit, o.channel.Profile.CountMax)
	}
	var submission int64
	var passed, unsent, proved bool
	switch err := o.tx.QueryRow(ctx, sqlCanary, args).Scan(&submission, &passed, &unsent, &proved); {
	case errors.Is(err, pgx.ErrNoRows):
		o.canary, o.limit = true, min(o.limit, canaryMax)
	case err != nil:
		return "", "", fmt.Errorf("canary: %w", err)
	case !passed && unsent: // it was taken back unsent and will never be proved: another goes first
		o.canary, o.limit = true, min(o.limit, canaryMax)
	case !passed && !proved:
		return WaitCanary, fmt.Sprint(submission), nil
	case !passed:
		if _, err := o.tx.Exec(ctx, sqlPassCanary, args); err != nil {
			return "", "", fmt.Errorf("pass canary: %w", err)
		}
	}
	var count int64
	var total money.Amount
	if err := o.tx.QueryRow(ctx, sqlToday, args).Scan(&count, &total); err != nil {
		return "", "", fmt.Errorf("day limit: %w", err)
	}
	if max := o.channel.Profile.DayCountMax; max > 0 {
		if count >= int64(max) {
			return WaitDayCount, fmt.Sprint(max), nil
		}
		o.limit = min(o.limit, max-int(count))
	}
	if max := o.channel.Profile.DayTotalMax; max > 0 {
		if total >= max {
			return WaitDayTotal, money.Amount(0).String(), nil
		}
		o.dayLeft = max - total
	}
	return "", "", nil
}

// ErrNoCanary says that no first submission of the batch waits for its proof at
// the channel.
var ErrNoCanary = errors.New("no first submission waits for its proof")

// PassCanary lets the rest of a batch go to a channel without waiting for the
// proof of its first submission: a person takes that responsibility. It returns
// ErrNoCanary when nothing waits for it.
func PassCanary(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, key bankadapters.Key, who string, now time.Time) error {
	tag, err := tx.Exec(ctx, sqlPassCanary, pgx.NamedArgs{"batch": batch, "channel": key, "who": who, "now": now})
	if err != nil {
		return fmt.Errorf("pass canary of batch %d at %s: %w", batch, key, err)
	}
	if tag.RowsAffected() == 0 {
		return errs.Coded(errs.Conflict, "PAYOUT-NO-CANARY", fmt.Sprintf("Đợt %d không có lệnh đầu tiên nào chờ bằng chứng ở kênh %s. / "+
			"No first submission of batch %d waits for its proof at %s.", batch, key, batch, key), ErrNoCanary)
	}
	return record(ctx, tx, now, who, "canary.pass", batch, map[string]any{"channel": string(key)})
}
