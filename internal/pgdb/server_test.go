package pgdb_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ansinh/internal/pgdb"

	"github.com/jackc/pgx/v5"
)

// startVariable makes this test program start a server in the named folder, say
// where it is, and wait to be killed.
const startVariable = "PGDB_TEST_START"

func TestMain(m *testing.M) {
	if dir := os.Getenv(startVariable); dir != "" {
		server, err := pgdb.StartServer(context.Background(), dir, durable)
		if err == nil {
			err = pgdb.Migrate(context.Background(), server.URL())
		}
		if err != nil {
			fmt.Println("error:", strings.ReplaceAll(err.Error(), "\n", " "))
			os.Exit(1)
		}
		fmt.Println("ready:", server.PID())
		select {}
	}
	os.Exit(m.Run())
}

var small = pgdb.ServerOptions{SharedBuffersMB: 16, WALSizeMaxMB: 128, ConnectionsMax: 20, Forgetful: true}

// durable is what production runs with, but small.
var durable = pgdb.ServerOptions{SharedBuffersMB: 16, WALSizeMaxMB: 128, ConnectionsMax: 20}

// openFolder is a folder that every user may pass, unlike that of t.TempDir,
// and whose server is stopped when the test ends.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgdb-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pgdb.StopServer(context.Background(), dir); err != nil {
			t.Errorf("stop server: %v", err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func start(t *testing.T, dir string) *pgdb.Server {
	t.Helper()
	return startWith(t, dir, small)
}

func startWith(t *testing.T, dir string, options pgdb.ServerOptions) *pgdb.Server {
	t.Helper()
	server, err := pgdb.StartServer(t.Context(), dir, options)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func query[T any](t *testing.T, server *pgdb.Server, sql string) (value T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// startElsewhere runs StartServer in another process, as another user if uid is
// not 0, and returns that process and what it printed.
func startElsewhere(t *testing.T, dir string, uid uint32) (*exec.Cmd, string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if uid != 0 { // the folder of the go command is closed to others
		copied := filepath.Join(filepath.Dir(dir), filepath.Base(dir)+".test")
		text, err := os.ReadFile(program)
		if err == nil {
			err = os.WriteFile(copied, text, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Remove(copied) })
		program = copied
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), startVariable+"="+dir)
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the other process said nothing: %v", err)
	}
	return cmd, strings.TrimSpace(line)
}

func TestServerOutlivesItsProgramAndKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	cmd, said := startElsewhere(t, dir, 0)
	if !strings.HasPrefix(said, "ready: ") {
		t.Fatal(said)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	adopted := startWith(t, dir, durable)
	if !adopted.Adopted() || fmt.Sprint("ready: ", adopted.PID()) != said {
		t.Errorf("adopted %v, pid %d; want the server that said %q", adopted.Adopted(), adopted.PID(), said)
	}
	conn, err := pgx.Connect(t.Context(), adopted.URL())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE public.kept AS SELECT 7 AS n`); err != nil {
		t.Fatal(err)
	}
	// A backend that is busy when its server dies keeps the shared memory until
	// its statement ends; the next start has to wait for it. This one reads from a
	// pipe until the test closes it.
	pipe := filepath.Join(dir, "pipe")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o666), os.Chmod(pipe, 0o666)); err != nil {
		t.Fatal(err)
	}
	busy := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), `SELECT pg_read_file($1)`, pipe)
		busy <- err
	}()
	write, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when the backend has it open
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(adopted.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var again *pgdb.Server
	started := make(chan error, 1)
	go func() {
		var err error
		again, err = pgdb.StartServer(t.Context(), dir, durable)
		started <- err
	}()
	for !meetsTheBackend(t, dir, adopted.PID()) {
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	<-busy
	if again.Adopted() || again.PID() == adopted.PID() {
		t.Errorf("after kill -9: adopted %v, pid %d", again.Adopted(), again.PID())
	}
	if got := query[int](t, again, `SELECT n FROM public.kept`); got != 7 {
		t.Errorf("kept %d, want 7", got)
	}
}

// meetsTheBackend reports that a start has been refused the memory which a backend
// of the killed server holds, or that nobody has reaped that server, so that a
// start waits for the backend by itself.
func meetsTheBackend(t *testing.T, dir string, killed int) bool {
	t.Helper()
	said, err := os.ReadFile(filepath.Join(dir, "pg-start.log"))
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", killed))
	return strings.Contains(string(said), "still in use") || err == nil && strings.Contains(string(stat), ") Z ")
}

func TestStartsAtTheSameTimeShareOneServer(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	var pids [3]int
	var group sync.WaitGroup
	for i := range pids {
		group.Go(func() {
			server, err := pgdb.StartServer(t.Context(), dir, small)
			if err != nil {
				t.Error(err)
				return
			}
			pids[i] = server.PID()
		})
	}
	group.Wait()
	if pids[0] != pids[1] || pids[1] != pids[2] {
		t.Errorf("process ids %v, want one server", pids)
	}
}

func TestStopAndStartAgainPastAStalePIDFile(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	server := start(t, dir)
	if got := query[string](t, server, `SELECT current_setting('data_checksums') || ' ' || current_setting('listen_addresses') || ' ' || current_setting('server_encoding') || ' ' || datcollate FROM pg_database WHERE datname = current_database()`); got != "on  UTF8 C" {
		t.Errorf("checksums, addresses, encoding, collation: %q", got)
	}
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(server.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the stopped server's process: %v, want none", err)
	}
	if err := server.Stop(t.Context()); err != nil {
		t.Errorf("a second Stop: %v", err)
	}
	// After a restart of the machine the number may belong to anybody: here, to
	// this test.
	stale := fmt.Sprintf("%d\n%s/pg\n1\n5432\n%s/socket\n\n 1 1\nready   \n", os.Getpid(), dir, dir)
	pidFile := filepath.Join(dir, "pg", "postmaster.pid")
	if err := os.WriteFile(pidFile, []byte(stale), 0o644); err != nil {
		t.Fatal(err)
	}
	if again := start(t, dir); again.Adopted() {
		t.Error("a process that is no server was adopted")
	}
}

func TestDataOfAnotherVersionIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	data := filepath.Join(dir, "pg")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"PG_VERSION": "9\n", "precious": "data"} {
		if err := os.WriteFile(filepath.Join(data, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() == 0 {
		if err := os.Chown(data, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	_, err := pgdb.StartServer(t.Context(), dir, small)
	var version *pgdb.VersionError
	if !errors.As(err, &version) || version.Data != 9 {
		t.Errorf("error %v, want a VersionError for 9", err)
	}
	if text, err := os.ReadFile(filepath.Join(data, "precious")); err != nil || string(text) != "data" {
		t.Errorf("the data folder was touched: %q, %v", text, err)
	}
}

func TestFolderThatIsNoDataFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	if err := os.MkdirAll(filepath.Join(dir, "pg", "photos"), 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(filepath.Join(dir, "pg"), 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	_, err := pgdb.StartServer(t.Context(), dir, small)
	var folder *pgdb.FolderError
	if !errors.As(err, &folder) || !strings.Contains(err.Error(), "no PostgreSQL data folder") {
		t.Errorf("error %v, want a FolderError", err)
	}
}

func TestLongFolderGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), strings.Repeat("thư mục rất dài, ", 6), "x")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	server := start(t, dir)
	note, err := os.ReadFile(filepath.Join(dir, "socket-folder"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		os.RemoveAll(strings.TrimSpace(string(note)))
	})
	if !strings.HasPrefix(string(note), os.TempDir()) {
		t.Errorf("socket folder %q, want one in the temporary folder", note)
	}
	if got := query[int](t, server, `SELECT 1`); got != 1 {
		t.Error("the server does not answer")
	}
}

// As root, this also runs the whole start as an ordinary user; as an ordinary
// user, every other test of this file has done so already.
func TestOrdinaryUserAndRootEachFindTheirWay(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		server := start(t, openFolder(t))
		if got := query[string](t, server, `SELECT current_user::text`); got != "ansinh" {
			t.Errorf("connected as %s", got)
		}
		return
	}
	const nobody = 65534
	dir := openFolder(t)
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if _, said := startElsewhere(t, dir, nobody); !strings.HasPrefix(said, "ready: ") {
		t.Fatal(said)
	}

	closed := t.TempDir() // below a folder of mode 0700
	_, err := pgdb.StartServer(t.Context(), closed, small)
	var folder *pgdb.FolderError
	if !errors.As(err, &folder) || !strings.Contains(err.Error(), "chmod o+x "+filepath.Dir(closed)) {
		t.Errorf("folder that the server's user cannot reach: error %v, want the way to mend it", err)
	}
}
