package sheet

import (
	"bytes"
	"fmt"
	"io"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// findEncoding reads a whole text once and returns how to make it UTF-8. A mark
// at the beginning decides; else what is UTF-8 throughout is UTF-8. What is not
// comes from an old Windows program: code page 1258 if letters and marks stand
// as they do there, else 1252, under which the bytes of TCVN3 and VNI keep the
// code points by which those encodings are recognised later.
func findEncoding(r io.Reader) (func(io.Reader) io.Reader, error) {
	head := make([]byte, 3)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("read list: %w", err)
	}
	head = head[:n]
	if isUTF16(head) {
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader, nil
	}
	if bytes.Equal(head, []byte{0xEF, 0xBB, 0xBF}) {
		return unicode.UTF8BOM.NewDecoder().Reader, nil
	}
	var check utf8Checker
	var old oldText
	if _, err := io.Copy(io.MultiWriter(&check, &old), io.MultiReader(bytes.NewReader(head), r)); err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	switch {
	case check.ok():
		return func(r io.Reader) io.Reader { return r }, nil
	case old.is1258():
		return func(r io.Reader) io.Reader {
			return transform.NewReader(r, transform.Chain(charmap.Windows1258.NewDecoder(), norm.NFC))
		}, nil
	default:
		return charmap.Windows1252.NewDecoder().Reader, nil
	}
}

// oldText counts which bytes of an eight-bit text follow which, by which code
// page 1258 is told from TCVN3 and VNI.
type oldText struct {
	last    byte
	marked  int // a vowel and a combining mark of 1258 behind it
	letters int // letters that 1258 writes as one byte and VNI does not: đ ơ ư and capitals
	vni     int // a vowel and a tone of VNI behind it
	tcvn3   int // bytes that are letters in TCVN3 and signs in 1258
}

func (o *oldText) Write(p []byte) (int, error) {
	for _, b := range p {
		vowel := bytes.IndexByte(vowels1258, o.last) >= 0
		switch {
		case vowel && bytes.IndexByte([]byte{0xCC, 0xD2, 0xDE, 0xEC, 0xF2}, b) >= 0:
			o.marked++
		case bytes.IndexByte([]byte{0xF0, 0xD0, 0xFD, 0xDD}, b) >= 0:
			o.letters++
		}
		if bytes.IndexByte([]byte("aeouAEOU"), o.last) >= 0 && bytes.IndexByte([]byte{0xD9, 0xF9, 0xD8, 0xF8, 0xDB, 0xFB, 0xCF, 0xEF, 0xE2, 0xC2, 0xE1, 0xC1, 0xE0, 0xC0, 0xE5, 0xC5, 0xE3, 0xC3}, b) >= 0 {
			o.vni++
		}
		if b >= 0xA8 && b <= 0xBE {
			o.tcvn3++
		}
		o.last = b
	}
	return len(p), nil
}

// vowels1258 are the bytes of code page 1258 that a mark can follow.
var vowels1258 = []byte("aAeEiIoOuUyY\xC2\xC3\xCA\xD4\xD5\xDD\xE2\xE3\xEA\xF4\xF5\xFD")

func (o *oldText) is1258() bool {
	mine := o.marked + o.letters
	return mine > 0 && mine >= o.vni && mine >= 8*o.tcvn3
}
