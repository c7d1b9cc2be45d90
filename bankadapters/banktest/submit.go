package banktest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/pgdb"
)

func bookedOnce(t *testing.T, s Subject) {
	sub := s.submission(1, 3)
	answer := s.wantOutcome(t, sub, bankadapters.Accepted)
	if len(answer.Raw) == 0 && s.At != nil {
		t.Error("the answer is not kept as evidence")
	}
	s.settle(t)
	s.wantCredits(t, sub, 1)
}

// sameAgain certifies the declared duplicate memory: while it lasts nobody is
// paid again, and where there is none everybody is.
func sameAgain(t *testing.T, s Subject) {
	sub := s.submission(2, 3)
	s.wantOutcome(t, sub, bankadapters.Accepted)
	again := func(want int) {
		t.Helper()
		// An idempotent bank says Accepted, others call it a duplicate, which
		// is Unknown; it must never be Refused or NotSent.
		answer, err := s.Send(t.Context(), sub)
		if answer.Outcome != bankadapters.Accepted && answer.Outcome != bankadapters.Unknown {
			t.Fatalf("the same id again = %s, error %v", answer.Outcome, err)
		}
		s.wantCredits(t, sub, want)
	}
	memory := s.Profile.DuplicateMemory
	switch {
	case memory.Forever && s.Profile.Rail == bankadapters.RailList:
		again(0) // providers pay later
		s.settle(t)
		again(1)
	case memory.Forever:
		again(1)
		s.Advance(30 * 24 * time.Hour)
		again(1)
	case memory.For > 0:
		s.Advance(memory.For - time.Second)
		again(1)
		s.Advance(2 * time.Second)
		again(2)
	default:
		again(2)
	}
}

func otherContent(t *testing.T, s Subject) {
	if !s.Profile.DuplicateMemory.Lasts(time.Minute) {
		t.Log("the profile declares no duplicate memory: only our own ids protect")
		return
	}
	first, second := s.submission(3, 2), s.submission(4, 3)
	second.Message = first.Message
	s.wantOutcome(t, first, bankadapters.Accepted)
	s.wantOutcome(t, second, bankadapters.Unknown)
	s.settle(t)
	s.wantCredits(t, first, 1)
	s.wantCredits(t, second, 0)
}

// refusedWhole uses what the adapter's own checks cannot see: an account or a
// provider that is not this one's.
func refusedWhole(t *testing.T, s Subject) {
	sub := s.submission(5, 3)
	if s.Profile.Rail == bankadapters.RailList {
		sub.Bank = "NOBODY"
	} else {
		sub.Debtor.Account = "999999999"
	}
	answer := s.wantOutcome(t, sub, bankadapters.Refused)
	if !s.Profile.Final(answer.Code) {
		t.Errorf("refused with %q, which the profile does not call final", answer.Code)
	}
	s.settle(t)
	s.wantCredits(t, sub, 0)
}

func notFit(t *testing.T, s Subject) {
	wrong := s.submission(6, 2)
	wrong.Total++
	long := s.submission(7, 2)
	long.Message = bankadapters.MessageID(strings.Repeat("M", 36))
	other := s.submission(8, 2)
	other.SHA256 = strings.Repeat("0", 64)
	for name, sub := range map[string]bankadapters.Submission{
		"a total that is not the sum": wrong, "an id that is too long": long, "bytes that the intent does not name": other,
	} {
		answer, err := s.Bank.Submit(t.Context(), sub)
		if answer.Outcome != bankadapters.NotSent || err == nil {
			t.Errorf("%s: %s, error %v; want not_sent", name, answer.Outcome, err)
		}
		s.wantCredits(t, sub, 0)
	}
}

// inTransaction asks for a panic before the first byte.
func inTransaction(t *testing.T, s Subject) {
	sub := s.submission(9, 2)
	calls := map[string]func(context.Context){
		"Submit": func(ctx context.Context) { _, _ = s.Bank.Submit(ctx, sub) },
	}
	if s.Profile.Rail != bankadapters.RailSheet {
		calls["Status"] = func(ctx context.Context) { _, _ = s.Bank.Status(ctx, sub.Message) }
	}
	stop := errors.New("roll back")
	for name, call := range calls {
		err := pgdb.InTx(t.Context(), noDatabase{}, func(ctx context.Context, _ pgx.Tx) (err error) {
			defer func() {
				if recover() == nil {
					t.Errorf("%s inside a transaction did not panic", name)
				}
				err = stop
			}()
			call(ctx)
			return nil
		})
		if !errors.Is(err, stop) {
			t.Error(err)
		}
	}
	s.settle(t)
	s.wantCredits(t, sub, 0)
}

// noDatabase begins a transaction that reaches no server: only its mark on the
// context is wanted.
type noDatabase struct{ pgdb.DB }

func (noDatabase) BeginTx(context.Context, pgx.TxOptions) (pgx.Tx, error) {
	return noTransaction{}, nil
}

type noTransaction struct{ pgx.Tx }

func (noTransaction) Rollback(context.Context) error { return nil }
func (noTransaction) Commit(context.Context) error   { return nil }
