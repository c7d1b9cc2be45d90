package uploads_test

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgtest"
	"ansinh/web/accounts"
	"ansinh/web/uploads"
)

func newStore(t *testing.T) (*uploads.Store, *pgxpool.Pool, *time.Time) {
	t.Helper()
	db := pgtest.DB(t)
	keys, err := crypt.DeriveKeys([]byte("uploads"))
	if err != nil {
		t.Fatal(err)
	}
	now := calendar.Must(2026, 1, 20).At(9, 0)
	random := rand.NewChaCha8(sha256.Sum256([]byte(t.Name())))
	people := &accounts.Register{DB: db, Now: func() time.Time { return now }, Random: random}
	for _, id := range []string{"lan", "hoa"} {
		if err := people.Add(t.Context(), accounts.New{Account: accounts.Account{ID: id, NameVI: "Người Mẫu", Role: accounts.Maker}, Password: "một câu dễ nhớ để thử"}, "test"); err != nil {
			t.Fatal(err)
		}
	}
	return &uploads.Store{DB: db, Keys: keys, Now: func() time.Time { return now }, Random: random}, db, &now
}

func count(t *testing.T, db *pgxpool.Pool) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM console.upload`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What is opened is what was sent, by whom it was sent, where it was sent from, for
// an hour; nothing readable lies in the table.
func TestAnUploadIsItsSendersForAnHour(t *testing.T) {
	t.Parallel()
	s, db, now := newStore(t)
	lan := uploads.Owner{Account: "lan", Session: [32]byte{1}}
	sent := uploads.Upload{Name: "00004.xlsx", Programme: "TET26", Unit: "00004", Password: "mo-ra", Content: []byte("các dòng của một danh sách")}
	id, err := s.Keep(t.Context(), lan, sent)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Open(t.Context(), lan, id)
	if err != nil || got.Name != sent.Name || got.Password != sent.Password || !bytes.Equal(got.Content, sent.Content) {
		t.Fatalf("Open = %v, %v; want what was sent", got, err)
	}
	var about, content []byte
	if err := db.QueryRow(t.Context(), `SELECT about_enc, content_enc FROM console.upload`).Scan(&about, &content); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, sent.Content) || bytes.Contains(about, []byte("mo-ra")) {
		t.Error("the table holds the file or its password in the clear")
	}
	for name, open := range map[string]func() error{
		"another person": func() error {
			_, err := s.Open(t.Context(), uploads.Owner{Account: "hoa", Session: lan.Session}, id)
			return err
		},
		"another session": func() error {
			_, err := s.Open(t.Context(), uploads.Owner{Account: "lan", Session: [32]byte{2}}, id)
			return err
		},
		"another id": func() error { _, err := s.Open(t.Context(), lan, "00112233445566778899aabbccddeeff"); return err },
		"no id":      func() error { _, err := s.Open(t.Context(), lan, "x"); return err },
	} {
		if err := open(); errs.Code(err) != "CONSOLE-UPLOAD" {
			t.Errorf("%s: %v, want CONSOLE-UPLOAD", name, err)
		}
	}
	*now = now.Add(uploads.Life)
	if _, err := s.Open(t.Context(), lan, id); errs.Code(err) != "CONSOLE-UPLOAD" {
		t.Errorf("an hour later: %v, want CONSOLE-UPLOAD", err)
	}
	if _, err := s.Keep(t.Context(), uploads.Owner{Account: "hoa"}, sent); err != nil || count(t, db) != 1 {
		t.Errorf("%d uploads are kept (%v), want the new one only", count(t, db), err)
	}
}

func TestAPersonHasFewUploads(t *testing.T) {
	t.Parallel()
	s, db, now := newStore(t)
	lan := uploads.Owner{Account: "lan"}
	var first, last string
	for i := range uploads.Most + 3 {
		*now = now.Add(time.Second)
		id, err := s.Keep(t.Context(), lan, uploads.Upload{Name: "a.csv", Content: []byte{byte(i)}})
		if err != nil {
			t.Fatal(err)
		}
		if last = id; i == 0 {
			first = id
		}
	}
	if n := count(t, db); n != uploads.Most {
		t.Errorf("%d uploads are kept, want %d", n, uploads.Most)
	}
	if _, err := s.Open(t.Context(), lan, first); errs.Code(err) != "CONSOLE-UPLOAD" {
		t.Errorf("the first is still there: %v", err)
	}
	if err := s.Drop(t.Context(), uploads.Owner{Account: "hoa"}, last); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), lan, last); err != nil {
		t.Errorf("another person dropped it: %v", err)
	}
	if err := s.Drop(t.Context(), lan, last); err != nil || count(t, db) != uploads.Most-1 {
		t.Errorf("after Drop %d are left, %v", count(t, db), err)
	}
}
