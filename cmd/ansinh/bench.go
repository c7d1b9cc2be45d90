package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/bench"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

func benchCommands() []command {
	return []command{{name: "bench", short: "đo tốc độ, kèm mốc so sánh / measure speed, each figure beside its floor",
		example: "ansinh bench --payments 200000 --entries 500000 --path 1165878", setup: setupBench},
		{name: "bench pages", short: "đo các trang khi nhiều người xem và một đợt đang chi / pages under fifty readers while a batch is paid",
			example: "ansinh bench pages --people 1000000 --batches 10", setup: setupBenchPages},
		{name: "bench import", short: "nhập danh sách của các xã, phường / the lists of the communes, read, checked and taken",
			example: "ansinh bench import --people 1165878 --communes 126", setup: setupBenchImport}}
}

func setupBenchPages(f *flag.FlagSet) run {
	people := f.Int("people", 100_000, "people, with one payment in each batch")
	batches := f.Int("batches", 10, "batches; half of the last one is still being paid")
	visitors := f.Int("visitors", 50, "people who click at once")
	each := f.Int("clicks", 60, "clicks of each")
	think := f.Duration("think", 2*time.Second, "what a reader takes between two clicks, on average")
	plans := f.String("plans", "", "file for the plan of every query of every page, with rows and buffers read")
	workers := f.Int("workers", 2, "batches filled at once")
	fillOnly := f.Bool("fill", false, "stop after filling: how long the data takes")
	asJSON := f.Bool("json", false, "print JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if *people < 1000 || *batches < 1 || *visitors < 1 || *each < 1 {
			return usagef("--people is at least 1000, the others at least 1")
		}
		keys, err := crypt.GenerateKeys(rand.Reader)
		if err != nil {
			return err
		}
		var rows []bench.PageRow
		err = onServer(ctx, func(db, owner *pgxpool.Pool, _ string) error {
			city, err := bench.LoadCity(ctx, db, bench.CityOptions{People: *people, Batches: *batches, Workers: *workers, Keys: keys, Random: rand.Reader, Log: e.stderr})
			if err != nil {
				return err
			}
			if _, err := owner.Exec(ctx, "ANALYZE"); err != nil || *fillOnly {
				return err
			}
			if *plans != "" {
				if err := writePlans(ctx, city, *plans); err != nil {
					return err
				}
			}
			rows, err = city.Pages(ctx, bench.PagesOptions{Visitors: *visitors, Each: *each, Think: *think, Seed: 1, Now: time.Now})
			return err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(rows)
		}
		return bench.PrintPages(e.stdout, rows)
	}
}

func writePlans(ctx context.Context, city *bench.City, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(city.Plans(ctx, file), file.Close())
}

func setupBench(f *flag.FlagSet) run {
	payments := f.Int("payments", 200_000, "payments of each of the two batches; three ledger lines each")
	batches := f.Int("batches", 300, "attached batches present beforehand")
	entries := f.Int("entries", 300_000, "entries of the camt.054; 0 leaves it out")
	path := f.Int("path", 100_000, "payments taken from list to closed batch; first a tenth of them; 0 leaves it out")
	settlement := f.Int("settlement", 0, "entries of one statement, taken in and posted, with the memory that takes; 0 leaves it out")
	asJSON := f.Bool("json", false, "print JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if *payments < 0 || *batches < 0 || *entries < 0 || *path < 0 || *settlement < 0 || *settlement > 1_000_000 {
			return usagef("no size is below 0, and --settlement at most 1,000,000")
		}
		var rows []bench.Row
		if *payments > 0 {
			fmt.Fprintln(e.stderr, "bench: ledger …")
			o := bench.LedgerOptions{Payments: *payments, Batches: *batches, Chunk: 10_000, Now: time.Now}
			err := onServer(ctx, func(db, owner *pgxpool.Pool, _ string) (err error) {
				rows, err = bench.Ledger(ctx, db, owner, o)
				return err
			})
			if err != nil {
				return err
			}
		}
		if *entries > 0 {
			fmt.Fprintln(e.stderr, "bench: camt.054 …")
			row, err := bench.Statement(ctx, os.TempDir(), *entries, time.Now)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		if *settlement > 0 {
			fmt.Fprintln(e.stderr, "bench: settlement …")
			err := onServer(ctx, func(db, owner *pgxpool.Pool, dir string) error {
				row, err := bench.Settlement(ctx, db, owner, bench.MoneyOptions{Payments: *settlement, Dir: dir, Now: time.Now})
				rows = append(rows, row)
				return err
			})
			if err != nil {
				return err
			}
		}
		if *path > 0 {
			fmt.Fprintln(e.stderr, "bench: money path …")
			err := onServer(ctx, func(db, owner *pgxpool.Pool, dir string) error {
				more, err := bench.MoneyPath(ctx, db, owner, bench.MoneyOptions{Payments: *path, Dir: dir, Now: time.Now})
				rows = append(rows, more...)
				return err
			})
			if err != nil {
				return err
			}
		}
		if *asJSON {
			out := json.NewEncoder(e.stdout)
			out.SetIndent("", "  ")
			return out.Encode(rows)
		}
		return bench.Print(e.stdout, rows)
	}
}

// onServer measures on a server of its own, with durable settings, in a folder
// that is removed afterwards: the real data folder is never touched.
func onServer(ctx context.Context, measure func(db, owner *pgxpool.Pool, dir string) error) error {
	return onServerOf(ctx, func(_ *pgdb.Server, db, owner *pgxpool.Pool, dir string) error { return measure(db, owner, dir) })
}

// onServerOf is onServer for a measure that also asks what the server itself used.
func onServerOf(ctx context.Context, measure func(server *pgdb.Server, db, owner *pgxpool.Pool, dir string) error) error {
	dir, err := os.MkdirTemp("", "ansinh-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	server, err := pgdb.StartServer(ctx, dir, pgdb.ServerOptions{})
	if err != nil {
		return err
	}
	defer server.Stop(context.WithoutCancel(ctx)) //nolint:errcheck // its folder goes next
	if err := pgdb.Migrate(ctx, server.URL()); err != nil {
		return err
	}
	db, err := pgdb.Open(ctx, server.URL(), pgdb.Config{})
	if err != nil {
		return err
	}
	defer db.Close()
	owner, err := pgdb.OpenOwner(ctx, server.URL(), pgdb.Config{})
	if err != nil {
		return err
	}
	defer owner.Close()
	return measure(server, db, owner, dir)
}
