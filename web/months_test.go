package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/registry"
	"ansinh/web/accounts"
)

// pensioners is a whole list of social pensions: so many people of 80 years, in cash.
func pensioners(t *testing.T, count int) []byte {
	t.Helper()
	o := registry.TemplateOptions{Unit: registry.Communes()[0], Programme: "HTXH26", Title: "DANH SÁCH", Categories: []string{"HTXH-75"}, Demo: true}
	for i := range count {
		o.Lines = append(o.Lines, registry.Line{Name: "Nguyễn Văn " + string(rune('A'+i)), ID: crypt.Secret(fmt.Sprintf("000046%06d", 900001+i)), Sex: registry.Male,
			Birth: registry.Birth{Year: 1946, Precision: registry.PrecisionYear}, Category: "HTXH-75", Method: registry.MethodCash, DecisionNo: "3/QĐ-UBND", DecisionDate: calendar.Must(2025, 12, 20)})
	}
	var out bytes.Buffer
	if err := registry.WriteTemplate(&out, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// column finds a heading of the list in the page's workbook.
func column(t *testing.T, file *excelize.File, heading string) string {
	t.Helper()
	rows, err := file.GetRows("Danh sách")
	if err != nil || len(rows) < 6 {
		t.Fatalf("%d rows, %v: want a list with people", len(rows), err)
	}
	for i, cell := range rows[4] {
		if cell == heading {
			name, _ := excelize.ColumnNumberToName(i + 1)
			return name
		}
	}
	t.Fatalf("the list has no column %q among %q", heading, rows[4])
	return ""
}

// marked is the template in the browser, as an officer fills it in: the first person's
// right ends, a new one comes, nobody else is touched.
func (b *browser) marked() []byte {
	t := b.h.t
	t.Helper()
	file, err := excelize.OpenReader(strings.NewReader(b.body))
	if err != nil {
		t.Fatalf("%s answered %d with no workbook: %v: %.300s", b.at, b.status, err, b.body)
	}
	defer file.Close()
	rows, err := file.GetRows("Danh sách")
	if err != nil {
		t.Fatal(err)
	}
	set := func(heading string, row int, value string) {
		if err := file.SetCellStr("Danh sách", fmt.Sprint(column(t, file, heading), row), value); err != nil {
			t.Fatal(err)
		}
	}
	set("Tăng / Giảm / Đổi", 6, "Giảm")
	set("Ghi chú", 6, "chuyển đi tỉnh khác")
	last := len(rows) + 1
	for heading, value := range map[string]string{"Tăng / Giảm / Đổi": "Tăng", "Họ và tên": "Trần Thị Mới", "Ngày, tháng, năm sinh": "1950", "Giới tính": "Nữ",
		"Số định danh cá nhân": "000150900077", "Nhóm đối tượng": "HTXH-75", "Hình thức nhận": "Tiền mặt", "Số, ngày quyết định": "9/QĐ-UBND ngày 15/01/2026"} {
		set(heading, last, value)
	}
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A month's whole list, the template with its people and marks, and the next month
// told by what changed: handed in and read at the console.
func TestAMonthIsHandedInAtTheConsole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, unitOne, true)
	h.person("ke-toan", accounts.Accountant, "", true)
	lan := h.as("lan")
	january := pensioners(t, 4)
	lan.get("/lists/new").wants(http.StatusOK).has("Cho tháng", "02/2026", "không theo tháng", "hưu trí xã hội của thành phố")
	for _, wrong := range []struct{ programme, month, says string }{
		{"HTXH26", "", "phải ghi rõ cho tháng nào"},
		{"HTXH26", "2026-05", "không nhận tháng 05/2026"},
		{"HTXH26", "sang năm", "Hãy chọn tháng trong danh sách tháng"},
		{"TET26", "2026-01", "chi một lần"},
	} {
		lan.upload("/lists/new", "00004.xlsx", january, "programme", wrong.programme, "month", wrong.month).
			wants(http.StatusUnprocessableEntity).has(wrong.says, `<a href="#month">`)
	}
	lan.upload("/lists/new", "00004-01.xlsx", january, "programme", "HTXH26", "month", "2026-01").wants(http.StatusOK).has("HTXH26, tháng 01/2026", "Đã đủ, nộp được")
	lan.submit(strings.Split(lan.at, "?")[0]+"/take").has("Danh sách đã được nhận.", "tháng 01/2026").hasNot("Thay đổi so với")
	lan.get("/lists").has("tháng 01/2026")

	lan.get("/lists/new").submit("/lists/template", "programme", "HTXH26", "unit", unitOne, "people", "yes").wants(http.StatusOK)
	february := lan.marked()
	lan.get("/lists/new").submit("/lists/template", "programme", "HTXH26", "unit", unitOne, "people", "yes", "whole", "yes").wants(http.StatusOK)
	if lan.hasColumn("Tăng / Giảm / Đổi") || !strings.Contains(strings.Join(lan.titles(), " "), "THÁNG 02/2026") {
		t.Errorf("the template of a whole month has marks, or the titles %q", lan.titles())
	}
	lan.get("/lists/new").submit("/lists/template", "programme", "TET26", "unit", unitOne, "people", "yes").wants(http.StatusOK)
	if lan.hasColumn("Tăng / Giảm / Đổi") {
		t.Error("the template of a programme paid once has marks")
	}
	lan.get("/lists/new").upload("/lists/new", "00004-02.xlsx", february, "programme", "HTXH26", "month", "2026-02").wants(http.StatusOK).
		has("Đã đủ, nộp được", "so với tháng 01/2026", "<dt>Giữ nguyên</dt><dd>3</dd>", "<dd>+1</dd>", "<dd>−1</dd>")
	lan.submit(strings.Split(lan.at, "?")[0]+"/take").wants(http.StatusOK).has("Danh sách đã được nhận.", "Thay đổi so với tháng 01/2026", "Nộp theo danh sách tăng, giảm",
		"Trần Thị Mới", "Nguyễn Văn A", "chuyển đi tỉnh khác", "tệp ghi Giảm", "<dd>+1</dd>", "<dd>−1</dd>", "9/QĐ-UBND ngày 15/01/2026").hasNot("Nguyễn Văn B", "900077")
	taken := strings.Split(lan.at, "?")[0]
	lan.submit(taken + "/changes").wants(http.StatusOK)
	if got := lan.sheetsOf(""); len(got) < 2 || h.audited("list.changes") != 1 {
		t.Errorf("the official list of changes has the sheets %q, %d records", got, h.audited("list.changes"))
	}
	lan.get(taken+"?kind=added").has("1 thay đổi", "Trần Thị Mới").hasNot("Nguyễn Văn A")
	lan.get(taken + "?kind=changed").has("Không có thay đổi loại này")
	if n := h.audited("list.changes.read"); n != 2 {
		t.Errorf("%d readings of changes are recorded, want 2", n)
	}
	h.as("ke-toan").get(taken).wants(http.StatusOK).has("Trần Thị Mới", "tiền mặt")
	lan.get("/lists?as=csv").has("2026-02")

	// The same file again belongs to a month that has its list of changes.
	lan.get("/lists/new").upload("/lists/new", "00004-02b.xlsx", append(february, ' '), "programme", "HTXH26", "month", "2026-02").has("LIST-CHANGE-MONTH")
}

// titles are the first column above the headings.
func (b *browser) titles() (list []string) {
	b.h.t.Helper()
	file, err := excelize.OpenReader(strings.NewReader(b.body))
	if err != nil {
		b.h.t.Fatalf("%s answered %d with no workbook: %v", b.at, b.status, err)
	}
	defer file.Close()
	for row := 1; row <= 3; row++ {
		title, err := file.GetCellValue("Danh sách", fmt.Sprint("A", row))
		if err != nil {
			b.h.t.Fatal(err)
		}
		list = append(list, title)
	}
	return list
}

// hasColumn reports whether the workbook in the browser has a heading.
func (b *browser) hasColumn(heading string) bool {
	b.h.t.Helper()
	file, err := excelize.OpenReader(strings.NewReader(b.body))
	if err != nil {
		b.h.t.Fatalf("%s answered %d with no workbook: %v", b.at, b.status, err)
	}
	defer file.Close()
	rows, err := file.GetRows("Danh sách")
	if err != nil {
		b.h.t.Fatal(err)
	}
	for _, row := range rows[:5] {
		for _, cell := range row {
			if cell == heading {
				return true
			}
		}
	}
	return false
}
