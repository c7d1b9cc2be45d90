package demolist

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// SeededList is a list with known faults: what an intake must say of it, no more
// and no less, and what to type where to mend it.
type SeededList struct {
	Sheet       string
	Rows        int // rows of people
	Findings    []SeededFinding
	Corrections []Correction
	// Refused are the rows that must not be taken as the list stands.
	Refused []int

	rows   []seedRow
	marked bool // with the column of changes
}

// SeededFinding is one thing the intake must say.
type SeededFinding struct {
	Row      int
	Column   string // letters, "" = the whole row
	Code     string
	Severity string // error, warning or repair
}

// Correction is the right value of a marked cell. Nil empties the whole row.
type Correction struct {
	Row    int
	Column string
	Value  any
}

// The columns of a seeded list.
const (
	sNo = iota
	sName
	sBirth
	sSex
	sID
	sPhone
	sGroup
	sCategory
	sDecision
	sMethod
	sBank
	sAccount
	sHolder
	sPayee
	sAmount
	sNote
	seedColumns
)

var seedHeadings = [seedColumns]any{"STT", "Họ và tên", "Ngày, tháng, năm sinh", "Giới tính", "Số định danh cá nhân", "Số điện thoại",
	"Thôn/tổ dân phố", "Nhóm đối tượng", "Số, ngày quyết định", "Hình thức nhận", "Ngân hàng", "Số tài khoản", "Chủ tài khoản",
	"Người nhận thay", "Số tiền", "Ghi chú"}

type seedRow struct {
	cells  [seedColumns]any
	mark   any // of a change list
	hidden bool
	nobody bool // no person: not counted
}

// firstSeedRow stands under titles and headings.
const firstSeedRow = 6

// seeder makes a list row by row.
type seeder struct {
	rng  *rand.Rand
	list *SeededList
	next int // person
}

// Seeded makes a list of clean rows with the given number of seeded faults among
// them, each of another kind until all kinds are used. Zero faults make a clean
// list of people rows.
func Seeded(seed uint64, faults, people int) *SeededList {
	s := &seeder{rng: rand.New(rand.NewPCG(seed, 41)), list: &SeededList{Sheet: "Danh sách"}}
	order := s.rng.Perm(len(seedFaults))
	for i := range faults {
		for range 1 + s.rng.IntN(3) {
			s.add(s.person())
		}
		seedFaults[order[i%len(order)]](s)
	}
	for s.list.Rows < people {
		s.add(s.person())
	}
	slices.Sort(s.list.Refused)
	s.list.Refused = slices.Compact(s.list.Refused)
	return s.list
}

// Faults is how many kinds of faults Seeded knows.
func Faults() int { return len(seedFaults) }

// person makes a row without a fault.
func (s *seeder) person() seedRow {
	s.next++
	n := s.next
	female := s.rng.IntN(2) == 0
	born := 1950 + s.rng.IntN(50)
	var r seedRow
	name := inventName(s.rng, female)
	digit, sex := 0, "Nam"
	if female {
		digit, sex = 1, "Nữ"
	}
	r.cells[sName] = name
	r.cells[sBirth] = fmt.Sprintf("%02d/%02d/%d", 1+s.rng.IntN(28), 1+s.rng.IntN(12), born)
	r.cells[sSex] = sex
	r.cells[sID] = fmt.Sprintf("000%d%02d%06d", digit, born%100, 400_000+n)
	r.cells[sPhone] = fmt.Sprintf("0000%06d", n)
	r.cells[sGroup] = fmt.Sprintf("Tổ dân phố số %d", 1+s.rng.IntN(9))
	r.cells[sCategory] = "TET-HN-2026-03 - Lao động đặc biệt khó khăn"
	r.cells[sDecision] = fmt.Sprintf("%d/QĐ-UBND ngày 05/01/2026", n)
	r.cells[sAmount] = 500_000
	if s.rng.IntN(3) > 0 {
		s.toAccount(&r)
	} else {
		r.cells[sMethod] = "Tiền mặt"
	}
	return r
}

func (s *seeder) toAccount(r *seedRow) {
	r.cells[sMethod] = "Tài khoản"
	r.cells[sBank] = fmt.Sprintf("Ngân hàng Mẫu %c", 'A'+s.rng.IntN(5))
	r.cells[sAccount] = fmt.Sprintf("00%011d", 7_000_000+s.next)
	r.cells[sHolder] = bankName(r.cells[sName].(string))
}

func (s *seeder) withAccount() seedRow {
	r := s.person()
	s.toAccount(&r)
	return r
}

func (s *seeder) inCash() seedRow {
	r := s.person()
	r.cells[sMethod], r.cells[sBank], r.cells[sAccount], r.cells[sHolder] = "Tiền mặt", nil, nil, nil
	return r
}

// add puts a row under the others and returns its number.
func (s *seeder) add(r seedRow) int {
	if !r.nobody {
		s.list.Rows++
		r.cells[sNo] = s.list.Rows
	}
	s.list.rows = append(s.list.rows, r)
	return firstSeedRow + len(s.list.rows) - 1
}

func letters(column int) string { return string(rune('A' + column)) }

// say notes what the intake must say of a cell.
func (s *seeder) say(row, column int, severity, code string) {
	s.list.Findings = append(s.list.Findings, SeededFinding{Row: row, Column: letters(column), Code: code, Severity: severity})
	if severity != "warning" {
		s.list.Refused = append(s.list.Refused, row)
	}
}

func (s *seeder) mend(row, column int, value any) {
	s.list.Corrections = append(s.list.Corrections, Correction{Row: row, Column: letters(column), Value: value})
}

// spoil adds a row with one cell made wrong, and tells what must be said of it
// and what stood there.
func (s *seeder) spoil(r seedRow, column int, wrong any, severity, code string) {
	right := r.cells[column]
	r.cells[column] = wrong
	row := s.add(r)
	s.say(row, column, severity, code)
	s.mend(row, column, right)
}

func text(value any) string { return fmt.Sprint(value) }

// cell is the kind of fault that is one wrong cell of a row.
func cell(make func(*seeder) seedRow, column int, wrong func(right string) any, severity, code string) func(*seeder) {
	return func(s *seeder) {
		r := make(s)
		right := ""
		if r.cells[column] != nil {
			right = text(r.cells[column])
		}
		s.spoil(r, column, wrong(right), severity, code)
	}
}

func always(value any) func(string) any { return func(string) any { return value } }

// seedFaults are the kinds of faults, in no order.
var seedFaults = []func(*seeder){
	cell((*seeder).inCash, sName, always(""), "error", "LIST-NAME-MISSING"),
	cell((*seeder).inCash, sName, func(right string) any { return right + " 2" }, "error", "LIST-NAME-SHAPE"),
	cell((*seeder).inCash, sNote, always(strings.Repeat("ghi chú ", 80)), "error", "LIST-CELL-LONG"),
	cell((*seeder).person, sBirth, func(right string) any { return "31/02/" + right[6:] }, "error", "LIST-BIRTH-SHAPE"),
	cell((*seeder).person, sBirth, func(right string) any { return right[:6] + "2066" }, "error", "LIST-BIRTH-FUTURE"),
	cell((*seeder).person, sBirth, always(""), "warning", "LIST-BIRTH-MISSING"),
	cell((*seeder).person, sSex, always("x"), "error", "LIST-SEX-UNKNOWN"),
	cell((*seeder).person, sSex, always(""), "warning", "LIST-SEX-MISSING"),
	cell((*seeder).person, sID, turnedYear, "error", "LIST-ID-YEAR"),
	cell((*seeder).person, sID, func(right string) any { return right[:3] + string(right[3]^1) + right[4:] }, "error", "LIST-ID-SEX"),
	cell((*seeder).person, sID, func(right string) any { return right[:3] + string(right[3]+2) + right[4:] }, "error", "LIST-ID-CENTURY"),
	cell((*seeder).person, sID, func(right string) any { return right[:11] + "O" }, "error", "LIST-ID-LETTER"),
	cell((*seeder).person, sID, func(right string) any { return right + "3" }, "error", "LIST-ID-LENGTH"),
	cell((*seeder).person, sID, always("4.07952E+14"), "error", "LIST-ID-SCIENTIFIC"),
	cell((*seeder).person, sID, func(right string) any { return "001" + right[3:] }, "error", "LIST-ID-REAL"),
	cell((*seeder).person, sID, always("012345678"), "warning", "LIST-ID-OLD"),
	cell((*seeder).person, sID, always(""), "warning", "LIST-ID-MISSING"),
	cell((*seeder).person, sPhone, always("12345"), "warning", "LIST-PHONE-SHAPE"),
	cell((*seeder).person, sPhone, always("01680000001"), "warning", "LIST-PHONE-OLD"),
	cell((*seeder).person, sCategory, always(""), "error", "LIST-CATEGORY-MISSING"),
	cell((*seeder).person, sCategory, always("TET-2026"), "error", "LIST-CATEGORY-UNKNOWN"),
	cell((*seeder).person, sCategory, always("BTXH-07"), "error", "LIST-CATEGORY-AGE"),
	cell((*seeder).person, sDecision, always("7/QĐ-UBND ngày 31/02/2025"), "warning", "LIST-DECISION-DATE"),
	cell((*seeder).person, sMethod, always(""), "error", "LIST-METHOD-MISSING"),
	cell((*seeder).person, sMethod, always("Séc"), "error", "LIST-METHOD-UNKNOWN"),
	cell((*seeder).withAccount, sBank, always(""), "error", "LIST-BANK-MISSING"),
	cell((*seeder).withAccount, sBank, always("Ngân hàng Sao Hỏa"), "error", "LIST-BANK-UNKNOWN"),
	cell((*seeder).withAccount, sBank, always("Công thương"), "error", "LIST-BANK-SHARED"),
	cell((*seeder).withAccount, sBank, always("Agribamk CN Sóc Sơn"), "repair", "LIST-BANK-NEAR"),
	cell((*seeder).withAccount, sAccount, always(""), "error", "LIST-ACCOUNT-MISSING"),
	cell((*seeder).withAccount, sAccount, always("12345"), "error", "LIST-ACCOUNT-SHAPE"),
	cell((*seeder).withAccount, sAccount, always("1.00701E+12"), "error", "LIST-ACCOUNT-SCIENTIFIC"),
	cell((*seeder).withAccount, sHolder, always("NGUOI LA MAT"), "error", "LIST-HOLDER-DIFFERS"),
	cell((*seeder).person, sAmount, always(-500_000), "error", "LIST-AMOUNT-NEGATIVE"),
	cell((*seeder).person, sAmount, always("500000.5"), "error", "LIST-AMOUNT-FRACTION"),
	cell((*seeder).person, sAmount, always("năm trăm nghìn"), "error", "LIST-AMOUNT-SHAPE"),
	cell((*seeder).person, sAmount, always(0), "error", "LIST-AMOUNT-ZERO"),
	unusualLength, veryOld, hiddenRow, nameOnly, wrongPayeeID, payeeWithoutHolder, payeeUnstated,
	idOfAnother, sameRowTwice, twoWays, accountOfTwo, accountOfFour, strayEncoding,
}

// turnedYear changes the year of an id into one that is not the person's.
func turnedYear(right string) any {
	return fmt.Sprintf("%s%02d%s", right[:4], (10*int(right[4]-'0')+int(right[5]-'0')+31)%100, right[6:])
}

func unusualLength(s *seeder) {
	r := s.withAccount()
	r.cells[sBank] = "Agribank chi nhánh Sóc Sơn"
	s.spoil(r, sAccount, text(r.cells[sAccount])[1:], "warning", "LIST-ACCOUNT-LENGTH")
}

func veryOld(s *seeder) {
	r := s.person()
	r.cells[sBirth] = text(r.cells[sBirth])[:6] + "1906"
	id := text(r.cells[sID])
	r.cells[sID] = id[:4] + "06" + id[6:]
	s.say(s.add(r), sBirth, "warning", "LIST-BIRTH-OLD")
}

func hiddenRow(s *seeder) {
	r := s.person()
	r.hidden = true
	s.say(s.add(r), sName, "warning", "LIST-ROW-HIDDEN")
}

func nameOnly(s *seeder) {
	var r seedRow
	r.nobody, r.cells[sName] = true, "Nguyễn Thị Quên"
	s.say(s.add(r), sName, "warning", "LIST-ROW-SKIPPED")
}

// payee makes a row whose account is another person's, with papers.
func (s *seeder) payee() seedRow {
	r := s.withAccount()
	other := inventName(s.rng, true) + " Con"
	r.cells[sPayee] = fmt.Sprintf("%s - 000171%06d", other, 400_000+s.next)
	r.cells[sHolder], r.cells[sNote] = bankName(other), "Giấy ủy quyền số 12"
	return r
}

func wrongPayeeID(s *seeder) {
	r := s.payee()
	s.spoil(r, sPayee, strings.Replace(text(r.cells[sPayee]), "000171", "171", 1), "error", "LIST-PAYEE-ID")
}

func payeeWithoutHolder(s *seeder) { s.spoil(s.payee(), sHolder, "", "error", "LIST-HOLDER-MISSING") }

func payeeUnstated(s *seeder) {
	r := s.payee()
	r.cells[sNote] = ""
	row := s.add(r)
	s.say(row, sHolder, "warning", "LIST-HOLDER-PAYEE")
	s.mend(row, sNote, "Giấy ủy quyền số 12")
}

// idOfAnother gives two people of one birth year and sex the same id.
func idOfAnother(s *seeder) {
	first, second := s.inCash(), s.inCash()
	right := text(first.cells[sID])
	own := fmt.Sprintf("%s%06d", right[:6], 400_000+s.next)
	second.cells[sBirth], second.cells[sSex], second.cells[sID] = first.cells[sBirth], first.cells[sSex], right
	second.cells[sName] = "Phạm " + text(first.cells[sName])
	a, b := s.add(first), s.add(second)
	s.say(a, sID, "error", "LIST-ID-TWICE")
	s.say(b, sID, "error", "LIST-ID-TWICE")
	s.mend(b, sID, own)
}

func sameRowTwice(s *seeder) {
	r := s.person()
	s.add(r)
	s.add(s.person())
	row := s.add(r)
	s.say(row, sCategory, "error", "LIST-ROW-TWICE")
	s.list.Corrections = append(s.list.Corrections, Correction{Row: row})
}

func twoWays(s *seeder) {
	r := s.withAccount()
	s.add(r)
	r.cells[sCategory] = "TET-HN-2026-01 - Người có công"
	r.cells[sAmount] = 2_000_000
	s.spoil(r, sMethod, "Tiền mặt", "error", "LIST-CHANNEL-DIFFERS")
}

// accountOfTwo pays a second person to the first one's account, in a stated
// capacity and without the payee's id.
func accountOfTwo(s *seeder) { s.onOneAccount(1, "warning", "LIST-ACCOUNT-SHARED") }

// accountOfFour is more than a family without papers may be.
func accountOfFour(s *seeder) { s.onOneAccount(3, "error", "LIST-ACCOUNT-MANY") }

func (s *seeder) onOneAccount(others int, severity, code string) {
	first := s.withAccount()
	s.add(first)
	for range others {
		r := s.withAccount()
		own := [3]any{r.cells[sBank], r.cells[sAccount], r.cells[sHolder]}
		r.cells[sBank], r.cells[sAccount], r.cells[sHolder] = first.cells[sBank], first.cells[sAccount], first.cells[sHolder]
		r.cells[sPayee], r.cells[sNote] = first.cells[sName], "Người chăm sóc"
		row := s.add(r)
		s.say(row, sAccount, severity, code)
		for i, column := range []int{sBank, sAccount, sHolder} {
			s.mend(row, column, own[i])
		}
		s.mend(row, sPayee, "")
	}
}

// strayEncoding is one name in TCVN3 in a list of Unicode.
func strayEncoding(s *seeder) {
	r := s.inCash()
	r.cells[sName] = "Trần Đức Nghĩa"
	s.spoil(r, sName, inTCVN3("Trần Đức Nghĩa"), "repair", "LIST-TEXT-SUSPECT")
}

// Part returns a list of the rows from one place up to another, as another
// commune might hand it in. It tells nothing about faults: cut clean lists only.
func (l *SeededList) Part(from, to int) *SeededList {
	part := &SeededList{Sheet: l.Sheet, rows: slices.Clone(l.rows[from:to])}
	for i := range part.rows {
		if !part.rows[i].nobody {
			part.Rows++
			part.rows[i].cells[sNo] = part.Rows
		}
	}
	return part
}
