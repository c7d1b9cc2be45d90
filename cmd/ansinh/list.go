package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ansinh/internal/errs"
	"ansinh/registry"
)

func listCommands() []command {
	return []command{
		{name: "list template", short: "mẫu danh sách / an empty workbook for a commune's list",
			example: "ansinh list template --dir ./ansinh-demo --unit 00004 -o 00004.xlsx", setup: setupListTemplate},
		{name: "list check", args: "FILE", short: "kiểm tra danh sách, không nhập / say everything that is wrong with a list, take nothing",
			example: "ansinh list check --dir ./ansinh-demo lists/00004-tet.xlsx", setup: setupListCheck},
		{name: "list import", args: "FILE", short: "nhập danh sách / take a list",
			example: "ansinh list import --dir ./ansinh-demo --programme TET26 --unit 00004 --by van-thu --accept-valid lists/00004-tet.xlsx", setup: setupListImport},
	}
}

func setupListTemplate(f *flag.FlagSet) run {
	unit := f.String("unit", "", "code of the commune")
	programme := f.String("programme", "TET26", "programme the list is for")
	title := f.String("title", "DANH SÁCH NGƯỜI NHẬN QUÀ", "title above the list")
	out := f.String("o", "", "file to write")
	return func(ctx context.Context, e *env, _ []string) error {
		if *unit == "" || *out == "" {
			return usagef("--unit and -o are needed")
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
			return e.writeTo(*out, func(w io.Writer) error {
				return registry.WriteTemplate(w, registry.TemplateOptions{Unit: u, Programme: *programme, Title: *title, Categories: categories, Demo: demo})
			})
		}
		return errs.New(errs.NotFound, fmt.Sprintf("Không có xã, phường mã %s. / There is no commune %s.", *unit, *unit), registry.ErrNoUnit)
	}
}

// oneFile is the only argument.
func oneFile(args []string) (string, error) {
	if len(args) != 1 {
		return "", usagef("one FILE is needed, after the flags")
	}
	return args[0], nil
}

func setupListCheck(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "the table as JSON")
	return func(ctx context.Context, e *env, args []string) error {
		path, err := oneFile(args)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		report, err := registry.Check(ctx, db, bytes.NewReader(content), int64(len(content)), registry.ImportOptions{Now: e.now()()})
		if err != nil {
			return err
		}
		if *asJSON {
			if err := e.printJSON(report); err != nil {
				return err
			}
		} else {
			e.printFindings(report.Table)
			fmt.Fprintf(e.stdout, "%s: %d dòng, %d hợp lệ, %d lỗi / rows, sound, refused\n", filepath.Base(path), report.Rows, report.Sound, report.Refused)
		}
		if !report.Passed() {
			return errReported
		}
		return nil
	}
}

func (e *env) printFindings(table []registry.CheckRow) {
	for _, row := range table {
		fmt.Fprintf(e.stdout, "%-8s %s %s. %s. / %s. %s.\n", row.Cell, row.Code, row.Reason, row.Remedy, row.ReasonEN, row.RemedyEN)
	}
}

func setupListImport(f *flag.FlagSet) run {
	var o registry.ImportOptions
	unit := f.String("unit", "", "code of the commune; without it the first five digits of the file's name")
	f.StringVar(&o.Programme, "programme", "", "code of the programme, such as TET26")
	f.StringVar(&o.By, "by", "", "who imports")
	f.BoolVar(&o.AcceptValid, "accept-valid", false, "take the sound rows and record the others as refused")
	asJSON := f.Bool("json", false, "the result as JSON")
	return func(ctx context.Context, e *env, args []string) error {
		path, err := oneFile(args)
		if err != nil {
			return err
		}
		if o.Unit.Code = *unit; o.Unit.Code == "" && len(filepath.Base(path)) > 5 {
			o.Unit.Code = filepath.Base(path)[:5]
		}
		if o.Programme == "" || o.By == "" {
			return usagef("--programme and --by are needed")
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		keys, err := e.keys()
		if err != nil {
			return err
		}
		o.Now = e.now()()
		result, err := importFile(ctx, db, keys, path, o)
		var refused *registry.RefusedError
		if errors.As(err, &refused) && refused.Errors() > 0 {
			e.printFindings(registry.Table(refused.Findings))
			fmt.Fprintf(e.stderr, "chưa nhận dòng nào: %d lỗi trong %d dòng / nothing was taken: %d errors in %d rows\n",
				refused.Errors(), refused.RowsTotal, refused.Errors(), refused.RowsTotal)
			return errReported
		}
		if errors.Is(err, registry.ErrNoUnit) {
			return errs.New(errs.NotFound, fmt.Sprintf("Không có xã, phường mã %s. / There is no commune %s.", o.Unit.Code, o.Unit.Code), err)
		}
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(map[string]any{"list": result.List, "again": result.Again, "rows_total": result.RowsTotal, "rows_taken": result.RowsTaken,
				"rows_refused": result.RowsRefused, "people_new": result.PeopleNew, "people_known": result.PeopleKnown, "findings": registry.Table(result.Findings)})
		}
		e.printFindings(registry.Table(result.Findings))
		if result.Again {
			fmt.Fprintf(e.stdout, "đã nhận tệp này trước đây, không nhận lần nữa / this file was taken before and is not taken again\n")
		}
		fmt.Fprintf(e.stdout, "danh sách %d: nhận %d dòng, từ chối %d / list %d: %d rows taken, %d refused\n",
			result.List, result.RowsTaken, result.RowsRefused, result.List, result.RowsTaken, result.RowsRefused)
		return nil
	}
}
