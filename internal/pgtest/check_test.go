package pgtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
)

func init() {
	AfterEach("no table public.broken", func(ctx context.Context, db *pgxpool.Pool) error {
		var broken bool
		if err := db.QueryRow(ctx, `SELECT to_regclass('public.broken') IS NOT NULL`).Scan(&broken); err != nil {
			return err
		}
		if broken {
			return errors.New("it is there")
		}
		return nil
	})
}

// heard collects what would have failed a test.
type heard struct {
	testing.TB
	said []string
}

func (h *heard) Errorf(format string, args ...any) {
	h.said = append(h.said, fmt.Sprintf(format, args...))
}

func TestChecksRunAfterTheTest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sql    string
		expect bool // ExpectBroken
		want   []string
	}{
		"sound":              {"SELECT 1", false, nil},
		"broken":             {"CREATE TABLE public.broken ()", false, []string{"after the test, no table public.broken: it is there"}},
		"broken on purpose":  {"CREATE TABLE public.broken ()", true, nil},
		"connection is kept": {"", false, []string{"pgtest: 1 connections of the test are still in use: a transaction or rows were not closed"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A superuser's pool, so that the test can make a table.
			pool, err := pgxpool.New(t.Context(), newDatabase(t))
			if err != nil {
				t.Fatal(err)
			}
			if tt.sql == "" {
				if _, err := pool.Acquire(t.Context()); err != nil {
					t.Fatal(err)
				}
			} else if _, err := pool.Exec(t.Context(), tt.sql); err != nil {
				t.Fatal(err)
			}
			if tt.expect {
				ExpectBroken(t, pool)
			}
			h := &heard{TB: t}
			finish(h, pool, 10)
			if diff := cmp.Diff(tt.want, h.said); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckAppendOnlySeesEveryPartition(t *testing.T) {
	t.Parallel()
	db := DB(t)
	_, err := Superuser(t, db).Exec(t.Context(), `
		SET ROLE ansinh_owner;
		CREATE SCHEMA scratch;
		CREATE TABLE scratch.line (batch int) PARTITION BY RANGE (batch);
		CREATE TABLE scratch.line_1 (batch int) PARTITION BY RANGE (batch);
		CREATE TABLE scratch.line_1_a (batch int);
		ALTER TABLE scratch.line_1 ATTACH PARTITION scratch.line_1_a FOR VALUES FROM (1) TO (2);
		ALTER TABLE scratch.line ATTACH PARTITION scratch.line_1 FOR VALUES FROM (1) TO (2);
		SELECT guard.append_only('scratch.line');
		SELECT guard.append_only('scratch.line_1');
		GRANT DELETE ON scratch.line_1 TO ansinh_engine`)
	if err != nil {
		t.Fatal(err)
	}
	h := &heard{TB: t}
	CheckAppendOnly(h, db, "scratch.line", "scratch.gone")
	want := []string{
		`scratch.line_1: ansinh_engine may DELETE`,
		`scratch.line_1_a lacks the guard "append_only guard.refuse_change": call guard.append_only on it`,
		`scratch.line_1_a lacks the guard "append_only_truncate guard.refuse_change": call guard.append_only on it`,
		`no table scratch.gone`,
	}
	if diff := cmp.Diff(want, h.said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}
