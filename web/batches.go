package web

import (
	"ansinh/web/records"
)

func (s *site) batchesRoutes() []route {
	return []route{{pattern: "GET /batches", who: readers, serve: batchesPage}}
}

// The values of the filters of batches.
var (
	batchHas   = []string{"planned", "waiting", "approved", "paying", "paused", "closed"}
	batchSorts = []string{"due", "total", "name"}
)

// batches is the list of batches.
type batches struct {
	Search     string
	Has        []option
	Programmes []option
	Sorts      []option
	Rows       []records.BatchRow
	List       listing
}

func batchesPage(v *visit) error {
	a, w := v.asked(), v.words()
	f := records.BatchFilter{Has: a.choice("state", batchHas...), Programme: a.text("programme"), Text: a.text("q"), Unit: v.me.UnitCode,
		Sort: a.choice("sort", batchSorts...), Page: a.page()}
	if a.wantsFile() {
		f.Page, f.Limit = 1, records.CountMax
	}
	rows, err := records.Batches(v.context(), v.site.DB, f)
	if err != nil {
		return err
	}
	programmes, err := records.Programmes(v.context(), v.site.DB)
	if err != nil {
		return err
	}
	d := batches{Search: f.Text, Rows: rows, Has: options(w.say("batches.has.all"), f.Has, w.pairs("batches.has", batchHas...)...),
		Sorts:      options(w.say("batches.sort.all"), f.Sort, w.pairs("batches.sort", batchSorts...)...),
		Programmes: options(w.say("batches.programme.all"), f.Programme, pairsOf(programmes)...)}
	found := int64(0)
	if len(rows) > 0 {
		found = rows[0].Found
	}
	d.List = a.numbered("batches.count", found, len(rows), records.PageSize, chosen(d.Has, d.Programmes))
	if a.wantsFile() {
		return v.batchesFile(a, d)
	}
	return v.show("batches", d)
}

func (v *visit) batchesFile(a asked, d batches) error {
	w := v.words()
	head := []string{w.say("batch.no"), w.say("batch.name"), w.say("batch.period"), w.say("batch.programme"), w.say("batch.decision"), w.say("people"),
		w.say("total.dong"), w.say("stage.paid"), w.say("stage.in_doubt"), w.say("stage.returned"), w.say("state")}
	return a.file("dot-chi-tra", d.List, head, func(emit func(...any)) error {
		for _, b := range d.Rows {
			emit(int32(b.ID), b.Name, b.Period.String(), b.Programme, b.Decision, b.DeclaredCount, b.DeclaredTotal, b.Stages.Stage("paid").Count,
				b.Stages.Stage("in_doubt").Count, b.Stages.Stage("returned").Count, w.say("batch.state."+b.State()))
		}
		return nil
	})
}
