package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"ansinh/bankadapters/sandbox"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
)

// setupSandboxControl moves running sandbox banks from outside, as docs/BANKS.md
// §12 says: what the Treasury and the passing of days do to real ones.
func setupSandboxControl(*flag.FlagSet) run {
	return func(ctx context.Context, e *env, args []string) error {
		if len(args) != 2 || !json.Valid([]byte(args[1])) {
			return usagef("a call of docs/BANKS.md §12 and its JSON are needed, such as: close-day '{\"date\":\"2026-01-27\"}'")
		}
		banks, err := e.controls()
		if err != nil {
			return err
		}
		said, err := banks.call(ctx, http.MethodPost, "/control/"+args[0], []byte(args[1]))
		if err == nil {
			fmt.Fprintln(e.stdout, string(said))
		}
		return err
	}
}

// controls is the line to the control of running sandbox banks.
type controls struct {
	client     *http.Client
	url, keyID string
	key        []byte
	now        func() time.Time
}

// controls finds the sandbox that runs on the data folder.
func (e *env) controls() (*controls, error) {
	folder := e.path("sandbox")
	text, err := os.ReadFile(filepath.Join(folder, "endpoints.json"))
	if err != nil {
		return nil, errs.New(errs.NotFound, fmt.Sprintf("Chưa có ngân hàng mẫu nào chạy trong %s. / No sandbox runs in %s.", e.folder(), e.folder()), err)
	}
	var file sandbox.Endpoints
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("endpoints of the sandbox: %w", err)
	}
	key, err := crypt.LoadRequestKey(filepath.Join(folder, file.Control.KeyFile))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(filepath.Join(folder, file.CA))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	return &controls{client: client, url: file.Control.URL, keyID: file.Control.KeyID, key: key, now: e.now()}, nil
}

// call sends one signed call and returns the answer.
func (c *controls) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	nonce, err := crypt.NewNonce(rand.Reader)
	if err != nil {
		return nil, err
	}
	crypt.SetSignature(r.Header, c.keyID, c.key, crypt.Request{Method: method, Path: path, Time: c.now(), Nonce: nonce, Body: crypt.HashBody(body)})
	answer, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, controlBytesMax))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("Ngân hàng mẫu không nhận: %s. / The sandbox refuses: %s.", said, said), nil)
	}
	return said, nil
}

// controlBytesMax is more than any answer: a page of 20,000 payments takes 10 MB.
const controlBytesMax = 64 << 20

// post makes one call and reads the answer into result, unless that is nil.
func (c *controls) post(ctx context.Context, call string, question, result any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	said, err := c.call(ctx, http.MethodPost, "/control/"+call, body)
	if err != nil {
		return fmt.Errorf("sandbox %s: %w", call, err)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(said, result)
}

func (c *controls) openAccount(ctx context.Context, a sandbox.Account) error {
	return c.post(ctx, "account", a, nil)
}

func (c *controls) fund(ctx context.Context, bank, account string, amount int64, reference string) error {
	return c.post(ctx, "fund", map[string]string{"bank": bank, "account": account, "amount": strconv.FormatInt(amount, 10), "reference": reference}, nil)
}

// closeDay, withdrawals and deliver are for one bank, or with "" for all.
func (c *controls) closeDay(ctx context.Context, bank, date string) error {
	return c.post(ctx, "close-day", map[string]string{"bank": bank, "date": date}, nil)
}

func (c *controls) withdrawals(ctx context.Context, bank, date string) error {
	return c.post(ctx, "withdrawals", map[string]string{"bank": bank, "date": date}, nil)
}

func (c *controls) deliver(ctx context.Context, bank, callback string) (sandbox.Delivered, error) {
	var sent sandbox.Delivered
	err := c.post(ctx, "deliver", map[string]string{"bank": bank, "callback": callback}, &sent)
	return sent, err
}

// eachPayment hands over the payments of a bank's own book, a page at a time.
func (c *controls) eachPayment(ctx context.Context, bank string, fn func(sandbox.BookPayment)) error {
	for read, all := 0, 1; read < all; {
		query := url.Values{"bank": {bank}, "after": {strconv.Itoa(read)}}
		said, err := c.call(ctx, http.MethodGet, "/control/payments?"+query.Encode(), nil)
		if err != nil {
			return fmt.Errorf("sandbox payments: %w", err)
		}
		var page struct {
			Payments []sandbox.BookPayment `json:"payments"`
			All      int                   `json:"all"`
		}
		if err := json.Unmarshal(said, &page); err != nil {
			return fmt.Errorf("sandbox payments: %w", err)
		}
		if len(page.Payments) == 0 {
			return nil
		}
		for _, p := range page.Payments {
			fn(p)
		}
		read, all = read+len(page.Payments), page.All
	}
	return nil
}
