package bankadapters_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/bankadapters"
)

// A Vietnamese officer reads why a file was refused, not only that it was.
func TestEveryFileCodeIsSaidInVietnameseAsTheDocumentsSayIt(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/ERRORS.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(FILE-[A-Z]+)` \\| error \\| ([^|]+) \\|").FindAllStringSubmatch(string(text), -1) {
		documented[row[1]] = row[2]
	}
	if diff := cmp.Diff(documented, bankadapters.FileReasons); diff != "" {
		t.Errorf("docs/ERRORS.md against FileReasons (-docs +code):\n%s", diff)
	}
	if len(documented) == 0 {
		t.Error("no row of docs/ERRORS.md was read")
	}
}
