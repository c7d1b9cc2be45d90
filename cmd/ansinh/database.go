package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"ansinh/internal/pgdb"
)

func databaseCommands() []command {
	return []command{
		{name: "db url", short: "in địa chỉ cơ sở dữ liệu / print the database's URL; an own server is started and left running",
			example: "psql \"$(ansinh db url --dir ./ansinh-demo)\"", setup: setupDBURL},
		{name: "db psql", args: "-- ARGS", short: "mở psql / run psql on the database",
			example: "ansinh db psql --dir ./ansinh-demo -- -c 'SELECT count(*) FROM ledger.line'", setup: setupDBPsql},
		{name: "db migrate", short: "nâng cấp lược đồ / bring the schema to this program's version",
			example: "ansinh db migrate --dir ./ansinh-demo", setup: setupDBMigrate},
		{name: "db stop", short: "dừng máy chủ riêng / stop the data folder's own database server",
			example: "ansinh db stop --dir ./ansinh-demo", setup: setupDBStop},
	}
}

func setupDBURL(*flag.FlagSet) run {
	return func(ctx context.Context, e *env, _ []string) error {
		url, err := e.databaseURL(ctx)
		if err != nil {
			return err
		}
		e.keepServer = true
		fmt.Fprintln(e.stdout, url)
		return nil
	}
}

func setupDBPsql(*flag.FlagSet) run {
	return func(ctx context.Context, e *env, args []string) error {
		url, err := e.databaseURL(ctx)
		if err != nil {
			return err
		}
		dir := ""
		if e.server != nil {
			dir = e.folder()
		}
		psql, err := pgdb.ClientCommand(ctx, dir, "psql", append([]string{url}, args...)...)
		if err != nil {
			return err
		}
		psql.Env = append(os.Environ(), psql.Env...) // the operator's terminal and pager, with the package's libraries
		psql.Stdin, psql.Stdout, psql.Stderr = os.Stdin, e.stdout, e.stderr
		return psql.Run()
	}
}

func setupDBMigrate(*flag.FlagSet) run {
	return func(ctx context.Context, e *env, _ []string) error {
		if _, err := e.migrated(ctx); err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, "schema", pgdb.SchemaHash())
		return nil
	}
}

func setupDBStop(*flag.FlagSet) run {
	return func(ctx context.Context, e *env, _ []string) error {
		return pgdb.StopServer(ctx, e.folder())
	}
}
