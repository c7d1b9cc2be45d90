package iso20022

import (
	"bytes"

	"ansinh/bankadapters"
)

var (
	attributeXMLNS    = []byte("xmlns")
	attributeCurrency = []byte("Ccy")
)

// startTag scans one start tag and pushes its element. Of the attributes only
// the namespace declarations and Ccy are kept.
func (s *scanner) startTag() error {
	if s.plainTag() {
		return nil
	}
	n, err := s.tagEnd()
	if err != nil {
		return err
	}
	body := s.buf[s.pos+1 : s.pos+n]
	if len(body) > 0 && body[len(body)-1] == '/' {
		s.halfEnd = true
		body = body[:len(body)-1]
	}
	qualified, attributes := body, []byte(nil)
	if i := bytes.IndexAny(body, " \t\r\n"); i >= 0 {
		qualified, attributes = body[:i], body[i:]
	}
	if !isName(qualified) {
		return s.fail(bankadapters.CodeSyntax, "<%s> is no element name", clip(qualified))
	}
	if s.depth == 0 && s.rooted {
		return s.fail(bankadapters.CodeSyntax, "a second document element <%s>", clip(qualified))
	}
	if s.depth == depthMax {
		return s.fail(bankadapters.CodeLimit, "elements are nested deeper than %d", depthMax)
	}
	s.prefix, s.name = nil, qualified
	if i := bytes.IndexByte(qualified, ':'); i >= 0 {
		s.prefix, s.name = qualified[:i], qualified[i+1:]
	}
	root := s.depth == 0
	if root {
		s.rooted, s.rootAs = true, string(s.prefix)
	}
	s.foreign = string(s.prefix) != s.rootAs
	s.currency = nil
	if len(attributes) > 0 {
		if err := s.attributes(attributes, root); err != nil {
			return err
		}
	}
	s.starts[s.depth] = len(s.names)
	s.names = append(s.names, qualified...)
	s.depth++
	s.pos += n + 1
	return nil
}

// plainTag scans the usual start tag, <, an unprefixed ASCII name and >, below
// the root of a document without prefixes. It reports false, with nothing
// changed, for every other.
func (s *scanner) plainTag() bool {
	if s.depth == 0 || s.depth == depthMax || s.rootAs != "" {
		return false
	}
	rest := s.buf[s.pos+1 : s.limit]
	n := 0
	for n < len(rest) && n < 64 && plainName[rest[n]] {
		n++
	}
	if n == 0 || n >= len(rest) || rest[n] != '>' || !letters[rest[0]] {
		return false
	}
	s.prefix, s.name, s.currency, s.foreign = nil, rest[:n], nil, false
	s.starts[s.depth] = len(s.names)
	s.names = append(s.names, s.name...)
	s.depth++
	s.pos += n + 2
	return true
}

// letters and plainName are the ASCII letters, and those with digits.
var letters, plainName = nameTables()

func nameTables() (letters, plain [256]bool) {
	for c := range 256 {
		letters[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		plain[c] = letters[c] || '0' <= c && c <= '9'
	}
	return letters, plain
}

// tagEnd returns the distance from pos to the > that ends the tag; a > inside a
// quoted attribute value ends nothing.
func (s *scanner) tagEnd() (int, error) {
	from, quote, checked := 1, byte(0), 1
	for {
		n, err := s.find('>', from)
		if err != nil {
			return 0, err
		}
		if s.pos+n >= s.limit {
			return 0, s.fail(bankadapters.CodeTruncated, "the file ends inside a tag")
		}
		for _, c := range s.buf[s.pos+checked : s.pos+n] {
			switch {
			case quote != 0 && c == quote:
				quote = 0
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case c == '<':
				return 0, s.fail(bankadapters.CodeSyntax, "a < inside a tag")
			}
		}
		if quote == 0 {
			return n, nil
		}
		from, checked = n+1, n
	}
}

func (s *scanner) attributes(rest []byte, root bool) error {
	for {
		trimmed := bytes.TrimLeft(rest, " \t\r\n")
		if len(trimmed) == 0 {
			return nil
		}
		if len(trimmed) == len(rest) {
			return s.fail(bankadapters.CodeSyntax, "attributes of <%s> stand without a space between", clip(s.name))
		}
		equals := bytes.IndexByte(trimmed, '=')
		if equals < 0 {
			return s.fail(bankadapters.CodeSyntax, "an attribute of <%s> has no value", clip(s.name))
		}
		name := bytes.TrimRight(trimmed[:equals], " \t\r\n")
		rest = bytes.TrimLeft(trimmed[equals+1:], " \t\r\n")
		if !isName(name) || len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return s.fail(bankadapters.CodeSyntax, "attribute %q of <%s> has no quoted value", clip(name), clip(s.name))
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return s.fail(bankadapters.CodeSyntax, "attribute %q of <%s> has no end", clip(name), clip(s.name))
		}
		if err := s.attribute(name, rest[1:1+end], root); err != nil {
			return err
		}
		rest = rest[end+2:]
	}
}

func (s *scanner) attribute(name, value []byte, root bool) error {
	if bytes.Equal(name, attributeCurrency) {
		if s.currency != nil {
			return s.fail(bankadapters.CodeSyntax, "attribute Ccy of <%s> stands twice", clip(s.name))
		}
		s.currency = value
		return nil
	}
	if !bytes.HasPrefix(name, attributeXMLNS) {
		return nil
	}
	declares := string(bytes.TrimPrefix(name[len(attributeXMLNS):], []byte{':'}))
	switch {
	case root && declares == s.rootAs:
		s.namespace = append([]byte(nil), value...)
	case !root && declares == s.rootAs && !bytes.Equal(value, s.namespace):
		// The prefix means something else from here on. Its end is not
		// tracked, so only whole elements that nobody reads may do this.
		s.foreign = true
	}
	return nil
}

func isName(b []byte) bool {
	if len(b) == 0 || len(b) > 128 {
		return false
	}
	for i, c := range b {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c >= 0x80:
		case i > 0 && ('0' <= c && c <= '9' || c == '-' || c == '.' || c == ':'):
		default:
			return false
		}
	}
	return b[len(b)-1] != ':'
}
