package payout

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

//go:embed data/*.json
var programmeFiles embed.FS

// Programme is a scheme with its legal basis, funding and due date: one day, or
// where it pays every month a day of each from FirstMonth on.
type Programme struct {
	Code       string        `json:"code"`
	NameVI     string        `json:"name_vi"`
	NameEN     string        `json:"name_en"`
	LegalBasis string        `json:"legal_basis"`
	PostingSet string        `json:"posting_set"`
	BudgetCode string        `json:"budget_code"`
	DueDate    calendar.Date `json:"due_date"` // zero if Monthly
	Monthly    bool          `json:"monthly"`
	FirstMonth calendar.Date `json:"first_month"` // Monthly only: its first day
	DueDay     int           `json:"due_day"`     // Monthly only
	DuePaper   string        `json:"due_paper"`
	Origin     string        `json:"origin"`
}

// Rule pays Amount to everybody listed in Category, or to whoever reaches one
// of Ages in Year (calendar age: Year - birth year), or is older than OlderThan.
type Rule struct {
	Code      string       `json:"code"`
	Category  string       `json:"category"`
	Ages      []int32      `json:"ages"`
	OlderThan int32        `json:"older_than"`
	Year      int32        `json:"year"`
	Amount    money.Amount `json:"amount"`
	Basis     string       `json:"basis"`
	Source    string       `json:"source"`
}

// Scheme is a programme with its rules, as one data file.
type Scheme struct {
	Programme Programme `json:"programme"`
	Rules     []Rule    `json:"rules"`
}

// Schemes returns the programmes that ship with the project, by file name.
func Schemes() ([]Scheme, error) {
	names, err := fs.Glob(programmeFiles, "data/*.json")
	if err != nil {
		return nil, fmt.Errorf("list programmes: %w", err)
	}
	var all []Scheme
	for _, name := range names {
		text, err := programmeFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read programme %s: %w", name, err)
		}
		var s Scheme
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, fmt.Errorf("read programme %s: %w", name, err)
		}
		all = append(all, s)
	}
	return all, nil
}

const sqlAddProgramme = `
INSERT INTO payout.programme (code, name_vi, name_en, legal_basis, posting_set, budget_code, due_date, due_paper, origin, monthly, first_month, due_day)
VALUES (@code, @vi, @en, @basis, @set, @budget, @due, @paper, @origin, @monthly, @first, nullif(@day::int, 0))
ON CONFLICT (code) DO NOTHING`

const sqlAddRule = `
INSERT INTO payout.rule (programme, code, category, ages, older_than, year, amount, basis, source, monthly)
VALUES (@programme, @code, nullif(@category::text, ''), @ages, nullif(@older::int, 0), nullif(@year::int, 0), @amount, @basis, @source, @monthly)
ON CONFLICT (programme, code) DO NOTHING`

// Check refuses a scheme that says both when it pays once and when every month, or
// neither (PAYOUT-PROGRAMME-TIMES).
func (s Scheme) Check() error {
	p := s.Programme
	once := !p.DueDate.IsZero() && p.FirstMonth.IsZero() && p.DueDay == 0
	monthly := p.DueDate.IsZero() && p.FirstMonth == p.FirstMonth.FirstOfMonth() && !p.FirstMonth.IsZero() && p.DueDay >= 1 && p.DueDay <= 31
	if p.Monthly && monthly || !p.Monthly && once {
		return nil
	}
	return errs.Coded(errs.Invalid, "PAYOUT-PROGRAMME-TIMES", fmt.Sprintf("Chương trình %s: chi một lần thì ghi due_date; chi hằng tháng thì ghi monthly, first_month (ngày 1) "+
		"và due_day (1–31), không ghi due_date. / Programme %s: one that pays once has due_date; one that pays every month has monthly, first_month (the 1st) and due_day (1–31), "+
		"and no due_date.", p.Code, p.Code), nil)
}

// AddScheme stores a programme and its rules. Rules are append-only: a rule
// that exists stays as it is. In a programme that pays every month a second rule for
// a category is refused (PAYOUT-RULE-TWICE), in the file or beside a stored one: it
// would pay the category's people twice each month.
func AddScheme(ctx context.Context, tx pgx.Tx, s Scheme) error {
	if err := s.Check(); err != nil {
		return err
	}
	p := s.Programme
	if _, err := tx.Exec(ctx, sqlAddProgramme, pgx.NamedArgs{"code": p.Code, "vi": p.NameVI, "en": p.NameEN, "basis": p.LegalBasis,
		"set": p.PostingSet, "budget": p.BudgetCode, "due": p.DueDate, "paper": p.DuePaper, "origin": p.Origin,
		"monthly": p.Monthly, "first": p.FirstMonth, "day": p.DueDay}); err != nil {
		return fmt.Errorf("add programme %s: %w", p.Code, err)
	}
	for _, r := range s.Rules {
		_, err := tx.Exec(ctx, sqlAddRule, pgx.NamedArgs{"programme": p.Code, "code": r.Code, "category": r.Category, "ages": r.Ages,
			"older": r.OlderThan, "year": r.Year, "amount": r.Amount, "basis": r.Basis, "source": r.Source, "monthly": p.Monthly})
		if pgdb.IsUnique(err, "rule_once_a_month") {
			return errs.Coded(errs.Conflict, "PAYOUT-RULE-TWICE", fmt.Sprintf("Chương trình hằng tháng %s đã có mức chi cho đối tượng %s; mức %s không được thêm. / "+
				"Monthly programme %s has a rule for category %s already; rule %s is not added.", p.Code, r.Category, r.Code, p.Code, r.Category, r.Code), err)
		}
		if err != nil {
			return fmt.Errorf("add rule %s of %s: %w", r.Code, p.Code, err)
		}
	}
	return nil
}

// Channel is a bank or provider we pay through.
type Channel struct {
	Key      bankadapters.Key
	Ordinal  int16
	Kind     string // bank or provider
	NameVI   string
	BIN      string
	Provider string // the registry's word for a provider: BHXH, XA; "" for a bank
	Default  bool   // takes accounts at banks we have no channel for
	Profile  bankadapters.Profile
}

const sqlAddChannel = `
INSERT INTO payout.channel (key, ordinal, kind, name_vi, bin, provider, is_default, profile)
VALUES (@key, @ordinal, @kind, @name, @bin, @provider, @default, @profile)
ON CONFLICT (key) DO UPDATE SET profile = excluded.profile`

const sqlOpenGate = `
INSERT INTO payout.bank_gate (channel, state, since) VALUES (@key, 'open', @now) ON CONFLICT DO NOTHING`

const sqlAddPayingAccount = `
INSERT INTO payout.paying_account (book, channel, account, name) VALUES (@book, @key, @account, @name) ON CONFLICT DO NOTHING`

// PayingAccount is the account of a book that a channel pays from.
type PayingAccount struct {
	Book    ledger.BookID
	Account string
	Name    string // holder in bank ASCII
}

// AddChannel stores a channel with its gate open and the paying accounts of the
// books that use it.
func AddChannel(ctx context.Context, tx pgx.Tx, c Channel, accounts []PayingAccount, now time.Time) error {
	profile, err := json.Marshal(c.Profile)
	if err != nil {
		return fmt.Errorf("profile of %s: %w", c.Key, err)
	}
	if _, err := tx.Exec(ctx, sqlAddChannel, pgx.NamedArgs{"key": c.Key, "ordinal": c.Ordinal, "kind": c.Kind, "name": c.NameVI, "bin": c.BIN,
		"provider": c.Provider, "default": c.Default, "profile": profile}); err != nil {
		return fmt.Errorf("add channel %s: %w", c.Key, err)
	}
	if _, err := tx.Exec(ctx, sqlOpenGate, pgx.NamedArgs{"key": c.Key, "now": now}); err != nil {
		return fmt.Errorf("gate of %s: %w", c.Key, err)
	}
	for _, a := range accounts {
		if _, err := tx.Exec(ctx, sqlAddPayingAccount, pgx.NamedArgs{"book": a.Book, "key": c.Key, "account": a.Account, "name": a.Name}); err != nil {
			return fmt.Errorf("paying account at %s: %w", c.Key, err)
		}
	}
	return nil
}

const sqlChannels = `
SELECT key, ordinal, kind, name_vi, bin, provider, is_default, profile FROM payout.channel ORDER BY ordinal`

// Channels lists all channels in their fixed order.
func Channels(ctx context.Context, db pgdb.Querier) ([]Channel, error) {
	rows, _ := db.Query(ctx, sqlChannels)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Channel])
	if err != nil {
		return nil, fmt.Errorf("channels: %w", err)
	}
	return list, nil
}

// ErrNoPayingAccount says that a book has no account at a channel.
var ErrNoPayingAccount = errors.New("the book has no paying account there")

const sqlPayingAccount = `
SELECT book, account, name FROM payout.paying_account WHERE book = @book AND channel = @key`

// PayingAccountOf finds the account a book pays from over a channel.
func PayingAccountOf(ctx context.Context, db pgdb.Querier, book ledger.BookID, key bankadapters.Key) (PayingAccount, error) {
	rows, _ := db.Query(ctx, sqlPayingAccount, pgx.NamedArgs{"book": book, "key": key})
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[PayingAccount])
	if errors.Is(err, pgx.ErrNoRows) {
		return PayingAccount{}, fmt.Errorf("book %d at %s: %w", book, key, ErrNoPayingAccount)
	}
	return a, err
}

const sqlInstance = `SELECT installation, epoch FROM payout.instance`

const sqlAddInstance = `
INSERT INTO payout.instance (one, installation, epoch, created_at) VALUES (true, @installation, 1, @now) ON CONFLICT DO NOTHING`

// Install names this installation once; later calls only read it back.
func Install(ctx context.Context, tx pgx.Tx, installation string, now time.Time) (Origin, error) {
	if _, err := tx.Exec(ctx, sqlAddInstance, pgx.NamedArgs{"installation": installation, "now": now}); err != nil {
		return Origin{}, fmt.Errorf("install %s: %w", installation, err)
	}
	return ReadOrigin(ctx, tx)
}

// ReadOrigin reads who we are in references.
func ReadOrigin(ctx context.Context, db pgdb.Querier) (Origin, error) {
	var o Origin
	if err := db.QueryRow(ctx, sqlInstance).Scan(&o.Installation, &o.Epoch); err != nil {
		return Origin{}, fmt.Errorf("installation: %w", err)
	}
	return o, nil
}
