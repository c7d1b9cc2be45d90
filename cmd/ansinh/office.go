package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/reconciliation"
	"ansinh/registry"
	"ansinh/reports"
	"ansinh/timeliness"
)

func officeCommands() []command {
	return []command{
		{name: "reconcile", short: "đối soát một đợt hoặc một ngày ngân hàng / where a batch or a bank's day stands; closes it with two people",
			example: "ansinh reconcile --batch 13001\nansinh reconcile --bank B --date 2026-01-27 --close --by ke-toan-truong --second kiem-soat-vien", setup: setupReconcile},
		{name: "timeliness", short: "bao lâu thì người dân có tiền / time until people hold the money, with what is not known",
			example: "ansinh timeliness --batch 13001 --by bank --json", setup: setupTimeliness},
		{name: "report batch", short: "sổ quyết toán / the settlement workbook",
			example: "ansinh report batch --batch 13001 -o quyet-toan.xlsx", setup: setupReport},
		{name: "calendar lunar", args: "DATE", short: "ngày âm lịch / the lunar date", example: "ansinh calendar lunar 2026-02-17", setup: setupLunar},
		{name: "calendar tet", args: "YEAR", short: "mồng Một Tết / the first day of Tet", example: "ansinh calendar tet 2026", setup: setupTet},
		{name: "calendar check", args: "DATE", short: "ngày làm việc? / whether banks work on a day", example: "ansinh calendar check 2026-02-17", setup: setupCheckDay},
	}
}

func setupReconcile(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by", "second")
	bank := f.String("bank", "", "one bank's day instead of a batch")
	date := f.String("date", "", "the day, YYYY-MM-DD")
	closing := f.Bool("close", false, "close it, by two people")
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if (b.batch > 0) == (*bank != "") {
			return usagef("either --batch or --bank with --date")
		}
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		for _, ch := range works.Channels {
			if _, err := works.Reconciler.Drain(ctx, ch.Key, 10_000); err != nil {
				return err
			}
		}
		by := reconciliation.Signers{One: b.by, Two: b.second}
		if *closing {
			if err := b.inOffice(ctx, works.DB, e.now()()); err != nil {
				return err
			}
		}
		if *bank != "" {
			day, err := calendar.ParseISO(*date)
			if err != nil {
				return usagef("--date: %v", err)
			}
			if err := e.bankDays(ctx, works.DB, bankadapters.Key(*bank), day, *closing, by, *asJSON); err != nil || !*closing {
				return err
			}
			_, err = works.Anchor(ctx) // the closed day's head leaves the database
			return err
		}
		id := ledger.BatchID(b.batch)
		if *closing {
			return pgdb.InTx(ctx, works.DB, func(ctx context.Context, tx pgx.Tx) error {
				return reconciliation.CloseBatch(ctx, tx, id, by, e.now()())
			})
		}
		sum, err := reconciliation.Summarise(ctx, works.DB, id)
		if err != nil {
			return err
		}
		breaks, err := reconciliation.Breaks(ctx, works.DB, reconciliation.BreakFilter{Batch: id})
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(map[string]any{"summary": sum, "obstacles": sum.Obstacles(), "breaks": breaks})
		}
		e.printSums(sum)
		for _, x := range breaks {
			fmt.Fprintf(e.stdout, "%d %s %s: payment %d/%d attempt %d, %s đồng %s\n", x.ID, x.Channel, x.Reason, x.Batch, x.Payment, x.Attempt, x.Amount, x.Suggestion)
		}
		return nil
	}
}

const sqlAccountsAt = `SELECT account FROM payout.paying_account WHERE channel = @channel ORDER BY book`

// bankDays compares, and closes if asked, one day of every account at a bank.
func (e *env) bankDays(ctx context.Context, db pgdb.DB, key bankadapters.Key, date calendar.Date, closing bool, by reconciliation.Signers, asJSON bool) error {
	rows, _ := db.Query(ctx, sqlAccountsAt, pgx.NamedArgs{"channel": key})
	accounts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("accounts at %s: %w", key, err)
	}
	var list []reconciliation.BankDay
	for _, account := range accounts {
		day, err := reconciliation.BankDayOf(ctx, db, key, account, date)
		if err != nil {
			return err
		}
		if closing {
			err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
				return reconciliation.CloseBankDay(ctx, tx, day, 0, "", by, e.now()())
			})
			if err != nil {
				return err
			}
			day.Closed = true
		}
		list = append(list, day)
	}
	if asJSON {
		return e.printJSON(list)
	}
	for _, day := range list {
		fmt.Fprintf(e.stdout, "%s %s %s: sổ ta / ours %s, ngân hàng / theirs %s, chênh / difference %s, chưa hạch toán / unposted %d, closed %t\n",
			day.Channel, day.Account, day.Date, day.Ours, day.Theirs, day.Difference(), day.Unposted, day.Closed)
	}
	return nil
}

func setupTimeliness(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f)
	by := f.String("by", "", "one dimension only, as the JSON names it")
	asJSON := f.Bool("json", false, "the whole table as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if b.batch <= 0 {
			return usagef("--batch is needed")
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		table, err := timeliness.Compute(ctx, db, ledger.BatchID(b.batch), e.now()())
		if err != nil {
			return err
		}
		if *by != "" {
			table.Rows = slices.DeleteFunc(table.Rows, func(l timeliness.Line) bool { return string(l.Dimension) != *by })
			if len(table.Rows) == 0 {
				return usagef("--by: no dimension %q with people in it", *by)
			}
		}
		if *asJSON {
			return e.printJSON(table)
		}
		fmt.Fprintf(e.stdout, "%s; ngày đến hạn / due %s, đến hết / through %s\n", table.Name, table.Due, table.Through)
		out := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(out, "dimension\tkey\tpeople\tcovered\tmedian days\tp90")
		for _, l := range table.Rows {
			if l.Suppressed {
				fmt.Fprintf(out, "%s\t%s %s\t< 10\t\t\t\n", l.Dimension, l.Key, l.Name)
				continue
			}
			fmt.Fprintf(out, "%s\t%s %s\t%d\t%d\t%s\t%s\n", l.Dimension, l.Key, l.Name, l.People, l.Covered, daysText(l.Median), daysText(l.P90))
		}
		return out.Flush()
	}
}

// daysText is a number of days, or that it was not reached while observed.
func daysText(days *int) string {
	if days == nil {
		return "–"
	}
	return strconv.Itoa(*days)
}

func setupReport(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f)
	who := f.String("by", "", "who made it, as printed")
	out := f.String("o", "", "file to write, ending in .xlsx")
	asJSON := f.Bool("json", false, "the files as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if b.batch <= 0 || *out == "" {
			return usagef("--batch and -o are needed")
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		demo, err := registry.IsDemo(ctx, db)
		if err != nil {
			return err
		}
		files, err := reports.WriteBatch(ctx, db, reports.Options{Batch: ledger.BatchID(b.batch), Now: e.now()(), By: *who, Demo: demo, Path: *out})
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(files)
		}
		for _, one := range files {
			fmt.Fprintf(e.stdout, "%s: %d khoản / payments, %s đồng, sha256 %s\n", one.Path, one.Rows, one.Total, one.SHA256)
		}
		return nil
	}
}

func oneDate(args []string) (calendar.Date, error) {
	if len(args) != 1 {
		return calendar.Date{}, usagef("one DATE is needed, YYYY-MM-DD")
	}
	d, err := calendar.ParseISO(args[0])
	if err != nil {
		return d, usagef("%v", err)
	}
	return d, nil
}

func setupLunar(*flag.FlagSet) run {
	return func(_ context.Context, e *env, args []string) error {
		d, err := oneDate(args)
		if err != nil {
			return err
		}
		l, err := calendar.LunarOf(d)
		if err != nil {
			return err
		}
		leap := ""
		if l.Leap {
			leap = " nhuận / leap"
		}
		fmt.Fprintf(e.stdout, "%d/%d%s năm / year %s (%d)\n", l.Day, l.Month, leap, calendar.CanChi(l.Year), l.Year)
		return nil
	}
}

func setupTet(*flag.FlagSet) run {
	return func(_ context.Context, e *env, args []string) error {
		if len(args) != 1 {
			return usagef("one YEAR is needed")
		}
		year, err := strconv.Atoi(args[0])
		if err != nil {
			return usagef("%q is no year", args[0])
		}
		d, err := calendar.Tet(year)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%s Tết %s\n", d, calendar.CanChi(year))
		return nil
	}
}

func setupCheckDay(*flag.FlagSet) run {
	return func(_ context.Context, e *env, args []string) error {
		d, err := oneDate(args)
		if err != nil {
			return err
		}
		law := calendar.Vietnam()
		what := "ngày làm việc / a business day"
		if h, ok := law.Holiday(d); ok {
			what = h.NameVI + " / " + h.NameEN
		} else if !law.IsBusinessDay(d) {
			what = "ngày nghỉ cuối tuần / a weekend"
		}
		fmt.Fprintf(e.stdout, "%s: %s; ngày làm việc tiếp theo / next business day %s\n", d, what, law.NextBusinessDay(d))
		return nil
	}
}
