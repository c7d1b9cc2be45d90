package sheet

import (
	"hash/maphash"
	"strings"
	"unicode/utf8"
)

// interner gives texts that repeat one string: a list says "Tiền mặt" ten
// thousand times. It remembers the last text of each slot and so has a bound.
type interner struct {
	seed  maphash.Seed
	slots [1024]string
}

// internBytesMax keeps addresses and remarks, which rarely repeat, out.
const internBytesMax = 64

func newInterner() *interner { return &interner{seed: maphash.MakeSeed()} }

// text returns raw as a string of valid UTF-8.
func (in *interner) text(raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	if len(raw) > internBytesMax {
		return valid(string(raw))
	}
	slot := &in.slots[maphash.Bytes(in.seed, raw)%uint64(len(in.slots))]
	if *slot != string(raw) {
		*slot = string(raw)
	}
	return valid(*slot)
}

func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
