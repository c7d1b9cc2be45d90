package web

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"ansinh/internal/errs"
	"ansinh/web/records"
)

// query is the address of a list: its filters, order and page. Links, pager and
// download change one thing of it and keep the rest, so what is on screen is
// always an address that can be sent.
type query struct {
	path   string
	values url.Values
}

func (v *visit) query() query {
	q := query{path: v.r.URL.Path, values: url.Values{}}
	for key, value := range v.r.URL.Query() {
		if key != "lang" && key != "done" && len(value) > 0 && value[0] != "" {
			q.values.Set(key, value[0])
		}
	}
	return q
}

// get is a filter's value; one that is not among the allowed counts as none.
func (q query) get(key string, allowed ...string) string {
	value := strings.TrimSpace(q.values.Get(key))
	if len(value) > 100 {
		return ""
	}
	for _, a := range allowed {
		if value == a {
			return value
		}
	}
	if len(allowed) > 0 {
		return ""
	}
	return value
}

// number is a page or payment number, or least.
func (q query) number(key string, least int64) int64 {
	n, err := strconv.ParseInt(q.values.Get(key), 10, 64)
	if err != nil || n < least {
		return least
	}
	return n
}

// with is this address with one thing changed; "" takes it out. Any change but
// of the page itself begins at the first page.
func (q query) with(key, value string) string {
	values := url.Values{}
	for k, v := range q.values {
		if k != "page" && k != "after" || key == "page" && k != "after" {
			values[k] = v
		}
	}
	values.Del(key)
	if value != "" {
		values.Set(key, value)
	}
	return address(q.path, values)
}

// at is the same filters at another path, for a download.
func (q query) at(path string) string {
	values := url.Values{}
	for k, v := range q.values {
		if k != "page" && k != "after" {
			values[k] = v
		}
	}
	return address(path, values)
}

func address(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// option is one value of a filter or an order.
type option struct {
	Value, Word string
	Chosen      bool
}

// options makes a filter's values: everything first, then those given by the
// keys of their words.
func (v *visit) options(chosen, prefix string, values ...string) []option {
	words := v.site.words[v.lang]
	list := []option{{Value: "", Word: words.say(prefix + ".all"), Chosen: chosen == ""}}
	for _, value := range values {
		list = append(list, option{Value: value, Word: words.say(prefix + "." + value), Chosen: value == chosen})
	}
	return list
}

// chosenOf makes a filter's values from what there is in the database.
func (v *visit) chosenOf(chosen, prefix string, list []records.Choice) []option {
	out := []option{{Value: "", Word: v.site.words[v.lang].say(prefix + ".all"), Chosen: chosen == ""}}
	for _, c := range list {
		out = append(out, option{Value: c.Value, Word: c.Word, Chosen: c.Value == chosen})
	}
	return out
}

// pager links a page of a list to its neighbours; "" is no link.
type pager struct{ First, Previous, Next string }

// pages is the pager of a list whose pages are numbered.
func (q query) pages(page int64, more bool) pager {
	var p pager
	if page > 1 {
		p.First, p.Previous = q.with("page", ""), q.with("page", strconv.FormatInt(page-1, 10))
	}
	if page == 2 {
		p.Previous = p.First
	}
	if more {
		p.Next = q.with("page", strconv.FormatInt(page+1, 10))
	}
	return p
}

// emptyKey chooses among the four texts of a list without rows: nothing yet,
// nothing for the search, for the filters, for both.
func emptyKey(list string, text, filters bool) string {
	switch {
	case text && filters:
		return list + ".empty.both"
	case text:
		return list + ".empty.text"
	case filters:
		return list + ".empty.filters"
	}
	return list + ".empty"
}

// exportMax is how many rows a download has at most; more asks for a filter.
const exportMax = 5_000

func errTooMany(found int64) error {
	return errs.Coded(errs.Invalid, "CONSOLE-EXPORT", fmt.Sprintf("Có hơn %d dòng để tải: hãy lọc bớt trước. / There are more than %d rows to download: filter first.",
		exportMax, exportMax), fmt.Errorf("%d rows", found))
}

// table answers with a CSV file that Excel opens: UTF-8 with its mark, a text
// that begins like a formula made harmless, and a last row saying who, when,
// which filter, and that demo data is demo data.
func (v *visit) table(name string, rows [][]string) error {
	var body bytes.Buffer
	body.WriteString("\ufeff")
	out := csv.NewWriter(&body)
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = harmless(cell)
		}
		if err := out.Write(safe); err != nil {
			return err
		}
	}
	stamp := fmt.Sprintf("%s %s · %s · %s?%s", v.site.Notice, v.me.ID, formatter{v.lang}.moment(v.site.Now()), v.r.URL.Path, v.r.URL.RawQuery)
	if err := out.Write([]string{strings.TrimSpace(stamp)}); err != nil {
		return err
	}
	out.Flush()
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	_, err := body.WriteTo(v.w)
	return err
}

func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
