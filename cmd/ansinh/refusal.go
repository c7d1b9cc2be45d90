package main

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
)

func refusalCommands() []command {
	return []command{
		{name: "refusal list", short: "dòng chưa nhận, chờ quyết định / rows refused or left out that wait for a decision",
			example: "ansinh refusal list --batch 13001", setup: setupRefusalList},
		{name: "refusal verify", short: "mọi dòng của mọi danh sách đã có kết quả chưa / what became of every row of every list: paid, left out, decided, or it waits",
			example: "ansinh refusal verify", setup: setupRefusalVerify},
		{name: "refusal show", short: "xem một dòng bị từ chối như đã nộp / the cells of a refused row as handed in; that it was read is recorded",
			example: "ansinh refusal show --list 3 --row 12 --by can-bo-lap", setup: setupRefusalShow},
		{name: "refusal assign", short: "giao người lo, đặt hạn / who sees to open rows, and until when; the row stays open",
			example: "ansinh refusal assign --batch 13001 --unit 00004 --owner can-bo-lap --due 2026-02-10 --why 'nghỉ ốm' --by lanh-dao-so", setup: setupRefusalAssign},
		{name: "refusal correct", short: "đã sửa / a row that was taken stands for it now",
			example: "ansinh refusal correct --list 3 --row 12 --as-list 8 --as-row 12 --by can-bo-lap", setup: setupRefusalDecide(registry.RowCorrected)},
		{name: "refusal move", short: "chuyển đợt sau / it waits for the next cut of its commune",
			example: "ansinh refusal move --batch 13001 --unit 00004 --why 'chờ cấp lại căn cước' --by can-bo-lap", setup: setupRefusalDecide(registry.RowMoved)},
		{name: "refusal drop", short: "loại khỏi danh sách / it gets nothing, by two people with a reason",
			example: "ansinh refusal drop --list 3 --row 12 --why 'đã chuyển đi tỉnh khác' --by ke-toan-truong --second kiem-soat-vien", setup: setupRefusalDecide(registry.RowDropped)},
	}
}

// refusalFlags choose rows: one by its list and row, or many by what they share.
type refusalFlags struct {
	batch, row int
	list       int64
	programme  string
	unit, code string
}

func (r *refusalFlags) declare(f *flag.FlagSet) {
	f.Int64Var(&r.list, "list", 0, "number of the list")
	f.IntVar(&r.row, "row", 0, "row of the list, as the spreadsheet counts")
	f.IntVar(&r.batch, "batch", 0, "all that wait at this batch")
	f.StringVar(&r.programme, "programme", "", "of this programme only")
	f.StringVar(&r.unit, "unit", "", "of this commune only")
	f.StringVar(&r.code, "code", "", "refused with this code, or left out for this reason, only")
}

func (r *refusalFlags) filter() payout.OpenRowFilter {
	filter := payout.OpenRowFilter{Batch: ledger.BatchID(r.batch), Programme: r.programme, Unit: r.unit, Code: r.code}
	if r.list > 0 && r.row > 0 {
		filter.Rows = []registry.RowRef{{List: r.list, Row: r.row}}
	}
	return filter
}

func setupRefusalVerify(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		faults, err := payout.CheckRows(ctx, db)
		if err != nil {
			return err
		}
		if *asJSON {
			if faults == nil {
				faults = []payout.RowFault{}
			}
			err = e.printJSON(faults)
		} else if len(faults) == 0 {
			fmt.Fprintln(e.stdout, "mọi dòng đều có kết quả, không ai hưởng hai lần / every row is answered, nobody holds a right twice")
		}
		for _, fault := range faults {
			if !*asJSON {
				fmt.Fprintln(e.stdout, fault.Error())
			}
		}
		if err != nil || len(faults) == 0 {
			return err
		}
		return errReported
	}
}

func setupRefusalList(f *flag.FlagSet) run {
	var r refusalFlags
	r.declare(f)
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		rows, err := payout.OpenRows(ctx, db, r.filter())
		if err != nil {
			return err
		}
		today := calendar.DateOf(e.now()())
		if *asJSON {
			return e.printJSON(rows)
		}
		late := 0
		w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "đợt / batch\txã / unit\tdanh sách / list\tdòng / row\thọ tên / name\tngười lo / owner\thạn / due\tmã / codes\tlý do / why")
		for _, o := range rows {
			due := o.Due.Vietnamese()
			if o.Late(today) {
				late++
				due += " quá hạn / late"
			}
			batch := fmt.Sprint(o.Batch)
			if o.Batch == 0 {
				batch = "-"
			}
			if !o.Month.IsZero() {
				batch += fmt.Sprintf(" %02d/%d", int(o.Month.Month()), o.Month.Year())
			}
			if o.Moved {
				batch += " (chuyển / moved)"
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", batch, o.Unit, o.List, o.Row, o.Name, o.Owner, due, o.Codes, o.Message)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%d dòng chờ quyết định, %d quá hạn / rows wait for a decision, %d late\n", len(rows), late, late)
		return nil
	}
}

func setupRefusalShow(f *flag.FlagSet) run {
	var r refusalFlags
	r.declare(f)
	by := f.String("by", "", "who reads it")
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if r.list <= 0 || r.row <= 0 || *by == "" {
			return usagef("--list, --row and --by are needed")
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		keys, err := e.keys()
		if err != nil {
			return err
		}
		cells, err := payout.ReadRefusedRow(ctx, db, keys, registry.RowRef{List: r.list, Row: r.row}, *by, e.now()())
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(cells)
		}
		for _, c := range cells {
			fmt.Fprintf(e.stdout, "%s%d %s: %s\n", c.Column, r.row, c.Heading, c.Value)
		}
		return nil
	}
}

func setupRefusalAssign(f *flag.FlagSet) run {
	var r refusalFlags
	r.declare(f)
	var a payout.RowsAssignment
	f.StringVar(&a.Owner, "owner", "", "who sees to them from now on; without it as before")
	due := f.String("due", "", "until which day, YYYY-MM-DD; without it as before")
	f.StringVar(&a.Why, "why", "", "reason")
	f.StringVar(&a.By, "by", "", "who assigns them")
	return func(ctx context.Context, e *env, _ []string) error {
		if a.Rows = r.filter(); len(a.Rows.Rows) == 0 && a.Rows.Batch == 0 || (r.list > 0) != (r.row > 0) {
			return usagef("--list with --row, or --batch is needed")
		}
		if a.By == "" {
			return usagef("--by is needed")
		}
		var err error
		if a.Due, err = dayFlag("due", *due); err != nil {
			return err
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		var n int
		err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) (err error) {
			n, err = payout.AssignRows(ctx, tx, a, e.now()())
			return err
		})
		return e.did(err, "%d dòng đã giao / rows assigned", n)
	}
}

func setupRefusalDecide(kind registry.DecisionKind) func(f *flag.FlagSet) run {
	return func(f *flag.FlagSet) run {
		var r refusalFlags
		r.declare(f)
		d := payout.RowsDecision{Kind: kind}
		f.StringVar(&d.ByOne, "by", "", "who decides")
		f.StringVar(&d.Reason, "why", "", "reason")
		switch kind {
		case registry.RowCorrected:
			f.Int64Var(&d.As.List, "as-list", 0, "list with the row that was taken")
			f.IntVar(&d.As.Row, "as-row", 0, "that row")
			f.StringVar(&d.ByTwo, "second", "", "the second person, where that row is not plainly the same person's")
		case registry.RowDropped:
			f.StringVar(&d.ByTwo, "second", "", "the second person")
		case registry.RowMoved:
		}
		return func(ctx context.Context, e *env, _ []string) error {
			if d.Rows = r.filter(); len(d.Rows.Rows) == 0 && d.Rows.Batch == 0 || (r.list > 0) != (r.row > 0) {
				return usagef("--list with --row, or --batch is needed")
			}
			if kind == registry.RowCorrected && (len(d.Rows.Rows) == 0 || d.As.List <= 0 || d.As.Row <= 0) {
				return usagef("--list, --row, --as-list and --as-row are needed")
			}
			if d.ByOne == "" {
				return usagef("--by is needed")
			}
			db, err := e.pool(ctx)
			if err != nil {
				return err
			}
			return e.decideRows(ctx, db, d, e.now()())
		}
	}
}

func (e *env) decideRows(ctx context.Context, db pgdb.DB, d payout.RowsDecision, now time.Time) error {
	var n int
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) (err error) {
		n, err = payout.DecideRows(ctx, tx, d, now)
		return err
	})
	if err != nil {
		return err
	}
	word := map[registry.DecisionKind]string{registry.RowCorrected: "đã sửa / corrected", registry.RowMoved: "chuyển đợt sau / moved to the next cut",
		registry.RowDropped: "loại khỏi danh sách / dropped"}[d.Kind]
	fmt.Fprintf(e.stdout, "%d dòng / rows: %s\n", n, word)
	return nil
}
