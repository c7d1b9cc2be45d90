package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
)

const (
	headerKey       = "X-Ansinh-Key"
	headerTimestamp = "X-Ansinh-Timestamp"
	headerNonce     = "X-Ansinh-Nonce"
	headerSignature = "X-Ansinh-Signature"
	headerHead      = "X-Ansinh-Head"
	headerKind      = "X-Ansinh-Kind"
	headerFile      = "X-Ansinh-File"

	clockSkewMax = 15 * time.Minute
)

// sign computes the signature of docs/BANKS.md §2.
func sign(key []byte, method, target, timestamp, nonce string, body []byte) string {
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(method + "\n" + target + "\n" + timestamp + "\n" + nonce + "\n" + hex.EncodeToString(sum[:])))
	return hex.EncodeToString(mac.Sum(nil))
}

// signRequest sets the four headers on r.
func signRequest(r *http.Request, keyID string, key []byte, now time.Time, nonce string, body []byte) {
	at := now.UTC().Format(time.RFC3339)
	r.Header.Set(headerKey, keyID)
	r.Header.Set(headerTimestamp, at)
	r.Header.Set(headerNonce, nonce)
	r.Header.Set(headerSignature, sign(key, r.Method, r.URL.RequestURI(), at, nonce, body))
}

// nonceMemory remembers nonces for twice the allowed skew: an older request is
// refused by its timestamp.
type nonceMemory struct {
	at    map[string]time.Time
	prune int // size at which old ones are dropped next
}

func (m *nonceMemory) seen(nonce string, at, now time.Time) bool {
	if _, ok := m.at[nonce]; ok {
		return true
	}
	if m.at == nil {
		m.at, m.prune = map[string]time.Time{}, 10_000
	}
	if len(m.at) >= m.prune {
		for n, t := range m.at {
			if now.Sub(t) > 2*clockSkewMax {
				delete(m.at, n)
			}
		}
		m.prune = max(10_000, 2*len(m.at))
	}
	m.at[nonce] = at
	return false
}

// checkSignature returns "" or the word for a 401 answer.
func (b *bank) checkSignature(r *http.Request, target string, body []byte) string {
	if r.Header.Get(headerKey) != b.id+"-1" {
		return "key"
	}
	at, err := time.Parse(time.RFC3339, r.Header.Get(headerTimestamp))
	now := b.world.now()
	if err != nil || at.Sub(now).Abs() > clockSkewMax {
		return "timestamp"
	}
	nonce := r.Header.Get(headerNonce)
	if !plausibleNonce(nonce) {
		return "nonce"
	}
	want := sign(b.key, r.Method, target, r.Header.Get(headerTimestamp), nonce, body)
	if !hmac.Equal([]byte(want), []byte(r.Header.Get(headerSignature))) {
		return "signature"
	}
	// Only a signed nonce is remembered, or a stranger could use them up.
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.nonces.seen(nonce, at, now) {
		return "replay"
	}
	return ""
}

func plausibleNonce(s string) bool {
	if len(s) < 8 || len(s) > 64 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}
