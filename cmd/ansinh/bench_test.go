package main_test

import (
	"encoding/json"
	"testing"
)

// What is measured must go through what the command itself asks for: once it began to
// ask for the programme, a bench without programmes measured nothing.
func TestBenchImportTakesTheListsItWrote(t *testing.T) {
	t.Parallel()
	r := ansinh(t, "bench", "import", "--people", "300", "--communes", "3", "--json")
	var rows []struct {
		Size int `json:"size"`
	}
	if err := json.Unmarshal([]byte(r.stdout), &rows); r.code != 0 || err != nil || len(rows) != 1 {
		t.Fatalf("exit %d, %v:\n%s%s", r.code, err, r.stdout, r.stderr)
	}
	if taken := rows[0].Size; taken < 270 || taken > 300 {
		t.Errorf("%d of 300 rows were taken", taken)
	}
}
