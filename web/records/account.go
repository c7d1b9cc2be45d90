package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Range is what a page of an account looks at: vouchers dated From to To, known
// by Known. Zero values mean no limit.
type Range struct {
	From, To calendar.Date
	Known    time.Time
}

var (
	firstDate = calendar.Must(1, 1, 1)
	lastDate  = calendar.Must(9999, 12, 31)
	endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

func (r Range) args(args pgx.NamedArgs) pgx.NamedArgs {
	args["from"], args["to"], args["known"] = firstDate, lastDate, endOfTime
	if !r.From.IsZero() {
		args["from"] = r.From
	}
	if !r.To.IsZero() {
		args["to"] = r.To
	}
	if !r.Known.IsZero() {
		args["known"] = r.Known
	}
	return args
}

// Account is one account over a range: what it held before, what moved, what it
// holds. Amounts are debit balances; a credit balance is negative.
type Account struct {
	ID         ledger.AccountID
	Book       ledger.BookID
	BookCode   string
	BookVI     string
	Code       string
	Role       ledger.Role
	Prescribed string // account of the circular it is printed under
	NameVI     string
	Place      string
	Programme  string
	OffBook    bool
	Opening    money.Amount
	Debit      money.Amount
	Credit     money.Amount
	Vouchers   int64
}

// Closing is opening + debit - credit.
func (a Account) Closing() money.Amount { return a.Opening + a.Debit - a.Credit }

const sqlAccount = `
SELECT a.id, a.book, b.code, b.name_vi, a.code, a.role, r.prescribed, r.name_vi, a.place, a.programme, r.off_balance,
       coalesce(m.opening, 0), coalesce(m.debit, 0), coalesce(m.credit, 0), coalesce(m.vouchers, 0)
  FROM ledger.account AS a
  JOIN ledger.book AS b ON b.id = a.book
  JOIN ledger.role AS r ON r.name = a.role
 CROSS JOIN LATERAL (
       SELECT sum(va.debit - va.credit) FILTER (WHERE v.accounting_date < @from)::bigint AS opening,
              sum(va.debit) FILTER (WHERE v.accounting_date >= @from)::bigint AS debit,
              sum(va.credit) FILTER (WHERE v.accounting_date >= @from)::bigint AS credit,
              count(*) FILTER (WHERE v.accounting_date >= @from) AS vouchers
         FROM ledger.voucher_account AS va
         JOIN ledger.voucher AS v ON v.id = va.voucher
        WHERE va.account = a.id AND v.accounting_date <= @to AND v.posted_at <= @known) AS m
 WHERE a.id = @account`

// ReadAccount reads one account over r, or says that there is none.
func ReadAccount(ctx context.Context, db pgdb.Querier, id ledger.AccountID, r Range) (Account, error) {
	rows, _ := db.Query(ctx, sqlAccount, r.args(pgx.NamedArgs{"account": id}))
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Account])
	if errors.Is(err, pgx.ErrNoRows) {
		return a, errs.New(errs.NotFound, fmt.Sprintf("Không có tài khoản kế toán số %d. / There is no ledger account %d.", id, id), err)
	}
	if err != nil {
		return a, fmt.Errorf("ledger account %d: %w", id, err)
	}
	return a, nil
}

// Movement is one voucher's turnover on an account.
type Movement struct {
	Voucher  ledger.VoucherID
	ChainNo  int64 // 0: not in the chain yet
	Date     calendar.Date
	Posted   time.Time
	Kind     string
	Text     string
	Batch    ledger.BatchID
	Lines    int64
	Debit    money.Amount
	Credit   money.Amount
	Balance  money.Amount // after it, in this order
	Reverses ledger.VoucherID
}

const sqlMovements = `
SELECT va.voucher, coalesce(s.chain_no, 0), v.accounting_date, v.posted_at, v.kind, v.text, v.batch, v.lines, va.debit, va.credit,
       0::bigint, coalesce(v.reverses, 0)
  FROM ledger.voucher_account AS va
  JOIN ledger.voucher AS v ON v.id = va.voucher
  LEFT JOIN ledger.seal AS s ON s.voucher = va.voucher
 WHERE va.account = @account AND va.voucher > @after
   AND v.accounting_date BETWEEN @from AND @to AND v.posted_at <= @known
 ORDER BY va.voucher
 LIMIT @limit`

const sqlBefore = `
SELECT coalesce(sum(va.debit - va.credit), 0)::bigint
  FROM ledger.voucher_account AS va
  JOIN ledger.voucher AS v ON v.id = va.voucher
 WHERE va.account = @account AND va.voucher <= @after
   AND v.accounting_date BETWEEN @from AND @to AND v.posted_at <= @known`

// Movements walks the vouchers of an account in the order of posting, after a
// voucher (0 = from the first). The balance runs from opening.
func Movements(ctx context.Context, db pgdb.Querier, id ledger.AccountID, r Range, opening money.Amount, after ledger.VoucherID, want int) (
	page []Movement, more bool, err error) {
	args := r.args(pgx.NamedArgs{"account": id, "after": after, "limit": limit(want)})
	var before money.Amount
	if after > 0 {
		if err := db.QueryRow(ctx, sqlBefore, args).Scan(&before); err != nil {
			return nil, false, fmt.Errorf("balance before voucher %d: %w", after, err)
		}
	}
	rows, _ := db.Query(ctx, sqlMovements, args)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Movement])
	if err != nil {
		return nil, false, fmt.Errorf("movements of account %d: %w", id, err)
	}
	page, more = cut(list, want)
	balance := opening + before
	for i := range page {
		balance += page[i].Debit - page[i].Credit
		page[i].Balance = balance
	}
	return page, more, nil
}
