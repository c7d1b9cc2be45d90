package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
)

// Entry is one line without a payment, said in roles: Amount moves from the
// account of Credit to the account of Debit. A red entry counts negative on
// both sides (ghi âm).
type Entry struct {
	Debit  Slot
	Credit Slot
	Amount money.Amount
	Red    bool
}

// Entries resolves entries to lines of book, opening accounts on first use.
// now is the time an account opened here is given.
func Entries(ctx context.Context, tx pgx.Tx, book BookID, now time.Time, entries ...Entry) (iter.Seq2[Line, error], error) {
	known := make(map[Slot]AccountID)
	resolve := func(slot Slot) (AccountID, error) {
		if id, ok := known[slot]; ok {
			return id, nil
		}
		id, err := Account(ctx, tx, book, slot, now)
		known[slot] = id
		return id, err
	}
	lines := make([]Line, 0, len(entries))
	for i, e := range entries {
		debit, err := resolve(e.Debit)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		credit, err := resolve(e.Credit)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		lines = append(lines, Line{Debit: debit, Credit: credit, Amount: e.Amount, Red: e.Red})
	}
	return ListOf(lines), nil
}

// Move posts v with entries instead of v.Lines. It locks the funds of every
// place the entries take money from, in ascending order, so the caller need
// not. With empty v.Facts the entries themselves are the facts.
//
// Errors are those of [Post].
func Move(ctx context.Context, tx pgx.Tx, v Voucher, entries []Entry) (Posted, error) {
	for _, place := range paying(entries) {
		if err := LockFunds(ctx, tx, v.Book, place); err != nil {
			return Posted{}, fmt.Errorf("post %s: %w", v.Key, err)
		}
	}
	lines, err := Entries(ctx, tx, v.Book, v.PostedAt, entries...)
	if err != nil {
		return Posted{}, fmt.Errorf("post %s: %w", v.Key, err)
	}
	v.Lines = lines
	if len(v.Facts) == 0 {
		v.Facts = EntryFacts(entries)
	}
	return Post(ctx, tx, v)
}

// paying lists the places whose funds, provider account, cash box or claims on
// people entries may lower, in ascending order.
func paying(entries []Entry) []Place {
	var places []Place
	for _, e := range entries {
		for _, slot := range []Slot{e.Debit, e.Credit} {
			if slot.Role.floored() {
				places = append(places, slot.Place)
			}
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// floored reports whether an act of ours may not leave the role's accounts
// below zero.
func (r Role) floored() bool {
	return r == RoleFunds || r == RoleProvider || r == RoleCash || r == RolePersonClaim
}

// EntryFacts is the canonical form of entries, for [Voucher.Facts]: the same
// entries give the same bytes in any order.
func EntryFacts(entries []Entry) []byte {
	forms := make([]string, len(entries))
	for i, e := range entries {
		var b []byte
		for _, s := range []Slot{e.Debit, e.Credit} {
			for _, part := range []string{string(s.Role), string(s.Place), s.Programme} {
				b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
				b = append(b, part...)
			}
		}
		b = binary.BigEndian.AppendUint64(b, uint64(e.Amount))
		if e.Red {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
		forms[i] = string(b)
	}
	slices.Sort(forms)
	return []byte(strings.Join(forms, ""))
}

// ErrBadSlot says that a place or programme cannot be part of an account code.
var ErrBadSlot = errors.New("a place or programme has letters, digits, - _ / + only, and is none of 0, sent, out")

// check refuses names that would make two accounts print one code.
func (s Slot) check() error {
	for _, part := range []string{string(s.Place), s.Programme} {
		bad := part == "0" || part == "sent" || part == "out"
		for _, r := range part {
			letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
			bad = bad || !letter && !strings.ContainsRune("-_/+", r)
		}
		if bad {
			return fmt.Errorf("%s account with place %q, programme %q: %w", s.Role, s.Place, s.Programme, ErrBadSlot)
		}
	}
	return nil
}
