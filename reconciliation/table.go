package reconciliation

import "ansinh/ledger"

// Action is what follows from one cell.
type Action string

// The actions. Each posts the lines that [Actions] names, or opens a break, or
// both; what it posts depends on open claims only where it says so.
const (
	Nothing       Action = "nothing"        // already known, or proves nothing
	Wait          Action = "wait"           // reported, but only the statement proves at this bank
	Prove         Action = "prove"          // 3388.N / 113.out
	ProveBooked   Action = "prove_booked"   // 3388.N / 113.sent
	Book          Action = "book"           // 113.out / 113.sent
	BookProved    Action = "book_proved"    // 113.out / 113.sent, state unchanged
	Reject        Action = "reject"         // 112 / 113.sent; 1388.B / 113.out when sent is used up
	RejectOut     Action = "reject_out"     // 1388.B / 113.out
	RejectBack    Action = "reject_back"    // 1388.B / 113.out and 112 / 1388.B; an open claim first
	Return        Action = "return"         // 1388.B / 3388.N and 112 / 1388.B; an open claim first
	ReturnAdvised Action = "return_advised" // 1388.B / 3388.N
	Refund        Action = "refund"         // 112 / 1388.B as far as claimed, the rest 112 / 3388.X
	Late          Action = "late"           // 3388.N / 112; barred
	LateReport    Action = "late_report"    // 3388.N / 1388.B when claimed, else break; barred
	Claim         Action = "claim"          // 1388.B / 112 and break
	ClaimBar      Action = "claim_bar"      // the same; barred
	WithdrawNewer Action = "withdraw_newer" // the unsent newer order is withdrawn, then look again
	PersonOwes    Action = "person_owes"    // 1388.R / 112 and break
	DebitX        Action = "debit_x"        // 1388.X / 112 and break
	CreditX       Action = "credit_x"       // 112 / 3388.X and break
	BreakOnly     Action = "break"          // nothing posted, break
	BarBreak      Action = "bar_break"      // nothing posted, break; barred
	Stop          Action = "stop"           // break; dispatch stops everywhere
	StopDebitX    Action = "stop_debit_x"
	StopCreditX   Action = "stop_credit_x"
	ListPaid      Action = "list_paid"     // 3388.N / 1388.P.sent
	ListUnpaid    Action = "list_unpaid"   // 1388.P / 1388.P.sent
	ListReturned  Action = "list_returned" // 1388.P / 3388.N
	BookBulk      Action = "book_bulk"     // 113.out / 113.sent as far as sent, the rest 1388.B / 112 and break
	RefundBulk    Action = "refund_bulk"   // 112 / 1388.B of the order, the rest 112 / 3388.X
	FundsArrive   Action = "funds_arrive"  // 112 / 113.draw
)

// Cells of one situation. They are written without field names on purpose: the
// compiler then refuses a row with a cell missing.
type (
	reportCells struct {
		accepted, pending, unknown, settled, advice, sheet, noProof, rejected, sheetRejected, adviceReturn, other Action
	}
	debitCells    struct{ proof, booked, owed, second, other Action }
	returnCells   struct{ whole, less, other, second Action }
	providerCells struct{ paid, unpaid, returned, other, open Action }
	row           struct {
		reports   reportCells
		debits    debitCells
		returns   returnCells
		providers providerCells
	}
)

var (
	noProvider   = providerCells{BreakOnly, BreakOnly, BreakOnly, BreakOnly, Nothing}
	knownReports = reportCells{Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, BreakOnly}
	wrongReports = reportCells{Nothing, Nothing, Nothing, BreakOnly, BreakOnly, BreakOnly, BreakOnly, Nothing, Nothing, BreakOnly, BreakOnly}
	lateReports  = reportCells{Nothing, Nothing, Nothing, LateReport, LateReport, LateReport, BarBreak, Nothing, Nothing, Nothing, BreakOnly}
	barReports   = reportCells{Nothing, Nothing, Nothing, BarBreak, BarBreak, BarBreak, BarBreak, Nothing, Nothing, Nothing, BreakOnly}
	stopReports  = reportCells{Stop, Stop, Stop, Stop, Stop, Stop, Stop, Stop, Stop, Stop, Stop}
	anyDebitX    = debitCells{DebitX, DebitX, DebitX, DebitX, DebitX}
	stopDebits   = debitCells{StopDebitX, StopDebitX, StopDebitX, StopDebitX, StopDebitX}
	lateDebits   = debitCells{Late, ClaimBar, BookProved, Claim, DebitX}
	claimDebits  = debitCells{Claim, Claim, BookProved, Claim, DebitX}
	refunds      = returnCells{Refund, Refund, CreditX, CreditX}
	anyCreditX   = returnCells{CreditX, CreditX, CreditX, CreditX}
	endedRow     = row{lateReports, lateDebits, refunds, noProvider}
)

// table is the whole of it: situation × evidence → action.
var table = map[Situation]row{
	NoRecord: {stopReports, stopDebits, returnCells{StopCreditX, StopCreditX, StopCreditX, StopCreditX},
		providerCells{Stop, Stop, Stop, Stop, Stop}},
	at(ledger.Approved): {stopReports, stopDebits, anyCreditX, providerCells{Stop, Stop, Stop, Stop, Stop}},
	at(ledger.Ordered): {
		reportCells{Nothing, Nothing, Nothing, Prove, Prove, Prove, Wait, Reject, Reject, RejectOut, BreakOnly},
		debitCells{ProveBooked, Book, Claim, Claim, DebitX},
		returnCells{RejectBack, CreditX, CreditX, CreditX},
		noProvider,
	},
	at(ledger.Out): {
		reportCells{Nothing, Nothing, Nothing, Prove, Prove, Prove, Wait, RejectOut, RejectOut, RejectOut, BreakOnly},
		debitCells{Claim, Claim, Claim, Claim, DebitX},
		returnCells{RejectBack, CreditX, CreditX, CreditX},
		noProvider,
	},
	at(ledger.Paid): {
		reportCells{Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, BreakOnly, BreakOnly, ReturnAdvised, BreakOnly},
		claimDebits,
		returnCells{Return, Return, CreditX, CreditX},
		providerCells{Nothing, BreakOnly, ListReturned, BreakOnly, Nothing},
	},
	at(ledger.Rejected):    endedRow,
	at(ledger.Withdrawn):   endedRow,
	at(ledger.NotExecuted): endedRow,
	at(ledger.Returned):    {knownReports, claimDebits, refunds, noProvider},
	at(ledger.Listed):      {wrongReports, anyDebitX, anyCreditX, providerCells{ListPaid, ListUnpaid, BreakOnly, BreakOnly, Nothing}},
	at(ledger.Unpaid):      {wrongReports, anyDebitX, anyCreditX, providerCells{BreakOnly, Nothing, Nothing, BreakOnly, Nothing}},
	at(ledger.Handed):      {wrongReports, anyDebitX, anyCreditX, noProvider},
	at(ledger.BroughtBack): {wrongReports, anyDebitX, anyCreditX, noProvider},
	at(ledger.Ended): {barReports, debitCells{PersonOwes, PersonOwes, BookProved, Claim, DebitX}, refunds,
		providerCells{BreakOnly, Nothing, BreakOnly, BreakOnly, Nothing}},
	OtherUnsent: {
		reportCells{Nothing, Nothing, Nothing, WithdrawNewer, WithdrawNewer, WithdrawNewer, WithdrawNewer, Nothing, Nothing, Nothing, BreakOnly},
		debitCells{WithdrawNewer, WithdrawNewer, BookProved, Claim, DebitX}, refunds, noProvider,
	},
	OtherOpen:    {wrongReports, claimDebits, refunds, noProvider},
	OtherPaid:    {wrongReports, claimDebits, refunds, noProvider},
	OtherOwed:    endedRow,
	OtherBack:    {barReports, debitCells{ClaimBar, ClaimBar, BookProved, Claim, DebitX}, refunds, noProvider},
	ProvedBefore: {knownReports, claimDebits, refunds, noProvider},
}

func at(s ledger.State) Situation { return Situation(s) }

// looseTable says what follows from a line that names no attempt.
var looseTable = map[Evidence]Action{
	BulkDebit:     BookBulk,
	BulkCredit:    RefundBulk,
	BulkNoRecord:  StopDebitX,
	FundsCredit:   FundsArrive,
	UnknownDebit:  DebitX,
	UnknownCredit: CreditX,
	AlteredDebit:  DebitX,
	AlteredCredit: CreditX,
	NamesNobody:   Nothing,
}

// Table returns the action of one cell. An action of "" means a situation or
// evidence that does not exist.
func Table(s Situation, e Evidence) Action {
	if a, ok := looseTable[e]; ok {
		return a
	}
	return cells[s][e]
}

// cells is table in the form it is looked up.
var cells = func() map[Situation]map[Evidence]Action {
	m := make(map[Situation]map[Evidence]Action, len(table))
	for s, r := range table {
		m[s] = map[Evidence]Action{
			StatusAccepted: r.reports.accepted, StatusPending: r.reports.pending, StatusUnknown: r.reports.unknown,
			StatusSettled: r.reports.settled, AdviceDebit: r.reports.advice, SheetSuccess: r.reports.sheet,
			ReportNoProof: r.reports.noProof, StatusRejected: r.reports.rejected, SheetRejected: r.reports.sheetRejected,
			AdviceReturn: r.reports.adviceReturn, ReportOther: r.reports.other,
			DebitProof: r.debits.proof, DebitBooked: r.debits.booked, DebitOwed: r.debits.owed,
			DebitSecond: r.debits.second, DebitOther: r.debits.other,
			ReturnWhole: r.returns.whole, ReturnLess: r.returns.less, ReturnOther: r.returns.other, ReturnSecond: r.returns.second,
			ProviderPaid: r.providers.paid, ProviderUnpaid: r.providers.unpaid, ProviderReturned: r.providers.returned,
			ProviderOther: r.providers.other, ProviderOpen: r.providers.open,
		}
	}
	return m
}()
