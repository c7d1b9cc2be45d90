package vntext

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The parts of a syllable. A word made of an onset and a rime, with a tone the
// rime can carry, may be Vietnamese; nothing else is.
const (
	onsets = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
	rimes  = "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây " +
		"e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu " +
		"o oc oi om on ong op ot oong oa oac oach oai oan oang oanh oao oat oay oăc oăm oăn oăng oăt oe oen oeo oet " +
		"ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut uân uâng uât uây uê uêch uênh " +
		"uôc uôi uôm uôn uông uôt uơ uy uya uych uyên uyêt uyn uynh uyt uyu ư ưa ưc ưi ưng ưt ưu ưm ưn " +
		"ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêng yêt yêu ynh yt ych"
)

var syllableParts = sync.OnceValues(func() (starts, ends map[string]bool) {
	starts, ends = map[string]bool{"": true}, map[string]bool{}
	for _, onset := range strings.Fields(onsets) {
		starts[NFC(onset)] = true
	}
	for _, rime := range strings.Fields(rimes) {
		ends[NFC(rime)] = true
	}
	return starts, ends
})

// onsetRunesMax is the length of ngh.
const onsetRunesMax = 3

// IsSyllable reports whether a word has the form of a Vietnamese syllable, with
// its marks. Foreign names are none, and neither is text read in a wrong
// encoding; that is what it is for.
func IsSyllable(word string) bool {
	plain, tone, ok := takeTone(word)
	if !ok {
		return false
	}
	starts, ends := syllableParts()
	for n := min(onsetRunesMax, len(plain)-1); n >= 0; n-- {
		if rime := string(plain[n:]); starts[string(plain[:n])] && ends[rime] {
			return !endsInStop(rime) || tone == acute || tone == dotBelow
		}
	}
	return false
}

// The tones as combining marks; 0 is the level tone.
const (
	grave    = '\u0300'
	acute    = '\u0301'
	tilde    = '\u0303'
	hookOver = '\u0309'
	dotBelow = '\u0323'
)

func isTone(r rune) bool {
	return r == grave || r == acute || r == tilde || r == hookOver || r == dotBelow
}

// takeTone returns a word's letters in lower case without the tone, and the
// tone. It is false for a word with two tones.
func takeTone(word string) (plain []rune, tone rune, ok bool) {
	var rest strings.Builder
	for _, r := range norm.NFD.String(word) {
		switch {
		case !isTone(r):
			rest.WriteRune(unicode.ToLower(r))
		case tone != 0:
			return nil, 0, false
		default:
			tone = r
		}
	}
	return []rune(NFC(rest.String())), tone, true
}

func endsInStop(rime string) bool {
	return strings.HasSuffix(rime, "c") || strings.HasSuffix(rime, "ch") || strings.HasSuffix(rime, "p") || strings.HasSuffix(rime, "t")
}
