package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/assembly"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

// Variables of the environment. They are read here and nowhere else.
const (
	envDatabase = "ANSINH_DATABASE_URL"
	envKeys     = "ANSINH_KEYS"    // keys file or folder; default DIR/keys
	envJournal  = "ANSINH_JOURNAL" // folder of the send journals; default DIR/journal
	envAnchor   = "ANSINH_ANCHOR"  // folders for the ledger's heads, separated by ":", beside DIR/anchor
	envLines    = "ANSINH_LINES"   // file that says how each channel is reached; default DIR/lines.toml
	envBackup   = "ANSINH_BACKUP"  // folder of the backups, for the doctor; default DIR/backup

	envVerify = "ANSINH_VERIFY_URL" // the population register and account directory of verify-list
	envVerKey = "ANSINH_VERIFY_KEY" // file with our key there

	envCollect = "GOGC"       // Go's own: when to collect garbage
	envMemory  = "GOMEMLIMIT" // Go's own: from which size on it collects earlier
)

// collectAt and memorySoft trade memory for processor time: at the usual setting a
// quarter of the engine's time went into collecting some thirty living megabytes
// again and again.
const (
	collectAt  = 300       // percent of what lives, after which the next collection begins
	memorySoft = 320 << 20 // bytes from which on it begins earlier
)

// lessCollecting sets the garbage collector, unless the operator did.
func lessCollecting() {
	if os.Getenv(envCollect) == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv(envMemory) == "" {
		debug.SetMemoryLimit(memorySoft)
	}
}

// env is what a command finds around it.
type env struct {
	dir            string
	stdout, stderr io.Writer
	keepServer     bool // leave the own database server running

	clock  *clock
	server *pgdb.Server
	users  *os.File
	ending []func() error
}

// defaultDir is the data folder when none is given. As root under a folder that
// others may not enter, the database server's own user could not reach it.
func defaultDir() string {
	if os.Geteuid() == 0 {
		if here, err := os.Getwd(); err == nil && !openToAll(here) {
			return "/var/lib/ansinh/demo"
		}
	}
	return "ansinh-demo"
}

// openToAll reports whether every folder on the way may be entered by others.
func openToAll(path string) bool {
	for ; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if path == filepath.Dir(path) {
			return true
		}
	}
}

// folder is the data folder, chosen once.
func (e *env) folder() string {
	if e.dir == "" {
		return defaultDir()
	}
	return e.dir
}

func (e *env) path(parts ...string) string {
	return filepath.Join(append([]string{e.folder()}, parts...)...)
}

// atEnd adds something to do when the command is over, last added first.
func (e *env) atEnd(do func() error) { e.ending = append(e.ending, do) }

// close ends everything the command opened and joins the errors.
func (e *env) close(err error) error {
	for i := len(e.ending) - 1; i >= 0; i-- {
		err = errors.Join(err, e.ending[i]())
	}
	return err
}

// databaseURL is ANSINH_DATABASE_URL, unless --dir was given, else an own server
// in the data folder.
func (e *env) databaseURL(ctx context.Context) (string, error) {
	if url := os.Getenv(envDatabase); url != "" && e.dir == "" {
		return url, nil
	}
	if e.server != nil {
		return e.server.URL(), nil
	}
	if err := os.MkdirAll(e.folder(), 0o711); err != nil {
		return "", err
	}
	if err := e.holdServer(); err != nil {
		return "", err
	}
	server, err := pgdb.StartServer(ctx, e.folder(), pgdb.ServerOptions{})
	if err != nil {
		return "", err
	}
	e.server = server
	return server.URL(), nil
}

// holdServer notes that this process uses the folder's own server. Whoever ends
// last stops it; a process that was killed holds nothing any more.
func (e *env) holdServer() error {
	users, err := os.OpenFile(e.path("users.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(users.Fd()), syscall.LOCK_SH); err != nil {
		return errors.Join(fmt.Errorf("lock %s: %w", users.Name(), err), users.Close())
	}
	e.users = users
	e.atEnd(e.releaseServer)
	return nil
}

// stopLimit covers the last checkpoint of a server whose log is full, on a slow
// disk; ansinh.service waits as long (TimeoutStopSec).
const stopLimit = 10 * time.Minute

func (e *env) releaseServer() error {
	defer func() {
		// By name: a child just being started may hold a copy of the descriptor until its exec.
		syscall.Flock(int(e.users.Fd()), syscall.LOCK_UN) //nolint:errcheck // closing gives it up too, only later
		e.users.Close()
	}()
	if e.server == nil || e.keepServer {
		return nil
	}
	if err := syscall.Flock(int(e.users.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil // somebody else still works with it
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	return e.server.Stop(ctx)
}

// now is the wall clock, or the clock of a data folder that has its own.
func (e *env) now() func() time.Time {
	if e.clock == nil {
		e.clock = &clock{path: e.path("clock")}
	}
	return e.clock.Now
}

// migrated returns the URL of a database with the schema of this program.
func (e *env) migrated(ctx context.Context) (string, error) {
	url, err := e.databaseURL(ctx)
	if err != nil {
		return "", err
	}
	if err := pgdb.Migrate(ctx, url); err != nil {
		return "", err
	}
	return url, nil
}

// pool opens the database for reading and small acts, without lines to banks.
func (e *env) pool(ctx context.Context) (*pgxpool.Pool, error) {
	url, err := e.migrated(ctx)
	if err != nil {
		return nil, err
	}
	pool, err := pgdb.Open(ctx, url, pgdb.Config{})
	if err != nil {
		return nil, err
	}
	e.atEnd(func() error { pool.Close(); return nil })
	return pool, nil
}

// analyse gives the server's planner statistics of tables that were just filled;
// its own autovacuum would come a minute later, and until then joins are planned
// for empty tables.
func (e *env) analyse(ctx context.Context) error {
	url, err := e.databaseURL(ctx)
	if err != nil {
		return err
	}
	owner, err := pgdb.OpenOwner(ctx, url, pgdb.Config{ConnectionsMax: 1})
	if err != nil {
		return err
	}
	defer owner.Close()
	_, err = owner.Exec(ctx, sqlAnalyse)
	return err
}

const sqlAnalyse = `ANALYZE registry.person, registry.channel, registry.list_row, payout.batch, payout.section, payout.run, payout.payment,
        payout.entitlement, payout.attempt, payout.submission, ledger.line, ledger.voucher, ledger.voucher_account, ledger.account, ledger.leg`

func (e *env) keysPath() string {
	if path := os.Getenv(envKeys); path != "" {
		return path
	}
	return e.path("keys")
}

// keys reads the ring.
func (e *env) keys() (*crypt.Keys, error) {
	path := e.keysPath()
	keys, err := crypt.LoadKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no keys at %s: set %s to the keys file (%w)", path, envKeys, err)
	}
	return keys, err
}

// works puts everything together for a command that works with banks.
func (e *env) works(ctx context.Context) (*assembly.Works, error) {
	url, err := e.migrated(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := e.keys()
	if err != nil {
		return nil, err
	}
	return e.assemble(ctx, url, keys)
}

// journalFolder is where the send journals of all processes lie.
func (e *env) journalFolder() (string, error) {
	if journal := os.Getenv(envJournal); journal != "" {
		return journal, nil
	}
	if e.server == nil {
		return "", fmt.Errorf("with %s the folder of the send journals must be named: set %s (never inside the database's backup)", envDatabase, envJournal)
	}
	return e.path("journal"), nil
}

// anchorFolders is where the ledger's heads are kept outside the database.
func (e *env) anchorFolders() []string {
	folders := filepath.SplitList(os.Getenv(envAnchor))
	if e.server != nil {
		folders = append(folders, e.path("anchor"))
	}
	return folders
}

func (e *env) assemble(ctx context.Context, url string, keys *crypt.Keys) (*assembly.Works, error) {
	journal, err := e.journalFolder()
	if err != nil {
		return nil, err
	}
	process, err := processName()
	if err != nil {
		return nil, err
	}
	endpoints, err := e.endpoints()
	if err != nil {
		return nil, err
	}
	works, err := assembly.Open(ctx, assembly.Config{DatabaseURL: url, Keys: keys, Now: e.now(), Journal: journal, Process: process,
		Outbox: e.path("outbox"), Endpoints: endpoints, Anchors: e.anchorFolders(), Log: e.logger(),
		ConnectionsMax: connectionsMax})
	if err != nil {
		return nil, err
	}
	e.atEnd(works.Close)
	return works, nil
}

// connectionsMax serves the rounds of every channel and files that come in
// meanwhile: each holds one connection and may ask for a second.
const connectionsMax = 20

// processName is never used twice: the process id alone comes back.
func processName() (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", err
	}
	salt := make([]byte, 4)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s-%d-%s-%x", filepath.Base(host), os.Getpid(), time.Now().UTC().Format("20060102T150405"), salt), nil
}

// printJSON prints v as people and scripts read it.
func (e *env) printJSON(v any) error {
	out := json.NewEncoder(e.stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
