package pgtest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"ansinh/internal/pgdb"

	"github.com/jackc/pgx/v5"
)

// templatesMax is how many templates of other schema versions stay, so that
// switching between two branches costs nothing.
const templatesMax = 6

const templateLock = 0x616e73696e680003

var (
	templateOnce sync.Once
	templateName string
	templateErr  error
)

// useTemplate returns the template database of the current schema.
func useTemplate(t testing.TB) string {
	t.Helper()
	s := useShared(t)
	templateOnce.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), setUpLimit)
		defer cancel()
		templateName = "ansinh_template_" + pgdb.SchemaHash()[:16]
		templateErr = ensureTemplate(ctx, s.url, templateName)
	})
	if templateErr != nil {
		t.Fatalf("pgtest: migrate the template database: %v", templateErr)
	}
	return templateName
}

// ensureTemplate migrates a new database and then closes it to connections,
// because one open connection would stop every clone. A template that is not
// closed was left half-made by a killed program.
func ensureTemplate(ctx context.Context, url, name string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `SELECT pg_catalog.pg_advisory_lock($1)`, int64(templateLock)); err != nil {
		return fmt.Errorf("lock templates: %w", err)
	}
	var complete bool
	const sqlComplete = `
SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1 AND NOT datallowconn)`
	if err := conn.QueryRow(ctx, sqlComplete, name).Scan(&complete); err != nil {
		return fmt.Errorf("look up template: %w", err)
	}
	if complete {
		return nil
	}
	for _, statement := range []string{
		`DROP DATABASE IF EXISTS ` + name + ` WITH (FORCE)`,
		`CREATE DATABASE ` + name + ` TEMPLATE template0`,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make template: %w", err)
		}
	}
	templateURL, err := databaseURL(url, name)
	if err != nil {
		return err
	}
	if err := pgdb.Migrate(ctx, templateURL); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`); err != nil {
		return fmt.Errorf("close template: %w", err)
	}
	return dropOldTemplates(ctx, conn)
}

const sqlOldTemplates = `
SELECT datname
  FROM pg_catalog.pg_database
 WHERE datname LIKE 'ansinh\_template\_%'
 ORDER BY oid DESC
OFFSET $1`

func dropOldTemplates(ctx context.Context, conn *pgx.Conn) error {
	rows, _ := conn.Query(ctx, sqlOldTemplates, templatesMax)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list old templates: %w", err)
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+name); err != nil && pgdb.State(err) != pgdb.ObjectInUse {
			return fmt.Errorf("drop old template: %w", err)
		}
	}
	return nil
}
