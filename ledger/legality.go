package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
)

// legalLine is the one rule of the money path as the database sees it: n is a
// group of lines alike in everything the rule looks at, with the line before
// (p_), the payment's first (f_), and o, the account ordered from in the attempt n
// is about. [path.next] is the same rule in Go, used by Verify; a test compares
// the two over every state and leg.
const legalLine = `
       NOT n.red
   AND g.id IS NOT NULL AND d.id IS NOT NULL AND c.id IS NOT NULL AND a.leg IS NOT NULL
   AND n.first = (n.p_leg IS NULL) AND (n.first OR fc.book = @book)
   AND CASE g.attempt WHEN 'none' THEN n.attempt = 0
                      WHEN 'next' THEN n.attempt = n.p_attempt + 1
                      ELSE n.attempt = n.p_attempt END
   AND (g.earlier OR n.about = n.attempt)
   AND (n.leg <> 102 OR n.about < n.attempt)
   AND (g.amount <> 'whole' OR n.whole) AND (g.amount <> 'part' OR n.p_leg = 1 AND n.part)
   AND (d.role <> 'owed' OR n.debit = n.f_credit) AND (c.role <> 'owed' OR n.first OR n.credit = n.f_credit)
   AND (c.role <> 'budget' OR n.credit = n.f_debit)
   AND (NOT (d.role IN ('funds', 'sent', 'out', 'provider', 'provider_sent') AND
             c.role IN ('funds', 'sent', 'out', 'provider', 'provider_sent') AND g.amount = 'whole')
        OR (d.place = c.place AND d.programme = c.programme))
   AND (g.attempt <> 'same' OR g.amount <> 'whole' OR c.role IN ('budget', 'person_claim') OR CASE
            WHEN c.role = 'owed' AND d.role = 'bank_claim' THEN o.role = 'sent'
            WHEN c.role = 'owed' AND d.role = 'provider' THEN o.role = 'provider_sent'
            WHEN c.role IN ('bank_claim', 'funds') THEN o.role = 'sent'
            WHEN c.role IN ('sent', 'out') THEN o.role = 'sent' AND o.place = c.place AND o.programme = c.programme
            ELSE o.role = c.role AND o.place = c.place AND o.programme = c.programme END)`

// checked is what the check statements return for each group: sums of what was
// stored, and one of its payments if the lines are illegal.
const checked = ` n.debit, n.credit, n.red, n.lines, n.amount, CASE WHEN (` + legalLine + `) IS TRUE THEN 0 ELSE n.payment END
  FROM n
  LEFT JOIN ledger.leg AS g ON g.id = n.leg
  LEFT JOIN ledger.leg_accounts AS ga ON ga.posting_set = @set AND ga.leg = n.leg
  LEFT JOIN ledger.account AS d ON d.id = n.debit AND d.role = ga.debit_role AND d.book = @book
  LEFT JOIN ledger.account AS c ON c.id = n.credit AND c.role = ga.credit_role AND c.book = @book
  LEFT JOIN ledger.leg AS pg ON pg.id = n.p_leg
  LEFT JOIN ledger.arrow AS a ON a.leg = n.leg AND a.from_state = coalesce(pg.state, '')
  LEFT JOIN ledger.account AS fc ON fc.id = n.f_credit
  LEFT JOIN ledger.account AS o ON o.id = n.ordered`

// grouped folds lines x into groups. The order of the attempt a line is about is
// nearly always the line before; else it is searched.
const grouped = ` x.debit, x.credit, x.red, x.leg, x.attempt, x.about, x.seq = 1 AS first, p.attempt AS p_attempt, p.leg AS p_leg,
           x.amount = f.amount - f.deducted AS whole, x.amount < f.amount AS part, f.debit AS f_debit, f.credit AS f_credit,
           CASE WHEN x.leg = ANY (@orders::smallint[]) THEN NULL
                WHEN p.leg = ANY (@orders::smallint[]) AND p.attempt = x.about THEN p.debit
                ELSE (SELECT l.debit FROM ledger.line AS l
                       WHERE l.batch = @batch AND l.payment = x.payment AND l.seq < x.seq
                         AND l.attempt = x.about AND l.leg = ANY (@orders::smallint[])) END AS ordered,
           count(*) AS lines, sum(x.amount)::bigint AS amount, min(x.payment) AS payment`

const perGroup = ` GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 `

// sqlCheckKeys reads the new lines (x), the lines before them (p) and the first
// lines (f) with what was deducted (e) by key. OFFSET 0 keeps the planner from reading whole partitions to
// find a few lines.
const sqlCheckKeys = `
WITH n AS (
    SELECT` + grouped + `
      FROM unnest(@payments::bigint[]) AS k (payment)
     CROSS JOIN LATERAL (
           SELECT l.payment, l.seq, l.attempt, l.about, l.leg, l.debit, l.credit, l.amount, l.red FROM ledger.line AS l
            WHERE l.batch = @batch AND l.payment = k.payment AND l.seq = @seq::smallint AND l.voucher = @voucher OFFSET 0) AS x
      LEFT JOIN LATERAL (
           SELECT l.seq, l.attempt, l.leg, l.debit, l.credit, l.amount FROM ledger.line AS l
            WHERE l.batch = @batch AND l.payment = k.payment AND l.seq = @seq::smallint - 1::smallint OFFSET 0) AS p ON true
      LEFT JOIN LATERAL (
           SELECT l.amount, l.debit, l.credit FROM ledger.line AS l
            WHERE l.batch = @batch AND l.payment = k.payment AND l.seq = CASE WHEN @seq::smallint > 2 THEN 1::smallint END OFFSET 0) AS o ON true
      LEFT JOIN LATERAL (
           SELECT l.amount FROM ledger.line AS l
            WHERE l.batch = @batch AND l.payment = k.payment AND l.seq = CASE WHEN @seq::smallint > 2 THEN 2::smallint END AND l.leg = 41 OFFSET 0) AS e ON true
     CROSS JOIN LATERAL (
           SELECT coalesce(e.amount, 0) AS deducted,
                  CASE WHEN p.seq = 1 THEN p.amount ELSE o.amount END AS amount,
                  CASE WHEN p.seq = 1 THEN p.debit ELSE o.debit END AS debit,
                  CASE WHEN p.seq = 1 THEN p.credit ELSE o.credit END AS credit) AS f
    ` + perGroup + `
)
SELECT` + checked

// checkKeys looks up the lines numbered seq of these payments, sums them, and
// refuses those that do not follow from the line before them.
func (s *store) checkKeys(seq int16, payments ...int64) error {
	count, err := s.check(sqlCheckKeys, pgx.NamedArgs{"payments": payments, "seq": seq})
	if err == nil && count != int64(len(payments)) {
		return errNotStored
	}
	return err
}

// orderLegs are the legs that begin an attempt.
var orderLegs = func() []int16 {
	var ids []int16
	for _, l := range Legs {
		if l.Attempt == AttemptNext {
			ids = append(ids, int16(l.ID))
		}
	}
	return ids
}()

// check runs one of the check statements, takes its sums, and returns how many
// lines it saw.
func (s *store) check(sql string, args pgx.NamedArgs) (int64, error) {
	before := s.stored
	args["voucher"], args["batch"], args["book"], args["set"] = s.id, s.voucher.Batch, s.voucher.Book, s.voucher.PostingSet
	args["orders"] = orderLegs
	rows, err := s.tx.Query(s.ctx, sql, args)
	if err != nil {
		return 0, fmt.Errorf("legality: %w", err)
	}
	var bad int64
	var debit, credit AccountID
	var red bool
	var count, sum, illegal int64
	_, err = pgx.ForEachRow(rows, []any{&debit, &credit, &red, &count, &sum, &illegal}, func() error {
		s.add(debit, credit, red, count, sum)
		if illegal != 0 && (bad == 0 || illegal < bad) {
			bad = illegal
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("legality: %w", err)
	}
	if bad != 0 {
		return 0, s.explain(bad)
	}
	return s.stored - before, nil
}

func (s *store) add(debit, credit AccountID, red bool, count, sum int64) {
	if red {
		sum = -sum
	}
	d := s.sums[debit]
	d.debit += sum
	s.sums[debit] = d
	c := s.sums[credit]
	c.credit += sum
	s.sums[credit] = c
	s.stored += count
}

const sqlLinesOfPayment = `
SELECT l.batch, l.payment, l.seq, l.attempt, l.about, l.leg, l.debit, l.credit, l.amount, l.red, l.voucher
  FROM ledger.line AS l
 WHERE l.batch = @batch AND l.payment = @payment
 ORDER BY l.seq`

// explain walks a payment whose line the database refused and says what is
// wrong with it.
func (s *store) explain(payment int64) error {
	accounts, err := readAccounts(s.ctx, s.tx)
	if err != nil {
		return err
	}
	rows, err := s.tx.Query(s.ctx, sqlLinesOfPayment, pgx.NamedArgs{"batch": s.voucher.Batch, "payment": payment})
	if err != nil {
		return fmt.Errorf("legality: %w", err)
	}
	why := "it does not follow the line before it"
	var l Line
	var voucher VoucherID
	p := path{accounts: accounts}
	found := false
	_, err = pgx.ForEachRow(rows, []any{&l.Batch, &l.Payment, &l.Seq, &l.Attempt, &l.About, &l.Leg, &l.Debit, &l.Credit,
		&l.Amount, &l.Red, &voucher}, func() error {
		if problem := p.next(l, s.voucher.Book); problem != "" && voucher == s.id && !found {
			found, why = true, fmt.Sprintf("line %d: %s", l.Seq, problem)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("legality: %w", err)
	}
	return fmt.Errorf("payment %d of batch %d, %s: %w", payment, s.voucher.Batch, why, ErrIllegal)
}

const sqlCheckLoose = `
SELECT n.debit, n.credit, n.red, count(*), sum(n.amount)::bigint,
       coalesce((d.role IN ('sent', 'out'))::integer - (c.role IN ('sent', 'out'))::integer, 0),
       coalesce(d.role IN ('sent', 'out') OR c.role IN ('sent', 'out'), false),
       coalesce(min(n.seq) FILTER (WHERE (
           d.id IS NOT NULL AND c.id IS NOT NULL AND dr.off_balance = cr.off_balance
           AND (NOT dr.off_balance OR (d.role = 'technical') <> (c.role = 'technical'))
           AND d.role NOT IN ('owed', 'provider_sent', 'officer')
           AND c.role NOT IN ('owed', 'provider_sent', 'officer')) IS NOT TRUE), 0)::bigint
  FROM ledger.line AS n
  LEFT JOIN ledger.account AS d ON d.id = n.debit AND d.book = @book
  LEFT JOIN ledger.account AS c ON c.id = n.credit AND c.book = @book
  LEFT JOIN ledger.role AS dr ON dr.name = d.role
  LEFT JOIN ledger.role AS cr ON cr.name = c.role
 WHERE n.batch = 0 AND n.payment = @voucher AND n.leg = 0 AND n.voucher = @voucher
 GROUP BY n.debit, n.credit, n.red, d.role, c.role`

// checkLoose sums the lines without a payment and refuses those that mix books
// or on- and off-balance accounts, or touch an account kept by payment.
func (s *store) checkLoose() error {
	rows, err := s.tx.Query(s.ctx, sqlCheckLoose, pgx.NamedArgs{"voucher": s.id, "book": s.voucher.Book})
	if err != nil {
		return fmt.Errorf("lines without a payment: %w", err)
	}
	var bad int64
	var debit, credit AccountID
	var red, way bool
	var count, sum, moves, illegal int64
	_, err = pgx.ForEachRow(rows, []any{&debit, &credit, &red, &count, &sum, &moves, &way, &illegal}, func() error {
		s.add(debit, credit, red, count, sum)
		if red {
			moves = -moves
		}
		s.onWay, s.way = s.onWay || way, s.way+moves*sum
		bad = max(bad, illegal)
		return nil
	})
	if err != nil {
		return fmt.Errorf("lines without a payment: %w", err)
	}
	if bad != 0 {
		return fmt.Errorf("line %d has no payment and names an account of another book, mixes accounts on and off balance, "+
			"or touches one that is kept by payment: %w", bad, ErrIllegal)
	}
	return nil
}

const sqlOverClaim = `
SELECT w.payment
  FROM unnest(@payments::bigint[]) AS w (payment)
 CROSS JOIN LATERAL (
       SELECT sum(g.claim * l.amount) OVER (ORDER BY l.seq) AS open,
              sum(l.amount) FILTER (WHERE l.leg = 43) OVER () > min(l.amount) FILTER (WHERE l.seq = 1) OVER () AS over,
              CASE WHEN ga.credit_role = 'sent'
                   THEN count(*) OVER (PARTITION BY ga.credit_role = 'sent', l.about) ELSE 0 END AS took
         FROM ledger.line AS l
         JOIN ledger.leg AS g ON g.id = l.leg
         JOIN ledger.leg_accounts AS ga ON ga.posting_set = @set AND ga.leg = l.leg
        WHERE l.batch = @batch AND l.payment = w.payment) AS x
 WHERE x.open < 0 OR x.took > 1 OR x.over
 ORDER BY w.payment
 LIMIT 1`

// claims refuses to settle more than a payment's open claim, to recover more than
// was paid, and to take the money of one attempt out of 113.sent a second time.
func (s *store) claims() error {
	if len(s.watch) == 0 {
		return nil
	}
	var payment int64
	err := s.tx.QueryRow(s.ctx, sqlOverClaim, pgx.NamedArgs{"batch": s.voucher.Batch, "payments": s.watch,
		"set": s.voucher.PostingSet}).Scan(&payment)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	return fmt.Errorf("payment %d of batch %d: more settled than claimed, more to be recovered than paid, or the money of one attempt taken twice: %w",
		payment, s.voucher.Batch, ErrIllegal)
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
