package registry_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// An officer merges the cells of a column down over people who share what it says:
// a hamlet, a group, a decision. What belongs to one person is not spread.
func TestReadListSpreadsWhatAMergedCellSays(t *testing.T) {
	t.Parallel()
	people := func() [][]any {
		rows := [][]any{headings}
		for i, name := range []string{"Lê Văn Thử", "Trần Văn Thử", "Đỗ Văn Thử", "Vũ Văn Thử"} {
			rows = append(rows, with(with(mrThu(), cName, name), cID, fmt.Sprintf("00005490000%d", i+1)))
		}
		return rows
	}
	for name, tt := range map[string]struct {
		merged   [2]string // cells
		findings []string
		groups   [2]string // category of rows 4 and 5
	}{
		"the group of rows 2 to 4":     {[2]string{"H2", "H4"}, []string{"H2 LIST-CELL-MERGED warning"}, [2]string{"TET-HN-2026-02", "TET-HN-2026-02"}},
		"over two columns":             {[2]string{"H3", "I4"}, []string{"H4 LIST-CATEGORY-MISSING error"}, [2]string{"", "TET-HN-2026-02"}},
		"an amount of rows 2 to 3":     {[2]string{"O2", "O3"}, nil, [2]string{"TET-HN-2026-02", "TET-HN-2026-02"}},
		"a group down to an empty row": {[2]string{"H4", "H9"}, []string{"H4 LIST-CELL-MERGED warning"}, [2]string{"TET-HN-2026-02", "TET-HN-2026-02"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := made(t, []string{"Sheet1"}, func(int) [][]any { return people() }, func(f *excelize.File) error {
				return f.MergeCell("Sheet1", tt.merged[0], tt.merged[1])
			})
			list := read(t, content, true)
			if diff := cmp.Diff(tt.findings, addresses(list.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%v", diff, list.Findings)
			}
			if len(list.Lines) != 4 {
				t.Fatalf("%d people, want 4", len(list.Lines))
			}
			if got := [2]string{list.Lines[2].Category, list.Lines[3].Category}; got != tt.groups {
				t.Errorf("categories of rows 4 and 5: %q, want %q", got, tt.groups)
			}
		})
	}
}
