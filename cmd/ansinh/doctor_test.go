package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"ansinh/internal/doctor"
)

// TestDoctorTellsAndChangesNothing looks at a folder that is not there, then at a
// demo, then at the demo with keys that others may read.
func TestDoctorTellsAndChangesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "none")
	if r := ansinh(t, "doctor", "--dir", dir, "--listen", ""); r.code != 1 {
		t.Errorf("doctor of nothing: exit %d, want 1\n%s", r.code, r.stdout)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the doctor made %s", dir)
	}
	dir = folder(t)
	if r := ansinh(t, "demo", "--dir", dir, "--people", "20", "--until", "import"); r.code != 0 {
		t.Fatalf("demo: %s", r.stderr)
	}
	look := func() (int, []doctor.Finding) {
		r := ansinh(t, "doctor", "--dir", dir, "--listen", "", "--json")
		var list []doctor.Finding
		if err := json.Unmarshal([]byte(r.stdout), &list); err != nil {
			t.Fatalf("doctor --json: %v\n%s%s", err, r.stdout, r.stderr)
		}
		return r.code, list
	}
	if code, list := look(); code != 0 || len(list) < 15 {
		t.Errorf("doctor of a demo: exit %d, %+v", code, list)
	}
	if err := os.Chmod(filepath.Join(dir, "keys"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _ := look(); code != 1 {
		t.Errorf("doctor with open keys: exit %d, want 1", code)
	}
}
