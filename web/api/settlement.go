package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/reconciliation"
)

// The headers of a delivered file beside those of the signature.
const (
	HeaderKind = "X-Ansinh-Kind"
	HeaderFile = "X-Ansinh-File"
	HeaderHead = "X-Ansinh-Head"
)

// A statement of a million entries; the body goes to a file as it arrives.
const bytesMaxDefault = 1 << 30

// BankKey is a key shared with one bank or provider.
type BankKey struct {
	Channel bankadapters.Key
	Secret  []byte
}

// Take takes in one file and returns what its sender gets as receipt.
type Take func(ctx context.Context, in reconciliation.FileIn) (any, error)

// Settlements answers POST /api/v1/settlements.
type Settlements struct {
	Key      func(keyID string) (BankKey, bool)
	Remember func(ctx context.Context, keyID, nonce string, now time.Time) error // ErrReplay for one that was used
	Take     Take
	Kinds    map[bankadapters.Kind]Take                // kinds that another package takes
	Head     func(ctx context.Context) (string, error) // the ledger's head
	Now      func() time.Time
	Spool    string // folder for bodies while they arrive; "" is the system's
	BytesMax int64  // 0 means 1 GiB
	Log      *slog.Logger
}

// ServeHTTP takes one file. 200: taken, or taken before; 202: kept, waits for
// an earlier statement; 400, 409, 413, 415, 422: refused for good; 401: not
// signed as agreed; 500: ours, send again.
func (s *Settlements) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, `{"error":"method"}`, http.StatusMethodNotAllowed)
		return
	}
	claim, key, no := s.claim(r)
	if no != "" {
		s.unsigned(w, no)
		return
	}
	body, hash, err := s.spool(r.Body)
	if err != nil {
		s.unreadable(w, r, err)
		return
	}
	defer os.Remove(body.Name()) //nolint:errcheck // a leftover in the spool folder harms nobody
	defer body.Close()           //nolint:errcheck // only read
	if claim.Verify(key.Secret, hash) != nil {
		s.unsigned(w, "signature")
		return
	}
	err = s.Remember(r.Context(), claim.KeyID, claim.Request.Nonce, s.Now())
	if errors.Is(err, reconciliation.ErrReplay) {
		s.unsigned(w, "replay")
		return
	}
	if err != nil {
		s.fail(w, r, claim, key, err)
		return
	}
	in := reconciliation.FileIn{Channel: key.Channel, Kind: bankadapters.Kind(r.Header.Get(HeaderKind)), Name: fileName(r.Header.Get(HeaderFile)),
		Body: body, KeyID: claim.KeyID, At: s.Now()}
	take, ok := s.Kinds[in.Kind]
	if !ok {
		take = s.Take
	}
	receipt, err := take(r.Context(), in)
	if err != nil {
		s.fail(w, r, claim, key, err)
		return
	}
	status := http.StatusOK
	if got, ok := receipt.(reconciliation.Receipt); ok && got.State == reconciliation.StateWaiting {
		status = http.StatusAccepted
	}
	s.answer(r.Context(), w, claim, key, status, receipt)
}

// claim checks everything about a request that needs no body.
func (s *Settlements) claim(r *http.Request) (claim crypt.Claim, key BankKey, no string) {
	claim, err := crypt.ReadClaim(r.Header, r.Method, r.RequestURI)
	if err != nil {
		if r.Header.Get(crypt.HeaderNonce) != "" && strings.Contains(err.Error(), crypt.HeaderNonce) {
			return claim, key, "nonce"
		}
		return claim, key, "signature"
	}
	key, ok := s.Key(claim.KeyID)
	if !ok {
		return claim, key, "key"
	}
	if claim.Fresh(s.Now(), reconciliation.RequestWindow) != nil {
		return claim, key, "timestamp"
	}
	return claim, key, ""
}

func (s *Settlements) spool(body io.Reader) (*os.File, crypt.BodyHash, error) {
	limit := s.BytesMax
	if limit == 0 {
		limit = bytesMaxDefault
	}
	file, err := os.CreateTemp(s.Spool, "delivery-*")
	if err != nil {
		return nil, crypt.BodyHash{}, fmt.Errorf("spool: %w", err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(body, limit+1))
	if err == nil && n > limit {
		err = errs.Coded(errs.Invalid, "RECON-SIZE", fmt.Sprintf(
			"Tệp lớn hơn %d byte: đề nghị ngân hàng chia nhỏ. / The file is larger than %d bytes: ask the bank to split it.", limit, limit), nil)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, crypt.BodyHash{}, errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return file, crypt.BodyHash(sum.Sum(nil)), nil
}

// fileName keeps what is printable of a name that somebody else chose.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '/' || r == '\\' {
			return -1
		}
		return r
	}, s)
	return s[:min(len(s), 100)]
}

// unsigned refuses without a signature: we do not know whom we would sign for.
func (s *Settlements) unsigned(w http.ResponseWriter, what string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	json.NewEncoder(w).Encode(map[string]string{"error": what, "code": "RECON-UNSIGNED", //nolint:errcheck,errchkjson // the client is gone
		"vi": "Yêu cầu không được ký đúng (" + what + "): xem docs/BANKS.md mục 2.",
		"en": "The request is not signed as agreed (" + what + "): see docs/BANKS.md §2."})
}

// unreadable answers, unsigned like every answer to a request that was not
// verified, when a body is too long or broke off.
func (s *Settlements) unreadable(w http.ResponseWriter, r *http.Request, err error) {
	status, what := http.StatusBadRequest, "body"
	if errs.Code(err) != "" {
		status, what = http.StatusRequestEntityTooLarge, "too large"
	} else {
		s.Log.WarnContext(r.Context(), "settlement file did not arrive", "err", err)
	}
	http.Error(w, `{"error":"`+what+`"}`, status)
}

// statusOf is the answer to each kind of error; a test walks all kinds. A file
// of somebody else's account is refused for good like any other wrong file.
var statusOf = map[errs.Kind]int{
	errs.Internal: http.StatusInternalServerError,
	errs.Invalid:  http.StatusUnprocessableEntity,
	errs.NotFound: http.StatusNotFound,
	errs.Conflict: http.StatusConflict,
	errs.Denied:   http.StatusUnprocessableEntity,
}

var statusOfCode = map[string]int{"RECON-KIND": http.StatusUnsupportedMediaType, "RECON-SIZE": http.StatusRequestEntityTooLarge}

// fail is the one place where an error becomes an answer, and where it is
// logged if it is ours.
func (s *Settlements) fail(w http.ResponseWriter, r *http.Request, claim crypt.Claim, key BankKey, err error) {
	kind, text := errs.Read(err)
	status := statusOf[kind]
	if special, ok := statusOfCode[errs.Code(err)]; ok && kind != errs.Internal {
		status = special
	}
	if kind == errs.Internal {
		s.Log.ErrorContext(r.Context(), "settlement file failed", "key", claim.KeyID, "file", fileName(r.Header.Get(HeaderFile)), "err", err)
	}
	refused := struct {
		Code string `json:"code"`
		VI   string `json:"vi"`
		EN   string `json:"en"`
		Line int    `json:"line,omitempty"`
	}{Code: errs.Code(err)}
	refused.VI, refused.EN, _ = strings.Cut(text, " / ")
	var line *reconciliation.LineError
	if kind != errs.Internal && errors.As(err, &line) {
		refused.Line = line.Line
	}
	s.answer(r.Context(), w, claim, key, status, refused)
}

// answer writes JSON, signed, with the ledger's head.
func (s *Settlements) answer(ctx context.Context, w http.ResponseWriter, claim crypt.Claim, key BankKey, status int, what any) {
	body, err := json.Marshal(what)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"code":""}`)
	}
	if head, err := s.Head(ctx); err == nil {
		w.Header().Set(HeaderHead, head)
	} else {
		s.Log.ErrorContext(ctx, "ledger head", "err", err)
	}
	w.Header().Set("Content-Type", "application/json")
	crypt.SetSignature(w.Header(), claim.KeyID, key.Secret, claim.Request.Answer(s.Now(), crypt.HashBody(body)))
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // the client is gone
}
