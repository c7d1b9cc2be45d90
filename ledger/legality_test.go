package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

// histories reach every state, once straight and, where it can be, once more
// after an attempt at the bank that left a claim open and once after a claim.
func histories() [][]ledger.LegID {
	straight := [][]ledger.LegID{
		{}, {1}, {1, 2}, {1, 2, 3}, {1, 2, 4}, {1, 2, 6}, {1, 2, 8}, {1, 2, 10}, {1, 2, 4, 9},
		{1, 20}, {1, 20, 22}, {1, 30}, {1, 30, 32}, {1, 40},
		{1, 2, 5}, {1, 20, 21}, {1, 30, 31}, {1, 33}, {1, 2, 3, 4}, {1, 2, 3, 7}, {1, 2, 7}, {1, 2, 11}, {1, 20, 21, 23},
		{1, 41}, {1, 41, 2, 4}, {1, 41, 2, 3}, {1, 41, 20, 22}, {1, 41, 42}, {1, 2, 4, 43},
	}
	all := slices.Clone(straight)
	for _, h := range straight {
		if len(h) >= 2 && h[1] != 40 && h[1] != 33 && h[1] != 41 {
			all = append(all, append([]ledger.LegID{1, 2, 7}, h[1:]...))
		}
		if len(h) >= 1 {
			state := ledger.LegOf(h[len(h)-1]).State
			all = append(all, append(slices.Clone(h), ledger.LegIn(ledger.Claimed, state)))
		}
	}
	return append(all, []ledger.LegID{1, 2, 7, 40})
}

// next makes the line that leg would be after p, about attempt about.
func (b *books) next(p ledger.Position, batch ledger.BatchID, leg ledger.LegID, about int16) ledger.Line {
	def := ledger.LegOf(leg)
	l := p.Next(batch, leg, about, p.Amount)
	if def.Amount == ledger.AmountPart {
		l.Amount = p.Amount / 3
	}
	l.Debit, l.Credit = b.id(def.Debit), b.id(def.Credit)
	return l
}

var errRollback = errors.New("roll back")

// try posts v and takes it back: errRollback means that it was accepted.
func (b *books) try(v ledger.Voucher) error {
	return pgdb.InTx(b.t.Context(), b.db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := ledger.Post(ctx, tx, v); err != nil {
			return err
		}
		return errRollback
	})
}

func TestEveryStateAndLeg(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	const batch ledger.BatchID = 1001
	for _, def := range ledger.Legs {
		b.id(def.Debit)
		b.id(def.Credit)
	}
	judge := ledger.NewJudge(ctx, t, db)
	accepted := make(map[ledger.LegID]map[ledger.State]bool)
	for i, history := range histories() {
		payment := int64(i + 1)
		p := ledger.Position{Payment: payment, Amount: money.Amount(1000 + i)}
		var lines []ledger.Line
		for _, leg := range history {
			l := b.next(p, batch, leg, p.Attempt)
			lines, p = append(lines, l), p.After(l)
		}
		header := func(key string) ledger.Voucher {
			v := b.voucher(fmt.Sprintf("%s %d", key, payment), batch)
			v.OrderNo, v.Cause = payment, 1
			return v
		}
		if len(lines) > 0 {
			v := header("history")
			v.Lines = ledger.ListOf(lines)
			if _, err := b.post(v); err != nil {
				t.Fatalf("history %v: %v", history, err)
			}
		}
		for _, def := range ledger.Legs {
			for about := range p.Attempt + 1 {
				allowed := ledger.Allowed(p.State(), def.ID)
				if !allowed && (about > 0 || i >= len(ledger.States)+1) {
					continue
				}
				l := b.next(p, batch, def.ID, about)
				problem := judge(append(slices.Clone(lines), l), b.book)
				v := header("try " + def.Name)
				v.Lines = ledger.ListOf([]ledger.Line{l})
				err := b.try(v)
				ok := errors.Is(err, errRollback)
				if !ok && !errors.Is(err, ledger.ErrIllegal) {
					t.Fatalf("%q about %d after %v: %v", def.Name, about, history, err)
				}
				if ok != (problem == "") {
					t.Errorf("%q about %d after %v: Post says %v, the walk says %q", def.Name, about, history, err, problem)
				}
				if ok && !allowed {
					t.Errorf("%q is accepted after %q, which is no arrow", def.Name, p.State())
				}
				if ok {
					if accepted[def.ID] == nil {
						accepted[def.ID] = make(map[ledger.State]bool)
					}
					accepted[def.ID][p.State()] = true
				}
			}
		}
	}
	for _, def := range ledger.Legs {
		for _, from := range def.From {
			// A payment never ordered has no debit of its own to book.
			if !accepted[def.ID][from] && def.Name != "booked.approved" {
				t.Errorf("the arrow %q from %q was accepted in no history", def.Name, from)
			}
		}
	}
}

func TestLinesThatDoNotFollow(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	b := open(t, db)
	b.draw(10_000_000)
	b.steps(1001, []int64{1, 2}, ledger.LegApproved, ledger.LegOrdered)
	good := func() ledger.Line {
		return ledger.Line{Batch: 1001, Payment: 1, Seq: 3, Attempt: 1, About: 1, Leg: ledger.LegPaid, Amount: 100_001,
			Debit: b.id(ledger.RoleOwed), Credit: b.id(ledger.RoleOut)}
	}
	other := ledger.AccountID(0)
	b.inTx(func(ctx context.Context, tx pgx.Tx) error {
		var err error
		other, err = ledger.Account(ctx, tx, b.book, ledger.Slot{Role: ledger.RoleOut, Place: "999002", Programme: programme}, now)
		return err
	})
	tests := map[string]func(l *ledger.Line){
		"number skipped":           func(l *ledger.Line) { l.Seq = 4 },
		"another amount":           func(l *ledger.Line) { l.Amount++ },
		"no amount":                func(l *ledger.Line) { l.Amount = 0 },
		"negative amount":          func(l *ledger.Line) { l.Amount = -5 },
		"next attempt":             func(l *ledger.Line) { l.Attempt, l.About = 2, 2 },
		"about no attempt":         func(l *ledger.Line) { l.About = 0 },
		"red":                      func(l *ledger.Line) { l.Red = true },
		"leg that does not exist":  func(l *ledger.Line) { l.Leg = 99 },
		"sides exchanged":          func(l *ledger.Line) { l.Debit, l.Credit = l.Credit, l.Debit },
		"account of another place": func(l *ledger.Line) { l.Credit = other },
		"account that is not":      func(l *ledger.Line) { l.Credit = 999_999 },
		"one account on two sides": func(l *ledger.Line) { l.Credit = l.Debit },
		"payment never approved":   func(l *ledger.Line) { l.Payment = 77 },
		"another batch":            func(l *ledger.Line) { l.Batch = 1002 },
		"approved again":           func(l *ledger.Line) { l.Leg, l.Attempt, l.About = ledger.LegApproved, 0, 0 },
	}
	for name, change := range tests {
		l := good()
		change(&l)
		v := b.voucher(name, 1001)
		v.OrderNo, v.Cause, v.Lines = 1001, 1, ledger.ListOf([]ledger.Line{l})
		if _, err := b.post(v); !errors.Is(err, ledger.ErrIllegal) {
			t.Errorf("%s: error %v, want ErrIllegal", name, err)
		}
	}
	v := b.voucher("twice in one voucher", 1001)
	v.OrderNo, v.Cause, v.Lines = 1001, 1, ledger.ListOf([]ledger.Line{good(), good()})
	if _, err := b.post(v); !errors.Is(err, ledger.ErrIllegal) {
		t.Errorf("the same line twice: error %v, want ErrIllegal", err)
	}
}

func TestDataTablesEqualProgram(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	report, err := ledger.Verify(t.Context(), db, ledger.VerifyOptions{})
	if err != nil || !report.OK() {
		t.Errorf("legs, accounts and arrows: %v %v", err, report.Findings)
	}
	rows, _ := db.Query(t.Context(), `SELECT name, prescribed, off_balance FROM ledger.role ORDER BY name`)
	type role struct {
		Name, Prescribed string
		OffBalance       bool
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[role])
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[string]string{}, map[string]string{}
	for _, r := range list {
		got[r.Name] = r.Prescribed
		if off := r.Prescribed[0] == '0'; off != r.OffBalance {
			t.Errorf("role %s under %s: off balance is %v", r.Name, r.Prescribed, r.OffBalance)
		}
	}
	for r, code := range ledger.RoleCodes() {
		want[string(r)] = code
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles (-program +table):\n%s", diff)
	}
	chart := prescribedAccounts(t)
	for _, r := range list {
		if r.Name != "technical" && !chart[r.Prescribed] {
			t.Errorf("role %s prints under %s, which the circular does not prescribe", r.Name, r.Prescribed)
		}
	}
}
