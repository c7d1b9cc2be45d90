package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"time"

	"ansinh/bankadapters/sandbox"
)

func sandboxCommands() []command {
	return []command{
		{name: "sandbox", short: "chạy các ngân hàng mẫu / run the sandbox banks until interrupted",
			example: "ansinh sandbox --dir ./ansinh-demo --seed 1", setup: setupSandbox},
		{name: "sandbox book", short: "in sổ của một ngân hàng mẫu / print a sandbox bank's own book",
			example: "ansinh sandbox book --dir ./ansinh-demo --bank B --json", setup: setupSandboxBook},
		{name: "sandbox control", args: "CALL JSON", short: "cấp tiền, khóa ngày, gửi tệp của ngân hàng mẫu / fund, close a day, deliver: what moves running sandbox banks",
			example: `ansinh sandbox control --dir ./ansinh-demo close-day '{"date":"2026-01-27"}'`, setup: setupSandboxControl},
	}
}

// controlSaid stands in the last line that a sandbox prints when it is ready.
const controlSaid = "control"

func setupSandbox(f *flag.FlagSet) run {
	seed := f.Uint64("seed", 1, "seed of keys and faults")
	faults := f.Bool("faults", true, "misbehave as about one payment in a hundred does")
	demo := f.Int("demo", 0, "be the banks of a demo of so many people: its script and faults, no time of their own, until standard input ends")
	profile := f.String("profile", "", "write processor and memory profiles into this folder at the end")
	return func(ctx context.Context, e *env, _ []string) error {
		keepsBooks()
		config := sandbox.Config{Dir: e.folder(), Seed: *seed, Now: e.now()}
		switch {
		case *demo > 0:
			config.Faults, config.Script = demoFaults(*demo), demoScript(*demo)
		case *faults:
			config.Faults = sandbox.UsualFaults()
		}
		// Made here when new, as every command makes it: the database server's own user must be able to pass through.
		if err := os.MkdirAll(e.folder(), 0o711); err != nil {
			return err
		}
		return profiled(*profile, "sandbox", func() error {
			if *demo > 0 {
				return e.demoSandbox(ctx, config)
			}
			world, err := e.openSandbox(ctx, config)
			if err != nil {
				return err
			}
			return tick(ctx, world)
		})
	}
}

// keepsBooks sets the collector back: the banks' books live in memory, grow with
// every payment, and know no limit.
func keepsBooks() {
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(math.MaxInt64)
}

// openSandbox opens the banks' books and lets them listen until the command ends.
func (e *env) openSandbox(ctx context.Context, config sandbox.Config) (*sandbox.World, error) {
	world, err := sandbox.Open(config)
	if err != nil {
		return nil, err
	}
	e.atEnd(world.Close)
	ends, err := world.Serve(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range ends.Banks {
		fmt.Fprintf(e.stdout, "%-3s %-24s %s\n", b.ID, b.Name, b.URL)
	}
	fmt.Fprintf(e.stdout, "%-3s %-24s %s\n", "", controlSaid, ends.Control.URL)
	return world, nil
}

// demoSandbox is openSandbox for a demo: it ends when the demo's end of standard
// input closes, whatever became of the demo. Time moves only with requests, so that
// one goroutine's demo meets the same banks in every run.
func (e *env) demoSandbox(ctx context.Context, config sandbox.Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // an error ends it too
		cancel()
	}()
	if err := e.awaitBooks(ctx, config); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// booksWait is how often a demo's sandbox looks whether that of a demo just killed
// has let go of the books: it is ending, and half a minute is far more than it needs.
const booksWait = 300

func (e *env) awaitBooks(ctx context.Context, config sandbox.Config) error {
	for looks := 0; ; looks++ {
		_, err := e.openSandbox(ctx, config)
		if !errors.Is(err, sandbox.ErrInUse) || looks == booksWait {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// tick lets queued messages be taken when nobody asks.
func tick(ctx context.Context, world *sandbox.World) error {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
			if err := world.Tick(); err != nil {
				return err
			}
		}
	}
}

func setupSandboxBook(f *flag.FlagSet) run {
	bank := f.String("bank", "", "A, B, C, D, E, P1 or P2; all when empty")
	asJSON := f.Bool("json", false, "the whole book as JSON")
	return func(_ context.Context, e *env, _ []string) error {
		if *asJSON {
			return sandbox.PrintBook(e.stdout, e.folder(), *bank)
		}
		if *bank == "" {
			return usagef("--bank is needed without --json")
		}
		book, err := sandbox.ReadBook(e.folder(), *bank)
		if err != nil {
			return err
		}
		s := book.Summary
		fmt.Fprintf(e.stdout, "%s %s: last closed day %s\ncredited %d (%d đồng), of them doubled by the bank %d (%d đồng)\nreturned %d, rejected %d, waiting %d, lost %d\n",
			book.Bank, book.Name, book.LastClosed, s.Credited, s.CreditedVND, s.DoubleCredits, s.DoubleCreditsVND, s.Returned, s.Rejected, s.Waiting, s.Lost)
		for _, a := range book.Accounts {
			fmt.Fprintf(e.stdout, "account %s: %d đồng\n", a.Account, a.Balance)
		}
		return nil
	}
}
