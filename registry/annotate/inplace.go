package annotate

import (
	"fmt"
	"io"
	"slices"

	"github.com/xuri/excelize/v2"

	"ansinh/registry"
	"ansinh/registry/sheet"
)

// inPlace marks the workbook itself.
func (a *annotator) inPlace() (err error) {
	a.file, err = excelize.OpenReader(io.NewSectionReader(a.in.Content, 0, a.in.Size), excelize.Options{Password: a.in.Password,
		UnzipSizeLimit: sheet.DefaultLimits.ExpandedMax, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return err
	}
	if err := a.forget(); err != nil {
		return err
	}
	styles := styleBook{file: a.file, known: map[styleKey]int{}}
	for _, name := range a.file.GetSheetList() {
		report, ok := a.report(name)
		if !ok {
			continue
		}
		if err := a.markSheet(report, &styles); err != nil {
			return err
		}
	}
	return nil
}

// forget removes the marks of an earlier copy: its sheet, its notes with their
// fills, and what its column said.
func (a *annotator) forget() error {
	for _, name := range a.file.GetSheetList() {
		if name == summarySheet {
			if title, err := a.file.GetCellValue(name, "A1"); err == nil && title == summaryTitle {
				if err := a.file.DeleteSheet(name); err != nil {
					return err
				}
				continue
			}
		}
		notes, err := a.file.GetComments(name)
		if err != nil {
			return err
		}
		for _, note := range notes {
			if note.Author != author {
				continue
			}
			if err := a.file.DeleteComment(name, note.Cell); err != nil {
				return err
			}
			if err := a.clearFill(name, note.Cell); err != nil {
				return err
			}
		}
	}
	return nil
}

// clearFill takes the fill of an earlier mark. What fill the cell had before that
// is not known; lists have none.
func (a *annotator) clearFill(name, cell string) error {
	id, err := a.file.GetCellStyle(name, cell)
	if err != nil {
		return err
	}
	style, err := a.file.GetStyle(id)
	if err != nil {
		return err
	}
	style.Fill = excelize.Fill{}
	if id, err = a.file.NewStyle(style); err != nil {
		return err
	}
	return a.file.SetCellStyle(name, cell, cell, id)
}

// markSheet fills cells, writes notes and the column at the end.
func (a *annotator) markSheet(report registry.CheckReport, styles *styleBook) error {
	marks := a.of(report.Sheet)
	for i, m := range marks {
		if m.column != "" {
			if err := styles.fill(m.sheet, m.cell(), m.severity()); err != nil {
				return err
			}
		}
		if i < notesMax {
			if err := a.file.AddComment(m.sheet, comment(m)); err != nil {
				return err
			}
		}
	}
	return a.column(report, marks)
}

// column writes what to do at the end of each marked row.
func (a *annotator) column(report registry.CheckReport, marks []mark) error {
	rows, err := a.file.GetRows(report.Sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		return err
	}
	at, before := 0, false
	for i, row := range rows {
		if i+1 == report.HeaderRow {
			if old := slices.Index(row, toDoHeading); old >= 0 {
				at, before = old, true
				break
			}
		}
		if i+1 >= report.HeaderRow {
			at = max(at, len(row))
		}
	}
	letters := sheet.ColumnLetters(at)
	if before {
		for i := report.HeaderRow; i < len(rows); i++ {
			if at < len(rows[i]) && rows[i][at] != "" {
				if err := a.file.SetCellStr(report.Sheet, fmt.Sprintf("%s%d", letters, i+1), ""); err != nil {
					return err
				}
			}
		}
	} else if err := a.headColumn(report, at); err != nil {
		return err
	}
	for row, of := range byRow(marks) {
		if row <= report.HeaderRow {
			continue // marked on the headings, said in the summary
		}
		if err := a.file.SetCellStr(report.Sheet, fmt.Sprintf("%s%d", letters, row), toDo(of)); err != nil {
			return err
		}
	}
	return nil
}

// headColumn gives the new column its heading, styled as its neighbour.
func (a *annotator) headColumn(report registry.CheckReport, at int) error {
	letters := sheet.ColumnLetters(at)
	cell := fmt.Sprintf("%s%d", letters, report.HeaderRow)
	if err := a.file.SetCellStr(report.Sheet, cell, toDoHeading); err != nil {
		return err
	}
	if at > 0 {
		style, err := a.file.GetCellStyle(report.Sheet, fmt.Sprintf("%s%d", sheet.ColumnLetters(at-1), report.HeaderRow))
		if err != nil {
			return err
		}
		if err := a.file.SetCellStyle(report.Sheet, cell, cell, style); err != nil {
			return err
		}
	}
	return a.file.SetColWidth(report.Sheet, letters, letters, 70)
}

// styleBook makes each style once: a workbook may hold 64,000 only.
type styleBook struct {
	file  *excelize.File
	known map[styleKey]int
}

type styleKey struct {
	base     int
	severity registry.Severity
}

// fill colours a cell and leaves the rest of its style.
func (s *styleBook) fill(name, cell string, severity registry.Severity) error {
	base, err := s.file.GetCellStyle(name, cell)
	if err != nil {
		return err
	}
	key := styleKey{base, severity}
	id, known := s.known[key]
	if !known {
		style, err := s.file.GetStyle(base)
		if err != nil {
			return err
		}
		style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{severities[severity].fill}}
		if id, err = s.file.NewStyle(style); err != nil {
			return err
		}
		s.known[key] = id
	}
	return s.file.SetCellStyle(name, cell, cell, id)
}
