package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// TieError is one equation between accounts and facts that does not hold.
type TieError struct {
	Tie     string // name of the equation
	Subject string // payment, order, voucher or account
	Want    money.Amount
	Got     money.Amount
}

// Error says which equation fails where.
func (e TieError) Error() string {
	return fmt.Sprintf("tie %s, %s: %s, must be %s", e.Tie, e.Subject, e.Got, e.Want)
}

// tiesMax bounds what one equation returns.
const tiesMax = 50

// sqlTiePayments holds each payment's own lines against its state: the debt
// stands until it is paid or ended; 113, the provider's list and the officer's
// cash hold it while the attempt is open there; a claim is never negative.
const sqlTiePayments = `
WITH sides AS (
    SELECT l.batch, l.payment, l.debit AS account, l.amount FROM ledger.line AS l WHERE l.leg <> 0
    UNION ALL
    SELECT l.batch, l.payment, l.credit, -l.amount FROM ledger.line AS l WHERE l.leg <> 0
), sums AS (
    SELECT s.batch, s.payment,
           coalesce(sum(-s.amount) FILTER (WHERE a.role = 'owed'), 0) AS owed,
           coalesce(sum(s.amount) FILTER (WHERE a.role IN ('sent', 'out')), 0) AS way,
           coalesce(sum(s.amount) FILTER (WHERE a.role = 'provider_sent'), 0) AS listed,
           coalesce(sum(s.amount) FILTER (WHERE a.role = 'officer'), 0) AS handed,
           coalesce(sum(s.amount) FILTER (WHERE a.role = 'bank_claim'), 0) AS claim
      FROM sides AS s JOIN ledger.account AS a ON a.id = s.account
     GROUP BY s.batch, s.payment
), last AS (
    SELECT DISTINCT ON (l.batch, l.payment) l.batch, l.payment, g.state
      FROM ledger.line AS l JOIN ledger.leg AS g ON g.id = l.leg
     ORDER BY l.batch, l.payment, l.seq DESC
), facts AS (
    SELECT s.batch, s.payment, s.owed, s.way, s.listed, s.handed, s.claim, last.state, f.amount - coalesce(e.amount, 0) AS amount
      FROM sums AS s
      JOIN last ON last.batch = s.batch AND last.payment = s.payment
      JOIN ledger.line AS f ON f.batch = s.batch AND f.payment = s.payment AND f.seq = 1
      LEFT JOIN ledger.line AS e ON e.batch = s.batch AND e.payment = s.payment AND e.seq = 2 AND e.leg = 41
)
SELECT t.tie, 'payment ' || facts.batch || '/' || facts.payment, t.want::bigint, t.got::bigint
  FROM facts
 CROSS JOIN LATERAL (VALUES
       ('3388.N = owed payments', CASE WHEN facts.state IN ('paid', 'ended') THEN 0 ELSE facts.amount END, facts.owed),
       ('113.sent + 113.out = open attempts', CASE WHEN facts.state IN ('ordered', 'out') THEN facts.amount ELSE 0 END, facts.way),
       ('1388.P.sent = listed payments', CASE WHEN facts.state = 'listed' THEN facts.amount ELSE 0 END, facts.listed),
       ('1411.O = handed payments', CASE WHEN facts.state = 'handed' THEN facts.amount ELSE 0 END, facts.handed),
       ('1388.B of a payment >= 0', greatest(facts.claim, 0), facts.claim)) AS t (tie, want, got)
 WHERE t.want <> t.got
 ORDER BY facts.batch, facts.payment
 LIMIT @limit`

// sqlTieKept holds the accounts kept by payment against the payment lines: no
// line without a payment touches them.
const sqlTieKept = `
WITH sides AS (
    SELECT l.debit AS account, l.amount FROM ledger.line AS l WHERE l.leg <> 0
    UNION ALL
    SELECT l.credit, -l.amount FROM ledger.line AS l WHERE l.leg <> 0
), want AS (SELECT account, sum(amount) AS amount FROM sides GROUP BY account),
got AS (SELECT account, sum(debit - credit) AS amount FROM ledger.voucher_account GROUP BY account)
SELECT 'account = its payment lines', 'account ' || a.code, coalesce(want.amount, 0)::bigint, coalesce(got.amount, 0)::bigint
  FROM ledger.account AS a
  LEFT JOIN want ON want.account = a.id
  LEFT JOIN got ON got.account = a.id
 WHERE a.role IN ('owed', 'provider_sent', 'officer')
   AND coalesce(want.amount, 0) <> coalesce(got.amount, 0)
 ORDER BY a.code
 LIMIT @limit`

// sqlTieOrders: no order was debited beyond what was ordered, and what is booked
// in bulk for an order of payments only moves from sent to out.
const sqlTieOrders = `
WITH orders AS (
    SELECT v.order_no, sum(va.debit - va.credit) FILTER (WHERE a.role = 'sent') AS sent,
           sum(va.debit - va.credit) FILTER (WHERE v.batch = 0) AS loose,
           bool_or(v.batch <> 0) AS payments
      FROM ledger.voucher AS v
      JOIN ledger.voucher_account AS va ON va.voucher = v.id
      JOIN ledger.account AS a ON a.id = va.account
     WHERE v.order_no <> 0 AND a.role IN ('sent', 'out')
     GROUP BY v.order_no
)
SELECT t.tie, 'order ' || orders.order_no, t.want::bigint, t.got::bigint
  FROM orders
 CROSS JOIN LATERAL (VALUES
       ('113.sent of an order >= 0', greatest(orders.sent, 0), orders.sent),
       ('bulk debits move sent to out', 0, CASE WHEN orders.payments THEN coalesce(orders.loose, 0) ELSE 0 END)) AS t (tie, want, got)
 WHERE t.want <> t.got
 ORDER BY orders.order_no
 LIMIT @limit`

// sqlTieVouchers: every voucher balances, on and off balance apart, and only
// one caused by a bank's entry changes 112.B + 113.B.sent.
const sqlTieVouchers = `
WITH totals AS (
    SELECT v.id, v.cause, sum(va.debit - va.credit) AS net,
           coalesce(sum(va.debit - va.credit) FILTER (WHERE r.off_balance), 0) AS off
      FROM ledger.voucher AS v
      JOIN ledger.voucher_account AS va ON va.voucher = v.id
      JOIN ledger.account AS a ON a.id = va.account
      JOIN ledger.role AS r ON r.name = a.role
     GROUP BY v.id, v.cause
), places AS (
    SELECT v.id, a.place, sum(va.debit - va.credit) AS net
      FROM ledger.voucher AS v
      JOIN ledger.voucher_account AS va ON va.voucher = v.id
      JOIN ledger.account AS a ON a.id = va.account
     WHERE v.cause = 0 AND a.role IN ('funds', 'sent')
     GROUP BY v.id, a.place
)
SELECT 'debits = credits', 'voucher ' || id, 0::bigint, net::bigint FROM totals WHERE net <> 0
 UNION ALL
SELECT '008 against the technical account only', 'voucher ' || id, 0::bigint, off::bigint FROM totals WHERE off <> 0
 UNION ALL
SELECT 'only the bank changes 112.B + 113.B.sent', 'voucher ' || id || ' at ' || place, 0::bigint, net::bigint
  FROM places WHERE net <> 0
 LIMIT @limit`

// CheckTies holds the accounts against each other and against the payments, as
// far as the ledger alone can (DESIGN §4). The list is empty when all ties
// hold, and bounded when they do not.
func CheckTies(ctx context.Context, db pgdb.Querier) ([]TieError, error) {
	var found []TieError
	for _, sql := range []string{sqlTiePayments, sqlTieKept, sqlTieOrders, sqlTieVouchers} {
		rows, _ := db.Query(ctx, sql, pgx.NamedArgs{"limit": tiesMax})
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[TieError])
		if err != nil {
			return nil, fmt.Errorf("ties: %w", err)
		}
		found = append(found, list...)
	}
	return found, nil
}

// CheckAll is what must hold after anything at all: ties, then every voucher
// sealed, then [Verify]. Tests run it after each test.
func CheckAll(ctx context.Context, db pgdb.DB) error {
	ties, err := CheckTies(ctx, db)
	if err != nil {
		return err
	}
	var list []error
	for _, t := range ties {
		list = append(list, t)
	}
	report, err := Verify(ctx, db, VerifyOptions{})
	if err != nil {
		return err
	}
	return errors.Join(append(list, report.Err())...)
}
