package accounts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
)

// Role is what a person does here. The first five are also roles of signers.
type Role string

// The roles.
const (
	Maker      Role = "maker"      // prepares lists and batches
	Approver   Role = "approver"   // approves for a commune
	Accountant Role = "accountant" // draws, schedules, releases, closes
	Department Role = "department" // approves large sections, follows progress
	Auditor    Role = "auditor"    // reads everything, acts on nothing
	Operator   Role = "operator"   // runs the machine, sees no person
)

// Roles lists the roles in the order in which pages show them.
func Roles() []Role { return []Role{Maker, Approver, Accountant, Department, Auditor, Operator} }

// Account is one person who may sign in.
type Account struct {
	ID       string
	NameVI   string
	TitleVI  string
	Role     Role
	UnitCode string // "" = all units
	Signs    bool   // has a key of their own and powers as payout.Signer
	Closed   bool
}

// Register is the accounts of one database.
type Register struct {
	DB     pgdb.DB
	Now    func() time.Time
	Random io.Reader
}

// PasswordMin is the least length of a password, in characters.
const PasswordMin = 12

// Errors a caller may match.
var (
	ErrRefused = errors.New("sign-in refused")
	ErrWait    = errors.New("too many wrong passwords")
	ErrLink    = errors.New("the link does not open")
)

// New is an account to be added. With Signs the person gets a key: Seed, or a
// new one; a signer of the same id and key that exists already is linked.
type New struct {
	Account
	Password string
	Seed     []byte
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,62}$`)

// Add makes an account and, where the person signs, their key.
func (r *Register) Add(ctx context.Context, n New, by string) error {
	if err := n.check(); err != nil {
		return err
	}
	hash, err := crypt.HashPassword(r.Random, n.Password)
	if err != nil {
		return err
	}
	var closed []byte
	var signer *crypt.Signer
	if n.Signs {
		if signer, err = n.signer(r.Random); err != nil {
			return err
		}
		if closed, err = crypt.CloseUnderPassword(r.Random, n.Password, keyPlace(n.ID), crypt.Secret(signer.Seed())); err != nil {
			return err
		}
	}
	err = pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error { return r.add(ctx, tx, n, hash, signer, closed, by) })
	if err != nil {
		return fmt.Errorf("add account %s: %w", n.ID, err)
	}
	return nil
}

func (n New) check() error {
	switch {
	case !idForm.MatchString(n.ID):
		return errs.Coded(errs.Invalid, "CONSOLE-ACCOUNT-ID", "Tên đăng nhập gồm 2 đến 63 chữ thường không dấu, số, dấu chấm hoặc gạch nối. / "+
			"A sign-in name is 2 to 63 lower-case letters, digits, dots or hyphens.", nil)
	case n.NameVI == "" || !knownRole(n.Role):
		return errs.Coded(errs.Invalid, "CONSOLE-ACCOUNT", "Tài khoản cần họ tên và một vai trò trong danh sách. / "+
			"An account needs a name and one of the roles.", nil)
	case n.Signs && n.Role == Operator:
		return errs.Coded(errs.Invalid, "CONSOLE-OPERATOR-SIGNS", "Người vận hành máy không ký duyệt. / The operator of the machine does not sign.", nil)
	}
	return checkNew(n.Password, n.ID)
}

// checkNew refuses a password that is too short to protect a key, or long
// enough to be an attack.
func checkNew(password, id string) error {
	if n := utf8.RuneCountInString(password); n < PasswordMin || n > 200 || password == id {
		return errs.Coded(errs.Invalid, "CONSOLE-PASSWORD-SHORT", fmt.Sprintf("Mật khẩu cần ít nhất %d ký tự; một câu dễ nhớ là tốt nhất. / "+
			"A password has at least %d characters; a sentence is best.", PasswordMin, PasswordMin), nil)
	}
	return nil
}

func knownRole(role Role) bool {
	for _, known := range Roles() {
		if role == known {
			return true
		}
	}
	return false
}

func (n New) signer(random io.Reader) (*crypt.Signer, error) {
	if n.Seed != nil {
		return crypt.NewSigner(n.ID, n.Seed)
	}
	return crypt.GenerateSigner(n.ID, random)
}

func keyPlace(id string) crypt.Place {
	return crypt.Place{Column: "console.signing_key.closed", Row: id}
}

const sqlAddAccount = `
INSERT INTO console.account (id, name_vi, title_vi, role, unit_code, signer, password, made_by, made_at, password_at)
VALUES (@id, @name, @title, @role, @unit, CASE WHEN @signs::boolean THEN @id END, @password, @by, @now, @now)`

const sqlAddKey = `INSERT INTO console.signing_key (account, closed) VALUES (@id, @closed)`

func (r *Register) add(ctx context.Context, tx pgx.Tx, n New, hash string, signer *crypt.Signer, closed []byte, by string) error {
	now := r.Now()
	if n.Signs {
		if err := r.knownSigner(ctx, tx, n.Account, signer, by); err != nil {
			return err
		}
	}
	args := pgx.NamedArgs{"id": n.ID, "name": n.NameVI, "title": n.TitleVI, "role": n.Role, "unit": n.UnitCode, "signs": n.Signs,
		"password": hash, "by": by, "now": now, "closed": closed}
	if _, err := tx.Exec(ctx, sqlAddAccount, args); pgdb.IsUnique(err, "account_pkey") {
		return errs.Coded(errs.Conflict, "CONSOLE-ACCOUNT-KNOWN", fmt.Sprintf("Tài khoản %s đã có. / Account %s exists already.", n.ID, n.ID), err)
	} else if err != nil {
		return err
	}
	if n.Signs {
		if _, err := tx.Exec(ctx, sqlAddKey, args); err != nil {
			return err
		}
	}
	return note(ctx, tx, now, by, "account.add", n.ID, map[string]any{"role": n.Role, "unit": n.UnitCode, "signs": n.Signs})
}

// knownSigner registers the person's key, or makes sure that the signer of this
// id has it already.
func (r *Register) knownSigner(ctx context.Context, tx pgx.Tx, a Account, signer *crypt.Signer, by string) error {
	known, err := payout.ReadSigner(ctx, tx, a.ID)
	switch {
	case errors.Is(err, payout.ErrNoSigner):
		return payout.AddSigner(ctx, tx, payout.Signer{ID: a.ID, NameVI: a.NameVI, TitleVI: a.TitleVI, Role: string(a.Role), Public: signer.Public(),
			UnitCode: a.UnitCode, ValidFrom: calendar.DateOf(r.Now())}, by, r.Now())
	case err != nil:
		return err
	case string(known.Public) != string(signer.Public()) || known.Role != string(a.Role) || known.UnitCode != a.UnitCode:
		return errs.Coded(errs.Conflict, "CONSOLE-SIGNER-OTHER", fmt.Sprintf("Người ký %s đã có với khóa, vai trò hoặc địa bàn khác: dùng tên khác. / "+
			"Signer %s exists with another key, role or unit: use another name.", a.ID, a.ID), nil)
	}
	return nil
}

// note writes the audit row of an act on an account.
func note(ctx context.Context, tx pgx.Tx, now time.Time, who, act, id string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: who, Act: act, Subject: "account/" + id, Detail: detail})
	return err
}

const sqlAccounts = `
SELECT id, name_vi, title_vi, role, unit_code, signer IS NOT NULL, closed_at IS NOT NULL FROM console.account ORDER BY id`

// List lists all accounts.
func (r *Register) List(ctx context.Context) ([]Account, error) {
	rows, _ := r.DB.Query(ctx, sqlAccounts)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Account])
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	return list, nil
}

const sqlCloseAccount = `UPDATE console.account SET closed_at = @now WHERE id = @id AND closed_at IS NULL`

const sqlEndSessions = `UPDATE console.session SET ended_at = @now WHERE account = @id AND ended_at IS NULL`

// Close ends an account and its sessions. The row stays: the chain names it.
func (r *Register) Close(ctx context.Context, id, by string) error {
	return pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		args := pgx.NamedArgs{"id": id, "now": r.Now()}
		tag, err := tx.Exec(ctx, sqlCloseAccount, args)
		if err != nil {
			return fmt.Errorf("close account %s: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return noAccount(id)
		}
		if _, err := tx.Exec(ctx, sqlEndSessions, args); err != nil {
			return fmt.Errorf("end the sessions of %s: %w", id, err)
		}
		return note(ctx, tx, r.Now(), by, "account.close", id, nil)
	})
}

func noAccount(id string) error {
	return errs.Coded(errs.NotFound, "CONSOLE-ACCOUNT-NONE", fmt.Sprintf("Không có tài khoản %s đang dùng. / There is no open account %s.", id, id), nil)
}
