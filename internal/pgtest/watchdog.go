package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"ansinh/internal/pgdb"
)

// The shared server must outlive each test program, because the next package's
// program wants it, and must not run for ever. No program is the last by any
// sign of its own, so a watchdog decides: every test program holds a shared lock
// on the file "users" for as long as it lives; the watchdog stops the server
// when nobody has held it for idleLimit. Locks of the system go away with their
// process, however it ends.
//
// The watchdog is the test program itself, started a second time with
// watchdogVariable set; init below then never returns. A file "watchdog",
// locked by it, makes it the only one.
const (
	watchdogVariable = "ANSINH_PGTEST_WATCHDOG"
	idleLimit        = 2 * time.Minute
	lookEvery        = 5 * time.Second
)

func init() {
	folder := os.Getenv(watchdogVariable)
	if folder == "" {
		return
	}
	if err := watch(folder, lookEvery, idleLimit); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest watchdog:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// holdShared says "in use" until this process ends. The file stays open on
// purpose.
func holdShared(folder string) error {
	file, err := os.OpenFile(filepath.Join(folder, "users"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	// Waits only for a watchdog that is just stopping the server.
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_SH)
		if err == nil {
			heldUsers = file
			return nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("lock %s: %w", file.Name(), err)
		}
	}
}

// heldUsers keeps the file from being closed by the garbage collector.
var heldUsers *os.File

func startWatchdog(folder string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(folder, "watchdog.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), watchdogVariable+"="+folder)
	cmd.Dir = folder
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start watchdog: %w", err)
	}
	// It ends at once if another watchdog is there, and then must be reaped.
	go func() { _ = cmd.Wait() }()
	return nil
}

// watch returns after it has stopped the server, or at once if another process
// watches already.
func watch(folder string, every, limit time.Duration) error {
	own, err := os.OpenFile(filepath.Join(folder, "watchdog"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer own.Close()
	if err := syscall.Flock(int(own.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil
	}
	users, err := os.OpenFile(filepath.Join(folder, "users"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer users.Close()
	for idle := time.Duration(0); ; {
		time.Sleep(every)
		if err := syscall.Flock(int(users.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			idle = 0
			continue
		}
		if idle += every; idle >= limit {
			break // with the lock held: a program that starts now waits until the server is down
		}
		if err := syscall.Flock(int(users.Fd()), syscall.LOCK_UN); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return pgdb.StopServer(ctx, folder)
}
