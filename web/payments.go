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
	return []route{{pattern: "GET /batches/{batch}/payments", who: readers, serve: paymentsPage}}
}

// paymentStates are the states by which payments can be filtered.
var paymentStates = []string{"none", "approved", "ordered", "out", "listed", "in_doubt", "paid", "rejected", "returned", "not_executed", "withdrawn", "unpaid",
	"handed", "brought_back", "ended"}

// payments is a page of the payments of a batch.
type payments struct {
	Batch    payout.Batch
	Units    []option
	Channels []option
	States   []option
	Page     records.PaymentPage
	List     listing
	GoOn     string // address that walks on after a cut
}

// Heading names the list.
func (p payments) Heading(say func(string, ...any) string) string {
	return say("payments.of", p.Batch.NameVI)
}

// sectionMax is the highest number a section can have.
const sectionMax = 32_767

func paymentsPage(v *visit) error {
	b, _, err := v.ownBatch()
	if err != nil {
		return err
	}
	a := v.asked()
	f := records.PaymentFilter{Batch: b.ID, Section: int16(max(0, min(a.number("section"), sectionMax))), Channel: bankadapters.Key(a.text("channel")),
		State: a.choice("state", paymentStates...), Unit: v.me.UnitCode, Page: a.page(), After: max(0, a.number("after"))}
	d := payments{Batch: b}
	if err := d.choices(v, f); err != nil {
		return err
	}
	filters := chosen(d.Units, d.Channels, d.States)
	if a.wantsFile() {
		return v.paymentsFile(a, f, filters)
	}
	if d.Page, err = records.Payments(v.context(), v.site.DB, f); err != nil {
		return err
	}
	if err := v.noteRead(f, len(d.Page.Rows)); err != nil {
		return err
	}
	known := d.Page.Found
	if f.State != "" {
		if known, err = v.knownInState(f); err != nil {
			return err
		}
	}
	d.list(a, f, known, filters)
	return v.show("payments", d)
}

// list is numbered without a filter by state; with one it goes on from the last
// row, or from where the walk ended.
func (d *payments) list(a asked, f records.PaymentFilter, known int64, filters []string) {
	rows := d.Page.Rows
	if f.State == "" {
		d.List = a.numbered("payments.count", known, len(rows), records.PageSize, filters)
		return
	}
	last := f.After
	if len(rows) > 0 {
		last = rows[len(rows)-1].No
	}
	d.List = a.list("payments.count", known, len(rows), filters, d.Page.More, "after", strconv.FormatInt(last, 10))
	if d.Page.Cut > 0 {
		d.GoOn = a.with("after", strconv.FormatInt(d.Page.Cut, 10), "row", strconv.FormatInt(a.row+int64(len(rows)), 10), "as", "")
	}
	if f.After > 0 && d.List.First == "" {
		d.List.First = a.with("after", "", "row", "", "as", "")
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

func (d *payments) choices(v *visit, f records.PaymentFilter) error {
	units, err := records.UnitChoices(v.context(), v.site.DB, d.Batch.ID, v.me.UnitCode)
	if err != nil {
		return err
	}
	channels, err := records.Channels(v.context(), v.site.DB, d.Batch.ID)
	if err != nil {
		return err
	}
	section := ""
	if f.Section != 0 {
		section = strconv.Itoa(int(f.Section))
	}
	w := v.words()
	d.Units = options(w.say("payments.unit.all"), section, pairsOf(units)...)
	var pairs []string
	for _, c := range channels {
		pairs = append(pairs, string(c.Key), c.Name)
	}
	d.Channels = options(w.say("payments.channel.all"), string(f.Channel), pairs...)
	pairs = nil
	for _, state := range paymentStates {
		pairs = append(pairs, state, stateWord(w, v.format(), state))
	}
	d.States = options(w.say("payments.state.all"), f.State, pairs...)
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

func (v *visit) paymentsFile(a asked, f records.PaymentFilter, filters []string) error {
	f.Page, f.After, f.Limit = 1, 0, records.CountMax
	page, err := records.Payments(v.context(), v.site.DB, f)
	if err != nil {
		return err
	}
	count := int64(len(page.Rows))
	if page.More || page.Cut > 0 {
		count = records.CountMax + 1
	}
	if err := v.noteRead(f, len(page.Rows)); err != nil {
		return err
	}
	w, format := v.words(), v.format()
	head := []string{w.say("payment.no"), w.say("section.unit"), w.say("payment.name"), w.say("payment.birth"), w.say("channel"), w.say("payment.account"),
		w.say("amount.dong"), w.say("state")}
	return a.file(fmt.Sprintf("khoan-chi-%d", f.Batch), a.list("payments.count", count, 0, filters, false), head, func(emit func(...any)) error {
		for _, p := range page.Rows {
			birth := ""
			if p.Birth != nil {
				birth = strconv.Itoa(*p.Birth)
			}
			emit(fmt.Sprintf("%d/%d", f.Batch, p.No), p.Unit, p.Name, birth, string(p.Channel), masked(p.Tail), p.Amount, stateWord(w, format, p.State))
		}
		return nil
	})
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
