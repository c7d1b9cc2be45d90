package ledger

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

const sqlAllLines = `
SELECT l.batch, l.payment, l.seq, l.attempt, l.about, l.leg, l.debit, l.credit, l.amount, l.red, l.voucher, l.tag
  FROM ledger.line AS l
 ORDER BY l.batch, l.payment, l.seq`

// storedLine is a line as the database holds it.
type storedLine struct {
	Line
	voucher VoucherID
	tag     int32
}

// read decodes the binary columns of sqlAllLines: for millions of lines
// scanning by reflection costs more than hashing.
func (l *storedLine) read(v [][]byte) error {
	widths := [12]int{4, 8, 2, 2, 2, 2, 4, 4, 8, 1, 8, 4}
	if len(v) != len(widths) {
		return fmt.Errorf("a line of %d columns", len(v))
	}
	for i, w := range widths {
		if len(v[i]) != w {
			return fmt.Errorf("column %d of a line has %d bytes, not %d", i+1, len(v[i]), w)
		}
	}
	e := binary.BigEndian
	l.Batch, l.Payment = BatchID(e.Uint32(v[0])), int64(e.Uint64(v[1]))
	l.Seq, l.Attempt, l.About = int16(e.Uint16(v[2])), int16(e.Uint16(v[3])), int16(e.Uint16(v[4]))
	l.Leg = LegID(e.Uint16(v[5]))
	l.Debit, l.Credit = AccountID(e.Uint32(v[6])), AccountID(e.Uint32(v[7]))
	l.Amount, l.Red = money.Amount(e.Uint64(v[8])), v[9][0] != 0
	l.voucher, l.tag = VoucherID(e.Uint64(v[10])), int32(e.Uint32(v[11]))
	return nil
}

// lines walks every line once, in key order.
func (v *verifier) lines() error {
	rows, err := v.tx.Query(v.ctx, sqlAllLines, pgx.QueryResultFormats{pgx.BinaryFormatCode})
	if err != nil {
		return fmt.Errorf("lines: %w", err)
	}
	defer rows.Close()
	p := path{accounts: v.accounts}
	var l storedLine
	for rows.Next() {
		if err := l.read(rows.RawValues()); err != nil {
			return err
		}
		v.report.Lines++
		if v.options.Progress != nil && v.report.Lines%100_000 == 0 {
			v.options.Progress(v.report.Lines, v.total)
		}
		if l.Batch != p.last.Batch || l.Payment != p.last.Payment {
			p = path{accounts: v.accounts, orders: p.orders[:0], last: Line{Batch: l.Batch, Payment: l.Payment}}
		}
		v.line(&l, &p)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("lines: %w", err)
	}
	if v.options.Progress != nil {
		v.options.Progress(v.report.Lines, v.total)
	}
	for _, s := range v.order {
		switch {
		case s.trees.count() != s.Lines:
			v.find(s, "%d lines are stored, the header says %d", s.trees.count(), s.Lines)
		case s.trees.root() != s.Root:
			v.find(s, "the lines give another root than the header: a line was changed")
		}
		v.rules(s)
	}
	return v.orders()
}

func (v *verifier) line(l *storedLine, p *path) {
	s := v.vouchers[l.voucher]
	f := Finding{Voucher: l.voucher, Batch: l.Batch, Payment: l.Payment, Seq: l.Seq}
	say := func(format string, args ...any) {
		f.Problem = fmt.Sprintf(format, args...)
		v.report.add(f)
	}
	book := BookID(0)
	if s == nil {
		say("no such voucher: the line was not posted")
	} else {
		f.Key, f.ChainNo, book = s.Key, s.chainNo, s.Book
	}
	leaf := l.leaf()
	if tag(leaf) != l.tag {
		say("the line was changed: it is not what was hashed")
	}
	problem := ""
	if l.Batch == 0 {
		problem = v.looseProblem(l, p.last, book)
		p.last = l.Line
	} else {
		problem = p.next(l.Line, book)
	}
	if problem != "" {
		say("%s", problem)
	}
	if s == nil {
		return
	}
	if l.Batch == 0 {
		s.trees.loose.add(leaf)
		s.loose(l.Line, v.accounts)
	} else {
		s.trees.payments.add(leaf)
		if l.Batch != s.Batch {
			say("the voucher is of batch %d", s.Batch)
		}
	}
	amount := int64(l.Amount)
	if l.Red {
		amount = -amount
	}
	d := s.sums[l.Debit]
	d.debit += amount
	s.sums[l.Debit] = d
	c := s.sums[l.Credit]
	c.credit += amount
	s.sums[l.Credit] = c
}

// looseProblem says what is wrong with a line without a payment, or "".
func (v *verifier) looseProblem(l *storedLine, last Line, book BookID) string {
	d, c := v.accounts[l.Debit], v.accounts[l.Credit]
	byPayment := func(r Role) bool { return r == RoleOwed || r == RoleProviderSent || r == RoleOfficer }
	switch {
	case l.Payment != int64(l.voucher) || l.Leg != 0 || l.Attempt != 0 || l.About != 0:
		return "a line without a payment is keyed by its voucher and has no leg"
	case l.Seq != last.Seq+1:
		return fmt.Sprintf("line %d is followed by line %d", last.Seq, l.Seq)
	case l.Amount <= 0 || l.Amount > money.Max || l.Debit == l.Credit:
		return fmt.Sprintf("%s from account %d to account %d", l.Amount, l.Credit, l.Debit)
	case d.Book != book || c.Book != book:
		return "an account is of another book"
	case d.OffBook != c.OffBook || d.OffBook && (d.Role == RoleTechnical) == (c.Role == RoleTechnical):
		return fmt.Sprintf("accounts %s and %s: 008 is kept against the technical account only", d.Code, c.Code)
	case byPayment(d.Role) || byPayment(c.Role):
		return fmt.Sprintf("accounts %s and %s: one of them is kept by payment", d.Code, c.Code)
	}
	return ""
}

// loose keeps what lines without a payment add to 113.sent and 113.out.
func (s *sealed) loose(l Line, accounts map[AccountID]account) {
	for _, side := range []struct {
		id   AccountID
		sign int64
	}{{l.Debit, 1}, {l.Credit, -1}} {
		if role := accounts[side.id].Role; role != RoleSent && role != RoleOut {
			continue
		}
		if l.Red {
			side.sign = -side.sign
		}
		s.onWay, s.way = true, s.way+side.sign*int64(l.Amount)
	}
}

// rules repeats, from the lines, what Post asks of a voucher's totals.
func (v *verifier) rules(s *sealed) {
	atBank := make(map[Place]int64)
	for id, t := range s.sums {
		switch a := v.accounts[id]; a.Role {
		case RoleSent:
			if s.OrderNo == 0 {
				v.find(s, "account %s is moved without an order", a.Code)
			}
			atBank[a.Place] += t.debit - t.credit
		case RoleFunds:
			atBank[a.Place] += t.debit - t.credit
		}
	}
	if s.onWay && s.OrderNo == 0 {
		v.find(s, "113 is moved without an order")
	}
	if s.Cause != 0 {
		return
	}
	for place, net := range atBank {
		if net != 0 {
			v.find(s, "%s đồng at %s changed without an entry of the bank", money.Amount(net), place)
		}
	}
}

// orders requires that no order was debited for more than was ordered, and that
// what was ordered for payments left 113 only by them.
func (v *verifier) orders() error {
	left := make(map[int64]int64)
	last := make(map[int64]*sealed)
	loose := make(map[int64]int64)
	payments := make(map[int64]bool)
	for _, s := range v.order {
		if s.OrderNo == 0 {
			continue
		}
		loose[s.OrderNo] += s.way
		payments[s.OrderNo] = payments[s.OrderNo] || s.Batch != 0
		for id, t := range s.sums {
			if v.accounts[id].Role == RoleSent {
				left[s.OrderNo] += t.debit - t.credit
				last[s.OrderNo] = s
			}
		}
	}
	for order, n := range left {
		if n < 0 {
			v.find(last[order], "order %d has %s đồng in 113.sent", order, money.Amount(n))
		}
	}
	for order, n := range loose {
		if payments[order] && n != 0 {
			v.find(last[order], "order %d is of payments, and %s đồng of it moved without them", order, money.Amount(n))
		}
	}
	return nil
}

const sqlAllTotals = `SELECT voucher, account, debit, credit FROM ledger.voucher_account ORDER BY voucher, account`

// totals compares what is stored per voucher and account with the lines.
func (v *verifier) totals() error {
	rows, err := v.tx.Query(v.ctx, sqlAllTotals)
	if err != nil {
		return fmt.Errorf("totals: %w", err)
	}
	seen := make(map[VoucherID]int, len(v.order))
	var id VoucherID
	var account AccountID
	var t turnover
	_, err = pgx.ForEachRow(rows, []any{&id, &account, &t.debit, &t.credit}, func() error {
		s := v.vouchers[id]
		if s == nil {
			v.find(nil, "totals of voucher %d, which does not exist", id)
			return nil
		}
		seen[id]++
		if got, ok := s.sums[account]; !ok || got != t {
			v.find(s, "totals of account %s: stored %s / %s, the lines give %s / %s", v.accounts[account].Code,
				money.Amount(t.debit), money.Amount(t.credit), money.Amount(got.debit), money.Amount(got.credit))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("totals: %w", err)
	}
	for _, s := range v.order {
		if seen[s.id] < len(s.sums) {
			v.find(s, "totals of %d accounts are stored, the lines touch %d", seen[s.id], len(s.sums))
		}
	}
	return nil
}

const sqlUnbalanced = `
SELECT v.id
  FROM ledger.voucher AS v
  LEFT JOIN ledger.voucher_account AS va ON va.voucher = v.id
 GROUP BY v.id
HAVING count(va.account) = 0 OR sum(va.debit) <> sum(va.credit)
 ORDER BY v.id`

// fastTotals finds vouchers without totals or with sides that differ.
func (v *verifier) fastTotals() error {
	rows, _ := v.tx.Query(v.ctx, sqlUnbalanced)
	list, err := pgx.CollectRows(rows, pgx.RowTo[VoucherID])
	if err != nil {
		return fmt.Errorf("totals: %w", err)
	}
	for _, id := range list {
		v.find(v.vouchers[id], "the totals are missing or do not balance")
	}
	return nil
}

const sqlMonthBalances = `
SELECT c.book, c.month, c.closed_at, coalesce(b.account, 0), coalesce(b.debit, 0), coalesce(b.credit, 0)
  FROM ledger.closed_month AS c
  LEFT JOIN ledger.month_balance AS b ON b.book = c.book AND b.month = c.month
 ORDER BY c.book, c.month, b.account`

// months recomputes the balances of closed months from the lines.
func (v *verifier) months() error {
	type key struct {
		book  BookID
		month calendar.Date
	}
	rows, err := v.tx.Query(v.ctx, sqlMonthBalances)
	if err != nil {
		return fmt.Errorf("closed months: %w", err)
	}
	stored := make(map[key]map[AccountID]turnover)
	closed := make(map[key]time.Time)
	var k key
	var at time.Time
	var account AccountID
	var t turnover
	_, err = pgx.ForEachRow(rows, []any{&k.book, &k.month, &at, &account, &t.debit, &t.credit}, func() error {
		closed[k] = at
		if stored[k] == nil {
			stored[k] = make(map[AccountID]turnover)
		}
		if account != 0 {
			stored[k][account] = t
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("closed months: %w", err)
	}
	for k, balances := range stored {
		next := k.month.AddMonths(1)
		want := make(map[AccountID]turnover)
		for _, s := range v.order {
			if s.Book != k.book || !s.AccountingDate.Before(next) {
				continue
			}
			if s.PostedAt.After(closed[k]) {
				v.find(s, "it is dated in %s or before, which was closed before it was posted", k.month)
			}
			for id, t := range s.sums {
				want[id] = turnover{want[id].debit + t.debit, want[id].credit + t.credit}
			}
		}
		for id, t := range want {
			if balances[id] != t {
				v.find(nil, "book %d, month %s: stored balance of account %s is not what the vouchers give", k.book, k.month, v.accounts[id].Code)
			}
		}
		if len(balances) != len(want) {
			v.find(nil, "book %d, month %s: %d balances are stored, the vouchers give %d", k.book, k.month, len(balances), len(want))
		}
	}
	return nil
}
