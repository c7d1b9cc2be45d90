package sheet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The limits of a text table. A list's row has some 400 bytes.
const (
	lineBytesMax = 1 << 20
	sampleLines  = 50 // by which the separator is found
)

// csvBook is a table as text.
type csvBook struct {
	reader io.ReaderAt
	size   int64
	decode func(io.Reader) io.Reader // to UTF-8
	comma  byte
	skip   bool // the first line names the separator
}

// openCSV opens a file that is text. Text in which no separator makes columns is
// no table.
func openCSV(r io.ReaderAt, size int64) (*Book, error) {
	decode, err := findEncoding(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	b := &csvBook{reader: r, size: size, decode: decode}
	if err := b.findSeparator(); err != nil {
		return nil, err
	}
	return &Book{Format: CSV, Sheets: []Sheet{{Name: "CSV"}}, source: b}, nil
}

func (b *csvBook) text() *bufio.Reader {
	return bufio.NewReaderSize(b.decode(io.NewSectionReader(b.reader, 0, b.size)), 64<<10)
}

// findSeparator takes the mark by which most of the first lines fall into the
// same number of parts. "sep=;" in the first line, Excel's own hint, decides.
func (b *csvBook) findSeparator() error {
	reader := b.text()
	best, bestScore := byte(0), 0
	first, err := reader.Peek(len("sep=;"))
	if err == nil && strings.EqualFold(string(first[:4]), "sep=") {
		b.comma, b.skip = first[4], true
		return nil
	}
	for _, comma := range []byte{';', '\t', ',', '|'} {
		lines := csvLines{reader: b.text(), comma: comma}
		widths := map[int]int{} // how many lines have so many cells
		for range sampleLines {
			cells, err := lines.next()
			if err == io.EOF || errors.Is(err, refuse(WhyLimit, "", nil)) {
				break
			}
			if err != nil {
				return err
			}
			if len(cells) > 1 {
				widths[len(cells)]++
			}
		}
		for width, n := range widths {
			if score := width * n; score > bestScore {
				best, bestScore = comma, score
			}
		}
	}
	if best == 0 {
		return refuse(WhyText, "", nil)
	}
	b.comma = best
	return nil
}

func (b *csvBook) open(int) (*Rows, error) {
	lines := csvLines{reader: b.text(), comma: b.comma, known: newInterner()}
	if b.skip {
		if _, err := lines.next(); err != nil && err != io.EOF {
			return nil, err
		}
		lines.row = 0 // spreadsheets do not show that line
	}
	var cells []Cell
	next := func() (Row, error) {
		for {
			texts, err := lines.next()
			if err != nil {
				return Row{}, err
			}
			cells = cells[:0]
			filled := 0
			for i, text := range texts {
				cells = append(cells, textCell(text, "", style{}))
				if text != "" {
					filled = i + 1
				}
			}
			if filled > columnsMax {
				return Row{}, refuse(WhyLimit, lines.place(), nil, "columns")
			}
			if filled > 0 {
				return Row{No: lines.row, Cells: cells[:filled]}, nil
			}
		}
	}
	return &Rows{next: next}, nil
}

func (b *csvBook) close() error { return nil }

// csvLines cuts UTF-8 text into rows as spreadsheets do: quotes around a cell
// may hold separators, line ends and doubled quotes; a quote inside a cell that
// does not begin with one is a quote.
type csvLines struct {
	reader *bufio.Reader
	comma  byte
	known  *interner
	row    int // as a spreadsheet shows it
	raw    []byte
	ends   []int // of the cells in raw
	cells  []string
}

func (l *csvLines) place() string { return fmt.Sprintf("CSV!%d", l.row) }

// next returns the cells of the next row, valid until it is called again.
func (l *csvLines) next() ([]string, error) {
	l.row++
	l.raw, l.ends = l.raw[:0], l.ends[:0]
	begun := false
	for {
		more, err := l.cell()
		if err == io.EOF && !begun {
			return nil, io.EOF
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		begun = true
		l.ends = append(l.ends, len(l.raw))
		if !more {
			break
		}
	}
	l.cells = l.cells[:0]
	from := 0
	for _, end := range l.ends {
		l.cells = append(l.cells, l.make(l.raw[from:end]))
		from = end
	}
	return l.cells, nil
}

func (l *csvLines) make(raw []byte) string {
	if l.known == nil {
		return string(raw)
	}
	return l.known.text(raw)
}

// cell appends the next cell to raw. more says that the row goes on behind it;
// io.EOF says that nothing stood here any more.
func (l *csvLines) cell() (more bool, err error) {
	c, err := l.reader.ReadByte()
	if err != nil {
		return false, err
	}
	if c == '"' {
		return l.quoted()
	}
	for {
		switch c {
		case l.comma:
			return true, nil
		case '\n':
			return false, nil
		case '\r':
			if ahead, err := l.reader.Peek(1); err == nil && ahead[0] == '\n' {
				_, err := l.reader.Discard(1)
				return false, err
			}
			return false, nil
		}
		if err := l.append(c); err != nil {
			return false, err
		}
		if c, err = l.reader.ReadByte(); err == io.EOF {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
}

func (l *csvLines) append(c byte) error {
	if len(l.raw) >= lineBytesMax {
		return refuse(WhyLimit, l.place(), nil, "one line")
	}
	l.raw = append(l.raw, c)
	return nil
}

// quoted appends a cell whose first quote was read.
func (l *csvLines) quoted() (more bool, err error) {
	for {
		c, err := l.reader.ReadByte()
		if err == io.EOF { // the closing quote is missing; what was read counts
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if c != '"' {
			if err := l.append(c); err != nil {
				return false, err
			}
			continue
		}
		if ahead, err := l.reader.Peek(1); err != nil || ahead[0] != '"' {
			return l.afterQuote()
		}
		if _, err := l.reader.Discard(1); err != nil {
			return false, err
		}
		if err := l.append('"'); err != nil {
			return false, err
		}
	}
}

// afterQuote reads what stands between a closing quote and the separator.
func (l *csvLines) afterQuote() (more bool, err error) {
	for {
		c, err := l.reader.ReadByte()
		switch {
		case err == io.EOF:
			return false, nil
		case err != nil:
			return false, err
		case c == l.comma:
			return true, nil
		case c == '\n':
			return false, nil
		case c == '\r':
			continue
		}
		if err := l.append(c); err != nil {
			return false, err
		}
	}
}

// utf8Checker notes whether all that passes is UTF-8.
type utf8Checker struct {
	rest []byte // of a letter that goes on in the next piece
	bad  bool
}

func (u *utf8Checker) Write(p []byte) (int, error) {
	n := len(p)
	if len(u.rest) > 0 {
		p = append(u.rest, p...)
		u.rest = nil
	}
	whole := len(p)
	for back := 1; back <= 3 && back <= len(p); back++ {
		if utf8.RuneStart(p[len(p)-back]) {
			if !utf8.FullRune(p[len(p)-back:]) {
				whole = len(p) - back
			}
			break
		}
	}
	u.bad = u.bad || !utf8.Valid(p[:whole])
	u.rest = append([]byte(nil), p[whole:]...)
	return n, nil
}

func (u *utf8Checker) ok() bool { return !u.bad && len(u.rest) == 0 }
