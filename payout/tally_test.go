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

// What pages read instead of the tallies cannot drift from them unseen.
func TestASumOrAListBesideTheTalliesThatDriftedIsFound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ change, tie string }{
		"a sum of a section":   {`UPDATE payout.tally_sum SET payments = payments + 1 WHERE section = 1`, "kept sum of payments = tallies"},
		"a sum of a batch":     {`UPDATE payout.tally_sum SET amount = amount - 1 WHERE section = 0`, "kept sum of đồng = tallies"},
		"a voucher left out":   {`DELETE FROM payout.tally_new`, "kept sum of payments = tallies"},
		"a payment not there":  {`DELETE FROM payout.aside`, "payments set aside = tallies"},
		"a payment that is no": {`UPDATE payout.aside SET payment = 3 WHERE payment = 1`, "payments set aside = last lines"},
		"a doubt about nothing": {`INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why, submission, section, channel, amount)
			SELECT batch, no, 1, 'doubt', '2026-01-01', 'x', 1, section, channel, amount FROM payout.payment LIMIT 1`, "a doubt is about an open attempt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			batch := o.approved(5)
			// The first cancellation adds the sums up, the second is new beside them.
			for _, no := range []int64{1, 2} {
				err := payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: batch, Payments: []int64{no}, Reason: "đã chết", ByOne: "lan", ByTwo: "hung"}, o.now)
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, table := range []string{"tally_sum", "tally_new", "aside"} {
				var there bool
				if err := o.db.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM payout.`+table+`)`).Scan(&there); err != nil || !there {
					t.Fatalf("nothing is in %s (%v)", table, err)
				}
			}
			if found, err := payout.CheckTies(t.Context(), o.db); err != nil || len(found) > 0 {
				t.Fatalf("before the change: %v, %v", found, err)
			}
			pgtest.ExpectBroken(t, o.db)
			if _, err := pgtest.Superuser(t, o.db).Exec(t.Context(), tt.change); err != nil {
				t.Fatal(err)
			}
			found, err := payout.CheckTies(t.Context(), o.db)
			if err != nil || len(found) == 0 {
				t.Fatalf("CheckTies = %v, %v, want a tie", found, err)
			}
			if !strings.Contains(found[0].Error(), tt.tie) {
				t.Errorf("the tie says %q, want %q in it", found[0].Error(), tt.tie)
			}
		})
	}
}

// Nobody waits for the sums of a batch: who finds another transaction adding
// leaves it to that one, and both together stay exact.
func TestSumsAreAddedByOneAndWaitedForByNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.approved(5)
	holder, err := o.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Exec(t.Context(), `SELECT pg_catalog.pg_advisory_xact_lock(7211031, $1)`, batch); err != nil {
		t.Fatal(err)
	}
	cancel := func(no int64) {
		t.Helper()
		err := payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: batch, Payments: []int64{no}, Reason: "đã chết", ByOne: "lan", ByTwo: "hung"}, o.now)
		if err != nil {
			t.Fatal(err)
		}
	}
	waiting := func() (n int) {
		t.Helper()
		if err := o.db.QueryRow(t.Context(), `SELECT count(*) FROM payout.tally_new WHERE batch = $1`, batch).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := waiting()
	cancel(1)
	cancel(2)
	if got := waiting(); got != before+2 {
		t.Errorf("%d vouchers wait to be added while another adds, want %d", got, before+2)
	}
	want := tallies(t, o.db, batch)
	if err := holder.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancel(3)
	if got := waiting(); got > 1 {
		t.Errorf("%d vouchers wait to be added, want at most one", got)
	}
	if got := tallies(t, o.db, batch); len(got) < len(want) {
		t.Errorf("tallies %q became %q", want, got)
	}
}
