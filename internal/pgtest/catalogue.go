package pgtest

import (
	"slices"
	"testing"

	"ansinh/internal/pgdb"

	"github.com/jackc/pgx/v5"
)

// Table is what the catalogue says about one table, partitioned table or
// partition.
type Table struct {
	Schema, Name string
	Kind         string // "table", "partitioned" or "foreign"
	Parent       string // "schema.name" of the table it is a partition of, or ""
	Owner        string
	Triggers     []string // of ours and enabled, sorted, "name function"
	EngineMay    []string // of SELECT, INSERT, UPDATE, DELETE, TRUNCATE: what ansinh_engine may do
}

const sqlTables = `
SELECT n.nspname AS schema, c.relname AS name,
       CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' ELSE 'foreign' END AS kind,
       coalesce((SELECT pn.nspname || '.' || p.relname
                   FROM pg_catalog.pg_inherits AS i
                   JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
                   JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
                  WHERE i.inhrelid = c.oid), '') AS parent,
       pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
       coalesce((SELECT array_agg(t.tgname || ' ' || fn.nspname || '.' || f.proname ORDER BY t.tgname)
                   FROM pg_catalog.pg_trigger AS t
                   JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
                   JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.pronamespace
                  WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')), '{}') AS triggers,
       coalesce((SELECT array_agg(p.may ORDER BY p.may)
                   FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p (may)
                  WHERE pg_catalog.has_table_privilege('ansinh_engine', c.oid, p.may)), '{}') AS engine_may
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f')
   AND n.nspname NOT LIKE 'pg\_%'
   AND n.nspname <> 'information_schema'
   AND (cardinality(@schemas::text[]) = 0 OR n.nspname = ANY (@schemas))
 ORDER BY n.nspname, c.relname`

// Tables lists the tables and partitions of the given schemas, or of all.
func Tables(t testing.TB, db pgdb.Querier, schemas ...string) []Table {
	t.Helper()
	if schemas == nil {
		schemas = []string{}
	}
	rows, _ := db.Query(t.Context(), sqlTables, pgx.NamedArgs{"schemas": schemas})
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByName[Table])
	if err != nil {
		t.Fatalf("pgtest: list tables: %v", err)
	}
	return tables
}

// CheckAppendOnly fails the test for every named table ("schema.name"), and for
// every partition below it, that lacks one of its two guards, is not owned by
// ansinh_owner, or may be changed by ansinh_engine.
func CheckAppendOnly(t testing.TB, db pgdb.Querier, names ...string) {
	t.Helper()
	guarded := map[string]bool{}
	for _, name := range names {
		guarded[name] = true
	}
	tables := Tables(t, db)
	for more := true; more; { // partitions of partitions
		more = false
		for _, table := range tables {
			if name := table.Schema + "." + table.Name; guarded[table.Parent] && !guarded[name] {
				guarded[name], more = true, true
			}
		}
	}
	for _, table := range tables {
		name := table.Schema + "." + table.Name
		if !guarded[name] {
			continue
		}
		delete(guarded, name)
		for _, guard := range []string{"append_only guard.refuse_change", "append_only_truncate guard.refuse_change"} {
			if !slices.Contains(table.Triggers, guard) {
				t.Errorf("%s lacks the guard %q: call guard.append_only on it", name, guard)
			}
		}
		for _, change := range []string{"UPDATE", "DELETE", "TRUNCATE"} {
			if slices.Contains(table.EngineMay, change) {
				t.Errorf("%s: ansinh_engine may %s", name, change)
			}
		}
		if table.Owner != pgdb.RoleOwner {
			t.Errorf("%s belongs to %s, want %s", name, table.Owner, pgdb.RoleOwner)
		}
	}
	for name := range guarded {
		t.Errorf("no table %s", name)
	}
}
