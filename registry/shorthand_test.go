package registry_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// What officers write in place of a value is read as they mean it, or said; never
// read as something else without a word.
func TestReadListReadsWhatOfficersWrite(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		row  []any
		want []string // findings
		line string   // name, birth, id, payee, payee's capacity, account, holder, amount
	}{
		"a couple joined by và":      {with(mrThu(), cName, "Lê Văn Thử và Trần Thị Mẫu"), []string{"B5 LIST-NAME-TWO error"}, ""},
		"a couple in capitals":       {with(mrThu(), cName, "LÊ VĂN THỬ VÀ TRẦN THỊ MẪU"), []string{"B5 LIST-NAME-TWO error"}, ""},
		"a couple with a dash":       {with(mrThu(), cName, "Lê Văn Thử - Trần Thị Mẫu"), []string{"B5 LIST-NAME-TWO error"}, ""},
		"a couple with a comma":      {with(mrThu(), cName, "Lê Văn Thử, Trần Thị Mẫu"), []string{"B5 LIST-NAME-TWO error"}, ""},
		"a couple on two lines":      {with(mrThu(), cName, "Lê Văn Thử\nTrần Thị Mẫu"), []string{"B5 LIST-NAME-TWO error"}, ""},
		"a long name that wraps":     {with(mrThu(), cName, "Lê Nguyễn\nVăn Thử"), nil, "Lê Nguyễn Văn Thử 1954 000054900003  self   1.000.000"},
		"the family name Và":         {with(mrThu(), cName, "Lầu Và Pó"), nil, "Lầu Và Pó 1954 000054900003  self   1.000.000"},
		"a name written as ditto":    {with(mrThu(), cName, "nt"), []string{"B5 LIST-NAME-SHAPE error"}, ""},
		"a year with a word":         {with(mrThu(), cBirth, "Sinh năm 1954"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"a year shortly":             {with(mrThu(), cBirth, "NS: 1954"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"a day in words":             {with(mrThu(), cBirth, "Ngày 5 tháng 3 năm 1954"), nil, "Lê Văn Thử 1954-03-05 000054900003  self   1.000.000"},
		"a month in words":           {with(mrThu(), cBirth, "tháng 3 năm 1954"), nil, "Lê Văn Thử 1954-03-01 000054900003  self   1.000.000"},
		"a word before a serial":     {with(mrThu(), cBirth, "năm 19793"), []string{"C5 LIST-BIRTH-SHAPE error"}, ""},
		"an age for a birth":         {with(mrThu(), cBirth, "72 tuổi"), []string{"C5 LIST-BIRTH-SHAPE error"}, ""},
		"an id that is none":         {with(mrThu(), cID, "Không có"), []string{"E5 LIST-ID-MISSING warning"}, "Lê Văn Thử 1954   self   1.000.000"},
		"a phone that is none":       {with(mrThu(), cPhone, "không"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"an account that is none":    {with(mrsMau(), cAccount, "chưa có TK"), []string{"L5 LIST-ACCOUNT-MISSING error"}, ""},
		"a payee who is nobody":      {with(mrThu(), cPayee, "Không"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"a payee who is a dash":      {with(mrThu(), cPayee, "-"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"a payee who is a relation":  {with(mrThu(), cPayee, "con trai"), []string{"N5 LIST-PAYEE-NAME error"}, ""},
		"a payee with his relation":  {with(mrThu(), cPayee, "Lê Văn Con (con trai)"), nil, "Lê Văn Thử 1954 000054900003 Lê Văn Con unstated   1.000.000"},
		"a payee with his capacity":  {with(mrThu(), cPayee, "Lê Văn Con (giám hộ)"), nil, "Lê Văn Thử 1954 000054900003 Lê Văn Con guardian   1.000.000"},
		"a holder who is the person": {with(mrsMau(), cHolder, "chính chủ"), nil, "Nguyễn Thị Mẫu 1936-03-05 000136900001  self 0010000000001 Nguyễn Thị Mẫu 2.000.000"},
		"an amount with its unit":    {with(mrThu(), cAmount, "1.000.000đ"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"an amount in VNĐ":           {with(mrThu(), cAmount, "1.000.000 VNĐ"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"an amount in thousands":     {with(mrThu(), cAmount, "1.000"), []string{"O5 LIST-AMOUNT-SMALL warning"}, "Lê Văn Thử 1954 000054900003  self   1.000"},
		"an amount in a short word":  {with(mrThu(), cAmount, "1tr"), []string{"O5 LIST-AMOUNT-SHAPE error"}, ""},
		"a note of a death":          {with(mrThu(), cNote, "đã chết ngày 3/1/2026"), []string{"P5 LIST-NOTE-ENDED warning"}, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"a note of a move":           {with(mrThu(), cNote, "Chuyển đi xã khác"), []string{"P5 LIST-NOTE-ENDED warning"}, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"a widow's note":             {with(mrThu(), cNote, "vợ đã mất"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"a note of a lost card":      {with(mrThu(), cNote, "đã mất CCCD, đang làm lại"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
		"a decision as it should be": {with(mrThu(), cNote, "đúng chỉ tiêu"), nil, "Lê Văn Thử 1954 000054900003  self   1.000.000"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := read(t, workbook(t, tt.row), true)
			if diff := cmp.Diff(tt.want, addresses(list.Findings)); diff != "" {
				t.Errorf("findings of %v (-want +got):\n%s", tt.row, diff)
			}
			if len(list.Lines) != 1 {
				t.Fatalf("%d lines, want 1", len(list.Lines))
			}
			l := list.Lines[0]
			if l.Refused != (tt.line == "") {
				t.Errorf("refused is %t", l.Refused)
			}
			born := fmt.Sprint(l.Birth.Year)
			if !l.Birth.Date.IsZero() {
				born = l.Birth.Date.String()
			}
			got := fmt.Sprintf("%s %s %s %s %s %s %s %s", l.Name, born, l.ID.Reveal(), l.Payee, l.PayeeKind, l.Account.Reveal(), l.Holder, l.Amount)
			if tt.line != "" && got != tt.line {
				t.Errorf("line %q, want %q", got, tt.line)
			}
		})
	}
}

// "nt" in a column whose value people share is the row above, said once for the
// column; in any other it is no value.
func TestReadListTakesDittoMarksForTheRowAbove(t *testing.T) {
	t.Parallel()
	second := with(with(with(with(mrThu(), cCategory, "nt"), cGroup, "như trên"), cDecision, "″"), cMethod, "Tiền mặt")
	third := with(with(with(mrThu(), cID, "000054900010"), cName, "Lê Văn Ba"), cCategory, `"`)
	fourth := with(with(with(mrsMau(), cID, "000136900009"), cName, "Nguyễn Thị Tư"), cAccount, "nt")
	fourth[cHolder], fourth[cMethod] = "", "Tài khoản"
	list := read(t, workbook(t, mrsMau(), second, third, fourth), true)
	want := []string{"G6 LIST-CELL-DITTO warning", "H6 LIST-CELL-DITTO warning", "I6 LIST-CELL-DITTO warning", "L8 LIST-ACCOUNT-SHAPE error"}
	if diff := cmp.Diff(want, addresses(list.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	for i, line := range list.Lines[:3] {
		if line.Category != "TET-HN-2026-01" {
			t.Errorf("row %d has category %s, want that of the first row", i+1, line.Category)
		}
	}
	if got := list.Lines[1]; got.Group != "Thôn 1" || got.DecisionNo != "10/QĐ-UBND" {
		t.Errorf("group %q, decision %q, want those of the row above", got.Group, got.DecisionNo)
	}
}

// A hamlet between its people is no person, in whichever column it stands; whoever
// has a number and a name is one.
func TestReadListTakesNoHamletForAPerson(t *testing.T) {
	t.Parallel()
	title := func(number, name string, amount any) []any {
		row := make([]any, len(headings))
		row[0], row[cName], row[cAmount] = number, name, amount
		return row
	}
	list := read(t, workbook(t, title("I", "Thôn 1", ""), mrsMau(), title("II", "TỔ DÂN PHỐ SỐ 2", 1000000), mrThu(), title("Xóm Đông", "", 5000000),
		title("3", "Lê Văn Ba", "")), true)
	var rows []int
	for _, line := range list.Lines {
		rows = append(rows, line.Row)
	}
	if diff := cmp.Diff([]int{6, 8, 10}, rows); diff != "" {
		t.Errorf("rows of people (-want +got):\n%s", diff)
	}
	if list.Skipped.Other != 3 {
		t.Errorf("%d other rows, want 3", list.Skipped.Other)
	}
}

// Whatever stands beside people in a column that says nothing to us is named.
func TestReadListNamesTheColumnsItDoesNotRead(t *testing.T) {
	t.Parallel()
	more := append(append([]any{}, headings...), "Đã mất", "Ký nhận")
	died := append(mrThu(), "x", "")
	beyond := append(with(with(mrThu(), cID, "000054900010"), cName, "Lê Văn Ba"), "", "", "hỏi lại")
	list := read(t, sheet(t, more, mrsMau(), died, beyond), true)
	want := []string{"Q1 LIST-COLUMN-UNREAD warning", "S1 LIST-COLUMN-UNREAD warning"}
	if diff := cmp.Diff(want, addresses(list.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if vi, _ := list.Findings[0].Reason(); vi != "cột Q “Đã mất” không được đọc, có 1 ô ghi nội dung, từ dòng 3" {
		t.Errorf("it says %q", vi)
	}
}

// The numbers under the headings are no person, where births have two columns too.
func TestReadListSkipsNumbersUnderTwoBirthColumns(t *testing.T) {
	t.Parallel()
	list := read(t, sheet(t, []any{"TT", "Họ tên", "Năm sinh nam", "Năm sinh nữ", "Số định danh", "Nhóm đối tượng", "Hình thức nhận"},
		[]any{"(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"},
		[]any{1, "Lê Văn Thử", 1954, "", "000054900003", "TET-HN-2026-02", "Tiền mặt"}), true)
	if len(list.Findings) > 0 || len(list.Lines) != 1 || list.Skipped.Numbering != 1 {
		t.Errorf("findings %v, %d lines, %d rows of numbers", addresses(list.Findings), len(list.Lines), list.Skipped.Numbering)
	}
}

// People on a second sheet without headings are not read, and not passed over.
func TestReadListNamesASheetOfPeopleWithoutHeadings(t *testing.T) {
	t.Parallel()
	file := excelize.NewFile()
	defer file.Close()
	for _, name := range []string{"Bổ sung", "Hướng dẫn"} {
		if _, err := file.NewSheet(name); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []struct {
		sheet, cell string
		cells       []any
	}{
		{"Sheet1", "A1", headings}, {"Sheet1", "A2", mrThu()}, {"Bổ sung", "A3", []any{"Lê Văn Bổ", "000 054 900 010"}}, {"Hướng dẫn", "A1", []any{"Điền đủ 12 chữ số"}},
	} {
		if err := file.SetSheetRow(at.sheet, at.cell, &at.cells); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		t.Fatal(err)
	}
	list := read(t, out.Bytes(), true)
	if diff := cmp.Diff([]string{" LIST-SHEET-UNREAD warning"}, addresses(list.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// A sheet of the dead beside the list is no list to pay, whatever sheet was asked for.
func TestReadListDoubtsASheetOfPeopleWhoReceiveNoMore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		title string
		want  []string
	}{
		"of the dead":              {"DANH SÁCH NGƯỜI ĐÃ MẤT", []string{" LIST-SHEET-ENDED warning"}},
		"of rights that ended":     {"Danh sách thôi hưởng tháng 1", []string{" LIST-SHEET-ENDED warning"}},
		"of whoever is to be paid": {"DANH SÁCH NGƯỜI NHẬN QUÀ TẾT", nil},
		"of a month's changes":     {"DANH SÁCH TĂNG, GIẢM NGƯỜI HƯỞNG", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := read(t, sheet(t, []any{tt.title}, headings, mrThu()), true)
			if diff := cmp.Diff(tt.want, addresses(list.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if list.Taken() != 1 {
				t.Errorf("%d rows can be taken, want 1", list.Taken())
			}
		})
	}
}
