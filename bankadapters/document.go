package bankadapters

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
)

// JSON makes a call and reads an authentic answer with the given status into
// out. Other answers are a *TransportError (unsigned 5xx) or match ErrAnswer.
func (l *Line) JSON(ctx context.Context, c Call, status int, out any) error {
	reply, err := l.Do(ctx, c)
	if err != nil {
		return err
	}
	if err := l.Believe(c, reply); err != nil {
		return err
	}
	if reply.Status != status {
		return fmt.Errorf("bank %s: %w: %s answered %d", l.bank, ErrAnswer, c.Method, reply.Status)
	}
	if err := json.Unmarshal(reply.Body, out); err != nil {
		return fmt.Errorf("bank %s: %w: %w", l.bank, ErrAnswer, err)
	}
	return nil
}

// Believe returns nil for an authentic reply. An unsigned 5xx is a fault of the
// line, whatever proxy made it.
func (l *Line) Believe(c Call, r Reply) error {
	switch {
	case r.Authentic:
		return nil
	case r.Status >= 500:
		return l.fault(c, true, fmt.Errorf("out of service (%d)", r.Status))
	default:
		return fmt.Errorf("bank %s: %w: no valid signature (status %d)", l.bank, ErrAnswer, r.Status)
	}
}

// Documents lists what the bank made on or after since, oldest first.
func (l *Line) Documents(ctx context.Context, since calendar.Date) ([]Document, error) {
	var answer struct {
		Files []struct {
			ID       string        `json:"id"`
			Kind     Kind          `json:"kind"`
			Name     string        `json:"name"`
			Account  string        `json:"account"`
			Date     calendar.Date `json:"date"`
			Sequence int64         `json:"sequence"`
			SHA256   string        `json:"sha256"`
		} `json:"files"`
	}
	call := Call{Method: http.MethodGet, Target: "/v1/statements?since=" + since.String()}
	if err := l.JSON(ctx, call, http.StatusOK, &answer); err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	out := make([]Document, 0, len(answer.Files))
	for _, f := range answer.Files {
		out = append(out, Document{ID: f.ID, Kind: f.Kind, Name: f.Name, Account: f.Account, Date: f.Date, Sequence: f.Sequence, SHA256: f.SHA256})
	}
	return out, nil
}

// Fetch opens one document. The signature covers the whole body, so reading
// ends with an error matching ErrAnswer in place of io.EOF when it does not
// fit: whoever keeps the file must not take it in before EOF.
func (l *Line) Fetch(ctx context.Context, id string) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	call := Call{Method: http.MethodGet, Target: "/v1/statements/" + url.PathEscape(id)}
	response, nonce, err := l.open(ctx, call)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("fetch document %s: %w", id, err)
	}
	claim, err := l.claim(response.Header, call.Target, nonce)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%w: status %d", ErrAnswer, response.StatusCode)
	}
	if err != nil {
		cancel()
		return nil, errors.Join(fmt.Errorf("fetch document %s: %w", id, err), response.Body.Close())
	}
	return &signedBody{body: response.Body, cancel: cancel, claim: claim, key: l.config.Key, sum: sha256.New(), id: id}, nil
}

// signedBody hashes while it is read and compares at the end.
type signedBody struct {
	body   io.ReadCloser
	cancel context.CancelFunc
	claim  crypt.Claim
	key    []byte
	sum    hash.Hash
	id     string
}

func (b *signedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.sum.Write(p[:n])
	if !errors.Is(err, io.EOF) {
		if err != nil {
			err = &TransportError{Op: "fetch document " + b.id, Began: true, Err: err}
		}
		return n, err
	}
	if b.claim.Verify(b.key, crypt.BodyHash(b.sum.Sum(nil))) != nil {
		return n, fmt.Errorf("fetch document %s: %w: its signature does not fit its bytes", b.id, ErrAnswer)
	}
	return n, io.EOF
}

func (b *signedBody) Close() error {
	b.cancel()
	return b.body.Close()
}

// VerifyAccount asks the bank for the holder's name. The bank's judgement is in
// Match; a person decides on a difference.
func (l *Line) VerifyAccount(ctx context.Context, p Party) (Holder, error) {
	question := map[string]string{"bin": p.BIN, "account": p.Account, "name": p.Name}
	body, err := json.Marshal(question)
	if err != nil {
		return Holder{}, fmt.Errorf("verify account: %w", err)
	}
	var answer struct {
		BIN, Account, Status, Holder, Match string
	}
	call := Call{Method: http.MethodPost, Target: "/v1/accounts/verify", ContentType: "application/json", Body: body}
	if err := l.JSON(ctx, call, http.StatusOK, &answer); err != nil {
		return Holder{}, fmt.Errorf("verify account: %w", err)
	}
	if answer.BIN != p.BIN || answer.Account != p.Account {
		return Holder{}, fmt.Errorf("verify account: %w: it is about another account", ErrAnswer)
	}
	return Holder{Found: answer.Status == "open", Name: answer.Holder, Match: answer.Match == "yes", Closed: answer.Status == "closed"}, nil
}
