package web

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
)

// squeezeMin is below what a packet carries: smaller answers gain nothing.
const squeezeMin = 1400

// takesGzip reports whether the reader's browser unpacks gzip, as all do.
func takesGzip(r *http.Request) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, rest, _ := strings.Cut(strings.TrimSpace(one), ";")
		if name == "gzip" && strings.TrimSpace(rest) != "q=0" {
			return true
		}
	}
	return false
}

// squeeze packs body; nil where that saves nothing.
func squeeze(body []byte) []byte {
	if len(body) < squeezeMin {
		return nil
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	if packed.Len() >= len(body) {
		return nil
	}
	return packed.Bytes()
}

// send writes an answer, packed if the browser unpacks and packed is there.
func send(w http.ResponseWriter, r *http.Request, status int, body, packed []byte) error {
	w.Header().Add("Vary", "Accept-Encoding")
	if packed != nil && takesGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		body = packed
	}
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// tokenMasked is token as one answer carries it: never the same letters twice. The
// length of a packed page would otherwise tell a listener who can have words
// shown on it, letter by letter, what the token is.
func tokenMasked(random io.Reader, token []byte) string {
	pad := make([]byte, len(token), 2*len(token))
	if random != nil { // the storybook has no sessions to protect
		if _, err := io.ReadFull(random, pad); err != nil {
			return "" // no form of this answer will be taken
		}
	}
	for i, b := range token {
		pad = append(pad, b^pad[i])
	}
	return base64.RawURLEncoding.EncodeToString(pad)
}

// tokenUnmasked is the token of a form, or nil.
func tokenUnmasked(text string) []byte {
	both, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(both)%2 != 0 {
		return nil
	}
	pad, token := both[:len(both)/2], both[len(both)/2:]
	for i := range token {
		token[i] ^= pad[i]
	}
	return token
}
