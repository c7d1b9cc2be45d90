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
	"strings"
	"testing"
)

var (
	people  = flag.Int("people", 30, "people of the demo on the bare machine")
	twice   = flag.Bool("twice", false, "build the package twice and compare the bytes")
	systemd = flag.Bool("systemd", false, "boot a systemd and run the services under it; many containers forbid that")
)

// built is what dist.sh made: the two packages and the sums of both.
type built struct{ archive, deb, sums string }

// build runs dist.sh; overlay names more files of the source, for a newer build.
func build(t *testing.T, version, overlay string) built {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "./dist.sh", version)
	if overlay != "" {
		cmd.Env = append(os.Environ(), "GOFLAGS=-overlay="+overlay)
	}
	return run(t, cmd)
}

// run runs a dist.sh into a folder that is removed with the test.
func run(t *testing.T, cmd *exec.Cmd) (b built) {
	t.Helper()
	folder := t.TempDir()
	cmd.Args = append(cmd.Args, folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	for pattern, path := range map[string]*string{"ansinh-*-linux-*.tar.gz": &b.archive, "ansinh_*.deb": &b.deb, "SHA256SUMS": &b.sums} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(files) != 1 {
			t.Fatalf("dist.sh made %v of %s, %v", files, pattern, err)
		}
		*path = files[0]
	}
	return b
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

// The .deb holds the same files as the archive, and its scripts are sound.
func sameInTheDebianPackage(t *testing.T, b built) {
	t.Helper()
	script := `set -e; tar -C "$3" -xf "$1"; dpkg-deb -x "$2" "$3/deb"; diff -r "$3"/ansinh-*/tree "$3"/deb/opt/ansinh/0.1.1
		for s in preinst postinst prerm postrm; do dpkg-deb --ctrl-tarfile "$2" | tar -xO ./$s | sh -n; done`
	if out, err := exec.CommandContext(t.Context(), "bash", "-c", script, "-", b.archive, b.deb, t.TempDir()).CombinedOutput(); err != nil {
		t.Errorf("the .deb is not the same as the archive: %v\n%s", err, out)
	}
}

// TestPackageOnABareMachine needs root for a machine of its own; as another user
// it makes itself root in a name space.
func TestPackageOnABareMachine(t *testing.T) {
	t.Parallel()
	older, newer := build(t, "0.1.1", ""), build(t, "0.1.2", withAnotherMigration(t))
	sameInTheDebianPackage(t, older)
	runs := map[string][]string{
		"archive":        {"./install-test.sh", older.archive, newer.archive},
		"Debian package": {"./install-test.sh", older.deb, newer.deb},
	}
	if *systemd {
		runs["services under systemd"] = []string{"./systemd-test.sh", older.deb, newer.deb}
	}
	for name, args := range runs {
		t.Run(name, func(t *testing.T) {
			args := append(args, strconv.Itoa(*people))
			if os.Geteuid() != 0 {
				args = append([]string{"unshare", "--user", "--map-root-user", "--map-auto"}, args...)
			}
			out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
			t.Logf("%s", out)
		})
	}
	if *twice {
		sameElsewhere(t, older)
	}
}

// sameElsewhere builds the package again from a copy of the source in another
// folder, by a user with another umask, language and time zone, and wants the same
// bytes.
func sameElsewhere(t *testing.T, first built) {
	t.Helper()
	copied := t.TempDir()
	script := `set -e; cd ../..; git log -1 --format=%ct; git ls-files -z | xargs -0 cp --parents -t "$1"`
	epoch, err := exec.CommandContext(t.Context(), "bash", "-c", script, "-", copied).Output()
	if err != nil {
		t.Fatalf("copy the source: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `umask 077; exec "$@"`, "-", filepath.Join(copied, "internal/packaging/dist.sh"), "0.1.1")
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strings.TrimSpace(string(epoch)), "TZ=Asia/Ho_Chi_Minh", "LC_ALL=C.UTF-8")
	again := run(t, cmd)
	for _, pair := range [][2]string{{first.archive, again.archive}, {first.deb, again.deb}, {first.sums, again.sums}} {
		one, two := read(t, pair[0]), read(t, pair[1])
		if !bytes.Equal(one, two) {
			t.Errorf("%s has other bytes when it is built elsewhere", filepath.Base(pair[0]))
		}
	}
	t.Logf("built here and elsewhere, with the same sums:\n%s", read(t, again.sums))
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
