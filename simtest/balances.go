package simtest

import (
	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/money"
	"ansinh/ledger"
)

// balances are the accounts the money model knows.
type balances struct {
	bank    map[bankadapters.Key]money.Amount // 112.B + 113.B.sent + 113.B.out of people's money still with the bank's customer
	owed    money.Amount                      // 3388.N
	claims  map[bankadapters.Key]money.Amount // 1388.B
	unknown money.Amount                      // 1388.X
	credits money.Amount                      // 3388.X
	lists   money.Amount                      // 1388.P + 1388.P.sent
}

// model is O12: what our balances must be, from the banks' books and what was
// approved and drawn, without looking at any state, line or file of ours.
func (s *Sim) model(facts map[int64]fact, books map[bankadapters.Key]sandbox.Book) balances {
	m := balances{bank: map[bankadapters.Key]money.Amount{}, claims: map[bankadapters.Key]money.Amount{}}
	for key, book := range books {
		if isBank(key) {
			m.credits += money.Amount(s.options.Extra)
		}
		for _, a := range book.Accounts {
			m.bank[key] += money.Amount(a.Balance)
		}
		for _, e := range book.Entries {
			switch {
			case e.Kind == "stray" && e.Side == "CRDT":
				m.credits += money.Amount(e.Amount)
			case e.Kind == "stray":
				m.unknown += money.Amount(e.Amount)
			}
		}
		m.mistakes(s, key, book)
	}
	for _, p := range s.payees {
		if !isBank(p.channel) {
			m.lists += p.amount // drawn straight to the provider
		}
		f := facts[p.no]
		if f.credits == 0 || f.wrong != 0 {
			m.owed += p.amount
		}
		if f.credits > 0 && !isBank(f.at) {
			m.lists -= p.amount
		}
		switch bulk := f.wrong != 0 && sandbox.DefaultHabits(string(f.at)).Bulk; {
		case !bulk:
			m.unknown += f.wrong
		case !s.options.Gross:
			m.claims[f.at] += f.wrong - p.amount // a part of one sum, above what was ordered
		default: // the sum was that of the order: the difference is the bank's own
		}
	}
	return m
}

// mistakes are what a bank owes us: each credit of a payment beyond the first,
// and what it kept of a return.
func (m *balances) mistakes(s *Sim, key bankadapters.Key, book sandbox.Book) {
	net := map[int64]int{}
	for _, p := range book.Payments {
		no := paymentOf(p.EndToEndID)
		if p.State != sandbox.StateCredited || money.Amount(p.Amount) != s.payees[no-1].amount {
			continue
		}
		if net[no]++; net[no] > 1 {
			m.claims[key] += money.Amount(p.Amount)
		}
	}
	for _, e := range book.Entries {
		if no := paymentOf(e.EndToEndID); e.Kind == "return" && no > 0 {
			m.claims[key] += s.payees[no-1].amount - money.Amount(e.Amount)
		}
	}
}

// compare holds our balances against the model's.
func (s *Sim) compare(m balances) {
	at := s.positions()
	open := map[bankadapters.Key]money.Amount{} // ordered and neither proved nor ended
	facts, _ := s.books()
	for _, p := range s.payees {
		is := at[p.no]
		if is.State().Open() && isBank(s.lastChannel(p.no)) {
			open[s.lastChannel(p.no)] += p.amount
			if f := facts[p.no]; f.credits > 0 && f.wrong == 0 {
				m.owed += p.amount // credited, and nobody can prove it: see unprovable
			}
		}
		if f := facts[p.no]; f.wrong != 0 && is.State() == ledger.Paid {
			m.owed -= p.amount // a report proved the order before the statement showed another amount
		}
	}
	s.same("3388.N", ledger.RoleOwed, ledger.AnyPlace, -m.owed)
	s.same("1388.X", ledger.RoleUnknownDebit, ledger.AnyPlace, m.unknown)
	s.same("3388.X", ledger.RoleUnknownCredit, ledger.AnyPlace, -m.credits)
	for _, key := range s.channels {
		if !isBank(key) {
			continue
		}
		place := ledger.Place(key)
		sent := s.balance(ledger.RoleSent, place)
		s.same("112."+string(key)+" + 113.sent", ledger.RoleFunds, place, m.bank[key]-sent)
		s.same("113."+string(key)+" sent + out", ledger.RoleSent, place, open[key]-s.balance(ledger.RoleOut, place))
		s.same("1388.B at "+string(key), ledger.RoleBankClaim, place, m.claims[key]+s.splitClaim(key, facts, open[key], sent))
	}
	if got := s.balance(ledger.RoleProvider, ledger.AnyPlace) + s.balance(ledger.RoleProviderSent, ledger.AnyPlace); got != m.lists {
		s.fail("O12", "1388.P + 1388.P.sent is %s, the model says %s", got, m.lists)
	}
}

// splitClaim is what a bank that debits in one sum leaves when a part of that
// sum has the wrong amount and a refusal is read after it. A refusal moves a
// whole payment, so the claim is for all of it, and what the sum did not cover
// stays in 113.sent. Both together are right, and people settle them together.
func (s *Sim) splitClaim(key bankadapters.Key, facts map[int64]fact, open, sent money.Amount) money.Amount {
	if !sandbox.DefaultHabits(string(key)).Bulk || open != 0 || sent == 0 {
		return 0
	}
	for _, f := range facts {
		if f.wrong != 0 && f.at == key {
			s.Coverage.Left["part of a sum with another amount"]++
			return sent
		}
	}
	return 0
}

func (s *Sim) balance(role ledger.Role, place ledger.Place) money.Amount {
	n, err := ledger.BalanceOf(s.ctx, s.db, s.book, ledger.Slot{Role: role, Place: place, Programme: ledger.AnyProgramme})
	s.must("balance", err)
	return n
}

func (s *Sim) same(name string, role ledger.Role, place ledger.Place, want money.Amount) {
	if got := s.balance(role, place); got != want {
		s.fail("O12", "%s is %s, the money model says %s", name, got, want)
	}
}
