package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
)

// FundsError says that an act of ours would take more than there is.
type FundsError struct {
	Place     Place
	Account   string
	Short     money.Amount // what is missing
	Programme string       // "" = the whole account
}

// Error names the account and what is missing.
func (e *FundsError) Error() string {
	if e.Place == "" {
		return fmt.Sprintf("funds: account %s lacks %s đồng: take less", e.Account, e.Short)
	}
	return fmt.Sprintf("funds: account %s at %s lacks %s đồng: draw funds or order less", e.Account, e.Place, e.Short)
}

// ErrNoCause says that a voucher would change 112.B + 113.B.sent without the
// bank's entry that did so. Only a booked entry changes what the bank holds.
var ErrNoCause = errors.New("only a booked entry of the bank changes the money at a bank: give its number as Cause")

const sqlTouched = `
SELECT a.code, a.role, a.place, va.debit - va.credit
  FROM ledger.voucher_account AS va
  JOIN ledger.account AS a ON a.id = va.account
 WHERE va.voucher = @voucher AND a.role IN ('funds', 'sent', 'provider', 'cash', 'person_claim')
 ORDER BY a.place, a.code`

// rules holds the voucher's totals against what may not happen: money at a bank
// changed by nobody, an order debited for more than was ordered, and an act of
// ours that overdraws. What a bank reports is always posted.
func (s *store) rules() error {
	type touched struct {
		Code  string
		Role  Role
		Place Place
		Net   int64
	}
	rows, _ := s.tx.Query(s.ctx, sqlTouched, pgx.NamedArgs{"voucher": s.id})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[touched])
	if err != nil {
		return fmt.Errorf("accounts of the voucher: %w", err)
	}
	atBank := make(map[Place]int64)
	var lowered []Place
	sent := false
	for _, t := range list {
		if t.Role == RoleFunds || t.Role == RoleSent {
			atBank[t.Place] += t.Net
		}
		if t.Role.floored() && t.Net < 0 {
			lowered = append(lowered, t.Place)
		}
		sent = sent || t.Role == RoleSent
	}
	if sent || s.onWay {
		if err := s.ordered(); err != nil {
			return err
		}
	}
	if s.voucher.Cause != 0 {
		return nil
	}
	for place, net := range atBank {
		if net != 0 {
			return fmt.Errorf("%s đồng at %s: %w", money.Amount(net), place, ErrNoCause)
		}
	}
	return s.floors(slices.Compact(lowered))
}

const sqlOrder = `
SELECT coalesce(sum(va.debit - va.credit) FILTER (WHERE a.role = 'sent'), 0)::bigint,
       coalesce(sum(va.debit - va.credit) FILTER (WHERE v.batch = 0), 0)::bigint,
       coalesce(bool_or(v.batch <> 0), false)
  FROM ledger.voucher AS v
  JOIN ledger.voucher_account AS va ON va.voucher = v.id
  JOIN ledger.account AS a ON a.id = va.account
 WHERE v.order_no = @order AND a.role IN ('sent', 'out')`

// ordered requires a voucher on 113 to name its order, and to leave that order
// at zero or above: what a bank debits beyond is a claim on the bank. What is
// under way to people moves only from sent to out without their payments.
func (s *store) ordered() error {
	order := s.voucher.OrderNo
	if order == 0 {
		return fmt.Errorf("a line of 113 needs the number of its order: %w", ErrIllegal)
	}
	var left, loose int64
	var payments bool
	if err := s.tx.QueryRow(s.ctx, sqlOrder, pgx.NamedArgs{"order": order}).Scan(&left, &loose, &payments); err != nil {
		return fmt.Errorf("order %d: %w", order, err)
	}
	if left < 0 {
		return fmt.Errorf("order %d has %s đồng less in 113.sent than is taken from it: book the rest as a claim on the bank: %w",
			order, money.Amount(-left), ErrIllegal)
	}
	if payments && loose != 0 || s.voucher.Batch != 0 && s.way != 0 {
		return fmt.Errorf("order %d is of payments, and %s đồng of it moved without them: %w", order, money.Amount(cmp.Or(s.way, loose)), ErrIllegal)
	}
	return nil
}

const sqlFloors = `
WITH touched AS (
    SELECT a.id, a.book, a.role, a.place, a.programme, a.code
      FROM ledger.voucher_account AS va
      JOIN ledger.account AS a ON a.id = va.account
     WHERE va.voucher = @voucher AND va.credit > va.debit AND a.role IN ('funds', 'provider', 'cash', 'person_claim')
), balances AS (
    SELECT t.code, t.place, t.programme,
           (SELECT sum(x.debit - x.credit) FROM ledger.voucher_account AS x WHERE x.account = t.id)::bigint AS balance
      FROM touched AS t
    UNION ALL
    SELECT min(t.code), t.place, '',
           (SELECT sum(x.debit - x.credit)
              FROM ledger.account AS s JOIN ledger.voucher_account AS x ON x.account = s.id
             WHERE s.book = t.book AND s.role = 'funds' AND s.place = t.place)::bigint
      FROM touched AS t WHERE t.role = 'funds' GROUP BY t.book, t.place
)
SELECT code, place, programme, balance FROM balances WHERE balance < 0 ORDER BY programme DESC, code LIMIT 1`

// floors refuses an act of ours that overdraws a programme, a paying account, a
// provider, the cash box or what people owe. The balances are read in a statement that begins
// after the locks.
func (s *store) floors(places []Place) error {
	if len(places) == 0 {
		return nil
	}
	for _, place := range places {
		if err := LockFunds(s.ctx, s.tx, s.voucher.Book, place); err != nil {
			return err
		}
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
