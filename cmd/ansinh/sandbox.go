package main

import (
	"context"
	"flag"
	"fmt"
	"os"
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

func setupSandbox(f *flag.FlagSet) run {
	seed := f.Uint64("seed", 1, "seed of keys and faults")
	faults := f.Bool("faults", true, "misbehave as about one payment in a hundred does")
	return func(ctx context.Context, e *env, _ []string) error {
		config := sandbox.Config{Dir: e.folder(), Seed: *seed, Now: e.now()}
		if *faults {
			config.Faults = sandbox.UsualFaults()
		}
		// Made here when new, as every command makes it: the database server's own user must be able to pass through.
		if err := os.MkdirAll(e.folder(), 0o711); err != nil {
			return err
		}
		world, err := sandbox.Open(config)
		if err != nil {
			return err
		}
		e.atEnd(world.Close)
		ends, err := world.Serve(ctx)
		if err != nil {
			return err
		}
		for _, b := range ends.Banks {
			fmt.Fprintf(e.stdout, "%-3s %-24s %s\n", b.ID, b.Name, b.URL)
		}
		fmt.Fprintf(e.stdout, "%-3s %-24s %s\n", "", "control", ends.Control.URL)
		return tick(ctx, world)
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
