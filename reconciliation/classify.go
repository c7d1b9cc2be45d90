package reconciliation

import (
	"bytes"

	"ansinh/bankadapters"
	"ansinh/ledger"
	"ansinh/payout"
)

// reading is a line understood: a cell of the table, and what it is about.
type reading struct {
	situation Situation
	evidence  Evidence
	ref       payout.Ref // zero: names no attempt
	attempt   payout.Attempt
	trail     *trail
	order     *orderFacts
	draw      string
	reason    Reason // of the break, when the evidence alone gives one
}

// read finds the cell of one line.
func (c *chunk) read(w witness) reading {
	if w.IsBulk {
		return c.readBulk(w)
	}
	if w.final() && w.Side == string(bankadapters.Credit) {
		if d, ok := c.draws[w.EndToEnd]; ok {
			if d.Credited || d.Amount != w.Amount || d.Channel != c.bank.key || d.Book != c.book {
				return reading{evidence: UnknownCredit, reason: ReasonDraw}
			}
			return reading{evidence: FundsCredit, draw: w.EndToEnd}
		}
	}
	ref, named, conflict := c.named(w)
	if !named || conflict {
		r := c.readNobody(w)
		if conflict && w.final() {
			r.reason = ReasonTwoReferences
		}
		return r
	}
	r := reading{ref: ref}
	r.attempt, named = c.attempts[ref]
	r.trail = c.trails[payKey{ref.Batch, ref.Payment}]
	if !named {
		r.situation = NoRecord
		if r.trail != nil && r.trail.position.State() == ledger.Approved {
			r.situation = at(ledger.Approved)
		}
		r.evidence, r.reason = c.unrecorded(w), ReasonNoRecord
		return r
	}
	r.order = c.orders[r.attempt.Submission]
	if c.otherEpoch(w, r) {
		r.order, r.attempt = nil, payout.Attempt{}
		r.situation, r.evidence, r.reason = NoRecord, c.unrecorded(w), ReasonNoRecord
		return r
	}
	r.situation = c.situation(r)
	r.evidence, r.reason = c.evidence(w, r)
	return r
}

// otherEpoch reports that the line's id was built before or after a restored
// backup: the attempt of the same numbers that this database knows is another.
func (c *chunk) otherEpoch(w witness, r reading) bool {
	ref, whole := c.refs[w.EndToEnd]
	return whole && ref == r.ref && r.order != nil && w.EndToEnd[payout.EpochAt] != r.order.Message[payout.EpochAt]
}

// named finds the attempt a line is about: our id, else the bank's own
// reference of it. conflict says that the two name different attempts.
func (c *chunk) named(w witness) (ref payout.Ref, named, conflict bool) {
	ref, named = c.refs[w.EndToEnd]
	if w.OriginalRef != "" && w.Side == string(bankadapters.Credit) {
		if other, ok := c.byRef[w.OriginalRef]; ok {
			return other, true, named && other != ref
		}
	}
	if !named && w.EndToEnd == "" && w.Servicer != "" {
		ref, named = c.byRef[w.Servicer]
	}
	return ref, named, false
}

func (c *chunk) readBulk(w witness) reading {
	credit := w.Side == string(bankadapters.Credit)
	no, known := c.bulks[w.Bulk]
	switch {
	case !w.final():
		return reading{evidence: NamesNobody}
	case known && c.orders[no].Book != c.book:
		known = false
	}
	switch {
	case known && credit:
		return reading{evidence: BulkCredit, order: c.orders[no]}
	case known:
		return reading{evidence: BulkDebit, order: c.orders[no]}
	case c.norecord[w.Bulk] && !credit:
		return reading{evidence: BulkNoRecord, reason: ReasonNoRecord}
	}
	return c.readNobody(w)
}

// readNobody is a line without an id of ours that is whole.
func (c *chunk) readNobody(w witness) reading {
	switch {
	case !w.final():
		return reading{evidence: NamesNobody}
	case w.Side == string(bankadapters.Debit) && c.altered[w.EndToEnd]:
		return reading{evidence: AlteredDebit, reason: ReasonAltered}
	case w.Side == string(bankadapters.Debit):
		return reading{evidence: UnknownDebit, reason: ReasonUnknownDebit}
	case c.altered[w.EndToEnd]:
		return reading{evidence: AlteredCredit, reason: ReasonAltered}
	}
	return reading{evidence: UnknownCredit, reason: ReasonUnknownCredit}
}

// unrecorded is the evidence of a line that names an attempt we do not know.
func (c *chunk) unrecorded(w witness) Evidence {
	switch {
	case w.final() && w.Side == string(bankadapters.Debit):
		return DebitOther
	case w.final():
		return ReturnOther
	case w.Source == fromProvider:
		return ProviderOther
	}
	return ReportOther
}

// situation places the attempt against the payment's money state.
func (c *chunk) situation(r reading) Situation {
	if r.trail == nil {
		return NoRecord
	}
	state, facts := r.trail.position.State(), r.trail.attempts[r.ref.Attempt]
	switch {
	case r.trail.about == r.ref.Attempt:
		return at(state)
	case facts.proved:
		return ProvedBefore
	case state == ledger.Ended || state == ledger.Approved:
		return at(state)
	case state == ledger.Paid:
		return OtherPaid
	case state == ledger.Rejected || state == ledger.Withdrawn || state == ledger.NotExecuted || state == ledger.BroughtBack:
		return OtherOwed
	case state == ledger.Unpaid && !r.trail.attempts[r.trail.position.Attempt].proved:
		return OtherOwed // the list came back without having paid; taken back after it paid is OtherBack
	case !state.Open():
		return OtherBack
	}
	newest := payout.Ref{Batch: r.ref.Batch, Payment: r.ref.Payment, Attempt: r.trail.position.Attempt}
	if o := c.orders[c.orderOf[newest]]; (state == ledger.Ordered || state == ledger.Listed) && o != nil && o.unsent {
		return OtherUnsent
	}
	return OtherOpen
}

// evidence reads what the line says of the attempt it names.
func (c *chunk) evidence(w witness, r reading) (Evidence, Reason) {
	amountDiffers := w.Amount != 0 && w.Amount != r.attempt.Amount && !c.planted.AmountNotCompared
	elsewhere := r.attempt.Channel != c.bank.key || r.order == nil || c.book != 0 && r.order.Book != c.book
	otherAccount := len(w.AccountIndex) > 0 && len(r.attempt.AccountIndex) > 0 && !bytes.Equal(w.AccountIndex, r.attempt.AccountIndex)
	switch {
	case w.final() && w.Side == string(bankadapters.Debit):
		switch {
		case elsewhere || otherAccount:
			return DebitOther, ReasonDebitAccount
		case amountDiffers:
			return DebitOther, ReasonDebitAmount
		}
		return c.debit(r), ""
	case w.final():
		return c.moneyBack(w, r, elsewhere || otherAccount)
	case w.Source == fromProvider:
		return providerEvidence(w, r.situation, elsewhere || amountDiffers), ReasonProvider
	case elsewhere || otherAccount || amountDiffers:
		return ReportOther, ReasonReport
	}
	return c.report(w), ""
}

func (c *chunk) debit(r reading) Evidence {
	facts := r.trail.attempts[r.ref.Attempt]
	switch {
	case c.booked[r.ref] > 0 || facts.proved && facts.taken:
		return DebitSecond
	case facts.proved:
		return DebitOwed
	case c.bank.profile.ProofBy == bankadapters.ProofDebitLine || !c.bank.profile.BulkBooking:
		// Also where reports prove: a line of the final statement that names the
		// payment says no less than a report of it (docs/BANKS.md §5).
		return DebitProof
	}
	return DebitBooked
}

func (c *chunk) moneyBack(w witness, r reading, wrong bool) (Evidence, Reason) {
	claim := r.trail.position.Claim
	switch {
	case wrong || w.Amount > r.attempt.Amount:
		return ReturnOther, ReasonReturn
	case r.trail.attempts[r.ref.Attempt].returned && claim == 0:
		return ReturnSecond, ReasonSecondReturn
	case w.Amount < r.attempt.Amount:
		return ReturnLess, ReasonReturnLess
	}
	return ReturnWhole, ""
}

// report reads the word of a report; where only the statement proves, it is
// told apart.
func (c *chunk) report(w witness) Evidence {
	proves := c.bank.profile.ProofBy == bankadapters.ProofCreditAdvice
	sheet := w.Source == fromSheet
	switch {
	case w.Source == fromAdvice && !w.Booked:
		return StatusPending
	case (w.Source == fromAdvice || w.Source == fromDetail) && w.Side == string(bankadapters.Credit):
		return AdviceReturn
	case w.Source == fromAdvice || w.Source == fromDetail:
		if proves {
			return AdviceDebit
		}
		return ReportNoProof
	case w.Status == string(bankadapters.TxSettled) && !proves:
		return ReportNoProof
	case w.Status == string(bankadapters.TxSettled) && sheet:
		return SheetSuccess
	case w.Status == string(bankadapters.TxSettled):
		return StatusSettled
	case w.Status == string(bankadapters.TxRejected) && sheet:
		return SheetRejected
	case w.Status == string(bankadapters.TxRejected):
		return StatusRejected
	case w.Status == string(bankadapters.TxPending):
		return StatusPending
	case w.Status == "ACTC" || w.Status == "ACCP" || w.Status == "ACSP" || w.Status == "ACWC" || w.Status == "RCVD":
		return StatusAccepted
	}
	return StatusUnknown
}

func providerEvidence(w witness, s Situation, other bool) Evidence {
	switch {
	case other:
		return ProviderOther
	case w.Status == string(bankadapters.TxPaid):
		return ProviderPaid
	case w.Status == string(bankadapters.TxUnpaid) && w.IsReturn:
		return ProviderReturned
	case w.Status == string(bankadapters.TxUnpaid):
		return ProviderUnpaid
	}
	return ProviderOpen
}
