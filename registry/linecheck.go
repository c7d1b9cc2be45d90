package registry

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/vntext"
	"ansinh/registry/sheet"
)

// lineReader turns rows under a header into lines. Every check of one row
// stands in this file; those between rows in pair.go.
type lineReader struct {
	header   header
	sheet    string
	date1904 bool
	demo     bool
	today    calendar.Date
	month    calendar.Date // of the list, zero where it is for no month
	unit     string        // code of the commune, or ""
	accept   bool          // the values that repairs offer are taken
	findings []Finding     // of the row in hand
	row      Row
	rows     *textRows
	order    birthOrder // of all rows read
}

func newLineReader(rows *textRows, options ReadOptions) lineReader {
	return lineReader{sheet: rows.name, date1904: rows.date1904, demo: options.Demo, today: calendar.DateOf(options.Now),
		month: options.Month, unit: options.Unit, accept: options.AcceptRepairs, rows: rows}
}

// read understands one row. Its findings name every fault of the row, not only
// the first, so that an officer corrects once.
func (r *lineReader) read(row Row) (Line, []Finding) {
	r.row, r.findings = row, nil
	line := Line{
		Row:     row.No,
		Contact: r.text(ColContact),
		Group:   r.text(ColGroup),
		Address: r.text(ColAddress),
		Note:    r.text(ColNote),
	}
	if row.Hidden {
		r.find(RowHidden, ColName)
	}
	r.readChange(&line)
	if line.Change == ChangeRemoved {
		r.readRemoved(&line)
		line.Refused = slices.ContainsFunc(r.findings, Finding.Refuses)
		return line, r.findings
	}
	r.checkAddress(&line)
	r.readName(&line)
	r.readPerson(&line)
	r.readPhone(&line)
	r.readCategory(&line)
	r.readDecision(&line)
	r.readMethod(&line)
	r.readPayee(&line)
	r.readChannel(&line)
	r.readAmount(&line)
	r.checkNote(&line)
	line.Refused = slices.ContainsFunc(r.findings, Finding.Refuses)
	return line, r.findings
}

// find adds a finding about one cell of the row in hand.
func (r *lineReader) find(code Code, c Column, args ...any) {
	r.findings = append(r.findings, r.header.finding(r.sheet, r.row, code, c, args))
}

// offer adds a finding that proposes a value, and reports whether it is to be
// taken: only a repair is, and only when the person accepts repairs.
func (r *lineReader) offer(proposed string, code Code, c Column, args ...any) bool {
	f := r.header.finding(r.sheet, r.row, code, c, args)
	f.Proposed, f.Accepted = proposed, r.accept && f.Severity == SeverityRepair
	r.findings = append(r.findings, f)
	return f.Accepted
}

// finding addresses a cell of the row; for a column the list does not have, the
// row.
func (h header) finding(sheetName string, row Row, code Code, c Column, args []any) Finding {
	f := Finding{Code: code, Severity: code.Severity(), Sheet: sheetName, Row: row.No, Heading: c.Title(),
		Value: h.cell(row, c), args: args, masked: columnSpecs[c].masked}
	if h.has(c) {
		f.Column = columnLetters(h.at[c])
		f.Heading = h.headings[h.at[c]]
	}
	return f
}

// text returns a cell and refuses what no cell of a list holds.
func (r *lineReader) text(c Column) string {
	text := r.header.cell(r.row, c)
	if r.row.kind(r.header.at[c]) == sheet.Error {
		r.find(CellError, c)
		return ""
	}
	control := strings.ContainsFunc(text, func(x rune) bool { return unicode.IsControl(x) && !unicode.IsSpace(x) })
	if control || utf8.RuneCountInString(text) > cellRunesMax || !utf8.ValidString(text) {
		r.find(CellLong, c, cellRunesMax)
		return ""
	}
	if vntext.MayBeLegacy(text) {
		return r.legacy(c, text)
	}
	return text
}

// readPerson reads birth, sex and id, which vouch for each other.
func (r *lineReader) readPerson(line *Line) {
	r.readBirth(line)
	sex, known := parseSex(r.text(ColSex))
	line.Sex = sex
	if !known {
		r.find(SexUnknown, ColSex)
	}
	id := r.readID(line)
	switch {
	case id == "":
		if line.Birth.Year == 0 && !r.found(ColBirth) {
			r.find(BirthMissing, ColBirth)
		}
		return
	case line.Birth.Year == 0 && !r.found(ColBirth):
		// Offered, never filled in: the id of whoever came to fetch the money is a
		// common mistake.
		r.offer(strconv.Itoa(idBirthYear(id)), BirthMissing, ColBirth)
	}
	if known && sex == "" && r.header.has(ColSex) {
		r.offer(idSex(id).vi(), SexMissing, ColSex, idSex(id).vi())
	}
}

// oldAge is an age that is possible and nearly always a slip or a death unknown.
const oldAge = 110

func (r *lineReader) readBirth(line *Line) {
	text := plainBirth(r.text(ColBirth))
	birth, ok := parseBirth(text, r.date1904)
	if ok {
		r.order.note(r.row.No, text, birth)
	} else {
		birth, ok = r.monthFirst(text)
	}
	switch {
	case !ok:
		r.find(BirthShape, ColBirth)
	case birth.Year > r.today.Year(), birth.Date.After(r.today):
		r.find(BirthFuture, ColBirth)
		birth = Birth{}
	case birth.Year != 0 && r.today.Year()-birth.Year > oldAge:
		r.find(BirthOld, ColBirth, r.today.Year()-birth.Year)
	}
	line.Birth = birth
}

// found reports whether the row in hand has a finding about a column.
func (r *lineReader) found(c Column) bool {
	return r.header.has(c) && slices.ContainsFunc(r.findings, func(f Finding) bool { return f.Column == columnLetters(r.header.at[c]) })
}

// digits returns a cell without what people put between groups of digits. In a
// number a dot or a dash is none of that: it stays, and the cell is refused.
func (r *lineReader) digits(c Column) string {
	text := r.value(c)
	if r.row.isNumber(r.header.at[c]) {
		return text
	}
	return cleanID(text)
}

// readID returns the row's 12 digits, or "" where there are none.
func (r *lineReader) readID(line *Line) string {
	id := r.digits(ColID)
	if id == "" {
		r.find(IDMissing, ColID)
		return ""
	}
	if trouble := checkIDShape(id, line.Birth, line.Sex); trouble != nil {
		if !r.offer(trouble.proposed, trouble.code, ColID, trouble.args...) {
			return ""
		}
		id = trouble.proposed
	}
	line.ID = crypt.Secret(id)
	if trouble := checkIDPlace(id, r.demo); trouble != nil {
		r.find(trouble.code, ColID, trouble.args...)
		if trouble.code.Severity() == SeverityError {
			return id
		}
	}
	if trouble := checkIDPerson(id, line.Birth, line.Sex); trouble != nil {
		r.find(trouble.code, ColID, trouble.args...)
	}
	return id
}

// readPhone keeps a number of 10 digits that begins with 0. A wrong phone stops
// no payment, so it is a warning and the number is left out.
func (r *lineReader) readPhone(line *Line) {
	phone := phoneDigits(r.value(ColPhone))
	if phone == "" {
		return
	}
	if now, old := renumbered(phone); old {
		r.offer(now, PhoneOld, ColPhone)
		return
	}
	if !wholePhone(phone) || !r.demo && !dialled(phone) {
		r.find(PhoneShape, ColPhone)
		return
	}
	line.Phone = crypt.Secret(phone)
}

func (r *lineReader) readCategory(line *Line) {
	text := r.text(ColCategory)
	if text == "" {
		r.find(CategoryMissing, ColCategory)
		return
	}
	code, ok := r.header.category(r.row)
	if !ok {
		r.find(CategoryUnknown, ColCategory)
		return
	}
	line.Category = code
	r.checkAge(line)
}

var categoryIndex = sync.OnceValue(func() map[string]string {
	index := make(map[string]string)
	names := make(map[string]int)
	for _, c := range categories() {
		index[vntext.FoldTight(c.Code)] = c.Code
		names[vntext.FoldTight(c.NameVI)]++
	}
	for _, c := range categories() {
		// A name that two categories share finds neither.
		if name := vntext.FoldTight(c.NameVI); names[name] == 1 {
			index[name] = c.Code
		}
	}
	return index
})

// decisionDate finds the date after the number: "10/QĐ-UBND ngày 15/01/2025".
var decisionDate = regexp.MustCompile(`(?i)[\s,;-]*(?:ngày|ngay|ngµy)\s*([0-9]{1,2}\s*[/.-]\s*[0-9]{1,2}\s*[/.-]\s*[0-9]{4})\s*$`)

func (r *lineReader) readDecision(line *Line) {
	text := r.text(ColDecision)
	line.DecisionNo = text
	place := decisionDate.FindStringSubmatchIndex(text)
	if place == nil {
		return
	}
	date, err := calendar.ParseVietnamese(strings.ReplaceAll(text[place[2]:place[3]], " ", ""))
	if err != nil {
		r.find(DecisionDate, ColDecision)
		return
	}
	line.DecisionNo, line.DecisionDate = strings.TrimSpace(text[:place[0]]), date
}

func (r *lineReader) readMethod(line *Line) {
	text := r.text(ColMethod)
	if text == "" {
		r.find(MethodMissing, ColMethod)
		return
	}
	method, ok := methodWords[vntext.FoldTight(text)]
	if !ok {
		r.find(MethodUnknown, ColMethod)
		return
	}
	line.Method = method
}

// payeeNumber finds the id after a payee's name.
var payeeNumber = regexp.MustCompile(`^(.*?)[\s,;:(–-]+([0-9][0-9 .]*)\)?$`)

func (r *lineReader) readPayee(line *Line) {
	text := r.value(ColPayee)
	as := line.Contact
	if parts := relation.FindStringSubmatch(text); parts != nil {
		text, as = parts[1], as+" ("+parts[2]
	}
	line.Payee = strings.Join(strings.Fields(text), " ")
	if parts := payeeNumber.FindStringSubmatch(text); parts != nil {
		id := cleanID(parts[2])
		line.Payee = strings.Join(strings.Fields(parts[1]), " ")
		trouble := checkIDShape(id, Birth{}, "")
		if trouble == nil {
			trouble = checkIDPlace(id, r.demo)
		}
		switch {
		case trouble == nil || trouble.code == IDProvince:
			line.PayeeID = crypt.Secret(id)
		default:
			r.find(PayeeID, ColPayee)
		}
	}
	if relationWords[vntext.FoldTight(line.Payee)] || isDitto(line.Payee) {
		r.find(PayeeName, ColPayee)
	}
	line.PayeeKind = payeeKindOf(line.Payee, as, line.Note)
}

func (r *lineReader) readAmount(line *Line) {
	text := moneySuffix.ReplaceAllString(r.text(ColAmount), "")
	if text == "" {
		return
	}
	amount, err := money.Parse(text)
	var problem *money.ParseError
	if errors.As(err, &problem) {
		switch problem.Problem {
		case money.Negative:
			r.find(AmountNegative, ColAmount)
		case money.Fraction:
			r.find(AmountFraction, ColAmount)
		default:
			r.find(AmountShape, ColAmount)
		}
		return
	}
	if amount == 0 {
		r.find(AmountZero, ColAmount)
		return
	}
	if amount < amountUsual {
		r.find(AmountSmall, ColAmount)
	}
	line.Amount = amount
}

// amountUsual is less than anybody is paid: below it stands an amount in thousands.
const amountUsual money.Amount = 10_000

func allDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
