package iso20022

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/crypt"
)

// bankSide answers every request with one signed body, in the same process.
type bankSide struct {
	status   int
	body     string
	unsigned bool
	nonce    string // instead of the request's
	fault    error  // instead of any answer
	calls    int
}

var wireKey = bytes.Repeat([]byte{7}, 32)

func (b *bankSide) RoundTrip(r *http.Request) (*http.Response, error) {
	b.calls++
	if b.fault != nil {
		return nil, b.fault
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	claim, err := crypt.ReadClaim(r.Header, r.Method, r.URL.RequestURI())
	if err != nil {
		return nil, err
	}
	if err := claim.Verify(wireKey, crypt.HashBody(body)); err != nil {
		return nil, err
	}
	header := http.Header{}
	if !b.unsigned {
		nonce := claim.Request.Nonce
		if b.nonce != "" {
			nonce = b.nonce
		}
		crypt.SetSignature(header, "A-1", wireKey, crypt.Request{
			Method: "RESPONSE", Path: r.URL.RequestURI(), Time: claim.Request.Time, Nonce: nonce, Body: crypt.HashBody([]byte(b.body)),
		})
	}
	return &http.Response{StatusCode: b.status, Header: header, Body: io.NopCloser(strings.NewReader(b.body))}, nil
}

func client(t *testing.T, side *bankSide) *Client {
	t.Helper()
	p := bankadapters.DemoProfile("A")
	n := 0
	line, err := bankadapters.NewLine(bankadapters.LineConfig{
		BaseURL: "https://bank.invalid", KeyID: "A-1", Key: wireKey, Transport: side,
		Now:   func() time.Time { return time.Date(2026, 2, 10, 2, 0, 0, 0, time.UTC) },
		Nonce: func() string { n++; return fmt.Sprintf("nonce-%020d", n) },
	}, p)
	if err != nil {
		t.Fatal(err)
	}
	return NewClient(line, p)
}

// answer is a pain.002 about the test submission of 2 payments of 1.500.000.
func answer(message, group, code string, count, total int) string {
	return fmt.Sprintf(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>`+
		`<GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-02-10T02:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>%s</OrgnlMsgId>`+
		`<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><OrgnlNbOfTxs>%d</OrgnlNbOfTxs><OrgnlCtrlSum>%d</OrgnlCtrlSum><GrpSts>%s</GrpSts>`+
		`<StsRsnInf><Rsn><Cd>%s</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>`, message, count, total, group, code)
}

// TestSubmitOutcome is the table of STYLE §1.5: nothing but what is certain
// leaves Unknown.
func TestSubmitOutcome(t *testing.T) {
	t.Parallel()
	const ours = "0E01S000001ABCDEF"
	good := answer(ours, "ACTC", "X", 2, 1_500_000)
	final := answer(ours, "RJCT", "AM10", 2, 1_500_000)
	tests := map[string]struct {
		side bankSide
		want bankadapters.Outcome
	}{
		"taken":                                      {bankSide{status: 202, body: good}, bankadapters.Accepted},
		"taken in part":                              {bankSide{status: 202, body: answer(ours, "PART", "X", 2, 1_500_000)}, bankadapters.Accepted},
		"refused for good":                           {bankSide{status: 400, body: final}, bankadapters.Refused},
		"taken without a signature":                  {bankSide{status: 202, body: good, unsigned: true}, bankadapters.Unknown},
		"refused without a signature":                {bankSide{status: 400, body: final, unsigned: true}, bankadapters.Unknown},
		"an old answer played again":                 {bankSide{status: 202, body: good, nonce: "nonce-of-another-request"}, bankadapters.Unknown},
		"another count":                              {bankSide{status: 202, body: answer(ours, "ACTC", "X", 1, 1_500_000)}, bankadapters.Unknown},
		"another sum":                                {bankSide{status: 202, body: answer(ours, "ACTC", "X", 2, 1_500_001)}, bankadapters.Unknown},
		"another message":                            {bankSide{status: 202, body: answer("OTHER", "ACTC", "X", 2, 1_500_000)}, bankadapters.Unknown},
		"another message refused":                    {bankSide{status: 400, body: answer("OTHER", "RJCT", "AM10", 2, 1_500_000)}, bankadapters.Unknown},
		"no message named in a refusal":              {bankSide{status: 400, body: answer("NOTPROVIDED", "RJCT", "FF01", 2, 1_500_000)}, bankadapters.Unknown},
		"a duplicate":                                {bankSide{status: 409, body: answer(ours, "RJCT", "DUPL", 2, 1_500_000)}, bankadapters.Unknown},
		"known with other bytes":                     {bankSide{status: 400, body: answer(ours, "RJCT", "DU01", 2, 1_500_000)}, bankadapters.Unknown},
		"a code nobody listed":                       {bankSide{status: 400, body: answer(ours, "RJCT", "XX99", 2, 1_500_000)}, bankadapters.Unknown},
		"a final code with status 202":               {bankSide{status: 202, body: final}, bankadapters.Unknown},
		"a final code with status 500":               {bankSide{status: 500, body: final}, bankadapters.Unknown},
		"taken with status 400":                      {bankSide{status: 400, body: good}, bankadapters.Unknown},
		"a group status we do not know":              {bankSide{status: 202, body: answer(ours, "NEWS", "X", 2, 1_500_000)}, bankadapters.Unknown},
		"half an answer":                             {bankSide{status: 202, body: good[:len(good)/2]}, bankadapters.Unknown},
		"no body":                                    {bankSide{status: 202}, bankadapters.Unknown},
		"a broken line":                              {bankSide{fault: io.ErrUnexpectedEOF}, bankadapters.Unknown},
		"a line that is certain it sent nothing":     {bankSide{fault: bankadapters.ErrNothingWritten}, bankadapters.NotSent},
		"a dial error of a line that is not certain": {bankSide{fault: errors.New("connection refused")}, bankadapters.Unknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			side := tt.side
			got, err := client(t, &side).Submit(t.Context(), submission(instruction(1, 500_000), instruction(2, 1_000_000)))
			if got.Outcome != tt.want {
				t.Errorf("outcome %s, error %v; want %s", got.Outcome, err, tt.want)
			}
			if side.calls != 1 {
				t.Errorf("%d requests, want one", side.calls)
			}
			if (err == nil) != (tt.want == bankadapters.Accepted || tt.want == bankadapters.Refused) {
				t.Errorf("outcome %s with error %v", got.Outcome, err)
			}
		})
	}
}

func TestStatusBelieves(t *testing.T) {
	t.Parallel()
	const ours = "M1"
	unknown := `{"message_id":"M1","known":false,"as_of":"2026-02-10T02:00:00Z"}`
	tests := map[string]struct {
		side  bankSide
		known bool
		fails bool
	}{
		"known":                             {bankSide{status: 200, body: statusReport}, true, false},
		"not known":                         {bankSide{status: 404, body: unknown}, false, false},
		"not known, unsigned":               {bankSide{status: 404, body: unknown, unsigned: true}, false, true},
		"not known, of another message":     {bankSide{status: 404, body: strings.Replace(unknown, "M1", "M2", 1)}, false, true},
		"a 404 of some other page":          {bankSide{status: 404, body: `{"message_id":"M1"}`}, false, true},
		"a report of another message":       {bankSide{status: 200, body: answer("M2", "ACSC", "X", 1, 1)}, false, true},
		"a not-known with the status of ok": {bankSide{status: 200, body: unknown}, false, true},
		"out of service":                    {bankSide{status: 503, body: "busy", unsigned: true}, false, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			side := tt.side
			got, err := client(t, &side).Status(t.Context(), ours)
			if got.Known != tt.known || (err != nil) != tt.fails {
				t.Errorf("Status = %+v, error %v", got, err)
			}
		})
	}
}

func TestFetchEndsWithTheSignature(t *testing.T) {
	t.Parallel()
	side := bankSide{status: 200, body: "the file"}
	read := func(c *Client) (string, error) {
		body, err := c.Fetch(t.Context(), "A-000001")
		if err != nil {
			return "", err
		}
		defer body.Close()
		all, err := io.ReadAll(body)
		return string(all), err
	}
	if got, err := read(client(t, &side)); got != side.body || err != nil {
		t.Errorf("Fetch = %q, %v", got, err)
	}
	forged := client(t, &bankSide{status: 200, body: "the file"})
	forged.Line = tampered(t)
	if _, err := read(forged); !errors.Is(err, bankadapters.ErrAnswer) {
		t.Errorf("a changed file ends with %v, want ErrAnswer", err)
	}
}

// tampered is a line on which somebody changes the last byte of every answer.
func tampered(t *testing.T) *bankadapters.Line {
	t.Helper()
	p := bankadapters.DemoProfile("A")
	line, err := bankadapters.NewLine(bankadapters.LineConfig{
		BaseURL: "https://bank.invalid", KeyID: "A-1", Key: wireKey, Transport: tamper{&bankSide{status: 200, body: "the file"}},
		Now: func() time.Time { return time.Date(2026, 2, 10, 2, 0, 0, 0, time.UTC) }, Nonce: func() string { return "nonce-0123456789abcdef" },
	}, p)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

type tamper struct{ inner *bankSide }

func (x tamper) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := x.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(strings.NewReader(strings.TrimSuffix(x.inner.body, "e") + "s"))
	return response, nil
}
