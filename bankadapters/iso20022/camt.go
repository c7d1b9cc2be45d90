package iso20022

import (
	"bytes"
	"io"
	"strings"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// ReportReader reads one camt.053 or camt.054 file. It implements
// [bankadapters.Reader] and can be used once.
type ReportReader struct {
	walker walker
	tree   *element
	state  reportState
}

var _ bankadapters.Reader = (*ReportReader)(nil)

// NewStatementReader reads camt.053, version .08 or .02: a final statement of
// one account. Opening balance + booked entries must be the closing balance.
func NewStatementReader(source io.Reader) *ReportReader {
	return newReportReader(source, bankadapters.KindStatement, statementTree)
}

// NewNotificationReader reads camt.054, version .08 or .02. It has no balances;
// its entries must agree with the control totals it gives.
func NewNotificationReader(source io.Reader) *ReportReader {
	return newReportReader(source, bankadapters.KindNotification, notificationTree)
}

func newReportReader(source io.Reader, kind bankadapters.Kind, tree *element) *ReportReader {
	r := &ReportReader{tree: tree}
	message := "urn:iso:std:iso:20022:tech:xsd:" + string(kind)
	r.walker = walker{scanner: newScanner(source, kind), namespaces: []string{message + ".001.08", message + ".001.02"}}
	r.state = reportState{walker: &r.walker, kind: kind}
	r.state.declared.Count, r.state.credits.count, r.state.debits.count = -1, -1, -1
	return r
}

// Read hands over the head and then the entries. What it returns is a
// *bankadapters.FileError, an error of the source, or an error of a callback.
//
// One TxDtls without Btch is merged into its entry. An entry with Btch or
// several TxDtls is handed over first, then its details with Detail set. The
// amount of an entry is always that of Ntry, because only that moved the account.
func (r *ReportReader) Read(head func(bankadapters.Head) error, entry func(bankadapters.Entry) error) error {
	r.state.toHead, r.state.toEntry = head, entry
	return r.walker.walk(r.tree, &r.state)
}

// control is a declared count and sum of one side; count −1 = not declared.
type control struct {
	count  int
	sum    money.Amount
	hasSum bool
}

// balance is the Bal element being read.
type balance struct {
	code   string
	amount money.Amount
	debit  bool
	date   calendar.Date
}

// reportState is the visitor of both messages.
type reportState struct {
	walker  *walker
	kind    bankadapters.Kind
	toHead  func(bankadapters.Head) error
	toEntry func(bankadapters.Entry) error

	declared bankadapters.Head // the head as it fills
	credits  control
	debits   control
	hasTotal bool // the sum of all entries was declared
	headSent bool
	reports  int

	balance    balance
	hasOpening bool
	hasClosing bool

	current entryState
	line    int

	position  int
	count     [2]int          // entries seen by side: 0 credit, 1 debit
	sum       [2]money.Amount // … all entries
	bookedSum money.Amount    // booked credits − debits
}

func (s *reportState) begin(f field) error {
	switch f {
	case fieldReport:
		s.reports++
		if s.reports > 1 {
			return wrong(bankadapters.CodeSeveral, "more than one statement in the file: ask the bank for one a file")
		}
	case fieldBalance:
		s.balance = balance{}
	case fieldEntry:
		s.line = s.walker.scanner.currentLine()
		s.current.reset()
		return s.sendHead()
	case fieldBatch:
		if s.current.hasBatch {
			return wrong(bankadapters.CodeSeveral, "one entry sums up several batches: ask the bank for one entry a batch")
		}
		s.current.hasBatch, s.current.bulk = true, true
	case fieldDetail:
		return s.beginDetail()
	case fieldReturn:
		s.current.detail.returned = true
	}
	return nil
}

func (s *reportState) end(f field) error {
	switch f {
	case fieldReport:
		if err := s.sendHead(); err != nil {
			return err
		}
		return s.checkTotals()
	case fieldBalance:
		return s.endBalance()
	case fieldEntry:
		return s.endEntry()
	case fieldDetail:
		return s.endDetail()
	}
	return nil
}

func (s *reportState) value(f field, text []byte) error {
	if f >= fieldEntryRef {
		return s.current.value(s.walker, f, text)
	}
	h := &s.declared
	var err error
	switch f {
	case fieldReportID:
		h.FileID = string(text)
	case fieldSequence:
		var n int
		n, err = number(text)
		h.Sequence = int64(n)
	case fieldCreated:
		h.Created, _, err = moment(text)
	case fieldFrom:
		h.From, err = day(text)
	case fieldTo:
		h.To, err = day(text)
	case fieldAccount:
		h.Account = string(text)
	case fieldAccountCurrency:
		if string(text) != "VND" {
			err = wrong(bankadapters.CodeCurrency, "the account is kept in %q, not VND", clip(text))
		}
	case fieldBalanceType:
		s.balance.code = string(text)
	case fieldBalanceAmount:
		s.balance.amount, err = s.walker.vnd(text)
	case fieldBalanceSide:
		var side bankadapters.Side
		side, err = sideOf(text)
		s.balance.debit = side == bankadapters.Debit
	case fieldBalanceDate:
		s.balance.date, err = day(text)
	case fieldEntriesCount:
		h.Count, err = number(text)
	case fieldEntriesSum:
		h.Total, err = amount(text)
		s.hasTotal = true
	case fieldCreditsCount:
		s.credits.count, err = number(text)
	case fieldCreditsSum:
		s.credits.sum, err = amount(text)
		s.credits.hasSum = true
	case fieldDebitsCount:
		s.debits.count, err = number(text)
	case fieldDebitsSum:
		s.debits.sum, err = amount(text)
		s.debits.hasSum = true
	}
	return err
}

func sideOf(text []byte) (bankadapters.Side, error) {
	switch string(text) {
	case "DBIT":
		return bankadapters.Debit, nil
	case "CRDT":
		return bankadapters.Credit, nil
	}
	return "", wrong(bankadapters.CodeValue, "%q is neither CRDT nor DBIT", clip(text))
}

func (s *reportState) endBalance() error {
	signed := s.balance.amount
	if s.balance.debit {
		signed = -signed
	}
	switch s.balance.code {
	case "OPBD":
		if s.hasOpening {
			return wrong(bankadapters.CodeRepeated, "two opening balances")
		}
		s.hasOpening, s.declared.Opening = true, signed
		if s.declared.From.IsZero() {
			s.declared.From = s.balance.date
		}
	case "CLBD":
		if s.hasClosing {
			return wrong(bankadapters.CodeRepeated, "two closing balances")
		}
		s.hasClosing, s.declared.Closing = true, signed
		if s.declared.To.IsZero() {
			s.declared.To = s.balance.date
		}
	}
	return nil
}

// sendHead hands over the head before the first entry, once.
func (s *reportState) sendHead() error {
	if s.headSent {
		return nil
	}
	s.headSent = true
	h := s.declared
	h.Kind = s.kind
	if strings.TrimSpace(h.Account) == "" {
		return wrong(bankadapters.CodeMissing, "the file does not say whose account it is about")
	}
	if s.kind == bankadapters.KindStatement && (!s.hasOpening || !s.hasClosing) {
		return wrong(bankadapters.CodeMissing, "a statement needs an opening (OPBD) and a closing balance (CLBD)")
	}
	h.HasTotals = h.Count >= 0 || s.hasTotal || s.credits.count >= 0 || s.debits.count >= 0
	return s.toHead(h)
}

// checkTotals is what makes a file add up.
func (s *reportState) checkTotals() error {
	if s.kind == bankadapters.KindStatement {
		closing, err := s.declared.Opening.Add(s.bookedSum)
		if err != nil {
			return wrong(bankadapters.CodeBalance, "the balances: %v", err)
		}
		if closing != s.declared.Closing {
			return wrong(bankadapters.CodeBalance, "opening %s + entries %s = %s, but closing says %s đồng",
				s.declared.Opening, s.bookedSum, closing, s.declared.Closing)
		}
	}
	all, err := s.sum[0].Add(s.sum[1])
	if err != nil {
		return wrong(bankadapters.CodeSum, "the entries: %v", err)
	}
	for _, c := range []struct {
		what    string
		control control
		count   int
		sum     money.Amount
	}{
		{"entries", control{s.declared.Count, s.declared.Total, s.hasTotal}, s.count[0] + s.count[1], all},
		{"credits", s.credits, s.count[0], s.sum[0]},
		{"debits", s.debits, s.count[1], s.sum[1]},
	} {
		if c.control.count >= 0 && c.control.count != c.count {
			return wrong(bankadapters.CodeCount, "%d %s in the file, %d declared", c.count, c.what, c.control.count)
		}
		if c.control.hasSum && c.control.sum != c.sum {
			return wrong(bankadapters.CodeSum, "%s add up to %s, %s đồng declared", c.what, c.sum, c.control.sum)
		}
	}
	return nil
}

var notProvided = []byte("NOTPROVIDED")

func provided(text []byte) []byte {
	if bytes.Equal(text, notProvided) {
		return nil
	}
	return text
}
