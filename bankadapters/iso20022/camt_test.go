package iso20022

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

type read struct {
	Head    bankadapters.Head
	Entries []bankadapters.Entry
}

func readAll(r bankadapters.Reader) (read, error) {
	var out read
	err := r.Read(
		func(h bankadapters.Head) error { out.Head = h; return nil },
		func(e bankadapters.Entry) error { out.Entries = append(out.Entries, e); return nil })
	return out, err
}

// statement is a camt.053 with every sort of entry docs/BANKS.md knows.
const statement = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt>
<GrpHdr><MsgId>A-000007</MsgId><CreDtTm>2026-02-10T18:00:00+07:00</CreDtTm></GrpHdr>
<Stmt><Id>A-1900001-3</Id><ElctrncSeqNb>3</ElctrncSeqNb><CreDtTm>2026-02-10T18:00:00+07:00</CreDtTm>
<Acct><Id><Othr><Id>1900001</Id></Othr></Id><Ccy>VND</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="VND">1000000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-02-10</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="VND">277777</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-02-10</Dt></Dt></Bal>
<TxsSummry><TtlNtries><NbOfNtries>5</NbOfNtries><Sum>1877777</Sum></TtlNtries><TtlCdtNtries><NbOfNtries>2</NbOfNtries><Sum>577777</Sum></TtlCdtNtries><TtlDbtNtries><NbOfNtries>3</NbOfNtries><Sum>1300000</Sum></TtlDbtNtries></TxsSummry>
<Ntry><NtryRef>1</NtryRef><Amt Ccy="VND">500000</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-02-10</Dt></BookgDt><ValDt><Dt>2026-02-10</Dt></ValDt><AcctSvcrRef>A0001</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><MsgId>M1</MsgId><PmtInfId>M1</PmtInfId><EndToEndId>0E01B1P00000001K</EndToEndId></Refs><Amt Ccy="VND">500000</Amt><RltdPties><Cdtr><Pty><Nm>TRAN &amp; CO</Nm></Pty></Cdtr><CdtrAcct><Id><Othr><Id>0123400001</Id></Othr></Id></CdtrAcct></RltdPties><RmtInf><Ustrd>CHI TRA</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><NtryRef>2</NtryRef><Amt Ccy="VND">300000</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-02-10</Dt></BookgDt><AcctSvcrRef>A0002</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><Btch><MsgId>M2</MsgId><PmtInfId>M2</PmtInfId><NbOfTxs>2</NbOfTxs><TtlAmt Ccy="VND">300000</TtlAmt></Btch></NtryDtls></Ntry>
<!-- a comment with <Ntry> in it -->
<Ntry><NtryRef>3</NtryRef><Amt Ccy="VND">500000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-02-10</Dt></BookgDt><AcctSvcrRef>A0003</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>0E01B1P00000001K</EndToEndId><ClrSysRef>A0001</ClrSysRef></Refs><Amt Ccy="VND">500000</Amt><RltdPties><CdtrAcct><Id><Othr><Id>0123400001</Id></Othr></Id></CdtrAcct></RltdPties><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>
<Ntry><NtryRef>4</NtryRef><Amt Ccy="VND">77777</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-02-10</Dt></BookgDt><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>AI DO</Nm></Pty></Dbtr></RltdPties></TxDtls></NtryDtls></Ntry>
<Ntry><NtryRef>5</NtryRef><Amt Ccy="VND">500000</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-02-10</Dt></BookgDt><AcctSvcrRef>A0005</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><AcctSvcrRef>D1</AcctSvcrRef><EndToEndId>0E01B1P00000002K</EndToEndId></Refs><Amt Ccy="VND">200000</Amt></TxDtls><TxDtls><Refs><EndToEndId>0E01B1P00000003K</EndToEndId></Refs><Amt Ccy="VND">300000</Amt></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>
`

func TestStatementReader(t *testing.T) {
	t.Parallel()
	validate(t, "camt.053.001.08.xsd", []byte(statement))
	d := calendar.Must(2026, time.February, 10)
	want := read{
		Head: bankadapters.Head{
			Kind: bankadapters.KindStatement, FileID: "A-1900001-3", Account: "1900001", Sequence: 3, From: d, To: d,
			Created: time.Date(2026, 2, 10, 11, 0, 0, 0, time.UTC), Opening: 1_000_000, Closing: 277_777,
			Count: 5, Total: 1_877_777, HasTotals: true,
		},
		Entries: []bankadapters.Entry{
			{Position: 1, Side: bankadapters.Debit, Amount: 500_000, Booked: true, BookDate: d, ValueDate: d, Servicer: "A0001", EntryRef: "1", EndToEnd: "0E01B1P00000001K", Message: "M1", Account: "0123400001", Name: "TRAN & CO", Text: "CHI TRA", LineNumber: 10},
			{Position: 2, Side: bankadapters.Debit, Amount: 300_000, Booked: true, BookDate: d, Servicer: "A0002", EntryRef: "2", Batch: "M2", BulkCount: 2, LineNumber: 11},
			{Position: 3, Side: bankadapters.Credit, Amount: 500_000, Booked: true, BookDate: d, Servicer: "A0003", EntryRef: "3", EndToEnd: "0E01B1P00000001K", OriginalRef: "A0001", Account: "0123400001", Code: "AC04", Return: true, LineNumber: 13},
			{Position: 4, Side: bankadapters.Credit, Amount: 77_777, Booked: true, BookDate: d, EntryRef: "4", Name: "AI DO", LineNumber: 14},
			{Position: 5, Side: bankadapters.Debit, Amount: 500_000, Booked: true, BookDate: d, Servicer: "A0005", EntryRef: "5", LineNumber: 15},
			{Position: 6, Detail: true, Side: bankadapters.Debit, Amount: 200_000, Booked: true, BookDate: d, Servicer: "D1", EntryRef: "5", EndToEnd: "0E01B1P00000002K", LineNumber: 15},
			{Position: 7, Detail: true, Side: bankadapters.Debit, Amount: 300_000, Booked: true, BookDate: d, EntryRef: "5", EndToEnd: "0E01B1P00000003K", LineNumber: 15},
		},
	}
	// The same file as other banks write it must mean the same.
	prefixed := strings.NewReplacer("</", "</c:", "<?", "<?", "<!", "<!", "<", "<c:", `xmlns=`, `xmlns:c=`).Replace(statement)
	spellings := map[string]string{
		"as it is":              statement,
		"with a namespace":      prefixed,
		"with CDATA":            strings.Replace(statement, "TRAN &amp; CO", "<![CDATA[TRAN & CO]]>", 1),
		"with numeric entities": strings.Replace(statement, "TRAN &amp; CO", "&#84;RAN &#x26; CO", 1),
		"with a mark and CRLF":  "\ufeff" + strings.ReplaceAll(statement, "\n", "\r\n"),
		"with amounts .00":      strings.ReplaceAll(statement, "500000<", "500000.00<"),
		"with what nobody reads": strings.Replace(statement, "</Ntry>",
			`<SplmtryData><Envlp><x xmlns="urn:other"><Amt Ccy="USD">1</Amt></x></Envlp></SplmtryData></Ntry>`, 1),
	}
	for name, text := range spellings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for size := range 3 {
				// Tiny reads put every boundary of the buffer everywhere.
				got, err := readAll(NewStatementReader(&chunks{text: text, size: 1 + size*7}))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("entries (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// chunks hands out text a few bytes at a time.
type chunks struct {
	text string
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.text == "" {
		return 0, io.EOF
	}
	n := copy(p, c.text[:min(c.size, len(c.text))])
	c.text = c.text[n:]
	return n, nil
}

func TestStatementReaderVersion2(t *testing.T) {
	t.Parallel()
	old := strings.NewReplacer(
		"camt.053.001.08", "camt.053.001.02", "<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>",
		"<Pty><Nm>", "<Nm>", "</Nm></Pty>", "</Nm>").Replace(statement)
	// Version .02 gives a transaction's amount in AmtDtls.
	for _, n := range []string{"500000", "200000", "300000"} {
		old = strings.ReplaceAll(old, "</Refs><Amt Ccy=\"VND\">"+n+"</Amt>",
			"</Refs><AmtDtls><TxAmt><Amt Ccy=\"VND\">"+n+"</Amt></TxAmt></AmtDtls>")
	}
	want, err := readAll(NewStatementReader(strings.NewReader(statement)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(NewStatementReader(strings.NewReader(old)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("version .02 (-.08 +.02):\n%s", diff)
	}
}

// replace is the statement with one thing changed.
func replace(old, new string) string {
	if !strings.Contains(statement, old) {
		panic("not in the statement: " + old)
	}
	return strings.Replace(statement, old, new, 1)
}

func TestStatementReaderRefuses(t *testing.T) {
	t.Parallel()
	line10 := statement[:strings.Index(statement, "A0001")]
	tests := map[string]struct {
		text string
		code string
		line int
	}{
		"cut off in an entry":          {line10, bankadapters.CodeTruncated, 10},
		"cut off in a tag":             {line10 + "</AcctSv", bankadapters.CodeTruncated, 10},
		"cut off after the entries":    {strings.TrimSuffix(statement, "</Stmt></BkToCstmrStmt></Document>\n"), bankadapters.CodeTruncated, 16},
		"an empty file":                {"", bankadapters.CodeTruncated, 1},
		"a line left out":              {replace("<Amt Ccy=\"VND\">77777</Amt>", "<Amt Ccy=\"VND\">77778</Amt>"), bankadapters.CodeBalance, 16},
		"another count declared":       {replace("<NbOfNtries>5<", "<NbOfNtries>6<"), bankadapters.CodeCount, 16},
		"another debit count":          {replace("<NbOfNtries>3<", "<NbOfNtries>2<"), bankadapters.CodeCount, 16},
		"another sum declared":         {replace("<Sum>1877777<", "<Sum>1877776<"), bankadapters.CodeSum, 16},
		"details of another sum":       {replace(">200000</Amt>", ">200001</Amt>"), bankadapters.CodeDetail, 15},
		"no account":                   {replace("<Acct><Id><Othr><Id>1900001</Id></Othr></Id><Ccy>VND</Ccy></Acct>", ""), bankadapters.CodeMissing, 10},
		"an empty account":             {replace("<Id>1900001</Id>", "<Id> </Id>"), bankadapters.CodeMissing, 10},
		"an account in dollars":        {replace("<Ccy>VND</Ccy>", "<Ccy>USD</Ccy>"), bankadapters.CodeCurrency, 6},
		"an entry in dollars":          {replace(`<Amt Ccy="VND">77777`, `<Amt Ccy="USD">77777`), bankadapters.CodeCurrency, 14},
		"an amount without currency":   {replace(`<Amt Ccy="VND">77777`, `<Amt>77777`), bankadapters.CodeCurrency, 14},
		"half a đồng":                  {replace(">77777<", ">77777.50<"), bankadapters.CodeAmount, 14},
		"a sign":                       {replace(">77777<", ">+77777<"), bankadapters.CodeAmount, 14},
		"an amount of zero":            {replace(">77777<", ">0<"), bankadapters.CodeAmount, 14},
		"a sum beyond all budgets":     {replace(">77777<", ">999999999999999<"), bankadapters.CodeSum, 14},
		"no closing balance":           {replace("CLBD", "CLAV"), bankadapters.CodeMissing, 10},
		"two opening balances":         {replace("CLBD", "OPBD"), bankadapters.CodeRepeated, 8},
		"an amount twice in an entry":  {replace(`<Amt Ccy="VND">77777</Amt>`, `<Amt Ccy="VND">77777</Amt><Amt Ccy="VND">77777</Amt>`), bankadapters.CodeRepeated, 14},
		"an id twice in an entry":      {replace("<EndToEndId>NOTPROVIDED</EndToEndId>", "<EndToEndId>A</EndToEndId><EndToEndId>B</EndToEndId>"), bankadapters.CodeRepeated, 14},
		"no amount in an entry":        {replace(`<Amt Ccy="VND">77777</Amt>`, ""), bankadapters.CodeMissing, 14},
		"a side nobody knows":          {replace(">CRDT</CdtDbtInd><Sts>", ">BOTH</CdtDbtInd><Sts>"), bankadapters.CodeValue, 13},
		"a day nobody knows":           {replace("<Dt>2026-02-10</Dt></BookgDt>", "<Dt>2026-02-30</Dt></BookgDt>"), bankadapters.CodeDate, 10},
		"a status nobody knows":        {replace("<Sts><Cd>BOOK", "<Sts><Cd>DONE"), bankadapters.CodeValue, 10},
		"two statements":               {replace("</Stmt>", "</Stmt><Stmt></Stmt>"), bankadapters.CodeSeveral, 16},
		"a document type":              {replace("<Document", "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>\n<Document"), bankadapters.CodeDoctype, 2},
		"an entity of its own":         {replace("TRAN &amp;", "TRAN &y;"), bankadapters.CodeEntity, 10},
		"a bare &":                     {replace("TRAN &amp;", "TRAN &"), bankadapters.CodeEntity, 10},
		"another character set":        {replace(`encoding="UTF-8"`, `encoding="ISO-8859-1"`), bankadapters.CodeEncoding, 1},
		"a byte that is not UTF-8":     {replace("TRAN", "TR\xffN"), bankadapters.CodeEncoding, 10},
		"a control character":          {replace("TRAN", "TR\x01N"), bankadapters.CodeEncoding, 10},
		"a zero byte as entity":        {replace("TRAN", "&#0;"), bankadapters.CodeEntity, 10},
		"an end tag of something else": {replace("</BookgDt>", "</ValDt>"), bankadapters.CodeSyntax, 10},
		"text between elements":        {replace("<NtryRef>3", "x<NtryRef>3"), bankadapters.CodeSyntax, 13},
		"a second document":            {statement + "<Document/>", bankadapters.CodeSyntax, 17},
		"text after the document":      {statement + "x", bankadapters.CodeSyntax, 17},
		"another message":              {strings.ReplaceAll(statement, "camt.053", "camt.052"), bankadapters.CodeNamespace, 2},
		"another version":              {strings.ReplaceAll(statement, "001.08", "001.09"), bankadapters.CodeNamespace, 2},
		"a web page":                   {"<html><body>503</body></html>", bankadapters.CodeNamespace, 1},
		"not XML":                      {"HTTP/1.1 503", bankadapters.CodeSyntax, 1},
		"a hundred levels":             {replace("<BkTxCd>", strings.Repeat("<x>", 100)), bankadapters.CodeLimit, 10},
		"an endless name":              {replace("TRAN", strings.Repeat("N", 5000)), bankadapters.CodeLimit, 10},
		"an endless comment":           {replace("a comment", strings.Repeat("c", 300_000)), bankadapters.CodeLimit, 12},
		"a wrong batch count":          {replace("<NbOfTxs>2</NbOfTxs>", "<NbOfTxs>x</NbOfTxs>"), bankadapters.CodeValue, 11},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readAll(NewStatementReader(strings.NewReader(tt.text)))
			var bad *bankadapters.FileError
			if !errors.As(err, &bad) {
				t.Fatalf("error = %v, want a FileError", err)
			}
			if bad.Code != tt.code || bad.Line != tt.line || bad.Kind != bankadapters.KindStatement {
				t.Errorf("error = %v, want %s on line %d", err, tt.code, tt.line)
			}
		})
	}
}

// notification makes a camt.054 of n entries.
func notification(n int) string {
	var b strings.Builder
	var sum money.Amount
	for i := range n {
		sum += money.Amount(300_000 + i)
	}
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08">
<BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>C-000001</MsgId><CreDtTm>2026-02-10T18:00:00Z</CreDtTm></GrpHdr>
<Ntfctn><Id>C-000001</Id><CreDtTm>2026-02-10T18:00:00Z</CreDtTm>
<Acct><Id><Othr><Id>1900003</Id></Othr></Id><Ccy>VND</Ccy></Acct>
<TxsSummry><TtlNtries><NbOfNtries>%d</NbOfNtries><Sum>%d</Sum></TtlNtries></TxsSummry>
`, n, sum)
	for i := range n {
		fmt.Fprintf(&b, `<Ntry><NtryRef>%d</NtryRef><Amt Ccy="VND">%d</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-02-10</Dt></BookgDt><ValDt><Dt>2026-02-10</Dt></ValDt><AcctSvcrRef>C-%012d</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><MsgId>0E01S000001ABCDEF</MsgId><PmtInfId>0E01S000001ABCDEF</PmtInfId><EndToEndId>0E01B1P%08dK</EndToEndId></Refs><Amt Ccy="VND">%d</Amt>
<RltdPties><Cdtr><Pty><Nm>NGUYEN THI %d</Nm></Pty></Cdtr><CdtrAcct><Id><Othr><Id>01234%05d</Id></Othr></Id></CdtrAcct></RltdPties>
<RltdAgts><CdtrAgt><FinInstnId><ClrSysMmbId><MmbId>999003</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt></RltdAgts>
<RmtInf><Ustrd>CHI TRA THEO QUYET DINH 01</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
`, i+1, 300_000+i, i, i, 300_000+i, i, i)
	}
	b.WriteString("</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>\n")
	return b.String()
}

func TestNotificationReader(t *testing.T) {
	t.Parallel()
	text := notification(1000)
	validate(t, "camt.054.001.08.xsd", []byte(text))
	got, err := readAll(NewNotificationReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Entries) != 1000 || got.Head.Account != "1900003" || got.Head.Count != 1000 {
		t.Fatalf("%d entries, head %+v", len(got.Entries), got.Head)
	}
	last := got.Entries[999]
	if last.EndToEnd != "0E01B1P00000999K" || last.Amount != 300_999 || last.Position != 1000 || last.Name != "NGUYEN THI 999" {
		t.Errorf("last entry %+v", last)
	}
	_, err = readAll(NewNotificationReader(strings.NewReader(strings.Replace(text, "<NbOfNtries>1000", "<NbOfNtries>999", 1))))
	var bad *bankadapters.FileError
	if !errors.As(err, &bad) || bad.Code != bankadapters.CodeCount {
		t.Errorf("error = %v, want %s", err, bankadapters.CodeCount)
	}
}

// TestReadCamt054Allocations holds the promise of flat memory: the cost of an
// entry, without the fixed cost of a reader.
func TestReadCamt054Allocations(t *testing.T) {
	cost := func(n int) int {
		text := notification(n)
		return int(testing.AllocsPerRun(3, func() {
			r := NewNotificationReader(strings.NewReader(text))
			if err := r.Read(func(bankadapters.Head) error { return nil }, func(bankadapters.Entry) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}))
	}
	const entries = 2000
	if got := cost(1000+entries) - cost(1000); got > 2*entries {
		t.Errorf("%d entries take %d allocations, at most 2 an entry", entries, got)
	}
}

func BenchmarkReadCamt054(b *testing.B) {
	text := notification(20_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewNotificationReader(strings.NewReader(text))
		if err := r.Read(func(bankadapters.Head) error { return nil }, func(bankadapters.Entry) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
