package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPagesArePackedForWhoUnpacks(t *testing.T) {
	t.Parallel()
	handler := book(t)
	for accept, packed := range map[string]bool{"gzip, deflate, br": true, "br;q=1.0, gzip;q=0.5": true, "": false, "identity": false, "gzip;q=0": false, "xgzip": false} {
		t.Run(accept, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/", "/story/0"} {
				r := httptest.NewRequest("GET", path, nil)
				r.Header.Set("Accept-Encoding", accept)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Header().Get("Vary") != "Accept-Encoding" || (w.Header().Get("Content-Encoding") == "gzip") != packed {
					t.Fatalf("%s with Accept-Encoding %q: headers %v", path, accept, w.Header())
				}
				var body io.Reader = w.Body
				if packed {
					var err error
					if body, err = gzip.NewReader(w.Body); err != nil {
						t.Fatal(err)
					}
				}
				text, err := io.ReadAll(body)
				if err != nil || !strings.Contains(string(text), "</html>") {
					t.Errorf("%s: %v, %d bytes", path, err, len(text))
				}
			}
		})
	}
}

func TestAFormTokenNeverLooksTheSameTwice(t *testing.T) {
	t.Parallel()
	random := rand.NewChaCha8(sha256.Sum256([]byte("token")))
	token := bytes.Repeat([]byte{7}, 32)
	one, two := tokenMasked(random, token), tokenMasked(random, token)
	if one == two {
		t.Errorf("two answers carry %s", one)
	}
	for _, text := range []string{one, two} {
		if !bytes.Equal(tokenUnmasked(text), token) {
			t.Errorf("tokenUnmasked(%q) = %x, want %x", text, tokenUnmasked(text), token)
		}
	}
	for _, wrong := range []string{"", "x", one[:len(one)-4], "???"} {
		if bytes.Equal(tokenUnmasked(wrong), token) {
			t.Errorf("%q passes for the token", wrong)
		}
	}
}
