package verification

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/registry"
)

// Client asks a register and a directory over HTTP, as the sandbox answers.
type Client struct{ line *line }

var (
	_ PopulationRegister = (*Client)(nil)
	_ AccountDirectory   = (*Client)(nil)
)

// NewClient returns a client of one other side.
func NewClient(c LineConfig) *Client { return &Client{line: newLine(c)} }

// BulkMax is how many may be asked about in one call.
func (c *Client) BulkMax() int { return c.line.config.BulkMax }

type personWire struct {
	ID      string `json:"id"`
	Found   *bool  `json:"found"`
	Name    string `json:"name"`
	Birth   string `json:"birth"`
	Sex     string `json:"sex"`
	Status  string `json:"status"`
	DiedOn  string `json:"died_on"`
	Commune string `json:"commune"`
}

type peopleWire struct {
	Version string       `json:"version"`
	People  []personWire `json:"people"`
}

// Person asks about one id.
func (c *Client) Person(ctx context.Context, id crypt.Secret) (PersonAnswer, error) {
	var out peopleWire
	if err := c.line.call(ctx, http.MethodGet, "/v1/population/"+id.Reveal(), nil, &out); err != nil {
		return PersonAnswer{}, err
	}
	answers, err := inOrderPeople([]crypt.Secret{id}, out)
	if err != nil {
		return PersonAnswer{}, err
	}
	return answers[0], nil
}

// People asks about several ids in one call.
func (c *Client) People(ctx context.Context, ids []crypt.Secret) ([]PersonAnswer, error) {
	in := map[string][]string{"ids": nil}
	for _, id := range ids {
		in["ids"] = append(in["ids"], id.Reveal())
	}
	var out peopleWire
	if err := c.line.call(ctx, http.MethodPost, "/v1/population/search", in, &out); err != nil {
		return nil, err
	}
	return inOrderPeople(ids, out)
}

// inOrderPeople brings answers into the order of the questions. One missing, or
// about somebody nobody asked about, makes all of them unusable.
func inOrderPeople(ids []crypt.Secret, out peopleWire) ([]PersonAnswer, error) {
	by := map[string]personWire{}
	for _, p := range out.People {
		by[p.ID] = p
	}
	if len(by) != len(out.People) || len(by) != len(ids) || out.Version == "" {
		return nil, fmt.Errorf("%w: %d answers to %d questions, version %q", ErrAnswer, len(out.People), len(ids), out.Version)
	}
	answers := make([]PersonAnswer, len(ids))
	for i, id := range ids {
		p, ok := by[id.Reveal()]
		if !ok {
			return nil, fmt.Errorf("%w: question %d has no answer", ErrAnswer, i+1)
		}
		var err error
		if answers[i], err = p.read(out.Version); err != nil {
			return nil, fmt.Errorf("%w: answer %d: %w", ErrAnswer, i+1, err)
		}
	}
	return answers, nil
}

func (p personWire) read(version string) (PersonAnswer, error) {
	if p.Found == nil {
		return PersonAnswer{}, fmt.Errorf("it does not say whether the person was found")
	}
	a := PersonAnswer{Found: *p.Found, Version: version}
	if !a.Found {
		return a, nil
	}
	var err error
	if a.Birth, err = readBirth(p.Birth); err != nil {
		return a, err
	}
	switch {
	case p.Status == "alive":
	case p.Status == "dead":
		a.Dead = true
		if p.DiedOn != "" {
			if a.DiedOn, err = calendar.ParseISO(p.DiedOn); err != nil {
				return a, fmt.Errorf("day of death: %w", err)
			}
		}
	default:
		return a, fmt.Errorf("status %q", p.Status)
	}
	if a.Sex = registry.Sex(p.Sex); a.Sex != registry.Male && a.Sex != registry.Female || p.Name == "" {
		return a, fmt.Errorf("name or sex is missing")
	}
	a.Name, a.Unit = p.Name, p.Commune
	return a, nil
}

// readBirth reads a day, a month or a year.
func readBirth(text string) (registry.Birth, error) {
	precision := map[int]registry.Precision{4: registry.PrecisionYear, 7: registry.PrecisionMonth, 10: registry.PrecisionDay}[len(text)]
	whole := text + "-01-01"[:max(0, min(6, 10-len(text)))]
	day, err := calendar.ParseISO(whole)
	if precision == "" || err != nil {
		return registry.Birth{}, fmt.Errorf("%q is no birth date", text)
	}
	b := registry.Birth{Year: day.Year(), Precision: precision}
	if precision != registry.PrecisionYear {
		b.Date = day
	}
	return b, nil
}

type accountWire struct {
	BIN    string `json:"bin"`
	Number string `json:"number"`
	Found  *bool  `json:"found"`
	Holder string `json:"holder"`
	State  string `json:"state"`
}

type accountsWire struct {
	Version  string        `json:"version"`
	Accounts []accountWire `json:"accounts"`
}

// Holder asks about one account.
func (c *Client) Holder(ctx context.Context, a Account) (HolderAnswer, error) {
	var out accountsWire
	if err := c.line.call(ctx, http.MethodGet, "/v1/accounts/"+a.BIN+"/"+a.Number.Reveal(), nil, &out); err != nil {
		return HolderAnswer{}, err
	}
	answers, err := inOrderAccounts([]Account{a}, out)
	if err != nil {
		return HolderAnswer{}, err
	}
	return answers[0], nil
}

// Holders asks about several accounts in one call.
func (c *Client) Holders(ctx context.Context, accounts []Account) ([]HolderAnswer, error) {
	type one struct {
		BIN    string `json:"bin"`
		Number string `json:"number"`
	}
	var in struct {
		Accounts []one `json:"accounts"`
	}
	for _, a := range accounts {
		in.Accounts = append(in.Accounts, one{a.BIN, a.Number.Reveal()})
	}
	var out accountsWire
	if err := c.line.call(ctx, http.MethodPost, "/v1/accounts/search", in, &out); err != nil {
		return nil, err
	}
	return inOrderAccounts(accounts, out)
}

func inOrderAccounts(accounts []Account, out accountsWire) ([]HolderAnswer, error) {
	by := map[string]accountWire{}
	for _, a := range out.Accounts {
		by[a.BIN+"/"+a.Number] = a
	}
	if len(by) != len(accounts) || len(by) != len(out.Accounts) || out.Version == "" {
		return nil, fmt.Errorf("%w: %d answers to %d questions, version %q", ErrAnswer, len(out.Accounts), len(accounts), out.Version)
	}
	answers := make([]HolderAnswer, len(accounts))
	for i, a := range accounts {
		found, ok := by[a.BIN+"/"+a.Number.Reveal()]
		if !ok || found.Found == nil {
			return nil, fmt.Errorf("%w: question %d has no answer", ErrAnswer, i+1)
		}
		if *found.Found && (strings.TrimSpace(found.Holder) == "" || found.State != "open" && found.State != "closed") {
			return nil, fmt.Errorf("%w: answer %d says neither holder nor state", ErrAnswer, i+1)
		}
		answers[i] = HolderAnswer{Found: *found.Found, Holder: found.Holder, Closed: found.State == "closed", Version: out.Version}
	}
	return answers, nil
}

// WelfareAccount asks which account a person named on VNeID.
func (c *Client) WelfareAccount(ctx context.Context, id crypt.Secret) (Account, bool, error) {
	var out accountsWire
	if err := c.line.call(ctx, http.MethodGet, "/v1/welfare/"+id.Reveal(), nil, &out); err != nil {
		return Account{}, false, err
	}
	switch len(out.Accounts) {
	case 0:
		return Account{}, false, nil
	case 1:
		return Account{BIN: out.Accounts[0].BIN, Number: crypt.Secret(out.Accounts[0].Number)}, true, nil
	default:
		return Account{}, false, fmt.Errorf("%w: several welfare accounts", ErrAnswer)
	}
}
