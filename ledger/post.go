package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// copyChunk is how many lines one COPY carries; the line source may use the
// same transaction between two of them.
const copyChunk = 20_000

// Post stores v inside tx, or returns the first result when its key was posted
// before with the same facts (Again is then true and nothing was written).
//
// It returns ErrOtherFacts, ErrNoLines, ErrClosedPeriod, ErrIllegal (with the
// first bad line), *FundsError when an act of ours would overdraw, and
// ErrCollision when another transaction has written one of these payments'
// next lines: the caller re-reads the states and builds the voucher anew. After
// any error the transaction must be rolled back.
//
// The funds of every place the voucher takes money from must be locked by
// [LockFunds] first, by the caller, because locks come before lines.
func Post(ctx context.Context, tx pgx.Tx, v Voucher) (Posted, error) {
	facts := sha256.Sum256(v.Facts)
	if got, ok, err := postedBefore(ctx, tx, v.Key, facts); ok || err != nil {
		return got, err
	}
	if err := guardPeriod(ctx, tx, v.Book, v.AccountingDate); err != nil {
		return Posted{}, fmt.Errorf("post %s: %w", v.Key, err)
	}
	id, err := nextVoucher(ctx, tx, v.PostedAt)
	if err != nil {
		return Posted{}, fmt.Errorf("post %s: %w", v.Key, err)
	}
	s := store{ctx: ctx, tx: tx, voucher: v, id: id}
	if err := s.lines(); err != nil {
		if pgdb.State(err) == pgdb.UniqueViolation {
			return Posted{}, fmt.Errorf("post %s: %w: %w", v.Key, ErrCollision, err)
		}
		return Posted{}, fmt.Errorf("post %s: %w", v.Key, err)
	}
	h := header{Key: v.Key, PostingSet: v.PostingSet, Kind: v.Kind, Text: v.Text, Facts: facts, Book: v.Book,
		AccountingDate: v.AccountingDate, PostedAt: v.PostedAt, Batch: v.Batch, OrderNo: v.OrderNo, Cause: v.Cause,
		Reverses: s.reverses, Lines: int64(s.tree.count), Root: s.tree.root()}
	if err := s.header(h); err != nil {
		return Posted{}, fmt.Errorf("post %s: %w", v.Key, err)
	}
	for _, check := range []func() error{s.totals, s.legality, s.claims, s.floors} {
		if err := check(); err != nil {
			return Posted{}, fmt.Errorf("post %s: %w", v.Key, err)
		}
	}
	return Posted{ID: id, Root: h.Root, Digest: h.digest(), Lines: h.Lines}, nil
}

const sqlPostedBefore = `SELECT id, facts, root, digest, lines FROM ledger.voucher WHERE key = @key`

func postedBefore(ctx context.Context, tx pgx.Tx, key string, facts [32]byte) (Posted, bool, error) {
	var p Posted
	var stored, root, digest []byte
	err := tx.QueryRow(ctx, sqlPostedBefore, pgx.NamedArgs{"key": key}).Scan(&p.ID, &stored, &root, &digest, &p.Lines)
	if errors.Is(err, pgx.ErrNoRows) {
		return Posted{}, false, nil
	}
	if err != nil {
		return Posted{}, false, fmt.Errorf("look up voucher %s: %w", key, err)
	}
	if !bytes.Equal(stored, facts[:]) {
		return Posted{}, true, fmt.Errorf("voucher %s: %w", key, ErrOtherFacts)
	}
	copy(p.Root[:], root)
	copy(p.Digest[:], digest)
	p.Again = true
	return p, true, nil
}

const sqlNextVoucher = `SELECT nextval('ledger.voucher_seq')`

func nextVoucher(ctx context.Context, tx pgx.Tx, postedAt time.Time) (VoucherID, error) {
	var n int64
	if err := tx.QueryRow(ctx, sqlNextVoucher).Scan(&n); err != nil {
		return 0, fmt.Errorf("number the voucher: %w", err)
	}
	return VoucherID(yyyymm(postedAt))*1_000_000_000 + VoucherID(n), nil
}

func yyyymm(t time.Time) int {
	d := calendar.DateOf(t)
	return d.Year()*100 + int(d.Month())
}

// store is one Post under way.
type store struct {
	ctx      context.Context
	tx       pgx.Tx
	voucher  Voucher
	id       VoucherID
	tree     merkle
	reverses int64
	loose    int16  // lines without a payment so far
	target   string // partition or parent the payment lines are copied into
	private  bool   // target is the private table of a large batch
}

const sqlEnsureMonth = `SELECT ledger.ensure_month(@month)`

const sqlEnsureBlock = `SELECT ledger.ensure_block(@batch)`

const sqlLoad = `SELECT ledger.ledger_load(@batch)`

const sqlAttach = `SELECT ledger.ledger_attach(@batch)`

const sqlHasPartition = `SELECT to_regclass('ledger.line_b' || @batch::text) IS NOT NULL`

// lines copies the voucher's lines in the order given, hashing as they pass.
func (s *store) lines() error {
	if err := s.place(); err != nil {
		return err
	}
	chunk := make([]Line, 0, 256)
	for l, err := range s.voucher.Lines {
		if err != nil {
			return err
		}
		if l.Batch == 0 {
			s.loose++
			l.Payment, l.Seq, l.Attempt, l.About, l.Leg = int64(s.id), s.loose, 0, 0, 0
		} else if l.Batch != s.voucher.Batch {
			return fmt.Errorf("line of batch %d in a voucher of batch %d", l.Batch, s.voucher.Batch)
		}
		chunk = append(chunk, l)
		if len(chunk) == copyChunk {
			if err := s.copy(chunk); err != nil {
				return err
			}
			chunk = chunk[:0]
		}
	}
	if err := s.copy(chunk); err != nil {
		return err
	}
	if s.tree.count == 0 {
		return ErrNoLines
	}
	if s.private {
		if _, err := s.tx.Exec(s.ctx, sqlAttach, pgx.NamedArgs{"batch": s.voucher.Batch}); err != nil {
			return fmt.Errorf("attach batch %d: %w", s.voucher.Batch, err)
		}
	}
	return nil
}

// place makes the partitions the lines will need.
func (s *store) place() error {
	s.target = "line"
	if _, err := s.tx.Exec(s.ctx, sqlEnsureMonth, pgx.NamedArgs{"month": yyyymm(s.voucher.PostedAt)}); err != nil {
		return fmt.Errorf("partition of the month: %w", err)
	}
	batch := pgx.NamedArgs{"batch": s.voucher.Batch}
	switch b := s.voucher.Batch; {
	case b == 0:
		return nil
	case b < SmallFirst || b > BatchLast:
		return fmt.Errorf("batch %d is outside the ranges of batch numbers", b)
	case !b.Large():
		if _, err := s.tx.Exec(s.ctx, sqlEnsureBlock, batch); err != nil {
			return fmt.Errorf("partition of batch %d: %w", b, err)
		}
		return nil
	}
	var has bool
	if err := s.tx.QueryRow(s.ctx, sqlHasPartition, batch).Scan(&has); err != nil {
		return fmt.Errorf("partition of batch %d: %w", s.voucher.Batch, err)
	}
	if has {
		return nil
	}
	if err := s.tx.QueryRow(s.ctx, sqlLoad, batch).Scan(&s.target); err != nil {
		return fmt.Errorf("private table of batch %d: %w", s.voucher.Batch, err)
	}
	s.private = true
	return nil
}

// copy stores one chunk. Lines without a payment go to the parent even when the
// payment lines go to a private table.
func (s *store) copy(chunk []Line) error {
	for start := 0; start < len(chunk); {
		end := start
		for end < len(chunk) && (chunk[end].Batch == 0) == (chunk[start].Batch == 0) {
			end++
		}
		target := s.target
		if chunk[start].Batch == 0 {
			target = "line"
		}
		if err := s.copyRun(target, chunk[start:end]); err != nil {
			return err
		}
		start = end
	}
	return nil
}

func (s *store) copyRun(target string, lines []Line) error {
	sql := "COPY ledger." + pgx.Identifier{target}.Sanitize() +
		" (payment, amount, voucher, batch, debit, credit, tag, seq, attempt, about, leg, red) FROM STDIN (FORMAT binary)"
	n, err := pgdb.CopyBinary(s.ctx, s.tx, sql, func(w *pgdb.CopyWriter) error {
		for i := range lines {
			l := &lines[i]
			leaf := l.leaf()
			s.tree.add(leaf)
			w.Begin(12)
			w.Int64(l.Payment)
			w.Int64(int64(l.Amount))
			w.Int64(int64(s.id))
			w.Int32(int32(l.Batch))
			w.Int32(int32(l.Debit))
			w.Int32(int32(l.Credit))
			w.Int32(tag(leaf))
			w.Int16(l.Seq)
			w.Int16(l.Attempt)
			w.Int16(l.About)
			w.Int16(int16(l.Leg))
			w.Bool(l.Red)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store lines: %w", err)
	}
	if n != int64(len(lines)) {
		return fmt.Errorf("store lines: %d of %d arrived", n, len(lines))
	}
	return nil
}

const sqlInsertVoucher = `
INSERT INTO ledger.voucher (id, key, facts, book, posting_set, kind, accounting_date, posted_at, text,
                            batch, order_no, cause, reverses, lines, root, digest)
VALUES (@id, @key, @facts, @book, @set, @kind, @date, @posted_at, @text,
        @batch, @order, @cause, nullif(@reverses::bigint, 0), @lines, @root, @digest)`

func (s *store) header(h header) error {
	digest := h.digest()
	_, err := s.tx.Exec(s.ctx, sqlInsertVoucher, pgx.NamedArgs{
		"id": s.id, "key": h.Key, "facts": h.Facts[:], "book": h.Book, "set": h.PostingSet, "kind": h.Kind,
		"date": h.AccountingDate, "posted_at": h.PostedAt, "text": h.Text, "batch": h.Batch, "order": h.OrderNo,
		"cause": h.Cause, "reverses": h.Reverses, "lines": h.Lines, "root": h.Root[:], "digest": digest[:],
	})
	if pgdb.IsUnique(err, "voucher_key_key") {
		return fmt.Errorf("%w: %w", ErrCollision, err)
	}
	return err
}

const sqlTotals = `
WITH stored AS (
    SELECT debit, credit, CASE WHEN red THEN -amount ELSE amount END AS amount
      FROM ledger.line
     WHERE voucher = @voucher AND batch IN (0, @batch) AND (batch <> 0 OR payment = @voucher)
), sides AS (
    SELECT debit AS account, amount AS debit, 0::bigint AS credit FROM stored
    UNION ALL
    SELECT credit, 0::bigint, amount FROM stored
), counted AS (SELECT count(*) AS n FROM stored),
written AS (
    INSERT INTO ledger.voucher_account (voucher, account, debit, credit)
    SELECT @voucher, account, sum(debit), sum(credit) FROM sides GROUP BY account
    RETURNING account
)
SELECT counted.n FROM counted, (SELECT count(*) FROM written) AS w`

// totals writes the voucher's sums per account from what was stored, and
// requires that what was stored is what was meant.
func (s *store) totals() error {
	var n int64
	err := s.tx.QueryRow(s.ctx, sqlTotals, pgx.NamedArgs{"voucher": s.id, "batch": s.voucher.Batch}).Scan(&n)
	if err != nil {
		return fmt.Errorf("voucher totals: %w", err)
	}
	if n != int64(s.tree.count) {
		return fmt.Errorf("voucher totals: %d lines stored, %d meant", n, s.tree.count)
	}
	return nil
}

// FundsError says that an act of ours would take more than there is.
type FundsError struct {
	Place     Place
	Account   string
	Short     money.Amount // what is missing
	Programme string       // "" = the whole account
}

// Error names the account and what is missing.
func (e *FundsError) Error() string {
	return fmt.Sprintf("funds: account %s at %s lacks %s đồng: draw funds or order less", e.Account, e.Place, e.Short)
}
