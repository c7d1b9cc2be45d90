package registry_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh/internal/vntext"
	"ansinh/registry"
	"ansinh/registry/demolist"
)

// written returns a seeded list as a workbook.
func written(t testing.TB, list *demolist.SeededList, style demolist.Style) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := list.Write(&out, style); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readWith(t testing.TB, content []byte, options registry.ReadOptions) registry.List {
	t.Helper()
	options.Now = now
	list, err := registry.ReadList(t.Context(), bytes.NewReader(content), int64(len(content)), options)
	if err != nil {
		t.Fatalf("ReadList: %v", err)
	}
	return list
}

// said lists findings as "E12 LIST-ID-YEAR error", in one order.
func said(findings []registry.Finding) []string {
	out := addresses(findings)
	slices.Sort(out)
	return out
}

func truth(list *demolist.SeededList) []string {
	var out []string
	for _, f := range list.Findings {
		out = append(out, fmt.Sprintf("%s%d %s %s", f.Column, f.Row, f.Code, f.Severity))
	}
	slices.Sort(out)
	return out
}

// The generator knows what is wrong with a list and none of the intake's code;
// the intake must say exactly that.
func TestSeededFaultsAreFoundAndNothingElse(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		for _, faults := range []int{30, demolist.Faults()} {
			list := demolist.Seeded(seed, faults, 150)
			got := readWith(t, written(t, list, demolist.Style{}), registry.ReadOptions{Demo: true})
			if diff := cmp.Diff(truth(list), said(got.Findings)); diff != "" {
				t.Errorf("seed %d, %d faults (-seeded +found):\n%s", seed, faults, diff)
			}
			if len(got.Lines) != list.Rows {
				t.Errorf("seed %d: %d rows of people, want %d", seed, len(got.Lines), list.Rows)
			}
			var refused []int
			for _, line := range got.Lines {
				if line.Refused {
					refused = append(refused, line.Row)
				}
			}
			if diff := cmp.Diff(list.Refused, refused); diff != "" {
				t.Errorf("seed %d, %d faults: refused rows (-want +got):\n%s", seed, faults, diff)
			}
		}
	}
}

func TestCleanListsRaiseNoAlarm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		list := demolist.Seeded(seed, 0, 400)
		got := readWith(t, written(t, list, demolist.Style{}), registry.ReadOptions{Demo: true})
		if len(got.Findings) != 0 || got.Taken() != 400 {
			t.Errorf("seed %d: %d rows taken, findings %v", seed, got.Taken(), addresses(got.Findings))
		}
	}
}

// Whoever corrects the marked cells, and nothing else, has a list without errors.
func TestCorrectedInTheMarkedCellsAListIsClean(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		list := demolist.Seeded(seed, demolist.Faults(), 150)
		corrected := altered(t, written(t, list, demolist.Style{}), func(file *excelize.File) error {
			for _, c := range list.Corrections {
				var err error
				if c.Value == nil {
					// A row is left out by emptying it, or every address below would shift.
					empty := make([]any, 16)
					err = file.SetSheetRow(list.Sheet, fmt.Sprintf("A%d", c.Row), &empty)
				} else {
					err = file.SetCellValue(list.Sheet, fmt.Sprintf("%s%d", c.Column, c.Row), c.Value)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		got := readWith(t, corrected, registry.ReadOptions{Demo: true})
		for _, f := range got.Findings {
			if f.Refuses() {
				t.Errorf("seed %d: after correction: %s %s %q", seed, f.Cell(), f.Code, f.Value)
			}
		}
	}
}

// names reads who is on a list, to compare what several ways of writing it say.
func names(list registry.List) []string {
	var out []string
	for _, line := range list.Lines {
		out = append(out, line.Name+"|"+line.ID.Reveal()+"|"+line.Group+"|"+line.Category+"|"+string(line.Method)+"|"+line.Holder)
	}
	return out
}

func TestOneListInManyEncodings(t *testing.T) {
	t.Parallel()
	list := demolist.Seeded(3, 0, 120)
	plain := readWith(t, written(t, list, demolist.Style{}), registry.ReadOptions{Demo: true})
	confirmed := registry.TextOptions{Confirmed: true}
	tests := map[string]struct {
		style demolist.Style
		text  registry.TextOptions
		want  []string // findings
	}{
		"decomposed, which needs nobody's word":  {demolist.Style{Text: "nfd"}, registry.TextOptions{}, nil},
		"TCVN3 by its font":                      {demolist.Style{Text: "tcvn3", Fonts: true}, registry.TextOptions{}, []string{" LIST-TEXT-LEGACY error"}},
		"TCVN3 by its words":                     {demolist.Style{Text: "tcvn3"}, registry.TextOptions{}, []string{" LIST-TEXT-LEGACY error"}},
		"TCVN3 by its words, confirmed":          {demolist.Style{Text: "tcvn3"}, confirmed, []string{" LIST-TEXT-CHANGED warning"}},
		"TCVN3 as somebody says":                 {demolist.Style{Text: "tcvn3"}, registry.TextOptions{Encoding: vntext.TCVN3}, []string{" LIST-TEXT-CHANGED warning"}},
		"TCVN3 with names in Unicode":            {demolist.Style{Text: "tcvn3", UnicodeColumns: "BM"}, confirmed, []string{" LIST-TEXT-CHANGED warning"}},
		"TCVN3 by its font, remarks in Unicode":  {demolist.Style{Text: "tcvn3", Fonts: true, UnicodeColumns: "GH"}, confirmed, []string{" LIST-TEXT-CHANGED warning"}},
		"VNI by its font":                        {demolist.Style{Text: "vni", Fonts: true}, confirmed, []string{" LIST-TEXT-CHANGED warning"}},
		"VNI by its words":                       {demolist.Style{Text: "vni"}, registry.TextOptions{}, []string{" LIST-TEXT-LEGACY error"}},
		"VNI as somebody says":                   {demolist.Style{Text: "vni"}, registry.TextOptions{Encoding: vntext.VNI}, []string{" LIST-TEXT-CHANGED warning"}},
		"Unicode, whatever somebody says":        {demolist.Style{}, registry.TextOptions{Encoding: vntext.TCVN3}, nil},
		"Unicode in a file that says it is VNI":  {demolist.Style{Text: "nfd"}, registry.TextOptions{Encoding: vntext.VNI}, nil},
		"Unicode of which somebody is confident": {demolist.Style{}, registry.TextOptions{Encoding: vntext.Unicode}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readWith(t, written(t, list, tt.style), registry.ReadOptions{Demo: true, Text: tt.text})
			if diff := cmp.Diff(tt.want, addresses(got.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%v", diff, got.Findings)
			}
			if diff := cmp.Diff(names(plain), names(got)); diff != "" {
				t.Errorf("people (-Unicode +%s):\n%s", tt.style.Text, diff)
			}
			if len(tt.want) > 0 && len(got.Previews) == 0 {
				t.Error("no cell is shown before and after")
			}
			if slices.Contains(tt.want, " LIST-TEXT-LEGACY error") && got.Readable() {
				t.Error("the list may be imported before anybody read the preview")
			}
		})
	}
}

// In a database of real people an id of province 001 loses two zeros in a number
// cell, and all of it when Excel shortens it.
func TestNumericIDs(t *testing.T) {
	t.Parallel()
	list := demolist.Seeded(9, 0, 60)
	cash := func(style demolist.Style, accept bool) registry.List {
		return readWith(t, written(t, list, style), registry.ReadOptions{AcceptRepairs: accept})
	}
	only := func(got registry.List, code registry.Code) (n int) {
		for _, f := range got.Findings {
			if f.Code == code {
				n++
			}
		}
		return n
	}
	whole := cash(demolist.Style{Province: "001"}, false)
	offered := cash(demolist.Style{Province: "001", Number: "n"}, false)
	if n := only(offered, registry.IDZeroLost); n != 60 || offered.Taken() != 0 {
		t.Errorf("numbers without zeros: %d offers, %d rows taken; want 60, 0", n, offered.Taken())
	}
	for _, f := range offered.Findings {
		if f.Code == registry.IDZeroLost && (len(f.Proposed) != 12 || f.Accepted || f.Proposed[:3] != "001") {
			t.Fatalf("offer of %s = %q, accepted %t", f.Cell(), f.ShownProposed(), f.Accepted)
		}
	}
	accepted := cash(demolist.Style{Province: "001", Number: "n"}, true)
	for i, line := range accepted.Lines {
		if line.ID != whole.Lines[i].ID {
			t.Errorf("row %d: the accepted id is not the one whose zeros were lost", line.Row)
		}
	}
	lost := cash(demolist.Style{Province: "001", Number: "E"}, true)
	if n := only(lost, registry.IDScientific); n != 60 {
		t.Errorf("shortened numbers: %d refused, want 60: no rule brings digits back", n)
	}
}
