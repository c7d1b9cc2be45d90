package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"ansinh/internal/bench"
	"ansinh/internal/pgdb"
)

func benchCommands() []command {
	return []command{{name: "bench", short: "đo tốc độ, kèm mốc so sánh / measure speed, each figure beside its floor",
		example: "ansinh bench --payments 200000 --entries 500000", setup: setupBench}}
}

func setupBench(f *flag.FlagSet) run {
	payments := f.Int("payments", 200_000, "payments of each of the two batches; three ledger lines each")
	batches := f.Int("batches", 300, "attached batches present beforehand")
	entries := f.Int("entries", 300_000, "entries of the camt.054")
	asJSON := f.Bool("json", false, "print JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if *payments < 1 || *batches < 0 || *entries < 1 {
			return usagef("--payments and --entries are at least 1, --batches at least 0")
		}
		rows, err := measure(ctx, e, bench.LedgerOptions{Payments: *payments, Batches: *batches, Chunk: 10_000, Now: time.Now}, *entries)
		if err != nil {
			return err
		}
		if *asJSON {
			out := json.NewEncoder(e.stdout)
			out.SetIndent("", "  ")
			return out.Encode(rows)
		}
		return bench.Print(e.stdout, rows)
	}
}

// measure runs every figure on a server of its own, with durable settings, in a
// folder that is removed afterwards: the real data folder is never touched.
func measure(ctx context.Context, e *env, o bench.LedgerOptions, entries int) (rows []bench.Row, err error) {
	dir, err := os.MkdirTemp("", "ansinh-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	fmt.Fprintln(e.stderr, "bench: camt.054 …")
	statement, err := bench.Statement(ctx, dir, entries, time.Now)
	if err != nil {
		return nil, err
	}
	server, err := pgdb.StartServer(ctx, dir, pgdb.ServerOptions{})
	if err != nil {
		return nil, err
	}
	defer server.Stop(context.WithoutCancel(ctx)) //nolint:errcheck // its folder goes next
	if err := pgdb.Migrate(ctx, server.URL()); err != nil {
		return nil, err
	}
	db, err := pgdb.Open(ctx, server.URL(), pgdb.Config{})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	owner, err := pgdb.OpenOwner(ctx, server.URL(), pgdb.Config{})
	if err != nil {
		return nil, err
	}
	defer owner.Close()
	fmt.Fprintln(e.stderr, "bench: ledger …")
	rows, err = bench.Ledger(ctx, db, owner, o)
	return append(rows, statement), err
}
