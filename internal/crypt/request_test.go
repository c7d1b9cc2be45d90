package crypt

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	requestKey = bytes.Repeat([]byte{7}, KeySize)
	requestAt  = time.Date(2026, 2, 10, 9, 0, 0, 123, time.FixedZone("", 7*3600))
	requestOne = Request{
		Method: "POST", Path: "/api/v1/settlements?bank=A%20B", Time: requestAt,
		Nonce: "n-0000001", Body: HashBody([]byte("<Document/>")),
	}
)

func TestCanonicalIsFiveLines(t *testing.T) {
	t.Parallel()
	want := "POST\n/api/v1/settlements?bank=A%20B\n2026-02-10T02:00:00Z\nn-0000001\n" +
		"aef08da16b2f66638a4c39560733b0def8b2db4955c64f8e567f8b6a7bca6685"
	if diff := cmp.Diff(want, requestOne.Canonical()); diff != "" {
		t.Errorf("Canonical (-want +got):\n%s", diff)
	}
	// Computed with: printf … | openssl dgst -sha256 -hmac
	if got, want := SignRequest(requestKey, requestOne), "1aba1c6cb3513c763489d7c99c8e2201d48938aff9be7862fa649b9c19b7f2c4"; got != want {
		t.Errorf("SignRequest = %s, want %s", got, want)
	}
}

func TestStreamedBodyHashesTheSame(t *testing.T) {
	t.Parallel()
	hash := sha256.New()
	if _, err := io.Copy(hash, strings.NewReader("<Document/>")); err != nil {
		t.Fatal(err)
	}
	if got := BodyHash(hash.Sum(nil)); got != requestOne.Body {
		t.Errorf("streamed hash %x, want %x", got, requestOne.Body)
	}
}

func TestVerifySignatureCoversEverything(t *testing.T) {
	t.Parallel()
	good := SignRequest(requestKey, requestOne)
	changed := func(change func(*Request)) Request {
		r := requestOne
		change(&r)
		return r
	}
	tests := map[string]struct {
		key       []byte
		request   Request
		signature string
		want      error
	}{
		"as signed":                 {requestKey, requestOne, good, nil},
		"the same moment in UTC":    {requestKey, changed(func(r *Request) { r.Time = r.Time.UTC() }), good, nil},
		"another method":            {requestKey, changed(func(r *Request) { r.Method = "PUT" }), good, ErrSignature},
		"another query":             {requestKey, changed(func(r *Request) { r.Path += "&x" }), good, ErrSignature},
		"a second later":            {requestKey, changed(func(r *Request) { r.Time = r.Time.Add(time.Second) }), good, ErrSignature},
		"another nonce":             {requestKey, changed(func(r *Request) { r.Nonce = "n-0000002" }), good, ErrSignature},
		"another body":              {requestKey, changed(func(r *Request) { r.Body = HashBody(nil) }), good, ErrSignature},
		"another key":               {bytes.Repeat([]byte{8}, KeySize), requestOne, good, ErrSignature},
		"no key":                    {nil, requestOne, SignRequest(nil, requestOne), ErrSignature},
		"capitals":                  {requestKey, requestOne, strings.ToUpper(good), ErrSignature},
		"cut":                       {requestKey, requestOne, good[:62], ErrSignature},
		"nothing":                   {requestKey, requestOne, "", ErrSignature},
		"no hex":                    {requestKey, requestOne, "signature", ErrSignature},
		"an answer is no request":   {requestKey, requestOne.Answer(requestAt, requestOne.Body), good, ErrSignature},
		"more behind the right one": {requestKey, requestOne, good + "00", ErrSignature},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := VerifySignature(tt.key, tt.request, tt.signature); !errors.Is(err, tt.want) {
				t.Errorf("VerifySignature error = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestHeadersThereAndBack(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	SetSignature(h, "A-1", requestKey, requestOne)
	claim, err := ReadClaim(h, requestOne.Method, requestOne.Path)
	if err != nil {
		t.Fatal(err)
	}
	if claim.KeyID != "A-1" {
		t.Errorf("key id = %q, want A-1", claim.KeyID)
	}
	if err := claim.Verify(requestKey, requestOne.Body); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if err := claim.Verify(requestKey, HashBody([]byte("other"))); !errors.Is(err, ErrSignature) {
		t.Errorf("Verify of another body: %v, want ErrSignature", err)
	}
	for age, want := range map[time.Duration]error{
		0: nil, 15 * time.Minute: nil, -14 * time.Minute: nil,
		16 * time.Minute: ErrStaleRequest, -16 * time.Minute: ErrStaleRequest, 1 << 62: ErrStaleRequest,
	} {
		if err := claim.Fresh(requestAt.Truncate(time.Second).Add(age), 15*time.Minute); !errors.Is(err, want) {
			t.Errorf("Fresh after %s = %v, want %v", age, err, want)
		}
	}
}

func TestReadClaimRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]func(http.Header){
		"no key":                    func(h http.Header) { h.Del(HeaderKey) },
		"no timestamp":              func(h http.Header) { h.Del(HeaderTimestamp) },
		"no nonce":                  func(h http.Header) { h.Del(HeaderNonce) },
		"no signature":              func(h http.Header) { h.Set(HeaderSignature, "") },
		"two nonces":                func(h http.Header) { h.Add(HeaderNonce, "n-0000002") },
		"local time":                func(h http.Header) { h.Set(HeaderTimestamp, "2026-02-10T09:00:00+07:00") },
		"fractions of a second":     func(h http.Header) { h.Set(HeaderTimestamp, "2026-02-10T02:00:00.5Z") },
		"a number of seconds":       func(h http.Header) { h.Set(HeaderTimestamp, "1770688800") },
		"a short nonce":             func(h http.Header) { h.Set(HeaderNonce, "n-00001") },
		"a long nonce":              func(h http.Header) { h.Set(HeaderNonce, strings.Repeat("n", 65)) },
		"a nonce with a line feed":  func(h http.Header) { h.Set(HeaderNonce, "n-000000\n1") },
		"a nonce with an underline": func(h http.Header) { h.Set(HeaderNonce, "n_0000001") },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			SetSignature(h, "A-1", requestKey, requestOne)
			change(h)
			if claim, err := ReadClaim(h, "POST", "/"); !errors.Is(err, ErrUnsigned) {
				t.Errorf("ReadClaim = %+v, %v; want ErrUnsigned", claim, err)
			}
		})
	}
}

func TestAnswerBelongsToItsRequest(t *testing.T) {
	t.Parallel()
	body := HashBody([]byte("pain.002"))
	h := http.Header{}
	SetSignature(h, "A-1", requestKey, requestOne.Answer(requestAt.Add(time.Second), body))
	claim, err := ReadAnswer(h, requestOne)
	if err != nil {
		t.Fatal(err)
	}
	if err := claim.Verify(requestKey, body); err != nil {
		t.Errorf("Verify: %v", err)
	}
	other := requestOne
	other.Nonce = "n-0000002"
	if _, err := ReadAnswer(h, other); !errors.Is(err, ErrUnsigned) {
		t.Errorf("an answer to another request: %v, want ErrUnsigned", err)
	}
	elsewhere := requestOne
	elsewhere.Path = "/api/v1/other"
	if claim, err = ReadAnswer(h, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := claim.Verify(requestKey, body); !errors.Is(err, ErrSignature) {
		t.Errorf("an answer from another path: %v, want ErrSignature", err)
	}
}

func TestNewNonceIsAccepted(t *testing.T) {
	t.Parallel()
	nonce, err := NewNonce(bytes.NewReader(bytes.Repeat([]byte{0xf0}, 16)))
	if err != nil || nonce != strings.Repeat("f0", 16) || !nonceFits(nonce) {
		t.Errorf("NewNonce = %q, %v", nonce, err)
	}
	if _, err := NewNonce(strings.NewReader("short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("NewNonce without randomness: error %v, want %v", err, io.ErrUnexpectedEOF)
	}
}
