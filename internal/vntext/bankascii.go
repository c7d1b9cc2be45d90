package vntext

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// xPunctuation are the characters other than letters, digits and space of the
// SWIFT x set, which every bank's system takes.
const xPunctuation = "/-?:().,'+"

// BankASCII returns text as bank messages carry it: capitals A–Z, digits,
// single spaces and / - ? : ( ) . , ' +, at most lengthMax characters. Marks are
// taken off, đ is D, and any other character becomes a space. The result never
// begins with a slash, hyphen or colon and has no double slash, because those
// steer SWIFT fields.
//
// It may be empty: a name in another script has nothing to send, and the
// caller must refuse it. Cutting is silent; a lengthMax below 1 returns "".
func BankASCII(text string, lengthMax int) string {
	out := make([]byte, 0, len(text))
	for _, r := range norm.NFKD.String(text) {
		c, keep := bankByte(r)
		switch {
		case !keep:
			continue
		case len(out) == 0 && strings.IndexByte(" /-:", c) >= 0:
			continue
		case c == ' ' && out[len(out)-1] == ' ':
			continue
		case c == '/' && out[len(out)-1] == '/':
			continue
		}
		out = append(out, c)
	}
	if lengthMax < 0 {
		lengthMax = 0
	}
	if len(out) > lengthMax {
		out = out[:lengthMax] // every character is one byte, so none is cut in two
	}
	return strings.TrimRight(string(out), " ")
}

// bankByte returns the byte that stands for r; keep is false for what leaves
// no gap: marks and invisible characters.
func bankByte(r rune) (c byte, keep bool) {
	switch {
	case leavesNoGap(r):
		return 0, false
	case r == '\u2019' || r == '\u2018' || r == '\u02bc' || r == '`':
		return '\'', true
	case r == '\u2013' || r == '\u2014' || r == '\u2010' || r == '\u2011' || r == '\u2212':
		return '-', true
	}
	switch f := foldRune(r); {
	case 'a' <= f && f <= 'z':
		return byte(f) - 'a' + 'A', true
	case '0' <= f && f <= '9':
		return byte(f), true
	case f < 0x80 && strings.IndexByte(xPunctuation, byte(f)) >= 0:
		return byte(f), true
	default:
		return ' ', true
	}
}
