package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/demolist"
)

// writeLists writes the communes' workbooks, and what the decision declares.
func (d *demo) writeLists(ctx context.Context) error {
	d.state.Lists, d.state.Count, d.state.Total, d.state.Defects = nil, 0, 0, 0
	err := inventLists(ctx, d.e.path("lists"), d.state.Seed, d.state.People, registry.Communes(), d.progress, func(u demolist.Unit, truth demolist.Truth) {
		d.state.Lists = append(d.state.Lists, demoList{Unit: u.Code, File: u.FileName("tet"), Rows: truth.Rows})
		d.state.Count += int64(truth.People)
		d.state.Total += money.Amount(truth.TotalVND)
		d.state.Defects += len(truth.Defects)
	})
	if err != nil {
		return err
	}
	d.progress.say("    %d workbooks, %d people to be paid %s đồng by the decision, %d rows with a planted defect",
		len(d.state.Lists), d.state.Count, d.state.Total, d.state.Defects)
	return nil
}

// inventLists writes a workbook for each of the communes into a folder, and says of
// each what stands in it.
func inventLists(ctx context.Context, folder string, seed uint64, people int, communes []registry.Unit, p *progress, wrote func(demolist.Unit, demolist.Truth)) error {
	places := make([]demolist.Place, len(communes))
	for i, u := range communes {
		places[i] = demolist.Place{Code: u.Code, Name: u.NameVI}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	plan := demolist.Make(seed, people, places)
	for i, u := range plan.Units {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.step(i, len(plan.Units), u.Name)
		if u.People == 0 {
			continue
		}
		var book bytes.Buffer
		truth, err := u.WriteTet(&book)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, u.FileName("tet")), book.Bytes(), 0o644); err != nil {
			return err
		}
		wrote(u, truth)
	}
	return nil
}

// importLists takes every workbook from its file, leaving refused rows out. They
// are taken one after another, so that people get the same numbers in every run;
// with more than one worker the next two are read meanwhile.
func (d *demo) importLists(ctx context.Context) error {
	taken, refused := 0, 0
	lists, early := d.state.Lists, 0
	if d.options.workers > 1 {
		early = readersMax
	}
	for i, o := range ahead(ctx, len(lists), early, func(i int) opened { return d.openList(ctx, lists[i]) }) {
		d.progress.step(i, len(lists), lists[i].File)
		result, err := o.take(ctx, d.works.DB)
		var nobody *registry.RefusedError
		if errors.As(err, &nobody) {
			refused += nobody.RowsTotal // a tiny commune of which every row is spoilt
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", lists[i].File, err)
		}
		taken, refused = taken+result.RowsTaken, refused+result.RowsRefused
	}
	d.progress.say("    %d rows taken, %d refused with cell and reason", taken, refused)
	return ctx.Err()
}

// opened is a workbook that was read, or why it could not be.
type opened struct {
	list *registry.OpenedList
	err  error
}

func (o opened) take(ctx context.Context, db pgdb.DB) (registry.Result, error) {
	if o.err != nil {
		return registry.Result{}, o.err
	}
	return o.list.Take(ctx, db)
}

func (d *demo) openList(ctx context.Context, l demoList) opened {
	list, err := openFile(ctx, d.works.DB, d.installation.Keys, d.e.path("lists", l.File), registry.ImportOptions{
		Programme: demoProgramme, Unit: registry.UnitKey{Code: l.Unit}, By: "van-thu", Now: d.now(), AcceptValid: true})
	return opened{list, err}
}

// readersMax is how many workbooks are read at a time, and held in memory.
const readersMax = 2

// importFile imports one workbook. A unit without ValidFrom is that in force.
func importFile(ctx context.Context, db pgdb.DB, keys *crypt.Keys, path string, o registry.ImportOptions) (registry.Result, error) {
	list, err := openFile(ctx, db, keys, path, o)
	if err != nil {
		return registry.Result{}, err
	}
	return list.Take(ctx, db)
}

// openFile reads one workbook, to be taken later.
func openFile(ctx context.Context, db pgdb.DB, keys *crypt.Keys, path string, o registry.ImportOptions) (*registry.OpenedList, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if o.Month, err = payout.ListMonth(ctx, db, o.Programme, o.Month, calendar.DateOf(o.Now)); err != nil {
		return nil, err
	}
	if o.Unit.ValidFrom.IsZero() {
		if o.Unit, err = unitNow(ctx, db, o.Unit.Code, o.Now); err != nil {
			return nil, err
		}
	}
	o.Random = rand.Reader
	return registry.OpenList(ctx, db, keys, registry.File{Name: filepath.Base(path), Content: file, Size: info.Size()}, o)
}

// plan declares the batch as the decision says, and plans it from the lists.
func (d *demo) plan(ctx context.Context) error {
	if err := d.declare(ctx); err != nil {
		return err
	}
	who, now := "can-bo-lap", d.now()
	result, err := payout.Plan(ctx, d.works.DB, d.batch(), payout.PlanOptions{Who: who}, now)
	if err != nil && !errors.Is(err, payout.ErrPlanned) {
		return err
	}
	if err := payout.Allot(ctx, d.works.DB, d.batch(), who, now); err != nil {
		return err
	}
	d.progress.say("    batch %d: %d payments, %s đồng, %d sections", d.batch(), result.Payments, result.Total, result.Sections)
	return nil
}

// submit has the maker submit what nobody submitted yet, at the console or before.
func (d *demo) submit(ctx context.Context) error {
	sections, err := payout.Sections(ctx, d.works.DB, d.batch())
	if err != nil {
		return err
	}
	for _, s := range sections {
		if s.State == "planned" {
			_, err := payout.Submit(ctx, d.works.DB, d.batch(), nil, "can-bo-lap", d.now())
			return err
		}
	}
	return nil
}

// declare opens the batch once, however often the phase begins.
func (d *demo) declare(ctx context.Context) error {
	known, err := payout.Batches(ctx, d.works.DB)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		d.state.Batch = known[0]
		return nil
	}
	var id ledger.BatchID
	err = pgdb.InTx(ctx, d.works.DB, func(ctx context.Context, tx pgx.Tx) error {
		id, err = payout.Declare(ctx, tx, payout.Declaration{Programme: demoProgramme, Period: demoPayDay, Count: d.state.Count, Total: d.state.Total,
			NameVI: "Quà Tết Bính Ngọ 2026 (dữ liệu giả lập)", DecisionNo: "00/QĐ-MẪU", DecisionDate: demoFirstDay, MadeBy: "can-bo-lap"}, d.now())
		return err
	})
	d.state.Batch = id
	return err
}

// unitNow is the unit that carries a code today.
func unitNow(ctx context.Context, db pgdb.Querier, code string, now time.Time) (registry.UnitKey, error) {
	return registry.UnitAt(ctx, db, code, calendar.DateOf(now))
}
