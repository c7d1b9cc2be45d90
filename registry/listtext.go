package registry

import (
	"fmt"
	"slices"
	"strings"

	"ansinh/internal/vntext"
)

// TextOptions say what is done with text that is not Unicode.
type TextOptions struct {
	// Encoding is what somebody says the list is stored in; "" = found out by font
	// and by the words. Unicode switches conversion off.
	Encoding vntext.Encoding
	// Confirmed takes the conversion that was found out: somebody read the preview.
	Confirmed bool
}

// Preview is a cell of a legacy encoding before and after conversion.
type Preview struct {
	Cell     string `json:"cell"`
	Encoding string `json:"encoding"`
	Before   string `json:"before"`
	After    string `json:"after"`
}

// textRows hands on a sheet's rows with their text in Unicode. It looks at the
// first rows before it gives out any, because a header in TCVN3 is none until it
// is converted.
//
// A cell is converted by its font; without one by what the words of its column
// say, or those of the whole sheet where the column has few. A text with a letter
// of Unicode stays as it is, and so does every column where nothing is certain:
// there [lineReader] names single cells that look odd.
type textRows struct {
	*sheetRows
	options TextOptions
	ahead   []Row // read and not given out yet
	started bool
	columns []vntext.Encoding // by place; "" = stays
	mixed   []bool            // columns that hold Unicode as well
	changed map[vntext.Encoding][]int
	unread  []string     // fonts of encodings we do not convert
	damaged map[int]bool // columns of the row given out last
	samples []sample
	kept    map[int]int // samples of each column
	lost    lostLetters // in the rows read ahead
}

// sample is a converted cell with its row.
type sample struct {
	row int
	Preview
}

func newTextRows(rows *sheetRows, options TextOptions) *textRows {
	return &textRows{sheetRows: rows, options: options, changed: map[vntext.Encoding][]int{}}
}

// The rows looked at before the first is given out, and the cells shown as
// examples.
const (
	lookAheadRows = 300
	samplesMax    = 8
)

// next returns the next row, its text in Unicode.
func (t *textRows) next() (Row, bool) {
	if !t.started {
		t.start()
	}
	var row Row
	if len(t.ahead) > 0 {
		row, t.ahead = t.ahead[0], t.ahead[1:]
	} else {
		var ok bool
		if row, ok = t.sheetRows.next(); !ok {
			return Row{}, false
		}
	}
	t.convert(row)
	return row, true
}

// start reads ahead and decides per column.
func (t *textRows) start() {
	t.started = true
	var evidence []vntext.Evidence
	for len(t.ahead) < lookAheadRows {
		row, ok := t.sheetRows.next()
		if !ok {
			break
		}
		row = row.clone()
		t.ahead = append(t.ahead, row)
		for i, text := range row.Cells {
			t.lost.look(text)
			if i >= len(evidence) {
				evidence = append(evidence, make([]vntext.Evidence, i+1-len(evidence))...)
			}
			if font, _ := vntext.OfFont(row.Font(i)); font == "" {
				evidence[i].Add(text)
			}
		}
	}
	if t.options.Encoding == vntext.Unicode {
		return
	}
	var whole vntext.Evidence
	for _, e := range evidence {
		whole.Merge(e)
	}
	sheet := whole.Verdict()
	if t.options.Encoding != "" {
		sheet = t.options.Encoding
	}
	t.columns, t.mixed = make([]vntext.Encoding, len(evidence)), make([]bool, len(evidence))
	for i, e := range evidence {
		t.mixed[i] = e.Mixed()
		switch verdict := e.Verdict(); {
		case t.options.Encoding != "" && e.Allows(sheet), verdict == "" && sheet != "" && e.Allows(sheet):
			t.columns[i] = sheet
		case t.options.Encoding == "":
			t.columns[i] = verdict
		}
	}
}

// convert changes the cells of a row in place.
func (t *textRows) convert(row Row) {
	clear(t.damaged)
	if t.options.Encoding == vntext.Unicode {
		return
	}
	for i, text := range row.Cells {
		encoding, capitals := vntext.OfFont(row.Font(i))
		if encoding == "" && i < len(t.columns) {
			encoding = t.columns[i]
			if encoding != "" && t.mixed[i] && vntext.AllSyllables(text) {
				continue
			}
		}
		if encoding == "" || text == "" || !capitals && !vntext.MayBeLegacy(text) || vntext.LooksUnicode(text) {
			continue
		}
		if encoding == vntext.Unread {
			if font := row.Font(i); !slices.Contains(t.unread, font) {
				t.unread = append(t.unread, font)
			}
			continue
		}
		after, intact := encoding.Decode(text, capitals)
		if !intact {
			if !vntext.AllSyllables(text) {
				t.damage(i)
			}
			continue
		}
		if after != text {
			row.Cells[i] = after
			t.note(row.No, i, encoding, text, after)
		}
	}
}

func (t *textRows) damage(column int) {
	if t.damaged == nil {
		t.damaged = map[int]bool{}
	}
	t.damaged[column] = true
}

// samplesOfColumn is how many cells of a column are kept: the first are titles
// and headings.
const samplesOfColumn = 6

func (t *textRows) note(row, column int, encoding vntext.Encoding, before, after string) {
	if !slices.Contains(t.changed[encoding], column) {
		t.changed[encoding] = append(t.changed[encoding], column)
	}
	if kept := t.kept[column]; kept < samplesOfColumn {
		if t.kept == nil {
			t.kept = map[int]int{}
		}
		t.kept[column]++
		t.samples = append(t.samples, sample{row, Preview{Cell: fmt.Sprintf("%s%d", columnLetters(column), row), Encoding: encoding.String(), Before: before, After: after}})
	}
}

// previews chooses what a person is shown: cells of people, and only where there
// are none the headings.
func (t *textRows) previews(headerRow int) []Preview {
	var people, others []Preview
	for _, s := range t.samples {
		if s.row > headerRow {
			people = append(people, s.Preview)
		} else {
			others = append(others, s.Preview)
		}
	}
	all := append(people, others...)
	return all[:min(len(all), samplesMax)]
}

// addText tells what was converted, or what has to be confirmed before anything
// of the list is taken.
func (l *List) addText(t *textRows) {
	l.Previews = t.previews(l.HeaderRow)
	var found []Finding
	for _, encoding := range []vntext.Encoding{vntext.TCVN3, vntext.VNI} {
		columns := t.changed[encoding]
		if len(columns) == 0 {
			continue
		}
		slices.Sort(columns)
		var letters []string
		for _, column := range columns {
			letters = append(letters, columnLetters(column))
		}
		if t.options.Confirmed || t.options.Encoding != "" {
			found = append(found, Finding{Code: TextChanged, Severity: TextChanged.Severity(), Sheet: l.Sheet,
				args: []any{strings.Join(letters, ", "), encoding}})
			continue
		}
		found = append(found, Finding{Code: TextLegacy, Severity: TextLegacy.Severity(), Sheet: l.Sheet,
			args: []any{strings.Join(letters, ", "), encoding, example(l.Previews, encoding)}})
	}
	for _, font := range t.unread {
		found = append(found, Finding{Code: TextUnread, Severity: TextUnread.Severity(), Sheet: l.Sheet, args: []any{font}})
	}
	l.Findings = append(found, l.Findings...)
	l.addLost(t.lost)
}

// example writes the longest sample: short ones tell little.
func example(samples []Preview, encoding vntext.Encoding) string {
	var longest Preview
	for _, sample := range samples {
		if sample.Encoding == encoding.String() && len(sample.After) > len(longest.After) {
			longest = sample
		}
	}
	return fmt.Sprintf("“%s” → “%s”", longest.Before, longest.After)
}

// textColumns hold words; the others hold codes and numbers, where a legacy
// letter is a fault of its own.
var textColumns = []Column{ColName, ColContact, ColGroup, ColAddress, ColHolder, ColPayee, ColNote}

// legacy looks at a text that holds codes of a legacy encoding in a column that
// was not converted, or that could not be.
func (r *lineReader) legacy(c Column, text string) string {
	if !slices.Contains(textColumns, c) {
		return text
	}
	if r.rows.damaged[r.header.at[c]] {
		r.find(TextDamaged, c, r.rows.encodingOf(r.header.at[c], r.row))
		return text
	}
	encoding := vntext.GuessWord(text)
	if encoding == "" || r.rows.options.Encoding == vntext.Unicode {
		return text
	}
	// The other checks go on with the offered text: the row is out until somebody
	// has said that it is right.
	decoded, _ := encoding.Decode(text, false)
	r.offer(decoded, TextSuspect, c, encoding)
	return decoded
}

// encodingOf returns what a cell was to be converted from.
func (t *textRows) encodingOf(column int, row Row) vntext.Encoding {
	if encoding, _ := vntext.OfFont(row.Font(column)); encoding != "" {
		return encoding
	}
	if column < len(t.columns) {
		return t.columns[column]
	}
	return ""
}
