package reconciliation

import (
	"fmt"

	"ansinh/internal/money"
	"ansinh/ledger"
)

// apply does what the cell says: lines into the voucher, the rest onto the
// result.
func (c *chunk) apply(w witness, r reading, action Action) error {
	out := result{witness: w, reading: r, action: action, reason: r.reason}
	var err error
	switch action {
	case Nothing, Wait:
		out.reason = ""
	case BreakOnly, BarBreak:
		out.bar = action == BarBreak
		out.reason = orReason(r.reason, c.reasonOfReport(r))
	case Stop:
		out.stop = true
	case Prove, ProveBooked, Book, BookProved, Reject, RejectOut, Late, ListPaid, ListUnpaid, ListReturned, ReturnAdvised:
		err = c.applyLeg(w, r, action, &out)
	case LateReport:
		err = c.lateReport(w, r, &out)
	case Claim, ClaimBar, PersonOwes:
		err = c.applyClaim(w, r, action, &out)
	case RejectBack, Return, Refund:
		err = c.applyMoneyBack(w, r, action, &out)
	case DebitX, StopDebitX:
		out.stop = action == StopDebitX
		out.reason = orReason(r.reason, ReasonUnknownDebit)
		out.group = c.groupOf(w, c.here(r))
		c.loose(out.group, ledger.UnknownDebit(c.place(), out.group.programme, w.Amount)...)
	case CreditX, StopCreditX:
		out.stop = action == StopCreditX
		out.reason = orReason(r.reason, ReasonUnknownCredit)
		out.group = c.groupOf(w, c.here(r))
		c.loose(out.group, ledger.UnknownCredit(c.place(), out.group.programme, w.Amount)...)
	case BookBulk, RefundBulk:
		c.applyBulk(w, r, action, &out)
	case FundsArrive:
		out.group, out.draw, out.reason = c.groupOf(w, r), r.draw, ""
		d := c.draws[r.draw]
		c.loose(out.group, ledger.DrawArrived(c.place(), d.Programme, w.Amount)...)
		d.Credited = true
		c.draws[r.draw] = d
	case WithdrawNewer:
		err = fmt.Errorf("a withdrawal is not applied to a line")
	default:
		err = fmt.Errorf("action %q is not known", action)
	}
	if r.order != nil && r.order.neverSent() {
		// Money moved, or is spoken of, without our sending: somebody else uses our
		// ids or keys, or we are wrong about what we sent. Either is for people. A
		// credit alone stops nothing: anybody can send us one with any reference.
		out.reason = ReasonNeverSent
		if !w.moneyBack() {
			out.stop, out.unsent = true, true
		}
	}
	c.results = append(c.results, out)
	return err
}

// here forgets an order of another bank or book: what this account's statement
// shows is booked in this account's book.
func (c *chunk) here(r reading) reading {
	if r.order != nil && (r.order.Channel != c.bank.key || r.order.Book != c.book) {
		r.order = nil
	}
	return r
}

func orReason(a, b Reason) Reason {
	if a != "" {
		return a
	}
	return b
}

// reasonOfReport says why a report alone opens a break.
func (c *chunk) reasonOfReport(r reading) Reason {
	switch r.situation {
	case OtherOpen, OtherPaid:
		return ReasonTwoAttempts
	case at(ledger.Rejected), at(ledger.Withdrawn), at(ledger.NotExecuted), at(ledger.Ended), OtherOwed, OtherBack:
		return ReasonLate
	}
	return ReasonContradiction
}

// applyLeg posts a movement of the attempt's whole amount.
func (c *chunk) applyLeg(w witness, r reading, action Action, out *result) error {
	amount := r.attempt.Amount
	enough := r.order.sent >= amount
	var leg ledger.LegID
	switch action {
	case Prove:
		leg = ledger.LegPaid
	case ProveBooked, Book, BookProved:
		if !enough {
			// A sum for the whole submission came before: this is money on top.
			return c.applyClaim(w, r, Claim, out)
		}
		switch action {
		case ProveBooked:
			leg = ledger.LegPaidSent
		case Book:
			leg = ledger.LegBooked
		default:
			leg = ledger.LegIn(ledger.Booked, r.trail.position.State())
		}
	case Reject:
		if leg = ledger.LegRejected; !enough {
			leg = ledger.LegRejectedOut
		}
	case RejectOut:
		leg = ledger.LegRejectedOut
	case Late:
		leg, out.bar, out.reason = ledger.LegLate, true, ReasonLate
	case ListPaid:
		leg = ledger.LegListPaid
	case ListUnpaid:
		leg = ledger.LegListUnpaid
	case ListReturned:
		leg = ledger.LegListReturned
	case ReturnAdvised:
		leg = ledger.LegReturned
	default:
		return fmt.Errorf("action %q is no single movement", action)
	}
	if action != Late {
		out.reason = ""
	}
	out.group = c.groupOf(w, r)
	return c.leg(out.group, r, leg, amount)
}

// lateReport ends the debt against an open claim on the bank: the payment's own,
// else that of the order's bulk debit, which becomes the payment's first.
// Without a claim nothing moves until the statement shows the debit.
func (c *chunk) lateReport(w witness, r reading, out *result) error {
	amount := r.attempt.Amount
	out.bar, out.reason = true, ReasonLate
	own := r.trail.position.Claim >= amount
	if !own && r.order.claim < amount || !ledger.Allowed(r.trail.position.State(), ledger.LegLateClaim) {
		return nil
	}
	out.group = c.groupOf(w, r)
	if !own {
		if err := c.variant(out.group, r, ledger.Claimed, amount); err != nil {
			return err
		}
		c.loose(out.group, ledger.ClaimSettled(r.order.Place(), r.order.Programme, amount)...)
		r.order.claim -= amount
		out.bulk = -amount
	}
	return c.leg(out.group, r, ledger.LegLateClaim, amount)
}

// applyClaim books a debit that is not ours to bear.
func (c *chunk) applyClaim(w witness, r reading, action Action, out *result) error {
	out.group, out.bar = c.groupOf(w, r), action == ClaimBar
	if action == PersonOwes {
		out.reason = ReasonEndedDebit
		return c.variant(out.group, r, ledger.Person, w.Amount)
	}
	switch r.situation {
	case OtherOpen, OtherPaid, OtherBack, OtherUnsent:
		out.reason = ReasonTwoAttempts
	default:
		out.reason = ReasonSecondDebit
		if r.evidence == DebitProof || r.evidence == DebitBooked {
			out.reason = ReasonLate
		}
	}
	if r.evidence == DebitSecond {
		out.reason = ReasonSecondDebit
	}
	return c.variant(out.group, r, ledger.Claimed, w.Amount)
}

// applyMoneyBack settles an open claim first, the payment's own before that of
// the order's bulk debit; only without one does the debt begin again.
func (c *chunk) applyMoneyBack(w witness, r reading, action Action, out *result) error {
	out.group, out.reason = c.groupOf(w, r), ""
	g, rest := out.group, w.Amount
	owedAgain := action == RejectBack || action == Return
	if owedAgain && r.trail.position.Claim < w.Amount {
		leg := ledger.LegReturned
		if action == RejectBack {
			leg = ledger.LegRejectedOut
		}
		if err := c.leg(g, r, leg, r.attempt.Amount); err != nil {
			return err
		}
		if w.Amount < r.attempt.Amount {
			out.reason = ReasonReturnLess
		}
	}
	if part := min(rest, r.trail.position.Claim); part > 0 {
		if err := c.variant(g, r, ledger.Refunded, part); err != nil {
			return err
		}
		rest -= part
	}
	if part := min(rest, r.order.claim); part > 0 {
		c.refundBulk(g, r, part, out)
		rest -= part
	}
	if rest > 0 {
		out.reason = ReasonUnclaimed
		c.loose(g, ledger.UnknownCredit(c.place(), g.programme, rest)...)
	}
	return nil
}

func (c *chunk) refundBulk(g *group, r reading, part money.Amount, out *result) {
	c.loose(g, ledger.ClaimSettled(r.order.Place(), r.order.Programme, part)...)
	r.order.claim -= part
	out.bulk -= part
}

// applyBulk books one sum for a whole submission, or such a sum coming back.
func (c *chunk) applyBulk(w witness, r reading, action Action, out *result) {
	out.group = c.groupOf(w, r)
	g := out.group
	if action == RefundBulk {
		part := min(w.Amount, r.order.claim)
		if part > 0 {
			c.refundBulk(g, r, part, out)
		}
		if rest := w.Amount - part; rest > 0 {
			out.reason = ReasonUnclaimed
			c.loose(g, ledger.UnknownCredit(c.place(), g.programme, rest)...)
		}
		return
	}
	c.loose(g, ledger.BulkDebit(r.order.Place(), r.order.Programme, w.Amount, r.order.sent)...)
	over := w.Amount - min(w.Amount, max(0, r.order.sent))
	r.order.sent -= w.Amount - over
	if over > 0 {
		r.order.claim += over
		out.bulk, out.reason = over, ReasonBulkOver
	}
}
