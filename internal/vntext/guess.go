package vntext

import "strings"

// LooksUnicode reports whether a text holds a letter that only Unicode text
// holds: such a text is never converted, whatever its font says.
func LooksUnicode(text string) bool {
	for _, r := range text {
		switch {
		case r < 0x102:
		case '\u1ea0' <= r && r <= '\u1ef9', isTone(r),
			r == '\u0302', r == '\u0306', r == '\u031b', // combining circumflex, breve, horn
			r == 'Ă', r == 'ă', r == 'Đ', r == 'đ', r == 'Ĩ', r == 'ĩ', r == 'Ũ', r == 'ũ', r == 'Ơ', r == 'ơ', r == 'Ư', r == 'ư':
			return true
		}
	}
	return false
}

// MayBeLegacy reports whether a text holds a code of a legacy encoding and
// nothing that proves it Unicode. It is the quick look before any other.
func MayBeLegacy(text string) bool {
	for i := range len(text) {
		// In UTF-8 the characters U+00A1 to U+00FF begin with one of these bytes.
		if text[i] == 0xc2 || text[i] == 0xc3 {
			return !LooksUnicode(text)
		}
	}
	return false
}

// Evidence is what the words of many texts say about how they are stored, when
// no font tells. The zero Evidence is ready to use.
type Evidence struct {
	words   int // with a code of a legacy encoding in them
	unicode int // of these, syllables as they stand
	tcvn3   int // syllables when read as TCVN3
	vni     int
	noTCVN3 int // words with a code that TCVN3 does not have
	noVNI   int
	proof   int // texts that hold a letter only Unicode has
}

// The least that decides: fewer words, or a smaller share of syllables, and a
// person must say what it is.
const (
	wordsMin       = 20
	percentMin     = 90
	percentOfWhole = 100
)

// Add counts the words of a text.
func (e *Evidence) Add(text string) {
	if !MayBeLegacy(text) {
		if LooksUnicode(text) {
			e.proof++
		}
		return
	}
	for i, word := range splitKeeping(text) {
		if i%2 != 0 || !strings.ContainsFunc(word, isCode) {
			continue
		}
		e.words++
		if IsSyllable(word) {
			e.unicode++
		}
		count(TCVN3, word, &e.tcvn3, &e.noTCVN3)
		count(VNI, word, &e.vni, &e.noVNI)
	}
}

// count adds a word to those that are syllables in an encoding, or to those that
// cannot be stored in it.
func count(e Encoding, word string, syllables, impossible *int) {
	letters, whole := e.Decode(word, false)
	switch {
	case !whole:
		*impossible++
	case IsSyllable(letters):
		*syllables++
	}
}

// Merge adds what another text's words said.
func (e *Evidence) Merge(other Evidence) {
	e.words += other.words
	e.unicode += other.unicode
	e.tcvn3 += other.tcvn3
	e.vni += other.vni
	e.noTCVN3 += other.noTCVN3
	e.noVNI += other.noVNI
	e.proof += other.proof
}

// Verdict returns the legacy encoding nearly all words are stored in, or "": too
// few words, too few of them syllables, or as many as they stand.
func (e Evidence) Verdict() Encoding {
	best, syllables := TCVN3, e.tcvn3
	if e.vni > syllables {
		best, syllables = VNI, e.vni
	}
	if e.words < wordsMin || syllables*percentOfWhole < percentMin*e.words || syllables <= e.unicode || e.tcvn3 == e.vni {
		return ""
	}
	return best
}

// Allows reports whether the texts may be stored in an encoding that their
// neighbours are stored in: every word can be, fewer are syllables as they stand
// than when read so, and nothing proves them Unicode. Abbreviations are no
// syllables in any encoding.
func (e Evidence) Allows(encoding Encoding) bool {
	syllables, impossible := e.tcvn3, e.noTCVN3
	if encoding == VNI {
		syllables, impossible = e.vni, e.noVNI
	}
	return e.words > 0 && e.proof == 0 && impossible == 0 && e.unicode <= syllables && e.unicode < e.words
}

// AllSyllables reports whether each word with a code of a legacy encoding is a
// syllable as it stands.
func AllSyllables(text string) bool {
	var e Evidence
	e.Add(text)
	return e.words == e.unicode
}

// GuessWord returns the legacy encoding a single text must be stored in: none of
// its words with a code is a syllable as it stands, and all of them are in one
// encoding and not in the other. It suspects and never converts.
func GuessWord(text string) Encoding {
	var e Evidence
	e.Add(text)
	switch {
	case e.words == 0 || e.unicode > 0:
		return ""
	case e.tcvn3 == e.words && e.vni == 0:
		return TCVN3
	case e.vni == e.words && e.tcvn3 == 0:
		return VNI
	default:
		return ""
	}
}
