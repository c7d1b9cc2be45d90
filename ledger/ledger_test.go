package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

var (
	day = calendar.Must(2026, 1, 20)
	now = day.At(9, 0)
)

// books is a fixture: one book with the accounts of one programme at one bank.
type books struct {
	t       testing.TB
	db      *pgxpool.Pool
	book    ledger.BookID
	account map[ledger.Role]ledger.AccountID
	orders  int64
	amount  money.Amount // of lines posted one by one; 0 = that of their payment
}

const (
	bankA     ledger.Place = "999001"
	post      ledger.Place = "buudien"
	officer   ledger.Place = "canbo1"
	programme              = "tet2026"
)

// slot is where the fixture keeps each role.
func slot(role ledger.Role) ledger.Slot {
	s := ledger.Slot{Role: role, Programme: programme}
	switch role {
	case ledger.RoleFunds, ledger.RoleSent, ledger.RoleOut, ledger.RoleBankClaim, ledger.RoleUnknownDebit, ledger.RoleUnknownCredit:
		s.Place = bankA
	case ledger.RoleProvider, ledger.RoleProviderSent:
		s.Place = post
	case ledger.RoleOfficer:
		s.Place = officer
	case ledger.RoleAllotment, ledger.RoleTechnical:
		s.Programme = ""
	}
	return s
}

func open(t testing.TB, db *pgxpool.Pool) *books {
	t.Helper()
	b := &books{t: t, db: db, account: make(map[ledger.Role]ledger.AccountID)}
	b.inTx(func(ctx context.Context, tx pgx.Tx) error {
		book, err := ledger.OpenBook(ctx, tx, "9990001", "Phòng mẫu", now)
		b.book = book.ID
		return err
	})
	return b
}

func (b *books) inTx(fn func(ctx context.Context, tx pgx.Tx) error) {
	b.t.Helper()
	if err := pgdb.InTx(b.t.Context(), b.db, fn); err != nil {
		b.t.Fatal(err)
	}
}

// id is the account of a role, opened on first use.
func (b *books) id(role ledger.Role) ledger.AccountID {
	b.t.Helper()
	if id, ok := b.account[role]; ok {
		return id
	}
	b.inTx(func(ctx context.Context, tx pgx.Tx) error {
		id, err := ledger.Account(ctx, tx, b.book, slot(role), now)
		b.account[role] = id
		return err
	})
	return b.account[role]
}

// voucher is a header that can be posted on the fixture's day.
func (b *books) voucher(key string, batch ledger.BatchID) ledger.Voucher {
	return ledger.Voucher{Key: key, Facts: []byte(key), Book: b.book, PostingSet: ledger.EntrustedState, Kind: "test",
		AccountingDate: day, PostedAt: now, Text: "Thử " + key, Batch: batch}
}

func (b *books) post(v ledger.Voucher) (ledger.Posted, error) {
	b.t.Helper()
	var got ledger.Posted
	err := pgdb.InTx(b.t.Context(), b.db, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		got, err = ledger.Post(ctx, tx, v)
		return err
	})
	return got, err
}

func (b *books) move(v ledger.Voucher, entries ...ledger.Entry) (ledger.Posted, error) {
	b.t.Helper()
	var got ledger.Posted
	err := pgdb.InTx(b.t.Context(), b.db, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		got, err = ledger.Move(ctx, tx, v, entries)
		return err
	})
	return got, err
}

// mustMove posts entries as the bank's entry cause reports them, or as our own
// act for cause 0.
func (b *books) mustMove(key string, cause int64, entries ...ledger.Entry) ledger.Posted {
	b.t.Helper()
	v := b.voucher(key, 0)
	v.Cause = cause
	got, err := b.move(v, entries...)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// draw brings amount from the Treasury to bank A and records 008.
func (b *books) draw(amount money.Amount) {
	b.t.Helper()
	b.mustMove(fmt.Sprintf("draw %d", amount), 0, ledger.DrawOrdered(programme, amount)...)
	b.mustMove(fmt.Sprintf("drawn %d", amount), 1, ledger.DrawArrived(bankA, programme, amount)...)
}

// step posts one leg for payments 1…n of batch, each of its own amount.
func (b *books) step(batch ledger.BatchID, leg ledger.LegID, payments ...int64) error {
	b.t.Helper()
	def := ledger.LegOf(leg)
	at, err := ledger.Positions(b.t.Context(), b.db, batch, payments)
	if err != nil {
		b.t.Fatal(err)
	}
	var lines []ledger.Line
	for _, p := range payments {
		from, ok := at[p]
		if !ok {
			from = ledger.Position{Payment: p, Amount: money.Amount(100_000 + p)}
		}
		l := from.Next(batch, leg, from.Attempt, from.Amount)
		l.Debit, l.Credit = b.id(def.Debit), b.id(def.Credit)
		lines = append(lines, l)
	}
	b.orders++
	v := b.voucher(fmt.Sprintf("%d %s %v %d", batch, def.Name, payments, b.orders), batch)
	v.OrderNo = int64(batch)
	v.Lines = ledger.ListOf(lines)
	if def.Name != "ordered" && def.Name != "approved" {
		v.Cause = b.orders
	}
	_, err = b.post(v)
	return err
}

func (b *books) steps(batch ledger.BatchID, payments []int64, legs ...ledger.LegID) {
	b.t.Helper()
	for _, leg := range legs {
		if err := b.step(batch, leg, payments...); err != nil {
			b.t.Fatal(err)
		}
	}
}

func TestSmallBatchFromApprovalToPaid(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	payments := []int64{1, 2, 3}
	b.draw(1_000_000)
	b.steps(1001, payments, ledger.LegApproved, ledger.LegOrdered, ledger.LegBooked, ledger.LegPaid)

	at, err := ledger.Positions(ctx, db, 1001, payments)
	if err != nil {
		t.Fatal(err)
	}
	want := map[int64]ledger.Position{}
	for _, p := range payments {
		want[p] = ledger.Position{Payment: p, Seq: 4, Attempt: 1, Leg: ledger.LegPaid, Amount: money.Amount(100_000 + p), Booked: true}
	}
	if diff := cmp.Diff(want, at); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}

	list, err := ledger.TrialBalance(ctx, db, b.book, ledger.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]money.Amount{}
	var sum money.Amount
	for _, row := range list {
		got[row.Code] = row.Net()
		sum += row.Net()
	}
	wantNet := map[string]money.Amount{
		"000": 1_000_000, "008211.tet2026": -1_000_000,
		"112.999001.tet2026": 699_994, "113.999001.tet2026.out": 0, "113.999001.tet2026.sent": 0,
		"113.draw.tet2026": 0, "1371.tet2026": -699_994, "3388.N.tet2026": 0,
	}
	if diff := cmp.Diff(wantNet, got); diff != "" || sum != 0 {
		t.Errorf("trial balance adds to %s (-want +got):\n%s", sum, diff)
	}

	counts, err := ledger.StateCounts(ctx, db, 1001)
	if diff := cmp.Diff([]ledger.StateCount{{State: ledger.Paid, Count: 3, Total: 300_006}}, counts); diff != "" || err != nil {
		t.Errorf("states, error %v (-want +got):\n%s", err, diff)
	}
	sealed, head, err := ledger.Seal(ctx, db, now.Add(time.Hour))
	if err != nil || sealed != 6 || head.ChainNo != 6 {
		t.Errorf("Seal = %d, %s, %v; want 6 vouchers", sealed, head, err)
	}
}
