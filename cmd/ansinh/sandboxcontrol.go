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
	"os"
	"path/filepath"

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
		folder := e.path("sandbox")
		text, err := os.ReadFile(filepath.Join(folder, "endpoints.json"))
		if err != nil {
			return errs.New(errs.NotFound, fmt.Sprintf("Chưa có ngân hàng mẫu nào chạy trong %s. / No sandbox runs in %s.", e.folder(), e.folder()), err)
		}
		var file struct {
			CA      string `json:"ca"`
			Control struct {
				URL     string `json:"url"`
				KeyID   string `json:"key_id"`
				KeyFile string `json:"key_file"`
			} `json:"control"`
		}
		if err := json.Unmarshal(text, &file); err != nil {
			return fmt.Errorf("endpoints of the sandbox: %w", err)
		}
		key, err := crypt.LoadRequestKey(filepath.Join(folder, file.Control.KeyFile))
		if err != nil {
			return err
		}
		ca, err := os.ReadFile(filepath.Join(folder, file.CA))
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(ca)
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
		return e.control(ctx, client, file.Control.URL, file.Control.KeyID, key, "/control/"+args[0], []byte(args[1]))
	}
}

// control sends one signed call and prints the answer.
func (e *env) control(ctx context.Context, client *http.Client, address, keyID string, key []byte, path string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	nonce, err := crypt.NewNonce(rand.Reader)
	if err != nil {
		return err
	}
	crypt.SetSignature(r.Header, keyID, key, crypt.Request{Method: http.MethodPost, Path: path, Time: e.now()(), Nonce: nonce, Body: crypt.HashBody(body)})
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return errs.New(errs.Invalid, fmt.Sprintf("Ngân hàng mẫu không nhận: %s. / The sandbox refuses: %s.", said, said), nil)
	}
	fmt.Fprintln(e.stdout, string(said))
	return nil
}
