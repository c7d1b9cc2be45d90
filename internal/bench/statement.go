package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"ansinh/bankadapters"
	"ansinh/bankadapters/iso20022"
)

const camtHead = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>BENCH</MsgId><CreDtTm>2026-02-02T17:00:00+07:00</CreDtTm></GrpHdr>` +
	`<Ntfctn><Id>BENCH-1</Id><CreDtTm>2026-02-02T17:00:00+07:00</CreDtTm><Acct><Id><Othr><Id>1900001</Id></Othr></Id><Ccy>VND</Ccy></Acct>` + "\n"

const camtEntry = `<Ntry><NtryRef>%d</NtryRef><Amt Ccy="VND">%d</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-02-02</Dt></BookgDt>` +
	`<ValDt><Dt>2026-02-02</Dt></ValDt><AcctSvcrRef>B%09d</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>` +
	`<NtryDtls><TxDtls><Refs><MsgId>TST100SUBMISSION</MsgId><EndToEndId>TST1%012d</EndToEndId></Refs><Amt Ccy="VND">%d</Amt><CdtDbtInd>DBIT</CdtDbtInd>` +
	`<RltdPties><Cdtr><Pty><Nm>NGUYEN VAN %d</Nm></Pty></Cdtr><CdtrAcct><Id><Othr><Id>00%010d</Id></Othr></Id></CdtrAcct></RltdPties>` +
	`<RmtInf><Ustrd>TRO CAP ASXH 02/2026</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>` + "\n"

const camtTail = `</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>` + "\n"

// Statement reads a camt.054 of n entries beside xmllint --stream on the same
// file; without xmllint the floor is missing and the row says so.
func Statement(ctx context.Context, dir string, n int, now func() time.Time) (Row, error) {
	path := filepath.Join(dir, "bench-camt054.xml")
	defer os.Remove(path)
	if err := writeCamt(path, n); err != nil {
		return Row{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return Row{}, err
	}
	defer f.Close()
	entries := 0
	start := now()
	err = iso20022.NewNotificationReader(f).Read(func(bankadapters.Head) error { return nil }, func(bankadapters.Entry) error { entries++; return nil })
	took := now().Sub(start)
	if err != nil {
		return Row{}, fmt.Errorf("read the statement: %w", err)
	}
	if entries < n {
		return Row{}, fmt.Errorf("read the statement: %d entries of %d", entries, n)
	}
	row := Row{Name: "camt.054, entries read", Size: int64(n), Unit: "entries", Floor: "xmllint --stream, same file", Target: "≤ 0.5 × floor"}
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		row.Floor = "xmllint is not installed"
		return row.finish(took, 0), nil
	}
	start = now()
	if err := exec.CommandContext(ctx, lint, "--stream", "--noout", path).Run(); err != nil {
		return Row{}, fmt.Errorf("xmllint: %w", err)
	}
	return row.finish(took, now().Sub(start)), nil
}

func writeCamt(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprint(w, camtHead)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(w, camtEntry, i, 300_000+i, i, i, 300_000+i, i, i)
	}
	fmt.Fprint(w, camtTail)
	if err := w.Flush(); err != nil { // keeps the first error of the writes above
		return err
	}
	return f.Close()
}
