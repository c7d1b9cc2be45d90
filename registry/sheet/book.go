package sheet

import "io"

// Limits bound what one file may cost. A zero field takes the default.
type Limits struct {
	BytesMax    int64 // of the file, and of what a password hides
	ExpandedMax int64 // of everything inside it, unpacked
	MemoryMax   int64 // of shared strings in memory; the rest lies in a temporary file
}

// DefaultLimits fit the largest commune many times over.
var DefaultLimits = Limits{BytesMax: 64 << 20, ExpandedMax: 1 << 30, MemoryMax: 8 << 20}

func (l Limits) orDefault() Limits {
	if l.BytesMax == 0 {
		l.BytesMax = DefaultLimits.BytesMax
	}
	if l.ExpandedMax == 0 {
		l.ExpandedMax = DefaultLimits.ExpandedMax
	}
	if l.MemoryMax == 0 {
		l.MemoryMax = DefaultLimits.MemoryMax
	}
	return l
}

// Options say how a file is opened.
type Options struct {
	Limits   Limits
	Password string // for a file under one; ignored by others
}

// Format is what a file turned out to be.
type Format string

// The formats that are read.
const (
	XLSX Format = "xlsx"
	XLS  Format = "xls"
	CSV  Format = "csv"
)

// Sheet is one sheet of a book, in the book's order.
type Sheet struct {
	Name   string
	Hidden bool
}

// Book is an opened file. One goroutine at a time may use it.
type Book struct {
	Format   Format
	Sheets   []Sheet // those with cells; charts and macros are left out
	Date1904 bool    // serials count from 1904
	source   source
}

// source is one file format. open begins a sheet given by its place in Sheets.
type source interface {
	open(sheet int) (*Rows, error)
	close() error
}

// Rows walks one sheet from the top and leaves out rows without content.
type Rows struct {
	// HiddenColumns are the columns, counted from 0, that the sheet hides.
	HiddenColumns []Span
	tall          *[]Block            // filled by next
	next          func() (Row, error) // io.EOF at the end
	closeAll      func() error
	err           error
}

// Span is a range of columns, both ends included.
type Span struct{ First, Last int }

// Block is cells merged into one: rows as the spreadsheet counts, columns from 0,
// both ends included.
type Block struct{ FirstRow, LastRow, FirstColumn, LastColumn int }

// blocksMax bounds how many merged cells are kept; no list has a tenth of them.
const blocksMax = 1 << 16

// keepTall keeps a block that spans several rows of one column.
func keepTall(blocks *[]Block, b Block) {
	if b.FirstColumn == b.LastColumn && b.FirstRow < b.LastRow && b.FirstRow > 0 && len(*blocks) < blocksMax {
		*blocks = append(*blocks, b)
	}
}

// Tall returns the merged cells that span several rows of one column. A file says
// them behind its rows: they are complete when Next has returned false.
func (r *Rows) Tall() []Block {
	if r.tall == nil {
		return nil
	}
	return *r.tall
}

// Hides reports whether a column is hidden.
func (r *Rows) Hides(column int) bool {
	for _, s := range r.HiddenColumns {
		if s.First <= column && column <= s.Last {
			return true
		}
	}
	return false
}

// Next returns the next row, or false at the end or on an error. The row's cells
// are valid until the next call.
func (r *Rows) Next() (Row, bool) {
	if r.err != nil {
		return Row{}, false
	}
	row, err := r.next()
	if err != nil {
		r.err = err
		return Row{}, false
	}
	return row, true
}

// Err returns what stopped Next before the end, a *FileError unless the disk
// failed; nil at the end.
func (r *Rows) Err() error {
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

// Close frees the sheet. Next returns false after it.
func (r *Rows) Close() error {
	if r.err == nil {
		r.err = io.EOF
	}
	if r.closeAll == nil {
		return nil
	}
	closeAll := r.closeAll
	r.closeAll = nil
	return closeAll()
}

// Rows opens a sheet by its place in Sheets. Close it before the next is opened.
func (b *Book) Rows(sheet int) (*Rows, error) { return b.source.open(sheet) }

// Close frees the book and its temporary files.
func (b *Book) Close() error { return b.source.close() }
