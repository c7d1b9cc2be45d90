package registry

import (
	"errors"
	"io"
	"slices"

	"ansinh/internal/vntext"
	"ansinh/registry/sheet"
)

// Limits bound what one file may cost. The zero Limits are [DefaultLimits].
type Limits struct {
	BytesMax    int64 // of the file
	ExpandedMax int64 // of everything inside it, unpacked
	RowsMax     int   // rows of people
}

// DefaultLimits fit the largest commune many times over.
var DefaultLimits = Limits{BytesMax: sheet.DefaultLimits.BytesMax, ExpandedMax: sheet.DefaultLimits.ExpandedMax, RowsMax: 100_000}

func (l Limits) orDefault() Limits {
	if l.BytesMax == 0 {
		l.BytesMax = DefaultLimits.BytesMax
	}
	if l.ExpandedMax == 0 {
		l.ExpandedMax = DefaultLimits.ExpandedMax
	}
	if l.RowsMax == 0 {
		l.RowsMax = DefaultLimits.RowsMax
	}
	return l
}

// checkSize refuses what is not worth reading, before it is read.
func checkSize(size int64, limits Limits) error {
	const megabyte = 1 << 20
	switch {
	case size == 0:
		return fileError(FileEmpty, nil)
	case size > limits.BytesMax:
		return fileError(FileLarge, nil, (size+megabyte-1)/megabyte, max(1, limits.BytesMax/megabyte))
	default:
		return nil
	}
}

// openBook opens a list by its content, whatever it is called.
func openBook(r io.ReaderAt, size int64, limits Limits, password string) (*sheet.Book, error) {
	if err := checkSize(size, limits); err != nil {
		return nil, err
	}
	book, err := sheet.Open(r, size, sheet.Options{
		Limits:   sheet.Limits{BytesMax: limits.BytesMax, ExpandedMax: limits.ExpandedMax},
		Password: password,
	})
	if err != nil {
		return nil, fileTrouble(err)
	}
	return book, nil
}

// fileCodes are the codes of what package sheet refuses.
var fileCodes = map[sheet.Why]Code{
	sheet.WhyEmpty: FileEmpty, sheet.WhyLarge: FileLarge, sheet.WhyUnknown: FileUnknown, sheet.WhyFormat: FileFormat,
	sheet.WhyText: FileText, sheet.WhyDamaged: FileDamaged, sheet.WhyExpands: FileExpands, sheet.WhyPassword: FilePassword,
	sheet.WhyPasswordWrong: FilePasswordWrong, sheet.WhyEncryptedXLS: FilePasswordXLS, sheet.WhyLimit: FileLimit,
}

// fileTrouble gives what package sheet refuses its words; other errors stay.
func fileTrouble(err error) error {
	var refused *sheet.FileError
	if !errors.As(err, &refused) {
		return err
	}
	code := fileCodes[refused.Why]
	switch {
	case code == FileDamaged && refused.Where == "":
		return fileError(FileUnknown, err)
	case code == FileDamaged, code == FileLimit && refused.Where != "":
		return fileError(code, err, refused.Where)
	case code == FileLimit:
		return fileError(code, err, "tệp / file")
	default:
		return fileError(code, err, refused.Args...)
	}
}

// Row is one row of a sheet as its cells hold it: numbers and dates as the
// stored digits, not as a format shows them.
type Row struct {
	No     int // as the spreadsheet counts
	Cells  []string
	Fonts  []string     // of each cell, nil in a csv
	Kinds  []sheet.Kind // of each cell
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

// Font returns the font of cell i, or "" beyond the last.
func (r Row) Font(i int) string {
	if i < 0 || i >= len(r.Fonts) {
		return ""
	}
	return r.Fonts[i]
}

// kind returns how cell i is stored, text where nobody knows.
func (r Row) kind(i int) sheet.Kind {
	if i < 0 || i >= len(r.Kinds) {
		return sheet.Text
	}
	return r.Kinds[i]
}

// wholeDigitsMax is how many digits of a number a spreadsheet keeps: an account
// of more, typed into a number cell, has lost the others.
const wholeDigitsMax = 15

// isNumber reports whether cell i is stored as a number, in which a dot or a dash
// is no space between groups of digits.
func (r Row) isNumber(i int) bool { return r.kind(i) == sheet.Number || r.kind(i) == sheet.Date }

// clone keeps a row beyond the next one.
func (r Row) clone() Row {
	r.Cells, r.Fonts, r.Kinds = slices.Clone(r.Cells), slices.Clone(r.Fonts), slices.Clone(r.Kinds)
	return r
}

// sheetRows walks the rows of one sheet. A row is valid until the next.
type sheetRows struct {
	name     string
	date1904 bool
	rows     *sheet.Rows
	row      Row
}

func openSheet(book *sheet.Book, i int) (*sheetRows, error) {
	rows, err := book.Rows(i)
	if err != nil {
		return nil, fileTrouble(err)
	}
	return &sheetRows{name: book.Sheets[i].Name, date1904: book.Date1904, rows: rows}, nil
}

func (s *sheetRows) next() (Row, bool) {
	from, ok := s.rows.Next()
	if !ok {
		return Row{}, false
	}
	s.row.No, s.row.Hidden = from.No, from.Hidden
	s.row.Cells, s.row.Fonts, s.row.Kinds = s.row.Cells[:0], s.row.Fonts[:0], s.row.Kinds[:0]
	for _, cell := range from.Cells {
		s.row.Cells = append(s.row.Cells, cell.Text)
		s.row.Fonts = append(s.row.Fonts, cell.Font)
		s.row.Kinds = append(s.row.Kinds, cell.Kind)
	}
	return s.row, true
}

func (s *sheetRows) err() error { return fileTrouble(s.rows.Err()) }

// sheetNamed finds a sheet by the name a person types.
func sheetNamed(book *sheet.Book, name string) (int, bool) {
	for i, s := range book.Sheets {
		if s.Name == name {
			return i, true
		}
	}
	for i, s := range book.Sheets {
		if vntext.FoldTight(s.Name) == vntext.FoldTight(name) {
			return i, true
		}
	}
	return 0, false
}
