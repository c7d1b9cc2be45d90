package payout_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters/sandbox"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

func tallies(t *testing.T, db pgdb.Querier, batch ledger.BatchID) []string {
	t.Helper()
	list, err := payout.Tallies(t.Context(), db, batch)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, c := range list {
		rows = append(rows, fmt.Sprintf("%d %s %s %d %d", c.Section, c.Channel, c.State, c.Payments, int64(c.Amount)))
	}
	return rows
}

func TestTalliesFollowEachVoucher(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.approved(5) // persons 1, 3 and 5 at B, 2 and 4 at A
	want := []string{"1 A approved 2 1000000", "1 B approved 3 1500000"}
	if diff := cmp.Diff(want, tallies(t, o.db, batch)); diff != "" {
		t.Errorf("after approval (-want +got):\n%s", diff)
	}
	var first int64
	if err := o.db.QueryRow(t.Context(), `SELECT min(no) FROM payout.payment WHERE batch = $1 AND channel = 'A'`, batch).Scan(&first); err != nil {
		t.Fatal(err)
	}
	err := payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: batch, Payments: []int64{first}, Reason: "đã chết", ByOne: "lan", ByTwo: "hung"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	want = []string{"1 A approved 1 500000", "1 A ended 1 500000", "1 B approved 3 1500000"}
	if diff := cmp.Diff(want, tallies(t, o.db, batch)); diff != "" {
		t.Errorf("after a cancellation (-want +got):\n%s", diff)
	}
	if got := tallies(t, o.db, batch+1); got != nil {
		t.Errorf("tallies of another batch = %q", got)
	}
}

// A voucher above tallyMany is counted by the other statement.
func TestTalliesOfALargeOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 900, sandbox.Script{})
	total := func(from, to int) (sum int64) {
		for n := from; n <= to; n++ {
			sum += int64(amountOf(n))
		}
		return sum
	}
	want := []string{fmt.Sprintf("1 E approved 900 %d", total(1, 900))}
	if diff := cmp.Diff(want, tallies(t, d.db, d.batch)); diff != "" {
		t.Errorf("after approval (-want +got):\n%s", diff)
	}
	e := d.engine(pgdb.Hooks{})
	if _, err := e.StepOrder(t.Context(), "E"); err != nil {
		t.Fatal(err)
	}
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.PassCanary(ctx, tx, d.batch, d.bank, "trưởng phòng", d.now)
	})
	if _, err := e.StepOrder(t.Context(), "E"); err != nil {
		t.Fatal(err)
	}
	want = []string{fmt.Sprintf("1 E ordered 900 %d", total(1, 900))}
	if diff := cmp.Diff(want, tallies(t, d.db, d.batch)); diff != "" {
		t.Errorf("after two orders (-want +got):\n%s", diff)
	}
}

func TestATallyThatDriftedIsFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.approved(2)
	pgtest.ExpectBroken(t, o.db)
	owner := pgtest.Superuser(t, o.db)
	for _, sql := range []string{`ALTER TABLE payout.tally DISABLE TRIGGER ALL`, `UPDATE payout.tally SET payments = payments + 1 WHERE channel = 'A'`} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	found, err := payout.CheckTies(t.Context(), o.db)
	if err != nil || len(found) != 1 {
		t.Fatalf("CheckTies = %v, %v, want one tie", found, err)
	}
	if got, want := found[0].Error(), fmt.Sprintf("batch %d section 1 at A approved", batch); !strings.Contains(got, want) {
		t.Errorf("the tie says %q, want %q in it", got, want)
	}
}

func TestTalliesAreAppendOnly(t *testing.T) {
	t.Parallel()
	pgtest.CheckAppendOnly(t, pgtest.DB(t), "payout.tally")
}
