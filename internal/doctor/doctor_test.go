package doctor_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/backup"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/doctor"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

func TestEveryQueryPrepares(t *testing.T) { t.Parallel(); pgtest.PrepareAll(t, ".") }

var now = time.Date(2030, 5, 1, 9, 0, 0, 0, time.UTC)

// healthy is an installation with nothing to mend, in files only.
func healthy(t *testing.T) doctor.Options {
	t.Helper()
	dir := t.TempDir()
	o := doctor.Options{Dir: dir, DatabaseErr: errors.New("not looked at"), Keys: filepath.Join(dir, "keys"), Journal: filepath.Join(dir, "journal"),
		Backup: filepath.Join(dir, "backup"), Anchors: []string{t.TempDir()},
		Now: func() time.Time { return now }, Synced: func() (bool, bool) { return true, true },
		Free: func(string) (uint64, uint64, error) { return 100 << 30, 200 << 30, nil }}
	watch := time.Duration(0)
	o.Stopwatch = func() time.Duration { watch += time.Millisecond; return watch }
	keys, err := crypt.DeriveKeys([]byte("a test of package doctor, 32 bytes"))
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Save(o.Keys); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(o.Journal, 0o700); err != nil {
		t.Fatal(err)
	}
	anchor(t, o, now.Add(-time.Hour))
	return o
}

func anchor(t *testing.T, o doctor.Options, at time.Time) {
	t.Helper()
	keys, err := crypt.LoadKeys(o.Keys)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ledger.AnchorSigner(keys, "TST")
	if err != nil {
		t.Fatal(err)
	}
	a := ledger.Anchor{Head: ledger.Head{ChainNo: 1}, Installation: "TST", Epoch: 1, Day: calendar.DateOf(at), At: at}
	if err := ledger.AppendAnchor(filepath.Join(o.Anchors[0], "ansinh-TST.heads"), a, signer); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, list []doctor.Finding, check string) doctor.Finding {
	t.Helper()
	for _, f := range list {
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("no finding %q in %+v", check, list)
	return doctor.Finding{}
}

func TestMachineAndFiles(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() })
	for name, tt := range map[string]struct {
		check string
		want  doctor.State
		make  func(t *testing.T, o *doctor.Options)
	}{
		"nothing wrong with the clock":  {"clock", doctor.Good, func(*testing.T, *doctor.Options) {}},
		"clock not synchronised":        {"clock", doctor.Note, func(_ *testing.T, o *doctor.Options) { o.Synced = func() (bool, bool) { return false, true } }},
		"clock's state not readable":    {"clock", doctor.Note, func(_ *testing.T, o *doctor.Options) { o.Synced = func() (bool, bool) { return false, false } }},
		"much space":                    {"disk", doctor.Good, func(*testing.T, *doctor.Options) {}},
		"little space":                  {"disk", doctor.Note, free(5 << 30)},
		"hardly any space":              {"disk", doctor.Mend, free(1 << 30)},
		"quick disk":                    {"fsync", doctor.Good, func(*testing.T, *doctor.Options) {}},
		"slow disk":                     {"fsync", doctor.Note, slow},
		"folder that cannot be written": {"fsync", doctor.Mend, func(_ *testing.T, o *doctor.Options) { o.Dir = "/proc" }},
		"port free":                     {"port", doctor.Good, func(_ *testing.T, o *doctor.Options) { o.Listen = "127.0.0.1:0" }},
		"port in use":                   {"port", doctor.Note, func(_ *testing.T, o *doctor.Options) { o.Listen = busy.Addr().String() }},
		"port of another machine":       {"port", doctor.Mend, func(_ *testing.T, o *doctor.Options) { o.Listen = "192.0.2.1:80" }},
		"certificate good":              {"tls", doctor.Good, certificate(now.Add(-time.Hour), now.AddDate(1, 0, 0))},
		"certificate ends soon":         {"tls", doctor.Note, certificate(now.Add(-time.Hour), now.AddDate(0, 0, 10))},
		"certificate ended":             {"tls", doctor.Mend, certificate(now.AddDate(-1, 0, 0), now.Add(-time.Hour))},
		"certificate not valid yet":     {"tls", doctor.Mend, certificate(now.Add(time.Hour), now.AddDate(1, 0, 0))},
		"certificate missing":           {"tls", doctor.Mend, func(_ *testing.T, o *doctor.Options) { o.TLSCert = "/none" }},
		"keys good":                     {"keys", doctor.Good, func(*testing.T, *doctor.Options) {}},
		"keys missing":                  {"keys", doctor.Mend, func(_ *testing.T, o *doctor.Options) { o.Keys += "x" }},
		"keys open to others":           {"keys", doctor.Mend, func(t *testing.T, o *doctor.Options) { chmod(t, o.Keys, 0o644) }},
		"keys damaged":                  {"keys", doctor.Mend, func(t *testing.T, o *doctor.Options) { write(t, o.Keys, "x", 0o600) }},
		"journal good":                  {"journal", doctor.Good, func(*testing.T, *doctor.Options) {}},
		"journal not there yet":         {"journal", doctor.Note, func(_ *testing.T, o *doctor.Options) { o.Journal += "x" }},
		"journal not named":             {"journal", doctor.Mend, func(_ *testing.T, o *doctor.Options) { o.Journal = "" }},
		"journal cannot be written":     {"journal", doctor.Mend, func(_ *testing.T, o *doctor.Options) { o.Journal = o.Keys }},
		"journal inside the database":   {"journal", doctor.Mend, func(_ *testing.T, o *doctor.Options) { o.Own, o.Journal = true, filepath.Join(o.Dir, "pg", "journal") }},
		"journal damaged": {"journal", doctor.Mend, func(t *testing.T, o *doctor.Options) {
			write(t, filepath.Join(o.Journal, "a.sent.jsonl"), "x\n", 0o600)
		}},
		"no backup":                  {"backup", doctor.Mend, func(*testing.T, *doctor.Options) {}},
		"no backup of invented data": {"backup", doctor.Note, func(_ *testing.T, o *doctor.Options) { o.Demo = true }},
		"a backup of today":          {"backup", doctor.Good, backedUp(time.Hour)},
		"a backup of last week":      {"backup", doctor.Mend, backedUp(7 * 24 * time.Hour)},
		"heads elsewhere":            {"heads", doctor.Good, func(*testing.T, *doctor.Options) {}},
		"no head outside":            {"heads", doctor.Note, func(t *testing.T, o *doctor.Options) { o.Anchors = []string{t.TempDir()} }},
		"heads on this machine only": {"heads", doctor.Note, func(_ *testing.T, o *doctor.Options) { o.Dir = filepath.Dir(o.Anchors[0]) }},
		"heads old":                  {"heads", doctor.Mend, func(_ *testing.T, o *doctor.Options) { o.Now = func() time.Time { return now.AddDate(0, 0, 5) } }},
		"heads changed": {"heads", doctor.Mend, func(t *testing.T, o *doctor.Options) {
			write(t, filepath.Join(o.Anchors[0], "x.heads"), "hello\n", 0o600)
		}},
		"database that cannot be reached": {"database", doctor.Mend, func(*testing.T, *doctor.Options) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := healthy(t)
			tt.make(t, &o)
			got := find(t, doctor.Examine(t.Context(), o), tt.check)
			if got.State != tt.want || got.What == "" || got.State != doctor.Good && got.Do == "" {
				t.Errorf("%s = %+v, want %s with words", tt.check, got, tt.want)
			}
		})
	}
}

func free(bytes uint64) func(*testing.T, *doctor.Options) {
	return func(_ *testing.T, o *doctor.Options) {
		o.Free = func(string) (uint64, uint64, error) { return bytes, 200 << 30, nil }
	}
}

// backedUp lays a backup of some age out; its dump is empty, which the doctor does not look at.
func backedUp(age time.Duration) func(*testing.T, *doctor.Options) {
	return func(t *testing.T, o *doctor.Options) {
		text, err := json.Marshal(backup.Manifest{Format: 1, Installation: "TST", TakenAt: now.Add(-age), Head: "1-00"})
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		out := tar.NewWriter(&file)
		if err := out.WriteHeader(&tar.Header{Name: "manifest.json", Mode: 0o600, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(out.WriteHeader(&tar.Header{Name: "database.dump", Mode: 0o600}), out.Close(), os.Mkdir(o.Backup, 0o700)); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(o.Backup, "a"+backup.Suffix), file.String(), 0o600)
	}
}

func slow(_ *testing.T, o *doctor.Options) {
	watch := time.Duration(0)
	o.Stopwatch = func() time.Duration { watch += 50 * time.Millisecond; return watch }
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func certificate(from, until time.Time) func(*testing.T, *doctor.Options) {
	return func(t *testing.T, o *doctor.Options) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		text, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: until},
			&x509.Certificate{SerialNumber: big.NewInt(1)}, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		private, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		o.TLSCert, o.TLSKey = filepath.Join(o.Dir, "cert.pem"), filepath.Join(o.Dir, "key.pem")
		write(t, o.TLSCert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: text})), 0o600)
		write(t, o.TLSKey, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})), 0o600)
	}
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		check   string
		want    doctor.State
		do      string // what is said to do, in part
		tamper  []string
		options func(*doctor.Options)
	}{
		"all good":                 {check: "guards", want: doctor.Good},
		"append-only switched off": {check: "guards", want: doctor.Mend, do: "ledger verify", tamper: []string{`ALTER TABLE ledger.seal DISABLE TRIGGER append_only`}},
		"guard dropped":            {check: "guards", want: doctor.Mend, tamper: []string{`DROP TRIGGER append_only ON ledger.seal`}},
		"a migration is missing": {check: "schema", want: doctor.Mend, do: "db migrate",
			tamper: []string{`DELETE FROM migration.version WHERE version_id = 78`}},
		"the schema is newer": {check: "schema", want: doctor.Mend, do: "newer",
			tamper: []string{`INSERT INTO migration.version (version_id, is_applied) VALUES (99999, true)`}},
		"the schema is whole":      {check: "schema", want: doctor.Good},
		"settings":                 {check: "server", want: doctor.Mend, do: "switch it on"}, // the test server has no fsync
		"locale":                   {check: "locale", want: doctor.Good},
		"roles":                    {check: "roles", want: doctor.Good},
		"another time than ours":   {check: "server clock", want: doctor.Mend},
		"invented time":            {check: "server clock", want: doctor.Good, options: func(o *doctor.Options) { o.Demo = true }},
		"no voucher in the future": {check: "order of time", want: doctor.Good},
		"dispatch open":            {check: "dispatch", want: doctor.Good},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.EmptyDatabase(t)
			if err := pgdb.Migrate(t.Context(), url); err != nil {
				t.Fatal(err)
			}
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.WithoutCancel(t.Context()))
			for _, sql := range tt.tamper {
				if _, err := conn.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			o := healthy(t)
			o.URL, o.DatabaseErr = url, nil
			if tt.options != nil {
				tt.options(&o)
			}
			got := find(t, doctor.Examine(t.Context(), o), tt.check)
			if got.State != tt.want || !strings.Contains(got.Do, tt.do) {
				t.Errorf("%s = %+v, want %s", tt.check, got, tt.want)
			}
		})
	}
}

// TestUnusualDatabases are an empty one, one whose clock was ahead, one that is
// stopped, and one whose owner role may not work in it.
func TestUnusualDatabases(t *testing.T) {
	t.Parallel()
	t.Run("without a schema", func(t *testing.T) {
		t.Parallel()
		o := healthy(t)
		o.URL, o.DatabaseErr = pgtest.EmptyDatabase(t), nil
		list := doctor.Examine(t.Context(), o)
		if !doctor.Sick(list) {
			t.Errorf("an empty database is not sick: %+v", list)
		}
	})
	t.Run("stopped, and with a voucher of tomorrow", func(t *testing.T) {
		t.Parallel()
		db := pgtest.DB(t)
		o := healthy(t)
		o.URL, o.DatabaseErr = pgtest.OwnerURL(t, db), nil
		err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
			book, err := ledger.OpenBook(ctx, tx, "1000001", "Sở Mẫu", now)
			if err != nil {
				return err
			}
			tomorrow := now.AddDate(0, 0, 1)
			_, err = ledger.Move(ctx, tx, ledger.Voucher{Key: "draw/1", Book: book.ID, PostingSet: ledger.EntrustedState, Kind: "draw",
				AccountingDate: calendar.DateOf(tomorrow), PostedAt: tomorrow, Text: "rút"}, []ledger.Entry{{
				Debit: ledger.Slot{Role: ledger.RoleDraw, Programme: "TET26"}, Credit: ledger.Slot{Role: ledger.RoleBudget, Programme: "TET26"}, Amount: 1}})
			if err != nil {
				return err
			}
			return payout.Stop(ctx, tx, "thử", "thủ quỹ", now)
		})
		if err != nil {
			t.Fatal(err)
		}
		list := doctor.Examine(t.Context(), o)
		if f := find(t, list, "order of time"); f.State != doctor.Mend {
			t.Errorf("a voucher of tomorrow: %+v", f)
		}
		if f := find(t, list, "dispatch"); f.State != doctor.Note || !strings.Contains(f.What, "thử") {
			t.Errorf("a stop: %+v", f)
		}
	})
	t.Run("a role without its right", func(t *testing.T) {
		t.Parallel()
		url := pgtest.EmptyDatabase(t)
		missing, err := pgdb.MissingRoles(t.Context(), url)
		if err != nil || len(missing) == 0 || !strings.Contains(strings.Join(missing, " "), "GRANT CREATE ON DATABASE") {
			t.Errorf("MissingRoles of a new database = %v, %v; want the statement for its owner role", missing, err)
		}
		o := healthy(t)
		o.URL, o.DatabaseErr = url, nil
		if f := find(t, doctor.Examine(t.Context(), o), "roles"); f.State != doctor.Mend || !strings.Contains(f.Do, "GRANT CREATE ON DATABASE") {
			t.Errorf("roles = %+v, want the administrator's statements", f)
		}
	})
}
