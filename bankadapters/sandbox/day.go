package sandbox

import (
	"fmt"
	"math"
	"slices"
)

// CloseDay closes a day (YYYY-MM-DD) at one bank or provider, or with "" at
// all: what waits is executed, returns that are due are booked, the day's files
// are made. Closing the last closed day again does nothing, so that a caller
// that was interrupted may repeat it; ErrDayClosed if a later one is closed.
func (w *World) CloseDay(id, date string) error {
	if !isDate(date) {
		return fmt.Errorf("close day: %q is not a date YYYY-MM-DD", date)
	}
	return w.each(id, func(b *bank) error {
		if date == b.closed {
			return nil
		}
		if date < b.closed {
			return fmt.Errorf("%w: %s at bank %s, last closed is %s", ErrDayClosed, date, b.id, b.closed)
		}
		job := b.begin()
		b.tick(job)
		b.closing = date
		b.closeDay(job, date)
		b.closing = ""
		return job.done()
	})
}

func (b *bank) closeDay(job *work, date string) {
	if b.provider {
		b.closeLists(job, date)
	} else {
		b.closeAccounts(job, date)
	}
	if (b.days+1)%b.world.config.WithdrawalsEvery == 0 {
		b.makeWithdrawals(job, date)
	}
	job.put(&event{Kind: evDay, Date: date})
}

func (b *bank) closeAccounts(job *work, date string) {
	since := len(b.payments)
	b.executeWaiting(job)
	returns := b.bookReturns(job, date)
	b.bookStrays(job)
	for _, number := range b.accountOrder {
		b.notify(job, number, b.payments[since:], returns[number])
	}
	for _, f := range slices.Clone(b.files) {
		if f.Faulty && !f.corrected {
			b.correct(job, f)
		}
	}
	for _, number := range b.accountOrder {
		b.makeStatements(job, b.accounts[number], date)
	}
	b.makeReports(job, date)
}

func (b *bank) executeWaiting(job *work) {
	for _, m := range b.messages {
		if m.waiting == 0 {
			continue
		}
		before := len(b.payments)
		room := b.accounts[m.account].balance
		if m.bulkGross {
			room = math.MaxInt64 // debited with the rest already
		}
		for _, o := range m.orders {
			if o.state != "waiting" {
				continue
			}
			fate := o.fate()
			fate.Do = ""
			b.pay(job, o, fate, &room)
		}
		if !m.bulkGross {
			b.bulkDebit(job, m, before)
		}
	}
}

// bookReturns credits back what payees' banks returned, oldest first.
func (b *bank) bookReturns(job *work, date string) map[string][]*entry {
	out := map[string][]*entry{}
	for _, p := range slices.Clone(b.due) {
		if addDays(p.date, p.order.fate().ReturnDays) > date {
			continue
		}
		job.put(&event{Kind: evReturned, Payment: p.no, Order: p.order.no,
			Amount: max(1, p.amount-p.order.fate().ReturnFee), Ref: b.nextRef(), Date: b.today(), Code: codeOr(p.order.fate().ReturnCode, "MS03"),
			EndToEnd: p.order.endToEnd})
		acct := b.accounts[p.order.msg.account]
		out[acct.number] = append(out[acct.number], acct.entries[len(acct.entries)-1])
	}
	return out
}

func (b *bank) bookStrays(job *work) {
	for _, s := range slices.Clone(b.strays) {
		if s.day > b.days+1 {
			continue
		}
		number := s.Account
		if number == "" && len(b.accountOrder) > 0 {
			number = b.accountOrder[0]
		}
		if b.accounts[number] == nil {
			continue // stays until there is such an account
		}
		// ID and Payment find the pending stray again when the book is read.
		job.put(&event{Kind: evEntry, Channel: entryStray, ID: "script", Payment: s.day, Account: number, Credit: s.Credit,
			Amount: s.Amount, Ref: b.nextRef(), Date: b.today(), EndToEnd: s.EndToEndID, Text: b.kept(s.Text), Code: s.Code})
	}
}

// makeReports makes pain.002 files and portal results about messages with news.
func (b *bank) makeReports(job *work, date string) {
	for _, m := range b.messages {
		switch {
		case m.state != "taken":
		case m.channel == "portal":
			if m.news {
				b.makeFile(job, file{Kind: fileSheetResult, Account: m.account, Date: date, Of: m.receipt}, "result.xlsx", b.resultWorkbook(m))
			}
		case m.news && b.habits.ReportsLater:
			b.makeFile(job, file{Kind: fileStatus, Account: m.account, Date: date, Of: m.key}, "pain002.xml", b.statusOf(b.byKey[m.key]).xml())
		}
	}
}

// Stray books, at once, an entry nobody ordered.
func (w *World) Stray(s Stray) error {
	if s.Amount <= 0 {
		return fmt.Errorf("stray: amount %d is not above 0", s.Amount)
	}
	return w.onAccount(s.Bank, s.Account, func(b *bank, job *work) {
		job.put(&event{Kind: evEntry, Channel: entryStray, Account: s.Account, Credit: s.Credit, Amount: s.Amount, Ref: b.nextRef(),
			Date: b.today(), EndToEnd: s.EndToEndID, Text: b.kept(s.Text), Code: s.Code})
	})
}

// OpenAccount opens a paying account; opening it again does nothing.
func (w *World) OpenAccount(a Account) error {
	if a.Number == "" || len(a.Number) > 34 {
		return fmt.Errorf("open account: number %q has not 1 to 34 characters", a.Number)
	}
	if a.Bank == "" {
		return fmt.Errorf("open account %s: %w: none given", a.Number, ErrUnknownBank)
	}
	return w.each(a.Bank, func(b *bank) error {
		if b.accounts[a.Number] != nil {
			return nil
		}
		job := b.begin()
		job.put(&event{Kind: evAccount, Account: a.Number, Name: a.Name})
		return job.done()
	})
}

// Fund credits money that the Treasury sent. The same reference and amount on
// the same account again does nothing, so a caller may repeat it. Amount is in
// đồng. ErrUnknownAccount if the account was not opened.
func (w *World) Fund(id, number string, amount int64, reference string) error {
	if amount <= 0 {
		return fmt.Errorf("fund account %s: amount %d is not above 0", number, amount)
	}
	return w.onAccount(id, number, func(b *bank, job *work) {
		for _, x := range b.accounts[number].entries {
			if x.kind == entryFund && x.endToEnd == reference && x.amount == amount && reference != "" {
				return
			}
		}
		job.put(&event{Kind: evEntry, Channel: entryFund, Account: number, Credit: true, Amount: amount, Ref: b.nextRef(),
			Date: b.today(), EndToEnd: cut(reference, 35), Text: b.kept("KBNN " + reference)})
	})
}

func (w *World) onAccount(id, number string, do func(*bank, *work)) error {
	if id == "" {
		return fmt.Errorf("%w: none given", ErrUnknownBank)
	}
	return w.each(id, func(b *bank) error {
		if b.accounts[number] == nil {
			return fmt.Errorf("%w: %s at bank %s", ErrUnknownAccount, number, id)
		}
		job := b.begin()
		b.tick(job)
		do(b, job)
		return job.done()
	})
}
