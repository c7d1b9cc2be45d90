package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Book is what a bank or provider really did: the only source of oracles.
// Amounts are đồng, as strings in JSON.
type Book struct {
	Bank       string        `json:"bank"`
	BIN        string        `json:"bin"`
	Name       string        `json:"name"`
	LastClosed string        `json:"last_closed_day"`
	Summary    BookSummary   `json:"summary"`
	Accounts   []BookAccount `json:"accounts"`
	Messages   []BookMessage `json:"messages"`
	Payments   []BookPayment `json:"payments"`
	Entries    []BookEntry   `json:"entries"`
}

// BookSummary counts the payments of a Book. Credited counts credits that were
// not returned, doubles included.
type BookSummary struct {
	Credited         int   `json:"credited"`
	CreditedVND      int64 `json:"credited_vnd,string"`
	DoubleCredits    int   `json:"double_credits"` // booked a second time by the bank itself
	DoubleCreditsVND int64 `json:"double_credits_vnd,string"`
	Returned         int   `json:"returned"`
	ReturnedVND      int64 `json:"returned_vnd,string"`
	Rejected         int   `json:"rejected"`
	Waiting          int   `json:"waiting"` // taken or queued, not decided
	Lost             int   `json:"lost"`
}

// BookAccount is a paying account.
type BookAccount struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Balance int64  `json:"balance,string"`
}

// BookMessage is a message, upload or list as it was taken.
type BookMessage struct {
	No      int    `json:"no"`
	ID      string `json:"id"`
	Channel string `json:"channel"`
	State   string `json:"state"` // taken, queued, ignored
	Count   int    `json:"count"`
	Total   int64  `json:"total,string"`
	SHA256  string `json:"sha256"`
	Head    string `json:"head"` // customer's ledger head, kept as a witness
	Receipt string `json:"receipt,omitempty"`
}

// States of a BookPayment.
const (
	StateCredited = "credited"
	StateReturned = "returned" // credited, then sent back
	StateRejected = "rejected"
	StateWaiting  = "waiting"
	StateLost     = "lost"
)

// BookPayment is one credit to a payee, or an order without one.
type BookPayment struct {
	Message       int    `json:"message"`
	MessageID     string `json:"message_id"`
	EndToEndID    string `json:"end_to_end_id"`
	PayingAccount string `json:"paying_account,omitempty"`
	BIN           string `json:"bin,omitempty"`
	Account       string `json:"account"`
	Name          string `json:"name"`
	Ordered       int64  `json:"ordered,string"`
	Amount        int64  `json:"amount,string"` // booked; 0 unless credited or returned
	Ref           string `json:"ref,omitempty"`
	Date          string `json:"date,omitempty"`
	State         string `json:"state"`
	Doubled       bool   `json:"doubled"`
	Code          string `json:"code,omitempty"`
	ReturnDate    string `json:"return_date,omitempty"`
	ReturnRef     string `json:"return_ref,omitempty"`
}

// BookEntry is one movement of a paying account.
type BookEntry struct {
	Account    string `json:"account"`
	No         int    `json:"no"`
	Side       string `json:"side"` // DBIT, CRDT
	Amount     int64  `json:"amount,string"`
	Ref        string `json:"ref"`
	Date       string `json:"date"`
	Kind       string `json:"kind"` // payment, bulk, refusal, return, fund, stray
	EndToEndID string `json:"end_to_end_id,omitempty"`
	MessageID  string `json:"message_id,omitempty"`
	Code       string `json:"code,omitempty"`
}

// Book returns the book of a bank or provider as it stands.
func (w *World) Book(bank string) (Book, error) {
	b := w.banks[bank]
	if b == nil {
		return Book{}, fmt.Errorf("%w: %q", ErrUnknownBank, bank)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.book(), nil
}

// EachPayment hands over the payments of a bank's book one by one, without making
// the whole book. fn must not call the world.
func (w *World) EachPayment(bank string, fn func(BookPayment)) error {
	b := w.banks[bank]
	if b == nil {
		return fmt.Errorf("%w: %q", ErrUnknownBank, bank)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.eachPayment(fn)
	return nil
}

// ReadBook reads a book from the files below dir without opening the world, so
// it works beside a running sandbox. os.ErrNotExist if there is none.
func ReadBook(dir, id string) (Book, error) {
	w := &World{config: Config{Dir: dir}}
	var b *bank
	for _, who := range identities {
		if who.id == id {
			b = newBank(w, who)
		}
	}
	if b == nil {
		return Book{}, fmt.Errorf("%w: %q", ErrUnknownBank, id)
	}
	f, err := os.Open(filepath.Join(b.folder(), "book.jsonl"))
	if err != nil {
		return Book{}, fmt.Errorf("read book of bank %s: %w", id, err)
	}
	defer f.Close()
	if _, _, err := replay(f, b.apply); err != nil {
		return Book{}, fmt.Errorf("read book of bank %s: %w", id, err)
	}
	return b.book(), nil
}

// PrintBook writes the book of one bank as JSON, or with "" a list of all
// books that exist below dir.
func PrintBook(out io.Writer, dir, bank string) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if bank != "" {
		book, err := ReadBook(dir, bank)
		if err != nil {
			return err
		}
		return enc.Encode(book)
	}
	books := []Book{}
	for _, id := range identities {
		book, err := ReadBook(dir, id.id)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		books = append(books, book)
	}
	return enc.Encode(books)
}

func (b *bank) book() Book {
	k := Book{Bank: b.id, BIN: b.bin, Name: b.name, LastClosed: b.closed,
		Accounts: []BookAccount{}, Messages: []BookMessage{}, Payments: []BookPayment{}, Entries: []BookEntry{}}
	for _, number := range b.accountOrder {
		a := b.accounts[number]
		k.Accounts = append(k.Accounts, BookAccount{a.number, a.name, a.balance})
		for _, x := range a.entries {
			k.Entries = append(k.Entries, x.show())
		}
	}
	for _, m := range b.messages {
		k.Messages = append(k.Messages, BookMessage{m.no, m.id, m.channel, m.state, m.count, m.total, m.digest, m.head, m.receipt})
	}
	for _, l := range b.lists {
		k.Messages = append(k.Messages, BookMessage{l.no, l.id, "list", "taken", l.count, l.total, l.digest, l.head, l.receipt})
	}
	b.eachPayment(func(p BookPayment) {
		k.Payments = append(k.Payments, p)
		k.Summary.add(p)
	})
	return k
}

func (b *bank) eachPayment(fn func(BookPayment)) {
	for _, m := range b.messages {
		if m.state == "ignored" {
			continue
		}
		for _, o := range m.orders {
			for _, p := range o.show() {
				fn(p)
			}
		}
	}
	for _, l := range b.lists {
		for _, r := range l.rows {
			fn(r.show(l))
		}
	}
}

func (s *BookSummary) add(p BookPayment) {
	switch p.State {
	case StateCredited:
		s.Credited, s.CreditedVND = s.Credited+1, s.CreditedVND+p.Amount
		if p.Doubled {
			s.DoubleCredits, s.DoubleCreditsVND = s.DoubleCredits+1, s.DoubleCreditsVND+p.Amount
		}
	case StateReturned:
		s.Returned, s.ReturnedVND = s.Returned+1, s.ReturnedVND+p.Amount
	case StateRejected:
		s.Rejected++
	case StateWaiting:
		s.Waiting++
	case StateLost:
		s.Lost++
	}
}

func (x *entry) show() BookEntry {
	k := BookEntry{Account: x.account.number, No: x.no, Side: x.side(), Amount: x.amount, Ref: x.ref, Date: x.date, Kind: x.kind,
		EndToEndID: x.endToEnd, Code: x.code}
	if x.order != nil {
		k.EndToEndID = x.order.endToEnd
	}
	if x.msg != nil {
		k.MessageID = x.msg.id
	}
	return k
}

func (o *order) show() []BookPayment {
	k := BookPayment{Message: o.msg.no, MessageID: o.msg.id, EndToEndID: o.endToEnd, PayingAccount: o.msg.account, BIN: o.bin,
		Account: o.account, Name: o.name, Ordered: o.amount, Code: o.code}
	switch o.state {
	case "rejected":
		k.State = StateRejected
	case "lost":
		k.State = StateLost
	case "paid":
		out := make([]BookPayment, 0, len(o.payments))
		for _, p := range o.payments {
			k.State, k.Amount, k.Ref, k.Date, k.Doubled = StateCredited, p.amount, p.ref, p.date, p.doubled
			k.Code, k.ReturnDate, k.ReturnRef = p.returnCode, p.returned, p.returnRef
			if p.returned != "" {
				k.State = StateReturned
			}
			out = append(out, k)
		}
		return out
	default:
		k.State = StateWaiting
	}
	return []BookPayment{k}
}

func (r *listRow) show(l *list) BookPayment {
	k := BookPayment{Message: l.no, MessageID: l.id, EndToEndID: r.reference, Account: r.point, Name: r.name, Ordered: r.amount,
		Date: r.date, Code: r.code, State: StateWaiting}
	switch r.state {
	case "PAID":
		k.State, k.Amount = StateCredited, r.amount
	case "UNPAID":
		k.State = StateRejected
	}
	return k
}
