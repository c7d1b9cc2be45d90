package uploads

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// Life is how long an upload is kept, and Most how many of one person.
const (
	Life = time.Hour
	Most = 10
)

// Store keeps uploads.
type Store struct {
	DB     pgdb.DB
	Keys   *crypt.Keys
	Now    func() time.Time
	Random io.Reader
}

// Owner is who sent a file, and the hash of the session it came from.
type Owner struct {
	Account string
	Session [32]byte
}

// Upload is a file with what was said of it.
type Upload struct {
	Name      string
	Programme string
	Unit      string        // code of the commune
	Month     calendar.Date // first day of the month it is for; zero where the programme pays once
	Sheet     string        // "" = the one with the list
	Password  string        // of the workbook; "" = none
	Content   []byte        `json:"-"`
}

// String names the file and nothing in it.
func (u Upload) String() string { return fmt.Sprintf("upload of %d bytes", len(u.Content)) }

const sqlKeep = `
INSERT INTO console.upload (id, account, session, about_enc, content_enc, made_at)
VALUES (@id, @account, @session, @about, @content, @now)`

// sqlExpire deletes what is too old, whose it may be, and of one person what is
// more than they may have.
const sqlExpire = `
DELETE FROM console.upload AS u
 WHERE u.made_at <= @before
    OR u.id IN (SELECT o.id FROM console.upload AS o WHERE o.account = @account ORDER BY o.made_at DESC, o.id OFFSET @most)`

// Keep stores a file and returns its id for an address. What is too old goes.
func (s *Store) Keep(ctx context.Context, who Owner, u Upload) (string, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(s.Random, id); err != nil {
		return "", fmt.Errorf("number an upload: %w", err)
	}
	about, err := json.Marshal(u)
	if err != nil {
		return "", fmt.Errorf("describe an upload: %w", err)
	}
	args := pgx.NamedArgs{"id": id, "account": who.Account, "session": who.Session[:], "now": s.Now(), "before": s.Now().Add(-Life), "most": Most}
	for name, plain := range map[string][]byte{"about": about, "content": u.Content} {
		if args[name], err = s.Keys.Encrypt(s.Random, place(id, name), crypt.Secret(plain)); err != nil {
			return "", fmt.Errorf("encrypt an upload: %w", err)
		}
	}
	err = pgdb.InTx(ctx, s.DB, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlKeep, args); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sqlExpire, args)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("keep an upload: %w", err)
	}
	return hex.EncodeToString(id), nil
}

func place(id []byte, part string) crypt.Place {
	return crypt.Place{Column: "console-upload-" + part, Row: hex.EncodeToString(id)}
}

const sqlOpen = `
SELECT u.about_enc, u.content_enc
  FROM console.upload AS u
 WHERE u.id = @id AND u.account = @account AND u.session = @session AND u.made_at > @before`

// Open returns a file to whoever sent it. One that is gone, or somebody else's, is
// not found, in words.
func (s *Store) Open(ctx context.Context, who Owner, id string) (Upload, error) {
	no, err := hex.DecodeString(id)
	if err != nil || len(no) != 16 {
		return Upload{}, gone(err)
	}
	var about, content []byte
	err = s.DB.QueryRow(ctx, sqlOpen, pgx.NamedArgs{"id": no, "account": who.Account, "session": who.Session[:], "before": s.Now().Add(-Life)}).Scan(&about, &content)
	if errors.Is(err, pgx.ErrNoRows) {
		return Upload{}, gone(err)
	}
	if err != nil {
		return Upload{}, fmt.Errorf("read an upload: %w", err)
	}
	var u Upload
	text, err := s.Keys.Decrypt(place(no, "about"), about)
	if err == nil {
		err = json.Unmarshal([]byte(text.Reveal()), &u)
	}
	if err != nil {
		return Upload{}, fmt.Errorf("open an upload: %w", err)
	}
	plain, err := s.Keys.Decrypt(place(no, "content"), content)
	if err != nil {
		return Upload{}, fmt.Errorf("open an upload: %w", err)
	}
	u.Content = []byte(plain.Reveal())
	return u, nil
}

func gone(cause error) error {
	return errs.Coded(errs.NotFound, "CONSOLE-UPLOAD", "Tệp đã nộp không còn: hệ thống chỉ giữ một giờ, cho người nộp. Hãy nộp lại. / "+
		"The file that was sent is gone: it is kept for an hour, for whoever sent it. Send it again.", cause)
}

const sqlDrop = `DELETE FROM console.upload AS u WHERE u.id = @id AND u.account = @account`

// Drop deletes a file of a person; one that is gone is no error.
func (s *Store) Drop(ctx context.Context, who Owner, id string) error {
	no, err := hex.DecodeString(id)
	if err != nil {
		return gone(err)
	}
	if _, err := s.DB.Exec(ctx, sqlDrop, pgx.NamedArgs{"id": no, "account": who.Account}); err != nil {
		return fmt.Errorf("drop an upload: %w", err)
	}
	return nil
}
