package cashlist

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"ansinh/bankadapters"
	"ansinh/internal/money"
)

// WriteList writes s as a provider's pay list. The account of a creditor is the
// pay point or pension number and may be empty; BIN and text are not carried.
// The bytes depend on s alone. An error matches bankadapters.ErrSubmission when
// s does not fit the wire.
func WriteList(w io.Writer, s bankadapters.Submission) error {
	l := &listWriter{out: bufio.NewWriterSize(w, 64<<10), sum: sha256.New()}
	l.list(s)
	if l.err == nil {
		l.err = l.out.Flush()
	}
	if l.err != nil {
		return fmt.Errorf("write list %s: %w", s.Message, l.err)
	}
	return nil
}

type listWriter struct {
	out  *bufio.Writer
	sum  hash.Hash
	line []byte
	err  error
}

func (l *listWriter) refuse(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("%w: %s", bankadapters.ErrSubmission, fmt.Sprintf(format, args...))
	}
}

func (l *listWriter) record(fields ...string) {
	if l.err != nil {
		return
	}
	l.line = l.line[:0]
	for i, field := range fields {
		if i > 0 {
			l.line = append(l.line, ',')
		}
		if strings.ContainsAny(field, `,"`) {
			l.line = append(l.line, '"')
			l.line = append(l.line, strings.ReplaceAll(field, `"`, `""`)...)
			l.line = append(l.line, '"')
			continue
		}
		l.line = append(l.line, field...)
	}
	l.line = append(l.line, '\n')
	l.sum.Write(l.line)
	_, l.err = l.out.Write(l.line)
}

// check refuses a text the wire cannot carry. It never repeats the text: it may
// be a name, and errors reach logs.
func (l *listWriter) check(what, text string, min, max int) {
	control := strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c == 0x7f || c == '\ufeff' })
	if len(text) < min || utf8.RuneCountInString(text) > max || !utf8.ValidString(text) || control {
		l.refuse("%s must be %d to %d printable characters", what, min, max)
	}
}

func (l *listWriter) list(s bankadapters.Submission) {
	if s.Count < 1 || s.Total < 1 || s.Execution.IsZero() {
		l.refuse("declares %d payments of %s đồng on %q", s.Count, s.Total, s.Execution)
	}
	l.check("list id", string(s.Message), 1, 35)
	l.check("provider", string(s.Bank), 1, 35)
	count, total := strconv.Itoa(s.Count), s.Total.Exact()
	l.record("H", "1", string(s.Message), string(s.Bank), s.Execution.String(), count, total)
	n, sum := 0, money.Amount(0)
	err := s.Instructions(func(i bankadapters.Instruction) error {
		n++
		if i.Amount < 1 {
			l.refuse("line %d has an amount of %s đồng", n, i.Amount)
		}
		var err error
		if sum, err = sum.Add(i.Amount); err != nil {
			l.refuse("the sum: %v", err)
		}
		l.check("reference", string(i.EndToEnd), 1, 35)
		l.check("name", i.Creditor.Name, 1, 140)
		l.check("personal id", i.Person, 0, 35)
		l.check("unit code", i.Unit, 0, 35)
		l.check("pay point", i.Creditor.Account, 0, 35)
		l.record("D", string(i.EndToEnd), i.Creditor.Name, i.Person, i.Unit, i.Creditor.Account, i.Amount.Exact())
		return l.err
	})
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("line %d: %w", n+1, err)
	}
	if n != s.Count || sum != s.Total {
		l.refuse("declares %d payments of %s đồng, has %d of %s", s.Count, s.Total, n, sum)
	}
	l.record("T", count, total, hex.EncodeToString(l.sum.Sum(nil)))
}
