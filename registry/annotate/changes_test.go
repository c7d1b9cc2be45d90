package annotate_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/registry"
	"ansinh/registry/annotate"
	"ansinh/registry/demolist"
)

// The whole way back of a change list: held against the month before, its own cells
// marked, what concerns the whole file said on the first sheet; mended there it is
// taken and changes what it was meant to.
func TestAChangeListMendedInItsMarkedCellsImports(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error { return registry.Prepare(ctx, tx, true, now) })
	if err != nil {
		t.Fatal(err)
	}
	keys, err := crypt.DeriveKeys([]byte("annotate test"))
	if err != nil {
		t.Fatal(err)
	}
	of := func(month int) registry.ImportOptions {
		return registry.ImportOptions{Programme: "BTXH26", Month: calendar.Must(2026, 1, 1).AddMonths(month - 1), Unit: registry.Communes()[0].Key(), By: "lan",
			Now: now, Random: rand.Reader}
	}
	take := func(month int, content []byte) registry.Result {
		t.Helper()
		got, err := registry.ImportList(t.Context(), db, keys, registry.File{Name: "ds.xlsx", Content: bytes.NewReader(content), Size: int64(len(content))}, of(month))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	// checked returns the findings and the annotated copy, as `list check` does.
	checked := func(content []byte) ([]registry.Finding, []byte) {
		t.Helper()
		list, _, err := registry.Examine(t.Context(), db, keys, "ds.xlsx", read(t, content, ""), of(2))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err = annotate.Write(&out, annotate.Input{Name: "ds.xlsx", Content: bytes.NewReader(content), Size: int64(len(content)),
			Reports: []registry.CheckReport{registry.ReportOf(list)}, Demo: true, At: now})
		if err != nil {
			t.Fatal(err)
		}
		return list.Findings, out.Bytes()
	}

	base := demolist.Seeded(23, 0, 90)
	take(1, seeded(t, base, demolist.Style{}))
	list := base.Changes(23, demolist.ChangeFaults())
	findings, copied := checked(seeded(t, &list.SeededList, demolist.Style{}))
	file := open(t, copied, "")
	cells := slices.DeleteFunc(cellsOf(findings), func(cell string) bool { return cell == "" })
	if diff := cmp.Diff(cells, noted(t, file, list.Sheet)); diff != "" {
		t.Errorf("marked cells (-found +marked):\n%s", diff)
	}
	said := text(t, file, "Tóm tắt")
	for _, want := range []string{"cả tệp / file|LỖI|1 người của danh sách trước không có trong tệp", "cả tệp / file|LỖI|4 dòng Giảm hoặc dòng ghi không rõ có lỗi", "DỮ LIỆU GIẢ LẬP"} {
		if !strings.Contains(said, want) {
			t.Errorf("the summary does not say %q:\n%s", want, said)
		}
	}
	for _, c := range list.Corrections {
		var err error
		if c.Value == nil {
			empty := make([]any, 17)
			err = file.SetSheetRow(list.Sheet, fmt.Sprintf("A%d", c.Row), &empty)
		} else {
			err = file.SetCellValue(list.Sheet, fmt.Sprintf("%s%d", c.Column, c.Row), c.Value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var mended bytes.Buffer
	if err := file.Write(&mended); err != nil {
		t.Fatal(err)
	}
	left, again := checked(mended.Bytes())
	if slices.ContainsFunc(left, registry.Finding.Refuses) {
		t.Errorf("findings of the mended copy: %v", left)
	}
	promised := fmt.Sprintf("trước %d, tăng %d, giảm %d, đổi %d, sau %d", list.Before, list.Added, list.Removed, list.Changed, list.After())
	if said := text(t, open(t, again, ""), "Tóm tắt"); !strings.Contains(said, "Đã đủ, nộp được") || !strings.Contains(said, promised) {
		t.Errorf("the summary of the mended copy, want %q:\n%s", promised, said)
	}
	got := take(2, mended.Bytes())
	want := registry.Changes{Form: "changes", Base: got.Changes.Base, Before: list.Before, Added: list.Added, Removed: list.Removed, Changed: list.Changed, After: list.After()}
	if diff := cmp.Diff(&want, got.Changes); diff != "" || got.RowsRefused != 0 {
		t.Errorf("%d rows refused; changes (-meant +taken):\n%s", got.RowsRefused, diff)
	}
}
