package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/registry"
)

// addresses shows findings as "E5 LIST-ID-YEAR error".
func addresses(findings []registry.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s %s %s", f.Cell(), f.Code, f.Severity))
	}
	return out
}

func TestReadListFindsInOneRow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		row  []any
		demo bool
		want []string
	}{
		"nothing in a clean row":                   {mrsMau(), true, nil},
		"nothing in a clean row paid in cash":      {mrThu(), true, nil},
		"nothing when an id is typed in groups":    {with(mrsMau(), cID, "000 136.900 001"), true, nil},
		"nothing when an id begins an apostrophe":  {with(mrsMau(), cID, "'000136900001"), true, nil},
		"nothing when the birth date is a serial":  {with(mrsMau(), cBirth, 13214), true, nil},
		"nothing when the bank is given as a BIN":  {with(mrsMau(), cBank, "999001"), true, nil},
		"nothing when no holder is named":          {with(mrsMau(), cHolder, ""), true, nil},
		"a name that is missing":                   {with(mrThu(), cName, ""), true, []string{"B5 LIST-NAME-MISSING error"}},
		"a name with digits":                       {with(mrThu(), cName, "Lê Văn Thử 2"), true, []string{"B5 LIST-NAME-SHAPE error"}},
		"a cell that is far too long":              {with(mrThu(), cNote, string(bytes.Repeat([]byte("x"), 501))), true, []string{"P5 LIST-CELL-LONG error"}},
		"no birth at all":                          {with(mrThu(), cBirth, ""), true, []string{"C5 LIST-BIRTH-MISSING warning"}},
		"a birth date that no calendar has":        {with(mrThu(), cBirth, "31/02/1954"), true, []string{"C5 LIST-BIRTH-SHAPE error"}},
		"a year of two digits":                     {with(mrThu(), cBirth, "54"), true, []string{"C5 LIST-BIRTH-SHAPE error"}},
		"a birth in the future":                    {with(mrThu(), cBirth, "01/02/2054"), true, []string{"C5 LIST-BIRTH-FUTURE error"}},
		"a sex nobody knows":                       {with(mrThu(), cSex, "x"), true, []string{"D5 LIST-SEX-UNKNOWN error"}},
		"no id":                                    {with(mrThu(), cID, ""), true, []string{"E5 LIST-ID-MISSING warning"}},
		"an id of 13 digits":                       {with(mrThu(), cID, "0000549000031"), true, []string{"E5 LIST-ID-LENGTH error"}},
		"an id whose zeros a number cell lost":     {with(mrsMau(), cID, 1136900001), false, []string{"E5 LIST-ID-ZERO-LOST repair", "F5 LIST-PHONE-SHAPE warning", "K5 LIST-BANK-DEMO error"}},
		"ten digits that fit nobody":               {with(mrThu(), cID, 1136900001), true, []string{"E5 LIST-ID-LENGTH error"}},
		"nine digits":                              {with(mrThu(), cID, 136900001), true, []string{"E5 LIST-ID-OLD warning"}},
		"an id in scientific notation":             {with(mrThu(), cID, "4.07952E+14"), true, []string{"E5 LIST-ID-SCIENTIFIC error"}},
		"a letter O in an id":                      {with(mrThu(), cID, "00005490000O"), true, []string{"E5 LIST-ID-LETTER error"}},
		"D1: digits of the year turned round":      {with(mrsMau(), cBirth, "05/03/1963"), true, []string{"E5 LIST-ID-YEAR error"}},
		"D2: an id of the other sex":               {with(mrsMau(), cID, "000036900001"), true, []string{"E5 LIST-ID-SEX error"}},
		"D3: an id of the other century":           {with(with(mrThu(), cBirth, "10/10/2015"), cID, "000015900001"), true, []string{"E5 LIST-ID-CENTURY error"}},
		"E3: an invented id in a real database":    {mrThu(), false, []string{"E5 LIST-ID-DEMO error"}},
		"a real id in a demo":                      {with(mrThu(), cID, "001054900003"), true, []string{"E5 LIST-ID-REAL error"}},
		"W2: an unknown province":                  {with(mrThu(), cID, "999054900003"), false, []string{"E5 LIST-ID-PROVINCE warning"}},
		"a phone of seven digits":                  {with(mrThu(), cPhone, "1234567"), true, []string{"F5 LIST-PHONE-SHAPE warning"}},
		"no category":                              {with(mrThu(), cCategory, ""), true, []string{"H5 LIST-CATEGORY-MISSING error"}},
		"an unknown category":                      {with(mrThu(), cCategory, "TET-HN-2026-99"), true, []string{"H5 LIST-CATEGORY-UNKNOWN error"}},
		"a decision of an impossible day":          {with(mrThu(), cDecision, "1/QĐ ngày 31/02/2025"), true, []string{"I5 LIST-DECISION-DATE warning"}},
		"no way of payment":                        {with(mrThu(), cMethod, ""), true, []string{"J5 LIST-METHOD-MISSING error"}},
		"an unknown way of payment":                {with(mrThu(), cMethod, "Séc"), true, []string{"J5 LIST-METHOD-UNKNOWN error"}},
		"no bank":                                  {with(mrsMau(), cBank, ""), true, []string{"K5 LIST-BANK-MISSING error"}},
		"an unknown bank":                          {with(mrsMau(), cBank, "Ngân hàng Sao Hỏa"), true, []string{"K5 LIST-BANK-UNKNOWN error"}},
		"a name that two banks share":              {with(mrsMau(), cBank, "Công thương"), true, []string{"K5 LIST-BANK-SHARED error"}},
		"no account":                               {with(mrsMau(), cAccount, ""), true, []string{"L5 LIST-ACCOUNT-MISSING error"}},
		"an account of five digits":                {with(mrsMau(), cAccount, "12345"), true, []string{"L5 LIST-ACCOUNT-SHAPE error"}},
		"an account with letters":                  {with(mrsMau(), cAccount, "12345ABC"), true, []string{"L5 LIST-ACCOUNT-SHAPE error"}},
		"an account in scientific notation":        {with(mrsMau(), cAccount, "1.00000E+12"), true, []string{"L5 LIST-ACCOUNT-SCIENTIFIC error"}},
		"an account of an unusual length":          {with(with(mrsMau(), cBank, "Agribank CN Ba Vì"), cAccount, "123456"), true, []string{"L5 LIST-ACCOUNT-LENGTH warning"}},
		"a holder who is someone else":             {with(mrsMau(), cHolder, "TRAN VAN LA"), true, []string{"M5 LIST-HOLDER-DIFFERS error"}},
		"a payee without a holder":                 {with(with(mrsMau(), cPayee, "Trần Văn Con"), cHolder, ""), true, []string{"M5 LIST-HOLDER-MISSING error"}},
		"a payee in no stated capacity":            {with(with(mrsMau(), cPayee, "Trần Văn Con"), cHolder, "TRAN VAN CON"), true, []string{"M5 LIST-HOLDER-PAYEE warning"}},
		"nothing about a payee whose capacity":     {with(with(with(mrsMau(), cPayee, "Trần Văn Con - 000170990002"), cHolder, "TRAN VAN CON"), cNote, "Giấy ủy quyền số 5"), true, nil},
		"a payee with a wrong id":                  {with(with(with(mrsMau(), cPayee, "Trần Văn Con - 17099000"), cHolder, "TRAN VAN CON"), cNote, "Ủy quyền"), true, []string{"N5 LIST-PAYEE-ID error"}},
		"a negative amount":                        {with(mrThu(), cAmount, -500000), true, []string{"O5 LIST-AMOUNT-NEGATIVE error"}},
		"a fraction of a đồng":                     {with(mrThu(), cAmount, "1000000.5"), true, []string{"O5 LIST-AMOUNT-FRACTION error"}},
		"an amount in words":                       {with(mrThu(), cAmount, "một triệu"), true, []string{"O5 LIST-AMOUNT-SHAPE error"}},
		"an amount of zero":                        {with(mrThu(), cAmount, 0), true, []string{"O5 LIST-AMOUNT-ZERO error"}},
		"two faults at once, both named with cell": {with(with(mrsMau(), cAccount, ""), cName, ""), true, []string{"B5 LIST-NAME-MISSING error", "L5 LIST-ACCOUNT-MISSING error"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := read(t, workbook(t, tt.row), tt.demo)
			if diff := cmp.Diff(tt.want, addresses(list.Findings)); diff != "" {
				t.Errorf("findings of %v (-want +got):\n%s", tt.row, diff)
			}
			for _, f := range list.Findings {
				vi, en := f.Reason()
				doVI, doEN := f.Remedy()
				if vi == "" || en == "" || doVI == "" || doEN == "" {
					t.Errorf("%s has no words", f.Code)
				}
			}
		})
	}
}

func TestReadListFindsBetweenRows(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows [][]any
		want []string
	}{
		"two categories of one person are two rows": {[][]any{mrsMau(), with(mrsMau(), cCategory, "TET-HN-2026-02")}, nil},
		"E4: one id with two names holds both rows": {[][]any{mrsMau(), with(mrsMau(), cName, "Trần Thị Khác")},
			[]string{"E5 LIST-ID-TWICE error", "M6 LIST-HOLDER-DIFFERS error", "E6 LIST-ID-TWICE error"}},
		"one person twice in one category": {[][]any{mrsMau(), mrsMau()}, []string{"H6 LIST-ROW-TWICE error"}},
		"one person asking for two ways": {[][]any{mrsMau(), with(with(mrsMau(), cCategory, "TET-HN-2026-02"), cMethod, "Tiền mặt")},
			[]string{"J6 LIST-CHANNEL-DIFFERS error"}},
		"two people without id who cannot be told apart": {[][]any{with(mrThu(), cID, ""), with(mrThu(), cID, "")},
			[]string{"E5 LIST-ID-MISSING warning", "E5 LIST-LOCAL-TWICE error", "E6 LIST-ID-MISSING warning", "E6 LIST-LOCAL-TWICE error"}},
		"a person without id who is a person with one": {[][]any{mrThu(), with(mrThu(), cID, "")},
			[]string{"E6 LIST-ID-MISSING warning", "E6 LIST-LOCAL-TWICE error"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := addresses(read(t, workbook(t, tt.rows...), true).Findings)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadListFindsTheHeader(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows [][]any
		want []string
		n    int
	}{
		"in any order and spelling": {[][]any{
			{"Danh sách"}, {"HÌNH THỨC CHI TRẢ", "ĐỐI TƯỢNG", "Số CCCD", "HỌ TÊN", "Năm sinh"},
			{"(1)", "(2)", "(3)", "(4)", "(5)"}, {"Tiền mặt", "HTXH-75", "000036900001", "Lê Văn Thử", 1936}}, nil, 1},
		"with brackets and line breaks": {[][]any{
			{"Họ và tên", "Số định danh cá nhân\n(12 số)", "Nhóm đối tượng", "Hình thức nhận"},
			{"Lê Văn Thử", "000036900001", "HTXH-75", "Tiền mặt"}}, []string{"2 LIST-BIRTH-MISSING warning"}, 1},
		"or says that there is none": {[][]any{{"Danh sách"}, {"Lê Văn Thử", "000036900001"}}, []string{" LIST-HEADER-MISSING error"}, 0},
		"or says which column is missing": {[][]any{{"STT", "Họ và tên", "Ngày sinh", "Giới tính", "Nhóm đối tượng", "Hình thức nhận"},
			{1, "Lê Văn Thử", 1936, "Nam", "HTXH-75", "Tiền mặt"}}, []string{"1 LIST-HEADER-COLUMN error"}, 0},
		"or says which column comes twice": {[][]any{{"Họ và tên", "CCCD", "Số định danh", "Nhóm đối tượng", "Hình thức nhận"},
			{"Lê Văn Thử", "000036900001", "", "HTXH-75", "Tiền mặt"}}, []string{"C1 LIST-HEADER-TWICE error"}, 0},
		"and people under it": {[][]any{headings, {"Tổng cộng: 0 người"}}, []string{" LIST-ROWS-NONE error"}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := read(t, sheet(t, tt.rows...), true)
			if diff := cmp.Diff(tt.want, addresses(list.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if len(list.Lines) != tt.n {
				t.Errorf("lines = %d, want %d", len(list.Lines), tt.n)
			}
		})
	}
}

// Rows that are no people are counted; a person is never taken for one.
func TestReadListSkips(t *testing.T) {
	t.Parallel()
	cong := with(with(with(mrThu(), cName, "Công Văn Tổng"), 0, ""), cID, "")
	list := read(t, workbook(t,
		[]any{"(1)", "(2)", "(3)", "(4)", "(5)"}, []any{"Thôn Mẫu 1"}, mrsMau(), nil, cong,
		[]any{"", "Nguyễn Chỉ Có Tên"}, []any{"Cộng: 2 người", "", "", "", "", "", "", "", "", "", "", "", "", "", 3000000},
		with(mrThu(), 0, 3),
		[]any{"Tổng cộng: 3 người"}, []any{"(Bằng chữ: bốn triệu đồng)"}, nil,
		[]any{"NGƯỜI LẬP BIỂU", "", "KẾ TOÁN", "", "CHỦ TỊCH"}, []any{"Trần Văn Lập", "", "", "", "Lê Văn Ký"}), true)

	want := registry.Skipped{Blank: 2, Numbering: 1, Totals: 3, Other: 4}
	if diff := cmp.Diff(want, list.Skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	var rows []int
	for _, line := range list.Lines {
		rows = append(rows, line.Row)
	}
	if diff := cmp.Diff([]int{7, 9, 12}, rows); diff != "" {
		t.Errorf("rows of people (-want +got):\n%s", diff)
	}
	wantFindings := []string{"E9 LIST-ID-MISSING warning", "B10 LIST-ROW-SKIPPED warning"}
	if diff := cmp.Diff(wantFindings, addresses(list.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestReadListRefusesFiles(t *testing.T) {
	t.Parallel()
	protected := func() []byte {
		file := excelize.NewFile()
		defer file.Close()
		var out bytes.Buffer
		if err := file.Write(&out, excelize.Options{Password: "bí mật"}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}()
	oldExcel := append([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, bytes.Repeat([]byte{0}, 504)...)
	oldExcel = append(oldExcel, "W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00"...)
	clean := workbook(t, mrsMau(), mrThu())
	tests := map[string]struct {
		content []byte
		limits  registry.Limits
		want    registry.Code
	}{
		"text named .xlsx":                    {[]byte("Họ và tên,Số định danh\nLê Văn Thử,000054900003\n"), registry.Limits{}, registry.FileText},
		"a workbook with a password":          {protected, registry.Limits{}, registry.FilePassword},
		"a compound file that is no workbook": {oldExcel, registry.Limits{}, registry.FileUnknown},
		"an empty file":                       {nil, registry.Limits{}, registry.FileEmpty},
		"a picture":                           {[]byte("\x89PNG\r\n\x1a\n\x00\x00"), registry.Limits{}, registry.FileUnknown},
		"a truncated workbook":                {clean[:len(clean)/2], registry.Limits{}, registry.FileUnknown},
		"a file beyond the limit":             {clean, registry.Limits{BytesMax: 100}, registry.FileLarge},
		"an archive that expands beyond":      {clean, registry.Limits{ExpandedMax: 1000}, registry.FileExpands},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := registry.ReadList(t.Context(), bytes.NewReader(tt.content), int64(len(tt.content)),
				registry.ReadOptions{Demo: true, Now: now, Limits: tt.limits})
			var got *registry.FileError
			if !errors.As(err, &got) || got.Finding.Code != tt.want {
				t.Errorf("ReadList error = %v, want %s", err, tt.want)
			}
		})
	}
	t.Run("more rows than the limit", func(t *testing.T) {
		t.Parallel()
		list, err := registry.ReadList(t.Context(), bytes.NewReader(clean), int64(len(clean)),
			registry.ReadOptions{Demo: true, Now: now, Limits: registry.Limits{RowsMax: 1}})
		if err != nil || list.Readable() || list.Findings[0].Code != registry.RowsMany {
			t.Errorf("ReadList = %v, %v; want %s", list.Findings, err, registry.RowsMany)
		}
	})
	t.Run("lists on two sheets", func(t *testing.T) {
		t.Parallel()
		file := excelize.NewFile()
		defer file.Close()
		if _, err := file.NewSheet("Sheet2"); err != nil {
			t.Fatal(err)
		}
		for _, name := range file.GetSheetList() {
			row := mrThu()
			if err := errors.Join(file.SetSheetRow(name, "A1", &headings), file.SetSheetRow(name, "A2", &row)); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if err := file.Write(&out); err != nil {
			t.Fatal(err)
		}
		if list := read(t, out.Bytes(), true); list.Readable() || list.Findings[0].Code != registry.SheetsMany {
			t.Errorf("findings = %v, want %s", list.Findings, registry.SheetsMany)
		}
	})
}

func TestReadListOfTheSample(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/sample-list.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	list, err := registry.ReadList(t.Context(), bytes.NewReader(content), int64(len(content)),
		registry.ReadOptions{Demo: true, Now: now.AddDate(0, 10, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string(nil), addresses(list.Findings)); diff != "" {
		t.Errorf("findings of a clean list (-want +got):\n%s", diff)
	}
	if len(list.Lines) != 40 || list.HeaderRow != 9 {
		t.Fatalf("lines = %d under row %d, want 40 under row 9", len(list.Lines), list.HeaderRow)
	}
	want := registry.Line{
		Row: 12, Name: "Trần Thị Hoa",
		Birth: registry.Birth{Date: calendar.Must(2018, 6, 12), Year: 2018, Precision: registry.PrecisionDay}, Sex: registry.Female,
		ID: "000318900002", Phone: "0000000002", Contact: "Nguyễn Thị Giám Hộ (người chăm sóc)", Group: "Thôn Mẫu 2",
		Address: "Thôn Mẫu 2, xã Mẫu", Category: "BTXH-01B", DecisionNo: "11/QĐ-UBND", DecisionDate: calendar.Must(2025, 2, 15),
		Method: registry.MethodAccount, BankBIN: "999002", Account: "0020000000002", Holder: "NGUYEN THI GIAM HO",
		Payee: "Nguyễn Thị Giám Hộ", PayeeID: "000170990002", PayeeKind: registry.PayeeCarer,
		Note: "Người nhận thay theo Quyết định giao chăm sóc", Amount: 975000,
	}
	reveal := cmp.Transformer("reveal", func(s crypt.Secret) string { return s.Reveal() })
	if diff := cmp.Diff(want, list.Lines[1], reveal, cmpopts.EquateComparable(calendar.Date{})); diff != "" {
		t.Errorf("row 12 (-want +got):\n%s", diff)
	}
	if got := list.Lines[3].Birth; got.Date != calendar.Must(1974, 4, 6) {
		t.Errorf("birth of row 14, a date cell = %v, want 1974-04-06", got)
	}
}
