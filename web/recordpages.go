package web

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/errs"
	"ansinh/ledger"
	"ansinh/reconciliation"
	"ansinh/timeliness"
	"ansinh/web/records"
)

// recordRoutes are the pages of banks, breaks, books, waiting times, reports,
// the audit log and the hotline.
func (s *site) recordRoutes() []route {
	return slices.Concat(s.bankRoutes(), s.doubtRoutes(), s.breakRoutes(), s.bookRoutes(), s.fileRoutes(), s.timelinessRoutes(), s.reportRoutes(),
		s.auditRoutes(), s.findRoutes())
}

// recordStories are theirs.
func (s *site) recordStories() []story {
	return slices.Concat(s.bankStories(), s.doubtStories(), s.breakStories(), s.bookStories(), s.fileStories(), s.timelinessStories(), s.reportStories(),
		s.auditStories(), s.findStories())
}

// recordFunctions are what their templates call.
func (s *site) recordFunctions(lang string) template.FuncMap {
	w, f := s.words[lang], formatter{lang}
	return template.FuncMap{
		"gate":     func(state string) mark { return toned(w, "gate.", state, gateTones) },
		"sent":     func(state any) mark { return toned(w, "submission.", fmt.Sprint(state), submissionTones) },
		"verdict":  func(state string) mark { return markOf(w, "verdict.", state, verdictTones) },
		"filed":    func(r records.Filed) mark { return markOf(w, "filed.", filedState(r), filedTones) },
		"sound":    func(ok bool) mark { return markOf(w, "sound.", strconv.FormatBool(ok), soundTones) },
		"sealed":   func(no int64) string { return sealedWord(w, f, no) },
		"breakWhy": func(r reconciliation.Reason) string { return f.reason(r) },
		"whoNext":  f.actsNext,
		"cellWord": f.cellWord,
		"kindWord": func(kind string) string { return wordOr(w, "voucher.kind.", kind) },
		"legWord":  func(id ledger.LegID) string { return legWord(w, id) },
		"actWord":  func(act string) string { return wordOr(w, "did.", act) },
		"source":   func(source string) string { return wordOr(w, "source.", source) },
		"age":      func(since any, now time.Time) string { return age(w, since, now) },
		"percent":  f.percent,
		"days":     func(n *int) string { return daysWord(w, n) },
		"bytes":    func(n int64) string { return f.bytes(n) },
		"dayCount": func(n int) string { return daysWord(w, &n) },
		"payment":  func(batch ledger.BatchID, no int64) string { return fmt.Sprintf("/payments/%d/%d", batch, no) },
	}
}

// wordOr is a message, or the name itself where nobody gave it words.
func wordOr(w words, prefix, name string) string {
	if w.has(prefix + name) {
		return w.say(prefix + name)
	}
	return name
}

var (
	verdictTones = map[string][2]string{"": {"moving", "half"}, "taken": {"done", "check"}, "refused": {"owed", "cross"}}
	filedTones   = map[string][2]string{"asked": {"moving", "half"}, "made": {"done", "check"}, "failed": {"owed", "cross"}}
	soundTones   = map[string][2]string{"true": {"done", "check"}, "false": {"owed", "cross"}}
)

func markOf(w words, prefix, state string, tones map[string][2]string) mark {
	key := prefix + state
	if state == "" {
		key = prefix + "waiting"
	}
	return mark{Word: w.say(key), Tone: tones[state][0], Shape: tones[state][1]}
}

func filedState(r records.Filed) string {
	switch {
	case r.Ended == nil:
		return "asked"
	case r.Fault != "":
		return "failed"
	default:
		return "made"
	}
}

// sealedWord is the printed number of a voucher; before it is in the chain a
// paper says so.
func sealedWord(w words, f formatter, no int64) string {
	if no == 0 {
		return w.say("voucher.unsealed")
	}
	return w.say("voucher.number", f.count(no))
}

func (f formatter) pick(vi, en string) string {
	if f.lang == languages[0] {
		return vi
	}
	return en
}

func (f formatter) reason(r reconciliation.Reason) string {
	for _, one := range reconciliation.Reasons {
		if one.Reason == r {
			return f.pick(one.VI, one.EN)
		}
	}
	return string(r)
}

// actsNext says who acts next about a break.
func (f formatter) actsNext(r reconciliation.Reason) string {
	for _, one := range reconciliation.Reasons {
		if one.Reason == r {
			return f.pick(one.Next, one.NextEN)
		}
	}
	return ""
}

// cellWord is a name of the table of docs/STATES.md, whichever of its margins or
// cells it stands in.
func (f formatter) cellWord(name string) string {
	for _, list := range [][]reconciliation.Words{reconciliation.StateWords, reconciliation.SituationWords, reconciliation.EvidenceWords, reconciliation.ActionWords} {
		for _, one := range list {
			if one.Name == name {
				return f.pick(one.VI, one.EN)
			}
		}
	}
	return name
}

func legWord(w words, id ledger.LegID) string {
	l := ledger.LegOf(id)
	if l == nil {
		return w.say("leg.none")
	}
	base, _, _ := strings.Cut(l.Name, ".")
	if base != l.Name {
		base += ".any"
	}
	return wordOr(w, "leg.", base)
}

// age is how long something has lasted, in its largest unit.
func age(w words, since any, now time.Time) string {
	t, ok := timeOf(since)
	if !ok {
		return ""
	}
	d := max(0, now.Sub(t))
	switch {
	case d < time.Hour:
		return w.many("age.minutes", int64(d/time.Minute), strconv.Itoa(int(d/time.Minute)))
	case d < 48*time.Hour:
		return w.many("age.hours", int64(d/time.Hour), strconv.Itoa(int(d/time.Hour)))
	default:
		return w.many("age.days", int64(d/(24*time.Hour)), strconv.Itoa(int(d/(24*time.Hour))))
	}
}

func (f formatter) percent(p timeliness.Percent) string {
	text, _ := p.MarshalText() //nolint:errcheck // it never fails
	return f.pick(strings.Replace(string(text), ".", ",", 1)+" %", string(text)+"%")
}

func daysWord(w words, n *int) string {
	if n == nil {
		return w.say("time.notreached")
	}
	return w.many("time.days", int64(*n), strconv.Itoa(*n))
}

func (f formatter) bytes(n int64) string {
	switch {
	case n < 10_000:
		return f.count(n) + " B"
	case n < 10_000_000:
		return f.count(n/1000) + " kB"
	default:
		return f.count(n/1_000_000) + " MB"
	}
}

// bankOptions are all channels as choices of a filter.
func (v *visit) bankOptions(chosen bankadapters.Key) ([]option, map[bankadapters.Key]string, error) {
	list, err := records.BankNames(v.context(), v.site.DB)
	if err != nil {
		return nil, nil, err
	}
	names := map[bankadapters.Key]string{}
	var pairs []string
	for _, c := range list {
		names[c.Key] = c.NameVI
		pairs = append(pairs, string(c.Key), c.NameVI)
	}
	return options(v.words().say("filter.all"), string(chosen), pairs...), names, nil
}

// pathNumber reads a number of the address.
func (v *visit) pathNumber(name string) (int64, error) {
	n, err := strconv.ParseInt(v.r.PathValue(name), 10, 64)
	if err != nil || n <= 0 {
		return 0, errNoPage(v.r.URL.Path)
	}
	return n, nil
}

// needWhy is the reason a person gives with an act.
func (v *visit) needWhy() (string, error) {
	why := strings.TrimSpace(v.r.PostFormValue("why"))
	if why == "" {
		return "", errs.Coded(errs.Invalid, "PAYOUT-WHY", "Hãy ghi lý do. / Give a reason.", nil)
	}
	return why, nil
}
