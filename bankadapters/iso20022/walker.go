package iso20022

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// valueMax bounds the text of one element; the longest text of the messages
// read here has 500 characters.
const valueMax = 4096

// element is one node of a message as its reader sees it. A tree of them says
// which elements are read; everything else in a file is passed over.
type element struct {
	name     string
	field    field // what its text or its beginning and end mean; 0 = nothing
	text     bool  // holds text
	repeated bool  // may stand more than once
	required bool
	kids     []*element
	need     uint64 // bit per required kid, set by the constructor
}

// field names one thing a reader wants to know.
type field uint8

func leaf(name string, f field) *element { return &element{name: name, field: f, text: true} }

func group(name string, f field, kids ...*element) *element {
	e := &element{name: name, field: f, kids: kids}
	for i, kid := range kids {
		if kid.required {
			e.need |= 1 << i
		}
	}
	return e
}

// must and many return a copy so that one node can serve several parents.
func must(e *element) *element { c := *e; c.required = true; return &c }
func many(e *element) *element { c := *e; c.repeated = true; return &c }

// path nests single groups: path("Acct/Id", kid) is <Acct><Id>kid.
func path(names []string, kid *element) *element {
	for i := len(names) - 1; i >= 0; i-- {
		kid = group(names[i], 0, kid)
	}
	return kid
}

// visitor receives what the tree names. Its errors made by wrong get the line.
type visitor interface {
	begin(f field) error              // a group with a field begins
	end(f field) error                // … and ends
	value(f field, text []byte) error // a leaf ends; text is trimmed, never empty
}

// wrongError is a refusal without a line yet.
type wrongError struct{ code, why string }

func (e *wrongError) Error() string { return e.code + ": " + e.why }

func wrong(code, format string, args ...any) error {
	return &wrongError{code: code, why: fmt.Sprintf(format, args...)}
}

type frame struct {
	element *element
	seen    uint64
	hint    int // kid to try first: files follow the order of the schema
}

// walker drives a scanner through a tree.
type walker struct {
	scanner  *scanner
	frames   [depthMax + 1]frame
	depth    int
	skipping int // open elements inside one nobody reads
	buffer   []byte
	currency [3]byte
	hasCcy   bool
	startsAt int // line where the element begun last began
	// namespaces lists the root namespaces accepted.
	namespaces []string
}

// walk reads a whole document below root. It returns *bankadapters.FileError
// for everything wrong with the file, other errors as they are.
func (w *walker) walk(root *element, v visitor) error {
	w.frames[0] = frame{element: group("", 0, must(root))}
	for {
		t, err := w.scanner.next()
		if err != nil {
			return err
		}
		switch t {
		case tokenStart:
			err = w.start(v)
		case tokenEnd:
			err = w.finish(v)
		case tokenText:
			err = w.characters()
		case tokenEOF:
			return w.at(w.complete(&w.frames[0]))
		}
		if err != nil {
			return w.at(err)
		}
	}
}

// at gives a wrongError its line.
func (w *walker) at(err error) error {
	var bad *wrongError
	if errors.As(err, &bad) {
		return w.scanner.fail(bad.code, "%s", bad.why)
	}
	return err
}

func (w *walker) start(v visitor) error {
	if w.skipping > 0 {
		w.skipping++
		return nil
	}
	s, f := w.scanner, &w.frames[w.depth]
	kid := -1
	if !s.foreign {
		kid = f.find(s.name)
	}
	if kid < 0 {
		if w.depth == 0 {
			return wrong(bankadapters.CodeNamespace, "the document element is <%s>, not a %s", clip(s.name), s.kind)
		}
		if f.element.text && len(f.element.kids) == 0 {
			return wrong(bankadapters.CodeSyntax, "<%s> inside <%s>, which holds text only", clip(s.name), f.element.name)
		}
		w.skipping = 1
		return nil
	}
	e := f.element.kids[kid]
	if f.seen&(1<<kid) != 0 && !e.repeated {
		return wrong(bankadapters.CodeRepeated, "<%s> stands twice in <%s>", e.name, f.element.name)
	}
	f.seen |= 1 << kid
	if w.depth == 0 {
		if err := w.checkNamespace(); err != nil {
			return err
		}
	}
	w.depth++
	w.frames[w.depth] = frame{element: e}
	w.buffer = w.buffer[:0]
	if e.text {
		w.hasCcy = len(s.currency) == 3
		copy(w.currency[:], s.currency)
		return nil
	}
	if e.field != 0 {
		return v.begin(e.field)
	}
	return nil
}

func (f *frame) find(name []byte) int {
	kids := f.element.kids
	for i := range kids {
		k := f.hint + i
		if k >= len(kids) {
			k -= len(kids)
		}
		if string(name) == kids[k].name {
			f.hint = k
			return k
		}
	}
	return -1
}

func (w *walker) checkNamespace() error {
	for _, n := range w.namespaces {
		if string(w.scanner.namespace) == n {
			return nil
		}
	}
	return wrong(bankadapters.CodeNamespace, "the namespace is %q, expected %q", clip(w.scanner.namespace), w.namespaces[0])
}

func (w *walker) finish(v visitor) error {
	if w.skipping > 0 {
		w.skipping--
		return nil
	}
	f := &w.frames[w.depth]
	if err := w.complete(f); err != nil {
		return err
	}
	w.depth--
	e := f.element
	if e.text {
		text := bytes.TrimSpace(w.buffer)
		w.buffer = w.buffer[:0]
		if len(text) == 0 {
			if e.required && f.seen == 0 {
				return wrong(bankadapters.CodeMissing, "<%s> is empty", e.name)
			}
			return nil
		}
		return v.value(e.field, text)
	}
	if e.field != 0 {
		return v.end(e.field)
	}
	return nil
}

// complete checks that the required kids of a closing element were there.
func (w *walker) complete(f *frame) error {
	lacking := f.element.need &^ f.seen
	if lacking == 0 {
		return nil
	}
	for i, kid := range f.element.kids {
		if lacking&(1<<i) != 0 {
			return wrong(bankadapters.CodeMissing, "<%s> lacks <%s>", f.element.name, kid.name)
		}
	}
	return nil
}

func (w *walker) characters() error {
	if w.skipping > 0 {
		return nil
	}
	text := w.scanner.text
	if w.frames[w.depth].element.text {
		if len(w.buffer)+len(text) > valueMax {
			return wrong(bankadapters.CodeLimit, "<%s> holds more than %d bytes", w.frames[w.depth].element.name, valueMax)
		}
		w.buffer = append(w.buffer, text...)
		return nil
	}
	for _, c := range text {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return wrong(bankadapters.CodeSyntax, "text %q directly inside <%s>", clip(bytes.TrimSpace(text)), w.frames[w.depth].element.name)
		}
	}
	return nil
}

// vnd checks the currency attribute of the amount that just ended.
func (w *walker) vnd(text []byte) (money.Amount, error) {
	if !w.hasCcy || string(w.currency[:]) != "VND" {
		return 0, wrong(bankadapters.CodeCurrency, "an amount is not in VND")
	}
	return amount(text)
}

// amount reads whole đồng. The short way round avoids a string per amount.
func amount(text []byte) (money.Amount, error) {
	if len(text) > 0 && len(text) <= 15 {
		n, plain := money.Amount(0), true
		for _, c := range text {
			if c < '0' || c > '9' {
				plain = false
				break
			}
			n = n*10 + money.Amount(c-'0')
		}
		if plain {
			return n, nil
		}
	}
	n, err := money.ParseISO(string(text))
	if err != nil {
		return 0, wrong(bankadapters.CodeAmount, "%v", err)
	}
	return n, nil
}

// positive is amount for a figure that cannot be zero.
func (w *walker) positive(text []byte) (money.Amount, error) {
	n, err := w.vnd(text)
	if err == nil && n == 0 {
		return 0, wrong(bankadapters.CodeAmount, "an amount of 0 đồng")
	}
	return n, err
}

func number(text []byte) (int, error) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || n < 0 {
		return 0, wrong(bankadapters.CodeValue, "%q is no count", clip(text))
	}
	return int(n), nil
}

// day reads an ISO date, or the Vietnamese day of an ISO moment.
func day(text []byte) (calendar.Date, error) {
	if len(text) > 10 && text[10] == 'T' {
		at, zoned, err := moment(text)
		if err != nil {
			return calendar.Date{}, err
		}
		if zoned {
			return calendar.DateOf(at), nil
		}
		text = text[:10]
	}
	// xs:date may carry a zone; the calendar day is what the bank means.
	if len(text) == 11 && text[10] == 'Z' || len(text) == 16 && (text[10] == '+' || text[10] == '-') {
		text = text[:10]
	}
	d, ok := plainDay(text)
	if !ok {
		return calendar.Date{}, wrong(bankadapters.CodeDate, "%q is no date", clip(text))
	}
	return d, nil
}

func plainDay(text []byte) (calendar.Date, bool) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return calendar.Date{}, false
	}
	var part [3]int
	for i, span := range [3][2]int{{0, 4}, {5, 7}, {8, 10}} {
		for _, c := range text[span[0]:span[1]] {
			if c < '0' || c > '9' {
				return calendar.Date{}, false
			}
			part[i] = part[i]*10 + int(c-'0')
		}
	}
	d, err := calendar.New(part[0], time.Month(part[1]), part[2])
	return d, err == nil
}

// moment reads an ISO date and time. Without a zone it is Vietnamese time.
func moment(text []byte) (at time.Time, zoned bool, err error) {
	if at, err := time.Parse(time.RFC3339Nano, string(text)); err == nil {
		return at.UTC(), true, nil
	}
	at, err = time.ParseInLocation("2006-01-02T15:04:05.999999999", string(text), calendar.Zone)
	if err != nil {
		return time.Time{}, false, wrong(bankadapters.CodeDate, "%q is no moment", clip(text))
	}
	return at.UTC(), false, nil
}
