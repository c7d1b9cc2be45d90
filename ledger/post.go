package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

// Post stores v inside tx, or returns the first result when its key was posted
// before with the same facts (Again is then true and nothing was written).
//
// It returns ErrOtherFacts, ErrNoLines, ErrClosedPeriod, ErrIllegal (with the
// first bad line), ErrNoCause, *FundsError when an act of ours would overdraw,
// and ErrCollision when another transaction has written one of these payments'
// next lines: the caller re-reads the states and builds the voucher anew. After
// any error the transaction must be rolled back.
//
// Payment lines come in ascending (payment, seq); up to 20,000 of them may come
// in any order. The caller locks the funds of every place the voucher takes
// money from with [LockFunds] first, because locks come before lines; Post
// takes a lock that is missing before it reads the funds, so forgetting costs a
// deadlock, never an overdraft.
func Post(ctx context.Context, tx pgx.Tx, v Voucher) (Posted, error) {
	posted, err := post(ctx, tx, v)
	if err != nil {
		return Posted{}, fmt.Errorf("post %s: %w", v.Key, err)
	}
	return posted, nil
}

func post(ctx context.Context, tx pgx.Tx, v Voucher) (Posted, error) {
	if v.Key == "" || v.AccountingDate.IsZero() || v.PostedAt.IsZero() {
		return Posted{}, errors.New("a voucher needs a key, an accounting date and the time of posting")
	}
	facts := v.factsHash()
	if got, ok, err := postedBefore(ctx, tx, v.Key, facts); ok || err != nil {
		return got, err
	}
	if err := guardPeriod(ctx, tx, v.Book, v.AccountingDate); err != nil {
		return Posted{}, err
	}
	id, err := nextVoucher(ctx, tx, v.PostedAt)
	if err != nil {
		return Posted{}, err
	}
	s := store{ctx: ctx, tx: tx, voucher: v, id: id, sums: make(map[AccountID]turnover)}
	if err := s.lines(); err != nil {
		if pgdb.State(err) == pgdb.UniqueViolation {
			return Posted{}, fmt.Errorf("%w: %w", ErrCollision, err)
		}
		return Posted{}, err
	}
	h := header{Key: v.Key, PostingSet: v.PostingSet, Kind: v.Kind, Text: v.Text, Facts: facts, Book: v.Book,
		AccountingDate: v.AccountingDate, PostedAt: v.PostedAt, Batch: v.Batch, OrderNo: v.OrderNo, Cause: v.Cause,
		Reverses: int64(v.Reverses), Lines: s.trees.count(), Root: s.trees.root()}
	for _, step := range []func() error{func() error { return s.header(h) }, s.totals, s.claims, s.rules} {
		if err := step(); err != nil {
			return Posted{}, err
		}
	}
	return Posted{ID: id, Root: h.Root, Digest: h.digest(), Lines: h.Lines}, nil
}

// factsHash covers what the caller asks for: its facts, and the parts of the
// voucher that do not depend on when it is posted.
func (v *Voucher) factsHash() [32]byte {
	b := []byte{0x04}
	for _, part := range []string{v.PostingSet, v.Kind, string(v.Facts)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	for _, n := range []int64{int64(v.Book), int64(v.Batch), v.OrderNo, v.Cause, int64(v.Reverses)} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return sha256.Sum256(b)
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
		return Posted{}, false, fmt.Errorf("look up voucher: %w", err)
	}
	if !bytes.Equal(stored, facts[:]) {
		return Posted{}, true, ErrOtherFacts
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
	if pgdb.IsUnique(err, "voucher_reverses") {
		return fmt.Errorf("%w: %w", ErrReversed, err)
	}
	if err != nil {
		return fmt.Errorf("store the voucher: %w", err)
	}
	return nil
}

const sqlInsertTotals = `
INSERT INTO ledger.voucher_account (voucher, account, debit, credit)
SELECT @voucher, account, debit, credit
  FROM unnest(@accounts::integer[], @debits::bigint[], @credits::bigint[]) AS t (account, debit, credit)`

// totals writes the voucher's sums per account, which [store.check] took from
// what was stored, and requires that what was stored is what was meant.
func (s *store) totals() error {
	if s.stored != s.trees.count() {
		return fmt.Errorf("voucher totals: %d lines stored, %d meant", s.stored, s.trees.count())
	}
	var accounts []int32
	var debits, credits []int64
	for account, t := range s.sums {
		accounts, debits, credits = append(accounts, int32(account)), append(debits, t.debit), append(credits, t.credit)
	}
	_, err := s.tx.Exec(s.ctx, sqlInsertTotals,
		pgx.NamedArgs{"voucher": s.id, "accounts": accounts, "debits": debits, "credits": credits})
	if err != nil {
		return fmt.Errorf("voucher totals: %w", err)
	}
	return nil
}
