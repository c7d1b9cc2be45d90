package payout_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/demolist"
)

// take imports rows of a list for a unit, as an officer does.
func (o *office) take(list *demolist.SeededList, unit string, acceptValid bool) (registry.Result, error) {
	o.t.Helper()
	var content bytes.Buffer
	if err := list.Write(&content, demolist.Style{}); err != nil {
		o.t.Fatal(err)
	}
	keys, err := crypt.DeriveKeys([]byte("a test of package payout, 32 byte"))
	if err != nil {
		o.t.Fatal(err)
	}
	return registry.ImportList(o.t.Context(), o.db, keys,
		registry.File{Name: unit + ".xlsx", Content: bytes.NewReader(content.Bytes()), Size: int64(content.Len())},
		registry.ImportOptions{Programme: "TET26", Unit: registry.UnitKey{Code: unit, ValidFrom: calendar.Must(2025, 7, 1)}, By: "lan", Now: o.now,
			Random: rand.Reader, AcceptValid: acceptValid, Claims: payout.Claimed})
}

// Two communes hand in lists with 500 people in common. Each of them is paid
// once, and whoever is left out is told which batch holds the money.
func TestTwoListsWith500PeopleInCommonPayEachOnce(t *testing.T) {
	t.Parallel()
	const common = 500
	all := demolist.Seeded(77, 0, 1100)
	first, second := all.Part(0, 800), all.Part(300, 1100)

	t.Run("before anything is planned the second list is taken and the plan pays once", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.prepare()
		one := o.must(o.take(first, baDinh, false))
		two := o.must(o.take(second, ngocHa, false))
		if n := o.count(two, registry.PersonList); n != common || two.RowsTaken != 800 || o.count(one, registry.PersonList) != 0 {
			t.Errorf("second list: %d rows taken, %d named as on the other list; want 800, %d", two.RowsTaken, n, common)
		}
		a := o.declare("TET26", 800, 400_000_000)
		o.plan(a, one.List)
		b := o.declare("TET26", 800, 400_000_000)
		got := o.plan(b, two.List)
		if got.Payments != 300 || got.LeftOut["already"] != common {
			t.Errorf("second batch pays %d and leaves out %v; want 300, %d", got.Payments, got.LeftOut, common)
		}
		o.eachOnce(1100)
		others := o.rows(`SELECT DISTINCT other_batch::text FROM payout.left_out WHERE batch = $1`, b)
		if diff := cmp.Diff([]string{fmt.Sprint(a)}, others); diff != "" {
			t.Errorf("left out because of batch (-want +got):\n%s", diff)
		}
	})

	t.Run("after the first batch is planned the rows are refused with its number", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.prepare()
		one := o.must(o.take(first, baDinh, false))
		a := o.declare("TET26", 800, 400_000_000)
		o.plan(a, one.List)

		_, err := o.take(second, ngocHa, false)
		var refused *registry.RefusedError
		if !errors.As(err, &refused) || refused.Errors() != common {
			t.Fatalf("second list: %v, want %d refused rows", err, common)
		}
		two := o.must(o.take(second, ngocHa, true))
		if two.RowsTaken != 300 || two.RowsRefused != common || o.count(two, registry.PersonBatch) != common {
			t.Errorf("second list: %d taken, %d refused, %d named the batch; want 300, %d, %d", two.RowsTaken, two.RowsRefused,
				o.count(two, registry.PersonBatch), common, common)
		}
		// Row 306 of the first list is row 6 of the second.
		for _, f := range two.Findings {
			if f.Code == registry.PersonBatch && f.Row == 6 {
				vi, _ := f.Reason()
				want := fmt.Sprintf("người này với nhóm đối tượng này đã có trong đợt %d (danh sách %d, dòng 306)", a, one.List)
				if vi != want {
					t.Errorf("reason = %q, want %q", vi, want)
				}
			}
		}
		b := o.declare("TET26", 800, 400_000_000)
		if got := o.plan(b, two.List); got.Payments != 300 || len(got.LeftOut) != 0 {
			t.Errorf("second batch pays %d and leaves out %v; want 300 and nobody", got.Payments, got.LeftOut)
		}
		o.eachOnce(1100)
	})
}

// A row refused for nothing but the right a batch held waits for nobody. When two
// people cancel that payment it is open, with a week from then; when another batch
// pays the right it is settled.
func TestARowRefusedForAClaimOpensWhenTheClaimIsGivenUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.prepare()
	all := demolist.Seeded(77, 0, 15)
	one := o.must(o.take(all.Part(0, 10), baDinh, false))
	a := o.declare("TET26", 20, 20_000_000)
	o.plan(a, one.List)
	two := o.must(o.take(all.Part(5, 15), ngocHa, true))
	b := o.declare("TET26", 20, 20_000_000)
	o.plan(b, two.List)
	of := payout.OpenRowFilter{Code: string(registry.PersonBatch)}
	if got := o.openRows(of); two.RowsRefused != 5 || two.Waiting != 0 || len(got) != 0 {
		t.Fatalf("%d rows refused, %d wait, open %v; want 5 and none", two.RowsRefused, two.Waiting, got)
	}
	o.submit(a)
	o.approve(a)
	o.now = o.now.AddDate(0, 0, 30)
	var payment int64
	var row int
	err := o.db.QueryRow(t.Context(), `SELECT p.no, r.row_no FROM registry.refused_row AS r JOIN payout.payment AS p ON p.person = r.claimed_person AND p.batch = $1
		WHERE r.list = $2 ORDER BY r.row_no LIMIT 1`, a, two.List).Scan(&payment, &row)
	if err != nil {
		t.Fatal(err)
	}
	err = payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: a, Payments: []int64{payment}, Reason: "nhầm xã", ByOne: "hung", ByTwo: "mai"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := o.openRows(of), []string{fmt.Sprintf("%d %d/%d LIST-PERSON-BATCH", b, two.List, row)}; !cmp.Equal(got, want) {
		t.Errorf("the right is given up: open %v, want %v", got, want)
	}
	open, err := payout.OpenRows(t.Context(), o.db, of)
	if err != nil || len(open) != 1 || open[0].Late(calendar.DateOf(o.now)) {
		t.Errorf("it waits as %+v, %v; want a week from now", open, err)
	}
	// The first list planned once more: the right is claimed, by a further batch.
	c := o.declare("TET26", 20, 20_000_000)
	if got := o.plan(c, one.List); got.Payments != 1 {
		t.Errorf("the further batch pays %d, want 1", got.Payments)
	}
	if got := o.openRows(of); len(got) != 0 {
		t.Errorf("the right is claimed again and still open: %v", got)
	}
}

// Two people decided a cancellation before a list was taken, and it waited for the batch
// and was committed after: its time is the earlier one. The row it kept out is open.
func TestARowOpensThoughTheCancellationBeganBeforeTheImport(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.prepare()
	all := demolist.Seeded(77, 0, 3)
	a := o.declare("TET26", 20, 20_000_000)
	o.plan(a, o.must(o.take(all.Part(0, 2), baDinh, false)).List)
	o.submit(a)
	o.approve(a)
	decided := o.now
	o.now = o.now.Add(time.Minute)
	o.must(o.take(all.Part(1, 3), ngocHa, true))
	of := payout.OpenRowFilter{Code: string(registry.PersonBatch)}
	if got := o.openRows(of); len(got) != 0 {
		t.Errorf("while the right is held %v wait", got)
	}
	err := payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: a, Payments: []int64{1, 2}, Reason: "nhầm xã", ByOne: "hung", ByTwo: "mai"}, decided)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.openRows(of); len(got) != 1 {
		t.Errorf("the right is given up and %v wait, want the one row", got)
	}
}

func (o *office) prepare() {
	o.t.Helper()
	o.inTx(func(ctx context.Context, tx pgx.Tx) error { return registry.Prepare(ctx, tx, true, o.now) })
}

func (o *office) must(result registry.Result, err error) registry.Result {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
	return result
}

func (o *office) count(result registry.Result, code registry.Code) (n int) {
	for _, f := range result.Findings {
		if f.Code == code {
			n++
		}
	}
	return n
}

// eachOnce checks that so many people have one claim each, and one payment.
func (o *office) eachOnce(people int) {
	o.t.Helper()
	want := fmt.Sprintf("%d people, %d claims, %d payments, %d đồng", people, people, people, 500_000*people)
	got := o.rows(`
SELECT format('%s people, %s claims, %s payments, %s đồng', count(DISTINCT e.person), count(*), count(DISTINCT (p.batch, p.no)), sum(e.amount))
  FROM payout.entitlement e JOIN payout.payment p ON p.batch = e.batch AND p.no = e.payment AND p.person = e.person`)[0]
	if got != want {
		o.t.Errorf("claims: %s; want %s", got, want)
	}
}
