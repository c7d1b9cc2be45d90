package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ansinh/internal/pgdb"
)

func TestWatchdogStopsAServerNobodyUses(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("", "pgtest-watchdog-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	server, err := pgdb.StartServer(t.Context(), folder, pgdb.ServerOptions{SharedBuffersMB: 16, ConnectionsMax: 10, Forgetful: true})
	if err != nil {
		t.Fatal(err)
	}
	user, err := os.OpenFile(filepath.Join(folder, "users"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(user.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- watch(folder, time.Millisecond, 20*time.Millisecond) }()
	select {
	case err := <-done:
		t.Fatalf("the watchdog ended while the server was in use: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	user.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(server.PID(), 0); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "pg", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server was not stopped: %v", err)
	}
}
