package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/internal/vntext"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/annotate"
)

// listFlags are the flags by which lists are found and opened.
type listFlags struct {
	sheet        string
	allSheets    bool
	passwordFile string
	workers      int
	encoding     string
	confirmed    bool
	repairs      bool
	last         string
	month        string
	compared     registry.Files // what stands on several files of one command

	mu       sync.Mutex
	password string // the one that opened the last workbook under one
}

func (l *listFlags) register(f *flag.FlagSet) {
	f.StringVar(&l.sheet, "sheet", "", "name of the sheet, where a workbook holds several lists")
	f.BoolVar(&l.allSheets, "all-sheets", false, "take every sheet with a list, each as a list of its own")
	f.StringVar(&l.passwordFile, "password-file", "", "file with the password of workbooks under one; without it a terminal is asked")
	f.StringVar(&l.encoding, "encoding", "", "tcvn3, vni or unicode, where you know how the list is stored")
	f.BoolVar(&l.confirmed, "confirm-encoding", false, "convert text in TCVN3 or VNI as the check showed it")
	f.BoolVar(&l.repairs, "accept-repairs", false, "take the values that the check offers, such as lost zeros")
	f.StringVar(&l.last, "last-programme", "", "programme of last time, to find who is missing now; without it the same one")
	f.StringVar(&l.month, "month", "", "month the list is for, YYYY-MM; needed where the programme pays every month")
	f.IntVar(&l.workers, "workers", runtime.NumCPU(), "files read at the same time")
}

// prepare checks the flags and reads the password.
func (l *listFlags) prepare() error {
	if l.sheet != "" && l.allSheets {
		return usagef("--sheet and --all-sheets exclude each other")
	}
	if _, known := vntext.ParseEncoding(l.encoding); l.encoding != "" && !known {
		return usagef("--encoding is tcvn3, vni or unicode")
	}
	if l.passwordFile == "" {
		return nil
	}
	content, err := os.ReadFile(l.passwordFile)
	l.password = strings.TrimRight(string(content), "\r\n")
	return err
}

// set puts what the flags say about reading into options.
func (l *listFlags) set(o *registry.ImportOptions) {
	encoding, _ := vntext.ParseEncoding(l.encoding)
	o.Text = registry.TextOptions{Encoding: encoding, Confirmed: l.confirmed}
	o.AcceptRepairs, o.LastProgramme, o.Files = l.repairs, l.last, &l.compared
}

// monthOf puts the month of the lists into options, as their programme wants it.
func (l *listFlags) monthOf(ctx context.Context, db pgdb.Querier, o *registry.ImportOptions) error {
	wanted, err := parseMonth(l.month)
	if err != nil {
		return err
	}
	o.Month, err = payout.ListMonth(ctx, db, o.Programme, wanted, calendar.DateOf(o.Now))
	return err
}

// parseMonth reads --month, YYYY-MM; empty is no month.
func parseMonth(text string) (calendar.Date, error) {
	if text == "" {
		return calendar.Date{}, nil
	}
	month, err := calendar.ParseISO(text + "-01")
	if err != nil {
		return month, usagef("--month: %q is no month: write it as 2026-02", text)
	}
	return month, nil
}

// unitOf is the commune a file is for: the one asked for, or the first five
// characters of its name.
func unitOf(asked, path string) string {
	if asked == "" && len(filepath.Base(path)) > 5 {
		return filepath.Base(path)[:5]
	}
	return asked
}

// listExtensions are those by which a folder's lists are found. What a file is
// its content says.
var listExtensions = []string{".xlsx", ".xlsm", ".xls", ".csv"}

// find returns the files among args and in the folders among them, in order and
// each once. Excel's lock files and hidden ones are left out.
func (l *listFlags) find(args []string) (files []string, err error) {
	if len(args) == 0 {
		return nil, usagef("a FILE or FOLDER is needed, after the flags")
	}
	for _, arg := range args {
		err := filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			if err != nil && path == arg {
				files = append(files, path) // said when it is its turn; the others go on
				return nil
			}
			name := entry.Name()
			aside := path != arg && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$"))
			switch {
			case err != nil:
				return err
			case entry.IsDir() && aside:
				return fs.SkipDir
			case entry.IsDir() || aside:
				return nil
			case path == arg || slices.Contains(listExtensions, strings.ToLower(filepath.Ext(name))):
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{}
	files = slices.DeleteFunc(files, func(path string) bool {
		again := seen[path]
		seen[path] = true
		return again
	})
	files = standIns(files)
	if len(files) == 0 {
		return nil, usagef("no list (%s) in %s", strings.Join(listExtensions, ", "), strings.Join(args, ", "))
	}
	return files, nil
}

// standIns leaves out a list beside which its annotated copy is: the copy holds the
// whole list and may be mended. Of several copies the newest stands.
func standIns(files []string) []string {
	newest := map[string]string{} // by the name of the first copy
	for _, path := range files {
		if annotate.IsCopy(filepath.Base(path)) {
			key := firstCopy(path)
			if best, known := newest[key]; !known || changed(path).After(changed(best)) {
				newest[key] = path
			}
		}
	}
	return slices.DeleteFunc(files, func(path string) bool {
		best, known := newest[firstCopy(path)]
		return known && best != path
	})
}

// firstCopy is the name of a list's first copy, for the list and all its copies.
func firstCopy(path string) string {
	if i := strings.LastIndex(path, annotate.Suffix); i >= 0 && annotate.IsCopy(filepath.Base(path)) {
		return path[:i]
	}
	return strings.TrimSuffix(path, filepath.Ext(path))
}

func changed(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// open calls work with the sheet and the password for each list of a file, which
// is one unless all sheets are wanted. The file is open while work runs.
func (l *listFlags) open(path string, work func(file *os.File, size int64, sheet, password string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return usagef("%s is no file", path)
	}
	password := l.known()
	if !l.allSheets {
		return work(file, info.Size(), l.sheet, password)
	}
	sheets, err := registry.SheetsWithLists(file, info.Size(), registry.ReadOptions{Password: password})
	if err != nil {
		return err
	}
	if len(sheets) == 0 {
		return work(file, info.Size(), "", password) // says what is missing
	}
	for _, sheet := range sheets {
		if err := work(file, info.Size(), sheet, password); err != nil {
			return err
		}
	}
	return nil
}

func (l *listFlags) known() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.password
}

// passwordTries is how often a terminal is asked for one file.
const passwordTries = 3

// ask asks the terminal for the password of a file, if there is a terminal and
// err says that one is missing or wrong. try reads the file again; its error is
// the file's.
func (l *listFlags) ask(e *env, path string, err error, try func() error) error {
	for range passwordTries {
		if !needsPassword(err) || l.passwordFile != "" || !term.IsTerminal(int(os.Stdin.Fd())) {
			return err
		}
		fmt.Fprintf(e.stderr, "Mật khẩu của / password of %s: ", filepath.Base(path))
		typed, errTyped := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(e.stderr)
		if errTyped != nil || len(typed) == 0 {
			return err
		}
		l.mu.Lock()
		l.password = string(typed)
		l.mu.Unlock()
		err = try()
	}
	return err
}

func needsPassword(err error) bool {
	var refused *registry.FileError
	return errors.As(err, &refused) && (refused.Finding.Code == registry.FilePassword || refused.Finding.Code == registry.FilePasswordWrong)
}

// each reads many files at once and hands them over in order, with a line of
// progress. read may run beside others; take does not, and its error stops all.
func each[T any](ctx context.Context, e *env, l *listFlags, files []string, read func(path string) (T, error), take func(path string, made T, err error) error) error {
	type result struct {
		made T
		err  error
	}
	progress := newProgress(e.stderr)
	for i, r := range ahead(ctx, len(files), l.workers, func(i int) result {
		made, err := read(files[i])
		return result{made, err}
	}) {
		r.err = l.ask(e, files[i], r.err, func() (err error) {
			r.made, err = read(files[i])
			return err
		})
		progress.wipe()
		if err := take(files[i], r.made, r.err); err != nil {
			return err
		}
		if len(files) > 1 {
			progress.step(i+1, len(files), filepath.Base(files[i]))
		}
	}
	progress.wipe()
	return ctx.Err()
}
