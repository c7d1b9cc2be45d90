package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"net/http"
	"os"
	"testing"
)

// pinned is a client that trusts only the sandbox's own authority.
func pinned(t *testing.T, ca string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("no certificate in ca.pem")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// camtEntry is what the tests read of a statement's entry.
type camtEntry struct {
	Amount int64  `xml:"Amt"`
	Side   string `xml:"CdtDbtInd"`
	Ref    string `xml:"AcctSvcrRef"`
	ID     string `xml:"NtryDtls>TxDtls>Refs>EndToEndId"`
	Own    string `xml:"NtryDtls>TxDtls>Refs>ClrSysRef"`
	MsgID  string `xml:"NtryDtls>TxDtls>Refs>MsgId"`
	Text   string `xml:"NtryDtls>TxDtls>RmtInf>Ustrd"`
	Code   string `xml:"NtryDtls>TxDtls>RtrInf>Rsn>Cd"`
	Count  int    `xml:"NtryDtls>Btch>NbOfTxs"`
}

type statement struct {
	id               string
	sequence         int
	opening, closing int64
	entries          []camtEntry
}

func readStatement(t *testing.T, body []byte) statement {
	t.Helper()
	var d struct {
		Stmt struct {
			ID  string `xml:"Id"`
			Seq int    `xml:"ElctrncSeqNb"`
			Bal []struct {
				Code   string `xml:"Tp>CdOrPrtry>Cd"`
				Amount int64  `xml:"Amt"`
				Side   string `xml:"CdtDbtInd"`
			} `xml:"Bal"`
			Entries []camtEntry `xml:"Ntry"`
		} `xml:"BkToCstmrStmt>Stmt"`
	}
	if err := xml.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	s := statement{id: d.Stmt.ID, sequence: d.Stmt.Seq, entries: d.Stmt.Entries}
	for _, b := range d.Stmt.Bal {
		if b.Side == "DBIT" {
			b.Amount = -b.Amount
		}
		switch b.Code {
		case "OPBD":
			s.opening = b.Amount
		case "CLBD":
			s.closing = b.Amount
		}
	}
	return s
}

func (s statement) addsUp() bool {
	sum := s.opening
	for _, e := range s.entries {
		if e.Side == "CRDT" {
			sum += e.Amount
		} else {
			sum -= e.Amount
		}
	}
	return sum == s.closing
}
