package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// account is what walking the ledger needs to know of one account.
type account struct {
	ID        AccountID
	Book      BookID
	Code      string
	Role      Role
	Place     Place
	Programme string
	OffBook   bool
}

const sqlAccounts = `
SELECT a.id, a.book, a.code, a.role, a.place, a.programme, r.off_balance
  FROM ledger.account AS a JOIN ledger.role AS r ON r.name = a.role
 ORDER BY a.id`

func readAccounts(ctx context.Context, db pgdb.Querier) (map[AccountID]account, error) {
	rows, _ := db.Query(ctx, sqlAccounts)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[account])
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	m := make(map[AccountID]account, len(list))
	for _, a := range list {
		m[a.ID] = a
	}
	return m, nil
}

// path walks the lines of one payment in order. It is the money path's rule in
// Go, free of the database, so that an export can be checked with it too.
type path struct {
	accounts map[AccountID]account
	first    Line
	deducted money.Amount // kept from what is owed right after the first line
	overpaid money.Amount // decided to be recovered
	last     Line
	orders   []AccountID    // debit account of the order of attempt 1, 2, …
	taken    map[int16]bool // attempts whose money has left 113.sent
	claim    money.Amount   // open claim on the bank
}

// state is the money state after the last line.
func (p *path) state() State {
	if l := LegOf(p.last.Leg); l != nil {
		return l.State
	}
	return None
}

// checks are the parts of the rule, in the order in which they explain best. A
// list made once: made for each line it would cost more than the checks.
var checks = [...]func(*path, Line, *Leg, BookID) string{(*path).checkForm, (*path).checkArrow, (*path).checkAccounts, (*path).checkOrder, (*path).count}

// next takes the payment's next line and says what is wrong with it, or "". The
// line counts as taken either way.
func (p *path) next(l Line, book BookID) string {
	g := LegOf(l.Leg)
	problem := ""
	if g == nil {
		problem = fmt.Sprintf("leg %d does not exist", l.Leg)
	} else {
		for _, check := range checks {
			if problem = check(p, l, g, book); problem != "" {
				break
			}
		}
	}
	switch {
	case l.Seq == 1:
		p.first = l
	case l.Leg == LegDeducted:
		p.deducted = l.Amount
	}
	p.last = l
	if g != nil && g.Attempt == AttemptNext {
		p.orders = append(p.orders, l.Debit)
	}
	return problem
}

func (p *path) checkForm(l Line, g *Leg, _ BookID) string {
	switch {
	case l.Red:
		return "a line of a payment is never red"
	case l.Amount <= 0 || l.Amount > money.Max:
		return fmt.Sprintf("the amount is %s", l.Amount)
	case l.Seq != p.last.Seq+1:
		return fmt.Sprintf("line %d is followed by line %d", p.last.Seq, l.Seq)
	case l.About < 0 || l.About > l.Attempt || !g.Earlier && l.About != l.Attempt:
		return fmt.Sprintf("it is about attempt %d of %d", l.About, l.Attempt)
	case g.Amount == AmountWhole && l.Amount != p.first.Amount-p.deducted:
		return fmt.Sprintf("the amount is %s, the payment's %s", l.Amount, p.first.Amount-p.deducted)
	case g.Amount == AmountPart && (l.Seq != 2 || l.Amount >= p.first.Amount):
		return fmt.Sprintf("%s of %s is deducted: a part is, and directly after the approval", l.Amount, p.first.Amount)
	}
	return ""
}

func (p *path) checkArrow(l Line, g *Leg, _ BookID) string {
	want := p.last.Attempt
	if g.Attempt == AttemptNext {
		want++
	}
	switch {
	case !Allowed(p.state(), l.Leg):
		return fmt.Sprintf("%q after state %q", g.Name, p.state())
	case l.Attempt != want:
		return fmt.Sprintf("%q is of attempt %d, not %d", g.Name, l.Attempt, want)
	case l.Leg == LegIn(Booked, Ordered) && l.About == l.Attempt:
		return "the booked debit of the open attempt is leg \"booked\""
	}
	return ""
}

func (p *path) checkAccounts(l Line, g *Leg, book BookID) string {
	d, c := p.accounts[l.Debit], p.accounts[l.Credit]
	switch {
	case d.Role != g.Debit || c.Role != g.Credit:
		return fmt.Sprintf("%q debits %s and credits %s, not %s and %s", g.Name, g.Debit, g.Credit, d.Role, c.Role)
	case d.Book != book || c.Book != book || l.Seq > 1 && p.accounts[p.first.Credit].Book != book:
		return "an account is of another book"
	case l.Seq > 1 && (d.Role == RoleOwed && l.Debit != p.first.Credit || c.Role == RoleOwed && l.Credit != p.first.Credit):
		return "the debt is in another account than the first line's"
	case c.Role == RoleBudget && l.Credit != p.first.Debit:
		return "the budget account is not the first line's"
	case g.Amount == AmountWhole && onWay(d.Role) && onWay(c.Role) && (d.Place != c.Place || d.Programme != c.Programme):
		return fmt.Sprintf("accounts %s and %s are of different places or programmes", d.Code, c.Code)
	}
	return ""
}

// onWay reports whether accounts of role hold money on its way at one place.
func onWay(r Role) bool {
	switch r {
	case RoleFunds, RoleSent, RoleOut, RoleProvider, RoleProviderSent:
		return true
	}
	return false
}

// checkOrder requires what happens to an attempt to happen where it was ordered.
func (p *path) checkOrder(l Line, g *Leg, _ BookID) string {
	if g.Attempt != AttemptSame || g.Amount != AmountWhole || g.Credit == RoleBudget || g.Credit == RolePersonClaim {
		return ""
	}
	if l.About < 1 || int(l.About) > len(p.orders) {
		return fmt.Sprintf("attempt %d was never ordered", l.About)
	}
	o, c := p.accounts[p.orders[l.About-1]], p.accounts[l.Credit]
	want, here := g.Credit, true
	switch {
	case g.Credit == RoleOwed && g.Debit == RoleProvider:
		want, here = RoleProviderSent, false
	case g.Credit == RoleOwed, g.Credit == RoleBankClaim, g.Credit == RoleFunds:
		want, here = RoleSent, false
	case g.Credit == RoleOut:
		want = RoleSent
	}
	if o.Role != want || here && (o.Place != c.Place || o.Programme != c.Programme) {
		return fmt.Sprintf("attempt %d was ordered through %s, not %s", l.About, o.Code, c.Code)
	}
	return ""
}

// count keeps the claim on the bank, what is to be recovered and what has left
// 113.sent.
func (p *path) count(l Line, g *Leg, _ BookID) string {
	p.claim += money.Amount(g.Claim) * l.Amount
	if p.claim < 0 {
		return fmt.Sprintf("%s more is settled than was claimed", -p.claim)
	}
	if l.Leg == LegOverpaid {
		if p.overpaid += l.Amount; p.overpaid > p.first.Amount {
			return fmt.Sprintf("%s is to be recovered of %s", p.overpaid, p.first.Amount)
		}
	}
	if g.Credit == RoleSent {
		if p.taken[l.About] {
			return fmt.Sprintf("the money of attempt %d leaves 113.sent a second time", l.About)
		}
		if p.taken == nil {
			p.taken = make(map[int16]bool)
		}
		p.taken[l.About] = true
	}
	return ""
}
