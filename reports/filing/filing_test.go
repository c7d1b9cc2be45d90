package filing_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/bench"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reports/filing"
	"ansinh/timeliness"
)

func TestEveryQueryPrepares(t *testing.T) { t.Parallel(); pgtest.PrepareAll(t, ".") }

var now = calendar.Must(2026, 2, 20).At(9, 0)

func clock() time.Time { return now }

func newCity(t *testing.T) (*bench.City, *pgxpool.Pool) {
	t.Helper()
	keys, err := crypt.DeriveKeys([]byte("a test's keys, of thirty-two bytes"))
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.DB(t)
	city, err := bench.LoadCity(t.Context(), db, bench.CityOptions{People: 600, Batches: 1, Keys: keys, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return city, db
}

func ask(t *testing.T, db *pgxpool.Pool, kind filing.Kind, batch ledger.BatchID) (id int64, err error) {
	t.Helper()
	err = pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = filing.Ask(ctx, tx, kind, batch, "ke-toan-truong", now)
		return err
	})
	return id, err
}

func makeAll(t *testing.T, db *pgxpool.Pool) (n int) {
	t.Helper()
	for {
		did, err := filing.Step(t.Context(), db, clock, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if !did {
			return n
		}
		n++
	}
}

// send downloads a file and compares its bytes with its hash.
func send(t *testing.T, db *pgxpool.Pool, id int64, n int16) ([]byte, filing.File) {
	t.Helper()
	f, err := filing.ReadFile(t.Context(), db, id, n)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := filing.Send(t.Context(), db, &out, f); err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(out.Bytes()); hex.EncodeToString(sum[:]) != f.SHA256 || int64(out.Len()) != f.Bytes {
		t.Fatalf("%d bytes with hash %x, filed as %d with %s", out.Len(), sum, f.Bytes, f.SHA256)
	}
	return out.Bytes(), f
}

func TestReportsAreFiledOnceAndServedAgain(t *testing.T) {
	t.Parallel()
	city, db := newCity(t)
	batch := city.Batch[0]
	ids := map[filing.Kind]int64{}
	for kind, of := range map[filing.Kind]ledger.BatchID{filing.Settlement: batch, filing.Timeliness: batch, filing.Verify: 0} {
		id, err := ask(t, db, kind, of)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ask(t, db, kind, of); err != nil || again != id {
			t.Errorf("asked again for %s while it waits: request %d, %v; want %d", kind, again, err, id)
		}
		ids[kind] = id
	}
	if n := makeAll(t, db); n != 3 {
		t.Fatalf("%d reports made, want 3", n)
	}
	first, file := send(t, db, ids[filing.Settlement], 1)
	if !bytes.HasPrefix(first, []byte("PK")) {
		t.Error("the settlement workbook is no workbook")
	}
	if again, _ := send(t, db, ids[filing.Settlement], 1); !bytes.Equal(first, again) {
		t.Error("the second download differs from the first")
	}
	if found, err := filing.FileByHash(t.Context(), db, file.SHA256); err != nil || found.Request != ids[filing.Settlement] {
		t.Errorf("FileByHash = %+v, %v", found, err)
	}
	text, _ := send(t, db, ids[filing.Timeliness], 1)
	var table timeliness.Table
	if err := json.Unmarshal(text, &table); err != nil || table.Batch != batch || len(table.Rows) == 0 || table.Rows[0].People != 600 {
		t.Fatalf("waiting times of batch %d, %d rows, %v", table.Batch, len(table.Rows), err)
	}
	if again, err := json.MarshalIndent(table, "", "  "); err != nil || string(again)+"\n" != string(text) {
		t.Errorf("the waiting times do not read back as they were filed (%v)", err)
	}
	text, _ = send(t, db, ids[filing.Verify], 1)
	var v filing.Verification
	if err := json.Unmarshal(text, &v); err != nil || !v.OK() || v.Vouchers == 0 || v.Lines == 0 {
		t.Errorf("verification = %+v, %v", v, err)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	if _, err := ask(t, db, filing.Settlement, 14_001); !errors.Is(err, payout.ErrNoBatch) {
		t.Errorf("a batch nobody has: %v, want ErrNoBatch", err)
	}
	for _, of := range []struct {
		kind  filing.Kind
		batch ledger.BatchID
	}{{filing.Settlement, 0}, {filing.Verify, 14_001}, {"poem", 0}} {
		if _, err := ask(t, db, of.kind, of.batch); errs.Code(err) != "FILING-KIND" {
			t.Errorf("%s of batch %d: %v, want FILING-KIND", of.kind, of.batch, err)
		}
	}
	if _, err := filing.FileByHash(t.Context(), db, "abc"); errs.Code(err) != "FILING-HASH" {
		t.Errorf("half a hash: %v", err)
	}
	if _, err := filing.ReadFile(t.Context(), db, 1, 1); errs.Code(err) != "FILING-NONE" {
		t.Errorf("no file: %v", err)
	}
}

func TestDamagedBytesAreNotServedAsWhole(t *testing.T) {
	t.Parallel()
	_, db := newCity(t)
	id, err := ask(t, db, filing.Verify, 0)
	if err != nil {
		t.Fatal(err)
	}
	makeAll(t, db)
	f, err := filing.ReadFile(t.Context(), db, id, 1)
	if err != nil {
		t.Fatal(err)
	}
	owner := pgtest.Superuser(t, db)
	for _, sql := range []string{`ALTER TABLE filing.part DISABLE TRIGGER append_only`,
		`UPDATE filing.part SET body = overlay(body placing '\x20' from 2)`} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := filing.Send(t.Context(), db, &out, f); !errors.Is(err, filing.ErrDamaged) {
		t.Errorf("Send of changed bytes: %v, want ErrDamaged", err)
	}
}

// A report that cannot be made ends with a reason people can read, and the next
// one is made all the same.
func TestFailedReportEndsWithAReason(t *testing.T) {
	t.Parallel()
	city, db := newCity(t)
	if _, err := ask(t, db, filing.Settlement, city.Batch[0]); err != nil {
		t.Fatal(err)
	}
	second, err := ask(t, db, filing.Verify, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pgtest.Superuser(t, db).Exec(t.Context(), `DROP TABLE registry.setting CASCADE`); err != nil {
		t.Fatal(err)
	}
	if did, err := filing.Step(t.Context(), db, clock, t.TempDir()); !did || err == nil {
		t.Fatalf("Step = %v, %v; want the failure for the log", did, err)
	}
	var fault string
	if err := db.QueryRow(t.Context(), `SELECT fault FROM filing.ending`).Scan(&fault); err != nil || fault != filing.TextFailed {
		t.Errorf("the report ended with %q, %v", fault, err)
	}
	if n := makeAll(t, db); n != 1 {
		t.Errorf("%d reports made after the failed one, want 1", n)
	}
	send(t, db, second, 1)
}
