package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/vntext"
)

// changeList is a change list held against the month before. Of its rows those
// marked Tăng and Đổi are staged as rows of any list are; the people of the month
// before whom it does not end or replace are carried into it afterwards, so that
// what it became is a whole list, and everything that reads lists need not know.
type changeList struct {
	stage     *stage
	month     calendar.Date // the month before that counts
	base      []baseRow
	byID      map[string][]int
	byName    map[string][]int
	named     []int // row of the file that names a base row, 0 = none
	lines     []Line
	findings  []Finding
	list      List
	ended     []endedRow
	rowsEnded int // the highest row of the file
}

// baseRow is a right of the month before.
type baseRow struct {
	List           int64
	Row            int
	Person         int64
	Category       string
	Name, NameFold string
	BirthDate      *calendar.Date
	BirthYear      int
	IDIndex        []byte
	Payee          string
	PayeeIndex     []byte
	Amount         int64
	Method         Method
	BankBIN        string
	AccountIndex   []byte
	Holder         string
	Died           string // as people write it, "" = nobody recorded a death
	DiedBefore     bool   // before the month of the list: nothing is due any more

	Precision      Precision
	Sex            Sex
	PhoneIndex     []byte
	Contact        string
	Group, Address string
	DecisionNo     string
	DecisionDate   *calendar.Date
	Note           string
}

// endedRow is a base row that ends with this list, or gives way to a row of it.
type endedRow struct {
	base  baseRow
	line  Line
	gives bool // to the line's row, if that is taken
}

const sqlEarlierLists = `
SELECT max(l.month) FILTER (WHERE l.month < @month::date), coalesce(max(l.id) FILTER (WHERE l.month = @month::date), 0)
  FROM registry.list l
 WHERE l.programme = @programme AND l.unit_code = @unit AND l.unit_valid_from = @unit_from AND l.id < @list`

const sqlBaseRows = `
SELECT b.list, b.row_no, b.person, b.category, p.name, p.name_fold, p.birth_date, coalesce(p.birth_year, 0), p.id_index,
       w.payee_name, w.payee_id_index, coalesce(w.stated_amount, 0), coalesce(c.method, w.method), coalesce(c.bank_bin, ''),
       c.account_index, coalesce(c.holder, ''), coalesce(to_char(d.died_on, 'DD/MM/YYYY'), ''), coalesce(d.died_on < @month::date, false),
       p.birth_precision, p.sex, p.phone_index, w.contact, p.residential_group, p.address, w.decision_no, w.decision_date, w.note
  FROM registry.standing_list(@programme, @unit, @unit_from, @base, @list) b
  JOIN registry.list_row w ON w.list = b.list AND w.row_no = b.row_no
  JOIN registry.person p ON p.id = b.person
  LEFT JOIN registry.channel c ON c.person = b.person AND c.rank = 1
  LEFT JOIN registry.death_now d ON d.person = b.person
 ORDER BY b.list, b.row_no`

// readChanges holds a change list against the month before. It is nil for a whole
// list, and with findings of the whole file nothing may be taken.
func (im *importer) readChanges(ctx context.Context, s *stage, list List) (*changeList, error) {
	if !list.IsChangeList() || im.options.Month.IsZero() && list.marked() == 0 {
		return nil, nil
	}
	c := &changeList{stage: s, list: list, lines: slices.Clone(list.Lines)}
	if im.options.Month.IsZero() {
		c.whole(ChangeOnce)
		return c, nil
	}
	var month *calendar.Date
	var taken int64
	args := im.changeArgs(s)
	if err := s.tx.QueryRow(ctx, sqlEarlierLists, args).Scan(&month, &taken); err != nil {
		return nil, fmt.Errorf("look for the month before list %d: %w", s.list, err)
	}
	switch {
	case taken != 0:
		c.whole(ChangeMonth, taken)
		return c, nil
	case month == nil:
		c.whole(ChangeBase)
		return c, nil
	}
	c.month, args["base"] = *month, *month
	rows, _ := s.tx.Query(ctx, sqlBaseRows, args)
	var err error
	if c.base, err = pgx.CollectRows(rows, pgx.RowToStructByPos[baseRow]); err != nil {
		return nil, fmt.Errorf("people of the month before list %d: %w", s.list, err)
	}
	c.index()
	c.hold(im.options.AcceptRepairs)
	return c, nil
}

func (im *importer) changeArgs(s *stage) pgx.NamedArgs {
	args := s.args()
	args["programme"], args["month"] = im.options.Programme, im.options.Month
	return args
}

// index makes the people of the month before findable: by id, and without one by
// name.
func (c *changeList) index() {
	c.byID, c.byName = make(map[string][]int), make(map[string][]int)
	c.named = make([]int, len(c.base))
	for i, b := range c.base {
		if b.IDIndex != nil {
			c.byID[string(b.IDIndex)] = append(c.byID[string(b.IDIndex)], i)
		}
		c.byName[b.NameFold] = append(c.byName[b.NameFold], i)
	}
}

// whole adds a finding about the whole file.
func (c *changeList) whole(code Code, args ...any) {
	c.findings = append(c.findings, Finding{Code: code, Severity: code.Severity(), Sheet: c.list.Sheet, args: args})
}

func (c *changeList) find(line Line, code Code, column Column, args ...any) {
	c.findings = append(c.findings, c.list.about(code, line, column, args))
}

// hold finds each row's place in the month before, and what is wrong with it.
func (c *changeList) hold(acceptRepairs bool) {
	unmarked, held := false, 0
	for i := range c.lines {
		line := &c.lines[i]
		c.rowsEnded = max(c.rowsEnded, line.Row)
		unclear := line.Refused && (line.Change == ChangeRemoved || c.unclearMark(line.Row))
		unmarked = unmarked || line.Change == ChangeNone && !c.unclearMark(line.Row)
		before := len(c.findings)
		if line.Refused {
			c.nameRefused(*line)
		} else {
			c.judge(line, acceptRepairs)
		}
		refused := slices.ContainsFunc(c.findings[before:], Finding.Refuses)
		if unclear || refused && line.Change == ChangeRemoved {
			held++
		}
		line.Refused = line.Refused || refused
	}
	if unmarked {
		c.absent()
	}
	if held > 0 {
		c.whole(ChangeHeld, held)
	}
}

// unclearMark reports whether a row's mark could not be read: it may have been one
// that ends a right.
func (c *changeList) unclearMark(row int) bool {
	return slices.ContainsFunc(c.list.Findings, func(f Finding) bool {
		return f.Row == row && (f.Code == ChangeUnknown || f.Code == ChangeNear) && f.Refuses()
	})
}

// judge holds one sound row against the month before.
func (c *changeList) judge(line *Line, acceptRepairs bool) {
	rows := c.rowsOf(*line)
	at, same := -1, -1
	for _, i := range rows {
		if c.base[i].Category == line.Category {
			same = i
		}
	}
	if at = same; at < 0 && len(rows) == 1 && (line.Category == "" || line.Change != ChangeRemoved) {
		at = rows[0]
	}
	switch {
	case line.Change == ChangeAdded && same >= 0:
		c.find(*line, ChangeKnown, ColChange, c.base[same].List, c.base[same].Row)
		c.there(*line, same)
		return
	case line.Change == ChangeAdded:
		return
	case at < 0 && len(rows) > 1:
		c.find(*line, ChangeWhich, ColCategory, strings.Join(c.categories(rows), ", "))
		c.there(*line, rows...)
		return
	case at < 0 && line.Change == ChangeNone:
		c.find(*line, ChangeNew, ColChange)
		return
	case at < 0:
		c.find(*line, ChangeStranger, ColChange, line.Change.VI())
		return
	case c.named[at] != 0:
		c.find(*line, RowTwice, ColCategory, c.named[at])
		return
	}
	c.named[at] = line.Row
	base := c.base[at]
	if line.Change == ChangeNone {
		c.unmarked(line, base, acceptRepairs)
	}
	if line.Change != ChangeRemoved {
		c.otherBirth(*line, base)
	}
	if line.Change != ChangeNone {
		c.ended = append(c.ended, endedRow{base: base, line: *line, gives: line.Change == ChangeChanged})
	}
}

// there notes that a wrong row is about these rights: their person is in the file.
func (c *changeList) there(line Line, rows ...int) {
	for _, i := range rows {
		if c.named[i] == 0 {
			c.named[i] = line.Row
		}
	}
}

// unmarked refuses a row that says of the money something else than before: taken
// for unchanged, the correction would be lost in silence.
func (c *changeList) unmarked(line *Line, base baseRow, acceptRepairs bool) {
	if base.DiedBefore {
		c.find(*line, PersonDead, ColName, base.Died)
		return
	}
	differs := c.differences(*line, base)
	if len(differs) == 0 {
		c.ignored(*line, base)
		return
	}
	f := c.list.about(ChangeUnmarked, *line, ColChange, []any{strings.Join(differs, ", ")})
	f.Proposed, f.Accepted = ChangeChanged.VI(), acceptRepairs
	c.findings = append(c.findings, f)
	if f.Accepted {
		line.Change = ChangeChanged
	}
}

// differences names the columns in which a row follows the money elsewhere.
func (c *changeList) differences(line Line, base baseRow) []string {
	keys := c.stage.keys
	index := func(kind crypt.FieldKind, value crypt.Secret) string {
		if value == "" {
			return ""
		}
		return string(keys.Index(kind, value))
	}
	var columns []string
	for _, d := range []struct {
		column Column
		same   bool
	}{
		{ColName, vntext.SameName(line.Name, base.Name)},
		{ColCategory, line.Category == base.Category},
		{ColMethod, line.Method == base.Method},
		{ColBank, line.BankBIN == base.BankBIN},
		{ColAccount, index(crypt.FieldAccount, line.Account) == string(base.AccountIndex)},
		{ColHolder, line.Method != MethodAccount || vntext.SameName(line.Holder, base.Holder)},
		{ColPayee, vntext.Fold(line.Payee) == vntext.Fold(base.Payee) && index(crypt.FieldID, line.PayeeID) == string(base.PayeeIndex)},
		{ColAmount, int64(line.Amount) == base.Amount},
	} {
		if !d.same {
			columns = append(columns, d.column.Title())
		}
	}
	return columns
}

// rowsOf are the rights of a row's person in the month before: of the id, with the
// name if one is given; without an id those of the one person without id who has
// this name and can have been born then.
func (c *changeList) rowsOf(line Line) []int {
	if line.ID != "" {
		rows := c.byID[string(c.stage.keys.Index(crypt.FieldID, line.ID))]
		if len(rows) > 0 && line.Name != "" && line.Change == ChangeRemoved && !vntext.SameName(line.Name, c.base[rows[0]].Name) {
			return nil
		}
		return rows
	}
	return c.namesakes(line, false)
}

// namesakes are the rights of the one person a name and birth can mean, or none.
func (c *changeList) namesakes(line Line, withID bool) []int {
	var rows []int
	for _, i := range c.byName[line.nameFold()] {
		b := c.base[i]
		switch {
		case b.IDIndex != nil && !withID,
			line.Birth.Year != 0 && b.BirthYear != 0 && line.Birth.Year != b.BirthYear,
			!line.Birth.Date.IsZero() && b.BirthDate != nil && line.Birth.precision() == PrecisionDay && line.Birth.Date != *b.BirthDate:
			continue
		case len(rows) > 0 && c.base[rows[0]].Person != b.Person:
			return nil
		}
		rows = append(rows, i)
	}
	return rows
}

// nameRefused notes whom a refused row is about, as well as it can be told: its
// person is in the file, and wrong, and stays as before.
func (c *changeList) nameRefused(line Line) {
	rows := c.rowsOf(line)
	if len(rows) == 0 {
		rows = c.namesakes(line, true)
	}
	for _, i := range rows {
		if c.named[i] == 0 && (len(rows) == 1 || line.Category == "" || c.base[i].Category == line.Category) {
			c.named[i] = line.Row
		}
	}
}

// absentShown is how many of the absent are named.
const absentShown = 5

// absent refuses a full list in which people of the month before are missing: a
// deleted row drops nobody. The dead are in no template; whoever died in the month
// of the list is carried, for the month is due.
func (c *changeList) absent() {
	var names []string
	n := 0
	for i, b := range c.base {
		if c.named[i] != 0 || b.Died != "" {
			continue
		}
		if n++; n <= absentShown {
			names = append(names, fmt.Sprintf("%s (%d)", b.Name, b.BirthYear))
		}
	}
	if n > absentShown {
		names = append(names, "…")
	}
	if n > 0 {
		c.whole(ChangeAbsent, n, strings.Join(names, ", "))
	}
}

func (c *changeList) categories(rows []int) []string {
	codes := make([]string, len(rows))
	for i, row := range rows {
		codes[i] = c.base[row].Category
	}
	return codes
}

// refuses reports whether nothing of the file may be taken, whatever is accepted.
func (c *changeList) refuses() bool { return slices.ContainsFunc(c.findings, wholeFile) }

// wholeFile holds for a finding that keeps out the file, not a row.
func wholeFile(f Finding) bool { return f.Refuses() && f.Row == 0 }

// staged are the rows that go the way of every list, of those that were read.
func (c *changeList) staged(in intake) intake {
	rows := intake{List: in.List}
	rows.Lines = nil
	for i, line := range c.lines {
		if line.Change == ChangeAdded || line.Change == ChangeChanged {
			rows.Lines, rows.closed = append(rows.Lines, line), append(rows.closed, in.closed[i])
		}
	}
	return rows
}

// dropped counts the rows that were sound by themselves and are refused here.
func (c *changeList) dropped() int {
	n := 0
	for i, line := range c.lines {
		if line.Refused && !c.list.Lines[i].Refused {
			n++
		}
	}
	return n
}
