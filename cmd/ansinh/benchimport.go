package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/bench"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/demolist"
)

func setupBenchImport(f *flag.FlagSet) run {
	people := f.Int("people", 100_000, "people on the lists")
	communes := f.Int("communes", 126, "communes, with a workbook each")
	workers := f.Int("workers", runtime.NumCPU(), "files read at the same time")
	asJSON := f.Bool("json", false, "print JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		all := registry.Communes()
		if *people < *communes || *communes < 1 || *communes > len(all) || *workers < 1 {
			return usagef("--communes is 1 to %d, --people at least as many, --workers at least 1", len(all))
		}
		var row bench.Row
		err := onServerOf(ctx, func(server *pgdb.Server, db, owner *pgxpool.Pool, dir string) (err error) {
			row, err = benchImport(ctx, e, importSize{*people, all[:*communes], *workers}, server, db, owner, dir)
			return err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON([]bench.Row{row})
		}
		return bench.Print(e.stdout, []bench.Row{row})
	}
}

type importSize struct {
	people   int
	communes []registry.Unit
	workers  int
}

// benchImport writes the lists of the demo and takes them as `list import` does.
func benchImport(ctx context.Context, e *env, size importSize, server *pgdb.Server, db, owner *pgxpool.Pool, dir string) (bench.Row, error) {
	keys, err := crypt.GenerateKeys(rand.Reader)
	if err != nil {
		return bench.Row{}, err
	}
	now := demoFirstDay.At(9, 0)
	schemes, err := payout.Schemes()
	if err != nil {
		return bench.Row{}, err
	}
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		for _, scheme := range schemes {
			if err := payout.AddScheme(ctx, tx, scheme); err != nil {
				return err
			}
		}
		return registry.Prepare(ctx, tx, true, now)
	})
	if err != nil {
		return bench.Row{}, err
	}
	fmt.Fprintln(e.stderr, "bench: write the lists …")
	folder := filepath.Join(dir, "lists")
	err = inventLists(ctx, folder, 1, size.people, size.communes, newProgress(io.Discard), func(demolist.Unit, demolist.Truth) {})
	if err != nil {
		return bench.Row{}, err
	}
	fmt.Fprintln(e.stderr, "bench: import them …")
	take := func(ctx context.Context) (int, int64, error) {
		l := listImport{e: &env{dir: dir, stdout: io.Discard, stderr: io.Discard}, db: db, keys: keys}
		l.options = registry.ImportOptions{Programme: demoProgramme, By: "bench", AcceptValid: true, Now: now, Random: rand.Reader, Claims: payout.Claimed}
		l.lists.workers = size.workers
		files, err := l.lists.find([]string{folder})
		if err != nil {
			return 0, 0, err
		}
		err = l.takeAll(ctx, files)
		return l.sum.Taken, int64(l.sum.RowsTaken), err
	}
	cpu := func() (engine, database time.Duration) { return ownCPU(), treeCPU(server.PID()) }
	return bench.Lists(ctx, db, owner, bench.ListsOptions{Take: take, CPU: cpu, Now: time.Now})
}
