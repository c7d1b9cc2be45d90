package bankadapters

import (
	"fmt"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// Kind says what sort of file a bank or provider gave us.
type Kind string

// The files the first release reads.
const (
	KindStatement      Kind = "camt.053"        // final booked statement of an account
	KindNotification   Kind = "camt.054"        // debit and credit advice; proves single payments
	KindStatusReport   Kind = "pain.002"        // answer to a submission or an inquiry
	KindSheetResult    Kind = "sheet-result"    // result file of a portal bank
	KindProviderResult Kind = "provider-result" // a provider's list of paid, unpaid, leftover
	KindWithdrawals    Kind = "withdrawals"     // first withdrawal events with their coverage
)

// Side is the side of a booked entry on our account at the bank.
type Side string

// Debit takes money from our account, Credit brings money in.
const (
	Debit  Side = "debit"
	Credit Side = "credit"
)

// Head is what a file says of itself before its entries.
type Head struct {
	Kind      Kind
	FileID    string // the bank's own id of the file
	Account   string // the account the file is about; empty for pain.002
	Sequence  int64  // electronic sequence number of a statement, 0 if none
	From, To  calendar.Date
	Created   time.Time
	Opening   money.Amount // signed: a credit balance is positive
	Closing   money.Amount
	Message   MessageID // the submission a status report or result file is about
	Count     int       // control count as declared; -1 when the file declares none
	Total     money.Amount
	HasTotals bool

	Owner        string    // lists: the bank or provider the file names as its author
	Coverage     string    // withdrawals: all or part
	CompleteUpTo time.Time // withdrawals: no later event is known to the file
	Text         string    // withdrawals: the statement of coverage
}

// Entry is one booked entry (or one detail of a booked entry) or one reported
// payment. Position counts from 1 in file order.
//
// A bulk entry has Batch set to the submission's message id and one detail per
// payment or none; its details come as entries with Detail true and never move
// the account by themselves.
type Entry struct {
	Position     int
	Detail       bool
	Side         Side
	Amount       money.Amount
	Booked       bool // pending entries post nothing
	BookDate     calendar.Date
	ValueDate    calendar.Date
	Servicer     string     // AcctSvcrRef, the bank's reference
	EntryRef     string     // NtryRef
	OriginalRef  string     // the bank's reference of the entry this one undoes, when given
	EndToEnd     EndToEndID // as the bank gave it: it may be cut, foreign or empty
	Message      MessageID  // the submission a single entry names, when given
	Batch        MessageID  // PmtInfId or MsgId of a bulk entry
	BulkCount    int
	Account      string // the other side's account, when given
	Name         string
	Status       TxStatus
	Code         string // reason code: return reason, reject reason
	Return       bool   // the entry gives money back
	Text         string
	EventTime    time.Time     // withdrawals: time of the first event
	EventKind    string        // withdrawals: cash, spend, signed
	From, To     calendar.Date // withdrawals: the dates the row speaks about
	CompleteUpTo time.Time     // withdrawals: events of this payment are known up to here
	LineNumber   int           // line in the file, for errors; 0 if the format has none
}

// FileError says where in a bank's file reading stopped and how to mend it.
type FileError struct {
	Kind Kind
	Line int
	Cell string // the cell, in a workbook
	Code string // stable code listed in docs/ERRORS.md
	Why  string
}

// Error names the file kind, the cell or line, and the reason.
func (e *FileError) Error() string {
	if e.Cell != "" {
		return fmt.Sprintf("%s cell %s: %s (%s)", e.Kind, e.Cell, e.Why, e.Code)
	}
	if e.Line > 0 {
		return fmt.Sprintf("%s line %d: %s (%s)", e.Kind, e.Line, e.Why, e.Code)
	}
	return fmt.Sprintf("%s: %s (%s)", e.Kind, e.Why, e.Code)
}

// Reader hands over a file: its head, then each entry in order. Totals are
// checked by the reader at the end; a mismatch is a *FileError, and the caller
// must then drop everything it read.
type Reader interface {
	Read(head func(Head) error, entry func(Entry) error) error
}
