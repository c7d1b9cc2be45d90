package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/web/records"
)

// listing is what stands around the rows of a list: how many there are and
// which are shown, in a sentence that repeats the filters, the way to the next
// page, and the file of exactly this view.
type listing struct {
	Sentence string
	Empty    string // what to say where there is nothing
	pager
	CSV     string // address; "" = too many rows
	CSVNote string // why there is none
	Clear   string // address without any filter; "" where nothing is filtered
}

// pager links a page of a list to its neighbours; "" is no link.
type pager struct{ First, Previous, Next string }

// asked is a view of a list, read from the query string: its filters, order and
// page. Links, pager and download change one thing of it and keep the rest, so
// what is on screen is always an address that can be sent.
type asked struct {
	v     *visit
	query url.Values
	row   int64 // number of the first row of this page, from 1
}

func (v *visit) asked() asked {
	a := asked{v: v, query: v.r.URL.Query(), row: 1}
	if n, err := strconv.ParseInt(a.query.Get("row"), 10, 64); err == nil && n > 1 {
		a.row = n
	}
	return a
}

// filterMax is how many bytes of a filter are taken; nothing we hold is longer.
const filterMax = 200

// text is a filter as it was given.
func (a asked) text(name string) string {
	text := strings.TrimSpace(a.query.Get(name))
	if len(text) > filterMax {
		return ""
	}
	return text
}

// choice is a filter whose values are known; another one counts as none.
func (a asked) choice(name string, allowed ...string) string {
	if value := a.text(name); slices.Contains(allowed, value) {
		return value
	}
	return ""
}

// pagesMax bounds a page's number: what lies behind is reached by filters.
const pagesMax = 1_000_000

// page is the number of the page of a list that is numbered, from 1.
func (a asked) page() int { return int(max(1, min(a.number("page"), pagesMax))) }

// number is a filter that is a number; 0 if it is none.
func (a asked) number(name string) int64 {
	n, err := strconv.ParseInt(a.text(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// date is a filter that is a day, as a date field sends it or as people write it.
// What is no day is noted as an error at the field.
func (a asked) date(name string) calendar.Date {
	text := a.text(name)
	if text == "" {
		return calendar.Date{}
	}
	d, err := calendar.ParseISO(text)
	if err != nil {
		d, err = calendar.ParseVietnamese(text)
	}
	if err != nil {
		a.v.errors = append(a.v.errors, fieldError{Field: name, Text: a.v.words().say("list.date.wrong", text)})
	}
	return d
}

// wantsFile reports whether the view is asked for as a file.
func (a asked) wantsFile() bool { return a.query.Get("as") == "csv" }

// with is the address of this view with some of the query changed; a value of ""
// leaves the name out.
func (a asked) with(pairs ...string) string {
	q := url.Values{}
	for name, values := range a.query {
		if name != "done" && name != "lang" {
			q[name] = values
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return a.v.r.URL.Path
	}
	return a.v.r.URL.Path + "?" + q.Encode()
}

// list describes a page of shown rows out of count, which stops at
// records.CountMax+1; below 0 nobody counted. key is the message of the count;
// filters are said after it, a search text (the field q) before them. next are the
// names and values that lead to the next page, cleared on the way back to the
// first.
func (a asked) list(key string, count int64, shown int, filters []string, more bool, next ...string) listing {
	f := a.v.format()
	text := f.count(count)
	if count > records.CountMax {
		text = a.v.words().say("list.morethan", f.count(records.CountMax))
	}
	return a.describe(key, text, count, shown, filters, more, next...)
}

// numbered describes a page of a list whose rows are all counted and whose pages
// have numbers, of size rows each.
func (a asked) numbered(key string, count int64, shown, size int, filters []string) listing {
	page := a.page()
	a.row = int64(page-1)*int64(size) + 1
	l := a.describe(key, a.v.format().count(count), count, shown, filters, a.row+int64(shown)-1 < count && shown > 0, "page", strconv.Itoa(page+1))
	if l.Next != "" {
		l.Next = a.with("page", strconv.Itoa(page+1), "as", "")
	}
	if page > 2 {
		l.Previous = a.with("page", strconv.Itoa(page-1), "as", "")
	} else {
		l.Previous = l.First
	}
	return l
}

func (a asked) describe(key, text string, count int64, shown int, filters []string, more bool, next ...string) listing {
	w, f := a.v.words(), a.v.format()
	var l listing
	l.Sentence = w.many(key, count, text)
	if count < 0 {
		l.Sentence = w.say(key + ".uncounted")
	}
	l.Empty = a.empty(key, filters)
	if search := a.text("q"); search != "" {
		filters = append([]string{w.say("list.search", search)}, filters...)
	}
	for _, one := range filters {
		l.Sentence += ", " + one
	}
	l.Sentence += "."
	if shown > 0 && (more || a.row > 1) {
		l.Sentence += " " + w.say("list.shown", f.count(a.row), f.count(a.row+int64(shown)-1))
	}
	if len(filters) > 0 {
		l.Clear = a.v.r.URL.Path
	}
	back := []string{"row", "", "as", ""}
	for i := 0; i < len(next); i += 2 {
		back = append(back, next[i], "")
	}
	if a.row > 1 {
		l.First = a.with(back...)
	}
	if more {
		l.Next = a.with(append(next, "row", strconv.FormatInt(a.row+int64(shown), 10))...)
	}
	switch {
	case count > records.CountMax:
		l.CSVNote = w.say("list.csv.toomany", f.count(records.CountMax))
	case count != 0:
		l.CSV = a.with(append(back, "as", "csv")...)
	}
	return l
}

// empty chooses among the four texts of a list without rows: nothing yet, nothing
// for the search, for the filters, for both.
func (a asked) empty(key string, filters []string) string {
	w, search := a.v.words(), a.text("q")
	switch said := strings.Join(filters, ", "); {
	case search != "" && said != "":
		return w.say("list.nomatch.both", search, said)
	case search != "":
		return w.say("list.nomatch.text", search)
	case said != "":
		return w.say("list.nomatch", said)
	}
	return w.say(key + ".none")
}

// file answers with the rows of a view as CSV: first who made it, when, of what
// and with which filters, then the head, then each row that rows emits. That it
// was taken is in the audit chain before the first byte leaves.
func (a asked) file(name string, l listing, head []string, rows func(emit func(cells ...any)) error) error {
	v := a.v
	if l.CSV == "" && l.CSVNote != "" {
		return errs.Coded(errs.Conflict, "CONSOLE-CSV", fmt.Sprintf("Hơn %d dòng: hãy lọc bớt rồi tải. / More than %d rows: filter first, then download.",
			records.CountMax, records.CountMax), nil)
	}
	now := v.site.Now()
	err := pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: v.me.ID, Act: "list.export", Subject: v.r.URL.Path,
			Detail: map[string]any{"filter": l.Sentence, "query": v.r.URL.RawQuery}})
		return err
	})
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.csv"`, name, now.In(calendar.Zone).Format("20060102-1504")))
	if _, err := v.w.Write([]byte("\ufeff")); err != nil {
		return nil // the reader left
	}
	out := csv.NewWriter(v.w)
	w := v.words()
	title := w.say("service") + " · " + l.Sentence
	if v.site.Notice != "" {
		title = v.site.Notice + " · " + title
	}
	for _, line := range [][]string{{cell(title)}, {cell(w.say("footer.printed", v.me.ID, v.format().moment(now)))}, head} {
		if err := out.Write(line); err != nil {
			return nil
		}
	}
	err = rows(func(cells ...any) {
		line := make([]string, len(cells))
		for i, c := range cells {
			line[i] = csvCell(c)
		}
		_ = out.Write(line) // a reader who left shows at Flush, and nothing can be told to them
	})
	out.Flush()
	return err
}

// csvCell writes a value as a spreadsheet reads it: amounts as plain numbers,
// times in Vietnam's zone.
func csvCell(value any) string {
	switch value := value.(type) {
	case string:
		return cell(value)
	case time.Time:
		return value.In(calendar.Zone).Format("2006-01-02 15:04:05")
	case *time.Time:
		if value == nil {
			return ""
		}
		return csvCell(*value)
	case interface{ Exact() string }:
		return value.Exact()
	default:
		return cell(fmt.Sprint(value))
	}
}

// cell keeps a spreadsheet from running a text as a formula. A number may be
// negative.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return "'" + text
		}
	}
	return text
}

// option is one value of a filter or an order.
type option struct {
	Value, Word string
	Chosen      bool
}

// options make a choice of a filter: all of it first, then each value with its
// word. A chosen value that is not among them stands there as it was asked for.
func options(all, chosen string, pairs ...string) []option {
	list := []option{{Value: "", Word: all, Chosen: chosen == ""}}
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, option{Value: pairs[i], Word: pairs[i+1], Chosen: pairs[i] == chosen})
	}
	if !slices.ContainsFunc(list, func(o option) bool { return o.Chosen }) {
		list = append(list, option{Value: chosen, Word: chosen, Chosen: true})
	}
	return list
}

// pairs are values with their words, for [options].
func (w words) pairs(prefix string, values ...string) []string {
	var list []string
	for _, value := range values {
		list = append(list, value, w.say(prefix+"."+value))
	}
	return list
}

// pairsOf are what there is in the database, for [options].
func pairsOf(choices []records.Choice) []string {
	var list []string
	for _, c := range choices {
		list = append(list, c.Value, c.Word)
	}
	return list
}

// wordOf is the word of the value that is chosen, "" while all are.
func wordOf(list []option) string {
	for _, o := range list {
		if o.Chosen && o.Value != "" {
			return o.Word
		}
	}
	return ""
}

// chosen are the words of what is chosen in filters, for the count sentence.
func chosen(filters ...[]option) []string {
	var list []string
	for _, f := range filters {
		if word := wordOf(f); word != "" {
			list = append(list, word)
		}
	}
	return list
}
