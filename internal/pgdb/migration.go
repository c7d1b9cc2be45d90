package pgdb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const (
	migrationTable = "migration.version"
	migrationLock  = 0x616e73696e680002
	riverSchema    = "river"
)

// Migrate brings the database at url to the schema of this program: roles, our
// migrations as ansinh_owner, and River's tables in schema river. It only goes
// forward, and is safe to call from several processes at once; those that come
// second wait and find nothing to do.
//
// It returns a *RoleError if the roles are missing and the user may not create
// them.
func Migrate(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to migrate: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))

	if err := ensureRoles(ctx, conn); err != nil {
		return err
	}
	// A session lock on a connection of its own: migrations run in several
	// transactions, and a dying process releases it.
	if _, err := conn.Exec(ctx, `SELECT pg_catalog.pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	if err := migrateOurs(ctx, conn.Config()); err != nil {
		return err
	}
	return migrateRiver(ctx, url)
}

// EnsureRoles makes the roles of a server before a backup is restored into it.
// It returns a *RoleError as [Migrate] does.
func EnsureRoles(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect for roles: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return ensureRoles(ctx, conn)
}

// MigrationNumbers lists the numbers of this program's migrations, ascending.
func MigrationNumbers() []int64 {
	names, err := migrationNames(migrationFiles)
	if err != nil {
		panic(err) // the pattern is a constant
	}
	numbers := make([]int64, len(names))
	for i, name := range names {
		if numbers[i], err = strconv.ParseInt(path.Base(name)[:5], 10, 64); err != nil {
			panic(err) // the form is checked by a test
		}
	}
	return numbers
}

const sqlApplied = `SELECT version_id FROM migration.version WHERE is_applied AND version_id > 0 ORDER BY version_id`

// AppliedMigrations lists the numbers of the migrations that a database has.
func AppliedMigrations(ctx context.Context, db Querier) ([]int64, error) {
	rows, _ := db.Query(ctx, sqlApplied)
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("migrations of the database: %w", err)
	}
	return list, nil
}

func migrateOurs(ctx context.Context, config *pgx.ConnConfig) error {
	config = config.Copy()
	// A migration file is sent whole, as psql would, which only the simple
	// protocol allows.
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return assumeRole(ctx, conn, RoleOwner)
	}))
	defer db.Close()

	if _, err := db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS migration`); err != nil {
		return fmt.Errorf("create schema migration: %w", err)
	}
	migrations, err := gooseMigrations(migrationFiles)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, nil,
		goose.WithTableName(migrationTable),
		goose.WithGoMigrations(migrations...),
		goose.WithDisableGlobalRegistry(true),
		// Each package has a range of numbers, so a later release may bring a
		// number below the highest one applied.
		goose.WithAllowOutofOrder(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// gooseMigrations turns each file into a migration that runs the whole file in
// one transaction. goose's own reader is not used because it needs marks around
// every function body and accepts a way back, which we do not have.
func gooseMigrations(files fs.FS) ([]*goose.Migration, error) {
	names, err := migrationNames(files)
	if err != nil {
		return nil, err
	}
	var migrations []*goose.Migration
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		version, err := checkMigration(path.Base(name), string(text))
		if err != nil {
			return nil, err
		}
		up := func(ctx context.Context, tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("%s: %w", path.Base(name), err)
			}
			return nil
		}
		migrations = append(migrations, goose.NewGoMigration(version, &goose.GoFunc{RunTx: up}, nil))
	}
	return migrations, nil
}

func migrationNames(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	return names, nil
}

// checkMigration holds a file to the conventions of migrations/README.md.
func checkMigration(name, text string) (version int64, err error) {
	number, _, ok := strings.Cut(name, "_")
	version, err = strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || len(number) != 5 || version == 0 {
		return 0, fmt.Errorf("migration %s: the name must be five digits, an underscore and a purpose", name)
	}
	if !strings.HasPrefix(text, "-- ") {
		return 0, fmt.Errorf("migration %s: the first line must be a comment that says why", name)
	}
	if strings.Contains(text, "+goose Down") {
		return 0, fmt.Errorf("migration %s: there is no way back; remove the Down part", name)
	}
	return version, nil
}

const sqlGrantRiver = `
GRANT USAGE ON SCHEMA river TO ansinh_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA river TO ansinh_engine;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA river TO ansinh_engine;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA river TO ansinh_engine`

// migrateRiver makes the queue's tables. They hold no money and no decision, so
// the engine may delete there.
func migrateRiver(ctx context.Context, url string) error {
	pool, err := OpenOwner(ctx, url, Config{ConnectionsMax: 2, ApplicationName: "ansinh migrate"})
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS river`); err != nil {
		return fmt.Errorf("create schema river: %w", err)
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{
		Schema: riverSchema,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return fmt.Errorf("prepare River's migrations: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate River: %w", err)
	}
	// Every time, and not only after a change: a crash may have come between.
	return grantRiver(ctx, pool)
}

func grantRiver(ctx context.Context, pool *pgxpool.Pool) error {
	for _, statement := range strings.Split(sqlGrantRiver, ";") {
		if _, err := pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("grant River's tables: %w", err)
		}
	}
	return nil
}

// SchemaHash is a digest of every migration file and of River's latest version:
// two programs with the same hash migrate to the same schema.
func SchemaHash() string {
	hash := sha256.New()
	names, err := migrationNames(migrationFiles)
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			panic(err) // the file was listed from the same embedded folder
		}
		fmt.Fprintf(hash, "%s %d\n%s\n", name, len(text), text)
	}
	fmt.Fprintf(hash, "river %d\n", riverVersion())
	return hex.EncodeToString(hash.Sum(nil))
}

func riverVersion() int {
	migrator, err := rivermigrate.New(riverpgxv5.New(nil), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err) // depends on constants only
	}
	versions := migrator.AllVersions()
	return versions[len(versions)-1].Version
}
