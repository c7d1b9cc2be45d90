package banktest

import (
	"errors"
	"testing"
	"time"

	"ansinh/bankadapters"
)

func unknownID(t *testing.T, s Subject) {
	got, err := s.Bank.Status(t.Context(), "0E01S999999NEVERSEEN")
	if errors.Is(err, bankadapters.ErrNoAbility) && s.Profile.Rail == bankadapters.RailSheet {
		return
	}
	if err != nil || got.Known || got.AsOf.IsZero() {
		t.Fatalf("Status = %+v, error %v; want known false with its time", got, err)
	}
}

// inquiry certifies the horizon and the memory: between them "not known" must
// not be said of a message that was booked.
func inquiry(t *testing.T, s Subject) {
	if s.Profile.Rail == bankadapters.RailSheet {
		t.Log("a portal answers people only")
		return
	}
	sub := s.submission(10, 3)
	s.wantOutcome(t, sub, bankadapters.Accepted)
	known := func() bankadapters.Report {
		t.Helper()
		got, err := s.Bank.Status(t.Context(), sub.Message)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	s.Advance(s.Profile.StatusHorizon)
	got := known()
	if !got.Known || got.Message != sub.Message || len(got.Txs) != sub.Count {
		t.Fatalf("after the horizon Status = known %v, message %q, %d payments", got.Known, got.Message, len(got.Txs))
	}
	if got.Count != sub.Count || got.Total != sub.Total {
		t.Errorf("Status says %d payments of %s, sent %d of %s", got.Count, got.Total, sub.Count, sub.Total)
	}
	if s.Profile.StatusMemory.Forever {
		s.Advance(30 * 24 * time.Hour)
		if !known().Known {
			t.Error("the profile says the bank knows an id for ever, after 30 days it does not")
		}
		return
	}
	s.Advance(s.Profile.StatusMemory.For - s.Profile.StatusHorizon - time.Second)
	if !known().Known {
		t.Error("the bank forgets sooner than the profile says")
	}
}

func nameInquiry(t *testing.T, s Subject) {
	got, err := s.Bank.VerifyAccount(t.Context(), bankadapters.Party{Name: "NGUYEN VAN MAU", Account: "0100010001", BIN: "999001"})
	switch {
	case errors.Is(err, bankadapters.ErrNoAbility):
	case err != nil:
		t.Fatal(err)
	case got.Found && got.Name == "" || got.Match && !got.Found:
		t.Errorf("holder %+v", got)
	}
}
