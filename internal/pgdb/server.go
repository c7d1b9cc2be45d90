package pgdb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ServerOptions sizes an own server. The zero value is right for production.
type ServerOptions struct {
	// SharedBuffersMB is PostgreSQL's page cache; 0 means an eighth of the
	// machine's memory, between 128 and 2048.
	SharedBuffersMB int
	// WALSizeMaxMB is how much log may gather before a checkpoint; 0 means 8192.
	WALSizeMaxMB int
	// ConnectionsMax is the limit over all processes; 0 means 100.
	ConnectionsMax int
	// Forgetful gives up every promise about crashes of the machine (no fsync)
	// for speed. It is for tests only.
	Forgetful bool
}

// Server is a PostgreSQL of our own: data, socket and settings inside one
// folder, no TCP port. It is a session of its own and outlives this process;
// the next StartServer on the same folder adopts it.
type Server struct {
	dir       string
	socketDir string
	pid       int
	adopted   bool
	exited    <-chan struct{} // closed when the process we started is gone; nil if adopted
}

const (
	superuser      = "ansinh"
	serverDatabase = "ansinh"
	// serverPort only names the socket file; nothing listens on TCP.
	serverPort = 5432
	// startLimit covers recovery after a crash with a full WALSizeMaxMB.
	startLimit = 10 * time.Minute
	pollEvery  = 50 * time.Millisecond
)

// StartServer makes sure that the server of folder dir runs, and returns it.
//
// The first call makes the data folder (dir/pg: UTF-8, checksums, byte order
// for sorting). A server that already runs on it is adopted. As root, the
// server runs as the unprivileged user that owns dir/pg (postgres, else
// nobody, when it is made); otherwise as the current user. It is safe to call
// from several processes at once.
//
// Errors a caller may match: *BinaryError (no PostgreSQL 15 or newer),
// *VersionError (the data belongs to another major version), *FolderError (the
// folder cannot be used by the server's user). Each text says how to mend it.
// Nothing is ever deleted from dir/pg except a postmaster.pid that is proved
// to name a process that is not its server.
func StartServer(ctx context.Context, dir string, options ServerOptions) (*Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("start database server: %w", err)
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, fmt.Errorf("start database server: %w", err)
	}
	unlock, err := lockFolder(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer unlock()

	server, err := startLocked(ctx, dir, options)
	if err != nil {
		return nil, fmt.Errorf("start database server in %s: %w", dir, err)
	}
	if err := server.ensureDatabase(ctx); err != nil {
		return nil, fmt.Errorf("start database server in %s: %w", dir, err)
	}
	return server, nil
}

func startLocked(ctx context.Context, dir string, options ServerOptions) (*Server, error) {
	dataDir := filepath.Join(dir, "pg")
	account, err := accountFor(dataDir)
	if err != nil {
		return nil, err
	}
	if err := account.checkReach(dir); err != nil {
		return nil, err
	}
	bin, err := binariesFor(dataDir)
	if err != nil {
		return nil, err
	}
	if err := ensureCluster(ctx, dir, bin, options, account); err != nil {
		return nil, err
	}
	server, err := adopt(ctx, dir, dataDir)
	if server != nil || err != nil {
		return server, err
	}
	socketDir, err := ensureSocketDir(dir, account)
	if err != nil {
		return nil, err
	}
	if err := clearSocket(socketDir, dataDir); err != nil {
		return nil, err
	}
	if err := writeSettings(dataDir, socketDir, options, account); err != nil {
		return nil, err
	}
	return launch(ctx, dir, socketDir, bin, account)
}

// adopt returns the server that already runs on dataDir, or nil if none does,
// after removing a pid file that is proved stale.
func adopt(ctx context.Context, dir, dataDir string) (*Server, error) {
	for {
		file, err := readPIDFile(dataDir)
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		switch file.owner(dataDir) {
		case ownerGone:
			// PostgreSQL itself takes over such a file, and it alone can also
			// see whether backends of the dead server still hold its memory.
			return nil, nil
		case ownerStranger:
			return nil, file.removeStale(ctx, dataDir)
		case ownerUnknown:
			return nil, file.unprovable(dataDir)
		case ownerServer:
		}
		if file.ready {
			server := &Server{dir: dir, socketDir: file.socketDir, pid: file.pid, adopted: true}
			err := server.confirm(ctx, dataDir)
			if err == nil {
				return server, nil
			}
			// It may have died since its file was read: then the answer above is another.
			if pauseErr := pause(ctx); pauseErr != nil || file.owner(dataDir) == ownerServer {
				return nil, err
			}
			continue
		}
		if err := pause(ctx); err != nil { // it is starting or stopping
			return nil, err
		}
	}
}

// confirm asks the server found by its pid file which data it serves.
func (s *Server) confirm(ctx context.Context, dataDir string) error {
	conn, err := pgx.Connect(ctx, s.DatabaseURL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the running server (pid %d): %w", s.pid, err)
	}
	defer conn.Close(ctx)
	var serves string
	if err := conn.QueryRow(ctx, `SHOW data_directory`).Scan(&serves); err != nil {
		return fmt.Errorf("ask the running server (pid %d) for its data folder: %w", s.pid, err)
	}
	if !sameFolder(serves, dataDir) {
		return fmt.Errorf("the server at %s serves %s, not %s", s.socketDir, serves, dataDir)
	}
	return nil
}

// launch starts postgres directly, without the shell that pg_ctl would put
// between, in a session of its own, and waits until it accepts connections.
func launch(ctx context.Context, dir, socketDir string, bin binaries, account account) (*Server, error) {
	dataDir := filepath.Join(dir, "pg")
	logPath := filepath.Join(dir, "pg-start.log")
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	offset, _ := log.Seek(0, 2)

	deadline, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		// Not CommandContext: the server must outlive ctx and this process.
		cmd := exec.Command(bin.postgres, "-D", dataDir)
		cmd.Dir, cmd.Env = dataDir, bin.env()
		cmd.Stdout, cmd.Stderr = log, log
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: account.credential}
		if err := cmd.Start(); err != nil {
			return nil, fmt.Errorf("run %s: %w", bin.postgres, err)
		}
		exited := make(chan struct{})
		go func() { _ = cmd.Wait(); close(exited) }()

		server := &Server{dir: dir, socketDir: socketDir, pid: cmd.Process.Pid, exited: exited}
		err := server.waitReady(deadline, dataDir)
		if err == nil {
			return server, nil
		}
		if !errors.Is(err, errExited) {
			return nil, err
		}
		text := readFrom(logPath, offset)
		if !memoryInUse(text) {
			return nil, fmt.Errorf("%w; it said:\n%s", err, text)
		}
		// The postmaster was killed and its children are still finishing.
		if err := pause(deadline); err != nil {
			return nil, fmt.Errorf("backends of the killed server do not end: %w; it said:\n%s", err, text)
		}
		if offset, err = log.Seek(0, 2); err != nil {
			return nil, err
		}
	}
}

var errExited = errors.New("postgres ended while starting")

func (s *Server) waitReady(ctx context.Context, dataDir string) error {
	for {
		file, err := readPIDFile(dataDir)
		if err == nil && file.pid == s.pid && file.ready {
			return nil
		}
		select {
		case <-s.exited:
			return errExited
		default:
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("wait for postgres to be ready: %w", err)
		}
	}
}

// ensureDatabase makes the database of [Server.URL] if the cluster is new.
func (s *Server) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.DatabaseURL("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)`, serverDatabase).Scan(&exists)
	if err != nil {
		return fmt.Errorf("look up database: %w", err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+serverDatabase); err != nil && State(err) != DuplicateDatabase {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}

// URL is where the database of this server is reached, by root or by the
// system user that made the server; no password is needed or possible.
func (s *Server) URL() string { return s.DatabaseURL(serverDatabase) }

// DatabaseURL is [Server.URL] for another database of the same server.
func (s *Server) DatabaseURL(database string) string {
	query := url.Values{"host": {s.socketDir}, "port": {strconv.Itoa(serverPort)}}
	location := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: query.Encode()}
	return location.String()
}

// PID is the process id of the postmaster.
func (s *Server) PID() int { return s.pid }

// Adopted reports whether the server was already running.
func (s *Server) Adopted() bool { return s.adopted }

// Stop ends the server: open transactions are rolled back, connections closed,
// and a checkpoint written. It returns when the process is gone.
func (s *Server) Stop(ctx context.Context) error {
	if err := StopServer(ctx, s.dir); err != nil {
		return err
	}
	if s.exited != nil {
		<-s.exited // reaped; it is gone, or was replaced after a crash
	}
	return nil
}

// StopServer is [Server.Stop] for the server of folder dir, whoever started it.
// It does nothing if none runs.
func StopServer(ctx context.Context, dir string) error {
	unlock, err := lockFolder(ctx, dir)
	if err != nil {
		return err
	}
	defer unlock()
	dataDir := filepath.Join(dir, "pg")
	file, err := readPIDFile(dataDir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stop database server: %w", err)
	}
	if file.owner(dataDir) != ownerServer {
		return nil
	}
	// SIGINT is PostgreSQL's fast shutdown.
	if err := syscall.Kill(file.pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop database server (pid %d): %w", file.pid, err)
	}
	for file.owner(dataDir) == ownerServer {
		if err := pause(ctx); err != nil {
			return fmt.Errorf("wait for database server (pid %d) to stop: %w", file.pid, err)
		}
	}
	return nil
}

// pause waits one polling interval or until ctx ends. A real process is being
// waited for, so this is the one place where the real clock is right.
func pause(ctx context.Context) error {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
