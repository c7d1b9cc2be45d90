package pgdb_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const sqlCopyKinds = `COPY scratch.kinds (n, small, medium, large, yes, raw, words, day, at) FROM STDIN (FORMAT binary)`

func kinds(t *testing.T) *pgxpool.Pool {
	t.Helper()
	db := scratch(t)
	_, err := pgtest.Superuser(t, db).Exec(t.Context(), `
		CREATE TABLE scratch.kinds (n bigint PRIMARY KEY, small smallint, medium int, large bigint, yes boolean,
			raw bytea, words text, day date, at timestamptz, CHECK (n <> 666));
		GRANT SELECT, INSERT ON scratch.kinds TO ansinh_engine`)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

type kind struct {
	N      int64
	Small  *int16
	Medium *int32
	Large  *int64
	Yes    *bool
	Raw    []byte
	Words  *string
	Day    *time.Time
	At     *time.Time
}

func ptr[T any](v T) *T { return &v }

func TestCopyBinaryStoresWhatWasWritten(t *testing.T) {
	t.Parallel()
	db := kinds(t)
	hanoi := time.FixedZone("UTC+7", 7*3600)
	late := time.Date(2026, 2, 17, 0, 30, 0, 123456789, hanoi) // still the 16th in UTC
	old := time.Date(1926, 12, 31, 23, 59, 59, 999999999, time.UTC)
	var copied int64
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		copied, err = pgdb.CopyBinary(ctx, tx, sqlCopyKinds, func(w *pgdb.CopyWriter) error {
			w.Begin(9)
			w.Int64(1)
			w.Int16(-32768)
			w.Int32(-2147483648)
			w.Int64(-9223372036854775808)
			w.Bool(true)
			w.Bytes([]byte{0, 255})
			w.Text("Nguyễn Thị Ánh")
			w.Date(late)
			w.Timestamptz(late)
			w.Begin(9)
			w.Int64(2)
			for range 8 {
				w.Null()
			}
			w.Begin(9)
			w.Int64(3)
			w.Int16(32767)
			w.Int32(2147483647)
			w.Int64(9223372036854775807)
			w.Bool(false)
			w.Bytes(nil)
			w.Text("")
			w.Date(old)
			w.Timestamptz(old)
			return nil
		})
		return err
	})
	if err != nil || copied != 3 {
		t.Fatalf("copied %d, error %v", copied, err)
	}
	rows, _ := db.Query(t.Context(), `SELECT n, small, medium, large, yes, raw, words, day, at FROM scratch.kinds ORDER BY n`)
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[kind])
	if err != nil {
		t.Fatal(err)
	}
	want := []kind{
		{1, ptr(int16(-32768)), ptr(int32(-2147483648)), ptr(int64(-9223372036854775808)), ptr(true), []byte{0, 255}, ptr("Nguyễn Thị Ánh"),
			ptr(time.Date(2026, 2, 17, 0, 0, 0, 0, time.UTC)), ptr(time.Date(2026, 2, 16, 17, 30, 0, 123456000, time.UTC))},
		{N: 2},
		{3, ptr(int16(32767)), ptr(int32(2147483647)), ptr(int64(9223372036854775807)), ptr(false), []byte{}, ptr(""),
			ptr(time.Date(1926, 12, 31, 0, 0, 0, 0, time.UTC)), ptr(time.Date(1926, 12, 31, 23, 59, 59, 999999000, time.UTC))},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

func writeRow(w *pgdb.CopyWriter, n int64, words string) {
	w.Begin(9)
	w.Int64(n)
	for range 5 {
		w.Null()
	}
	w.Text(words)
	w.Null()
	w.Null()
}

func TestCopyBinaryStreamsPastItsBuffer(t *testing.T) {
	t.Parallel()
	db := kinds(t)
	long := strings.Repeat("ệ", 100_000) // longer than the buffer
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := pgdb.CopyBinary(ctx, tx, sqlCopyKinds, func(w *pgdb.CopyWriter) error {
			for n := range int64(20_000) {
				writeRow(w, 1_000+n, "x")
			}
			writeRow(w, 1, long)
			return w.Err()
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var count, length int64
	err = db.QueryRow(t.Context(), `SELECT count(*), max(length(words)) FROM scratch.kinds`).Scan(&count, &length)
	if err != nil || count != 20_001 || length != 100_000 {
		t.Errorf("%d rows, longest %d, error %v", count, length, err)
	}
}

func TestCopyBinaryErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("row 2 of the list is broken")
	tests := map[string]struct {
		sql       string
		fill      func(w *pgdb.CopyWriter) error
		wantErr   error
		wantState string
	}{
		"the writer of rows fails": {sqlCopyKinds, func(w *pgdb.CopyWriter) error {
			writeRow(w, 1, "x")
			return broken
		}, broken, ""},
		"a row breaks a CHECK": {sqlCopyKinds, func(w *pgdb.CopyWriter) error {
			for n := range int64(100_000) { // the server stops listening long before
				writeRow(w, 600+n, "x")
			}
			return w.Err()
		}, nil, pgdb.CheckViolation},
		"the table does not exist": {strings.Replace(sqlCopyKinds, "kinds", "nothing", 1), func(w *pgdb.CopyWriter) error {
			for n := range int64(100_000) {
				writeRow(w, n, "x")
			}
			return nil
		}, nil, pgdb.UndefinedTable},
		"a value has the wrong width": {sqlCopyKinds, func(w *pgdb.CopyWriter) error {
			w.Begin(9)
			w.Int32(1)
			for range 8 {
				w.Null()
			}
			return nil
		}, nil, "08P01"},
		"a text is not UTF-8": {sqlCopyKinds, func(w *pgdb.CopyWriter) error {
			writeRow(w, 1, "\xff")
			return nil
		}, nil, "22021"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := kinds(t)
			err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
				_, err := pgdb.CopyBinary(ctx, tx, tt.sql, tt.fill)
				return err
			})
			if err == nil || tt.wantErr != nil && !errors.Is(err, tt.wantErr) || pgdb.State(err) != tt.wantState && tt.wantErr == nil {
				t.Errorf("error %v, want %v or SQLSTATE %s", err, tt.wantErr, tt.wantState)
			}
			var count int64
			if err := db.QueryRow(t.Context(), `SELECT count(*) FROM scratch.kinds`).Scan(&count); err != nil || count != 0 {
				t.Errorf("%d rows stored, error %v; want none, and a pool that works", count, err)
			}
		})
	}
}

func TestCopyBinaryPanicOfTheWriterRollsBack(t *testing.T) {
	t.Parallel()
	db := kinds(t)
	defer func() {
		if recover() == nil {
			t.Error("an incomplete row did not panic")
		}
		var count int64
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM scratch.kinds`).Scan(&count); err != nil || count != 0 {
			t.Errorf("%d rows stored, error %v", count, err)
		}
	}()
	_ = pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := pgdb.CopyBinary(ctx, tx, sqlCopyKinds, func(w *pgdb.CopyWriter) error {
			w.Begin(9)
			w.Int64(1)
			w.Begin(9)
			return nil
		})
		return err
	})
}

func TestCopyWriterDoesNotAllocate(t *testing.T) {
	w := pgdb.NewCopyWriter(io.Discard)
	raw, at := bytes.Repeat([]byte{7}, 32), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	allocations := testing.AllocsPerRun(100, func() {
		for range 1000 {
			w.Begin(6)
			w.Int64(1)
			w.Int32(2)
			w.Bytes(raw)
			w.Text("An Sinh")
			w.Date(at)
			w.Timestamptz(at)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations for 1,000 rows, want 0", allocations)
	}
}
