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
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/registry"
	"ansinh/registry/annotate"
	"ansinh/registry/demolist"
)

// office is a database in which a commune hands in a list a month.
type office struct {
	t    *testing.T
	db   *pgxpool.Pool
	keys *crypt.Keys
}

func newOffice(t *testing.T) *office {
	t.Helper()
	keys, err := crypt.DeriveKeys([]byte("annotate test"))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, db: pgtest.DB(t), keys: keys}
	err = pgdb.InTx(t.Context(), o.db, func(ctx context.Context, tx pgx.Tx) error { return registry.Prepare(ctx, tx, true, now) })
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) options(month int) registry.ImportOptions {
	return registry.ImportOptions{Programme: "BTXH26", Month: calendar.Must(2026, 1, 1).AddMonths(month - 1), Unit: registry.Communes()[0].Key(), By: "lan",
		Now: now, Random: rand.Reader}
}

func (o *office) take(month int, content []byte) registry.Result {
	o.t.Helper()
	file := registry.File{Name: "ds.xlsx", Content: bytes.NewReader(content), Size: int64(len(content))}
	got, err := registry.ImportList(o.t.Context(), o.db, o.keys, file, o.options(month))
	if err != nil {
		o.t.Fatal(err)
	}
	return got
}

// checked returns the findings of February's list and its annotated copy, as `list
// check` does.
func (o *office) checked(content []byte) ([]registry.Finding, []byte) {
	o.t.Helper()
	list, _, err := registry.Examine(o.t.Context(), o.db, o.keys, "ds.xlsx", read(o.t, content, ""), o.options(2))
	if err != nil {
		o.t.Fatal(err)
	}
	var out bytes.Buffer
	err = annotate.Write(&out, annotate.Input{Name: "ds.xlsx", Content: bytes.NewReader(content), Size: int64(len(content)),
		Reports: []registry.CheckReport{registry.ReportOf(list)}, Demo: true, At: now})
	if err != nil {
		o.t.Fatal(err)
	}
	return list.Findings, out.Bytes()
}

// corrected writes the corrections of a seeded list into a copy of it.
func corrected(t *testing.T, file *excelize.File, list *demolist.SeededList) []byte {
	t.Helper()
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
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The whole way back of a change list: held against the month before, its own cells
// marked, what concerns the whole file said on the first sheet; mended there it is
// taken and changes what it was meant to.
func TestAChangeListMendedInItsMarkedCellsImports(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	base := demolist.Seeded(23, 0, 90)
	o.take(1, seeded(t, base, demolist.Style{}))
	list := base.Changes(23, demolist.ChangeFaults())
	findings, copied := o.checked(seeded(t, &list.SeededList, demolist.Style{}))
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
	mended := corrected(t, file, &list.SeededList)
	left, again := o.checked(mended)
	if slices.ContainsFunc(left, registry.Finding.Refuses) {
		t.Errorf("findings of the mended copy: %v", left)
	}
	promised := fmt.Sprintf("trước %d, tăng %d, giảm %d, đổi %d, sau %d", list.Before, list.Added, list.Removed, list.Changed, list.After())
	if said := text(t, open(t, again, ""), "Tóm tắt"); !strings.Contains(said, "Đã đủ, nộp được") || !strings.Contains(said, promised) {
		t.Errorf("the summary of the mended copy, want %q:\n%s", promised, said)
	}
	got := o.take(2, mended)
	want := registry.Changes{Form: "changes", Base: got.Changes.Base, Before: list.Before, Added: list.Added, Removed: list.Removed, Changed: list.Changed, After: list.After()}
	if diff := cmp.Diff(&want, got.Changes); diff != "" || got.RowsRefused != 0 {
		t.Errorf("%d rows refused; changes (-meant +taken):\n%s", got.RowsRefused, diff)
	}
}
