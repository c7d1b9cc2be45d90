package web

import (
	"strconv"

	"ansinh/web/records"
)

func (s *site) batchesRoutes() []route {
	return []route{
		{pattern: "GET /batches", who: readers, serve: batchesPage},
		{pattern: "GET /batches.csv", who: readers, serve: batchesFile},
	}
}

// The values of the filters of batches.
var (
	batchHas   = []string{"planned", "waiting", "approved", "paying", "paused", "closed"}
	batchSorts = []string{"due", "total", "name"}
)

// batches is the list of batches.
type batches struct {
	Filter     records.BatchFilter
	Has        []option
	Programmes []option
	Sorts      []option
	Rows       []records.BatchRow
	Found      int64
	First      int64
	Empty      string
	Filtered   bool
	File       string
	Pager      pager
}

// Last is the place of the last row shown.
func (b batches) Last() int64 { return b.First + int64(len(b.Rows)) - 1 }

func (v *visit) batchFilter(q query) records.BatchFilter {
	return records.BatchFilter{Has: q.get("state", batchHas...), Programme: q.get("programme"), Text: q.get("q"), Unit: v.me.UnitCode,
		Sort: q.get("sort", batchSorts...), Page: int(min(q.number("page", 1), 100_000))}
}

func batchesPage(v *visit) error {
	q := v.query()
	f := v.batchFilter(q)
	rows, err := records.Batches(v.r.Context(), v.site.DB, f)
	if err != nil {
		return err
	}
	programmes, err := records.Programmes(v.r.Context(), v.site.DB)
	if err != nil {
		return err
	}
	d := batches{Filter: f, Rows: rows, Has: v.options(f.Has, "batches.has", batchHas...), Sorts: v.options(f.Sort, "batches.sort", batchSorts...),
		Programmes: v.chosenOf(f.Programme, "batches.programme", programmes), First: int64(f.Page-1)*records.PageSize + 1,
		Filtered: f.Has != "" || f.Programme != "" || f.Text != "", File: q.at("/batches.csv")}
	d.Empty = emptyKey("batches", f.Text != "", f.Has != "" || f.Programme != "")
	if len(rows) > 0 {
		d.Found = rows[0].Found
		d.Pager = q.pages(int64(f.Page), d.Last() < d.Found)
	}
	return v.show("batches", d)
}

func batchesFile(v *visit) error {
	f := v.batchFilter(v.query())
	f.Page, f.Limit = 1, exportMax
	rows, err := records.Batches(v.r.Context(), v.site.DB, f)
	if err != nil {
		return err
	}
	if len(rows) > 0 && rows[0].Found > exportMax {
		return errTooMany(rows[0].Found)
	}
	w := v.site.words[v.lang]
	table := [][]string{{w.say("batch.no"), w.say("batch.name"), w.say("batch.period"), w.say("batch.programme"), w.say("batch.decision"), w.say("people"),
		w.say("total.dong"), w.say("stage.paid"), w.say("stage.in_doubt"), w.say("stage.returned"), w.say("state")}}
	count := func(b records.BatchRow, stage string) string {
		return strconv.FormatInt(b.Figures.Stage(stage).Count, 10)
	}
	for _, b := range rows {
		table = append(table, []string{strconv.Itoa(int(b.ID)), b.Name, b.Period.String(), b.Programme, b.Decision, strconv.FormatInt(b.DeclaredCount, 10),
			b.DeclaredTotal.Exact(), count(b, "paid"), count(b, "in_doubt"), count(b, "returned"), w.say("batch.state." + b.State())})
	}
	return v.table("dot-chi-tra", table)
}
