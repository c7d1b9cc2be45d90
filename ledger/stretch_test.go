package ledger_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

// TestOneWrongAmongMany: most lines of a large voucher are only compared with
// its first. One that differs in anything the rule looks at must not hide among
// them, wherever it is.
func TestOneWrongAmongMany(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	b := open(t, db)
	b.draw(9_000_000_000)
	b.mustMove("funds of the provider", 0, ledger.DrawToProvider(post, programme, 1_000_000_000)...)
	const n = 600
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i + 1)
	}
	otherOwed, otherSent := b.elsewhere(ledger.RoleOwed), b.elsewhere(ledger.RoleSent)
	// odd is what makes payment p another than all the others, before the voucher
	// that is tried.
	tests := map[string]struct {
		legs []ledger.LegID // of everybody but p
		odd  func(batch ledger.BatchID, p int64)
		next ledger.LegID // tried for everybody
	}{
		"never approved": {[]ledger.LegID{ledger.LegApproved}, func(ledger.BatchID, int64) {}, ledger.LegOrdered},
		"never ordered": {[]ledger.LegID{ledger.LegApproved, ledger.LegOrdered}, func(batch ledger.BatchID, p int64) {
			b.steps(batch, []int64{p}, ledger.LegApproved)
		}, ledger.LegPaidSent},
		"in another state": {[]ledger.LegID{ledger.LegApproved, ledger.LegOrdered}, func(batch ledger.BatchID, p int64) {
			b.steps(batch, []int64{p}, ledger.LegApproved, ledger.LegListed)
		}, ledger.LegPaidSent},
		"of another amount": {[]ledger.LegID{ledger.LegApproved, ledger.LegOrdered}, func(batch ledger.BatchID, p int64) {
			b.custom(batch, p, 7, b.id(ledger.RoleOwed), b.id(ledger.RoleSent))
		}, ledger.LegPaidSent},
		"owed from another account": {[]ledger.LegID{ledger.LegApproved, ledger.LegOrdered}, func(batch ledger.BatchID, p int64) {
			b.custom(batch, p, money.Amount(100_000+p), otherOwed, b.id(ledger.RoleSent))
		}, ledger.LegPaidSent},
		"ordered elsewhere": {[]ledger.LegID{ledger.LegApproved, ledger.LegOrdered}, func(batch ledger.BatchID, p int64) {
			b.custom(batch, p, money.Amount(100_000+p), b.id(ledger.RoleOwed), otherSent)
		}, ledger.LegPaidSent},
		"ordered elsewhere before it was booked": {[]ledger.LegID{ledger.LegApproved, ledger.LegOrdered, ledger.LegBooked}, func(batch ledger.BatchID, p int64) {
			b.custom(batch, p, money.Amount(100_000+p), b.id(ledger.RoleOwed), otherSent)
			b.line(batch, p, 3, ledger.LegBooked, b.elsewhere(ledger.RoleOut), otherSent)
		}, ledger.LegPaid},
		"ordered elsewhere before a claim": {[]ledger.LegID{ledger.LegApproved, ledger.LegOrdered, ledger.LegIn(ledger.Claimed, ledger.Ordered)},
			func(batch ledger.BatchID, p int64) {
				b.custom(batch, p, money.Amount(100_000+p), b.id(ledger.RoleOwed), otherSent)
				b.line(batch, p, 3, ledger.LegIn(ledger.Claimed, ledger.Ordered), b.id(ledger.RoleBankClaim), b.id(ledger.RoleFunds))
			}, ledger.LegPaid},
		"in another state with the same accounts": {[]ledger.LegID{ledger.LegApproved, ledger.LegOrdered, ledger.LegRejected},
			func(batch ledger.BatchID, p int64) {
				b.steps(batch, []int64{p}, ledger.LegApproved, ledger.LegOrdered, ledger.LegWithdrawn)
			}, ledger.LegIn(ledger.Claimed, ledger.Rejected)},
	}
	batch := ledger.BatchID(1000)
	for name, tt := range tests {
		for _, p := range []int64{1, 300, n} {
			for _, first := range []ledger.BatchID{0, ledger.LargeFirst} {
				if first != 0 && p != 300 {
					continue // where it stands makes no difference between the two
				}
				batch++
				id := first + batch
				b.steps(id, slices.DeleteFunc(slices.Clone(all), func(q int64) bool { return q == p }), tt.legs...)
				tt.odd(id, p)
				var lines []ledger.Line
				for _, q := range all {
					l := ledger.Line{Batch: id, Payment: q, Seq: int16(len(tt.legs) + 1), Attempt: 1, About: 1, Leg: tt.next, Amount: money.Amount(100_000 + q),
						Debit: b.id(ledger.LegOf(tt.next).Debit), Credit: b.id(ledger.LegOf(tt.next).Credit)}
					lines = append(lines, l)
				}
				v := b.voucher(fmt.Sprintf("try %s %d", name, id), id)
				v.OrderNo, v.Cause, v.Lines = int64(id), 1, ledger.ListOf(lines)
				err := b.try(v)
				if !errors.Is(err, ledger.ErrIllegal) || !strings.Contains(err.Error(), fmt.Sprintf("payment %d of", p)) {
					t.Errorf("payment %d %s in batch %d: %v, want ErrIllegal naming it", p, name, id, err)
				}
				lines = slices.DeleteFunc(lines, func(l ledger.Line) bool { return l.Payment == p })
				v.Lines = ledger.ListOf(lines)
				if err := b.try(v); !errors.Is(err, errRollback) {
					t.Errorf("%s in batch %d, without payment %d: %v", name, id, p, err)
				}
			}
		}
	}
}

// elsewhere is the account of a role at another bank and programme.
func (b *books) elsewhere(role ledger.Role) (id ledger.AccountID) {
	b.t.Helper()
	b.inTx(func(ctx context.Context, tx pgx.Tx) error {
		var err error
		id, err = ledger.Account(ctx, tx, b.book, ledger.SlotFor(role, "999002", "khac"), now)
		return err
	})
	return id
}

// custom approves and orders payment p with amount and accounts of its own.
func (b *books) custom(batch ledger.BatchID, p int64, amount money.Amount, owed, sent ledger.AccountID) {
	b.t.Helper()
	funds := b.id(ledger.RoleFunds)
	if sent != b.id(ledger.RoleSent) {
		funds = b.elsewhere(ledger.RoleFunds)
		b.mustMove(fmt.Sprintf("funds elsewhere %d %d", batch, p), 1, ledger.UnknownCredit("999002", "khac", amount)...)
	}
	b.amount = amount
	defer func() { b.amount = 0 }()
	b.line(batch, p, 1, ledger.LegApproved, b.id(ledger.RoleBudget), owed)
	b.line(batch, p, 2, ledger.LegOrdered, sent, funds)
}

// line posts one line of payment p.
func (b *books) line(batch ledger.BatchID, p int64, seq int16, leg ledger.LegID, debit, credit ledger.AccountID) {
	b.t.Helper()
	l := ledger.Line{Batch: batch, Payment: p, Seq: seq, Attempt: min(seq-1, 1), About: min(seq-1, 1), Leg: leg,
		Amount: cmp.Or(b.amount, money.Amount(100_000+p)), Debit: debit, Credit: credit}
	v := b.voucher(fmt.Sprintf("line %d/%d/%d", batch, p, seq), batch)
	v.OrderNo, v.Lines = int64(batch), ledger.ListOf([]ledger.Line{l})
	if seq > 2 {
		v.Cause = 1
	}
	if _, err := b.post(v); err != nil {
		b.t.Fatal(err)
	}
}
