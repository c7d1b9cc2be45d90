package payout_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/payout"
	"ansinh/registry"
)

const elderDisabled = "BTXH-06A2" // of the same age as an elder

// assisted is one person as a commune knows him.
type assisted struct {
	no                                     int
	category, method, bank, account, payee string
	mark                                   string // against the month before
	amount                                 int
}

func (a assisted) id() string { return fmt.Sprintf("000156%06d", a.no) }
func (a assisted) name() string {
	return "Nguyễn Thị " + []string{"An", "Bình", "Cúc", "Dung", "Hoa", "Lan", "Mai"}[a.no%7]
}

// row is the person's row in the columns of the template.
func (a assisted) row() []any {
	holder := ""
	if a.account != "" {
		holder = a.name()
		if a.payee != "" {
			holder = a.payee
		}
	}
	payee, note := a.payee, ""
	if payee != "" {
		payee, note = payee+" - 000060900009", "người chăm sóc"
	}
	var amount any
	if a.amount > 0 {
		amount = a.amount
	}
	return []any{a.no, a.name(), "05/03/1956", "Nữ", a.id(), "", "", "Thôn 1", "", a.category, "10/QĐ-UBND ngày 15/01/2025", a.method, a.bank, a.account,
		holder, payee, amount, note, a.mark}
}

// commune is the people of a commune over the months.
type commune struct {
	rng    *mathrand.Rand
	people []assisted
	next   int
	gone   []assisted // this month
}

func (c *commune) add(mark string) {
	c.next++
	a := assisted{no: c.next, category: elder, method: "Tài khoản", bank: "Ngân hàng Mẫu A", account: fmt.Sprintf("001%010d", c.next), mark: mark}
	if c.next%5 == 0 {
		a.method, a.bank, a.account = "Tiền mặt", "", ""
	}
	if c.next%40 == 7 {
		a.amount = 5 // not the rule's: the plan leaves it out
	}
	c.people = append(c.people, a)
}

// pass makes a month's changes: new people, people who left, and people whose
// account, bank, way, category or payee changed.
func (c *commune) pass() {
	c.gone = nil
	for i := range c.people {
		c.people[i].mark = ""
	}
	c.rng.Shuffle(len(c.people), func(i, j int) { c.people[i], c.people[j] = c.people[j], c.people[i] })
	for range 2 + c.rng.IntN(4) {
		c.gone, c.people = append(c.gone, c.people[0]), c.people[1:]
	}
	for i := range 25 {
		a := &c.people[i]
		a.mark = "Đổi"
		switch i % 5 {
		case 0:
			a.method, a.bank, a.account = "Tài khoản", "Ngân hàng Mẫu A", fmt.Sprintf("0019%09d", c.rng.IntN(1_000_000_000))
		case 1:
			a.method, a.bank, a.account = "Tài khoản", "Ngân hàng Mẫu B", fmt.Sprintf("0029%09d", c.rng.IntN(1_000_000_000))
		case 2:
			a.method, a.bank, a.account, a.payee = "Tiền mặt", "", "", ""
		case 3:
			a.category = map[string]string{elder: elderDisabled, elderDisabled: elder}[a.category]
		case 4:
			a.method, a.bank, a.account, a.payee = "Tài khoản", "Ngân hàng Mẫu A", fmt.Sprintf("0018%09d", c.rng.IntN(1_000_000_000)), "Trần Văn Nuôi"
		}
	}
	for range 3 + c.rng.IntN(4) {
		c.add("Tăng")
	}
}

// whole is the list of everybody, without a column of changes.
func (c *commune) whole(t *testing.T) []byte {
	var rows [][]any
	for _, a := range c.people {
		rows = append(rows, a.row()[:int(registry.ColChange)])
	}
	slices.SortFunc(rows, func(a, b []any) int { return a[0].(int) - b[0].(int) })
	return listOf(t, int(registry.ColChange), rows)
}

// short is a list of the changes alone.
func (c *commune) short(t *testing.T) []byte {
	var rows [][]any
	for _, a := range c.people {
		if a.mark != "" {
			rows = append(rows, a.row())
		}
	}
	for _, a := range c.gone {
		row := make([]any, int(registry.ColChange)+1) // the id alone says who
		row[registry.ColID], row[registry.ColNote], row[registry.ColChange] = a.id(), "chuyển đi nơi khác", "Giảm"
		rows = append(rows, row)
	}
	return listOf(t, int(registry.ColChange)+1, rows)
}

func listOf(t *testing.T, columns int, rows [][]any) []byte {
	t.Helper()
	file := excelize.NewFile()
	defer file.Close()
	var headings []any
	for c := range columns {
		headings = append(headings, registry.Column(c).Title())
	}
	for i, row := range append([][]any{headings}, rows...) {
		if err := file.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+4), &row); err != nil {
			t.Fatal(err)
		}
	}
	return written(t, file)
}

func written(t *testing.T, file *excelize.File) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// filled is the template with the people of last month, edited as an officer
// would: cells overwritten, rows added below, none deleted.
func (c *commune) filled(t *testing.T, o *office) []byte {
	t.Helper()
	unit := registry.Communes()[0]
	lines, err := registry.LastRows(t.Context(), o.db, payoutKeys(t), assistance, registry.UnitKey{Code: baDinh, ValidFrom: calendar.Must(2025, 7, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = registry.WriteTemplate(&out, registry.TemplateOptions{Unit: unit, Programme: assistance, Title: "DANH SÁCH", Categories: []string{elder, elderDisabled}, Demo: true,
		Lines: lines, Changes: true})
	if err != nil {
		t.Fatal(err)
	}
	file, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const page = "Danh sách"
	at := make(map[string]int)
	rows, err := file.GetRows(page)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if len(row) > int(registry.ColID) {
			at[row[registry.ColID]] = i + 1
		}
	}
	last := len(rows)
	for _, a := range c.people {
		row := a.row()
		no := at[a.id()]
		switch {
		case a.mark == "":
			continue
		case no == 0:
			last++
			no = last
		}
		if err := file.SetSheetRow(page, fmt.Sprintf("A%d", no), &row); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range c.gone {
		if err := file.SetSheetRow(page, fmt.Sprintf("R%d", at[a.id()]), &[]any{"đã chuyển đi", "Giảm"}); err != nil {
			t.Fatal(err)
		}
	}
	return written(t, file)
}

func payoutKeys(t *testing.T) *crypt.Keys {
	t.Helper()
	keys, err := crypt.DeriveKeys([]byte("a test of package payout, 32 byte"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func (o *office) takeMonth(content []byte) registry.Result {
	o.t.Helper()
	result, err := registry.ImportList(o.t.Context(), o.db, payoutKeys(o.t), registry.File{Name: "00004.xlsx", Content: bytes.NewReader(content), Size: int64(len(content))},
		registry.ImportOptions{Programme: assistance, Month: o.month, Unit: registry.UnitKey{Code: baDinh, ValidFrom: calendar.Must(2025, 7, 1)}, By: "lan",
			Now: o.now, Random: rand.Reader, Claims: payout.Claimed})
	return o.must(result, err)
}

const testPaidInMonth = `
SELECT format('%s %s %s %s %s', encode(r.id_index, 'hex'), p.amount, p.channel, encode(p.account_index, 'hex'), p.category)
  FROM payout.payment AS p JOIN registry.person AS r ON r.id = p.person WHERE p.batch = $1 ORDER BY 1`

const testStandsTwice = `
SELECT format('%s %s', list, person) FROM registry.list_row GROUP BY list, person, category HAVING count(*) > 1`

// Three months told by changes pay whom, how much and where three whole lists pay.
func TestChangeListsPayWhatWholeListsPay(t *testing.T) {
	t.Parallel()
	whole, changes := newOffice(t), newOffice(t)
	whole.prepare()
	changes.prepare()
	c := &commune{rng: mathrand.New(mathrand.NewPCG(152, 1))}
	for range 200 {
		c.add("")
	}
	for i, month := range []calendar.Date{january, february, march, calendar.Must(2026, 4, 1)} {
		whole.in(month)
		changes.in(month)
		before := len(c.people)
		var a, b registry.Result
		if i == 0 {
			a, b = whole.takeMonth(c.whole(t)), changes.takeMonth(c.whole(t))
		} else {
			c.pass()
			content := c.filled(t, changes)
			if i == 2 {
				content = c.short(t)
			}
			a, b = whole.takeMonth(c.whole(t)), changes.takeMonth(content)
			if b.Changes == nil || a.Changes == nil {
				t.Fatalf("%v: no changes recorded: %+v, %+v", month, a.Changes, b.Changes)
			}
			if b.Changes.Before != before || b.Changes.After != len(c.people) || b.Changes.Removed != len(c.gone) || b.Carried == 0 {
				t.Errorf("%v: %+v, carried %d; want %d before, %d gone, %d after", month, *b.Changes, b.Carried, before, len(c.gone), len(c.people))
			}
			same := *b.Changes
			same.Form = a.Changes.Form
			// A row marked Đổi counts although nothing of it is different.
			same.Changed = a.Changes.Changed
			if diff := cmp.Diff(*a.Changes, same); diff != "" || b.Changes.Changed != 25 {
				t.Errorf("%v: %d changed; changes (-whole +change list):\n%s", month, b.Changes.Changed, diff)
			}
		}
		one, two := whole.declare(assistance, 300, 400_000_000), changes.declare(assistance, 300, 400_000_000)
		planA, planB := whole.plan(one), changes.plan(two)
		t.Logf("%v: %d paid %s, left out %v, changes %+v, carried %d", month, planA.Payments, planA.Total, planA.LeftOut, b.Changes, b.Carried)
		if planA.Payments != planB.Payments || planA.Total != planB.Total || !cmp.Equal(planA.LeftOut, planB.LeftOut) || planA.LeftOut["other_amount"] == 0 {
			t.Errorf("%v: whole %+v, changes %+v", month, planA, planB)
		}
		if diff := cmp.Diff(whole.rows(testPaidInMonth, one), changes.rows(testPaidInMonth, two)); diff != "" {
			t.Errorf("%v: payments (-whole +change list):\n%s", month, diff)
		}
		if twice := changes.rows(testStandsTwice); len(twice) > 0 {
			t.Errorf("%v: stand twice: %v", month, twice)
		}
	}
}
