package iso20022

import (
	"crypto/sha256"
	"io"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

const (
	_ field = iota
	fieldPainMessage
	fieldPainCount
	fieldPainSum
	fieldBlockCount
	fieldBlockSum
	fieldBlockMethod
	fieldBlockDate
	fieldPaying
	fieldTransfer
	fieldTransferInstruction
	fieldTransferEndToEnd
	fieldTransferAmount
	fieldTransferBank
	fieldTransferName
	fieldTransferAccount
)

var pain001Tree = group("Document", 0, must(group("CstmrCdtTrfInitn", 0,
	must(group("GrpHdr", 0, must(leaf("MsgId", fieldPainMessage)),
		must(leaf("NbOfTxs", fieldPainCount)), must(leaf("CtrlSum", fieldPainSum)))),
	must(group("PmtInf", 0,
		must(leaf("PmtMtd", fieldBlockMethod)),
		must(leaf("NbOfTxs", fieldBlockCount)), must(leaf("CtrlSum", fieldBlockSum)),
		must(group("ReqdExctnDt", 0, must(leaf("Dt", fieldBlockDate)))),
		must(group("DbtrAcct", 0, must(group("Id", 0, must(path([]string{"Othr"}, must(leaf("Id", fieldPaying)))))))),
		must(many(group("CdtTrfTxInf", fieldTransfer,
			must(group("PmtId", 0, leaf("InstrId", fieldTransferInstruction), must(leaf("EndToEndId", fieldTransferEndToEnd)))),
			must(group("Amt", 0, must(leaf("InstdAmt", fieldTransferAmount)))),
			must(group("CdtrAgt", 0, must(group("FinInstnId", 0, must(group("ClrSysMmbId", 0, must(leaf("MmbId", fieldTransferBank)))))))),
			must(group("Cdtr", 0, must(leaf("Nm", fieldTransferName)))),
			must(group("CdtrAcct", 0, must(group("Id", 0, must(path([]string{"Othr"}, must(leaf("Id", fieldTransferAccount)))))))),
		))),
	)),
)))

// kindPain001 names our own message in the read-back's errors.
const kindPain001 bankadapters.Kind = "pain.001"

// ReadSubmission is [ReadPain001].
func (Pain001) ReadSubmission(r io.Reader, _ bankadapters.Submission) (bankadapters.ReadBack, error) {
	return ReadPain001(r)
}

// ReadPain001 reads finished bytes back. It shares no code with the writer. It
// refuses a message whose control sums are not those of its transactions, with
// a *bankadapters.FileError.
func ReadPain001(r io.Reader) (bankadapters.ReadBack, error) {
	sum := sha256.New()
	v := &readBackState{seen: make(map[string]struct{})}
	v.walker = walker{
		scanner:    newScanner(io.TeeReader(r, sum), kindPain001),
		namespaces: []string{"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"},
	}
	if err := v.walker.walk(pain001Tree, v); err != nil {
		return bankadapters.ReadBack{}, err
	}
	out := v.out
	var err error
	if out.Digest, out.Count, out.Total, err = v.hash.Sum(); err != nil {
		return bankadapters.ReadBack{}, v.walker.at(wrong(bankadapters.CodeSum, "%v", err))
	}
	for i := range v.counts {
		if v.counts[i] != out.Count {
			return bankadapters.ReadBack{}, v.walker.at(wrong(bankadapters.CodeCount, "%d transactions, %d declared", out.Count, v.counts[i]))
		}
		if v.sums[i] != out.Total {
			return bankadapters.ReadBack{}, v.walker.at(wrong(bankadapters.CodeSum, "transactions add up to %s, %s declared", out.Total, v.sums[i]))
		}
	}
	sum.Sum(out.SHA256[:0])
	return out, nil
}

type readBackState struct {
	walker walker
	out    bankadapters.ReadBack
	hash   *bankadapters.InstructionHash
	counts [2]int // GrpHdr, PmtInf
	sums   [2]money.Amount
	method bool
	next   bankadapters.Instruction
	seen   map[string]struct{}
}

func (v *readBackState) begin(f field) error {
	if f != fieldTransfer {
		return nil
	}
	if v.hash == nil {
		// Date and account stand before the first transaction in the schema.
		if v.out.Paying == "" || v.out.Execution == (calendar.Date{}) || !v.method {
			return wrong(bankadapters.CodeMissing, "PmtMtd, ReqdExctnDt and DbtrAcct must stand before the transactions")
		}
		v.hash = bankadapters.NewInstructionHash(v.out.Paying, v.out.Execution)
	}
	v.next = bankadapters.Instruction{}
	return nil
}

func (v *readBackState) end(f field) error {
	if f != fieldTransfer {
		return nil
	}
	id := string(v.next.EndToEnd)
	if _, twice := v.seen[id]; twice {
		return wrong(bankadapters.CodeRepeated, "EndToEndId %s stands twice", id)
	}
	v.seen[id] = struct{}{}
	v.hash.Add(v.next)
	return nil
}

func (v *readBackState) value(f field, text []byte) error {
	var err error
	switch f {
	case fieldPainMessage:
		v.out.Message = bankadapters.MessageID(text)
	case fieldPainCount:
		v.counts[0], err = number(text)
	case fieldPainSum:
		v.sums[0], err = amount(text)
	case fieldBlockCount:
		v.counts[1], err = number(text)
	case fieldBlockSum:
		v.sums[1], err = amount(text)
	case fieldBlockMethod:
		if v.method = string(text) == "TRF"; !v.method {
			err = wrong(bankadapters.CodeValue, "payment method %q is not TRF", clip(text))
		}
	case fieldBlockDate:
		v.out.Execution, err = day(text)
	case fieldPaying:
		v.out.Paying = string(text)
	case fieldTransferEndToEnd:
		v.next.EndToEnd = bankadapters.EndToEndID(text)
	case fieldTransferInstruction:
		// Checked against EndToEndId, which follows it.
		v.next.Text = string(text)
	case fieldTransferAmount:
		v.next.Amount, err = v.walker.positive(text)
		if err == nil && v.next.Text != "" && v.next.Text != string(v.next.EndToEnd) {
			err = wrong(bankadapters.CodeValue, "InstrId %q differs from EndToEndId", clip([]byte(v.next.Text)))
		}
	case fieldTransferBank:
		v.next.Creditor.BIN = string(text)
	case fieldTransferName:
		v.next.Creditor.Name = string(text)
	case fieldTransferAccount:
		v.next.Creditor.Account = string(text)
	}
	return err
}
