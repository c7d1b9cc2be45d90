package sandbox_test

import (
	"bytes"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ansinh/bankadapters/sandbox"
)

func TestWrongSignatureIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spoil func(*http.Request)
		want  string
	}{
		"unknown key":        {func(r *http.Request) { r.Header.Set("X-Ansinh-Key", "B-1") }, "key"},
		"no signature":       {func(r *http.Request) { r.Header.Del("X-Ansinh-Signature") }, "signature"},
		"another address":    {func(r *http.Request) { r.URL.Path += "x" }, "signature"},
		"another nonce":      {func(r *http.Request) { r.Header.Set("X-Ansinh-Nonce", "another-nonce") }, "signature"},
		"malformed nonce":    {func(r *http.Request) { r.Header.Set("X-Ansinh-Nonce", "a b") }, "nonce"},
		"timestamp too old":  {func(r *http.Request) { r.Header.Set("X-Ansinh-Timestamp", "2026-02-10T01:00:00Z") }, "timestamp"},
		"timestamp no time":  {func(r *http.Request) { r.Header.Set("X-Ansinh-Timestamp", "now") }, "timestamp"},
		"body of other text": {func(r *http.Request) { r.Body = http.NoBody }, "signature"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, sandbox.Config{Seed: 1})
			c.fund("A", 1_000_000)
			r := c.request("A", "POST", "/v1/messages", pain001("M1", bins["A"], payingAccount, pays("P", 1000)))
			tt.spoil(r)
			res, err := c.world.Transport("A").RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			var body bytes.Buffer
			if _, err := body.ReadFrom(res.Body); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != 401 || !strings.Contains(body.String(), `"`+tt.want+`"`) {
				t.Errorf("status %d %s, want 401 %s", res.StatusCode, body.String(), tt.want)
			}
			if res.Header.Get("X-Ansinh-Signature") != "" {
				t.Error("a refusal to a stranger is signed")
			}
			if n := len(c.book("A").Messages); n != 0 {
				t.Errorf("%d messages in the book", n)
			}
		})
	}
}

func TestReplayIsRefused(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	for i, want := range []int{404, 401} {
		c.n = 0 // the same nonce again
		if status, _ := c.ask("A", "GET", "/v1/messages/M1", nil); status != want {
			t.Errorf("request %d: status %d, want %d", i+1, status, want)
		}
	}
}

func TestWholeMessageIsRefused(t *testing.T) {
	t.Parallel()
	good := string(pain001("M1", bins["A"], payingAccount, pays("P", 1000, 2000)))
	tests := map[string]struct{ from, to, want string }{
		"other namespace":       {"pain.001.001.09", "pain.001.001.03", "FF01"},
		"truncated":             {"</PmtInf></CstmrCdtTrfInitn></Document>", "", "FF01"},
		"wrong closing element": {"</Cdtr>", "</Dbtr>", "FF01"},
		"document type":         {"<Document", "<!DOCTYPE x><Document", "FF01"},
		"fraction of a đồng":    {">1000<", ">1000.50<", "FF01"},
		"negative amount":       {">1000<", ">-1000<", "FF01"},
		"zero amount":           {">1000<", ">0<", "AM12"},
		"foreign currency":      {`Ccy="VND"`, `Ccy="USD"`, "AM03"},
		"control sum":           {"<CtrlSum>3000<", "<CtrlSum>3001<", "AM10"},
		"count":                 {"<NbOfTxs>2<", "<NbOfTxs>3<", "AM18"},
		"unknown payer":         {payingAccount, "777", "AC02"},
		"date far away":         {"<Dt>2026-02-10", "<Dt>2027-02-10", "DT01"},
		"date unreadable":       {"<Dt>2026-02-10", "<Dt>10/02/2026", "DT01"},
		"one id twice":          {"P000002", "P000001", "DU04"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, sandbox.Config{Seed: 1})
			c.fund("A", 1_000_000)
			body := strings.ReplaceAll(good, tt.from, tt.to)
			if body == good {
				t.Fatal("the case changes nothing")
			}
			status, answer := c.ask("A", "POST", "/v1/messages", []byte(body))
			validate(t, "pain.002.001.10", answer)
			if status != 400 || !strings.Contains(string(answer), "<Cd>"+tt.want+"</Cd>") || !strings.Contains(string(answer), "<GrpSts>RJCT<") {
				t.Errorf("status %d: %s, want %s", status, answer, tt.want)
			}
			if n := len(c.book("A").Payments); n != 0 {
				t.Errorf("%d payments in the book", n)
			}
		})
	}
}

func TestKnownIDWithOtherBytesIsRefused(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	c.fund("C", 1_000_000)
	c.post("C", "M1", pays("P", 1000))
	if status, body := c.post("C", "M1", pays("Q", 1000)); status != 400 || !strings.Contains(body, "DU01") {
		t.Errorf("status %d: %s", status, body)
	}
}

func TestWithoutCoverNothingIsPaid(t *testing.T) {
	t.Parallel()
	for _, bank := range []string{"A", "C"} {
		c := open(t, sandbox.Config{Seed: 1})
		c.fund(bank, 3500)
		status, body := c.post(bank, "M1", pays("P", 1000, 2000, 3000))
		if status != 202 || !strings.Contains(body, "AM04") || !strings.Contains(body, "PART") {
			t.Errorf("status %d: %s", status, body)
		}
		validate(t, "pain.002.001.10", []byte(body))
		if s := c.book(bank); s.Summary.CreditedVND != 3000 || s.Accounts[0].Balance != 500 {
			t.Errorf("bank %s: %+v %+v", bank, s.Summary, s.Accounts)
		}
	}
}

func TestFundingTwiceIsOnce(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	c.fund("A", 1000)
	c.fund("A", 1000)
	if b := c.book("A").Accounts[0].Balance; b != 1000 {
		t.Errorf("balance %d, want 1000", b)
	}
}

func TestOwnClockGoesForwardOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := sandbox.Open(sandbox.Config{Seed: 1, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	later := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if err := w.SetNow(later); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w, err = sandbox.Open(sandbox.Config{Seed: 1, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.SetNow(later.Add(-time.Second)); err == nil {
		t.Error("the reopened clock went back")
	}
}

// A message that was taken is never refused with a final code later.
func TestTakenMessageIsADuplicateEvenOutOfDate(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	c.fund("C", 1_000_000)
	c.post("C", "M1", pays("P", 1000))
	c.clock.now = c.clock.now.AddDate(0, 3, 0)
	if status, body := c.post("C", "M1", pays("P", 1000)); status != 409 || !strings.Contains(body, "DUPL") {
		t.Errorf("status %d: %s", status, body)
	}
}

// A child process that is just being started holds a copy of every descriptor
// until its exec. A closed book is free all the same.
func TestClosedBookIsFreeWhileACopyOfItsDescriptorIsOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := sandbox.Open(sandbox.Config{Seed: 1, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	held := copiesBelow(t, dir)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if held == 0 {
		t.Fatal("no descriptor of a book was copied")
	}
	if w, err = sandbox.Open(sandbox.Config{Seed: 1, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// copiesBelow copies every descriptor this process has open below dir, as
// starting a child does, and returns how many; the test's end closes them.
func copiesBelow(t *testing.T, dir string) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, entry := range open {
		target, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err != nil || !strings.HasPrefix(target, dir) {
			continue // a descriptor that closed since, or another test's
		}
		fd, err := strconv.Atoi(entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		twin, err := syscall.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Close(twin) })
		held++
	}
	return held
}
