package reports

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
)

// workbook is one file under construction.
type workbook struct {
	file   *excelize.File
	styles styles
	demo   bool
	footer string // right part: what ties a printed page to the ledger
}

// newWorkbook makes a workbook with the named sheets, in this order. They are
// written later in any order, so that a cover can carry sums of what was
// written. Times in its properties are those of the report, so that the same
// input gives the same bytes.
func newWorkbook(names []string, title, creator string, now time.Time, demo bool, footer string) (*workbook, error) {
	f := excelize.NewFile()
	b := &workbook{file: f, demo: demo, footer: footer}
	stamp := now.UTC().Format(time.RFC3339)
	yes := true
	steps := []func() error{
		func() error { return f.SetDefaultFont(fontName) },
		func() error { return f.SetSheetName("Sheet1", names[0]) },
		func() error {
			return f.SetDocProps(&excelize.DocProperties{Title: title, Creator: creator, LastModifiedBy: creator, Created: stamp, Modified: stamp, Language: "vi-VN"})
		},
		func() error { return f.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &yes}) },
		func() error { return f.ProtectWorkbook(&excelize.WorkbookProtectionOptions{LockStructure: true}) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, fmt.Errorf("new workbook: %w", err)
		}
	}
	for _, name := range names[1:] {
		if _, err := f.NewSheet(name); err != nil {
			return nil, fmt.Errorf("new sheet %s: %w", name, err)
		}
	}
	// Before the first row: it looks at every sheet, and would read back whole ones.
	f.SetActiveSheet(0)
	var err error
	b.styles, err = newStyles(f)
	return b, err
}

// sheetLayout is everything about a sheet that must be known before its first
// row.
type sheetLayout struct {
	name      string
	widths    []float64
	portrait  bool
	onePage   bool // all of it on one page
	tabColor  string
	frozen    int    // rows kept on screen and repeated in print
	frozenKey int    // columns kept on screen
	printed   int    // columns that are printed, from the left; 0 means all
	filter    string // range of the filter with its header row, or ""
	rules     []rule
}

// rule is a conditional format: the word in the cell carries the meaning, the
// color supports it. At most three a sheet.
type rule struct {
	cells   string
	formula string
	style   int
}

// sheet is written row by row and never held in memory.
type sheet struct {
	book   *workbook
	layout sheetLayout
	stream *excelize.StreamWriter
	row    int // last row written
}

// newDetailSheet opens a sheet for streaming. It owns the order of excelize's
// calls, which matters and is nowhere written down: the filter replaces the
// sheet's properties, so it comes first; properties are lost after the stream
// writer is made; page setup, footer, conditional formats and protection are
// lost after Flush; panes and widths belong to the stream writer and come before
// the first row.
func (b *workbook) newDetailSheet(l sheetLayout) (*sheet, error) {
	f, s := b.file, &sheet{book: b, layout: l}
	steps := []func() error{
		func() error {
			if l.filter == "" {
				return nil
			}
			return f.AutoFilter(l.name, l.filter, nil)
		},
		func() error { return f.SetSheetProps(l.name, b.props(l)) },
		func() error {
			return f.SetSheetView(l.name, 0, &excelize.ViewOptions{ShowGridLines: pointer(false), ZoomScale: pointer(100.0)})
		},
		func() error { return f.SetPageLayout(l.name, b.page(l)) },
		func() error { return f.SetPageMargins(l.name, b.margins(l)) },
		func() error { return f.SetHeaderFooter(l.name, b.headerFooter()) },
		func() error { return b.conditions(l) },
		func() error { return f.ProtectSheet(l.name, protection()) },
		func() error { return b.printTitles(l) },
		func() (err error) { s.stream, err = f.NewStreamWriter(l.name); return err },
		func() error { return s.panes() },
		func() error {
			for i, width := range l.widths {
				if err := s.stream.SetColWidth(i+1, i+1, width); err != nil {
					return err
				}
			}
			return nil
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, fmt.Errorf("sheet %s: %w", l.name, err)
		}
	}
	return s, nil
}

func (b *workbook) props(l sheetLayout) *excelize.SheetPropsOptions {
	return &excelize.SheetPropsOptions{FitToPage: pointer(true), TabColorRGB: pointer(l.tabColor)}
}

// widthMax is how wide a sheet may be for A4: beyond, print would be too small
// to read, and it goes on A3.
const widthMax = 200

func (l sheetLayout) wide() bool {
	var total float64
	for _, w := range l.widths[:l.columns()] {
		total += w
	}
	return total > widthMax
}

// columns is how many columns are printed.
func (l sheetLayout) columns() int {
	if l.printed > 0 {
		return l.printed
	}
	return len(l.widths)
}

// page is A4, or A3 for a wide table; one page wide and any number high.
func (b *workbook) page(l sheetLayout) *excelize.PageLayoutOptions {
	direction := "landscape"
	if l.portrait {
		direction = "portrait"
	}
	size := 9
	if l.wide() {
		size = 8
	}
	high := 0 // any number of pages
	if l.onePage {
		high = 1
	}
	return &excelize.PageLayoutOptions{Size: &size, Orientation: &direction, FitToWidth: pointer(1), FitToHeight: &high}
}

// margins are those of Decree 30: left 30 mm on a portrait page that is bound.
func (b *workbook) margins(l sheetLayout) *excelize.PageLayoutMarginsOptions {
	left := 0.59
	if l.portrait {
		left = 1.18
	}
	return &excelize.PageLayoutMarginsOptions{Top: pointer(0.79), Bottom: pointer(0.79), Left: &left, Right: pointer(0.59),
		Header: pointer(0.39), Footer: pointer(0.39), Horizontally: pointer(true)}
}

func (b *workbook) headerFooter() *excelize.HeaderFooterOptions {
	font := `&"` + fontName + `,Regular"&9`
	h := &excelize.HeaderFooterOptions{OddFooter: "&L" + font + "&F · &A&C" + font + words.page.vi + " &P/&N&R" + font + " " + b.footer}
	if b.demo {
		h.OddHeader = `&C&"` + fontName + `,Bold"&11 ` + words.demo.vi
	}
	return h
}

func (b *workbook) conditions(l sheetLayout) error {
	if len(l.rules) > 3 {
		return fmt.Errorf("%d conditional formats, at most three", len(l.rules))
	}
	var order []string
	byCells := map[string][]excelize.ConditionalFormatOptions{}
	for _, r := range l.rules {
		if byCells[r.cells] == nil {
			order = append(order, r.cells)
		}
		byCells[r.cells] = append(byCells[r.cells], excelize.ConditionalFormatOptions{Type: "formula", Criteria: r.formula, Format: &r.style})
	}
	for _, cells := range order {
		if err := b.file.SetConditionalFormat(l.name, cells, byCells[cells]); err != nil {
			return err
		}
	}
	return nil
}

// protection locks every cell against slips and leaves the filter.
func protection() *excelize.SheetProtectionOptions {
	return &excelize.SheetProtectionOptions{AutoFilter: true, Sort: true, FormatColumns: true, FormatRows: true, SelectLockedCells: true, SelectUnlockedCells: true}
}

func (b *workbook) printTitles(l sheetLayout) error {
	if l.frozen == 0 {
		return nil
	}
	return b.define("_xlnm.Print_Titles", l.name, fmt.Sprintf("'%s'!$1:$%d", l.name, l.frozen))
}

// define gives cells a name: of the workbook, or of one sheet for the names
// that Excel reserves.
func (b *workbook) define(name, scope, cells string) error {
	d := &excelize.DefinedName{Name: name, RefersTo: cells}
	if strings.HasPrefix(name, "_xlnm.") {
		d.Scope = scope
	}
	if err := b.file.SetDefinedName(d); err != nil {
		return fmt.Errorf("name %s: %w", name, err)
	}
	return nil
}

func (s *sheet) panes() error {
	l := s.layout
	if l.frozen == 0 {
		return nil
	}
	pane := "bottomRight"
	if l.frozenKey == 0 {
		pane = "bottomLeft"
	}
	return s.stream.SetPanes(&excelize.Panes{Freeze: true, XSplit: l.frozenKey, YSplit: l.frozen, TopLeftCell: cell(l.frozenKey+1, l.frozen+1), ActivePane: pane})
}

// put writes the next row. Height 0 leaves it to the program that shows it.
func (s *sheet) put(height float64, cells ...any) error {
	s.row++
	if err := s.stream.SetRow(cell(1, s.row), cells, excelize.RowOpts{Height: height}); err != nil {
		return fmt.Errorf("sheet %s row %d: %w", s.layout.name, s.row, err)
	}
	return nil
}

// span merges columns from to to of the row just written.
func (s *sheet) span(from, to int) error {
	return s.stream.MergeCell(cell(from, s.row), cell(to, s.row))
}

// line writes a row of one text over all columns.
func (s *sheet) line(height float64, style int, text string) error {
	row := make([]any, s.layout.columns())
	for i := range row {
		row[i] = excelize.Cell{StyleID: style}
	}
	row[0] = excelize.Cell{StyleID: style, Value: text}
	if err := s.put(height, row...); err != nil {
		return err
	}
	return s.span(1, len(row))
}

// heading writes the rows every data sheet begins with: the mark or the batch,
// the title, the English title and the unit of the figures ("" for none).
func (s *sheet) heading(batch string, title word, unit string) error {
	mark := s.book.banner(batch)
	for _, r := range []struct {
		height float64
		style  int
		text   string
	}{{18, s.book.styles.banner, mark}, {21, s.book.styles.title, title.vi}, {15, s.book.styles.small, strings.Trim(title.en+" · "+unit, " ·")}} {
		if err := s.line(r.height, r.style, r.text); err != nil {
			return err
		}
	}
	return nil
}

// banner is the first row of every sheet.
func (b *workbook) banner(batch string) string {
	if b.demo {
		return words.demo.both()
	}
	return batch
}

// headers writes the two heading rows of a table.
func (s *sheet) headers(height float64, columns []column) error {
	vi, en := make([]any, len(columns)), make([]any, len(columns))
	for i, c := range columns {
		vi[i], en[i] = excelize.Cell{StyleID: s.book.styles.header, Value: c.name.vi}, excelize.Cell{StyleID: s.book.styles.headerEN, Value: c.name.en}
	}
	if err := s.put(height, vi...); err != nil {
		return err
	}
	return s.put(max(height*0.6, 16), en...)
}

// done ends the sheet and sets what is printed: all that was written.
func (s *sheet) done() error {
	area := fmt.Sprintf("'%s'!$A$1:$%s$%d", s.layout.name, letter(s.layout.columns()), s.row)
	if err := s.book.define("_xlnm.Print_Area", s.layout.name, area); err != nil {
		return err
	}
	if err := s.stream.Flush(); err != nil {
		return fmt.Errorf("sheet %s: %w", s.layout.name, err)
	}
	return nil
}

// column is one column of a table.
type column struct {
	name  word
	width float64
	note  word // what the notes sheet says of it
}

func widths(columns []column) []float64 {
	out := make([]float64, len(columns))
	for i, c := range columns {
		out[i] = c.width
	}
	return out
}

// cell is a reference such as B7.
func cell(column, row int) string { return fmt.Sprintf("%s%d", letter(column), row) }

// absolute is a reference to part of a column, such as 'Chi tiết'!$H$7:$H$90.
func absolute(sheet string, column, from, to int) string {
	c := letter(column)
	return fmt.Sprintf("'%s'!$%s$%d:$%s$%d", sheet, c, from, c, max(from, to))
}

func letter(column int) string {
	name, err := excelize.ColumnNumberToName(column)
	if err != nil {
		panic(fmt.Sprintf("reports: column %d: %v", column, err)) // our own number
	}
	return name
}

// at is a plain cell.
func at(style int, value any) excelize.Cell { return excelize.Cell{StyleID: style, Value: value} }

// formula is a cell with a formula and the value it has now, which programs
// show that do not calculate.
func formula(style int, text string, value any) excelize.Cell {
	return excelize.Cell{StyleID: style, Formula: text, Value: value}
}

// day is a date cell, empty without a day.
func day(style int, d calendar.Date) excelize.Cell {
	if d.IsZero() {
		return excelize.Cell{StyleID: style}
	}
	return excelize.Cell{StyleID: style, Value: time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)}
}

// tall is the height of a row whose text of the given size stands in columns of
// that width together. Merged and streamed rows do not grow by themselves. A unit
// of width holds about one letter of 12 points; words that wrap whole waste some.
func tall(text string, width, size float64) float64 {
	lines := 0
	for part := range strings.SplitSeq(text, "\n") {
		lines += 1 + int(float64(utf8.RuneCountInString(part))/(width*12.4/size))
	}
	return float64(lines)*(size*1.28) + 3
}

func pointer[T any](v T) *T { return &v }
