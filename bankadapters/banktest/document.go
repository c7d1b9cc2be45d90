package banktest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
)

// found is what all documents of a subject say together.
type found struct {
	kinds     map[bankadapters.Kind]int
	debits    map[bankadapters.EndToEndID]int // booked single debits on final statements
	proofs    map[bankadapters.EndToEndID]int // reports that name the payment as made
	bulks     []bankadapters.Entry
	reference map[bankadapters.MessageID]bool // submission ids as they came back
}

// documents reads everything the bank made of one submission and certifies
// booking, proof and the length of references.
func documents(t *testing.T, s Subject) {
	since := calendar.DateOf(s.Now())
	sub := s.submission(12, 3)
	s.wantOutcome(t, sub, bankadapters.Accepted)
	if err := s.CloseDay(); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
	got := readAll(t, s, since)
	kept := string(sub.Message)[:min(len(sub.Message), s.Profile.ReferenceKept)]
	if !got.reference[bankadapters.MessageID(kept)] || len(got.reference) != 1 {
		t.Errorf("submission ids come back as %v, the profile keeps %d characters: %q", got.reference, s.Profile.ReferenceKept, kept)
	}
	for _, id := range ids(t, sub) {
		proved := got.proofs[id]
		if s.Profile.ProofBy == bankadapters.ProofDebitLine {
			proved = got.debits[id]
		}
		if proved == 0 {
			t.Errorf("nothing proves %s in the way the profile says (%s): %v", id, s.Profile.ProofBy, got.kinds)
		}
	}
	if s.Profile.Rail == bankadapters.RailList {
		return
	}
	switch {
	case got.kinds[bankadapters.KindStatement] == 0:
		t.Error("no statement of the paying account")
	case s.Profile.BulkBooking && (len(got.bulks) != 1 || got.bulks[0].Amount != sub.Total || got.bulks[0].BulkCount != sub.Count || len(got.debits) != 0):
		t.Errorf("the profile says one debit of %s for %d payments; bulk %+v, single %v", sub.Total, sub.Count, got.bulks, got.debits)
	case !s.Profile.BulkBooking && (len(got.bulks) != 0 || len(got.debits) != sub.Count):
		t.Errorf("the profile says single debits; bulk %+v, single %v", got.bulks, got.debits)
	}
}

func readAll(t *testing.T, s Subject, since calendar.Date) found {
	t.Helper()
	out := found{
		kinds: map[bankadapters.Kind]int{}, debits: map[bankadapters.EndToEndID]int{},
		proofs: map[bankadapters.EndToEndID]int{}, reference: map[bankadapters.MessageID]bool{},
	}
	list, err := s.Bank.Documents(t.Context(), since)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		out.kinds[d.Kind]++
		body, err := s.Bank.Fetch(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		r, err := reader(d.Kind, io.TeeReader(body, sum))
		if err != nil {
			t.Fatal(err)
		}
		account := ""
		err = r.Read(func(h bankadapters.Head) error {
			account = h.Account
			out.name(h.Message)
			return nil
		}, func(e bankadapters.Entry) error { out.entry(d.Kind, e); return nil })
		if err != nil {
			t.Fatalf("%s %s: %v", d.Kind, d.ID, err)
		}
		// A reader stops at the end of its document; the hash needs the file's.
		if _, err := io.Copy(sum, body); err != nil {
			t.Fatalf("%s %s: %v", d.Kind, d.ID, err)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != d.SHA256 {
			t.Errorf("%s %s has digest %s, listed as %s", d.Kind, d.ID, got, d.SHA256)
		}
		if d.Account != "" && account != "" && d.Account != account {
			t.Errorf("%s %s is about account %s, listed as %s", d.Kind, d.ID, account, d.Account)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	}
	return out
}

func (f *found) name(id bankadapters.MessageID) {
	if id != "" {
		f.reference[id] = true
	}
}

func (f *found) entry(kind bankadapters.Kind, e bankadapters.Entry) {
	f.name(e.Message)
	f.name(e.Batch)
	switch {
	case kind == bankadapters.KindStatement && e.Batch != "":
		f.bulks = append(f.bulks, e)
	case kind == bankadapters.KindStatement && e.Booked && e.Side == bankadapters.Debit && e.EndToEnd != "":
		f.debits[e.EndToEnd]++
		f.proofs[e.EndToEnd]++
	case kind == bankadapters.KindNotification && e.Booked && e.Side == bankadapters.Debit && e.EndToEnd != "",
		e.Status == bankadapters.TxSettled, e.Status == bankadapters.TxPaid:
		f.proofs[e.EndToEnd]++
	}
}
