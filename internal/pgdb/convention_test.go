package pgdb

import (
	"testing"
	"testing/fstest"
)

func TestMigrationFilesKeepTheConventions(t *testing.T) {
	t.Parallel()
	if _, err := gooseMigrations(migrationFiles); err != nil {
		t.Error(err)
	}
	tests := map[string]struct{ name, text string }{
		"no number":          {"audit.sql", "-- Why: x.\n"},
		"number too short":   {"1_audit.sql", "-- Why: x.\n"},
		"number zero":        {"00000_audit.sql", "-- Why: x.\n"},
		"no purpose":         {"00001.sql", "-- Why: x.\n"},
		"does not say why":   {"00001_audit.sql", "CREATE SCHEMA audit;\n"},
		"knows the way back": {"00001_audit.sql", "-- Why: x.\n-- +goose Down\nDROP SCHEMA audit;\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{"migrations/" + tt.name: {Data: []byte(tt.text)}}
			if _, err := gooseMigrations(files); err == nil {
				t.Errorf("%s with %q is accepted", tt.name, tt.text)
			}
		})
	}
}

func TestParseMajor(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 17beta2\n":                        17,
		"postgres (PostgreSQL) 9.6.24\n":                         9,
		"postgres (EnterpriseDB) x\n":                            0,
		"":                                                       0,
	}
	for said, want := range tests {
		got, err := parseMajor(said)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("parseMajor(%q) = %d, %v; want %d", said, got, err, want)
		}
	}
}

func TestEmptyMachineIsToldWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := &BinaryError{Looked: binaryFolders()}
	if len(err.Looked) == 0 || err.Error() == "" {
		t.Errorf("%+v", err)
	}
}
