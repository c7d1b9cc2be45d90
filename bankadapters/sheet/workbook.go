package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"ansinh/bankadapters"
	"ansinh/internal/money"
)

const (
	fileBytesMax     = 64 << 20
	unzippedBytesMax = 512 << 20
	rowsMax          = 20_000
)

// table reads the first worksheet of a workbook row by row.
type table struct {
	kind bankadapters.Kind
	book *excelize.File
	rows *excelize.Rows
	row  int
	cell []string
}

// openTable reads the whole file: a workbook's directory stands at its end.
func openTable(source io.Reader, kind bankadapters.Kind) (*table, error) {
	t := &table{kind: kind}
	data, err := io.ReadAll(io.LimitReader(source, fileBytesMax+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", kind, err)
	case len(data) > fileBytesMax:
		return nil, t.file(bankadapters.CodeLimit, "the file is larger than %d bytes", fileBytesMax)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return nil, t.file(bankadapters.CodeSyntax, "the workbook has a password or is in the old .xls format: save it as .xlsx without password")
	case !bytes.HasPrefix(data, []byte("PK")):
		return nil, t.file(bankadapters.CodeSyntax, "the file is not an .xlsx workbook")
	}
	t.book, err = excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: unzippedBytesMax, UnzipXMLSizeLimit: unzippedBytesMax,
	})
	if err != nil {
		return nil, t.file(bankadapters.CodeTruncated, "the workbook cannot be opened, it may be cut off: %v", err)
	}
	if t.rows, err = t.book.Rows(t.book.GetSheetName(0)); err != nil {
		return nil, errors.Join(t.file(bankadapters.CodeSyntax, "its first sheet cannot be read: %v", err), t.book.Close())
	}
	return t, nil
}

func (t *table) close() error { return errors.Join(t.rows.Close(), t.book.Close()) }

// next moves to the next row and reports whether there is one.
func (t *table) next() (bool, error) {
	if !t.rows.Next() {
		if err := t.rows.Error(); err != nil {
			return false, t.file(bankadapters.CodeSyntax, "row %d: %v", t.row+1, err)
		}
		return false, nil
	}
	t.row++
	if t.row > rowsMax {
		return false, t.fail(0, bankadapters.CodeLimit, "more than %d rows", rowsMax)
	}
	var err error
	if t.cell, err = t.rows.Columns(); err != nil {
		return false, t.fail(0, bankadapters.CodeSyntax, "the row cannot be read: %v", err)
	}
	return true, nil
}

// at returns the text of a column of the current row, counted from 0.
func (t *table) at(column int) string {
	if column < 0 || column >= len(t.cell) {
		return ""
	}
	return norm.NFC.String(strings.TrimSpace(t.cell[column]))
}

func (t *table) empty() bool {
	for i := range t.cell {
		if t.at(i) != "" {
			return false
		}
	}
	return true
}

func (t *table) file(code, format string, args ...any) error {
	return &bankadapters.FileError{Kind: t.kind, Code: code, Why: fmt.Sprintf(format, args...)}
}

// fail returns a refusal that names the cell.
func (t *table) fail(column int, code, format string, args ...any) error {
	name, err := excelize.CoordinatesToCellName(column+1, max(t.row, 1))
	if err != nil {
		name = fmt.Sprintf("row %d", t.row)
	}
	return &bankadapters.FileError{Kind: t.kind, Line: t.row, Cell: name, Code: code, Why: fmt.Sprintf(format, args...)}
}

func (t *table) amount(column int) (money.Amount, error) {
	n, err := money.ParseExact(t.at(column))
	if err != nil || n == 0 {
		return 0, t.fail(column, bankadapters.CodeAmount, "%q is no amount in whole đồng above 0", t.at(column))
	}
	return n, nil
}
