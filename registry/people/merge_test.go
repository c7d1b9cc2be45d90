package people_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
)

// onePersonTwice is somebody whom a slip of the pen gave a second record.
func (h *hall) onePersonTwice() (kept, gone int64) {
	h.t.Helper()
	return h.banked(1, "Nguyễn Văn Mẫu", accountOf(1)), h.banked(2, "Nguyễn Văn Mâu", accountOf(2))
}

func TestMergedRecordsHoldEachRightOnce(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]int64{"the kept record was paid before": 1, "the other record was paid before": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			kept, gone := h.onePersonTwice()
			h.plan("TET26", h.list("TET26", baDinh, poor, first))
			h.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
			result, got := h.plan("TET26", h.list("TET26", ngocHa, poor, kept, gone))
			if len(got) != 0 || result.LeftOut["already"] != 2 {
				t.Errorf("paid again: %v, left out %v", got, result.LeftOut)
			}
			if double, err := payout.DoubleClaims(t.Context(), h.db); err != nil || len(double) != 0 {
				t.Errorf("claimed twice = %v, %v; want none", double, err)
			}
		})
	}
}

func TestMergedRecordsOfOneListAreOnePayment(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	kept, gone := h.onePersonTwice()
	merge := h.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
	_, err := h.try(gone, people.NameIs{Name: "Nguyễn Văn Khác"}, calendar.Date{})
	wantCode(t, err, "PEOPLE-MERGED")
	result, got := h.plan("TET26", h.list("TET26", baDinh, poor, gone, kept))
	if diff := cmp.Diff([]string{"1 A 0001 Nguyễn Văn Mẫu 500000"}, got); diff != "" || result.LeftOut["already"] != 1 {
		t.Errorf("payments (-want +got):\n%s\nleft out %v", diff, result.LeftOut)
	}
	r := h.read(kept, calendar.DateOf(h.now), h.now, people.Reader{})
	if diff := cmp.Diff([]int64{gone}, r.Others); diff != "" {
		t.Errorf("other records (-want +got):\n%s", diff)
	}

	h.done(kept, people.NotSame{Gone: gone}, calendar.Date{})
	if _, got := h.plan("TET26", h.list("TET26", baDinh, poor, gone)); !cmp.Equal(got, []string{"2 A 0002 Nguyễn Văn Mâu 500000"}) {
		t.Errorf("after the merge was undone the other person gets %v", got)
	}
	if then := h.read(kept, calendar.DateOf(h.now), *merge.DecidedAt, people.Reader{}); len(then.Others) != 0 && h.now.After(*merge.DecidedAt) {
		t.Errorf("others = %v", then.Others)
	}
}

// Both were paid: the later payment rests, and the case is named until a claim is
// released; undoing the merge lets both go.
func TestAMergeThatFindsTwoClaimsOpensACase(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	kept, gone := h.onePersonTwice()
	one, _ := h.plan("TET26", h.list("TET26", baDinh, poor, kept))
	two, _ := h.plan("TET26", h.list("TET26", baDinh, poor, gone))
	merge := h.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
	want := []payout.DoubleClaim{{Merged: merge.ID, Programme: "TET26", Rule: poor, Month: calendar.Must(2026, 1, 1), KeptBatch: one.Batch, KeptPayment: 1,
		GoneBatch: two.Batch, GonePayment: 1, Amount: 500_000}}
	got, err := payout.DoubleClaims(t.Context(), h.db)
	if err != nil || len(got) != 1 {
		t.Fatalf("claimed twice = %+v, %v", got, err)
	}
	got[0].OpenedAt = want[0].OpenedAt
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claimed twice (-want +got):\n%s", diff)
	}
	held := `SELECT batch::text FROM payout.exception WHERE kind = 'held' AND closed_at IS NULL`
	if got := h.text(held); !cmp.Equal(got, h.text(`SELECT $1::int::text`, two.Batch)) {
		t.Errorf("held in batches %v, want %d", got, two.Batch)
	}
	h.done(kept, people.NotSame{Gone: gone}, calendar.Date{})
	if got := h.text(held); len(got) != 0 {
		t.Errorf("held after the merge was undone: %v", got)
	}
	if got, err := payout.DoubleClaims(t.Context(), h.db); err != nil || len(got) != 0 {
		t.Errorf("claimed twice after it was undone = %v, %v", got, err)
	}
}

func TestMergesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	a, b, c := h.banked(1, "Nguyễn Văn A", accountOf(1)), h.banked(2, "Nguyễn Văn A", accountOf(2)), h.banked(3, "Nguyễn Văn A", accountOf(3))
	h.done(a, people.SameAs{Gone: b}, calendar.Date{})
	_, err := h.try(c, people.SameAs{Gone: b}, calendar.Date{}) // gone already
	wantCode(t, err, "PEOPLE-MERGE")
	_, err = h.try(c, people.SameAs{Gone: a}, calendar.Date{}) // holds another
	wantCode(t, err, "PEOPLE-MERGE")
	h.done(c, people.Died{}, calendar.Date{})
	_, err = h.try(a, people.SameAs{Gone: c}, calendar.Date{})
	wantCode(t, err, "PEOPLE-MERGE")
	d := h.banked(4, "Phạm Thị Khác", accountOf(4))
	h.exec(`UPDATE registry.person SET birth_year = 1950, birth_date = '1950-01-01' WHERE id = 4`)
	_, err = h.try(a, people.SameAs{Gone: d}, calendar.Date{})
	wantCode(t, err, "PEOPLE-MERGE")
}

func TestPeopleOfADividedCommuneWaitForAnAnswer(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.inTx(func(ctx context.Context, tx pgx.Tx) error { return people.LoadUnitChanges(ctx, tx) })
	h.inTx(func(ctx context.Context, tx pgx.Tx) error { return people.LoadUnitChanges(ctx, tx) }) // again: nothing
	whole, divided := h.person(1, "Nguyễn Văn A", "00004"), h.person(2, "Nguyễn Văn B", "00007")
	unknown, now := h.person(3, "Nguyễn Văn C", "99999"), h.person(4, "Nguyễn Văn D", ngocHa)
	h.exec(`UPDATE registry.person SET unit_valid_from = '2025-01-01' WHERE id IN (1, 2, 3)`)

	moved, err := h.MoveUnits(t.Context(), "lan")
	if err != nil || moved != 1 {
		t.Fatalf("moved = %d, %v; want the one person of a whole commune", moved, err)
	}
	if moved, err := h.MoveUnits(t.Context(), "lan"); err != nil || moved != 0 {
		t.Errorf("moved again = %d, %v", moved, err)
	}
	unit := func(p int64) string {
		return h.text(`SELECT unit_code || ' ' || unit_valid_from FROM registry.person WHERE id = $1`, p)[0]
	}
	for p, want := range map[int64]string{whole: "00004 2025-07-01", divided: "00007 2025-01-01", unknown: "99999 2025-01-01", now: "00008 2025-07-01"} {
		if got := unit(p); got != want {
			t.Errorf("person %d lives in %s, want %s", p, got, want)
		}
	}
	questions, err := people.UnitQuestions(t.Context(), h.db, 0, 10)
	if err != nil || len(questions) != 2 {
		t.Fatalf("questions = %+v, %v; want two", questions, err)
	}
	if diff := cmp.Diff([]string{"00008", "00025"}, questions[0].Candidates); diff != "" || questions[0].Person != divided || questions[0].OldName != "Phường Cống Vị" {
		t.Errorf("question = %+v, candidates (-want +got):\n%s", questions[0], diff)
	}
	if len(questions[1].Candidates) != 0 {
		t.Errorf("of a commune nobody knows the table knows %v", questions[1].Candidates)
	}
	h.done(divided, people.LivesIn{Unit: registry.UnitKey{Code: "00025", ValidFrom: unitsNow}}, unitsNow)
	if questions, err := people.UnitQuestions(t.Context(), h.db, 0, 10); err != nil || len(questions) != 1 {
		t.Errorf("questions after the answer = %+v, %v; want one", questions, err)
	}
	// The first commune 00004 was Trúc Bạch; who reads the record for March 2025 reads that.
	if r := h.read(whole, calendar.Must(2026, 2, 1), h.now, people.Reader{}); r.UnitName != "Phường Ba Đình" {
		t.Errorf("unit now = %s", r.UnitName)
	}
	list, err := people.Acts(t.Context(), h.db, whole, people.Reader{})
	if err != nil || len(list) != 1 || list[0].Kind != people.KindUnit || list[0].By != "lan" {
		t.Errorf("acts of who was moved = %+v, %v; want one, by lan", list, err)
	}
}

const testHeld = `SELECT p.person::text FROM payout.exception AS x JOIN payout.payment AS p ON p.batch = x.batch AND p.no = x.payment
 WHERE x.kind = 'held' AND x.closed_at IS NULL ORDER BY 1`

// Two records merged into a third are one person: what both hold is claimed twice,
// though the third holds nothing.
func TestAMergeFindsTheClaimOfARecordMergedBefore(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	kept, first, second := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1)), h.banked(2, "Nguyễn Văn Mâu", accountOf(2)), h.banked(3, "Nguyễn Văn Mậu", accountOf(3))
	h.plan("TET26", h.list("TET26", baDinh, poor, first))
	h.plan("TET26", h.list("TET26", baDinh, poor, second))
	h.done(kept, people.SameAs{Gone: first}, calendar.Date{})
	h.done(kept, people.SameAs{Gone: second}, calendar.Date{})
	if got, err := payout.DoubleClaims(t.Context(), h.db); err != nil || len(got) != 1 || got[0].GoneBatch == got[0].KeptBatch {
		t.Errorf("claimed twice = %+v, %v; want one case of two batches", got, err)
	}
	if got := h.text(testHeld); !cmp.Equal(got, []string{"3"}) {
		t.Errorf("held for %v, want the second record's payment", got)
	}
}

// A report on a record that was merged away could not be confirmed any more.
func TestAMergeWaitsForAReportedDeath(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	kept, gone := h.onePersonTwice()
	report := h.propose(gone, people.Died{}, calendar.Date{})
	_, err := h.try(kept, people.SameAs{Gone: gone}, calendar.Date{})
	wantCode(t, err, "PEOPLE-MERGE")
	_, err = h.try(gone, people.SameAs{Gone: kept}, calendar.Date{})
	wantCode(t, err, "PEOPLE-MERGE")
	h.refuse(report, "nhầm người cùng tên")
	h.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
}

// The hold of a right claimed twice outlasts a death that is taken back, and a death
// outlasts a merge that is undone; who only shared the record is let go.
func TestEachReasonOfAHoldEndsAlone(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	kept, gone := h.onePersonTwice()
	h.plan("TET26", h.list("TET26", baDinh, poor, kept))
	h.plan("TET26", h.list("TET26", baDinh, poor, gone))
	h.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
	h.done(kept, people.Died{}, calendar.Date{})
	if got := h.text(testHeld); !cmp.Equal(got, []string{"1", "2"}) {
		t.Errorf("after the death held for %v, want both records", got)
	}
	h.now = h.now.AddDate(0, 0, 1)
	h.done(kept, people.LivesAfterAll{}, calendar.Date{})
	if got := h.text(testHeld); !cmp.Equal(got, []string{"2"}) {
		t.Errorf("after the death was taken back held for %v, want what is claimed twice", got)
	}
	h.done(kept, people.Died{}, calendar.Date{})
	h.done(kept, people.NotSame{Gone: gone}, calendar.Date{})
	if got := h.text(testHeld); !cmp.Equal(got, []string{"1"}) {
		t.Errorf("after the merge was undone held for %v, want the dead alone", got)
	}
}

// Who shared a record with somebody who died is let go when they are told apart, by
// a report that waits as by a confirmed one.
func TestToldApartFromTheDeadMoneyGoesOn(t *testing.T) {
	t.Parallel()
	for name, confirmed := range map[string]bool{"reported": false, "confirmed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			kept, gone := h.onePersonTwice()
			h.plan("TET26", h.list("TET26", baDinh, poor, gone))
			h.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
			if report := h.propose(kept, people.Died{}, calendar.Date{}); confirmed {
				h.confirm(report)
			}
			if got := h.text(testHeld); !cmp.Equal(got, []string{"2"}) {
				t.Errorf("after the death held for %v, want the merged record", got)
			}
			h.done(kept, people.NotSame{Gone: gone}, calendar.Date{})
			if got := h.text(testHeld); len(got) != 0 {
				t.Errorf("told apart, still held for %v", got)
			}
		})
	}
}

// Dead records that were merged each keep their own hold, and the case of both.
func TestTwoDeadRecordsOfOnePersonStayHeldOnceBothAreAlive(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	kept, gone := h.onePersonTwice()
	h.plan("TET26", h.list("TET26", baDinh, poor, kept))
	h.plan("TET26", h.list("TET26", baDinh, poor, gone))
	h.done(kept, people.Died{}, calendar.Date{})
	h.done(gone, people.Died{}, calendar.Date{})
	h.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
	h.done(kept, people.LivesAfterAll{}, calendar.Date{})
	h.done(gone, people.LivesAfterAll{}, calendar.Date{})
	if got := h.text(testHeld); !cmp.Equal(got, []string{"2"}) {
		t.Errorf("held for %v, want one of the two payments of one person", got)
	}
}

// Told apart again, nobody stays without money in silence: neither the record whose
// row became the other's payment, nor the one whose row was called a repetition.
func TestARecordToldApartWaitsForADecision(t *testing.T) {
	t.Parallel()
	for name, turned := range map[string]bool{"its row became the payment": false, "its row was the repetition": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			kept, gone := h.onePersonTwice()
			h.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
			rows, at := []int64{gone, kept}, 1
			if turned {
				rows, at = []int64{kept, gone}, 2
			}
			list := h.list("TET26", baDinh, poor, rows...)
			result, _ := h.plan("TET26", list)
			open := func() (numbers []int) {
				t.Helper()
				found, err := payout.OpenRows(t.Context(), h.db, payout.OpenRowFilter{Batch: result.Batch})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range found {
					numbers = append(numbers, r.Row)
				}
				return numbers
			}
			if got := open(); len(got) != 0 {
				t.Errorf("while they are one, rows %v wait", got)
			}
			h.done(kept, people.NotSame{Gone: gone}, calendar.Date{})
			if got := open(); !cmp.Equal(got, []int{at}) {
				t.Errorf("told apart, rows %v wait, want %d", got, at)
			}
			if _, got := h.plan("TET26", list); len(got) != 1 {
				t.Errorf("the next plan pays %v, want the other person", got)
			}
			if got := open(); len(got) != 0 {
				t.Errorf("once both are paid, rows %v wait", got)
			}
		})
	}
}

// A row that another record's claim settles does not wait.
func TestARowSettledByTheOtherRecordsClaimDoesNotWait(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	kept, gone := h.onePersonTwice()
	h.plan("TET26", h.list("TET26", baDinh, poor, gone))
	h.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
	second, _ := h.plan("TET26", h.list("TET26", baDinh, poor, kept))
	open := func() int64 {
		t.Helper()
		n, err := payout.CountOpenRows(t.Context(), h.db, payout.OpenRowFilter{Batch: second.Batch})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := open(); n != 0 {
		t.Errorf("%d rows wait though their person holds the right", n)
	}
	h.done(kept, people.NotSame{Gone: gone}, calendar.Date{})
	if n := open(); n != 1 {
		t.Errorf("told apart, %d rows wait, want 1", n)
	}
}

// Merged by mistake, told apart, merged with the right record: the row that became
// another person's payment waits for whoever it speaks for now.
func TestARowWaitsForThePersonItWasMergedWithSince(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	wrong, record, right := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1)), h.banked(2, "Nguyễn Văn Mâu", accountOf(2)), h.banked(3, "Nguyễn Văn Mậu", accountOf(3))
	h.done(wrong, people.SameAs{Gone: record}, calendar.Date{})
	list := h.list("TET26", baDinh, poor, record)
	first, _ := h.plan("TET26", list)
	open := func() (rows int) {
		t.Helper()
		found, err := payout.OpenRows(t.Context(), h.db, payout.OpenRowFilter{Batch: first.Batch})
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	for range 2 { // told apart twice, it waits once
		h.done(wrong, people.NotSame{Gone: record}, calendar.Date{})
		if n := open(); n != 1 {
			t.Errorf("told apart, %d rows wait, want 1", n)
		}
		h.done(wrong, people.SameAs{Gone: record}, calendar.Date{})
		if n := open(); n != 0 {
			t.Errorf("while they are one, %d rows wait", n)
		}
	}
	h.done(wrong, people.NotSame{Gone: record}, calendar.Date{})
	h.done(right, people.SameAs{Gone: record}, calendar.Date{})
	if n := open(); n != 1 {
		t.Errorf("merged with the right record, %d rows wait, want 1", n)
	}
	if _, got := h.plan("TET26", list); !cmp.Equal(got, []string{"3 A 0003 Nguyễn Văn Mậu 500000"}) {
		t.Errorf("the next plan pays %v, want the right person", got)
	}
	if n := open(); n != 0 {
		t.Errorf("once he is paid, %d rows wait", n)
	}
}
