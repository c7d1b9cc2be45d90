package iso20022

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"ansinh/bankadapters"
)

const (
	bufferBytes = 256 << 10 // the longest run of text, comment or tag
	depthMax    = 32
)

// token is what one step of the scanner found.
type token uint8

const (
	tokenEnd   token = iota + 1 // an end tag, or the second half of <X/>
	tokenStart                  // a start tag: name, prefix, currency, foreign are set
	tokenText                   // character data: text is set
	tokenEOF                    // the end of a complete document
)

// scanner cuts XML into tokens from a fixed buffer, without an allocation per
// token. Slices it hands out are valid until the next call of next.
//
// It knows what bank files need and refuses the rest: a DOCTYPE, entities other
// than the five and numeric ones, encodings other than UTF-8.
type scanner struct {
	source io.Reader
	kind   bankadapters.Kind

	buf     []byte
	pos     int  // next byte to scan
	limit   int  // end of the bytes checked as UTF-8
	filled  int  // end of the bytes read; at most 3 more than limit
	ended   bool // source gave EOF
	offset0 bool // nothing consumed yet

	line     int // line of buf[lineMark]
	lineMark int

	names   []byte // qualified names of the open elements, one after another
	starts  [depthMax + 1]int
	depth   int
	rooted  bool // a root element was seen
	halfEnd bool // a <X/> whose end is still to be handed out

	name      []byte // local name of the start tag
	prefix    []byte
	text      []byte
	currency  []byte // value of attribute Ccy of the start tag, if any
	namespace []byte // value of the root's own namespace declaration
	rootAs    string // the root's prefix
	foreign   bool   // the start tag is not in the root's namespace
	scratch   []byte
}

func newScanner(source io.Reader, kind bankadapters.Kind) *scanner {
	return &scanner{source: source, kind: kind, buf: make([]byte, bufferBytes), line: 1, offset0: true}
}

// fail returns a refusal at the line of the next byte to scan.
func (s *scanner) fail(code, format string, args ...any) error {
	return &bankadapters.FileError{Kind: s.kind, Line: s.currentLine(), Code: code, Why: fmt.Sprintf(format, args...)}
}

func (s *scanner) currentLine() int {
	s.line += bytes.Count(s.buf[s.lineMark:s.pos], newline)
	s.lineMark = s.pos
	return s.line
}

var (
	newline      = []byte{'\n'}
	commentOpen  = []byte("<!--")
	commentClose = []byte("-->")
	cdataOpen    = []byte("<![CDATA[")
	cdataClose   = []byte("]]>")
	piClose      = []byte("?>")
)

// next returns the next token. Errors of the source come back as they are;
// everything wrong with the document is a *bankadapters.FileError.
func (s *scanner) next() (token, error) {
	if s.halfEnd {
		s.halfEnd = false
		s.pop()
		return tokenEnd, nil
	}
	for {
		if s.pos == s.limit {
			more, err := s.fill()
			if err != nil {
				return 0, err
			}
			if !more {
				return s.finish()
			}
		}
		if s.buf[s.pos] != '<' {
			found, err := s.characters()
			if err != nil || found {
				return tokenText, err
			}
			continue
		}
		// Enough for <![CDATA[ and every shorter opening, or the file's end.
		if s.limit-s.pos < len(cdataOpen) {
			if err := s.need(len(cdataOpen)); err != nil {
				return 0, err
			}
		}
		rest := s.buf[s.pos:s.limit]
		if len(rest) < 2 {
			return 0, s.fail(bankadapters.CodeTruncated, "the file ends inside a tag")
		}
		switch rest[1] {
		case '/':
			return tokenEnd, s.endTag()
		case '!':
			found, err := s.declaration(rest)
			if err != nil || found {
				return tokenText, err
			}
		case '?':
			if err := s.instruction(); err != nil {
				return 0, err
			}
		default:
			return tokenStart, s.startTag()
		}
	}
}

func (s *scanner) finish() (token, error) {
	switch {
	case s.depth > 0:
		return 0, s.fail(bankadapters.CodeTruncated, "the file ends while <%s> is open: it was cut off, fetch it again", s.top())
	case !s.rooted:
		return 0, s.fail(bankadapters.CodeTruncated, "the file is empty")
	}
	return tokenEOF, nil
}

// characters takes text up to the next tag. found is false for blanks outside
// the root element.
func (s *scanner) characters() (found bool, err error) {
	// Most texts are shorter than a call of bytes.IndexByte is worth.
	n, entity, short := 0, false, s.buf[s.pos:min(s.limit, s.pos+48)]
	for n < len(short) && short[n] != '<' {
		entity = entity || short[n] == '&'
		n++
	}
	if n == len(short) {
		if n, err = s.find('<', n); err != nil {
			return false, err
		}
		entity = bytes.IndexByte(s.buf[s.pos:s.pos+n], '&') >= 0
	}
	raw := s.buf[s.pos : s.pos+n]
	if s.depth == 0 {
		if rest := bytes.TrimLeft(raw, " \t\r\n"); len(rest) > 0 {
			s.pos += n - len(rest)
			return false, s.fail(bankadapters.CodeSyntax, "text outside the document element")
		}
		s.pos += n
		return false, nil
	}
	if entity {
		if raw, err = s.decode(raw); err != nil {
			return false, err
		}
	}
	s.text = raw
	s.pos += n
	return true, nil
}

// find returns the distance from pos to the byte c at or after from, reading
// more as needed; without one, the distance to the end of the file.
func (s *scanner) find(c byte, from int) (int, error) {
	for {
		if i := bytes.IndexByte(s.buf[s.pos+from:s.limit], c); i >= 0 {
			return from + i, nil
		}
		from = s.limit - s.pos
		more, err := s.fill()
		if err != nil {
			return 0, err
		}
		if !more {
			return from, nil
		}
	}
}

// findString is find for a longer mark; -1 if the file ends without it.
func (s *scanner) findString(mark []byte, from int) (int, error) {
	for {
		if from <= s.limit-s.pos {
			if i := bytes.Index(s.buf[s.pos+from:s.limit], mark); i >= 0 {
				return from + i, nil
			}
			from = max(from, s.limit-s.pos-len(mark)+1)
		}
		more, err := s.fill()
		if err != nil {
			return 0, err
		}
		if !more {
			return -1, nil
		}
	}
}

// need tries to have n bytes from pos in the buffer.
func (s *scanner) need(n int) error {
	for s.limit-s.pos < n {
		more, err := s.fill()
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	return nil
}

// fill reads more behind the unread bytes and reports whether there is more.
func (s *scanner) fill() (bool, error) {
	for idle := 0; ; idle++ {
		if idle == 100 {
			return false, fmt.Errorf("read %s: %w", s.kind, io.ErrNoProgress)
		}
		if s.ended {
			if s.filled > s.limit {
				s.pos = s.limit
				return false, s.fail(bankadapters.CodeEncoding, "the file ends inside a character")
			}
			return false, nil
		}
		if s.pos > 0 {
			s.currentLine()
			copy(s.buf, s.buf[s.pos:s.filled])
			s.filled -= s.pos
			s.limit -= s.pos
			s.pos, s.lineMark = 0, 0
		}
		if s.filled == len(s.buf) {
			return false, s.fail(bankadapters.CodeLimit, "one item is longer than %d bytes", len(s.buf))
		}
		n, err := s.source.Read(s.buf[s.filled:])
		s.filled += n
		if errors.Is(err, io.EOF) {
			s.ended = true
		} else if err != nil {
			return false, fmt.Errorf("read %s: %w", s.kind, err)
		}
		if s.offset0 && s.filled >= 3 {
			s.offset0 = false
			if bytes.HasPrefix(s.buf[:s.filled], []byte("\xef\xbb\xbf")) {
				s.pos, s.limit = 3, 3
			}
		} else if s.offset0 && !s.ended {
			continue
		}
		before := s.limit
		if err := s.check(); err != nil {
			return false, err
		}
		if s.limit > before {
			return true, nil
		}
	}
}

// check moves limit over the bytes that are whole, legal characters.
func (s *scanner) check() error {
	fresh := s.buf[s.limit:s.filled]
	if !utf8.Valid(fresh) {
		for i := 0; i < len(fresh); {
			r, size := utf8.DecodeRune(fresh[i:])
			if r == utf8.RuneError && size == 1 {
				if !utf8.FullRune(fresh[i:]) {
					fresh = fresh[:i] // the rest comes with the next read
					break
				}
				s.pos = s.limit + i
				return s.fail(bankadapters.CodeEncoding, "a byte that is not UTF-8")
			}
			i += size
		}
	}
	if i := controlAt(fresh); i >= 0 {
		s.pos = s.limit + i
		return s.fail(bankadapters.CodeEncoding, "a control character (code %d)", fresh[i])
	}
	s.limit += len(fresh)
	return nil
}

// controlAt returns the index of the first control character XML forbids, or -1.
func controlAt(b []byte) int {
	const ones = 0x0101010101010101
	for i := 0; i < len(b); {
		if len(b)-i >= 8 {
			x := binary.LittleEndian.Uint64(b[i:])
			// A high bit stands in the result where a byte is below 0x20.
			if (x-ones*0x20)&^x&(ones*0x80) == 0 {
				i += 8
				continue
			}
		}
		for end := min(i+8, len(b)); i < end; i++ {
			if c := b[i]; c < 0x20 && c != '\n' && c != '\r' && c != '\t' {
				return i
			}
		}
	}
	return -1
}

func (s *scanner) endTag() error {
	// The usual end tag is </, the open element's name and >.
	top := s.top()
	if rest := s.buf[s.pos+2 : s.limit]; s.depth > 0 && len(rest) > len(top) && rest[len(top)] == '>' && string(rest[:len(top)]) == string(top) {
		s.pos += len(top) + 3
		s.pop()
		return nil
	}
	n, err := s.find('>', 2)
	if err != nil {
		return err
	}
	if s.pos+n >= s.limit {
		return s.fail(bankadapters.CodeTruncated, "the file ends inside an end tag")
	}
	name := s.buf[s.pos+2 : s.pos+n]
	if s.depth == 0 || !bytes.Equal(name, s.top()) {
		name = bytes.TrimRight(name, " \t\r\n")
		if s.depth == 0 || !bytes.Equal(name, s.top()) {
			return s.fail(bankadapters.CodeSyntax, "end tag </%s> does not close <%s>", clip(name), s.top())
		}
	}
	s.pos += n + 1
	s.pop()
	return nil
}

func (s *scanner) top() []byte {
	if s.depth == 0 {
		return nil
	}
	return s.names[s.starts[s.depth-1]:]
}

func (s *scanner) pop() {
	s.depth--
	s.names = s.names[:s.starts[s.depth]]
}

// declaration handles what begins with <!: comments are passed over, CDATA is
// text, everything else is refused.
func (s *scanner) declaration(rest []byte) (found bool, err error) {
	switch {
	case bytes.HasPrefix(rest, commentOpen):
		n, err := s.findString(commentClose, len(commentOpen))
		if err != nil {
			return false, err
		}
		if n < 0 {
			return false, s.fail(bankadapters.CodeTruncated, "the file ends inside a comment")
		}
		s.pos += n + len(commentClose)
		return false, nil
	case bytes.HasPrefix(rest, cdataOpen) && s.depth > 0:
		n, err := s.findString(cdataClose, len(cdataOpen))
		if err != nil {
			return false, err
		}
		if n < 0 {
			return false, s.fail(bankadapters.CodeTruncated, "the file ends inside CDATA")
		}
		s.text = s.buf[s.pos+len(cdataOpen) : s.pos+n]
		s.pos += n + len(cdataClose)
		return true, nil
	}
	return false, s.fail(bankadapters.CodeDoctype, "a declaration %q: bank files must not carry a DOCTYPE", clip(rest))
}

// instruction passes over <?…?>. The XML declaration must say UTF-8 or nothing.
func (s *scanner) instruction() error {
	n, err := s.findString(piClose, 2)
	if err != nil {
		return err
	}
	if n < 0 {
		return s.fail(bankadapters.CodeTruncated, "the file ends inside a processing instruction")
	}
	body := string(s.buf[s.pos+2 : s.pos+n])
	if strings.HasPrefix(body, "xml ") {
		if s.rooted {
			return s.fail(bankadapters.CodeSyntax, "an XML declaration inside the document")
		}
		lower := strings.ToLower(body)
		if i := strings.Index(lower, "encoding"); i >= 0 && !strings.Contains(lower[i:], "utf-8") && !strings.Contains(lower[i:], "us-ascii") {
			return s.fail(bankadapters.CodeEncoding, "the declared encoding is not UTF-8: %q", clip([]byte(body)))
		}
	}
	s.pos += n + len(piClose)
	return nil
}

// decode resolves entities in raw.
func (s *scanner) decode(raw []byte) ([]byte, error) {
	out := s.scratch[:0]
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			break
		}
		out = append(out, raw[:i]...)
		raw = raw[i+1:]
		end := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if end < 0 {
			return nil, s.fail(bankadapters.CodeEntity, "an & that begins no entity: write &amp;")
		}
		var ok bool
		if out, ok = appendEntity(out, raw[:end]); !ok {
			return nil, s.fail(bankadapters.CodeEntity, "entity &%s; is not known", clip(raw[:end]))
		}
		raw = raw[end+1:]
	}
	s.scratch = append(out, raw...)
	return s.scratch, nil
}

func appendEntity(out, name []byte) ([]byte, bool) {
	switch string(name) {
	case "lt":
		return append(out, '<'), true
	case "gt":
		return append(out, '>'), true
	case "amp":
		return append(out, '&'), true
	case "quot":
		return append(out, '"'), true
	case "apos":
		return append(out, '\''), true
	}
	if len(name) < 2 || name[0] != '#' {
		return out, false
	}
	base, digits := rune(10), name[1:]
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	var r rune
	for _, c := range digits {
		var d rune
		switch {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case base == 16 && 'a' <= c|0x20 && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		default:
			return out, false
		}
		if r = r*base + d; r > utf8.MaxRune {
			return out, false
		}
	}
	if len(digits) == 0 || !utf8.ValidRune(r) || r < 0x20 && r != '\n' && r != '\r' && r != '\t' {
		return out, false
	}
	return utf8.AppendRune(out, r), true
}

// clip shortens what a file said for an error message.
func clip(b []byte) string {
	if len(b) > 40 {
		b = b[:40]
	}
	return strings.ToValidUTF8(string(b), "?")
}
