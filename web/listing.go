package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
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
}

// view of a list, read from the query string.
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

// text is a filter as it was given.
func (a asked) text(name string) string { return strings.TrimSpace(a.query.Get(name)) }

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

func (v *visit) words() words             { return v.site.words[v.lang] }
func (v *visit) format() formatter        { return formatter{v.lang} }
func (v *visit) context() context.Context { return v.r.Context() }

// list describes a page of shown rows out of count, which stops at
// records.CountMax+1. key is the message of the count; filters are said after it.
// next are the names and values that lead to the next page, cleared on the way
// back to the first.
func (a asked) list(key string, count int64, shown int, filters []string, more bool, next ...string) listing {
	return describe(a.v.words(), a.v.format(), a, key, count, shown, filters, more, next...)
}

func describe(w words, f formatter, a asked, key string, count int64, shown int, filters []string, more bool, next ...string) listing {
	var l listing
	l.Sentence = w.many(key, count, f.count(count))
	if count > records.CountMax {
		l.Sentence = w.say(key, w.say("list.morethan", f.count(records.CountMax)))
	}
	for _, one := range filters {
		l.Sentence += ", " + one
	}
	l.Sentence += "."
	if shown > 0 && (more || a.row > 1) {
		l.Sentence += " " + w.say("list.shown", f.count(a.row), f.count(a.row+int64(shown)-1))
	}
	l.Empty = w.say(key + ".none")
	if len(filters) > 0 {
		l.Empty = w.say("list.nomatch", strings.Join(filters, ", "))
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
	case count > 0:
		l.CSV = a.with(append(back, "as", "csv")...)
	}
	return l
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

// options make a choice of a filter: all of it first, then each value with its word.
func options(all, chosen string, pairs ...string) []option {
	list := []option{{Value: "", Word: all, Chosen: chosen == ""}}
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, option{Value: pairs[i], Word: pairs[i+1], Chosen: pairs[i] == chosen})
	}
	return list
}
