package reconciliation

import (
	"fmt"
	"slices"
	"testing"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
)

// wayInto lists the legs that lead a payment of one or two attempts into a
// situation of attempt 1, with the attempt each leg is about.
type wayInto struct {
	legs   []ledger.LegID
	about  []int16
	unsent bool
}

const testAmount = money.Amount(500_000)

var (
	rejectedFirst = []ledger.LegID{ledger.LegApproved, ledger.LegOrdered, ledger.LegRejected, ledger.LegOrdered}
	ways          = map[Situation][]wayInto{
		at(ledger.Approved):    {{legs: []ledger.LegID{ledger.LegApproved}, about: []int16{0}}},
		at(ledger.Ordered):     {first(ledger.LegOrdered)},
		at(ledger.Out):         {first(ledger.LegOrdered, ledger.LegBooked)},
		at(ledger.Paid):        {first(ledger.LegOrdered, ledger.LegPaid), first(ledger.LegOrdered, ledger.LegPaidSent)},
		at(ledger.Rejected):    {first(ledger.LegOrdered, ledger.LegRejected), first(ledger.LegOrdered, ledger.LegRejectedOut)},
		at(ledger.Withdrawn):   {first(ledger.LegOrdered, ledger.LegWithdrawn)},
		at(ledger.NotExecuted): {first(ledger.LegOrdered, ledger.LegNotExecuted), first(ledger.LegOrdered, ledger.LegNotExecutedOut)},
		at(ledger.Returned): {first(ledger.LegOrdered, ledger.LegPaid, ledger.LegReturned),
			first(ledger.LegOrdered, ledger.LegPaid, ledger.LegReturned, ledger.LegIn(ledger.Refunded, ledger.Returned))},
		at(ledger.Listed):      {first(ledger.LegListed)},
		at(ledger.Unpaid):      {first(ledger.LegListed, ledger.LegListUnpaid)},
		at(ledger.Handed):      {first(ledger.LegHanded)},
		at(ledger.BroughtBack): {first(ledger.LegHanded, ledger.LegBroughtBack)},
		at(ledger.Ended):       {first(ledger.LegOrdered, ledger.LegRejected, ledger.LegEnded)},
		OtherUnsent:            {{legs: rejectedFirst, about: []int16{0, 1, 1, 2}, unsent: true}},
		OtherOpen:              {{legs: rejectedFirst, about: []int16{0, 1, 1, 2}}},
		OtherPaid:              {second(ledger.LegPaid)},
		OtherOwed: {second(ledger.LegRejected), second(ledger.LegNotExecuted), listedSecond(ledger.LegListUnpaid),
			{legs: append(slices.Clone(rejectedFirst[:3]), ledger.LegHanded, ledger.LegBroughtBack), about: []int16{0, 1, 1, 2, 2}}},
		OtherBack: {second(ledger.LegPaid, ledger.LegReturned), listedSecond(ledger.LegListPaid, ledger.LegListReturned)},
		ProvedBefore: {{legs: []ledger.LegID{ledger.LegApproved, ledger.LegOrdered, ledger.LegPaid, ledger.LegReturned, ledger.LegOrdered},
			about: []int16{0, 1, 1, 1, 2}}},
	}
)

func first(legs ...ledger.LegID) wayInto {
	w := wayInto{legs: append([]ledger.LegID{ledger.LegApproved}, legs...), about: []int16{0}}
	for range legs {
		w.about = append(w.about, 1)
	}
	return w
}

func second(legs ...ledger.LegID) wayInto {
	w := wayInto{legs: append(slices.Clone(rejectedFirst), legs...), about: []int16{0, 1, 1, 2}}
	for range legs {
		w.about = append(w.about, 2)
	}
	return w
}

// listedSecond is second with a provider's list as the second attempt.
func listedSecond(legs ...ledger.LegID) wayInto {
	w := second(legs...)
	w.legs[3] = ledger.LegListed
	return w
}

func (w wayInto) trail() *trail {
	t := &trail{}
	l := ledger.Line{Batch: 14_001, Payment: 1, Amount: testAmount}
	for i, leg := range w.legs {
		l.Seq, l.Leg, l.About = int16(i+1), leg, w.about[i]
		l.Attempt = max(l.Attempt, l.About)
		t.add(l)
	}
	return t
}

// rolesOf adds what a voucher does to the roles that hold money at a bank.
func movedAtBank(g *group) money.Amount {
	moved := money.Amount(0)
	count := func(role ledger.Role, amount money.Amount) {
		if role == ledger.RoleFunds || role == ledger.RoleSent {
			moved += amount
		}
	}
	for _, l := range g.lines {
		def := ledger.LegOf(l.Leg)
		count(def.Debit, l.Amount)
		count(def.Credit, -l.Amount)
	}
	for _, e := range g.entries {
		count(e.Debit.Role, e.Amount)
		count(e.Credit.Role, -e.Amount)
	}
	return moved
}

// Every cell is applied to every way into its situation, with the submission's
// money still there and used up, with and without a bulk claim. No cell may ask
// for an arrow the ledger does not have, and the account moves by exactly what
// was booked.
func TestEveryCellCanBePosted(t *testing.T) {
	t.Parallel()
	for s, list := range ways {
		for i, way := range list {
			for _, e := range Evidences {
				for _, sent := range []money.Amount{0, 3 * testAmount} {
					for _, claim := range []money.Amount{0, testAmount} {
						t.Run(fmt.Sprintf("%s %d %s sent %d claim %d", s, i, e, sent, claim), func(t *testing.T) {
							t.Parallel()
							applyOne(t, s, way, e, sent, claim)
						})
					}
				}
			}
		}
	}
	if len(ways) != len(Situations)-1 {
		t.Errorf("%d situations have a way into them, want all %d but the one without a record", len(ways), len(Situations)-1)
	}
}

func applyOne(t *testing.T, s Situation, way wayInto, e Evidence, sent, claim money.Amount) {
	t.Helper()
	ref := payout.Ref{Batch: 14_001, Payment: 1, Attempt: 1}
	order := &orderFacts{Submission: payout.Submission{No: 7, Batch: 14_001, Channel: "C", Book: 1, Programme: "TET26"}, sent: sent, claim: claim}
	newer := &orderFacts{Submission: payout.Submission{No: 8}, unsent: way.unsent}
	c := &chunk{bank: bank{key: "C"}, book: 1, byKey: map[groupKey]*group{}, facts: &facts{orders: map[int64]*orderFacts{7: order, 8: newer},
		orderOf: map[payout.Ref]int64{ref: 7, {Batch: 14_001, Payment: 1, Attempt: 2}: 8}}}
	r := reading{ref: ref, attempt: payout.Attempt{Ref: ref, Submission: 7, Channel: "C", Amount: testAmount}, trail: way.trail(), order: order, evidence: e}
	r.situation = c.situation(r)
	if r.situation != s {
		t.Fatalf("situation = %s, want %s", r.situation, s)
	}
	facts := r.trail.attempts[1]
	if e == DebitOwed && (!facts.proved || facts.taken) {
		return // by its meaning: proved, and its debit not booked yet
	}
	action := Table(s, e)
	if action == WithdrawNewer {
		return // withdrawn first, then read again
	}
	w := witness{Position: 1, Amount: testAmount, Source: fromAdvice, Side: string(bankadapters.Debit)}
	want := money.Amount(0)
	switch e {
	case DebitProof, DebitBooked, DebitOwed, DebitSecond, DebitOther:
		w.Source, want = fromStatement, -testAmount
	case ReturnLess:
		w.Amount = testAmount - 11_000
		w.Source, w.Side, want = fromStatement, string(bankadapters.Credit), w.Amount
	case ReturnWhole, ReturnOther, ReturnSecond:
		w.Source, w.Side, want = fromStatement, string(bankadapters.Credit), testAmount
	}
	if err := c.apply(w, r, action); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	got := money.Amount(0)
	for _, g := range c.groups {
		got += movedAtBank(g)
	}
	if got != want {
		t.Errorf("%s moves the account by %s, want %s", action, got, want)
	}
	if order.sent < 0 || order.claim < 0 || r.trail.position.Claim < 0 {
		t.Errorf("%s leaves sent %s, bulk claim %s, claim %s", action, order.sent, order.claim, r.trail.position.Claim)
	}
}
