package banktest_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"ansinh/bankadapters"
	"ansinh/bankadapters/iso20022"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// TestFaultyStatementIsRefused: a statement with a doubled line does not add up
// and is refused; the right one of the same day follows and is read.
func TestFaultyStatementIsRefused(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Date(2026, 2, 10, 1, 0, 0, 0, time.UTC)}
	world, err := sandbox.Open(sandbox.Config{
		InMemory: true, Seed: 1, Now: c.now,
		Accounts: []sandbox.Account{{Bank: "A", Number: payingAccount, Name: "UBND"}},
		Faults:   sandbox.Faults{Return: 3000, Double: 3000, Reject: 2000, LostLine: 2000},
		Script:   sandbox.Script{BadStatements: []sandbox.BadStatement{{Bank: "A", N: 1}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	if err := world.Fund("A", payingAccount, 1_000_000_000, "DRAW1"); err != nil {
		t.Fatal(err)
	}
	bank := inProcess(t, world, "A", c.now)
	if answer, err := bank.Submit(t.Context(), forty(c.now())); answer.Outcome != bankadapters.Accepted {
		t.Fatal(answer.Outcome, err)
	}
	first := calendar.DateOf(c.now())
	for range 9 {
		today := calendar.DateOf(c.now())
		if err := world.CloseDay("A", today.String()); err != nil {
			t.Fatal(err)
		}
		c.move(today.AddDays(1).At(8, 0))
	}
	refused, returns := 0, 0
	list, err := bank.Documents(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.Kind != bankadapters.KindStatement {
			continue
		}
		err := readDocument(t.Context(), bank, d, func(e bankadapters.Entry) error {
			if e.Return && e.Side == bankadapters.Credit && e.Code != "" {
				returns++
			}
			return nil
		})
		var bad *bankadapters.FileError
		switch {
		case errors.As(err, &bad) && bad.Code == bankadapters.CodeBalance && bad.Line > 0:
			refused++
		case err != nil:
			t.Errorf("%s: %v", d.ID, err)
		}
	}
	if refused != 1 || returns == 0 {
		t.Errorf("%d statements refused, %d returns read; want one faulty statement and some returns", refused, returns)
	}
}

func inProcess(t *testing.T, world *sandbox.World, key bankadapters.Key, now func() time.Time) *iso20022.Client {
	t.Helper()
	id, secret, err := world.Key(string(key))
	if err != nil {
		t.Fatal(err)
	}
	p := bankadapters.DemoProfile(key)
	n := byte(0)
	line, err := bankadapters.NewLine(bankadapters.LineConfig{
		BaseURL: "https://bank.invalid", KeyID: id, Key: secret, Now: now, Transport: world.Transport(string(key)),
		Nonce: func() string { n++; return "nonce-0123456789-" + string('A'+n%26) + string('A'+n/26) },
	}, p)
	if err != nil {
		t.Fatal(err)
	}
	return iso20022.NewClient(line, p)
}

// forty is a submission of forty payments.
func forty(now time.Time) bankadapters.Submission {
	s := bankadapters.Submission{
		Message: "0E01S000001FAULTS", Bank: "A", Initiator: "SO NOI VU MAU", Created: now, Execution: calendar.DateOf(now),
		Debtor: bankadapters.Party{Name: "UBND", Account: payingAccount, BIN: "999001"}, Count: 40,
	}
	for i := range s.Count {
		s.Total += money.Amount(100_001 + i)
	}
	s.Instructions = func(yield func(bankadapters.Instruction) error) error {
		for i := range s.Count {
			id := "0E01FAULT" + string(rune('A'+i/10)) + string(rune('0'+i%10)) + strings.Repeat("X", 5)
			in := bankadapters.Instruction{
				EndToEnd: bankadapters.EndToEndID(id), Amount: money.Amount(100_001 + i), Text: "CHI TRA",
				Creditor: bankadapters.Party{Name: "NGUYEN VAN MAU", Account: "0123" + id[9:11], BIN: "999001"},
			}
			if err := yield(in); err != nil {
				return err
			}
		}
		return nil
	}
	return s
}

func readDocument(ctx context.Context, bank *iso20022.Client, d bankadapters.Document, entry func(bankadapters.Entry) error) error {
	body, err := bank.Fetch(ctx, d.ID)
	if err != nil {
		return err
	}
	defer body.Close()
	err = iso20022.NewStatementReader(body).Read(func(bankadapters.Head) error { return nil }, entry)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	return err
}
