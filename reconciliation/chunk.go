package reconciliation

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
)

// Planted switches on a fault that the simulator must find. False in
// production; no flag or setting reaches it.
type Planted struct {
	AmountNotCompared bool // a statement's amount is taken for ours
}

// group is one voucher of a chunk: one submission (or none), one booking date,
// one programme.
type group struct {
	key       groupKey
	order     *orderFacts
	lines     []ledger.Line
	entries   []ledger.Entry
	cause     int64 // first entry: booked in a voucher of a statement, else reported
	first     int32
	last      int32
	facts     []byte
	payments  map[int64]bool
	proved    money.Amount
	unproved  money.Amount
	voucher   ledger.VoucherID
	programme string
}

type groupKey struct {
	submission int64
	programme  string
	date       calendar.Date // zero: reports
}

// result is what one line ended in.
type result struct {
	witness witness
	reading reading
	action  Action
	group   *group
	reason  Reason
	bar     bool
	stop    bool
	unsent  bool         // the line speaks of a submission that was never sent
	bulk    money.Amount // change of the order's bulk claim
	draw    string
}

// chunk is the decisions over up to ChunkMax lines of one file, in memory,
// inside one transaction.
type chunk struct {
	*facts
	bank     bank
	book     ledger.BookID
	file     fileAt
	planted  Planted
	groups   []*group
	byKey    map[groupKey]*group
	results  []result
	withdraw int64 // a submission to withdraw before the next line can be decided
}

// decide walks the lines in order. It stops early when a line needs an unsent
// order withdrawn first, or would put one payment into two vouchers.
func (c *chunk) decide(list []witness) error {
	c.byKey = make(map[groupKey]*group)
	for _, w := range list {
		r := c.read(w)
		action := Table(r.situation, r.evidence)
		if action == "" {
			return fmt.Errorf("line %d: no cell for %q and %q", w.Position, r.situation, r.evidence)
		}
		if r.order != nil && r.order.unsent && action == RejectBack {
			action = CreditX // nothing of ours can come back from an order that never left: it must not be owed again and sent too
		}
		if action == WithdrawNewer {
			newest := payout.Ref{Batch: r.ref.Batch, Payment: r.ref.Payment, Attempt: r.trail.position.Attempt}
			c.withdraw = c.orderOf[newest]
			return nil
		}
		if c.split(r, w) {
			return nil
		}
		if err := c.apply(w, r, action); err != nil {
			return fmt.Errorf("line %d: %w", w.Position, err)
		}
		c.remember(w, r)
		if w.final() && r.evidence != DebitOther && w.Side == string(bankadapters.Debit) && r.trail != nil {
			c.booked[r.ref]++
		}
	}
	return nil
}

// remember lets a later line of the same chunk be named by this one's reference:
// a bank may debit and give back in one file. What is kept for other files is
// [chunk.references].
func (c *chunk) remember(w witness, r reading) {
	if _, known := c.byRef[w.Servicer]; !known && names(w, r) {
		c.byRef[w.Servicer] = r.ref
	}
}

// names reports whether a line shows which attempt the bank's reference belongs to.
func names(w witness, r reading) bool {
	return r.order != nil && r.ref.Payment != 0 && w.Servicer != "" && w.Side == string(bankadapters.Debit) &&
		r.evidence != StatusRejected && r.evidence != SheetRejected
}

// split reports whether the payment's earlier lines of this chunk stand in
// another voucher: then the chunk ends here, so that vouchers can be posted one
// after the other.
func (c *chunk) split(r reading, w witness) bool {
	return r.trail != nil && r.trail.group != nil && r.order != nil && r.trail.group.key != c.keyOf(w, r)
}

func (c *chunk) keyOf(w witness, r reading) groupKey {
	k := groupKey{}
	if r.order != nil {
		k.submission, k.programme = r.order.No, r.order.Programme
	} else if r.draw != "" {
		k.programme = c.draws[r.draw].Programme
	}
	if w.final() {
		k.date = w.BookDate
	}
	return k
}

func (c *chunk) groupOf(w witness, r reading) *group {
	k := c.keyOf(w, r)
	g := c.byKey[k]
	if g == nil {
		g = &group{key: k, order: r.order, first: w.Position, payments: make(map[int64]bool), programme: k.programme}
		c.byKey[k] = g
		c.groups = append(c.groups, g)
	}
	if g.cause == 0 {
		g.cause = w.Entry // a voucher of reports moves nothing at the bank, but says which event it rests on
	}
	g.last = w.Position
	return g
}

// leg adds one movement of the payment to its voucher.
func (c *chunk) leg(g *group, r reading, leg ledger.LegID, amount money.Amount) error {
	def := ledger.LegOf(leg)
	if def == nil || !ledger.Allowed(r.trail.position.State(), leg) {
		return fmt.Errorf("payment %d of batch %d: leg %d after %q", r.ref.Payment, r.ref.Batch, leg, r.trail.position.State())
	}
	l := r.trail.position.Next(r.ref.Batch, leg, r.ref.Attempt, amount)
	g.lines = append(g.lines, l)
	g.payments[l.Payment] = true
	r.trail.add(l)
	r.trail.group = g
	if def.Credit == ledger.RoleSent {
		r.order.sent -= amount
	}
	switch {
	case def.Debit == ledger.RoleOwed && def.State == ledger.Paid:
		g.proved += amount
	case def.Credit == ledger.RoleOwed && (leg == ledger.LegReturned || leg == ledger.LegListReturned):
		g.unproved += amount
	}
	return nil
}

// variant is leg for a movement that leaves the state as it is.
func (c *chunk) variant(g *group, r reading, v ledger.Variant, amount money.Amount) error {
	return c.leg(g, r, ledger.LegIn(v, r.trail.position.State()), amount)
}

func (c *chunk) loose(g *group, entries ...ledger.Entry) { g.entries = append(g.entries, entries...) }

func (c *chunk) place() ledger.Place { return ledger.Place(c.bank.key) }

// desks fills the accounts of the payment lines of one voucher.
func (c *chunk) fill(ctx context.Context, tx pgx.Tx, g *group) error {
	if len(g.lines) == 0 {
		return nil
	}
	desk := ledger.NewDesk(tx, g.order.Book, g.order.PostingSet, g.order.Place(), g.order.Programme, c.file.now)
	for i := range g.lines {
		var err error
		if g.lines[i], err = desk.Fill(ctx, g.lines[i]); err != nil {
			return err
		}
	}
	return nil
}
