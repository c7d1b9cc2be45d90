package payout

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"ansinh/bankadapters"
	"ansinh/ledger"
)

// The worked example of ISO/IEC 7064 for MOD 1271-36 is ISO79 with check 3W.
func TestCheckFollowsTheStandard(t *testing.T) {
	t.Parallel()
	if got := check("ISO79"); got != "3W" {
		t.Errorf("check(ISO79) = %s, want 3W", got)
	}
}

func TestEndToEndRoundTripAndAlterations(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := Origin{Installation: rapid.StringMatching(`[A-Z0-9]{3}`).Draw(t, "installation"), Epoch: rapid.IntRange(1, 35).Draw(t, "epoch")}
		ref := Ref{
			Batch:   ledger.BatchID(rapid.Int32Range(1000, int32(ledger.BatchLast)).Draw(t, "batch")),
			Payment: rapid.Int64Range(1, 60_466_175).Draw(t, "payment"),
			Attempt: rapid.Int16Range(1, 35).Draw(t, "attempt"),
		}
		id := o.EndToEnd(ref)
		got, err := o.ParseEndToEnd(id)
		if err != nil || got != ref {
			t.Fatalf("ParseEndToEnd(%s) = %+v, %v; want %+v", id, got, err, ref)
		}
		i := rapid.IntRange(3, 15).Draw(t, "position")
		c := digits36[rapid.IntRange(0, 35).Draw(t, "character")]
		if altered := []byte(id); altered[i] != c {
			altered[i] = c
			if _, err := o.ParseEndToEnd(bankadapters.EndToEndID(altered)); !errors.Is(err, ErrCheck) {
				t.Fatalf("ParseEndToEnd(%s), altered from %s: error = %v, want ErrCheck", altered, id, err)
			}
		}
		if i < 15 && id[i] != id[i+1] {
			swapped := []byte(id)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			if _, err := o.ParseEndToEnd(bankadapters.EndToEndID(swapped)); !errors.Is(err, ErrCheck) {
				t.Fatalf("ParseEndToEnd(%s), swapped from %s: error = %v, want ErrCheck", swapped, id, err)
			}
		}
	})
}

func TestMessageIDSurvivesACutToSixteen(t *testing.T) {
	t.Parallel()
	o := Origin{Installation: "HN0", Epoch: 1}
	id := o.MessageID(1_024_003_010_007, [32]byte{1, 2, 3})
	if len(id) != 32 {
		t.Fatalf("MessageID = %q, want 32 characters", id)
	}
	for _, s := range []bankadapters.MessageID{id, id[:16]} {
		if no, ok := o.SubmissionOf(s); !ok || no != 1_024_003_010_007 {
			t.Errorf("SubmissionOf(%q) = %d, %v; want 1024003010007, true", s, no, ok)
		}
	}
	if _, ok := o.SubmissionOf("XX01"); ok {
		t.Error("SubmissionOf of a foreign id must say no")
	}
}
