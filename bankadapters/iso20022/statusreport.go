package iso20022

import (
	"io"

	"ansinh/bankadapters"
	"ansinh/internal/money"
)

const (
	_ field = iota
	fieldStatusMessage
	fieldStatusCreated
	fieldGroup
	fieldOriginalMessage
	fieldOriginalCount
	fieldOriginalSum
	fieldGroupStatus
	fieldGroupCode
	fieldGroupText
	fieldTx
	fieldTxInstruction
	fieldTxEndToEnd
	fieldTxStatus
	fieldTxCode
	fieldTxText
	fieldTxServicer
	fieldTxAmount
	fieldTxAccount
)

func reason(code, text field) *element {
	return many(group("StsRsnInf", 0, group("Rsn", 0, leaf("Cd", code), leaf("Prtry", code)), many(leaf("AddtlInf", text))))
}

var statusTree = group("Document", 0, must(group("CstmrPmtStsRpt", 0,
	must(group("GrpHdr", 0, must(leaf("MsgId", fieldStatusMessage)), leaf("CreDtTm", fieldStatusCreated))),
	must(group("OrgnlGrpInfAndSts", fieldGroup,
		must(leaf("OrgnlMsgId", fieldOriginalMessage)),
		leaf("OrgnlNbOfTxs", fieldOriginalCount),
		leaf("OrgnlCtrlSum", fieldOriginalSum),
		leaf("GrpSts", fieldGroupStatus),
		reason(fieldGroupCode, fieldGroupText))),
	many(group("OrgnlPmtInfAndSts", 0,
		many(group("TxInfAndSts", fieldTx,
			leaf("OrgnlInstrId", fieldTxInstruction),
			leaf("OrgnlEndToEndId", fieldTxEndToEnd),
			leaf("TxSts", fieldTxStatus),
			reason(fieldTxCode, fieldTxText),
			leaf("AcctSvcrRef", fieldTxServicer),
			group("OrgnlTxRef", 0,
				group("Amt", 0, leaf("InstdAmt", fieldTxAmount)),
				account("CdtrAcct", fieldTxAccount)))))),
)))

// StatusReader reads one pain.002 file. It implements [bankadapters.Reader] and
// can be used once. Its entries are reported payments, not bookings: Booked is
// false and Side is debit; Status says what the bank reports.
type StatusReader struct {
	walker walker
	state  statusState
}

var _ bankadapters.Reader = (*StatusReader)(nil)

// NewStatusReader reads pain.002, versions .10 and .03.
func NewStatusReader(source io.Reader) *StatusReader {
	r := &StatusReader{}
	const message = "urn:iso:std:iso:20022:tech:xsd:pain.002.001."
	r.walker = walker{scanner: newScanner(source, bankadapters.KindStatusReport), namespaces: []string{message + "10", message + "03"}}
	r.state = statusState{walker: &r.walker, head: bankadapters.Head{Kind: bankadapters.KindStatusReport, Count: -1}}
	return r
}

// Read hands over the head, then each transaction's status. A group status
// stands in [ParseReport] only: it never decides a payment.
func (r *StatusReader) Read(head func(bankadapters.Head) error, entry func(bankadapters.Entry) error) error {
	r.state.toHead, r.state.toEntry = head, entry
	return r.walker.walk(statusTree, &r.state)
}

// ParseReport reads a whole pain.002, as a bank answers a submission or an
// inquiry. An error is a *bankadapters.FileError or one of the source.
func ParseReport(source io.Reader) (bankadapters.Report, error) {
	r := NewStatusReader(source)
	report := bankadapters.Report{Known: true}
	keep := func(e bankadapters.Entry) error {
		report.Txs = append(report.Txs, bankadapters.TxReport{
			EndToEnd: e.EndToEnd, Status: e.Status, Code: e.Code, Text: e.Text,
			Amount: e.Amount, Servicer: e.Servicer, Account: e.Account,
		})
		return nil
	}
	err := r.Read(func(bankadapters.Head) error { return nil }, keep)
	if err != nil {
		return bankadapters.Report{}, err
	}
	head := r.state.head
	report.Message, report.AsOf = head.Message, head.Created
	report.GroupStatus, report.GroupCode = r.state.groupStatus, r.state.groupCode
	report.Count, report.Total = max(head.Count, 0), head.Total
	return report, nil
}

type statusState struct {
	walker      *walker
	toHead      func(bankadapters.Head) error
	toEntry     func(bankadapters.Entry) error
	head        bankadapters.Head
	groupStatus string
	groupCode   string
	tx          txState
	position    int
}

type txState struct {
	arena                                          []byte
	instruction, endToEnd, status, code, text, ref span
	account                                        span
	amount                                         money.Amount
	line                                           int
}

func (t *txState) keep(text []byte) span {
	from := len(t.arena)
	t.arena = append(t.arena, text...)
	return span{int32(from), int32(len(t.arena))}
}

func (s *statusState) begin(f field) error {
	if f == fieldTx {
		s.tx = txState{arena: s.tx.arena[:0], line: s.walker.scanner.currentLine()}
	}
	return nil
}

func (s *statusState) end(f field) error {
	switch f {
	case fieldGroup:
		s.head.HasTotals = s.head.Count >= 0
		return s.toHead(s.head)
	case fieldTx:
		return s.endTx()
	}
	return nil
}

func (s *statusState) endTx() error {
	t := &s.tx
	all := string(t.arena)
	str := func(p span) string { return all[p.from:p.to] }
	status := str(t.status)
	if status == "" {
		return wrong(bankadapters.CodeMissing, "a transaction without TxSts")
	}
	s.position++
	return s.toEntry(bankadapters.Entry{
		Position: s.position, Side: bankadapters.Debit, Amount: t.amount,
		EndToEnd: bankadapters.EndToEndID(str(first(t.endToEnd, t.instruction))),
		Message:  s.head.Message, Servicer: str(t.ref), Account: str(t.account),
		Status: bankadapters.TxStatus(status), Code: str(t.code), Text: str(t.text), LineNumber: t.line,
	})
}

func (s *statusState) value(f field, text []byte) error {
	t := &s.tx
	var err error
	switch f {
	case fieldStatusMessage:
		s.head.FileID = string(text)
	case fieldStatusCreated:
		s.head.Created, _, err = moment(text)
	case fieldOriginalMessage:
		s.head.Message = bankadapters.MessageID(provided(text))
	case fieldOriginalCount:
		s.head.Count, err = number(text)
	case fieldOriginalSum:
		s.head.Total, err = amount(text)
	case fieldGroupStatus:
		s.groupStatus = string(text)
	case fieldGroupCode:
		if s.groupCode == "" {
			s.groupCode = string(text)
		}
	case fieldTxInstruction:
		t.instruction = t.keep(provided(text))
	case fieldTxEndToEnd:
		t.endToEnd = t.keep(provided(text))
	case fieldTxStatus:
		t.status = t.keep(text)
	case fieldTxCode:
		if t.code == (span{}) {
			t.code = t.keep(text)
		}
	case fieldTxText:
		if t.text == (span{}) {
			t.text = t.keep(text)
		}
	case fieldTxServicer:
		t.ref = t.keep(text)
	case fieldTxAmount:
		t.amount, err = s.walker.positive(text)
	case fieldTxAccount:
		t.account = t.keep(text)
	}
	return err
}
