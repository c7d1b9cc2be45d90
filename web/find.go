package web

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/registry"
	"ansinh/web/records"
)

func (s *site) findRoutes() []route {
	return []route{
		{pattern: "GET /find", who: readers, serve: func(v *visit) error { return v.show("find", find{Units: v.unitOptions("")}) }},
		{pattern: "POST /find", who: readers, serve: findPeople},
	}
}

// find is the hotline's question and what may be said to it. What was typed is
// never put into an address, which browsers and proxies keep.
type find struct {
	Units []option
	Name  string
	Born  string
	Asked bool
	Hits  []foundPerson
	More  bool
	Way   string
}

// foundPerson is one person with a sentence for each payment.
type foundPerson struct {
	records.Hit
	Sentences []foundSentence
}

// foundSentence is what the clerk may read out.
type foundSentence struct {
	Mark mark
	Text string
	Path string
}

func (v *visit) unitOptions(chosen string) []option {
	var pairs []string
	for _, u := range registry.Communes() {
		if v.me.UnitCode == "" || v.me.UnitCode == u.Code {
			pairs = append(pairs, u.Code, u.NameVI)
		}
	}
	return options(v.words().say("filter.all"), chosen, pairs...)
}

func findPeople(v *visit) error {
	form := find{Name: strings.TrimSpace(v.r.PostFormValue("name")), Born: strings.TrimSpace(v.r.PostFormValue("born")), Asked: true,
		Units: v.unitOptions(v.r.PostFormValue("unit"))}
	wanted, field, err := v.wanted(form)
	if err != nil {
		form.Asked = false
		return v.again("find", form, err, field)
	}
	form.Way = wanted.Way()
	hits, more, err := records.Find(v.context(), v.site.DB, v.site.Keys, wanted)
	if err != nil {
		return err
	}
	form.More = more
	var people []string
	for _, h := range hits {
		people = append(people, strconv.FormatInt(h.Person, 10))
		form.Hits = append(form.Hits, v.found(h))
	}
	// Whom somebody looked up is known before they are told.
	err = pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Append(ctx, tx, audit.Entry{At: v.site.Now(), Actor: v.me.ID, Act: "person.find",
			Detail: map[string]any{"by": form.Way, "people": people, "more": more}})
		return err
	})
	if err != nil {
		return err
	}
	return v.show("find", form)
}

// wanted reads the question; field is the one that is wrong.
func (v *visit) wanted(form find) (w records.Wanted, field string, err error) {
	w.Within = v.me.UnitCode
	id, phone := strings.TrimSpace(v.r.PostFormValue("pid")), strings.TrimSpace(v.r.PostFormValue("phone"))
	switch {
	case id != "":
		w.ID, err = registry.LookupID(id)
		return w, "pid", err
	case phone != "":
		w.Phone, err = registry.LookupPhone(phone)
		return w, "phone", err
	}
	w.Name, w.Unit = form.Name, v.r.PostFormValue("unit")
	w.Born, err = strconv.Atoi(form.Born)
	if w.Name == "" || err != nil || w.Born < 1880 || w.Born > 2100 {
		return w, "name", errs.Coded(errs.Invalid, "LOOKUP-NAME", "Cần số định danh, hoặc số điện thoại, hoặc họ tên cùng năm sinh. / "+
			"Give the personal id, or the phone number, or the name with the year of birth.", nil)
	}
	return w, "", nil
}

// found puts what is known of a person's payments into words.
func (v *visit) found(h records.Hit) foundPerson {
	return foundPerson{Hit: h, Sentences: v.sentences(h.Payments)}
}

func (v *visit) sentences(payments []records.HitPayment) (list []foundSentence) {
	w, f := v.words(), v.format()
	for _, one := range payments {
		state := string(one.State)
		switch {
		case one.Doubt && one.State.Open():
			state = "in_doubt"
		case one.Cancelled:
			state = string(ledger.Ended)
		case state == "":
			state = "none"
		}
		where := one.BankVI
		if one.Tail != "" {
			where = w.say("find.where.account", one.BankVI, one.Tail)
		}
		text := w.say("find.say."+state, f.money(one.Amount), one.BatchVI, where, f.date(one.On), f.date(one.Due))
		m := f.mark(state)
		if state == "none" {
			m.Word = w.say("find.state.none")
		}
		list = append(list, foundSentence{Mark: m, Text: text, Path: fmt.Sprintf("/payments/%d/%d", one.Batch, one.Payment)})
	}
	return list
}
