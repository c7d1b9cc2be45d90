package web

import (
	"strconv"
	"time"

	"ansinh/web/records"
)

func (s *site) auditRoutes() []route {
	return []route{{pattern: "GET /audit", who: auditors, serve: auditPage}}
}

// auditLog is who did what, newest first.
type auditLog struct {
	Rows           []records.Act
	List           listing
	Acts           []option
	Actor, Subject string
	From, To       string
}

func auditPage(v *visit) error {
	a, w, fm := v.asked(), v.words(), v.format()
	from, to := a.date("from"), a.date("to")
	f := records.ActFilter{Actor: a.text("actor"), Act: a.text("act"), Subject: a.text("subject")}
	p := auditLog{Actor: f.Actor, Subject: f.Subject, From: a.text("from"), To: a.text("to")}
	var filters []string
	if f.Act != "" {
		filters = append(filters, w.say("filter.act", wordOr(w, "did.", f.Act)))
	}
	if f.Actor != "" {
		filters = append(filters, w.say("filter.actor", f.Actor))
	}
	if f.Subject != "" {
		filters = append(filters, w.say("filter.subject", f.Subject))
	}
	if !from.IsZero() {
		f.From = from.Start()
		filters = append(filters, w.say("books.from", fm.date(from)))
	}
	if !to.IsZero() {
		f.To = to.AddDays(1).Start()
		filters = append(filters, w.say("filter.to", fm.date(to)))
	}
	kinds, err := records.ActKinds(v.context(), v.site.DB)
	if err != nil {
		return err
	}
	var pairs []string
	for _, k := range kinds {
		pairs = append(pairs, k, wordOr(w, "did.", k))
	}
	p.Acts = options(w.say("filter.all"), f.Act, pairs...)
	count, err := records.CountActs(v.context(), v.site.DB, f)
	if err != nil {
		return err
	}
	if before, err := time.Parse(time.RFC3339Nano, a.text("before")); err == nil {
		f.Before = records.ActKey{At: before, ID: a.number("id")}
	}
	if a.wantsFile() {
		f.Want, f.Before = records.CountMax, records.ActKey{}
	}
	var more bool
	if p.Rows, more, err = records.Acts(v.context(), v.site.DB, f); err != nil {
		return err
	}
	next := []string{"before", "", "id", ""}
	if n := len(p.Rows); n > 0 {
		next[1], next[3] = p.Rows[n-1].At.UTC().Format(time.RFC3339Nano), strconv.FormatInt(p.Rows[n-1].ID, 10)
	}
	p.List = a.list("audit.count", count, len(p.Rows), filters, more, next...)
	if !a.wantsFile() {
		return v.show("audit", p)
	}
	head := []string{w.say("audit.no"), w.say("audit.at"), w.say("audit.actor"), w.say("audit.act"), w.say("audit.subject"), w.say("audit.detail")}
	return a.file("nhat-ky", p.List, head, func(emit func(...any)) error {
		for _, one := range p.Rows {
			emit(one.ChainNo, one.At, one.Actor, one.Act, one.Subject, one.Detail)
		}
		return nil
	})
}
