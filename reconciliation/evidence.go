package reconciliation

import "ansinh/ledger"

// Situation is where the attempt that a line names stands, a row of [Table]. If
// the attempt is the one the payment's money state speaks of, it is that state.
type Situation string

// The situations beside the money states of package ledger.
const (
	NoRecord     Situation = "no_record"     // a valid id of ours that this database never ordered
	OtherUnsent  Situation = "other_unsent"  // the attempt ended; a newer one is ordered, certainly not sent
	OtherOpen    Situation = "other_open"    // the attempt ended; another one is under way
	OtherPaid    Situation = "other_paid"    // the attempt ended; another one was paid
	OtherOwed    Situation = "other_owed"    // the attempt ended; the newest one ended too
	OtherBack    Situation = "other_back"    // the attempt ended; another one was paid and came back
	ProvedBefore Situation = "proved_before" // the attempt was paid and came back; another one followed
)

// Situations lists all rows in the order of docs/STATES.md.
var Situations = func() []Situation {
	list := []Situation{NoRecord}
	for _, s := range ledger.States {
		list = append(list, Situation(s))
	}
	return append(list, OtherUnsent, OtherOpen, OtherPaid, OtherOwed, OtherBack, ProvedBefore)
}()

// Evidence is what one line of a file says about one attempt, a column of [Table].
type Evidence string

// Reports prove single payments and never move the account.
const (
	StatusAccepted Evidence = "status_accepted" // taken or in work
	StatusPending  Evidence = "status_pending"
	StatusUnknown  Evidence = "status_unknown"  // a status word we do not act on
	StatusSettled  Evidence = "status_settled"  // pain.002 ACSC at a bank whose reports prove
	AdviceDebit    Evidence = "advice_debit"    // camt.054, or a detail of a bulk entry, at such a bank
	SheetSuccess   Evidence = "sheet_success"   // result file of a portal, at such a bank
	ReportNoProof  Evidence = "report_no_proof" // any of these where only the statement proves
	StatusRejected Evidence = "status_rejected"
	SheetRejected  Evidence = "sheet_rejected"
	AdviceReturn   Evidence = "advice_return" // camt.054: money on its way back
	ReportOther    Evidence = "report_other"  // a report with another amount, account or bank
)

// Debits are booked on a final statement.
const (
	DebitProof  Evidence = "debit_proof"  // the first of the attempt, and the profile calls it the proof
	DebitBooked Evidence = "debit_booked" // the first of the attempt, not itself the proof
	DebitOwed   Evidence = "debit_owed"   // the first of an attempt proved before it was booked
	DebitSecond Evidence = "debit_second"
	DebitOther  Evidence = "debit_other" // another amount, account or bank
)

// Money back, booked on a final statement.
const (
	ReturnWhole  Evidence = "return"
	ReturnLess   Evidence = "return_less"   // the bank kept a part
	ReturnOther  Evidence = "return_other"  // more than was paid, or another account or bank
	ReturnSecond Evidence = "return_second" // returned already and no claim open
)

// What a provider reports of a listed payment.
const (
	ProviderPaid     Evidence = "provider_paid"
	ProviderUnpaid   Evidence = "provider_unpaid"
	ProviderReturned Evidence = "provider_returned" // taken back after it was reported paid
	ProviderOther    Evidence = "provider_other"    // another amount
	ProviderOpen     Evidence = "provider_open"
)

// Lines that name no attempt of ours.
const (
	BulkDebit     Evidence = "bulk_debit"    // one sum for a submission of ours
	BulkCredit    Evidence = "bulk_credit"   // a sum that comes back under a submission's id
	BulkNoRecord  Evidence = "bulk_norecord" // a message id of our form that we never sent
	FundsCredit   Evidence = "funds_credit"  // a draw arrives
	UnknownDebit  Evidence = "unknown_debit"
	UnknownCredit Evidence = "unknown_credit"
	AlteredDebit  Evidence = "altered_debit" // an id of our form that fails its check
	AlteredCredit Evidence = "altered_credit"
	NamesNobody   Evidence = "names_nobody" // a report, a pending entry or a repeated line without effect
)

// Evidences lists the columns about an attempt, in the order of docs/STATES.md.
var Evidences = []Evidence{
	StatusAccepted, StatusPending, StatusUnknown, StatusSettled, AdviceDebit, SheetSuccess, ReportNoProof, StatusRejected, SheetRejected,
	AdviceReturn, ReportOther,
	DebitProof, DebitBooked, DebitOwed, DebitSecond, DebitOther,
	ReturnWhole, ReturnLess, ReturnOther, ReturnSecond,
	ProviderPaid, ProviderUnpaid, ProviderReturned, ProviderOther, ProviderOpen,
}

// LooseEvidences lists the columns without an attempt.
var LooseEvidences = []Evidence{
	BulkDebit, BulkCredit, BulkNoRecord, FundsCredit, UnknownDebit, UnknownCredit, AlteredDebit, AlteredCredit, NamesNobody,
}
