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

// The patterns below are written in pieces, or this file would be the first
// that breaks them.
var (
	unfinishedMark = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX|not imple` + `mented)\b`)

	machineName = regexp.MustCompile(`/w` + `ork/|/f` + `arm/|/r` + `oot/|https?://(proxy|registry|deb|sum)\.`)
)

func unfinished(t *tree) []string {
	return t.linesMatching(unfinishedMark, "%q: finish it, or describe it where it can be found and planned")
}

// machineNames finds paths and hosts that exist only where somebody happened
// to work.
func machineNames(t *tree) []string {
	return t.linesMatching(machineName, "%q is a name of one machine: the project runs on any")
}

// linesMatching reads every text file but go.sum, which is not ours to word,
// and data tables, where three capital letters may be a code.
func (t *tree) linesMatching(pattern *regexp.Regexp, sentence string) []string {
	var faults []string
	for _, f := range t.files {
		if f.path == "go.sum" || slices.Contains([]string{".csv", ".json", ".xsd"}, path.Ext(f.path)) {
			continue
		}
		f.eachLine(func(n int, line string) {
			if found := pattern.FindString(line); found != "" {
				faults = append(faults, fmt.Sprintf("%s:%d: "+sentence, f.path, n, found))
			}
		})
	}
	return faults
}

var link = regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)

// links wants every relative link of a Markdown file to lead to a file or a
// folder of the repository.
func links(t *tree) []string {
	var faults []string
	for _, f := range t.files {
		if path.Ext(f.path) != ".md" {
			continue
		}
		f.eachLine(func(n int, line string) {
			for _, found := range link.FindAllStringSubmatch(line, -1) {
				if strings.Contains(found[1], "://") || strings.HasPrefix(found[1], "mailto:") {
					continue
				}
				target := path.Join(path.Dir(f.path), found[1])
				there := slices.ContainsFunc(t.files, func(o *source) bool { return o.path == target || o.in(target) })
				if !there {
					faults = append(faults, fmt.Sprintf("%s:%d: link to %s leads nowhere", f.path, n, found[1]))
				}
			}
		})
	}
	return faults
}

// errorCode is the form of a code a person can quote on the telephone: words
// joined by hyphens. Codes of categories and character sets have a part that
// begins with a digit, so they are not meant.
var errorCode = regexp.MustCompile(`^[A-Z]{2,}(-[A-Z][A-Z0-9]*)+$`)

// errorCodes wants each code given to package errs to be listed in
// docs/ERRORS.md. A code is a string of errorCode's form in a call, a literal
// or a constant of package errs, in a constant whose name begins with code, or
// in a field named Code of any literal.
func errorCodes(t *tree) []string {
	var faults []string
	listed := ""
	if f := t.file("docs/ERRORS.md"); f != nil {
		listed = f.text
	}
	for _, f := range t.goFiles() {
		if f.isTest() {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			for _, code := range codesIn(n) {
				if !strings.Contains(listed, "`"+code+"`") {
					faults = append(faults, t.at(n, "error code %s is not in docs/ERRORS.md", code))
				}
			}
			return true
		})
	}
	return faults
}

func codesIn(n ast.Node) []string {
	var values []ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		if fromErrs(n.Fun) {
			values = n.Args
		}
	case *ast.CompositeLit:
		for i, value := range n.Elts {
			pair, keyed := value.(*ast.KeyValueExpr)
			switch {
			case keyed && (fromErrs(n.Type) || fmt.Sprint(pair.Key) == "Code"):
				values = append(values, pair.Value)
			case !keyed && fromErrs(n.Type):
				values = append(values, n.Elts[i])
			}
		}
	case *ast.ValueSpec:
		if fromErrs(n.Type) || strings.HasPrefix(strings.ToLower(n.Names[0].Name), "code") {
			values = n.Values
		}
	}
	var codes []string
	for _, value := range values {
		literal, ok := value.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			continue
		}
		if text, err := strconv.Unquote(literal.Value); err == nil && errorCode.MatchString(text) {
			codes = append(codes, text)
		}
	}
	return codes
}

func fromErrs(e ast.Expr) bool {
	selector, ok := e.(*ast.SelectorExpr)
	return ok && fmt.Sprint(selector.X) == "errs"
}

func replacements(t *tree) []string {
	var faults []string
	f := t.file("go.mod")
	if f == nil {
		return []string{"go.mod: there is none"}
	}
	f.eachLine(func(n int, line string) {
		if fields := strings.Fields(line); len(fields) > 0 && (fields[0] == "replace" || slices.Contains(fields, "=>")) {
			faults = append(faults, fmt.Sprintf("%s:%d: a replacement builds something else than what is named", f.path, n))
		}
	})
	return faults
}

const dependenciesMax = 30

// dependencies wants every library we import to be named in docs/DECISIONS.md,
// with what we would lose without it, and fewer than dependenciesMax of them.
func dependencies(t *tree) []string {
	var faults []string
	decided := ""
	if f := t.file("docs/DECISIONS.md"); f != nil {
		decided = f.text
	}
	used := make(map[string]*ast.ImportSpec)
	for _, f := range t.goFiles() {
		for _, spec := range f.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil || !strings.Contains(strings.Split(imported, "/")[0], ".") {
				continue
			}
			if module := t.moduleOf(imported); used[module] == nil {
				used[module] = spec
			}
		}
	}
	for _, module := range sorted(used) {
		if !strings.Contains(decided, "`"+module+"`") {
			faults = append(faults, t.at(used[module], "%s is not in docs/DECISIONS.md: say what we would lose without it", module))
		}
	}
	if len(used) > dependenciesMax {
		faults = append(faults, fmt.Sprintf("go.mod:1: %d direct dependencies, at most %d", len(used), dependenciesMax))
	}
	return faults
}

// moduleOf returns the module of go.mod that an import belongs to, the longest
// where several fit, or the import itself.
func (t *tree) moduleOf(imported string) string {
	module := ""
	if f := t.file("go.mod"); f != nil {
		f.eachLine(func(_ int, line string) {
			fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
			if len(fields) >= 2 && within(imported, fields[0]) && len(fields[0]) > len(module) {
				module = fields[0]
			}
		})
	}
	if module == "" {
		return imported
	}
	return module
}

var target = regexp.MustCompile(`^([a-z][a-z0-9/-]*):([^=].*)?$`)

// makeTargets wants a help line behind every target of the Makefile.
func makeTargets(t *tree) []string {
	var faults []string
	f := t.file("Makefile")
	if f == nil {
		return []string{"Makefile: there is none"}
	}
	f.eachLine(func(n int, line string) {
		if found := target.FindStringSubmatch(line); found != nil && !strings.Contains(line, "## ") {
			faults = append(faults, fmt.Sprintf("%s:%d: target %s has no ## help", f.path, n, found[1]))
		}
	})
	return faults
}
