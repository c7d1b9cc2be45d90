package web

import (
	"fmt"
	"slices"
	"strconv"

	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) batchRoutes() []route {
	return []route{{pattern: "GET /batches/{batch}", who: readers, serve: batchPage}}
}

// batch is one batch: how far it is, what needs somebody, and its sections.
type batch struct {
	Batch    payout.Batch
	Row      records.BatchRow
	Counts   records.SectionCounts
	Stages   []records.Stage
	Channels []channelRow
	Total    channelRow
	Needs    []need
	Waits    []payout.Wait
	Left     int64 // list rows that planning left out
	Acts     []act
	Sections sections
	Money    bool // money moves: the counts change
}

// Heading is the batch's name.
func (b batch) Heading(func(string, ...any) string) string { return b.Batch.NameVI }

// Live is true while money moves.
func (b batch) Live() bool { return b.Money }

// channelRow is a bank or provider with where its payments are.
type channelRow struct {
	records.Channel
	Figures records.Figures
	Line    bool // this installation reaches it
}

// need is one kind of exception that waits for a person.
type need struct {
	Count int64
	Total money.Amount
	State string // whose mark stands before it
	Key   string
	Path  string
}

// sections is a page of a batch's sections.
type sections struct {
	Search string
	States []option
	Rows   []sectionRow
	Count  int64
	Total  money.Amount
	List   listing
}

type sectionRow struct {
	records.SectionRow
	Paid  records.Stage
	Doubt records.Stage
}

// batchID reads the number in the address.
func (v *visit) batchID() (ledger.BatchID, error) {
	n, err := strconv.ParseInt(v.r.PathValue("batch"), 10, 32)
	if err != nil {
		return 0, errNoPage(v.r.URL.Path)
	}
	return ledger.BatchID(n), nil
}

// ownBatch reads the batch of the address. Who works for one unit may know only
// of batches with a section of it.
func (v *visit) ownBatch() (payout.Batch, records.SectionCounts, error) {
	id, err := v.batchID()
	if err != nil {
		return payout.Batch{}, records.SectionCounts{}, err
	}
	b, err := payout.ReadBatch(v.r.Context(), v.site.DB, id)
	if err != nil {
		return b, records.SectionCounts{}, err
	}
	counts, err := records.CountSections(v.r.Context(), v.site.DB, id, v.me.UnitCode)
	if err == nil && v.me.UnitCode != "" && counts.All() == 0 {
		err = errNoPage(v.r.URL.Path)
	}
	return b, counts, err
}

func batchPage(v *visit) error {
	ctx, db := v.r.Context(), v.site.DB
	b, counts, err := v.ownBatch()
	if err != nil {
		return err
	}
	figures, err := records.ReadFigures(ctx, db, b.ID)
	if err != nil {
		return err
	}
	d := batch{Batch: b, Counts: counts, Money: b.ReleasedAt != nil && b.ClosedAt == nil}
	d.Row = records.BatchRow{PayAt: b.PayAt, ReleasedAt: b.ReleasedAt, ClosedAt: b.ClosedAt, Paused: b.Paused, Planned: counts.Planned, Submitted: counts.Submitted, Approved: counts.Approved}
	if v.me.UnitCode != "" {
		own, err := records.SectionsOfUnit(ctx, db, b.ID, v.me.UnitCode)
		if err != nil {
			return err
		}
		figures = figures.Of(func(f records.Figure) bool { return own[f.Section] })
	}
	d.Stages = figures.Stages()
	if err := d.readChannels(v, figures); err != nil {
		return err
	}
	if err := d.readNeeds(v, figures); err != nil {
		return err
	}
	if d.Waits, err = payout.Waits(ctx, db, b.ID); err != nil {
		return err
	}
	if d.Sections, err = v.sectionsOf(b.ID, figures); err != nil {
		return err
	}
	_, short, err := shortOf(ctx, db, b.ID)
	if err != nil {
		return err
	}
	d.Acts = actsOf(v.me.Role, b, counts, short > 0)
	return v.show("batch", d)
}

func (d *batch) readChannels(v *visit, figures records.Figures) error {
	list, err := records.Channels(v.r.Context(), v.site.DB, d.Batch.ID)
	if err != nil {
		return err
	}
	for _, c := range list {
		row := channelRow{Channel: c, Figures: figures.At(c.Key), Line: len(v.site.Lines) == 0}
		for _, key := range v.site.Lines {
			row.Line = row.Line || key == c.Key
		}
		d.Channels = append(d.Channels, row)
		d.Total.Planned, d.Total.Channel.Total = d.Total.Planned+c.Planned, d.Total.Channel.Total+c.Total
	}
	d.Total.Figures = figures
	return nil
}

// readNeeds lists what needs a person, worst first.
func (d *batch) readNeeds(v *visit, figures records.Figures) error {
	open, err := payout.OpenExceptions(v.r.Context(), v.site.DB, d.Batch.ID)
	if err != nil {
		return err
	}
	base := fmt.Sprintf("/batches/%d/payments?state=", d.Batch.ID)
	add := func(state, key, path string, count int64, total money.Amount) {
		if count > 0 {
			d.Needs = append(d.Needs, need{Count: count, Total: total, State: state, Key: key, Path: path})
		}
	}
	doubt := figures.Stage("in_doubt")
	add("in_doubt", "batch.need.doubt", base+"in_doubt", doubt.Count, doubt.Total)
	for _, state := range []string{"returned", "rejected", "not_executed", "withdrawn", "unpaid", "brought_back"} {
		count, total := figures.In(state).Sum()
		add(state, "batch.need."+state, base+state, count, total)
	}
	for _, kind := range []string{"held", "barred"} {
		var count int64
		var total money.Amount
		for _, e := range open {
			if e.Kind == kind {
				count, total = count+e.Payments, total+e.Amount
			}
		}
		add("approved", "batch.need."+kind, "", count, total)
	}
	breaks, err := records.BatchBreaks(v.r.Context(), v.site.DB, d.Batch.ID)
	if err != nil {
		return err
	}
	path := ""
	if slices.Contains(desk, v.me.Role) {
		path = fmt.Sprintf("/breaks?batch=%d", d.Batch.ID)
	}
	add("rejected", "batch.need.breaks", path, breaks, 0)
	left, err := records.LeftOut(v.r.Context(), v.site.DB, d.Batch.ID)
	if err != nil {
		return err
	}
	for _, n := range left {
		d.Left += n
	}
	return nil
}

func (v *visit) sectionsOf(id ledger.BatchID, figures records.Figures) (sections, error) {
	a, w := v.asked(), v.words()
	states := []string{"planned", "submitted", "approved", "released", "withdrawn"}
	f := records.SectionFilter{State: a.choice("state", states...), Text: a.text("q"), Unit: v.me.UnitCode, Page: a.page()}
	rows, err := records.Sections(v.r.Context(), v.site.DB, id, f)
	if err != nil {
		return sections{}, err
	}
	s := sections{Search: f.Text, States: options(w.say("section.all"), f.State, w.pairs("section", states...)...)}
	found := int64(0)
	for _, r := range rows {
		own := figures.Within(r.No)
		s.Rows = append(s.Rows, sectionRow{SectionRow: r, Paid: own.Stage("paid"), Doubt: own.Stage("in_doubt")})
		found, s.Count, s.Total = r.Found, r.AllCount, r.AllTotal
	}
	s.List = a.numbered("sections.count", found, len(rows), records.PageSize, chosen(s.States))
	s.List.CSV, s.List.CSVNote = "", "" // the report of the batch has its communes
	return s, nil
}

// act is something a person may do with a batch: a link to the page that states
// its effect, or the reason why not, in place of the link.
type act struct {
	Key  string // of the words, and the end of the address
	Why  string // key of the reason why not, or ""
	Main bool
}

// actsOf lists the acts of a role as the batch stands. Whether an act is allowed
// is decided by payout when it is done; here only what cannot make sense is
// taken off the page.
func actsOf(role accounts.Role, b payout.Batch, c records.SectionCounts, short bool) []act {
	switch {
	case role == accounts.Maker && c.Planned > 0:
		return []act{{Key: "submit", Main: true}}
	case role != accounts.Accountant:
		return nil
	case b.ClosedAt != nil:
		return []act{{Key: "release", Why: "act.why.closed"}}
	}
	release := act{Key: "release", Main: true}
	switch {
	case c.Approved == 0 && c.Released == 0:
		release = act{Key: "release", Why: "act.why.unapproved"}
	case c.Approved == 0 && b.ReleasedAt != nil:
		release = act{Key: "release", Why: "act.why.released"}
	}
	list := []act{release, {Key: "schedule"}, {Key: "pause"}}
	if b.Paused {
		list = []act{{Key: "resume", Main: true}, release}
	}
	if short {
		list = append([]act{{Key: "draw"}}, list...)
	}
	return list
}
