package simtest

import (
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
)

// tiesEvery is after how many steps the accounts are held against each other.
const tiesEvery = 40

// fact is what the banks' books say of one payment, all attempts together.
type fact struct {
	credits  int // unreturned, the bank's own doubles among them
	doubles  int
	returned int
	wrong    money.Amount // booked with another amount than ordered
	fees     money.Amount // kept back from returns
	at       bankadapters.Key
	other    bankadapters.Key // a second channel with a credit
}

// books reads what really happened, from the banks alone. The payment's number
// is taken out of the reference by its place, not with the engine's reader.
func (s *Sim) books() (map[int64]fact, map[bankadapters.Key]sandbox.Book) {
	facts, books := map[int64]fact{}, map[bankadapters.Key]sandbox.Book{}
	for _, key := range s.channels {
		book, err := s.world.Book(string(key))
		s.must("book", err)
		books[key] = book
		for _, p := range book.Payments {
			s.look(facts, key, p)
		}
		for _, e := range book.Entries {
			if e.Kind == "return" {
				no := paymentOf(e.EndToEndID)
				f := facts[no]
				f.fees += s.payees[no-1].amount - money.Amount(e.Amount)
				facts[no] = f
			}
		}
	}
	return facts, books
}

// paymentOf is the payment a reference of ours is about: characters 9 to 13.
func paymentOf(reference string) int64 {
	if len(reference) != 16 || !strings.HasPrefix(reference, installation) {
		return 0
	}
	n, err := strconv.ParseInt(reference[8:13], 36, 64)
	if err != nil {
		return 0
	}
	return n
}

func (s *Sim) look(facts map[int64]fact, key bankadapters.Key, p sandbox.BookPayment) {
	no := paymentOf(p.EndToEndID)
	if no < 1 || no > int64(len(s.payees)) {
		s.fail("O2", "bank %s has an order %q that is no payment of ours", key, p.EndToEndID)
		return
	}
	want, f := s.payees[no-1], facts[no]
	switch {
	case money.Amount(p.Ordered) != want.amount:
		s.fail("O2", "payment %d was ordered at %s with %d, approved is %s", no, key, p.Ordered, want.amount)
	case isBank(key) && (p.Account != want.account || p.BIN != want.bin):
		s.fail("O2", "payment %d was ordered at %s to %s/%s, approved is %s/%s", no, key, p.BIN, p.Account, want.bin, want.account)
	}
	switch p.State {
	case sandbox.StateCredited:
		f.credits++
		if p.Doubled {
			f.doubles++
		}
		if f.at != "" && f.at != key {
			f.other = key
		}
		f.at = key
		if money.Amount(p.Amount) != want.amount {
			f.wrong += money.Amount(p.Amount)
		}
	case sandbox.StateReturned:
		f.returned++
	}
	facts[no] = f
}

// always holds after every step: nobody has been credited twice by us, and
// nothing was ordered that is not there.
func (s *Sim) always() {
	facts, _ := s.books()
	s.paidOnce(facts)
	if s.step%tiesEvery == 0 {
		s.ties()
	}
}

// paidOnce is O1.
func (s *Sim) paidOnce(facts map[int64]fact) {
	for _, p := range s.payees {
		f := facts[p.no]
		if f.credits-f.doubles > 1 {
			s.fail("O1", "payment %d credited twice (%d credits, %d of them the bank's own doubling)", p.no, f.credits, f.doubles)
		}
	}
}

// ties are the equations between the accounts.
func (s *Sim) ties() {
	broken, err := payout.CheckTies(s.ctx, s.db)
	s.must("ties", err)
	for _, tie := range broken {
		s.fail("tie", "%v", tie)
	}
}

// funded is O9, looked at after an order: neither the programme's money nor the
// whole account may be below zero.
func (s *Sim) funded(key bankadapters.Key) {
	role := ledger.RoleFunds
	if !isBank(key) {
		role = ledger.RoleProvider
	}
	for _, name := range []string{programme, ledger.AnyProgramme} {
		left, err := ledger.BalanceOf(s.ctx, s.db, s.book, ledger.Slot{Role: role, Place: ledger.Place(key), Programme: name})
		s.must("funds", err)
		if left < 0 {
			s.fail("O9", "ordered more at %s than there is: %s left", key, left)
		}
	}
}

// atRest is what must hold once nothing moves any more.
func (s *Sim) atRest() {
	facts, books := s.books()
	s.paidOnce(facts)
	s.agree(facts)
	s.finished()
	if why, err := payout.Stopped(s.ctx, s.db); why != "" || err != nil {
		s.fail("O5", "dispatch stopped itself: %s %v", why, err)
	}
	s.ties()
	s.compare(s.model(facts, books))
	_, head, err := ledger.Seal(s.ctx, s.db, s.now)
	s.must("seal", err)
	report, err := ledger.Verify(s.ctx, s.db, ledger.VerifyOptions{})
	s.must("verify", err)
	if err := report.Err(); err != nil {
		s.fail("O8", "%v", err)
	}
	s.trace("at rest, head %s", head)
}

// agree is O4: we say paid if and only if the bank's book shows a credit that
// was not returned. Where the bank booked another amount, people must decide.
func (s *Sim) agree(facts map[int64]fact) {
	for no, is := range s.positions() {
		f := facts[no]
		if f.wrong != 0 {
			continue
		}
		if credited := f.credits > 0; credited != (is.State() == ledger.Paid) && !s.unprovable(no, f, is) {
			s.fail("O4", "payment %d: our books say %s, the banks' show %d credits and %d returns", no, is.State(), f.credits, f.returned)
		}
	}
}

// unprovable is the one honest gap: a bank that forgets its messages within the
// hour and whose notice was lost has debited us and can no longer be asked.
// Then the payment stays open, in doubt or out, until people bring a paper.
func (s *Sim) unprovable(no int64, f fact, is ledger.Position) bool {
	for _, p := range s.payees {
		if p.no == no && is.State().Open() && !s.profile(s.lastChannel(no)).StatusMemory.Forever {
			s.Coverage.Left["open at a bank that forgets"]++
			return true
		}
	}
	return false
}

const sqlLastChannel = `
SELECT q.channel FROM payout.attempt AS a JOIN payout.submission AS q ON q.no = a.submission
 WHERE a.batch = @batch AND a.payment = @no ORDER BY a.attempt DESC LIMIT 1`

func (s *Sim) lastChannel(no int64) (key bankadapters.Key) {
	s.must("last channel", s.db.QueryRow(s.ctx, sqlLastChannel, pgx.NamedArgs{"batch": s.batch, "no": no}).Scan(&key))
	return key
}

const sqlUndecided = `
SELECT no, state, channel FROM payout.submission WHERE state IN ('intent', 'sending', 'unknown') ORDER BY no`

const sqlOpenDoubts = `
SELECT x.payment, q.channel
  FROM payout.exception AS x
  JOIN payout.attempt AS a ON a.batch = x.batch AND a.payment = x.payment AND a.attempt = x.attempt
  JOIN payout.submission AS q ON q.no = a.submission
 WHERE x.kind = 'doubt' AND x.closed_at IS NULL ORDER BY x.payment`

// finished is O5: no submission waits and every doubt is closed.
func (s *Sim) finished() {
	facts, _ := s.books()
	var no int64
	var state string
	var key bankadapters.Key
	rows, _ := s.db.Query(s.ctx, sqlUndecided)
	_, err := pgx.ForEachRow(rows, []any{&no, &state, &key}, func() error {
		if state != "unknown" || s.profile(key).StatusMemory.Forever {
			s.fail("O5", "submission %d at %s is still %s", no, key, state)
		}
		return nil
	})
	s.must("undecided", err)
	rows, _ = s.db.Query(s.ctx, sqlOpenDoubts)
	_, err = pgx.ForEachRow(rows, []any{&no, &key}, func() error {
		if s.profile(key).StatusMemory.Forever && facts[no].wrong == 0 {
			s.fail("O5", "payment %d at %s is still in doubt", no, key)
		}
		return nil
	})
	s.must("doubts", err)
}
