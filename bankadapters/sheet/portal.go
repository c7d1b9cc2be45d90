package sheet

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"ansinh/bankadapters"
	"ansinh/internal/money"
)

// Client is a portal bank as the engine sees it: statements and name inquiries
// over the line, submissions only by a clerk.
type Client struct {
	*bankadapters.Line
	profile bankadapters.Profile
}

var _ bankadapters.Bank = (*Client)(nil)

// NewClient returns the bank behind line.
func NewClient(line *bankadapters.Line, p bankadapters.Profile) *Client {
	return &Client{Line: line, profile: p}
}

// Submit sends nothing: NotSent and ErrNoAbility. The send of this rail is the
// first download of the template, which the caller records itself.
func (c *Client) Submit(ctx context.Context, s bankadapters.Submission) (bankadapters.Answer, error) {
	bankadapters.RefuseInTransaction(ctx)
	return bankadapters.Answer{Outcome: bankadapters.NotSent, At: c.Now()},
		fmt.Errorf("bank %s, submission %s: %w: a clerk uploads the template", c.profile.Key, s.Message, bankadapters.ErrNoAbility)
}

// Status returns ErrNoAbility: the portal answers people, see [Portal].
func (c *Client) Status(_ context.Context, id bankadapters.MessageID) (bankadapters.Report, error) {
	return bankadapters.Report{}, fmt.Errorf("bank %s, submission %s: %w: inquiry", c.profile.Key, id, bankadapters.ErrNoAbility)
}

// Portal is the bank's web page as a clerk uses it, for the demonstration and
// the contract suite. The engine never sends through it.
type Portal struct {
	line *bankadapters.Line
}

// NewPortal returns the portal behind line.
func NewPortal(line *bankadapters.Line) *Portal { return &Portal{line: line} }

// Receipt is what the portal shows after an upload. Reference may be cut.
type Receipt struct {
	Receipt   string       `json:"receipt"`
	Reference string       `json:"reference"`
	Rows      int          `json:"rows"`
	Total     money.Amount `json:"total"`
	SHA256    string       `json:"sha256"`
	State     string       `json:"state"` // of an earlier upload: "in work" or "done"
}

// RefusedError is the portal's refusal of a whole workbook.
type RefusedError struct {
	Code  string `json:"error"` // DUPL: the reference was uploaded before, Receipt says as what
	Lines []struct {
		Cell string `json:"cell"`
		Text string `json:"text"`
	} `json:"lines"`
	Receipt string `json:"receipt"`
}

// Error names the code and the first cell.
func (e *RefusedError) Error() string {
	if len(e.Lines) > 0 {
		return fmt.Sprintf("the portal refuses the workbook: %s, cell %s: %s", e.Code, e.Lines[0].Cell, e.Lines[0].Text)
	}
	return "the portal refuses the workbook: " + e.Code
}

// Upload uploads a workbook once. Errors: *RefusedError when the portal said no;
// *bankadapters.TransportError or ErrAnswer when nobody knows, then look with
// Uploads before uploading again.
func (p *Portal) Upload(ctx context.Context, workbook []byte) (Receipt, error) {
	call := bankadapters.Call{
		Method: http.MethodPost, Target: "/portal/uploads", Body: workbook,
		ContentType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}
	reply, err := p.line.Do(ctx, call)
	if err == nil {
		err = p.line.Believe(call, reply)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("upload: %w", err)
	}
	if reply.Status == http.StatusCreated {
		var got Receipt
		if err := json.Unmarshal(reply.Body, &got); err != nil || got.Receipt == "" {
			return Receipt{}, fmt.Errorf("upload: %w: no receipt in it", bankadapters.ErrAnswer)
		}
		return got, nil
	}
	var refused RefusedError
	if err := json.Unmarshal(reply.Body, &refused); err != nil || refused.Code == "" {
		return Receipt{}, fmt.Errorf("upload: %w: status %d", bankadapters.ErrAnswer, reply.Status)
	}
	return Receipt{}, &refused
}

// Uploads lists what the portal has under a reference, cut as it cuts them.
func (p *Portal) Uploads(ctx context.Context, reference string) ([]Receipt, error) {
	var answer struct {
		Uploads []Receipt `json:"uploads"`
	}
	call := bankadapters.Call{Method: http.MethodGet, Target: "/portal/uploads?reference=" + url.QueryEscape(reference)}
	if err := p.line.JSON(ctx, call, http.StatusOK, &answer); err != nil {
		return nil, fmt.Errorf("list uploads: %w", err)
	}
	return answer.Uploads, nil
}

// Result downloads the result workbook of a receipt; ready false before the
// portal has one.
func (p *Portal) Result(ctx context.Context, receipt string) (workbook []byte, ready bool, err error) {
	call := bankadapters.Call{Method: http.MethodGet, Target: "/portal/uploads/" + url.PathEscape(receipt) + "/result"}
	reply, err := p.line.Do(ctx, call)
	if err == nil {
		err = p.line.Believe(call, reply)
	}
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("result of %s: %w", receipt, err)
	case reply.Status == http.StatusOK:
		return reply.Body, true, nil
	case reply.Status == http.StatusNotFound:
		return nil, false, nil
	}
	return nil, false, fmt.Errorf("result of %s: %w: status %d", receipt, bankadapters.ErrAnswer, reply.Status)
}
