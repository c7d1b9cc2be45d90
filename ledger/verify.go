package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// VerifyOptions says how much to verify.
type VerifyOptions struct {
	// Anchor is a head kept outside the database; it must be on the chain.
	Anchor *Head
	// Fast verifies headers, chain and totals only, not lines.
	Fast bool
	// Progress, if set, is told now and then how many lines are done. total is
	// what the vouchers say.
	Progress func(done, total int64)
}

// Finding is one thing that is not as it must be. Zero fields do not apply.
type Finding struct {
	ChainNo int64 // printed voucher number
	Voucher VoucherID
	Key     string
	Batch   BatchID
	Payment int64
	Seq     int16
	Problem string
}

// String names voucher and line, then the problem.
func (f Finding) String() string {
	s := ""
	if f.Voucher != 0 {
		s = fmt.Sprintf("voucher %d (no. %d, key %q)", f.Voucher, f.ChainNo, f.Key)
	}
	if f.Seq != 0 {
		if s != "" {
			s += ", "
		}
		s += fmt.Sprintf("line %d/%d/%d", f.Batch, f.Payment, f.Seq)
	}
	if s != "" {
		s += ": "
	}
	return s + f.Problem
}

// findingsMax bounds the list of a report; the rest is only counted.
const findingsMax = 100

// Report is what Verify found.
type Report struct {
	Vouchers int64
	Lines    int64 // walked; 0 with Fast
	Unsealed int64 // vouchers not yet in the chain
	Head     Head
	Findings []Finding // at most 100
	More     int64     // findings beyond the list
}

// OK reports whether nothing was found.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// Err is nil, or an error with the first findings.
func (r *Report) Err() error {
	if r.OK() {
		return nil
	}
	list := make([]error, 0, 4)
	for _, f := range r.Findings[:min(3, len(r.Findings))] {
		list = append(list, errors.New(f.String()))
	}
	if rest := int64(len(r.Findings)) - 3 + r.More; rest > 0 {
		list = append(list, fmt.Errorf("and %d more", rest))
	}
	return fmt.Errorf("the ledger does not verify: %w", errors.Join(list...))
}

func (r *Report) add(f Finding) {
	if len(r.Findings) < findingsMax {
		r.Findings = append(r.Findings, f)
		return
	}
	r.More++
}

// Verify walks the whole ledger over one unchanging view and trusts nothing
// stored: every line's hash and place, every root, header and link of the
// chain, the totals, the rules of money, closed months, and the guards. What it
// finds is in the report; the error is about not being able to look.
func Verify(ctx context.Context, db pgdb.DB, options VerifyOptions) (Report, error) {
	v := verifier{options: options, vouchers: make(map[VoucherID]*sealed)}
	err := pgdb.InSnapshot(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		v.ctx, v.tx = ctx, tx
		steps := []func() error{v.tables, v.roles, v.guards, v.readVouchers, v.chain}
		if options.Fast {
			steps = append(steps, v.fastTotals)
		} else {
			steps = append(steps, v.lines, v.totals, v.months)
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Report{}, fmt.Errorf("verify the ledger: %w", err)
	}
	return v.report, nil
}

// sealed is what the verifier knows of one voucher.
type sealed struct {
	header
	id      VoucherID
	chainNo int64
	digest  [32]byte
	trees   trees
	sums    map[AccountID]turnover
	onWay   bool  // lines without a payment touch 113.sent or 113.out
	way     int64 // and what they add to both
}

type verifier struct {
	ctx      context.Context
	tx       pgx.Tx
	options  VerifyOptions
	report   Report
	vouchers map[VoucherID]*sealed
	order    []*sealed // by number
	accounts map[AccountID]account
	total    int64
}

func (v *verifier) find(s *sealed, format string, args ...any) {
	f := Finding{Problem: fmt.Sprintf(format, args...)}
	if s != nil {
		f.Voucher, f.ChainNo, f.Key = s.id, s.chainNo, s.Key
	}
	v.report.add(f)
}

const sqlLegTable = `
SELECT g.id, g.name, g.state, g.amount, g.attempt, g.claim, g.earlier, g.once, ga.debit_role, ga.credit_role,
       coalesce((SELECT array_agg(a.from_state ORDER BY a.from_state) FROM ledger.arrow AS a WHERE a.leg = g.id), '{}')
  FROM ledger.leg AS g
  LEFT JOIN ledger.leg_accounts AS ga ON ga.leg = g.id AND ga.posting_set = 'entrusted-state'
 ORDER BY g.id`

// tables compares the stored movements with those of the program: whoever adds
// an arrow to the table has changed the rules.
func (v *verifier) tables() error {
	rows, err := v.tx.Query(v.ctx, sqlLegTable)
	if err != nil {
		return err
	}
	seen := make(map[LegID]bool)
	var g Leg
	var id int16
	var claim int16
	var debit, credit *string
	var from []string
	_, err = pgx.ForEachRow(rows, []any{&id, &g.Name, &g.State, &g.Amount, &g.Attempt, &claim, &g.Earlier, &g.Once,
		&debit, &credit, &from}, func() error {
		want := LegOf(LegID(id))
		seen[LegID(id)] = true
		if want == nil {
			v.find(nil, "table ledger.leg: leg %d %q is not a movement of this program", id, g.Name)
			return nil
		}
		var states []string
		for _, s := range want.From {
			states = append(states, string(s))
		}
		slices.Sort(states)
		same := debit != nil && credit != nil && Role(*debit) == want.Debit && Role(*credit) == want.Credit &&
			g.Name == want.Name && g.State == want.State && g.Amount == want.Amount && g.Attempt == want.Attempt &&
			int(claim) == want.Claim && g.Earlier == want.Earlier && g.Once == want.Once && slices.Equal(states, from)
		if !same {
			v.find(nil, "tables ledger.leg, leg_accounts, arrow: leg %d %q is not as in this program", id, g.Name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("movements: %w", err)
	}
	for _, want := range Legs {
		if !seen[want.ID] {
			v.find(nil, "table ledger.leg: leg %d %q is missing", want.ID, want.Name)
		}
	}
	return nil
}

const sqlRoles = `SELECT name, prescribed, off_balance FROM ledger.role ORDER BY name`

// roles compares what accounts are for with the program: under another account
// of the circular the same lines would make other books.
func (v *verifier) roles() error {
	rows, _ := v.tx.Query(v.ctx, sqlRoles)
	seen := 0
	var name Role
	var prescribed string
	var off bool
	_, err := pgx.ForEachRow(rows, []any{&name, &prescribed, &off}, func() error {
		seen++
		want, _, _ := strings.Cut(codeOf[name], ".")
		if prescribed != want || off != strings.HasPrefix(want, "0") {
			v.find(nil, "table ledger.role: %q is kept under %q, not %q", name, prescribed, want)
		}
		return nil
	})
	if err == nil && seen != len(codeOf) {
		v.find(nil, "table ledger.role: %d roles, not %d", seen, len(codeOf))
	}
	return err
}

const sqlUnguarded = `
SELECT n.nspname || '.' || c.relname
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = 'ledger' AND c.relkind IN ('r', 'p')
   AND (SELECT coalesce(bit_or(t.tgtype::integer), 0) FROM pg_catalog.pg_trigger AS t
         WHERE t.tgrelid = c.oid AND t.tgenabled IN ('O', 'A')
           AND t.tgfoid = 'guard.refuse_change'::regproc) & (2 + 8 + 16 + 32) <> 2 + 8 + 16 + 32
 ORDER BY 1`

// guards finds tables of the ledger where UPDATE, DELETE or TRUNCATE is not
// refused: bits 2 (before), 8 (delete), 16 (update) and 32 (truncate).
func (v *verifier) guards() error {
	rows, _ := v.tx.Query(v.ctx, sqlUnguarded)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("guards: %w", err)
	}
	for _, table := range tables {
		v.find(nil, "table %s lacks its guard against change", table)
	}
	return nil
}

const sqlHeaders = `
SELECT v.id, coalesce(s.chain_no, 0), v.key, v.posting_set, v.kind, v.text, v.facts, v.book, v.accounting_date, v.posted_at,
       v.batch, v.order_no, v.cause, coalesce(v.reverses, 0), v.lines, v.root, v.digest
  FROM ledger.voucher AS v
  LEFT JOIN ledger.seal AS s ON s.voucher = v.id
 ORDER BY v.id`

// readVouchers recomputes every header's digest.
func (v *verifier) readVouchers() error {
	accounts, err := readAccounts(v.ctx, v.tx)
	if err != nil {
		return err
	}
	v.accounts = accounts
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		a := accounts[id]
		if want := (Slot{a.Role, a.Place, a.Programme}).code(); a.Code != want {
			v.find(nil, "table ledger.account: account %d is %q, its role, place and programme make it %q", a.ID, a.Code, want)
		}
	}
	rows, err := v.tx.Query(v.ctx, sqlHeaders)
	if err != nil {
		return fmt.Errorf("headers: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s sealed
		var facts, root, digest []byte
		err := rows.Scan(&s.id, &s.chainNo, &s.Key, &s.PostingSet, &s.Kind, &s.Text, &facts, &s.Book, &s.AccountingDate,
			&s.PostedAt, &s.Batch, &s.OrderNo, &s.Cause, &s.Reverses, &s.Lines, &root, &digest)
		if err != nil {
			return fmt.Errorf("headers: %w", err)
		}
		copy(s.Facts[:], facts)
		copy(s.Root[:], root)
		copy(s.digest[:], digest)
		s.sums = make(map[AccountID]turnover)
		if s.header.digest() != s.digest {
			v.find(&s, "the header was changed: its digest is another")
		}
		if s.chainNo == 0 {
			v.report.Unsealed++
		}
		v.vouchers[s.id] = &s
		v.order = append(v.order, &s)
		v.total += s.Lines
	}
	v.report.Vouchers = int64(len(v.order))
	return rows.Err()
}

const sqlChain = `SELECT chain_no, voucher, prev_hash, hash FROM ledger.seal ORDER BY chain_no`

// chain walks the chain from its first link: numbers without gaps, each hash
// over the one before and the voucher's recomputed digest.
func (v *verifier) chain() error {
	rows, err := v.tx.Query(v.ctx, sqlChain)
	if err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	head := Head{Hash: genesis}
	anchor := v.options.Anchor
	onChain := anchor == nil || *anchor == head
	var no int64
	var id VoucherID
	var prev, hash []byte
	_, err = pgx.ForEachRow(rows, []any{&no, &id, &prev, &hash}, func() error {
		s := v.vouchers[id]
		if s == nil {
			v.find(nil, "chain no. %d seals voucher %d, which does not exist", no, id)
			s = &sealed{id: id, chainNo: no}
		}
		if no != head.ChainNo+1 {
			v.find(s, "chain no. %d follows no. %d", no, head.ChainNo)
		}
		if string(prev) != string(head.Hash[:]) {
			v.find(s, "chain no. %d does not continue from the hash before it", no)
		}
		want := chainHash(no, head.Hash, s.header.digest())
		if string(hash) != string(want[:]) {
			v.find(s, "chain no. %d has another hash than its voucher gives", no)
		}
		// Go on from what is stored, or one change would be found in every later link.
		head.ChainNo = no
		copy(head.Hash[:], hash)
		onChain = onChain || *anchor == head
		return nil
	})
	if err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	v.report.Head = head
	if !onChain {
		v.find(nil, "the anchor %s is not on this chain, which ends at %s: history was rewritten or is older than the anchor", anchor, head)
	}
	return nil
}
