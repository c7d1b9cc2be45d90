package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"ansinh/bankadapters"
	"ansinh/ledger"
	"ansinh/payout"
)

func submissionCommands() []command {
	return []command{{name: "submission export", short: "xuất tệp lệnh đã gửi / the finished bytes of submissions, held against the hash of their intent",
		example: "ansinh submission export --dir ./ansinh-demo --all --out ./orders", setup: setupSubmissionExport}}
}

// suffixes name the files of each rail.
var suffixes = map[bankadapters.Rail]string{bankadapters.RailISO20022: ".xml", bankadapters.RailSheet: ".xlsx", bankadapters.RailList: ".csv"}

func setupSubmissionExport(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f)
	all := f.Bool("all", false, "of all batches")
	out := f.String("out", "", "folder to write into")
	return func(ctx context.Context, e *env, _ []string) error {
		if *all == (b.batch > 0) || *out == "" {
			return usagef("--out, and either --all or --batch, are needed")
		}
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		numbers, err := payout.SubmissionNumbers(ctx, works.DB, ledger.BatchID(b.batch))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(*out, 0o700); err != nil {
			return err
		}
		for _, no := range numbers {
			s, finished, err := works.Engine.Finished(ctx, no)
			if err != nil {
				return err
			}
			path := filepath.Join(*out, string(s.Message)+suffixes[works.Engine.Lines[s.Channel].Profile.Rail])
			if err := os.WriteFile(path, finished, 0o600); err != nil {
				return err
			}
			fmt.Fprintf(e.stdout, "%s %s %d khoản / payments, %s đồng, %s\n", path, s.Channel, s.Count, s.Total, s.State)
		}
		return nil
	}
}
