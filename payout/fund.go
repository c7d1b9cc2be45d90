package payout

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

// DrawOrder asks the Treasury for money of a batch at one channel.
type DrawOrder struct {
	Batch   ledger.BatchID
	Book    ledger.BookID // 0 = the batch's only book
	Channel bankadapters.Key
	Amount  money.Amount
	By      string
}

// DrawRow is one draw. A bank's credit advice carries Reference; Credited is
// the voucher of that advice once it came.
type DrawRow struct {
	Batch     ledger.BatchID
	Book      ledger.BookID
	Channel   bankadapters.Key
	N         int16
	Amount    money.Amount
	Reference string
	DrawnBy   string
	DrawnAt   time.Time
	Voucher   ledger.VoucherID
	Credited  *ledger.VoucherID
	Programme string
}

// Errors about funds a caller may match.
var (
	ErrOverApproved = errors.New("draws would exceed what is approved")
	ErrNoDraw       = errors.New("no draw has the reference")
	ErrWhichBook    = errors.New("the batch has several books")
)

const sqlBooksOfBatch = `
SELECT s.book, sum(s.total)::bigint FROM payout.section AS s WHERE s.batch = @batch GROUP BY s.book ORDER BY s.book`

type bookTotal struct {
	Book  ledger.BookID
	Total money.Amount
}

func booksOf(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) ([]bookTotal, error) {
	rows, _ := db.Query(ctx, sqlBooksOfBatch, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[bookTotal])
	if err != nil {
		return nil, fmt.Errorf("books of batch %d: %w", batch, err)
	}
	return list, nil
}

// Allot records the estimate of a planned batch off the balance (Dr 008): what
// the decision declared, or with several books what each of them is to pay.
// Again it is a no-op.
func Allot(ctx context.Context, db pgdb.DB, batch ledger.BatchID, who string, now time.Time) error {
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		b, err := LockBatch(ctx, tx, batch)
		if err != nil {
			return err
		}
		books, err := booksOf(ctx, tx, batch)
		if err != nil {
			return err
		}
		if len(books) == 0 {
			return errs.Coded(errs.Conflict, "PAYOUT-NOT-PLANNED", fmt.Sprintf("Đợt %d chưa lập danh sách chi. / Batch %d is not planned yet.", batch, batch), nil)
		}
		fresh := false
		for _, one := range books {
			if len(books) == 1 {
				one.Total = b.DeclaredTotal
			}
			posted, err := b.move(ctx, tx, one.Book, fmt.Sprintf("allotted/%d/%d", batch, one.Book), "allotted",
				fmt.Sprintf("Dự toán giao cho đợt %d theo %s", batch, b.DecisionNo), ledger.Allot(b.Programme, one.Total), now)
			if err != nil {
				return err
			}
			fresh = fresh || !posted.Again
		}
		if !fresh {
			return nil
		}
		return record(ctx, tx, now, who, "batch.allot", batch, map[string]any{"books": len(books), "declared": b.DeclaredTotal.Exact()})
	})
	if err != nil {
		return fmt.Errorf("allot batch %d: %w", batch, err)
	}
	return nil
}

// move posts entries of the batch's programme, dated today or the first open day.
func (b Batch) move(ctx context.Context, tx pgx.Tx, book ledger.BookID, key, kind, text string, entries []ledger.Entry, now time.Time) (ledger.Posted, error) {
	date, err := ledger.OpenDay(ctx, tx, book, calendar.DateOf(now))
	if err != nil {
		return ledger.Posted{}, err
	}
	return ledger.Move(ctx, tx, ledger.Voucher{Key: key, Book: book, PostingSet: b.PostingSet, Kind: kind, AccountingDate: date,
		PostedAt: now, Text: text}, entries)
}

const sqlDrawn = `
SELECT (SELECT coalesce(sum(s.total), 0)::bigint FROM payout.section AS s
         WHERE s.batch = @batch AND s.book = @book AND s.state IN ('approved', 'released')),
       (SELECT coalesce(sum(p.amount), 0)::bigint
          FROM payout.cancelled AS c
          JOIN payout.payment AS p ON p.batch = c.batch AND p.no = c.payment
          JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
         WHERE c.batch = @batch AND s.book = @book),
       (SELECT coalesce(sum(d.amount), 0)::bigint FROM payout.draw AS d WHERE d.batch = @batch AND d.book = @book),
       (SELECT coalesce(max(d.n), 0) + 1 FROM payout.draw AS d WHERE d.batch = @batch AND d.book = @book AND d.channel = @channel)`

const sqlAddDraw = `
INSERT INTO payout.draw (batch, book, channel, n, amount, reference, drawn_by, drawn_at, voucher)
VALUES (@batch, @book, @channel, @n, @amount, @reference, @who, @now, @voucher)`

// Draw orders money from the Treasury: to a bank it is on its way until the
// bank's credit advice names the reference; to a provider it counts at once.
//
// It returns ErrOverApproved when all draws of the book would exceed what is
// approved net of what was cancelled, ErrWhichBook when the order names none of
// several, and ErrNoPayingAccount. The same order again is another draw: ask
// [NeedByChannel] first, or use [DrawNeeds].
func Draw(ctx context.Context, db pgdb.DB, o DrawOrder, now time.Time) (DrawRow, error) {
	var drawn DrawRow
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		b, err := LockBatch(ctx, tx, o.Batch)
		if err != nil {
			return err
		}
		drawn, err = b.draw(ctx, tx, o, now)
		return err
	})
	if err != nil {
		return DrawRow{}, fmt.Errorf("draw for batch %d at %s: %w", o.Batch, o.Channel, err)
	}
	return drawn, nil
}

func (b Batch) draw(ctx context.Context, tx pgx.Tx, o DrawOrder, now time.Time) (DrawRow, error) {
	book, err := b.onlyBook(ctx, tx, o.Book)
	if err != nil {
		return DrawRow{}, err
	}
	channel, err := channelOf(ctx, tx, o.Channel)
	if err != nil {
		return DrawRow{}, err
	}
	if _, err := PayingAccountOf(ctx, tx, book, o.Channel); err != nil && channel.Kind == "bank" {
		return DrawRow{}, err
	}
	var approved, cancelled, before money.Amount
	d := DrawRow{Batch: b.ID, Book: book, Channel: o.Channel, Amount: o.Amount, DrawnBy: o.By, DrawnAt: now, Programme: b.Programme}
	if err := tx.QueryRow(ctx, sqlDrawn, pgx.NamedArgs{"batch": b.ID, "book": book, "channel": o.Channel}).Scan(&approved, &cancelled, &before, &d.N); err != nil {
		return DrawRow{}, fmt.Errorf("what is drawn: %w", err)
	}
	if left := approved - cancelled - before; o.Amount <= 0 || o.Amount > left {
		return DrawRow{}, errs.Coded(errs.Invalid, "PAYOUT-OVER-APPROVED", fmt.Sprintf(
			"Đợt %d còn được rút %s đồng (đã duyệt %s, đã hủy %s, đã rút %s); không rút được %s đồng. / "+
				"Batch %d may still draw %s đồng (approved %s, cancelled %s, drawn %s); %s đồng cannot be drawn.",
			b.ID, left, approved, cancelled, before, o.Amount, b.ID, left, approved, cancelled, before, o.Amount), ErrOverApproved)
	}
	origin, err := ReadOrigin(ctx, tx)
	if err != nil {
		return DrawRow{}, err
	}
	d.Reference = origin.drawReference(d, channel.Ordinal)
	entries, text := ledger.DrawOrdered(b.Programme, o.Amount), "Rút dự toán về "+channel.NameVI
	if channel.Kind == "provider" {
		entries, text = ledger.DrawToProvider(ledger.Place(o.Channel), b.Programme, o.Amount), "Chuyển kinh phí cho "+channel.NameVI
	}
	posted, err := b.move(ctx, tx, book, "drawn/"+d.Reference, "drawn", fmt.Sprintf("%s, đợt %d, số %s", text, b.ID, d.Reference), entries, now)
	if err != nil {
		return DrawRow{}, err
	}
	d.Voucher = posted.ID
	if _, err := tx.Exec(ctx, sqlAddDraw, pgx.NamedArgs{"batch": d.Batch, "book": d.Book, "channel": d.Channel, "n": d.N, "amount": d.Amount,
		"reference": d.Reference, "who": d.DrawnBy, "now": now, "voucher": d.Voucher}); err != nil {
		return DrawRow{}, fmt.Errorf("store the draw: %w", err)
	}
	return d, record(ctx, tx, now, o.By, "batch.draw", b.ID, map[string]any{"channel": string(o.Channel), "amount": o.Amount.Exact(), "reference": d.Reference})
}

func (b Batch) onlyBook(ctx context.Context, db pgdb.Querier, book ledger.BookID) (ledger.BookID, error) {
	books, err := booksOf(ctx, db, b.ID)
	if err != nil {
		return 0, err
	}
	for _, one := range books {
		if one.Book == book || book == 0 && len(books) == 1 {
			return one.Book, nil
		}
	}
	return 0, errs.Coded(errs.Invalid, "PAYOUT-WHICH-BOOK", fmt.Sprintf("Đợt %d có %d đơn vị dự toán chi trả; hãy nêu đúng một đơn vị. / "+
		"Batch %d is paid by %d budget units; name one of them.", b.ID, len(books), b.ID, len(books)), ErrWhichBook)
}

// drawReference is unique for a draw and comes back in the bank's credit:
// installation, DR, batch, book, channel, number, check. Its length keeps it
// apart from every other reference of ours.
func (o Origin) drawReference(d DrawRow, ordinal int16) string {
	body := o.Installation + "DR" + base36(int64(d.Batch), 4) + base36(int64(d.Book), 4) + base36(int64(ordinal), 2) + base36(int64(d.N), 3)
	return body + check(body)
}

const sqlDrawByReference = `
SELECT d.batch, d.book, d.channel, d.n, d.amount, d.reference, d.drawn_by, d.drawn_at, d.voucher, d.credited, b.programme
  FROM payout.draw AS d JOIN payout.batch AS b ON b.id = d.batch
 WHERE d.reference = @reference
   FOR UPDATE OF d`

// LockDraw finds and locks the draw a bank's credit advice names, or returns
// ErrNoDraw.
func LockDraw(ctx context.Context, tx pgx.Tx, reference string) (DrawRow, error) {
	rows, _ := tx.Query(ctx, sqlDrawByReference, pgx.NamedArgs{"reference": reference})
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[DrawRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return DrawRow{}, fmt.Errorf("draw %s: %w", reference, ErrNoDraw)
	}
	if err != nil {
		return DrawRow{}, fmt.Errorf("draw %s: %w", reference, err)
	}
	return d, nil
}

const sqlCreditDraw = `UPDATE payout.draw SET credited = @voucher WHERE reference = @reference AND credited IS NULL`

// CreditDraw notes, in the transaction that posts ledger.DrawArrived, that the
// bank has credited the draw. A second credit of one draw changes nothing here;
// it is false then, and a break.
func CreditDraw(ctx context.Context, tx pgx.Tx, reference string, voucher ledger.VoucherID) (bool, error) {
	tag, err := tx.Exec(ctx, sqlCreditDraw, pgx.NamedArgs{"reference": reference, "voucher": voucher})
	if err != nil {
		return false, fmt.Errorf("credit draw %s: %w", reference, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Need is what one channel is to pay of a batch and what was drawn for it.
type Need struct {
	Book     ledger.BookID
	Channel  bankadapters.Key
	Approved money.Amount // net of what was cancelled
	Drawn    money.Amount
	Count    int64
}

// Short is what is still to be drawn.
func (n Need) Short() money.Amount { return max(0, n.Approved-n.Drawn) }

const sqlNeeds = `
WITH approved AS (
    SELECT s.book, r.channel, sum(r.total) AS total, sum(r.count) AS count
      FROM payout.section AS s JOIN payout.run AS r ON r.batch = s.batch AND r.section = s.no
     WHERE s.batch = @batch AND s.state IN ('approved', 'released')
     GROUP BY s.book, r.channel
), cancelled AS (
    SELECT s.book, p.channel, sum(p.amount) AS total, count(*) AS count
      FROM payout.cancelled AS c
      JOIN payout.payment AS p ON p.batch = c.batch AND p.no = c.payment
      JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
     WHERE c.batch = @batch
     GROUP BY s.book, p.channel
), drawn AS (
    SELECT d.book, d.channel, sum(d.amount) AS total FROM payout.draw AS d WHERE d.batch = @batch GROUP BY d.book, d.channel
)
SELECT a.book, a.channel, (a.total - coalesce(c.total, 0))::bigint, coalesce(d.total, 0)::bigint, (a.count - coalesce(c.count, 0))::bigint
  FROM approved AS a
  JOIN payout.channel AS k ON k.key = a.channel
  LEFT JOIN cancelled AS c ON c.book = a.book AND c.channel = a.channel
  LEFT JOIN drawn AS d ON d.book = a.book AND d.channel = a.channel
 ORDER BY a.book, k.ordinal`

// NeedByChannel lists, for each book and channel with approved payments, what
// they need and what was drawn. A payment counts at the channel it was approved
// for, also after a retry elsewhere: its money was drawn there.
func NeedByChannel(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) ([]Need, error) {
	rows, _ := db.Query(ctx, sqlNeeds, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Need])
	if err != nil {
		return nil, fmt.Errorf("needs of batch %d: %w", batch, err)
	}
	return list, nil
}

// DrawNeeds draws what each channel still needs, all in one transaction. Again
// it draws nothing.
func DrawNeeds(ctx context.Context, db pgdb.DB, batch ledger.BatchID, by string, now time.Time) ([]DrawRow, error) {
	var drawn []DrawRow
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		drawn = nil
		b, err := LockBatch(ctx, tx, batch)
		if err != nil {
			return err
		}
		needs, err := NeedByChannel(ctx, tx, batch)
		if err != nil {
			return err
		}
		for _, n := range needs {
			if n.Short() == 0 {
				continue
			}
			d, err := b.draw(ctx, tx, DrawOrder{Batch: batch, Book: n.Book, Channel: n.Channel, Amount: n.Short(), By: by}, now)
			if err != nil {
				return err
			}
			drawn = append(drawn, d)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("draw for batch %d: %w", batch, err)
	}
	return drawn, nil
}
