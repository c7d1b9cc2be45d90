package web

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/reconciliation"
	"ansinh/web/accounts"
)

//go:embed templates/*.html
var templateFiles embed.FS

// readTemplates parses every page once for each language: layout and parts
// together with one page. The functions are those of the language.
func (s *site) readTemplates() (map[string]map[string]*template.Template, error) {
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := map[string]map[string]*template.Template{}
	for _, lang := range languages {
		all[lang] = map[string]*template.Template{}
		for _, name := range names {
			page := strings.TrimSuffix(path.Base(name), ".html")
			if isShared(page) {
				continue
			}
			t, err := template.New(page).Funcs(s.functions(lang)).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", name)
			if err != nil {
				return nil, errPattern(page, err)
			}
			all[lang][page] = t
		}
	}
	return all, nil
}

// isShared names the templates that are no page of their own.
func isShared(name string) bool { return name == "layout" || name == "parts" }

// functions are what templates call. All of them answer in one language.
func (s *site) functions(lang string) template.FuncMap {
	w, f := s.words[lang], formatter{lang}
	return template.FuncMap{
		"t":         w.say,
		"tn":        func(key string, n int64, args ...any) string { return w.many(key, n, f.count(n), args...) },
		"has":       w.has,
		"money":     f.money,
		"count":     f.count,
		"date":      f.date,
		"moment":    f.moment,
		"clock":     f.clock,
		"half":      func(text string) string { return half(text, lang) },
		"mark":      f.mark,
		"section":   func(state string) mark { return sectionMark(w, state) },
		"next":      func(state string) string { return w.say("next." + state) },
		"role":      func(r accounts.Role) string { return w.say("role." + string(r)) },
		"asset":     s.assets.path,
		"nav":       func(v view) []navItem { return navigation(w, v) },
		"part":      part,
		"error":     func(v view, field string) string { return errorOf(v, field) },
		"inWords":   money.Words,
		"lower":     strings.ToLower,
		"add":       func(a, b int) int { return a + b },
		"languages": func() []string { return languages },
	}
}

// many says a message for n things: key.one for exactly one, else key. The
// number, as written in the language, is argument 0.
func (w words) many(key string, n int64, number string, args ...any) string {
	if n == 1 && w.has(key+".one") {
		key += ".one"
	}
	return w.say(key, append([]any{number}, args...)...)
}

// part gives a template several named values: part "key" value "key" value.
func part(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("part: want names and values, got %d", len(pairs))
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("part: %v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// errorOf is what is wrong with a field, or "".
func errorOf(v view, field string) string {
	for _, e := range v.Errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// formatter writes numbers and times as people of a language read them.
type formatter struct{ lang string }

// money is an amount of đồng with thousands separators, without its currency:
// that stands in the head of the column.
func (f formatter) money(a money.Amount) string { return f.separate(a.String()) }

func (f formatter) count(n any) string {
	switch n := n.(type) {
	case int:
		return f.separate(money.Amount(n).String())
	case int64:
		return f.separate(money.Amount(n).String())
	default:
		return fmt.Sprint(n)
	}
}

func (f formatter) separate(vietnamese string) string {
	if f.lang == languages[0] {
		return vietnamese
	}
	return strings.ReplaceAll(vietnamese, ".", ",")
}

// date is 17/02/2026 in Vietnamese and 17 Feb 2026 in English.
func (f formatter) date(d calendar.Date) string {
	if d.IsZero() {
		return "–"
	}
	if f.lang == languages[0] {
		return d.Vietnamese()
	}
	return d.Start().Format("2 Jan 2006")
}

// moment is a time in Vietnam, to the minute. Nil and zero are a dash.
func (f formatter) moment(at any) string {
	t, ok := timeOf(at)
	if !ok {
		return "–"
	}
	t = t.In(calendar.Zone)
	if f.lang == languages[0] {
		return t.Format("15:04, 02/01/2006")
	}
	return t.Format("15:04, 2 Jan 2006")
}

// clock is the time of day to the second.
func (f formatter) clock(at time.Time) string { return at.In(calendar.Zone).Format("15:04:05") }

func timeOf(at any) (time.Time, bool) {
	switch at := at.(type) {
	case time.Time:
		return at, !at.IsZero()
	case *time.Time:
		if at != nil {
			return *at, true
		}
	}
	return time.Time{}, false
}

// mark is a state as people see it: word, colour and shape, so that none of the
// three must be seen.
type mark struct {
	Word  string
	Tone  string // class of the colour
	Shape string // which drawing
}

// tones gives every money state its colour and shape. In doubt is amber and
// never red: it is not a failure.
var tones = map[string][2]string{
	"none":         {"rest", "ring"},
	"approved":     {"rest", "ring"},
	"ordered":      {"moving", "half"},
	"out":          {"moving", "threequarter"},
	"listed":       {"moving", "half"},
	"handed":       {"moving", "half"},
	"paid":         {"done", "check"},
	"in_doubt":     {"doubt", "diamond"},
	"rejected":     {"owed", "cross"},
	"withdrawn":    {"owed", "back"},
	"not_executed": {"owed", "cross"},
	"returned":     {"owed", "back"},
	"unpaid":       {"owed", "cross"},
	"brought_back": {"owed", "back"},
	"ended":        {"ended", "bar"},
}

// mark is the mark of a money state, in the words of docs/STATES.md.
func (f formatter) mark(state any) mark {
	name := fmt.Sprint(state)
	m := mark{Word: name}
	if tone, ok := tones[name]; ok {
		m.Tone, m.Shape = tone[0], tone[1]
	}
	for _, w := range reconciliation.StateWords {
		if w.Name == name {
			m.Word = w.VI
			if f.lang != languages[0] {
				m.Word = w.EN
			}
		}
	}
	return m
}

// sectionTones are those of a section's way to release.
var sectionTones = map[string][2]string{
	"planned": {"rest", "ring"}, "submitted": {"moving", "half"}, "approved": {"done", "check"}, "released": {"done", "arrow"},
}

func sectionMark(w words, state string) mark {
	return mark{Word: w.say("section." + state), Tone: sectionTones[state][0], Shape: sectionTones[state][1]}
}
