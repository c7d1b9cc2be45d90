package pgdb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Querier reads. A method that only reads takes one, so that it can be given a
// pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// DB is where a transaction can begin. *pgxpool.Pool and *pgx.Conn are DBs;
// [WithHooks] wraps one for the simulator.
type DB interface {
	Querier
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
	Begin(ctx context.Context) (pgx.Tx, error)
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

var (
	_ DB      = (*pgxpool.Pool)(nil)
	_ DB      = (*pgx.Conn)(nil)
	_ Querier = (pgx.Tx)(nil)
)

// Config is what a pool may be told. The zero value is a usable pool.
type Config struct {
	// ConnectionsMax limits open connections; 0 means 10. The own server
	// accepts 100 over all processes.
	ConnectionsMax int32
	// ApplicationName shows in pg_stat_activity; empty means "ansinh".
	ApplicationName string
}

// Open returns a pool whose every connection works as role ansinh_engine (even
// when the URL's user is a superuser), with an empty search_path, in UTC. It
// connects once before it returns, so a wrong URL fails here.
//
// It returns a *RoleError when the role does not exist yet: call [Migrate].
func Open(ctx context.Context, url string, config Config) (*pgxpool.Pool, error) {
	return openAs(ctx, url, config, RoleEngine)
}

// OpenOwner is [Open] in role ansinh_owner, which owns every table and is
// refused by no grant (only by the guard triggers). It is for tools and tests;
// the engine never uses it.
func OpenOwner(ctx context.Context, url string, config Config) (*pgxpool.Pool, error) {
	return openAs(ctx, url, config, RoleOwner)
}

// OpenReader is [Open] in role ansinh_reader, which may SELECT what migrations
// grant it and write nothing. It is for auditors.
func OpenReader(ctx context.Context, url string, config Config) (*pgxpool.Pool, error) {
	return openAs(ctx, url, config, RoleReader)
}

func openAs(ctx context.Context, url string, config Config, role string) (*pgxpool.Pool, error) {
	poolConfig, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database URL: %w", err)
	}
	poolConfig.MaxConns = 10
	if config.ConnectionsMax > 0 {
		poolConfig.MaxConns = config.ConnectionsMax
	}
	params := poolConfig.ConnConfig.RuntimeParams
	params["application_name"] = "ansinh"
	if config.ApplicationName != "" {
		params["application_name"] = config.ApplicationName
	}
	poolConfig.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		return assumeRole(ctx, conn, role)
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return nil, fmt.Errorf("open pool as %s: %w", role, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open pool as %s: %w", role, err)
	}
	return pool, nil
}

// assumeRole gives a new connection its session: role, search_path, time zone.
// Just-in-time compilation is off: the planner's row estimates for tables that
// were filled a moment ago would start it for statements of milliseconds.
// Where there are many partitions, plans are made for the values at hand: a plan
// that serves any batch locks every partition each time (with 300 large batches
// 5 ms a look-up, against 0.4 ms with its planning). Where there are few,
// planning each statement anew costs more than it saves.
// It is done with SET after connecting and not in the startup message because
// the role must be the last word: a role's own settings are not applied by it.
func assumeRole(ctx context.Context, conn *pgx.Conn, role string) error {
	_, err := conn.Exec(ctx, `SET search_path TO ''; SET TimeZone TO 'UTC'; SET jit TO off;
		SELECT pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', false)
		 WHERE (SELECT count(*) FROM pg_catalog.pg_inherits) > 128;
		SET ROLE `+role)
	switch {
	case err == nil:
		return nil
	case State(err) == UndefinedObject || State(err) == InsufficientRight || State(err) == "22023":
		return &RoleError{User: conn.Config().User, Database: conn.Config().Database, Cause: err}
	default:
		return fmt.Errorf("set up session as %s: %w", role, err)
	}
}
