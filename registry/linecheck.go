package registry

import (
	"errors"
	"regexp"
	"slices"
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
	findings []Finding // of the row in hand
	row      Row
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
	r.readName(&line)
	r.readPerson(&line)
	r.readPhone(&line)
	r.readCategory(&line)
	r.readDecision(&line)
	r.readMethod(&line)
	r.readPayee(&line)
	r.readChannel(&line)
	r.readAmount(&line)
	line.Refused = slices.ContainsFunc(r.findings, func(f Finding) bool { return f.Severity == SeverityError })
	return line, r.findings
}

// find adds a finding about one cell of the row in hand.
func (r *lineReader) find(code Code, c Column, args ...any) {
	r.findings = append(r.findings, r.header.finding(r.sheet, r.row, code, c, args))
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
	return text
}

func (r *lineReader) readName(line *Line) {
	name := strings.Join(strings.Fields(r.text(ColName)), " ")
	line.Name = name
	odd := func(x rune) bool {
		return !unicode.IsLetter(x) && !unicode.Is(unicode.Mn, x) && !strings.ContainsRune(" .'’-", x)
	}
	switch {
	case name == "":
		r.find(NameMissing, ColName)
	case strings.ContainsFunc(name, odd), vntext.FoldTight(name) == "":
		r.find(NameShape, ColName)
	}
}

// readPerson reads birth, sex and id, which vouch for each other.
func (r *lineReader) readPerson(line *Line) {
	birth, ok := parseBirth(r.text(ColBirth), r.date1904)
	switch {
	case !ok:
		r.find(BirthShape, ColBirth)
	case birth.Year == 0:
		r.find(BirthMissing, ColBirth)
	case birth.Year > r.today.Year(), birth.Date.After(r.today):
		r.find(BirthFuture, ColBirth)
		birth = Birth{}
	}
	line.Birth = birth
	if line.Sex, ok = parseSex(r.text(ColSex)); !ok {
		r.find(SexUnknown, ColSex)
	}

	id := cleanID(r.text(ColID))
	if id == "" {
		r.find(IDMissing, ColID)
		return
	}
	if trouble := checkIDShape(id, line.Birth, line.Sex); trouble != nil {
		r.find(trouble.code, ColID, trouble.args...)
		return
	}
	line.ID = crypt.Secret(id)
	if trouble := checkIDPlace(id, r.demo); trouble != nil {
		r.find(trouble.code, ColID, trouble.args...)
		if trouble.code.Severity() == SeverityError {
			return
		}
	}
	if trouble := checkIDPerson(id, line.Birth, line.Sex); trouble != nil {
		r.find(trouble.code, ColID, trouble.args...)
	}
}

// readPhone keeps a number of 10 digits that begins with 0. A wrong phone stops
// no payment, so it is a warning and the number is left out.
func (r *lineReader) readPhone(line *Line) {
	phone := phoneDigits(r.text(ColPhone))
	if phone == "" {
		return
	}
	if !wholePhone(phone) {
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
	text := r.text(ColPayee)
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
	line.PayeeKind = payeeKindOf(line.Payee, line.Contact, line.Note)
}

// readChannel reads bank, account and holder of a row paid to an account. Other
// methods leave those cells alone: the person asked for another way.
func (r *lineReader) readChannel(line *Line) {
	if line.Method != MethodAccount {
		return
	}
	bank := r.readBank(line)
	r.readAccount(line, bank)

	holder := r.text(ColHolder)
	if holder == "" {
		if line.Payee != "" {
			r.find(HolderMissing, ColHolder)
			return
		}
		holder = line.Name
	}
	line.Holder = holder
	switch {
	case line.Name == "" || vntext.SameName(holder, line.Name):
	case line.Payee == "" || !vntext.SameName(holder, line.Payee):
		r.find(HolderDiffers, ColHolder)
	case line.PayeeKind == PayeeUnstated:
		r.find(HolderPayee, ColHolder)
	}
}

func (r *lineReader) readBank(line *Line) Bank {
	text := r.text(ColBank)
	if text == "" {
		r.find(BankMissing, ColBank)
		return Bank{}
	}
	found, certain := FindBank(text)
	switch {
	case len(found) == 0:
		r.find(BankUnknown, ColBank)
		return Bank{}
	case !certain:
		var names []string
		for _, bank := range found {
			names = append(names, bank.Name+" ("+bank.BIN+")")
		}
		r.find(BankShared, ColBank, strings.Join(names, "; "))
		return Bank{}
	case found[0].Demo && !r.demo:
		r.find(BankDemo, ColBank)
		return Bank{}
	}
	line.BankBIN = found[0].BIN
	return found[0]
}

// The length of an account number: NAPAS fields hold up to 19 digits.
const (
	accountLengthMin = 6
	accountLengthMax = 19
)

func (r *lineReader) readAccount(line *Line, bank Bank) {
	account := cleanID(r.text(ColAccount))
	switch {
	case account == "":
		r.find(AccountMissing, ColAccount)
		return
	case isScientific(account):
		r.find(AccountLost, ColAccount)
		return
	case !allDigits(account), len(account) < accountLengthMin, len(account) > accountLengthMax:
		r.find(AccountShape, ColAccount)
		return
	}
	if len(bank.AccountLengths) > 0 && !slices.Contains(bank.AccountLengths, len(account)) {
		r.find(AccountLength, ColAccount, len(account))
	}
	line.Account = crypt.Secret(account)
}

func (r *lineReader) readAmount(line *Line) {
	text := r.text(ColAmount)
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
	line.Amount = amount
}

func allDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
