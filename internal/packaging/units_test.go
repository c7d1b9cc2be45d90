package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// services are the units that run the program.
var services = []string{"ansinh.service", "ansinh-backup.service"}

// exposureMax is what systemd-analyze may say of a service, in tenths of ten: what
// of the machine it could reach and does not need. Today's are 17 and 14 with
// systemd 252; other versions weigh a little differently.
const exposureMax = "20"

// unitsFolder holds the units with a program that is there.
func unitsFolder(t *testing.T) (folder string, units []string) {
	t.Helper()
	found, err := filepath.Glob("ansinh*.[st][ei][rm]*")
	if err != nil || len(found) != 3 {
		t.Fatalf("units %v, %v; want three", found, err)
	}
	folder = t.TempDir()
	for _, unit := range found {
		text := strings.ReplaceAll(string(read(t, unit)), "/opt/ansinh/current/bin/ansinh", "/usr/bin/true")
		path := filepath.Join(folder, unit)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		units = append(units, path)
	}
	return folder, units
}

func TestUnitsAreSound(t *testing.T) {
	t.Parallel()
	_, units := unitsFolder(t)
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", append([]string{"verify", "--man=no"}, units...)...).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	for _, line := range strings.Split(string(out), "\n") {
		if strings.Contains(line, "ansinh") {
			t.Error(line)
		}
	}
}

func TestServicesReachLittle(t *testing.T) {
	t.Parallel()
	folder, _ := unitsFolder(t)
	for _, unit := range services {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold="+exposureMax, filepath.Join(folder, unit)).CombinedOutput()
		if err != nil {
			t.Errorf("%s is more exposed than %s tenths: %v\n%s", unit, exposureMax, err, out)
		}
	}
}

// The database server outlives the program that started it, and the program of
// another unit may be using it: systemd must end the program only, which ends the
// server if nobody else uses it.
func TestServicesLeaveTheDatabaseToTheProgram(t *testing.T) {
	t.Parallel()
	for _, unit := range services {
		text := string(read(t, unit))
		if !strings.Contains(text, "\nKillMode=process\n") {
			t.Errorf("%s would kill a database that others use", unit)
		}
		if strings.Contains(text, "RemoveIPC=yes") {
			t.Errorf("%s would take the memory of a database that others use", unit)
		}
	}
}
