package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SlotFor is the slot a role takes for money of programme at place: money at a
// place is kept per programme, what a bank owes is kept per bank, what the
// budget, people and others are owed and people owe is kept per programme.
func SlotFor(role Role, place Place, programme string) Slot {
	switch role {
	case RoleFunds, RoleSent, RoleOut, RoleProvider, RoleProviderSent, RoleOfficer:
		return Slot{role, place, programme}
	case RoleBankClaim, RoleUnknownDebit, RoleUnknownCredit, RoleFee:
		return Slot{role, place, ""}
	case RoleBudget, RoleOwed, RolePersonClaim, RoleOther, RoleDraw, RoleAllotment, RoleDrawn, RoleProved:
		return Slot{role, "", programme}
	default:
		return Slot{role, "", ""}
	}
}

const sqlLegAccounts = `
SELECT debit_role, credit_role FROM ledger.leg_accounts WHERE posting_set = @set AND leg = @leg`

// Desk opens and remembers the accounts that one voucher needs, so that a
// voucher of many lines asks the database once per leg.
type Desk struct {
	tx        pgx.Tx
	book      BookID
	set       string
	place     Place
	programme string
	now       time.Time
	pairs     map[LegID][2]AccountID
}

// NewDesk is a desk for one book, posting set, place and programme inside tx.
func NewDesk(tx pgx.Tx, book BookID, postingSet string, place Place, programme string, now time.Time) *Desk {
	return &Desk{tx: tx, book: book, set: postingSet, place: place, programme: programme, now: now, pairs: map[LegID][2]AccountID{}}
}

// Fill sets the line's debit and credit account for its leg.
func (d *Desk) Fill(ctx context.Context, l Line) (Line, error) {
	pair, ok := d.pairs[l.Leg]
	if !ok {
		var debit, credit Role
		if err := d.tx.QueryRow(ctx, sqlLegAccounts, pgx.NamedArgs{"set": d.set, "leg": l.Leg}).Scan(&debit, &credit); err != nil {
			return Line{}, fmt.Errorf("accounts of leg %d in posting set %s: %w", l.Leg, d.set, err)
		}
		var err error
		if pair[0], err = Account(ctx, d.tx, d.book, SlotFor(debit, d.place, d.programme), d.now); err != nil {
			return Line{}, err
		}
		if pair[1], err = Account(ctx, d.tx, d.book, SlotFor(credit, d.place, d.programme), d.now); err != nil {
			return Line{}, err
		}
		d.pairs[l.Leg] = pair
	}
	l.Debit, l.Credit = pair[0], pair[1]
	return l, nil
}

// Entry makes a line without a payment between two roles.
func (d *Desk) Entry(ctx context.Context, debit, credit Slot, e Line) (Line, error) {
	var err error
	if e.Debit, err = Account(ctx, d.tx, d.book, debit, d.now); err != nil {
		return Line{}, err
	}
	if e.Credit, err = Account(ctx, d.tx, d.book, credit, d.now); err != nil {
		return Line{}, err
	}
	e.Batch = 0
	return e, nil
}
