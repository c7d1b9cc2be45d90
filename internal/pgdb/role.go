package pgdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// The three roles, none of which can log in.
const (
	RoleOwner  = "ansinh_owner"  // owns every schema and table; only migrations work as it
	RoleEngine = "ansinh_engine" // what the program works as: INSERT and SELECT, more only where granted
	RoleReader = "ansinh_reader" // auditors: SELECT only
)

// RoleError means that the roles are missing and the user of the URL may not
// create or use them. Its text tells the administrator which statements to run.
type RoleError struct {
	User, Database string
	// Missing are the statements still to be run; empty means that it is not
	// known, and [RoleError.Statements] lists all.
	Missing []string
	Cause   error
}

func (e *RoleError) Error() string {
	return fmt.Sprintf("database user %q may not use the roles of An Sinh (%v); an administrator of the server must run in database %q:\n%s",
		e.User, e.Cause, e.Database, strings.Join(e.Statements(), "\n"))
}

func (e *RoleError) Unwrap() error { return e.Cause }

// Statements are what the administrator must run once, in the database itself.
func (e *RoleError) Statements() []string {
	if len(e.Missing) > 0 {
		return e.Missing
	}
	return roleStatements(e.User, e.Database, roleState{})
}

// roleState is what a server already has.
type roleState struct {
	Roles     []string // that exist
	Member    bool     // the user may take on all three
	MayCreate bool     // the owner may create schemas in this database
}

func roleStatements(user, database string, have roleState) []string {
	var statements []string
	for _, role := range []string{RoleOwner, RoleEngine, RoleReader} {
		if !slices.Contains(have.Roles, role) {
			statements = append(statements, "CREATE ROLE "+role+" NOLOGIN;")
		}
	}
	if !have.Member {
		statements = append(statements, "GRANT "+RoleOwner+", "+RoleEngine+", "+RoleReader+" TO "+pgx.Identifier{user}.Sanitize()+";")
	}
	if !have.MayCreate {
		statements = append(statements, "GRANT CREATE ON DATABASE "+pgx.Identifier{database}.Sanitize()+" TO "+RoleOwner+";")
	}
	return statements
}

// roleLock is the advisory lock for work on roles. Advisory locks belong to one
// database and roles to the whole server, so the lock only spares us most
// collisions; the rest is caught by [execShared].
const roleLock = 0x616e73696e680001

// ensureRoles creates the roles if the server lacks them, lets the connected
// user take them on, and lets the owner create schemas in this database.
func ensureRoles(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `SELECT pg_catalog.pg_advisory_lock($1)`, int64(roleLock)); err != nil {
		return fmt.Errorf("lock roles: %w", err)
	}
	defer conn.Exec(context.WithoutCancel(ctx), `SELECT pg_catalog.pg_advisory_unlock($1)`, int64(roleLock)) //nolint:errcheck // released with the connection otherwise

	user, database := conn.Config().User, conn.Config().Database
	have, err := readRoles(ctx, conn)
	if err != nil {
		return err
	}
	statements := roleStatements(user, database, have)
	for i, statement := range statements {
		if err := execShared(ctx, conn, statement); err != nil {
			if State(err) == InsufficientRight {
				return &RoleError{User: user, Database: database, Missing: statements[i:], Cause: err}
			}
			return fmt.Errorf("prepare roles (%s): %w", statement, err)
		}
	}
	return nil
}

// MissingRoles lists the statements that an administrator of the server must
// still run for the user of url, none if all is there. It changes nothing.
func MissingRoles(ctx context.Context, url string) ([]string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect for roles: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	have, err := readRoles(ctx, conn)
	if err != nil {
		return nil, err
	}
	return roleStatements(conn.Config().User, conn.Config().Database, have), nil
}

const sqlReadRoles = `
SELECT coalesce(array_agg(rolname::text ORDER BY rolname), '{}') AS roles,
       count(*) = 3 AND coalesce(bool_and(pg_catalog.pg_has_role(current_user, oid, 'MEMBER')), false) AS member,
       coalesce(bool_or(rolname = 'ansinh_owner'
                        AND pg_catalog.has_database_privilege(oid, current_database(), 'CREATE')), false) AS may_create
  FROM pg_catalog.pg_roles
 WHERE rolname IN ('ansinh_owner', 'ansinh_engine', 'ansinh_reader')`

func readRoles(ctx context.Context, conn *pgx.Conn) (roleState, error) {
	rows, _ := conn.Query(ctx, sqlReadRoles)
	have, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[roleState])
	if err != nil {
		return roleState{}, fmt.Errorf("look up roles: %w", err)
	}
	return have, nil
}

// execShared runs a statement that changes what the whole server shares. Two
// databases doing the same at the same time make one of them fail with a
// duplicate or with "tuple concurrently updated" (XX000); the work is then done
// or can be tried again.
func execShared(ctx context.Context, conn *pgx.Conn, statement string) error {
	var err error
	for range 10 {
		_, err = conn.Exec(ctx, statement)
		switch State(err) {
		case "":
			return err // nil, or no answer from the server
		case DuplicateObject, UniqueViolation:
			return nil
		case "XX000":
			continue
		default:
			return err
		}
	}
	return err
}
