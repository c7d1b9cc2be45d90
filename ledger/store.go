package ledger

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// copyChunk is how many lines one COPY carries; the line source may use the
// same transaction between two of them.
const copyChunk = 20_000

// chunks lends the memory of chunks from one voucher to the next.
var chunks = sync.Pool{New: func() any { return new([]Line) }}

// turnover is what a voucher put on one account.
type turnover struct{ debit, credit int64 }

// store is one Post under way.
type store struct {
	ctx       context.Context
	tx        pgx.Tx
	voucher   Voucher
	id        VoucherID
	onWay     bool  // lines without a payment touch 113.sent or 113.out
	way       int64 // and what they add to both
	trees     trees
	sums      map[AccountID]turnover // from what was stored
	stored    int64
	chunk     []Line    // payment lines not yet copied
	loose     []Line    // lines without a payment, copied last
	leg       *Leg      // of the last
	last      Line      // last payment line copied
	stretches []stretch // stored and not yet checked
	newest    int       // the stretch of the line before
	watch     []int64   // payments whose claims or booked debits must be counted
	target    string    // partition or parent the payment lines are copied into
	private   bool      // target is the private table of a large batch
}

// lines takes the voucher's lines from its source, stores and checks them.
func (s *store) lines() error {
	if err := s.place(); err != nil {
		return err
	}
	chunk := chunks.Get().(*[]Line)
	s.chunk = (*chunk)[:0]
	defer func() {
		*chunk = s.chunk
		chunks.Put(chunk)
	}()
	for l, err := range s.voucher.Lines {
		if err != nil {
			return err
		}
		if err := s.take(l); err != nil {
			return err
		}
	}
	if err := s.flush(); err != nil {
		return err
	}
	if s.private {
		if err := s.attach(); err != nil {
			return err
		}
	}
	if s.trees.count()+int64(len(s.loose)) == 0 {
		return ErrNoLines
	}
	return s.flushLoose()
}

func (s *store) take(l Line) error {
	switch {
	case l.Amount <= 0 || l.Amount > money.Max:
		return fmt.Errorf("payment %d: a line of %s đồng: %w", l.Payment, l.Amount, ErrIllegal)
	case l.Debit == l.Credit:
		return fmt.Errorf("payment %d: debit and credit are one account: %w", l.Payment, ErrIllegal)
	case l.Batch == 0:
		if len(s.loose) == math.MaxInt16 {
			return fmt.Errorf("more than %d lines without a payment: split the voucher", math.MaxInt16)
		}
		l.Payment, l.Seq, l.Attempt, l.About, l.Leg = int64(s.id), int16(len(s.loose)+1), 0, 0, 0
		s.loose = append(s.loose, l)
		return nil
	case l.Batch != s.voucher.Batch:
		return fmt.Errorf("line of batch %d in a voucher of batch %d: %w", l.Batch, s.voucher.Batch, ErrIllegal)
	}
	s.chunk = append(s.chunk, l)
	if len(s.chunk) == copyChunk {
		return s.flush()
	}
	return nil
}

// flush stores the payment lines taken so far and checks them against what they
// follow. Key order makes the Merkle root computable from the stored rows.
func (s *store) flush() error {
	if len(s.chunk) == 0 {
		return nil
	}
	slices.SortFunc(s.chunk, func(a, b Line) int { return cmp.Or(cmp.Compare(a.Payment, b.Payment), cmp.Compare(a.Seq, b.Seq)) })
	for i := range s.chunk {
		l := &s.chunk[i]
		if l.Payment < s.last.Payment || l.Payment == s.last.Payment && l.Seq <= s.last.Seq {
			return fmt.Errorf("payment %d line %d: lines must come in ascending order of payment and number: %w",
				l.Payment, l.Seq, ErrIllegal)
		}
		if s.leg == nil || s.leg.ID != l.Leg {
			s.leg = LegOf(l.Leg)
		}
		if def := s.leg; def != nil && (def.Claim < 0 || def.ID == LegOverpaid || def.Credit == RoleSent && l.Seq > 3) {
			s.watch = append(s.watch, l.Payment)
		}
		s.last = *l
		s.note(l)
	}
	if err := s.copy(s.target, s.chunk, &s.trees.payments); err != nil {
		return err
	}
	if !s.private { // a private table is checked when it is a part of the ledger
		if err := s.checkStretches(); err != nil {
			return err
		}
	}
	s.chunk = s.chunk[:0]
	return nil
}

func (s *store) flushLoose() error {
	if len(s.loose) == 0 {
		return nil
	}
	month := pgx.NamedArgs{"month": yyyymm(s.voucher.PostedAt)}
	if _, err := s.tx.Exec(s.ctx, sqlEnsureMonth, month); err != nil {
		return fmt.Errorf("partition of the month: %w", err)
	}
	if err := s.copy("line", s.loose, &s.trees.loose); err != nil {
		return err
	}
	return s.checkLoose()
}

const sqlEnsureMonth = `SELECT ledger.ensure_month(@month)`

const sqlEnsureBlock = `SELECT ledger.ensure_block(@batch)`

const sqlLoad = `SELECT coalesce(ledger.ledger_load(@batch), '')`

const sqlAttach = `SELECT ledger.ledger_attach(@batch)`

// place makes the partitions the payment lines will need. A large batch whose
// first voucher this is gets a private table; of two such vouchers at once, the
// second waits here for the first.
func (s *store) place() error {
	s.target = "line"
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
	var private string
	if err := s.tx.QueryRow(s.ctx, sqlLoad, batch).Scan(&private); err != nil {
		return fmt.Errorf("private table of batch %d: %w", s.voucher.Batch, err)
	}
	if private != "" {
		s.target, s.private = private, true
	}
	return nil
}

// attach makes the private table part of the ledger, then checks its lines.
func (s *store) attach() error {
	if _, err := s.tx.Exec(s.ctx, sqlAttach, pgx.NamedArgs{"batch": s.voucher.Batch}); err != nil {
		return fmt.Errorf("attach batch %d: %w", s.voucher.Batch, err)
	}
	return s.checkStretches()
}

// copy stores lines of one kind in order, hashing as they pass.
func (s *store) copy(target string, lines []Line, tree *merkle) error {
	options := "FORMAT binary"
	if s.private && target == s.target {
		options += ", FREEZE" // nobody can see the table before it is committed with its lines
	}
	sql := "COPY ledger." + pgx.Identifier{target}.Sanitize() +
		" (payment, amount, voucher, batch, debit, credit, tag, seq, attempt, about, leg, red) FROM STDIN (" + options + ")"
	_, err := pgdb.CopyBinary(s.ctx, s.tx, sql, func(w *pgdb.CopyWriter) error {
		for i := range lines {
			l := &lines[i]
			leaf := l.leaf()
			tree.add(leaf)
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
	return nil
}
