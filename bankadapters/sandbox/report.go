package sandbox

import (
	"strconv"
	"time"
)

const namespacePain002 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"

// statusReport is a pain.002 in the making.
type statusReport struct {
	id, originalID, info string
	at                   time.Time
	count                int
	total                int64
	group, code, text    string
	rows                 []statusRow
}

type statusRow struct {
	instr, endToEnd, status, code, ref, account string
	amount                                      int64
}

func (s statusReport) xml() []byte {
	x := newXML(namespacePain002)
	x.open("CstmrPmtStsRpt", "GrpHdr")
	x.leaf("MsgId", s.id)
	x.leaf("CreDtTm", s.at.UTC().Format(time.RFC3339))
	x.close("GrpHdr")
	x.open("OrgnlGrpInfAndSts")
	x.leaf("OrgnlMsgId", s.originalID)
	x.leaf("OrgnlMsgNmId", "pain.001.001.09")
	if s.count > 0 {
		x.leaf("OrgnlNbOfTxs", strconv.Itoa(s.count))
		x.leaf("OrgnlCtrlSum", dong(s.total))
	}
	x.leaf("GrpSts", s.group)
	if s.code != "" {
		x.open("StsRsnInf")
		x.leaf("Rsn/Cd", s.code)
		x.leaf("AddtlInf", cut(s.text, 105))
		x.close("StsRsnInf")
	}
	x.close("OrgnlGrpInfAndSts")
	if len(s.rows) > 0 {
		x.open("OrgnlPmtInfAndSts")
		x.leaf("OrgnlPmtInfId", s.info)
		for _, r := range s.rows {
			r.write(x)
		}
		x.close("OrgnlPmtInfAndSts")
	}
	x.close("CstmrPmtStsRpt")
	return x.done()
}

func (r statusRow) write(x *xmlText) {
	x.open("TxInfAndSts")
	x.leaf("OrgnlInstrId", r.instr)
	x.leaf("OrgnlEndToEndId", r.endToEnd)
	x.leaf("TxSts", r.status)
	if r.code != "" {
		x.leaf("StsRsnInf/Rsn/Cd", r.code)
	}
	x.leaf("AcctSvcrRef", r.ref)
	x.open("OrgnlTxRef", "Amt")
	x.amount("InstdAmt", r.amount)
	x.close("Amt")
	x.leaf("CdtrAcct/Id/Othr/Id", r.account)
	x.close("OrgnlTxRef", "TxInfAndSts")
}

// reportID names a pain.002. It depends on the book only, so that asking twice
// without news gives the same bytes but for the time.
func (b *bank) reportID(m *message) string {
	return b.id + "S" + strconv.Itoa(m.no) + "-" + strconv.FormatInt(b.log.seq, 10)
}

// answerOf is the first answer to a message: refused at once is listed.
func (b *bank) answerOf(m *message) statusReport {
	s := b.head(m)
	s.group = "ACTC"
	for _, o := range m.orders {
		if o.state == "rejected" && o.told {
			s.group = "PART"
			s.rows = append(s.rows, o.row("RJCT", o.code, nil))
		}
	}
	return s
}

func (b *bank) head(m *message) statusReport {
	return statusReport{id: b.reportID(m), originalID: b.kept(m.id), info: b.kept(m.info), at: b.world.now(), count: m.count, total: m.total}
}

func (o *order) row(status, code string, p *payment) statusRow {
	r := statusRow{instr: o.instr, endToEnd: o.endToEnd, status: status, code: code, account: o.account, amount: o.amount}
	if p != nil {
		r.ref = p.ref
		if o.fate().ShownID != "" {
			r.endToEnd = o.fate().ShownID
		}
	}
	return r
}

// statusOf is all the bank knows of the messages it took under one id.
func (b *bank) statusOf(messages []*message) statusReport {
	s := b.head(messages[len(messages)-1])
	var paid, refused, working int
	for _, m := range messages {
		for _, o := range m.orders {
			switch o.state {
			case "paid":
				for _, p := range o.payments {
					paid++
					s.rows = append(s.rows, o.row("ACSC", "", p))
				}
			case "rejected":
				refused++
				s.rows = append(s.rows, o.row("RJCT", o.code, nil))
			case "waiting":
				working++
				s.rows = append(s.rows, o.row("PDNG", "", nil))
			case "open":
				working++
				s.rows = append(s.rows, o.row("ACSP", "", nil))
			}
		}
	}
	switch {
	case refused > 0 && paid+working > 0:
		s.group = "PART"
	case refused > 0:
		s.group = "RJCT"
	case working > 0:
		s.group = "ACSP"
	default:
		s.group = "ACSC"
	}
	return s
}

// refusedWhole answers for a message that is not taken.
func (b *bank) refusedWhole(id string, r refusal) statusReport {
	if id == "" || len(id) > 35 {
		id = "NOTPROVIDED"
	}
	return statusReport{id: b.id + "S0-" + strconv.FormatInt(b.log.seq, 10), originalID: b.kept(id), at: b.world.now(),
		group: "RJCT", code: r.code, text: r.text}
}
