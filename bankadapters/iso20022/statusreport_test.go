package iso20022

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/bankadapters"
)

const statusReport = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">
<CstmrPmtStsRpt><GrpHdr><MsgId>E-R1</MsgId><CreDtTm>2026-02-10T02:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>600000</OrgnlCtrlSum><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>M1</OrgnlPmtInfId>
<TxInfAndSts><OrgnlInstrId>E1</OrgnlInstrId><OrgnlEndToEndId>E1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>no such account</AddtlInf></StsRsnInf><OrgnlTxRef><Amt><InstdAmt Ccy="VND">100000</InstdAmt></Amt><CdtrAcct><Id><Othr><Id>01</Id></Othr></Id></CdtrAcct></OrgnlTxRef></TxInfAndSts>
<TxInfAndSts><OrgnlEndToEndId>E2</OrgnlEndToEndId><TxSts>ACSC</TxSts><AcctSvcrRef>S1</AcctSvcrRef></TxInfAndSts>
<TxInfAndSts><OrgnlEndToEndId>E2</OrgnlEndToEndId><TxSts>ACSC</TxSts><AcctSvcrRef>S2</AcctSvcrRef></TxInfAndSts>
</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>
`

func TestParseReport(t *testing.T) {
	t.Parallel()
	validate(t, "pain.002.001.10.xsd", []byte(statusReport))
	got, err := ParseReport(strings.NewReader(statusReport))
	if err != nil {
		t.Fatal(err)
	}
	want := bankadapters.Report{
		Message: "M1", Known: true, GroupStatus: "PART", Count: 3, Total: 600_000,
		AsOf: time.Date(2026, 2, 10, 2, 0, 0, 0, time.UTC),
		Txs: []bankadapters.TxReport{
			{EndToEnd: "E1", Status: bankadapters.TxRejected, Code: "AC01", Text: "no such account", Amount: 100_000, Account: "01"},
			{EndToEnd: "E2", Status: bankadapters.TxSettled, Servicer: "S1"},
			{EndToEnd: "E2", Status: bankadapters.TxSettled, Servicer: "S2"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

func TestStatusReader(t *testing.T) {
	t.Parallel()
	got, err := readAll(NewStatusReader(strings.NewReader(statusReport)))
	if err != nil {
		t.Fatal(err)
	}
	if got.Head.Message != "M1" || got.Head.FileID != "E-R1" || len(got.Entries) != 3 || got.Entries[0].Booked {
		t.Errorf("got %+v", got)
	}
	_, err = readAll(NewStatusReader(strings.NewReader(strings.Replace(statusReport, "<TxSts>RJCT</TxSts>", "", 1))))
	var bad *bankadapters.FileError
	if !errors.As(err, &bad) || bad.Code != bankadapters.CodeMissing || bad.Line != 6 {
		t.Errorf("error = %v, want %s on line 6", err, bankadapters.CodeMissing)
	}
}
