package vntext

import (
	"embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"unicode"
)

// Encoding says how the letters of a text are stored.
type Encoding string

// The encodings. The zero Encoding is "not known".
const (
	Unicode Encoding = "unicode"
	TCVN3   Encoding = "tcvn3" // ABC, fonts .Vn…: one code a letter, capitals with tones by the font
	VNI     Encoding = "vni"   // VNI-Windows, fonts VNI-…: letter, then mark
	// Unread is a legacy encoding we know by its font and do not convert.
	Unread Encoding = "unread"
)

// ParseEncoding reads the name of an encoding that can be asked for.
func ParseEncoding(name string) (Encoding, bool) {
	switch e := Encoding(strings.ToLower(name)); e {
	case Unicode, TCVN3, VNI:
		return e, true
	default:
		return "", false
	}
}

// String returns the name people know.
func (e Encoding) String() string {
	switch e {
	case TCVN3:
		return "TCVN3 (ABC)"
	case VNI:
		return "VNI-Windows"
	case Unicode:
		return "Unicode"
	default:
		return string(e)
	}
}

// OfFont returns the encoding that a font's name gives away, or "" for a font
// that shows Unicode: such a font says nothing about what was pasted under it.
// Capitals is true for the .Vn… fonts that show small letters as capitals.
func OfFont(name string) (e Encoding, capitals bool) {
	switch lower := strings.ToLower(name); {
	case strings.HasPrefix(lower, ".vn"):
		return TCVN3, strings.HasSuffix(name, "H") && len(name) > len(".VnH")
	case strings.HasPrefix(lower, "vni-"):
		return VNI, false
	case strings.HasPrefix(lower, "vps "), strings.HasPrefix(lower, "vntimes"), strings.HasPrefix(lower, "svntimes"),
		strings.HasPrefix(name, "VI "):
		return Unread, false
	default:
		return "", false
	}
}

// The tables. Origin: data/NOTICE.md.
//
//go:embed data/*.csv
var tableFiles embed.FS

// legacyTable maps both ways. Codes are one or two characters as a cell shows
// them when it is read as Unicode.
type legacyTable struct {
	letters map[string]rune
	codes   map[rune]string
}

var tcvn3Table = sync.OnceValue(func() legacyTable { return readTable("data/tcvn3.csv", "byte_hex") })

var vniTable = sync.OnceValue(func() legacyTable {
	table := readTable("data/vni.csv", "byte_sequence_hex")
	// Typists leave the small mark after a capital: Aù is Á.
	for code, letter := range table.letters {
		pair := []rune(code)
		upper := unicode.ToUpper(letter)
		if len(pair) != 2 || upper == letter {
			continue
		}
		typed := string([]rune{unicode.ToUpper(pair[0]), pair[1]})
		if _, taken := table.letters[typed]; !taken {
			table.letters[typed] = upper
		}
	}
	return table
})

// readTable reads embedded data. A fault in it is ours and every test would meet
// it, so it stops the program.
func readTable(name, codeColumn string) legacyTable {
	file, err := tableFiles.Open(name)
	if err != nil {
		panic(fmt.Sprintf("vntext: %v", err))
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("vntext: %s: %v", name, err))
	}
	at := make(map[string]int)
	for i, heading := range records[0] {
		at[heading] = i
	}
	table := legacyTable{letters: make(map[string]rune), codes: make(map[rune]string)}
	for _, record := range records[1:] {
		letter := []rune(NFC(record[at["unicode_char"]]))
		code, err := hex.DecodeString(strings.ReplaceAll(record[at[codeColumn]], " ", ""))
		if err != nil || len(letter) != 1 || len(code) == 0 {
			panic(fmt.Sprintf("vntext: %s: %q", name, record))
		}
		text := latin1(code)
		table.letters[text], table.codes[letter[0]] = letter[0], text
	}
	return table
}

// latin1 is how a spreadsheet shows the bytes of a legacy font: one character each.
func latin1(code []byte) string {
	runes := make([]rune, len(code))
	for i, b := range code {
		runes[i] = rune(b)
	}
	return string(runes)
}

// Decode returns text, stored in e, as Unicode; capitals as [OfFont] says. It is
// false when the text holds a code that e does not have: it is damaged, or not
// stored in e. What could be read stands in the result all the same. Unicode and
// Unread come back unchanged.
func (e Encoding) Decode(text string, capitals bool) (string, bool) {
	switch e {
	case TCVN3:
		return decodeTCVN3(text, capitals)
	case VNI:
		return decodeVNI(text)
	default:
		return text, e != Unread
	}
}

// Encode returns Unicode text as e stores it, in a font that is not one of
// capitals: a TCVN3 capital with a tone comes out as its small letter, because
// only a font tells them apart. It is false when a letter has no code in e.
func (e Encoding) Encode(text string) (string, bool) {
	var table legacyTable
	switch e {
	case TCVN3:
		table = tcvn3Table()
	case VNI:
		table = vniTable()
	default:
		return text, e == Unicode
	}
	var out strings.Builder
	whole := true
	for _, r := range NFC(text) {
		code, ok := table.codes[r]
		if !ok && e == TCVN3 {
			code, ok = table.codes[unicode.ToLower(r)]
		}
		switch {
		case ok:
			out.WriteString(code)
		default:
			whole = whole && r < firstCode
			out.WriteRune(r)
		}
	}
	return out.String(), whole
}

// Both encodings keep ASCII and put their codes between these characters.
const (
	firstCode = '\u00a1'
	lastCode  = '\u00ff'
)

func isCode(r rune) bool { return firstCode <= r && r <= lastCode }

func decodeTCVN3(text string, capitals bool) (string, bool) {
	table := tcvn3Table()
	var out strings.Builder
	out.Grow(len(text) + 8)
	whole := true
	raise := capitals || shownInCapitals(text)
	for i, word := range splitKeeping(text) {
		upper := raise || i%2 == 0 && typedInCapitals(word)
		for _, r := range word {
			if isCode(r) {
				letter, ok := table.letters[string(r)]
				if whole = whole && ok; ok {
					r = letter
				}
			}
			if upper {
				r = unicode.ToUpper(r)
			}
			out.WriteRune(r)
		}
	}
	return out.String(), whole
}

// splitKeeping returns words and the gaps between them in turn: the first, third …
// are words, and may be empty.
func splitKeeping(text string) []string {
	var parts []string
	start, inGap := 0, false
	for i, r := range text {
		if gap := isGap(r); gap != inGap {
			parts = append(parts, text[start:i])
			start, inGap = i, gap
		}
	}
	return append(parts, text[start:])
}

// isGap holds for what stands between words; no code of a letter is one.
func isGap(r rune) bool {
	return r < firstCode && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// shownInCapitals reports whether a whole text was typed in capitals, as far as
// its ASCII letters tell.
func shownInCapitals(text string) bool {
	if strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") {
		return false
	}
	for i, word := range splitKeeping(text) {
		if i%2 == 0 && typedInCapitals(word) {
			return true
		}
	}
	return false
}

// typedInCapitals holds for a word with two ASCII capitals and no small ASCII
// letter. One capital proves nothing: Hµ is Hà.
func typedInCapitals(word string) bool {
	capitals := 0
	for _, r := range word {
		switch {
		case 'a' <= r && r <= 'z':
			return false
		case 'A' <= r && r <= 'Z':
			capitals++
		}
	}
	return capitals >= 2
}

func decodeVNI(text string) (string, bool) {
	table := vniTable()
	var out strings.Builder
	out.Grow(len(text) + 8)
	whole := true
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if i+1 < len(runes) && isCode(runes[i+1]) {
			if letter, ok := table.letters[string(runes[i:i+2])]; ok {
				out.WriteRune(letter)
				i++
				continue
			}
		}
		if isCode(r) {
			letter, ok := table.letters[string(r)]
			if whole = whole && ok; ok {
				r = letter
			}
		}
		out.WriteRune(r)
	}
	return out.String(), whole
}
