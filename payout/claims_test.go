package payout_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"

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
