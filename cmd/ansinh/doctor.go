package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"ansinh/internal/doctor"
)

// Variables of the environment that only the doctor reads.
const (
	envTLSCert = "ANSINH_TLS_CERT"
	envTLSKey  = "ANSINH_TLS_KEY"
)

func doctorCommands() []command {
	return []command{{name: "doctor", short: "khám máy và dữ liệu, nói phải sửa gì / look at machine and data, and say what to mend; exit 1 if something must be",
		example: "ansinh doctor --dir /var/lib/ansinh", setup: setupDoctor}}
}

func setupDoctor(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "the findings as JSON")
	listen := f.String("listen", "127.0.0.1:8080", "address the API should have; \"\" to leave it out")
	return func(ctx context.Context, e *env, args []string) error {
		if len(args) > 0 {
			return usagef("what is %q?", args[0])
		}
		findings := doctor.Examine(ctx, e.examination(ctx, *listen))
		if *asJSON {
			if err := e.printJSON(findings); err != nil {
				return err
			}
		} else {
			table := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
			for _, f := range findings {
				fmt.Fprintf(table, "%s / %s\t%s\t%s\n", f.State.WordVI(), f.State, f.Check, f.What)
				if f.Do != "" {
					fmt.Fprintf(table, "\t\t→ %s\n", strings.ReplaceAll(f.Do, "\n", "\n\t\t  "))
				}
			}
			if err := table.Flush(); err != nil {
				return err
			}
		}
		if doctor.Sick(findings) {
			return errReported
		}
		return nil
	}
}

// examination gathers where to look. A database that does not start is a finding,
// not the end.
func (e *env) examination(ctx context.Context, listen string) doctor.Options {
	begun := time.Now()
	url, err := e.databaseThere(ctx)
	o := doctor.Options{Dir: e.folder(), URL: url, DatabaseErr: err, Own: e.server != nil, Keys: os.Getenv(envKeys), Journal: os.Getenv(envJournal),
		Backup: e.backupFolder(), Listen: listen, TLSCert: os.Getenv(envTLSCert), TLSKey: os.Getenv(envTLSKey),
		Now: e.now(), Stopwatch: func() time.Duration { return time.Since(begun) }, Synced: doctor.NTPState, Free: doctor.FreeSpace,
		Demo: existing(e.path("clock")) != ""}
	if os.Getenv(envDatabase) == "" || e.dir != "" {
		o.Own = true
		if o.Journal == "" {
			o.Journal = e.path("journal")
		}
	}
	if o.Keys == "" {
		o.Keys = e.path("keys")
	}
	o.Anchors = e.anchorFolders()
	return o
}

// databaseThere is databaseURL for a database that exists: looking must not make one.
func (e *env) databaseThere(ctx context.Context) (string, error) {
	own := os.Getenv(envDatabase) == "" || e.dir != ""
	if own && existing(e.path("pg", "PG_VERSION")) == "" {
		return "", fmt.Errorf("%s chưa có dữ liệu / holds no database yet", e.folder())
	}
	return e.databaseURL(ctx)
}
