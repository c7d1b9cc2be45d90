package sandbox

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// instruction is a message as this side read it, from XML or a workbook.
type instruction struct {
	id, info, account, date string
	count                   int
	total                   int64
	rows                    []instructed
}

type instructed struct {
	endToEnd, instr, name, bin, account, text string
	amount                                    int64
}

// refusal is the code that refuses a whole message, with the reason in words.
type refusal struct{ code, text string }

func (r refusal) Error() string { return r.code + " " + r.text }

const (
	namespacePain001 = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
	rowsMax          = 10_000
)

// painReader walks the elements of a pain.001 and keeps what the bank needs.
type painReader struct {
	doc      instruction
	row      instructed
	path     []string
	text     strings.Builder
	found    map[string]string // once-only elements of GrpHdr and PmtInf
	payments int               // PmtInf elements
	ccy      string
}

// readPain001 reads a message by the rules of docs/BANKS.md §3. On a refusal
// the instruction holds what could be read, at least the id if there was one.
func readPain001(body []byte) (instruction, error) {
	p := &painReader{found: map[string]string{}}
	dec := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p.doc, refusal{"FF01", "unreadable XML: " + err.Error()}
		}
		if err := p.token(token); err != nil {
			return p.doc, err
		}
	}
	if len(p.path) > 0 || p.payments == 0 {
		return p.doc, refusal{"FF01", "the document ends too early"}
	}
	return p.doc, p.check()
}

func (p *painReader) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		if len(p.path) == 0 && (t.Name.Local != "Document" || namespaceOf(t) != namespacePain001) {
			return refusal{"FF01", "root is not a pain.001.001.09 Document"}
		}
		p.path = append(p.path, t.Name.Local)
		p.text.Reset()
		switch t.Name.Local {
		case "PmtInf":
			if p.payments++; p.payments > 1 {
				return refusal{"FF01", "more than one PmtInf"}
			}
		case "CdtTrfTxInf":
			p.row = instructed{}
		case "InstdAmt":
			p.ccy = ""
			for _, a := range t.Attr {
				if a.Name.Local == "Ccy" {
					p.ccy = a.Value
				}
			}
		}
	case xml.CharData:
		p.text.Write(t)
	case xml.EndElement:
		if len(p.path) == 0 || p.path[len(p.path)-1] != t.Name.Local {
			return refusal{"FF01", "element " + t.Name.Local + " is closed but not open"}
		}
		if err := p.end(t.Name.Local, strings.TrimSpace(p.text.String())); err != nil {
			return err
		}
		p.path = p.path[:len(p.path)-1]
		p.text.Reset()
	case xml.Directive:
		return refusal{"FF01", "document type declarations are not taken"}
	}
	return nil
}

func namespaceOf(t xml.StartElement) string {
	for _, a := range t.Attr {
		if t.Name.Space == "" && a.Name.Space == "" && a.Name.Local == "xmlns" ||
			t.Name.Space != "" && a.Name.Space == "xmlns" && a.Name.Local == t.Name.Space {
			return a.Value
		}
	}
	return ""
}

// up is the n-th element above the current one.
func (p *painReader) up(n int) string {
	if i := len(p.path) - 1 - n; i >= 0 {
		return p.path[i]
	}
	return ""
}

// The depth of CdtTrfTxInf: Document, CstmrCdtTrfInitn, PmtInf, CdtTrfTxInf.
const depthTransaction = 4

func (p *painReader) end(name, text string) error {
	if len(p.path) > depthTransaction && p.path[depthTransaction-1] == "CdtTrfTxInf" {
		return p.endInRow(name, text)
	}
	if name == "CdtTrfTxInf" {
		p.doc.rows = append(p.doc.rows, p.row)
		if len(p.doc.rows) > rowsMax {
			return refusal{"AM18", "more than 10000 transactions"}
		}
		return nil
	}
	key := p.up(1) + "/" + name
	switch {
	case key == "GrpHdr/MsgId":
		p.doc.id = text
	case name == "Id" && p.up(1) == "Othr" && p.up(3) == "DbtrAcct":
		key = "DbtrAcct"
	case name == "MmbId" && p.up(3) == "DbtrAgt":
		key = "DbtrAgt"
	}
	p.found[key] = text
	return nil
}

func (p *painReader) endInRow(name, text string) error {
	switch {
	case name == "EndToEndId":
		p.row.endToEnd = text
	case name == "InstrId":
		p.row.instr = text
	case name == "InstdAmt":
		if p.ccy != "VND" {
			return refusal{"AM03", "currency " + cut(p.ccy, 5) + " of " + p.row.endToEnd}
		}
		amount, ok := wholeDong(text)
		if !ok {
			return refusal{"FF01", "amount of " + p.row.endToEnd + " is not whole đồng"}
		}
		if amount == 0 {
			return refusal{"AM12", "amount of " + p.row.endToEnd + " is zero"}
		}
		p.row.amount = amount
	case name == "Nm" && p.up(1) == "Cdtr":
		p.row.name = text
	case name == "Id" && p.up(1) == "Othr" && p.up(3) == "CdtrAcct":
		p.row.account = text
	case name == "MmbId" && p.up(3) == "CdtrAgt":
		p.row.bin = text
	case name == "Ustrd":
		p.row.text = text
	}
	return nil
}

func (p *painReader) check() error {
	f := p.found
	p.doc.info, p.doc.account, p.doc.date = f["PmtInf/PmtInfId"], f["DbtrAcct"], f["ReqdExctnDt/Dt"]
	for _, need := range []string{"GrpHdr/MsgId", "GrpHdr/NbOfTxs", "GrpHdr/CtrlSum", "PmtInf/PmtInfId", "PmtInf/NbOfTxs",
		"PmtInf/CtrlSum", "DbtrAcct", "DbtrAgt"} {
		if f[need] == "" {
			return refusal{"FF01", need + " is missing"}
		}
	}
	if f["PmtInf/PmtMtd"] != "TRF" {
		return refusal{"FF01", "PmtMtd is not TRF"}
	}
	if len(p.doc.id) > 35 || len(p.doc.info) > 35 {
		return refusal{"FF01", "an identifier is longer than 35 characters"}
	}
	for _, level := range []string{"GrpHdr", "PmtInf"} {
		count, err := strconv.Atoi(f[level+"/NbOfTxs"])
		if err != nil || count != len(p.doc.rows) {
			return refusal{"AM18", level + "/NbOfTxs is not the number of transactions"}
		}
		sum, ok := wholeDong(f[level+"/CtrlSum"])
		if !ok {
			return refusal{"AM10", level + "/CtrlSum is not whole đồng"}
		}
		p.doc.count, p.doc.total = count, sum
		if err := p.doc.addsUp(); err != nil {
			return err
		}
	}
	return p.doc.distinct()
}

func (d *instruction) addsUp() error {
	var sum int64
	for _, r := range d.rows {
		sum += r.amount
	}
	if sum != d.total {
		return refusal{"AM10", "control sum " + strconv.FormatInt(d.total, 10) + ", transactions " + strconv.FormatInt(sum, 10)}
	}
	return nil
}

// distinct checks that every transaction has an id and an amount of its own.
func (d *instruction) distinct() error {
	if len(d.rows) == 0 {
		return refusal{"AM18", "no transaction"}
	}
	seen := make(map[string]bool, len(d.rows))
	for _, r := range d.rows {
		switch {
		case r.endToEnd == "" || len(r.endToEnd) > 35:
			return refusal{"FF01", "EndToEndId missing or longer than 35 characters"}
		case r.amount <= 0:
			return refusal{"FF01", "InstdAmt of " + r.endToEnd + " is missing"}
		case seen[r.endToEnd]:
			return refusal{"DU04", "EndToEndId " + r.endToEnd + " twice"}
		}
		seen[r.endToEnd] = true
	}
	return nil
}
