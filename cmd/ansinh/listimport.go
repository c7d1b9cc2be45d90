package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
	"ansinh/reports"
)

// listImport is one run of `list import`.
type listImport struct {
	e       *env
	lists   listFlags
	options registry.ImportOptions
	unit    string
	asJSON  bool
	db      pgdb.DB
	keys    *crypt.Keys
	sum     importSum
	many    bool   // more than one list may come
	changes string // where workbooks of changes go, "" = none is written
	unmade  int    // workbooks that could not be written, of lists that were taken
}

// importSum adds up many files.
type importSum struct {
	Lists       []map[string]any `json:"lists"`
	Files       int              `json:"files"`
	Taken       int              `json:"taken"`
	Refused     int              `json:"refused"`
	RowsTaken   int              `json:"rows_taken"`
	RowsRefused int              `json:"rows_refused"`
}

func setupListImport(f *flag.FlagSet) run {
	var l listImport
	f.StringVar(&l.unit, "unit", "", "code of the commune; without it the first five digits of the file's name")
	f.StringVar(&l.options.Programme, "programme", "", "code of the programme, such as TET26")
	f.StringVar(&l.options.By, "by", "", "who imports")
	f.BoolVar(&l.options.AcceptValid, "accept-valid", false, "take the sound rows and record the others as refused")
	f.BoolVar(&l.asJSON, "json", false, "the result as JSON")
	f.StringVar(&l.changes, "changes-out", "", "write what a list changed, a workbook; a folder where many lists are taken")
	l.lists.register(f)
	return l.run
}

func (l *listImport) run(ctx context.Context, e *env, args []string) error {
	l.e = e
	if l.options.Programme == "" || l.options.By == "" {
		return usagef("--programme and --by are needed")
	}
	if err := l.lists.prepare(); err != nil {
		return err
	}
	files, err := l.lists.find(args)
	if err != nil {
		return err
	}
	if l.db, err = e.pool(ctx); err != nil {
		return err
	}
	if l.keys, err = e.keys(); err != nil {
		return err
	}
	l.options.Now, l.options.Random, l.options.Claims = e.now()(), rand.Reader, payout.Claimed
	if l.changes != "" && len(files) == 1 && !l.lists.allSheets && !isFolder(l.changes) && !strings.HasSuffix(l.changes, ".xlsx") {
		return usagef("--changes-out: a file ending in .xlsx, or a folder")
	}
	if err := l.takeAll(ctx, files); err != nil {
		return err
	}
	return l.end(len(files))
}

// takeAll takes the lists of many files into l.db and adds them up.
func (l *listImport) takeAll(ctx context.Context, files []string) error {
	l.many = len(files) > 1 || l.lists.allSheets
	l.lists.set(&l.options)
	if err := l.lists.monthOf(ctx, l.db, &l.options); err != nil {
		return err
	}
	read := func(path string) ([]*registry.OpenedList, error) { return l.read(ctx, path) }
	return each(ctx, l.e, &l.lists, files, read, func(path string, opened []*registry.OpenedList, err error) error {
		for _, list := range opened {
			err = errors.Join(err, l.take(ctx, path, list))
		}
		return l.said(ctx, path, err, len(files))
	})
}

// read opens the lists of one file. It runs beside others.
func (l *listImport) read(ctx context.Context, path string) (opened []*registry.OpenedList, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	options := l.options
	options.Unit.Code = unitOf(l.unit, path)
	options.Unit, err = unitNow(ctx, l.db, options.Unit.Code, options.Now)
	if errors.Is(err, registry.ErrNoUnit) {
		return nil, errs.New(errs.NotFound, fmt.Sprintf("Không có xã, phường mã %s. / There is no commune %s.", options.Unit.Code, options.Unit.Code), err)
	}
	if err != nil {
		return nil, err
	}
	err = l.lists.open(path, func(file *os.File, size int64, sheet, password string) error {
		options := options
		options.Sheet, options.Password = sheet, password
		list, err := registry.OpenList(ctx, l.db, l.keys, registry.File{Name: filepath.Base(path), Content: file, Size: size}, options)
		if err == nil {
			opened = append(opened, list)
		}
		return err
	})
	return opened, err
}

// take takes one list, in one transaction, and says so.
func (l *listImport) take(ctx context.Context, path string, list *registry.OpenedList) error {
	result, err := list.Take(ctx, l.db)
	if err != nil {
		return err
	}
	l.sum.Files++
	l.sum.Taken++
	l.sum.RowsTaken, l.sum.RowsRefused = l.sum.RowsTaken+result.RowsTaken, l.sum.RowsRefused+result.RowsRefused
	made := l.writeChanges(ctx, list, result)
	if l.asJSON {
		l.sum.Lists = append(l.sum.Lists, map[string]any{"file": filepath.Base(path), "list": result.List, "again": result.Again,
			"rows_total": result.RowsTotal, "rows_taken": result.RowsTaken, "rows_refused": result.RowsRefused,
			"people_new": result.PeopleNew, "people_known": result.PeopleKnown, "missing": result.Missing, "waiting": result.Waiting, "settled": result.Settled,
			"carried": result.Carried, "changes": result.Changes, "changes_file": made, "findings": registry.Table(result.Findings)})
		return nil
	}
	l.e.printFindings(l.where(path, list.Sheet()), registry.Table(result.Findings))
	if result.Again {
		fmt.Fprintf(l.e.stdout, "đã nhận tệp này trước đây, không nhận lần nữa / this file was taken before and is not taken again\n")
	}
	l.e.printAbsent(l.where(path, list.Sheet()), result.Missing)
	fmt.Fprintf(l.e.stdout, "%sdanh sách %d: nhận %d dòng, từ chối %d / list %d: %d rows taken, %d refused\n",
		l.where(path, list.Sheet()), result.List, result.RowsTaken, result.RowsRefused, result.List, result.RowsTaken, result.RowsRefused)
	l.saidChanges(path, list, result, made)
	if result.Settled > 0 {
		fmt.Fprintf(l.e.stdout, "%d dòng bị từ chối trước đây nay đã sửa xong / rows refused before are corrected now\n", result.Settled)
	}
	if result.Waiting > 0 {
		fmt.Fprintf(l.e.stdout, "%d dòng bị từ chối còn mở đến khi có quyết định: xem / refused rows stay open until decided: ansinh refusal list --programme %s --unit %s\n",
			result.Waiting, l.options.Programme, list.Unit())
	}
	return nil
}

// writeChanges writes the workbook of what a list changed, if one is asked for and
// there was something to compare with. The list is taken already: where only the
// paper cannot be made, that is said and the next list taken.
func (l *listImport) writeChanges(ctx context.Context, list *registry.OpenedList, result registry.Result) *reports.ChangesFile {
	if l.changes == "" || result.Changes == nil {
		return nil
	}
	out, err := changesPath(l.changes, list.Unit(), result.List, l.many)
	if err == nil {
		// Whoever imports the commune's list has its categories in hand.
		var made reports.ChangesFile
		if made, err = l.e.writeChanges(ctx, l.db, result.List, out, people.Reader{ID: l.options.By, Role: "maker"}); err == nil {
			return &made
		}
	}
	l.unmade++
	fmt.Fprintf(l.e.stderr, "đã nhận danh sách %d, chưa ghi được danh sách tăng, giảm / list %d is taken, its changes are not written: %s\n",
		result.List, result.List, l.e.sentence(err))
	return nil
}

// saidChanges prints what a list changed and how to get it on paper.
func (l *listImport) saidChanges(path string, list *registry.OpenedList, result registry.Result, made *reports.ChangesFile) {
	where := l.where(path, list.Sheet())
	l.e.printChanges(where, result.List, result.Changes)
	if result.Carried > 0 {
		fmt.Fprintf(l.e.stdout, "%s%d suất giữ nguyên từ danh sách trước / rights carried as they were\n", where, result.Carried)
	}
	switch {
	case result.Changes == nil:
	case made != nil:
		l.e.printChangesFile(*made)
	default:
		fmt.Fprintf(l.e.stdout, "%sin danh sách tăng, giảm / print the changes: ansinh list changes --by %s --role maker -o tang-giam-%d.xlsx %d\n",
			where, l.options.By, result.List, result.List)
	}
}

// said prints why a file was refused and lets the others go on. With one file
// the error is the command's, unless its reasons were printed.
func (l *listImport) said(ctx context.Context, path string, err error, files int) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, pgdb.ErrCommitUnknown) {
		return err
	}
	l.sum.Files++
	l.sum.Refused++
	var refused *registry.RefusedError
	switch {
	case errors.As(err, &refused) && refused.Errors() > 0:
		l.sum.RowsRefused += refused.RowsTotal
		l.refused(path, refused, files)
	case files == 1:
		return err
	case l.asJSON:
		l.sum.Lists = append(l.sum.Lists, map[string]any{"file": filepath.Base(path), "error": l.e.sentence(err)})
	default:
		fmt.Fprintf(l.e.stderr, "%s: %s\n", filepath.Base(path), l.e.sentence(err))
	}
	return nil
}

func (l *listImport) refused(path string, refused *registry.RefusedError, files int) {
	if l.asJSON && files > 1 {
		l.sum.Lists = append(l.sum.Lists, map[string]any{"file": filepath.Base(path), "error": refused.Error(), "rows_total": refused.RowsTotal,
			"findings": registry.Table(refused.Findings)})
		return
	}
	l.e.printFindings(l.where(path, refused.Findings[0].Sheet), registry.Table(refused.Findings))
	if files > 1 {
		fmt.Fprintf(l.e.stderr, "%s: ", filepath.Base(path))
	}
	fmt.Fprintf(l.e.stderr, "chưa nhận dòng nào: %d lỗi trong %d dòng / nothing was taken: %d errors in %d rows\n",
		refused.Errors(), refused.RowsTotal, refused.Errors(), refused.RowsTotal)
}

// where names a list among many.
func (l *listImport) where(path, sheet string) string {
	if !l.many {
		return ""
	}
	return placeOf(path, sheet)
}

// end prints the sum of many files. One file keeps the plain form.
func (l *listImport) end(files int) error {
	sum := l.sum
	switch {
	case l.asJSON && files == 1 && len(sum.Lists) == 1:
		delete(sum.Lists[0], "file")
		if err := l.e.printJSON(sum.Lists[0]); err != nil {
			return err
		}
	case l.asJSON && files > 1:
		if err := l.e.printJSON(sum); err != nil {
			return err
		}
	case sum.Files > 1:
		fmt.Fprintf(l.e.stdout, "%d danh sách: nhận %d, từ chối %d; nhận %d dòng, từ chối %d / %d lists: %d taken, %d refused; %d rows taken, %d refused\n",
			sum.Files, sum.Taken, sum.Refused, sum.RowsTaken, sum.RowsRefused, sum.Files, sum.Taken, sum.Refused, sum.RowsTaken, sum.RowsRefused)
	}
	if sum.Refused > 0 || l.unmade > 0 {
		return errReported
	}
	return nil
}
