package ledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// kind is what lines of one stretch have in common.
type kind struct {
	seq            int16
	leg            LegID
	attempt, about int16
	debit, credit  AccountID
	red            bool
}

// stretch is the lines of one kind just stored, by ascending payment.
type stretch struct {
	kind
	lines           int64
	lowest, highest int64
}

// manyLines is where reading a range of the key begins to cost less than looking
// up line by line; sparsest is how many payments of the range may be passed for
// each line that is checked.
const (
	manyLines = 500
	sparsest  = 8
)

// dense reports whether the stretch is checked by reading a range.
func (st *stretch) dense() bool {
	return st.lines >= manyLines && st.highest-st.lowest < st.lines*sparsest
}

// note sorts a line into its stretch.
func (s *store) note(l *Line) {
	k := kindOf(l)
	if s.newest >= len(s.stretches) || s.stretches[s.newest].kind != k {
		s.newest = slices.IndexFunc(s.stretches, func(st stretch) bool { return st.kind == k })
		if s.newest < 0 {
			s.newest = len(s.stretches)
			s.stretches = append(s.stretches, stretch{kind: k, lowest: l.Payment})
		}
	}
	st := &s.stretches[s.newest]
	st.lines, st.highest = st.lines+1, l.Payment
}

func kindOf(l *Line) kind {
	return kind{l.Seq, l.Leg, l.Attempt, l.About, l.Debit, l.Credit, l.Red}
}

// checkStretches reads what was stored back, sums it, and refuses what does not
// follow from the line before it.
func (s *store) checkStretches() error {
	for i := range s.stretches {
		st := &s.stretches[i]
		check := s.checkEach
		if s.private || st.dense() {
			check = s.checkRange
		}
		if err := check(st); err != nil {
			return err
		}
	}
	s.stretches = s.stretches[:0]
	return nil
}

// checkEach looks up every line of the stretch.
func (s *store) checkEach(st *stretch) error { return s.checkKeys(st.seq, s.paymentsOf(st)...) }

func (s *store) paymentsOf(st *stretch) []int64 {
	payments := make([]int64, 0, st.lines)
	for i := range s.chunk {
		if kindOf(&s.chunk[i]) == st.kind {
			payments = append(payments, s.chunk[i].Payment)
		}
	}
	return payments
}

// errNotStored says that the check saw other lines than were sent to be stored.
var errNotStored = errors.New("legality: the lines checked are not those stored")

// alike is all that [legalLine] looks at beyond a line's kind, of one line.
type alike struct {
	PAttempt, PLeg  *int16 // the line before
	PDebit          *int32
	FDebit, FCredit *int32 // the payment's first line
	Whole           *bool
	OSeq            *int16 // the order of the attempt
	ODebit          *int32
}

const sqlAlikeOf = `
SELECT p.attempt, p.leg, p.debit, f.debit, f.credit, x.amount = f.amount AND x.amount = p.amount, o.seq, o.debit
  FROM ledger.line AS x
  LEFT JOIN ledger.line AS p ON p.batch = @batch AND p.payment = @lowest AND p.seq = @seq::smallint - 1::smallint
  LEFT JOIN ledger.line AS f ON f.batch = @batch AND f.payment = @lowest AND f.seq = 1::smallint
  LEFT JOIN ledger.line AS o ON o.batch = @batch AND o.payment = @lowest AND o.seq < @seq::smallint
                            AND o.attempt = @about AND o.leg = ANY (@orders::smallint[])
 WHERE x.batch = @batch AND x.payment = @lowest AND x.seq = @seq::smallint AND x.voucher = @voucher`

// The statements below count the lines (x) of a stretch that are like one in
// everything the rule looks at. The number, known beforehand, leaves one
// partition each for x, the lines before (p), the first lines (f) and the orders
// (o), and the stretch a range of its key: runs in key order are merged. The
// joins are inner ones, so a line without its line before is not counted.
const (
	likeX = `
 WHERE x.batch = @batch AND x.seq = @seq::smallint AND x.payment BETWEEN @lowest::bigint AND @highest::bigint AND x.voucher = @voucher
   AND x.debit = @debit AND x.credit = @credit AND NOT x.red AND x.leg = @leg AND x.attempt = @attempt AND x.about = @about`
	likeP = `
   AND p.batch = @batch AND p.seq = @seq::smallint - 1::smallint AND p.payment BETWEEN @lowest::bigint AND @highest::bigint
   AND p.attempt = @p_attempt AND p.leg = @p_leg AND p.debit = @p_debit`
	likeF = `
   AND f.batch = @batch AND f.seq = 1::smallint AND f.payment BETWEEN @lowest::bigint AND @highest::bigint
   AND f.debit = @f_debit AND f.credit = @f_credit`
	likeO = `
   AND o.batch = @batch AND o.seq = @o_seq::smallint AND o.payment BETWEEN @lowest::bigint AND @highest::bigint
   AND o.attempt = @about AND o.leg = ANY (@orders::smallint[]) AND o.debit = @o_debit`
)

const sqlAlikeFirst = `
SELECT count(*), coalesce(sum(x.amount), 0)::bigint
  FROM ledger.line AS x` + likeX

const sqlAlikeSecond = `
SELECT count(*), coalesce(sum(x.amount), 0)::bigint
  FROM ledger.line AS x
  JOIN ledger.line AS p ON p.payment = x.payment AND p.amount = x.amount AND p.credit = @f_credit` + likeX + likeP

const sqlAlikeLater = `
SELECT count(*), coalesce(sum(x.amount), 0)::bigint
  FROM ledger.line AS x
  JOIN ledger.line AS p ON p.payment = x.payment AND p.amount = x.amount
  JOIN ledger.line AS f ON f.payment = x.payment AND f.amount = x.amount` + likeX + likeP + likeF

const sqlAlikeBeyond = `
SELECT count(*), coalesce(sum(x.amount), 0)::bigint
  FROM ledger.line AS x
  JOIN ledger.line AS p ON p.payment = x.payment AND p.amount = x.amount
  JOIN ledger.line AS f ON f.payment = x.payment AND f.amount = x.amount
  JOIN ledger.line AS o ON o.payment = x.payment` + likeX + likeP + likeF + likeO

// checkRange checks the stretch's first line as [store.checkKeys] does, and
// then only that the others are like it in everything the rule looks at: what
// is legal for one is legal for all. Where they are not, each is looked up.
func (s *store) checkRange(st *stretch) error {
	if err := s.checkKeys(st.seq, st.lowest); err != nil {
		return err
	}
	if st.lines == 1 {
		return nil
	}
	args := pgx.NamedArgs{"batch": s.voucher.Batch, "voucher": s.id, "seq": st.seq, "lowest": st.lowest, "highest": st.highest,
		"orders": orderLegs, "leg": st.leg, "attempt": st.attempt, "about": st.about, "debit": st.debit, "credit": st.credit}
	rows, _ := s.tx.Query(s.ctx, sqlAlikeOf, args)
	like, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[alike])
	if err != nil {
		return fmt.Errorf("legality: first of %d lines: %w", st.lines, err)
	}
	args["lowest"] = st.lowest + 1
	count, sum, err := s.countAlike(st, like, args)
	switch {
	case err != nil:
		return fmt.Errorf("legality: %w", err)
	case count == st.lines-1:
		s.add(st.debit, st.credit, st.red, count, sum)
		return nil
	case s.private:
		return errNotStored
	}
	return s.checkKeys(st.seq, s.paymentsOf(st)[1:]...)
}

// countAlike counts and sums the lines of the range that are like one; none if
// the amount is not that of the first line and the line before. A line before of
// the same whole amount says that nothing was deducted in between; after a claim,
// whose amount says nothing, lines are looked up.
func (s *store) countAlike(st *stretch, like alike, args pgx.NamedArgs) (count, sum int64, err error) {
	sql := sqlAlikeLater
	switch {
	case st.seq == 1:
		sql = sqlAlikeFirst
	case like.Whole == nil || !*like.Whole || st.seq > 2 && !wholeBefore(like.PLeg):
		return 0, 0, nil
	case st.seq == 2:
		sql = sqlAlikeSecond
	case like.OSeq != nil && *like.OSeq != st.seq-1:
		sql = sqlAlikeBeyond
	}
	args["p_attempt"], args["p_leg"], args["p_debit"] = like.PAttempt, like.PLeg, like.PDebit
	args["f_debit"], args["f_credit"] = like.FDebit, like.FCredit
	args["o_seq"], args["o_debit"] = like.OSeq, like.ODebit
	usual, err := s.planner()
	if err != nil {
		return 0, 0, err
	}
	if err := s.plan(forRanges); err != nil {
		return 0, 0, err
	}
	// A cached statement would be planned for any number and few payments.
	if err := s.tx.QueryRow(s.ctx, sql, pgx.QueryExecModeCacheDescribe, args).Scan(&count, &sum); err != nil {
		return 0, 0, err
	}
	return count, sum, s.plan(usual)
}

// wholeBefore reports whether a line with the leg moved all that is owed.
func wholeBefore(leg *int16) bool {
	def := LegOf(LegID(*leg))
	return def != nil && def.Amount == AmountWhole
}

// ways is what of the planner's ways a check depends on.
type ways struct{ Nestloop, Hashjoin, Bitmapscan, Material, Sort, Workers string }

// forRanges leaves the planner merging ranges of keys. A partition that was
// filled a moment ago has no statistics: the planner takes its lines for one,
// and would walk all payments for each of them.
var forRanges = ways{"off", "off", "off", "off", "off", "0"}

const sqlWays = `
SELECT pg_catalog.current_setting('enable_nestloop'), pg_catalog.current_setting('enable_hashjoin'),
       pg_catalog.current_setting('enable_bitmapscan'), pg_catalog.current_setting('enable_material'),
       pg_catalog.current_setting('enable_sort'), pg_catalog.current_setting('max_parallel_workers_per_gather')`

func (s *store) planner() (ways, error) {
	rows, _ := s.tx.Query(s.ctx, sqlWays)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[ways])
}

const sqlSetWays = `
SELECT pg_catalog.set_config('enable_nestloop', @nestloop, true), pg_catalog.set_config('enable_hashjoin', @hashjoin, true),
       pg_catalog.set_config('enable_bitmapscan', @bitmapscan, true), pg_catalog.set_config('enable_material', @material, true),
       pg_catalog.set_config('enable_sort', @sort, true), pg_catalog.set_config('max_parallel_workers_per_gather', @workers, true)`

func (s *store) plan(w ways) error {
	_, err := s.tx.Exec(s.ctx, sqlSetWays, pgx.NamedArgs{"nestloop": w.Nestloop, "hashjoin": w.Hashjoin, "bitmapscan": w.Bitmapscan,
		"material": w.Material, "sort": w.Sort, "workers": w.Workers})
	return err
}
