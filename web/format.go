package web

import (
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"strings"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/web/accounts"
	"ansinh/web/records"
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
	all := s.recordFunctions(lang)
	maps.Copy(all, s.intakeFunctions(lang))
	maps.Copy(all, template.FuncMap{
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
		"bar":       func(stages []records.Stage) moneyBar { return drawBar(w, f, stages) },
		"batchmark": func(state string) mark { return toned(w, "batch.state.", state, batchTones) },
		"gatemark":  func(state string) mark { return toned(w, "gate.", state, gateTones) },
		"submark":   func(state any) mark { return toned(w, "submission.", fmt.Sprint(state), submissionTones) },
		"shown":     func(state string) mark { return f.shown(w, state) },
		"nextof":    func(state string) string { return nextOf(w, state) },
		"outcome":   func(name string) string { return w.or("outcome."+name, name) },
		"evidence":  wordsOf(reconciliation.EvidenceWords, lang),
		"action":    wordsOf(reconciliation.ActionWords, lang),
		"reason":    func(name string) string { return reasonOf(name, lang) },
		"content":   func(sheet payout.ApprovalSheet) string { return string(sheet.Content()) },
		"period":    f.period,
		"hex":       func(b []byte) string { return hex.EncodeToString(b) },
		"rolename":  func(role string) string { return w.say("role." + role) },
		"section":   func(state string) mark { return toned(w, "section.", state, sectionTones) },
		"role":      func(r accounts.Role) string { return w.say("role." + string(r)) },
		"asset":     s.assets.path,
		"nav":       func(v view) []navItem { return navigation(w, v) },
		"part":      part,
		"error":     func(v view, field string) string { return errorOf(v, field) },
		"inWords":   money.Words,
		"lower":     strings.ToLower,
		"add":       func(a, b int) int { return a + b },
		"languages": func() []string { return languages },
	})
	return all
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
	case int16:
		return f.separate(money.Amount(n).String())
	case int32:
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
	return d.Start().Format("2\u00a0Jan\u00a02006")
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
	return t.Format("15:04, 2\u00a0Jan\u00a02006")
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

// shown is the mark of a shown state, with "none" for what is not approved yet.
func (f formatter) shown(w words, state string) mark {
	if state == "none" || state == "" {
		return mark{Word: w.say("state.none"), Tone: tones["none"][0], Shape: tones["none"][1]}
	}
	return f.mark(state)
}

// nextOf says who acts next on a payment in a state, or "".
func nextOf(w words, state string) string { return w.or("next."+state, "") }

// reasonOf is the reason of a break in words.
func reasonOf(name, lang string) string {
	for _, r := range reconciliation.Reasons {
		if string(r.Reason) == name && lang == languages[0] {
			return r.VI
		}
		if string(r.Reason) == name {
			return r.EN
		}
	}
	return name
}

// The colours and shapes of what is no money state.
var (
	sectionTones = map[string][2]string{
		"planned": {"rest", "ring"}, "submitted": {"moving", "half"}, "approved": {"done", "check"}, "released": {"done", "arrow"},
		"withdrawn": {"ended", "bar"},
	}
	batchTones = map[string][2]string{
		"declared": {"rest", "ring"}, "planned": {"rest", "ring"}, "waiting": {"moving", "half"}, "approved": {"moving", "threequarter"},
		"paying": {"moving", "arrow"}, "paused": {"doubt", "pause"}, "closed": {"ended", "bar"},
	}
	gateTones       = map[string][2]string{"open": {"done", "arrow"}, "tripped": {"owed", "stop"}, "paused": {"doubt", "pause"}}
	submissionTones = map[string][2]string{
		"intent": {"rest", "ring"}, "sending": {"moving", "half"}, "accepted": {"moving", "threequarter"}, "refused": {"owed", "cross"},
		"unknown": {"doubt", "diamond"}, "withdrawn": {"ended", "bar"}, "settled": {"done", "check"},
	}
)

// toned is the mark of a state whose words stand in the message files.
func toned(w words, prefix, state string, tones map[string][2]string) mark {
	return mark{Word: w.say(prefix + state), Tone: tones[state][0], Shape: tones[state][1]}
}

// period is the month a benefit is for.
func (f formatter) period(d calendar.Date) string {
	if d.IsZero() {
		return "–"
	}
	return fmt.Sprintf("%02d/%d", int(d.Month()), d.Year())
}
