package bench_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/bench"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/registry"
	"ansinh/registry/demolist"
)

// The figures' sense is in their rows, not in their time: what was posted must
// verify, and each row must name its floor.
func TestLedgerFigureVerifiesWhatItPosted(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	owner, err := pgdb.OpenOwner(t.Context(), pgtest.OwnerURL(t, db), pgdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(owner.Close)
	tick := time.Unix(0, 0)
	clock := func() time.Time { tick = tick.Add(time.Second); return tick }
	rows, err := bench.Ledger(t.Context(), db, owner, bench.LedgerOptions{Payments: 2_500, Batches: 3, Chunk: 1_000, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Size != 15_000 || rows[1].Size != 15_032 || rows[0].FloorS == 0 || rows[1].FloorS == 0 {
		t.Errorf("rows = %+v, want 15,000 lines posted and 15,032 verified, each with a floor", rows)
	}
}

func TestStatementFigureReadsEveryEntry(t *testing.T) {
	t.Parallel()
	tick := time.Unix(0, 0)
	row, err := bench.Statement(context.Background(), t.TempDir(), 500, func() time.Time { tick = tick.Add(time.Second); return tick })
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := bench.Print(&out, []bench.Row{row}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "camt.054") || row.Size != 500 {
		t.Errorf("printed %q for %+v", out.String(), row)
	}
}

// The path's own check requires every payment paid, the batch closed and the books
// verified; here only that each figure is there with its floor.
func TestMoneyPathPaysEverybodyAndNamesItsFloors(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	owner, err := pgdb.OpenOwner(t.Context(), pgtest.OwnerURL(t, db), pgdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(owner.Close)
	tick := time.Unix(0, 0)
	clock := func() time.Time { tick = tick.Add(time.Second); return tick }
	rows, err := bench.MoneyPath(t.Context(), db, owner, bench.MoneyOptions{Payments: 1_250, Dir: t.TempDir(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("rows = %+v, want the path, its settlement and the cost at both sizes", rows)
	}
	for _, r := range rows {
		want := int64(1_250)
		if strings.HasPrefix(r.Name, "settlement") {
			want -= 100 // the canary's stood on a statement before it
		}
		if r.Size != want || r.FloorS == 0 || r.Floor == "" {
			t.Errorf("row %+v, want %d and a floor", r, want)
		}
	}
}

// One file holds everything but the canary and the draw's credit came before it.
func TestSettlementFigureTakesOneStatement(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	owner, err := pgdb.OpenOwner(t.Context(), pgtest.OwnerURL(t, db), pgdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(owner.Close)
	tick := time.Unix(0, 0)
	clock := func() time.Time { tick = tick.Add(time.Second); return tick }
	row, err := bench.Settlement(t.Context(), db, owner, bench.MoneyOptions{Payments: 1_150, Dir: t.TempDir(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if row.Size != 1_150 || row.FloorS == 0 || row.PeakMB == 0 {
		t.Errorf("row %+v, want 1,150 entries, a floor and the memory", row)
	}
}

// Every row taken must stand in the registry with a person and a way; a figure of
// fewer is none.
func TestListsFigureCountsWhatStandsInTheRegistry(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	owner, err := pgdb.OpenOwner(t.Context(), pgtest.OwnerURL(t, db), pgdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(owner.Close)
	tick := time.Unix(1_800_000_000, 0)
	clock := func() time.Time { tick = tick.Add(time.Second); return tick }
	keys, err := crypt.DeriveKeys([]byte("bench"))
	if err != nil {
		t.Fatal(err)
	}
	err = pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error { return registry.Prepare(ctx, tx, true, tick) })
	if err != nil {
		t.Fatal(err)
	}
	more := int64(0) // rows claimed beyond those taken
	options := bench.ListsOptions{Now: clock, CPU: func() (time.Duration, time.Duration) { return 0, 0 },
		Take: func(ctx context.Context) (int, int64, error) {
			var book bytes.Buffer
			if err := demolist.Seeded(1, 0, 50).Write(&book, demolist.Style{}); err != nil {
				return 0, 0, err
			}
			file := registry.File{Name: "ds.xlsx", Content: bytes.NewReader(book.Bytes()), Size: int64(book.Len())}
			result, err := registry.ImportList(ctx, db, keys, file, registry.ImportOptions{Programme: "TET", Unit: registry.Communes()[0].Key(), By: "bench", Now: tick, Random: rand.Reader})
			return 1, int64(result.RowsTaken) + more, err
		}}
	row, err := bench.Lists(t.Context(), db, owner, options)
	if err != nil || row.Size != 50 || row.FloorS != 3 {
		t.Errorf("row %+v, %v; want 50 rows and a floor of three tables", row, err)
	}
	more = 1
	if _, err := bench.Lists(t.Context(), db, owner, options); err == nil {
		t.Error("a row that is not in the registry was counted")
	}
}
