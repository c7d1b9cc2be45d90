package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/pgdb"
	"ansinh/registry"
	"ansinh/registry/people"
	"ansinh/reports"
)

func setupListChanges(f *flag.FlagSet) run {
	var who people.Reader
	f.StringVar(&who.ID, "by", "", "who makes the paper; it is recorded")
	f.StringVar(&who.Role, "role", "", "in what capacity: maker, approver (of the list's commune), department, auditor; without it sensitive categories are masked")
	f.StringVar(&who.Why, "why", "", "reason; without it the most sensitive categories are masked for everybody")
	out := f.String("o", "", "workbook to write")
	asJSON := f.Bool("json", false, "what was written as JSON")
	return func(ctx context.Context, e *env, args []string) error {
		if len(args) != 1 || *out == "" || who.ID == "" {
			return usagef("one LIST, its number, is needed after the flags, and -o and --by")
		}
		list, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return usagef("LIST is the number of a list, as `list import` prints it: %q is none", args[0])
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		made, err := e.writeChanges(ctx, db, list, *out, who)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(made)
		}
		e.printChanges("", list, &made.Changes)
		e.printChangesFile(made)
		return nil
	}
}

// writeChanges writes the official list of what a list changed, and records who read
// it.
func (e *env) writeChanges(ctx context.Context, db pgdb.DB, list int64, path string, who people.Reader) (made reports.ChangesFile, err error) {
	keys, err := e.keys()
	if err != nil {
		return made, err
	}
	now := e.now()()
	record := func(ctx context.Context) error {
		return pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: who.ID, Act: "list.changes", Subject: fmt.Sprintf("list %d", list),
				Detail: map[string]any{"role": who.Role, "why": who.Why}})
			return err
		})
	}
	return reports.WriteChanges(ctx, db, keys, reports.ChangesOptions{List: list, Now: now, Reader: who, Record: record, Path: path})
}

// printChanges prints what a list changed, or what a checked one would (list 0).
func (e *env) printChanges(where string, list int64, c *registry.Changes) {
	if c == nil {
		return
	}
	vi, en := fmt.Sprintf("danh sách %d", list), fmt.Sprintf("list %d", list)
	if list == 0 {
		vi, en = "nếu nhận", "if taken"
	}
	fmt.Fprintf(e.stdout, "%s%s, so với tháng %s: trước %d, tăng %d, giảm %d, đổi %d, sau %d / %s, against %s: before %d, added %d, removed %d, changed %d, after %d\n",
		where, vi, monthWords(c.Base), c.Before, c.Added, c.Removed, c.Changed, c.After, en, monthWords(c.Base), c.Before, c.Added, c.Removed, c.Changed, c.After)
}

func (e *env) printChangesFile(made reports.ChangesFile) {
	masked := ""
	if made.Masked > 0 {
		masked = fmt.Sprintf("; che nhóm của %d dòng / categories of %d rows masked", made.Masked, made.Masked)
	}
	fmt.Fprintf(e.stdout, "danh sách tăng, giảm / list of changes: %s (SHA-256 %s%s)\n", made.Path, made.SHA256, masked)
}

// changesPath is where the changes of a list go: the file asked for, or one for each
// list in a folder.
func changesPath(out, unit string, list int64, many bool) (string, error) {
	if !many && !isFolder(out) {
		return out, nil
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", err
	}
	return filepath.Join(out, fmt.Sprintf("%s-tang-giam-%d.xlsx", unit, list)), nil
}

// isFolder holds for a folder that is there, and for a name written as one.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() || strings.HasSuffix(path, "/")
}
