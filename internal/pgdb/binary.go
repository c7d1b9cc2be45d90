package pgdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// majorMin is the oldest PostgreSQL we run on.
const majorMin = 15

// BinaryError means this machine has no PostgreSQL that is new enough.
type BinaryError struct {
	Looked  []string // folders
	Program string   // the one that is missing beside a server that is there; "" = all of it
}

func (e *BinaryError) Error() string {
	if e.Program != "" {
		return fmt.Sprintf("PostgreSQL's program %s is not in %s; install the client programs (Debian, Ubuntu: apt-get install postgresql-client)",
			e.Program, strings.Join(e.Looked, ", "))
	}
	return fmt.Sprintf("no PostgreSQL %d or newer found (looked in %s); install it (Debian, Ubuntu: apt-get install postgresql; "+
		"Fedora, RHEL: dnf install postgresql-server) or set ANSINH_DATABASE_URL to a server", majorMin, strings.Join(e.Looked, ", "))
}

// VersionError means the data folder was made by another major version than
// any PostgreSQL of this machine. The data is left as it is.
type VersionError struct {
	DataDir string
	Data    int   // major version that wrote the data
	Have    []int // major versions found
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("the data in %s was written by PostgreSQL %d, and this machine has %v; nothing was changed. "+
		"Install PostgreSQL %d, or move the data with pg_upgrade, or restore a backup made with `ansinh backup` into a new --dir",
		e.DataDir, e.Data, e.Have, e.Data)
}

type binaries struct {
	major            int
	postgres, initdb string
	libraries        string // folder of the libraries an offline package brings along; "" = the system's
}

// binariesFor returns the programs of the major version that wrote dataDir, or
// the newest ones when there is no data yet.
func binariesFor(dataDir string) (binaries, error) {
	folders := binaryFolders()
	var found []binaries
	for _, folder := range folders {
		if bin, err := binariesIn(folder); err == nil && bin.major >= majorMin {
			found = append(found, bin)
		}
	}
	data, err := dataVersion(dataDir)
	if err != nil {
		return binaries{}, err
	}
	var best binaries
	var have []int
	for _, bin := range found {
		if data == bin.major {
			return bin, nil
		}
		if bin.major > best.major {
			best = bin
		}
		have = append(have, bin.major)
	}
	switch {
	case data != 0 && len(found) > 0:
		return binaries{}, &VersionError{DataDir: dataDir, Data: data, Have: have}
	case len(found) == 0:
		return binaries{}, &BinaryError{Looked: folders}
	default:
		return best, nil
	}
}

// binaryFolders is what the offline package brought along with this program,
// then PATH and the places where distributions put what is not on PATH.
func binaryFolders() []string {
	folders := append(bundledFolders(), filepath.SplitList(os.Getenv("PATH"))...)
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"} {
		more, _ := filepath.Glob(pattern) // the patterns are well-formed
		folders = append(folders, more...)
	}
	return folders
}

// bundledFolders finds PROGRAM/../lib/postgresql/N/bin. The package keeps this
// shape because PostgreSQL finds its share folder from its own place.
func bundledFolders() []string {
	program, err := os.Executable()
	if err != nil {
		return nil
	}
	if real, err := filepath.EvalSymlinks(program); err == nil {
		program = real
	}
	folders, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(program)), "lib", "postgresql", "*", "bin")) // a well-formed pattern
	return folders
}

// bundledLibraries is the folder of shared libraries beside the programs in
// folder, "" where they are the system's.
func bundledLibraries(folder string) string {
	libraries := filepath.Join(folder, "..", "..", "..", "ansinh")
	if info, err := os.Stat(libraries); err != nil || !info.IsDir() {
		return ""
	}
	return filepath.Clean(libraries)
}

// env is the environment for PostgreSQL's programs: nothing of the caller's PG…
// variables or language may change what they do.
func (b binaries) env() []string {
	list := []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	if b.libraries != "" {
		list = append(list, "LD_LIBRARY_PATH="+b.libraries)
	}
	return list
}

// ClientCommand returns a command for one of PostgreSQL's client programs, such
// as pg_dump, of the version that serves dir, or of the newest one here for a
// database elsewhere (dir is then ""). Its error says what to install.
func ClientCommand(ctx context.Context, dir, name string, args ...string) (*exec.Cmd, error) {
	bin, err := binariesFor(filepath.Join(dir, "pg"))
	if err != nil {
		return nil, err
	}
	folder := filepath.Dir(bin.postgres)
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); err != nil {
		return nil, &BinaryError{Looked: []string{folder}, Program: name}
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = bin.env()
	return cmd, nil
}

func binariesIn(folder string) (binaries, error) {
	bin := binaries{postgres: filepath.Join(folder, "postgres"), initdb: filepath.Join(folder, "initdb")}
	// A link elsewhere on PATH must lead to the real folder: PostgreSQL finds
	// its own files from the path it is called by.
	for _, path := range []*string{&bin.postgres, &bin.initdb} {
		real, err := filepath.EvalSymlinks(*path)
		if err != nil {
			return binaries{}, err
		}
		*path = real
	}
	bin.libraries = bundledLibraries(filepath.Dir(bin.postgres))
	cmd := exec.Command(bin.postgres, "--version")
	cmd.Env = bin.env()
	said, err := cmd.Output()
	if err != nil {
		return binaries{}, fmt.Errorf("ask %s for its version: %w", bin.postgres, err)
	}
	bin.major, err = parseMajor(string(said))
	return bin, err
}

// parseMajor reads "postgres (PostgreSQL) 15.18 (Debian …)" and "17beta2".
func parseMajor(said string) (int, error) {
	_, after, ok := strings.Cut(said, "(PostgreSQL) ")
	digits := strings.TrimLeft(after, "0123456789")
	major, err := strconv.Atoi(after[:len(after)-len(digits)])
	if !ok || err != nil {
		return 0, fmt.Errorf("no version in %q", said)
	}
	return major, nil
}

// dataVersion is the major version in dataDir/PG_VERSION, 0 if there is none.
func dataVersion(dataDir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dataDir, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("read %s/PG_VERSION: %w", dataDir, err)
	}
	return major, nil
}
