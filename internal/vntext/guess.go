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
	words      int // with a code of a legacy encoding in them
	unicode    int // of these, syllables as they stand
	proof      int // texts that hold a letter only Unicode has
	tcvn3, vni reading
}

// reading is what the words are when read in one encoding.
type reading struct {
	syllables  int
	only       int // syllables that are none as they stand
	impossible int // words with a code the encoding does not have
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
		stands := IsSyllable(word)
		if stands {
			e.unicode++
		}
		e.tcvn3.add(TCVN3, word, stands)
		e.vni.add(VNI, word, stands)
	}
}

func (r *reading) add(e Encoding, word string, stands bool) {
	letters, whole := e.Decode(word, false)
	switch {
	case !whole:
		r.impossible++
	case IsSyllable(letters):
		r.syllables++
		if !stands {
			r.only++
		}
	}
}

// Merge adds what another text's words said.
func (e *Evidence) Merge(other Evidence) {
	e.words += other.words
	e.unicode += other.unicode
	e.proof += other.proof
	e.tcvn3.merge(other.tcvn3)
	e.vni.merge(other.vni)
}

func (r *reading) merge(other reading) {
	r.syllables += other.syllables
	r.only += other.only
	r.impossible += other.impossible
}

func (e Evidence) of(encoding Encoding) reading {
	if encoding == VNI {
		return e.vni
	}
	return e.tcvn3
}

// Mixed reports whether some of the texts are Unicode for certain.
func (e Evidence) Mixed() bool { return e.proof > 0 }

// Verdict returns the legacy encoding nearly all words are stored in, or "": too
// few words that are syllables in it and in Unicode none, or too many others.
// Many a word is one in both: Bèn is Bốn.
func (e Evidence) Verdict() Encoding {
	best := TCVN3
	if e.vni.only > e.tcvn3.only {
		best = VNI
	}
	r := e.of(best)
	if r.only < wordsMin || r.only <= e.unicode-(r.syllables-r.only) || r.syllables*percentOfWhole < percentMin*e.words {
		return ""
	}
	return best
}

// Allows reports whether the texts may be stored in an encoding that their
// neighbours are stored in: every word can be, fewer are syllables as they stand
// than when read so, and nothing proves them Unicode. Abbreviations are no
// syllables in any encoding.
func (e Evidence) Allows(encoding Encoding) bool {
	r := e.of(encoding)
	return e.words > 0 && e.proof == 0 && r.impossible == 0 && e.unicode <= r.syllables && e.unicode < e.words
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
	case e.tcvn3.syllables == e.words && e.vni.syllables == 0:
		return TCVN3
	case e.vni.syllables == e.words && e.tcvn3.syllables == 0:
		return VNI
	default:
		return ""
	}
}
