package crypt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// The headers of a signed request.
const (
	HeaderKey       = "X-Ansinh-Key"
	HeaderTimestamp = "X-Ansinh-Timestamp"
	HeaderNonce     = "X-Ansinh-Nonce"
	HeaderSignature = "X-Ansinh-Signature"
)

// ErrSignature means a signature that does not fit what it should cover.
var ErrSignature = errors.New("signature does not fit")

// ErrUnsigned means a request whose signature headers are missing or malformed.
var ErrUnsigned = errors.New("request is not signed as agreed")

// ErrStaleRequest means a request signed too long ago, or in the future.
var ErrStaleRequest = errors.New("request was signed outside the accepted time")

// BodyHash is the SHA-256 of a body. The hash of an empty body is not zero:
// take [HashBody](nil).
type BodyHash [sha256.Size]byte

// HashBody returns the hash of a body held in memory. For a streamed body feed
// sha256.New and convert its sum.
func HashBody(body []byte) BodyHash { return sha256.Sum256(body) }

// Request is what a signature covers.
type Request struct {
	Method string
	// Path is the path with its query as sent: "/api/v1/settlements?bank=A".
	Path string
	// Time is when it was signed. Fractions of a second are not kept.
	Time time.Time
	// Nonce is 8 to 64 characters A–Z a–z 0–9 -, not used again with this key
	// while the receiver remembers it.
	Nonce string
	Body  BodyHash
}

// MethodAnswer stands in the place of the method when an answer is signed.
const MethodAnswer = "RESPONSE"

// NewNonce returns 32 hex digits from random, which must be a cryptographic
// source wherever a repeated nonce would be refused.
func NewNonce(random io.Reader) (string, error) {
	var raw [16]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("make nonce: %w", err)
	}
	return hex.EncodeToString(raw[:]), nil
}

// Answer returns what the signature of an answer to r covers: r's path and
// nonce, so that an answer to one question cannot pass for another's, with its
// own time and body.
func (r Request) Answer(at time.Time, body BodyHash) Request {
	return Request{Method: MethodAnswer, Path: r.Path, Time: at, Nonce: r.Nonce, Body: body}
}

// Canonical returns the bytes that are signed, five lines without a last line
// feed:
//
//	METHOD
//	PATH-with-query
//	TIMESTAMP   (RFC 3339 in UTC, seconds: 2026-02-05T01:30:00Z)
//	NONCE
//	hex(SHA-256(body))
func (r Request) Canonical() string {
	return strings.Join([]string{
		r.Method, r.Path, r.timestamp(), r.Nonce, hex.EncodeToString(r.Body[:]),
	}, "\n")
}

func (r Request) timestamp() string { return r.Time.UTC().Format(time.RFC3339) }

// SignRequest returns the signature: HMAC-SHA256 over the canonical lines, in
// lower-case hex. Key should come from [Keys.RequestKey] or [LoadRequestKey].
func SignRequest(key []byte, r Request) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(r.Canonical()))
	return hex.EncodeToString(mac.Sum(nil))
}

// VerifySignature returns ErrSignature unless signature is that of r under
// key, in lower case. It takes the same time whatever differs. An empty key
// verifies nothing.
func VerifySignature(key []byte, r Request, signature string) error {
	if len(key) == 0 || !hmac.Equal([]byte(signature), []byte(SignRequest(key, r))) {
		return ErrSignature
	}
	return nil
}

// SetSignature signs r with key and writes the four headers.
func SetSignature(h http.Header, keyID string, key []byte, r Request) {
	h.Set(HeaderKey, keyID)
	h.Set(HeaderTimestamp, r.timestamp())
	h.Set(HeaderNonce, r.Nonce)
	h.Set(HeaderSignature, SignRequest(key, r))
}

// Claim is what the headers of a request say before anything is verified.
// Believe nothing in it until Verify returned nil.
type Claim struct {
	KeyID     string
	Request   Request // all but Body, which is known only once it was read
	signature string
}

// ReadClaim reads the signature headers. It returns ErrUnsigned when one is
// missing, doubled or not in the agreed form. Method and path are those the
// server saw: r.Method and r.RequestURI.
func ReadClaim(h http.Header, method, path string) (Claim, error) {
	var values [4]string
	for i, name := range []string{HeaderKey, HeaderTimestamp, HeaderNonce, HeaderSignature} {
		got := h.Values(name)
		if len(got) != 1 || got[0] == "" {
			return Claim{}, fmt.Errorf("%w: %s must be there once", ErrUnsigned, name)
		}
		values[i] = got[0]
	}
	claim := Claim{KeyID: values[0], signature: values[3]}
	claim.Request = Request{Method: method, Path: path, Nonce: values[2]}
	at, err := time.Parse(time.RFC3339, values[1])
	if err != nil {
		return Claim{}, fmt.Errorf("%w: %s must look like 2026-02-05T01:30:00Z", ErrUnsigned, HeaderTimestamp)
	}
	claim.Request.Time = at
	// One spelling only: the signature covers ours, so another could not be right.
	if claim.Request.timestamp() != values[1] {
		return Claim{}, fmt.Errorf("%w: %s must look like 2026-02-05T01:30:00Z", ErrUnsigned, HeaderTimestamp)
	}
	if !nonceFits(claim.Request.Nonce) {
		return Claim{}, fmt.Errorf("%w: %s must have 8 to 64 characters A-Z a-z 0-9 -", ErrUnsigned, HeaderNonce)
	}
	return claim, nil
}

// ReadAnswer reads the signature headers of an answer to the request sent. It
// returns ErrUnsigned as ReadClaim does, and when the answer names another
// nonce: it answers somebody else's question, and proves nothing here.
func ReadAnswer(h http.Header, sent Request) (Claim, error) {
	claim, err := ReadClaim(h, MethodAnswer, sent.Path)
	if err != nil {
		return Claim{}, err
	}
	if claim.Request.Nonce != sent.Nonce {
		return Claim{}, fmt.Errorf("%w: the answer is not to this request", ErrUnsigned)
	}
	return claim, nil
}

// Fresh returns ErrStaleRequest unless the request was signed within window of
// now, before or after. The caller stores accepted nonces for twice that long.
func (c Claim) Fresh(now time.Time, window time.Duration) error {
	if age := now.Sub(c.Request.Time).Abs(); age > window {
		return fmt.Errorf("%w: %s away from our clock, %s allowed", ErrStaleRequest, age.Round(time.Second), window)
	}
	return nil
}

// Verify returns ErrSignature unless the request with this body was signed
// with key.
func (c Claim) Verify(key []byte, body BodyHash) error {
	c.Request.Body = body
	return VerifySignature(key, c.Request, c.signature)
}

func nonceFits(nonce string) bool {
	if len(nonce) < 8 || len(nonce) > 64 {
		return false
	}
	for i := range len(nonce) {
		c := nonce[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
