package demolist_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"

	"ansinh/registry/demolist"
)

func places(n int) []demolist.Place {
	all := make([]demolist.Place, n)
	for i := range all {
		all[i] = demolist.Place{Code: fmt.Sprintf("%05d", i+1), Name: fmt.Sprintf("Xã Mẫu %d", i+1)}
	}
	return all
}

func TestMakeGivesExactlyThePeople(t *testing.T) {
	t.Parallel()
	for _, people := range []int{0, 1, 200, 20_000, 1_165_878} {
		sum, cash := 0, 0
		for _, u := range demolist.Make(7, people, places(126)).Units {
			sum += u.People
			if u.Cash {
				cash++
			}
		}
		if sum != people {
			t.Errorf("Make(7, %d) plans %d people", people, sum)
		}
		if cash == 0 || cash > 40 {
			t.Errorf("Make(7, %d) plans %d communes in cash, want some", people, cash)
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	digest := func(seed uint64) string {
		hash := sha256.New()
		for _, u := range demolist.Make(seed, 900, places(3)).Units {
			if _, err := u.WriteTet(hash); err != nil {
				t.Fatal(err)
			}
			if _, err := u.WriteLongevity(hash); err != nil {
				t.Fatal(err)
			}
		}
		return fmt.Sprintf("%x", hash.Sum(nil))
	}
	if a, b := digest(1), digest(1); a != b {
		t.Errorf("seed 1 gave %s, then %s", a, b)
	}
	if digest(1) == digest(2) {
		t.Error("seeds 1 and 2 gave the same bytes")
	}
}

func TestTruthAddsUp(t *testing.T) {
	t.Parallel()
	var rows, sound, people, defects, bhxh int
	for _, u := range demolist.Make(3, 20_000, places(126)).Units {
		truth, err := u.WriteTet(io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if truth.Rows != truth.Sound+len(truth.Defects) {
			t.Errorf("unit %s: %d rows, %d sound, %d defective", u.Code, truth.Rows, truth.Sound, len(truth.Defects))
		}
		rows += truth.Rows
		sound += truth.Sound
		people += truth.People
		defects += len(truth.Defects)
		bhxh += truth.ByMethod["bhxh"]
		if u.Cash && truth.ByMethod["account"] > 0 {
			t.Errorf("unit %s pays in cash and has %d accounts", u.Code, truth.ByMethod["account"])
		}
	}
	if defects < rows/200 || defects > rows/50 {
		t.Errorf("defects = %d of %d rows, want about one in a hundred", defects, rows)
	}
	if bhxh*2 <= sound {
		t.Errorf("pensioners = %d of %d, want more than half", bhxh, sound)
	}
	if people >= sound || people < 19_000 {
		t.Errorf("people = %d on %d sound rows", people, sound)
	}
}

func TestEveryWorkbookSaysThatItIsInvented(t *testing.T) {
	t.Parallel()
	u := demolist.Make(3, 10, places(1)).Units[0]
	var tet bytes.Buffer
	if _, err := u.WriteTet(&tet); err != nil {
		t.Fatal(err)
	}
	if got := firstCells(t, tet.Bytes()); got[1] != "DỮ LIỆU GIẢ LẬP" {
		t.Errorf("first cells = %q", got)
	}
}
