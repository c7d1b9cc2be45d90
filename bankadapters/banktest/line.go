package banktest

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"ansinh/bankadapters"
)

// lineFaults puts peers of its own in the bank's place. Each misbehaves at one
// point of one request; only before the first byte is the outcome NotSent.
func lineFaults(t *testing.T, s Subject) {
	if s.At == nil {
		t.Log("this rail sends nothing itself")
		return
	}
	sub := s.submission(11, 3)
	submit := func(ctx context.Context, address string, ca *x509.CertPool, want bankadapters.Outcome, fault bool) {
		t.Helper()
		answer, err := s.At(address, ca).Submit(ctx, sub)
		if answer.Outcome != want || err == nil {
			t.Errorf("outcome %s, error %v; want %s", answer.Outcome, err, want)
		}
		var transport *bankadapters.TransportError
		if errors.As(err, &transport) != fault {
			t.Errorf("error %v counts for the breaker: %v, want %v", err, !fault, fault)
		}
	}
	anyCA := x509.NewCertPool()

	address := "https://" + closedPort(t)
	submit(t.Context(), address, anyCA, bankadapters.NotSent, true)

	for name, peer := range peers(t) {
		server := httptest.NewUnstartedServer(peer.handler)
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point
		server.StartTLS()
		ca := x509.NewCertPool()
		ca.AddCert(server.Certificate())
		if name == "closes without an answer" {
			// The same server with an authority that we do not trust.
			submit(t.Context(), server.URL, anyCA, bankadapters.NotSent, true)
		}
		submit(t.Context(), server.URL, ca, bankadapters.Unknown, peer.fault)
		server.CloseClientConnections()
		server.Close()
	}
	silence(t, submit)
}

type peer struct {
	handler http.HandlerFunc
	fault   bool // a fault of the line, not a strange answer
}

func peers(t *testing.T) map[string]peer {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	return map[string]peer{
		"closes without an answer":    {abort, true},
		"is out of service":           {answer(http.StatusServiceUnavailable, "busy"), true},
		"accepts without a signature": {answer(http.StatusAccepted, "<Document/>"), false},
		"refuses without a signature": {answer(http.StatusBadRequest, `{"error":"FF01"}`), false},
		"sends us elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				t.Error("the adapter followed a redirect with a submission")
			}
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, false},
		"signs with a key of its own": {func(w http.ResponseWriter, r *http.Request) {
			for _, name := range []string{"X-Ansinh-Key", "X-Ansinh-Timestamp", "X-Ansinh-Nonce"} {
				w.Header().Set(name, r.Header.Get(name))
			}
			w.Header().Set("X-Ansinh-Signature", strings.Repeat("0", 64))
			answer(http.StatusAccepted, "<Document/>")(w, r)
		}, false},
	}
}

// silence is a peer that takes the whole request and never answers; we give up.
func silence(t *testing.T, submit func(context.Context, string, *x509.CertPool, bankadapters.Outcome, bool)) {
	ctx, giveUp := context.WithCancel(t.Context())
	release := make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		giveUp()
		<-release
	}))
	ca := x509.NewCertPool()
	ca.AddCert(server.Certificate())
	submit(ctx, server.URL, ca, bankadapters.Unknown, true)
	close(release)
	server.Close()
}

// closedPort is an address where nobody listens. A socket holds it until the test
// ends, so that no server of another test gets it.
func closedPort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
}
