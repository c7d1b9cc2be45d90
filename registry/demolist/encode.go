package demolist

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"ansinh/internal/vntext"
)

// bankName writes a name as banks print it.
func bankName(name string) string { return vntext.BankASCII(name, 70) }

// tcvn3Runs are the letters of TCVN3 in the order of their codes, with the code
// each run begins at: written from the standard, not from the intake's table.
var tcvn3Runs = []struct {
	first   rune
	letters string
}{
	{0xA1, "ĂÂÊÔƠƯĐăâêôơưđ"}, {0xB5, "àảãáạ"}, {0xBB, "ằẳẵắ"}, {0xC6, "ặầẩẫấậè"}, {0xCE, "ẻẽéẹềểễếệìỉ"}, {0xDC, "ĩíịò"},
	{0xE1, "ỏõóọồổỗốộờởỡớợù"}, {0xF1, "ủũúụừửữứựỳỷỹýỵ"},
}

// inTCVN3 writes text as a font .VnTime needs it. A capital with a tone loses its
// height, as it does there.
func inTCVN3(text string) string {
	return strings.Map(func(r rune) rune {
		for _, candidate := range []rune{r, unicode.ToLower(r)} {
			for _, run := range tcvn3Runs {
				if i := strings.IndexRune(run.letters, candidate); i >= 0 {
					return run.first + rune(len([]rune(run.letters[:i])))
				}
			}
		}
		return r
	}, norm.NFC.String(text))
}

// vniSingles have a code of their own in VNI; vniMarks stand behind a letter,
// alone or together with a circumflex or a breve.
var (
	vniSingles = map[string]rune{"i\u0301": 0xED, "i\u0300": 0xEC, "i\u0309": 0xE6, "i\u0303": 0xF3, "i\u0323": 0xF2, "y\u0323": 0xEE,
		"đ": 0xF1, "o\u031b": 0xF4, "u\u031b": 0xF6}
	vniMarks = map[string]rune{"\u0301": 0xF9, "\u0300": 0xF8, "\u0309": 0xFB, "\u0303": 0xF5, "\u0323": 0xEF,
		"\u0302": 0xE2, "\u0302\u0301": 0xE1, "\u0302\u0300": 0xE0, "\u0302\u0309": 0xE5, "\u0302\u0303": 0xE3, "\u0323\u0302": 0xE4,
		"\u0306": 0xEA, "\u0306\u0301": 0xE9, "\u0306\u0300": 0xE8, "\u0306\u0309": 0xFA, "\u0306\u0303": 0xFC, "\u0323\u0306": 0xEB}
)

// inVNI writes text as a font VNI-Times needs it.
func inVNI(text string) string {
	var out strings.Builder
	for _, r := range norm.NFC.String(text) {
		parts := []rune(norm.NFD.String(string(unicode.ToLower(r))))
		base, marks := string(parts[:1]), string(parts[1:])
		lift := func(code rune) rune {
			if unicode.IsUpper(r) {
				return code - 0x20
			}
			return code
		}
		plain := parts[0]
		if unicode.IsUpper(r) {
			plain = unicode.ToUpper(plain)
		}
		horn := strings.Contains(marks, "\u031b")
		tone := strings.Replace(marks, "\u031b", "", 1)
		switch {
		case vniSingles[base+marks] != 0:
			out.WriteRune(lift(vniSingles[base+marks]))
		case horn:
			out.WriteRune(lift(vniSingles[base+"\u031b"]))
			out.WriteRune(lift(vniMarks[tone]))
		case marks != "":
			out.WriteRune(plain)
			out.WriteRune(lift(vniMarks[marks]))
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
