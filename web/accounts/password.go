package accounts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

const (
	wrongMax       = 5  // of one name in a window
	wrongSourceMax = 50 // from one address in a window
	wrongWindow    = 15 * time.Minute
)

// guard lets two passwords be tried at once in this process: each takes 64 MiB.
var guard = make(chan struct{}, 2)

const sqlAccountToCheck = `
SELECT id, name_vi, title_vi, role, unit_code, signer IS NOT NULL, closed_at IS NOT NULL, password FROM console.account WHERE id = @id`

const sqlWrong = `
SELECT (SELECT count(*) FROM console.wrong_password AS w WHERE w.name = @name AND w.at > @since),
       (SELECT count(*) FROM console.wrong_password AS w WHERE w.source = @source AND w.at > @since)`

const sqlAddWrong = `INSERT INTO console.wrong_password (name, source, at) VALUES (@name, @source, @now)`

// check returns the account whose password this is. Everybody else gets
// ErrRefused in the same words and after the same work, whether the account
// exists or not; after five wrong passwords in a quarter of an hour, ErrWait.
func (r *Register) check(ctx context.Context, id, password, source string) (Account, error) {
	name := sha256.Sum256([]byte(id))
	args := pgx.NamedArgs{"id": id, "name": name[:], "source": source, "now": r.Now(), "since": r.Now().Add(-wrongWindow)}
	var byName, bySource int
	if err := r.DB.QueryRow(ctx, sqlWrong, args).Scan(&byName, &bySource); err != nil {
		return Account{}, fmt.Errorf("wrong passwords: %w", err)
	}
	if byName >= wrongMax || bySource >= wrongSourceMax {
		return Account{}, errs.Coded(errs.Denied, "CONSOLE-WAIT", "Nhập sai quá nhiều lần: hãy đợi 15 phút rồi thử lại. / "+
			"Too many wrong passwords: wait 15 minutes and try again.", ErrWait)
	}
	var a Account
	hash := decoy
	err := r.DB.QueryRow(ctx, sqlAccountToCheck, args).Scan(&a.ID, &a.NameVI, &a.TitleVI, &a.Role, &a.UnitCode, &a.Signs, &a.Closed, &hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Account{}, fmt.Errorf("account: %w", err)
	}
	guard <- struct{}{}
	wrong := crypt.CheckPassword(hash, password)
	<-guard
	if wrong == nil && a.ID != "" && !a.Closed {
		return a, nil
	}
	return Account{}, errors.Join(r.noteWrong(ctx, a.ID, args), errs.Coded(errs.Denied, "CONSOLE-SIGN-IN",
		"Tên đăng nhập hoặc mật khẩu không đúng. / The name or the password is not right.", ErrRefused))
}

// decoy costs as much as a real hash and fits no password.
const decoy = "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// noteWrong keeps the failure. A name that is no account's is not written down:
// it may be a password.
func (r *Register) noteWrong(ctx context.Context, known string, args pgx.NamedArgs) error {
	return pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlAddWrong, args); err != nil {
			return fmt.Errorf("note a wrong password: %w", err)
		}
		_, err := audit.Append(ctx, tx, audit.Entry{At: r.Now(), Actor: "system: console", Act: "account.wrong_password",
			Subject: "account/" + known, Detail: map[string]any{"source": args["source"]}})
		return err
	})
}

const sqlReadKey = `SELECT closed FROM console.signing_key WHERE account = @id`

// Signer opens the person's own key for one act, with the password typed for
// it. Wrong passwords count as those of a sign-in.
func (r *Register) Signer(ctx context.Context, id, password, source string) (*crypt.Signer, error) {
	if _, err := r.check(ctx, id, password, source); err != nil {
		return nil, err
	}
	var closed []byte
	err := r.DB.QueryRow(ctx, sqlReadKey, pgx.NamedArgs{"id": id}).Scan(&closed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errs.Coded(errs.Denied, "CONSOLE-NO-KEY", "Tài khoản này không có khóa ký. / This account has no signing key.", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("signing key of %s: %w", id, err)
	}
	guard <- struct{}{}
	seed, err := crypt.OpenUnderPassword(password, keyPlace(id), closed)
	<-guard
	if err != nil {
		return nil, fmt.Errorf("signing key of %s: %w", id, err)
	}
	return crypt.NewSigner(id, []byte(seed.Reveal()))
}

// Confirm returns nil if this is the person's password: for acts that take it
// again but no seal.
func (r *Register) Confirm(ctx context.Context, id, password, source string) error {
	_, err := r.check(ctx, id, password, source)
	return err
}

const sqlSetPassword = `UPDATE console.account SET password = @password, password_at = @now WHERE id = @id AND closed_at IS NULL`

const sqlSetKey = `UPDATE console.signing_key SET closed = @closed WHERE account = @id`

// ChangePassword replaces old by fresh and closes the signing key anew. All
// sessions end.
func (r *Register) ChangePassword(ctx context.Context, id, old, fresh, source string) error {
	if err := checkNew(fresh, id); err != nil {
		return err
	}
	a, err := r.check(ctx, id, old, source)
	if err != nil {
		return err
	}
	var closed []byte
	if a.Signs {
		signer, err := r.Signer(ctx, id, old, source)
		if err != nil {
			return err
		}
		if closed, err = crypt.CloseUnderPassword(r.Random, fresh, keyPlace(id), crypt.Secret(signer.Seed())); err != nil {
			return err
		}
	}
	return r.storePassword(ctx, id, fresh, closed, id, "account.password")
}

// ResetPassword gives a person who does not sign a new password. A signer's is
// refused: the key would stay closed for ever.
func (r *Register) ResetPassword(ctx context.Context, id, fresh, by string) error {
	if err := checkNew(fresh, id); err != nil {
		return err
	}
	list, err := r.List(ctx)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.ID == id && a.Signs {
			return errs.Coded(errs.Conflict, "CONSOLE-RESET-SIGNER", fmt.Sprintf("%s có khóa ký, chỉ mật khẩu cũ mở được: đổi bằng mật khẩu cũ, hoặc đóng tài khoản và lập tài khoản mới với khóa mới. / "+
				"%s has a signing key that only the old password opens: change it with the old one, or close the account and add a new one with a new key.", id, id), nil)
		}
	}
	return r.storePassword(ctx, id, fresh, nil, by, "account.reset")
}

func (r *Register) storePassword(ctx context.Context, id, fresh string, closed []byte, by, act string) error {
	hash, err := crypt.HashPassword(r.Random, fresh)
	if err != nil {
		return err
	}
	return pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		args := pgx.NamedArgs{"id": id, "password": hash, "now": r.Now(), "closed": closed}
		tag, err := tx.Exec(ctx, sqlSetPassword, args)
		if err != nil {
			return fmt.Errorf("password of %s: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return noAccount(id)
		}
		if closed != nil {
			if _, err := tx.Exec(ctx, sqlSetKey, args); err != nil {
				return fmt.Errorf("key of %s: %w", id, err)
			}
		}
		if _, err := tx.Exec(ctx, sqlEndSessions, args); err != nil {
			return fmt.Errorf("end the sessions of %s: %w", id, err)
		}
		return note(ctx, tx, r.Now(), by, act, id, nil)
	})
}
