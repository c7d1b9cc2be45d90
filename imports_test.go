package ansinh_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rank says how far down the house a package lives. Data flows from low to
// high: a package may import only packages of lower rank.
type rank float64

func (r rank) String() string { return strconv.FormatFloat(float64(r), 'g', -1, 64) }

// ranks is the import rule of the whole module. A new package is added here
// first, with the question "who may know of it?" answered by its number.
var ranks = map[string]rank{
	"ansinh":                       0, // holds the rules, no code
	"ansinh/internal/money":        0,
	"ansinh/internal/calendar":     0,
	"ansinh/internal/vntext":       0,
	"ansinh/internal/errs":         0,
	"ansinh/internal/crypt":        0,
	"ansinh/internal/pgdb":         1,
	"ansinh/internal/audit":        2,
	"ansinh/internal/pgtest":       2, // tests only; it may know pgdb and nothing else
	"ansinh/web/browser":           2, // tests only; it knows nothing of ours
	"ansinh/ledger":                3,
	"ansinh/bankadapters":          3,
	"ansinh/bankadapters/sandbox":  3.7,
	"ansinh/bankadapters/banktest": 3.7,
	"ansinh/registry/sheet":        3.6, // walks cells; knows no list
	"ansinh/registry":              4,
	"ansinh/registry/demolist":     4, // knows none of our lists' code
	"ansinh/registry/annotate":     4.2,
	"ansinh/registry/people":       4.3,
	"ansinh/registry/verification": 4.5,
	// The register and the banks as others run them: none of our code.
	"ansinh/registry/verification/sandbox": 3.7,
	"ansinh/internal/bench":                8.5,
	"ansinh/payout":                        5,
	"ansinh/reconciliation":                6,
	"ansinh/timeliness":                    6,
	"ansinh/reports":                       7,
	"ansinh/reports/filing":                7.4, // keeps what reports, timeliness and ledger compute
	"ansinh/web/accounts":                  7.5,
	"ansinh/web/records":                   7.5,
	"ansinh/web/uploads":                   7.5,
	"ansinh/web":                           8,
	"ansinh/web/api":                       8,
	"ansinh/internal/backup":               8.5,
	"ansinh/internal/doctor":               8.7,
	"ansinh/internal/errorspage":           8.7, // writes docs/ERRORS.md from the code
	"ansinh/internal/packaging":            8.7, // scripts and their test
	"ansinh/internal/assembly":             8.5, // knows all parts, holds no rule; for cmd and simtest
	"ansinh/cmd/ansinh":                    9,
	"ansinh/simtest":                       9,
}

// wireRank is the rank of every other folder of bankadapters: one wire format
// or rail each.
const wireRank rank = 3.5

// mayUse lists the modules outside the standard library that the innermost
// packages may use. A package that is a key here may use no other, nor any
// package of ours unless listed.
var mayUse = map[string][]string{
	"ansinh":                               nil,
	"ansinh/internal/money":                {"github.com/shopspring/decimal"},
	"ansinh/internal/calendar":             nil,
	"ansinh/internal/vntext":               {"golang.org/x/text"},
	"ansinh/internal/errs":                 nil,
	"ansinh/internal/crypt":                {"golang.org/x/crypto"},
	"ansinh/web/browser":                   {"github.com/chromedp/chromedp", "github.com/chromedp/cdproto"},
	"ansinh/bankadapters/sandbox":          nil, // a bank that shares our code would share our mistakes
	"ansinh/registry/verification/sandbox": nil,
}

// onlyIn lists modules that only some packages may use.
var onlyIn = map[string][]string{
	// The simulator calls the same steps without River, so nobody else may lean on it.
	"github.com/riverqueue/river": {"ansinh/cmd/ansinh", "ansinh/payout", "ansinh/internal/pgdb"},
	"github.com/pressly/goose":    {"ansinh/internal/pgdb"},
	"github.com/sony/gobreaker":   {"ansinh/bankadapters", "ansinh/registry/verification"},
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string // of its internal tests
	XTestImports []string // of its external tests
}

func TestImportRanks(t *testing.T) {
	t.Parallel()
	packages, err := goList()
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range importFaults(packages) {
		t.Error(fault)
	}
}

// goList asks the go command for every package of the module. -e keeps a
// package that does not compile in the list: its imports count all the same.
func goList() ([]listed, error) {
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []listed
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		all = append(all, p)
	}
}

// importFaults returns a sentence for each import that the house forbids.
func importFaults(packages []listed) []string {
	var faults []string
	for _, p := range packages {
		own, known := rankOf(p.ImportPath)
		if !known {
			faults = append(faults, fmt.Sprintf("%s has no rank: add it to ranks in imports_test.go", short(p.ImportPath)))
			continue
		}
		for _, imported := range p.Imports {
			faults = append(faults, importFault(p.ImportPath, own, imported)...)
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			faults = append(faults, testImportFault(p.ImportPath, imported)...)
		}
	}
	return faults
}

func importFault(importer string, own rank, imported string) []string {
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }

	allowed, bounded := mayUse[importer]
	foreign := strings.Contains(strings.Split(imported, "/")[0], ".")
	switch {
	case bounded && (foreign || ours(imported)) && !slices.ContainsFunc(allowed, func(m string) bool { return within(imported, m) }):
		add("%s imports %s: it may use the standard library%s", short(importer), short(imported), and(allowed))
	case ours(imported):
		other, known := rankOf(imported)
		if imported == "ansinh/internal/pgtest" && importer != "ansinh/simtest" {
			add("%s imports internal/pgtest outside its tests", short(importer))
		} else if imported == "ansinh/web/browser" {
			add("%s imports web/browser outside its tests", short(importer))
		} else if importer == "ansinh/internal/pgtest" && imported != "ansinh/internal/pgdb" {
			add("internal/pgtest imports %s: it may know internal/pgdb only, checks are registered with it", short(imported))
		} else if known && other >= own {
			add("%s (rank %v) imports %s (rank %v)", short(importer), own, short(imported), other)
		}
	}
	for _, module := range sorted(onlyIn) {
		if within(imported, module) && !slices.Contains(onlyIn[module], importer) {
			add("%s imports %s: only %s may", short(importer), imported, strings.Join(onlyIn[module], ", "))
		}
	}
	return faults
}

// testImportFault lets tests reach upwards for fakes and contract suites, but
// not to the two packages that know everything: a test that needs the binary
// or the simulator belongs there.
func testImportFault(importer, imported string) []string {
	for _, top := range []string{"ansinh/cmd", "ansinh/simtest"} {
		if within(imported, top) && !within(importer, top) {
			return []string{fmt.Sprintf("a test of %s imports %s: move the test there", short(importer), short(imported))}
		}
	}
	return nil
}

func rankOf(importPath string) (rank, bool) {
	if r, ok := ranks[importPath]; ok {
		return r, true
	}
	wire, ok := strings.CutPrefix(importPath, "ansinh/bankadapters/")
	return wireRank, ok && !strings.Contains(wire, "/")
}

func ours(importPath string) bool { return within(importPath, "ansinh") }

// within reports whether importPath is root or lies below it, of any major
// version.
func within(importPath, root string) bool {
	return importPath == root || strings.HasPrefix(importPath, root+"/")
}

func short(importPath string) string { return strings.TrimPrefix(importPath, "ansinh/") }

func and(modules []string) string {
	if len(modules) == 0 {
		return " only"
	}
	return " and " + strings.Join(modules, ", ")
}

func TestImportRanksCatchPlantedImports(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		planted listed
		want    []string
	}{
		"upwards": {
			planted: listed{ImportPath: "ansinh/reconciliation", Imports: []string{"ansinh/payout", "ansinh/web"}},
			want:    []string{"reconciliation (rank 6) imports web (rank 8)"},
		},
		"sideways": {
			planted: listed{ImportPath: "ansinh/ledger", Imports: []string{"ansinh/bankadapters"}},
			want:    []string{"ledger (rank 3) imports bankadapters (rank 3)"},
		},
		"wire formats do not know each other": {
			planted: listed{ImportPath: "ansinh/bankadapters/sheet", Imports: []string{"ansinh/bankadapters/iso20022"}},
			want:    []string{"bankadapters/sheet (rank 3.5) imports bankadapters/iso20022 (rank 3.5)"},
		},
		"a package nobody ranked": {
			planted: listed{ImportPath: "ansinh/misc"},
			want:    []string{"misc has no rank: add it to ranks in imports_test.go"},
		},
		"the sandbox shares nothing with us": {
			planted: listed{ImportPath: "ansinh/bankadapters/sandbox", Imports: []string{"net/http", "ansinh/internal/money"}},
			want:    []string{"bankadapters/sandbox imports internal/money: it may use the standard library only"},
		},
		"an inner package takes a library": {
			planted: listed{ImportPath: "ansinh/internal/money", Imports: []string{"github.com/shopspring/decimal", "golang.org/x/text/language"}},
			want:    []string{"internal/money imports golang.org/x/text/language: it may use the standard library and github.com/shopspring/decimal"},
		},
		"River outside the two places": {
			planted: listed{ImportPath: "ansinh/reconciliation", Imports: []string{"github.com/riverqueue/river/rivertype"}},
			want: []string{"reconciliation imports github.com/riverqueue/river/rivertype: " +
				"only ansinh/cmd/ansinh, ansinh/payout, ansinh/internal/pgdb may"},
		},
		"the test database in the product": {
			planted: listed{ImportPath: "ansinh/payout", Imports: []string{"ansinh/internal/pgtest"}},
			want:    []string{"payout imports internal/pgtest outside its tests"},
		},
		"the browser in the product": {
			planted: listed{ImportPath: "ansinh/web", Imports: []string{"ansinh/web/browser"}},
			want:    []string{"web imports web/browser outside its tests"},
		},
		"the test database knows the ledger": {
			planted: listed{ImportPath: "ansinh/internal/pgtest", Imports: []string{"ansinh/ledger", "ansinh/internal/pgdb"}},
			want:    []string{"internal/pgtest imports ledger: it may know internal/pgdb only, checks are registered with it"},
		},
		"a test reaches for the simulator": {
			planted: listed{ImportPath: "ansinh/ledger", XTestImports: []string{"ansinh/simtest", "ansinh/internal/pgtest"}},
			want:    []string{"a test of ledger imports simtest: move the test there"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, importFaults([]listed{tt.planted})); diff != "" {
				t.Errorf("importFaults (-want +got):\n%s", diff)
			}
		})
	}
}
