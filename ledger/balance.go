package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// TrailLine is one line of a payment as a person reads it.
type TrailLine struct {
	Seq            int16
	Attempt        int16
	About          int16
	Leg            LegID
	Amount         money.Amount
	Voucher        VoucherID
	Key            string
	Kind           string
	AccountingDate calendar.Date
	PostedAt       time.Time
	Text           string
	ChainNo        int64 // 0: not yet in the chain ("chưa vào sổ")
	Debit          string
	Credit         string
	Cause          int64
}

// AsOf selects what a balance counts: accounting dates up to Date and vouchers
// known by Known. Zero values mean no limit.
type AsOf struct {
	Date  calendar.Date
	Known time.Time
}

// Balance is one row of the trial balance. Debit and Credit are turnovers (red
// lines negative); the balance is Debit - Credit.
type Balance struct {
	Account   AccountID
	Book      string
	Code      string
	Role      Role
	Place     Place
	Programme string
	NameVI    string
	OffBook   bool // 008: single entry, printed apart
	Debit     money.Amount
	Credit    money.Amount
}

// Net is the debit balance; a credit balance is negative.
func (b Balance) Net() money.Amount { return b.Debit - b.Credit }

// turnovers are what the accounts of book @book (0 = every book) turned over up
// to @date as known at @known: the balances stored when the last month before
// that was closed, and the vouchers dated after it. A closed month is final,
// because late facts are dated to the first open day; but who asks what was known
// before the close is not answered from it.
const turnovers = `
closed AS (
    SELECT c.book, max(c.month) AS month, (max(c.month) + interval '1 month')::date AS open_from
      FROM ledger.closed_month AS c
     WHERE (@book = 0 OR c.book = @book)
       AND c.closed_at <= @known AND (c.month + interval '1 month')::date - 1 <= @date
     GROUP BY c.book
), turnover AS (
    SELECT m.account, m.debit, m.credit
      FROM closed
      JOIN ledger.month_balance AS m ON m.book = closed.book AND m.month = closed.month
     UNION ALL
    SELECT va.account, va.debit, va.credit
      FROM ledger.voucher AS v
      LEFT JOIN closed ON closed.book = v.book
      JOIN ledger.voucher_account AS va ON va.voucher = v.id
     WHERE (@book = 0 OR v.book = @book)
       AND v.accounting_date BETWEEN coalesce(closed.open_from, '-infinity') AND @date AND v.posted_at <= @known
)`

const sqlTrialBalance = `
WITH` + turnovers + `
SELECT a.id, b.code, a.code, a.role, a.place, a.programme, r.name_vi, r.off_balance,
       sum(t.debit)::bigint, sum(t.credit)::bigint
  FROM turnover AS t
  JOIN ledger.account AS a ON a.id = t.account
  JOIN ledger.book AS b ON b.id = a.book
  JOIN ledger.role AS r ON r.name = a.role
 GROUP BY a.id, b.code, a.code, a.role, a.place, a.programme, r.name_vi, r.off_balance
 ORDER BY b.code, a.code`

// TrialBalance lists every account with turnover, of one book or of all (book
// 0), as of asOf.
func TrialBalance(ctx context.Context, db pgdb.Querier, book BookID, asOf AsOf) ([]Balance, error) {
	rows, _ := db.Query(ctx, sqlTrialBalance, asOf.args(pgx.NamedArgs{"book": book}))
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Balance])
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	return list, nil
}

var (
	endOfDates = calendar.Must(9999, 12, 31)
	endOfTime  = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

func (a AsOf) args(args pgx.NamedArgs) pgx.NamedArgs {
	args["date"], args["known"] = endOfDates, endOfTime
	if !a.Date.IsZero() {
		args["date"] = a.Date
	}
	if !a.Known.IsZero() {
		args["known"] = a.Known
	}
	return args
}

const sqlSlotBalance = `
WITH` + turnovers + `
SELECT coalesce(sum(t.debit - t.credit), 0)::bigint
  FROM ledger.account AS a
  JOIN turnover AS t ON t.account = a.id
 WHERE a.book = @book AND a.role = @role
   AND (@place = '*' OR a.place = @place)
   AND (@programme = '*' OR a.programme = @programme)`

// AnyPlace and AnyProgramme make [BalanceOf] sum over all of them.
const (
	AnyPlace     Place  = "*"
	AnyProgramme string = "*"
)

// BalanceOf is the debit balance of one slot of a book, or the sum over all
// places or programmes. Reading funds for a decision needs [LockFunds] first.
func BalanceOf(ctx context.Context, db pgdb.Querier, book BookID, slot Slot) (money.Amount, error) {
	var n int64
	err := db.QueryRow(ctx, sqlSlotBalance, AsOf{}.args(pgx.NamedArgs{"book": book, "role": string(slot.Role),
		"place": string(slot.Place), "programme": slot.Programme})).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("balance of %s: %w", slot.code(), err)
	}
	return money.Amount(n), nil
}

const sqlOrderBalance = `
SELECT coalesce(sum(va.debit - va.credit), 0)::bigint
  FROM ledger.voucher AS v
  JOIN ledger.voucher_account AS va ON va.voucher = v.id
  JOIN ledger.account AS a ON a.id = va.account
 WHERE v.order_no = @order AND a.role = @role`

// OrderBalance is what the vouchers of one order left in accounts of a role:
// with RoleSent, what the bank has not yet debited of a submission.
func OrderBalance(ctx context.Context, db pgdb.Querier, order int64, role Role) (money.Amount, error) {
	var n int64
	err := db.QueryRow(ctx, sqlOrderBalance, pgx.NamedArgs{"order": order, "role": string(role)}).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("balance of order %d: %w", order, err)
	}
	return money.Amount(n), nil
}

// Errors of CloseMonth a caller may match.
var (
	// ErrAlreadyClosed says that the month was closed before.
	ErrAlreadyClosed = errors.New("the month is already closed")
	// ErrCloseBehind says that a voucher of the month was posted after the time
	// given for the close: what was known then could not be told any more.
	ErrCloseBehind = errors.New("a voucher of the month was posted after the time of the close: look at the clock")
)

const sqlTakePeriod = `SELECT pg_catalog.pg_advisory_xact_lock(@class, @book)`

const sqlCloseMonth = `
INSERT INTO ledger.closed_month (book, month, closed_at, closed_by)
SELECT @book, @month, @now, @who
 WHERE NOT EXISTS (SELECT 1 FROM ledger.closed_month WHERE book = @book AND month >= @month)`

const sqlPostedAfter = `
SELECT EXISTS (SELECT 1 FROM ledger.voucher AS v WHERE v.book = @book AND v.accounting_date < @next AND v.posted_at > @now)`

const sqlStoreMonth = `
INSERT INTO ledger.month_balance (book, month, account, debit, credit)
SELECT @book, @month, va.account, sum(va.debit), sum(va.credit)
  FROM ledger.voucher AS v
  JOIN ledger.voucher_account AS va ON va.voucher = v.id
 WHERE v.book = @book AND v.accounting_date < @next
 GROUP BY va.account`

// CloseMonth stores the balances at the end of month and refuses later postings
// dated in it or before. It waits for postings of the book that are under way.
func CloseMonth(ctx context.Context, tx pgx.Tx, book BookID, month calendar.Date, who string, now time.Time) error {
	first := month.FirstOfMonth()
	args := pgx.NamedArgs{"class": periodLock, "book": book, "month": first, "next": first.AddMonths(1), "who": who, "now": now}
	if _, err := tx.Exec(ctx, sqlTakePeriod, args); err != nil {
		return fmt.Errorf("close %s: %w", first, err)
	}
	var behind bool
	if err := tx.QueryRow(ctx, sqlPostedAfter, args).Scan(&behind); err != nil {
		return fmt.Errorf("close %s: %w", first, err)
	}
	if behind {
		return fmt.Errorf("close %s: %w", first, ErrCloseBehind)
	}
	tag, err := tx.Exec(ctx, sqlCloseMonth, args)
	if err != nil {
		return fmt.Errorf("close %s: %w", first, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("close %s: %w", first, ErrAlreadyClosed)
	}
	if _, err := tx.Exec(ctx, sqlStoreMonth, args); err != nil {
		return fmt.Errorf("store balances of %s: %w", first, err)
	}
	return nil
}

const sqlLastClosed = `SELECT max(month) FROM ledger.closed_month WHERE book = @book`

// OpenDay is date itself, or the first day of the first open month after it:
// late facts are booked there.
func OpenDay(ctx context.Context, db pgdb.Querier, book BookID, date calendar.Date) (calendar.Date, error) {
	var last *time.Time
	if err := db.QueryRow(ctx, sqlLastClosed, pgx.NamedArgs{"book": book}).Scan(&last); err != nil {
		return calendar.Date{}, fmt.Errorf("first open day: %w", err)
	}
	if last == nil {
		return date, nil
	}
	open, err := calendar.New(last.Year(), last.Month(), 1)
	if err != nil {
		return calendar.Date{}, fmt.Errorf("first open day: %w", err)
	}
	if open = open.AddMonths(1); date.Before(open) {
		return open, nil
	}
	return date, nil
}
