// Package packaging tests the offline package: what `make dist` builds installs,
// works, upgrades and goes again on a machine that has neither network nor
// PostgreSQL. The scripts beside this file are the package; there is no Go code of
// it, so the rule they must keep stands here. They refuse a downgrade and a
// damaged package, and never touch data.
package packaging

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

var (
	people = flag.Int("people", 30, "people of the demo on the bare machine")
	twice  = flag.Bool("twice", false, "build the package twice and compare the bytes")
)

// build runs dist.sh; overlay names more files of the source, for a newer build.
func build(t *testing.T, version, overlay string) string {
	t.Helper()
	folder := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "./dist.sh", version, folder)
	if overlay != "" {
		cmd.Env = append(os.Environ(), "GOFLAGS=-overlay="+overlay, "DEB=no")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("dist.sh %s: %v\n%s", version, err, out)
	}
	files, err := filepath.Glob(filepath.Join(folder, "ansinh-"+version+"-linux-*.tar.gz"))
	if err != nil || len(files) != 1 {
		t.Fatalf("dist.sh made %v, %v", files, err)
	}
	return files[0]
}

// withAnotherMigration is an overlay by which the compiler sees one more migration.
func withAnotherMigration(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	migration := filepath.Join(folder, "migration.sql")
	text := "-- Why: a later release of the test brings a migration along.\nCREATE TABLE migration.later (n integer PRIMARY KEY);\n"
	if err := os.WriteFile(migration, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	target, err := filepath.Abs("../pgdb/migrations/00999_later.sql")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{target: migration}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(path, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sameInTheDebianPackage wants the .deb beside archive to hold the same files.
func sameInTheDebianPackage(t *testing.T, archive string) {
	t.Helper()
	folder := t.TempDir()
	script := `set -e; tar -C "$2" -xf "$1"; dpkg-deb -x "$(dirname "$1")"/*.deb "$2/deb"; diff -r "$2"/ansinh-*/tree "$2"/deb/opt/ansinh/0.1.1
		for s in postinst prerm; do dpkg-deb --ctrl-tarfile "$(dirname "$1")"/*.deb | tar -xO ./$s | sh -n; done`
	if out, err := exec.CommandContext(t.Context(), "bash", "-c", script, "-", archive, folder).CombinedOutput(); err != nil {
		t.Errorf("the .deb is not the same as the archive: %v\n%s", err, out)
	}
}

// TestPackageOnABareMachine needs root for a machine of its own; as another user
// it makes itself root in a name space.
func TestPackageOnABareMachine(t *testing.T) {
	t.Parallel()
	older, newer := build(t, "0.1.1", ""), build(t, "0.1.2", withAnotherMigration(t))
	args := []string{"./install-test.sh", older, newer, strconv.Itoa(*people)}
	if os.Geteuid() != 0 {
		args = append([]string{"unshare", "--user", "--map-root-user", "--map-auto"}, args...)
	}
	sameInTheDebianPackage(t, older)
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, said.String())
	}
	t.Log(said.String())
	if !*twice {
		return
	}
	again, err := os.ReadFile(build(t, "0.1.1", ""))
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(older)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Error("the same commit gave other bytes")
	}
}
