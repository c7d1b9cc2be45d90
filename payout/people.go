package payout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/registry/people"
)

// PeopleOffice answers what package people asks about powers and about money. It
// keeps nothing.
type PeopleOffice struct{}

var _ people.Office = PeopleOffice{}

// InOffice is [InOffice].
func (PeopleOffice) InOffice(ctx context.Context, db pgdb.Querier, today calendar.Date, who ...string) error {
	return InOffice(ctx, db, today, who...)
}

// MayConfirm returns the key of an approver of the commune, or of the department.
func (PeopleOffice) MayConfirm(ctx context.Context, db pgdb.Querier, signer, unit string, today calendar.Date) (crypt.PublicKey, error) {
	s, err := ReadSigner(ctx, db, signer)
	if err != nil {
		return nil, err
	}
	denied := func(code, vi, en string) error {
		return errs.Coded(errs.Denied, code, fmt.Sprintf("%s không xác nhận được thay đổi hồ sơ này: %s. / %s may not confirm changes of this record: %s.",
			signer, vi, signer, en), nil)
	}
	switch {
	case s.outside(today):
		return nil, denied("PAYOUT-POWERS", "ngoài thời hạn được giao quyền", "outside the dates of the powers")
	case s.Role != "approver" && s.Role != "department":
		return nil, denied("PAYOUT-ROLE", "cần người phê duyệt hoặc sở", "it takes an approver or the department")
	case s.UnitCode != "" && s.UnitCode != unit:
		return nil, denied("PAYOUT-UNIT", "khác địa bàn được giao", "another unit than the powers are for")
	}
	return s.Public, nil
}

// A payment's way is fixed with its section's digest, which planning computes.
const sqlFixedIn = `
SELECT DISTINCT p.batch
  FROM payout.payment AS p
  JOIN payout.batch AS b ON b.id = p.batch AND b.closed_at IS NULL
  JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section AND s.state <> 'withdrawn'
 WHERE p.person = ANY (@people::bigint[])
   AND NOT EXISTS (SELECT 1 FROM payout.cancelled AS c WHERE c.batch = p.batch AND c.payment = p.no)
 ORDER BY p.batch`

// CountsFrom says from which period a changed way of payment counts: this one
// while no open batch has a payment of the people, else the next.
func (PeopleOffice) CountsFrom(ctx context.Context, tx pgx.Tx, who []int64) (people.Counts, error) {
	rows, _ := tx.Query(ctx, sqlFixedIn, pgx.NamedArgs{"people": who})
	batches, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return people.Counts{}, fmt.Errorf("open batches of the people: %w", err)
	}
	return people.Counts{Next: len(batches) > 0, Batches: batches}, nil
}

// sqlRestingPayments finds payments of open batches with their last leg; without one the
// payment waits for approval.
const sqlRestingPayments = `
SELECT p.batch, p.no, coalesce(last.attempt, 0)::smallint AS attempt,
       coalesce(g.state IN ('approved', 'rejected', 'withdrawn', 'not_executed', 'returned', 'unpaid', 'brought_back'), true) AS rests,
       coalesce(g.state IN ('ordered', 'out', 'listed'), false) AS away
  FROM payout.payment AS p
  JOIN payout.batch AS b ON b.id = p.batch AND b.closed_at IS NULL
  JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section AND s.state <> 'withdrawn'
  LEFT JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                      WHERE l.batch = p.batch AND l.payment = p.no
                      ORDER BY l.seq DESC LIMIT 1) AS last ON true
  LEFT JOIN ledger.leg AS g ON g.id = last.leg
 WHERE NOT EXISTS (SELECT 1 FROM payout.cancelled AS c WHERE c.batch = p.batch AND c.payment = p.no)`

// Those to a payee that came after a death are apart: a death does not stop them, and
// taking it back does.
const sqlResting = sqlRestingPayments + `
   AND p.person = ANY (@people::bigint[])
   AND p.payee_after_death = @heirs`

// addReason: a payment rests for every reason that was given, one a line, until
// the last of them ends. One lifted must not let go what another holds.
const addReason = `
    ON CONFLICT (batch, payment, attempt, kind) WHERE closed_at IS NULL DO UPDATE
       SET why = payout.exception.why || E'\n' || excluded.why, reasons = payout.exception.reasons || excluded.reasons
     WHERE NOT payout.exception.reasons @> excluded.reasons`

// sqlLockBatchesOf waits for an order step under way, which holds its batch: what
// is judged next is where the payments are when it has committed.
const sqlLockBatchesOf = `
SELECT b.id FROM payout.batch AS b
 WHERE b.closed_at IS NULL
   AND b.id IN (SELECT p.batch FROM payout.payment AS p
                 WHERE p.person IN (SELECT unnest(@people::bigint[]) UNION SELECT s.gone FROM registry.same_person AS s WHERE s.kept = ANY (@people::bigint[])))
 ORDER BY b.id
   FOR NO KEY UPDATE`

func lockBatchesOf(ctx context.Context, tx pgx.Tx, who []int64) error {
	if _, err := tx.Exec(ctx, sqlLockBatchesOf, pgx.NamedArgs{"people": who}); err != nil {
		return fmt.Errorf("lock the batches of the people: %w", err)
	}
	return nil
}

const sqlHoldPeople = `
WITH found AS (` + sqlResting + `
), held AS (
    INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, reasons, why)
    SELECT f.batch, f.no, f.attempt, 'held', @now, ARRAY[@reason::text], @why FROM found AS f WHERE f.rests` + addReason + `
)
SELECT count(*) FILTER (WHERE f.rests), count(*) FILTER (WHERE f.away) FROM found AS f`

// HoldPeople holds every payment of the people that rests, in batches that are not
// closed, and counts them and those that are on their way. A held payment is not
// ordered; two people cancel it, and a further list pays who is entitled.
func (PeopleOffice) HoldPeople(ctx context.Context, tx pgx.Tx, who []int64, why people.Hold, now time.Time) (held, onTheWay int64, err error) {
	return hold(ctx, tx, who, false, why, now)
}

// HoldHeirs is HoldPeople of the payments to whoever came in the place of people
// who are alive after all.
func (PeopleOffice) HoldHeirs(ctx context.Context, tx pgx.Tx, who []int64, why people.Hold, now time.Time) (held, onTheWay int64, err error) {
	return hold(ctx, tx, who, true, why, now)
}

func hold(ctx context.Context, tx pgx.Tx, who []int64, heirs bool, why people.Hold, now time.Time) (held, onTheWay int64, err error) {
	if err := lockBatchesOf(ctx, tx, who); err != nil {
		return 0, 0, err
	}
	args := pgx.NamedArgs{"people": who, "heirs": heirs, "reason": why.Reason, "why": why.Why, "now": now}
	if err := tx.QueryRow(ctx, sqlHoldPeople, args).Scan(&held, &onTheWay); err != nil {
		return 0, 0, fmt.Errorf("hold the payments of the people: %w", err)
	}
	return held, onTheWay, nil
}

// endReason takes one reason with its line out of a hold, and closes it with the last.
const endReason = `
   SET closed_at = CASE WHEN cardinality(x.reasons) = 1 THEN @now::timestamptz END,
       reasons = CASE WHEN cardinality(x.reasons) = 1 THEN x.reasons ELSE array_remove(x.reasons, @reason) END,
       why = CASE WHEN cardinality(x.reasons) = 1 THEN x.why
                  ELSE (SELECT string_agg(w.line, E'\n' ORDER BY w.n)
                          FROM string_to_table(x.why, E'\n') WITH ORDINALITY AS w (line, n) WHERE x.reasons[w.n] <> @reason) END`

const sqlLiftPeople = `
UPDATE payout.exception AS x` + endReason + `
  FROM payout.payment AS p
 WHERE p.person = ANY (@people::bigint[]) AND x.batch = p.batch AND x.payment = p.no
   AND x.kind = 'held' AND x.closed_at IS NULL AND x.reasons @> ARRAY[@reason::text]
RETURNING x.batch, x.payment`

// sqlRewind sends the order step back to payments it passed by while they were
// held: what was ordered since is not approved any more and is passed by again.
const sqlRewind = `
UPDATE payout.run AS r SET next_no = least(r.next_no, t.payment)
  FROM unnest(@batches::integer[], @payments::bigint[]) AS t (batch, payment)
 WHERE r.batch = t.batch AND t.payment BETWEEN r.from_no AND r.to_no`

// LiftHold ends this reason of the holds, and has the order step look again. A
// payment that rests for another reason too goes on resting.
func (PeopleOffice) LiftHold(ctx context.Context, tx pgx.Tx, who []int64, why people.Hold, now time.Time) error {
	if err := lockBatchesOf(ctx, tx, who); err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, sqlLiftPeople, pgx.NamedArgs{"people": who, "reason": why.Reason, "now": now})
	var batches []int32
	var payments []int64
	var batch int32
	var payment int64
	_, err := pgx.ForEachRow(rows, []any{&batch, &payment}, func() error {
		batches, payments = append(batches, batch), append(payments, payment)
		return nil
	})
	if err != nil {
		return fmt.Errorf("lift the holds of the people: %w", err)
	}
	for i := range batches { // one at a time: a run must go back to the first of them
		if _, err := tx.Exec(ctx, sqlRewind, pgx.NamedArgs{"batches": batches[i : i+1], "payments": payments[i : i+1]}); err != nil {
			return fmt.Errorf("go back in batch %d: %w", batches[i], err)
		}
	}
	return nil
}

// The kept record speaks for those merged into it before: a right that one of them
// holds is held. Where a programme pays every month, two levels of one month are one
// right too: one person gets one of them. Claims that were released are free and
// count for neither.
const sqlAddDoubleClaims = `
WITH found AS (
    SELECT DISTINCT ON (k.programme, k.rule, k.month) k.programme, k.rule, k.month, k.batch AS kept_batch, k.payment AS kept_payment,
           g.batch AS gone_batch, g.payment AS gone_payment, least(k.amount, g.amount) AS amount, k.amount < g.amount AS kept_less
      FROM payout.entitlement AS k
      JOIN payout.programme AS p ON p.code = k.programme
      JOIN payout.entitlement AS g
        ON g.programme = k.programme AND (g.rule = k.rule OR p.monthly) AND g.month = k.month AND g.person = @gone AND g.subject = g.person
     WHERE k.person IN (SELECT @kept::bigint UNION SELECT s.gone FROM registry.same_person AS s WHERE s.kept = @kept AND s.gone <> @gone)
       AND k.subject = k.person
       AND NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f WHERE (f.programme, f.rule, f.person, f.subject, f.month, f.n)
                       = (k.programme, k.rule, k.person, k.subject, k.month, k.n))
       AND NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f WHERE (f.programme, f.rule, f.person, f.subject, f.month, f.n)
                       = (g.programme, g.rule, g.person, g.subject, g.month, g.n))
     ORDER BY k.programme, k.rule, k.month, k.n
), noted AS (
    INSERT INTO payout.double_claim (merged, programme, rule, month, kept_batch, kept_payment, gone_batch, gone_payment, amount, opened_at)
    SELECT @act, f.programme, f.rule, f.month, f.kept_batch, f.kept_payment, f.gone_batch, f.gone_payment, f.amount, @now FROM found AS f
)
SELECT f.gone_batch, f.gone_payment, f.kept_batch, f.kept_payment, f.kept_less FROM found AS f ORDER BY f.programme, f.rule, f.month`

const sqlOwedAtRest = `
SELECT coalesce(g.state IN ('approved', 'rejected', 'withdrawn', 'not_executed', 'returned', 'unpaid', 'brought_back'), true)
  FROM (SELECT 1) AS one
  LEFT JOIN LATERAL (SELECT l.leg FROM ledger.line AS l WHERE l.batch = @batch AND l.payment = @payment ORDER BY l.seq DESC LIMIT 1) AS last ON true
  LEFT JOIN ledger.leg AS g ON g.id = last.leg`

const sqlHoldOne = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, reasons, why)
SELECT @batch, @payment, coalesce((SELECT max(a.attempt) FROM payout.attempt AS a WHERE a.batch = @batch AND a.payment = @payment), 0), 'held', @now, ARRAY[@reason::text], @why` + addReason

// DoubleClaims notes each right that both records hold. Of the two payments one
// that is unsent is held, the lower level before the higher and else the second
// before the first; where both are on their way or paid, people decide what is
// recovered.
func (PeopleOffice) DoubleClaims(ctx context.Context, tx pgx.Tx, act, kept, gone int64, now time.Time) (int, error) {
	type claimed struct {
		gone, kept [2]int64
		keptLess   bool
	}
	if err := lockBatchesOf(ctx, tx, []int64{kept, gone}); err != nil {
		return 0, err
	}
	rows, _ := tx.Query(ctx, sqlAddDoubleClaims, pgx.NamedArgs{"act": act, "kept": kept, "gone": gone, "now": now})
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (claimed, error) {
		var c claimed
		return c, row.Scan(&c.gone[0], &c.gone[1], &c.kept[0], &c.kept[1], &c.keptLess)
	})
	if err != nil {
		return 0, fmt.Errorf("claims of persons %d and %d: %w", kept, gone, err)
	}
	for _, c := range list {
		order := [][2]int64{c.gone, c.kept}
		if c.keptLess {
			slices.Reverse(order)
		}
		for _, payment := range order {
			why := people.DoubleHold(act)
			args := pgx.NamedArgs{"batch": payment[0], "payment": payment[1], "now": now, "reason": why.Reason, "why": why.Why}
			var rests bool
			if err := tx.QueryRow(ctx, sqlOwedAtRest, args).Scan(&rests); err != nil {
				return 0, fmt.Errorf("payment %d of batch %d: %w", payment[1], payment[0], err)
			}
			if !rests {
				continue
			}
			if _, err := tx.Exec(ctx, sqlHoldOne, args); err != nil {
				return 0, fmt.Errorf("hold payment %d of batch %d: %w", payment[1], payment[0], err)
			}
			break
		}
	}
	return len(list), nil
}

// DoubleClaim is a right that two records of one person hold.
type DoubleClaim struct {
	Merged      int64 // the act that merged the records
	Programme   string
	Rule        string
	Month       calendar.Date
	KeptBatch   ledger.BatchID
	KeptPayment int64
	GoneBatch   ledger.BatchID
	GonePayment int64
	Amount      money.Amount
	OpenedAt    time.Time
}

// Of a merge that was undone, and of a claim that was released since, nothing is
// left to decide.
const sqlDoubleClaims = `
SELECT d.merged, d.programme, d.rule, d.month, d.kept_batch, d.kept_payment, d.gone_batch, d.gone_payment, d.amount, d.opened_at
  FROM payout.double_claim AS d
 WHERE NOT EXISTS (SELECT 1 FROM registry.merge_undone AS u WHERE u.merged = d.merged)
   AND NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f
                    JOIN payout.entitlement AS e USING (programme, rule, person, subject, month, n)
                    WHERE f.programme = d.programme AND f.month = d.month
                      AND (e.batch = d.gone_batch AND e.payment = d.gone_payment OR e.batch = d.kept_batch AND e.payment = d.kept_payment))
 ORDER BY d.merged, d.programme, d.rule, d.month`

// DoubleClaims lists the rights still claimed twice.
func DoubleClaims(ctx context.Context, db pgdb.Querier) ([]DoubleClaim, error) {
	rows, _ := db.Query(ctx, sqlDoubleClaims)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DoubleClaim])
	if err != nil {
		return nil, fmt.Errorf("rights claimed twice: %w", err)
	}
	return list, nil
}
