package main

import (
	"fmt"

	"ansinh/registry"
)

func listCommands() []command {
	return []command{
		{name: "list template", short: "mẫu danh sách, trống hoặc ghi sẵn người lần trước / a workbook for a commune's list, empty or with the people of last time",
			example: `ansinh list template --dir ./ansinh-demo --unit 00004 -o 00004.xlsx
				ansinh list template --dir ./ansinh-demo --unit 00004 --people-of TET26 --by can-bo-lap -o 00004.xlsx
				ansinh list template --dir ./ansinh-demo --unit 00004 --programme BTXH26 --people-of BTXH26 --by can-bo-lap -o 00004.xlsx`, setup: setupListTemplate},
		{name: "list check", args: "FILE…", short: "kiểm tra danh sách, không nhập / say everything that is wrong with lists, take nothing",
			example: "ansinh list check --dir ./ansinh-demo lists/00004-tet.xlsx", setup: setupListCheck},
		{name: "list import", args: "FILE…", short: "nhập danh sách / take lists",
			example: `ansinh list import --dir ./ansinh-demo --programme TET26 --unit 00004 --by van-thu --accept-valid lists/00004-tet.xlsx
				ansinh list import --dir ./ansinh-demo --programme TET26 --by van-thu --accept-valid lists/
				ansinh list import --dir ./ansinh-demo --programme BTXH26 --month 2026-02 --by van-thu --changes-out tang-giam/ thang-02/`, setup: setupListImport},
		{name: "list changes", args: "LIST", short: "danh sách tăng, giảm của một danh sách đã nhận / the official list of what a list taken added, removed and changed",
			example: "ansinh list changes --dir ./ansinh-demo --by can-bo-lap -o tang-giam.xlsx 128\nansinh list changes --dir ./ansinh-demo --by can-bo-lap --role maker -o tang-giam.xlsx 128", setup: setupListChanges},
	}
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
