package web

import (
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"strings"

	"ansinh/internal/calendar"
	"ansinh/registry"
	"ansinh/registry/people"
	checking "ansinh/registry/verification"
)

// intakeRoutes are the pages of lists, of rows that were not taken, and of the
// people on them.
func (s *site) intakeRoutes() []route {
	return slices.Concat(s.listRoutes(), s.uploadRoutes(), s.refusalRoutes(), s.personRoutes(), s.verificationRoutes(), s.freshRoutes(), s.candidateRoutes())
}

// intakeFunctions are what their templates call.
func (s *site) intakeFunctions(lang string) template.FuncMap {
	w, f := s.words[lang], formatter{lang}
	return template.FuncMap{
		"bankName":    bankWord,
		"freshOld":    func(a people.FreshAccount) string { return wayBefore(w, a) },
		"freshAsked":  func(a people.FreshAccount) mark { return askedMark(w, a) },
		"freshSecond": func(a people.FreshAccount) mark { return secondMark(w, a) },
		"same":        func(c registry.Changes) int { return c.Before - c.Removed - c.Changed },
		"changeOf":    func(kind string) mark { return changeMark(w, kind) },
		"dayOf":       calendar.DateOf,
		"freshUntil":  freshUntil,
		"intake":      func(v view) []navItem { return intake(w, v) },
		"waits":       func(word string) mark { return mark{Word: word, Tone: "doubt", Shape: "diamond"} },
		"settled":     func() mark { return mark{Word: w.say("refusal.settled"), Tone: "done", Shape: "check"} },
		"overdue":     func() mark { return mark{Word: w.say("refusals.late"), Tone: "owed", Shape: "cross"} },
		"finding":     func(severity string, refuses bool) mark { return findingMark(w, severity, refuses) },
		"whyOpen":     f.whyOpen,
		"whyAll":      f.whyAll,
		"pick":        f.pick,
		"birth":       f.birth,
		"fact":        func(fact people.Fact) string { return f.factValue(w, fact) },
		"outcomeOf":   func(outcome string) mark { return actOutcome(w, outcome) },
		"differs":     func(fields []string) string { return differsWord(w, fields) },
		"verdictOf":   func(verdict checking.Verdict) mark { return verdictMark(w, verdict) },
		"isoDay":      f.birth,
		"sides":       func(d difference) []side { return f.sides(w, d.Difference, d.Ours, d.Source) },
		"sideOf":      func(s side) mark { return sideMark(w, s) },
		"theirs":      func(d checking.Difference, source checking.Source) string { return f.theirs(w, d, source) },
		"kindOf":      func(k people.Kind) string { return f.pick(k.Words()) },
		"wordOr":      func(prefix string, name any) string { return wordOr(w, prefix, fmt.Sprint(name)) },
		"len64":       func(list any) int64 { return int64(reflect.ValueOf(list).Len()) },
		"int64":       func(n int) int64 { return int64(n) },
		"forPage":     forPage,
		"foundWhy":    func(code string, args []string) string { reason, _ := f.finding(code, args); return reason },
		"remedy":      func(code string, args []string) string { _, remedy := f.finding(code, args); return remedy },
	}
}

// findingMark is how grave a finding is; a repair that keeps nothing out was taken.
func findingMark(w words, severity string, refuses bool) mark {
	switch {
	case severity == string(registry.SeverityRepair) && !refuses:
		return mark{Word: w.say("finding.repaired"), Tone: "done", Shape: "check"}
	case severity == string(registry.SeverityRepair):
		return mark{Word: w.say("finding.repair"), Tone: "moving", Shape: "arrow"}
	case refuses:
		return mark{Word: w.say("finding.error"), Tone: "owed", Shape: "cross"}
	default:
		return mark{Word: w.say("finding.warning"), Tone: "doubt", Shape: "diamond"}
	}
}

// differsWord names what differs.
func differsWord(w words, fields []string) string {
	var list []string
	for _, field := range fields {
		list = append(list, wordOr(w, "fact.", field))
	}
	return strings.ToLower(strings.Join(list, ", "))
}

func verdictMark(w words, verdict checking.Verdict) mark {
	tones := map[string][2]string{"different": {"doubt", "diamond"}, "dead": {"owed", "cross"}, "not_found": {"doubt", "diamond"}, "same": {"done", "check"}}
	return markOf(w, "answer.is.", string(verdict), tones)
}
