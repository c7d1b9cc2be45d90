package ansinh_test

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/format"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	fileLinesMax        = 800 // no reason is good enough beyond this
	fileLinesWithReason = 500 // above this the first comment says why
	functionLinesMax    = 70

	// ratchetFile lists the functions that are longer, one "path name lines"
	// a row. Rows may shrink and go, never grow.
	ratchetFile = "testdata/long-functions.txt"

	// ratchetRowsMax goes down with the rows, so that none can be added.
	ratchetRowsMax = 0
)

func formatted(t *tree) []string {
	var faults []string
	for _, f := range t.goFiles() {
		clean, err := format.Source([]byte(f.text))
		if err != nil || string(clean) != f.text {
			faults = append(faults, f.path+":1: run gofmt on this file")
		}
	}
	return faults
}

// packageComments wants one comment a package, of at least three sentences: the
// rule it protects, the picture, what it refuses to do.
func packageComments(t *tree) []string {
	var faults []string
	packages := t.packages()
	for _, folder := range sorted(packages) {
		var comments []string
		for _, f := range packages[folder] {
			// go doc shows no comment of a test file; a folder of tests only has no other.
			if f.isTest() && slices.ContainsFunc(packages[folder], func(o *source) bool { return !o.isTest() }) {
				continue
			}
			if f.syntax.Doc != nil {
				comments = append(comments, f.syntax.Doc.Text())
			}
		}
		switch {
		case len(comments) == 0:
			faults = append(faults, fmt.Sprintf("%s: package has no comment: say the rule it protects, the picture, what it refuses to do", folder))
		case len(comments) > 1:
			faults = append(faults, fmt.Sprintf("%s: package has %d comments, keep one in doc.go", folder, len(comments)))
		case sentences(comments[0]) < 3:
			faults = append(faults, fmt.Sprintf("%s: package comment is %q: say the rule it protects, the picture, what it refuses to do",
				folder, new(doc.Package).Synopsis(comments[0])))
		}
	}
	return faults
}

var sentenceEnd = regexp.MustCompile(`[.:!?](\s|$)`)

func sentences(text string) int { return len(sentenceEnd.FindAllString(text, -1)) }

func fileLengths(t *tree) []string {
	var faults []string
	for _, f := range t.goFiles() {
		lines := strings.Count(f.text, "\n")
		first := ""
		if len(f.syntax.Comments) > 0 {
			first = f.syntax.Comments[0].Text()
		}
		switch {
		case lines > fileLinesMax:
			faults = append(faults, fmt.Sprintf("%s:1: %d lines, more than %d: split it", f.path, lines, fileLinesMax))
		case lines > fileLinesWithReason && !strings.Contains(first, "500 lines"):
			faults = append(faults, fmt.Sprintf("%s:1: %d lines: begin its first comment with %q or split it",
				f.path, lines, "More than 500 lines because …"))
		}
	}
	return faults
}

func functionLengths(t *tree) []string {
	var faults []string
	allowed, found := make(map[string]int), make(map[string]bool)
	if f := t.file(ratchetFile); f != nil {
		f.eachLine(func(n int, line string) {
			fields := strings.Fields(line)
			if len(fields) == 0 || strings.HasPrefix(line, "#") {
				return
			}
			if len(fields) != 3 {
				faults = append(faults, fmt.Sprintf("%s:%d: want path, name and lines, got %q", f.path, n, line))
				return
			}
			allowed[fields[0]+" "+fields[1]], _ = strconv.Atoi(fields[2])
		})
	}
	if len(allowed) > ratchetRowsMax {
		faults = append(faults, fmt.Sprintf("%s:1: %d rows, at most %d: shorten the new function instead of listing it",
			ratchetFile, len(allowed), ratchetRowsMax))
	}
	for _, f := range t.goFiles() {
		for _, decl := range f.syntax.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			key := f.path + " " + functionName(fn)
			lines, limit := t.functionLines(f, fn), functionLinesMax
			if listed, ok := allowed[key]; ok {
				found[key], limit = true, listed
				if lines < listed {
					faults = append(faults, t.at(fn, "%s has %d lines now: lower or remove its row in %s", functionName(fn), lines, ratchetFile))
				}
			}
			if lines > limit {
				faults = append(faults, t.at(fn, "%s has %d lines, at most %d", functionName(fn), lines, limit))
			}
		}
	}
	for _, key := range sorted(allowed) {
		if !found[key] {
			faults = append(faults, fmt.Sprintf("%s:1: %s is gone: remove its row", ratchetFile, key))
		}
	}
	return faults
}

// functionLines counts the lines of fn. In a test the lines of composite
// literals do not count: a table of forty cases is still read at a glance.
func (t *tree) functionLines(f *source, fn *ast.FuncDecl) int {
	span := func(n ast.Node) int {
		return t.fset.Position(n.End()).Line - t.fset.Position(n.Pos()).Line
	}
	lines := span(fn) + 1
	if !f.isTest() {
		return lines
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		if literal, ok := n.(*ast.CompositeLit); ok {
			lines -= span(literal)
			return false
		}
		return true
	})
	return lines
}

func functionName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	receiver := fn.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if generic, ok := receiver.(*ast.IndexExpr); ok {
		receiver = generic.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return name.Name + "." + fn.Name.Name
	}
	return fn.Name.Name
}

var goFileName = regexp.MustCompile(`^[a-z][a-z0-9]*(_test)?\.go$`)

// drawers are names that say where things were put, not what they are.
var drawers = []string{"types", "helpers", "helper", "common", "interfaces", "utils", "util", "misc", "models", "model", "base", "shared", "pkg", "src"}

func fileNames(t *tree) []string {
	var faults []string
	for _, f := range t.goFiles() {
		name := path.Base(f.path)
		if !goFileName.MatchString(name) {
			faults = append(faults, f.path+":1: name it by a noun in lower case, no underscore but that of _test")
		}
		noun := strings.TrimSuffix(strings.TrimSuffix(name, ".go"), "_test")
		for _, part := range append(strings.Split(path.Dir(f.path), "/"), noun) {
			if slices.Contains(drawers, part) {
				faults = append(faults, fmt.Sprintf("%s:1: %q names a drawer: name what is inside", f.path, part))
			}
		}
	}
	return faults
}

// constants calls fn with each constant whose name begins with sql and the
// text it stands for.
func (t *tree) constants(f *source, fn func(name *ast.Ident, text string)) {
	for _, decl := range f.syntax.Decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			values := spec.(*ast.ValueSpec)
			for i, name := range values.Names {
				if isQueryName(name.Name) && i < len(values.Values) {
					fn(name, literalText(values.Values[i]))
				}
			}
		}
	}
}

// isQueryName reports whether a constant's name is sql followed by a capital.
func isQueryName(name string) bool {
	rest, ok := strings.CutPrefix(name, "sql")
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
}

// literalText joins the string literals of a constant expression.
func literalText(e ast.Expr) string {
	var text strings.Builder
	ast.Inspect(e, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if s, err := strconv.Unquote(literal.Value); err == nil {
				text.WriteString(s)
			}
		}
		return true
	})
	return text.String()
}

// exportedNames wants a comment on every exported name, and on functions and
// types one that begins with the name, as go doc prints it. A comment on a
// group of constants speaks for the group.
func exportedNames(t *tree) []string {
	var faults []string
	want := func(n ast.Node, name string, comment *ast.CommentGroup) {
		if !ast.IsExported(name) {
			return
		}
		words := strings.Fields(comment.Text())
		if slices.Contains([]string{"A", "An", "The"}, slices.Concat(words, []string{""})[0]) {
			words = words[1:]
		}
		if len(words) == 0 || strings.TrimSuffix(strings.TrimRight(words[0], ",:"), "'s") != name {
			faults = append(faults, t.at(n, "%s needs a comment that begins with its name", name))
		}
	}
	for _, f := range t.goFiles() {
		if f.isTest() || f.syntax.Name.Name == "main" {
			continue
		}
		for _, decl := range f.syntax.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if method := functionName(decl); !selfExplaining(decl) && (decl.Recv == nil || ast.IsExported(method)) {
					want(decl, decl.Name.Name, decl.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					if typed, ok := spec.(*ast.TypeSpec); ok {
						comment := typed.Doc
						if comment == nil {
							comment = decl.Doc
						}
						want(typed, typed.Name.Name, comment)
					}
					if values, ok := spec.(*ast.ValueSpec); ok && decl.Doc == nil && values.Doc == nil && values.Comment == nil && ast.IsExported(values.Names[0].Name) {
						faults = append(faults, t.at(values, "%s needs a comment, or its group does", values.Names[0].Name))
					}
				}
			}
		}
	}
	return faults
}

// selfExplaining are the methods of the standard library's interfaces: what
// they do is known, and silence beats an echo.
func selfExplaining(fn *ast.FuncDecl) bool {
	known := []string{"Error", "String", "Unwrap", "Is", "As", "Len", "Less", "Swap", "Read", "Write", "Close", "ServeHTTP", "GoString", "LogValue", "Format",
		"MarshalText", "UnmarshalText", "MarshalJSON", "UnmarshalJSON", "Scan", "Value"}
	return fn.Recv != nil && slices.Contains(known, fn.Name.Name)
}
