package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// ListsOptions are what the figure of an import is made with.
type ListsOptions struct {
	// Take imports the lists and says how many rows of how many it took. It is what
	// is measured.
	Take func(ctx context.Context) (lists int, rows int64, err error)
	// CPU is what engine and server used of the processors so far.
	CPU func() (engine, server time.Duration)
	Now func() time.Time
}

// Lists measures an import: seconds, memory of this process, processor time of
// engine and server. Every row taken must stand in the registry afterwards, with a
// person who has a way to be paid.
func Lists(ctx context.Context, db, owner *pgxpool.Pool, o ListsOptions) (Row, error) {
	forgetPeak()
	engine, server := o.CPU()
	start := o.Now()
	lists, rows, err := o.Take(ctx)
	if err != nil {
		return Row{}, fmt.Errorf("import the lists: %w", err)
	}
	took := o.Now().Sub(start)
	row := Row{Name: fmt.Sprintf("import of %d lists, read to committed", lists), Size: rows, Unit: "rows", PeakMB: peakMB(),
		Floor: "the rows it left, by INSERT … SELECT", Target: "≤ 90 s for 1,165,878"}
	engineNow, serverNow := o.CPU()
	row.EngineCPU, row.ServerCPU = (engineNow - engine).Seconds(), (serverNow - server).Seconds()
	if err := checkLists(ctx, db, rows); err != nil {
		return Row{}, err
	}
	floor, err := rowsAgain(ctx, owner, o.Now, listRows)
	if err != nil {
		return Row{}, err
	}
	return row.finish(took, floor), nil
}

const sqlRowsPayable = `
SELECT count(*) FROM registry.list_row AS w
  JOIN registry.person AS p ON p.id = w.person
  JOIN registry.channel AS c ON c.person = p.id AND c.rank = 1`

func checkLists(ctx context.Context, db *pgxpool.Pool, want int64) error {
	var got int64
	if err := db.QueryRow(ctx, sqlRowsPayable).Scan(&got); err != nil {
		return fmt.Errorf("look at what was imported: %w", err)
	}
	if got != want {
		return fmt.Errorf("%d rows were taken, %d stand in the registry with a person and a way", want, got)
	}
	return nil
}

// listRows are the tables in which an import leaves a row or more for each person.
var listRows = []left{
	{table: "registry.person", key: "id"},
	{table: "registry.channel", key: "person, rank"},
	{table: "registry.list_row", key: "list, row_no"},
}

// rowsAgain writes all rows of the tables again, with nothing but their key.
func rowsAgain(ctx context.Context, owner *pgxpool.Pool, now func() time.Time, tables []left) (time.Duration, error) {
	if _, err := owner.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS bench"); err != nil {
		return 0, fmt.Errorf("make room for the floor: %w", err)
	}
	var took time.Duration
	for _, l := range tables {
		set := fmt.Sprintf("SET search_path TO bench; DROP TABLE IF EXISTS floor; CREATE TABLE floor (LIKE %s, PRIMARY KEY (%s))", l.table, l.key)
		if _, err := owner.Exec(ctx, set); err != nil {
			return 0, fmt.Errorf("floor of %s: %w", l.table, err)
		}
		start := now()
		// In a block, because nothing can prepare a statement about a table made a moment ago.
		if _, err := owner.Exec(ctx, fmt.Sprintf("DO $$ BEGIN INSERT INTO bench.floor SELECT * FROM %s; END $$", l.table)); err != nil {
			return 0, fmt.Errorf("floor of %s: %w", l.table, err)
		}
		took += now().Sub(start)
	}
	return took, nil
}
