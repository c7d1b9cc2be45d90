package api_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/web/api"
)

// A sandbox bank delivers its own files over a signed line: a draw's reference
// nobody knows, and a debit nobody ordered, end in breaks, and our book is the
// bank's to the đồng.
func TestSandboxDeliversItsStatement(t *testing.T) {
	t.Parallel()
	db, ctx := pgtest.DB(t), t.Context()
	clock := calendar.Must(2026, 2, 5).At(18, 0)
	bank, err := sandbox.Open(sandbox.Config{Seed: 7, InMemory: true, Now: func() time.Time { return clock },
		Accounts: []sandbox.Account{{Bank: "A", Number: "1900001", Name: "PHONG MAU"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer bank.Close()
	var book ledger.Book
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if book, err = ledger.OpenBook(ctx, tx, "9990001", "Phòng mẫu", clock); err != nil {
			return err
		}
		if _, err := payout.Install(ctx, tx, "HN0", clock); err != nil {
			return err
		}
		p := bankadapters.DemoProfile("A")
		return payout.AddChannel(ctx, tx, payout.Channel{Key: "A", Ordinal: 1, Kind: "bank", NameVI: p.NameVI, BIN: p.BIN, Profile: p},
			[]payout.PayingAccount{{Book: book.ID, Account: "1900001", Name: "PHONG MAU"}}, clock)
	})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := crypt.DeriveKeys([]byte("delivery"))
	if err != nil {
		t.Fatal(err)
	}
	rec := &reconciliation.Reconciler{DB: db, Keys: keys, Random: rand.NewChaCha8([32]byte{1}), Now: func() time.Time { return clock }, Spool: t.TempDir()}
	keyID, secret, err := bank.Key("A")
	if err != nil {
		t.Fatal(err)
	}
	url := httptest.NewServer(&api.Settlements{
		Key: func(id string) (api.BankKey, bool) { return api.BankKey{Channel: "A", Secret: secret}, id == keyID },
		Remember: func(ctx context.Context, key, nonce string, at time.Time) error {
			return reconciliation.RememberNonce(ctx, db, key, nonce, at)
		},
		Take: func(ctx context.Context, in reconciliation.FileIn) (any, error) { return rec.Intake(ctx, in) },
		Head: func(ctx context.Context) (string, error) { h, err := ledger.ReadHead(ctx, db); return h.String(), err },
		Now:  func() time.Time { return clock }, Spool: t.TempDir(), Log: slog.New(slog.DiscardHandler),
	})
	defer url.Close()

	if err := bank.Fund("A", "1900001", 1_000_000, "RUT-1"); err != nil {
		t.Fatal(err)
	}
	if err := bank.Stray(sandbox.Stray{Bank: "A", Account: "1900001", Amount: 77_777}); err != nil {
		t.Fatal(err)
	}
	if err := bank.CloseDay("A", "2026-02-05"); err != nil {
		t.Fatal(err)
	}
	if got, err := bank.Deliver(ctx, "A", url.URL, nil); err != nil || got.Taken == 0 || got.Refused != 0 || got.Waiting != 0 {
		t.Fatalf("delivered %+v, %v; want every file taken", got, err)
	}
	if _, err := rec.Drain(ctx, "A", 100); err != nil {
		t.Fatal(err)
	}
	day, err := reconciliation.BankDayOf(ctx, db, "A", "1900001", calendar.DateOf(clock))
	if err != nil || day.Theirs != 922_223 || day.Difference() != 0 || day.Unposted != 0 {
		t.Errorf("bank day %+v, %v; want 922.223 on both sides", day, err)
	}
	breaks, err := reconciliation.Breaks(ctx, db, reconciliation.BreakFilter{Channel: "A"})
	if err != nil || len(breaks) != 2 {
		t.Errorf("breaks %+v, %v; want the unknown credit and the unknown debit", breaks, err)
	}
}
