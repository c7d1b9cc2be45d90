package payout_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A voucher of payments posted past [payout.Post] would not be counted.
func TestEveryVoucherGoesThroughPost(t *testing.T) {
	t.Parallel()
	var files []string
	for _, folder := range []string{".", "../reconciliation", "../timeliness", "../reports", "../web", "../cmd"} {
		err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
			if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 30 {
		t.Fatalf("only %d files found", len(files))
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "ledger.Post(") && path != "tally.go" {
			t.Errorf("%s calls ledger.Post: payments posted so are missing from the tallies, call payout.Post", path)
		}
	}
}
