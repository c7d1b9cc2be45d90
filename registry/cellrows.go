package registry

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// Row is one row of a sheet as its cells hold it: numbers and dates as the
// stored digits, not as a format shows them.
type Row struct {
	No     int // as the spreadsheet counts
	Cells  []string
	Fonts  []string // of the cells; nil where the file names none
	Hidden bool
}

// font returns the font of cell i, or "".
func (r Row) font(i int) string {
	if i < 0 || i >= len(r.Fonts) {
		return ""
	}
	return r.Fonts[i]
}

// Cell returns cell i, or "" beyond the last.
func (r Row) Cell(i int) string {
	if i < 0 || i >= len(r.Cells) {
		return ""
	}
	return r.Cells[i]
}

// Rows walks one sheet from the top. It is all the intake knows of a file
// format: another reader only has to walk cells.
type Rows interface {
	// Sheet names the sheet in findings.
	Sheet() string
	// Date1904 reports whether date serials count from 1904.
	Date1904() bool
	// Next returns the next row, or false at the end or on an error.
	Next() (Row, bool)
	// Err returns what stopped Next before the end.
	Err() error
	// Close frees the sheet.
	Close() error
}

// workbook is an opened .xlsx.
type workbook struct {
	file     *excelize.File
	date1904 bool
}

// openWorkbook opens a file that sniff let pass.
func openWorkbook(r io.ReaderAt, size int64, limits Limits) (*workbook, error) {
	file, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{
		RawCellValue:      true,
		UnzipSizeLimit:    limits.ExpandedMax,
		UnzipXMLSizeLimit: min(16<<20, limits.ExpandedMax), // larger sheets go through a temporary file
	})
	if err != nil {
		return nil, fileError(FileUnknown, err)
	}
	props, err := file.GetWorkbookProps()
	if err != nil {
		return nil, fileError(FileUnknown, err)
	}
	return &workbook{file: file, date1904: props.Date1904 != nil && *props.Date1904}, nil
}

// sheets names the sheets a person sees.
func (w *workbook) sheets() []string {
	var visible []string
	for _, name := range w.file.GetSheetList() {
		if shown, err := w.file.GetSheetVisible(name); err == nil && shown {
			visible = append(visible, name)
		}
	}
	return visible
}

func (w *workbook) rows(sheet string) (Rows, error) {
	rows, err := w.file.Rows(sheet)
	if err != nil {
		return nil, fileError(FileUnknown, fmt.Errorf("sheet %s: %w", sheet, err))
	}
	return &sheetRows{rows: rows, sheet: sheet, date1904: w.date1904}, nil
}

func (w *workbook) close() error { return w.file.Close() }

// sheetRows is excelize's iterator with raw values.
type sheetRows struct {
	rows     *excelize.Rows
	sheet    string
	date1904 bool
	no       int
	err      error
}

func (s *sheetRows) Sheet() string  { return s.sheet }
func (s *sheetRows) Date1904() bool { return s.date1904 }
func (s *sheetRows) Err() error     { return s.err }
func (s *sheetRows) Close() error   { return s.rows.Close() }

func (s *sheetRows) Next() (Row, bool) {
	if s.err != nil || !s.rows.Next() {
		if err := s.rows.Error(); err != nil && s.err == nil {
			s.err = fileError(FileUnknown, err)
		}
		return Row{}, false
	}
	s.no++
	hidden := s.rows.GetRowOpts().Hidden
	cells, err := s.rows.Columns(excelize.Options{RawCellValue: true})
	if err != nil {
		s.err = fileError(FileUnknown, fmt.Errorf("row %d: %w", s.no, err))
		return Row{}, false
	}
	return Row{No: s.no, Cells: cells, Hidden: hidden}, true
}
