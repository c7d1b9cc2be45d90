package pgtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrongStatementsAreFound(t *testing.T) {
	t.Parallel()
	statements, err := findStatements("testdata/wrong")
	if err != nil {
		t.Fatal(err)
	}
	db := DB(t)
	conn, err := db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	got := map[string]string{}
	for _, s := range statements {
		note, err := s.prepare(t.Context(), conn.Conn())
		got[s.name] = note
		if err != nil {
			_, code, _ := strings.Cut(err.Error(), "SQLSTATE ")
			got[s.name] = strings.TrimSuffix(code, ")")
		}
	}
	want := map[string]string{
		"sqlSound":             "",
		"sqlCopySound":         "COPY, checked by its table and columns",
		"sqlLockSound":         "a utility statement, only parsed",
		"sqlUnknownTable":      "42P01",
		"sqlUnknownColumn":     "42703",
		"sqlNotGranted":        "42501",
		"sqlCopyUnknownColumn": "42703",
		"sqlInside":            "42601",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was found (-want +got):\n%s", diff)
	}
	i := slices.IndexFunc(statements, func(s statement) bool { return s.name == "sqlInside" })
	if at := statements[i].at.String(); at != "testdata/wrong/store.go:23:8" {
		t.Errorf("sqlInside is said to stand at %s", at)
	}
}

func TestStatementsThatAreNotConstantsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := findStatements("testdata/variable")
	for _, want := range []string{"store.go:6:5: sqlVariable: a statement must be a constant", "store.go:8:7: sqlElsewhere: its value is not known"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
