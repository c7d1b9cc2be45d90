package bankadapters

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"ansinh/internal/crypt"
)

const (
	headerHead = "X-Ansinh-Head"

	answerBytesMax = 64 << 20
)

// ErrNothingWritten marks an error of an own RoundTripper that is certain to
// have sent nothing, such as a simulated refusal to connect.
var ErrNothingWritten = errors.New("no byte of the request was written")

// LineConfig says how to reach one bank. Everything but Transport is required.
type LineConfig struct {
	BaseURL string         // https://host:port
	CA      *x509.CertPool // the only authorities trusted
	KeyID   string
	Key     []byte
	Now     func() time.Time
	Nonce   func() string // a fresh 16 to 64 characters A–Z a–z 0–9 - each time
	// Transport replaces the network, for the simulator. Its errors count as
	// "may have been sent" unless they match ErrNothingWritten.
	Transport http.RoundTripper
}

// Line is the signed HTTPS line to one bank, docs/BANKS.md §2. It never retries,
// follows no redirect, uses no proxy and no connection twice, so that it knows
// of every call whether a byte of it left.
type Line struct {
	bank    Key
	config  LineConfig
	base    *url.URL
	timeout time.Duration
}

// NewLine checks the configuration. The time limit of a call is the profile's.
func NewLine(c LineConfig, p Profile) (*Line, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("line to bank %s: %w", p.Key, err)
	}
	switch {
	case base.Scheme != "https" || base.Host == "":
		return nil, fmt.Errorf("line to bank %s: the address must be https://host:port", p.Key)
	case c.CA == nil && c.Transport == nil:
		return nil, fmt.Errorf("line to bank %s: no certificate authority", p.Key)
	case c.KeyID == "" || len(c.Key) < 32 || c.Now == nil || c.Nonce == nil:
		return nil, fmt.Errorf("line to bank %s: key id, a key of 32 bytes, clock and nonce source are required", p.Key)
	case p.CallTimeout <= 0:
		return nil, fmt.Errorf("line to bank %s: the profile has no call_timeout", p.Key)
	}
	return &Line{bank: p.Key, config: c, base: base, timeout: p.CallTimeout}, nil
}

// Now is the line's clock.
func (l *Line) Now() time.Time { return l.config.Now() }

// Call is one request. Target is the path with its query, percent-encoded.
type Call struct {
	Method      string
	Target      string
	ContentType string
	Body        []byte
	Head        string // ledger head for the bank's archive, "" = none
}

// Reply is an answer as it came. Believe nothing in it unless Authentic: then
// the body is the bank's answer to this very request. Status is never signed.
type Reply struct {
	Status    int
	Body      []byte
	Authentic bool
}

// Do makes one call and reads the whole answer. Every error is a
// *TransportError. Do panics inside a database transaction.
func (l *Line) Do(ctx context.Context, c Call) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	response, nonce, fault := l.open(ctx, c)
	if fault != nil {
		return Reply{}, fault
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax+1))
	if err == nil && len(body) > answerBytesMax {
		err = fmt.Errorf("the answer is longer than %d bytes", answerBytesMax)
	}
	if err != nil {
		return Reply{}, l.fault(c, true, err)
	}
	claim, err := l.claim(response.Header, c.Target, nonce)
	authentic := err == nil && claim.Verify(l.config.Key, crypt.HashBody(body)) == nil
	return Reply{Status: response.StatusCode, Body: body, Authentic: authentic}, nil
}

func (l *Line) fault(c Call, began bool, err error) error {
	path, _, _ := strings.Cut(c.Target, "?")
	return &TransportError{Op: fmt.Sprintf("bank %s: %s %s", l.bank, c.Method, path), Began: began, Err: err}
}

// open sends the request and returns the response with its body unread.
func (l *Line) open(ctx context.Context, c Call) (*http.Response, string, error) {
	RefuseInTransaction(ctx)
	request, err := http.NewRequestWithContext(ctx, c.Method, l.base.Scheme+"://"+l.base.Host+c.Target, bytes.NewReader(c.Body))
	if err != nil {
		return nil, "", l.fault(c, false, err)
	}
	if got := request.URL.RequestURI(); got != c.Target {
		return nil, "", l.fault(c, false, fmt.Errorf("the target %q would be sent as %q", c.Target, got))
	}
	// Without GetBody the standard library cannot send the body a second time.
	request.GetBody = nil
	nonce := l.config.Nonce()
	crypt.SetSignature(request.Header, l.config.KeyID, l.config.Key, crypt.Request{
		Method: c.Method, Path: c.Target, Time: l.config.Now(), Nonce: nonce, Body: crypt.HashBody(c.Body),
	})
	if c.ContentType != "" {
		request.Header.Set("Content-Type", c.ContentType)
	}
	if c.Head != "" {
		request.Header.Set(headerHead, c.Head)
	}
	trip, began := l.tripper()
	response, err := trip.RoundTrip(request)
	if err != nil {
		return nil, "", l.fault(c, began() && !errors.Is(err, ErrNothingWritten), err)
	}
	return response, nonce, nil
}

// tripper returns what carries one request, and whether a byte of it left. The
// TLS handshake is not the request: a wrong certificate means nothing was sent.
func (l *Line) tripper() (trip http.RoundTripper, began func() bool) {
	if l.config.Transport != nil {
		return l.config.Transport, func() bool { return true }
	}
	var written atomic.Bool
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		secure := tls.Client(raw, &tls.Config{RootCAs: l.config.CA, ServerName: l.base.Hostname(), MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		return &watchedConn{Conn: secure, written: &written}, nil
	}
	return &http.Transport{DialTLSContext: dial, DisableKeepAlives: true, DisableCompression: true}, written.Load
}

// watchedConn notes the first attempt to write.
type watchedConn struct {
	net.Conn
	written *atomic.Bool
}

func (c *watchedConn) Write(p []byte) (int, error) {
	c.written.Store(true) // before the write: a failed one may have sent something
	return c.Conn.Write(p)
}

// claim reads the signature headers of an answer. Its nonce is that of the
// request, so an old answer cannot be played again and its age needs no check.
func (l *Line) claim(h http.Header, target, nonce string) (crypt.Claim, error) {
	claim, err := crypt.ReadClaim(h, "RESPONSE", target)
	if err != nil {
		return crypt.Claim{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if claim.KeyID != l.config.KeyID || claim.Request.Nonce != nonce {
		return crypt.Claim{}, fmt.Errorf("%w: signed for another request or with another key", ErrAnswer)
	}
	return claim, nil
}
