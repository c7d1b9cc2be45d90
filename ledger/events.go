package ledger

import "ansinh/internal/money"

// The events below are the rows of the posting rules that no single payment
// owns (testdata/posting-rules-tt24.csv and DESIGN §4): each returns the
// entries for [Move]. Events that name a payment are legs.

// Allot records the year's estimate: Dr 008.
func Allot(programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{Role: RoleAllotment, Programme: programme}, technical, amount, false}}
}

var technical = Slot{Role: RoleTechnical}

// drawn is the 008 side of every draw: Cr 008211.
func drawn(programme string, amount money.Amount, red bool) Entry {
	return Entry{technical, Slot{Role: RoleDrawn, Programme: programme}, amount, red}
}

// DrawOrdered records a draw at the Treasury to an own bank account (DEL-3A,
// first half), at the Treasury's date: Dr 113.draw / Cr 1371, Cr 008211.
func DrawOrdered(programme string, amount money.Amount) []Entry {
	return []Entry{
		{Slot{Role: RoleDraw, Programme: programme}, Slot{Role: RoleBudget, Programme: programme}, amount, false},
		drawn(programme, amount, false),
	}
}

// DrawArrived records the bank's credit advice of a draw (DEL-3A, second half):
// Dr 112.B / Cr 113.draw. It needs the entry as cause.
func DrawArrived(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleFunds, place, programme}, Slot{Role: RoleDraw, Programme: programme}, amount, false}}
}

// DrawToProvider records a draw straight to a payment provider (DEL-2A):
// Dr 1388.P / Cr 1371, Cr 008211.
func DrawToProvider(provider Place, programme string, amount money.Amount) []Entry {
	return []Entry{
		{Slot{RoleProvider, provider, programme}, Slot{Role: RoleBudget, Programme: programme}, amount, false},
		drawn(programme, amount, false),
	}
}

// ProviderLeftover records money a provider gives back to our bank account
// (DEL-2C): Dr 112.B / Cr 1388.P. It needs the entry as cause.
func ProviderLeftover(provider, place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleFunds, place, programme}, Slot{RoleProvider, provider, programme}, amount, false}}
}

// ProviderLeftoverCash is [ProviderLeftover] in cash (DEL-2C): Dr 111 / Cr 1388.P.
func ProviderLeftoverCash(provider Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{Role: RoleCash, Programme: programme}, Slot{RoleProvider, provider, programme}, amount, false}}
}

// ProviderLeftoverToTreasury records money a provider gives straight back to the
// Treasury (DEL-2D): Dr 1371 / Cr 1388.P, red Cr 008211.
func ProviderLeftoverToTreasury(provider Place, programme string, amount money.Amount) []Entry {
	return []Entry{
		{Slot{Role: RoleBudget, Programme: programme}, Slot{RoleProvider, provider, programme}, amount, false},
		drawn(programme, amount, true),
	}
}

// DrawnByTreasuryPayment is the 008 side of payments the Treasury makes to
// people directly (DEL-3C, DEL-5); their own lines are [LegTreasuryPaid].
func DrawnByTreasuryPayment(programme string, amount money.Amount) []Entry {
	return []Entry{drawn(programme, amount, false)}
}

// DrawCash records cash from the Treasury (DEL-4A): Dr 111 / Cr 1371, Cr 008211.
func DrawCash(programme string, amount money.Amount) []Entry {
	return []Entry{
		{Slot{Role: RoleCash, Programme: programme}, Slot{Role: RoleBudget, Programme: programme}, amount, false},
		drawn(programme, amount, false),
	}
}

// BankCash records cash paid into the bank (DEL-4D, second half): Dr 112.B /
// Cr 111. It needs the entry as cause.
func BankCash(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleFunds, place, programme}, Slot{Role: RoleCash, Programme: programme}, amount, false}}
}

// Prove moves drawn money from advance to actual spending when credits are
// proved: red Cr 008211, Cr 008212.
func Prove(programme string, amount money.Amount) []Entry {
	return []Entry{drawn(programme, amount, true), proved(programme, amount, false)}
}

// Unprove takes [Prove] back for money returned after proof: red Cr 008212,
// Cr 008211.
func Unprove(programme string, amount money.Amount) []Entry {
	return []Entry{proved(programme, amount, true), drawn(programme, amount, false)}
}

func proved(programme string, amount money.Amount, red bool) Entry {
	return Entry{technical, Slot{Role: RoleProved, Programme: programme}, amount, red}
}

// GivenBack lowers 008 for money given back in the same budget year: red
// Cr 008211. The money itself is an own order.
func GivenBack(programme string, amount money.Amount) []Entry {
	return []Entry{drawn(programme, amount, true)}
}

// BulkDebit records one debit for a whole submission: Dr 113.B.out /
// Cr 113.B.sent up to left, what the submission still has in sent, and the rest
// as a claim on the bank: Dr 1388.B / Cr 112.B. It needs cause and order.
func BulkDebit(place Place, programme string, amount, left money.Amount) []Entry {
	var entries []Entry
	if ours := min(amount, left); ours > 0 {
		entries = append(entries, Entry{Slot{RoleOut, place, programme}, Slot{RoleSent, place, programme}, ours, false})
	}
	if over := amount - max(0, min(amount, left)); over > 0 {
		entries = append(entries, Entry{Slot{RoleBankClaim, place, programme}, Slot{RoleFunds, place, programme}, over, false})
	}
	return entries
}

// Claim records a claim on the bank that names no payment: Dr 1388.B / Cr 112.B.
func Claim(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleBankClaim, place, programme}, Slot{RoleFunds, place, programme}, amount, false}}
}

// ClaimSettled records the bank's refund of [Claim]: Dr 112.B / Cr 1388.B.
func ClaimSettled(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleFunds, place, programme}, Slot{RoleBankClaim, place, programme}, amount, false}}
}

// UnknownDebit records a debit nobody can explain yet: Dr 1388.X / Cr 112.B.
func UnknownDebit(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleUnknownDebit, place, programme}, Slot{RoleFunds, place, programme}, amount, false}}
}

// UnknownCredit records a credit nobody can explain yet: Dr 112.B / Cr 3388.X.
func UnknownCredit(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleFunds, place, programme}, Slot{RoleUnknownCredit, place, programme}, amount, false}}
}

// Mirror is entries in red: explaining an unknown entry posts its mirror and
// the true event in one voucher.
func Mirror(entries []Entry) []Entry {
	red := make([]Entry, len(entries))
	for i, e := range entries {
		e.Red = !e.Red
		red[i] = e
	}
	return red
}

// BankFee records a fee the bank took from own money, never from a programme:
// Dr 1388.fee / Cr 112.B.0.
func BankFee(place Place, amount money.Amount) []Entry {
	return []Entry{{Slot{Role: RoleFee}, Slot{Role: RoleFunds, Place: place}, amount, false}}
}

// Interest records interest of an account: Dr 112.B.0 / Cr 3388.K.
func Interest(place Place, amount money.Amount) []Entry {
	return []Entry{{Slot{Role: RoleFunds, Place: place}, Slot{Role: RoleOther}, amount, false}}
}

// OwnMoneyPaidIn records own money paid in: it settles fees first, the rest is
// owed on: Dr 112.B.0 / Cr 1388.fee, then 3388.K.
func OwnMoneyPaidIn(place Place, amount, fees money.Amount) []Entry {
	var entries []Entry
	if part := min(amount, fees); part > 0 {
		entries = append(entries, Entry{Slot{Role: RoleFunds, Place: place}, Slot{Role: RoleFee}, part, false})
	}
	if rest := amount - max(0, min(amount, fees)); rest > 0 {
		entries = append(entries, Entry{Slot{Role: RoleFunds, Place: place}, Slot{Role: RoleOther}, rest, false})
	}
	return entries
}

// CoverShortage covers a programme's shortage from money of no programme:
// Dr 112.B.p / Cr 112.B.0.
func CoverShortage(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleFunds, place, programme}, Slot{Role: RoleFunds, Place: place}, amount, false}}
}

// OwnOrdered records an own order to a bank (move, cash, provider, give-back,
// pay-over): Dr 113.B.sent / Cr 112.B. It needs an order number.
func OwnOrdered(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleSent, place, programme}, Slot{RoleFunds, place, programme}, amount, false}}
}

// OwnBooked records that the bank booked an own order: Dr to / Cr 113.B.sent,
// where to is 113.move, 111, 1388.P, 1371 or 3388.K. It needs cause and order.
func OwnBooked(place Place, programme string, to Slot, amount money.Amount) []Entry {
	return []Entry{{to, Slot{RoleSent, place, programme}, amount, false}}
}

// MoveArrived records that a move between two accounts of one book arrived:
// Dr 112.B2 / Cr 113.move. It needs the entry as cause.
func MoveArrived(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleFunds, place, programme}, Slot{Role: RoleMove, Programme: programme}, amount, false}}
}

// PersonOwes records that an overpaid amount is to be recovered: Dr 1388.R /
// Cr 3388.K.
func PersonOwes(programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{Role: RolePersonClaim, Programme: programme}, Slot{Role: RoleOther, Programme: programme}, amount, false}}
}

// PersonRepaid records such an amount paid back in money: Dr 112.B / Cr 1388.R.
// It needs the entry as cause.
func PersonRepaid(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleFunds, place, programme}, Slot{Role: RolePersonClaim, Programme: programme}, amount, false}}
}

// KeptBack settles what is owed on to the budget by keeping it from a draw:
// Dr 3388.K / Cr 1371.
func KeptBack(programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{Role: RoleOther, Programme: programme}, Slot{Role: RoleBudget, Programme: programme}, amount, false}}
}

// EntrustedReceived records money entrusted by others than the state (ENT-1):
// Dr 112.B / Cr 1378. It needs the entry as cause.
func EntrustedReceived(place Place, programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{RoleFunds, place, programme}, Slot{Role: RoleEntrusted, Programme: programme}, amount, false}}
}

// EntrustedDetermined records who is to get entrusted money (ENT-2), not yet by
// payment: Dr 1378 / Cr 3388.K.
func EntrustedDetermined(programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{Role: RoleEntrusted, Programme: programme}, Slot{Role: RoleOther, Programme: programme}, amount, false}}
}

// EntrustedFee records the fee the paying unit keeps (ENT-3): Dr 1378 / Cr 518.
func EntrustedFee(programme string, amount money.Amount) []Entry {
	return []Entry{{Slot{Role: RoleEntrusted, Programme: programme}, Slot{Role: RoleFeeIncome}, amount, false}}
}
