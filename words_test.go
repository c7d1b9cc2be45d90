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
				there := slices.ContainsFunc(t.files, func(o *source) bool { return o.path == target || o.in(target) }) ||
					slices.Contains(t.other, target)
				if !there {
					faults = append(faults, fmt.Sprintf("%s:%d: link to %s leads nowhere", f.path, n, found[1]))
				}
			}
		})
	}
	return faults
}

var (
	goPath        = regexp.MustCompile(`^[a-z0-9/]+(_test)?\.go$`)
	wholeTestName = regexp.MustCompile(`^Test[A-Z][A-Za-z0-9]+$`)
	goCalled      = regexp.MustCompile(`^(?:[A-Za-z]+\.)?([A-Za-z]+)\(\)$`)
)

// namesInDocuments wants every Go file named in a document to exist, and every
// function written behind it, as in `ledger/post.go` `Post()`, to be declared
// there. A test may be named alone. A map that shows a street which is gone is
// worse than none.
func namesInDocuments(t *tree) []string {
	var faults []string
	for _, f := range t.files {
		if path.Ext(f.path) != ".md" {
			continue
		}
		f.eachLine(func(n int, line string) {
			var about *source
			for _, found := range quotedWord.FindAllStringSubmatch(line, -1) {
				called := goCalled.FindStringSubmatch(found[1])
				switch {
				case wholeTestName.MatchString(found[1]) && !t.hasTestAnywhere(found[1]):
					faults = append(faults, fmt.Sprintf("%s:%d: there is no test %s", f.path, n, found[1]))
				case goPath.MatchString(found[1]):
					if about = t.file(found[1]); about == nil {
						faults = append(faults, fmt.Sprintf("%s:%d: there is no file %s", f.path, n, found[1]))
					}
				case called != nil && about != nil && !declaresAny(about, called[1]):
					faults = append(faults, fmt.Sprintf("%s:%d: %s does not declare %s", f.path, n, about.path, found[1]))
				}
			}
		})
	}
	return faults
}

// declaresAny reports whether f declares a function or a method of this name.
func declaresAny(f *source, name string) bool {
	return f.syntax != nil && slices.ContainsFunc(f.syntax.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Name.Name == name
	})
}

// errorCode is the form of a code a person can quote on the telephone: words
// joined by hyphens. Codes of categories and character sets have a part that
// begins with a digit, so they are not meant.
var errorCode = regexp.MustCompile(`^[A-Z]{2,}(-[A-Z][A-Z0-9]*)+$`)

// codeCell is the first cell of a row of docs/ERRORS.md about a code.
var codeCell = regexp.MustCompile("^\\| `([A-Z]{2,}(?:-[A-Z][A-Z0-9]*)+)` \\|")

// errorCodes wants each code of the program to have a row in docs/ERRORS.md,
// and each row a code. Any text of errorCode's form outside tests is a code,
// wherever it stands: a code in a variable is shown to people too.
func errorCodes(t *tree) []string {
	var faults []string
	rows, used := make(map[string]string), make(map[string]bool)
	if f := t.file("docs/ERRORS.md"); f != nil {
		f.eachLine(func(n int, line string) {
			if found := codeCell.FindStringSubmatch(line); found != nil {
				if rows[found[1]] != "" {
					faults = append(faults, fmt.Sprintf("%s:%d: %s has a row already", f.path, n, found[1]))
				}
				rows[found[1]] = fmt.Sprintf("%s:%d", f.path, n)
			}
		})
	}
	for _, f := range t.goFiles() {
		if f.isTest() {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			code, err := strconv.Unquote(literal.Value)
			if err != nil || !errorCode.MatchString(code) {
				return true
			}
			if used[code] = true; rows[code] == "" {
				faults = append(faults, t.at(n, "error code %s is not in docs/ERRORS.md", code))
			}
			return true
		})
	}
	for _, code := range sorted(rows) {
		if !used[code] {
			faults = append(faults, fmt.Sprintf("%s: no error of the program has the code %s", rows[code], code))
		}
	}
	return faults
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

func (t *tree) hasTestAnywhere(name string) bool {
	return slices.ContainsFunc(t.goFiles(), func(f *source) bool { return f.isTest() && declares(f, name) })
}
