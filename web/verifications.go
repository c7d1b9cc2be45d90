package web

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
	checking "ansinh/registry/verification"
	"ansinh/web/records"
)

func (s *site) verificationRoutes() []route {
	return []route{
		{pattern: "GET /verifications", who: readers, serve: verificationsPage},
		{pattern: "GET /verifications/{no}", who: readers, serve: verificationPage},
		{pattern: "GET /verifications/{no}/{person}", who: readers, serve: differencePage},
		{pattern: "POST /verifications/{no}/{person}", who: deciders, serve: resolveDifference},
	}
}

// verifications are the comparisons of lists with another register.
type verifications struct {
	Rows []records.VerificationRow
	List listing
}

// Live is true: a run goes on.
func (verifications) Live() bool { return true }

func verificationsPage(v *visit) error {
	a := v.asked()
	var d verifications
	count, err := records.CountVerifications(v.context(), v.site.DB, v.me.UnitCode)
	if err != nil {
		return err
	}
	var more bool
	if d.Rows, more, err = records.Verifications(v.context(), v.site.DB, v.me.UnitCode, a.number("before")); err != nil {
		return err
	}
	next := []string{"before", ""}
	if n := len(d.Rows); n > 0 {
		next[1] = strconv.FormatInt(d.Rows[n-1].ID, 10)
	}
	d.List = a.list("verifications.count", count, len(d.Rows), nil, more, next...)
	d.List.CSV = ""
	return v.show("verifications", d)
}

// oneVerification is one run with the differences that wait.
type oneVerification struct {
	records.VerificationRow
	Rows []checking.Difference
	All  bool
	Next string
}

// Heading names it.
func (o oneVerification) Heading(say func(string, ...any) string) string {
	return say("verification.title", strconv.FormatInt(o.ID, 10), o.UnitVI)
}

func (v *visit) verification() (records.VerificationRow, error) {
	no, err := v.pathNumber("no")
	if err != nil {
		return records.VerificationRow{}, err
	}
	r, err := records.ReadVerification(v.context(), v.site.DB, no)
	if err == nil && v.me.UnitCode != "" && v.me.UnitCode != r.Unit {
		err = errNoPage(v.r.URL.Path)
	}
	return r, err
}

func verificationPage(v *visit) error {
	a := v.asked()
	o := oneVerification{All: a.text("all") != ""}
	var err error
	if o.VerificationRow, err = v.verification(); err != nil {
		return err
	}
	o.Rows, err = checking.Differences(v.context(), v.site.DB, v.site.Keys, o.ID, a.number("after"), o.All, records.PageRows)
	if err != nil {
		return err
	}
	if n := len(o.Rows); n == records.PageRows {
		o.Next = a.with("after", strconv.FormatInt(o.Rows[n-1].Person, 10))
	}
	if err := v.noteDifferences(o.Rows); err != nil {
		return err
	}
	return v.show("verification", o)
}

// noteDifferences records whose data a page shows, before it shows them.
func (v *visit) noteDifferences(list []checking.Difference) error {
	return pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		for _, d := range list {
			if err := people.NoteReading(ctx, tx, v.reader(), d.Person, v.site.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// difference is one person whose record and the other register do not agree.
type difference struct {
	records.VerificationRow
	checking.Difference
	Ours people.Record
	May  bool
	Form resolveForm
}

// resolveForm is what was typed.
type resolveForm struct{ Choice, Why, Paper, PaperDate, Holder, Bank string }

// Heading is the name in our record.
func (d difference) Heading(func(string, ...any) string) string { return d.Difference.Name }

// Decided reports whether it is ended: kept, or its correction done.
func (d difference) Decided() bool { return d.Difference.Choice != "" && !d.Difference.Open }

// Refused reports whether a correction came to nothing, so that it is decided anew.
func (d difference) Refused() bool {
	return d.Difference.Choice != "" && d.Difference.Open && !d.Difference.Waiting
}

// OfAccount reports whether banks were asked.
func (d difference) OfAccount() bool { return d.Source == checking.Accounts }

// UnknownID reports whether the register does not know the id: then the right one
// must be typed.
func (d difference) UnknownID() bool {
	return d.Source == checking.Population && d.Verdict == checking.NotFound
}

func (v *visit) difference() (d difference, err error) {
	if d.VerificationRow, err = v.verification(); err != nil {
		return d, err
	}
	person, err := v.pathNumber("person")
	if err != nil {
		return d, err
	}
	list, err := checking.Differences(v.context(), v.site.DB, v.site.Keys, d.ID, person-1, true, 1)
	if err != nil {
		return d, err
	}
	if len(list) == 0 || list[0].Person != person {
		return d, errNoPage(v.r.URL.Path)
	}
	d.Difference = list[0]
	for _, role := range deciders {
		d.May = d.May || role == v.me.Role && v.me.Signs
	}
	if err := v.noteDifferences(list); err != nil {
		return d, err
	}
	// What was decided is shown as it was compared; what is open as it stands today.
	now, known := v.site.Now(), v.site.Now()
	if d.Decided() && !d.AskedAt.IsZero() {
		known = d.AskedAt
	}
	d.Ours, err = people.Read(v.context(), v.site.DB, v.site.Keys, person, calendar.DateOf(now), known, v.reader())
	return d, err
}

func differencePage(v *visit) error {
	d, err := v.difference()
	if err != nil {
		return err
	}
	return v.show("difference", d)
}

func resolveDifference(v *visit) error {
	d, err := v.difference()
	if err != nil {
		return err
	}
	post := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	d.Form = resolveForm{Choice: post("choice"), Why: post("why"), Paper: post("paper"), PaperDate: post("paper-date"), Holder: post("holder"), Bank: post("bank")}
	r, field, err := d.resolution(v.me.ID, post("pid"), post("number"))
	if err != nil {
		return v.again("difference", d, err, field)
	}
	acts, err := checking.Resolve(v.context(), v.desk(), r)
	if err != nil {
		return v.again("difference", d, err, "")
	}
	done := "difference.kept"
	for _, act := range acts {
		done = "difference.corrected"
		if act.Outcome == "" {
			done = "difference.proposed"
			break
		}
	}
	return v.seeOther("/verifications/"+strconv.FormatInt(d.ID, 10), done)
}

// resolution is the decision as it was typed; field is what is wrong in it.
func (d difference) resolution(by, pid, number string) (r checking.Resolution, field string, err error) {
	r = checking.Resolution{Verification: d.ID, Person: d.Person, Accept: d.Form.Choice != "correct", Why: d.Form.Why, By: by, Paper: people.Paper{No: d.Form.Paper}}
	if r.Accept {
		return r, "", nil
	}
	if r.Paper.Date, err = calendar.ParseVietnamese(d.Form.PaperDate); err != nil {
		return r, "paper-date", errs.Coded(errs.Invalid, "CONSOLE-DAY", "Ngày phải theo dạng 17/02/2026. / A date is written like 17/02/2026.", err)
	}
	switch {
	case d.OfAccount():
		// The bank and the number are read as every other pair that a person types.
		found, err := registry.ReadStaffAccount(d.Form.Bank, number, d.Form.Holder)
		if err != nil {
			return r, "bank", err
		}
		r.Way = &people.Way{Method: registry.MethodAccount, BankBIN: found.BIN, Account: found.Account, Holder: d.Form.Holder}
	case d.UnknownID():
		if r.ID, err = registry.LookupID(pid); err != nil {
			return r, "pid", err
		}
	}
	return r, "", nil
}

// desk is where the registry's acts are proposed.
func (v *visit) desk() *people.Desk {
	return &people.Desk{DB: v.site.DB, Keys: v.site.Keys, Random: v.site.Random, Now: v.site.Now, Office: payout.PeopleOffice{}}
}
