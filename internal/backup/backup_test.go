package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/backup"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

func TestEveryQueryPrepares(t *testing.T) { t.Parallel(); pgtest.PrepareAll(t, ".") }

var now = calendar.Must(2026, 2, 2).At(8, 0)

// move posts one voucher.
func move(t *testing.T, db *pgxpool.Pool, key string) {
	t.Helper()
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := payout.Install(ctx, tx, "TST", now); err != nil {
			return err
		}
		book, err := ledger.OpenBook(ctx, tx, "1000001", "Sở Mẫu", now)
		if err != nil {
			return err
		}
		_, err = ledger.Move(ctx, tx, ledger.Voucher{Key: key, Book: book.ID, PostingSet: ledger.EntrustedState, Kind: "draw",
			AccountingDate: calendar.DateOf(now), PostedAt: now, Text: "rút"}, []ledger.Entry{{
			Debit: ledger.Slot{Role: ledger.RoleDraw, Programme: "TET26"}, Credit: ledger.Slot{Role: ledger.RoleBudget, Programme: "TET26"}, Amount: 1000}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// folder can be passed by the database server's own user.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ansinh-backup-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a leftover in the temporary folder harms nobody
	return dir
}

func source(t *testing.T, db *pgxpool.Pool) backup.Source {
	return backup.Source{URL: pgtest.OwnerURL(t, db), Program: "test", Now: now}
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if errs.Code(err) != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func TestBackupIsWholeAndRestoresClosed(t *testing.T) {
	t.Parallel()
	db, dir := pgtest.DB(t), folder(t)
	_, _, err := backup.Write(t.Context(), source(t, db), dir)
	wantCode(t, "backup of an empty installation", err, "BACKUP-NOTHING")
	move(t, db, "draw/1")
	path, m, err := backup.Write(t.Context(), source(t, db), dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Vouchers != 1 || m.Lines != 1 || m.Installation != "TST" || m.Epoch != 1 || m.DumpSize == 0 {
		t.Errorf("manifest %+v", m)
	}
	if _, _, err := backup.Write(t.Context(), source(t, db), path); err == nil {
		t.Error("a second backup replaced the first")
	}
	move(t, db, "draw/2") // after the backup
	c, err := backup.Verify(t.Context(), path, dir)
	if err != nil || c.Head != m.Head || c.Vouchers != 1 {
		t.Fatalf("Verify = %+v, %v", c, err)
	}

	target := filepath.Join(dir, "new")
	o := backup.RestoreOptions{File: path, Dir: target, JournalLost: true, Now: func() time.Time { return now.Add(time.Hour) }}
	_, r, err := backup.Restore(t.Context(), o)
	if err != nil || r.Origin.Epoch != 2 || !r.Lost || !slices.Contains(r.Causes, payout.CauseCommand) {
		t.Fatalf("Restore = %+v, %v; want epoch 2 and a lost journal", r, err)
	}
	_, _, err = backup.Restore(t.Context(), o)
	wantCode(t, "restore over a folder with data", err, "BACKUP-TARGET")
	server, err := pgdb.StartServer(t.Context(), target, pgdb.ServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	pool, err := pgdb.Open(t.Context(), server.URL(), pgdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if head, err := ledger.ReadHead(t.Context(), pool); err != nil || head.String() != m.Head {
		t.Errorf("head of the restored ledger %s, %v; want %s", head, err, m.Head)
	}
}

// rewrite makes a copy of a backup with other parts.
func rewrite(t *testing.T, path string, change func(m *backup.Manifest, dump []byte) []byte) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := tar.NewReader(bytes.NewReader(content))
	part := func() []byte {
		if _, err := in.Next(); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var m backup.Manifest
	if err := json.Unmarshal(part(), &m); err != nil {
		t.Fatal(err)
	}
	dump := change(&m, part())
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	out := tar.NewWriter(&file)
	for _, p := range []struct {
		name string
		text []byte
	}{{"manifest.json", text}, {"database.dump", dump}} {
		if err := out.WriteHeader(&tar.Header{Name: p.name, Mode: 0o600, Size: int64(len(p.text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(p.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(filepath.Dir(path), t.Name()[len(t.Name())-6:]+backup.Suffix)
	if err := os.WriteFile(other, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return other
}

func TestDamagedBackupsAreRefused(t *testing.T) {
	t.Parallel()
	db, dir := pgtest.DB(t), folder(t)
	move(t, db, "draw/1")
	path, _, err := backup.Write(t.Context(), source(t, db), dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		code   string
		change func(m *backup.Manifest, dump []byte) []byte
	}{
		"a byte of the dump changed": {"BACKUP-DAMAGED", func(_ *backup.Manifest, d []byte) []byte { d[len(d)/2]++; return d }},
		"the dump is cut":            {"BACKUP-DAMAGED", func(_ *backup.Manifest, d []byte) []byte { return d[:len(d)-10] }},
		"a later form":               {"BACKUP-NEWER", func(m *backup.Manifest, d []byte) []byte { m.Format = 2; return d }},
		"a later schema":             {"BACKUP-NEWER", func(m *backup.Manifest, d []byte) []byte { m.Migrations = append(m.Migrations, 99_999); return d }},
		"another count":              {"BACKUP-LEDGER", func(m *backup.Manifest, d []byte) []byte { m.Lines++; return d }},
		"another head":               {"BACKUP-LEDGER", func(m *backup.Manifest, d []byte) []byte { m.Head = "1-" + strings.Repeat("ab", 32); return d }},
	} {
		t.Run(name, func(t *testing.T) {
			other := rewrite(t, path, tt.change)
			target := filepath.Join(dir, "target")
			_, _, err := backup.Restore(t.Context(), backup.RestoreOptions{File: other, Dir: target, JournalLost: true, Now: func() time.Time { return now }})
			wantCode(t, name, err, tt.code)
			if left, _ := filepath.Glob(target + "*"); len(left) > 0 {
				t.Errorf("a refused backup left %v", left)
			}
		})
	}
	text := filepath.Join(dir, "text"+backup.Suffix)
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = backup.ReadManifest(text)
	wantCode(t, "a text file", err, "BACKUP-DAMAGED")
}
