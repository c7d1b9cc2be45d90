package ledger

// State is the money state of a payment: what the leg of its last line says.
type State string

// The money states. None is the safe zero value: nothing may be paid from it.
const (
	None        State = ""
	Approved    State = "approved"     // owed, never ordered
	Ordered     State = "ordered"      // an order to a bank is committed
	Out         State = "out"          // its single debit is booked, the credit not proved
	Paid        State = "paid"         // the credit is proved; the debt has ended
	Rejected    State = "rejected"     // refused by the bank; owed again
	Withdrawn   State = "withdrawn"    // taken back before it was sent; owed again
	NotExecuted State = "not_executed" // proved never executed; owed again
	Returned    State = "returned"     // came back after credit; owed again
	Listed      State = "listed"       // on a list at a provider
	Unpaid      State = "unpaid"       // reported unpaid by the provider; owed again
	Handed      State = "handed"       // cash with an own officer
	BroughtBack State = "brought_back" // cash came back unpaid; owed again
	Ended       State = "ended"        // the debt ended without payment
)

// States lists every state but None, in the order that numbers the leg variants.
var States = []State{Approved, Ordered, Out, Paid, Rejected, Withdrawn, NotExecuted, Returned, Listed, Unpaid, Handed, BroughtBack, Ended}

// Owed reports whether money is owed and no attempt is open, so that a new
// attempt may be ordered (a second person decides where DESIGN §6 says so).
func (s State) Owed() bool {
	switch s {
	case Approved, Rejected, Withdrawn, NotExecuted, Returned, Unpaid, BroughtBack:
		return true
	}
	return false
}

// stateWords are the states in words, Vietnamese and English.
var stateWords = map[State][2]string{
	None:        {"chưa duyệt", "not approved yet"},
	Approved:    {"đã duyệt, chưa lệnh", "approved, never ordered"},
	Ordered:     {"đã lệnh, chờ ngân hàng", "ordered, the bank has not booked it"},
	Out:         {"đã ghi nợ, chưa xác nhận ghi có", "debited, credit not proved"},
	Paid:        {"đã ghi có", "credited, proved"},
	Rejected:    {"ngân hàng từ chối, còn nợ", "refused by the bank, owed again"},
	Withdrawn:   {"rút lệnh chưa gửi, còn nợ", "withdrawn unsent, owed again"},
	NotExecuted: {"xác định không thực hiện, còn nợ", "proved never executed, owed again"},
	Returned:    {"đã ghi có rồi bị trả lại, còn nợ", "came back after credit, owed again"},
	Listed:      {"ở danh sách của đơn vị chi trả", "on a provider's list"},
	Unpaid:      {"đơn vị chi trả báo chưa trả, còn nợ", "reported unpaid, owed again"},
	Handed:      {"cán bộ đang giữ tiền mặt", "cash with an own officer"},
	BroughtBack: {"cán bộ mang tiền về, còn nợ", "cash brought back, owed again"},
	Ended:       {"thôi chi, hết nợ", "the debt ended without payment"},
}

// Words says the state as people read it: the only place where its words stand.
func (s State) Words() (vi, en string) {
	w, ok := stateWords[s]
	if !ok {
		return string(s), string(s)
	}
	return w[0], w[1]
}

// Open reports whether an attempt is under way: the money may move any moment.
func (s State) Open() bool { return s == Ordered || s == Out || s == Listed || s == Handed }

// LegID numbers a leg. Zero is a line without a payment.
type LegID int16

// The movements of a payment's money. Those that leave the state as it is
// (a claim, its refund, a late booked debit) exist once per state: see [LegIn].
const (
	LegApproved        LegID = 1
	LegOrdered         LegID = 2
	LegBooked          LegID = 3  // single debit booked, not itself the proof
	LegPaid            LegID = 4  // credit proved while the money is out
	LegPaidSent        LegID = 5  // the booked single debit is the proof
	LegRejected        LegID = 6  // while sent
	LegRejectedOut     LegID = 7  // while out: the bank owes us the money
	LegWithdrawn       LegID = 8  // never sent
	LegReturned        LegID = 9  // after credit
	LegNotExecuted     LegID = 10 // while sent
	LegNotExecutedOut  LegID = 11 // while out
	LegLate            LegID = 12 // proof of an ended attempt, paid from the account
	LegLateClaim       LegID = 13 // proof of an ended attempt that settles its open claim
	LegListed          LegID = 20
	LegListPaid        LegID = 21
	LegListUnpaid      LegID = 22
	LegListReturned    LegID = 23 // the provider takes back a payment it had reported paid
	LegHanded          LegID = 30
	LegSigned          LegID = 31
	LegBroughtBack     LegID = 32
	LegTreasuryPaid    LegID = 33 // the Treasury paid the person directly
	LegEnded           LegID = 40
	LegDeducted        LegID = 41 // a part of a new debt is kept for what the person owes us; the rest is what is owed
	LegDeductedWhole   LegID = 42 // all of a debt is kept for what the person owes us
	LegOverpaid        LegID = 43 // paid too much, recovery decided: the person owes us, we owe the budget
	legVariantBooked   LegID = 100
	legVariantClaimed  LegID = 120
	legVariantRefunded LegID = 140
	legVariantPerson   LegID = 160
	legVariantRecover  LegID = 180
	legVariantRepaid   LegID = 200
)

// Variant is a movement that leaves the state as it is.
type Variant LegID

// The variants. Booked is the debit of an attempt that was proved before it was
// booked; Claimed a debt of the bank (1388.B); Refunded its settlement; Person
// an amount the person owes back (1388.R) paid from the account; Recover the
// same taken over from an open claim on the bank; Repaid such an amount paid back
// in money.
const (
	Booked   = Variant(legVariantBooked)
	Claimed  = Variant(legVariantClaimed)
	Refunded = Variant(legVariantRefunded)
	Person   = Variant(legVariantPerson)
	Recover  = Variant(legVariantRecover)
	Repaid   = Variant(legVariantRepaid)
)

// LegIn returns the leg of movement v for a payment in state s, or 0 if there is none.
func LegIn(v Variant, s State) LegID {
	for i, have := range States {
		if have == s {
			return LegID(v) + LegID(i+1)
		}
	}
	return 0
}

// AttemptRule says how a leg's attempt follows from the line before it.
type AttemptRule string

// AmountRule says how a leg's amount follows from what is owed: the amount of the
// payment's first line, less what was deducted right after it.
type AmountRule string

// The rules as the database stores them.
const (
	AttemptNone AttemptRule = "none" // the first line: attempt 0
	AttemptSame AttemptRule = "same"
	AttemptNext AttemptRule = "next"

	AmountFirst AmountRule = "first"
	AmountPart  AmountRule = "part"  // less than the first line, and directly after it
	AmountWhole AmountRule = "whole" // all that is owed: attempts are never partial
	AmountFree  AmountRule = "free"
)

// Leg is one movement, as data. The table ledger.leg holds the same rows; a
// test compares them.
type Leg struct {
	ID      LegID
	Name    string
	State   State // after the leg
	Amount  AmountRule
	Attempt AttemptRule
	Claim   int // +1 opens a claim on the bank, -1 settles one
	Earlier bool
	Once    bool
	From    []State // arrows into the leg
	Debit   Role    // accounts in the posting set entrusted-state
	Credit  Role
}

var owed = []State{Approved, Rejected, Withdrawn, NotExecuted, Returned, Unpaid, BroughtBack}

// Legs is the whole table of movements for the posting set entrusted-state.
var Legs = buildLegs()

func buildLegs() []Leg {
	legs := []Leg{
		{LegApproved, "approved", Approved, AmountFirst, AttemptNone, 0, false, false, []State{None}, RoleBudget, RoleOwed},
		{LegOrdered, "ordered", Ordered, AmountWhole, AttemptNext, 0, false, false, owed, RoleSent, RoleFunds},
		{LegBooked, "booked", Out, AmountWhole, AttemptSame, 0, false, true, []State{Ordered}, RoleOut, RoleSent},
		{LegPaid, "paid", Paid, AmountWhole, AttemptSame, 0, false, false, []State{Ordered, Out}, RoleOwed, RoleOut},
		{LegPaidSent, "paid_sent", Paid, AmountWhole, AttemptSame, 0, false, true, []State{Ordered}, RoleOwed, RoleSent},
		{LegRejected, "rejected", Rejected, AmountWhole, AttemptSame, 0, false, false, []State{Ordered}, RoleFunds, RoleSent},
		{LegRejectedOut, "rejected_out", Rejected, AmountWhole, AttemptSame, 1, false, false, []State{Ordered, Out}, RoleBankClaim, RoleOut},
		{LegWithdrawn, "withdrawn", Withdrawn, AmountWhole, AttemptSame, 0, false, false, []State{Ordered}, RoleFunds, RoleSent},
		{LegReturned, "returned", Returned, AmountWhole, AttemptSame, 1, true, false, []State{Paid}, RoleBankClaim, RoleOwed},
		{LegNotExecuted, "not_executed", NotExecuted, AmountWhole, AttemptSame, 0, false, false, []State{Ordered}, RoleFunds, RoleSent},
		{LegNotExecutedOut, "not_executed_out", NotExecuted, AmountWhole, AttemptSame, 1, false, false, []State{Ordered, Out}, RoleBankClaim, RoleOut},
		{LegLate, "late", Paid, AmountWhole, AttemptSame, 0, true, false, []State{Rejected, Withdrawn, NotExecuted, Unpaid, BroughtBack}, RoleOwed, RoleFunds},
		{LegLateClaim, "late_claim", Paid, AmountWhole, AttemptSame, -1, true, false, []State{Rejected, Withdrawn, NotExecuted, Unpaid, BroughtBack}, RoleOwed, RoleBankClaim},
		{LegListed, "listed", Listed, AmountWhole, AttemptNext, 0, false, false, owed, RoleProviderSent, RoleProvider},
		{LegListPaid, "list_paid", Paid, AmountWhole, AttemptSame, 0, false, false, []State{Listed}, RoleOwed, RoleProviderSent},
		{LegListUnpaid, "list_unpaid", Unpaid, AmountWhole, AttemptSame, 0, false, false, []State{Listed}, RoleProvider, RoleProviderSent},
		{LegListReturned, "list_returned", Unpaid, AmountWhole, AttemptSame, 0, false, false, []State{Paid}, RoleProvider, RoleOwed},
		{LegHanded, "handed", Handed, AmountWhole, AttemptNext, 0, false, false, owed, RoleOfficer, RoleCash},
		{LegSigned, "signed", Paid, AmountWhole, AttemptSame, 0, false, false, []State{Handed}, RoleOwed, RoleOfficer},
		{LegBroughtBack, "brought_back", BroughtBack, AmountWhole, AttemptSame, 0, false, false, []State{Handed}, RoleCash, RoleOfficer},
		{LegTreasuryPaid, "treasury_paid", Paid, AmountWhole, AttemptNext, 0, false, false, owed, RoleOwed, RoleBudget},
		{LegEnded, "ended", Ended, AmountWhole, AttemptSame, 0, false, false, owed, RoleOwed, RoleBudget},
		{LegDeducted, "deducted", Approved, AmountPart, AttemptSame, 0, false, false, []State{Approved}, RoleOwed, RolePersonClaim},
		{LegDeductedWhole, "deducted_whole", Ended, AmountWhole, AttemptSame, 0, false, false, owed, RoleOwed, RolePersonClaim},
		{LegOverpaid, "overpaid", Paid, AmountFree, AttemptSame, 0, false, false, []State{Paid}, RolePersonClaim, RoleOther},
	}
	for _, v := range []struct {
		variant       Variant
		name          string
		amount        AmountRule
		claim         int
		once          bool
		debit, credit Role
	}{
		{Booked, "booked", AmountWhole, 0, true, RoleOut, RoleSent},
		{Claimed, "claimed", AmountFree, 1, false, RoleBankClaim, RoleFunds},
		{Refunded, "refunded", AmountFree, -1, false, RoleFunds, RoleBankClaim},
		{Person, "person", AmountFree, 0, false, RolePersonClaim, RoleFunds},
		{Recover, "recover", AmountFree, -1, false, RolePersonClaim, RoleBankClaim},
		{Repaid, "repaid", AmountFree, 0, false, RoleFunds, RolePersonClaim},
	} {
		for i, s := range States {
			legs = append(legs, Leg{LegID(v.variant) + LegID(i+1), v.name + "." + string(s), s, v.amount, AttemptSame,
				v.claim, true, v.once, []State{s}, v.debit, v.credit})
		}
	}
	return legs
}

// legByID is a list and not a map because each line is looked up in it.
var legByID = func() []*Leg {
	var list []*Leg
	for i := range Legs {
		for int(Legs[i].ID) >= len(list) {
			list = append(list, nil)
		}
		list[Legs[i].ID] = &Legs[i]
	}
	return list
}()

// LegOf returns the leg numbered id, or nil.
func LegOf(id LegID) *Leg {
	if id < 0 || int(id) >= len(legByID) {
		return nil
	}
	return legByID[id]
}

// Allowed reports whether leg may follow a payment in state from.
func Allowed(from State, leg LegID) bool {
	l := LegOf(leg)
	if l == nil {
		return false
	}
	for _, s := range l.From {
		if s == from {
			return true
		}
	}
	return false
}
