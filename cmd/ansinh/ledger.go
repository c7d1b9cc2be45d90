package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"ansinh/internal/assembly"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

func ledgerCommands() []command {
	return []command{
		{name: "ledger verify", short: "kiểm tra toàn bộ sổ / re-walk the whole ledger: hashes, chain, rules of money, ties",
			example: "ansinh ledger verify --dir ./ansinh-demo --anchor head.txt", setup: setupVerify},
		{name: "ledger anchor", short: "ghi mốc sổ ra ngoài / write the ledger's head, signed, into every anchor folder",
			example: "ANSINH_ANCHOR=/mnt/audit ansinh ledger anchor --dir ./ansinh-demo", setup: setupAnchor},
		{name: "ledger trial-balance", short: "bảng cân đối / every account with turnover and balance",
			example: "ansinh ledger trial-balance --dir ./ansinh-demo --as-of 2026-02-10", setup: setupTrialBalance},
		{name: "ledger export", short: "xuất sổ / the books as an hledger journal or as CSV",
			example: "ansinh ledger export --dir ./ansinh-demo --format hledger -o books.journal", setup: setupExport},
	}
}

func setupVerify(f *flag.FlagSet) run {
	anchor := f.String("anchor", "", "file of heads kept outside (the last line counts), or one head as printed: NUMBER-HASH")
	fast := f.Bool("fast", false, "headers, chain and totals only")
	asJSON := f.Bool("json", false, "the result as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		options := ledger.VerifyOptions{Fast: *fast}
		if *anchor != "" {
			head, err := readHead(*anchor)
			if err != nil {
				return err
			}
			options.Anchor = &head
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		report, err := ledger.Verify(ctx, db, options)
		if err != nil {
			return err
		}
		ties, err := payout.CheckTies(ctx, db)
		if err != nil {
			return err
		}
		return e.printVerify(report, ties, *asJSON)
	}
}

func (e *env) printVerify(report ledger.Report, ties []ledger.TieError, asJSON bool) error {
	good := report.OK() && len(ties) == 0
	if asJSON {
		problems := []string{}
		for _, f := range report.Findings {
			problems = append(problems, f.String())
		}
		for _, t := range ties {
			problems = append(problems, t.Error())
		}
		err := e.printJSON(map[string]any{"vouchers": report.Vouchers, "lines": report.Lines, "unsealed": report.Unsealed,
			"head": report.Head.String(), "verified": report.OK(), "ties_ok": len(ties) == 0, "problems": problems, "more": report.More})
		if err != nil || good {
			return err
		}
		return errReported
	}
	for _, f := range report.Findings {
		fmt.Fprintln(e.stdout, f)
	}
	if report.More > 0 {
		fmt.Fprintf(e.stdout, "… %d more\n", report.More)
	}
	for _, t := range ties {
		fmt.Fprintln(e.stdout, t.Error())
	}
	fmt.Fprintf(e.stdout, "%d vouchers, %d lines, head %s\n", report.Vouchers, report.Lines, report.Head)
	if !good {
		fmt.Fprintln(e.stdout, "SỔ KHÔNG ĐÚNG / THE LEDGER DOES NOT VERIFY")
		return errReported
	}
	fmt.Fprintln(e.stdout, "sổ đúng / verified")
	return nil
}

// readHead reads the newest head of a file: the last line of an anchor file, or
// a head alone as it is printed.
func readHead(path string) (ledger.Head, error) {
	list, err := ledger.ReadAnchors(path)
	if errors.Is(err, ledger.ErrAnchor) || err == nil && len(list) == 0 {
		return ledger.Head{}, errs.Coded(errs.Invalid, "CLI-ANCHOR", fmt.Sprintf(
			"Tệp %s không chứa mốc dạng SỐ-MÃ còn nguyên dấu. / %s holds no head NUMBER-HASH with its seal intact.", path, path), err)
	}
	if err != nil {
		return ledger.Head{}, err
	}
	return list[len(list)-1].Head, nil
}

func setupAnchor(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		head, err := works.Anchor(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(map[string]any{"head": head.String(), "folders": e.anchorFolders()})
		}
		for _, folder := range e.anchorFolders() {
			fmt.Fprintf(e.stdout, "%s: %s\n", assembly.AnchorFile(folder, works.Engine.Origin.Installation), head)
		}
		return nil
	}
}

// asOfFlags are --book, --as-of and --known-at.
type asOfFlags struct{ book, asOf, knownAt string }

func (a *asOfFlags) declare(f *flag.FlagSet) {
	f.StringVar(&a.book, "book", "", "code of one book; all when empty")
	f.StringVar(&a.asOf, "as-of", "", "accounting dates up to YYYY-MM-DD")
	f.StringVar(&a.knownAt, "known-at", "", "only what was posted by then, RFC 3339")
}

func (a *asOfFlags) read(ctx context.Context, db pgdb.Querier) (ledger.BookID, ledger.AsOf, error) {
	var book ledger.BookID
	var at ledger.AsOf
	if a.asOf != "" {
		d, err := calendar.ParseISO(a.asOf)
		if err != nil {
			return 0, at, usagef("--as-of: %v", err)
		}
		at.Date = d
	}
	if a.knownAt != "" {
		t, err := time.Parse(time.RFC3339, a.knownAt)
		if err != nil {
			return 0, at, usagef("--known-at: %v", err)
		}
		at.Known = t
	}
	if a.book != "" {
		b, err := ledger.BookByCode(ctx, db, a.book)
		if err != nil {
			return 0, at, err
		}
		book = b.ID
	}
	return book, at, nil
}

func setupTrialBalance(f *flag.FlagSet) run {
	var at asOfFlags
	at.declare(f)
	asJSON := f.Bool("json", false, "rows as JSON, amounts as strings")
	return func(ctx context.Context, e *env, _ []string) error {
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		book, asOf, err := at.read(ctx, db)
		if err != nil {
			return err
		}
		rows, err := ledger.TrialBalance(ctx, db, book, asOf)
		if err != nil {
			return err
		}
		if *asJSON {
			list := []map[string]any{}
			for _, r := range rows {
				list = append(list, map[string]any{"book": r.Book, "account": r.Code, "name": r.NameVI, "off_balance": r.OffBook,
					"debit": r.Debit.Exact(), "credit": r.Credit.Exact(), "balance": r.Net().Exact()})
			}
			return e.printJSON(list)
		}
		table := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "book\taccount\tdebit\tcredit\tbalance\t")
		for _, r := range rows {
			if r.Role == ledger.RoleTechnical {
				continue // the counter side of 008 is no account of the circular: never printed
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", r.Book, r.Code, r.Debit, r.Credit, r.Net())
		}
		return table.Flush()
	}
}

func setupExport(f *flag.FlagSet) run {
	var at asOfFlags
	at.declare(f)
	format := f.String("format", "hledger", "hledger or csv")
	out := f.String("o", "-", "file; for csv a folder that gets lines.csv and vouchers.csv; - prints the journal or the lines")
	perLine := f.Bool("per-line", false, "hledger: a pair of postings for each line instead of sums per account")
	return func(ctx context.Context, e *env, _ []string) error {
		if *format != "hledger" && *format != "csv" {
			return usagef("--format is hledger or csv, not %q", *format)
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		options := ledger.ExportOptions{PerLine: *perLine}
		if options.Book, options.AsOf, err = at.read(ctx, db); err != nil {
			return err
		}
		if *format == "hledger" {
			return e.writeTo(*out, func(w io.Writer) error { return ledger.ExportHledger(ctx, db, w, options) })
		}
		lines, vouchers := *out, ""
		if *out != "-" {
			if err := os.MkdirAll(*out, 0o755); err != nil {
				return err
			}
			lines, vouchers = filepath.Join(*out, "lines.csv"), filepath.Join(*out, "vouchers.csv")
		}
		err = e.writeTo(lines, func(w io.Writer) error { return ledger.ExportCSV(ctx, db, w, options) })
		if err != nil || vouchers == "" {
			return err
		}
		return e.writeTo(vouchers, func(w io.Writer) error { return ledger.ExportVouchersCSV(ctx, db, w, options) })
	}
}

// writeTo streams into a new file, or to standard output for "-".
func (e *env) writeTo(path string, write func(io.Writer) error) (err error) {
	target := e.stdout
	if path != "-" {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer func() {
			if closing := file.Close(); err == nil {
				err = closing
			}
		}()
		target = file
	}
	out := bufio.NewWriterSize(target, 1<<16)
	if err := write(out); err != nil {
		return err
	}
	return out.Flush()
}
