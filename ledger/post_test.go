package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

func TestSameKeyIsPostedOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	b := open(t, db)
	first, err := b.move(b.voucher("draw", 0), ledger.DrawOrdered(programme, 500)...)
	if err != nil {
		t.Fatal(err)
	}
	later := b.voucher("draw", 0)
	later.AccountingDate, later.PostedAt, later.Text = day.AddDays(3), now.AddDate(0, 0, 3), "another text"
	again, err := b.move(later, ledger.DrawOrdered(programme, 500)...)
	want := first
	want.Again = true
	if diff := cmp.Diff(want, again); diff != "" || err != nil {
		t.Errorf("posted again, error %v (-want +got):\n%s", err, diff)
	}
	changes := map[string]func(v *ledger.Voucher){
		"other facts":       func(v *ledger.Voucher) { v.Facts = []byte("other") },
		"another batch":     func(v *ledger.Voucher) { v.Batch = 1001 },
		"another order":     func(v *ledger.Voucher) { v.OrderNo = 1 },
		"another cause":     func(v *ledger.Voucher) { v.Cause = 1 },
		"another kind":      func(v *ledger.Voucher) { v.Kind = "else" },
		"another set":       func(v *ledger.Voucher) { v.PostingSet = "own-budget" },
		"as a taking back":  func(v *ledger.Voucher) { v.Reverses = 1 },
		"entries are facts": func(v *ledger.Voucher) { v.Facts = nil },
	}
	for name, change := range changes {
		v := b.voucher("draw", 0)
		change(&v)
		if _, err := b.move(v, ledger.DrawOrdered(programme, 501)...); !errors.Is(err, ledger.ErrOtherFacts) {
			t.Errorf("%s: error %v, want ErrOtherFacts", name, err)
		}
	}
}

func TestOnlyOneOfTwoWritersGetsAPayment(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	b.draw(1_000_000)
	b.steps(1001, []int64{1, 2}, ledger.LegApproved)
	v := func(key string, payments ...int64) ledger.Voucher {
		var lines []ledger.Line
		for _, p := range payments {
			lines = append(lines, b.next(ledger.Position{Payment: p, Seq: 1, Leg: ledger.LegApproved, Amount: money.Amount(100_000 + p)}, 1001, ledger.LegOrdered, 0))
		}
		v := b.voucher(key, 1001)
		v.OrderNo, v.Lines = 5, ledger.ListOf(lines)
		return v
	}
	first, err := db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Rollback(ctx)
	if _, err := ledger.Post(ctx, first, v("first", 1, 2)); err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		_, err := b.post(v("second", 2))
		second <- err
	}()
	// The second writer waits for the first one's key; seeing it wait makes the race certain.
	super := pgtest.Superuser(t, db)
	for waiting := 0; waiting == 0; {
		err := super.QueryRow(ctx, `SELECT count(*) FROM pg_catalog.pg_locks AS l
			JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database()`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-second; !errors.Is(err, ledger.ErrCollision) {
		t.Errorf("second writer: %v, want ErrCollision", err)
	}
}

func TestFundsFloors(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	b := open(t, db)
	b.draw(150_000)
	b.steps(1001, []int64{1, 2}, ledger.LegApproved)
	var short *ledger.FundsError
	if err := b.step(1001, ledger.LegOrdered, 1, 2); !errors.As(err, &short) || short.Short != 50_003 || short.Place != bankA {
		t.Errorf("ordering 200.003 of 150.000: %v", err)
	}
	b.steps(1001, []int64{1}, ledger.LegOrdered)

	// Money of another programme at the same bank does not help, nor does a
	// programme help a whole account that is below zero.
	b.mustMove("other", 1, ledger.DrawArrived(bankA, "khac", 900_000)...)
	if err := b.step(1001, ledger.LegOrdered, 2); !errors.As(err, &short) || short.Programme != programme {
		t.Errorf("ordering from another programme's money: %v", err)
	}
	b.mustMove("fee", 2, ledger.BankFee(bankA, 949_999)...)
	if err := b.step(1001, ledger.LegOrdered, 2); !errors.As(err, &short) {
		t.Errorf("ordering below the account's floor: %v", err)
	}
	if _, err := b.move(b.voucher("cover", 0), ledger.CoverShortage(bankA, programme, 1)...); !errors.As(err, &short) {
		t.Errorf("covering from money that is not there: %v", err)
	}
	for key, entries := range map[string][]ledger.Entry{
		"provider": {{Debit: slot(ledger.RoleBudget), Credit: slot(ledger.RoleProvider), Amount: 1}},
		"cash":     {{Debit: slot(ledger.RoleOther), Credit: slot(ledger.RoleCash), Amount: 1}},
	} {
		if _, err := b.move(b.voucher(key, 0), entries...); !errors.As(err, &short) {
			t.Errorf("taking from an empty %s: %v", key, err)
		}
	}
	// What the bank reports is posted whatever it makes of the balance.
	b.mustMove("unknown", 3, ledger.UnknownDebit(bankA, programme, 5_000_000)...)
}

func TestVouchersRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	b := open(t, db)
	b.draw(1_000_000)
	order := func(order int64, cause int64, key string) ledger.Voucher {
		v := b.voucher(key, 0)
		v.OrderNo, v.Cause = order, cause
		return v
	}
	if _, err := b.move(order(9, 0, "own order"), ledger.OwnOrdered(bankA, programme, 1000)...); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		voucher ledger.Voucher
		entries []ledger.Entry
		want    error
	}{
		"no lines":                             {b.voucher("a", 0), nil, ledger.ErrNoLines},
		"money appears at a bank by itself":    {b.voucher("b", 0), ledger.UnknownCredit(bankA, programme, 5), ledger.ErrNoCause},
		"money leaves a bank by itself":        {b.voucher("c", 0), ledger.BankFee(bankA, 5), ledger.ErrNoCause},
		"money moves between banks by itself":  {b.voucher("d", 0), []ledger.Entry{{Debit: ledger.Slot{Role: ledger.RoleFunds, Place: "999002"}, Credit: slot(ledger.RoleFunds), Amount: 5}}, ledger.ErrNoCause},
		"sent without an order":                {b.voucher("e", 0), ledger.OwnOrdered(bankA, programme, 5), ledger.ErrIllegal},
		"debited beyond the order":             {order(9, 1, "f"), ledger.OwnBooked(bankA, programme, slot(ledger.RoleMove), 1001), ledger.ErrIllegal},
		"debited without any order":            {order(10, 1, "g"), ledger.OwnBooked(bankA, programme, slot(ledger.RoleMove), 1), ledger.ErrIllegal},
		"a debt to people without a payment":   {b.voucher("h", 0), []ledger.Entry{{Debit: slot(ledger.RoleBudget), Credit: slot(ledger.RoleOwed), Amount: 5}}, ledger.ErrIllegal},
		"008 against an account on balance":    {b.voucher("i", 0), []ledger.Entry{{Debit: slot(ledger.RoleDrawn), Credit: slot(ledger.RoleBudget), Amount: 5}}, ledger.ErrIllegal},
		"008 without the technical account":    {b.voucher("j", 0), []ledger.Entry{{Debit: slot(ledger.RoleDrawn), Credit: slot(ledger.RoleProved), Amount: 5}}, ledger.ErrIllegal},
		"a place that divides codes":           {b.voucher("k", 0), ledger.Interest("a.b", 5), ledger.ErrBadSlot},
		"a programme that looks like a suffix": {b.voucher("l", 0), ledger.Claim(bankA, "sent", 5), ledger.ErrBadSlot},
	}
	for name, tt := range tests {
		if _, err := b.move(tt.voucher, tt.entries...); !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", name, err, tt.want)
		}
	}
	v := b.voucher("", 0)
	if _, err := b.move(v, ledger.Allot(programme, 1)...); err == nil || !strings.Contains(err.Error(), "needs a key") {
		t.Errorf("a voucher without key: %v", err)
	}
}

func TestBulkDebitAboveItsOrderIsAClaim(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	b.draw(1_000_000)
	b.steps(1001, []int64{1, 2}, ledger.LegApproved, ledger.LegOrdered, ledger.LegPaid)
	left, err := ledger.OrderBalance(ctx, db, 1001, ledger.RoleSent)
	if err != nil || left != 200_003 {
		t.Fatalf("left in sent: %s, %v", left, err)
	}
	v := b.voucher("bulk", 0)
	v.OrderNo, v.Cause = 1001, 77
	if _, err := b.move(v, ledger.BulkDebit(bankA, programme, 250_000, left)...); err != nil {
		t.Fatal(err)
	}
	for role, want := range map[ledger.Role]money.Amount{ledger.RoleSent: 0, ledger.RoleOut: 0, ledger.RoleBankClaim: 49_997, ledger.RoleFunds: 750_000} {
		if got, err := ledger.BalanceOf(ctx, db, b.book, slot(role)); got != want || err != nil {
			t.Errorf("%s: %s, want %s (%v)", role, got, want, err)
		}
	}
}

func TestClosedMonthsAndKnownAt(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	b.draw(1000)
	b.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return ledger.CloseMonth(ctx, tx, b.book, day, "ketoan", now.AddDate(0, 1, 0))
	})
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		return ledger.CloseMonth(ctx, tx, b.book, day, "ketoan", now.AddDate(0, 1, 0))
	})
	if !errors.Is(err, ledger.ErrAlreadyClosed) {
		t.Errorf("closing again: %v", err)
	}
	v := b.voucher("late", 0)
	if _, err := b.move(v, ledger.Allot(programme, 5)...); !errors.Is(err, ledger.ErrClosedPeriod) {
		t.Errorf("posting into a closed month: %v", err)
	}
	open, err := ledger.OpenDay(ctx, db, b.book, day)
	if err != nil || open != calendar.Must(2026, 2, 1) {
		t.Fatalf("first open day %s, %v", open, err)
	}
	v.AccountingDate, v.PostedAt = open, now.AddDate(0, 1, 5)
	v.Cause = 3
	if _, err := b.move(v, ledger.UnknownDebit(bankA, programme, 400)...); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		asOf ledger.AsOf
		want money.Amount
	}{
		"all":                           {ledger.AsOf{}, 600},
		"at the end of January":         {ledger.AsOf{Date: day.LastOfMonth()}, 1000},
		"known before the late voucher": {ledger.AsOf{Known: now.Add(time.Hour)}, 1000},
		"on the day, known later":       {ledger.AsOf{Date: open, Known: now.AddDate(0, 2, 0)}, 600},
		"before anything":               {ledger.AsOf{Date: day.AddDays(-1)}, 0},
	}
	for name, tt := range tests {
		list, err := ledger.TrialBalance(ctx, db, b.book, tt.asOf)
		if err != nil {
			t.Fatal(err)
		}
		var got money.Amount
		for _, row := range list {
			if row.Role == ledger.RoleFunds {
				got += row.Net()
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestReversal(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	b.draw(1_000_000)
	wrong := b.mustMove("unknown", 5, ledger.UnknownDebit(bankA, programme, 700)...)
	b.steps(1001, []int64{1}, ledger.LegApproved)
	reverse := func(id ledger.VoucherID, key string, instead ...ledger.Entry) (ledger.Posted, error) {
		var got ledger.Posted
		err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			var err error
			got, err = ledger.Reverse(ctx, tx, id, key, day, now, "giải thích", instead...)
			return err
		})
		return got, err
	}
	first, err := reverse(wrong.ID, "explain", ledger.BankFee(bankA, 700)...)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := reverse(wrong.ID, "explain", ledger.BankFee(bankA, 700)...); err != nil || !again.Again || again.ID != first.ID {
		t.Errorf("the same reversal again: %+v, %v", again, err)
	}
	if _, err := reverse(wrong.ID, "explain otherwise"); !errors.Is(err, ledger.ErrReversed) {
		t.Errorf("a second reversal: %v", err)
	}
	list, err := ledger.TrialBalance(ctx, db, b.book, ledger.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range list {
		if row.Role == ledger.RoleUnknownDebit && (row.Debit != 0 || row.Credit != 0) {
			t.Errorf("%s has turnover %s / %s after its red mirror", row.Code, row.Debit, row.Credit)
		}
		if row.Role == ledger.RoleFee && row.Net() != 700 {
			t.Errorf("fee %s, want 700", row.Net())
		}
	}
	trail, err := ledger.Trail(ctx, db, 1001, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reverse(trail[0].Voucher, "take back an approval"); !errors.Is(err, ledger.ErrHasPayments) {
		t.Errorf("reversing a voucher with payments: %v", err)
	}

	// Explaining an unknown debit as the debit of a payment: red and true in one voucher.
	b.steps(1001, []int64{1}, ledger.LegOrdered)
	paid := b.mustMove("unknown 2", 6, ledger.UnknownDebit(bankA, programme, 100_001)...)
	b.inTx(func(ctx context.Context, tx pgx.Tx) error {
		v, lines, err := ledger.MirrorOf(ctx, tx, paid.ID, "explain 2")
		if err != nil {
			return err
		}
		p := ledger.Position{Payment: 1, Seq: 2, Attempt: 1, Leg: ledger.LegOrdered, Amount: 100_001}
		v.Kind, v.AccountingDate, v.PostedAt, v.Text, v.Batch, v.OrderNo = "explained", day, now, "là khoản 1", 1001, 1001
		v.PostingSet = ledger.EntrustedState
		v.Lines = ledger.ListOf(append(lines, b.next(p, 1001, ledger.LegPaidSent, 1)))
		_, err = ledger.Post(ctx, tx, v)
		return err
	})
}
