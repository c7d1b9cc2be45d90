package ansinh_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// forbidden lists calls that make a run impossible to repeat, with what to do
// instead. Timers that only bound a wait (time.NewTimer, a context deadline)
// are not here: they decide when we give up, never what is true.
var forbidden = map[string]map[string]string{
	"time": {
		"Now":   "take the time as an argument or a field Now func() time.Time",
		"Since": "it reads the clock: take the time as an argument",
		"Until": "it reads the clock: take the time as an argument",
		"After": "wait on a signal or a context",
		"Sleep": "wait on a signal or a context",
		"Tick":  "it never stops: use a timer its owner stops",
	},
	"github.com/google/uuid": {
		"New": "ids come in as arguments", "NewString": "ids come in as arguments", "NewRandom": "ids come in as arguments",
		"NewUUID": "ids come in as arguments", "NewV6": "ids come in as arguments", "NewV7": "ids come in as arguments",
	},
}

// seeded are the names of math/rand that make a source from a seed; all other
// functions of the package draw from a seed nobody knows.
var seeded = []string{"New", "NewPCG", "NewChaCha8", "NewSource", "NewZipf", "Rand", "PCG", "ChaCha8", "Source", "Source64", "Zipf"}

// inTests are the calls that a test may not make either: a test that waits for
// a wall clock is slow on a good day and red on a bad one.
var inTests = []string{"Sleep", "Tick"}

// clockKept names the files outside cmd and internal/pgtest that may make a
// forbidden call, each with its reason.
var clockKept = map[string]string{}

// forbiddenCalls finds uses of the clock and of unseeded chance. cmd hands the
// real ones in, and internal/pgtest waits for a real server.
func forbiddenCalls(t *tree) []string {
	var faults []string
	for _, f := range t.goFiles() {
		if f.in("cmd") || f.in("internal/pgtest") || clockKept[f.path] != "" {
			continue
		}
		imports := importNames(f.syntax)
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			called, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, ok := called.X.(*ast.Ident)
			if !ok {
				return true
			}
			library, name := imports[from.Name], called.Sel.Name
			if (library == "math/rand" || library == "math/rand/v2") && !slices.Contains(seeded, name) {
				faults = append(faults, t.at(called, "rand.%s draws from a seed nobody knows: take a *rand.Rand made from a seed", name))
			}
			if instead := forbidden[library][name]; instead != "" && (!f.isTest() || slices.Contains(inTests, name)) {
				faults = append(faults, t.at(called, "%s.%s: %s", path.Base(library), name, instead))
			}
			return true
		})
	}
	return faults
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// importNames maps the name a file uses to the path it imports.
func importNames(f *ast.File) map[string]string {
	names := make(map[string]string)
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(imported)
		if majorVersion.MatchString(name) {
			name = path.Base(path.Dir(imported))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
	}
	return names
}

// moneyFolders are where an amount is read, kept or compared.
var moneyFolders = []string{"ledger", "payout", "reconciliation", "registry", "internal/money", "bankadapters"}

// floatsKept names the files of those folders that may use a float, each with
// its reason.
var floatsKept = map[string]string{
	"registry/annotate/measure.go":        "a width of a column and a height of a row are floats; no cell's value is",
	"registry/birth.go":                   "a spreadsheet keeps a date as a float of days; no amount is read there",
	"registry/sheet/biffnumber.go":        "an old .xls keeps every number as a float; it becomes digits again and no sum is made of it",
	"bankadapters/sandbox/portal_test.go": "puts half a đồng into a cell, which the portal must refuse",
}

// throughFloat are names of the standard library and of decimal that lead an
// amount through a float.
var throughFloat = []string{"ParseFloat", "FormatFloat", "NewFromFloat", "NewFromFloat32", "NewFromFloatWithExponent", "InexactFloat64", "Float64", "Float32"}

func floats(t *tree) []string {
	var faults []string
	for _, f := range t.goFiles() {
		if floatsKept[f.path] != "" || !slices.ContainsFunc(moneyFolders, f.in) {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "float64" || n.Name == "float32" {
					faults = append(faults, t.at(n, "%s near money: use money.Amount, or decimal for a rate", n.Name))
				}
			case *ast.BasicLit:
				if n.Kind == token.FLOAT {
					faults = append(faults, t.at(n, "%s is a float near money: use integers, or decimal for a rate", n.Value))
				}
			case *ast.SelectorExpr:
				if slices.Contains(throughFloat, n.Sel.Name) {
					faults = append(faults, t.at(n, "%s leads an amount through a float", n.Sel.Name))
				}
			}
			return true
		})
	}
	return faults
}

// skips finds skipped tests: what cannot run here must fail and say what is
// missing, or green would mean nothing.
func skips(t *tree) []string {
	var faults []string
	for _, f := range t.goFiles() {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			called, ok := n.(*ast.SelectorExpr)
			if !ok || !strings.HasPrefix(called.Sel.Name, "Skip") {
				return true
			}
			on, ok := called.X.(*ast.Ident)
			if ok && slices.Contains([]string{"t", "b", "f", "tb"}, on.Name) && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, called.Sel.Name) {
				faults = append(faults, t.at(called, "%s.%s: a test that cannot run must fail and say what is missing", on.Name, called.Sel.Name))
			}
			return true
		})
	}
	return faults
}

// failing are the methods by which a test fails.
var failing = []string{"Error", "Errorf", "Fatal", "Fatalf", "Fail", "FailNow"}

// idleTests finds tests that nothing in the code under test can make fail: they
// neither fail by themselves nor hand their t to anybody who could.
func idleTests(t *tree) []string {
	var faults []string
	for _, f := range t.goFiles() {
		if !f.isTest() {
			continue
		}
		for _, d := range f.syntax.Decls {
			test, ok := d.(*ast.FuncDecl)
			if ok && test.Recv == nil && strings.HasPrefix(test.Name.Name, "Test") && test.Name.Name != "TestMain" && !canFail(test.Body) {
				faults = append(faults, t.at(test, "%s cannot fail: say what must be and what must never be", test.Name.Name))
			}
		}
	}
	return faults
}

func canFail(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if method, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(failing, method.Sel.Name) {
			found = true
		}
		for _, given := range call.Args {
			if name, ok := given.(*ast.Ident); ok && name.Name == "t" {
				found = true
			}
		}
		return !found
	})
	return found
}

// enums are the types whose every switch must name every value: a new value
// that falls into a default is how money goes twice. Types of which a switch may
// rightly look at a few values (a state, a status) are not here; what is done for
// each of those stands in tables that tests walk.
var enums = []struct{ folder, name string }{
	{"bankadapters", "Outcome"},
	{"internal/errs", "Kind"},
	{"bankadapters", "Rail"},
	{"bankadapters", "Proof"},
	{"bankadapters", "Kind"},
	{"payout", "SubmissionState"},
	{"registry", "Method"},
}

// outcomes finds switches over one of enums that leave a value out, whether or
// not they have a default.
func outcomes(t *tree) []string {
	var faults []string
	for _, enum := range enums {
		values := t.enumValues(enum.folder, enum.name)
		for _, f := range t.goFiles() {
			home := path.Dir(f.path) == enum.folder
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				choice, ok := n.(*ast.SwitchStmt)
				if !ok {
					return true
				}
				named := casesNamed(choice, path.Base(enum.folder), home)
				missing := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return slices.Contains(named, v) })
				if len(missing) > 0 && len(missing) < len(values) {
					faults = append(faults, t.at(choice, "switch over %s.%s leaves out %s",
						path.Base(enum.folder), enum.name, strings.Join(missing, ", ")))
				}
				return true
			})
		}
	}
	return faults
}

// enumValues lists the constants declared with this type; in a block with
// iota the type is written on the first one only.
func (t *tree) enumValues(folder, name string) []string {
	var values []string
	for _, f := range t.goFiles() {
		if path.Dir(f.path) != folder || f.isTest() {
			continue
		}
		for _, decl := range f.syntax.Decls {
			general, ok := decl.(*ast.GenDecl)
			if !ok || general.Tok != token.CONST {
				continue
			}
			ours := false
			for _, spec := range general.Specs {
				constant := spec.(*ast.ValueSpec)
				if constant.Type != nil || len(constant.Values) > 0 {
					ours = fmt.Sprint(constant.Type) == name
				}
				for _, id := range constant.Names {
					if ours && id.Name != "_" {
						values = append(values, id.Name)
					}
				}
			}
		}
	}
	return values
}

// casesNamed lists the constants of a package that stand in the cases of a
// switch: pkg.Name, or plain Name when the switch is at home there.
func casesNamed(choice *ast.SwitchStmt, pkg string, home bool) []string {
	var named []string
	for _, statement := range choice.Body.List {
		for _, e := range statement.(*ast.CaseClause).List {
			switch e := e.(type) {
			case *ast.SelectorExpr:
				if from, ok := e.X.(*ast.Ident); ok && from.Name == pkg {
					named = append(named, e.Sel.Name)
				}
			case *ast.Ident:
				if home {
					named = append(named, e.Name)
				}
			}
		}
	}
	return named
}
