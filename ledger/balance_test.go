package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

// plainSum is what a balance means: every voucher dated up to date and posted up
// to known, summed.
const plainSum = `
SELECT a.code, sum(va.debit)::bigint, sum(va.credit)::bigint
  FROM ledger.voucher AS v
  JOIN ledger.voucher_account AS va ON va.voucher = v.id
  JOIN ledger.account AS a ON a.id = va.account
 WHERE v.book = $1 AND v.accounting_date <= $2 AND v.posted_at <= $3
 GROUP BY a.code ORDER BY a.code`

// turnover is one account's row of either.
type turnover struct {
	Code          string
	Debit, Credit money.Amount
}

// closing is one close: when, and the last day it covers.
type closing struct {
	at   time.Time
	last calendar.Date
}

// TestBalancesFromClosedMonths posts and closes at random; then every balance as
// of D known at T, whether it starts from a closed month or not, is the plain
// sum.
func TestBalancesFromClosedMonths(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	start := calendar.Must(2026, 1, 1)
	books, fromClosed := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		books++
		var book ledger.BookID
		clock := start.At(8, 0)
		do := func(fn func(ctx context.Context, tx pgx.Tx) error) error { return pgdb.InTx(ctx, db, fn) }
		if err := do(func(ctx context.Context, tx pgx.Tx) error {
			b, err := ledger.OpenBook(ctx, tx, fmt.Sprintf("%07d", books), "Sổ thử", clock)
			book = b.ID
			return err
		}); err != nil {
			r.Fatal(err)
		}
		var closes []closing
		for i := range rapid.IntRange(1, 15).Draw(r, "steps") {
			clock = clock.Add(time.Duration(rapid.IntRange(1, 20*24).Draw(r, "hours later")) * time.Hour)
			today := calendar.DateOf(clock)
			if rapid.IntRange(0, 3).Draw(r, "close") == 0 {
				month := today.FirstOfMonth().AddMonths(-rapid.IntRange(0, 2).Draw(r, "months back"))
				err := do(func(ctx context.Context, tx pgx.Tx) error {
					return ledger.CloseMonth(ctx, tx, book, month, "ketoan", clock)
				})
				switch {
				case err == nil:
					closes = append(closes, closing{clock, month.LastOfMonth()})
				case !errors.Is(err, ledger.ErrAlreadyClosed):
					r.Fatal(err)
				}
				continue
			}
			date := today.AddDays(-rapid.IntRange(0, 70).Draw(r, "days late"))
			amount := money.Amount(rapid.IntRange(1, 1000).Draw(r, "amount"))
			err := do(func(ctx context.Context, tx pgx.Tx) error {
				open, err := ledger.OpenDay(ctx, tx, book, date)
				if err != nil {
					return err
				}
				_, err = ledger.Move(ctx, tx, ledger.Voucher{Key: fmt.Sprintf("%d/%d", book, i), Book: book, PostingSet: ledger.EntrustedState,
					Kind: "test", AccountingDate: open, PostedAt: clock, Text: "thử", Cause: 1}, ledger.UnknownCredit(bankA, programme, amount))
				return err
			})
			if err != nil {
				r.Fatal(err)
			}
		}
		for range 10 {
			asOf := ledger.AsOf{Date: start.AddDays(rapid.IntRange(0, 400).Draw(r, "D")),
				Known: start.At(8, 0).Add(time.Duration(rapid.IntRange(0, 400*24).Draw(r, "T")) * time.Hour)}
			if len(closes) > 0 && rapid.Bool().Draw(r, "at a close") {
				asOf.Known = rapid.SampledFrom(closes).Draw(r, "which").at
			}
			if diff := differsFromPlainSum(ctx, r, db, book, asOf); diff != "" {
				r.Fatalf("as of %s known at %s (-plain sum +balance):\n%s", asOf.Date, asOf.Known, diff)
			}
			if slices.ContainsFunc(closes, func(c closing) bool { return !c.at.After(asOf.Known) && !asOf.Date.Before(c.last) }) {
				fromClosed++
			}
		}
	})
	if fromClosed == 0 {
		t.Error("no balance began from a closed month")
	}
}

func differsFromPlainSum(ctx context.Context, r *rapid.T, db *pgxpool.Pool, book ledger.BookID, asOf ledger.AsOf) string {
	rows, _ := db.Query(ctx, plainSum, book, asOf.Date, asOf.Known)
	want, err := pgx.CollectRows(rows, pgx.RowToStructByPos[turnover])
	if err != nil {
		r.Fatal(err)
	}
	list, err := ledger.TrialBalance(ctx, db, book, asOf)
	if err != nil {
		r.Fatal(err)
	}
	got := []turnover{}
	for _, row := range list {
		got = append(got, turnover{row.Code, row.Debit, row.Credit})
	}
	return cmp.Diff(want, got)
}

func TestCloseBehindItsVouchers(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	b := open(t, db)
	b.draw(1000)
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		return ledger.CloseMonth(ctx, tx, b.book, day, "ketoan", now.Add(-time.Hour))
	})
	if !errors.Is(err, ledger.ErrCloseBehind) {
		t.Errorf("closing an hour before the voucher was posted: %v", err)
	}
}
