package web

import (
	"fmt"
	"slices"
	"strings"

	"ansinh/internal/calendar"
	"ansinh/registry"
	"ansinh/registry/people"
	checking "ansinh/registry/verification"
)

// side is one field of our record beside what the other register says of it, both
// as people write it.
type side struct {
	Key          string // of the field's word
	Ours, Theirs string // "" = nobody says
	Differs      bool
	Compared     bool // both say something
}

// sides are the fields of a difference. A field is marked as the comparison found
// it: names are held folded, and a birth only as far as both sides know it.
func (f formatter) sides(w words, d checking.Difference, ours people.Record, source checking.Source) []side {
	var list []side
	if source == checking.Accounts {
		list = f.sidesOfAccount(w, d, ours)
	} else {
		list = f.sidesOfPerson(w, d, ours)
	}
	for i := range list {
		list[i].Compared = list[i].Ours != "" && list[i].Theirs != ""
	}
	return list
}

func (f formatter) sidesOfPerson(w words, d checking.Difference, ours people.Record) []side {
	unit := ours.UnitName
	if unit == "" {
		unit = unitWord(ours.Unit)
	}
	list := []side{{Key: "fact.name", Ours: ours.Name}, {Key: "fact.id", Ours: ours.ID}, {Key: "fact.birth", Ours: f.birth(ours.Birth)},
		{Key: "fact.sex", Ours: f.sex(w, ours.Sex)}, {Key: "fact.unit", Ours: unit}, {Key: "fact.life", Ours: f.lives(w, !ours.Died.IsZero(), ours.Died)}}
	if d.Verdict == checking.NotFound {
		list[1].Theirs, list[1].Differs = w.say("difference.noid"), true
	}
	a := d.Register
	if a == nil {
		return list
	}
	list[1].Theirs = w.say("difference.sameid")
	for i, theirs := range map[int]string{0: a.Name, 2: f.birth(birthText(a.Birth)), 3: f.sex(w, a.Sex), 4: f.otherUnit(w, a.Unit), 5: f.lives(w, a.Dead, a.DiedOn)} {
		list[i].Theirs = theirs
		list[i].Differs = slices.Contains(d.Differs, strings.TrimPrefix(list[i].Key, "fact."))
	}
	list[5].Differs = d.Verdict == checking.Dead
	return list
}

func (f formatter) sidesOfAccount(w words, d checking.Difference, ours people.Record) []side {
	way, holder := people.WayState{}, ""
	if len(ours.Ways) > 0 {
		way, holder = ours.Ways[0], ours.Ways[0].Holder
	}
	if p := ours.Payee; p != nil {
		way, holder = people.WayState{Method: p.Method, BankBIN: p.BankBIN, Account: p.Account}, p.Name
	}
	said := wayLineOf(w, string(way.Method), way.BankBIN, strings.TrimPrefix(way.Account, "…"))
	list := []side{{Key: "fact.way", Ours: said}, {Key: "fact.holder", Ours: holder}}
	switch a := d.Directory; {
	case d.Verdict == checking.NotFound:
		list[0].Theirs, list[0].Differs = w.say("difference.noaccount"), true
	case a == nil:
	case a.Closed:
		list[0].Theirs, list[0].Differs = w.say("difference.account.closed"), true
	default:
		list[0].Theirs = w.say("difference.account.open")
	}
	if d.Directory != nil {
		list[1].Theirs, list[1].Differs = d.Directory.Holder, slices.Contains(d.Differs, "holder")
	}
	return list
}

func (f formatter) sex(w words, s registry.Sex) string {
	if s == "" {
		return ""
	}
	return wordOr(w, "sex.", string(s))
}

// lives says of a death, if there is one.
func (f formatter) lives(w words, dead bool, on calendar.Date) string {
	switch {
	case !dead:
		return w.say("difference.nodeath")
	case on.IsZero():
		return w.say("difference.dead")
	default:
		return w.say("difference.died", f.date(on))
	}
}

// otherUnit is a commune as the register names it; one that is not ours keeps its
// number, and says so.
func (f formatter) otherUnit(w words, code string) string {
	if code == "" {
		return ""
	}
	if name := unitWord(code); name != code {
		return name
	}
	return w.say("difference.unit.other", code)
}

// birthText is a birth as far as it is known, as a record writes it.
func birthText(b registry.Birth) string {
	switch {
	case b.Year == 0:
		return ""
	case b.Date.IsZero():
		return fmt.Sprint(b.Year)
	case b.Precision == registry.PrecisionMonth:
		return b.Date.String()[:len("2026-01")]
	default:
		return b.Date.String()
	}
}

// theirs says in a line what the other side says where it differs.
func (f formatter) theirs(w words, d checking.Difference, source checking.Source) string {
	var list []string
	for _, s := range f.sides(w, d, people.Record{}, source) {
		if s.Differs && s.Theirs != "" {
			list = append(list, s.Theirs)
		}
	}
	return strings.Join(list, "; ")
}

// sideMark says whether a field differs, in word, colour and shape.
func sideMark(w words, s side) mark {
	switch {
	case s.Differs:
		return mark{Word: w.say("answer.is.different"), Tone: "doubt", Shape: "diamond"}
	case s.Compared:
		return mark{Word: w.say("answer.is.same"), Tone: "done", Shape: "check"}
	default:
		return mark{Word: w.say("difference.unsaid"), Tone: "rest", Shape: "ring"}
	}
}
