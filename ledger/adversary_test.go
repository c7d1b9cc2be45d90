package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

// TestOneBookAPayment: a payment of one book is never ordered, claimed or proved
// with the accounts of another.
func TestOneBookAPayment(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	b.draw(1_000_000)
	b.steps(1001, []int64{1}, ledger.LegApproved)
	var other ledger.BookID
	accounts := map[ledger.Role]ledger.AccountID{}
	b.inTx(func(ctx context.Context, tx pgx.Tx) error {
		book, err := ledger.OpenBook(ctx, tx, "9990002", "Đơn vị khác", now)
		if err != nil {
			return err
		}
		other = book.ID
		for _, role := range []ledger.Role{ledger.RoleFunds, ledger.RoleSent, ledger.RoleBankClaim} {
			if accounts[role], err = ledger.Account(ctx, tx, other, slot(role), now); err != nil {
				return err
			}
		}
		_, err = ledger.Move(ctx, tx, ledger.Voucher{Key: "their money", Book: other, PostingSet: ledger.EntrustedState, Kind: "test", AccountingDate: day,
			PostedAt: now, Text: "tiền của họ", Cause: 1}, ledger.UnknownCredit(bankA, programme, 900_000))
		return err
	})
	judge := ledger.NewJudge(ctx, t, db)
	first := ledger.Line{Batch: 1001, Payment: 1, Seq: 1, Leg: ledger.LegApproved, Amount: 100_001, Debit: b.id(ledger.RoleBudget), Credit: b.id(ledger.RoleOwed)}
	for _, leg := range []ledger.LegID{ledger.LegOrdered, ledger.LegIn(ledger.Claimed, ledger.Approved)} {
		def := ledger.LegOf(leg)
		l := ledger.Position{Payment: 1, Seq: 1, Leg: ledger.LegApproved, Amount: 100_001}.Next(1001, leg, 0, 100_001)
		l.Debit, l.Credit = accounts[def.Debit], accounts[def.Credit]
		v := b.voucher(def.Name, 1001)
		v.Book, v.OrderNo, v.Lines = other, 1, ledger.ListOf([]ledger.Line{l})
		if leg != ledger.LegOrdered {
			v.Cause = 2
		}
		if err := b.try(v); !errors.Is(err, ledger.ErrIllegal) {
			t.Errorf("%q of another book: %v, want ErrIllegal", def.Name, err)
		}
		if problem := judge([]ledger.Line{first, l}, other); problem == "" {
			t.Errorf("%q of another book: the walk finds nothing", def.Name)
		}
	}
}

// TestOrderOfPaymentsIsNotSpentOtherwise: what is under way to people leaves 113
// only through their payments; a voucher without payments may move it from sent
// to out and no further.
func TestOrderOfPaymentsIsNotSpentOtherwise(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	b := open(t, db)
	b.draw(1_000_000)
	b.steps(1001, []int64{1, 2}, ledger.LegApproved, ledger.LegOrdered)
	for key, entries := range map[string][]ledger.Entry{
		"from sent": ledger.OwnBooked(bankA, programme, slot(ledger.RoleOther), 5),
		"back":      {{Debit: slot(ledger.RoleFunds), Credit: slot(ledger.RoleSent), Amount: 5}},
		"from out":  {{Debit: slot(ledger.RoleOther), Credit: slot(ledger.RoleOut), Amount: 5}},
	} {
		v := b.voucher(key, 0)
		v.OrderNo, v.Cause = 1001, 1
		if _, err := b.move(v, entries...); !errors.Is(err, ledger.ErrIllegal) {
			t.Errorf("%s: %v, want ErrIllegal", key, err)
		}
	}
	v := b.voucher("out without an order", 0)
	v.Cause = 1
	if _, err := b.move(v, ledger.Entry{Debit: slot(ledger.RoleOther), Credit: slot(ledger.RoleOut), Amount: 5}); !errors.Is(err, ledger.ErrIllegal) {
		t.Errorf("113.out moved without an order: %v, want ErrIllegal", err)
	}
}

// TestVerifyFindsAChangedChart: lines are hashed with the numbers of accounts; what
// the numbers mean must not change behind them.
func TestVerifyFindsAChangedChart(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"account under another code": `UPDATE ledger.account SET code = '1371.khac' WHERE role = 'budget'`,
		"account at another bank":    `UPDATE ledger.account SET place = '999002' WHERE role = 'funds'`,
		"role under another account": `UPDATE ledger.role SET prescribed = '1378' WHERE name = 'budget'`,
		"role off balance":           `UPDATE ledger.role SET off_balance = true WHERE name = 'fee'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, db := t.Context(), pgtest.DB(t)
			pgtest.ExpectBroken(t, db)
			b := open(t, db)
			b.draw(1_000_000)
			super := pgtest.Superuser(t, db)
			if _, err := super.Exec(ctx, `SET session_replication_role TO replica; `+change); err != nil {
				t.Fatal(err)
			}
			report, err := ledger.Verify(ctx, db, ledger.VerifyOptions{Fast: true})
			if err != nil {
				t.Fatal(err)
			}
			if report.OK() || !strings.Contains(report.Err().Error(), "ledger.") {
				t.Errorf("%s: %v", name, report.Err())
			}
		})
	}
}
