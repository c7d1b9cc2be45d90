package payout_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/payout"
)

// Who stands in two categories gets the highest level of the month, from one list,
// from two of one plan, and from a later batch.
func TestAMonthPaysAPersonItsHighestLevelAlone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.in(february)
	o.list(assistance, baDinh, entry{1, elder, "A", 0}, entry{1, disabled, "A", 0}, entry{2, elder, "A", 0}, entry{3, elder, "A", 0})
	o.list(assistance, ngocHa, entry{2, disabled, "A", 0}, entry{3, elder, "A", 0})
	batch := o.declare(assistance, 9, 90_000_000)
	got := o.plan(batch)
	want := payout.PlanResult{Batch: batch, Lists: 2, Sections: 2, Payments: 3, Total: money.Amount(2*1_300_000 + 975_000), LeftOut: map[string]int64{"other_level": 2, "already": 1}}
	if diff := cmp.Diff(want, got, noDigest); diff != "" {
		t.Errorf("one batch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1/1 1300000", "2/3 975000", "3/2 1300000"}, o.rows(`SELECT format('%s/%s %s', no, person, amount) FROM payout.payment WHERE batch = $1 ORDER BY no`, batch)); diff != "" {
		t.Errorf("payment/person (-want +got):\n%s", diff)
	}
	// The higher level comes too late: nobody gets both, and the row waits for people.
	list := o.list(assistance, baDinh, entry{3, disabled, "A", 0}, entry{4, elder, "A", 0})
	late := o.declare(assistance, 9, 90_000_000)
	if got := o.plan(late); got.Payments != 1 || got.LeftOut["other_level"] != 1 {
		t.Errorf("the later batch: %+v, want one payment and one of another level", got)
	}
	if got := o.openRows(payout.OpenRowFilter{Batch: late, Code: "other_level"}); len(got) != 1 {
		t.Errorf("of list %d %v waits, want the row of the higher level", list, got)
	}
	// The next month begins anew.
	o.in(march)
	o.list(assistance, baDinh, entry{3, disabled, "A", 0})
	next := o.declare(assistance, 9, 90_000_000)
	if got := o.plan(next); got.Payments != 1 || got.Total != 1_300_000 {
		t.Errorf("the month after: %+v, want the higher level", got)
	}
}

// A programme that pays once may give a person the gifts of two categories; nothing
// of that changes.
func TestAProgrammePaidOnceKeepsBothCategories(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{1, pension, "A", 0})
	batch := o.declare("TET26", 9, 9_000_000)
	if got := o.plan(batch); got.Payments != 1 || len(got.LeftOut) > 0 || got.Total != 800_000 {
		t.Errorf("plan %+v, want one payment of both gifts", got)
	}
}

// Two plans at once, one for each level: claims of different rules do not meet in
// the database, so the plans must wait for each other.
func TestTwoPlansAtOncePayOneLevel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.in(february)
	lists := []int64{o.list(assistance, baDinh, entry{1, elder, "A", 0}, entry{2, elder, "A", 0}), o.list(assistance, ngocHa, entry{1, disabled, "A", 0}, entry{3, disabled, "A", 0})}
	var done sync.WaitGroup
	for _, list := range lists {
		batch := o.declare(assistance, 9, 90_000_000)
		done.Add(1)
		go func() {
			defer done.Done()
			if _, err := payout.Plan(t.Context(), o.db, batch, payout.PlanOptions{Lists: []int64{list}, Who: o.maker}, o.now); err != nil {
				t.Error(err)
			}
		}()
	}
	done.Wait()
	if got := o.rows(`SELECT count(*)::text FROM payout.payment WHERE person = 1`); !cmp.Equal(got, []string{"1"}) {
		t.Errorf("the person has %v payments, want 1", got)
	}
	if got := o.rows(`SELECT count(*)::text FROM payout.payment`); !cmp.Equal(got, []string{"3"}) {
		t.Errorf("%v payments, want 3", got)
	}
}

const testMergeOf = `
WITH act AS (
    INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
    VALUES (9, 'merge', $1, '00004', '2026-02-03', '{}', '8/TB', 'một người', true, 'hung', '2026-02-03') RETURNING id
)
INSERT INTO registry.merged (act, kept, gone) SELECT id, $1, $2 FROM act`

// Two records of one person hold two levels of a month: no claim meets the other, and
// the person would be paid both.
func TestAMergeFindsTwoLevelsOfOneMonth(t *testing.T) {
	t.Parallel()
	const low, high = 1, 2
	for name, kept := range map[string]int64{"the kept record has the lower level": low, "the kept record has the higher level": high} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.in(february)
			o.list(assistance, baDinh, entry{low, elder, "A", 0}, entry{high, disabled, "A", 0})
			batch := o.declare(assistance, 9, 90_000_000)
			o.plan(batch)
			o.submit(batch)
			o.approve(batch)
			gone := low + high - kept
			o.exec(testMergeOf, kept, gone)
			o.inTx(func(ctx context.Context, tx pgx.Tx) error {
				double, err := payout.PeopleOffice{}.DoubleClaims(ctx, tx, 9, kept, gone, o.now)
				if double != 1 {
					t.Errorf("%d rights held twice, want the month's one", double)
				}
				return err
			})
			if got := o.rows(`SELECT p.person::text FROM payout.exception AS x JOIN payout.payment AS p ON p.batch = x.batch AND p.no = x.payment WHERE x.closed_at IS NULL`); !cmp.Equal(got, []string{fmt.Sprint(low)}) {
				t.Errorf("the payment of %v rests, want that of the lower level alone", got)
			}
			if got, err := payout.DoubleClaims(t.Context(), o.db); err != nil || len(got) != 1 || got[0].Amount != 975_000 {
				t.Errorf("held twice: %+v, %v; want the lower level", got, err)
			}
			err := payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: batch, Payments: []int64{low}, Reason: "hai mức", ByOne: "hung", ByTwo: "mai"}, o.now)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := payout.DoubleClaims(t.Context(), o.db); err != nil || len(got) != 0 {
				t.Errorf("one was given up and it is still held twice: %+v, %v", got, err)
			}
		})
	}
}
