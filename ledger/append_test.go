package ledger_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

func TestNothingStoredCanBeChanged(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	b.draw(10_000_000)
	b.steps(1001, []int64{1}, ledger.LegApproved)
	b.steps(ledger.LargeFirst, []int64{1, 2, 3}, ledger.LegApproved, ledger.LegOrdered, ledger.LegBooked, ledger.LegPaid)
	super := pgtest.Superuser(t, db)
	rows, _ := super.Query(ctx, `SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname = 'ledger' AND c.relkind IN ('r', 'p') ORDER BY 1`)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	const sqlColumn = `SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = ('ledger.' || $1)::regclass AND attnum = 1`
	for _, table := range tables {
		name := pgx.Identifier{"ledger", table}.Sanitize()
		var column string
		if err := super.QueryRow(ctx, sqlColumn, table).Scan(&column); err != nil {
			t.Fatal(err)
		}
		for _, role := range []string{pgdb.RoleEngine, pgdb.RoleOwner, "none"} {
			if _, err := super.Exec(ctx, "SET ROLE "+role); err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{"UPDATE " + name + " SET " + column + " = " + column, "DELETE FROM " + name, "TRUNCATE " + name + " CASCADE"} {
				_, err := super.Exec(ctx, statement)
				if got := pgdb.State(err); got != pgdb.AppendOnly && (role != pgdb.RoleEngine || got != pgdb.InsufficientRight) {
					t.Errorf("%s as %s: %v", statement, role, err)
				}
			}
			if _, err := super.Exec(ctx, "RESET ROLE"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTheEngineMayOnlyAdd(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	rows, _ := db.Query(ctx, `SELECT table_name || ' ' || privilege_type FROM information_schema.role_table_grants
		WHERE table_schema = 'ledger' AND grantee IN ('ansinh_engine', 'PUBLIC') AND privilege_type NOT IN ('SELECT', 'INSERT')`)
	grants, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(grants) > 0 {
		t.Errorf("grants beyond SELECT and INSERT: %v %v", grants, err)
	}
	for _, statement := range []string{
		`CREATE TABLE ledger.mine (n integer)`,
		`ALTER TABLE ledger.voucher DISABLE TRIGGER append_only`,
		`ALTER TABLE ledger.line DETACH PARTITION ledger.line_0`,
		`SELECT ledger.dress('line')`,
		`DROP TABLE ledger.seal`,
		`INSERT INTO ledger.arrow (from_state, leg) VALUES ('paid', 2)`,
	} {
		if _, err := db.Exec(ctx, statement); pgdb.State(err) != pgdb.InsufficientRight {
			t.Errorf("%s as the engine: %v", statement, err)
		}
	}
}
