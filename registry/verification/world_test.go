package verification_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/demolist"
	"ansinh/registry/people"
	"ansinh/registry/verification"
	"ansinh/registry/verification/sandbox"
)

// town is a commune's list in a database, and a register and a directory that know
// its people over HTTP, with faults.
type town struct {
	t      *testing.T
	db     *pgxpool.Pool
	keys   *crypt.Keys
	now    time.Time
	list   int64
	world  *sandbox.World
	server *httptest.Server
	mai    *crypt.Signer
	slept  time.Duration
}

// newTown takes in a list of about so many people and opens a sandbox on them.
func newTown(t *testing.T, count int, config sandbox.Config) *town {
	t.Helper()
	keys, err := crypt.DeriveKeys([]byte("a test of package verification"))
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, db: pgtest.DB(t), keys: keys, now: calendar.Must(2026, 1, 20).At(9, 0)}
	w.inTx(func(ctx context.Context, tx pgx.Tx) error { return registry.Prepare(ctx, tx, true, w.now) })
	w.inTx(w.signers)
	commune := registry.Communes()[0]
	unit := demolist.Make(7, count, []demolist.Place{{Code: commune.Code, Name: commune.NameVI}}).Units[0]
	var workbook bytes.Buffer
	if _, err := unit.WriteTet(&workbook); err != nil {
		t.Fatal(err)
	}
	result, err := registry.ImportList(t.Context(), w.db, keys, registry.File{Name: "ds.xlsx", Content: bytes.NewReader(workbook.Bytes()), Size: int64(workbook.Len())},
		registry.ImportOptions{Programme: "TET26", Unit: commune.Key(), By: "lan", Now: w.now, Random: rand.Reader, AcceptValid: true})
	if err != nil {
		t.Fatal(err)
	}
	w.list = result.List
	var book bytes.Buffer
	if _, err := verification.WriteDemoBook(t.Context(), w.db, keys, calendar.DateOf(w.now), &book); err != nil {
		t.Fatal(err)
	}
	entries, err := sandbox.ReadBook(&book)
	if err != nil {
		t.Fatal(err)
	}
	config.Key, config.Version, config.Now = "khoa-thu", "P-2026-01-19", func() time.Time { return w.now }
	w.world = sandbox.New(config, entries)
	w.server = httptest.NewServer(w.world)
	t.Cleanup(w.server.Close)
	return w
}

func (w *town) inTx(fn func(context.Context, pgx.Tx) error) {
	w.t.Helper()
	if err := pgdb.InTx(w.t.Context(), w.db, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) signers(ctx context.Context, tx pgx.Tx) error {
	for i, s := range []payout.Signer{{ID: "lan", Role: "maker"}, {ID: "mai", Role: "department"}} {
		seed := make([]byte, 32)
		seed[0] = byte(i + 1)
		signer, err := crypt.NewSigner(s.ID, seed)
		if err != nil {
			return err
		}
		w.mai = signer // the last one
		s.NameVI, s.TitleVI, s.Public, s.ValidFrom = s.ID, s.Role, signer.Public(), calendar.Must(2025, 7, 1)
		if err := payout.AddSigner(ctx, tx, s, "cai-dat", w.now); err != nil {
			return err
		}
	}
	return nil
}

// client asks the sandbox; waiting for the pace moves the test's clock.
func (w *town) client(change func(*verification.LineConfig)) *verification.Client {
	c := verification.LineConfig{URL: w.server.URL, Key: "khoa-thu", BulkMax: 20, PerSecond: 100, Now: func() time.Time { return w.now },
		Wait: func(ctx context.Context, d time.Duration) error {
			w.now, w.slept = w.now.Add(d), w.slept+d
			return ctx.Err()
		}}
	if change != nil {
		change(&c)
	}
	return verification.NewClient(c)
}

func (w *town) job(change func(*verification.LineConfig)) *verification.Job {
	c := w.client(change)
	return &verification.Job{DB: w.db, Keys: w.keys, Random: rand.Reader, Now: func() time.Time { return w.now }, People: c, Accounts: c}
}

func (w *town) start(j *verification.Job, source verification.Source) int64 {
	w.t.Helper()
	id, err := j.Start(w.t.Context(), w.list, source, "lan")
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// run takes a job up and steps until it is over.
func (w *town) run(j *verification.Job, id int64) verification.Summary {
	w.t.Helper()
	r, err := j.Take(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for {
		s, err := r.Step(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if s.Waiting == 0 {
			return s
		}
	}
}

func (w *town) desk() *people.Desk {
	return &people.Desk{DB: w.db, Keys: w.keys, Random: rand.Reader, Now: func() time.Time { return w.now }, Office: payout.PeopleOffice{}}
}

func (w *town) text(sql string, args ...any) []string {
	w.t.Helper()
	rows, _ := w.db.Query(w.t.Context(), sql, args...)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// personOf finds who has an id.
func (w *town) personOf(id string) int64 {
	w.t.Helper()
	var person int64
	err := w.db.QueryRow(w.t.Context(), `SELECT id FROM registry.person WHERE id_index = $1`, w.keys.Index(crypt.FieldID, crypt.Secret(id))).Scan(&person)
	if err != nil {
		w.t.Fatal(err)
	}
	return person
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || errs.Code(err) != code {
		t.Errorf("error = %v, want code %s", err, code)
	}
}
