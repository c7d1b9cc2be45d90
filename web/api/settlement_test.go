package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/reconciliation"
	"ansinh/web/api"
)

var (
	now    = time.Date(2026, 2, 10, 2, 0, 0, 0, time.UTC)
	secret = []byte("0123456789abcdef0123456789abcdef")
)

// server answers with the real nonces and head; Take is what a test gives.
func server(t *testing.T, take api.Take) *httptest.Server {
	t.Helper()
	db := pgtest.DB(t)
	s := &api.Settlements{
		Key: func(id string) (api.BankKey, bool) { return api.BankKey{Channel: "A", Secret: secret}, id == "A-1" },
		Remember: func(ctx context.Context, key, nonce string, at time.Time) error {
			return reconciliation.RememberNonce(ctx, db, key, nonce, at)
		},
		Take: take,
		Head: func(ctx context.Context) (string, error) { h, err := ledger.ReadHead(ctx, db); return h.String(), err },
		Now:  func() time.Time { return now }, Spool: t.TempDir(), BytesMax: 1000, Log: slog.New(slog.DiscardHandler),
	}
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	return listener
}

// delivery is one signed request; change spoils it before it is sent.
func deliver(t *testing.T, url, nonce, body string, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/settlements", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	signed := crypt.Request{Method: http.MethodPost, Path: "/api/v1/settlements", Time: now, Nonce: nonce, Body: crypt.HashBody([]byte(body))}
	crypt.SetSignature(r.Header, "A-1", secret, signed)
	r.Header.Set(api.HeaderKind, "camt.053")
	r.Header.Set(api.HeaderFile, "A-000007.xml")
	if change != nil {
		change(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusRequestEntityTooLarge {
		claim, err := crypt.ReadAnswer(response.Header, signed)
		if err != nil || claim.Verify(secret, crypt.HashBody(answer)) != nil {
			t.Errorf("the answer %d is not signed: %v", response.StatusCode, err)
		}
	}
	return response, string(answer)
}

func TestSignedFileIsTakenOnce(t *testing.T) {
	t.Parallel()
	var got reconciliation.FileIn
	var body string
	url := server(t, func(_ context.Context, in reconciliation.FileIn) (any, error) {
		text, err := io.ReadAll(in.Body)
		got, body = in, string(text)
		return reconciliation.Receipt{File: 7, State: reconciliation.StateTaken}, err
	}).URL
	response, answer := deliver(t, url, "nonce-0001", "<Document/>", nil)
	if response.StatusCode != http.StatusOK || response.Header.Get(api.HeaderHead) == "" || !strings.Contains(answer, `"file":7`) {
		t.Errorf("answer %d %v %s; want 200 with receipt and head", response.StatusCode, response.Header, answer)
	}
	if got.Channel != "A" || got.Kind != bankadapters.KindStatement || got.Name != "A-000007.xml" || got.KeyID != "A-1" || body != "<Document/>" {
		t.Errorf("taken: %+v %q", got, body)
	}
	if response, answer = deliver(t, url, "nonce-0001", "<Document/>", nil); response.StatusCode != http.StatusUnauthorized || !strings.Contains(answer, `"replay"`) {
		t.Errorf("the same nonce again: %d %s, want 401 replay", response.StatusCode, answer)
	}
}

func TestUnsignedIsRefused(t *testing.T) {
	t.Parallel()
	url := server(t, func(context.Context, reconciliation.FileIn) (any, error) {
		t.Error("an unsigned file was looked at")
		return nil, nil
	}).URL
	for want, change := range map[string]func(*http.Request){
		"key":       func(r *http.Request) { r.Header.Set(crypt.HeaderKey, "B-1") },
		"signature": func(r *http.Request) { r.Header.Set(crypt.HeaderSignature, strings.Repeat("0", 64)) },
		"timestamp": func(r *http.Request) {
			crypt.SetSignature(r.Header, "A-1", secret, crypt.Request{Method: r.Method, Path: "/api/v1/settlements",
				Time: now.Add(-16 * time.Minute), Nonce: "nonce-0002", Body: crypt.HashBody([]byte("x"))})
		},
		"nonce": func(r *http.Request) { r.Header.Set(crypt.HeaderNonce, "a b") },
	} {
		response, answer := deliver(t, url, "nonce-0002", "x", change)
		if response.StatusCode != http.StatusUnauthorized || !strings.Contains(answer, `"error":"`+want+`"`) {
			t.Errorf("%s: %d %s, want 401", want, response.StatusCode, answer)
		}
	}
	response, _ := deliver(t, url, "nonce-0003", "x", func(r *http.Request) { r.Header = http.Header{} })
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without headers: %d, want 401", response.StatusCode)
	}
	if response, _ := deliver(t, url, "nonce-0004", strings.Repeat("x", 1001), nil); response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body above the limit: %d, want 413", response.StatusCode)
	}
}

func TestEveryKindOfErrorHasAStatus(t *testing.T) {
	t.Parallel()
	want := map[errs.Kind]int{errs.Internal: 500, errs.Invalid: 422, errs.NotFound: 404, errs.Conflict: 409, errs.Denied: 422}
	for _, kind := range errs.Kinds() {
		url := server(t, func(context.Context, reconciliation.FileIn) (any, error) {
			return nil, &errs.Error{Kind: kind, Code: "RECON-OPENING", Text: "Tiếng Việt. / English.", Err: &reconciliation.LineError{Line: 12}}
		}).URL
		response, answer := deliver(t, url, "nonce-0005", "x", nil)
		var got struct {
			Code, VI, EN string
			Line         int
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil || response.StatusCode != want[kind] || got.VI == "" || got.EN == "" {
			t.Errorf("%s: %d %s (%v), want %d with two sentences", kind, response.StatusCode, answer, err, want[kind])
		}
		if kind != errs.Internal && (got.Line != 12 || got.EN != "English.") {
			t.Errorf("%s: %+v, want line 12 and our sentence", kind, got)
		}
	}
}
