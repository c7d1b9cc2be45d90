package reports_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh/internal/money"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reports"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func open(t *testing.T, path string) *excelize.File {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// must is for calls on a workbook that the test itself opened.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// dump writes a workbook as text: settings, names, and every cell with its
// formula and number format.
func dump(f *excelize.File) string {
	var b strings.Builder
	for _, name := range f.GetDefinedName() {
		fmt.Fprintf(&b, "name %s [%s] = %s\n", name.Name, name.Scope, name.RefersTo)
	}
	for _, sheet := range f.GetSheetList() {
		page, margins := must(f.GetPageLayout(sheet)), must(f.GetPageMargins(sheet))
		panes, hf := must(f.GetPanes(sheet)), must(f.GetHeaderFooter(sheet))
		fmt.Fprintf(&b, "\nsheet %s: paper %d %s, fit %d×%d, left %v, panes %d,%d\n  header %q\n  footer %q\n", sheet, *page.Size, *page.Orientation,
			*page.FitToWidth, *page.FitToHeight, *margins.Left, panes.XSplit, panes.YSplit, hf.OddHeader, hf.OddFooter)
		for _, m := range must(f.GetMergeCells(sheet)) {
			fmt.Fprintf(&b, "  merged %s:%s\n", m.GetStartAxis(), m.GetEndAxis())
		}
		conditions := must(f.GetConditionalFormats(sheet))
		for _, cells := range sorted(conditions) {
			for _, c := range conditions[cells] {
				fmt.Fprintf(&b, "  when %s: %s\n", cells, c.Criteria)
			}
		}
		for r, row := range must(f.GetRows(sheet)) {
			for c := range row {
				ref := must(excelize.CoordinatesToCellName(c+1, r+1))
				value, formula := must(f.GetCellValue(sheet, ref, excelize.Options{RawCellValue: true})), must(f.GetCellFormula(sheet, ref))
				if value == "" && formula == "" {
					continue
				}
				style := must(f.GetStyle(must(f.GetCellStyle(sheet, ref))))
				format := ""
				if style.CustomNumFmt != nil {
					format = *style.CustomNumFmt
				}
				fmt.Fprintf(&b, "  %s %q", ref, value)
				if formula != "" {
					fmt.Fprintf(&b, " = %s", formula)
				}
				fmt.Fprintf(&b, " %s\n", format)
			}
		}
	}
	return b.String()
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func TestSettlementWorkbookAsText(t *testing.T) {
	t.Parallel()
	_, files := write(t, 10, 0)
	got := dump(open(t, files[0].Path))
	golden := filepath.Join("testdata", t.Name()+".golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("workbook (-want +got), -update rewrites it:\n%s", diff)
	}
}

// detailRows reads the detail sheet back: amount by state, and all amounts.
func detailRows(t *testing.T, f *excelize.File) (byState map[string]int64, rows, total int64) {
	t.Helper()
	byState = map[string]int64{}
	for r, row := range must(f.GetRows("Chi tiết", excelize.Options{RawCellValue: true})) {
		if r < 7 {
			continue
		}
		amount, err := money.ParseExact(row[7])
		if err != nil {
			t.Fatalf("row %d: amount %q: %v", r+1, row[7], err)
		}
		byState[row[8]] += int64(amount)
		rows++
		total += int64(amount)
	}
	return byState, rows, total
}

func TestAmountsReadBackAreThoseOfTheLedger(t *testing.T) {
	t.Parallel()
	w, files := write(t, 20, 0)
	byState, rows, total := detailRows(t, open(t, files[0].Path))

	counts, err := ledger.StateCounts(t.Context(), w.db, batch)
	if err != nil {
		t.Fatal(err)
	}
	want, approved := map[string]int64{}, int64(0)
	for _, c := range counts {
		word := map[ledger.State]string{ledger.Approved: "Chưa gửi", ledger.Paid: "Đã trả", ledger.Rejected: "Không trả được", ledger.Unpaid: "Không trả được",
			ledger.Returned: "Bị hoàn trả", ledger.Ordered: "Đang hỏi lại", ledger.Listed: "Đang ở tổ chức chi trả"}[c.State]
		want[word] += int64(c.Total)
		approved += int64(c.Total)
	}
	want["Chưa duyệt"] = total - approved
	if diff := cmp.Diff(want, byState); diff != "" {
		t.Errorf("amounts by state (-ledger +workbook):\n%s", diff)
	}
	if rows != 80 || int64(files[0].Total) != total || files[0].Rows != rows {
		t.Errorf("%d rows of %d đồng, the result says %+v", rows, total, files[0])
	}
}

var differenceFormula = regexp.MustCompile(`^([A-Z]+)[0-9]+-([A-Z]+)[0-9]+$`)

// differences calculates every difference cell of a workbook, and compares what
// is stored in it.
func differences(t *testing.T, f *excelize.File) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, sheet := range f.GetSheetList() {
		for r, row := range must(f.GetRows(sheet)) {
			for c := range row {
				ref := must(excelize.CoordinatesToCellName(c+1, r+1))
				formula := must(f.GetCellFormula(sheet, ref))
				if !differenceFormula.MatchString(formula) {
					continue
				}
				got, err := f.CalcCellValue(sheet, ref, excelize.Options{RawCellValue: true})
				if err != nil {
					t.Errorf("%s!%s = %s: %v", sheet, ref, formula, err)
				}
				if stored := must(f.GetCellValue(sheet, ref, excelize.Options{RawCellValue: true})); stored != got {
					t.Errorf("%s!%s = %s: stored %s, calculated %s", sheet, ref, formula, stored, got)
				}
				found[sheet+"!"+ref] = got
			}
		}
	}
	return found
}

func TestEveryDifferenceIsZero(t *testing.T) {
	t.Parallel()
	_, files := write(t, 10, 0)
	found := differences(t, open(t, files[0].Path))
	if len(found) < 30 {
		t.Errorf("%d difference cells, want those of cover, summary and detail", len(found))
	}
	for at, value := range found {
		if value != "0" {
			t.Errorf("%s = %s, want 0", at, value)
		}
	}
}

// An amount changed behind the program's back shows on the cover and above the
// detail, in what the formulas give and in what is stored.
func TestATamperedPaymentShowsAsADifference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.play()
	pgtest.ExpectBroken(t, w.db)
	super := pgtest.Superuser(t, w.db)
	for _, sql := range []string{"ALTER TABLE payout.payment DISABLE TRIGGER ALL", "UPDATE payout.payment SET amount = amount + 7 WHERE no = 6"} {
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	files, err := reports.WriteBatch(t.Context(), w.db, w.options(filepath.Join(t.TempDir(), "r.xlsx")))
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for _, value := range differences(t, open(t, files[0].Path)) {
		if value == "7" {
			wrong++
		} else if value != "0" {
			t.Errorf("a difference of %s, want 7 or 0", value)
		}
	}
	if want := 4; wrong != want { // cover: planned, approved, paid; detail: its total. What is owed is right: total and paid are both 7 too high
		t.Errorf("%d differences of 7, want %d", wrong, want)
	}
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.play()
	first := must(reports.WriteBatch(t.Context(), w.db, w.options(filepath.Join(t.TempDir(), "r.xlsx"))))
	second := must(reports.WriteBatch(t.Context(), w.db, w.options(filepath.Join(t.TempDir(), "r.xlsx"))))
	if first[0].SHA256 != second[0].SHA256 || !bytes.Equal(must(os.ReadFile(first[0].Path)), must(os.ReadFile(second[0].Path))) {
		t.Error("two runs over the same database differ")
	}
}

// parts unpacks a workbook's parts by name.
func parts(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]string{}
	for _, f := range z.File {
		out[f.Name] = string(must(io.ReadAll(must(f.Open()))))
	}
	return out
}

// excelize loses settings without an error when they are made in the wrong
// order, so the tags are looked for in the sheets themselves.
func TestPrintSettingsAreInTheSheets(t *testing.T) {
	t.Parallel()
	_, files := write(t, 10, 0)
	xml := parts(t, files[0].Path)
	every := []string{`<pageSetUpPr fitToPage="true"`, `<sheetProtection `, `autoFilter="false"`, `<pageMargins `, `<pageSetup `, `fitToHeight=`, `<oddHeader>`, `<oddFooter>`, `<cols>`, `DỮ LIỆU GIẢ LẬP`}
	tables := []string{`<pane `, `state="frozen"`}
	for n, tags := range map[int][]string{
		1: {`orientation="portrait"`, `<conditionalFormatting `, `fitToHeight="1"`},
		2: append([]string{`<autoFilter `, `<conditionalFormatting `}, tables...),
		3: append([]string{`<autoFilter `, `<conditionalFormatting `, `orientation="landscape"`}, tables...),
		4: append([]string{`<autoFilter `}, tables...),
		5: tables,
		6: tables,
	} {
		sheet := xml[fmt.Sprintf("xl/worksheets/sheet%d.xml", n)]
		for _, tag := range append(tags, every...) {
			if !strings.Contains(sheet, tag) {
				t.Errorf("sheet %d lacks %s", n, tag)
			}
		}
	}
	for _, name := range []string{"_xlnm.Print_Titles", "_xlnm.Print_Area", "ChiTiet_SoTien", "workbookProtection", `fullCalcOnLoad`} {
		if !strings.Contains(xml["xl/workbook.xml"], name) {
			t.Errorf("workbook.xml lacks %s", name)
		}
	}
}

func TestNothingSensitiveIsPrinted(t *testing.T) {
	t.Parallel()
	_, files := write(t, 10, 0) // every payment of the sample has the category HIV
	for name, text := range parts(t, files[0].Path) {
		if strings.Contains(text, "HIV") {
			t.Errorf("%s names a category", name)
		}
	}
}

func TestALargeBatchIsSplitByCommune(t *testing.T) {
	t.Parallel()
	_, files := write(t, 10, 25)
	if len(files) != 2 {
		t.Fatalf("%d files, want 2: four communes of 10 in files of at most 25", len(files))
	}
	var rows, total int64
	for i, file := range files {
		f := open(t, file.Path)
		for at, value := range differences(t, f) {
			if value != "0" {
				t.Errorf("file %d: %s = %s, want 0", i+1, at, value)
			}
		}
		_, n, sum := detailRows(t, f)
		rows, total = rows+n, total+sum
		if has := slices.Contains(f.GetSheetList(), "Khoản lệch"); has != (i == 0) {
			t.Errorf("file %d: breaks sheet there = %v, want it in the first file only", i+1, has)
		}
	}
	if rows != 40 || total != int64(files[0].Total+files[1].Total) {
		t.Errorf("%d rows of %d đồng in both files", rows, total)
	}
	if want := strings.TrimSuffix(files[0].Path, ".xlsx") + "-2.xlsx"; files[1].Path != want {
		t.Errorf("second file %s, want %s", files[1].Path, want)
	}
}

func TestARealCoverCarriesNoMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.play()
	o := w.options(filepath.Join(t.TempDir(), "r.xlsx"))
	o.Demo = false
	files := must(reports.WriteBatch(t.Context(), w.db, o))
	for name, text := range parts(t, files[0].Path) {
		if strings.Contains(text, "GIẢ LẬP") {
			t.Errorf("%s carries the mark of demo data", name)
		}
	}
}

// Who made a report may be left out; the line then begins with the time.
func TestAReportThatNamesNobodySaysWhenItWasMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	o := w.options(filepath.Join(t.TempDir(), "r.xlsx"))
	o.By = ""
	f := open(t, must(reports.WriteBatch(t.Context(), w.db, o))[0].Path)
	for _, row := range must(f.GetRows(f.GetSheetList()[0])) {
		if len(row) > 1 && strings.HasPrefix(row[0], "Lập báo cáo") {
			if !strings.HasSuffix(row[1], "giờ Việt Nam") || strings.HasPrefix(row[1], ",") {
				t.Errorf("it says %q", row[1])
			}
			return
		}
	}
	t.Error("the cover does not say when it was made")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	o := w.options(filepath.Join(t.TempDir(), "r.xls"))
	if _, err := reports.WriteBatch(t.Context(), w.db, o); !errors.Is(err, reports.ErrNoName) {
		t.Errorf("error = %v, want ErrNoName", err)
	}
	o.Path, o.Batch = filepath.Join(t.TempDir(), "r.xlsx"), 15002
	if _, err := reports.WriteBatch(t.Context(), w.db, o); !errors.Is(err, payout.ErrNoBatch) {
		t.Errorf("error = %v, want ErrNoBatch", err)
	}
	w.exec(`UPDATE payout.section SET total = 999999999999999 WHERE batch = $1 AND no = 1`, batch)
	o.Batch = batch
	if _, err := reports.WriteBatch(t.Context(), w.db, o); !errors.Is(err, reports.ErrTooLarge) {
		t.Errorf("error = %v, want ErrTooLarge", err)
	}
	if left := must(os.ReadDir(filepath.Dir(o.Path))); len(left) != 0 {
		t.Errorf("%d files left behind, want none", len(left))
	}
}
