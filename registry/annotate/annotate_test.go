package annotate_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/registry"
	"ansinh/registry/annotate"
	"ansinh/registry/demolist"
)

var now = time.Date(2026, 2, 10, 9, 0, 0, 0, time.UTC)

func seeded(t *testing.T, list *demolist.SeededList, style demolist.Style) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := list.Write(&out, style); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(t *testing.T, content []byte, password string) registry.List {
	t.Helper()
	list, err := registry.ReadList(t.Context(), bytes.NewReader(content), int64(len(content)), registry.ReadOptions{Demo: true, Now: now, Password: password})
	if err != nil {
		t.Fatalf("ReadList: %v", err)
	}
	return list
}

// annotated checks a file and returns its copy.
func annotated(t *testing.T, content []byte, password string) []byte {
	t.Helper()
	list := read(t, content, password)
	var out bytes.Buffer
	err := annotate.Write(&out, annotate.Input{Name: "ds.xlsx", Content: bytes.NewReader(content), Size: int64(len(content)), Password: password,
		Reports: []registry.CheckReport{registry.ReportOf(list)}, Demo: true, At: now})
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
	return out.Bytes()
}

func open(t *testing.T, content []byte, password string) *excelize.File {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func value(t *testing.T, file *excelize.File, sheet, cell string) string {
	t.Helper()
	text, err := file.GetCellValue(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// noted lists the cells with a note of ours, and fails if one has no fill.
func noted(t *testing.T, file *excelize.File, sheet string) []string {
	t.Helper()
	notes, err := file.GetComments(sheet)
	if err != nil {
		t.Fatal(err)
	}
	var cells []string
	for _, note := range notes {
		cells = append(cells, note.Cell)
		id, err := file.GetCellStyle(sheet, note.Cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := file.GetStyle(id)
		if err != nil || len(style.Fill.Color) == 0 {
			t.Errorf("%s has a note and no fill (%v)", note.Cell, err)
		}
	}
	slices.Sort(cells)
	return cells
}

func cellsOf(findings []registry.Finding) []string {
	var cells []string
	for _, f := range findings {
		cells = append(cells, f.Cell())
	}
	slices.Sort(cells)
	return slices.Compact(cells)
}

// text is all of a sheet's cells, for looking up words.
func text(t *testing.T, file *excelize.File, sheet string) string {
	t.Helper()
	rows, err := file.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(strings.Join(row, "|") + "\n")
	}
	return b.String()
}

// The whole way back: check, mend the marked cells of the copy as the generator
// knows they were, check the copy again, import it.
func TestTheCopyMendedInItsMarkedCellsImports(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 7} {
		list := demolist.Seeded(seed, 30, 150)
		original := seeded(t, list, demolist.Style{})
		was := read(t, original, "")
		copied := annotated(t, original, "")
		file := open(t, copied, "")
		if got := file.GetSheetList(); !cmp.Equal(got, []string{"Tóm tắt", list.Sheet}) {
			t.Fatalf("sheets %v", got)
		}
		if diff := cmp.Diff(cellsOf(was.Findings), noted(t, file, list.Sheet)); diff != "" {
			t.Errorf("marked cells (-found +marked):\n%s", diff)
		}
		if diff := cmp.Diff(was.Lines, read(t, copied, "").Lines, cmp.AllowUnexported(registry.Line{}), cmp.Comparer(func(a, b crypt.Secret) bool { return a == b })); diff != "" {
			t.Errorf("the copy says something else than the file (-file +copy):\n%s", diff)
		}
		if said := text(t, file, "Tóm tắt"); !strings.Contains(said, fmt.Sprintf("Còn %d chỗ phải sửa", was.Errors())) || !strings.Contains(said, "DỮ LIỆU GIẢ LẬP") {
			t.Errorf("summary:\n%s", said)
		}
		for _, row := range list.Refused {
			if got := value(t, file, list.Sheet, fmt.Sprintf("Q%d", row)); !strings.Contains(got, "LỖI, ") && !strings.Contains(got, "ĐỀ NGHỊ SỬA, ") {
				t.Errorf("the last column of refused row %d says %q", row, got)
			}
		}

		mended := corrected(t, file, list)
		again := open(t, annotated(t, mended, ""), "")
		if got := again.GetSheetList(); len(got) != 2 {
			t.Errorf("sheets of the copy's copy: %v", got)
		}
		if said := value(t, again, "Tóm tắt", "A6"); !strings.HasPrefix(said, "Đã đủ, nộp được") {
			t.Errorf("the summary of the mended list says %q", said)
		}
		if said := text(t, again, list.Sheet); strings.Contains(said, "LỖI, ") || strings.Count(said, "Cần sửa") != 1 {
			t.Errorf("marks of the first copy are left in the second:\n%s", said)
		}
		imported(t, mended)
	}
}

// imported takes a list whole: no row may be refused.
func imported(t *testing.T, content []byte) {
	t.Helper()
	db := pgtest.DB(t)
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error { return registry.Prepare(ctx, tx, true, now) })
	if err != nil {
		t.Fatal(err)
	}
	keys, err := crypt.DeriveKeys([]byte("annotate test"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := registry.ImportList(t.Context(), db, keys, registry.File{Name: "ds.xlsx", Content: bytes.NewReader(content), Size: int64(len(content))},
		registry.ImportOptions{Programme: "TET26", Unit: registry.Communes()[0].Key(), By: "lan", Now: now, Random: rand.Reader})
	if err != nil || got.RowsRefused > 0 || got.RowsTaken == 0 {
		t.Errorf("the mended copy: %d rows taken, %d refused: %v", got.RowsTaken, got.RowsRefused, err)
	}
}

func TestACleanListMayBeHandedIn(t *testing.T) {
	t.Parallel()
	list := demolist.Seeded(3, 0, 40)
	file := open(t, annotated(t, seeded(t, list, demolist.Style{}), ""), "")
	if got := value(t, file, "Tóm tắt", "A6"); got != "Đã đủ, nộp được" {
		t.Errorf("the summary says %q", got)
	}
	if got := noted(t, file, list.Sheet); len(got) > 0 {
		t.Errorf("cells %v of a clean list are marked", got)
	}
}

// What is no .xlsx comes back as one, every cell in its place.
func TestACSVComesBackAsAWorkbook(t *testing.T) {
	t.Parallel()
	list := demolist.Seeded(5, 20, 60)
	file := open(t, seeded(t, list, demolist.Style{}), "")
	rows, err := file.GetRows(list.Sheet)
	if err != nil {
		t.Fatal(err)
	}
	var csv strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				csv.WriteByte(';')
			}
			csv.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		csv.WriteString("\n")
	}
	was := read(t, []byte(csv.String()), "")
	content := annotated(t, []byte(csv.String()), "")
	copied := open(t, content, "")
	got := read(t, content, "")
	if diff := cmp.Diff(cellsOf(was.Findings), cellsOf(got.Findings)); diff != "" {
		t.Errorf("findings of the copy (-csv +copy):\n%s", diff)
	}
	if diff := cmp.Diff(cellsOf(was.Findings), noted(t, copied, got.Sheet)); diff != "" {
		t.Errorf("marked cells (-found +marked):\n%s", diff)
	}
	if !strings.Contains(text(t, copied, got.Sheet), "Cần sửa") {
		t.Error("the copy has no column that says what to do")
	}
}

func TestThePasswordStays(t *testing.T) {
	t.Parallel()
	list := demolist.Seeded(4, 5, 20)
	file := open(t, seeded(t, list, demolist.Style{}), "")
	var locked bytes.Buffer
	if err := file.Write(&locked, excelize.Options{Password: "mat-khau"}); err != nil {
		t.Fatal(err)
	}
	content := annotated(t, locked.Bytes(), "mat-khau")
	if _, err := registry.ReadList(t.Context(), bytes.NewReader(content), int64(len(content)), registry.ReadOptions{Demo: true, Now: now}); err == nil {
		t.Error("the copy opens without the password")
	}
	if got := read(t, content, "mat-khau"); len(got.Lines) != list.Rows {
		t.Errorf("the copy has %d people, want %d", len(got.Lines), list.Rows)
	}
}

// The officer's print area stays that of the officer's sheet.
func TestNamesOfSheetsStayTheirs(t *testing.T) {
	t.Parallel()
	list := demolist.Seeded(2, 5, 20)
	file := open(t, seeded(t, list, demolist.Style{}), "")
	area := "'Danh sách'!$A$1:$P$30"
	if err := file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: area, Scope: list.Sheet}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, name := range open(t, annotated(t, out.Bytes(), ""), "").GetDefinedName() {
		if name.Name == "_xlnm.Print_Area" && (name.Scope != list.Sheet || name.RefersTo != area) {
			t.Errorf("the print area is %s of %s", name.RefersTo, name.Scope)
		}
		if name.Name == "_xlnm.Print_Titles" && name.Scope != "Tóm tắt" {
			t.Errorf("the summary's titles belong to %s", name.Scope)
		}
	}
}

func TestCopyName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"a/ds.xlsx":           "a/ds-đã-kiểm.xlsx",
		"ds.xls":              "ds-đã-kiểm.xlsx",
		"ds.csv":              "ds-đã-kiểm.xlsx",
		"ds.XLSM":             "ds-đã-kiểm.XLSM",
		"a/ds-đã-kiểm.xlsx":   "a/ds-đã-kiểm.xlsx",
		"a/ds-đã-kiểm-2.xlsx": "a/ds-đã-kiểm-2.xlsx",
	} {
		if got := annotate.CopyName(path); got != want {
			t.Errorf("CopyName(%s) = %s, want %s", path, got, want)
		}
	}
}

// Who was there last time is a work list, and no list of people: the copy still
// holds one list.
func TestPeopleOfLastTimeStandInTheSummary(t *testing.T) {
	t.Parallel()
	list := demolist.Seeded(6, 0, 20)
	content := seeded(t, list, demolist.Style{})
	was := read(t, content, "")
	report := registry.ReportOf(was)
	report.Missing = []registry.Missing{{Name: "Nguyễn Thị Vắng", BirthYear: 1941, Category: "TET-HN-2026-01", List: 3, Row: 17}}
	var out bytes.Buffer
	err := annotate.Write(&out, annotate.Input{Name: "ds.xlsx", Content: bytes.NewReader(content), Size: int64(len(content)),
		Reports: []registry.CheckReport{report}, At: now})
	if err != nil {
		t.Fatal(err)
	}
	said := text(t, open(t, out.Bytes(), ""), "Tóm tắt")
	if !strings.Contains(said, "1 người có trong danh sách lần trước") || !strings.Contains(said, "Nguyễn Thị Vắng") || strings.Contains(said, "GIẢ LẬP") {
		t.Errorf("summary:\n%s", said)
	}
	if got := read(t, out.Bytes(), ""); got.Sheet != list.Sheet || len(got.Lines) != list.Rows {
		t.Errorf("the copy is read as sheet %q with %d people", got.Sheet, len(got.Lines))
	}
}
