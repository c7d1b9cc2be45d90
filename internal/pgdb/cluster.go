package pgdb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
)

// ensureCluster makes dir/pg if it does not exist. initdb works in another
// folder that is renamed when it is complete, so a crash leaves no half-made
// data folder; no server has ever run on the folder that is removed here.
func ensureCluster(ctx context.Context, dir string, bin binaries, options ServerOptions, account account) error {
	dataDir := filepath.Join(dir, "pg")
	if _, err := os.Stat(filepath.Join(dataDir, "PG_VERSION")); err == nil {
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if entries, err := os.ReadDir(dataDir); err == nil && len(entries) > 0 {
		return &FolderError{Path: dataDir, Why: "it is not empty and is no PostgreSQL data folder",
			Mend: "choose another --dir, or move what is in it away"}
	}
	making := filepath.Join(dir, "pg.initdb")
	if err := os.RemoveAll(making); err != nil {
		return err
	}
	if err := os.Mkdir(making, 0o700); err != nil {
		return err
	}
	if err := account.own(making); err != nil {
		return err
	}
	if err := runInitdb(ctx, making, bin, options, account); err != nil {
		return err
	}
	if err := writeAccess(making); err != nil {
		return err
	}
	if err := os.Remove(dataDir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(making, dataDir)
}

// runInitdb sorts by byte order (collation C), which is the same on every
// machine and survives an upgrade of its C library; letters are known as
// Unicode (character type C.UTF-8) where the machine has that locale.
func runInitdb(ctx context.Context, folder string, bin binaries, options ServerOptions, account account) error {
	var said []byte
	var err error
	for _, ctype := range []string{"C.UTF-8", "C"} {
		args := []string{"--pgdata", folder, "--username", superuser, "--encoding", "UTF8", "--locale", "C",
			"--lc-ctype", ctype, "--data-checksums", "--auth", "peer", "--no-instructions"}
		if options.Forgetful {
			args = append(args, "--no-sync")
		}
		cmd := exec.CommandContext(ctx, bin.initdb, args...)
		cmd.Dir, cmd.Env = folder, bin.env()
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account.credential}
		said, err = cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("initdb: %w; it said:\n%s", err, said)
}

// writeAccess lets in only root and the system user who made the server, through
// the socket, without a password that could be lost. Root is named even when
// another made it, because an operator who later starts the program as root
// must not stand outside. The files keep the owner initdb gave them.
func writeAccess(folder string) error {
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("look up the current user: %w", err)
	}
	access := "# Written by An Sinh: only the system users of pg_ident.conf, only by the socket.\n" +
		"local all all peer map=ansinh\n"
	people := "# map, system user, database user\nansinh root " + superuser + "\n"
	if me.Username != "root" {
		people += fmt.Sprintf("ansinh %q %s\n", me.Username, superuser)
	}
	include := "\n# Settings of An Sinh, rewritten at every start; put your own below.\ninclude_if_exists 'ansinh.conf'\n"
	for name, text := range map[string]string{"pg_hba.conf": access, "pg_ident.conf": people} {
		if err := rewrite(filepath.Join(folder, name), text); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(filepath.Join(folder, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, include)
	return errors.Join(err, file.Close())
}

// rewrite replaces the contents and keeps owner and mode.
func rewrite(path, text string) error {
	file, err := os.OpenFile(path, os.O_TRUNC|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, text)
	return errors.Join(err, file.Close())
}

// writeSettings writes dataDir/ansinh.conf.
func writeSettings(dataDir, socketDir string, options ServerOptions, account account) error {
	path := filepath.Join(dataDir, "ansinh.conf")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, settings(socketDir, options))
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return account.own(path)
}

// settings sizes the server for bulk loads of a few million rows on one machine
// (docs/PERFORMANCE.md). What touches durability is named even where it is
// PostgreSQL's default, so that a reader need not know the default.
func settings(socketDir string, options ServerOptions) string {
	memoryMB := machineMemoryMB()
	buffersMB := orDefault(options.SharedBuffersMB, min(max(memoryMB/8, 128), 2048))
	durable := "on"
	if options.Forgetful {
		durable = "off"
	}
	var b strings.Builder
	set := func(name string, value any) { fmt.Fprintf(&b, "%s = '%v'\n", name, value) }
	b.WriteString("# Written by An Sinh at every start.\n")
	set("listen_addresses", "")
	set("port", serverPort)
	set("unix_socket_directories", socketDir)
	set("unix_socket_permissions", "0700")
	set("max_connections", orDefault(options.ConnectionsMax, 100))
	set("fsync", durable)
	set("full_page_writes", durable)
	set("synchronous_commit", durable)
	set("shared_buffers", fmt.Sprint(buffersMB, "MB"))
	set("effective_cache_size", fmt.Sprint(max(memoryMB/2, 256), "MB"))
	set("maintenance_work_mem", fmt.Sprint(min(max(memoryMB/16, 64), 512), "MB"))
	set("work_mem", "32MB")
	set("max_wal_size", fmt.Sprint(orDefault(options.WALSizeMaxMB, 8192), "MB"))
	set("checkpoint_timeout", "15min")
	set("random_page_cost", "1.1")
	set("jit", "off")
	// A batch has four partitions, and a statement over many batches locks each.
	set("max_locks_per_transaction", 512)
	set("dynamic_shared_memory_type", sharedMemoryType())
	set("timezone", "UTC")
	set("log_timezone", "UTC")
	set("log_checkpoints", "off")
	if options.Forgetful {
		set("wal_level", "minimal")
		set("max_wal_senders", 0)
		set("logging_collector", "off")
		// A test says itself when the planner learns what is in a table; the
		// server's own housekeeping would come at another moment in every run.
		set("autovacuum", "off")
		return b.String()
	}
	set("logging_collector", "on")
	set("log_filename", "postgresql-%a.log")
	set("log_truncate_on_rotation", "on")
	set("log_rotation_age", "1d")
	set("log_rotation_size", 0)
	return b.String()
}

func orDefault(value, otherwise int) int {
	if value > 0 {
		return value
	}
	return otherwise
}

func machineMemoryMB() int {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return 2048
	}
	return int(uint64(info.Totalram) * uint64(info.Unit) >> 20)
}

// sharedMemoryType avoids /dev/shm where it is missing or small, as in many
// containers: parallel queries would fail there with "No space left on device".
func sharedMemoryType() string {
	var stat syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &stat); err != nil || stat.Bavail*uint64(stat.Bsize) < 1<<30 {
		return "mmap"
	}
	return "posix"
}

// socketPathMax is what fits into sockaddr_un with its closing zero byte.
const socketPathMax = 107

// ensureSocketDir returns dir/socket or, where that path is too long for a
// socket or holds characters that PostgreSQL's list of folders cannot, a short
// folder in the system's temporary one, named after dir and noted in
// dir/socket-folder.
func ensureSocketDir(dir string, account account) (string, error) {
	folder := filepath.Join(dir, "socket")
	note := filepath.Join(dir, "socket-folder")
	name := fmt.Sprintf("/.s.PGSQL.%d.lock", serverPort)
	if len(folder)+len(name) > socketPathMax || strings.ContainsAny(folder, ",'\"\\\n\r") {
		digest := sha256.Sum256([]byte(dir))
		folder = filepath.Join(os.TempDir(), "ansinh-"+hex.EncodeToString(digest[:8]))
		if err := os.WriteFile(note, []byte(folder+"\n"), 0o644); err != nil {
			return "", err
		}
	} else if err := os.Remove(note); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	err := os.Mkdir(folder, 0o700)
	if err == nil {
		return folder, account.own(folder)
	}
	if !errors.Is(err, os.ErrExist) {
		return "", err
	}
	// Somebody else could have made the name in a folder all may write to.
	return folder, account.checkOwned(folder)
}

func readFrom(path string, offset int64) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, offset, 64<<10))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

func memoryInUse(said string) bool {
	return strings.Contains(said, "is still in use") || strings.Contains(said, "shared memory block")
}
