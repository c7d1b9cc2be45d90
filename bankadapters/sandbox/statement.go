package sandbox

import (
	"strconv"
	"strings"
	"time"
)

const (
	namespaceCamt053     = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
	namespaceCamt054     = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
	notificationLinesMax = 10_000
	referenceNotGiven    = "NOTPROVIDED"
)

// makeStatements makes the day's camt.053 of an account: everything booked up
// to the date that no statement has shown.
func (b *bank) makeStatements(job *work, acct *account, date string) {
	from := acct.statedTo
	to := from
	for to < len(acct.entries) && acct.entries[to].date <= date {
		to++
	}
	for {
		last := min(to, from+b.world.config.StatementEntriesMax)
		f := file{Kind: fileStatement, Account: acct.number, Date: date, Sequence: acct.sequence + 1, From: from + 1, To: last,
			Opening: acct.stated, Closing: acct.stated}
		for _, x := range acct.entries[from:last] {
			f.Closing += x.signed()
		}
		f.Faulty = last > from && b.badStatement(f)
		b.makeFile(job, f, "camt053-"+fileWord(acct.number)+".xml", b.statementXML(acct, f))
		if from = last; from == to {
			return
		}
	}
}

func (x *entry) signed() int64 {
	if x.credit {
		return x.amount
	}
	return -x.amount
}

func (b *bank) badStatement(f file) bool {
	for _, n := range b.badStatements {
		if n == b.statements+1 {
			return true
		}
	}
	return b.hit(b.world.faultsNow().BadStatement, "bad statement", f.Account, f.Sequence)
}

// correct makes the right file after a faulty one.
func (b *bank) correct(job *work, wrong *file) {
	f := file{Kind: wrong.Kind, Account: wrong.Account, Date: wrong.Date, Sequence: wrong.Sequence, From: wrong.From, To: wrong.To,
		Opening: wrong.Opening, Closing: wrong.Closing, Corrects: wrong.ID}
	b.makeFile(job, f, "camt053-"+fileWord(f.Account)+".xml", b.statementXML(b.accounts[f.Account], f))
}

// fileWord makes an account number fit a file name.
func fileWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, s)
}

func (b *bank) statementXML(acct *account, f file) []byte {
	x := newXML(namespaceCamt053)
	x.open("BkToCstmrStmt")
	b.groupHeader(x, f)
	x.open("Stmt")
	// A correction is the same statement: same id, same number.
	x.leaf("Id", b.id+"ST"+fileWord(cut(acct.number, 20))+"-"+strconv.Itoa(f.Sequence))
	x.leaf("ElctrncSeqNb", strconv.Itoa(f.Sequence))
	x.leaf("CreDtTm", b.world.now().UTC().Format(time.RFC3339))
	x.open("FrToDt")
	x.leaf("FrDtTm", f.Date+"T00:00:00+07:00")
	x.leaf("ToDtTm", f.Date+"T23:59:59+07:00")
	x.close("FrToDt")
	b.ownAccount(x, acct)
	balance(x, "OPBD", f.Opening, f.Date)
	balance(x, "CLBD", f.Closing, f.Date)
	entries := acct.entries[f.From-1 : f.To]
	summary(x, entries)
	for i, e := range entries {
		b.writeEntry(x, e)
		// The planted fault repeats one line and keeps every total, so the
		// statement does not add up.
		if f.Faulty && i == len(entries)/2 {
			b.writeEntry(x, e)
		}
	}
	x.close("Stmt", "BkToCstmrStmt")
	return x.done()
}

func (b *bank) groupHeader(x *xmlText, f file) {
	x.open("GrpHdr")
	x.leaf("MsgId", b.nextFileID())
	x.leaf("CreDtTm", b.world.now().UTC().Format(time.RFC3339))
	x.close("GrpHdr")
}

func (b *bank) ownAccount(x *xmlText, acct *account) {
	x.open("Acct")
	x.leaf("Id/Othr/Id", cut(acct.number, 34))
	x.leaf("Ccy", "VND")
	x.leaf("Svcr/FinInstnId/ClrSysMmbId/MmbId", b.bin)
	x.close("Acct")
}

func balance(x *xmlText, kind string, amount int64, date string) {
	side := "CRDT"
	if amount < 0 {
		side, amount = "DBIT", -amount
	}
	x.open("Bal")
	x.leaf("Tp/CdOrPrtry/Cd", kind)
	x.amount("Amt", amount)
	x.leaf("CdtDbtInd", side)
	x.leaf("Dt/Dt", date)
	x.close("Bal")
}

func summary(x *xmlText, entries []*entry) {
	var credits, debits int
	var in, out int64
	for _, e := range entries {
		if e.credit {
			credits, in = credits+1, in+e.amount
		} else {
			debits, out = debits+1, out+e.amount
		}
	}
	x.open("TxsSummry")
	for _, t := range []struct {
		name  string
		count int
		sum   int64
	}{{"TtlNtries", credits + debits, in + out}, {"TtlCdtNtries", credits, in}, {"TtlDbtNtries", debits, out}} {
		x.open(t.name)
		x.leaf("NbOfNtries", strconv.Itoa(t.count))
		x.leaf("Sum", dong(t.sum))
		x.close(t.name)
	}
	x.close("TxsSummry")
}

func (x *entry) side() string {
	if x.credit {
		return "CRDT"
	}
	return "DBIT"
}

// code is the bank transaction code: family and sub-family below PMNT.
func (x *entry) familyCode() (family, sub string) {
	switch {
	case x.kind == entryReturn || x.kind == entryRefusal || x.kind == entryStray && x.credit && x.code != "":
		return "ICDT", "RRTN"
	case x.kind == entryFund:
		return "RCDT", "DMCT"
	case x.kind == entryStray && x.credit:
		return "RCDT", "OTHR"
	case x.kind == entryStray:
		return "ICDT", "OTHR"
	default:
		return "ICDT", "DMCT"
	}
}

func (b *bank) writeEntry(x *xmlText, e *entry) {
	x.open("Ntry")
	if e.no > 0 {
		x.leaf("NtryRef", strconv.Itoa(e.no))
	}
	x.amount("Amt", e.amount)
	x.leaf("CdtDbtInd", e.side())
	x.leaf("Sts/Cd", "BOOK")
	x.leaf("BookgDt/Dt", e.date)
	x.leaf("ValDt/Dt", e.date)
	x.leaf("AcctSvcrRef", e.ref)
	family, sub := e.familyCode()
	x.open("BkTxCd", "Domn")
	x.leaf("Cd", "PMNT")
	x.open("Fmly")
	x.leaf("Cd", family)
	x.leaf("SubFmlyCd", sub)
	x.close("Fmly", "Domn", "BkTxCd")
	switch {
	case e.kind == entryBulk:
		b.writeBatch(x, e)
	case e.order != nil:
		b.writeOrderDetails(x, e)
	case e.endToEnd != "" || e.text != "" || e.code != "":
		b.writeFreeDetails(x, e)
	}
	x.close("Ntry")
}

func (b *bank) writeBatch(x *xmlText, e *entry) {
	x.open("NtryDtls", "Btch")
	x.leaf("MsgId", b.kept(e.msg.id))
	x.leaf("PmtInfId", b.kept(e.msg.info))
	x.leaf("NbOfTxs", strconv.Itoa(e.count))
	x.amount("TtlAmt", e.amount)
	x.leaf("CdtDbtInd", e.side())
	x.close("Btch", "NtryDtls")
}

// writeOrderDetails writes the details of an entry that stems from an order:
// the payment itself, its return, or a refused part of a bulk debit.
func (b *bank) writeOrderDetails(x *xmlText, e *entry) {
	o := e.order
	id, own := o.endToEnd, ""
	if o.fate().ShownID != "" {
		id = o.fate().ShownID
	}
	if e.endToEnd != "" { // a notice that shows another id than the statement
		id = e.endToEnd
	}
	if e.kind == entryReturn {
		own = e.payment.ref
		if b.habits.Keeps16 {
			id = referenceNotGiven
		}
	}
	x.open("NtryDtls", "TxDtls", "Refs")
	x.leaf("MsgId", b.kept(o.msg.id))
	x.leaf("AcctSvcrRef", e.ref)
	x.leaf("PmtInfId", b.kept(o.msg.info))
	x.leaf("InstrId", o.instr)
	x.leaf("EndToEndId", id)
	x.leaf("ClrSysRef", own)
	x.close("Refs")
	x.amount("Amt", e.amount)
	x.leaf("CdtDbtInd", e.side())
	x.open("RltdPties")
	x.leaf("Cdtr/Pty/Nm", cut(o.name, 140))
	x.leaf("CdtrAcct/Id/Othr/Id", cut(o.account, 34))
	x.close("RltdPties")
	x.leaf("RltdAgts/CdtrAgt/FinInstnId/ClrSysMmbId/MmbId", cut(o.bin, 35))
	x.leaf("RmtInf/Ustrd", cut(o.text, 140))
	x.leaf("RtrInf/Rsn/Cd", e.code)
	x.close("TxDtls", "NtryDtls")
}

func (b *bank) writeFreeDetails(x *xmlText, e *entry) {
	id := e.endToEnd
	if id == "" {
		id = referenceNotGiven
	}
	x.open("NtryDtls", "TxDtls", "Refs")
	x.leaf("AcctSvcrRef", e.ref)
	x.leaf("EndToEndId", cut(id, 35))
	x.close("Refs")
	x.amount("Amt", e.amount)
	x.leaf("CdtDbtInd", e.side())
	x.leaf("RmtInf/Ustrd", cut(e.text, 140))
	x.leaf("RtrInf/Rsn/Cd", e.code)
	x.close("TxDtls", "NtryDtls")
}

// notify makes camt.054 files for payments and returns of one account, where
// the bank does such things; a line may be lost.
func (b *bank) notify(job *work, account string, payments []*payment, returns []*entry) {
	if !b.habits.Notifies {
		return
	}
	var lines []*entry
	for _, p := range payments {
		if p.order.msg.account != account {
			continue
		}
		x := p.entry
		if x == nil {
			x = &entry{amount: p.amount, ref: p.ref, date: p.date, kind: entryPayment, payment: p, order: p.order, msg: p.order.msg}
		}
		if p.order.fate().NoNoticeID {
			blind := *x
			blind.endToEnd = referenceNotGiven
			x = &blind
		}
		lines = append(lines, x)
	}
	lines = append(lines, returns...)
	kept := lines[:0:0]
	for _, x := range lines {
		if !b.hit(b.world.faultsNow().LostLine, "lost line", x.ref, 0) {
			kept = append(kept, x)
		}
	}
	acct := b.accounts[account]
	for len(kept) > 0 {
		n := min(len(kept), notificationLinesMax)
		f := file{Kind: fileNotification, Account: account, Date: b.today()}
		b.makeFile(job, f, "camt054-"+fileWord(account)+".xml", b.notificationXML(acct, f, kept[:n]))
		kept = kept[n:]
	}
}

func (b *bank) notificationXML(acct *account, f file, lines []*entry) []byte {
	x := newXML(namespaceCamt054)
	x.open("BkToCstmrDbtCdtNtfctn")
	b.groupHeader(x, f)
	x.open("Ntfctn")
	x.leaf("Id", b.nextFileID())
	x.leaf("CreDtTm", b.world.now().UTC().Format(time.RFC3339))
	b.ownAccount(x, acct)
	summary(x, lines)
	for _, e := range lines {
		b.writeEntry(x, e)
	}
	x.close("Ntfctn", "BkToCstmrDbtCdtNtfctn")
	return x.done()
}
