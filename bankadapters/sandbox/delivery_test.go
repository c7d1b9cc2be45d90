package sandbox_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"ansinh/bankadapters/sandbox"
)

// receiver is a customer's settlement endpoint: it answers by a function and
// remembers what came.
type receiver struct {
	t      *testing.T
	c      *customer
	answer func(n int, kind string, body []byte) int // 0: the connection breaks
	got    []string                                  // file names
	nonces map[string]bool
	bodies map[string][]byte
}

func (r *receiver) RoundTrip(q *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	name := q.Header.Get("X-Ansinh-File")
	id := strings.TrimSuffix(q.Header.Get("X-Ansinh-Key"), "-1")
	_, key, err := r.c.world.Key(id)
	if err != nil {
		r.t.Error(err)
	}
	nonce := q.Header.Get("X-Ansinh-Nonce")
	want := mac(key, q.Method, q.URL.RequestURI(), q.Header.Get("X-Ansinh-Timestamp"), nonce, hash(body))
	if q.Header.Get("X-Ansinh-Signature") != want || q.URL.Path != "/api/v1/settlements" {
		r.t.Errorf("%s: signature or path %s is wrong", name, q.URL.Path)
	}
	if r.nonces[nonce] {
		r.t.Errorf("nonce %s used twice", nonce)
	}
	r.nonces[nonce] = true
	if before, ok := r.bodies[name]; ok && !bytes.Equal(before, body) {
		r.t.Errorf("%s: other bytes on a later try", name)
	}
	r.bodies[name] = body
	r.got = append(r.got, name)
	status := r.answer(len(r.got), q.Header.Get("X-Ansinh-Kind"), body)
	if status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{}`)), Request: q}, nil
}

func (c *customer) deliver(bank string, answer func(int, string, []byte) int) (*receiver, sandbox.Delivered) {
	c.t.Helper()
	r := &receiver{t: c.t, c: c, answer: answer, nonces: map[string]bool{}, bodies: map[string][]byte{}}
	d, err := c.world.Deliver(c.t.Context(), bank, "https://ansinh.example", r)
	if err != nil {
		c.t.Fatal(err)
	}
	return r, d
}

func TestDeliveryRepeatsUntilADefiniteAnswer(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	c.fund("A", 1_000_000)
	c.closeDay("2026-02-10")
	c.closeDay("2026-02-11")
	r, d := c.deliver("A", func(n int, _ string, _ []byte) int { return []int{503, 0, 401, 201, 200}[n-1] })
	if d != (sandbox.Delivered{Taken: 2}) || len(r.got) != 5 || r.got[3] == r.got[4] {
		t.Errorf("%+v after tries %v", d, r.got)
	}
	r, d = c.deliver("A", func(int, string, []byte) int { return 200 })
	if d != (sandbox.Delivered{}) || len(r.got) != 0 {
		t.Errorf("delivered again: %+v %v", d, r.got)
	}
}

func TestDeliveryKeepsOrderWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	c.closeDay("2026-02-10")
	c.closeDay("2026-02-11")
	r, d := c.deliver("A", func(int, string, []byte) int { return 0 })
	if d != (sandbox.Delivered{Waiting: 2}) || len(r.got) != 5 || len(r.bodies) != 1 {
		t.Errorf("%+v after tries %v", d, r.got)
	}
}

func TestFaultyStatementIsFollowedByTheRightOne(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Script: sandbox.Script{BadStatements: []sandbox.BadStatement{{Bank: "A", N: 1}}}})
	c.fund("A", 1_000_000)
	c.post("A", "M1", pays("P", 1000, 2000, 3000))
	c.closeDay("2026-02-10")
	c.closeDay("2026-02-11")
	var sequence []int
	_, d := c.deliver("A", func(_ int, _ string, body []byte) int {
		s := readStatement(t, body)
		sequence = append(sequence, s.sequence)
		validate(t, "camt.053.001.08", body)
		if !s.addsUp() {
			return 422
		}
		return 200
	})
	// Statement 1 is refused, comes again right, and only then number 2.
	if d != (sandbox.Delivered{Taken: 2, Refused: 1}) || len(sequence) != 3 || sequence[0] != 1 || sequence[1] != 1 || sequence[2] != 2 {
		t.Errorf("%+v, sequence numbers %v", d, sequence)
	}
}

func TestFaultyStatementIsCorrectedAtRefusal(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Script: sandbox.Script{BadStatements: []sandbox.BadStatement{{Bank: "A", N: 1}}}})
	c.fund("A", 1_000_000)
	c.closeDay("2026-02-10")
	_, d := c.deliver("A", func(n int, _ string, _ []byte) int { return []int{422, 200}[n-1] })
	if d != (sandbox.Delivered{Taken: 1, Refused: 1}) {
		t.Errorf("%+v", d)
	}
}
