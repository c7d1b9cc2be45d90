package annotate

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"ansinh/registry"
	"ansinh/registry/sheet"
)

// rewrite streams every sheet into a new workbook: what is no .xlsx, and what is
// too large to hold. Cells keep their places, kinds and the fonts that tell a
// legacy encoding; decoration is lost.
func (a *annotator) rewrite(book *sheet.Book) error {
	a.file = excelize.NewFile()
	for i, s := range book.Sheets {
		if i == 0 {
			if err := a.file.SetSheetName("Sheet1", s.Name); err != nil {
				return err
			}
		} else if _, err := a.file.NewSheet(s.Name); err != nil {
			return err
		}
		if err := a.stream(book, i); err != nil {
			return err
		}
	}
	for _, s := range book.Sheets {
		if s.Hidden {
			if err := a.file.SetSheetVisible(s.Name, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// widthRows is how many rows decide the widths of columns.
const widthRows = 200

// shape looks at the first rows of a sheet for its widths, and at all for its
// number of columns.
func shape(book *sheet.Book, i int) (widths []int, err error) {
	rows, err := book.Rows(i)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for n := 0; ; n++ {
		row, ok := rows.Next()
		if !ok {
			return widths, rows.Err()
		}
		for c := len(row.Cells) - 1; c >= 0; c-- {
			if row.Cells[c].Text == "" {
				continue
			}
			for len(widths) <= c {
				widths = append(widths, 9)
			}
			if n < widthRows && len(row.Cells) > 3 {
				widths[c] = max(widths[c], min(32, utf8.RuneCountInString(row.Cells[c].Text)+2))
			}
		}
	}
}

func (a *annotator) stream(book *sheet.Book, i int) error {
	name := book.Sheets[i].Name
	widths, err := shape(book, i)
	if err != nil {
		return err
	}
	report, isList := a.report(name)
	marks := a.of(name)
	for n, m := range marks { // before the stream, which keeps what stands on the sheet already
		if n < notesMax {
			if err := a.file.AddComment(name, comment(m)); err != nil {
				return err
			}
		}
	}
	out, err := a.file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	s := streamed{out: out, file: a.file, marks: byRow(marks), styles: map[cellLook]int{}, at: len(widths), date1904: book.Date1904}
	if isList {
		s.header = report.HeaderRow
		widths = append(widths, 70)
	}
	for c, width := range widths {
		if err := out.SetColWidth(c+1, c+1, measure(width)); err != nil {
			return err
		}
	}
	rows, err := book.Rows(i)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		row, ok := rows.Next()
		if !ok {
			break
		}
		if err := s.row(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return out.Flush()
}

// streamed writes the rows of one sheet.
type streamed struct {
	out      *excelize.StreamWriter
	file     *excelize.File
	marks    map[int][]mark
	styles   map[cellLook]int
	header   int // row of the headings; 0 = no list
	at       int // of the column at the end
	date1904 bool
}

// cellLook is all of a cell's look that is kept.
type cellLook struct {
	font     string
	kind     sheet.Kind
	severity registry.Severity // "" = not marked
	heading  bool
}

func (s *streamed) row(row sheet.Row) error {
	here := s.marks[row.No]
	severity := map[string]registry.Severity{}
	for _, m := range here {
		severity[m.column] = m.severity()
	}
	values := make([]any, 0, len(row.Cells)+1)
	for c, cell := range row.Cells {
		look := cellLook{font: cell.Font, kind: cell.Kind, severity: severity[sheet.ColumnLetters(c)], heading: row.No == s.header && s.header > 0}
		style, err := s.style(look)
		if err != nil {
			return err
		}
		values = append(values, excelize.Cell{StyleID: style, Value: s.value(cell)})
	}
	// A marked cell may stand beyond the row's last one.
	for column, sev := range severity {
		c, err := excelize.ColumnNameToNumber(column)
		if err != nil || c <= len(values) {
			continue
		}
		for len(values) < c {
			values = append(values, nil)
		}
		style, err := s.style(cellLook{severity: sev})
		if err != nil {
			return err
		}
		values[c-1] = excelize.Cell{StyleID: style}
	}
	if s.header > 0 && (row.No == s.header || row.No > s.header && len(here) > 0) {
		for len(values) < s.at {
			values = append(values, nil)
		}
		values = values[:s.at]
		if row.No == s.header {
			style, err := s.style(cellLook{heading: true})
			if err != nil {
				return err
			}
			values = append(values, excelize.Cell{StyleID: style, Value: toDoHeading})
		} else {
			values = append(values, toDo(here))
		}
	}
	return s.out.SetRow(fmt.Sprintf("A%d", row.No), values, excelize.RowOpts{Hidden: row.Hidden})
}

// value keeps a whole number a number, unless it has digits a cell would lose;
// everything else stays the text it is.
func (s *streamed) value(cell sheet.Cell) any {
	if cell.Kind != sheet.Number && cell.Kind != sheet.Date {
		return cell.Text
	}
	number, err := strconv.ParseInt(cell.Text, 10, 64)
	if err != nil || strconv.FormatInt(number, 10) != cell.Text || len(cell.Text) > digitsMax {
		return cell.Text
	}
	if cell.Kind == sheet.Date && s.date1904 {
		return number + days1904
	}
	return number
}

// digitsMax is what a number cell keeps; days1904 is what dates counted from 1904
// lack in a workbook that counts from 1900.
const (
	digitsMax = 15
	days1904  = 1462
)

func (s *streamed) style(look cellLook) (int, error) {
	if look.kind != sheet.Date {
		look.kind = sheet.Empty
	}
	if id, known := s.styles[look]; known {
		return id, nil
	}
	style := &excelize.Style{}
	if look.font != "" || look.heading {
		style.Font = &excelize.Font{Family: look.font, Bold: look.heading}
	}
	if look.kind == sheet.Date {
		format := "dd/mm/yyyy"
		style.CustomNumFmt = &format
	}
	if look.heading {
		style.Alignment = &excelize.Alignment{WrapText: true, Vertical: "center", Horizontal: "center"}
	}
	if look.severity != "" {
		style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{severities[look.severity].fill}}
	}
	id, err := s.file.NewStyle(style)
	if err != nil {
		return 0, err
	}
	s.styles[look] = id
	return id, nil
}
