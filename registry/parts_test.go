package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh/registry"
)

func TestFindBank(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		want    []string
		certain bool
	}{
		"970436":                       {[]string{"970436"}, true},
		"970436 - Vietcombank":         {[]string{"970436"}, true},
		"123456":                       {nil, false},
		"970436 - Agribank CN Ba Vì":   {[]string{"970436", "970405"}, false},
		"970436 (chi nhánh Ba Đình)":   {[]string{"970436"}, true},
		"Ngân hàng Nông nghiệp":        {[]string{"970405"}, true},
		"vietcombank":                  {[]string{"970436"}, true},
		"VIETCOMBANK CN Ba Đình":       {[]string{"970436"}, true},
		"Agribank - Chi nhánh Sóc Sơn": {[]string{"970405"}, true},
		"Agribank PGD Kim Anh":         {[]string{"970405"}, true},
		"Ngân hàng Nông nghiệp và Phát triển Nông thôn Việt Nam": {[]string{"970405"}, true},
		"NHNo&PTNT":                   {[]string{"970405"}, true},
		"MB":                          {[]string{"970422"}, true},
		"Ngân hàng TMCP Quân đội":     {[]string{"970422"}, true},
		"SCB":                         {[]string{"970429"}, false}, // often written for another bank
		"Hana Bank":                   {[]string{"970466", "970467"}, false},
		"Ngân hàng Mẫu A":             {[]string{"999001"}, true},
		"NGÂN HÀNG MẪU E - CN Hà Nội": {[]string{"999005"}, true},
		"Ngân hàng":                   {nil, false},
		"":                            {nil, false},
	}
	for cell, tt := range tests {
		t.Run(cell, func(t *testing.T) {
			t.Parallel()
			found, certain := registry.FindBank(cell)
			var bins []string
			for _, bank := range found {
				bins = append(bins, bank.BIN)
			}
			if diff := cmp.Diff(tt.want, bins); diff != "" || certain != tt.certain {
				t.Errorf("FindBank(%q) = %v, %v; want %v, %v", cell, bins, certain, tt.want, tt.certain)
			}
		})
	}
}

func TestReferenceData(t *testing.T) {
	t.Parallel()
	if n := len(registry.Communes()); n != 126 {
		t.Errorf("communes = %d, want 126", n)
	}
	levels := map[string]int{}
	for _, c := range registry.Categories() {
		levels[c.Code] = c.Sensitive
	}
	for code, want := range map[string]int{"BTXH-03A": 3, "BTXH-06A1": 2, "NCC-06-21": 2, "HTXH-70": 1, "HTXH-75": 0, "TET-HN-2026-04": 0} {
		if got, ok := levels[code]; !ok || got != want {
			t.Errorf("sensitivity of %s = %d (known %v), want %d", code, got, ok, want)
		}
	}
}

// Every code an officer can meet stands in docs/ERRORS.md with its words:
// `make errors` writes them.
func TestErrorsPageIsCurrent(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/ERRORS.md")
	if err != nil {
		t.Fatal(err)
	}
	current, ok := registry.ErrorsPage(string(page))
	if !ok || current != string(page) {
		t.Errorf("docs/ERRORS.md is not what the code says (marks found: %t): run make errors", ok)
	}
}

// Every code is provoked by some test of this package, by name or by its text.
func TestEveryCodeIsProvoked(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	more, err2 := filepath.Glob("demolist/*.go")
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range append(files, more...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	source, err := os.ReadFile("findingtext.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range registry.Codes() {
		constant := regexp.MustCompile(`(?m)^\s+(\w+)\s+Code = "` + string(code) + `"$`).FindStringSubmatch(string(source))
		if constant == nil {
			t.Errorf("%s has no constant", code)
			continue
		}
		if !strings.Contains(all.String(), string(code)) && !strings.Contains(all.String(), "registry."+constant[1]) {
			t.Errorf("no test provokes %s", code)
		}
	}
}

func TestCheckMakesATable(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	report, err := registry.CheckBytes(t.Context(), db, workbook(t, mrsMau(), with(mrThu(), cID, "00005490000O")), registry.ImportOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if report.Rows != 2 || report.Sound != 1 || report.Refused != 1 || report.Passed() {
		t.Errorf("report = %+v", report)
	}
	want := []registry.CheckRow{{Cell: "E6", Heading: "Số định danh cá nhân", Code: registry.IDLetter, Severity: "error", Value: "…000O", RowNumber: 6, Refuses: true,
		Reason:   "ký tự thứ 12 của số định danh là “O”, không phải chữ số",
		ReasonEN: "character 12 of the id is “O”, not a digit",
		Remedy:   "Sửa ký tự này theo giấy tờ", RemedyEN: "Correct it from the document"}}
	if diff := cmp.Diff(want, report.Table); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	report, err = registry.CheckBytes(t.Context(), db, []byte("không phải Excel"), registry.ImportOptions{Now: now})
	if err != nil || len(report.Table) != 1 || report.Table[0].Code != registry.FileText || report.Passed() {
		t.Errorf("report of a text file = %+v, %v", report, err)
	}
	wantNothing(t, db)
}

// A filled-in template must come back without a finding.
func TestTemplateComesBack(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := registry.WriteTemplate(&out, registry.TemplateOptions{Unit: registry.Communes()[0], Programme: "TET-HN-2026",
		Title: "DANH SÁCH NHẬN QUÀ TẾT", Categories: []string{"TET-HN-2026-01", "TET-HN-2026-03"}, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, out.Bytes(), true); len(got.Lines) != 0 || got.HeaderRow != 5 {
		t.Errorf("empty template reads as %d lines under row %d", len(got.Lines), got.HeaderRow)
	}
	file, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	row := []any{1, "Lê Văn Thử", "1954", "Nam", "000054900003", "0000000001", "Con (con)", "Thôn 1", "Xã Mẫu", "TET-HN-2026-01 - Hà Nội",
		"1/QĐ", "Tài khoản", "Ngân hàng Mẫu B", "0020000000001", "", "", 2000000, ""}
	validations, err := file.GetDataValidations("Danh sách")
	if err = errors.Join(err, file.SetSheetRow("Danh sách", "A6", &row)); err != nil || len(validations) != 4 {
		t.Fatalf("fill in: %v; %d drop-downs, want 4", err, len(validations))
	}
	var filled bytes.Buffer
	if err := file.Write(&filled); err != nil {
		t.Fatal(err)
	}
	list := read(t, filled.Bytes(), true)
	if len(list.Lines) != 1 || len(list.Findings) != 0 {
		t.Errorf("filled template: %d lines, findings %v", len(list.Lines), addresses(list.Findings))
	}
}

// Nothing the registry prints by accident shows who somebody is.
func TestDomainTypesMask(t *testing.T) {
	t.Parallel()
	list := read(t, workbook(t, with(mrsMau(), cID, "000136900001"), with(mrThu(), cID, "0000549000031")), true)
	shown := fmt.Sprintf("%v %+v %s", list.Lines, list.Findings, list.Lines)
	for _, f := range list.Findings {
		shown += f.String() + f.Shown()
	}
	for _, secret := range []string{"000136900001", "0010000000001", "0000000001", "0000549000031"} {
		if strings.Contains(shown, secret) {
			t.Errorf("printed values show …%s", secret[len(secret)-4:])
		}
	}
}
