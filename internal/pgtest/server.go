package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ansinh/internal/pgdb"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// shared is what one test program knows of the server. It is made once; an
// error is kept, so that every test says the same instead of trying again.
type shared struct {
	url   string // of a database where the user is superuser
	admin *pgxpool.Pool
	err   error
}

// setUpLimit bounds what is done once for all tests of a program: a new server,
// the schema. It takes seconds; a machine that runs everything else at the same
// time may need minutes, and go test has a limit of its own.
const setUpLimit = 10 * time.Minute

var (
	sharedOnce sync.Once
	sharedHere shared
)

// Server returns the URL of the test server's maintenance database. The user
// is a superuser there. Tests of one database want [DB] or [OwnerURL].
func Server(t testing.TB) string {
	t.Helper()
	return useShared(t).url
}

func useShared(t testing.TB) *shared {
	t.Helper()
	sharedOnce.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), setUpLimit)
		defer cancel()
		sharedHere.err = sharedHere.start(ctx)
	})
	if sharedHere.err != nil {
		t.Fatalf("pgtest: no PostgreSQL for tests: %v", sharedHere.err)
	}
	return &sharedHere
}

func (s *shared) start(ctx context.Context) error {
	s.url = os.Getenv("TEST_DATABASE_URL")
	if s.url == "" {
		server, err := startShared(ctx)
		if err != nil {
			return err
		}
		s.url = server.DatabaseURL("postgres")
	}
	config, err := pgxpool.ParseConfig(s.url)
	if err != nil {
		return fmt.Errorf("TEST_DATABASE_URL: %w", err)
	}
	config.MaxConns = 4
	config.MaxConnIdleTime = 5 * time.Second
	s.admin, err = pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	return s.dropLeftovers(ctx)
}

// serverFolder is one per user and boot: without fsync, data that lived through
// a crash of the machine cannot be trusted.
func serverFolder() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		boot = []byte("unknown")
	}
	short, _, _ := strings.Cut(strings.TrimSpace(string(boot)), "-")
	return filepath.Join(os.TempDir(), fmt.Sprintf("ansinh-pgtest-%d-%s", os.Getuid(), short))
}

func startShared(ctx context.Context) (*pgdb.Server, error) {
	folder := serverFolder()
	removeEarlierBoots(folder)
	if err := os.MkdirAll(folder, 0o711); err != nil {
		return nil, err
	}
	if err := holdShared(folder); err != nil {
		return nil, err
	}
	server, err := pgdb.StartServer(ctx, folder, pgdb.ServerOptions{
		SharedBuffersMB: 256, WALSizeMaxMB: 2048, ConnectionsMax: 600, Forgetful: true,
	})
	if err != nil {
		return nil, fmt.Errorf("%w (the folder holds test data only: if it is damaged, remove it)", err)
	}
	return server, startWatchdog(folder)
}

func removeEarlierBoots(folder string) {
	pattern := filepath.Join(filepath.Dir(folder), fmt.Sprintf("ansinh-pgtest-%d-*", os.Getuid()))
	old, _ := filepath.Glob(pattern) // the pattern is well-formed
	for _, path := range old {
		if path != folder {
			_ = os.RemoveAll(path) // only disk space is at stake
		}
	}
}

const sqlLeftovers = `
SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE 'ansinh\_test\_%'`

// dropLeftovers drops the databases of test programs that were killed. Names
// hold the process id and the host, because TEST_DATABASE_URL may be shared.
func (s *shared) dropLeftovers(ctx context.Context) error {
	rows, _ := s.admin.Query(ctx, sqlLeftovers)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list leftover databases: %w", err)
	}
	for _, name := range names {
		rest, ours := strings.CutPrefix(name, "ansinh_test_"+hostTag()+"_")
		number, _, _ := strings.Cut(rest, "_")
		pid, err := strconv.Atoi(number)
		if !ours || err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		if _, err := s.admin.Exec(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil && pgdb.State(err) != pgdb.UndefinedDatabase {
			return fmt.Errorf("drop leftover database: %w", err)
		}
	}
	return nil
}

// hostTag makes a host's name fit into a database name.
func hostTag() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(host))[:min(12, len(host))]
}

// databaseURL is base with another database.
func databaseURL(base, database string) (string, error) {
	parsed, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("TEST_DATABASE_URL must be a URL (postgres://…): %w", err)
	}
	parsed.Path = "/" + database
	return parsed.String(), nil
}
