package banktest

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"ansinh/bankadapters"
	"ansinh/bankadapters/cashlist"
	"ansinh/bankadapters/iso20022"
	"ansinh/bankadapters/sheet"
	"ansinh/bankadapters/withdrawals"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// Subject is one bank under test with its peer. Every test gets a fresh one.
type Subject struct {
	Bank    bankadapters.Bank
	Profile bankadapters.Profile
	Paying  bankadapters.Party // a funded paying account; for a provider only its digest needs it
	// Send submits; nil means Bank.Submit. A portal bank uploads instead.
	Send func(context.Context, bankadapters.Submission) (bankadapters.Answer, error)
	// At builds the same adapter for another address and authority; nil for a
	// rail whose Submit sends nothing.
	At func(baseURL string, ca *x509.CertPool) bankadapters.Bank
	// Credits counts the unreturned credits of one id in the peer's book.
	Credits func(bankadapters.EndToEndID) int
	Now     func() time.Time
	Advance func(time.Duration) // moves the peer's clock and Now
	// CloseDay closes the peer's current day and moves to the next morning.
	CloseDay func() error
}

// Run runs the whole suite. open must return a subject without faults.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Subject)
	}{
		{"a submission is taken and booked once", bookedOnce},
		{"the same id again is met as the profile says", sameAgain},
		{"the same id never names two contents", otherContent},
		{"a refusal of the whole message pays nobody", refusedWhole},
		{"an id the bank never saw is not known", unknownID},
		{"an inquiry is believed as the profile says", inquiry},
		{"what is not fit for the wire is not sent", notFit},
		{"a bank call inside a transaction panics", inTransaction},
		{"the line decides between not sent and unknown", lineFaults},
		{"statements add up and prove as the profile says", documents},
		{"a name inquiry answers or is not offered", nameInquiry},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			if s.Send == nil {
				s.Send = s.Bank.Submit
			}
			c.run(t, s)
		})
	}
}

// submission makes n payments under an id that depends on serial. Message and
// references are as long as ours ever are.
func (s Subject) submission(serial, n int) bankadapters.Submission {
	all := make([]bankadapters.Instruction, 0, n)
	var total money.Amount
	for i := range n {
		amount := money.Amount(100_001 + i)
		total += amount
		all = append(all, bankadapters.Instruction{
			EndToEnd: bankadapters.EndToEndID(fmt.Sprintf("0E01%04dP%06dK", serial, i)),
			Creditor: bankadapters.Party{Name: "NGUYEN VAN MAU", Account: fmt.Sprintf("01%04d%04d", serial, i), BIN: "999001"},
			Amount:   amount, Text: "CHI TRA THEO QUYET DINH 01", Person: fmt.Sprintf("000150%06d", i), Unit: "00001",
		})
	}
	return bankadapters.Submission{
		// The first 16 characters differ already: a bank may keep no more.
		Message: bankadapters.MessageID(fmt.Sprintf("0E01S%06dABCDEFGHIJKLMNOPQR", serial)),
		Bank:    s.Profile.Key, Debtor: s.Paying, Initiator: "SO NOI VU MAU",
		Execution: calendar.DateOf(s.Now()), Created: s.Now(), Count: n, Total: total, LedgerHead: strings.Repeat("ab", 32),
		Instructions: func(yield func(bankadapters.Instruction) error) error {
			for _, i := range all {
				if err := yield(i); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// ids lists the references of a submission.
func ids(t *testing.T, s bankadapters.Submission) []bankadapters.EndToEndID {
	t.Helper()
	var out []bankadapters.EndToEndID
	if err := s.Instructions(func(i bankadapters.Instruction) error { out = append(out, i.EndToEnd); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// wantOutcome submits and checks the outcome alone: errors only explain.
func (s Subject) wantOutcome(t *testing.T, sub bankadapters.Submission, want bankadapters.Outcome) bankadapters.Answer {
	t.Helper()
	got, err := s.Send(t.Context(), sub)
	if got.Outcome != want {
		t.Fatalf("Submit(%s) = %s (%s), error %v; want %s", sub.Message, got.Outcome, got.Code, err, want)
	}
	if (err == nil) != (want == bankadapters.Accepted || want == bankadapters.Refused) {
		t.Errorf("Submit(%s) = %s with error %v: an error stands beside not_sent and unknown only", sub.Message, got.Outcome, err)
	}
	return got
}

// wantCredits checks the peer's book for every payment of a submission.
func (s Subject) wantCredits(t *testing.T, sub bankadapters.Submission, want int) {
	t.Helper()
	for _, id := range ids(t, sub) {
		if got := s.Credits(id); got != want {
			t.Errorf("the bank's book has %d credits of %s, want %d", got, id, want)
		}
	}
}

// settle makes a provider pay: it does so at the close of days. Banks of the
// suite book at once.
func (s Subject) settle(t *testing.T) {
	t.Helper()
	if s.Profile.Rail != bankadapters.RailList {
		return
	}
	for range 12 {
		if err := s.CloseDay(); err != nil {
			t.Fatal(err)
		}
	}
}

// reader is the reader of one kind of document.
func reader(kind bankadapters.Kind, source io.Reader) (bankadapters.Reader, error) {
	switch kind {
	case bankadapters.KindStatement:
		return iso20022.NewStatementReader(source), nil
	case bankadapters.KindNotification:
		return iso20022.NewNotificationReader(source), nil
	case bankadapters.KindStatusReport:
		return iso20022.NewStatusReader(source), nil
	case bankadapters.KindSheetResult:
		return sheet.NewResultReader(source), nil
	case bankadapters.KindProviderResult:
		return cashlist.NewResultReader(source), nil
	case bankadapters.KindWithdrawals:
		return withdrawals.NewReader(source), nil
	default:
		return nil, errors.New("no reader for " + string(kind))
	}
}
