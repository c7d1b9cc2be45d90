package sheet

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The size of a sheet.
const (
	sheetRowsMax    = 1 << 20
	sheetColumnsMax = 1 << 14
)

// xlsxRows walks the rows of one sheet.
type xlsxRows struct {
	x      *xlsx
	s      *xmlScanner
	sheet  string
	no     int // of the row in hand
	hidden bool
	rowCells
	raw  []byte
	tall []Block
}

func (x *xlsx) open(sheet int) (*Rows, error) {
	here := x.sheets[sheet]
	reader, err := x.part(here.part)
	if err != nil {
		return nil, err
	}
	r := &xlsxRows{x: x, s: newXMLScanner(reader, here.name), sheet: here.name}
	hidden, err := r.begin()
	if err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	return &Rows{HiddenColumns: hidden, tall: &r.tall, next: r.next, closeAll: reader.Close}, nil
}

// begin reads what stands before the rows.
func (r *xlsxRows) begin() (hidden []Span, err error) {
	for {
		kind, err := r.s.next()
		if err != nil {
			return nil, err
		}
		if kind == tokenEnd {
			return nil, refuse(WhyDamaged, r.sheet, errors.New("the sheet has no rows element"))
		}
		if kind != tokenOpen {
			continue
		}
		switch string(r.s.name) {
		case "sheetData":
			return hidden, nil
		case "col":
			first, errFirst := strconv.Atoi(r.s.get("min"))
			last, errLast := strconv.Atoi(r.s.get("max"))
			if r.s.is("hidden") && errFirst == nil && errLast == nil && len(hidden) < columnsMax {
				hidden = append(hidden, Span{First: first - 1, Last: last - 1})
			}
		}
	}
}

// next returns the next row with content.
func (r *xlsxRows) next() (Row, error) {
	for {
		kind, err := r.s.next()
		if err != nil {
			return Row{}, err
		}
		switch kind {
		case tokenEnd:
			return Row{}, refuse(WhyDamaged, r.sheet, io.ErrUnexpectedEOF)
		case tokenClose:
			if string(r.s.name) == "sheetData" {
				return Row{}, r.finish()
			}
		case tokenOpen:
			if string(r.s.name) != "row" {
				if err := r.s.skip(); err != nil {
					return Row{}, err
				}
				continue
			}
			if err := r.row(); err != nil {
				return Row{}, err
			}
			if r.filled > 0 {
				return r.rowCells.row(r.no, r.hidden), nil
			}
		}
	}
}

// finish reads what stands behind the rows to the end: merged cells, and so that a
// part that was cut or altered is noticed by its check sum. It returns io.EOF if
// all is well.
func (r *xlsxRows) finish() error {
	for {
		kind, err := r.s.next()
		switch {
		case err != nil:
			return err
		case kind == tokenEnd:
			return io.EOF
		case kind == tokenOpen && string(r.s.name) == "mergeCell":
			if b, ok := blockOf(r.s.get("ref")); ok {
				keepTall(&r.tall, b)
			}
		}
	}
}

// blockOf reads B5:B9.
func blockOf(ref string) (Block, bool) {
	from, to, found := strings.Cut(ref, ":")
	if !found {
		return Block{}, false
	}
	first, okFirst := columnOf([]byte(from))
	last, okLast := columnOf([]byte(to))
	firstRow, errFirst := strconv.Atoi(strings.TrimLeft(from, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	lastRow, errLast := strconv.Atoi(strings.TrimLeft(to, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	return Block{FirstRow: firstRow, LastRow: lastRow, FirstColumn: first, LastColumn: last},
		okFirst && okLast && errFirst == nil && errLast == nil
}

// row reads the row element just opened.
func (r *xlsxRows) row() error {
	no := r.no + 1
	r.hidden = false
	for name, value, rest, ok := attr(r.s.attrs); ok; name, value, rest, ok = attr(rest) {
		switch string(name) {
		case "r":
			n, ok := digits(value)
			if !ok {
				return refuse(WhyDamaged, r.place(-1), fmt.Errorf("row number %.20q", value))
			}
			no = n
		case "hidden":
			r.hidden = isTrue(value)
		}
	}
	if no <= r.no || no > sheetRowsMax {
		return refuse(WhyDamaged, r.place(-1), fmt.Errorf("row %d after row %d", no, r.no))
	}
	r.no = no
	r.restart()
	next := 0 // the column of a cell that does not say where it is
	for {
		kind, err := r.s.next()
		switch {
		case err != nil:
			return err
		case kind == tokenEnd:
			return refuse(WhyDamaged, r.place(-1), io.ErrUnexpectedEOF)
		case kind == tokenClose:
			return nil
		case kind != tokenOpen:
			continue
		case string(r.s.name) != "c":
			err = r.s.skip()
		default:
			next, err = r.cell(next)
		}
		if err != nil {
			return err
		}
	}
}

// place names a cell for people; column -1 is the whole row.
func (r *xlsxRows) place(column int) string {
	cell := strconv.Itoa(r.no)
	if column >= 0 {
		cell = ColumnLetters(column) + cell
	}
	return r.sheet + "!" + cell
}

// cell reads the cell element just opened and returns the column behind it.
func (r *xlsxRows) cell(column int) (int, error) {
	kind, st := byte('n'), r.x.styles.at(0) // which a cell has that names none
	for name, value, rest, ok := attr(r.s.attrs); ok; name, value, rest, ok = attr(rest) {
		switch string(name) {
		case "r":
			if column, ok = columnOf(value); !ok {
				return 0, refuse(WhyDamaged, r.place(-1), fmt.Errorf("cell %.20q", value))
			}
		case "s":
			if n, ok := digits(value); ok {
				st = r.x.styles.at(n)
			}
		case "t":
			kind = kindOf(value)
		}
	}
	var content Cell
	for {
		token, err := r.s.next()
		switch {
		case err != nil:
			return 0, err
		case token == tokenEnd:
			return 0, refuse(WhyDamaged, r.place(column), io.ErrUnexpectedEOF)
		case token == tokenClose:
			return column + 1, r.put(column, content, r.place)
		case token != tokenOpen:
			continue
		}
		switch string(r.s.name) {
		case "v":
			content, err = r.value(kind, st)
		case "is":
			var font string
			r.raw, font, err = r.x.richText(r.s, r.raw[:0])
			content = textCell(r.x.known.text(r.raw), font, st)
		default: // a formula; its value stands in v
			err = r.s.skip()
		}
		if err != nil {
			return 0, err
		}
	}
}

// value reads the v element just opened.
func (r *xlsxRows) value(kind byte, st style) (Cell, error) {
	var err error
	if r.raw, err = r.s.content(r.raw[:0], cellBytesMax); err != nil {
		return Cell{}, err
	}
	switch kind {
	case 's':
		n, ok := digits(trimSpace(r.raw))
		if !ok || r.x.shared == nil {
			return Cell{}, refuse(WhyDamaged, r.place(-1), fmt.Errorf("shared text %.20q", r.raw))
		}
		text, font, ok, err := r.x.shared.get(n)
		if err != nil {
			return Cell{}, err
		}
		if !ok {
			return Cell{}, refuse(WhyDamaged, r.place(-1), fmt.Errorf("shared text %d of %d", n, r.x.shared.len()))
		}
		return textCell(text, font, st), nil
	case 't':
		r.raw = unescapeX(r.raw)
		return textCell(r.x.known.text(r.raw), "", st), nil
	case 'd': // as ISO 8601 writes it; the time of day is nobody's birth
		day, _, _ := strings.Cut(string(trimSpace(r.raw)), "T")
		return textCell(valid(day), "", st), nil
	case 'b':
		text := "FALSE"
		if isTrue(trimSpace(r.raw)) {
			text = "TRUE"
		}
		return Cell{Text: text, Kind: Bool, Font: st.font}, nil
	case 'e':
		return Cell{Text: r.x.known.text(r.raw), Kind: Error, Font: st.font}, nil
	default:
		var c Cell
		c.number(r.x.known.text(trimSpace(r.raw)), st)
		return c, nil
	}
}

// kindOf makes one letter of a cell's type: n(umber), s(hared), t(ext), b, e, d.
func kindOf(value []byte) byte {
	switch string(value) {
	case "s", "b", "e", "d":
		return value[0]
	case "str", "inlineStr":
		return 't'
	default:
		return 'n'
	}
}

func textCell(text, font string, st style) Cell {
	if text == "" {
		return Cell{}
	}
	if font == "" {
		font = st.font
	}
	return Cell{Text: text, Kind: Text, Font: font}
}

// digits reads a small whole number without sign.
func digits(value []byte) (int, bool) {
	if len(value) == 0 || len(value) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// columnOf reads the column of a reference such as AB12, counted from 0.
func columnOf(reference []byte) (int, bool) {
	n := 0
	for i, c := range reference {
		switch {
		case c >= 'A' && c <= 'Z':
			n = 26*n + int(c-'A') + 1
		case c >= 'a' && c <= 'z':
			n = 26*n + int(c-'a') + 1
		default:
			return n - 1, i > 0 && c >= '0' && c <= '9'
		}
		if n > sheetColumnsMax {
			return 0, false
		}
	}
	return 0, false
}

func trimSpace(raw []byte) []byte {
	for len(raw) > 0 && raw[0] <= ' ' {
		raw = raw[1:]
	}
	for len(raw) > 0 && raw[len(raw)-1] <= ' ' {
		raw = raw[:len(raw)-1]
	}
	return raw
}
