package sandbox_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ansinh/bankadapters/sandbox"
)

// clock is the injected time of a test.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 2, 10, 2, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

// customer signs and sends as docs/BANKS.md says, with code of its own.
type customer struct {
	t     *testing.T
	world *sandbox.World
	clock *clock
	n     int
}

const payingAccount = "1900001"

func open(t *testing.T, c sandbox.Config) *customer {
	t.Helper()
	k := newClock()
	if c.Now == nil {
		c.Now = k.Now
	}
	if c.Dir == "" {
		c.InMemory = true
	}
	for _, b := range []string{"A", "B", "C", "D", "E"} {
		c.Accounts = append(c.Accounts, sandbox.Account{Bank: b, Number: payingAccount, Name: "Sở mẫu"})
	}
	w, err := sandbox.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &customer{t: t, world: w, clock: k}
}

func (c *customer) fund(bank string, amount int64) {
	c.t.Helper()
	if err := c.world.Fund(bank, payingAccount, amount, fmt.Sprintf("RUT-%d", amount)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *customer) closeDay(date string) {
	c.t.Helper()
	if err := c.world.CloseDay("", date); err != nil {
		c.t.Fatal(err)
	}
}

func mac(key []byte, parts ...string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(m.Sum(nil))
}

func hash(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func (c *customer) request(bank, method, target string, body []byte) *http.Request {
	c.t.Helper()
	id, key, err := c.world.Key(bank)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, "https://bank.example"+target, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	c.n++
	at, nonce := c.clock.now.UTC().Format(time.RFC3339), fmt.Sprintf("nonce-%06d", c.n)
	r.Header.Set("X-Ansinh-Key", id)
	r.Header.Set("X-Ansinh-Timestamp", at)
	r.Header.Set("X-Ansinh-Nonce", nonce)
	r.Header.Set("X-Ansinh-Head", "head-1")
	r.Header.Set("X-Ansinh-Signature", mac(key, method, target, at, nonce, hash(body)))
	return r
}

// ask sends; status 0 means the connection was dropped. Every signed answer
// is checked.
func (c *customer) ask(bank, method, target string, body []byte) (int, []byte) {
	c.t.Helper()
	r := c.request(bank, method, target, body)
	res, err := c.world.Transport(bank).RoundTrip(r)
	if err != nil {
		return 0, nil
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if sig := res.Header.Get("X-Ansinh-Signature"); sig != "" {
		_, key, err := c.world.Key(bank)
		if err != nil {
			c.t.Fatal(err)
		}
		want := mac(key, "RESPONSE", target, res.Header.Get("X-Ansinh-Timestamp"), r.Header.Get("X-Ansinh-Nonce"), hash(answer))
		if sig != want {
			c.t.Errorf("%s %s: answer's signature does not verify", method, target)
		}
	} else if res.StatusCode < 400 {
		c.t.Errorf("%s %s: answer %d is not signed", method, target, res.StatusCode)
	}
	return res.StatusCode, answer
}

type pay struct {
	id      string
	amount  int64
	account string
}

func pays(prefix string, amounts ...int64) []pay {
	out := make([]pay, len(amounts))
	for i, a := range amounts {
		out[i] = pay{fmt.Sprintf("%s%06d", prefix, i+1), a, fmt.Sprintf("0%09d", 1000+i)}
	}
	return out
}

// pain001 writes a message the way the engine is told to.
func pain001(id, bin, account string, rows []pay) []byte {
	var sum int64
	var tx strings.Builder
	for _, p := range rows {
		sum += p.amount
		fmt.Fprintf(&tx, `<CdtTrfTxInf><PmtId><InstrId>%[1]s</InstrId><EndToEndId>%[1]s</EndToEndId></PmtId><Amt><InstdAmt Ccy="VND">%[2]d</InstdAmt></Amt>`+
			`<CdtrAgt><FinInstnId><ClrSysMmbId><MmbId>%[3]s</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt><Cdtr><Nm>NGUYEN &amp; VAN A</Nm></Cdtr>`+
			`<CdtrAcct><Id><Othr><Id>%[4]s</Id></Othr></Id></CdtrAcct><RmtInf><Ustrd>Qua Tet Binh Ngo 2026</Ustrd></RmtInf></CdtTrfTxInf>`, p.id, p.amount, bin, p.account)
	}
	return []byte(fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr><MsgId>%[1]s</MsgId><CreDtTm>2026-02-10T02:00:00Z</CreDtTm>`+
		`<NbOfTxs>%[2]d</NbOfTxs><CtrlSum>%[3]d</CtrlSum><InitgPty><Nm>SO MAU</Nm></InitgPty></GrpHdr><PmtInf><PmtInfId>%[1]s</PmtInfId><PmtMtd>TRF</PmtMtd>`+
		`<NbOfTxs>%[2]d</NbOfTxs><CtrlSum>%[3]d</CtrlSum><ReqdExctnDt><Dt>2026-02-10</Dt></ReqdExctnDt><Dbtr><Nm>SO MAU</Nm></Dbtr>`+
		`<DbtrAcct><Id><Othr><Id>%[4]s</Id></Othr></Id></DbtrAcct><DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>%[5]s</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt>%[6]s</PmtInf></CstmrCdtTrfInitn></Document>`,
		id, len(rows), sum, account, bin, tx.String()))
}

var bins = map[string]string{"A": "999001", "B": "999002", "C": "999003", "D": "999004", "E": "999005"}

func (c *customer) post(bank, id string, rows []pay) (int, string) {
	c.t.Helper()
	status, body := c.ask(bank, "POST", "/v1/messages", pain001(id, bins[bank], payingAccount, rows))
	return status, string(body)
}

func (c *customer) book(bank string) sandbox.Book {
	c.t.Helper()
	b, err := c.world.Book(bank)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

type listed struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Account  string `json:"account"`
	Sequence int    `json:"sequence"`
	SHA256   string `json:"sha256"`
	body     []byte
}

// files fetches everything a bank made, of one kind or with "" of all.
func (c *customer) files(bank, kind string) []listed {
	c.t.Helper()
	_, body := c.ask(bank, "GET", "/v1/statements?since=2026-01-01", nil)
	var all struct{ Files []listed }
	if err := json.Unmarshal(body, &all); err != nil {
		c.t.Fatal(err)
	}
	var out []listed
	for _, f := range all.Files {
		if kind != "" && kind != f.Kind {
			continue
		}
		_, f.body = c.ask(bank, "GET", "/v1/statements/"+f.ID, nil)
		if hash(f.body) != f.SHA256 {
			c.t.Errorf("file %s: hash differs from the list", f.ID)
		}
		out = append(out, f)
	}
	return out
}

// validate checks XML against the public schema when the schemas are there.
func validate(t *testing.T, schema string, body []byte) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "iso20022", schema+".xsd")
	if _, err := os.Stat(path); err != nil {
		return // the schemas are optional; the other checks of the same test still run
	}
	cmd := exec.CommandContext(t.Context(), "xmllint", "--noout", "--schema", path, "-")
	cmd.Stdin = bytes.NewReader(body)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%.600s\n%.600s", schema, err, out, body)
	}
}

func count(body, what string) int { return strings.Count(body, what) }

// all faults at rates high enough that a few hundred payments meet each.
var rough = sandbox.Faults{
	Unavailable: 800, DropBefore: 800, DropAfter: 800, Late: 800, Slow: 500,
	Reject: 300, Wait: 500, Double: 200, Return: 300, AccountUnknown: 200, AccountClosed: 200,
	LostLine: 200, BadStatement: 3000, Unpaid: 1000,
}

// play sends some messages to every bank through all faults and closes days.
func (c *customer) play() {
	c.t.Helper()
	for i, bank := range []string{"A", "B", "C", "D", "E"} {
		c.fund(bank, 50_000_000)
		for m := range 3 {
			id := fmt.Sprintf("MSG%d%d-%s", i, m, strings.Repeat("X", 20))
			rows := make([]int64, 40)
			for r := range rows {
				rows[r] = int64(10_000 + r)
			}
			for range 3 {
				if status, _ := c.post(bank, id, pays(fmt.Sprintf("P%d%d", i, m), rows...)); status != 503 {
					break
				}
			}
			c.clock.now = c.clock.now.Add(7 * time.Minute)
			c.ask(bank, "GET", "/v1/messages/"+id, nil)
		}
	}
	for _, p := range []string{"P1", "P2"} {
		for range 5 {
			if status, _ := c.ask(p, "POST", "/v1/lists", providerList("L-"+p, p, 30)); status == 202 {
				break
			}
		}
	}
	for day := range 14 {
		c.closeDay(time.Date(2026, 2, 10+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
		c.clock.now = c.clock.now.Add(24 * time.Hour)
	}
}

func providerList(id, provider string, n int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "H,1,%s,%s,2026-02-10,%d,%d\n", id, provider, n, n*300_000)
	for i := range n {
		fmt.Fprintf(&b, "D,%s%06d,Nguyễn Văn %d,000,00001,,300000\n", provider, i+1, i+1)
	}
	return []byte(b.String() + "T," + strconv.Itoa(n) + "," + strconv.Itoa(n*300_000) + "," + hash([]byte(b.String())) + "\n")
}

func TestEveryFileValidatesAndAddsUp(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 7, Faults: rough})
	c.play()
	kinds := map[string]int{}
	for _, bank := range sandbox.Banks() {
		closing := map[string]int64{}
		for _, f := range c.files(bank, "") {
			kinds[f.Kind]++
			switch f.Kind {
			case "camt.053":
				validate(t, "camt.053.001.08", f.body)
				if s := readStatement(t, f.body); s.addsUp() {
					if before, ok := closing[f.Account]; ok && before != s.opening && s.opening != 0 {
						t.Errorf("bank %s %s: opening %d, closing before was %d", bank, f.ID, s.opening, before)
					}
					closing[f.Account] = s.closing
				} else {
					kinds["faulty"]++
				}
			case "camt.054":
				validate(t, "camt.054.001.08", f.body)
			case "pain.002":
				validate(t, "pain.002.001.10", f.body)
			}
		}
		for _, a := range c.book(bank).Accounts {
			if closing[a.Account] != a.Balance {
				t.Errorf("bank %s: last closing %d, balance in the book %d", bank, closing[a.Account], a.Balance)
			}
		}
	}
	for _, kind := range []string{"camt.053", "camt.054", "pain.002", "withdrawals", "provider-result", "faulty"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s file was made: %v", kind, kinds)
		}
	}
}

func TestSameRequestsGiveTheSameBook(t *testing.T) {
	t.Parallel()
	var books [2]map[string]string
	for i := range books {
		dir := t.TempDir()
		c := open(t, sandbox.Config{Seed: 11, Dir: dir, Faults: rough})
		c.play()
		books[i] = map[string]string{}
		for _, b := range sandbox.Banks() {
			text, err := os.ReadFile(filepath.Join(dir, "sandbox", b, "book.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			books[i][b] = string(text)
		}
	}
	for b := range books[0] {
		if books[0][b] != books[1][b] {
			t.Errorf("bank %s: two runs of one seed have different books", b)
		}
		if len(books[0][b]) == 0 {
			t.Errorf("bank %s: empty book", b)
		}
	}
}

func TestServeOverRealSockets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := open(t, sandbox.Config{Seed: 1, Dir: dir})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	points, err := c.world.Serve(ctx)
	if err != nil {
		t.Fatal(err)
	}
	client := pinned(t, filepath.Join(dir, "sandbox", points.CA))
	c.fund("A", 1_000_000)
	r := c.request("A", "POST", "/v1/messages", pain001("M1", bins["A"], payingAccount, pays("P", 1000)))
	r.URL.Host = strings.TrimPrefix(points.Banks[0].URL, "https://")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		t.Errorf("status %d, want 202", res.StatusCode)
	}
	if len(points.Banks) != 7 || points.Control.URL == "" {
		t.Errorf("endpoints: %+v", points)
	}
	var stored bytes.Buffer
	if err := sandbox.PrintBook(&stored, dir, "A"); err != nil || !strings.Contains(stored.String(), `"credited": 1,`) {
		t.Errorf("PrintBook: %v\n%s", err, stored.String())
	}
}

// A dropped connection reaches a real client as an error, and the client does
// not try again behind our back.
func TestDroppedConnectionIsAnErrorOverRealSockets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := open(t, sandbox.Config{Seed: 1, Dir: dir, Faults: sandbox.Faults{DropAfter: 10_000}})
	points, err := c.world.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := pinned(t, filepath.Join(dir, "sandbox", points.CA))
	c.fund("A", 1_000_000)
	for m := range 2 { // the second on a connection that might be reused
		r := c.request("A", "POST", "/v1/messages", pain001(fmt.Sprintf("M%d", m), bins["A"], payingAccount, pays("P", 1000)))
		r.URL.Host = strings.TrimPrefix(points.Banks[0].URL, "https://")
		if res, err := client.Do(r); err == nil {
			t.Errorf("status %d, want an error", res.StatusCode)
			res.Body.Close()
		}
	}
	if s := c.book("A").Summary; s.Credited != 2 {
		t.Errorf("credited %d, want 2", s.Credited)
	}
}
