package ledger_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ansinh/internal/money"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

// TestRandomHistoriesKeepTheTies draws movements for a few payments from all
// that the arrows allow. Whatever Post accepts, the position foretold; and the
// look at the database after the test finds every tie kept.
func TestRandomHistoriesKeepTheTies(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.DB(t)
	b := open(t, db)
	for _, def := range ledger.Legs {
		b.id(def.Debit)
		b.id(def.Credit)
	}
	batch := ledger.BatchID(1000)
	rapid.Check(t, func(r *rapid.T) {
		batch++
		at := map[int64]ledger.Position{}
		for p := int64(1); p <= 4; p++ {
			at[p] = ledger.Position{Payment: p, Amount: money.Amount(1000 * p)}
		}
		for step := range rapid.IntRange(1, 12).Draw(r, "steps") {
			p := at[rapid.Int64Range(1, 4).Draw(r, "payment")]
			var allowed []ledger.LegID
			for _, def := range ledger.Legs {
				if slices.Contains(def.From, p.State()) {
					allowed = append(allowed, def.ID)
				}
			}
			if len(allowed) == 0 {
				continue
			}
			l := b.next(p, batch, rapid.SampledFrom(allowed).Draw(r, "leg"), rapid.Int16Range(0, p.Attempt).Draw(r, "about"))
			v := b.voucher(fmt.Sprintf("%d step %d", batch, step), batch)
			v.OrderNo, v.Cause, v.Lines = int64(batch)*10+p.Payment, 1, ledger.ListOf([]ledger.Line{l})
			if _, err := b.post(v); err != nil {
				continue
			}
			at[p.Payment] = p.After(l)
		}
		var payments []int64
		for p, position := range at {
			if position.Seq > 0 {
				payments = append(payments, p)
			}
		}
		stored, err := ledger.Positions(ctx, db, batch, payments)
		if err != nil {
			r.Fatal(err)
		}
		for p, got := range stored {
			if got != at[p] {
				r.Fatalf("payment %d: stored %+v, foretold %+v", p, got, at[p])
			}
		}
	})
}
