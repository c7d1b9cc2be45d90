package reconciliation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

const sqlBankBalance = `
SELECT coalesce(sum(va.debit - va.credit), 0)::bigint
  FROM ledger.account AS a
  JOIN ledger.voucher_account AS va ON va.account = a.id
  JOIN ledger.voucher AS v ON v.id = va.voucher
  LEFT JOIN reconciliation.booking AS k ON k.entry = v.cause
 WHERE a.book = @book AND a.place = @place AND a.role IN ('funds', 'sent')
   AND coalesce(k.book_date, v.accounting_date) <= @date`

// bankBalance is what our book says the bank holds on a date, counting a
// voucher by the booking date of the entry that caused it: 112.B of all
// programmes and of none, plus 113.B.sent.
func bankBalance(ctx context.Context, db pgdb.Querier, book ledger.BookID, channel bankadapters.Key, _ string, date calendar.Date) (money.Amount, error) {
	var n int64
	err := db.QueryRow(ctx, sqlBankBalance, pgx.NamedArgs{"book": book, "place": string(channel), "date": date}).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("our balance at %s: %w", channel, err)
	}
	return money.Amount(n), nil
}

// BankDay compares our book with the bank's for one account and day.
type BankDay struct {
	Channel  bankadapters.Key
	Account  string
	Date     calendar.Date
	Ours     money.Amount // 112.B + 113.B.sent
	Theirs   money.Amount // closing balance of the day's last statement
	Unposted int          // lines of statements up to this day that are not posted yet
	Closed   bool
}

// Difference is what must be explained: theirs less ours.
func (d BankDay) Difference() money.Amount { return d.Theirs - d.Ours }

// ErrNoStatement says that no statement closes the day.
var ErrNoStatement = errors.New("no statement closes this day")

const sqlBankDay = `
SELECT s.closing,
       (SELECT count(*) FROM reconciliation.booking AS k
          JOIN reconciliation.statement AS t ON t.file = k.file
         WHERE t.channel = @channel AND t.account = @account AND k.book_date <= @date
           AND NOT EXISTS (SELECT 1 FROM reconciliation.outcome AS o WHERE o.file = k.file AND o.position = k.position)),
       EXISTS (SELECT 1 FROM reconciliation.bank_day AS d WHERE d.channel = @channel AND d.account = @account AND d.date = @date)
  FROM reconciliation.statement AS s
 WHERE s.channel = @channel AND s.account = @account AND s.to_date = @date
 ORDER BY s.sequence DESC
 LIMIT 1`

// BankDayOf reads the comparison, or returns ErrNoStatement.
func BankDayOf(ctx context.Context, db pgdb.Querier, channel bankadapters.Key, account string, date calendar.Date) (BankDay, error) {
	d := BankDay{Channel: channel, Account: account, Date: date}
	err := db.QueryRow(ctx, sqlBankDay, pgx.NamedArgs{"channel": channel, "account": account, "date": date}).Scan(&d.Theirs, &d.Unposted, &d.Closed)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, fmt.Errorf("%s, %s: %w", channel, date, ErrNoStatement)
	}
	if err != nil {
		return d, fmt.Errorf("bank day %s of %s: %w", date, channel, err)
	}
	book, _, err := bookOf(ctx, db, channel, account)
	if err != nil {
		return d, err
	}
	d.Ours, err = bankBalance(ctx, db, book, channel, account, date)
	return d, err
}

const sqlCloseDay = `
INSERT INTO reconciliation.bank_day (channel, account, date, ours, theirs, explained, why, closed_one, closed_two, closed_at)
VALUES (@channel, @account, @date, @ours, @theirs, @explained, @why, @one, @two, @now)`

// Signers are the two people who sign.
type Signers struct{ One, Two string }

func (s Signers) check() error {
	if s.One == "" || s.Two == "" || s.One == s.Two {
		return errs.Coded(errs.Denied, codeTwoPeople,
			"Việc này cần chữ ký của hai người khác nhau. / This needs the signatures of two different people.", nil)
	}
	return nil
}

// CloseBankDay closes a day with two signatures. A difference must be explained
// to the đồng: explained is the sum of what why lists.
func CloseBankDay(ctx context.Context, tx pgx.Tx, d BankDay, explained money.Amount, why string, by Signers, now time.Time) error {
	if err := by.check(); err != nil {
		return err
	}
	if d.Closed || d.Unposted > 0 {
		return errs.Coded(errs.Conflict, codeDay, fmt.Sprintf(
			"Ngày %s đã khóa hoặc còn %d dòng sao kê chưa hạch toán. / Day %s is closed, or %d statement lines are not posted yet.",
			d.Date.Vietnamese(), d.Unposted, d.Date, d.Unposted), nil)
	}
	if d.Difference() != explained || explained != 0 && why == "" {
		return errs.Coded(errs.Conflict, codeDifference, fmt.Sprintf(
			"Sổ của ta %s, ngân hàng %s: chênh lệch %s phải được giải thích đủ từng đồng. / Our book %s, the bank's %s: explain the difference of %s to the đồng.",
			d.Ours, d.Theirs, d.Difference(), d.Ours, d.Theirs, d.Difference()), nil)
	}
	_, err := tx.Exec(ctx, sqlCloseDay, pgx.NamedArgs{"channel": d.Channel, "account": d.Account, "date": d.Date, "ours": d.Ours, "theirs": d.Theirs,
		"explained": explained, "why": why, "one": by.One, "two": by.Two, "now": now})
	if err != nil {
		return fmt.Errorf("close day %s of %s: %w", d.Date, d.Channel, err)
	}
	return nil
}
