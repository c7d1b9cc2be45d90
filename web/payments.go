package web

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/audit"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/web/records"
)

func (s *site) paymentsRoutes() []route {
	return []route{
		{pattern: "GET /batches/{batch}/payments", who: readers, serve: paymentsPage},
		{pattern: "GET /batches/{batch}/payments.csv", who: readers, serve: paymentsFile},
	}
}

// paymentStates are the states by which payments can be filtered.
var paymentStates = []string{"none", "approved", "ordered", "out", "listed", "in_doubt", "paid", "rejected", "returned", "not_executed", "withdrawn", "unpaid",
	"handed", "brought_back", "ended"}

// payments is a page of the payments of a batch.
type payments struct {
	Batch    payout.Batch
	Filter   records.PaymentFilter
	Units    []option
	Channels []option
	States   []option
	Page     records.PaymentPage
	Known    int64 // how many there are, from the figures; -1 unknown
	Filtered bool
	Empty    string
	File     string
	TooMany  bool // for a download
	Pager    pager
	GoOn     string // address that walks on after a cut
}

// Heading names the list.
func (p payments) Heading(say func(string, ...any) string) string {
	return say("payments.of", p.Batch.NameVI)
}

// Last is the place of the last row shown.
func (p payments) Last() int64 { return p.Page.First + int64(len(p.Page.Rows)) - 1 }

func (v *visit) paymentFilter(q query, b payout.Batch) records.PaymentFilter {
	return records.PaymentFilter{Batch: b.ID, Section: int16(min(q.number("section", 0), 32_000)), Channel: bankadapters.Key(q.get("channel")),
		State: q.get("state", paymentStates...), Unit: v.me.UnitCode, Page: int(min(q.number("page", 1), 1_000_000)), After: q.number("after", 0)}
}

func paymentsPage(v *visit) error {
	ctx, db := v.r.Context(), v.site.DB
	b, _, err := v.ownBatch()
	if err != nil {
		return err
	}
	q := v.query()
	d := payments{Batch: b, Filter: v.paymentFilter(q, b)}
	if d.Page, err = records.Payments(ctx, db, d.Filter); err != nil {
		return err
	}
	if err := v.noteRead(d.Filter, len(d.Page.Rows)); err != nil {
		return err
	}
	if err := d.choices(v); err != nil {
		return err
	}
	f := d.Filter
	d.Filtered = f.Section != 0 || f.Channel != "" || f.State != ""
	d.Empty = emptyKey("payments", false, d.Filtered)
	d.File = q.at(fmt.Sprintf("/batches/%d/payments.csv", b.ID))
	d.Known = d.Page.Found
	if f.State != "" {
		if d.Known, err = v.knownInState(f); err != nil {
			return err
		}
	}
	d.TooMany = d.Known > exportMax
	d.link(q)
	return v.show("payments", d)
}

// link makes the links to the neighbours: numbered pages without a filter by
// state, else on from the last row.
func (d *payments) link(q query) {
	f, rows := d.Filter, d.Page.Rows
	switch {
	case f.State == "":
		d.Pager = q.pages(int64(f.Page), d.Page.More)
	case d.Page.More:
		d.Pager.Next = q.with("after", strconv.FormatInt(rows[len(rows)-1].No, 10))
	case d.Page.Cut > 0:
		d.GoOn = q.with("after", strconv.FormatInt(d.Page.Cut, 10))
	}
	if f.State != "" && f.After > 0 {
		d.Pager.First = q.with("after", "")
		d.Pager.Previous = ""
	}
}

// knownInState is how many payments are in a state, by the figures; -1 where a
// filter by channel makes that another question.
func (v *visit) knownInState(f records.PaymentFilter) (int64, error) {
	if f.Channel != "" || f.State == "none" {
		return -1, nil
	}
	figures, err := records.ReadFigures(v.r.Context(), v.site.DB, f.Batch)
	if err != nil {
		return 0, err
	}
	if f.Section != 0 {
		figures = figures.Within(f.Section)
	}
	if f.Unit != "" {
		own, err := records.SectionsOfUnit(v.r.Context(), v.site.DB, f.Batch, f.Unit)
		if err != nil {
			return 0, err
		}
		figures = figures.Of(func(one records.Figure) bool { return own[one.Section] })
	}
	n, _ := figures.In(f.State).Sum()
	return n, nil
}

func (d *payments) choices(v *visit) error {
	units, err := records.UnitChoices(v.r.Context(), v.site.DB, d.Batch.ID, v.me.UnitCode)
	if err != nil {
		return err
	}
	channels, err := records.Channels(v.r.Context(), v.site.DB, d.Batch.ID)
	if err != nil {
		return err
	}
	section := ""
	if d.Filter.Section != 0 {
		section = strconv.Itoa(int(d.Filter.Section))
	}
	d.Units = v.chosenOf(section, "payments.unit", units)
	var list []records.Choice
	for _, c := range channels {
		list = append(list, records.Choice{Value: string(c.Key), Word: c.Name})
	}
	d.Channels = v.chosenOf(string(d.Filter.Channel), "payments.channel", list)
	d.States = []option{{Word: v.site.words[v.lang].say("payments.state.all"), Chosen: d.Filter.State == ""}}
	f := formatter{v.lang}
	for _, state := range paymentStates {
		d.States = append(d.States, option{Value: state, Word: stateWord(v.site.words[v.lang], f, state), Chosen: state == d.Filter.State})
	}
	return nil
}

// noteRead puts the look at people's names into the audit chain before the page
// is shown.
func (v *visit) noteRead(f records.PaymentFilter, rows int) error {
	if rows == 0 {
		return nil
	}
	return v.audit("payments.read", fmt.Sprintf("batch/%d", f.Batch), map[string]any{"section": f.Section, "channel": string(f.Channel), "state": f.State,
		"page": f.Page, "after": f.After, "rows": rows})
}

// audit records that the visitor saw or did something.
func (v *visit) audit(act, subject string, detail map[string]any) error {
	return pgdb.InTx(v.r.Context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Append(ctx, tx, audit.Entry{At: v.site.Now(), Actor: v.me.ID, Act: act, Subject: subject, Detail: detail})
		return err
	})
}

func paymentsFile(v *visit) error {
	b, _, err := v.ownBatch()
	if err != nil {
		return err
	}
	f := v.paymentFilter(v.query(), b)
	f.Page, f.After, f.Limit = 1, 0, exportMax
	page, err := records.Payments(v.r.Context(), v.site.DB, f)
	if err != nil {
		return err
	}
	if page.More || page.Cut > 0 {
		return errTooMany(page.Found)
	}
	if err := v.noteRead(f, len(page.Rows)); err != nil {
		return err
	}
	w := v.site.words[v.lang]
	table := [][]string{{w.say("payment.no"), w.say("section.unit"), w.say("payment.name"), w.say("payment.birth"), w.say("channel"), w.say("payment.account"),
		w.say("amount.dong"), w.say("state")}}
	format := formatter{v.lang}
	for _, p := range page.Rows {
		birth := ""
		if p.Birth != nil {
			birth = strconv.Itoa(*p.Birth)
		}
		table = append(table, []string{fmt.Sprintf("%d/%d", b.ID, p.No), p.Unit, p.Name, birth, string(p.Channel), masked(p.Tail), p.Amount.Exact(),
			stateWord(w, format, p.State)})
	}
	return v.table(fmt.Sprintf("khoan-chi-%d", b.ID), table)
}

// masked is an account by its last digits.
func masked(tail string) string {
	if tail == "" {
		return ""
	}
	return "…" + tail
}

// stateWord is a shown state in words; "none" is not approved yet.
func stateWord(w words, f formatter, state string) string {
	if state == "none" {
		return w.say("state.none")
	}
	return f.mark(state).Word
}
