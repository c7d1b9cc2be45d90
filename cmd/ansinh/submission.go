package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"ansinh/bankadapters"
	"ansinh/internal/assembly"
	"ansinh/ledger"
	"ansinh/payout"
)

func submissionCommands() []command {
	return []command{{name: "submission export", short: "xuất các lệnh đã lập / write the messages as they were sent, byte for byte, with a manifest",
		example: "ansinh submission export --dir ./ansinh-demo --all --out ./submissions", setup: setupSubmissionExport}}
}

func setupSubmissionExport(f *flag.FlagSet) run {
	all := f.Bool("all", false, "of every batch")
	batch := f.Int("batch", 0, "of one batch")
	out := f.String("out", "", "folder to write to")
	return func(ctx context.Context, e *env, _ []string) error {
		if *out == "" || *all == (*batch != 0) {
			return usagef("--out and one of --all, --batch are needed")
		}
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		return exportSubmissions(ctx, e, works, ledger.BatchID(*batch), *out)
	}
}

// extension is what a rail's messages are called on disk.
var extension = map[bankadapters.Rail]string{
	bankadapters.RailISO20022: "xml",
	bankadapters.RailSheet:    "xlsx",
	bankadapters.RailList:     "csv",
}

// exportSubmissions writes one file per submission and a manifest whose hashes
// are those stored with the intents.
func exportSubmissions(ctx context.Context, e *env, works *assembly.Works, batch ledger.BatchID, folder string) error {
	numbers, err := payout.SubmissionNumbers(ctx, works.DB, batch)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return e.writeTo(filepath.Join(folder, "manifest.txt"), func(w io.Writer) error {
		table := tabwriter.NewWriter(w, 0, 4, 1, ' ', 0)
		fmt.Fprintln(table, "submission\tchannel\tmessage\tcount\ttotal\tstate\thead\tsha256")
		for _, no := range numbers {
			s, finished, err := works.Engine.Finished(ctx, no)
			if errors.Is(err, bankadapters.ErrReadBack) && s.BytesLost() {
				fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%s\t%s\t%s\tlost with the send journal\n", s.No, s.Channel, s.Message, s.Count, s.Total.Exact(), s.State, s.Head)
				continue
			}
			if err != nil {
				return err
			}
			sub := filepath.Join(folder, string(s.Channel))
			if err := os.MkdirAll(sub, 0o700); err != nil {
				return err
			}
			name := string(s.Message) + "." + extension[works.Engine.Lines[s.Channel].Profile.Rail]
			// Accounts stand in the clear here: for the owner's eyes only.
			if err := os.WriteFile(filepath.Join(sub, name), finished, 0o600); err != nil {
				return err
			}
			fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%s\t%s\t%s\t%x\n", s.No, s.Channel, s.Message, s.Count, s.Total.Exact(), s.State, s.Head, s.SHA256)
		}
		fmt.Fprintf(e.stderr, "%d submissions in %s\n", len(numbers), folder)
		return table.Flush()
	})
}
