package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
)

// checkedList is what checking one list of a file shows.
type checkedList struct {
	File string `json:"file"`
	registry.CheckReport
	Copy  string `json:"copy,omitempty"`  // the annotated copy
	Error string `json:"error,omitempty"` // the file could not be read at all

	unheld bool // a list of changes that was not held against the month before
}

// listCheck is one run of `list check`.
type listCheck struct {
	lists   listFlags
	copies  listCopies
	options registry.ImportOptions
	unit    string
	asJSON  bool
	db      pgdb.DB
	keys    *crypt.Keys // nil without --programme: then nothing registered is compared
	demo    bool
}

func setupListCheck(f *flag.FlagSet) run {
	var c listCheck
	c.lists.register(f)
	f.StringVar(&c.options.Programme, "programme", "", "programme the lists are for: compare them with what is registered too")
	f.StringVar(&c.unit, "unit", "", "code of the commune; without it the first five digits of the file's name")
	f.BoolVar(&c.asJSON, "json", false, "the table as JSON")
	f.StringVar(&c.copies.out, "out", "", "annotated copy to write; a folder where many files are checked (default FILE-đã-kiểm.xlsx)")
	f.BoolVar(&c.copies.none, "no-copy", false, "print the table only")
	return c.run
}

// readFile is one list of a file, read and not yet compared with others.
type readFile struct {
	list    registry.List
	options registry.ImportOptions
}

func (c *listCheck) run(ctx context.Context, e *env, args []string) error {
	if err := c.lists.prepare(); err != nil {
		return err
	}
	files, err := c.lists.find(args)
	if err != nil {
		return err
	}
	db, err := e.pool(ctx)
	if err != nil {
		return err
	}
	c.db, c.options.Now, c.options.Random, c.options.Claims = db, e.now()(), rand.Reader, payout.Claimed
	c.lists.set(&c.options)
	if c.demo, err = registry.IsDemo(ctx, db); err != nil {
		return err
	}
	c.copies.many, c.copies.now, c.copies.demo = len(files) > 1, c.options.Now, c.demo
	switch {
	case c.options.Programme != "":
		if c.keys, err = e.keys(); err != nil {
			return err
		}
		if err := c.lists.monthOf(ctx, db, &c.options); err != nil {
			return err
		}
	case c.lists.month != "":
		return usagef("--month needs --programme")
	}
	var sum checkSum
	read := func(path string) ([]readFile, error) { return c.read(ctx, path) }
	err = each(ctx, e, &c.lists, files, read, func(path string, lists []readFile, err error) error {
		made, err := c.compare(ctx, path, lists, err)
		if err != nil {
			if len(files) == 1 || ctx.Err() != nil {
				return err
			}
			made = append(made, checkedList{File: filepath.Base(path), Error: e.sentence(err)})
		}
		for _, list := range made {
			sum.add(list)
			if c.asJSON {
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
	return e.endCheck(sum, len(files), c.asJSON)
}

// read reads the lists of one file. It runs beside others.
func (c *listCheck) read(ctx context.Context, path string) (lists []readFile, err error) {
	options := c.options
	// A file whose name begins with no commune can be checked by itself.
	if options.Unit, err = unitNow(ctx, c.db, unitOf(c.unit, path), options.Now); errors.Is(err, registry.ErrNoUnit) && c.unit == "" && c.keys == nil {
		options.Unit, err = registry.UnitKey{}, nil
	}
	if err != nil {
		return nil, unitTrouble(options.Unit.Code, err)
	}
	err = c.lists.open(path, func(file *os.File, size int64, sheet, password string) error {
		options := options
		options.Sheet, options.Password = sheet, password
		list, err := registry.ReadList(ctx, file, size, options.Reading(c.demo))
		if err == nil {
			lists = append(lists, readFile{list, options})
		}
		return err
	})
	return lists, err
}

// compare holds the lists of a file against each other and against what is
// registered, in the order of the files.
func (c *listCheck) compare(ctx context.Context, path string, lists []readFile, err error) (made []checkedList, _ error) {
	name := filepath.Base(path)
	var refused *registry.FileError
	if errors.As(err, &refused) {
		return []checkedList{{File: name, CheckReport: registry.CheckReport{Table: registry.Table([]registry.Finding{refused.Finding})}}}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, r := range lists {
		list := r.list
		var missing []registry.Missing
		if c.keys != nil {
			if list, missing, err = registry.Examine(ctx, c.db, c.keys, name, list, r.options); err != nil {
				return made, err
			}
		} else {
			c.lists.compared.Check(name, &list)
		}
		report := registry.ReportOf(list)
		report.Missing = missing
		made = append(made, checkedList{File: name, CheckReport: report, unheld: c.keys == nil && list.IsChangeList()})
	}
	if len(made) > 0 {
		reports := make([]registry.CheckReport, len(made))
		for i, list := range made {
			reports[i] = list.CheckReport
		}
		made[0].Copy, err = c.copies.write(path, lists[0].options.Password, reports)
	}
	return made, err
}

// unitTrouble gives an unknown commune its sentence.
func unitTrouble(code string, err error) error {
	if errors.Is(err, registry.ErrNoUnit) {
		return errs.New(errs.NotFound, fmt.Sprintf("Không có xã, phường mã %s. / There is no commune %s.", code, code), err)
	}
	return err
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
	for _, p := range list.Previews {
		fmt.Fprintf(e.stdout, "%s%-8s %s: %s → %s\n", where, p.Cell, p.Encoding, p.Before, p.After)
	}
	e.printFindings(where, list.Table)
	e.printAbsent(where, list.Missing)
	e.printChanges(where, 0, list.Changes)
	if list.unheld {
		fmt.Fprintf(e.stdout, "%sdanh sách tăng, giảm: thêm --programme và --month để so với tháng trước / a list of changes: add --programme and --month to hold it against the month before\n", where)
	}
	fmt.Fprintf(e.stdout, "%s: %d dòng, %d hợp lệ, %d lỗi / rows, sound, refused%s\n", list.File, list.Rows, list.Sound, list.Refused, skippedText(list.Skipped))
	if list.Copy != "" {
		fmt.Fprintf(e.stdout, "bản đã đánh dấu / annotated copy: %s\n", list.Copy)
	}
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
		if err := e.printJSON(struct {
			registry.CheckReport
			Copy string `json:"copy,omitempty"`
		}{sum.Lists[0].CheckReport, sum.Lists[0].Copy}); err != nil {
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
