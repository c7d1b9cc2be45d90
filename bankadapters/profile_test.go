package bankadapters_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/bankadapters"
)

func TestProfilesRoundTrip(t *testing.T) {
	t.Parallel()
	want := bankadapters.DemoProfiles()
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := bankadapters.ParseProfiles(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	b := bankadapters.DemoProfile("B")
	if b.DuplicateMemory.For != time.Hour || b.StatusHorizon != 30*time.Minute || !b.Final("FF01") || b.Final("DUPL") {
		t.Errorf("bank B is %+v", b)
	}
}

func TestParseProfilesRefuses(t *testing.T) {
	t.Parallel()
	one, err := json.Marshal(bankadapters.DemoProfile("A"))
	if err != nil {
		t.Fatal(err)
	}
	a := string(one)
	for name, text := range map[string]string{
		"a key twice":                     "[" + a + "," + a + "]",
		"a horizon before the processing": "[" + strings.Replace(a, `"status_horizon":"30m0s"`, `"status_horizon":"1m0s"`, 1) + "]",
		"a number as duration":            "[" + strings.Replace(a, `"status_horizon":"30m0s"`, `"status_horizon":30`, 1) + "]",
		"an unknown memory":               "[" + strings.Replace(a, `"duplicate_memory":"none"`, `"duplicate_memory":"long"`, 1) + "]",
		"a field nobody knows":            "[" + strings.Replace(a, `"cut_off_hour"`, `"cutoff_hour"`, 1) + "]",
		"a field left out":                "[" + strings.Replace(a, `"breaker_faults":5`, `"count_max":10000`, 1) + "]",
		"no limit of time":                "[" + strings.Replace(a, `"call_timeout":"30s"`, `"call_timeout":"0s"`, 1) + "]",
	} {
		if text == "["+a+"]" {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := bankadapters.ParseProfiles([]byte(text)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestInstructionDigestCoversEveryField: changing any field that moves money
// changes the digest, and no shift between neighbouring fields hides a change.
func TestInstructionDigestCoversEveryField(t *testing.T) {
	t.Parallel()
	base := bankadapters.Instruction{
		EndToEnd: "E1", Amount: 12, Person: "P", Unit: "U",
		Creditor: bankadapters.Party{Name: "N", Account: "34", BIN: "56"},
	}
	digest := func(i bankadapters.Instruction, paying string) bankadapters.Digest {
		s := bankadapters.Submission{
			Debtor: bankadapters.Party{Account: paying}, Count: 1, Total: i.Amount,
			Instructions: func(yield func(bankadapters.Instruction) error) error { return yield(i) },
		}
		d, err := bankadapters.InstructionDigest(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	seen := map[bankadapters.Digest]string{digest(base, "A"): "the base"}
	for name, edit := range map[string]func(*bankadapters.Instruction){
		"id":      func(i *bankadapters.Instruction) { i.EndToEnd = "E2" },
		"amount":  func(i *bankadapters.Instruction) { i.Amount = 13 },
		"name":    func(i *bankadapters.Instruction) { i.Creditor.Name = "M" },
		"account": func(i *bankadapters.Instruction) { i.Creditor.Account = "35" },
		"bank":    func(i *bankadapters.Instruction) { i.Creditor.BIN = "57" },
		"person":  func(i *bankadapters.Instruction) { i.Person = "Q" },
		"unit":    func(i *bankadapters.Instruction) { i.Unit = "V" },
		"shift":   func(i *bankadapters.Instruction) { i.Creditor.Account, i.Creditor.BIN = "345", "6" },
	} {
		i := base
		edit(&i)
		d := digest(i, "A")
		if other, ok := seen[d]; ok {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d] = name
	}
	if _, ok := seen[digest(base, "B")]; ok {
		t.Error("the paying account is not in the digest")
	}
}
