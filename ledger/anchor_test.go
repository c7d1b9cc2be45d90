package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/ledger"
)

func TestAnchorsRoundTripAndRefuseChange(t *testing.T) {
	t.Parallel()
	keys, err := crypt.DeriveKeys([]byte("a test of ledger anchors, 32 byte"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ledger.AnchorSigner(keys, "TST")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "elsewhere", "TST.heads")
	day := calendar.Must(2026, 2, 3)
	var want []ledger.Anchor
	for n := range int64(3) {
		a := ledger.Anchor{Head: ledger.Head{ChainNo: 10 + n, Hash: [32]byte{byte(n)}}, Installation: "TST", Epoch: 2,
			Day: day.AddDays(int(n)), At: day.AddDays(int(n)).At(18, 0).UTC()}
		if err := ledger.AppendAnchor(path, a, signer); err != nil {
			t.Fatal(err)
		}
		a.Key = signer.Public()
		want = append(want, a)
	}
	got, err := ledger.ReadAnchors(path)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b calendar.Date) bool { return a == b })); err != nil || diff != "" {
		t.Fatalf("ReadAnchors: %v (-want +got):\n%s", err, diff)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		text string
		n    int
		bad  bool
	}{
		"a cut last line does not count": {text: string(whole[:len(whole)-30]), n: 2},
		"a head alone, as on paper":      {text: want[0].Head.String() + "\n", n: 1},
		"a head without a line feed":     {text: want[0].Head.String(), n: 1},
		"an altered number":              {text: strings.Replace(string(whole), "10-00", "11-00", 1), bad: true},
		"an altered day":                 {text: strings.Replace(string(whole), "2026-02-04", "2026-02-05", 1), bad: true},
		"no seal":                        {text: strings.Replace(string(whole), " seal=", " zeal=", 1), bad: true},
		"a text":                         {text: "hello\n", bad: true},
		"a short hash":                   {text: "12-abcd\n", bad: true},
	} {
		other := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(other, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ledger.ReadAnchors(other)
		if errors.Is(err, ledger.ErrAnchor) != tt.bad || !tt.bad && len(got) != tt.n {
			t.Errorf("%s: ReadAnchors = %d anchors, %v", name, len(got), err)
		}
	}
	if none, err := ledger.ReadAnchors(filepath.Join(t.TempDir(), "none")); err != nil || none != nil {
		t.Errorf("ReadAnchors without a file = %v, %v", none, err)
	}
}
