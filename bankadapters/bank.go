package bankadapters

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// Key names one bank or provider in data, on screens and in logs, for example
// "A" or "BHXH". It is not the BIN: one bank may be reached over two rails.
type Key string

// MessageID is the id of one submission at a bank (ISO 20022 MsgId, at most 35
// characters). One id never names two contents.
type MessageID string

// EndToEndID is the id of one attempt of one payment, 16 characters A–Z 0–9.
// This package never looks inside it.
type EndToEndID string

// Outcome is what a caller may conclude from one Submit. The zero value is
// Unknown, so a forgotten assignment can only ever cause an inquiry.
type Outcome int

const (
	Unknown  Outcome = iota // nothing is certain; ends only by the three ways of DESIGN §6
	NotSent                 // certain that no byte of the message left us
	Refused                 // an authenticated final refusal of the whole message
	Accepted                // the bank took the message; proves nothing about money
)

// String returns the outcome's name as it is stored.
func (o Outcome) String() string {
	switch o {
	case NotSent:
		return "not_sent"
	case Refused:
		return "refused"
	case Accepted:
		return "accepted"
	case Unknown:
		return "unknown"
	default:
		return fmt.Sprintf("outcome(%d)", int(o))
	}
}

// Party is an account holder as the wire needs it.
type Party struct {
	Name    string // bank ASCII, see vntext.BankASCII
	Account string
	BIN     string // 6 digits, the bank's NAPAS identifier
}

// Instruction is one payment of a submission.
type Instruction struct {
	EndToEnd EndToEndID
	Creditor Party
	Amount   money.Amount
	Text     string // neutral remittance text, ASCII, the same for every category
	Person   string // personal id, only on a provider's list; no bank message carries it
	Unit     string // unit code of the payee, only on a provider's list
}

// Submission is one message to one bank: up to 10,000 instructions from one
// paying account. Instructions is a function so that a caller can stream and a
// reader can run twice over the same content (write, then read back).
type Submission struct {
	Message      MessageID
	Bank         Key
	Debtor       Party
	Initiator    string        // name of the paying unit, bank ASCII
	Execution    calendar.Date // requested execution date
	Created      time.Time     // fixed when the intent is committed: same id, same bytes
	Count        int
	Total        money.Amount
	Instructions func(yield func(Instruction) error) error
	LedgerHead   string // carried in the manifest or header, never inside the document
	SHA256       string // hex, of the bytes stored with the intent; Submit sends nothing that differs; "" = not checked
}

// Answer is everything one Submit learned.
type Answer struct {
	Outcome Outcome
	Code    string // the bank's reason code, when it gave one
	Text    string
	Report  *Report // the parsed pain.002, when the answer carried one
	Raw     []byte  // the answer as it came, kept as evidence
	At      time.Time
}

// TxStatus is what a bank says of one instruction in a status report.
type TxStatus string

// The transaction statuses the engine acts on; every other word is kept and
// proves nothing. Source: ISO 20022 ExternalPaymentTransactionStatus1Code.
const (
	TxRejected TxStatus = "RJCT"
	TxSettled  TxStatus = "ACSC"
	TxPending  TxStatus = "PDNG"
)

// What a provider says of one line of its list. TxLeftover comes once, last: its
// amount is what the provider will give back, its code INTERIM or FINAL.
const (
	TxPaid     TxStatus = "PAID"
	TxUnpaid   TxStatus = "UNPAID"
	TxOpen     TxStatus = "OPEN"
	TxLeftover TxStatus = "LEFTOVER"
)

// TxReport is one instruction's line in a status report.
type TxReport struct {
	EndToEnd EndToEndID
	Status   TxStatus
	Code     string
	Text     string
	Amount   money.Amount // zero when the report does not repeat it
	Servicer string       // the bank's own reference of the booking; a bank that booked twice lists twice
	Account  string       // the creditor's account, when the report repeats it
}

// Report is what a bank knows of one submission. Known false means the bank
// authenticated that it does not know the id; that alone ends nothing.
type Report struct {
	Message     MessageID
	Known       bool
	GroupStatus string // never decides a payment
	GroupCode   string
	Count       int          // OrgnlNbOfTxs, 0 when absent
	Total       money.Amount // OrgnlCtrlSum, 0 when absent
	AsOf        time.Time
	Txs         []TxReport
	Raw         []byte // the answer of an inquiry as it came, kept as evidence
}

// Document is one statement, notification or result file fetched from a bank.
type Document struct {
	ID       string
	Kind     Kind
	Name     string
	Account  string // the account it is about, "" if it names none
	Date     calendar.Date
	Sequence int64 // electronic sequence number of a statement, 0 if none
	SHA256   string
}

// Bank is a bank or provider reached over some wire.
//
// Submit panics on a context inside a database transaction. It never retries.
// The error explains an outcome for people and logs; it never replaces it.
type Bank interface {
	Submit(ctx context.Context, s Submission) (Answer, error)
	Status(ctx context.Context, id MessageID) (Report, error)
	Documents(ctx context.Context, since calendar.Date) ([]Document, error)
	Fetch(ctx context.Context, id string) (io.ReadCloser, error)
	VerifyAccount(ctx context.Context, p Party) (Holder, error)
}

// Holder is a bank's answer to a name inquiry.
type Holder struct {
	Found  bool // an open account
	Closed bool
	Name   string
	Match  bool // as the bank judged it; a person decides on a difference
}

// ErrNoAbility says that this bank's profile does not offer the call.
var ErrNoAbility = errors.New("the bank does not offer this")

// RefuseInTransaction panics when ctx belongs to an open database transaction.
// Every adapter calls it before its first byte.
func RefuseInTransaction(ctx context.Context) {
	if pgdb.InTransaction(ctx) {
		panic("bankadapters: a bank call inside a database transaction could pay twice")
	}
}
