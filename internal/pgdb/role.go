package pgdb

import (
	"context"
	"fmt"
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
// create them. Its text tells the administrator which statements to run.
type RoleError struct {
	User, Database string
	Cause          error
}

func (e *RoleError) Error() string {
	return fmt.Sprintf("database user %q may not use the roles of An Sinh (%v); an administrator of the server must run:\n%s",
		e.User, e.Cause, strings.Join(e.Statements(), "\n"))
}

func (e *RoleError) Unwrap() error { return e.Cause }

// Statements are what the administrator must run once, in the database itself.
func (e *RoleError) Statements() []string {
	user := pgx.Identifier{e.User}.Sanitize()
	database := pgx.Identifier{e.Database}.Sanitize()
	return []string{
		"CREATE ROLE " + RoleOwner + " NOLOGIN;",
		"CREATE ROLE " + RoleEngine + " NOLOGIN;",
		"CREATE ROLE " + RoleReader + " NOLOGIN;",
		"GRANT " + RoleOwner + ", " + RoleEngine + ", " + RoleReader + " TO " + user + ";",
		"GRANT CREATE ON DATABASE " + database + " TO " + RoleOwner + ";",
	}
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

	ready, err := rolesReady(ctx, conn)
	if err != nil {
		return err
	}
	if ready {
		return nil
	}
	statements := (&RoleError{User: conn.Config().User, Database: conn.Config().Database}).Statements()
	for _, statement := range statements {
		if err := execShared(ctx, conn, statement); err != nil {
			if State(err) == InsufficientRight {
				return &RoleError{User: conn.Config().User, Database: conn.Config().Database, Cause: err}
			}
			return fmt.Errorf("prepare roles (%s): %w", statement, err)
		}
	}
	return nil
}

const sqlRolesReady = `
SELECT count(*) = 3
       AND coalesce(bool_and(pg_catalog.pg_has_role(current_user, oid, 'MEMBER')), false)
       AND coalesce(bool_or(rolname = 'ansinh_owner'
                    AND pg_catalog.has_database_privilege(oid, current_database(), 'CREATE')), false)
  FROM pg_catalog.pg_roles
 WHERE rolname IN ('ansinh_owner', 'ansinh_engine', 'ansinh_reader')`

func rolesReady(ctx context.Context, conn *pgx.Conn) (bool, error) {
	var ready bool
	if err := conn.QueryRow(ctx, sqlRolesReady).Scan(&ready); err != nil {
		return false, fmt.Errorf("look up roles: %w", err)
	}
	return ready, nil
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
