package bankadapters_test

import (
	"context"
	"errors"
	"testing"

	"github.com/sony/gobreaker/v2"

	"ansinh/bankadapters"
)

// scripted answers each Submit with the next of its results.
type scripted struct {
	bankadapters.Bank
	results []error
	calls   int
}

var errLine = &bankadapters.TransportError{Op: "submit", Began: true, Err: errors.New("connection reset")}

func (s *scripted) Submit(context.Context, bankadapters.Submission) (bankadapters.Answer, error) {
	err := s.results[s.calls]
	s.calls++
	switch {
	case err == nil:
		return bankadapters.Answer{Outcome: bankadapters.Refused}, nil
	case errors.Is(err, bankadapters.ErrSubmission):
		return bankadapters.Answer{Outcome: bankadapters.NotSent}, err
	default:
		return bankadapters.Answer{}, err
	}
}

func TestBreakerCountsTransportFaultsOnly(t *testing.T) {
	t.Parallel()
	cancelled := &bankadapters.TransportError{Op: "submit", Began: true, Err: context.Canceled}
	refusal := &bankadapters.TransportError{Op: "submit", Err: errors.New("connection refused")}
	tests := map[string]struct {
		results []error
		open    bool
	}{
		"three broken lines open it":              {[]error{errLine, errLine, errLine}, true},
		"a refused connection is a fault":         {[]error{refusal, refusal, refusal}, true},
		"an answer between begins anew":           {[]error{errLine, errLine, nil, errLine, errLine}, false},
		"refusals never open it":                  {[]error{nil, nil, nil, nil}, false},
		"answers that prove nothing do not":       {[]error{bankadapters.ErrAnswer, bankadapters.ErrAnswer, bankadapters.ErrAnswer, bankadapters.ErrAnswer}, false},
		"our own validation does not":             {[]error{bankadapters.ErrSubmission, bankadapters.ErrSubmission, bankadapters.ErrSubmission}, false},
		"our own cancellation does not":           {[]error{cancelled, cancelled, cancelled}, false},
		"our own validation is no success either": {[]error{errLine, errLine, bankadapters.ErrSubmission, errLine}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trips := 0
			b := bankadapters.NewBreaker(&scripted{results: tt.results}, bankadapters.Profile{Key: "A", BreakerFaults: 3},
				func(bankadapters.Key, error) { trips++ })
			for range tt.results {
				_, _ = b.Submit(t.Context(), bankadapters.Submission{})
			}
			if b.Open() != tt.open || (trips == 1) != tt.open || trips > 1 {
				t.Errorf("open = %v after %d trips, want %v", b.Open(), trips, tt.open)
			}
		})
	}
}

func TestBreakerOpenIsNotSent(t *testing.T) {
	t.Parallel()
	inner := &scripted{results: []error{errLine, nil, nil}}
	b := bankadapters.NewBreaker(inner, bankadapters.Profile{Key: "A", BreakerFaults: 1}, nil)
	wantNotSent := func(calls int) {
		t.Helper()
		got, err := b.Submit(t.Context(), bankadapters.Submission{})
		if got.Outcome != bankadapters.NotSent || !errors.Is(err, gobreaker.ErrOpenState) || inner.calls != calls {
			t.Errorf("outcome %s, error %v, %d calls; want not_sent without a call", got.Outcome, err, inner.calls)
		}
	}
	_, _ = b.Submit(t.Context(), bankadapters.Submission{})
	wantNotSent(1)
	b.ForceClosed()
	if got, err := b.Submit(t.Context(), bankadapters.Submission{}); got.Outcome != bankadapters.Refused || err != nil {
		t.Errorf("after ForceClosed: %s, %v", got.Outcome, err)
	}
	b.ForceOpen(nil)
	wantNotSent(2)
}
