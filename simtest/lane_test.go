package simtest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
)

// lane is one database that many seeds use, one after the other. To make and
// drop a database costs more than a whole run in it. [TestSameSeedSameTrace]
// shows that an emptied one is as good as new.
type lane struct {
	db    *pgxpool.Pool
	owner *pgx.Conn
}

// What the schema itself brings stays; so do partitions, which a run makes again
// only where they are missing.
const laneKeeps = `('migration.version', 'ledger.role', 'ledger.leg', 'ledger.leg_accounts', 'ledger.arrow', 'payout.ladder', 'river.river_migration')`

// sqlLaneStill keeps the server's own housekeeping out, which would come at
// another moment in every run and choose other plans.
const sqlLaneStill = `
DO $$
DECLARE t regclass;
BEGIN
    EXECUTE pg_catalog.format('ALTER DATABASE %I SET plan_cache_mode = force_generic_plan', pg_catalog.current_database());
    FOR t IN SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
              WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s SET (autovacuum_enabled = false)', t);
    END LOOP;
END
$$`

const sqlLaneUsed = `
SELECT n.nspname || '.' || pg_catalog.quote_ident(c.relname)
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
   AND pg_catalog.pg_relation_size(c.oid) > 0
   AND n.nspname || '.' || c.relname NOT IN ` + laneKeeps

const sqlLaneSequences = `
SELECT pg_catalog.setval(q.seqrelid::regclass, q.seqstart, false)
  FROM pg_catalog.pg_sequence AS q JOIN pg_catalog.pg_class AS c ON c.oid = q.seqrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname NOT IN ('migration', 'river')`

func newLane(t *testing.T) *lane {
	t.Helper()
	db := pgtest.DB(t)
	l := &lane{db: db, owner: pgtest.Superuser(t, db)}
	if _, err := l.owner.Exec(t.Context(), sqlLaneStill); err != nil {
		t.Fatalf("lane: %v", err)
	}
	db.Reset() // connections that know the setting
	// Past every guard: only a superuser's connection of a test can do that.
	if _, err := l.owner.Exec(t.Context(), `SET session_replication_role = replica`); err != nil {
		t.Fatalf("lane: %v", err)
	}
	return l
}

// empty makes the database as it was before its first run.
func (l *lane) empty(ctx context.Context) error {
	rows, _ := l.owner.Query(ctx, sqlLaneUsed)
	used, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	err = pgdb.InTx(ctx, l.owner, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, table := range used {
			batch.Queue(`DELETE FROM ` + table)
		}
		batch.Queue(sqlLaneSequences)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return err
	}
	if len(used) == 0 {
		return nil
	}
	// Gives the pages back, so that rows lie as in a new table.
	_, err = l.owner.Exec(ctx, `VACUUM `+strings.Join(used, ", "))
	return err
}
