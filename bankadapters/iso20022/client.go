package iso20022

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
)

// Client is an ISO 20022 bank over HTTPS. It is safe for concurrent use.
type Client struct {
	*bankadapters.Line
	profile bankadapters.Profile
}

var _ bankadapters.Bank = (*Client)(nil)

// NewClient returns the bank behind line.
func NewClient(line *bankadapters.Line, p bankadapters.Profile) *Client {
	return &Client{Line: line, profile: p}
}

// Submit sends s once. Its outcome is
//
//   - NotSent: s does not fit the wire, is not the bytes stored with the intent,
//     or the connection was not made;
//   - Refused: an authentic 4xx names our message and gives a code that the
//     profile lists as final;
//   - Accepted: an authentic 202 names our message, count and sum;
//   - Unknown: everything else.
func (c *Client) Submit(ctx context.Context, s bankadapters.Submission) (bankadapters.Answer, error) {
	bankadapters.RefuseInTransaction(ctx)
	body, err := c.compose(s)
	if err != nil {
		return bankadapters.Answer{Outcome: bankadapters.NotSent, At: c.Now()}, err
	}
	call := bankadapters.Call{
		Method: http.MethodPost, Target: "/v1/messages", ContentType: "application/xml", Body: body, Head: s.LedgerHead,
	}
	reply, err := c.Do(ctx, call)
	answer := bankadapters.Answer{Raw: reply.Body, At: c.Now()}
	if err != nil {
		answer.Outcome = bankadapters.OutcomeOfFault(err)
		return answer, fmt.Errorf("submit %s: %w", s.Message, err)
	}
	if err := c.Believe(call, reply); err != nil {
		return answer, fmt.Errorf("submit %s: %w", s.Message, err)
	}
	if err := c.judge(s, reply, &answer); err != nil {
		return answer, fmt.Errorf("submit %s: %w", s.Message, err)
	}
	return answer, nil
}

func (c *Client) compose(s bankadapters.Submission) ([]byte, error) {
	if s.Count > c.profile.CountMax {
		return nil, fmt.Errorf("submission %s: %w: %d payments, bank %s takes %d", s.Message, bankadapters.ErrSubmission, s.Count, c.profile.Key, c.profile.CountMax)
	}
	var body bytes.Buffer
	if err := WritePain001(&body, s); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body.Bytes())
	if got := hex.EncodeToString(sum[:]); s.SHA256 != "" && s.SHA256 != got {
		return nil, fmt.Errorf("submission %s: %w: its bytes have digest %s, the intent says %s", s.Message, bankadapters.ErrReadBack, got, s.SHA256)
	}
	return body.Bytes(), nil
}

// judge fills the answer from an authentic reply. The outcome stays Unknown
// whenever it returns an error.
func (c *Client) judge(s bankadapters.Submission, reply bankadapters.Reply, answer *bankadapters.Answer) error {
	report, err := ParseReport(bytes.NewReader(reply.Body))
	if err != nil {
		return fmt.Errorf("%w: %w", bankadapters.ErrAnswer, err)
	}
	answer.Code, answer.Report = report.GroupCode, &report
	if report.Message != s.Message {
		return fmt.Errorf("%w: it names message %q", bankadapters.ErrAnswer, report.Message)
	}
	refused := report.GroupStatus == "RJCT" && reply.Status >= 400 && reply.Status < 500
	if refused && c.profile.Final(report.GroupCode) {
		answer.Outcome = bankadapters.Refused
		return nil
	}
	if reply.Status != http.StatusAccepted || !taken[report.GroupStatus] {
		return fmt.Errorf("%w: status %d, group status %q, code %q decide nothing", bankadapters.ErrAnswer, reply.Status, report.GroupStatus, report.GroupCode)
	}
	if report.Count != s.Count || report.Total != s.Total {
		return fmt.Errorf("%w: it says %d payments of %s đồng, sent %d of %s", bankadapters.ErrAnswer, report.Count, report.Total, s.Count, s.Total)
	}
	answer.Outcome = bankadapters.Accepted
	return nil
}

// taken lists the group statuses of a message that the bank took in. RJCT and
// words we do not know are not among them.
var taken = map[string]bool{
	"RCVD": true, "ACTC": true, "ACCP": true, "ACWC": true, "ACSP": true, "ACSC": true, "PART": true, "PDNG": true,
}

// Status asks what the bank knows of a message. Known false is the bank's
// authentic word that it does not know it now. Any doubt is an error.
func (c *Client) Status(ctx context.Context, id bankadapters.MessageID) (bankadapters.Report, error) {
	call := bankadapters.Call{Method: http.MethodGet, Target: "/v1/messages/" + url.PathEscape(string(id))}
	reply, err := c.Do(ctx, call)
	if err == nil {
		err = c.Believe(call, reply)
	}
	if err != nil {
		return bankadapters.Report{}, fmt.Errorf("status of %s: %w", id, err)
	}
	report, err := readStatus(reply)
	if err == nil && report.Message != id {
		err = fmt.Errorf("%w: it is about message %q", bankadapters.ErrAnswer, report.Message)
	}
	if err != nil {
		return bankadapters.Report{}, fmt.Errorf("status of %s: %w", id, err)
	}
	report.Raw = reply.Body
	return report, nil
}

func readStatus(reply bankadapters.Reply) (bankadapters.Report, error) {
	switch reply.Status {
	case http.StatusOK:
		report, err := ParseReport(bytes.NewReader(reply.Body))
		if err != nil {
			return bankadapters.Report{}, fmt.Errorf("%w: %w", bankadapters.ErrAnswer, err)
		}
		return report, nil
	case http.StatusNotFound:
		var unknown struct {
			ID    bankadapters.MessageID `json:"message_id"`
			Known *bool                  `json:"known"`
			AsOf  time.Time              `json:"as_of"`
		}
		if err := json.Unmarshal(reply.Body, &unknown); err != nil {
			return bankadapters.Report{}, fmt.Errorf("%w: %w", bankadapters.ErrAnswer, err)
		}
		// A 404 of some other address has no "known".
		if unknown.Known == nil || *unknown.Known {
			return bankadapters.Report{}, fmt.Errorf("%w: a 404 that does not say known=false", bankadapters.ErrAnswer)
		}
		return bankadapters.Report{Message: unknown.ID, AsOf: unknown.AsOf}, nil
	default:
		return bankadapters.Report{}, fmt.Errorf("%w: status %d", bankadapters.ErrAnswer, reply.Status)
	}
}
