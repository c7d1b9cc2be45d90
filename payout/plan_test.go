package payout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
)

var noDigest = cmpopts.IgnoreFields(payout.PlanResult{}, "Digest")

const testPayments = `
SELECT format('%s: person %s, section %s, %s, %s', no, person, section, channel, amount) FROM payout.payment WHERE batch = $1 ORDER BY no`

const testLeftOut = `
SELECT format('list %s row %s person %s %s: %s %s', list, row_no, person, rule, reason, other_batch) FROM payout.left_out WHERE batch = $1 ORDER BY list, row_no, rule`

const testRuns = `
SELECT format('%s %s: %s-%s, %s, %s', section, channel, from_no, to_no, count, total) FROM payout.run WHERE batch = $1 ORDER BY section, from_no`

func TestPlanPaysEachPersonOnceAndSaysWhoIsLeftOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := o.list("TET26", ngocHa,
		entry{1, poor, "B", 0}, entry{2, merit, "A", 2_000_000}, entry{3, pension, "BHXH", 0}, entry{4, stranger, "A", 0},
		entry{5, poor, "", 0}, entry{6, poor, "A", 600_000}, entry{7, poor, "C", 0})
	second := o.list("TET26", baDinh,
		entry{2, merit, "A", 0}, entry{2, martyr, "A", 0}, entry{8, poor, "XA", 0}, entry{6, poor, "A", 500_000})
	batch := o.declare("TET26", 6, 5_300_000)

	got := o.plan(batch)
	want := payout.PlanResult{Batch: batch, Lists: 2, Sections: 2, Payments: 6, Total: 5_300_000,
		LeftOut: map[string]int64{"no_rule": 1, "no_channel": 1, "other_amount": 1, "already": 1}}
	if diff := cmp.Diff(want, got, noDigest); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	wantPayments := []string{ // section 1 is Ba Đình, whose code comes first
		"1: person 6, section 1, A, 500000", "2: person 8, section 1, XA, 500000", "3: person 2, section 2, A, 3000000",
		"4: person 7, section 2, A, 500000", "5: person 1, section 2, B, 500000", "6: person 3, section 2, BHXH, 300000"}
	if diff := cmp.Diff(wantPayments, o.rows(testPayments, batch)); diff != "" {
		t.Errorf("payments (-want +got):\n%s", diff)
	}
	wantRuns := []string{"1 A: 1-1, 1, 500000", "1 XA: 2-2, 1, 500000", "2 A: 3-4, 2, 3500000", "2 B: 5-5, 1, 500000", "2 BHXH: 6-6, 1, 300000"}
	if diff := cmp.Diff(wantRuns, o.rows(testRuns, batch)); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	wantLeft := []string{"list 1 row 10 person 4 : no_rule ", "list 1 row 11 person 5 TET-HN-2026-03: no_channel ",
		"list 1 row 12 person 6 TET-HN-2026-03: other_amount ", "list 2 row 7 person 2 TET-HN-2026-01: already " + o.rows(`SELECT $1::int::text`, batch)[0]}
	if diff := cmp.Diff(wantLeft, o.rows(testLeftOut, batch)); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if n := o.rows(`SELECT count(*)::text FROM payout.plan_row`)[0]; n != "0" {
		t.Errorf("rows left in the stage = %s, want 0", n)
	}
	if first != 1 || second != 2 {
		t.Errorf("lists = %d, %d", first, second)
	}
}

func TestPlanReachesPeopleByAge(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	// Person n is born in 1900 + n: 26 is 100, 20 is 106, 36 is 90, 35 is 91.
	o.list("THO26", baDinh, entry{26, stranger, "A", 0}, entry{20, stranger, "A", 0}, entry{36, stranger, "A", 0}, entry{35, stranger, "A", 0})
	batch := o.declare("THO26", 3, 3_700_000)
	o.plan(batch)
	want := []string{"1: person 20, section 1, A, 1200000", "2: person 26, section 1, A, 1500000", "3: person 36, section 1, A, 1000000"}
	if diff := cmp.Diff(want, o.rows(testPayments, batch)); diff != "" {
		t.Errorf("payments (-want +got):\n%s", diff)
	}
}

func TestPlanLeavesOutWhomAnotherBatchHolds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := o.declare("TET26", 9, 9_000_000)
	o.plan(first, o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0}))
	o.list("TET26", baDinh, entry{2, poor, "A", 0}, entry{3, poor, "A", 0})
	late := o.declare("TET26", 9, 9_000_000)
	got := o.plan(late) // nil: only the list that no batch used
	want := payout.PlanResult{Batch: late, Lists: 1, Sections: 1, Payments: 1, Total: 500_000, LeftOut: map[string]int64{"already": 1}}
	if diff := cmp.Diff(want, got, noDigest); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if got := o.rows(`SELECT other_batch::text FROM payout.left_out WHERE batch = $1`, late); !cmp.Equal(got, o.rows(`SELECT $1::int::text`, first)) {
		t.Errorf("other batch = %v, want %d", got, first)
	}
	_, err := payout.Plan(t.Context(), o.db, late, payout.PlanOptions{Who: "lan"}, o.now)
	wantCode(t, err, "PAYOUT-PLANNED")
}

// A cut declared in a later month once paid everybody of the first cut again:
// the month is part of the claim's key.
func TestACutOfALaterMonthPaysNobodyTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.plan(o.declare("TET26", 9, 9_000_000), o.list("TET26", baDinh, entry{1, poor, "A", 0}))
	o.list("TET26", ngocHa, entry{1, poor, "A", 0}, entry{2, poor, "A", 0})
	o.now = o.now.AddDate(0, 1, 0)
	late := payout.Declaration{Programme: "TET26", NameVI: "Đợt bổ sung", Count: 9, Total: 9_000_000, DecisionNo: "02/QĐ-UBND",
		DecisionDate: calendar.Must(2026, 2, 10), MadeBy: o.maker}
	var cut ledger.BatchID
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		var err error
		cut, err = payout.Declare(ctx, tx, late, o.now)
		return err
	})
	want := payout.PlanResult{Batch: cut, Lists: 1, Sections: 1, Payments: 1, Total: 500_000, LeftOut: map[string]int64{"already": 1}}
	if diff := cmp.Diff(want, o.plan(cut), noDigest); diff != "" {
		t.Errorf("late cut (-want +got):\n%s", diff)
	}
	late.Period = calendar.Must(2026, 2, 10)
	err := pgdb.InTx(t.Context(), o.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := payout.Declare(ctx, tx, late, o.now)
		return err
	})
	wantCode(t, err, "PAYOUT-PERIOD")
}

func TestPlanRefusesMoreThanTheDecision(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		count int64
		total int64
	}{
		"one person more":  {count: 1, total: 1_000_000},
		"one đồng too few": {count: 2, total: 999_999},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0})
			batch := o.declare("TET26", tc.count, 1)
			o.exec(`UPDATE payout.batch SET declared_total = $2 WHERE id = $1`, batch, tc.total)
			_, err := payout.Plan(t.Context(), o.db, batch, payout.PlanOptions{Who: "lan"}, o.now)
			wantCode(t, err, "PAYOUT-OVER-DECLARED")
			if !errors.Is(err, payout.ErrOverDeclared) || !strings.Contains(err.Error(), "1.000.000") {
				t.Errorf("error = %v, want ErrOverDeclared with the figures", err)
			}
			left := o.rows(`SELECT (SELECT count(*) FROM payout.entitlement) || '/' || (SELECT count(*) FROM payout.payment) || '/' ||
				(SELECT count(*) FROM payout.left_out) || '/' || (SELECT count(*) FROM payout.batch_list)`)
			if diff := cmp.Diff([]string{"0/0/0/0"}, left); diff != "" {
				t.Errorf("what a refused plan left (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanRefusesWhatCannotBePlanned(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		list func(o *office) []int64
		want string
	}{
		"no list":                  {func(*office) []int64 { return nil }, "PAYOUT-LISTS"},
		"a list of another scheme": {func(o *office) []int64 { return []int64{o.list("THO26", baDinh, entry{1, poor, "A", 0})} }, "PAYOUT-LISTS"},
		"nobody who is entitled":   {func(o *office) []int64 { return []int64{o.list("TET26", baDinh, entry{1, stranger, "A", 0})} }, "PAYOUT-NOBODY"},
		"a unit that no book pays": {func(o *office) []int64 {
			o.exec(`INSERT INTO registry.unit (code, valid_from, name_vi, name_en, kind, parent_code) VALUES ('00009', '2025-07-01', 'Xã Mẫu', '', 'commune', '01')`)
			return []int64{o.list("TET26", "00009", entry{1, poor, "A", 0})}
		}, "PAYOUT-NO-BOOK"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			batch := o.declare("TET26", 9, 9_000_000)
			_, err := payout.Plan(t.Context(), o.db, batch, payout.PlanOptions{Lists: tc.list(o), Who: "lan"}, o.now)
			wantCode(t, err, tc.want)
		})
	}
}

// Two batches planned at once from lists that share people: each claim is made
// once, and whoever lost it says where it is.
func TestPlansAtOnceClaimOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var entries []entry
	for n := int64(1); n <= 300; n++ {
		entries = append(entries, entry{n, poor, "A", 0})
	}
	lists := [2]int64{o.list("TET26", baDinh, entries[:200]...), o.list("TET26", ngocHa, entries[100:]...)}
	var batches [2]ledger.BatchID
	var results [2]payout.PlanResult
	var errors [2]error
	done := make(chan int)
	for i := range batches {
		batches[i] = o.declare("TET26", 300, 150_000_000)
	}
	for i := range batches {
		go func() {
			results[i], errors[i] = payout.Plan(t.Context(), o.db, batches[i], payout.PlanOptions{Lists: lists[i : i+1], Who: "lan"}, o.now)
			done <- i
		}()
	}
	for range batches {
		<-done
	}
	if errors[0] != nil || errors[1] != nil {
		t.Fatal(errors)
	}
	if got := results[0].Payments + results[1].Payments; got != 300 {
		t.Errorf("payments = %d + %d, want 300 together", results[0].Payments, results[1].Payments)
	}
	if got := results[0].LeftOut["already"] + results[1].LeftOut["already"]; got != 100 {
		t.Errorf("left out = %v, %v, want 100 together", results[0].LeftOut, results[1].LeftOut)
	}
	wrong := o.rows(`SELECT l.person::text FROM payout.left_out AS l JOIN payout.entitlement AS e ON e.person = l.person
		WHERE l.other_batch IS DISTINCT FROM e.batch OR l.batch = e.batch`)
	if len(wrong) > 0 {
		t.Errorf("people left out with the wrong batch: %v", wrong)
	}
}

const testClaim = `
INSERT INTO payout.entitlement (programme, rule, person, subject, month, n, batch, payment, amount)
VALUES ('TET26', 'TET-HN-2026-03', 1, 1, '2026-01-01', 0, $1, 1, 500000)`

const testWaiting = `
SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`

// The other plan commits its claim after this one has judged the rows.
func TestPlanNamesTheBatchItLostAClaimTo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0})
	other, batch := o.declare("TET26", 9, 9_000_000), o.declare("TET26", 9, 9_000_000)
	tx, err := o.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), testClaim, other); err != nil {
		t.Fatal(err)
	}
	planned := make(chan error)
	go func() {
		_, err := payout.Plan(t.Context(), o.db, batch, payout.PlanOptions{Who: "lan"}, o.now)
		planned <- err
	}()
	super, waiting := pgtest.Superuser(t, o.db), 0
	for waiting == 0 {
		if err := super.QueryRow(t.Context(), testWaiting).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-planned; err != nil {
		t.Fatal(err)
	}
	want := []string{fmt.Sprintf("list 1 row 7 person 1 TET-HN-2026-03: already %d", other)}
	if diff := cmp.Diff(want, o.rows(testLeftOut, batch)); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"2: person 2, section 1, A, 500000"}, o.rows(testPayments, batch)); diff != "" {
		t.Errorf("payments, with a gap where the claim was lost (-want +got):\n%s", diff)
	}
}

// A person who lost one of two claims to another batch is paid the other only.
func TestPlanPaysTheRestOfAPersonsClaims(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.plan(o.declare("TET26", 9, 9_000_000), o.list("TET26", baDinh, entry{1, martyr, "A", 0}))
	batch := o.declare("TET26", 9, 9_000_000)
	o.plan(batch, o.list("TET26", baDinh, entry{1, martyr, "A", 0}, entry{1, poor, "A", 0}))
	if diff := cmp.Diff([]string{"1: person 1, section 1, A, 500000"}, o.rows(testPayments, batch)); diff != "" {
		t.Errorf("payments (-want +got):\n%s", diff)
	}
}
