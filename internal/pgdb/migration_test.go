package pgdb_test

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

func execAll(t *testing.T, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// A new server has no roles. First a user who may not make them is told what an
// administrator must do, then two databases are migrated at the same time, by
// two programs each, and then the first user follows what he was told.
func TestRolesOfANewServer(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	server := start(t, dir)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	ident := filepath.Join(dir, "pg", "pg_ident.conf")
	if err := os.WriteFile(ident, []byte("ansinh "+me.Username+" ansinh\nansinh "+me.Username+" clerk\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	execAll(t, server.URL(), `CREATE ROLE clerk LOGIN`, `CREATE DATABASE ours`, `CREATE DATABASE one`, `CREATE DATABASE two`, `SELECT pg_reload_conf()`)
	clerk := strings.Replace(server.DatabaseURL("ours"), "ansinh@", "clerk@", 1)

	var role *pgdb.RoleError
	if _, err := pgdb.Open(t.Context(), server.DatabaseURL("one"), pgdb.Config{}); !errors.As(err, &role) {
		t.Errorf("Open before Migrate: %v, want a RoleError", err)
	}
	if err := pgdb.Migrate(t.Context(), clerk); !errors.As(err, &role) || len(role.Statements()) != 5 {
		t.Fatalf("Migrate as a user who may not make roles: %v, want a RoleError with five statements", err)
	}

	var group sync.WaitGroup
	for _, database := range []string{"one", "two", "one", "two"} {
		group.Go(func() {
			if err := pgdb.Migrate(t.Context(), server.DatabaseURL(database)); err != nil {
				t.Errorf("migrate %s: %v", database, err)
			}
		})
	}
	group.Wait()

	if err := pgdb.Migrate(t.Context(), clerk); !errors.As(err, &role) {
		t.Fatalf("Migrate as a user without the roles: %v, want a RoleError", err)
	}
	want := []string{
		`GRANT ansinh_owner, ansinh_engine, ansinh_reader TO "clerk";`,
		`GRANT CREATE ON DATABASE "ours" TO ansinh_owner;`,
	}
	if diff := cmp.Diff(want, role.Statements()); diff != "" {
		t.Errorf("statements for the administrator (-want +got):\n%s", diff)
	}
	execAll(t, server.DatabaseURL("ours"), role.Statements()...)
	if err := pgdb.Migrate(t.Context(), clerk); err != nil {
		t.Fatalf("Migrate after the administrator's statements: %v", err)
	}
	pool, err := pgdb.Open(t.Context(), clerk, pgdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var engine string
	if err := pool.QueryRow(t.Context(), `SELECT current_user::text`).Scan(&engine); err != nil || engine != pgdb.RoleEngine {
		t.Errorf("working as %s, %v", engine, err)
	}
}

func TestMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	const sqlVersions = `SELECT string_agg(version_id::text, ' ' ORDER BY id) FROM migration.version`
	var before, after string
	root := pgtest.Superuser(t, db)
	if err := root.QueryRow(t.Context(), sqlVersions).Scan(&before); err != nil {
		t.Fatal(err)
	}
	if err := pgdb.Migrate(t.Context(), pgtest.OwnerURL(t, db)); err != nil {
		t.Fatal(err)
	}
	if err := root.QueryRow(t.Context(), sqlVersions).Scan(&after); err != nil || before != after {
		t.Errorf("versions went from %s to %s, %v", before, after, err)
	}
}

func TestEverythingBelongsToTheOwner(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	tables := pgtest.Tables(t, db)
	if len(tables) < 4 {
		t.Fatalf("only %d tables", len(tables))
	}
	for _, table := range tables {
		if table.Owner != pgdb.RoleOwner {
			t.Errorf("%s.%s belongs to %s", table.Schema, table.Name, table.Owner)
		}
		if slices.Contains(table.EngineMay, "TRUNCATE") {
			t.Errorf("the engine may truncate %s.%s", table.Schema, table.Name)
		}
	}
	var open string
	err := db.QueryRow(t.Context(), `
		SELECT coalesce(string_agg(p.oid::regprocedure::text, ', '), '')
		  FROM pg_proc AS p
		  JOIN pg_namespace AS n ON n.oid = p.pronamespace
		  JOIN pg_roles AS r ON r.oid = p.proowner
		 CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
		 WHERE r.rolname = 'ansinh_owner' AND a.grantee = 0`).Scan(&open)
	if err != nil || open != "" {
		t.Errorf("functions that everybody may run: %s, %v", open, err)
	}
}

func TestQueueTablesAreTheEnginesToUse(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	var id int64
	err := db.QueryRow(t.Context(), `
		INSERT INTO river.river_job (state, max_attempts, kind, args, queue, unique_key, unique_states)
		VALUES ('available', 1, 'step', '{}', 'default', 'x', B'11111111') RETURNING id`).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `DELETE FROM river.river_job WHERE id = $1`, id); err != nil {
		t.Error(err)
	}
}

func TestReaderReadsOnly(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	reader, err := pgdb.OpenReader(t.Context(), pgtest.OwnerURL(t, db), pgdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := reader.Exec(t.Context(), `SELECT chain_no FROM audit.trail`); err != nil {
		t.Error(err)
	}
	_, err = reader.Exec(t.Context(), `INSERT INTO audit.pending (record) VALUES (1)`)
	if pgdb.State(err) != pgdb.InsufficientRight {
		t.Errorf("writing as the reader: %v", err)
	}
}
