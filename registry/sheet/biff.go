package sheet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// The records of BIFF8 that matter to a list. All others are passed over.
const (
	recFormula    = 0x0006
	recEOF        = 0x000A
	recDateMode   = 0x0022
	recFilePass   = 0x002F
	recFont       = 0x0031
	recContinue   = 0x003C
	recColInfo    = 0x007D
	recBoundSheet = 0x0085
	recMulRK      = 0x00BD
	recRString    = 0x00D6
	recXF         = 0x00E0
	recMergeCells = 0x00E5
	recSST        = 0x00FC
	recLabelSST   = 0x00FD
	recNumber     = 0x0203
	recLabel      = 0x0204
	recBoolErr    = 0x0205
	recString     = 0x0207
	recRow        = 0x0208
	recRK         = 0x027E
	recFormat     = 0x041E
	recBOF        = 0x0809
)

var errRecordShort = errors.New("a record shorter than what it holds")

// biff walks the records of an .xls stream: id, length, that many bytes.
type biff struct {
	reader *bufio.Reader
	where  string
	id     uint16
	data   []byte // of the record in hand
	at     int    // what of it is used, by take and chars

	ahead     bool // the next record's head was read
	aheadID   uint16
	aheadSize int
	units     []uint16
}

func newBIFF(r io.Reader, where string) *biff {
	return &biff{reader: bufio.NewReaderSize(r, 64<<10), where: where}
}

// peek reads the head of the next record. io.EOF means that there is none.
func (b *biff) peek() error {
	if b.ahead {
		return nil
	}
	var head [4]byte
	if _, err := io.ReadFull(b.reader, head[:]); err != nil {
		if err == io.EOF {
			return io.EOF
		}
		return damaged(b.where, err)
	}
	b.aheadID, b.aheadSize = binary.LittleEndian.Uint16(head[:]), int(binary.LittleEndian.Uint16(head[2:]))
	b.ahead = true
	return nil
}

// next moves to the next record.
func (b *biff) next() error {
	if err := b.peek(); err != nil {
		return err
	}
	b.ahead = false
	if cap(b.data) < b.aheadSize {
		b.data = make([]byte, b.aheadSize)
	}
	b.id, b.data, b.at = b.aheadID, b.data[:b.aheadSize], 0
	if _, err := io.ReadFull(b.reader, b.data); err != nil {
		return refuse(WhyDamaged, b.where, io.ErrUnexpectedEOF)
	}
	return nil
}

// goOn moves on into the CONTINUE record behind the one in hand. A record that
// needs more and has none is damaged.
func (b *biff) goOn() error {
	if err := b.peek(); err != nil && err != io.EOF {
		return err
	}
	if !b.ahead || b.aheadID != recContinue {
		return refuse(WhyDamaged, b.where, errRecordShort)
	}
	id := b.id
	err := b.next()
	b.id = id
	return err
}

// take uses up n bytes of the record, 8 at most, across CONTINUE.
func (b *biff) take(n int) ([]byte, error) {
	if len(b.data)-b.at >= n {
		b.at += n
		return b.data[b.at-n : b.at], nil
	}
	part := make([]byte, 0, 8)
	for len(part) < n {
		if b.at == len(b.data) {
			if err := b.goOn(); err != nil {
				return nil, err
			}
			continue
		}
		used := min(n-len(part), len(b.data)-b.at)
		part = append(part, b.data[b.at:b.at+used]...)
		b.at += used
	}
	return part, nil
}

func (b *biff) uint16() (int, error) {
	raw, err := b.take(2)
	if err != nil {
		return 0, err
	}
	return int(binary.LittleEndian.Uint16(raw)), nil
}

func (b *biff) uint32() (int64, error) {
	raw, err := b.take(4)
	if err != nil {
		return 0, err
	}
	return int64(binary.LittleEndian.Uint32(raw)), nil
}

func (b *biff) byte() (byte, error) {
	raw, err := b.take(1)
	if err != nil {
		return 0, err
	}
	return raw[0], nil
}

// pass leaves n bytes out.
func (b *biff) pass(n int64) error {
	for n > 0 {
		if b.at == len(b.data) {
			if err := b.goOn(); err != nil {
				return err
			}
			continue
		}
		used := min(n, int64(len(b.data)-b.at))
		b.at += int(used)
		n -= used
	}
	return nil
}

// The flags before the letters of a text.
const (
	flagWide     = 0x01 // two bytes a letter; else the low byte of each
	flagEastAsia = 0x04
	flagRich     = 0x08
)

// chars appends n letters as UTF-8. Where a text goes on in a CONTINUE record, a
// byte says anew how wide its letters are.
func (b *biff) chars(to []byte, n int, flags byte) ([]byte, error) {
	b.units = b.units[:0]
	for n > 0 {
		if b.at == len(b.data) {
			if err := b.goOn(); err != nil {
				return to, err
			}
			again, err := b.byte()
			if err != nil {
				return to, err
			}
			flags = again
			continue
		}
		width := 1
		if flags&flagWide != 0 {
			width = 2
		}
		here := min(n, (len(b.data)-b.at)/width)
		if here == 0 {
			return to, refuse(WhyDamaged, b.where, errors.New("half a letter"))
		}
		for range here {
			unit := uint16(b.data[b.at])
			if width == 2 {
				unit = binary.LittleEndian.Uint16(b.data[b.at:])
			}
			b.units = append(b.units, unit)
			b.at += width
		}
		n -= here
	}
	return appendUTF16(to, b.units), nil
}

func appendUTF16(to []byte, units []uint16) []byte {
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			r = utf8.RuneError
			if i+1 < len(units) {
				if both := utf16.DecodeRune(rune(units[i]), rune(units[i+1])); both != utf8.RuneError {
					r = both
					i++
				}
			}
		}
		to = utf8.AppendRune(to, r)
	}
	return to
}

// text reads a text whose length stands before it in one or two bytes, and
// returns the number of the font of its first run, -1 if it names none.
func (b *biff) text(to []byte, lengthBytes int) (_ []byte, font int, err error) {
	var length int
	if lengthBytes == 1 {
		short, errShort := b.byte()
		length, err = int(short), errShort
	} else {
		length, err = b.uint16()
	}
	if err != nil {
		return to, -1, err
	}
	flags, err := b.byte()
	if err != nil {
		return to, -1, err
	}
	runs, extra := 0, int64(0)
	if flags&flagRich != 0 {
		if runs, err = b.uint16(); err != nil {
			return to, -1, err
		}
	}
	if flags&flagEastAsia != 0 {
		if extra, err = b.uint32(); err != nil {
			return to, -1, err
		}
	}
	if to, err = b.chars(to, length, flags); err != nil {
		return to, -1, err
	}
	font = -1
	for i := range runs {
		first, err := b.uint16()
		if err != nil {
			return to, -1, err
		}
		named, err := b.uint16()
		if err != nil {
			return to, -1, err
		}
		if i == 0 && first == 0 {
			font = named
		}
	}
	return to, font, b.pass(extra)
}
