package pgdb

import (
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
	Looked []string // folders
}

func (e *BinaryError) Error() string {
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

// binaryFolders is PATH and the places where distributions put what is not on
// PATH.
func binaryFolders() []string {
	folders := filepath.SplitList(os.Getenv("PATH"))
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"} {
		more, _ := filepath.Glob(pattern) // the patterns are well-formed
		folders = append(folders, more...)
	}
	return folders
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
	cmd := exec.Command(bin.postgres, "--version")
	cmd.Env = serverEnv()
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
