package web

import (
	"ansinh/internal/calendar"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/web/records"
)

func (s *site) candidateRoutes() []route {
	return []route{{pattern: "GET /candidates", who: readers, serve: candidatesPage}}
}

// candidates are people who should be on a commune's lists and are on none: work
// to look at, which pays nobody.
type candidates struct {
	Programmes []option
	Last       []option
	Units      []option
	From, To   string
	Asked      bool
	Rows       []registry.Candidate
	List       listing
}

func candidatesPage(v *visit) error {
	a, w := v.asked(), v.words()
	programmes, err := records.Programmes(v.context(), v.site.DB)
	if err != nil {
		return err
	}
	year := calendar.DateOf(v.site.Now()).Year()
	q := registry.CandidateQuery{Programme: a.text("programme"), Unit: v.unitWithin(a.text("unit")), Ages: registry.CandidateAges,
		From: calendar.Must(year, 1, 1), To: calendar.Must(year, 12, 31)}
	if day := a.date("from"); !day.IsZero() {
		q.From = day
	}
	if day := a.date("to"); !day.IsZero() {
		q.To = day
	}
	if q.Programme == "" && len(programmes) > 0 {
		q.Programme = programmes[0].Value
	}
	last := a.text("last")
	if last != "" {
		q.Last = []string{last}
	}
	d := candidates{Programmes: options("", q.Programme, pairsOf(programmes)...)[1:], Last: options(w.say("candidates.last.none"), last, pairsOf(programmes)...),
		Units: v.unitOptions(q.Unit), From: q.From.Vietnamese(), To: q.To.Vietnamese(), Asked: q.Unit != "" && a.query.Has("programme")}
	if v.me.UnitCode == "" {
		d.Units[0].Word = w.say("template.unit")
	} else {
		d.Units = d.Units[1:]
	}
	if !d.Asked {
		return v.show("candidates", d)
	}
	return v.candidates(a, d, q)
}

// candidates searches the people of one commune.
func (v *visit) candidates(a asked, d candidates, q registry.CandidateQuery) error {
	var err error
	if q.Categories, err = payout.Categories(v.context(), v.site.DB, q.Programme); err != nil {
		return err
	}
	all, err := registry.Candidates(v.context(), v.site.DB, q)
	if err != nil {
		return err
	}
	if err := v.audit("candidates.read", "unit/"+q.Unit, map[string]any{"programme": q.Programme, "people": len(all)}); err != nil {
		return err
	}
	from := min((a.page()-1)*records.PageRows, len(all))
	d.Rows = all[from:min(from+records.PageRows, len(all))]
	d.List = a.numbered("candidates.count", int64(len(all)), len(d.Rows), records.PageRows, chosen(d.Programmes, d.Units))
	d.List.Clear = ""
	if !a.wantsFile() {
		return v.show("candidates", d)
	}
	w := v.words()
	head := []string{w.say("payment.name"), w.say("payment.birth"), w.say("section.unit"), w.say("candidates.why"), w.say("candidates.what"), w.say("candidates.on")}
	return a.file("nguoi-can-xem", d.List, head, func(emit func(...any)) error {
		for _, c := range all {
			emit(c.Name, c.BirthYear, c.UnitName, v.format().pick(c.Why.Words()), c.What, c.On)
		}
		return nil
	})
}
