package web

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/audit"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/reconciliation"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) breakRoutes() []route {
	return []route{
		{pattern: "GET /breaks", who: desk, serve: breaksPage},
		{pattern: "GET /breaks/{break}", who: desk, serve: breakPage},
		{pattern: "POST /breaks/{break}/owner", who: gatekeepers, serve: ownBreak},
	}
}

// breaks is the list of what does not match.
type breaks struct {
	Rows    []records.BreakRow
	List    listing
	Banks   []option
	Reasons []option
	Owners  []option
	States  []option
	Orders  []option
	Total   money.Amount
}

func breaksPage(v *visit) error {
	a := v.asked()
	f := records.BreakFilter{Channel: bankadapters.Key(a.text("bank")), Reason: reconciliation.Reason(a.text("reason")), Owner: a.text("owner"),
		Batch: ledger.BatchID(a.number("batch")), Closed: a.text("state") == "closed", Order: records.BreakOrder(a.text("sort")),
		After: records.BreakKey{ID: a.number("after"), Amount: money.Amount(a.number("amount"))}}
	b, filters, err := v.breakFilters(f)
	if err != nil {
		return err
	}
	count, total, err := records.CountBreaks(v.context(), v.site.DB, f)
	if err != nil {
		return err
	}
	b.Total = total
	key := "breaks.count"
	if f.Closed {
		key = "breaks.count.closed"
	}
	if a.wantsFile() {
		return v.breaksFile(a, f, a.list(key, count, 0, filters, false))
	}
	var more bool
	if b.Rows, more, err = records.BreakList(v.context(), v.site.DB, f); err != nil {
		return err
	}
	next := []string{"after", "", "amount", ""}
	if n := len(b.Rows); n > 0 {
		next[1], next[3] = strconv.FormatInt(b.Rows[n-1].ID, 10), b.Rows[n-1].Amount.Exact()
	}
	b.List = a.list(key, count, len(b.Rows), filters, more, next...)
	return v.show("breaks", b)
}

// breakFilters are the choices, and what is chosen in words.
func (v *visit) breakFilters(f records.BreakFilter) (b breaks, filters []string, err error) {
	w := v.words()
	var names map[bankadapters.Key]string
	if b.Banks, names, err = v.bankOptions(f.Channel); err != nil {
		return b, nil, err
	}
	owners, err := records.BreakOwners(v.context(), v.site.DB)
	if err != nil {
		return b, nil, err
	}
	pairs := []string{"-", w.say("breaks.owner.nobody")}
	for _, o := range owners {
		pairs = append(pairs, o, o)
	}
	b.Owners = options(w.say("filter.all"), f.Owner, pairs...)
	pairs = nil
	for _, r := range reconciliation.Reasons {
		pairs = append(pairs, string(r.Reason), v.format().reason(r.Reason))
	}
	b.Reasons = options(w.say("filter.all"), string(f.Reason), pairs...)
	b.States = options(w.say("breaks.open"), map[bool]string{true: "closed"}[f.Closed], "closed", w.say("breaks.closed"))
	b.Orders = options(w.say("breaks.sort.oldest"), string(f.Order), string(records.BreakLargest), w.say("breaks.sort.largest"))
	if f.Channel != "" {
		filters = append(filters, names[f.Channel])
	}
	if f.Reason != "" {
		filters = append(filters, w.say("filter.reason", strings.ToLower(v.format().reason(f.Reason))))
	}
	switch f.Owner {
	case "":
	case "-":
		filters = append(filters, w.say("breaks.owner.nobody"))
	default:
		filters = append(filters, w.say("filter.owner", f.Owner))
	}
	if f.Batch != 0 {
		filters = append(filters, w.say("filter.batch", int32(f.Batch)))
	}
	return b, filters, nil
}

func (v *visit) breaksFile(a asked, f records.BreakFilter, l listing) error {
	w := v.words()
	head := []string{w.say("break.no"), w.say("break.reason"), w.say("bank"), w.say("list.amount.dong"), w.say("payment"), w.say("submission"), w.say("break.opened"),
		w.say("break.owner"), w.say("voucher"), w.say("file"), w.say("file.position"), w.say("break.closed"), w.say("break.how")}
	return a.file("khoan-lech", l, head, func(emit func(...any)) error {
		f.Want, f.After = records.CountMax, records.BreakKey{}
		rows, _, err := records.BreakList(v.context(), v.site.DB, f)
		for _, b := range rows {
			payment := ""
			if b.Batch != 0 {
				payment = fmt.Sprintf("%d/%d", b.Batch, b.Payment)
			}
			emit(b.ID, v.format().reason(b.Reason), b.BankVI, b.Amount, payment, b.Submission, b.Opened, b.Owner, int64(b.Voucher), b.File, b.Position, b.Closed, b.How)
		}
		return err
	})
}

// oneBreak is a break with the line that opened it.
type oneBreak struct {
	records.BreakDetail
	MayOwn bool
	Owner  string // as typed
}

// Heading names it.
func (b oneBreak) Heading(say func(string, ...any) string) string {
	return say("break.title", strconv.FormatInt(b.ID, 10))
}

func (v *visit) oneBreak() (oneBreak, error) {
	id, err := v.pathNumber("break")
	if err != nil {
		return oneBreak{}, err
	}
	d, err := records.ReadBreak(v.context(), v.site.DB, id)
	b := oneBreak{BreakDetail: d, Owner: d.BreakRow.Owner, MayOwn: d.Closed == nil && (v.me.Role == accounts.Accountant || v.me.Role == accounts.Department)}
	return b, err
}

func breakPage(v *visit) error {
	b, err := v.oneBreak()
	if err != nil {
		return err
	}
	return v.show("break", b)
}

func ownBreak(v *visit) error {
	b, err := v.oneBreak()
	if err != nil {
		return err
	}
	owner := strings.TrimSpace(v.r.PostFormValue("owner"))
	if v.r.PostFormValue("mine") != "" {
		owner = v.me.NameVI
	}
	err = pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := reconciliation.OwnBreak(ctx, tx, b.ID, owner); err != nil {
			return err
		}
		_, err := audit.Append(ctx, tx, audit.Entry{At: v.site.Now(), Actor: v.me.ID, Act: "break.own", Subject: fmt.Sprintf("break/%d", b.ID),
			Detail: map[string]any{"owner": owner, "before": b.BreakRow.Owner}})
		return err
	})
	if err != nil {
		return err
	}
	return v.seeOther(fmt.Sprintf("/breaks/%d", b.ID), "owned")
}
