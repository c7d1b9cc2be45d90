package accounts_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/web/accounts"
)

const password = "một câu dễ nhớ để thử"

// register opens the accounts of a fresh database, marked as demo or real.
func register(t *testing.T, demo bool) (*accounts.Register, *time.Time) {
	t.Helper()
	now := calendar.Must(2026, 1, 20).At(9, 0)
	r := &accounts.Register{DB: pgtest.DB(t), Now: func() time.Time { return now }, Random: rand.NewChaCha8([32]byte{1})}
	err := pgdb.InTx(t.Context(), r.DB, func(ctx context.Context, tx pgx.Tx) error { return registry.Prepare(ctx, tx, demo, now) })
	if err != nil {
		t.Fatal(err)
	}
	return r, &now
}

func signs(id string) accounts.New {
	return accounts.New{Account: accounts.Account{ID: id, NameVI: "Người Mẫu", TitleVI: "Chủ tịch", Role: accounts.Approver, UnitCode: "00004", Signs: true}, Password: password}
}

func TestTheKeyOpensUnderItsOwnersPasswordOnly(t *testing.T) {
	t.Parallel()
	r, _ := register(t, true)
	ctx := t.Context()
	if err := r.Add(ctx, signs("hung"), "test"); err != nil {
		t.Fatal(err)
	}
	signer, err := r.Signer(ctx, "hung", password, "test")
	if err != nil {
		t.Fatal(err)
	}
	known, err := payout.ReadSigner(ctx, r.DB, "hung")
	if err != nil || known.Role != "approver" || known.UnitCode != "00004" {
		t.Fatalf("signer %+v, %v; want the account's powers", known, err)
	}
	if err := crypt.Verify(known.Public, signer.Sign("test/v1", []byte("x")), []byte("x")); err != nil {
		t.Errorf("the opened key is not the registered one: %v", err)
	}
	if _, err := r.Signer(ctx, "hung", "một câu khác hẳn", "test"); !errors.Is(err, accounts.ErrRefused) {
		t.Errorf("another password: %v, want ErrRefused", err)
	}

	fresh := "câu mới cũng dễ nhớ"
	if err := r.ChangePassword(ctx, "hung", password, fresh, "test"); err != nil {
		t.Fatal(err)
	}
	again, err := r.Signer(ctx, "hung", fresh, "test")
	if err != nil || string(again.Public()) != string(signer.Public()) {
		t.Errorf("after the change: %v, want the same key", err)
	}
	if _, err := r.Signer(ctx, "hung", password, "test"); !errors.Is(err, accounts.ErrRefused) {
		t.Errorf("the old password: %v, want ErrRefused", err)
	}
	if err := r.ResetPassword(ctx, "hung", password, "test"); errs.Code(err) != "CONSOLE-RESET-SIGNER" {
		t.Errorf("reset of a signer: %v, want CONSOLE-RESET-SIGNER", err)
	}
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	r, _ := register(t, true)
	if err := r.Add(t.Context(), signs("hung"), "test"); err != nil {
		t.Fatal(err)
	}
	change := func(do func(*accounts.New)) accounts.New { n := signs("mai"); do(&n); return n }
	tests := map[string]struct {
		add  accounts.New
		code string
	}{
		"a name with capitals":          {change(func(n *accounts.New) { n.ID = "Mai" }), "CONSOLE-ACCOUNT-ID"},
		"no person":                     {change(func(n *accounts.New) { n.NameVI = "" }), "CONSOLE-ACCOUNT"},
		"a role nobody has":             {change(func(n *accounts.New) { n.Role = "king" }), "CONSOLE-ACCOUNT"},
		"an operator who signs":         {change(func(n *accounts.New) { n.Role = accounts.Operator }), "CONSOLE-OPERATOR-SIGNS"},
		"a short password":              {change(func(n *accounts.New) { n.Password = "ngắn quá" }), "CONSOLE-PASSWORD-SHORT"},
		"the same account again":        {change(func(n *accounts.New) { n.ID, n.Signs = "hung", false }), "CONSOLE-ACCOUNT-KNOWN"},
		"a signer with another key":     {change(func(n *accounts.New) { n.ID = "hung" }), "CONSOLE-SIGNER-OTHER"},
		"a key that is somebody else's": {change(func(n *accounts.New) { n.Seed = seedOf(t, r) }), "PAYOUT-KEY-SHARED"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := r.Add(t.Context(), tt.add, "test"); errs.Code(err) != tt.code {
				t.Errorf("Add(%s) = %v, want code %s", tt.add.ID, err, tt.code)
			}
		})
	}
}

func seedOf(t *testing.T, r *accounts.Register) []byte {
	t.Helper()
	signer, err := r.Signer(t.Context(), "hung", password, "test")
	if err != nil {
		t.Fatal(err)
	}
	return signer.Seed()
}

func TestLinksExistForDemoDataOnly(t *testing.T) {
	t.Parallel()
	r, _ := register(t, false)
	n := signs("lan")
	n.Signs = false
	if err := r.Add(t.Context(), n, "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Link(t.Context(), "lan", "test"); errs.Code(err) != "CONSOLE-LINK-REAL" {
		t.Errorf("a link in a real database: %v, want CONSOLE-LINK-REAL", err)
	}
}

func TestAClosedAccountOpensNothing(t *testing.T) {
	t.Parallel()
	r, now := register(t, true)
	ctx := t.Context()
	n := signs("lan")
	n.Signs = false
	if err := r.Add(ctx, n, "test"); err != nil {
		t.Fatal(err)
	}
	link, err := r.Link(ctx, "lan", "test")
	if err != nil {
		t.Fatal(err)
	}
	*now = now.Add(13 * time.Hour)
	if _, err := r.UseLink(ctx, link); !errors.Is(err, accounts.ErrLink) {
		t.Errorf("a link after 13 hours: %v, want ErrLink", err)
	}
	token, err := r.SignIn(ctx, "lan", password, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ResetPassword(ctx, "lan", "câu mới cũng dễ nhớ", "test"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := r.Session(ctx, token); ok || err != nil {
		t.Errorf("the session lives on after a new password: %t, %v", ok, err)
	}
	if err := r.Close(ctx, "lan", "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignIn(ctx, "lan", "câu mới cũng dễ nhớ", "test"); !errors.Is(err, accounts.ErrRefused) {
		t.Errorf("sign-in to a closed account: %v, want ErrRefused", err)
	}
	if err := r.Close(ctx, "lan", "test"); errs.Code(err) != "CONSOLE-ACCOUNT-NONE" {
		t.Errorf("closing twice: %v, want CONSOLE-ACCOUNT-NONE", err)
	}
	if list, err := r.List(ctx); err != nil || len(list) != 1 || !list[0].Closed {
		t.Errorf("list %+v, %v; want the closed account still there", list, err)
	}
}
