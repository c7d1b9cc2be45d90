package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// LedgerOptions sizes the ledger's figure.
type LedgerOptions struct {
	Payments int // of each of the two batches; three lines each
	Batches  int // attached beforehand
	Chunk    int // lines of one voucher of seq 2 and 3
	Now      func() time.Time
}

// ledgerBench is one run.
type ledgerBench struct {
	LedgerOptions
	db     *pgxpool.Pool
	book   ledger.BookID
	day    time.Time
	posted chan struct{} // one for each voucher, for the reader
}

// page is how many payments the reader looks up for each voucher posted: what a
// page of the console shows.
const page = 50

const programme = "BENCH"

// Ledger posts the real mix: two batches at once, seq 1 attached, seq 2 and 3
// in vouchers of Chunk lines, with legality, digests and totals on, a reader
// of pages beside them and other batches attached. The floor copies the very same rows,
// in transactions of the same size on two connections, into tables with the
// line's key and nothing else. owner may create tables.
func Ledger(ctx context.Context, db, owner *pgxpool.Pool, o LedgerOptions) ([]Row, error) {
	b := ledgerBench{LedgerOptions: o, db: db, day: calendar.Must(2026, 2, 2).At(8, 0)}
	if err := b.open(ctx); err != nil {
		return nil, err
	}
	b.posted = make(chan struct{}, 1000)
	db.Reset() // sessions look at the number of partitions when they begin
	first := ledger.LargeFirst + ledger.BatchID(o.Batches)
	batches := []ledger.BatchID{first, first + 1}

	reading, stop := context.WithCancel(ctx)
	var reader sync.WaitGroup
	reader.Go(func() { b.read(reading, batches) })
	start := o.Now()
	err := both(batches, func(batch ledger.BatchID) error { return b.post(ctx, batch, b.Payments) })
	took := o.Now().Sub(start)
	stop()
	reader.Wait()
	if err != nil {
		return nil, err
	}
	floor, err := b.floor(ctx, owner, batches)
	if err != nil {
		return nil, err
	}
	rows := []Row{Row{Name: "ledger, real mix, two batches", Size: int64(o.Payments) * 6, Unit: "lines", Floor: "bare COPY of the same rows, same key",
		Target: "≥ 250,000/s, ≤ 1.6 × floor"}.finish(took, floor)}
	verified, err := b.verify(ctx)
	return append(rows, verified), err
}

// both runs act for two batches at once.
func both(batches []ledger.BatchID, act func(ledger.BatchID) error) error {
	errs := make([]error, len(batches))
	var work sync.WaitGroup
	for i, batch := range batches {
		work.Go(func() { errs[i] = act(batch) })
	}
	work.Wait()
	return errors.Join(errs...)
}

// open makes the book, its funds and the batches that are merely present.
func (b *ledgerBench) open(ctx context.Context) error {
	err := pgdb.InTx(ctx, b.db, func(ctx context.Context, tx pgx.Tx) error {
		book, err := ledger.OpenBook(ctx, tx, "9999999", "Sổ đo tốc độ", b.day)
		if err != nil {
			return err
		}
		b.book = book.ID
		for i, place := range []ledger.Place{"X", "Y"} {
			_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "funds/" + string(place), Book: b.book, PostingSet: ledger.EntrustedState, Kind: "draw",
				AccountingDate: calendar.DateOf(b.day), PostedAt: b.day, Text: "rút", Cause: int64(i + 1)},
				[]ledger.Entry{{Debit: ledger.SlotFor(ledger.RoleFunds, place, programme), Credit: ledger.SlotFor(ledger.RoleBudget, "", programme),
					Amount: 900_000_000_000_000}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range b.Batches {
		batch := ledger.LargeFirst + ledger.BatchID(i)
		if err := b.voucher(ctx, batch, fmt.Sprintf("present/%d", batch), 1, 1, 10); err != nil {
			return err
		}
	}
	return nil
}

// post books one batch through its three legs.
func (b *ledgerBench) post(ctx context.Context, batch ledger.BatchID, payments int) error {
	if err := b.voucher(ctx, batch, fmt.Sprintf("approved/%d", batch), 1, 1, payments); err != nil {
		return err
	}
	for seq := int16(2); seq <= 3; seq++ {
		for from := 1; from <= payments; from += b.Chunk {
			to := min(from+b.Chunk-1, payments)
			if err := b.voucher(ctx, batch, fmt.Sprintf("%d/%d/%d", batch, seq, from), seq, from, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// place gives the two batches paying accounts of their own, as two banks have.
func (b *ledgerBench) place(batch ledger.BatchID) ledger.Place {
	if batch%2 == 0 {
		return "X"
	}
	return "Y"
}

var legOf = map[int16]ledger.LegID{1: ledger.LegApproved, 2: ledger.LegOrdered, 3: ledger.LegPaid}

func amount(payment int) money.Amount { return money.Amount(300_000 + payment%7) }

// line is payment n's line numbered seq.
func line(batch ledger.BatchID, n int, seq int16) ledger.Line {
	attempt := min(seq-1, 1)
	return ledger.Line{Batch: batch, Payment: int64(n), Seq: seq, Attempt: attempt, About: attempt, Leg: legOf[seq], Amount: amount(n)}
}

func (b *ledgerBench) voucher(ctx context.Context, batch ledger.BatchID, key string, seq int16, from, to int) error {
	place := b.place(batch)
	err := pgdb.InTx(ctx, b.db, func(ctx context.Context, tx pgx.Tx) error {
		if err := ledger.LockFunds(ctx, tx, b.book, place); err != nil {
			return err
		}
		filled, err := ledger.NewDesk(tx, b.book, ledger.EntrustedState, place, programme, b.day).Fill(ctx, line(batch, from, seq))
		if err != nil {
			return err
		}
		_, err = ledger.Post(ctx, tx, ledger.Voucher{Key: key, Facts: []byte(key), Book: b.book, PostingSet: ledger.EntrustedState, Kind: "bench",
			AccountingDate: calendar.DateOf(b.day), PostedAt: b.day, Text: key, Batch: batch, OrderNo: int64(batch) * 1_000_000, Lines: func(yield func(ledger.Line, error) bool) {
				for n := from; n <= to; n++ {
					l := line(batch, n, seq)
					l.Debit, l.Credit = filled.Debit, filled.Credit
					if !yield(l, nil) {
						return
					}
				}
			}})
		return err
	})
	select {
	case b.posted <- struct{}{}:
	default: // the reader is behind; nobody waits for it
	}
	return err
}

// read shows a page of each batch for every voucher posted, until it is stopped.
// It reads in proportion to the work and not as fast as it can: on two cores a
// reader without pause would measure how three processes share them.
func (b *ledgerBench) read(ctx context.Context, batches []ledger.BatchID) {
	payments := make([]int64, page)
	for n := int64(1); ; {
		select {
		case <-ctx.Done():
			return
		case <-b.posted:
		}
		for i := range payments {
			n = (n * 48271) % 2147483647
			payments[i] = n%int64(b.Payments) + 1
		}
		for _, batch := range batches {
			if _, err := ledger.Positions(ctx, b.db, batch, payments); err != nil {
				return // stopped, or the figure's own error says it better
			}
		}
	}
}

// floor copies the same rows in the same transactions with nothing else.
func (b *ledgerBench) floor(ctx context.Context, owner *pgxpool.Pool, batches []ledger.BatchID) (time.Duration, error) {
	if _, err := owner.Exec(ctx, "DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench"); err != nil {
		return 0, fmt.Errorf("floor tables: %w", err)
	}
	for _, batch := range batches {
		table := fmt.Sprintf("CREATE TABLE bench.floor_%d (LIKE ledger.line, PRIMARY KEY (batch, payment, seq))", batch)
		if _, err := owner.Exec(ctx, table); err != nil {
			return 0, fmt.Errorf("floor tables: %w", err)
		}
	}
	start := b.Now()
	err := both(batches, func(batch ledger.BatchID) error {
		if err := b.bare(ctx, owner, batch, 1, 1, b.Payments); err != nil {
			return err
		}
		for seq := int16(2); seq <= 3; seq++ {
			for from := 1; from <= b.Payments; from += b.Chunk {
				if err := b.bare(ctx, owner, batch, seq, from, min(from+b.Chunk-1, b.Payments)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return b.Now().Sub(start), err
}

func (b *ledgerBench) bare(ctx context.Context, owner *pgxpool.Pool, batch ledger.BatchID, seq int16, from, to int) error {
	return pgdb.InTx(ctx, owner, func(ctx context.Context, tx pgx.Tx) error {
		copyInto := fmt.Sprintf("COPY bench.floor_%d (payment, amount, voucher, batch, debit, credit, tag, seq, attempt, about, leg, red) FROM STDIN (FORMAT binary)", batch)
		_, err := pgdb.CopyBinary(ctx, tx, copyInto, func(w *pgdb.CopyWriter) error {
			for n := from; n <= to; n++ {
				l := line(batch, n, seq)
				w.Begin(12)
				w.Int64(l.Payment)
				w.Int64(int64(l.Amount))
				w.Int64(202602_000000000)
				w.Int32(int32(l.Batch))
				w.Int32(1)
				w.Int32(2)
				w.Int32(int32(n) * 7919)
				w.Int16(l.Seq)
				w.Int16(l.Attempt)
				w.Int16(l.About)
				w.Int16(int16(l.Leg))
				w.Bool(false)
			}
			return nil
		})
		return err
	})
}

const sqlScan = `SELECT count(*), sum(amount)::bigint, sum(voucher % 7 + debit + credit + tag + leg)::bigint FROM ledger.line`

// verify measures the whole verification beside one plain scan of the lines.
func (b *ledgerBench) verify(ctx context.Context) (Row, error) {
	if _, _, err := ledger.Seal(ctx, b.db, b.day); err != nil {
		return Row{}, err
	}
	start := b.Now()
	report, err := ledger.Verify(ctx, b.db, ledger.VerifyOptions{})
	if err != nil {
		return Row{}, err
	}
	took := b.Now().Sub(start)
	if !report.OK() {
		return Row{}, fmt.Errorf("the measured ledger does not verify: %w", report.Err())
	}
	var lines, sum, mix int64
	start = b.Now()
	if err := b.db.QueryRow(ctx, sqlScan).Scan(&lines, &sum, &mix); err != nil {
		return Row{}, fmt.Errorf("scan of the lines: %w", err)
	}
	return Row{Name: "ledger verify, everything", Size: lines, Unit: "lines", Floor: "one scan of the same lines", Target: "≤ 10 s for 3 M lines"}.
		finish(took, b.Now().Sub(start)), nil
}
