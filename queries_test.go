package ansinh_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// sqlForbidden are what a query may not contain. The clock and chance come in
// as arguments, so that a run can be repeated; columns are listed, so that a
// query means the same before and after a migration.
var sqlForbidden = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)\bselect\s+(distinct\s+)?([a-z_]+\.)?\*`), "list the columns"},
	{regexp.MustCompile(`(?i)\breturning\s+([a-z_]+\.)?\*`), "list the columns"},
	{regexp.MustCompile(`(?i)\b(now|random|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|gen_random_uuid)\s*\(`), "time, chance and ids come in as arguments"},
	{regexp.MustCompile(`(?i)\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b`), "time comes in as an argument"},
}

var sqlComment = regexp.MustCompile(`--[^\n]*|(?s)/\*.*?\*/`)

// queryTexts reads every constant named sql… and every migration.
func queryTexts(t *tree) []string {
	var faults []string
	for _, f := range t.files {
		if f.syntax != nil {
			t.constants(f, func(name *ast.Ident, text string) {
				for _, fault := range sqlFaults(text) {
					faults = append(faults, t.at(name, "%s: %s", name.Name, fault))
				}
			})
		} else if path.Ext(f.path) == ".sql" && !inTestdata(f.path) {
			for _, fault := range sqlFaults(f.text) {
				faults = append(faults, f.path+":1: "+fault)
			}
		}
	}
	return faults
}

func sqlFaults(text string) []string {
	var faults []string
	text = sqlComment.ReplaceAllString(text, "")
	for _, rule := range sqlForbidden {
		if found := rule.pattern.FindString(text); found != "" {
			faults = append(faults, fmt.Sprintf("%q: %s", strings.Join(strings.Fields(found), " "), rule.instead))
		}
	}
	return faults
}

var looksLikeQuery = regexp.MustCompile(`^\s*(SELECT\s|INSERT INTO\s|UPDATE\s+\w|DELETE FROM\s|TRUNCATE\s|WITH\s+\w+\s+AS\s)`)

// An advisory lock touches no table, so there is nothing to prepare it against.
var advisoryLock = regexp.MustCompile(`^\s*SELECT (pg_catalog\.)?pg_(try_)?advisory_\w+\(`)

// queriesKept names the files that may hold a query outside a constant named
// sql…, each with its reason.
var queriesKept = map[string]string{
	"internal/pgdb/server.go":       "asks the server before our database exists, so there is no schema to prepare against",
	"internal/backup/write.go":      "exports the snapshot that pg_dump reads; it touches no table",
	"internal/doctor/servertime.go": "compares the server's clock with ours, the one query that must read it",
}

// queriesOutsideConstants finds queries that the prepare test would not see.
// Tests and the test database may ask what they like.
func queriesOutsideConstants(t *tree) []string {
	var faults []string
	for _, f := range t.goFiles() {
		if f.isTest() || f.in("internal/pgtest") || queriesKept[f.path] != "" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if general, ok := n.(*ast.GenDecl); ok && general.Tok == token.CONST {
				for _, spec := range general.Specs {
					if values, ok := spec.(*ast.ValueSpec); ok && len(values.Names) > 0 && isQueryName(values.Names[0].Name) {
						return false
					}
				}
			}
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err == nil && looksLikeQuery.MatchString(text) && !advisoryLock.MatchString(text) {
				faults = append(faults, t.at(literal, "a query outside a constant named sql…: no test prepares it"))
			}
			return true
		})
	}
	return faults
}

// preparedKept names the files whose queries no prepare test asks about, each
// with its reason.
var preparedKept = map[string]string{
	"internal/pgdb/migration.go": "runs at every migration, so in every test of a database, before the schema is whole",
	"internal/pgdb/role.go":      "runs at every start, before the roles that a prepared query needs",
}

// queriesPrepared wants a TestEveryQueryPrepares in every package that has a
// query.
func queriesPrepared(t *tree) []string {
	var faults []string
	packages := t.packages()
	for _, folder := range sorted(packages) {
		if folder == "internal/pgtest" {
			continue // each of its queries runs in every test of a database
		}
		queries, prepared := 0, false
		for _, f := range packages[folder] {
			if f.isTest() {
				prepared = prepared || declares(f, "TestEveryQueryPrepares")
				continue
			}
			if preparedKept[f.path] == "" {
				t.constants(f, func(*ast.Ident, string) { queries++ })
			}
		}
		if queries > 0 && !prepared {
			faults = append(faults, fmt.Sprintf("%s: %d queries and no TestEveryQueryPrepares", folder, queries))
		}
	}
	return faults
}

func declares(f *source, function string) bool {
	for _, decl := range f.syntax.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == function {
			return true
		}
	}
	return false
}

var migrationName = regexp.MustCompile(`/[0-9]{5}_[a-z0-9_]+\.sql$`)

// migrations wants each to be numbered, to say why in its first line, and to
// have a number of its own.
func migrations(t *tree) []string {
	var faults []string
	taken := make(map[string]string)
	for _, f := range t.files {
		if path.Ext(f.path) != ".sql" || path.Base(path.Dir(f.path)) != "migrations" {
			continue
		}
		if !migrationName.MatchString(f.path) {
			faults = append(faults, f.path+":1: name it by five digits and its purpose: 00012_attach_partitions.sql")
			continue
		}
		if !strings.HasPrefix(f.text, "-- ") {
			faults = append(faults, f.path+":1: begin with a comment that says why")
		}
		number := path.Base(f.path)[:5]
		if other := taken[number]; other != "" {
			faults = append(faults, fmt.Sprintf("%s:1: %s has this number already", f.path, other))
		}
		taken[number] = f.path
	}
	return faults
}
