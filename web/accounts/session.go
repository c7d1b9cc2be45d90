package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// SessionIdle and SessionLife end a session: a desk left alone, and a working
// day.
const (
	SessionIdle = 30 * time.Minute
	SessionLife = 12 * time.Hour

	seenEvery = time.Minute // how exactly the last request is kept
	linkLife  = 12 * time.Hour
)

// token makes a secret of 32 bytes for a browser, and the hash that we keep.
func (r *Register) token() (text string, hash []byte, err error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(r.Random, secret); err != nil {
		return "", nil, fmt.Errorf("make a token: %w", err)
	}
	text = base64.RawURLEncoding.EncodeToString(secret)
	return text, hashOf(text), nil
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte("ansinh console token\n" + token))
	return sum[:]
}

// SignIn opens a session for whoever knows the password, or returns ErrRefused
// or ErrWait. Source is the address the request came from.
func (r *Register) SignIn(ctx context.Context, id, password, source string) (token string, err error) {
	a, err := r.check(ctx, id, password, source)
	if err != nil {
		return "", err
	}
	return r.open(ctx, a.ID, "account.sign_in", func(context.Context, pgx.Tx) error { return nil })
}

const sqlOpenSession = `INSERT INTO console.session (token, account, opened_at, seen_at) VALUES (@token, @id, @now, @now)`

func (r *Register) open(ctx context.Context, id, act string, first func(context.Context, pgx.Tx) error) (string, error) {
	token, hash, err := r.token()
	if err != nil {
		return "", err
	}
	err = pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := first(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlOpenSession, pgx.NamedArgs{"token": hash, "id": id, "now": r.Now()}); err != nil {
			return fmt.Errorf("open a session: %w", err)
		}
		return note(ctx, tx, r.Now(), id, act, id, nil)
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

const sqlSession = `
SELECT a.id, a.name_vi, a.title_vi, a.role, a.unit_code, a.signer IS NOT NULL, a.closed_at IS NOT NULL, s.seen_at
  FROM console.session AS s JOIN console.account AS a ON a.id = s.account
 WHERE s.token = @token AND s.ended_at IS NULL AND a.closed_at IS NULL
   AND s.seen_at > @idle AND s.opened_at > @oldest AND s.opened_at <= @now`

const sqlSeen = `UPDATE console.session SET seen_at = @now WHERE token = @token AND seen_at < @now`

// Session returns whose session a token opens; ok is false if none.
func (r *Register) Session(ctx context.Context, token string) (a Account, ok bool, err error) {
	now := r.Now()
	args := pgx.NamedArgs{"token": hashOf(token), "now": now, "idle": now.Add(-SessionIdle), "oldest": now.Add(-SessionLife)}
	var seen time.Time
	err = r.DB.QueryRow(ctx, sqlSession, args).Scan(&a.ID, &a.NameVI, &a.TitleVI, &a.Role, &a.UnitCode, &a.Signs, &a.Closed, &seen)
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, false, nil
	}
	if err != nil {
		return Account{}, false, fmt.Errorf("session: %w", err)
	}
	if now.Sub(seen) >= seenEvery {
		if _, err := r.DB.Exec(ctx, sqlSeen, args); err != nil {
			return Account{}, false, fmt.Errorf("session: %w", err)
		}
	}
	return a, true, nil
}

const sqlEndSession = `UPDATE console.session SET ended_at = @now WHERE token = @token AND ended_at IS NULL RETURNING account`

// SignOut ends a session. A token that opens nothing is no error.
func (r *Register) SignOut(ctx context.Context, token string) error {
	return pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		var id string
		err := tx.QueryRow(ctx, sqlEndSession, pgx.NamedArgs{"token": hashOf(token), "now": r.Now()}).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
		return note(ctx, tx, r.Now(), id, "account.sign_out", id, nil)
	})
}

const sqlAddLink = `
INSERT INTO console.link (token, account, made_at, expires_at)
SELECT @token, a.id, @now, @expires FROM console.account AS a WHERE a.id = @id AND a.closed_at IS NULL`

// Link makes a one-time sign-in link's token. It is refused in any database not
// marked as demo: there a link would be a password that nobody chose.
func (r *Register) Link(ctx context.Context, id, by string) (string, error) {
	demo, err := registry.IsDemo(ctx, r.DB)
	if err != nil {
		return "", err
	}
	if !demo {
		return "", errs.Coded(errs.Denied, "CONSOLE-LINK-REAL", "Liên kết đăng nhập chỉ dùng cho dữ liệu giả lập. / Sign-in links exist for demo data only.", ErrLink)
	}
	token, hash, err := r.token()
	if err != nil {
		return "", err
	}
	err = pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sqlAddLink, pgx.NamedArgs{"token": hash, "id": id, "now": r.Now(), "expires": r.Now().Add(linkLife)})
		if err != nil {
			return fmt.Errorf("make a link: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return noAccount(id)
		}
		return note(ctx, tx, r.Now(), by, "account.link", id, nil)
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

const sqlUseLink = `
UPDATE console.link SET used_at = @now
 WHERE token = @token AND used_at IS NULL AND expires_at > @now
   AND EXISTS (SELECT 1 FROM registry.setting AS s WHERE s.demo)
RETURNING account`

const sqlLinkOwner = `SELECT account FROM console.link WHERE token = @token`

// UseLink opens a session with a link, once. It returns ErrLink for one that
// was used, has expired, or never was.
func (r *Register) UseLink(ctx context.Context, link string) (string, error) {
	refused := errs.Coded(errs.Denied, "CONSOLE-LINK", "Liên kết đăng nhập đã dùng, đã hết hạn hoặc không đúng. / "+
		"The sign-in link was used, has expired or is not right.", ErrLink)
	var id string
	err := r.DB.QueryRow(ctx, sqlLinkOwner, pgx.NamedArgs{"token": hashOf(link)}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", refused
	}
	if err != nil {
		return "", fmt.Errorf("link: %w", err)
	}
	return r.open(ctx, id, "account.link_used", func(ctx context.Context, tx pgx.Tx) error {
		var account string
		err := tx.QueryRow(ctx, sqlUseLink, pgx.NamedArgs{"token": hashOf(link), "now": r.Now()}).Scan(&account)
		if errors.Is(err, pgx.ErrNoRows) {
			return refused
		}
		return err
	})
}
