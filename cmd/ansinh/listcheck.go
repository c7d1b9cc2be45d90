package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"ansinh/registry"
)

// checkedList is what checking one list of a file shows.
type checkedList struct {
	File string `json:"file"`
	registry.CheckReport
	Error string `json:"error,omitempty"` // the file could not be read at all
}

func setupListCheck(f *flag.FlagSet) run {
	var lists listFlags
	lists.register(f)
	asJSON := f.Bool("json", false, "the table as JSON")
	return func(ctx context.Context, e *env, args []string) error {
		if err := lists.prepare(); err != nil {
			return err
		}
		files, err := lists.find(args)
		if err != nil {
			return err
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		now := e.now()()
		var sum checkSum
		read := func(path string) (made []checkedList, err error) {
			err = lists.open(path, func(file *os.File, size int64, sheet, password string) error {
				report, err := registry.Check(ctx, db, file, size, registry.ImportOptions{Now: now, Sheet: sheet, Password: password})
				made = append(made, checkedList{File: filepath.Base(path), CheckReport: report})
				if err == nil {
					err = lockedReport(report)
				}
				return err
			})
			return made, err
		}
		err = each(ctx, e, &lists, files, read, func(path string, made []checkedList, err error) error {
			if err != nil && !needsPassword(err) {
				if len(files) == 1 || ctx.Err() != nil {
					return err
				}
				made = append(made, checkedList{File: filepath.Base(path), Error: e.sentence(err)})
			}
			for _, list := range made {
				sum.add(list)
				if *asJSON {
					sum.Lists = append(sum.Lists, list)
					continue
				}
				where := ""
				if len(files)+len(made) > 2 {
					where = placeOf(path, list.Sheet)
				}
				e.printChecked(where, list)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return e.endCheck(sum, len(files), *asJSON)
	}
}

// lockedReport turns a report that a password is missing or wrong into an error,
// so that a terminal is asked.
func lockedReport(report registry.CheckReport) error {
	if len(report.Table) == 1 {
		err := &registry.FileError{Finding: registry.Finding{Code: report.Table[0].Code}}
		if needsPassword(err) {
			return err
		}
	}
	return nil
}

// placeOf names a list among many.
func placeOf(path, sheet string) string {
	if sheet == "" {
		return filepath.Base(path) + " "
	}
	return filepath.Base(path) + " [" + sheet + "] "
}

func (e *env) printChecked(where string, list checkedList) {
	if list.Error != "" {
		fmt.Fprintf(e.stdout, "%s: %s\n", list.File, list.Error)
		return
	}
	e.printFindings(where, list.Table)
	fmt.Fprintf(e.stdout, "%s: %d dòng, %d hợp lệ, %d lỗi / rows, sound, refused%s\n", list.File, list.Rows, list.Sound, list.Refused, skippedText(list.Skipped))
}

// skippedText says which rows were passed over as no people.
func skippedText(s registry.Skipped) string {
	if s == (registry.Skipped{}) {
		return ""
	}
	return fmt.Sprintf("; bỏ qua / passed over: %d dòng trống / blank, %d số cột / numbering, %d tổng cộng / totals, %d khác / other",
		s.Blank, s.Numbering, s.Totals, s.Other)
}

// checkSum adds up many files.
type checkSum struct {
	Lists   []checkedList `json:"lists"`
	Files   int           `json:"files"`
	Passed  int           `json:"passed"`
	Failed  int           `json:"failed"`
	Rows    int           `json:"rows"`
	Sound   int           `json:"sound"`
	Refused int           `json:"refused"`
}

func (s *checkSum) add(list checkedList) {
	s.Files++
	if list.Error == "" && list.CheckReport.Passed() {
		s.Passed++
	} else {
		s.Failed++
	}
	s.Rows, s.Sound, s.Refused = s.Rows+list.Rows, s.Sound+list.Sound, s.Refused+list.Refused
}

// endCheck prints what all lists have in common. One list keeps the plain form.
func (e *env) endCheck(sum checkSum, files int, asJSON bool) error {
	switch {
	case asJSON && files == 1 && len(sum.Lists) == 1:
		if err := e.printJSON(sum.Lists[0].CheckReport); err != nil {
			return err
		}
	case asJSON:
		if err := e.printJSON(sum); err != nil {
			return err
		}
	case sum.Files > 1:
		fmt.Fprintf(e.stdout, "%d danh sách: %d đạt, %d chưa đạt; %d dòng, %d hợp lệ, %d lỗi / %d lists: %d passed, %d did not; %d rows, %d sound, %d refused\n",
			sum.Files, sum.Passed, sum.Failed, sum.Rows, sum.Sound, sum.Refused, sum.Files, sum.Passed, sum.Failed, sum.Rows, sum.Sound, sum.Refused)
	}
	if sum.Failed > 0 {
		return errReported
	}
	return nil
}
