package cashlist

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/money"
)

// Client is a provider over HTTPS. It is safe for concurrent use.
type Client struct {
	*bankadapters.Line
	profile bankadapters.Profile
}

var _ bankadapters.Bank = (*Client)(nil)

// NewClient returns the provider behind line.
func NewClient(line *bankadapters.Line, p bankadapters.Profile) *Client {
	return &Client{Line: line, profile: p}
}

// VerifyAccount returns ErrNoAbility: providers keep no accounts.
func (c *Client) VerifyAccount(context.Context, bankadapters.Party) (bankadapters.Holder, error) {
	return bankadapters.Holder{}, fmt.Errorf("provider %s: %w: name inquiry", c.profile.Key, bankadapters.ErrNoAbility)
}

// Submit sends the list once. Accepted needs an authentic receipt with our id,
// count, sum and the digest of our bytes; Refused an authentic 4xx with our id
// and a code the profile lists as final; NotSent means no byte left; everything
// else is Unknown.
func (c *Client) Submit(ctx context.Context, s bankadapters.Submission) (bankadapters.Answer, error) {
	bankadapters.RefuseInTransaction(ctx)
	var body bytes.Buffer
	err := WriteList(&body, s)
	sum := sha256.Sum256(body.Bytes())
	digest := hex.EncodeToString(sum[:])
	switch {
	case err != nil:
	case s.Count > c.profile.CountMax:
		err = fmt.Errorf("list %s: %w: %d lines, provider %s takes %d", s.Message, bankadapters.ErrSubmission, s.Count, c.profile.Key, c.profile.CountMax)
	case s.SHA256 != "" && s.SHA256 != digest:
		err = fmt.Errorf("list %s: %w: its bytes have digest %s, the intent says %s", s.Message, bankadapters.ErrReadBack, digest, s.SHA256)
	}
	if err != nil {
		return bankadapters.Answer{Outcome: bankadapters.NotSent, At: c.Now()}, err
	}
	call := bankadapters.Call{
		Method: http.MethodPost, Target: "/v1/lists", ContentType: "text/csv; charset=utf-8", Body: body.Bytes(), Head: s.LedgerHead,
	}
	reply, err := c.Do(ctx, call)
	answer := bankadapters.Answer{Raw: reply.Body, At: c.Now()}
	if err != nil {
		answer.Outcome = bankadapters.OutcomeOfFault(err)
		return answer, fmt.Errorf("submit list %s: %w", s.Message, err)
	}
	if err = c.Believe(call, reply); err == nil {
		err = c.judge(s, digest, reply, &answer)
	}
	if err != nil {
		return answer, fmt.Errorf("submit list %s: %w", s.Message, err)
	}
	return answer, nil
}

// receipt is both answers of docs/BANKS.md §8.
type receipt struct {
	ListID  bankadapters.MessageID `json:"list_id"`
	Receipt string                 `json:"receipt"`
	Count   int                    `json:"count"`
	Total   money.Amount           `json:"total"`
	SHA256  string                 `json:"sha256"`
	Error   string                 `json:"error"`
	Lines   []struct {
		Line int    `json:"line"`
		Text string `json:"text"`
	} `json:"lines"`
}

func (c *Client) judge(s bankadapters.Submission, digest string, reply bankadapters.Reply, answer *bankadapters.Answer) error {
	var got receipt
	if err := json.Unmarshal(reply.Body, &got); err != nil {
		return fmt.Errorf("%w: %w", bankadapters.ErrAnswer, err)
	}
	answer.Code = got.Error
	if len(got.Lines) > 0 {
		answer.Text = fmt.Sprintf("line %d: %s", got.Lines[0].Line, got.Lines[0].Text)
	}
	switch {
	case got.ListID != s.Message:
		return fmt.Errorf("%w: it names list %q", bankadapters.ErrAnswer, got.ListID)
	case got.Error != "" && reply.Status >= 400 && reply.Status < 500 && c.profile.Final(got.Error):
		answer.Outcome = bankadapters.Refused
		return nil
	case got.Error != "" || reply.Status != http.StatusAccepted:
		return fmt.Errorf("%w: status %d, code %q decide nothing", bankadapters.ErrAnswer, reply.Status, got.Error)
	case got.Count != s.Count || got.Total != s.Total || got.SHA256 != digest:
		return fmt.Errorf("%w: the receipt is for %d lines of %s đồng, sent %d of %s", bankadapters.ErrAnswer, got.Count, got.Total, s.Count, s.Total)
	}
	answer.Outcome, answer.Text = bankadapters.Accepted, got.Receipt
	return nil
}

// Status asks for the latest result of a list.
func (c *Client) Status(ctx context.Context, id bankadapters.MessageID) (bankadapters.Report, error) {
	call := bankadapters.Call{Method: http.MethodGet, Target: "/v1/lists/" + url.PathEscape(string(id)) + "/results"}
	reply, err := c.Do(ctx, call)
	if err == nil {
		err = c.Believe(call, reply)
	}
	var report bankadapters.Report
	if err == nil {
		report, err = readStatus(reply)
	}
	if err == nil && report.Message != id {
		err = fmt.Errorf("%w: it is about list %q", bankadapters.ErrAnswer, report.Message)
	}
	if err != nil {
		return bankadapters.Report{}, fmt.Errorf("status of list %s: %w", id, err)
	}
	report.Raw = reply.Body
	return report, nil
}

func readStatus(reply bankadapters.Reply) (bankadapters.Report, error) {
	switch reply.Status {
	case http.StatusOK:
		return readResult(reply.Body)
	case http.StatusNotFound:
		var unknown struct {
			ID    bankadapters.MessageID `json:"list_id"`
			Known *bool                  `json:"known"`
			AsOf  time.Time              `json:"as_of"`
		}
		if err := json.Unmarshal(reply.Body, &unknown); err != nil {
			return bankadapters.Report{}, fmt.Errorf("%w: %w", bankadapters.ErrAnswer, err)
		}
		if unknown.Known == nil || *unknown.Known {
			return bankadapters.Report{}, fmt.Errorf("%w: a 404 that does not say known=false", bankadapters.ErrAnswer)
		}
		return bankadapters.Report{Message: unknown.ID, AsOf: unknown.AsOf}, nil
	default:
		return bankadapters.Report{}, fmt.Errorf("%w: status %d", bankadapters.ErrAnswer, reply.Status)
	}
}

func readResult(body []byte) (bankadapters.Report, error) {
	report := bankadapters.Report{Known: true}
	err := NewResultReader(bytes.NewReader(body)).Read(
		func(h bankadapters.Head) error {
			report.Message, report.Count, report.AsOf = h.Message, h.Count, h.To.Start()
			return nil
		},
		func(e bankadapters.Entry) error {
			if e.Status == bankadapters.TxLeftover {
				report.GroupStatus = e.Code
				return nil
			}
			report.Txs = append(report.Txs, bankadapters.TxReport{EndToEnd: e.EndToEnd, Status: e.Status, Code: e.Code, Text: e.Text, Amount: e.Amount})
			var err error
			report.Total, err = report.Total.Add(e.Amount)
			return err
		})
	if err != nil {
		return bankadapters.Report{}, fmt.Errorf("%w: %w", bankadapters.ErrAnswer, err)
	}
	return report, nil
}
