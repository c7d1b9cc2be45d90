package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
)

func listCommands() []command {
	return []command{
		{name: "list template", short: "mẫu danh sách, trống hoặc ghi sẵn người lần trước / a workbook for a commune's list, empty or with the people of last time",
			example: "ansinh list template --dir ./ansinh-demo --unit 00004 -o 00004.xlsx\nansinh list template --dir ./ansinh-demo --unit 00004 --people-of TET26 --by can-bo-lap -o 00004.xlsx", setup: setupListTemplate},
		{name: "list check", args: "FILE…", short: "kiểm tra danh sách, không nhập / say everything that is wrong with lists, take nothing",
			example: "ansinh list check --dir ./ansinh-demo lists/00004-tet.xlsx", setup: setupListCheck},
		{name: "list import", args: "FILE…", short: "nhập danh sách / take lists",
			example: `ansinh list import --dir ./ansinh-demo --programme TET26 --unit 00004 --by van-thu --accept-valid lists/00004-tet.xlsx
				ansinh list import --dir ./ansinh-demo --programme TET26 --by van-thu --accept-valid lists/
				ansinh list import --dir ./ansinh-demo --programme BTXH26 --month 2026-02 --by van-thu thang-02/`, setup: setupListImport},
	}
}

func setupListTemplate(f *flag.FlagSet) run {
	unit := f.String("unit", "", "code of the commune")
	programme := f.String("programme", "TET26", "programme the list is for")
	title := f.String("title", "DANH SÁCH NGƯỜI NHẬN QUÀ", "title above the list")
	out := f.String("o", "", "file to write")
	last := f.String("people-of", "", "fill in the people of the commune's lists for this programme; nothing is masked")
	by := f.String("by", "", "who takes the people's data, for the record; needed with --people-of")
	passwordFile := f.String("password-file", "", "file with a password for the workbook")
	return func(ctx context.Context, e *env, _ []string) error {
		if *unit == "" || *out == "" || (*last != "") != (*by != "") {
			return usagef("--unit and -o are needed, and --by with --people-of")
		}
		var password listFlags
		password.passwordFile = *passwordFile
		if err := password.prepare(); err != nil {
			return err
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		demo, err := registry.IsDemo(ctx, db)
		if err != nil {
			return err
		}
		for _, u := range registry.Communes() {
			if u.Code != *unit {
				continue
			}
			var categories []string
			for _, c := range registry.Categories() {
				categories = append(categories, c.Code)
			}
			options := registry.TemplateOptions{Unit: u, Programme: *programme, Title: *title, Categories: categories, Demo: demo, Password: password.known()}
			if *last != "" {
				if options.Lines, err = e.lastRows(ctx, db, *last, *unit, *by); err != nil {
					return err
				}
				fmt.Fprintf(e.stderr, "%d người của lần trước / people of last time\n", len(options.Lines))
			}
			return e.writeTo(*out, func(w io.Writer) error { return registry.WriteTemplate(w, options) })
		}
		return errs.New(errs.NotFound, fmt.Sprintf("Không có xã, phường mã %s. / There is no commune %s.", *unit, *unit), registry.ErrNoUnit)
	}
}

// lastRows reads the people of last time, and records who did: they leave unmasked.
func (e *env) lastRows(ctx context.Context, db pgdb.DB, programme, unit, by string) (lines []registry.Line, err error) {
	keys, err := e.keys()
	if err != nil {
		return nil, err
	}
	now := e.now()()
	key, err := unitNow(ctx, db, unit, now)
	if err != nil {
		return nil, err
	}
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if err := payout.InOffice(ctx, tx, calendar.DateOf(now), by); err != nil {
			return err
		}
		if lines, err = registry.LastRows(ctx, tx, keys, programme, key); err != nil {
			return err
		}
		_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: by, Act: "list.prefill", Subject: "unit/" + unit,
			Detail: map[string]any{"programme": programme, "people": len(lines)}})
		return err
	})
	return lines, err
}

// oneFile is the only argument.
func oneFile(args []string) (string, error) {
	if len(args) != 1 {
		return "", usagef("one FILE is needed, after the flags")
	}
	return args[0], nil
}

// printFindings prints a line for each; where stands before the cell and is empty
// for a single list.
func (e *env) printFindings(where string, table []registry.CheckRow) {
	for _, row := range table {
		offer := ""
		switch {
		case row.Accepted:
			offer = " [đã nhận đề nghị / accepted: " + row.Proposed + "]"
		case row.Proposed != "":
			offer = " [đề nghị / offered: " + row.Proposed + "]"
		}
		fmt.Fprintf(e.stdout, "%s%-8s %s %s. %s. / %s. %s.%s\n", where, row.Cell, row.Code, row.Reason, row.Remedy, row.ReasonEN, row.RemedyEN, offer)
	}
}

// missingShown is how many names a table prints; JSON has all.
const missingShown = 20

// printAbsent prints who was on the last list and is not on this one.
func (e *env) printAbsent(where string, missing []registry.Missing) {
	if len(missing) == 0 {
		return
	}
	fmt.Fprintf(e.stdout, "%s%d người có trong danh sách lần trước, không có lần này / people of the last list who are not on this one:\n", where, len(missing))
	for i, m := range missing {
		if i == missingShown {
			fmt.Fprintf(e.stdout, "%s  … (--json)\n", where)
			return
		}
		fmt.Fprintf(e.stdout, "%s  %s, %d, %s (danh sách %d dòng %d / list %d row %d)\n", where, m.Name, m.BirthYear, m.Category, m.List, m.Row, m.List, m.Row)
	}
}
