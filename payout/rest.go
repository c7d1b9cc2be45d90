package payout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/registry/people"
)

// A payment is planned whatever is known against its account or person, so that
// nobody is left out, and rests until somebody has said what is true. These are
// the reasons that planning finds in the registry.
const (
	holdFresh      = "fresh"              // its account took another way's place less than 30 days ago
	holdPopulation = "differs/population" // the population register says otherwise, and nobody has ended it
	holdAccount    = "differs/account"    // the bank does
)

// sqlHoldFresh rests what would go to an account that changed lately.
const sqlHoldFresh = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, reasons, why)
SELECT p.batch, p.no, 0, 'held', @now, ARRAY['` + holdFresh + `'], 'Tài khoản mới đổi, chờ xác minh / The account changed lately and is to be verified'
  FROM registry.fresh_account(@day, @after) AS f
  JOIN payout.payment AS p ON p.batch = @batch AND p.person = f.person AND p.bin = f.bank_bin AND p.account_index = f.account_index` + addReason

// A commune of residence that differs is no doubt about who somebody is; a
// difference about an account is one only where the money goes there.
const sqlBarringDifferences = `
SELECT d.person, d.source, d.verification, d.subject, d.bank_bin
  FROM registry.difference_open AS d
 WHERE d.source = 'account' OR d.verdict <> 'different' OR d.differs && ARRAY['name', 'birth', 'sex']`

const sqlHoldPopulation = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, reasons, why)
SELECT p.batch, p.no, 0, 'held', @now, ARRAY['` + holdPopulation + `'],
       format('Khác CSDL dân cư, chờ quyết định, đối chiếu %s / The population register says otherwise, verification %s', d.no, d.no)
  FROM (SELECT b.person, max(b.verification) AS no FROM (` + sqlBarringDifferences + `) AS b WHERE b.source = 'population' GROUP BY b.person) AS d
  JOIN payout.payment AS p ON p.batch = @batch AND p.person = d.person AND NOT p.payee_after_death` + addReason

const sqlHoldAccount = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, reasons, why)
SELECT p.batch, p.no, 0, 'held', @now, ARRAY['` + holdAccount + `'],
       format('Ngân hàng trả lời khác về tài khoản, chờ quyết định, đối chiếu %s / The bank says otherwise of the account, verification %s', d.no, d.no)
  FROM (SELECT b.person, b.subject, b.bank_bin, max(b.verification) AS no FROM (` + sqlBarringDifferences + `) AS b
         WHERE b.source = 'account' GROUP BY b.person, b.subject, b.bank_bin) AS d
  JOIN payout.payment AS p ON p.batch = @batch AND p.person = d.person AND p.account_index = d.subject AND p.bin = d.bank_bin` + addReason

// sqlByKeys: what rests are few, found by their keys (see sqlLinear).
const sqlByKeys = `SELECT set_config('enable_nestloop', 'on', true)`

// rest opens the holds of a plan, and records whom to tell of a changed account.
func (p *plan) rest(ctx context.Context) error {
	args := pgx.NamedArgs{"batch": p.batch.ID, "now": p.now, "day": calendar.DateOf(p.now), "after": people.FreshSince(p.now)}
	if _, err := p.tx.Exec(ctx, sqlByKeys); err != nil {
		return fmt.Errorf("choose joins: %w", err)
	}
	for _, sql := range []string{sqlHoldFresh, sqlHoldPopulation, sqlHoldAccount, sqlHoldStaff} {
		if _, err := p.tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("hold what is in doubt: %w", err)
		}
	}
	if err := people.NoteChangedAccounts(ctx, p.tx, p.now); err != nil {
		return err
	}
	r, err := restingOf(ctx, p.tx, p.batch.ID, 0)
	p.result.Resting = r.Fresh + r.Differs + r.Staff
	return err
}

// resting is how many payments rest for what planning found, each counted once.
type resting struct{ Fresh, Differs, Staff int64 }

const sqlCountResting = `
SELECT count(*) FILTER (WHERE x.reasons @> ARRAY['` + holdFresh + `'] AND NOT x.reasons @> ARRAY['` + holdStaff + `']),
       count(*) FILTER (WHERE x.reasons && ARRAY['` + holdPopulation + `', '` + holdAccount + `']
                          AND NOT x.reasons && ARRAY['` + holdFresh + `', '` + holdStaff + `']),
       count(*) FILTER (WHERE x.reasons @> ARRAY['` + holdStaff + `'])
  FROM payout.exception AS x
  JOIN payout.payment AS p ON p.batch = x.batch AND p.no = x.payment
 WHERE x.batch = @batch AND x.kind = 'held' AND x.closed_at IS NULL AND (@section::smallint = 0 OR p.section = @section)`

func restingOf(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, section int16) (resting, error) {
	var r resting
	if err := db.QueryRow(ctx, sqlCountResting, pgx.NamedArgs{"batch": batch, "section": section}).Scan(&r.Fresh, &r.Differs, &r.Staff); err != nil {
		return r, fmt.Errorf("what rests of batch %d: %w", batch, err)
	}
	return r, nil
}

// sqlSettledHolds finds the reasons of holds that are settled by now. The payment
// must still say what the record says: corrected to another account, name or id, the
// money would go the old way, so it rests until two people cancel it and a further
// list pays.
const sqlSettledHolds = `
SELECT x.batch, x.payment, t.reason
  FROM payout.exception AS x
 CROSS JOIN LATERAL unnest(x.reasons) AS t (reason)
  JOIN payout.payment AS p ON p.batch = x.batch AND p.no = x.payment
  JOIN registry.person AS q ON q.id = p.person
 WHERE x.kind = 'held' AND x.closed_at IS NULL
   AND CASE t.reason
       WHEN '` + holdFresh + `' THEN ` + sameAccount + `
            AND NOT EXISTS (SELECT 1 FROM registry.fresh_account(@day, @after) AS f
                             WHERE f.person = p.person AND f.bank_bin = p.bin AND f.account_index = p.account_index)
       WHEN '` + holdAccount + `' THEN ` + sameAccount + `
            AND NOT EXISTS (SELECT 1 FROM (` + sqlBarringDifferences + `) AS d
                             WHERE d.source = 'account' AND d.person = p.person AND d.subject = p.account_index AND d.bank_bin = p.bin)
       WHEN '` + holdPopulation + `' THEN q.name = p.name AND (p.payee <> 0 OR q.id_index IS NOT DISTINCT FROM p.id_index)
            AND NOT EXISTS (SELECT 1 FROM (` + sqlBarringDifferences + `) AS d WHERE d.source = 'population' AND d.person = p.person)
       ELSE false END
 ORDER BY x.batch, x.payment, t.reason`

const sameAccount = `EXISTS (SELECT 1 FROM registry.way_on(@day) AS w WHERE w.person = p.person AND w.bank_bin = p.bin AND w.account_index = p.account_index)`

const sqlLockBatches = `SELECT id FROM payout.batch WHERE id = ANY (@batches::integer[]) ORDER BY id FOR NO KEY UPDATE`

const sqlLiftReason = `
UPDATE payout.exception AS x` + endReason + `
 WHERE x.batch = @batch AND x.payment = @payment AND x.kind = 'held' AND x.closed_at IS NULL AND x.reasons @> ARRAY[@reason::text]`

// settledHold is a reason of one payment's hold that ended.
type settledHold struct {
	Batch   int32
	Payment int64
	Reason  string
}

// LetGo ends the reasons of holds that are settled: the account was verified and
// confirmed or is 30 days old, the difference was ended. The schedule calls it
// before it looks what is due; an act that settles one calls it at once.
func (PeopleOffice) LetGo(ctx context.Context, tx pgx.Tx, now time.Time) error {
	_, err := letGo(ctx, tx, now)
	return err
}

func settledHolds(ctx context.Context, db pgdb.Querier, now time.Time) ([]settledHold, error) {
	rows, _ := db.Query(ctx, sqlSettledHolds, pgx.NamedArgs{"day": calendar.DateOf(now), "after": people.FreshSince(now)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[settledHold])
	if err != nil {
		return nil, fmt.Errorf("holds that are settled: %w", err)
	}
	return list, nil
}

func letGo(ctx context.Context, tx pgx.Tx, now time.Time) (int, error) {
	list, err := settledHolds(ctx, tx, now)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	var batches []int32
	for _, s := range list {
		batches = append(batches, s.Batch)
	}
	if _, err := tx.Exec(ctx, sqlLockBatches, pgx.NamedArgs{"batches": batches}); err != nil {
		return 0, fmt.Errorf("lock the batches of what rests: %w", err)
	}
	if list, err = settledHolds(ctx, tx, now); err != nil { // as it stands under the lock
		return 0, err
	}
	for _, s := range list {
		if _, err := tx.Exec(ctx, sqlLiftReason, pgx.NamedArgs{"batch": s.Batch, "payment": s.Payment, "reason": s.Reason, "now": now}); err != nil {
			return 0, fmt.Errorf("let payment %d of batch %d go: %w", s.Payment, s.Batch, err)
		}
		if _, err := tx.Exec(ctx, sqlRewind, pgx.NamedArgs{"batches": []int32{s.Batch}, "payments": []int64{s.Payment}}); err != nil {
			return 0, fmt.Errorf("go back in batch %d: %w", s.Batch, err)
		}
		_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: "system: holds", Act: "payment.let_go",
			Subject: fmt.Sprintf("payment/%d/%d", s.Batch, s.Payment), Detail: map[string]any{"reason": s.Reason}})
		if err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// StepHolds lets go what rests for a reason that is settled by now, and returns how
// many reasons ended. It may be called by anyone, any number of times.
func StepHolds(ctx context.Context, db pgdb.DB, now time.Time) (ended int, err error) {
	list, err := settledHolds(ctx, db, now) // nearly always none: then no transaction is begun
	if err != nil || len(list) == 0 {
		return 0, err
	}
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		ended, err = letGo(ctx, tx, now)
		return err
	})
	return ended, err
}

const sqlFreshPeople = `
SELECT DISTINCT p.person
  FROM payout.exception AS x
  JOIN payout.payment AS p ON p.batch = x.batch AND p.no = x.payment
 WHERE x.batch = @batch AND x.kind = 'held' AND x.closed_at IS NULL AND x.reasons @> ARRAY['` + holdFresh + `']`

// FreshAccounts lists the changed accounts for which payments of a batch rest, by
// commune; unit "" = all. [people.Desk.AskAccount] lays one before a second person.
func FreshAccounts(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, unit string, now time.Time) ([]people.FreshAccount, error) {
	rows, _ := db.Query(ctx, sqlFreshPeople, pgx.NamedArgs{"batch": batch})
	resting, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("people whose payments rest in batch %d: %w", batch, err)
	}
	list, err := people.FreshAccounts(ctx, db, unit, now)
	return slices.DeleteFunc(list, func(f people.FreshAccount) bool { return !slices.Contains(resting, f.Person) }), err
}
