package annotate

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"ansinh/internal/vntext"
	"ansinh/registry"
	"ansinh/registry/sheet"
)

// Input is a file and what checking its lists has shown.
type Input struct {
	Name     string // for people
	Content  io.ReaderAt
	Size     int64
	Password string // of the file, and then of its copy
	// Reports are of the lists in the file, one unless it was read sheet by sheet.
	Reports []registry.CheckReport
	Demo    bool // the copy says DỮ LIỆU GIẢ LẬP
	At      time.Time
}

// Suffix ends the name of a copy.
const Suffix = "-đã-kiểm"

// IsCopy reports whether a file's name is that of a copy.
func IsCopy(name string) bool { return strings.Contains(vntext.NFC(name), Suffix) }

// CopyName names the copy of a file: a.xls becomes a-đã-kiểm.xlsx. The copy of a
// copy takes its place.
func CopyName(path string) string {
	ext := filepath.Ext(path)
	base := strings.TrimSuffix(path, ext)
	if !strings.EqualFold(ext, ".xlsm") {
		ext = ".xlsx"
	}
	if IsCopy(filepath.Base(path)) {
		return base + ext
	}
	return base + Suffix + ext
}

// rowsInPlace and bytesInPlace are the most that is edited in place, which holds
// the workbook in memory. Larger lists are streamed and lose their decoration.
const (
	rowsInPlace  = 20_000
	bytesInPlace = 8 << 20
)

// Write writes the annotated copy of a file. Its errors are those of opening the
// file, which a check would have met before.
func Write(w io.Writer, in Input) error {
	book, err := sheet.Open(in.Content, in.Size, sheet.Options{Password: in.Password})
	if err != nil {
		return fmt.Errorf("annotate %s: %w", in.Name, err)
	}
	defer book.Close()
	a := annotator{in: in, marks: marksOf(in.Reports)}
	if book.Format == sheet.XLSX && in.Size <= bytesInPlace && a.rows() <= rowsInPlace {
		err = a.inPlace()
	} else {
		a.rewritten = true
		err = a.rewrite(book)
	}
	if a.file != nil {
		defer a.file.Close()
	}
	if err == nil {
		err = a.summary()
	}
	if err == nil {
		err = a.file.Write(w, excelize.Options{Password: in.Password})
	}
	if err != nil {
		return fmt.Errorf("annotate %s: %w", in.Name, err)
	}
	return nil
}

// annotator is one copy being made.
type annotator struct {
	in        Input
	file      *excelize.File
	marks     []mark // by sheet, row and column
	rewritten bool
}

func (a *annotator) rows() (n int) {
	for _, r := range a.in.Reports {
		n += r.Rows
	}
	return n
}

// mark is what must be said of one cell, of one row, or of the whole file.
type mark struct {
	sheet    string
	row      int    // 0 = the whole file
	column   string // letters, "" = the whole row
	findings []registry.Finding
}

func (m mark) cell() string {
	if m.column == "" {
		return fmt.Sprintf("A%d", m.row)
	}
	return fmt.Sprintf("%s%d", m.column, m.row)
}

// severity is the gravest of its findings.
func (m mark) severity() registry.Severity {
	worst := registry.SeverityWarning
	for _, f := range m.findings {
		if f.Severity == registry.SeverityError || worst == registry.SeverityWarning {
			worst = f.Severity
		}
	}
	return worst
}

// marksOf gathers the findings by cell. An accepted repair is done with.
func marksOf(reports []registry.CheckReport) []mark {
	var marks []mark
	at := map[string]int{}
	for _, r := range reports {
		for _, f := range r.Findings {
			if f.Accepted {
				continue
			}
			name := f.Sheet
			if name == "" {
				name = r.Sheet
			}
			key := fmt.Sprintf("%s!%s%d", name, f.Column, f.Row)
			i, known := at[key]
			if !known {
				i = len(marks)
				at[key] = i
				marks = append(marks, mark{sheet: name, row: f.Row, column: f.Column})
			}
			marks[i].findings = append(marks[i].findings, f)
		}
	}
	slices.SortStableFunc(marks, func(x, y mark) int {
		return cmp.Or(strings.Compare(x.sheet, y.sheet), cmp.Compare(x.row, y.row), cmp.Compare(len(x.column), len(y.column)), strings.Compare(x.column, y.column))
	})
	return marks
}

// of returns the marks of one sheet's rows.
func (a *annotator) of(sheetName string) []mark {
	var list []mark
	for _, m := range a.marks {
		if m.sheet == sheetName && m.row > 0 {
			list = append(list, m)
		}
	}
	return list
}

// report returns what is known of the list on a sheet.
func (a *annotator) report(sheetName string) (registry.CheckReport, bool) {
	for _, r := range a.in.Reports {
		if r.Sheet == sheetName && r.HeaderRow > 0 {
			return r, true
		}
	}
	return registry.CheckReport{}, false
}

// The words and colours of the severities. The word carries the meaning.
var severities = map[registry.Severity]struct{ vi, en, fill string }{
	registry.SeverityError:   {"LỖI", "error", "FFC7CE"},
	registry.SeverityRepair:  {"ĐỀ NGHỊ SỬA", "correction offered", "DDEBF7"},
	registry.SeverityWarning: {"LƯU Ý", "please look", "FFF2CC"},
}

// noteOf is the text beside a marked cell: Vietnamese first, then English.
func noteOf(m mark) string {
	var vi, en strings.Builder
	for _, f := range m.findings {
		reason, reasonEN := f.Reason()
		remedy, remedyEN := f.Remedy()
		s := severities[f.Severity]
		fmt.Fprintf(&vi, "%s: %s. %s.", s.vi, reason, remedy)
		fmt.Fprintf(&en, "%s: %s. %s.", s.en, reasonEN, remedyEN)
		if f.Proposed != "" {
			fmt.Fprintf(&vi, " Đề nghị: %s.", f.Proposed)
			fmt.Fprintf(&en, " Offered: %s.", f.Proposed)
		}
		fmt.Fprintf(&vi, " (%s)\n", f.Code)
		en.WriteByte('\n')
	}
	return vi.String() + "\n" + strings.TrimRight(en.String(), "\n")
}

// toDo is what the column "Cần sửa" says of a row: every mark of it, in Vietnamese.
func toDo(marks []mark) string {
	var parts []string
	for _, m := range marks {
		for _, f := range m.findings {
			reason, _ := f.Reason()
			remedy, _ := f.Remedy()
			place := "cả dòng"
			if m.column != "" {
				place = "ô " + m.cell()
			}
			text := fmt.Sprintf("%s, %s: %s. %s.", severities[f.Severity].vi, place, reason, remedy)
			if f.Proposed != "" {
				text += " Đề nghị: " + f.Proposed + "."
			}
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " | ")
}

// byRow groups the marks of a sheet, which are in order.
func byRow(marks []mark) map[int][]mark {
	rows := map[int][]mark{}
	for _, m := range marks {
		rows[m.row] = append(rows[m.row], m)
	}
	return rows
}

// The column at the end of a list, and who signs the notes.
const (
	toDoHeading = "Cần sửa"
	author      = "An Sinh"
	notesMax    = 5_000 // beyond it the column says what notes would
)

// comment is the note of a marked cell, sized to its text.
func comment(m mark) excelize.Comment {
	text := noteOf(m)
	lines := len([]rune(text))/45 + strings.Count(text, "\n") + 1
	return excelize.Comment{Author: author, Cell: m.cell(), Width: 340, Height: uint(24 + 17*lines),
		Paragraph: []excelize.RichTextRun{{Text: text, Font: &excelize.Font{Family: "Times New Roman", Size: 10}}}}
}
