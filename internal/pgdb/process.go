package pgdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// pidFile is what postmaster.pid says about the server that wrote it.
type pidFile struct {
	pid       int
	socketDir string
	ready     bool
}

// readPIDFile returns an error that is os.ErrNotExist if there is no server.
func readPIDFile(dataDir string) (pidFile, error) {
	return readLock(filepath.Join(dataDir, "postmaster.pid"))
}

// readLock reads postmaster.pid or the lock beside a socket, which has the same
// lines.
func readLock(path string) (pidFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return pidFile{}, err
	}
	// Lines: pid, data folder, start time, port, socket folder, address, memory
	// key, status. A server that is just starting has written only some.
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return pidFile{}, fmt.Errorf("%s holds no process id: %q", path, lines[0])
	}
	file := pidFile{pid: pid}
	if len(lines) > 4 {
		file.socketDir = strings.TrimSpace(lines[4])
	}
	if len(lines) > 7 {
		file.ready = strings.TrimSpace(lines[7]) == "ready"
	}
	return file, nil
}

// pidOwner is who has the process id that a postmaster.pid names.
type pidOwner int

const (
	ownerUnknown  pidOwner = iota // a process we may not look at
	ownerGone                     // nobody
	ownerStranger                 // a process that is certainly not this server, or its corpse
	ownerServer                   // the server of this data folder
)

// owner looks at the process itself. A PostgreSQL process works in its data
// folder, so a process whose working folder is another one is a stranger that
// got the number after a restart of the machine.
func (f pidFile) owner(dataDir string) pidOwner {
	err := syscall.Kill(f.pid, 0)
	if errors.Is(err, syscall.ESRCH) {
		return ownerGone
	}
	if isZombie(f.pid) {
		// Where process 1 does not reap, as in many containers, it may stay so,
		// and PostgreSQL takes it for alive.
		return ownerStranger
	}
	folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", f.pid))
	switch {
	case errors.Is(err, os.ErrNotExist):
		if errors.Is(syscall.Kill(f.pid, 0), syscall.ESRCH) {
			return ownerGone
		}
		return ownerUnknown
	case err != nil:
		return ownerUnknown
	case sameFolder(folder, dataDir):
		return ownerServer
	default:
		return ownerStranger
	}
}

// isZombie reports whether the process has ended and only waits to be reaped.
func isZombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	// pid (name) state …; the name may itself hold parentheses.
	_, after, ok := cutLast(string(stat), ") ")
	return ok && strings.HasPrefix(after, "Z")
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// childrenLimit is how often removeStale looks whether the children of a
// killed server have ended: for half a minute.
const childrenLimit = 600

// removeStale removes a pid file that names a stranger, because PostgreSQL
// would refuse to start while that number is alive. It first waits until no
// process works in the data folder any more: the children of a killed server
// do, and until they end the file guards their shared memory.
func (f pidFile) removeStale(ctx context.Context, dataDir string) error {
	for looks := 0; ; looks++ {
		working, err := processesIn(dataDir)
		if err != nil {
			return err
		}
		if len(working) == 0 {
			return os.Remove(filepath.Join(dataDir, "postmaster.pid"))
		}
		if looks == childrenLimit {
			return &FolderError{Path: dataDir, Why: fmt.Sprintf("its server is gone but processes %v still work in it", working),
				Mend: "end them, then try again"}
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("wait for processes %v of the killed server: %w", working, err)
		}
	}
}

// clearSocket does for the lock beside the socket what removeStale does for
// postmaster.pid; nobody's memory hangs on this one.
func clearSocket(socketDir, dataDir string) error {
	path := filepath.Join(socketDir, fmt.Sprintf(".s.PGSQL.%d.lock", serverPort))
	lock, err := readLock(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if lock.owner(dataDir) == ownerStranger {
		return os.Remove(path)
	}
	return nil
}

func (f pidFile) unprovable(dataDir string) error {
	return &FolderError{Path: dataDir,
		Why: fmt.Sprintf("its postmaster.pid names process %d, which lives and cannot be looked at", f.pid),
		Mend: fmt.Sprintf("if process %d is not PostgreSQL, remove %s; otherwise run as the user it belongs to",
			f.pid, filepath.Join(dataDir, "postmaster.pid"))}
}

// processesIn lists the processes whose working folder is folder. Processes of
// others, which cannot be looked at, cannot be servers of a folder of ours.
func processesIn(folder string) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("look at the running processes: %w", err)
	}
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if at, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err == nil && sameFolder(at, folder) {
			found = append(found, pid)
		}
	}
	return found, nil
}

func sameFolder(a, b string) bool {
	if a == b {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// lockFolder lets one process at a time start or stop the server of dir.
func lockFolder(ctx context.Context, dir string) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(dir, "server.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() {
				// By name: a server just started may hold a copy of the descriptor until its exec.
				syscall.Flock(int(file.Fd()), syscall.LOCK_UN) //nolint:errcheck // closing gives it up too, only later
				file.Close()
			}, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			file.Close()
			return nil, fmt.Errorf("lock %s: %w", dir, err)
		}
		if err := pause(ctx); err != nil {
			file.Close()
			return nil, fmt.Errorf("wait for another process that starts or stops the server in %s: %w", dir, err)
		}
	}
}
