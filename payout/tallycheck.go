package payout

import (
	"context"
	"fmt"
	"slices"

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

// sqlCheckSums compares what pages read, which is kept beside the tallies, with
// the tallies: the sums of sections and of batches, and who is set aside. Each
// payment set aside is looked up; as many of them as the tallies say, each in its
// right state, are all there are.
const sqlCheckSums = `
WITH counted AS (
    SELECT t.batch, coalesce(t.section, 0) AS section, t.channel, t.state, sum(t.payments) AS payments, sum(t.amount) AS amount
      FROM payout.tally AS t
     GROUP BY GROUPING SETS ((t.batch, t.channel, t.state), (t.batch, t.section, t.channel, t.state))
), kept AS (
    SELECT k.batch, k.section, k.channel, k.state, sum(k.payments) AS payments, sum(k.amount) AS amount
      FROM (SELECT s.batch, s.section, s.channel, s.state, s.payments, s.amount FROM payout.tally_sum AS s
             UNION ALL
            SELECT t.batch, part.section, t.channel, t.state, t.payments, t.amount
              FROM payout.tally_new AS n JOIN payout.tally AS t ON t.batch = n.batch AND t.voucher = n.voucher
             CROSS JOIN LATERAL (VALUES (t.section), (0::smallint)) AS part (section)) AS k
     GROUP BY k.batch, k.section, k.channel, k.state
), told AS (
    SELECT c.batch, c.state, sum(c.payments) AS payments FROM counted AS c WHERE c.section = 0 AND c.state = ANY (@aside) GROUP BY c.batch, c.state
), aside AS (
    SELECT a.batch, a.state, count(*) AS payments, count(*) FILTER (WHERE g.state = a.state) AS right_ones
      FROM payout.aside AS a
     CROSS JOIN LATERAL (SELECT l.leg FROM ledger.line AS l WHERE l.batch = a.batch AND l.payment = a.payment ORDER BY l.seq DESC LIMIT 1) AS last
      JOIN ledger.leg AS g ON g.id = last.leg
     GROUP BY a.batch, a.state
)
SELECT side.tie, 'batch ' || coalesce(c.batch, k.batch) || ' section ' || coalesce(c.section, k.section) || ' at ' || coalesce(c.channel, k.channel)
       || ' ' || coalesce(c.state, k.state), side.want::bigint, side.got::bigint
  FROM counted AS c
  FULL JOIN kept AS k ON k.batch = c.batch AND k.section = c.section AND k.channel = c.channel AND k.state = c.state
 CROSS JOIN LATERAL (VALUES ('kept sum of payments = tallies', coalesce(c.payments, 0), coalesce(k.payments, 0)),
                            ('kept sum of đồng = tallies', coalesce(c.amount, 0), coalesce(k.amount, 0))) AS side (tie, want, got)
 WHERE side.want <> side.got
 UNION ALL
SELECT side.tie, 'batch ' || coalesce(t.batch, a.batch) || ' ' || coalesce(t.state, a.state), side.want::bigint, side.got::bigint
  FROM told AS t
  FULL JOIN aside AS a ON a.batch = t.batch AND a.state = t.state
 CROSS JOIN LATERAL (VALUES ('payments set aside = tallies', coalesce(t.payments, 0), coalesce(a.payments, 0)),
                            ('payments set aside = last lines', coalesce(a.payments, 0), coalesce(a.right_ones, 0))) AS side (tie, want, got)
 WHERE side.want <> side.got
 UNION ALL
SELECT 'a doubt is about an open attempt', 'batch ' || x.batch || ' payment ' || x.payment, x.attempt::bigint, coalesce(last.attempt, 0)::bigint
  FROM payout.exception AS x
  LEFT JOIN LATERAL (SELECT l.attempt, l.leg FROM ledger.line AS l WHERE l.batch = x.batch AND l.payment = x.payment ORDER BY l.seq DESC LIMIT 1) AS last ON true
  LEFT JOIN ledger.leg AS g ON g.id = last.leg
 WHERE x.kind = 'doubt' AND x.closed_at IS NULL
   AND (last.attempt IS DISTINCT FROM x.attempt OR g.state NOT IN ('ordered', 'out', 'listed'))
 ORDER BY 2, 1
 LIMIT @limit`

// sqlCheckUndecided walks every row ever refused or left out and finds those that
// nobody decided, or that were moved, which payout.open_row does not look at.
const sqlCheckUndecided = `
SELECT 'a row nobody decided is looked at', 'list ' || x.list || ' row ' || x.row_no, coalesce(d.n, 0)::bigint, coalesce(u.moved, -1)::bigint
  FROM (SELECT r.list, r.row_no FROM registry.refused_row AS r
         UNION SELECT o.list, o.row_no FROM payout.left_out AS o
         UNION SELECT m.list, m.row_no FROM registry.row_decision AS m) AS x
  LEFT JOIN LATERAL (SELECT m.n, m.kind FROM registry.row_decision AS m
                      WHERE m.list = x.list AND m.row_no = x.row_no ORDER BY m.n DESC LIMIT 1) AS d ON true
  LEFT JOIN registry.undecided_row AS u ON u.list = x.list AND u.row_no = x.row_no
  LEFT JOIN registry.refused_row AS r ON r.list = x.list AND r.row_no = x.row_no AND r.claimed_person IS NOT NULL
 WHERE coalesce(d.kind, 'moved') = 'moved' AND u.moved IS DISTINCT FROM coalesce(d.n, 0)
   AND (r.list IS NULL OR payout.given_up(r.list, r.claimed_person, r.claimed_batch) IS NOT NULL)
 ORDER BY 2
 LIMIT @limit`

// talliesMax bounds what CheckTallies returns.
const talliesMax = 50

// CheckTallies holds the totals of every batch, which pages show, against the
// payments' last lines, which are the truth; and the sums, the payments set aside
// and the open doubts, which pages read instead of walking, against both; and the
// rows that wait against all there ever were. The list is empty when they agree.
// It belongs to `ledger verify` and runs after every test that uses a database
// of this package.
func CheckTallies(ctx context.Context, db pgdb.Querier) ([]ledger.TieError, error) {
	rows, _ := db.Query(ctx, sqlCheckTallies, pgx.NamedArgs{"limit": talliesMax})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.TieError])
	if err != nil {
		return nil, fmt.Errorf("check the tallies: %w", err)
	}
	rows, _ = db.Query(ctx, sqlCheckSums, pgx.NamedArgs{"limit": talliesMax, "aside": AsideStates})
	kept, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.TieError])
	if err != nil {
		return nil, fmt.Errorf("check the sums of the tallies: %w", err)
	}
	rows, _ = db.Query(ctx, sqlCheckUndecided, pgx.NamedArgs{"limit": talliesMax})
	undecided, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.TieError])
	if err != nil {
		return nil, fmt.Errorf("check the rows nobody decided: %w", err)
	}
	return slices.Concat(list, kept, undecided), nil
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
