package sheet

// Kind says how a cell is stored.
type Kind uint8

// The kinds. A Date is a number under a date format: Text holds its serial.
const (
	Empty Kind = iota
	Text
	Number
	Date
	Bool  // Text is TRUE or FALSE
	Error // Text is what the sheet shows, such as #N/A
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case Empty:
		return "empty"
	case Text:
		return "text"
	case Number:
		return "number"
	case Date:
		return "date"
	case Bool:
		return "bool"
	case Error:
		return "error"
	default:
		return "unknown"
	}
}

// Cell is one cell as the file holds it.
type Cell struct {
	// Text of a number is its digits without exponent where that loses nothing.
	// Under a format of nothing but zeros it has as many digits as the format
	// shows: 079… typed under 000000000000 keeps its zero.
	Text string
	// Font is the name of the font, of the first run if the text has several;
	// empty in a csv. The legacy encodings TCVN3 and VNI show by it.
	Font string
	Kind Kind
}

// Row is one row that holds something.
type Row struct {
	No int // as the spreadsheet counts, from 1
	// Cells begin in column A. They are valid until the next call of Next.
	Cells  []Cell
	Hidden bool
}

// Cell returns the cell of a column counted from 0, empty beyond the last.
func (r Row) Cell(column int) Cell {
	if column < 0 || column >= len(r.Cells) {
		return Cell{}
	}
	return r.Cells[column]
}

// ColumnLetters returns A for 0, Z for 25, AA for 26.
func ColumnLetters(column int) string {
	var letters [8]byte
	at := len(letters)
	for n := column + 1; n > 0 && at > 0; n = (n - 1) / 26 {
		at--
		letters[at] = byte('A' + (n-1)%26)
	}
	return string(letters[at:])
}
