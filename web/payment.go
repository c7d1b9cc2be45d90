package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) paymentRoutes() []route {
	return []route{
		{pattern: "GET /payments/{batch}/{payment}", who: readers, serve: paymentPage},
		{pattern: "POST /payments/{batch}/{payment}/reveal", who: mayReveal, serve: reveal},
	}
}

// mayReveal are the roles that talk to people about their accounts, or check.
var mayReveal = []accounts.Role{accounts.Maker, accounts.Approver, accounts.Accountant, accounts.Auditor}

// payment is one payment with its whole trail.
type payment struct {
	records.Trail
	Person  int64 // whose record says more
	Steps   []step
	May     bool   // may see the whole account
	Desk    bool   // follows vouchers, submissions and breaks to their own pages
	Account string // the full number, once it was revealed
	Why     string
}

// Heading names the payment by its number.
func (p payment) Heading(say func(string, ...any) string) string {
	return say("payment.is", fmt.Sprintf("%d/%d", p.Batch, p.Payment))
}

// step is one movement of the payment's money: the line, and where it left it.
type step struct {
	ledger.TrailLine
	Leg   string // key of its words
	State string // after it
}

func stepsOf(lines []ledger.TrailLine) []step {
	var list []step
	for _, l := range lines {
		s := step{TrailLine: l}
		if leg := ledger.LegOf(l.Leg); leg != nil {
			name, _, _ := strings.Cut(leg.Name, ".")
			s.Leg, s.State = "leg."+name, string(leg.State)
		}
		list = append(list, s)
	}
	return list
}

func (v *visit) ownPayment() (payment, payout.Ref, error) {
	id, err := v.batchID()
	if err != nil {
		return payment{}, payout.Ref{}, err
	}
	no, err := strconv.ParseInt(v.r.PathValue("payment"), 10, 64)
	if err != nil {
		return payment{}, payout.Ref{}, errNoPage(v.r.URL.Path)
	}
	ref := payout.Ref{Batch: id, Payment: no}
	trail, err := records.ReadTrail(v.r.Context(), v.site.DB, ref)
	if err == nil && v.me.UnitCode != "" && v.me.UnitCode != trail.UnitCode {
		err = errNoPage(v.r.URL.Path)
	}
	if err != nil {
		return payment{}, ref, err
	}
	whose, err := records.PersonOf(v.context(), v.site.DB, ref)
	p := payment{Trail: trail, Person: whose, Steps: stepsOf(trail.Lines), Desk: slices.Contains(desk, v.me.Role)}
	for _, role := range mayReveal {
		p.May = p.May || role == v.me.Role && trail.Account != ""
	}
	return p, ref, err
}

func paymentPage(v *visit) error {
	p, ref, err := v.ownPayment()
	if err != nil {
		return err
	}
	if err := v.audit("payment.read", paymentSubject(ref), map[string]any{}); err != nil {
		return err
	}
	return v.show("payment", p)
}

func paymentSubject(r payout.Ref) string { return fmt.Sprintf("payment/%d/%d", r.Batch, r.Payment) }

// reveal shows the full account once, on this answer only: the address shows
// the masked page again.
func reveal(v *visit) error {
	p, ref, err := v.ownPayment()
	if err != nil {
		return err
	}
	p.Why = strings.TrimSpace(v.r.PostFormValue("why"))
	account, err := payout.RevealAccount(v.r.Context(), v.site.DB, v.site.Keys, ref, v.me.ID, p.Why, v.site.Now())
	if err != nil {
		return v.again("payment", p, err, "why")
	}
	p.Account = account.Reveal()
	return v.show("payment", p)
}

// wordsOf finds what a stored name means to people of a language.
func wordsOf(list []reconciliation.Words, lang string) func(string) string {
	return func(name string) string {
		for _, w := range list {
			if w.Name == name && lang == languages[0] {
				return w.VI
			}
			if w.Name == name {
				return w.EN
			}
		}
		return name
	}
}
