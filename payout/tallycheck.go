package payout

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// sqlCheckTallies walks the last line of every payment and compares with the
// sums of the differences.
const sqlCheckTallies = `
WITH last AS (
    SELECT DISTINCT ON (l.batch, l.payment) l.batch, l.payment, l.leg, l.attempt
      FROM ledger.line AS l WHERE l.batch <> 0
     ORDER BY l.batch, l.payment, l.seq DESC
), walked AS (
    SELECT last.batch, p.section, coalesce(s.channel, p.channel) AS channel, g.state, count(*) AS payments, sum(f.amount) AS amount
      FROM last
      JOIN ledger.leg AS g ON g.id = last.leg
      JOIN ledger.line AS f ON f.batch = last.batch AND f.payment = last.payment AND f.seq = 1
      JOIN payout.payment AS p ON p.batch = last.batch AND p.no = last.payment
      LEFT JOIN payout.attempt AS a ON a.batch = last.batch AND a.payment = last.payment AND a.attempt = last.attempt
      LEFT JOIN payout.submission AS s ON s.no = a.submission
     GROUP BY last.batch, p.section, coalesce(s.channel, p.channel), g.state
), counted AS (
    SELECT t.batch, t.section, t.channel, t.state, sum(t.payments) AS payments, sum(t.amount) AS amount
      FROM payout.tally AS t
     GROUP BY t.batch, t.section, t.channel, t.state
)
SELECT side.tie, 'batch ' || coalesce(w.batch, c.batch) || ' section ' || coalesce(w.section, c.section) || ' at ' || coalesce(w.channel, c.channel)
       || ' ' || coalesce(w.state, c.state), side.want::bigint, side.got::bigint
  FROM walked AS w
  FULL JOIN counted AS c ON c.batch = w.batch AND c.section = w.section AND c.channel = w.channel AND c.state = w.state
 CROSS JOIN LATERAL (VALUES ('tally of payments = last lines', coalesce(w.payments, 0), coalesce(c.payments, 0)),
                            ('tally of đồng = last lines', coalesce(w.amount, 0), coalesce(c.amount, 0))) AS side (tie, want, got)
 WHERE side.want <> side.got
 ORDER BY 2, 1
 LIMIT @limit`

// talliesMax bounds what CheckTallies returns.
const talliesMax = 50

// CheckTallies holds the totals of every batch, which pages show, against the
// payments' last lines, which are the truth. The list is empty when they agree.
// It belongs to `ledger verify` and runs after every test that uses a database
// of this package.
func CheckTallies(ctx context.Context, db pgdb.Querier) ([]ledger.TieError, error) {
	rows, _ := db.Query(ctx, sqlCheckTallies, pgx.NamedArgs{"limit": talliesMax})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.TieError])
	if err != nil {
		return nil, fmt.Errorf("check the tallies: %w", err)
	}
	return list, nil
}

// CheckTies is [ledger.CheckTies] and [CheckTallies]: all that must hold between
// accounts, payments and totals.
func CheckTies(ctx context.Context, db pgdb.Querier) ([]ledger.TieError, error) {
	ties, err := ledger.CheckTies(ctx, db)
	if err != nil {
		return nil, err
	}
	tallies, err := CheckTallies(ctx, db)
	return append(ties, tallies...), err
}

// ExceptionCount is how many payments of a batch have an open exception of one
// kind, by the money state they are in.
type ExceptionCount struct {
	Kind     string // doubt, held, repair or barred
	State    ledger.State
	Payments int64
	Amount   money.Amount
}

// The index of open exceptions leaves few rows; only these are looked up.
const sqlOpenExceptions = `
SELECT e.kind, g.state, count(*), sum(p.amount)::bigint
  FROM (SELECT DISTINCT x.payment, x.kind FROM payout.exception AS x
         WHERE x.batch = @batch AND x.closed_at IS NULL) AS e
  JOIN payout.payment AS p ON p.batch = @batch AND p.no = e.payment
 CROSS JOIN LATERAL (SELECT l.leg FROM ledger.line AS l
                      WHERE l.batch = @batch AND l.payment = e.payment
                      ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
 GROUP BY e.kind, g.state
 ORDER BY e.kind, g.state`

// OpenExceptions counts what stands beside the money of a batch: doubts, holds,
// bars. A doubt is shown only where the attempt is open (ordered, out, listed).
func OpenExceptions(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) ([]ExceptionCount, error) {
	rows, _ := db.Query(ctx, sqlOpenExceptions, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ExceptionCount])
	if err != nil {
		return nil, fmt.Errorf("open exceptions of batch %d: %w", batch, err)
	}
	return list, nil
}
