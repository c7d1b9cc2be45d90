package iso20022

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// Pain001 is the wire of an ISO 20022 bank.
type Pain001 struct{}

var _ bankadapters.Wire = Pain001{}

// WriteSubmission is [WritePain001].
func (Pain001) WriteSubmission(w io.Writer, s bankadapters.Submission) error {
	return WritePain001(w, s)
}

// categoryPurpose is the ISO external code for "a social security benefit, a
// payment made by a government to support individuals". It is the same for every
// programme, so the bank's clerk cannot read a person's category from it.
const categoryPurpose = "SSBE"

// WritePain001 writes s as one pain.001.001.09 with one payment information
// block. The bytes depend on s alone.
//
// It returns an error matching bankadapters.ErrSubmission, without knowing how
// much was written, when a text has a character or a length the schema or the
// bank's page does not allow, when an amount is not above zero, or when count
// and total are not those of the instructions. Texts are the Latin set that all
// banks take; vntext.BankASCII makes them.
func WritePain001(w io.Writer, s bankadapters.Submission) error {
	p := &painWriter{out: bufio.NewWriterSize(w, 64<<10)}
	p.document(s)
	if p.err == nil {
		p.err = p.out.Flush()
	}
	if p.err != nil {
		return fmt.Errorf("write pain.001 of submission %s: %w", s.Message, p.err)
	}
	return nil
}

// painWriter writes elements until the first error.
type painWriter struct {
	out *bufio.Writer
	err error
}

func (p *painWriter) raw(text string) {
	if p.err == nil {
		_, p.err = p.out.WriteString(text)
	}
}

func (p *painWriter) refuse(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s", bankadapters.ErrSubmission, fmt.Sprintf(format, args...))
	}
}

// element writes <tag>text</tag>. An empty text, one longer than max or with a
// character outside the set is refused.
func (p *painWriter) element(tag, text string, max int) {
	if text == "" || len(text) > max {
		p.refuse("%s must have 1 to %d characters, has %d", tag, max, len(text))
		return
	}
	if text[0] == ' ' || text[len(text)-1] == ' ' {
		p.refuse("%s begins or ends with a blank", tag)
		return
	}
	p.raw("<" + tag + ">")
	p.escaped(tag, text)
	p.raw("</" + tag + ">")
}

func (p *painWriter) escaped(tag, text string) {
	from := 0
	for i := range len(text) {
		var entity string
		switch c := text[i]; {
		case c == '&':
			entity = "&amp;"
		case c == '<':
			entity = "&lt;"
		case c == '>':
			entity = "&gt;"
		case c < 0x20 || c > 0x7e:
			// Never the text itself: it may be a name, and errors reach logs.
			p.refuse("%s has a character outside printable ASCII at position %d", tag, i+1)
			return
		default:
			continue
		}
		p.raw(text[from:i])
		p.raw(entity)
		from = i + 1
	}
	p.raw(text[from:])
}

func (p *painWriter) document(s bankadapters.Submission) {
	if s.Count < 1 || s.Total < 1 {
		p.refuse("declares %d payments of %s đồng", s.Count, s.Total)
		return
	}
	if s.Execution.IsZero() || s.Created.IsZero() {
		p.refuse("has no execution date or no creation time")
		return
	}
	p.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">` + "\n<CstmrCdtTrfInitn>\n")
	p.header(s)
	p.paymentHeader(s)
	count, total := p.instructions(s)
	if p.err == nil && (count != s.Count || total != s.Total) {
		p.refuse("declares %d payments of %s đồng, has %d of %s", s.Count, s.Total, count, total)
	}
	p.raw("</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n")
}

func (p *painWriter) header(s bankadapters.Submission) {
	p.raw("<GrpHdr>")
	p.element("MsgId", string(s.Message), 35)
	p.element("CreDtTm", s.Created.In(calendar.Zone).Format(time.RFC3339), 32)
	p.control(s)
	p.raw("<InitgPty>")
	p.element("Nm", s.Initiator, 140)
	p.raw("</InitgPty></GrpHdr>\n")
}

func (p *painWriter) control(s bankadapters.Submission) {
	p.element("NbOfTxs", strconv.Itoa(s.Count), 15)
	p.element("CtrlSum", s.Total.Exact(), 18)
}

func (p *painWriter) paymentHeader(s bankadapters.Submission) {
	p.raw("<PmtInf>")
	// One block a message: its id can be the message's, which banks print.
	p.element("PmtInfId", string(s.Message), 35)
	p.raw("<PmtMtd>TRF</PmtMtd>")
	p.control(s)
	// URGP/NURG would choose between gross and net settlement; which one an
	// amount takes is the bank's duty, so no service level is given.
	p.raw("<PmtTpInf><CtgyPurp><Cd>" + categoryPurpose + "</Cd></CtgyPurp></PmtTpInf>")
	p.raw("<ReqdExctnDt>")
	p.element("Dt", s.Execution.String(), 10)
	p.raw("</ReqdExctnDt><Dbtr>")
	p.element("Nm", s.Debtor.Name, 140)
	p.raw("</Dbtr>")
	p.account("DbtrAcct", s.Debtor.Account)
	p.agent("DbtrAgt", s.Debtor.BIN)
	// The person gets the whole amount; fees are the payer's.
	p.raw("<ChrgBr>DEBT</ChrgBr>\n")
}

func (p *painWriter) account(tag, number string) {
	p.raw("<" + tag + "><Id><Othr>")
	p.element("Id", number, 34)
	p.raw("</Othr></Id></" + tag + ">")
}

func (p *painWriter) agent(tag, bin string) {
	if len(bin) != 6 {
		p.refuse("%s: a bank identification number has 6 digits", tag)
		return
	}
	p.raw("<" + tag + "><FinInstnId><ClrSysMmbId>")
	p.element("MmbId", bin, 6)
	p.raw("</ClrSysMmbId></FinInstnId></" + tag + ">")
}

func (p *painWriter) instructions(s bankadapters.Submission) (count int, total money.Amount) {
	err := s.Instructions(func(i bankadapters.Instruction) error {
		count++
		if i.Amount <= 0 || i.Amount > money.Max {
			p.refuse("instruction %d has an amount of %s đồng", count, i.Amount)
		}
		var err error
		if total, err = total.Add(i.Amount); err != nil {
			p.refuse("the sum: %v", err)
		}
		p.instruction(i)
		return p.err
	})
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("instruction %d: %w", count+1, err)
	}
	return count, total
}

func (p *painWriter) instruction(i bankadapters.Instruction) {
	p.raw("<CdtTrfTxInf><PmtId>")
	p.element("InstrId", string(i.EndToEnd), 35)
	p.element("EndToEndId", string(i.EndToEnd), 35)
	p.raw(`</PmtId><Amt><InstdAmt Ccy="VND">` + i.Amount.Exact() + `</InstdAmt></Amt>`)
	p.agent("CdtrAgt", i.Creditor.BIN)
	p.raw("<Cdtr>")
	p.element("Nm", i.Creditor.Name, 140)
	p.raw("</Cdtr>")
	p.account("CdtrAcct", i.Creditor.Account)
	if i.Text != "" {
		p.raw("<RmtInf>")
		p.element("Ustrd", i.Text, 140)
		p.raw("</RmtInf>")
	}
	p.raw("</CdtTrfTxInf>\n")
}
