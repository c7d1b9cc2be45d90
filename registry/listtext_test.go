package registry_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
	"ansinh/registry"
)

// inFont puts a text under a font into a cell of a workbook of the tests.
func inFont(t testing.TB, content []byte, at, font, text string) []byte {
	t.Helper()
	return altered(t, content, func(file *excelize.File) error {
		style, err := file.NewStyle(&excelize.Style{Font: &excelize.Font{Family: font}})
		return errors.Join(err, file.SetCellValue("Sheet1", at, text), file.SetCellStyle("Sheet1", at, at, style))
	})
}

func TestReadListReadsLegacyFonts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		font, text string
		confirmed  bool
		want       string // the name that is read
		findings   []string
	}{
		"a name in TCVN3 waits for somebody's word":          {".VnTime", "Lª V¨n Thö", false, "Lê Văn Thử", []string{" LIST-TEXT-LEGACY error"}},
		"and is taken with it":                               {".VnTime", "Lª V¨n Thö", true, "Lê Văn Thử", []string{" LIST-TEXT-CHANGED warning"}},
		"a font of capitals":                                 {".VnTimeH", "lª v¨n thö", true, "LÊ VĂN THỬ", []string{" LIST-TEXT-CHANGED warning"}},
		"a name in VNI":                                      {"VNI-Times", "Leâ Vaên Thöû", true, "Lê Văn Thử", []string{" LIST-TEXT-CHANGED warning"}},
		"a legacy font around Unicode text changes nothing":  {".VnTime", "Lê Văn Thử", true, "Lê Văn Thử", nil},
		"a letter the encoding does not have is damage":      {".VnTime", "Lª V¨n Th\u00c0", true, "Lª V¨n Th\u00c0", []string{"B5 LIST-TEXT-DAMAGED error"}},
		"an encoding that is not converted is said with it":  {"VPS Times", "Lê V\u00e5n Th\u00d8", true, "Lê V\u00e5n Th\u00d8", []string{" LIST-TEXT-UNREAD error"}},
		"a font that only sounds legacy is a font as others": {"UTM Avo", "Lê Văn Thử", false, "Lê Văn Thử", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := inFont(t, workbook(t, mrThu()), "B5", tt.font, tt.text)
			list := readWith(t, content, registry.ReadOptions{Demo: true, Text: registry.TextOptions{Confirmed: tt.confirmed}})
			if diff := cmp.Diff(tt.findings, addresses(list.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if got := list.Lines[0].Name; got != tt.want {
				t.Errorf("name = %q, want %q", got, tt.want)
			}
		})
	}
}

// The preview shows what was read, and what it becomes.
func TestReadListShowsBeforeAndAfter(t *testing.T) {
	t.Parallel()
	list := readWith(t, inFont(t, workbook(t, mrThu()), "B5", ".VnTime", "Lª V¨n Thö"), registry.ReadOptions{Demo: true})
	want := []registry.Preview{{Cell: "B5", Encoding: "TCVN3 (ABC)", Before: "Lª V¨n Thö", After: "Lê Văn Thử"}}
	if diff := cmp.Diff(want, list.Previews); diff != "" {
		t.Errorf("previews (-want +got):\n%s", diff)
	}
	if list.Readable() {
		t.Error("the list may be taken though nobody confirmed the encoding")
	}
	vi, _ := list.Findings[0].Reason()
	if want := "chữ ở cột B dùng bảng mã TCVN3 (ABC), chưa phải Unicode; ví dụ: “Lª V¨n Thö” → “Lê Văn Thử”"; vi != want {
		t.Errorf("reason = %q, want %q", vi, want)
	}
}

func TestReadListComparesPlaces(t *testing.T) {
	t.Parallel()
	addressed := []any{"STT", "Họ và tên", "Ngày sinh", "Giới tính", "CCCD", "Địa chỉ", "Đối tượng", "Hình thức nhận"}
	at := func(address string) [][]any {
		return [][]any{addressed, {1, "Lê Văn Thử", 1954, "Nam", "000054900003", address, "TET-HN-2026-02", "Tiền mặt"}}
	}
	titled := func(title string) [][]any {
		return append([][]any{{title}}, at("Số 3 ngõ 5")...)
	}
	tests := map[string]struct {
		rows [][]any
		unit string
		want []string
	}{
		"an address in the commune":                    {at("Số 3, phường Ba Đình, Hà Nội"), "00004", nil},
		"in another commune, which serving allows":     {at("Số 3, Phường Ngọc Hà"), "00004", nil},
		"in a former commune that became part of it":   {at("Số 3 ngõ 5, phường Trúc Bạch, quận Ba Đình"), "00004", nil},
		"in a former commune elsewhere":                {at("Số 3 ngõ 5, phường Trúc Bạch, quận Ba Đình"), "00008", []string{"F2 LIST-ADDRESS-OLD warning"}},
		"no commune known, nothing compared":           {at("phường Trúc Bạch"), "", nil},
		"titles of the commune":                        {titled("ỦY BAN NHÂN DÂN PHƯỜNG BA ĐÌNH"), "00004", nil},
		"titles of another commune":                    {titled("UỶ BAN NHÂN DÂN PHƯỜNG NGỌC HÀ"), "00004", []string{" LIST-UNIT-TITLE error"}},
		"titles that name a commune nobody knows":      {titled("ỦY BAN NHÂN DÂN XÃ MẪU"), "00004", nil},
		"a title that only speaks of another commune":  {titled("Danh sách người chuyển đến từ phường Ngọc Hà"), "00004", nil},
		"an address with a name that begins like one ": {at("Xa lộ 3, phường Ba Đình"), "00004", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := addresses(readWith(t, sheet(t, tt.rows...), registry.ReadOptions{Demo: true, Unit: tt.unit}).Findings)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadListHoldsCategoriesAgainstAges(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		category string
		birth    any
		want     []string
	}{
		"75 reached last year":                        {"HTXH-75", "05/03/1950", nil},
		"75 reached in the month after the list":      {"HTXH-75", "20/02/1951", nil},
		"75 reached two months after the list":        {"HTXH-75", "20/03/1951", []string{"H5 LIST-CATEGORY-AGE error"}},
		"75 some day this year":                       {"HTXH-75", "1951", []string{"H5 LIST-CATEGORY-YEAR warning"}},
		"75 next year at the earliest":                {"HTXH-75", "1952", []string{"H5 LIST-CATEGORY-AGE error"}},
		"70 to 75, and 80 already":                    {"HTXH-70", "05/03/1945", []string{"H5 LIST-CATEGORY-AGE error"}},
		"a child until the month of its birthday":     {"BTXH-01A", "03/01/2022", nil},
		"a child no longer":                           {"BTXH-01A", "03/12/2021", []string{"H5 LIST-CATEGORY-AGE error"}},
		"a child or an old person, and neither":       {"BTXH-06A2", "05/03/1990", []string{"H5 LIST-CATEGORY-AGE error"}},
		"an old person or a child":                    {"BTXH-06A2", "05/03/1950", nil},
		"90 in the year of the gift, whatever month":  {"TET-HN-2026-07", "31/12/1936", nil},
		"91 in the year of the gift":                  {"TET-HN-2026-07", 1935, []string{"H5 LIST-CATEGORY-AGE error"}},
		"over 100":                                    {"TET-HN-2026-06", 1925, nil},
		"100, which is another gift":                  {"TET-HN-2026-06", 1926, []string{"H5 LIST-CATEGORY-AGE error"}},
		"a category for every age":                    {"TET-HN-2026-03", "05/03/1990", nil},
		"nobody knows the birth, so nobody can judge": {"HTXH-75", "", []string{"C5 LIST-BIRTH-MISSING warning"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := with(with(with(mrThu(), cID, ""), cBirth, tt.birth), cCategory, tt.category)
			var got []string
			for _, at := range addresses(read(t, workbook(t, row), true).Findings) {
				if at != "E5 LIST-ID-MISSING warning" {
					got = append(got, at)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s born %v (-want +got):\n%s", tt.category, tt.birth, diff)
			}
		})
	}
}

// A list names its month: whoever reaches the age in a later one is paid in that one,
// whatever day the list is handed in.
func TestReadListHoldsAgesAgainstTheMonthOfTheList(t *testing.T) {
	t.Parallel()
	wrong := []string{"H5 LIST-CATEGORY-AGE error"}
	tests := map[string]struct {
		category, birth string
		month           calendar.Date
		want            []string
	}{
		"75 reached in the month of the list":         {"HTXH-75", "28/02/1951", calendar.Must(2026, 2, 1), nil},
		"75 reached in the month after it":            {"HTXH-75", "01/03/1951", calendar.Must(2026, 2, 1), wrong},
		"75 reached since the month of a late list":   {"HTXH-75", "05/01/1951", calendar.Must(2025, 11, 1), wrong},
		"75 reached before a list made far ahead":     {"HTXH-75", "05/03/1951", calendar.Must(2026, 3, 1), nil},
		"a child in the month of its birthday":        {"BTXH-01A", "03/12/2021", calendar.Must(2025, 12, 1), nil},
		"a child no longer, the month after":          {"BTXH-01A", "03/12/2021", calendar.Must(2026, 1, 1), wrong},
		"a year that leaves the month of it open":     {"HTXH-75", "1951", calendar.Must(2026, 3, 1), []string{"H5 LIST-CATEGORY-YEAR warning"}},
		"a year whose last month is that of the list": {"HTXH-75", "1951", calendar.Must(2026, 12, 1), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := with(with(with(mrThu(), cCategory, tt.category), cBirth, tt.birth), cID, "")
			var got []string
			for _, at := range addresses(readWith(t, workbook(t, row), registry.ReadOptions{Demo: true, Month: tt.month}).Findings) {
				if at != "E5 LIST-ID-MISSING warning" {
					got = append(got, at)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s born %s on a list for %s (-want +got):\n%s", tt.category, tt.birth, tt.month, diff)
			}
		})
	}
}

// A unit is in force from day to day: a list of June 2025 is for no commune that
// began in July.
func TestAListIsForAUnitOfItsDay(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	_, err := importList(t, db, workbook(t, mrThu()), func(o *registry.ImportOptions) { o.Now = calendar.Must(2025, 6, 30).At(9, 0) })
	var refused *registry.FileError
	if !errors.As(err, &refused) || refused.Finding.Code != registry.UnitUnknown {
		t.Errorf("import for a commune that had not begun: %v, want %s", err, registry.UnitUnknown)
	}
}
