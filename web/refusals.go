package web

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) refusalRoutes() []route {
	return []route{
		{pattern: "GET /refusals", who: readers, serve: refusalsPage},
		{pattern: "GET /refusals/{list}/{row}", who: readers, serve: refusalPage},
		{pattern: "POST /refusals/{list}/{row}/cells", who: deciders, serve: refusalCells},
		{pattern: "POST /refusals/{list}/{row}/assign", who: deciders, serve: assignRow},
		{pattern: "POST /refusals/{list}/{row}/{act}", who: deciders, serve: decideRow},
	}
}

// deciders decide what becomes of a row; payout asks for their powers.
var deciders = []accounts.Role{accounts.Maker, accounts.Approver, accounts.Accountant, accounts.Department}

// refusals is the work list of rows that were not taken, or are in no payment.
type refusals struct {
	Rows       []records.OpenRowLine
	Programmes []option
	Units      []option
	Codes      []option
	Late       []option
	List       listing
	Only       int64          // of this list only
	Batch      ledger.BatchID // of this batch only
	Today      calendar.Date
}

func refusalsPage(v *visit) error {
	a, w := v.asked(), v.words()
	d := refusals{Today: calendar.DateOf(v.site.Now()), Only: a.number("list"), Batch: ledger.BatchID(a.number("batch"))}
	f := records.OpenRowFilter{Programme: a.text("programme"), Unit: v.unitWithin(a.text("unit")), Batch: d.Batch, List: d.Only, Code: a.text("code"), Page: a.page()}
	late := a.choice("late", "yes")
	if late != "" {
		f.DueBefore = d.Today
	}
	programmes, err := records.Programmes(v.context(), v.site.DB)
	if err != nil {
		return err
	}
	codes, err := records.OpenRowCodes(v.context(), v.site.DB, f.Unit)
	if err != nil {
		return err
	}
	var pairs []string
	for _, code := range codes {
		pairs = append(pairs, code, v.format().whyOpen(code))
	}
	d.Programmes, d.Units = options(w.say("batches.programme.all"), f.Programme, pairsOf(programmes)...), v.unitOptions(f.Unit)
	d.Codes, d.Late = options(w.say("filter.all"), f.Code, pairs...), options(w.say("filter.all"), late, "yes", w.say("refusals.late.only"))
	if a.wantsFile() {
		f.Page, f.Limit = 1, records.CountMax
	}
	if d.Rows, err = records.OpenRows(v.context(), v.site.DB, f); err != nil {
		return err
	}
	found := int64(0)
	if len(d.Rows) > 0 {
		found = d.Rows[0].Found
	}
	d.List = a.numbered("refusals.count", found, len(d.Rows), records.PageRows, d.filters(v, a))
	if err := v.audit("list.rows.read", v.r.URL.Path, map[string]any{"filter": d.List.Sentence, "rows": len(d.Rows)}); err != nil {
		return err
	}
	if !a.wantsFile() {
		return v.show("refusals", d)
	}
	return v.refusalsFile(a, d)
}

// filters are what is chosen, in words.
func (d refusals) filters(v *visit, a asked) []string {
	list := chosen(d.Programmes, d.Codes, d.Late)
	if a.text("unit") != "" {
		list = append(list, chosen(d.Units)...)
	}
	if d.Only != 0 {
		list = append(list, v.words().say("refusals.of.list", d.Only))
	}
	if d.Batch != 0 {
		list = append(list, v.words().say("filter.batch", int32(d.Batch)))
	}
	return list
}

func (v *visit) refusalsFile(a asked, d refusals) error {
	w := v.words()
	head := []string{w.say("refusals.due"), w.say("refusals.late"), w.say("section.unit"), w.say("payment.name"), w.say("refusals.why"), w.say("failure.code"),
		w.say("listfile"), w.say("listfile.row"), w.say("refusals.owner"), w.say("batch")}
	return a.file("dong-cho-quyet-dinh", d.List, head, func(emit func(...any)) error {
		for _, one := range d.Rows {
			late := ""
			if one.Due.Before(d.Today) {
				late = w.say("refusals.late")
			}
			emit(one.Due.String(), late, one.UnitVI, one.Name, v.format().whyAll(one.Codes), one.Codes, one.List, one.Row, one.Owner, int32(one.Batch))
		}
		return nil
	})
}

// whyOpen says why a row waits: the words of a finding, or of a plan's reason.
func (f formatter) whyOpen(code string) string {
	if reason, _ := f.finding(code, nil); reason != "" {
		return reason
	}
	return half(payout.LeftOutWords(code), f.lang)
}

// whyAll says all codes of a row.
func (f formatter) whyAll(codes string) string {
	var list []string
	for _, code := range strings.Fields(codes) {
		list = append(list, f.whyOpen(code))
	}
	return strings.Join(list, "; ")
}

// refusal is one row with what can be done about it.
type refusal struct {
	records.RowDetail
	Cells  []registry.RefusedCell // once they were asked for
	Shown  bool
	May    bool   // decides
	Act    string // the form that came back
	Why    string
	Second string
	AsList string
	AsRow  string
	Give   assigning
	Today  calendar.Date
}

// Heading names it by its place.
func (r refusal) Heading(say func(string, ...any) string) string {
	return say("refusal.title", strconv.FormatInt(r.List, 10), strconv.Itoa(int(r.Row)))
}

// Open reports whether it waits.
func (r refusal) Open() bool { return len(r.Waits) > 0 }

// AtBatch reports whether a batch waits for it.
func (r refusal) AtBatch() bool {
	for _, one := range r.Waits {
		if one.Batch != 0 {
			return true
		}
	}
	return false
}

func (v *visit) refusal() (refusal, registry.RowRef, error) {
	list, err := v.pathNumber("list")
	if err != nil {
		return refusal{}, registry.RowRef{}, err
	}
	row, err := v.pathNumber("row")
	if err != nil || row > 1<<30 {
		return refusal{}, registry.RowRef{}, errNoPage(v.r.URL.Path)
	}
	ref := registry.RowRef{List: list, Row: int(row)}
	r := refusal{Today: calendar.DateOf(v.site.Now())}
	if r.RowDetail, err = records.ReadRow(v.context(), v.site.DB, ref); err != nil {
		return r, ref, err
	}
	if v.me.UnitCode != "" && v.me.UnitCode != r.Unit {
		return r, ref, errNoPage(v.r.URL.Path)
	}
	for _, role := range deciders {
		r.May = r.May || role == v.me.Role && v.me.Signs
	}
	r.Give, err = v.assigning(r, ref)
	return r, ref, err
}

func refusalPage(v *visit) error {
	r, ref, err := v.refusal()
	if err != nil {
		return err
	}
	if err := v.audit("list.row.seen", rowSubject(ref), map[string]any{}); err != nil {
		return err
	}
	return v.show("refusal", r)
}

func rowSubject(ref registry.RowRef) string { return fmt.Sprintf("list/%d row %d", ref.List, ref.Row) }

// refusalCells shows the row as it was handed in, once, on this answer only.
func refusalCells(v *visit) error {
	r, ref, err := v.refusal()
	if err != nil {
		return err
	}
	if r.Cells, err = payout.ReadRefusedRow(v.context(), v.site.DB, v.site.Keys, ref, v.me.ID, v.site.Now()); err != nil {
		return v.again("refusal", r, err, "")
	}
	r.Shown = true
	return v.show("refusal", r)
}

// decideRow takes one of the three decisions. A second person says so with their
// own name and password, here and now.
func decideRow(v *visit) error {
	r, ref, err := v.refusal()
	if err != nil {
		return err
	}
	r.Act, r.Why, r.Second = v.r.PathValue("act"), strings.TrimSpace(v.r.PostFormValue("why")), strings.TrimSpace(v.r.PostFormValue("second"))
	r.AsList, r.AsRow = strings.TrimSpace(v.r.PostFormValue("as-list")), strings.TrimSpace(v.r.PostFormValue("as-row"))
	d := payout.RowsDecision{Rows: payout.OpenRowFilter{Rows: []registry.RowRef{ref}}, Reason: r.Why, ByOne: v.me.ID, ByTwo: r.Second}
	switch r.Act {
	case "move":
		d.Kind, d.ByTwo = registry.RowMoved, ""
	case "drop":
		d.Kind = registry.RowDropped
	case "correct":
		d.Kind = registry.RowCorrected
		d.As.List, _ = strconv.ParseInt(r.AsList, 10, 64) // 0 is no list: payout says so
		d.As.Row, _ = strconv.Atoi(r.AsRow)
	default:
		return errNoPage(v.r.URL.Path)
	}
	if d.ByTwo != "" && d.ByTwo != v.me.ID {
		if err := v.site.accounts.Confirm(v.context(), d.ByTwo, v.r.PostFormValue("password"), v.source()); err != nil {
			return v.again("refusal", r, err, r.Act+"-password")
		}
	}
	err = pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, err := payout.DecideRows(ctx, tx, d, v.site.Now())
		return err
	})
	if err != nil {
		return v.again("refusal", r, err, "")
	}
	return v.seeOther("/refusals", "row."+r.Act)
}
