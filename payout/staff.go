package payout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/crypt"
	"ansinh/registry"
)

// holdStaff: its account belongs to somebody who keeps lists or pays. A list that
// brings such an account is refused the row; this is for accounts noted after the
// list was taken, or carried from a month before. Nothing ends it by itself: two
// people cancel the payment, and a further list pays the person elsewhere.
const holdStaff = "staff"

const whyStaff = `Tài khoản nhận là của cán bộ / The account is one of staff`

// sqlHoldStaff rests what a plan would send to accounts of staff.
const sqlHoldStaff = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, reasons, why)
SELECT p.batch, p.no, 0, 'held', @now, ARRAY['` + holdStaff + `'], '` + whyStaff + `'
  FROM registry.staff_account AS f
  JOIN payout.payment AS p ON p.batch = @batch AND p.bin = f.bank_bin AND p.account_index = f.account_index` + addReason

// sqlPaidInto finds whom open batches pay into an account.
const sqlPaidInto = `
SELECT DISTINCT p.person
  FROM payout.payment AS p
  JOIN payout.batch AS b ON b.id = p.batch AND b.closed_at IS NULL
 WHERE p.bin = @bin AND p.account_index = @account`

const sqlHoldInto = `
WITH found AS (` + sqlRestingPayments + `
   AND p.person = ANY (@people::bigint[]) AND p.bin = @bin AND p.account_index = @account
), held AS (
    INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, reasons, why)
    SELECT f.batch, f.no, f.attempt, 'held', @now, ARRAY['` + holdStaff + `'], '` + whyStaff + `' FROM found AS f WHERE f.rests` + addReason + `
)
SELECT count(*) FILTER (WHERE f.rests), count(*) FILTER (WHERE f.away) FROM found AS f`

// NoteStaffAccount notes an account to which no money of people may go, holds what
// open batches would still send there, and counts that and what is on its way.
// Plans that come later rest theirs by themselves.
func NoteStaffAccount(ctx context.Context, tx pgx.Tx, keys *crypt.Keys, a registry.StaffAccount, by string, now time.Time) (held, onTheWay int64, err error) {
	if err := registry.AddStaffAccount(ctx, tx, keys, a, by, now); err != nil {
		return 0, 0, err
	}
	args := pgx.NamedArgs{"bin": a.BIN, "account": keys.Index(crypt.FieldAccount, a.Account), "now": now}
	rows, _ := tx.Query(ctx, sqlPaidInto, args)
	who, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, 0, fmt.Errorf("find whom an account of staff is paid for: %w", err)
	}
	if len(who) == 0 {
		return 0, 0, nil
	}
	if err := lockBatchesOf(ctx, tx, who); err != nil {
		return 0, 0, err
	}
	args["people"] = who
	if err := tx.QueryRow(ctx, sqlHoldInto, args).Scan(&held, &onTheWay); err != nil {
		return 0, 0, fmt.Errorf("hold what goes to an account of staff: %w", err)
	}
	_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: by, Act: "payment.hold", Subject: a.Owner,
		Detail: map[string]any{"reason": holdStaff, "held": held, "on_the_way": onTheWay}})
	return held, onTheWay, err
}
