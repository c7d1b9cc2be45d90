package ansinh_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// commandsDocumented wants every command of the program to stand in
// docs/OPERATING.md as `ansinh NAME`, and every command named in a document to
// exist. A page that promises a command which is not there is found at night,
// by an operator.
func commandsDocumented(t *tree) []string {
	var faults []string
	operating := ""
	if f := t.file("docs/OPERATING.md"); f != nil {
		operating = f.text
	}
	var names []string
	for _, f := range t.goFiles() {
		if path.Dir(f.path) != "cmd/ansinh" || f.isTest() {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			name := commandName(n)
			if name == "" {
				return true
			}
			names = append(names, name)
			if !strings.Contains(operating, "`ansinh "+name+"`") && !strings.Contains(operating, "`ansinh "+name+" ") {
				faults = append(faults, t.at(n, "docs/OPERATING.md does not say what `ansinh %s` does", name))
			}
			return true
		})
	}
	for _, f := range t.files {
		if path.Ext(f.path) != ".md" {
			continue
		}
		f.eachLine(func(n int, line string) {
			for _, found := range quotedWord.FindAllStringSubmatch(line, -1) {
				words := strings.Fields(found[1])
				if len(words) < 2 || words[0] != "ansinh" || strings.HasPrefix(words[1], "-") || words[1] == strings.ToUpper(words[1]) {
					continue
				}
				if !slices.Contains(names, words[1]) && (len(words) < 3 || !slices.Contains(names, words[1]+" "+words[2])) {
					faults = append(faults, fmt.Sprintf("%s:%d: there is no command `%s`", f.path, n, found[1]))
				}
			}
		})
	}
	return faults
}

// commandName returns the name in a literal of the program's command table: one
// that has a name and a short text.
func commandName(n ast.Node) string {
	literal, ok := n.(*ast.CompositeLit)
	if !ok {
		return ""
	}
	texts := make(map[string]string)
	for _, value := range literal.Elts {
		pair, ok := value.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if text, ok := pair.Value.(*ast.BasicLit); ok && text.Kind == token.STRING {
			texts[fmt.Sprint(pair.Key)], _ = strconv.Unquote(text.Value)
		}
	}
	if texts["short"] == "" {
		return ""
	}
	return texts["name"]
}
