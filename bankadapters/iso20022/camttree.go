package iso20022

// The fields of camt.053 and camt.054.
const (
	_ field = iota
	fieldGroupHeader
	fieldReport // Stmt or Ntfctn
	fieldReportID
	fieldSequence
	fieldCreated
	fieldFrom
	fieldTo
	fieldAccount
	fieldAccountCurrency
	fieldBalance
	fieldBalanceType
	fieldBalanceAmount
	fieldBalanceSide
	fieldBalanceDate
	fieldEntriesCount
	fieldEntriesSum
	fieldCreditsCount
	fieldCreditsSum
	fieldDebitsCount
	fieldDebitsSum
	fieldEntry
	fieldEntryRef
	fieldEntryAmount
	fieldEntrySide
	fieldEntryReversal
	fieldEntryStatus
	fieldBookDate
	fieldValueDate
	fieldServicer
	fieldSubFamily
	fieldEntryText
	fieldBatch
	fieldBatchMessage
	fieldBatchPayment
	fieldBatchCount
	fieldBatchTotal
	fieldDetail
	fieldDetailMessage
	fieldDetailServicer
	fieldInstruction
	fieldEndToEnd
	fieldClearing
	fieldDetailAmount
	fieldOldAmount
	fieldDetailSide
	fieldDebtorName
	fieldDebtorAccount
	fieldCreditorName
	fieldCreditorAccount
	fieldRemittance
	fieldReturn
	fieldReturnCode
)

func dayGroup(name string, f field) *element { return group(name, 0, leaf("Dt", f), leaf("DtTm", f)) }

func account(name string, f field) *element {
	return group(name, 0, group("Id", 0, leaf("IBAN", f), path([]string{"Othr"}, leaf("Id", f))))
}

// party is a name in the shape of version .08 (inside Pty) and of .02.
func party(name string, f field) *element {
	return group(name, 0, leaf("Nm", f), path([]string{"Pty"}, leaf("Nm", f)))
}

func totals(name string, count, sum field) *element {
	return group(name, 0, leaf("NbOfNtries", count), leaf("Sum", sum))
}

// subFamily is the last part of a bank transaction code.
func subFamily() *element {
	return group("BkTxCd", 0, group("Domn", 0, group("Fmly", 0, leaf("SubFmlyCd", fieldSubFamily))))
}

func detailTree() *element {
	return many(group("TxDtls", fieldDetail,
		group("Refs", 0, leaf("MsgId", fieldDetailMessage), leaf("AcctSvcrRef", fieldDetailServicer),
			leaf("InstrId", fieldInstruction), leaf("EndToEndId", fieldEndToEnd), leaf("ClrSysRef", fieldClearing)),
		leaf("Amt", fieldDetailAmount),
		leaf("CdtDbtInd", fieldDetailSide),
		group("AmtDtls", 0, group("TxAmt", 0, leaf("Amt", fieldOldAmount))),
		subFamily(),
		group("RltdPties", 0, party("Dbtr", fieldDebtorName), account("DbtrAcct", fieldDebtorAccount),
			party("Cdtr", fieldCreditorName), account("CdtrAcct", fieldCreditorAccount)),
		group("RmtInf", 0, many(leaf("Ustrd", fieldRemittance))),
		group("RtrInf", fieldReturn, group("Rsn", 0, leaf("Cd", fieldReturnCode), leaf("Prtry", fieldReturnCode))),
	))
}

func entryTree() *element {
	status := leaf("Sts", fieldEntryStatus) // version .02 has the code itself
	status.kids = []*element{leaf("Cd", fieldEntryStatus)}
	return many(group("Ntry", fieldEntry,
		leaf("NtryRef", fieldEntryRef),
		must(leaf("Amt", fieldEntryAmount)),
		must(leaf("CdtDbtInd", fieldEntrySide)),
		leaf("RvslInd", fieldEntryReversal),
		must(status),
		dayGroup("BookgDt", fieldBookDate),
		dayGroup("ValDt", fieldValueDate),
		leaf("AcctSvcrRef", fieldServicer),
		subFamily(),
		many(group("NtryDtls", 0,
			group("Btch", fieldBatch, leaf("MsgId", fieldBatchMessage), leaf("PmtInfId", fieldBatchPayment),
				leaf("NbOfTxs", fieldBatchCount), leaf("TtlAmt", fieldBatchTotal)),
			detailTree())),
		leaf("AddtlNtryInf", fieldEntryText),
	))
}

func reportKids() []*element {
	return []*element{
		must(leaf("Id", fieldReportID)),
		leaf("ElctrncSeqNb", fieldSequence),
		leaf("CreDtTm", fieldCreated),
		group("FrToDt", 0, leaf("FrDtTm", fieldFrom), leaf("ToDtTm", fieldTo)),
		must(group("Acct", 0,
			must(group("Id", 0, leaf("IBAN", fieldAccount), path([]string{"Othr"}, leaf("Id", fieldAccount)))),
			leaf("Ccy", fieldAccountCurrency))),
		many(group("Bal", fieldBalance,
			must(group("Tp", 0, must(group("CdOrPrtry", 0, leaf("Cd", fieldBalanceType))))),
			must(leaf("Amt", fieldBalanceAmount)),
			must(leaf("CdtDbtInd", fieldBalanceSide)),
			dayGroup("Dt", fieldBalanceDate))),
		group("TxsSummry", 0,
			totals("TtlNtries", fieldEntriesCount, fieldEntriesSum),
			totals("TtlCdtNtries", fieldCreditsCount, fieldCreditsSum),
			totals("TtlDbtNtries", fieldDebitsCount, fieldDebitsSum)),
		entryTree(),
	}
}

// statementTree and notificationTree are built once; walkers only read them.
var (
	statementTree    = reportTree("BkToCstmrStmt", "Stmt")
	notificationTree = reportTree("BkToCstmrDbtCdtNtfctn", "Ntfctn")
)

func reportTree(message, report string) *element {
	return group("Document", 0, must(group(message, 0,
		must(group("GrpHdr", fieldGroupHeader, leaf("MsgId", 0))),
		must(many(group(report, fieldReport, reportKids()...))))))
}
