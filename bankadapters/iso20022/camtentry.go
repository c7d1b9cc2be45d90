package iso20022

import (
	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// span is a piece of the entry's text arena.
type span struct{ from, to int32 }

// detailState is one TxDtls.
type detailState struct {
	message, servicer, instruction, endToEnd, clearing span
	debtorName, debtorAccount                          span
	creditorName, creditorAccount, remittance, code    span
	amount, oldAmount                                  money.Amount
	hasAmount, hasOldAmount, hasSide, debit, returned  bool
}

// entryState is one Ntry while it is read. Its texts go into one arena that
// becomes one string when the entry is handed over: one allocation an entry.
type entryState struct {
	arena []byte

	ref, servicer, text        span
	batchMessage, batchPayment span
	amount                     money.Amount
	side                       bankadapters.Side
	booked, returned           bool
	bookDate, valueDate        calendar.Date
	bulk                       bool // has Btch, or more than one detail
	hasBatch                   bool
	batchCount                 int
	batchTotal                 money.Amount
	hasBatchTotal              bool

	detail     detailState // the one being read; kept back while it may be the only one
	held       bool        // detail is complete and not handed over
	sent       bool        // the entry itself was handed over
	sentCount  int
	detailSum  money.Amount
	allAmounts bool
}

func (e *entryState) reset() {
	*e = entryState{arena: e.arena[:0], allAmounts: true}
}

func (e *entryState) keep(text []byte) span {
	from := len(e.arena)
	e.arena = append(e.arena, text...)
	return span{int32(from), int32(len(e.arena))}
}

// value takes a leaf at or below Ntry.
func (e *entryState) value(w *walker, f field, text []byte) error {
	if f > fieldDetail {
		return e.detailValue(w, f, text)
	}
	var err error
	switch f {
	case fieldEntryRef:
		e.ref = e.keep(text)
	case fieldEntryAmount:
		e.amount, err = w.positive(text)
	case fieldEntrySide:
		e.side, err = sideOf(text)
	case fieldEntryReversal:
		e.returned = string(text) == "true" || string(text) == "1"
	case fieldEntryStatus:
		e.booked = string(text) == "BOOK"
		if !e.booked && string(text) != "PDNG" && string(text) != "INFO" && string(text) != "FUTR" {
			err = wrong(bankadapters.CodeValue, "entry status %q is not known", clip(text))
		}
	case fieldBookDate:
		e.bookDate, err = day(text)
	case fieldValueDate:
		e.valueDate, err = day(text)
	case fieldServicer:
		e.servicer = e.keep(text)
	case fieldSubFamily:
		e.returned = e.returned || string(text) == "RRTN"
	case fieldEntryText:
		e.text = e.keep(text)
	case fieldBatchMessage:
		e.batchMessage = e.keep(text)
	case fieldBatchPayment:
		e.batchPayment = e.keep(text)
	case fieldBatchCount:
		e.batchCount, err = number(text)
	case fieldBatchTotal:
		e.batchTotal, err = w.vnd(text)
		e.hasBatchTotal = true
	}
	return err
}

func (e *entryState) detailValue(w *walker, f field, text []byte) error {
	d := &e.detail
	var err error
	switch f {
	case fieldDetailMessage:
		d.message = e.keep(provided(text))
	case fieldDetailServicer:
		d.servicer = e.keep(text)
	case fieldInstruction:
		d.instruction = e.keep(provided(text))
	case fieldEndToEnd:
		d.endToEnd = e.keep(provided(text))
	case fieldClearing:
		d.clearing = e.keep(text)
	case fieldDetailAmount:
		d.amount, err = w.positive(text)
		d.hasAmount = true
	case fieldOldAmount:
		d.oldAmount, err = w.positive(text)
		d.hasOldAmount = true
	case fieldDetailSide:
		var side bankadapters.Side
		side, err = sideOf(text)
		d.hasSide, d.debit = true, side == bankadapters.Debit
	case fieldDebtorName:
		d.debtorName = e.keep(text)
	case fieldDebtorAccount:
		d.debtorAccount = e.keep(text)
	case fieldCreditorName:
		d.creditorName = e.keep(text)
	case fieldCreditorAccount:
		d.creditorAccount = e.keep(text)
	case fieldRemittance:
		if d.remittance == (span{}) {
			d.remittance = e.keep(text)
		}
	case fieldReturnCode:
		d.code = e.keep(text)
	}
	return err
}

func (s *reportState) beginDetail() error {
	e := &s.current
	if e.held {
		// A second one: the entry is a bulk, and the first goes out as a detail.
		e.bulk = true
		if err := s.sendDetail(); err != nil {
			return err
		}
	}
	e.detail = detailState{}
	return nil
}

func (s *reportState) endDetail() error {
	d := &s.current.detail
	if !d.hasAmount && d.hasOldAmount {
		d.amount, d.hasAmount = d.oldAmount, true
	}
	s.current.held = true
	if s.current.bulk {
		return s.sendDetail()
	}
	return nil
}

// endEntry hands over what is left and counts the entry.
func (s *reportState) endEntry() error {
	e := &s.current
	if e.bulk {
		if err := s.sendBulk(); err != nil {
			return err
		}
		if e.held {
			if err := s.sendDetail(); err != nil {
				return err
			}
		}
	} else {
		d := detailState{}
		if e.held {
			d = e.detail
		}
		out := s.compose(&d, false, e.amount, e.side)
		if err := s.emit(out); err != nil {
			return err
		}
	}
	if err := s.checkDetails(); err != nil {
		return err
	}
	return s.countEntry()
}

func (s *reportState) countEntry() error {
	e := &s.current
	side, signed := 0, e.amount
	if e.side == bankadapters.Debit {
		side, signed = 1, -e.amount
	}
	s.count[side]++
	var err error
	if s.sum[side], err = s.sum[side].Add(e.amount); err == nil && e.booked {
		s.bookedSum, err = s.bookedSum.Add(signed)
	}
	if err != nil {
		return wrong(bankadapters.CodeSum, "the entries: %v", err)
	}
	return nil
}

// checkDetails compares a bulk entry with its details where it has any.
func (s *reportState) checkDetails() error {
	e := &s.current
	if e.sentCount == 0 {
		return nil
	}
	if e.batchCount > 0 && e.batchCount != e.sentCount {
		return wrong(bankadapters.CodeDetail, "a bulk entry declares %d payments and lists %d", e.batchCount, e.sentCount)
	}
	if e.allAmounts && e.detailSum != e.amount {
		return wrong(bankadapters.CodeDetail, "the details of an entry of %s đồng add up to %s", e.amount, e.detailSum)
	}
	if e.allAmounts && e.hasBatchTotal && e.batchTotal != e.detailSum {
		return wrong(bankadapters.CodeDetail, "a bulk entry declares %s đồng and lists %s", e.batchTotal, e.detailSum)
	}
	return nil
}

// sendBulk hands over the entry itself, before its details.
func (s *reportState) sendBulk() error {
	e := &s.current
	if e.sent {
		return nil
	}
	e.sent = true
	out := s.compose(&detailState{}, false, e.amount, e.side)
	batch := e.batchMessage
	if batch == (span{}) {
		batch = e.batchPayment
	}
	out.Batch = bankadapters.MessageID(e.arena[batch.from:batch.to])
	out.BulkCount = e.batchCount
	return s.emit(out)
}

func (s *reportState) sendDetail() error {
	e := &s.current
	if err := s.sendBulk(); err != nil {
		return err
	}
	e.held = false
	d := e.detail
	e.allAmounts = e.allAmounts && d.hasAmount
	side := e.side
	if d.hasSide {
		side = bankadapters.Credit
		if d.debit {
			side = bankadapters.Debit
		}
	}
	signed := d.amount
	if side != e.side {
		signed = -signed
	}
	var err error
	if e.detailSum, err = e.detailSum.Add(signed); err != nil {
		return wrong(bankadapters.CodeSum, "the details: %v", err)
	}
	e.sentCount++
	out := s.compose(&d, true, d.amount, side)
	out.Detail = true
	// What the entry said of itself stays in the arena; this detail's text goes.
	e.arena = e.arena[:max(e.ref.to, e.servicer.to, e.text.to, e.batchMessage.to, e.batchPayment.to)]
	return s.emit(out)
}

// compose makes the entry out of Ntry and one TxDtls. Texts share one string.
func (s *reportState) compose(d *detailState, detail bool, amount money.Amount, side bankadapters.Side) bankadapters.Entry {
	e := &s.current
	all := string(e.arena)
	str := func(p span) string { return all[p.from:p.to] }
	reference := e.servicer
	if detail {
		reference = span{} // the bank's reference of the sum is not that of one of its parts
	}
	out := bankadapters.Entry{
		Side: side, Amount: amount, Booked: e.booked, BookDate: e.bookDate, ValueDate: e.valueDate,
		Servicer: str(first(reference, d.servicer)), EntryRef: str(e.ref),
		EndToEnd: bankadapters.EndToEndID(str(first(d.endToEnd, d.instruction))),
		Message:  bankadapters.MessageID(str(d.message)), OriginalRef: str(d.clearing),
		Code: str(d.code), Return: e.returned || d.returned,
		Text: str(first(d.remittance, e.text)), LineNumber: s.line,
	}
	if side == bankadapters.Debit || out.Return && d.creditorAccount != (span{}) {
		out.Account, out.Name = str(d.creditorAccount), str(d.creditorName)
	} else {
		out.Account, out.Name = str(d.debtorAccount), str(d.debtorName)
	}
	return out
}

func (s *reportState) emit(out bankadapters.Entry) error {
	s.position++
	out.Position = s.position
	return s.toEntry(out)
}

func first(a, b span) span {
	if a.from != a.to {
		return a
	}
	return b
}
