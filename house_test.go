package ansinh_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"
)

// A rule reads the whole repository and returns one sentence for each fault.
// Sentences begin with file:line, so that an editor can jump there.
type rule func(*tree) []string

// rules are all rules that need nothing but the files. The import ranks need
// the go command as well and stand in imports_test.go.
//
// Each rule has a planted fault in planted_test.go that it must find: a rule
// that cannot fail protects nothing.
var rules = map[string]rule{
	"every Go file is gofmt-clean":                   formatted,
	"every package says what it protects":            packageComments,
	"every exported name is explained":               exportedNames,
	"files stay short":                               fileLengths,
	"functions stay short":                           functionLengths,
	"files are named by noun":                        fileNames,
	"time and chance come in as arguments":           forbiddenCalls,
	"no float near money":                            floats,
	"no test is skipped":                             skips,
	"every test can fail":                            idleTests,
	"every outcome is handled":                       outcomes,
	"SQL lists columns and reads no clock":           queryTexts,
	"SQL stands in named constants":                  queriesOutsideConstants,
	"every query is prepared by a test":              queriesPrepared,
	"migrations are numbered and say why":            migrations,
	"nothing is left unfinished":                     unfinished,
	"no name of a machine":                           machineNames,
	"names in documents are those of the code":       namesInDocuments,
	"commands in documents are those of the program": commandsDocumented,
	"links in documents lead somewhere":              links,
	"every error code is in docs/ERRORS.md":          errorCodes,
	"each bad input has its code and its test":       badInputRows,
	"go.mod replaces nothing":                        replacements,
	"every dependency is in docs/DECISIONS.md":       dependencies,
	"every make target has a help line":              makeTargets,
}

// TestHouse applies every rule to this repository.
func TestHouse(t *testing.T) {
	t.Parallel()
	repository, err := read(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for name, check := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, fault := range check(repository) {
				t.Error(fault)
			}
		})
	}
}

// tree is the repository as the rules see it: its text files in path order
// and the syntax of those that are Go.
type tree struct {
	fset  *token.FileSet
	files []*source
	other []string // paths of files that are no text: pictures, fonts
}

// source is one text file. Its path is slash-separated from the root.
type source struct {
	path   string
	text   string
	syntax *ast.File // nil unless the file is Go
}

// outputFolders hold what a build or a run leaves behind, never sources.
var outputFolders = []string{".git", "bin", "dist", "var", "node_modules"}

// sizeMax is far above any source; larger files are data and hold no prose.
const sizeMax = 1 << 20

// read loads every text file of the repository. A Go file that does not parse
// is an error: the compiler says more about it than a rule could.
func read(fsys fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains(outputFolders, name) {
				return fs.SkipDir
			}
			return nil
		}
		if name == ".git" { // of a second working tree: a file that names this machine's folders
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() || info.Size() > sizeMax {
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if !utf8.Valid(text) || strings.ContainsRune(string(text[:min(len(text), 8000)]), 0) {
			t.other = append(t.other, name)
			return nil
		}
		f := &source{path: name, text: string(text)}
		if path.Ext(name) == ".go" && !inTestdata(name) {
			f.syntax, err = parser.ParseFile(t.fset, name, text, parser.ParseComments)
			if err != nil {
				return err
			}
		}
		t.files = append(t.files, f)
		return nil
	})
	return t, err
}

// file returns the file at exactly this path, or nil.
func (t *tree) file(name string) *source {
	for _, f := range t.files {
		if f.path == name {
			return f
		}
	}
	return nil
}

// goFiles returns the files that have syntax.
func (t *tree) goFiles() []*source {
	var out []*source
	for _, f := range t.files {
		if f.syntax != nil {
			out = append(out, f)
		}
	}
	return out
}

// packages groups the Go files by folder.
func (t *tree) packages() map[string][]*source {
	out := make(map[string][]*source)
	for _, f := range t.goFiles() {
		out[path.Dir(f.path)] = append(out[path.Dir(f.path)], f)
	}
	return out
}

// at starts a sentence with the place of a node.
func (t *tree) at(n ast.Node, format string, args ...any) string {
	p := t.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, fmt.Sprintf(format, args...))
}

// eachLine calls fn with every line of f, counted from 1.
func (f *source) eachLine(fn func(n int, line string)) {
	n := 0
	for line := range strings.Lines(f.text) {
		n++
		fn(n, strings.TrimRight(line, "\n"))
	}
}

func (f *source) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// in reports whether f lies in folder or below it.
func (f *source) in(folder string) bool { return strings.HasPrefix(f.path, folder+"/") }

func inTestdata(name string) bool { return strings.Contains("/"+name, "/testdata/") }

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
