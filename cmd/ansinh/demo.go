package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"ansinh/internal/assembly"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/ledger"
)

func demoCommands() []command {
	return []command{{name: "demo", short: "chạy trọn một đợt chi trên dữ liệu giả lập / the whole job on invented data, against banks that misbehave",
		example: "ansinh demo --people 2000 --no-serve --json\nansinh demo --dir ./ansinh-demo --resume", setup: setupDemo}}
}

// The days of the demo: lists and approvals on the first, the money from the
// second, returns and retries until the week before Tet.
var (
	demoFirstDay = calendar.Must(2026, 1, 26)
	demoPayDay   = calendar.Must(2026, 1, 27)
	demoRetryDay = calendar.Must(2026, 2, 3)
	demoLastDay  = calendar.Must(2026, 2, 13)
)

const (
	demoProgramme = "TET26"
	bankDayEnds   = 17 // local hour at which the banks close their day
)

type demoOptions struct {
	people  int
	seed    uint64
	noServe bool
	// saidServe: --no-serve was given, one way or the other.
	saidServe bool
	asJSON    bool
	workers   int
	resume    bool
	until     string
	listen    string
	profile   string
}

func setupDemo(f *flag.FlagSet) run {
	var o demoOptions
	f.IntVar(&o.people, "people", 20_000, "how many people the invented city lists")
	f.Uint64Var(&o.seed, "seed", 1, "everything invented follows from it")
	f.BoolVar(&o.noServe, "no-serve", false, "end when the work is done, instead of serving the console; so does --json, and --resume of what was begun so")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address of the console; a free port if it is taken")
	f.BoolVar(&o.asJSON, "json", false, "the summary as JSON on standard output")
	f.IntVar(&o.workers, "workers", 2, "1: one goroutine, no River, the same ledger head for the same seed; more: River with so many workers")
	f.BoolVar(&o.resume, "resume", false, "continue what stands in the data folder, after an interruption of any kind")
	f.StringVar(&o.until, "until", "", "stop before this phase: "+strings.Join(phaseNames(), ", "))
	f.StringVar(&o.profile, "profile", "", "write processor and memory profiles of every phase into this folder")
	return func(ctx context.Context, e *env, args []string) error {
		switch {
		case len(args) > 0:
			return usagef("what is %q?", args[0])
		case o.people < 1 || o.people > 2_000_000:
			return usagef("--people is 1 to 2,000,000")
		case o.workers < 1 || o.workers > 32:
			return usagef("--workers is 1 to 32")
		case o.until != "" && !slices.Contains(phaseNames(), o.until):
			return usagef("--until is one of %s", strings.Join(phaseNames(), ", "))
		}
		f.Visit(func(given *flag.Flag) { o.saidServe = o.saidServe || given.Name == "no-serve" })
		d := &demo{e: e, options: o, progress: newProgress(e.stderr)}
		return d.run(ctx)
	}
}

// demo is one run of the demonstration. What must survive a kill stands in
// demoState, the database and the banks' own books; everything else is made anew.
type demo struct {
	e        *env
	options  demoOptions
	state    *demoState
	progress *progress
	meter    meter

	installation assembly.Demo
	banks        *demoBanks
	works        *assembly.Works
	steps        stepper
	callback     string         // where banks post their files
	verified     *ledgerSummary // what the phase verify found, when it ran
}

// phase is a part of the job with a name; each may be interrupted anywhere and
// begun again.
type phase struct {
	name, what string
	do         func(*demo, context.Context) error
}

var phases = []phase{
	{"lists", "ghi sổ danh sách của 126 xã, phường / write 126 communes' workbooks", (*demo).writeLists},
	{"import", "nhập danh sách / import the lists", (*demo).importLists},
	{"plan", "lập đợt chi / plan the batch", (*demo).plan},
	{"submit", "trình các phần / submit the sections", (*demo).submit},
	{"approve", "phê duyệt từng xã, phường / approve commune by commune", (*demo).approve},
	{"draw", "rút dự toán / draw the funds", (*demo).draw},
	{"dispatch", "chi tiền, đối soát từng ngày / pay, and reconcile day by day", (*demo).days},
	{"close", "khóa sổ những gì khóa được / close what can close", (*demo).close},
	{"verify", "kiểm tra sổ / verify the ledger", (*demo).verify},
	{"report", "ghi sổ quyết toán / write the settlement workbook", (*demo).report},
}

func phaseNames() []string {
	var names []string
	for _, p := range phases {
		names = append(names, p.name)
	}
	return names
}

func (d *demo) run(ctx context.Context) error {
	d.progress.say("An Sinh demo · %s · %s", assembly.Notice, d.e.folder())
	if err := d.openState(); err != nil {
		return err
	}
	if err := d.timed("start", "khởi động cơ sở dữ liệu và ngân hàng mẫu / start database and sandbox banks", d.start)(ctx); err != nil {
		return err
	}
	for i, p := range phases {
		if p.name == d.options.until {
			d.progress.say("stopped before %s; continue with: ansinh demo --dir %s --resume", p.name, d.e.folder())
			return nil
		}
		if slices.Contains(d.state.Done, p.name) {
			continue
		}
		what := fmt.Sprintf("[%d/%d] %s", i+1, len(phases), p.what)
		if err := d.timed(p.name, what, func(ctx context.Context) error { return p.do(d, ctx) })(ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		d.state.Done = append(d.state.Done, p.name)
		if err := d.state.save(); err != nil {
			return err
		}
	}
	return d.finish(ctx)
}

// timed notes how long a part took, over all runs of this data folder. A part
// that fails counts too.
func (d *demo) timed(name, what string, do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		d.progress.begin(what)
		begun := time.Now()
		err := profiled(d.options.profile, name, func() error { return do(ctx) })
		d.state.spent(name, time.Since(begun), d.meter.read())
		d.progress.end(time.Since(begun))
		return err
	}
}

// openState begins a new data folder or continues one.
func (d *demo) openState() error {
	if err := os.MkdirAll(d.e.folder(), 0o711); err != nil {
		return err
	}
	path := d.e.path("demo.json")
	state, err := readState(path)
	switch {
	case err != nil:
		return err
	case state != nil && !d.options.resume:
		return errs.Coded(errs.Conflict, "CLI-DEMO-EXISTS", fmt.Sprintf(
			"Thư mục %s đã có một lần chạy thử: thêm --resume để chạy tiếp, hoặc chọn --dir khác. / "+
				"%s holds a demo already: add --resume to continue it, or choose another --dir.", d.e.folder(), d.e.folder()), nil)
	case state == nil && d.options.resume:
		return errs.Coded(errs.NotFound, "CLI-DEMO-NONE", fmt.Sprintf(
			"Thư mục %s chưa có gì để chạy tiếp. / There is nothing in %s to resume.", d.e.folder(), d.e.folder()), nil)
	case state == nil:
		state = &demoState{Seed: d.options.seed, People: d.options.people, NoServe: d.options.noServe, path: path}
		if err := state.save(); err != nil {
			return err
		}
	}
	d.state = state
	return nil
}

// endsAlone says that the demo ends when its work is done. A script that reads
// JSON waits for the end, and what was begun without a console is resumed so.
func (d *demo) endsAlone() bool {
	if d.options.saidServe {
		return d.options.noServe
	}
	return d.options.asJSON || d.state.NoServe
}

// batch is the demo's batch number.
func (d *demo) batch() ledger.BatchID { return d.state.Batch }

// now is the demo's clock.
func (d *demo) now() time.Time { return d.e.now()() }
