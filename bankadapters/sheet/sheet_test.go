package sheet

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func submission(n int) bankadapters.Submission {
	s := bankadapters.Submission{
		Message: "0E01D000001ABCDEF", Bank: "D", Debtor: bankadapters.Party{Account: "0190000400"},
		Execution: calendar.Must(2026, 2, 10), Created: time.Date(2026, 2, 9, 1, 0, 0, 0, time.UTC), Count: n,
	}
	for i := range n {
		s.Total += money.Amount(300_000 + i)
	}
	s.Instructions = func(yield func(bankadapters.Instruction) error) error {
		for i := range n {
			in := bankadapters.Instruction{
				EndToEnd: bankadapters.EndToEndID(fmt.Sprintf("0E01B1P%08dK", i)), Amount: money.Amount(300_000 + i),
				Creditor: bankadapters.Party{Name: "NGUYEN THI TU", Account: fmt.Sprintf("00123%05d", i), BIN: "999004"},
				Text:     "CHI TRA THEO QUYET DINH 01",
			}
			if err := yield(in); err != nil {
				return err
			}
		}
		return nil
	}
	return s
}

func write(t *testing.T, s bankadapters.Submission) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (Template{Notice: "DỮ LIỆU GIẢ LẬP"}).WriteSubmission(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// dump writes every cell with its type, one a line.
func dump(t *testing.T, workbook []byte) string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	var b strings.Builder
	for _, sheet := range book.GetSheetList() {
		all, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range all {
			for x, value := range row {
				cell, _ := excelize.CoordinatesToCellName(x+1, y+1)
				kind, err := book.GetCellType(sheet, cell)
				if err != nil {
					t.Fatal(err)
				}
				word := "number"
				if kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString {
					word = "text"
				}
				if value != "" {
					fmt.Fprintf(&b, "%s %s %s %s\n", sheet, cell, word, value)
				}
			}
		}
	}
	return b.String()
}

func TestTemplateGolden(t *testing.T) {
	t.Parallel()
	s := submission(2)
	first, second := write(t, s), write(t, s)
	if !bytes.Equal(first, second) {
		t.Error("the same submission gave other bytes")
	}
	got := dump(t, first)
	const golden = "testdata/TestTemplate.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("template (-want +got):\n%s", diff)
	}
	back, err := Template{}.ReadSubmission(bytes.NewReader(first), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Agree(s); err != nil {
		t.Error(err)
	}
}

// edited is a workbook with some cells changed, as a clerk could.
func edited(t *testing.T, workbook []byte, cells map[string]any) []byte {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for cell, value := range cells {
		if err := book.SetCellValue(book.GetSheetName(0), cell, value); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadBackFinds(t *testing.T) {
	t.Parallel()
	s := submission(3)
	good := write(t, s)
	for name, cells := range map[string]map[string]any{
		"another amount and sum":  {"F9": 300_001, "B6": 900_004},
		"another amount":          {"F9": 300_001},
		"an account as a number":  {"D10": 12300001},
		"another bank":            {"E10": "999005"},
		"another paying account":  {"B3": "0190000401"},
		"another day":             {"B4": "2026-02-11"},
		"a reference twice":       {"B10": "0E01B1P00000000K"},
		"another name":            {"C11": "NGUYEN THI NAM"},
		"columns swapped":         {"D8": "Mã ngân hàng", "E8": "Số tài khoản"},
		"a row more, totals kept": {"A12": 4, "B12": "X", "F12": 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			back, err := Template{}.ReadSubmission(bytes.NewReader(edited(t, good, cells)), s)
			if err == nil {
				err = back.Agree(s)
			}
			if err == nil {
				t.Error("the read-back agrees with a changed workbook")
			}
		})
	}
}

func TestTemplateRefuses(t *testing.T) {
	t.Parallel()
	short := submission(2)
	short.Total++
	formula := submission(1)
	formula.Debtor.Account = "=1+1"
	for name, s := range map[string]bankadapters.Submission{"another total": short, "a formula": formula, "no row": submission(0)} {
		if err := (Template{}).WriteSubmission(io.Discard, s); !errors.Is(err, bankadapters.ErrSubmission) {
			t.Errorf("%s: error = %v, want ErrSubmission", name, err)
		}
	}
}

// result is a portal's answer to submission(3), made by hand.
func result(t *testing.T) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	lines := [][]any{
		{"KẾT QUẢ LỆNH CHI"}, {"Số lệnh", "0E01D000001ABCDE"}, {"Tài khoản chi", "0190000400"}, {"Ngày chi", "2026-02-10"},
		{"Số khoản", 3}, {"Tổng tiền", 900_003}, {"Biên nhận", "D-R000001"},
		{"STT", "Mã khoản", "Họ tên", "Số tài khoản", "Mã ngân hàng", "Số tiền", "Nội dung", "Trạng thái", "Mã lý do", "Số bút toán", "Ngày hạch toán"},
		{1, "E0", "A", "00123", "999004", 300_000, "CHI", "THÀNH CÔNG", "", "D0001", "2026-02-10"},
		{2, "E1", "B", "00124", "999004", 300_001, "CHI", "TỪ CHỐI", "AC01", "", ""},
		{3, "E2", "C", "00125", "999004", 300_002, "CHI", "ĐANG XỬ LÝ", "", "", ""},
	}
	for i, line := range lines {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &line); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(workbook []byte) (h bankadapters.Head, all []bankadapters.Entry, err error) {
	err = NewResultReader(bytes.NewReader(workbook)).Read(
		func(got bankadapters.Head) error { h = got; return nil },
		func(e bankadapters.Entry) error { all = append(all, e); return nil })
	return h, all, err
}

func TestResultReader(t *testing.T) {
	t.Parallel()
	h, got, err := read(result(t))
	if err != nil {
		t.Fatal(err)
	}
	d := calendar.Must(2026, 2, 10)
	wantHead := bankadapters.Head{
		Kind: bankadapters.KindSheetResult, FileID: "D-R000001", Account: "0190000400", From: d, To: d,
		Message: "0E01D000001ABCDE", Count: 3, Total: 900_003, HasTotals: true,
	}
	if diff := cmp.Diff(wantHead, h); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
	const m = "0E01D000001ABCDE"
	want := []bankadapters.Entry{
		{Position: 1, Side: bankadapters.Debit, Amount: 300_000, BookDate: d, Servicer: "D0001", EndToEnd: "E0", Message: m, Account: "00123", Name: "A", Status: bankadapters.TxSettled, Text: "CHI", LineNumber: 9},
		{Position: 2, Side: bankadapters.Debit, Amount: 300_001, EndToEnd: "E1", Message: m, Account: "00124", Name: "B", Status: bankadapters.TxRejected, Code: "AC01", Text: "CHI", LineNumber: 10},
		{Position: 3, Side: bankadapters.Debit, Amount: 300_002, EndToEnd: "E2", Message: m, Account: "00125", Name: "C", Status: bankadapters.TxPending, Text: "CHI", LineNumber: 11},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestResultReaderRefuses(t *testing.T) {
	t.Parallel()
	good := result(t)
	tests := map[string]struct {
		workbook   []byte
		code, cell string
	}{
		"a text file":              {[]byte("STT,Mã khoản\n"), bankadapters.CodeSyntax, ""},
		"a password or .xls":       {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), bankadapters.CodeSyntax, ""},
		"cut off":                  {good[:len(good)/2], bankadapters.CodeTruncated, ""},
		"our own template":         {write(t, submission(1)), bankadapters.CodeNamespace, "A1"},
		"a heading missing":        {edited(t, good, map[string]any{"H8": "Tình trạng"}), bankadapters.CodeMissing, ""},
		"an amount as text":        {edited(t, good, map[string]any{"F10": "300.001"}), bankadapters.CodeAmount, "F10"},
		"half a đồng":              {edited(t, good, map[string]any{"F10": "300001.5"}), bankadapters.CodeAmount, "F10"},
		"another amount":           {edited(t, good, map[string]any{"F10": 300_002}), bankadapters.CodeSum, ""},
		"a row emptied":            {edited(t, good, map[string]any{"B6": 900_002, "B5": 4}), bankadapters.CodeCount, ""},
		"a word nobody agreed":     {edited(t, good, map[string]any{"H9": "OK"}), bankadapters.CodeValue, "H9"},
		"paid without a date":      {edited(t, good, map[string]any{"K9": ""}), bankadapters.CodeDate, "K9"},
		"paid without a booking":   {edited(t, good, map[string]any{"J9": ""}), bankadapters.CodeMissing, "J9"},
		"refused without a reason": {edited(t, good, map[string]any{"I10": ""}), bankadapters.CodeMissing, "I10"},
		"no receipt":               {edited(t, good, map[string]any{"A7": ""}), bankadapters.CodeMissing, ""},
		"a count that is no count": {edited(t, good, map[string]any{"B5": "ba"}), bankadapters.CodeValue, "B5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := read(tt.workbook)
			var bad *bankadapters.FileError
			if !errors.As(err, &bad) || bad.Code != tt.code || bad.Cell != tt.cell {
				t.Errorf("error = %v, want %s in cell %q", err, tt.code, tt.cell)
			}
		})
	}
}

func TestResultColumnsInAnyOrder(t *testing.T) {
	t.Parallel()
	book, err := excelize.OpenReader(bytes.NewReader(result(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for row := 8; row <= 11; row++ {
		for _, pair := range [][2]string{{"B", "K"}, {"F", "H"}} {
			a, b := fmt.Sprint(pair[0], row), fmt.Sprint(pair[1], row)
			left, _ := book.GetCellValue("Sheet1", a)
			right, _ := book.GetCellValue("Sheet1", b)
			if err := errors.Join(book.SetCellValue("Sheet1", a, right), book.SetCellValue("Sheet1", b, left)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var moved bytes.Buffer
	if err := book.Write(&moved); err != nil {
		t.Fatal(err)
	}
	_, want, err := read(result(t))
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := read(moved.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns moved (-want +got):\n%s", diff)
	}
}
