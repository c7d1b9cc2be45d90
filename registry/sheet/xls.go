package sheet

import (
	"encoding/binary"
	"errors"
	"io"
)

// biff8 is the version of the records Excel has written since 1997.
const biff8 = 0x0600

// xls is a workbook of old Excel: one stream of records, first those of all
// sheets, then each sheet's own.
type xls struct {
	stream  recordStream
	limits  Limits
	sheets  []xlsSheet
	styles  styles
	fonts   []string
	formats map[int]string
	shared  *sharedTable
	known   *interner
	raw     []byte
}

// recordStream is where the records are read from.
type recordStream interface {
	io.Reader
	from(offset int64) (io.Reader, error)
}

// xlsSheet is where a sheet begins, and what people call it.
type xlsSheet struct {
	offset int64
	name   string
}

func openXLS(s recordStream, limits Limits) (*Book, error) {
	x := &xls{stream: s, limits: limits, formats: map[int]string{}, shared: newSharedTable(limits.MemoryMax), known: newInterner()}
	book := &Book{Format: XLS, source: x}
	if err := x.readGlobals(book); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return book, nil
}

// readGlobals reads the records before the first sheet.
func (x *xls) readGlobals(book *Book) error {
	b := newBIFF(x.stream, "")
	if err := b.next(); err != nil || b.id != recBOF {
		return damaged("", errors.Join(err, errors.New("no records")))
	}
	if err := checkVersion(b); err != nil {
		return err
	}
	for {
		err := b.next()
		if err == io.EOF {
			return refuse(WhyDamaged, "", io.ErrUnexpectedEOF)
		}
		if err != nil {
			return err
		}
		switch b.id {
		case recEOF:
			if len(x.sheets) == 0 {
				return refuse(WhyDamaged, "", errors.New("the workbook has no sheet"))
			}
			return x.shared.done()
		case recFilePass:
			return refuse(WhyEncryptedXLS, "", nil)
		default:
			if err := x.global(b, book); err != nil {
				return err
			}
		}
	}
}

func checkVersion(b *biff) error {
	version, err := b.uint16()
	if err != nil {
		return err
	}
	if version != biff8 {
		return refuse(WhyFormat, "", nil, oldExcel)
	}
	return nil
}

func (x *xls) global(b *biff, book *Book) error {
	switch b.id {
	case recDateMode:
		mode, err := b.uint16()
		book.Date1904 = mode == 1
		return err
	case recFont:
		return x.readFont(b)
	case recFormat:
		id, err := b.uint16()
		if err != nil {
			return err
		}
		if x.raw, _, err = b.text(x.raw[:0], 2); err == nil && len(x.formats) < stylesMax {
			x.formats[id] = string(x.raw)
		}
		return err
	case recXF:
		return x.readStyle(b)
	case recBoundSheet:
		return x.readSheetName(b, book)
	case recSST:
		return x.readShared(b)
	default:
		return nil
	}
}

func (x *xls) readFont(b *biff) error {
	if err := b.pass(14); err != nil { // size, colour, weight and such
		return err
	}
	var err error
	if x.raw, _, err = b.text(x.raw[:0], 1); err != nil {
		return err
	}
	if len(x.fonts) >= fontsMax {
		return refuse(WhyLimit, "", nil, "styles")
	}
	x.fonts = append(x.fonts, x.known.text(x.raw))
	return nil
}

// font returns the name of font n. There has never been a font 4.
func (x *xls) font(n int) string {
	if n > 4 {
		n--
	}
	if n < 0 || n >= len(x.fonts) {
		return ""
	}
	return x.fonts[n]
}

func (x *xls) readStyle(b *biff) error {
	font, err := b.uint16()
	if err != nil {
		return err
	}
	format, err := b.uint16()
	if err != nil {
		return err
	}
	if len(x.styles) >= stylesMax {
		return refuse(WhyLimit, "", nil, "styles")
	}
	st := style{font: x.font(font), date: builtinDate(format)}
	if code, own := x.formats[format]; own {
		st.date, st.zeros = readFormat(code)
	}
	x.styles = append(x.styles, st)
	return nil
}

func (x *xls) readSheetName(b *biff, book *Book) error {
	offset, err := b.uint32()
	if err != nil {
		return err
	}
	state, err := b.byte()
	if err != nil {
		return err
	}
	kind, err := b.byte()
	if err != nil || kind != 0 { // a chart, a macro sheet
		return err
	}
	if x.raw, _, err = b.text(x.raw[:0], 1); err != nil {
		return err
	}
	if len(x.sheets) == sheetsMax {
		return refuse(WhyLimit, "", nil, "sheets")
	}
	name := valid(string(x.raw))
	x.sheets = append(x.sheets, xlsSheet{offset: offset, name: name})
	book.Sheets = append(book.Sheets, Sheet{Name: name, Hidden: state&3 != 0})
	return nil
}

// readShared reads the texts of all sheets, which go on over many records.
func (x *xls) readShared(b *biff) error {
	if _, err := b.uint32(); err != nil { // how often they are used
		return err
	}
	count, err := b.uint32()
	if err != nil {
		return err
	}
	for range count {
		var font int
		if x.raw, font, err = b.text(x.raw[:0], 2); err != nil {
			return err
		}
		name := ""
		if font >= 0 {
			name = x.font(font)
		}
		if err := x.shared.add(x.raw, name, ""); err != nil {
			return err
		}
	}
	return nil
}

func (x *xls) open(sheet int) (*Rows, error) {
	here := x.sheets[sheet]
	reader, err := x.stream.from(here.offset)
	if err != nil {
		return nil, err
	}
	r := &xlsRows{x: x, b: newBIFF(reader, here.name), sheet: here.name, no: -1, hiddenRows: make([]uint64, xlsRowsMax/64)}
	if err := r.b.next(); err != nil || r.b.id != recBOF {
		return nil, damaged(here.name, errors.Join(err, errors.New("no sheet begins here")))
	}
	if err := checkVersion(r.b); err != nil {
		return nil, err
	}
	rows := &Rows{next: r.next, tall: &r.tall}
	r.hide = func(s Span) { rows.HiddenColumns = append(rows.HiddenColumns, s) }
	return rows, r.begin()
}

func (x *xls) close() error { return x.shared.close() }

func le16(raw []byte) int { return int(binary.LittleEndian.Uint16(raw)) }
