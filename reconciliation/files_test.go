package reconciliation_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// entry is one line of a bank's file as a test writes it, in the wire format of
// docs/BANKS.md §5.
type entry struct {
	credit  bool
	amount  money.Amount
	id      string // EndToEndId; "" = no details
	ref     string // AcctSvcrRef; "" = made up
	orig    string // ClrSysRef
	account string // of the payee
	code    string // return reason: makes it a return
	family  string
	bulk    string // message id of a bulk entry
	count   int
}

func (w *world) day() string { return calendar.DateOf(w.now).String() }

func (b *bankBook) entries(day string, list []entry) (xml string, sum money.Amount) {
	var x strings.Builder
	for i, e := range list {
		if e.ref == "" {
			e.ref = fmt.Sprintf("%s%04d-%04d", b.key, b.files, i+1)
		}
		side, family := "DBIT", "ICDT</Cd><SubFmlyCd>DMCT"
		if e.credit {
			side = "CRDT"
			sum += e.amount
		} else {
			sum -= e.amount
		}
		if e.family != "" {
			family = e.family + "</Cd><SubFmlyCd>DMCT"
		}
		if e.code != "" {
			family = "ICDT</Cd><SubFmlyCd>RRTN"
		}
		fmt.Fprintf(&x, "<Ntry><NtryRef>%d</NtryRef><Amt Ccy=\"VND\">%d</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"+
			"<BookgDt><Dt>%s</Dt></BookgDt><ValDt><Dt>%s</Dt></ValDt><AcctSvcrRef>%s</AcctSvcrRef>"+
			"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>%s</SubFmlyCd></Fmly></Domn></BkTxCd>", i+1, int64(e.amount), side, day, day, e.ref, family)
		switch {
		case e.bulk != "":
			fmt.Fprintf(&x, "<NtryDtls><Btch><MsgId>%s</MsgId><PmtInfId>%s</PmtInfId><NbOfTxs>%d</NbOfTxs></Btch></NtryDtls>", e.bulk, e.bulk, e.count)
		case e.id != "" || e.orig != "":
			id := e.id
			if id == "" {
				id = "NOTPROVIDED"
			}
			fmt.Fprintf(&x, "<NtryDtls><TxDtls><Refs><AcctSvcrRef>%s</AcctSvcrRef><EndToEndId>%s</EndToEndId>", e.ref, id)
			if e.orig != "" {
				fmt.Fprintf(&x, "<ClrSysRef>%s</ClrSysRef>", e.orig)
			}
			fmt.Fprintf(&x, "</Refs><Amt Ccy=\"VND\">%d</Amt><CdtDbtInd>%s</CdtDbtInd>", int64(e.amount), side)
			if e.account != "" {
				fmt.Fprintf(&x, "<RltdPties><CdtrAcct><Id><Othr><Id>%s</Id></Othr></Id></CdtrAcct></RltdPties>", e.account)
			}
			if e.code != "" {
				fmt.Fprintf(&x, "<RtrInf><Rsn><Cd>%s</Cd></Rsn></RtrInf>", e.code)
			}
			x.WriteString("</TxDtls></NtryDtls>")
		}
		x.WriteString("</Ntry>")
	}
	return x.String(), sum
}

// statement is the bank's next camt.053 for today, with these entries.
func (w *world) statement(key bankadapters.Key, list ...entry) string {
	b := w.banks[key]
	b.sequence++
	b.files++
	body, sum := b.entries(w.day(), list)
	opening := b.balance
	b.balance += sum
	return camt053(b.account, b.sequence, w.day(), opening, b.balance, body)
}

func camt053(account string, sequence int, day string, opening, closing money.Amount, body string) string {
	balance := func(kind string, a money.Amount) string {
		side := "CRDT"
		if a < 0 {
			side, a = "DBIT", -a
		}
		return fmt.Sprintf("<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy=\"VND\">%d</Amt><CdtDbtInd>%s</CdtDbtInd><Dt><Dt>%s</Dt></Dt></Bal>",
			kind, int64(a), side, day)
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>G%s-%d</MsgId><CreDtTm>%sT17:00:00+07:00</CreDtTm></GrpHdr>
<Stmt><Id>ST%s-%d</Id><ElctrncSeqNb>%d</ElctrncSeqNb><CreDtTm>%sT17:00:00+07:00</CreDtTm><FrToDt><FrDtTm>%sT00:00:00+07:00</FrDtTm><ToDtTm>%sT23:59:59+07:00</ToDtTm></FrToDt>
<Acct><Id><Othr><Id>%s</Id></Othr></Id><Ccy>VND</Ccy></Acct>%s%s
%s</Stmt></BkToCstmrStmt></Document>`, account, sequence, day, account, sequence, sequence, day, day, day, account, balance("OPBD", opening), balance("CLBD", closing), body)
}

// advice is a camt.054 with these entries; it moves nothing.
func (w *world) advice(key bankadapters.Key, list ...entry) string {
	b := w.banks[key]
	b.files++
	body, _ := b.entries(w.day(), list)
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N%d</MsgId><CreDtTm>%sT17:00:00+07:00</CreDtTm></GrpHdr>
<Ntfctn><Id>NT%s-%d</Id><CreDtTm>%sT17:00:00+07:00</CreDtTm><Acct><Id><Othr><Id>%s</Id></Othr></Id><Ccy>VND</Ccy></Acct>
%s</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`, b.files, w.day(), key, b.files, w.day(), b.account, body)
}

// status is one transaction of a pain.002.
type status struct {
	id, word, code, ref string
	amount              money.Amount
}

func (w *world) report(key bankadapters.Key, message bankadapters.MessageID, list ...status) string {
	b := w.banks[key]
	b.files++
	var x strings.Builder
	for _, s := range list {
		fmt.Fprintf(&x, "<TxInfAndSts><OrgnlEndToEndId>%s</OrgnlEndToEndId><TxSts>%s</TxSts>", s.id, s.word)
		if s.code != "" {
			fmt.Fprintf(&x, "<StsRsnInf><Rsn><Cd>%s</Cd></Rsn></StsRsnInf>", s.code)
		}
		if s.ref != "" {
			fmt.Fprintf(&x, "<AcctSvcrRef>%s</AcctSvcrRef>", s.ref)
		}
		if s.amount != 0 {
			fmt.Fprintf(&x, "<OrgnlTxRef><Amt><InstdAmt Ccy=\"VND\">%d</InstdAmt></Amt></OrgnlTxRef>", int64(s.amount))
		}
		x.WriteString("</TxInfAndSts>")
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>S%s-%d</MsgId><CreDtTm>%s</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>%s</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>%s</OrgnlPmtInfId>%s</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>`,
		key, b.files, w.now.UTC().Format("2006-01-02T15:04:05Z"), message, message, x.String())
}

// result is one line of a provider's result file.
type result struct {
	id, state string
	amount    money.Amount
}

// result is a provider's result file in the form of docs/BANKS.md §8.
func (w *world) result(list bankadapters.MessageID, sequence int, kind string, lines ...result) string {
	var x strings.Builder
	fmt.Fprintf(&x, "H,1,%s,P1,%s,%d,%d\n", list, w.day(), sequence, len(lines))
	count, sum := map[string]int{}, map[string]money.Amount{}
	for _, l := range lines {
		tail := map[string]string{"PAID": w.day() + ",signed,", "UNPAID": ",NOT_COME,", "OPEN": ",,"}[l.state]
		fmt.Fprintf(&x, "R,%s,%s,%d,%s\n", l.id, l.state, int64(l.amount), tail)
		count[l.state]++
		sum[l.state] += l.amount
	}
	leftover := money.Amount(0)
	if kind == "FINAL" {
		leftover = sum["UNPAID"]
	}
	digest := sha256.Sum256([]byte(x.String()))
	fmt.Fprintf(&x, "T,%d,%d,%d,%d,%d,%d,%d,%s,%s\n", count["PAID"], int64(sum["PAID"]), count["UNPAID"], int64(sum["UNPAID"]), count["OPEN"], int64(sum["OPEN"]),
		int64(leftover), kind, hex.EncodeToString(digest[:]))
	return x.String()
}
