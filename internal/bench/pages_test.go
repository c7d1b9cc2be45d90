package bench_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ansinh/internal/bench"
	"ansinh/internal/crypt"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

// pageMax is the weight of a page on an old laptop.
const pageMax = 100 << 10

// The small version of the figure: every page answers while a batch is paid, none
// is heavier than promised, and the city is one the ledger itself accepts. Time
// is measured by the command and asserted by nobody; that no page scans is
// asserted in package records, over the same city.
func TestPagesFigureClicksThroughACityThatVerifies(t *testing.T) {
	t.Parallel()
	keys, err := crypt.DeriveKeys([]byte("the bench of pages, 32 bytes long"))
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.DB(t)
	city, err := bench.LoadCity(t.Context(), db, bench.CityOptions{People: 1_000, Batches: 2, Keys: keys, Random: rand.NewChaCha8([32]byte{1})})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(0, 0)
	rows, err := city.Pages(t.Context(), bench.PagesOptions{Visitors: 1, Each: 150, Seed: 7, Now: func() time.Time { at = at.Add(time.Millisecond); return at }})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 20 {
		t.Errorf("%d pages were looked at, want all of some twenty", len(rows))
	}
	for _, r := range rows {
		if r.BytesMax == 0 || r.BytesMax > pageMax {
			t.Errorf("page %s has %d bytes, want 1 to %d", r.Page, r.BytesMax, pageMax)
		}
	}
	var out bytes.Buffer
	if err := bench.PrintPages(&out, rows); err != nil || !strings.Contains(out.String(), "/books/vouchers/N, deep") {
		t.Errorf("printed %q, %v", out.String(), err)
	}
	if err := ledger.CheckAll(t.Context(), db); err != nil {
		t.Error(err)
	}
	if found, err := payout.CheckTallies(t.Context(), db); err != nil || len(found) > 0 {
		t.Errorf("totals that drifted: %v, %v", found, err)
	}
}
