package pgtest

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// statement is one constant named sql… and where it stands.
type statement struct {
	name, sql string
	at        token.Position
}

// PrepareAll asks PostgreSQL to prepare every constant named sqlXxx in the Go
// files of dir (tests left out) against the current schema, as ansinh_engine,
// and to plan it, which also shows a missing grant. Each failure names file and
// line. It is the whole of a package's TestEveryQueryPrepares:
//
//	func TestEveryQueryPrepares(t *testing.T) { pgtest.PrepareAll(t, ".") }
//
// Nothing is left out silently: a variable named sqlXxx, a constant whose value
// cannot be computed from the package alone, and a folder without any statement
// are failures; a utility statement, which PostgreSQL only parses, is logged.
// COPY is checked by its table and columns. Parameters are NULL when planning,
// so nothing is executed.
func PrepareAll(t *testing.T, dir string) {
	t.Helper()
	statements, err := findStatements(dir)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	if len(statements) == 0 {
		t.Fatalf("pgtest: no constant named sqlXxx in %s", dir)
	}
	db := DB(t)
	for _, s := range statements {
		conn, err := db.Acquire(t.Context())
		if err != nil {
			t.Fatalf("pgtest: %v", err)
		}
		note, err := s.prepare(t.Context(), conn.Conn())
		conn.Release()
		switch {
		case err != nil:
			t.Errorf("%s: %s: %v", s.at, s.name, err)
		case note != "":
			t.Logf("%s: %s: %s", s.at, s.name, note)
		}
	}
}

var (
	statementName = regexp.MustCompile(`^sql[A-Z]`)
	planned       = regexp.MustCompile(`(?is)^\s*(--[^\n]*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH|VALUES|MERGE|TABLE)\b`)
	copied        = regexp.MustCompile(`(?is)^\s*COPY\s+([\w."]+)\s*\(([^)]*)\)\s+(FROM\s+STDIN|TO\s+STDOUT)`)
)

// prepare returns a note when PostgreSQL could check less than the whole.
func (s statement) prepare(ctx context.Context, conn *pgx.Conn) (note string, err error) {
	sql := s.sql
	if m := copied.FindStringSubmatch(sql); m != nil {
		sql = fmt.Sprintf("SELECT %s FROM %s", m[2], m[1])
		note = "COPY, checked by its table and columns"
	}
	sql, _, err = pgx.NamedArgs{}.RewriteQuery(ctx, conn, sql, nil)
	if err != nil {
		return "", err
	}
	description, err := conn.Prepare(ctx, "", sql)
	if err != nil {
		return "", err
	}
	if note != "" {
		return note, nil
	}
	if !planned.MatchString(sql) {
		return "a utility statement, only parsed", nil
	}
	return "", plan(ctx, conn, sql, len(description.ParamOIDs))
}

// plan is EXPLAIN with NULL for every parameter.
func plan(ctx context.Context, conn *pgx.Conn, sql string, params int) error {
	if _, err := conn.Exec(ctx, "PREPARE pgtest_statement AS "+sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		return err
	}
	execute := "EXPLAIN EXECUTE pgtest_statement"
	if params > 0 {
		execute += "(NULL" + strings.Repeat(", NULL", params-1) + ")"
	}
	_, err := conn.Exec(ctx, execute, pgx.QueryExecModeSimpleProtocol)
	_, after := conn.Exec(ctx, "DEALLOCATE pgtest_statement")
	return errors.Join(err, after)
}

// findStatements type-checks the package just far enough to know its constants.
// Imports are not loaded; what depends on them stays unknown and is reported.
func findStatements(dir string) ([]statement, error) {
	fset := token.NewFileSet()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{
		Importer: noImports{},
		Error:    func(error) {}, // unknown imports, on purpose
	}
	_, _ = config.Check(dir, fset, files, info) // the errors of unknown imports again

	var found []statement
	var wrong []error
	for ident, object := range info.Defs {
		if object == nil || !statementName.MatchString(ident.Name) {
			continue
		}
		at := fset.Position(ident.Pos())
		switch object := object.(type) {
		case *types.Const:
			if object.Val().Kind() != constant.String {
				wrong = append(wrong, fmt.Errorf("%s: %s: its value is not known from this package alone", at, ident.Name))
				continue
			}
			found = append(found, statement{ident.Name, constant.StringVal(object.Val()), at})
		case *types.Var:
			wrong = append(wrong, fmt.Errorf("%s: %s: a statement must be a constant, or be named otherwise", at, ident.Name))
		default: // a function or type may be called so
		}
	}
	slices.SortFunc(found, func(a, b statement) int {
		return strings.Compare(fmt.Sprintf("%s:%08d", a.at.Filename, a.at.Line), fmt.Sprintf("%s:%08d", b.at.Filename, b.at.Line))
	})
	return found, errors.Join(wrong...)
}

// noImports resolves no package.
type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is not loaded", path)
}
