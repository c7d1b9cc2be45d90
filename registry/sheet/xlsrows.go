package sheet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// xlsRowsMax is the height of a sheet of old Excel.
const xlsRowsMax = 1 << 16

// xlsRows walks the rows of one sheet. Cells come row by row, each row's own
// record before them.
type xlsRows struct {
	x          *xls
	b          *biff
	sheet      string
	hide       func(Span)
	hiddenRows []uint64 // a bit each
	tall       []Block

	no int // of the row in hand from 0, -1 before the first
	rowCells
	formula struct { // whose text follows in a record of its own
		column, style int
		open          bool
	}
	held  bool // the record in hand belongs to the next row
	ended bool
	depth int // of charts within the sheet
}

// cellHead is the length of what every cell begins with: row, column, style.
const cellHead = 6

// begin reads up to the first cell, so that hidden columns are known.
func (r *xlsRows) begin() error {
	for {
		err := r.advance()
		if err != nil || r.ended || r.isCell() {
			r.held = true
			return err
		}
		if err := r.other(); err != nil {
			return err
		}
	}
}

// advance moves to the next record of this sheet, or to its end.
func (r *xlsRows) advance() error {
	for {
		err := r.b.next()
		if err == io.EOF {
			return refuse(WhyDamaged, r.sheet, io.ErrUnexpectedEOF)
		}
		if err != nil {
			return err
		}
		switch {
		case r.b.id == recBOF:
			r.depth++
		case r.b.id == recEOF && r.depth > 0:
			r.depth--
		case r.b.id == recEOF:
			r.ended = true
			return nil
		case r.depth == 0:
			return nil
		}
		if r.depth > depthMax {
			return refuse(WhyLimit, r.sheet, nil, "nesting")
		}
	}
}

func (r *xlsRows) isCell() bool {
	switch r.b.id {
	case recFormula, recMulRK, recRString, recLabelSST, recNumber, recLabel, recBoolErr, recRK:
		return true
	default:
		return false
	}
}

// next returns the next row with content.
func (r *xlsRows) next() (Row, error) {
	r.restart()
	r.formula.open = false
	begun := false
	for {
		if !r.held {
			if err := r.advance(); err != nil {
				return Row{}, err
			}
		}
		r.held = false
		if r.ended {
			r.held = true
			if r.filled > 0 {
				return r.row(), nil
			}
			return Row{}, io.EOF
		}
		if !r.isCell() {
			if err := r.other(); err != nil {
				return Row{}, err
			}
			continue
		}
		if len(r.b.data) < cellHead {
			return Row{}, refuse(WhyDamaged, r.place(-1), errRecordShort)
		}
		if no := le16(r.b.data); no != r.no {
			if no < r.no {
				return Row{}, refuse(WhyDamaged, r.place(-1), fmt.Errorf("row %d behind row %d", no+1, r.no+1))
			}
			if begun && r.filled > 0 {
				r.held = true
				return r.row(), nil
			}
			r.no = no
		}
		begun = true
		if err := r.cell(); err != nil {
			return Row{}, err
		}
	}
}

func (r *xlsRows) row() Row {
	return r.rowCells.row(r.no+1, r.hiddenRows[r.no/64]>>(r.no%64)&1 == 1)
}

func (r *xlsRows) place(column int) string {
	cell := strconv.Itoa(r.no + 1)
	if column >= 0 {
		cell = ColumnLetters(column) + cell
	}
	return r.sheet + "!" + cell
}

// other takes the records that are no cells: a row's height, a column's, the
// text of a formula.
func (r *xlsRows) other() error {
	d := r.b.data
	switch r.b.id {
	case recRow:
		const heightZero = 0x20
		if len(d) >= 16 && d[12]&heightZero != 0 {
			no := le16(d)
			r.hiddenRows[no/64] |= 1 << (no % 64)
		}
	case recColInfo:
		if len(d) >= 10 && d[8]&1 != 0 {
			r.hide(Span{First: le16(d), Last: le16(d[2:])})
		}
	case recMergeCells:
		for d = d[min(2, len(d)):]; len(d) >= 8; d = d[8:] {
			keepTall(&r.tall, Block{FirstRow: le16(d) + 1, LastRow: le16(d[2:]) + 1, FirstColumn: le16(d[4:]), LastColumn: le16(d[6:])})
		}
	case recString:
		if !r.formula.open {
			return nil
		}
		r.formula.open = false
		var err error
		if r.x.raw, _, err = r.b.text(r.x.raw[:0], 2); err != nil {
			return err
		}
		return r.put(r.formula.column, textCell(r.x.known.text(r.x.raw), "", r.x.styles.at(r.formula.style)))
	}
	return nil
}

func (r *xlsRows) put(column int, content Cell) error {
	return r.rowCells.put(column, content, r.place)
}

// cell takes the cell record in hand.
func (r *xlsRows) cell() error {
	d := r.b.data
	column, st := le16(d[2:]), r.x.styles.at(le16(d[4:]))
	rest := d[cellHead:]
	r.formula.open = false
	switch r.b.id {
	case recMulRK:
		return r.manyRK(column, d[4:])
	case recLabel, recRString:
		r.b.at = cellHead
		var err error
		if r.x.raw, _, err = r.b.text(r.x.raw[:0], 2); err != nil {
			return err
		}
		return r.put(column, textCell(r.x.known.text(r.x.raw), "", st))
	}
	if len(rest) < valueBytes(r.b.id) {
		return refuse(WhyDamaged, r.place(column), errRecordShort)
	}
	switch r.b.id {
	case recLabelSST:
		return r.sharedText(column, st, int(binary.LittleEndian.Uint32(rest)))
	case recRK:
		return r.putDigits(column, st)(rkDigits(binary.LittleEndian.Uint32(rest)))
	case recNumber:
		return r.putDigits(column, st)(floatDigits(rest[:8]))
	case recBoolErr:
		return r.put(column, boolOrError(rest[0], rest[1] != 0, st))
	default:
		return r.putFormula(column, st, rest)
	}
}

// valueBytes is how long the value of a cell at least is.
func valueBytes(id uint16) int {
	switch id {
	case recLabelSST, recRK:
		return 4
	case recBoolErr:
		return 2
	default:
		return 8
	}
}

func (r *xlsRows) sharedText(column int, st style, n int) error {
	text, font, ok, err := r.x.shared.get(n)
	if err != nil {
		return err
	}
	if !ok {
		return refuse(WhyDamaged, r.place(column), fmt.Errorf("shared text %d of %d", n, r.x.shared.len()))
	}
	return r.put(column, textCell(text, font, st))
}

// putDigits stores a number; one that no person wrote is damage.
func (r *xlsRows) putDigits(column int, st style) func(string, bool) error {
	return func(digits string, ok bool) error {
		if !ok {
			return refuse(WhyDamaged, r.place(column), errors.New("a number beyond all numbers"))
		}
		var c Cell
		c.number(digits, st)
		return r.put(column, c)
	}
}

// manyRK takes numbers that stand side by side: style and number for each, and
// the last column at the end.
func (r *xlsRows) manyRK(column int, pairs []byte) error {
	const pair = 6
	for ; len(pairs) >= pair+2; pairs, column = pairs[pair:], column+1 {
		st := r.x.styles.at(le16(pairs))
		if err := r.putDigits(column, st)(rkDigits(binary.LittleEndian.Uint32(pairs[2:]))); err != nil {
			return err
		}
	}
	return nil
}

// putFormula stores the value that was computed last. A text stands in a record
// of its own.
func (r *xlsRows) putFormula(column int, st style, value []byte) error {
	if value[6] != 0xFF || value[7] != 0xFF {
		return r.putDigits(column, st)(floatDigits(value[:8]))
	}
	switch value[0] {
	case 0:
		r.formula.column, r.formula.style, r.formula.open = column, le16(r.b.data[4:]), true
	case 1, 2:
		return r.put(column, boolOrError(value[2], value[0] == 2, st))
	}
	return nil
}

// errorTexts are the errors a cell shows, by their number.
var errorTexts = map[byte]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}

func boolOrError(value byte, isError bool, st style) Cell {
	if isError {
		text := errorTexts[value]
		if text == "" {
			text = "#ERROR"
		}
		return Cell{Text: text, Kind: Error, Font: st.font}
	}
	if value != 0 {
		return Cell{Text: "TRUE", Kind: Bool, Font: st.font}
	}
	return Cell{Text: "FALSE", Kind: Bool, Font: st.font}
}
