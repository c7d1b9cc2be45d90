package bankadapters

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"unicode/utf8"
)

// recordBytesMax bounds one line of a list file.
const recordBytesMax = 32 << 10

// Records reads the lines of a list file (docs/BANKS.md §8 and §9): UTF-8, comma
// separated, quoted as RFC 4180 says but never across lines, every line ended
// by a line feed, in flat memory.
type Records struct {
	in     *bufio.Reader
	kind   Kind
	line   int
	sum    hash.Hash
	before string
	fields []string
}

// NewRecords reads source; kind names the file in errors.
func NewRecords(source io.Reader, kind Kind) *Records {
	return &Records{in: bufio.NewReaderSize(source, recordBytesMax), kind: kind, sum: sha256.New()}
}

// Fail returns a refusal at the line read last.
func (r *Records) Fail(code, format string, args ...any) error {
	return &FileError{Kind: r.kind, Line: max(r.line, 1), Code: code, Why: fmt.Sprintf(format, args...)}
}

// Line is the number of the line read last.
func (r *Records) Line() int { return r.line }

// Before is the hex SHA-256 of all bytes before the line read last, if that is
// a trailer (its first field is T); else "".
func (r *Records) Before() string { return r.before }

// Next returns the fields of the next line, or io.EOF after the last one. The
// slice is valid until the next call.
func (r *Records) Next() ([]string, error) {
	raw, err := r.in.ReadSlice('\n')
	r.line++
	switch {
	case errors.Is(err, io.EOF) && len(raw) == 0:
		r.line--
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		return nil, r.Fail(CodeTruncated, "the last line has no line feed: the file was cut off, fetch it again")
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, r.Fail(CodeLimit, "a line is longer than %d bytes", recordBytesMax)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", r.kind, err)
	}
	r.before = ""
	if bytes.HasPrefix(raw, []byte("T,")) {
		r.before = hex.EncodeToString(r.sum.Sum(nil))
	}
	r.sum.Write(raw)
	return r.split(string(raw[:len(raw)-1]))
}

func (r *Records) split(text string) ([]string, error) {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c == 0x7f || c == '\ufeff' }) {
		return nil, r.Fail(CodeEncoding, "not plain UTF-8 text: a byte-order mark, a control character or another encoding")
	}
	r.fields = r.fields[:0]
	for {
		if !strings.HasPrefix(text, `"`) {
			field, rest, more := strings.Cut(text, ",")
			if strings.Contains(field, `"`) {
				return nil, r.Fail(CodeSyntax, "field %d has a quote inside without being quoted", len(r.fields)+1)
			}
			r.fields = append(r.fields, field)
			if !more {
				return r.fields, nil
			}
			text = rest
			continue
		}
		field, rest, ok := quoted(text[1:])
		if !ok || rest != "" && rest[0] != ',' {
			return nil, r.Fail(CodeSyntax, "field %d is not quoted as RFC 4180 says", len(r.fields)+1)
		}
		r.fields = append(r.fields, field)
		if rest == "" {
			return r.fields, nil
		}
		text = rest[1:]
	}
}

// quoted takes a quoted field whose opening quote is gone.
func quoted(text string) (field, rest string, ok bool) {
	var b strings.Builder
	for {
		part, after, found := strings.Cut(text, `"`)
		if !found {
			return "", "", false
		}
		b.WriteString(part)
		if !strings.HasPrefix(after, `"`) {
			return b.String(), after, true
		}
		b.WriteByte('"')
		text = after[1:]
	}
}
