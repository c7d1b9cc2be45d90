package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// legalLine is the one rule of the money path, written once and used by Post
// for new lines and by Verify for all of them: n is the line, p the line before
// it, f the payment's first.
const legalLine = `
       NOT n.red
   AND g.id IS NOT NULL AND d.id IS NOT NULL AND c.id IS NOT NULL AND a.leg IS NOT NULL
   AND (n.seq = 1) = (p.seq IS NULL)
   AND CASE g.attempt WHEN 'none' THEN n.attempt = 0
                      WHEN 'next' THEN n.attempt = p.attempt + 1
                      ELSE n.attempt = p.attempt END
   AND (g.earlier OR n.about = n.attempt)
   AND CASE g.amount WHEN 'whole' THEN n.amount = f.amount ELSE true END`

// legalJoins finds what legalLine looks at.
const legalJoins = `
  LEFT JOIN ledger.leg AS g ON g.id = n.leg
  LEFT JOIN ledger.leg_accounts AS ga ON ga.posting_set = v.posting_set AND ga.leg = n.leg
  LEFT JOIN ledger.account AS d ON d.id = n.debit AND d.role = ga.debit_role AND d.book = v.book
  LEFT JOIN ledger.account AS c ON c.id = n.credit AND c.role = ga.credit_role AND c.book = v.book
  LEFT JOIN ledger.line AS p ON p.batch = n.batch AND p.payment = n.payment AND p.seq = n.seq - 1
  LEFT JOIN ledger.leg AS pg ON pg.id = p.leg
  LEFT JOIN ledger.arrow AS a ON a.leg = n.leg AND a.from_state = coalesce(pg.state, '')
  LEFT JOIN ledger.line AS f ON f.batch = n.batch AND f.payment = n.payment AND f.seq = 1`

const sqlIllegal = `
SELECT n.payment, n.seq, n.leg, coalesce(pg.state, '')
  FROM ledger.voucher AS v
  JOIN ledger.line AS n ON n.batch = @batch AND n.voucher = v.id` + legalJoins + `
 WHERE v.id = @voucher
   AND (` + legalLine + `) IS NOT TRUE
 ORDER BY n.payment, n.seq
 LIMIT 1`

// legality refuses the voucher if any of its payment lines does not follow from
// the line before it by an arrow of the table.
func (s *store) legality() error {
	if s.voucher.Batch == 0 {
		return nil
	}
	var payment int64
	var seq int16
	var leg LegID
	var from State
	err := s.tx.QueryRow(s.ctx, sqlIllegal, pgx.NamedArgs{"voucher": s.id, "batch": s.voucher.Batch}).
		Scan(&payment, &seq, &leg, &from)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("legality: %w", err)
	}
	name := fmt.Sprintf("leg %d", leg)
	if l := LegOf(leg); l != nil {
		name = l.Name
	}
	return fmt.Errorf("payment %d of batch %d, line %d: %q after state %q: %w", payment, s.voucher.Batch, seq, name, from, ErrIllegal)
}

const sqlOverClaim = `
SELECT n.payment
  FROM (SELECT DISTINCT l.payment
          FROM ledger.line AS l JOIN ledger.leg AS g ON g.id = l.leg
         WHERE l.batch = @batch AND l.voucher = @voucher AND (g.claim < 0 OR g.once)) AS n
  JOIN ledger.line AS l ON l.batch = @batch AND l.payment = n.payment
  JOIN ledger.leg AS g ON g.id = l.leg
 GROUP BY n.payment
HAVING sum(g.claim * l.amount) < 0
    OR count(*) FILTER (WHERE g.once) > count(DISTINCT l.about) FILTER (WHERE g.once)
 ORDER BY n.payment
 LIMIT 1`

// claims refuses to settle more than a payment's open claim, and a second
// booked debit of one attempt.
func (s *store) claims() error {
	if s.voucher.Batch == 0 {
		return nil
	}
	var payment int64
	err := s.tx.QueryRow(s.ctx, sqlOverClaim, pgx.NamedArgs{"voucher": s.id, "batch": s.voucher.Batch}).Scan(&payment)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	return fmt.Errorf("payment %d of batch %d: more settled than claimed, or a second debit of one attempt: %w",
		payment, s.voucher.Batch, ErrIllegal)
}

const sqlFloors = `
WITH touched AS (
    SELECT a.id, a.book, a.role, a.place, a.programme, a.code
      FROM ledger.voucher_account AS va
      JOIN ledger.account AS a ON a.id = va.account
     WHERE va.voucher = @voucher AND va.credit > va.debit AND a.role IN ('funds', 'provider', 'cash')
), balances AS (
    SELECT t.code, t.place, t.programme,
           (SELECT sum(x.debit - x.credit) FROM ledger.voucher_account AS x WHERE x.account = t.id) AS balance
      FROM touched AS t
    UNION ALL
    SELECT min(t.code), t.place, '',
           (SELECT sum(x.debit - x.credit)
              FROM ledger.account AS s JOIN ledger.voucher_account AS x ON x.account = s.id
             WHERE s.book = t.book AND s.role = 'funds' AND s.place = t.place)
      FROM touched AS t WHERE t.role = 'funds' GROUP BY t.book, t.place
)
SELECT code, place, programme, balance FROM balances WHERE balance < 0 ORDER BY programme DESC, code LIMIT 1`

// floors refuses an act of ours that overdraws a programme, a paying account, a
// provider or the cash box. What a bank reports is always posted.
func (s *store) floors() error {
	if s.voucher.Cause != 0 {
		return nil
	}
	var e FundsError
	var balance int64
	err := s.tx.QueryRow(s.ctx, sqlFloors, pgx.NamedArgs{"voucher": s.id}).Scan(&e.Account, &e.Place, &e.Programme, &balance)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("funds: %w", err)
	}
	e.Short = -money.Amount(balance)
	return &e
}

// periodLock is the class of the advisory locks that keep posting and closing
// of one book apart: shared by postings, exclusive for a close.
const periodLock = 7211002

const sqlSharePeriod = `SELECT pg_catalog.pg_advisory_xact_lock_shared(@class, @book)`

const sqlMonthClosed = `
SELECT EXISTS (SELECT 1 FROM ledger.closed_month WHERE book = @book AND month >= @month)`

// guardPeriod refuses an accounting date in a closed month.
func guardPeriod(ctx context.Context, tx pgx.Tx, book BookID, date calendar.Date) error {
	if _, err := tx.Exec(ctx, sqlSharePeriod, pgx.NamedArgs{"class": periodLock, "book": book}); err != nil {
		return fmt.Errorf("period lock: %w", err)
	}
	var closed bool
	err := tx.QueryRow(ctx, sqlMonthClosed, pgx.NamedArgs{"book": book, "month": date.FirstOfMonth()}).Scan(&closed)
	if err != nil {
		return fmt.Errorf("closed months: %w", err)
	}
	if closed {
		return fmt.Errorf("accounting date %s: %w", date, ErrClosedPeriod)
	}
	return nil
}
