package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
)

// Errors of Reverse a caller may match.
var (
	// ErrHasPayments says that the voucher has payment lines: a payment is
	// corrected by its next movement, never by taking a line back.
	ErrHasPayments = errors.New("a voucher with payment lines is not reversed: correct the payments by their next movements")
	// ErrReversed says that another voucher has taken this one back.
	ErrReversed = errors.New("the voucher was reversed before")
)

const sqlReversible = `
SELECT v.book, v.posting_set, v.batch, v.order_no, v.cause, v.key,
       EXISTS (SELECT 1 FROM ledger.voucher AS r WHERE r.reverses = v.id AND r.key <> @key)
  FROM ledger.voucher AS v
 WHERE v.id = @id`

const sqlLooseLines = `
SELECT l.debit, l.credit, l.amount, l.red
  FROM ledger.line AS l
 WHERE l.batch = 0 AND l.payment = @id
 ORDER BY l.seq`

// Reverse posts the mirror in red of a voucher without payment lines, followed
// by the entries that were true, if any, in one voucher with the given key. It
// keeps the order and the cause of the voucher it takes back.
//
// It returns ErrHasPayments, ErrReversed and the errors of [Post].
func Reverse(ctx context.Context, tx pgx.Tx, id VoucherID, key string, date calendar.Date, now time.Time, text string,
	instead ...Entry) (Posted, error) {
	v, red, err := MirrorOf(ctx, tx, id, key)
	if err != nil {
		return Posted{}, err
	}
	more, err := Entries(ctx, tx, v.Book, now, instead...)
	if err != nil {
		return Posted{}, fmt.Errorf("reverse voucher %d: %w", id, err)
	}
	v.Kind, v.AccountingDate, v.PostedAt, v.Text, v.Facts = "reversal", date, now, text, EntryFacts(instead)
	v.Lines = func(yield func(Line, error) bool) {
		for _, l := range red {
			if !yield(l, nil) {
				return
			}
		}
		more(yield)
	}
	return Post(ctx, tx, v)
}

// MirrorOf returns the red mirror of a voucher without payment lines, and a
// voucher with key that takes it back, for callers that add payment lines: they
// fill batch, kind, dates, text, facts and lines, beginning with the mirror,
// and may replace the order number. Explaining an unknown debit is the mirror
// of its voucher followed by what the debit really was.
//
// It returns ErrHasPayments, and ErrReversed if a voucher with another key took
// the voucher back.
func MirrorOf(ctx context.Context, tx pgx.Tx, id VoucherID, key string) (Voucher, []Line, error) {
	v := Voucher{Key: key, Reverses: id}
	var of string
	var batch BatchID
	var reversed bool
	err := tx.QueryRow(ctx, sqlReversible, pgx.NamedArgs{"id": id, "key": key}).
		Scan(&v.Book, &v.PostingSet, &batch, &v.OrderNo, &v.Cause, &of, &reversed)
	switch {
	case err != nil:
		return Voucher{}, nil, fmt.Errorf("reverse voucher %d: %w", id, err)
	case batch != 0:
		return Voucher{}, nil, fmt.Errorf("reverse voucher %d (%s): %w", id, of, ErrHasPayments)
	case reversed:
		return Voucher{}, nil, fmt.Errorf("reverse voucher %d (%s): %w", id, of, ErrReversed)
	}
	rows, err := tx.Query(ctx, sqlLooseLines, pgx.NamedArgs{"id": id})
	if err != nil {
		return Voucher{}, nil, fmt.Errorf("reverse voucher %d: %w", id, err)
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Line, error) {
		var l Line
		err := row.Scan(&l.Debit, &l.Credit, &l.Amount, &l.Red)
		l.Red = !l.Red
		return l, err
	})
	if err != nil {
		return Voucher{}, nil, fmt.Errorf("reverse voucher %d: %w", id, err)
	}
	return v, lines, nil
}
