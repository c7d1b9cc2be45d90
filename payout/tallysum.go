package payout

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// foldAt is how many vouchers of a batch wait until posting adds them to its
// sums. A voucher of 10,000 payments touches every commune and has a few hundred
// tallies: two of them are little to read with a page, and little to add.
const foldAt = 2

// foldLock is the class of the advisory locks that let one transaction at a time
// change the sums of a batch.
const foldLock = 7211031

// A decision runs serializable and leaves the adding to the next bulk step: its
// snapshot may be older than what another transaction added meanwhile.
const sqlMayFold = `
SELECT CASE WHEN current_setting('transaction_isolation') = 'read committed'
             AND (SELECT count(*) FROM (SELECT 1 FROM payout.tally_new WHERE batch = @batch LIMIT @least) AS waiting) >= @least
            THEN pg_catalog.pg_try_advisory_xact_lock(@class, @batch) ELSE false END`

const sqlFold = `
WITH gone AS (
    DELETE FROM payout.tally_new WHERE batch = @batch RETURNING voucher
)
INSERT INTO payout.tally_sum (batch, section, channel, state, payments, amount)
SELECT @batch::integer, coalesce(t.section, 0), t.channel, t.state, sum(t.payments), sum(t.amount)
  FROM gone JOIN payout.tally AS t ON t.batch = @batch AND t.voucher = gone.voucher
 GROUP BY GROUPING SETS ((t.channel, t.state), (t.section, t.channel, t.state))
HAVING sum(t.payments) <> 0 OR sum(t.amount) <> 0
ON CONFLICT (batch, section, channel, state) DO UPDATE
   SET payments = payout.tally_sum.payments + excluded.payments, amount = payout.tally_sum.amount + excluded.amount`

// fold adds the tallies that are new to the sums of the batch, when there are
// enough of them. It never waits: who finds another transaction adding leaves it
// to that one, or to the next. What is not committed yet is not added, so a
// reader who takes the sums and the new tallies in one statement misses nothing
// and counts nothing twice.
func fold(ctx context.Context, tx pgx.Tx, batch ledger.BatchID) error {
	args := pgx.NamedArgs{"batch": batch, "least": foldAt, "class": foldLock}
	var may bool
	if err := tx.QueryRow(ctx, sqlMayFold, args).Scan(&may); err != nil || !may {
		return err
	}
	_, err := tx.Exec(ctx, sqlFold, args)
	return err
}

const sqlTallies = `
SELECT section, channel, state, sum(payments)::bigint, sum(amount)::bigint
  FROM (SELECT s.section, s.channel, s.state, s.payments, s.amount FROM payout.tally_sum AS s WHERE s.batch = @batch AND s.section > 0
         UNION ALL
        SELECT t.section, t.channel, t.state, t.payments, t.amount
          FROM payout.tally_new AS n JOIN payout.tally AS t ON t.batch = n.batch AND t.voucher = n.voucher
         WHERE n.batch = @batch) AS both_of
 GROUP BY section, channel, state
HAVING sum(payments) <> 0 OR sum(amount) <> 0
 ORDER BY section, channel, state`

// Tallies says where the payments of a batch stand, by section, channel and
// money state, without walking its lines. What is in doubt or held is not a
// money state: see [OpenExceptions].
func Tallies(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) ([]Tally, error) {
	rows, _ := db.Query(ctx, sqlTallies, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Tally])
	if err != nil {
		return nil, fmt.Errorf("tallies of batch %d: %w", batch, err)
	}
	return list, nil
}
