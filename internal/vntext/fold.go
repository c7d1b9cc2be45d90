package vntext

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NFC returns s in composed Unicode, as everything we store and print is.
// Bytes that are no UTF-8 stay as they are: check utf8.ValidString at intake.
func NFC(s string) string { return norm.NFC.String(s) }

// Fold returns the key by which names are compared: no marks, lower case, đ as
// d, one space between words. So the placement of tone marks (Hòa, Hoà) does
// not matter, and neither do composed and decomposed forms. Punctuation stays.
//
// Different names can share a key (Hoa, Hoá, Hòa): a bank's unmarked answer
// cannot tell them apart either.
func Fold(s string) string {
	if key, ok := foldQuick(s); ok {
		return key
	}
	return foldAny(s)
}

// foldAny is Fold for every text.
func foldAny(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	space := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.IsSpace(r):
			space = true
			continue
		case leavesNoGap(r):
			continue
		}
		if space && out.Len() > 0 {
			out.WriteByte(' ')
		}
		space = false
		out.WriteRune(foldRune(r))
	}
	return out.String()
}

// FoldTight returns the letters and digits of [Fold] and nothing else. It
// compares what people punctuate as they like: column headers, bank names.
func FoldTight(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, Fold(s))
}

// FoldLoose is [FoldTight] of [FoldName]: it finds possible namesakes.
func FoldLoose(s string) string { return FoldTight(FoldName(s)) }

// FoldName is [Fold] with the final y of a syllable written i where both
// spellings are in use: Lý and Lí, Mỹ and Mĩ, Quý and Quí, Ý and Í. Words where
// the letter makes another sound (Thúy, Tây) keep it.
func FoldName(s string) string {
	key := Fold(s)
	if !strings.Contains(key, "y") {
		return key
	}
	out := []byte(key)
	start := 0 // of the word in hand
	for i := range out {
		switch {
		case !isWordByte(out[i]):
			start = i + 1
		case out[i] == 'y' && (i+1 == len(out) || !isWordByte(out[i+1])):
			if stem := key[start:i]; stem == "" || strings.HasSuffix(stem, "qu") || !endsInVowel(stem) {
				out[i] = 'i'
			}
		}
	}
	return string(out)
}

// isWordByte holds for letters and digits; a byte beyond ASCII is part of one.
func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf
}

// SameName reports whether two names have the same [FoldName], and that key is
// not empty: two blank cells are not one name.
func SameName(a, b string) bool {
	key := FoldName(a)
	return key != "" && key == FoldName(b)
}

// foldQuick is the short way for ASCII and for composed letters, which nearly all
// texts consist of. It is false for any other character.
func foldQuick(s string) (string, bool) {
	letters := foldedLetters()
	out := make([]byte, 0, len(s))
	space := false
	for _, r := range s {
		switch {
		case r == ' ' || '\t' <= r && r <= '\r':
			space = true
			continue
		case r < ' ' || r == 0x7f:
			continue
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case r < utf8.RuneSelf:
		case r > lettersMax || letters[r] == 0:
			return "", false
		default:
			r = rune(letters[r])
		}
		if space && len(out) > 0 {
			out = append(out, ' ')
		}
		space = false
		out = append(out, byte(r))
	}
	return string(out), true
}

// lettersMax is ỹ, the last letter of the alphabet's composed ones.
const lettersMax = '\u1ef9'

// foldedLetters holds the key of each composed letter that has one of a single
// ASCII letter, by the rule of foldAny.
var foldedLetters = sync.OnceValue(func() *[lettersMax + 1]byte {
	var letters [lettersMax + 1]byte
	for r := rune(utf8.RuneSelf); r <= lettersMax; r++ {
		if key := foldAny(string(r)); unicode.IsLetter(r) && len(key) == 1 && 'a' <= key[0] && key[0] <= 'z' {
			letters[r] = key[0]
		}
	}
	return &letters
})

func foldRune(r rune) rune {
	switch r {
	case 'đ', 'Đ',
		'ð', 'Ð': // eth looks like đ and is what some keyboards and fonts produce
		return 'd'
	case 'ı': // dotless i
		return 'i'
	}
	return unicode.ToLower(r)
}

// leavesNoGap holds for marks, and for the invisible characters that copying
// from web pages and Word leaves in cells: zero-width spaces and joiners, soft
// hyphen, byte order mark, controls.
func leavesNoGap(r rune) bool {
	return unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r)
}

func endsInVowel(s string) bool {
	return strings.ContainsRune("aeiouy", rune(s[len(s)-1]))
}
