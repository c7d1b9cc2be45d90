package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh/registry"
	cells "ansinh/registry/sheet"
)

// made writes a workbook with the given sheets, each of rows, after change.
func made(t testing.TB, names []string, rows func(sheet int) [][]any, change func(*excelize.File) error) []byte {
	t.Helper()
	file := excelize.NewFile()
	defer file.Close()
	for i, name := range names {
		if i == 0 {
			name, names[0] = "Sheet1", name
			if err := file.SetSheetName(name, names[0]); err != nil {
				t.Fatal(err)
			}
		} else if _, err := file.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for n, row := range rows(i) {
			if err := file.SetSheetRow(names[i], fmt.Sprintf("A%d", n+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if change != nil {
		if err := change(file); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readAs is read with options.
func readAs(t testing.TB, content []byte, options registry.ReadOptions) (registry.List, error) {
	t.Helper()
	options.Demo, options.Now = true, now.AddDate(0, 10, 0)
	return registry.ReadList(t.Context(), bytes.NewReader(content), int64(len(content)), options)
}

func TestReadListOfOldExcelAndText(t *testing.T) {
	t.Parallel()
	want := "" // of the same list as .xlsx
	for _, name := range []string{"testdata/sample-list.xlsx", "sheet/testdata/sample-list.xls", "sheet/testdata/sample-list.csv"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list, err := readAs(t, content, registry.ReadOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]string(nil), addresses(list.Findings)); diff != "" {
			t.Errorf("%s: findings (-want +got):\n%s", name, diff)
		}
		got := ""
		for _, l := range list.Lines {
			got += fmt.Sprintln(l.Row, l.Name, l.Birth, l.Sex, l.ID.Reveal(), l.Phone.Reveal(), l.Category, l.DecisionNo, l.Method, l.BankBIN, l.Account.Reveal(), l.Holder, l.Payee, l.Amount)
		}
		if want == "" {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" || len(list.Lines) != 40 {
			t.Errorf("%s: %d lines (-xlsx +got):\n%s", name, len(list.Lines), diff)
		}
	}
}

func TestReadListFindsAHeaderOfTwoRows(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows [][]any
		want []string // findings
		line string   // name, birth, sex, id, account, holder
	}{
		"groups over columns": {[][]any{{"DANH SÁCH"}, {"STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Đối tượng", "Hình thức nhận", "Tài khoản", "", ""},
			{"", "", "", "", "", "", "", "Số", "Ngân hàng", "Chủ tài khoản"}, {"(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)", "(10)"},
			{1, "Lê Văn Thử", 1954, "Nam", "000054900003", "TET-HN-2026-02", "TK", "0010000000001", "Mẫu A", "LE VAN THU"}},
			nil, "Lê Văn Thử 1954 M 000054900003 0010000000001 LE VAN THU"},
		"years in a column for men and one for women": {[][]any{{"TT", "Họ tên", "Năm sinh", "", "Số định danh", "Nhóm đối tượng", "Hình thức nhận"},
			{"", "", "Nam", "Nữ", "(12 số)"}, {1, "Lê Văn Thử", 1954, "", "000054900003", "TET-HN-2026-02", "Tiền mặt"},
			{2, "Nguyễn Thị Mẫu", "", "05/03/1936", "000136900001", "TET-HN-2026-02", "Tiền mặt"}},
			nil, "Lê Văn Thử 1954 M 000054900003  | Nguyễn Thị Mẫu 1936 F 000136900001 "},
		"the same in one row, one person with both": {[][]any{{"TT", "Họ tên", "Năm sinh nam", "Năm sinh nữ", "Số định danh", "Nhóm đối tượng", "Hình thức nhận"},
			{1, "Lê Văn Thử", 1954, 1954, "000054900003", "TET-HN-2026-02", "Tiền mặt"}},
			[]string{"C2 LIST-BIRTH-SHAPE error", "E2 LIST-ID-SEX error"}, "Lê Văn Thử 0 F 000054900003 "},
		"most of it in the second row": {[][]any{{"STT", "Thông tin cá nhân", "", "", "Chi trả", ""}, {"", "Họ và tên", "Năm sinh", "CCCD", "Đối tượng", "Phương thức"},
			{1, "Lê Văn Thử", 1954, "000054900003", "TET-HN-2026-02", "BHXH"}}, nil, "Lê Văn Thử 1954  000054900003 "},
		"a payee's name under its group": {[][]any{{"STT", "Họ và tên", "Năm sinh", "CCCD", "Đối tượng", "Phương thức", "Người nhận thay", ""}, {"", "", "", "", "", "", "Họ tên", "Số CCCD"},
			{1, "Lê Văn Thử", 1954, "000054900003", "TET-HN-2026-02", "Tiền mặt", "Lê Văn Con", "000170990002"}},
			[]string{"H1 LIST-COLUMN-UNREAD warning"}, "Lê Văn Thử 1954  000054900003 "},
		"without marks": {[][]any{{"STT", "HO VA TEN", "NAM SINH", "SO CCCD", "DOI TUONG", "HINH THUC CHI TRA"},
			{1, "Lê Văn Thử", 1954, "000054900003", "TET-HN-2026-02", "TM"}}, nil, "Lê Văn Thử 1954  000054900003 "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := read(t, sheet(t, tt.rows...), true)
			if diff := cmp.Diff(tt.want, addresses(list.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			var lines []string
			for _, l := range list.Lines {
				lines = append(lines, fmt.Sprintf("%s %d %s %s %s %s", l.Name, l.Birth.Year, l.Sex, l.ID.Reveal(), l.Account.Reveal(), l.Holder))
			}
			if got := strings.Join(lines, " | "); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(tt.line), " ") {
				t.Errorf("lines %q, want %q", got, tt.line)
			}
		})
	}
}

// A first person without a single digit must not be taken for headings.
func TestReadListTakesNoPersonForAHeading(t *testing.T) {
	t.Parallel()
	list := read(t, sheet(t, []any{"Họ và tên", "CCCD", "Đối tượng", "Hình thức nhận", "Khác"},
		[]any{"Lê Văn Thử", "000054900003", "TET-HN-2026-02", "Tiền mặt", "Tài khoản"}), true)
	if len(list.Lines) != 1 || list.HeaderRow != 1 {
		t.Errorf("%d lines under row %d, want 1 under row 1", len(list.Lines), list.HeaderRow)
	}
}

func TestReadListSaysWhatIsHidden(t *testing.T) {
	t.Parallel()
	content := made(t, []string{"Thôn 1", "Thôn 2"}, func(int) [][]any { return [][]any{headings, mrsMau()} }, func(f *excelize.File) error {
		return errors.Join(f.SetSheetVisible("Thôn 2", false), f.SetColVisible("Thôn 1", "L", false), f.SetRowVisible("Thôn 1", 2, false))
	})
	list, err := readAs(t, content, registry.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{" LIST-SHEET-HIDDEN warning", "L1 LIST-COLUMN-HIDDEN warning", "B2 LIST-ROW-HIDDEN warning"}
	if diff := cmp.Diff(want, addresses(list.Findings)); diff != "" || len(list.Lines) != 1 || list.Refused() != 0 {
		t.Errorf("%d lines, findings (-want +got):\n%s", len(list.Lines), diff)
	}
}

func TestReadListOfSeveralSheets(t *testing.T) {
	t.Parallel()
	content := made(t, []string{"Bìa", "Thôn 1", "Thôn 2"}, func(i int) [][]any {
		return [][][]any{{{"Danh sách"}}, {headings, mrsMau()}, {headings, mrThu()}}[i]
	}, nil)
	tests := map[string]struct {
		sheet string
		want  []string
		name  string
	}{
		"none is named":              {"", []string{" LIST-SHEETS-MANY error"}, ""},
		"one is named":               {"Thôn 2", nil, "Lê Văn Thử"},
		"one is named without marks": {"thon 1", nil, "Nguyễn Thị Mẫu"},
		"one is named that is not":   {"Thôn 3", []string{" LIST-SHEET-UNKNOWN error"}, ""},
		"one is named without list":  {"Bìa", []string{" LIST-HEADER-MISSING error"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := readAs(t, content, registry.ReadOptions{Sheet: tt.sheet})
			if diff := cmp.Diff(tt.want, addresses(list.Findings)); diff != "" || err != nil {
				t.Fatalf("error %v, findings (-want +got):\n%s", err, diff)
			}
			if tt.name != "" && (len(list.Lines) != 1 || list.Lines[0].Name != tt.name) {
				t.Errorf("lines %v, want one of %s", list.Lines, tt.name)
			}
		})
	}
	names, err := registry.SheetsWithLists(bytes.NewReader(content), int64(len(content)), registry.ReadOptions{})
	if diff := cmp.Diff([]string{"Thôn 1", "Thôn 2"}, names); diff != "" || err != nil {
		t.Errorf("SheetsWithLists: error %v (-want +got):\n%s", err, diff)
	}
}

// Each sheet is a list of its own, taken once, whether named or alone in its file.
func TestImportListOfSeveralSheets(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	two := made(t, []string{"Thôn 1", "Thôn 2"}, func(i int) [][]any { return [][]any{headings, [][]any{mrsMau(), mrThu()}[i]} }, nil)
	one := made(t, []string{"Thôn 1", "Bìa"}, func(i int) [][]any { return [][][]any{{headings, mrsMau()}, {{"x"}}}[i] }, nil)
	named := func(sheet string) func(*registry.ImportOptions) {
		return func(o *registry.ImportOptions) { o.Sheet = sheet }
	}
	steps := []struct {
		content []byte
		sheet   string
		again   bool
	}{{two, "Thôn 1", false}, {two, "Thôn 2", false}, {two, "Thôn 1", true}, {one, "Thôn 1", false}, {one, "", true}, {one, "Thôn 1", true}}
	for i, step := range steps {
		result, err := importList(t, db, step.content, named(step.sheet))
		if err != nil || result.Again != step.again || result.RowsTaken != 1 {
			t.Errorf("step %d, sheet %q: %+v, error %v; want again %v", i, step.sheet, result, err, step.again)
		}
	}
	if n := count(t, db, `SELECT count(*) FROM registry.list WHERE sheet LIKE 'Thôn %'`); n != 2 {
		t.Errorf("%d lists carry their sheet, want 2", n)
	}
	_, err := importList(t, db, two, nil)
	var refused *registry.RefusedError
	if !errors.As(err, &refused) || refused.Findings[0].Code != registry.SheetsMany {
		t.Errorf("without a sheet: %v, want %s", err, registry.SheetsMany)
	}
}

func TestReadListSaysWhyAFileIsNotRead(t *testing.T) {
	t.Parallel()
	var locked bytes.Buffer
	file := excelize.NewFile()
	defer file.Close()
	if err := errors.Join(file.SetSheetRow("Sheet1", "A1", &headings), file.Write(&locked, excelize.Options{Password: "bí mật"})); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile("sheet/testdata/feature.xls")
	if err != nil {
		t.Fatal(err)
	}
	const bof = "\x09\x08\x10\x00\x00\x06"
	filePass := bytes.Clone(old)
	copy(filePass[bytes.Index(filePass, []byte(bof))+20:], "\x2F\x00")
	tests := map[string]struct {
		content  []byte
		password string
		code     registry.Code
		says     string
	}{
		"a wrong password":        {locked.Bytes(), "bi mat", registry.FilePasswordWrong, "bộ gõ tiếng Việt"},
		"a password, an old .xls": {filePass, "", registry.FilePasswordXLS, ".xlsx"},
		"Excel 95":                {bytes.Replace(old, []byte(bof), []byte("\x09\x08\x10\x00\x00\x05"), 1), "", registry.FileFormat, "Excel 5.0/95"},
		"a page named .xls":       {[]byte("<html><table><tr><td>Họ tên</td></tr></table></html>"), "", registry.FileFormat, "HTML"},
		"a line without end":      {[]byte("a,b\nc,d\n" + strings.Repeat("x", 2<<20)), "", registry.FileLimit, "CSV!3"},
		"a text without headings": {[]byte("a,b\nc,d\n"), "", registry.FileText, "tiêu đề"},
		"a sheet cut off": {made(t, []string{"Thôn 1"}, func(int) [][]any { return [][]any{{"x"}} }, func(f *excelize.File) error {
			f.Pkg.Store("xl/worksheets/sheet1.xml", []byte(`<worksheet><sheetData><row r="1">`))
			f.Sheet.Clear()
			return nil
		}), "", registry.FileDamaged, "Thôn 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readAs(t, tt.content, registry.ReadOptions{Password: tt.password})
			var got *registry.FileError
			if !errors.As(err, &got) || got.Finding.Code != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("ReadList error = %v, want %s saying %q", err, tt.code, tt.says)
			}
		})
	}
	content := bytes.Clone(locked.Bytes())
	list, err := readAs(t, content, registry.ReadOptions{Password: "bí mật"})
	if err != nil || list.HeaderRow != 1 {
		t.Errorf("with the password: header in row %d, error %v", list.HeaderRow, err)
	}
}

// Numbers stored as text and ids stored as numbers are the same list, as far as
// the file still holds the digits.
func TestReadListOfNumbersAndTexts(t *testing.T) {
	t.Parallel()
	zeros := "000000000000"
	tests := map[string]struct {
		cell, raw string // what stands in the number cell
		want      []string
	}{
		"an id under a format of zeros":         {"E2", "136900001", nil},
		"an id with a fraction":                 {"E2", "136900001.5", []string{"E2 LIST-ID-LETTER error"}},
		"an account as a whole number":          {"L2", "1230000001", nil},
		"an account written as a float":         {"L2", "1230000001.0", nil},
		"an account with a fraction":            {"L2", "123000000.5", []string{"L2 LIST-ACCOUNT-SHAPE error"}},
		"a negative account":                    {"L2", "-1230000001", []string{"L2 LIST-ACCOUNT-SHAPE error"}},
		"an account of more digits than fit":    {"L2", "1234567890123450", []string{"L2 LIST-ACCOUNT-SCIENTIFIC error"}},
		"the same with an exponent":             {"L2", "1.23456789012345E15", []string{"L2 LIST-ACCOUNT-SCIENTIFIC error"}},
		"an amount with an exponent":            {"O2", "2.0E6", nil},
		"a year as a number":                    {"C2", "1936", nil},
		"a birth as a serial with a day's hour": {"C2", "13214.25", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := made(t, []string{"Sheet1"}, func(int) [][]any { return [][]any{headings, mrsMau()} }, func(f *excelize.File) error {
				style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &zeros})
				return errors.Join(err, f.SetCellStyle("Sheet1", "E2", "E2", style), f.SetCellDefault("Sheet1", tt.cell, tt.raw))
			})
			if diff := cmp.Diff(tt.want, addresses(read(t, content, true).Findings)); diff != "" {
				t.Errorf("%s in %s, findings (-want +got):\n%s", tt.raw, tt.cell, diff)
			}
		})
	}
}

// Serials of a workbook that counts from 1904 are read as its dates.
func TestReadListCountsFrom1904(t *testing.T) {
	t.Parallel()
	yes := true
	content := made(t, []string{"Sheet1"}, func(int) [][]any { return [][]any{headings, with(mrsMau(), cBirth, 13214-1462)} }, func(f *excelize.File) error {
		return f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes})
	})
	list := read(t, content, true)
	if len(list.Findings) != 0 || len(list.Lines) != 1 || list.Lines[0].Birth.Date.String() != "1936-03-05" {
		t.Errorf("findings %v, lines %v", addresses(list.Findings), list.Lines)
	}
}

// The error of a formula is no value of a list.
func TestReadListFindsFormulaErrors(t *testing.T) {
	t.Parallel()
	content := made(t, []string{"Sheet1"}, func(int) [][]any { return [][]any{headings, mrThu()} }, nil)
	list := read(t, errorCell(t, content), true)
	if diff := cmp.Diff([]string{"G2 LIST-CELL-ERROR error"}, addresses(list.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// altered opens a workbook, changes it and returns what was written.
func altered(t testing.TB, content []byte, change func(*excelize.File) error) []byte {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out bytes.Buffer
	if err := errors.Join(change(file), file.Write(&out)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// errorCell makes cell G2 a formula with the error Excel stores beside it.
func errorCell(t testing.TB, content []byte) []byte {
	t.Helper()
	return altered(t, content, func(file *excelize.File) error {
		xml, ok := file.Pkg.Load("xl/worksheets/sheet1.xml")
		if !ok {
			return errors.New("no sheet")
		}
		cell := regexp.MustCompile(`<c r="G2".*?</c>`)
		text := cell.ReplaceAllString(string(xml.([]byte)), `<c r="G2" t="e"><f>1/0</f><v>#DIV/0!</v></c>`)
		if !strings.Contains(text, "#DIV/0!") {
			return fmt.Errorf("no cell G2 in %s", text)
		}
		file.Pkg.Store("xl/worksheets/sheet1.xml", []byte(text))
		return nil
	})
}

// FuzzReadList: whatever stands in the rows of a sheet, no row below the header
// vanishes: each is a line or counted by why it is none; findings have words and
// name their row; a line stands where it says.
func FuzzReadList(f *testing.F) {
	f.Add("STT;Họ và tên;Năm sinh;CCCD;Đối tượng;Hình thức nhận\n1;Lê Văn Thử;1954;000054900003;HTXH-75;TM\n\nTổng cộng;1\n;;Người lập biểu\n")
	f.Add("DANH SÁCH;;\nHọ và tên;Năm sinh;;CCCD;Đối tượng;Hình thức nhận;Tài khoản;\n;Nam;Nữ;(12 số);;;Số;Ngân hàng\n(1);(2);(3)\nLê Văn Thử;;1954;000054900003;HTXH-75;TK;5;x\nThôn 2\n;Chỉ Có Tên\n")
	f.Add("sep=|\na|b\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := registry.ReadList(t.Context(), strings.NewReader(text), int64(len(text)), registry.ReadOptions{Demo: true, Now: now})
		var refused *registry.FileError
		if err != nil {
			if !errors.As(err, &refused) {
				t.Fatalf("error %v is no FileError", err)
			}
			return
		}
		for _, finding := range list.Findings {
			if vi, en := finding.Reason(); vi == "" || en == "" || finding.Row < 0 {
				t.Fatalf("finding %+v", finding)
			}
		}
		if !list.Readable() {
			return
		}
		below := map[int]bool{} // rows with something in them
		last := list.HeaderRow
		for _, row := range contentRows(t, text) {
			if row > list.HeaderRow {
				below[row], last = true, row
			}
		}
		s := list.Skipped
		if told := len(list.Lines) + s.Blank + s.Numbering + s.Totals + s.Other; told != last-list.HeaderRow {
			t.Fatalf("%d rows below the header, %d lines and %+v", last-list.HeaderRow, len(list.Lines), s)
		}
		for _, line := range list.Lines {
			if !below[line.Row] {
				t.Fatalf("a line of row %d, which holds nothing", line.Row)
			}
		}
	})
}

// contentRows numbers the rows of a text table that hold something.
func contentRows(t *testing.T, text string) (rows []int) {
	book, err := cells.Open(strings.NewReader(text), int64(len(text)), cells.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	walk, err := book.Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	for row, ok := walk.Next(); ok; row, ok = walk.Next() {
		rows = append(rows, row.No)
	}
	return rows
}
