package ansinh_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// badInputs are what anybody will hand us one day. Each gets one clear error
// that says how to mend it, posts nothing and loses nothing: docs/ERRORS.md
// names for each the code and a test that provokes it.
var badInputs = []string{
	"text file named .xlsx",
	"password-protected workbook",
	"header missing",
	"negative amount",
	"fractional amount",
	"settlement file of another bank",
	"truncated",
	"wrong control totals",
	"unsigned",
	"replayed",
	"same id with another body",
	"declared total exceeded",
}

var (
	quotedWord = regexp.MustCompile("`([^`]+)`")
	testName   = regexp.MustCompile(`^Test[A-Z]`)
)

// badInputRows reads the table under the heading "Bad input" of docs/ERRORS.md:
// what | codes | tests, the tests of a folder behind the folder.
func badInputRows(t *tree) []string {
	f := t.file("docs/ERRORS.md")
	if f == nil {
		return []string{"docs/ERRORS.md: there is none"}
	}
	var faults, missing []string
	seen, inTable := make(map[string]bool), false
	f.eachLine(func(n int, line string) {
		if strings.HasPrefix(line, "## ") {
			inTable = line == "## Bad input"
		}
		cells := strings.Split(line, " | ")
		what := strings.TrimPrefix(cells[0], "| ")
		if !inTable || len(cells) < 3 || !slices.Contains(badInputs, what) {
			return
		}
		seen[what] = true
		for _, fault := range t.badInputRow(f, cells[1], cells[2]) {
			faults = append(faults, fmt.Sprintf("%s:%d: %s", f.path, n, fault))
		}
	})
	for _, what := range badInputs {
		if !seen[what] {
			missing = append(missing, what)
		}
	}
	return append(faults, badInputsMissing(missing)...)
}

func badInputsMissing(what []string) []string {
	var faults []string
	for _, one := range what {
		faults = append(faults, fmt.Sprintf("docs/ERRORS.md:1: no row under \"Bad input\" about %q", one))
	}
	return faults
}

// badInputRow returns what is wrong with one row's codes and tests.
func (t *tree) badInputRow(f *source, codes, tests string) []string {
	var faults []string
	folder, named := "", false
	for _, found := range quotedWord.FindAllStringSubmatch(tests, -1) {
		if !testName.MatchString(found[1]) {
			folder = found[1]
			continue
		}
		named = true
		if !t.hasTest(folder, found[1]) {
			faults = append(faults, fmt.Sprintf("%s has no %s", folder, found[1]))
		}
	}
	quoted := quotedWord.FindAllStringSubmatch(codes, -1)
	if !named || len(quoted) == 0 {
		return append(faults, "name the code in backquotes and the test as `folder` `TestName`")
	}
	for _, found := range quoted {
		if !strings.Contains(f.text, "\n| `"+found[1]+"` | ") && !strings.HasPrefix(f.text, "| `"+found[1]+"` | ") {
			faults = append(faults, found[1]+" has no row of its own")
		}
	}
	return faults
}

func (t *tree) hasTest(folder, name string) bool {
	return slices.ContainsFunc(t.goFiles(), func(f *source) bool {
		return f.isTest() && path.Dir(f.path) == folder && declares(f, name)
	})
}
