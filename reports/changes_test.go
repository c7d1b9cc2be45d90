package reports_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/registry"
	"ansinh/registry/demolist"
	"ansinh/registry/people"
	"ansinh/reports"
)

// assistance is a programme that pays every month.
const assistance = "BTXH26"

// months is a database whose commune hands in a list a month.
type months struct {
	t    *testing.T
	db   *pgxpool.Pool
	keys *crypt.Keys
	last int64 // number of the last list
}

func newMonths(t *testing.T) *months {
	t.Helper()
	keys, err := crypt.DeriveKeys([]byte("a test of package reports, 32 by"))
	if err != nil {
		t.Fatal(err)
	}
	m := &months{t: t, db: pgtest.DB(t), keys: keys}
	err = pgdb.InTx(t.Context(), m.db, func(ctx context.Context, tx pgx.Tx) error { return registry.Prepare(ctx, tx, true, now) })
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *months) exec(sql string, args ...any) {
	m.t.Helper()
	if _, err := m.db.Exec(m.t.Context(), sql, args...); err != nil {
		m.t.Fatal(err)
	}
}

// take takes a list of January, February …
func (m *months) take(month int, content []byte) {
	m.t.Helper()
	got, err := registry.ImportList(m.t.Context(), m.db, m.keys, registry.File{Name: "00004.xlsx", Content: bytes.NewReader(content), Size: int64(len(content))},
		registry.ImportOptions{Programme: assistance, Month: calendar.Must(2026, 1, 1).AddMonths(month - 1), Unit: registry.Communes()[0].Key(), By: "lan",
			Now: now, Random: rand.Reader, AcceptValid: true})
	if err != nil {
		m.t.Fatal(err)
	}
	m.last = got.List
}

// write writes the changes of the last list for a reader.
func (m *months) write(who people.Reader) (reports.ChangesFile, *excelize.File) {
	m.t.Helper()
	who.ID = "lan"
	noted := false
	path := filepath.Join(m.t.TempDir(), "tang-giam.xlsx")
	made, err := reports.WriteChanges(m.t.Context(), m.db, m.keys, reports.ChangesOptions{List: m.last, Now: now, Reader: who, Path: path,
		Record: func(context.Context) error {
			_, err := os.Stat(path)
			noted = os.IsNotExist(err)
			return nil
		}})
	if err != nil {
		m.t.Fatal(err)
	}
	if !noted {
		m.t.Error("the reading was not recorded before the file was there")
	}
	return made, open(m.t, path)
}

// row is a row of a list of changes: cells by their headings.
type row map[registry.Column]any

func listOf(t *testing.T, marked bool, rows ...row) []byte {
	t.Helper()
	last := registry.ColNote
	if marked {
		last = registry.ColChange
	}
	file := excelize.NewFile()
	defer file.Close()
	put := func(c registry.Column, no int, value any) {
		if err := file.SetCellValue("Sheet1", must(excelize.CoordinatesToCellName(int(c)+1, no)), value); err != nil {
			t.Fatal(err)
		}
	}
	for c := registry.ColNumber; c <= last; c++ {
		put(c, 1, c.Title())
		for i, r := range rows {
			if value, has := r[c]; has {
				put(c, i+2, value)
			}
		}
	}
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// elder is somebody paid in cash; more changes cells.
func elder(n int, name, category string, born int, more row) row {
	r := row{registry.ColName: name, registry.ColBirth: fmt.Sprintf("05/03/%d", born), registry.ColSex: "Nam", registry.ColID: fmt.Sprintf("0000%02d%06d", born%100, n),
		registry.ColCategory: category, registry.ColMethod: "Tiền mặt"}
	for c, value := range more {
		r[c] = value
	}
	return r
}

// spring is January's list and February's changes of it, one of each sort.
func spring(t *testing.T) *months {
	t.Helper()
	m := newMonths(t)
	m.exec(`INSERT INTO payout.programme (code, name_vi, name_en, legal_basis, posting_set, budget_code, due_date, due_paper, origin, monthly, first_month, due_day)
		VALUES ('BTXH26', 'Trợ cấp mẫu', 'Sample', 'Nghị định mẫu 00/2021', 'entrusted-state', '000-398', NULL, 'Kế hoạch mẫu', 'test', true, '2026-01-01', 10)`)
	account := row{registry.ColMethod: "Tài khoản", registry.ColBank: "Ngân hàng Mẫu A", registry.ColAccount: "0010000000001"}
	january := []row{
		elder(1, "Nguyễn Văn Một", "BTXH-05A1", 1950, account),
		elder(2, "Trần Văn Hai", "BTXH-05A1", 1951, nil),
		elder(3, "Lê Văn Ba", "BTXH-06B1", 1980, row{registry.ColAmount: 750_000}),
		elder(4, "Phạm Văn Bốn", "BTXH-08", 1981, nil),
		elder(5, "Bùi Văn Năm", "BTXH-05A1", 1952, nil),
		elder(6, "Đỗ Văn Sáu", "BTXH-05A1", 1953, nil),
	}
	m.take(1, listOf(t, false, january...))
	m.exec(`INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
		SELECT 900, 'death', id, '00004', '2026-01-01', '{}', 'GT-1', 'thử', true, 'lan', $1 FROM registry.person WHERE name = 'Bùi Văn Năm'`, now)
	m.exec(`INSERT INTO registry.act_decision (act, outcome, by_two, seal, text, at) VALUES (900, 'done', 'mai', $1, '', $2)`, make([]byte, 64), now)
	m.exec(`INSERT INTO registry.death (act, person, died_on) SELECT 900, person, '2026-01-15' FROM registry.act WHERE id = 900`)
	m.take(2, listOf(t, true,
		elder(7, "Vũ Văn Bảy", "BTXH-05A1", 1954, row{registry.ColDecision: "12/QĐ-UBND ngày 03/02/2026", registry.ColAmount: 500_000, registry.ColChange: "Tăng"}),
		elder(1, "Nguyễn Văn Một", "BTXH-05A1", 1950, row{registry.ColMethod: "Tài khoản", registry.ColBank: "Ngân hàng Mẫu B", registry.ColAccount: "0020000000777", registry.ColChange: "Đổi"}),
		elder(3, "Lê Văn Ba", "BTXH-06A1", 1980, row{registry.ColAmount: 1_000_000, registry.ColNote: "giám định lại", registry.ColChange: "Đổi"}),
		elder(4, "Phạm Văn Bốn", "BTXH-08", 1981, row{registry.ColNote: "hết điều trị bệnh hiểm", registry.ColChange: "Giảm"}),
		elder(2, "Trần Văn Hai", "BTXH-05A1", 1951, row{registry.ColNote: "chuyển về tỉnh khác", registry.ColChange: "Giảm"}),
	))
	return m
}

func TestChangesWorkbookAsText(t *testing.T) {
	t.Parallel()
	_, file := spring(t).write(people.Reader{Role: "maker"})
	digits := regexp.MustCompile(`(Danh sách|Số) \d+( · [0-9a-f]{16})?`) // numbers and bytes of a list are the database's and excelize's own
	got := digits.ReplaceAllString(dump(file), "$1 N")
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

// cellsOf are all texts of a workbook.
func cellsOf(file *excelize.File) string {
	var b strings.Builder
	for _, sheet := range file.GetSheetList() {
		for _, row := range must(file.GetRows(sheet)) {
			b.WriteString(strings.Join(row, "|") + "\n")
		}
	}
	return b.String()
}

// A category is shown as far as the reader may see it, and what an officer wrote
// about a masked one is not; ids and accounts are whole for nobody.
func TestChangesShowWhatTheReaderMaySee(t *testing.T) {
	t.Parallel()
	m := spring(t)
	const health, secret, note = "BTXH-06A1", "BTXH-08", "hết điều trị"
	for name, tt := range map[string]struct {
		who           people.Reader
		masked        int
		shows, hidden []string
	}{
		"nobody in particular":         {people.Reader{}, 2, []string{"BTXH-05A1"}, []string{"BTXH-06", secret, note, "giám định"}},
		"the commune's maker":          {people.Reader{Role: "maker"}, 1, []string{health, "giám định lại"}, []string{secret, note}},
		"a maker of another commune":   {people.Reader{Role: "maker", Unit: "00008"}, 2, nil, []string{"BTXH-06", secret, note}},
		"the department with a reason": {people.Reader{Role: "department", Why: "kiểm tra"}, 0, []string{health, secret, note}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			made, file := m.write(tt.who)
			said := cellsOf(file)
			if made.Masked != tt.masked {
				t.Errorf("%d rows masked, want %d", made.Masked, tt.masked)
			}
			for _, want := range append(tt.shows, "••••0001", "••••0777", "DỮ LIỆU GIẢ LẬP", "Đã mất ngày 15/01/2026", "chuyển về tỉnh khác") {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q:\n%s", want, said)
				}
			}
			for _, secret := range append(tt.hidden, "000050000001", "0010000000001", "0020000000777") {
				if strings.Contains(said, secret) {
					t.Errorf("it says %q", secret)
				}
			}
		})
	}
}

// What the formulas count is what was recorded, the differences are nought, and the
// same paper made again has the same bytes.
func TestChangesAreCountedAgainByTheWorkbook(t *testing.T) {
	t.Parallel()
	m := newMonths(t)
	var out bytes.Buffer
	base := demolist.Seeded(5, 0, 120)
	if err := base.Write(&out, demolist.Style{}); err != nil {
		t.Fatal(err)
	}
	m.take(1, bytes.Clone(out.Bytes()))
	list := base.Changes(5, 0)
	out.Reset()
	if err := list.Write(&out, demolist.Style{}); err != nil {
		t.Fatal(err)
	}
	m.take(2, out.Bytes())
	first, file := m.write(people.Reader{})
	want := []string{fmt.Sprint(list.Before), fmt.Sprint(list.Added), fmt.Sprint(list.Removed), fmt.Sprint(list.After()), fmt.Sprint(list.Changed),
		fmt.Sprint(list.Before - list.Removed - list.Changed)}
	var counted []string
	for r, row := range must(file.GetRows("Bìa")) {
		if len(row) < 4 || row[3] != "0" {
			continue
		}
		counted = append(counted, must(file.CalcCellValue("Bìa", fmt.Sprintf("C%d", r+1), excelize.Options{RawCellValue: true})))
		if row[1] != row[2] || must(file.CalcCellValue("Bìa", fmt.Sprintf("D%d", r+1))) != "0" {
			t.Errorf("row %d: %v", r+1, row)
		}
	}
	if diff := cmp.Diff(want, counted); diff != "" {
		t.Errorf("counted by formulas (-list +workbook):\n%s", diff)
	}
	if again, _ := m.write(people.Reader{}); again.SHA256 != first.SHA256 {
		t.Errorf("made again it has SHA-256 %s, was %s", again.SHA256, first.SHA256)
	}
}

func TestChangesOfAListWithoutAny(t *testing.T) {
	t.Parallel()
	m := spring(t)
	for list, want := range map[int64]string{m.last: "", m.last - 1: "LIST-CHANGES-NONE", 9_999: "LIST-CHANGES-LIST"} {
		dir := t.TempDir()
		_, err := reports.WriteChanges(t.Context(), m.db, m.keys, reports.ChangesOptions{List: list, Now: now.Add(time.Hour), Reader: people.Reader{ID: "lan"},
			Path: filepath.Join(dir, "a.xlsx"), Record: func(context.Context) error { return nil }})
		if errs.Code(err) != want || (err == nil) != (want == "") {
			t.Errorf("list %d: %v, want %q", list, err, want)
		}
		if files := must(os.ReadDir(dir)); (len(files) == 1) != (want == "") {
			t.Errorf("list %d: %d files", list, len(files))
		}
	}
}

// A whole list gets the same paper, with what the comparison found: who is not on it,
// whose row was refused, and who came by a further list of the month.
func TestChangesOfAWholeList(t *testing.T) {
	t.Parallel()
	m := spring(t)
	m.take(2, listOf(t, false, elder(8, "Hồ Văn Tám", "BTXH-05A1", 1955, nil)))
	for i, want := range [][]string{
		{"02/2026, bổ sung cho danh sách đã nhận của tháng", "Xã nộp danh sách đầy đủ", "Trước danh sách này|4|4|0", "Sau danh sách này = trước + tăng − giảm|5|5|0", "Hồ Văn Tám",
			"III. ĐIỀU CHỈNH / Changed: 0\n|Không có"},
		{"03/2026, so với danh sách tháng 02/2026", "Giảm|3|3|0", "Không có trong danh sách tháng này", "Dòng của người này bị từ chối, chờ quyết định"},
	} {
		month := i + 2
		if month == 3 {
			m.take(3, listOf(t, false, elder(1, "Nguyễn Văn Một", "BTXH-05A1", 1950, nil), elder(3, "Lê Văn Ba", "BTXH-06A1", 1980, row{registry.ColAmount: 1_000_000}),
				elder(7, "Vũ Văn Bảy", "BTXH-05A1", 1954, row{registry.ColMethod: "Séc"})))
		}
		_, file := m.write(people.Reader{Role: "maker"})
		said := cellsOf(file)
		for _, text := range want {
			if !strings.Contains(said, text) {
				t.Errorf("month %d: it does not say %q:\n%s", month, text, said)
			}
		}
	}
}
