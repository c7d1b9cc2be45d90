package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// token is what the scanner stands on.
type token uint8

const (
	tokenEnd   token = iota // of the part
	tokenOpen               // <name …>; for <name/> a tokenClose follows
	tokenClose              // </name>
	tokenText               // a piece of text, entities resolved
)

// The limits of XML that a spreadsheet program writes.
const (
	tagBytesMax = 1 << 20
	depthMax    = 100
	scanBytes   = 64 << 10
)

// xmlScanner pulls tags and text from one part of a workbook. It is ours because
// encoding/xml needs ten times as long, and because a part of a workbook needs
// little: names are compared without their prefix, so that strict and
// transitional workbooks read alike; a document type, where entity tricks live,
// is refused; nothing is ever fetched or expanded.
type xmlScanner struct {
	reader io.Reader
	where  string // the part, for errors
	buf    []byte
	pos    int
	end    int
	eof    bool
	empty  bool // the tag just opened closes itself
	depth  int

	name  []byte // of the tag, without prefix
	attrs []byte // of the tag, raw
	text  []byte // of the piece
	plain []byte // where a piece with entities is unfolded
}

func newXMLScanner(r io.Reader, where string) *xmlScanner {
	s := &xmlScanner{reader: r, where: where, buf: make([]byte, scanBytes)}
	if s.fill() == nil && (bytes.HasPrefix(s.buf[:s.end], []byte{0xFF, 0xFE}) || bytes.HasPrefix(s.buf[:s.end], []byte{0xFE, 0xFF})) {
		begun := append([]byte(nil), s.buf[:s.end]...)
		s.reader = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(io.MultiReader(bytes.NewReader(begun), r))
		s.end, s.eof = 0, false
	}
	return s
}

// fill reads more behind what is unread. At the end of the part it returns io.EOF
// and adds nothing.
func (s *xmlScanner) fill() error {
	if s.eof {
		return io.EOF
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end, s.pos = s.end-s.pos, 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= tagBytesMax {
			return refuse(WhyLimit, s.where, nil, "one tag")
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := io.ReadAtLeast(s.reader, s.buf[s.end:], 1)
	s.end += n
	switch {
	case errors.Is(err, io.EOF):
		s.eof = true
		return io.EOF
	case err != nil:
		return refuse(WhyDamaged, s.where, err)
	}
	return nil
}

// next moves to the next token. An unclosed tag at the end of the part is an
// error: the part was cut.
func (s *xmlScanner) next() (token, error) {
	if s.empty {
		s.empty = false
		s.depth--
		return tokenClose, nil
	}
	for {
		if s.pos == s.end {
			if err := s.fill(); err == io.EOF {
				if s.depth != 0 {
					return tokenEnd, refuse(WhyDamaged, s.where, io.ErrUnexpectedEOF)
				}
				return tokenEnd, nil
			} else if err != nil {
				return tokenEnd, err
			}
		}
		if s.buf[s.pos] != '<' {
			return tokenText, s.piece()
		}
		kind, err := s.tag()
		if err != nil || kind != tokenEnd {
			return kind, err
		}
	}
}

// piece takes text up to the next tag, or as much of it as is in hand.
func (s *xmlScanner) piece() error {
	rest := s.buf[s.pos:s.end]
	length := bytes.IndexByte(rest, '<')
	if length < 0 {
		length = len(rest)
		// An entity or a letter may be cut at the end of what is in hand.
		if cut := s.cutAt(rest); cut == 0 {
			if err := s.fill(); err == nil {
				return s.piece()
			} else if err != io.EOF {
				return err
			}
		} else if !s.eof {
			length = cut
		}
	}
	raw := s.buf[s.pos : s.pos+length]
	s.pos += length
	if bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		s.text = raw
		return nil
	}
	var err error
	s.plain, err = unfold(s.plain[:0], raw)
	s.text = s.plain
	if err != nil {
		return refuse(WhyDamaged, s.where, err)
	}
	return nil
}

// entityBytesMax is the length of &#x10FFFF; and a little more.
const entityBytesMax = 12

// cutAt is how much of a piece that may go on can be given out now.
func (s *xmlScanner) cutAt(rest []byte) int {
	from := max(0, len(rest)-entityBytesMax)
	if amp := bytes.LastIndexByte(rest[from:], '&'); amp >= 0 && bytes.IndexByte(rest[from+amp:], ';') < 0 {
		return from + amp
	}
	if rest[len(rest)-1] == '\r' {
		return len(rest) - 1
	}
	return len(rest)
}

// tag takes what begins with "<". It returns tokenEnd for what is no tag.
func (s *xmlScanner) tag() (token, error) {
	for s.end-s.pos < len("<![CDATA[") {
		if err := s.fill(); err == io.EOF {
			break
		} else if err != nil {
			return tokenEnd, err
		}
	}
	rest := s.buf[s.pos:s.end]
	if len(rest) > 1 && rest[1] != '?' && rest[1] != '!' {
		raw, err := s.wholeTag()
		if err != nil {
			return tokenEnd, err
		}
		return s.readTag(raw)
	}
	switch {
	case bytes.HasPrefix(rest, []byte("<?")):
		_, err := s.upTo("?>")
		return tokenEnd, err
	case bytes.HasPrefix(rest, []byte("<!--")):
		_, err := s.upTo("-->")
		return tokenEnd, err
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		raw, err := s.upTo("]]>")
		if err != nil {
			return tokenEnd, err
		}
		s.text = raw[len("<![CDATA[") : len(raw)-len("]]>")]
		return tokenText, nil
	case len(rest) == 1:
		return tokenEnd, refuse(WhyDamaged, s.where, io.ErrUnexpectedEOF)
	default:
		return tokenEnd, refuse(WhyDamaged, s.where, errors.New("a document type has no place in a workbook"))
	}
}

// upTo takes everything up to and with mark.
func (s *xmlScanner) upTo(mark string) ([]byte, error) {
	from := 0
	for {
		if at := bytes.Index(s.buf[s.pos+from:s.end], []byte(mark)); at >= 0 {
			raw := s.buf[s.pos : s.pos+from+at+len(mark)]
			s.pos += len(raw)
			return raw, nil
		}
		from = max(0, s.end-s.pos-len(mark))
		if err := s.fill(); err != nil {
			return nil, s.cut(err)
		}
	}
}

// cut says that the part ended inside a tag.
func (s *xmlScanner) cut(err error) error {
	if err == io.EOF {
		return refuse(WhyDamaged, s.where, io.ErrUnexpectedEOF)
	}
	return err
}

// wholeTag takes a tag with its angles. A ">" inside quotes ends nothing.
func (s *xmlScanner) wholeTag() ([]byte, error) {
	var quote byte
	for at := 1; ; at++ {
		if s.pos+at >= s.end {
			if err := s.fill(); err != nil {
				return nil, s.cut(err)
			}
		}
		switch c := s.buf[s.pos+at]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			raw := s.buf[s.pos : s.pos+at+1]
			s.pos += at + 1
			return raw, nil
		}
	}
}

func (s *xmlScanner) readTag(raw []byte) (token, error) {
	inner := raw[1 : len(raw)-1]
	if len(inner) > 0 && inner[0] == '/' {
		s.name, s.attrs = local(inner[1:][:nameLength(inner[1:])]), nil
		if s.depth--; s.depth < 0 {
			return tokenEnd, refuse(WhyDamaged, s.where, fmt.Errorf("</%.40s> closes nothing", s.name))
		}
		return tokenClose, nil
	}
	if len(inner) > 0 && inner[len(inner)-1] == '/' {
		s.empty = true
		inner = inner[:len(inner)-1]
	}
	nameEnd := nameLength(inner)
	s.name, s.attrs = local(inner[:nameEnd]), inner[nameEnd:]
	if s.depth++; s.depth > depthMax {
		return tokenEnd, refuse(WhyLimit, s.where, nil, "nesting")
	}
	if len(s.name) == 0 {
		return tokenEnd, refuse(WhyDamaged, s.where, errors.New("a tag without a name"))
	}
	return tokenOpen, nil
}

func nameLength(inner []byte) int {
	for i, c := range inner {
		if c <= ' ' {
			return i
		}
	}
	return len(inner)
}

// local drops the prefix. Names are short: a loop is faster than a search.
func local(name []byte) []byte {
	for i, c := range name {
		if c == ':' {
			return name[i+1:]
		}
	}
	return name
}

// skip leaves the element just opened, with all that is in it.
func (s *xmlScanner) skip() error {
	for depth := s.depth; s.depth >= depth; {
		kind, err := s.next()
		if err != nil {
			return err
		}
		if kind == tokenEnd {
			return refuse(WhyDamaged, s.where, io.ErrUnexpectedEOF)
		}
	}
	return nil
}

// content appends the text of the element just opened, at most max bytes, and
// leaves it. Elements inside are passed over.
func (s *xmlScanner) content(to []byte, max int) ([]byte, error) {
	for {
		kind, err := s.next()
		switch {
		case err != nil:
			return to, err
		case kind == tokenClose:
			return to, nil
		case kind == tokenOpen:
			if err := s.skip(); err != nil {
				return to, err
			}
		case kind == tokenEnd:
			return to, refuse(WhyDamaged, s.where, io.ErrUnexpectedEOF)
		case len(to)+len(s.text) > max:
			return to, refuse(WhyLimit, s.where, nil, "one cell")
		default:
			to = append(to, s.text...)
		}
	}
}

// attr cuts the next attribute off; its name is without prefix, its value raw.
func attr(rest []byte) (name, value, left []byte, ok bool) {
	rest = trimSpace(rest)
	equals := bytes.IndexByte(rest, '=')
	if equals <= 0 {
		return nil, nil, nil, false
	}
	name = local(trimSpace(rest[:equals]))
	rest = trimSpace(rest[equals+1:])
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return nil, nil, nil, false
	}
	length := bytes.IndexByte(rest[1:], rest[0])
	if length < 0 {
		return nil, nil, nil, false
	}
	return name, rest[1 : 1+length], rest[2+length:], true
}

// get returns an attribute of the tag with its entities resolved, "" if absent.
func (s *xmlScanner) get(want string) string {
	for name, value, rest, ok := attr(s.attrs); ok; name, value, rest, ok = attr(rest) {
		if string(name) != want {
			continue
		}
		plain, err := unfold(nil, value)
		if err != nil {
			return string(value)
		}
		return string(plain)
	}
	return ""
}

// is reports whether an attribute says yes.
func (s *xmlScanner) is(want string) bool { return isTrue([]byte(s.get(want))) }

func isTrue(value []byte) bool { return string(value) == "1" || string(value) == "true" }

var errEntity = errors.New("an entity that no workbook has")

// unfold appends raw with entities resolved and line ends made one.
func unfold(to, raw []byte) ([]byte, error) {
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '\r':
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
			to = append(to, '\n')
		case '&':
			length := bytes.IndexByte(raw[i:min(len(raw), i+entityBytesMax)], ';')
			if length < 0 {
				return to, errEntity
			}
			r, ok := entity(string(raw[i+1 : i+length]))
			if !ok {
				return to, errEntity
			}
			to = utf8.AppendRune(to, r)
			i += length
		default:
			to = append(to, raw[i])
		}
	}
	return to, nil
}

func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, base := name, 10
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	if digits = name[1:]; digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}
