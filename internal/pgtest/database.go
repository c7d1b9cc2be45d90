package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ansinh/internal/pgdb"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var databaseCount atomic.Int64

// DB returns a pool on a new database with the current schema, working as
// ansinh_engine. When the test ends, the checks of [AfterEach] run, and the
// database is dropped. Two calls in one test give two databases.
func DB(t testing.TB) *pgxpool.Pool {
	t.Helper()
	url := newDatabase(t)
	pool, err := pgdb.Open(t.Context(), url, pgdb.Config{ConnectionsMax: 8, ApplicationName: "pgtest " + t.Name()})
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	urls.Store(pool, url)
	t.Cleanup(func() { finish(t, pool, restLooks) })
	return pool
}

// EmptyDatabase returns the superuser URL of a new database without any schema,
// for tests of migrations themselves. It is dropped when the test ends.
func EmptyDatabase(t testing.TB) string {
	t.Helper()
	url, _ := create(t, "template0")
	return url
}

// urls finds the URL of a pool given out by DB.
var urls sync.Map

// OwnerURL returns the URL of db's database as a superuser, for tests that
// tamper with what the engine may not touch, and for programs under test that
// want ANSINH_DATABASE_URL. db must come from [DB].
func OwnerURL(t testing.TB, db *pgxpool.Pool) string {
	t.Helper()
	url, ok := urls.Load(db)
	if !ok {
		t.Fatal("pgtest: OwnerURL wants a pool that DB gave out")
	}
	return url.(string)
}

// Superuser returns a connection to db's database that no grant stops; only
// triggers do, until it drops them. It is closed when the test ends.
func Superuser(t testing.TB, db *pgxpool.Pool) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), OwnerURL(t, db))
	if err != nil {
		t.Fatalf("pgtest: connect as superuser: %v", err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// check is one registered look at a database after a test.
type check struct {
	name string
	run  func(ctx context.Context, db *pgxpool.Pool) error
}

var (
	checksMutex sync.Mutex
	checks      []check
)

// AfterEach registers a check that runs on the database of every test that
// used [DB], once the test is over and before the database is dropped; its
// error fails the test. Call it from an init function of a test file or of a
// package for tests. A name registered twice runs once.
func AfterEach(name string, run func(ctx context.Context, db *pgxpool.Pool) error) {
	checksMutex.Lock()
	defer checksMutex.Unlock()
	for _, c := range checks {
		if c.name == name {
			return
		}
	}
	checks = append(checks, check{name, run})
}

// tampered holds the pools whose test breaks the rules on purpose.
var tampered sync.Map

// ExpectBroken excuses db from the checks of [AfterEach]: the test has tampered
// with its database and looks itself at what is found.
func ExpectBroken(t testing.TB, db *pgxpool.Pool) {
	t.Helper()
	tampered.Store(db, true)
}

// restLooks is how often [inUseAtRest] looks: for a minute.
const restLooks = 3000

func finish(t testing.TB, pool *pgxpool.Pool, looks int) {
	// The test's own context is over by now. There is no limit of time: the checks
	// walk a whole ledger, and go test has a limit.
	ctx := context.Background()
	defer urls.Delete(pool)

	if inUse := inUseAtRest(pool, looks); inUse > 0 {
		// Closing would wait for them for ever; DROP … FORCE ends them.
		t.Errorf("pgtest: %d connections of the test are still in use: a transaction or rows were not closed", inUse)
		go pool.Close()
		return
	}
	if _, broken := tampered.LoadAndDelete(pool); !broken {
		checksMutex.Lock()
		run := append([]check(nil), checks...)
		checksMutex.Unlock()
		for _, c := range run {
			if err := c.run(ctx, pool); err != nil {
				t.Errorf("after the test, %s: %v", c.name, err)
			}
		}
	}
	pool.Close()
}

// inUseAtRest gives a broken connection the moment that pgx takes to put it away
// in the background: it allows itself 15 seconds to tell the server.
func inUseAtRest(pool *pgxpool.Pool, looks int) int32 {
	for range looks {
		if pool.Stat().AcquiredConns() == 0 {
			return 0
		}
		time.Sleep(20 * time.Millisecond)
	}
	return pool.Stat().AcquiredConns()
}

// whenFree runs a statement about a whole database. PostgreSQL waits five seconds
// for sessions that are just ending and then refuses; on a busy machine they end
// later, and the statement is given again until they have.
func (s *shared) whenFree(ctx context.Context, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, setUpLimit)
	defer cancel()
	for {
		if _, err := s.admin.Exec(ctx, sql); err == nil || pgdb.State(err) != pgdb.ObjectInUse {
			return err
		}
	}
}

// newDatabase clones the template.
func newDatabase(t testing.TB) string {
	t.Helper()
	template := useTemplate(t)
	url, name := create(t, template)
	// The one thing of a migrated database that a clone does not inherit.
	if _, err := useShared(t).admin.Exec(t.Context(), `GRANT CREATE ON DATABASE `+name+` TO `+pgdb.RoleOwner); err != nil {
		t.Fatalf("pgtest: prepare database: %v", err)
	}
	return url
}

func create(t testing.TB, template string) (url, name string) {
	t.Helper()
	s := useShared(t)
	name = fmt.Sprintf("ansinh_test_%s_%d_%d", hostTag(), os.Getpid(), databaseCount.Add(1))
	if err := s.whenFree(t.Context(), `CREATE DATABASE `+name+` TEMPLATE `+template); err != nil {
		t.Fatalf("pgtest: create database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.whenFree(context.Background(), `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("pgtest: drop database: %v", err)
		}
	})
	url, err := databaseURL(s.url, name)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return url, name
}
