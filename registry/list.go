package registry

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/vntext"
	"ansinh/registry/sheet"
)

// ReadOptions say how a list is read.
type ReadOptions struct {
	// Demo is the mark of the database the list is for: a demo takes invented
	// ids only, any other database none.
	Demo bool
	// Now is when the list is read; births after it are refused.
	Now time.Time
	// Limits bound the file. Zero means DefaultLimits.
	Limits Limits
	// AcceptRepairs takes the values that repairs offer.
	AcceptRepairs bool
	Text          TextOptions
	// Unit is the code of the commune the list is for; "" = not known, and nothing
	// is compared with it.
	Unit string
	// Month is the first day of the month the list is for, by which ages are judged;
	// zero = the month of Now, or the next.
	Month calendar.Date
	// Sheet names the sheet with the list. Empty means the one that has it; more
	// than one is refused with their names.
	Sheet string
	// Password opens a workbook under one.
	Password string
}

// List is a workbook, understood: its rows in order, and all that is wrong.
type List struct {
	Sheet     string
	HeaderRow int
	Lines     []Line
	Findings  []Finding // by row
	header    header
	refused   map[int][]RefusedCell // cells of rows refused at reading, by row
	// Previews show text of a legacy encoding before and after conversion.
	Previews []Preview
	alone    bool // no other visible sheet of the file holds a list
	unheaded int  // of a sheet without headings, the first row that holds an id
	// Skipped counts the rows below the header that are no people.
	Skipped Skipped
	// Changes is what taking the sound rows would change against the month before,
	// set by [Examine]; nil where nothing may be taken or compared.
	Changes *Changes
}

// Skipped counts rows by why they are no people.
type Skipped struct {
	Blank     int // nothing in them
	Numbering int // (1), (2), (3) … and repeated headings
	Totals    int // sums, and sums in words
	Other     int // group titles, signatures
}

// Errors counts the findings that keep something out.
func (l List) Errors() int {
	n := 0
	for _, f := range l.Findings {
		if f.Refuses() {
			n++
		}
	}
	return n
}

// Taken counts the lines without an error.
func (l List) Taken() int { return len(l.Lines) - l.Refused() }

// Refused counts the lines with an error.
func (l List) Refused() int {
	n := 0
	for _, line := range l.Lines {
		if line.Refused {
			n++
		}
	}
	return n
}

// Readable reports whether the rows could be read at all. If not, a finding
// about the file or its header says why, and Lines is empty.
func (l List) Readable() bool {
	return !slices.ContainsFunc(l.Findings, func(f Finding) bool {
		return f.Refuses() && isFileCode(f.Code)
	})
}

func isFileCode(code Code) bool {
	switch code {
	case HeaderNone, HeaderColumn, HeaderTwice, SheetsMany, SheetUnknown, RowsNone, RowsMany, TextLegacy, TextUnread, TextLost, UnitTitle:
		return true
	default:
		return false
	}
}

// ReadList reads a list (.xlsx, .xls or .csv, by its content) and checks
// everything that needs no database. A file that cannot be opened, or not be read
// to its end, is a *FileError; what is wrong inside a file stands in
// List.Findings, all of it.
func ReadList(ctx context.Context, r io.ReaderAt, size int64, options ReadOptions) (List, error) {
	limits := options.Limits.orDefault()
	book, err := openBook(r, size, limits, options.Password)
	if err != nil {
		return List{}, err
	}
	defer book.Close()
	if options.Sheet != "" {
		return readSheet(ctx, book, options, limits)
	}

	var found []List
	var hidden, unread []Finding // sheets that hold people and are not read
	var lost List                // a sheet without headings whose letters are lost
	for i, s := range book.Sheets {
		if s.Hidden {
			holds, err := hasHeader(book, i)
			if err != nil {
				return List{}, err
			}
			if holds {
				hidden = append(hidden, Finding{Code: SheetHidden, Severity: SheetHidden.Severity(), Sheet: s.Name, args: []any{s.Name}})
			}
			continue
		}
		list, err := readRows(ctx, book, i, options, limits)
		if err != nil {
			return List{}, err
		}
		switch {
		case list.HeaderRow > 0:
			found = append(found, list)
		case !list.Readable():
			lost = list
		case list.unheaded > 0:
			unread = append(unread, unreadSheet(list))
		}
	}
	switch {
	case len(found) == 0 && !lost.Readable():
		return lost, nil
	case len(found) == 0 && book.Format == sheet.CSV:
		return List{}, fileError(FileText, nil)
	case len(found) == 0:
		return List{Findings: append(hidden, Finding{Code: HeaderNone, Severity: SeverityError})}, nil
	case len(found) == 1:
		found[0].Findings = slices.Concat(hidden, unread, found[0].Findings)
		found[0].alone = true
		return found[0], nil
	default:
		// Taking one and leaving the other would leave people out in silence.
		names := make([]string, len(found))
		for i, list := range found {
			names[i] = list.Sheet
		}
		return List{Findings: []Finding{{Code: SheetsMany, Severity: SeverityError, args: []any{strings.Join(names, ", ")}}}}, nil
	}
}

// readSheet reads the one sheet a person named.
func readSheet(ctx context.Context, book *sheet.Book, options ReadOptions, limits Limits) (List, error) {
	i, ok := sheetNamed(book, options.Sheet)
	if !ok {
		names := make([]string, len(book.Sheets))
		for i, s := range book.Sheets {
			names[i] = s.Name
		}
		return List{Findings: []Finding{{Code: SheetUnknown, Severity: SeverityError, args: []any{options.Sheet, strings.Join(names, ", ")}}}}, nil
	}
	list, err := readRows(ctx, book, i, options, limits)
	if err != nil {
		return List{}, err
	}
	if list.HeaderRow == 0 {
		list.Findings = []Finding{{Code: HeaderNone, Severity: SeverityError, Sheet: list.Sheet}}
		return list, nil
	}
	others, err := sheetsWithLists(book, i)
	list.alone = len(others) == 0 && !book.Sheets[i].Hidden
	return list, err
}

// SheetsWithLists names the visible sheets of a file that have a row of
// headings, in their order. Its errors are those of ReadList.
func SheetsWithLists(r io.ReaderAt, size int64, options ReadOptions) ([]string, error) {
	book, err := openBook(r, size, options.Limits.orDefault(), options.Password)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	return sheetsWithLists(book, -1)
}

// sheetsWithLists names the visible sheets that hold lists, but for one.
func sheetsWithLists(book *sheet.Book, but int) ([]string, error) {
	var names []string
	for i, s := range book.Sheets {
		if s.Hidden || i == but {
			continue
		}
		holds, err := hasHeader(book, i)
		if err != nil {
			return nil, err
		}
		if holds {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

// hasHeader looks for headings at the top of a sheet.
func hasHeader(book *sheet.Book, i int) (bool, error) {
	rows, err := openSheet(book, i)
	if err != nil {
		return false, err
	}
	defer rows.rows.Close()
	search := headerSearch{sheet: rows.name}
	text := newTextRows(rows, TextOptions{})
	for {
		row, ok := text.next()
		if !ok || row.No > headerRowMax {
			_, _, found := search.end()
			return found, rows.err()
		}
		if search.look(row) != headerNotYet {
			return true, nil
		}
	}
}

// readRows reads one sheet. A sheet without a header is the zero List. Where cells
// of people are merged it is read once more: a file says so behind its rows.
func readRows(ctx context.Context, book *sheet.Book, i int, options ReadOptions, limits Limits) (List, error) {
	list, merged, err := walkRows(ctx, book, i, options, limits, nil)
	if err != nil || len(merged) == 0 {
		return list, err
	}
	list, _, err = walkRows(ctx, book, i, options, limits, merged)
	return list, err
}

// walkRows reads one sheet and says which cells of its people are merged with
// those below them, for a walk that knows.
func walkRows(ctx context.Context, book *sheet.Book, i int, options ReadOptions, limits Limits, merged mergedCells) (List, mergedCells, error) {
	rows, err := openSheet(book, i)
	if err != nil {
		return List{}, nil, err
	}
	defer rows.rows.Close()
	text := newTextRows(rows, options.Text)
	w := rowWalk{list: List{Sheet: rows.name}, limits: limits, hides: rows.rows.Hides, search: headerSearch{sheet: rows.name},
		reader: newLineReader(text, options), merged: merged}
	for !w.done {
		row, ok := text.next()
		if !ok {
			break
		}
		if err := ctx.Err(); err != nil {
			return List{}, nil, err
		}
		w.take(row)
	}
	if err := rows.err(); err != nil {
		return List{}, nil, err
	}
	w.end()
	w.list.addText(text)
	return w.list, mergedIn(w.reader.header, w.list.HeaderRow, rows.rows.Tall()), nil
}

// finish adds what shows only when all rows are there.
func (l *List) finish(h header) {
	if l.HeaderRow == 0 {
		return
	}
	if len(l.Lines) == 0 {
		l.Findings = append(l.Findings, Finding{Code: RowsNone, Severity: SeverityError, Sheet: l.Sheet})
		return
	}
	l.header = h
	address := func(i int, code Code, c Column, args ...any) Finding { return l.about(code, l.Lines[i], c, args) }
	l.Findings = append(l.Findings, checkPairs(l.Lines, address)...)
	l.Findings = append(l.Findings, checkAccounts(l.Lines, address)...)
	l.sortFindings()
}

func (l *List) sortFindings() {
	slices.SortStableFunc(l.Findings, func(a, b Finding) int { return a.Row - b.Row })
}

// about addresses an error found outside its row's own cells.
func (l *List) about(code Code, line Line, c Column, args []any) Finding {
	f := l.header.finding(l.Sheet, Row{No: line.Row}, code, c, args)
	f.Value = line.shown(c)
	return f
}

// at is about for findings of the registry, which all concern the id.
func (l *List) at(code Code, line Line) Finding { return l.about(code, line, ColID, nil) }

// shown returns what a cell held, as far as its line has it.
func (l Line) shown(c Column) string {
	switch c {
	case ColID:
		return l.ID.Reveal() // for the officer's own table; storing masks it
	case ColCategory:
		return l.Category
	case ColAccount:
		return l.Account.Reveal()
	case ColName:
		return l.Name
	case ColMethod:
		return string(l.Method)
	case ColChange:
		return l.Change.VI()
	default:
		if value := l.cells(0)[c]; value != nil {
			return fmt.Sprint(value)
		}
		return ""
	}
}

// rowKind is what a row below the header is.
type rowKind int

const (
	rowPerson rowKind = iota
	rowNameOnly
	rowBlank
	rowNumbering
	rowTotals
	rowSignature
	rowTitle
)

// count adds a row that is no person to its counter. It returns false for the
// kinds its caller still has something to do with.
func (s *Skipped) count(kind rowKind) bool {
	switch kind {
	case rowBlank:
		s.Blank++
		return true
	case rowNumbering:
		s.Numbering++
		return true
	case rowTitle:
		s.Other++
		return true
	case rowTotals:
		s.Totals++
		return false
	case rowSignature, rowNameOnly:
		s.Other++
		return false
	case rowPerson:
		return false
	default:
		return false
	}
}

// signatureWords begin the cells of a signature block, folded.
var signatureWords = []string{
	"nguoi lap", "ke toan", "thu truong", "chu tich", "tm. uy ban", "tm.uy ban", "uy ban nhan dan", "thu quy", "(ky", "ky, ho ten", "ngay thang nam",
}

// classify says what a row below the header is. When in doubt it is a person:
// a wrong finding is seen and mended, a person left out in silence is not.
func (h header) classify(row Row, ended bool) rowKind {
	filled, numbers := 0, 0
	first := ""
	for _, cell := range row.Cells {
		text := strings.TrimSpace(cell)
		if text == "" {
			continue
		}
		if first == "" {
			first = text
		}
		filled++
		if isNumbering(text) {
			numbers++
		}
	}
	if filled == 0 {
		return rowBlank
	}
	// A row with a known category or a serial number is a person whatever words
	// stand in it: Công is a surname, and a remark may begin with "kế toán".
	_, category := h.category(row)
	identified := h.cell(row, ColID) != "" || h.cell(row, ColAccount) != ""
	sure := category || allDigits(h.cell(row, ColNumber)) && h.cell(row, ColName) != ""
	if numbers == filled && filled >= headingsMin {
		return rowNumbering
	}
	if !sure {
		if _, _, again := recognise("", row); again {
			return rowNumbering
		}
	}
	if !sure && !identified {
		switch {
		case isTotals(vntext.Fold(first)):
			return rowTotals
		case h.signs(row):
			return rowSignature
		}
	}
	if ended && !sure && !strings.ContainsAny(h.cell(row, ColID), "0123456789") {
		return rowSignature
	}
	name := h.cell(row, ColName)
	switch {
	case !sure && !identified && h.isSection(row):
		return rowTitle
	case identified, h.cell(row, ColAmount) != "", h.cell(row, ColCategory) != "", allDigits(h.cell(row, ColNumber)) && name != "":
		return rowPerson
	case name != "" && filled == 1:
		return rowNameOnly
	case name != "":
		return rowPerson
	default:
		return rowTitle
	}
}

// sectionWords begin the title of a hamlet's people, in the column of names or of
// numbers.
var sectionWords = regexp.MustCompile(`^(?i:thôn|tổ dân phố|tổ|tdp|khu phố|khu dân cư|khu|khối phố|khối|xóm|ấp|bản|làng|cụm|buôn|sóc)(?:\s|\d)`)

// isSection holds for "I, Thôn 1": a hamlet's name where a person's would stand, and
// beside it at most a number of its own and a sum. A row with more is a person.
func (h header) isSection(row Row) bool {
	title := h.cell(row, ColName)
	if title == "" {
		title = h.cell(row, ColNumber)
	}
	if !sectionWords.MatchString(title) {
		return false
	}
	for i, cell := range row.Cells {
		if strings.TrimSpace(cell) != "" && i != h.at[ColName] && i != h.at[ColNumber] && i != h.at[ColAmount] && i != h.at[ColGroup] {
			return false
		}
	}
	return true
}

// isNumbering holds for (1), [2], 3 and A, B as stand under headings.
func isNumbering(text string) bool {
	text = strings.Trim(text, "()[] ")
	return len(text) <= 2 && (allDigits(text) || len(text) == 1 && text >= "A" && text <= "Z")
}

func isTotals(fold string) bool {
	for _, word := range []string{"tong cong", "tong so", "tong:", "cong:", "cong ", "(bang chu", "bang chu", "so tien bang chu"} {
		if strings.HasPrefix(fold, word) {
			return true
		}
	}
	return fold == "tong" || fold == "cong"
}

// signs reports whether some cell begins a signature block.
func (h header) signs(row Row) bool {
	for _, cell := range row.Cells {
		fold := vntext.Fold(cell)
		for _, word := range signatureWords {
			if strings.HasPrefix(fold, word) {
				return true
			}
		}
	}
	return false
}
