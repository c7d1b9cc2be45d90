package sheet

import "strings"

// style is what of a cell's style changes how its content is understood.
type style struct {
	font  string
	date  bool
	zeros int // digits a format of nothing but zeros shows, 0 = another format
}

// styles are those of a book, by the number that cells name them by.
type styles []style

// at is style n, the zero style where the book has none.
func (s styles) at(n int) style {
	if n < 0 || n >= len(s) {
		return style{}
	}
	return s[n]
}

// builtinDate reports whether a format number that every workbook knows without
// saying so shows a date or a time. 27–36 and 50–58 do in East Asian editions.
func builtinDate(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
}

// readFormat understands a number format code as far as style needs it.
func readFormat(code string) (date bool, zeros int) {
	section, _, _ := strings.Cut(code, ";")
	if only := strings.Trim(section, "0"); section != "" && only == "" {
		return false, len(section)
	}
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			i += length(code[i+1:], '"')
		case '[':
			inside := code[i+1 : i+length(code[i:], ']')]
			if elapsed := strings.Trim(strings.ToLower(inside), "hms"); elapsed == "]" && len(inside) > 1 {
				return true, 0
			}
			i += len(inside)
		case '\\', '_', '*':
			i++ // the next character is only shown
		case 'd', 'D', 'm', 'M', 'y', 'Y', 'h', 'H', 's', 'S':
			return true, 0
		}
	}
	return false, 0
}

// length is how far the next mark is, with the mark; to the end without one.
func length(text string, mark byte) int {
	if at := strings.IndexByte(text, mark); at >= 0 {
		return at + 1
	}
	return len(text)
}
