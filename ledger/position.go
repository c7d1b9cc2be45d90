package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// Position is where a payment's money is: its last line, read in one look.
type Position struct {
	Payment int64
	Seq     int16
	Attempt int16
	Leg     LegID
	Amount  money.Amount // what is owed or was owed: of the first line, less what was deducted
	Claim   money.Amount // open claim on the bank for this payment
	Booked  bool         // the newest attempt's own debit is booked
}

// State is the money state.
func (p Position) State() State {
	if l := LegOf(p.Leg); l != nil {
		return l.State
	}
	return None
}

// Next makes the payment's next line for leg, about attempt about. The caller
// fills the accounts; Post refuses the line if the arrow does not exist.
func (p Position) Next(batch BatchID, leg LegID, about int16, amount money.Amount) Line {
	l := Line{Batch: batch, Payment: p.Payment, Seq: p.Seq + 1, Attempt: p.Attempt, About: about, Leg: leg, Amount: amount}
	if def := LegOf(leg); def != nil && def.Attempt == AttemptNext {
		l.Attempt++
		l.About = l.Attempt
	}
	return l
}

// After is the position once line l, about this payment, is posted. It lets a
// caller put several lines of one payment into one voucher.
func (p Position) After(l Line) Position {
	def := LegOf(l.Leg)
	p.Seq, p.Attempt, p.Leg = l.Seq, l.Attempt, l.Leg
	if def != nil {
		p.Claim += money.Amount(def.Claim) * l.Amount
		if def.ID == LegDeducted {
			p.Amount -= l.Amount
		}
		if def.Attempt == AttemptNext {
			p.Booked = false
		}
		if def.Once && l.About == l.Attempt {
			p.Booked = true
		}
	}
	return p
}

// sqlPositions looks each payment up by itself: told to look for many at once, a
// planner that knows little of a young batch reads all of it for a few payments.
const sqlPositions = `
SELECT p.payment, p.last[1], p.last[2], p.last[3], p.amount, p.claim, p.booked
  FROM (SELECT l.payment, max(ARRAY[l.seq, l.attempt, l.leg]) AS last,
               (sum(l.amount) FILTER (WHERE l.seq = 1) - coalesce(sum(l.amount) FILTER (WHERE l.leg = 41), 0))::bigint AS amount,
               sum(g.claim * l.amount)::bigint AS claim,
               coalesce(max(l.about) FILTER (WHERE g.once) = max(l.attempt), false) AS booked
          FROM (SELECT DISTINCT n.payment FROM unnest(@payments::bigint[]) AS n (payment)) AS want
         CROSS JOIN LATERAL (SELECT l.payment, l.seq, l.attempt, l.about, l.leg, l.amount FROM ledger.line AS l
                              WHERE l.batch = @batch AND l.payment = want.payment OFFSET 0) AS l
          JOIN ledger.leg AS g ON g.id = l.leg
         GROUP BY l.payment) AS p
 ORDER BY p.payment`

// Positions reads where the payments are, keyed by payment number. Payments
// without a line are absent.
func Positions(ctx context.Context, db pgdb.Querier, batch BatchID, payments []int64) (map[int64]Position, error) {
	rows, _ := db.Query(ctx, sqlPositions, pgx.NamedArgs{"batch": batch, "payments": payments})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Position])
	if err != nil {
		return nil, fmt.Errorf("positions in batch %d: %w", batch, err)
	}
	at := make(map[int64]Position, len(list))
	for _, p := range list {
		at[p.Payment] = p
	}
	return at, nil
}

const sqlTrail = `
SELECT l.seq, l.attempt, l.about, l.leg, l.amount, v.id, v.key, v.kind, v.accounting_date, v.posted_at, v.text,
       coalesce(s.chain_no, 0), d.code, c.code, v.cause
  FROM ledger.line AS l
  JOIN ledger.voucher AS v ON v.id = l.voucher
  JOIN ledger.account AS d ON d.id = l.debit
  JOIN ledger.account AS c ON c.id = l.credit
  LEFT JOIN ledger.seal AS s ON s.voucher = v.id
 WHERE l.batch = @batch AND l.payment = @payment
 ORDER BY l.seq`

// Trail lists every line of one payment with its voucher, oldest first.
func Trail(ctx context.Context, db pgdb.Querier, batch BatchID, payment int64) ([]TrailLine, error) {
	rows, _ := db.Query(ctx, sqlTrail, pgx.NamedArgs{"batch": batch, "payment": payment})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[TrailLine])
	if err != nil {
		return nil, fmt.Errorf("trail of payment %d in batch %d: %w", payment, batch, err)
	}
	return list, nil
}

const sqlStateCounts = `
SELECT g.state, count(*), sum(f.amount - coalesce(e.amount, 0))::bigint
  FROM (SELECT DISTINCT ON (l.payment) l.payment, l.leg
          FROM ledger.line AS l WHERE l.batch = @batch
         ORDER BY l.payment, l.seq DESC) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
  JOIN ledger.line AS f ON f.batch = @batch AND f.payment = last.payment AND f.seq = 1
  LEFT JOIN ledger.line AS e ON e.batch = @batch AND e.payment = last.payment AND e.seq = 2 AND e.leg = 41
 GROUP BY g.state
 ORDER BY g.state`

// StateCount is how many payments of a batch are in a state, and what they are worth.
type StateCount struct {
	State State
	Count int64
	Total money.Amount
}

// StateCounts counts a batch's payments by money state.
func StateCounts(ctx context.Context, db pgdb.Querier, batch BatchID) ([]StateCount, error) {
	rows, _ := db.Query(ctx, sqlStateCounts, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[StateCount])
	if err != nil {
		return nil, fmt.Errorf("states of batch %d: %w", batch, err)
	}
	return list, nil
}
