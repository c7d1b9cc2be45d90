package payout_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry/people"
)

func (o *office) balance(role ledger.Role, place ledger.Place) money.Amount {
	o.t.Helper()
	book, err := ledger.BookByCode(o.t.Context(), o.db, "1000001")
	if err != nil {
		o.t.Fatal(err)
	}
	got, err := ledger.BalanceOf(o.t.Context(), o.db, book.ID, ledger.SlotFor(role, place, "TET26"))
	if err != nil {
		o.t.Fatal(err)
	}
	return got
}

func TestDrawsFollowTheApprovals(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0}, entry{3, poor, "B", 0}, entry{4, pension, "BHXH", 0})
	batch := o.declare("TET26", 4, 1_800_000)
	o.plan(batch, list)
	for range 2 { // again is a no-op
		if err := payout.Allot(t.Context(), o.db, batch, "ketoan", o.now); err != nil {
			t.Fatal(err)
		}
	}
	draw := func(key bankadapters.Key, amount money.Amount) (payout.DrawRow, error) {
		return payout.Draw(t.Context(), o.db, payout.DrawOrder{Batch: batch, Channel: key, Amount: amount, By: "ketoan"}, o.now)
	}
	_, err := draw("A", 1)
	wantCode(t, err, "PAYOUT-OVER-APPROVED") // nothing is approved yet
	o.submit(batch)
	o.approve(batch)
	first, err := draw("A", 600_000)
	if err != nil {
		t.Fatal(err)
	}
	_, err = draw("B", 1_200_001)
	wantCode(t, err, "PAYOUT-OVER-APPROVED")
	rest, err := payout.DrawNeeds(t.Context(), o.db, batch, "ketoan", o.now)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := payout.DrawNeeds(t.Context(), o.db, batch, "ketoan", o.now); len(again) != 0 || err != nil {
		t.Errorf("draw again = %v, %v, want nothing", again, err)
	}
	references := []string{first.Reference}
	got := map[bankadapters.Key]money.Amount{first.Channel: first.Amount}
	for _, d := range rest {
		got[d.Channel] += d.Amount
		references = append(references, d.Reference)
	}
	if diff := cmp.Diff(map[bankadapters.Key]money.Amount{"A": 1_000_000, "B": 500_000, "BHXH": 300_000}, got); diff != "" {
		t.Errorf("drawn (-want +got):\n%s", diff)
	}
	slices.Sort(references)
	if len(slices.Compact(references)) != 4 || len(first.Reference) > 35 {
		t.Errorf("references = %v, want four of at most 35 characters", references)
	}
	for _, want := range []struct {
		role    ledger.Role
		place   ledger.Place
		balance money.Amount
	}{
		{ledger.RoleBudget, "", 0}, {ledger.RoleDraw, "", 1_500_000}, {ledger.RoleProvider, "BHXH", 300_000},
		{ledger.RoleAllotment, "", 1_800_000}, {ledger.RoleDrawn, "", -1_800_000}, {ledger.RoleOwed, "", -1_800_000},
	} {
		if got := o.balance(want.role, want.place); got != want.balance {
			t.Errorf("%s = %s, want %s", want.role, got, want.balance)
		}
	}
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		found, err := payout.LockDraw(ctx, tx, first.Reference)
		if err != nil || found.Amount != 600_000 || found.Programme != "TET26" {
			t.Errorf("draw by reference = %+v, %v", found, err)
		}
		for _, want := range []bool{true, false} {
			if got, err := payout.CreditDraw(ctx, tx, first.Reference, 1); got != want || err != nil {
				t.Errorf("credit = %v, %v, want %v", got, err, want)
			}
		}
		if _, err := payout.LockDraw(ctx, tx, "NONE"); !errors.Is(err, payout.ErrNoDraw) {
			t.Errorf("unknown reference: %v, want ErrNoDraw", err)
		}
		return nil
	})
}

func TestReleaseNeedsAnApproval(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.submitted()
	wantCode(t, payout.Release(t.Context(), o.db, batch, "hung", o.now), "PAYOUT-NOTHING-APPROVED")
	o.approve(batch)
	for range 2 {
		if err := payout.Release(t.Context(), o.db, batch, "hung", o.now); err != nil {
			t.Fatal(err)
		}
	}
	b, err := payout.ReadBatch(t.Context(), o.db, batch)
	if err != nil || b.ReleasedAt == nil || !b.ReleasedAt.Equal(o.now) {
		t.Errorf("released at %v, %v, want %v", b.ReleasedAt, err, o.now)
	}
	if err := payout.PauseBatch(t.Context(), o.db, batch, "kiểm tra", "mai", o.now); err != nil {
		t.Fatal(err)
	}
	if b, _ = payout.ReadBatch(t.Context(), o.db, batch); !b.Paused || b.PauseWhy != "kiểm tra" {
		t.Errorf("batch = %+v, want paused", b)
	}
	if err := payout.ResumeBatch(t.Context(), o.db, batch, "xong", "mai", o.now); err != nil {
		t.Fatal(err)
	}
	if b, _ = payout.ReadBatch(t.Context(), o.db, batch); b.Paused {
		t.Error("batch is still paused")
	}
	o.exec(`UPDATE payout.batch SET closed_at = $2 WHERE id = $1`, batch, o.now)
	wantCode(t, payout.Release(t.Context(), o.db, batch, "hung", o.now), "PAYOUT-CLOSED")
}

const testSchedule = `
SELECT format('%s %s %s %s', to_char(due_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'MM-DD HH24:MI'), CASE WHEN done_at IS NULL THEN 'open' ELSE 'done' END,
              CASE WHEN late THEN 'late' ELSE 'in time' END, note) FROM payout.schedule ORDER BY id`

func (o *office) step(want bool) {
	o.t.Helper()
	if did, err := payout.StepSchedule(o.t.Context(), o.db, o.now); did != want || err != nil {
		o.t.Errorf("step at %s = %v, %v, want %v", o.now, did, err, want)
	}
}

func TestScheduledDateReleasesWhenApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.submitted()
	tet := calendar.Must(2026, 2, 17).At(8, 0) // the first day of Tet
	due, warning, err := payout.Schedule(t.Context(), o.db, payout.ScheduleOrder{Batch: batch, At: tet, By: "mai"}, o.now)
	if err != nil || !due.Equal(tet) || warning == "" {
		t.Fatalf("schedule = %s, %q, %v, want a warning about Tet", due, warning, err)
	}
	if _, warning, err = payout.Schedule(t.Context(), o.db, payout.ScheduleOrder{Batch: batch, At: calendar.Must(2026, 2, 5).At(8, 0), By: "mai"}, o.now); warning != "" || err != nil {
		t.Fatalf("schedule on a Thursday = %q, %v", warning, err)
	}
	o.step(false)
	o.now = calendar.Must(2026, 2, 5).At(8, 30)
	o.step(false) // due, but nothing is approved
	o.approve(batch)
	o.now = calendar.Must(2026, 2, 5).At(10, 30)
	o.step(true)
	o.step(false)
	b, err := payout.ReadBatch(t.Context(), o.db, batch)
	if err != nil || b.ReleasedAt == nil {
		t.Errorf("batch = %+v, %v, want released", b, err)
	}
	got := o.rows(testSchedule)
	want := []string{"02-17 08:00 done in time replaced by another schedule", "02-05 08:00 done late Muộn 2h30m0s so với lịch. / Late by 2h30m0s."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schedule (-want +got):\n%s", diff)
	}
}

func TestCronMissedRunsOnceAndLate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.approved(2)
	due, _, err := payout.Schedule(t.Context(), o.db, payout.ScheduleOrder{Batch: batch, Cron: "CRON_TZ=Asia/Ho_Chi_Minh 0 8 5 * *", By: "mai"}, o.now)
	if want := calendar.Must(2026, 2, 5).At(8, 0); err != nil || !due.Equal(want) {
		t.Fatalf("first time = %s, %v, want %s", due, err, want)
	}
	o.now = calendar.Must(2026, 4, 20).At(9, 0) // down since January: 5 February, March and April missed
	o.step(true)
	o.step(false)
	want := []string{"02-05 08:00 done late Muộn 1777h0m0s so với lịch. / Late by 1777h0m0s.", "05-05 08:00 open in time "}
	if diff := cmp.Diff(want, o.rows(testSchedule)); diff != "" {
		t.Errorf("schedule (-want +got):\n%s", diff)
	}
}

func TestScheduleRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.declare("TET26", 1, 1)
	for name, order := range map[string]payout.ScheduleOrder{
		"neither time nor cron": {},
		"both":                  {At: o.now.Add(time.Hour), Cron: "0 8 5 * *"},
		"a cron that never is":  {Cron: "0 8 31 2 *"},
		"no cron line":          {Cron: "every month"},
	} {
		order.Batch = batch
		if _, _, err := payout.Schedule(t.Context(), o.db, order, o.now); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			wantCode(t, err, "PAYOUT-SCHEDULE")
		}
	}
}

// A proof of an earlier attempt bars the payment: cancelling it would free the
// claim and let the next batch pay the person again.
func TestCancelRefusesABarredPayment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.approved(2)
	err := pgdb.InTx(t.Context(), o.db, func(ctx context.Context, tx pgx.Tx) error {
		return payout.Bar(ctx, tx, payout.Ref{Batch: batch, Payment: 1, Attempt: 1}, "proof of an ended attempt", o.now)
	})
	if err != nil {
		t.Fatal(err)
	}
	cancel := func(payment int64) error {
		return payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: batch, Payments: []int64{payment}, Reason: "đã mất", ByOne: "hung", ByTwo: "mai"}, o.now)
	}
	if err := cancel(1); !errors.Is(err, payout.ErrBarred) {
		t.Errorf("cancel of a barred payment: %v, want ErrBarred", err)
	}
	if err := cancel(2); err != nil {
		t.Error(err)
	}
}

func TestCancelUnsentEndsTheDebtAndFreesTheClaim(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.approved(3)
	cancel := func(two string, payments ...int64) error {
		return payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: batch, Payments: payments, Reason: "đã mất", ByOne: "hung", ByTwo: two}, o.now)
	}
	wantCode(t, cancel("hung", 1), "PAYOUT-TWO-PEOPLE")
	wantCode(t, cancel("mai"), "PAYOUT-NO-PAYMENT")
	wantCode(t, cancel("mai", 1, 99), "PAYOUT-NOT-OWED")
	if err := cancel("mai", 1); err != nil {
		t.Fatal(err)
	}
	if err := cancel("mai", 1); !errors.Is(err, payout.ErrNotOwed) {
		t.Errorf("cancel again: %v, want ErrNotOwed", err)
	}
	s, err := payout.Sections(t.Context(), o.db, batch)
	if err != nil || s[0].Count != 3 || s[0].NetCount != 2 || s[0].NetTotal != 1_000_000 {
		t.Errorf("section = %+v, %v, want 3 planned and 2 left", s, err)
	}
	needs, err := payout.NeedByChannel(t.Context(), o.db, batch)
	if err != nil || len(needs) != 2 || needs[0].Approved+needs[1].Approved != 1_000_000 {
		t.Errorf("needs = %+v, %v, want 1,000,000 together", needs, err)
	}
	// The person, and nobody else, may be paid by a later batch.
	person := o.rows(`SELECT person::text FROM payout.payment WHERE batch = $1 AND no = 1`, batch)[0]
	late := o.declare("TET26", 3, 1_500_000)
	got := o.plan(late, 1)
	if got.Payments != 1 || got.LeftOut["already"] != 2 {
		t.Errorf("later plan = %+v, want one payment", got)
	}
	claims := o.rows(`SELECT format('%s %s', person, n) FROM payout.entitlement WHERE batch = $1`, late)
	if diff := cmp.Diff([]string{person + " 1"}, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

// order puts payments of a batch on their way to bank A, as a submission does.
func (o *office) order(batch ledger.BatchID, leg ledger.LegID, cause int64, payments ...int64) {
	o.t.Helper()
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		at, err := ledger.Positions(ctx, tx, batch, payments)
		if err != nil {
			return err
		}
		book, err := ledger.BookByCode(ctx, tx, "1000001")
		if err != nil {
			return err
		}
		b, err := payout.ReadBatch(ctx, tx, batch)
		if err != nil {
			return err
		}
		desk := ledger.NewDesk(tx, book.ID, ledger.EntrustedState, "A", b.Programme, o.now)
		var lines []ledger.Line
		for _, no := range payments {
			p := at[no]
			l, err := desk.Fill(ctx, p.Next(batch, leg, p.Attempt, p.Amount))
			if err != nil {
				return err
			}
			lines = append(lines, l)
		}
		key := o.rows(`SELECT 'test/' || count(*) FROM ledger.voucher`)[0]
		_, err = payout.Post(ctx, tx, ledger.Voucher{Key: key, Facts: []byte(key), Book: book.ID, PostingSet: ledger.EntrustedState, Kind: "test",
			AccountingDate: calendar.DateOf(o.now), PostedAt: o.now, Text: key, Batch: batch, OrderNo: 7, Cause: cause, Lines: ledger.ListOf(lines)},
			payout.Moved{Was: func(no int64) payout.Standing { return payout.Standing{State: at[no].State()} }})
		return err
	})
}

const testAttempts = `
INSERT INTO payout.attempt (batch, payment, attempt, submission, place) SELECT $1, n, 1, 7, n FROM generate_series(1, 3) AS n`

const testSubmission = `
INSERT INTO payout.submission (no, batch, channel, book, message_id, digest, sha256, count, total, canary, execution, created_at, send_before, head, voucher, state)
SELECT 7, $1, 'A', book, 'M', '', '', 3, 1500000, false, '2026-01-20', $2, $2, '', 1, 'settled' FROM payout.section WHERE batch = $1`

func TestDecideRetryGuards(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0}, entry{3, poor, "A", 0}, entry{4, poor, "A", 0}, entry{5, poor, "XA", 0})
	batch := o.declare("TET26", 5, 2_500_000)
	o.plan(batch, list)
	o.submit(batch)
	o.approve(batch)
	drawn, err := payout.Draw(t.Context(), o.db, payout.DrawOrder{Batch: batch, Channel: "A", Amount: 2_000_000, By: "ketoan"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "credit", Book: drawn.Book, PostingSet: ledger.EntrustedState, Kind: "test", Cause: 1,
			AccountingDate: calendar.DateOf(o.now), PostedAt: o.now, Text: "credit"}, ledger.DrawArrived("A", "TET26", drawn.Amount))
		return err
	})
	o.exec(testSubmission, batch, o.now)
	o.exec(testAttempts, batch)
	decide := func(key bankadapters.Key, payments ...int64) error {
		return payout.DecideRetry(t.Context(), o.db, payout.RetryDecision{Batch: batch, Payments: payments, Channel: key, Reason: "sửa", ByOne: "hung", ByTwo: "mai"}, o.now)
	}

	o.order(batch, ledger.LegOrdered, 0, 1, 2, 3)
	wantCode(t, decide("", 1), "PAYOUT-NOT-OWED")    // open
	wantCode(t, decide("", 4), "PAYOUT-NEVER-TRIED") // approved only
	o.order(batch, ledger.LegRejected, 0, 1, 2)
	o.order(batch, ledger.LegRejectedOut, 0, 3) // rejected, and the bank has debited: it owes us the money
	wantCode(t, decide("", 3), "PAYOUT-OPEN-CLAIM")
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.Bar(ctx, tx, payout.Ref{Batch: batch, Payment: 2, Attempt: 1}, "late proof", o.now)
	})
	wantCode(t, decide("", 1, 2), "PAYOUT-BARRED")
	wantCode(t, payout.DecideRetry(t.Context(), o.db, payout.RetryDecision{Batch: batch, Payments: []int64{1}, Reason: "sửa", ByOne: "mai", ByTwo: "mai"}, o.now), "PAYOUT-TWO-PEOPLE")
	if err := decide("XA", 1); err != nil {
		t.Fatal(err)
	}
	wantCode(t, decide("", 1), "PAYOUT-DECIDED")
	wantCode(t, decide("XA", 1), "PAYOUT-DECIDED")
	got := o.rows(`SELECT format('%s after %s at %s by %s and %s', payment, after_attempt, channel, by_one, by_two) FROM payout.retry`)
	if diff := cmp.Diff([]string{"1 after 1 at XA by hung and mai"}, got); diff != "" {
		t.Errorf("retries (-want +got):\n%s", diff)
	}
}

// A decision that nobody ordered yet may be redirected by two people, also away
// from a channel that cannot carry the payment; one that was ordered may not.
func TestAnOpenRetryCanBeRedirected(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0}, entry{3, poor, "A", 0})
	batch := o.declare("TET26", 3, 1_500_000)
	o.plan(batch, list)
	o.submit(batch)
	o.approve(batch)
	o.exec(testSubmission, batch, o.now)
	o.exec(testAttempts, batch)
	o.order(batch, ledger.LegOrdered, 7, 1, 2, 3)
	o.order(batch, ledger.LegRejected, 0, 1, 2, 3)
	decide := func(key bankadapters.Key, one, two string, payments ...int64) error {
		return payout.DecideRetry(t.Context(), o.db, payout.RetryDecision{Batch: batch, Payments: payments, Channel: key, Reason: "sửa", ByOne: one, ByTwo: two}, o.now)
	}
	want := func(when string, want ...string) {
		t.Helper()
		got := o.rows(`SELECT format('%s at %s by %s and %s', payment, channel, by_one, by_two) FROM payout.retry ORDER BY payment`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	if err := decide("", "hung", "mai", 1, 2); err != nil {
		t.Fatal(err)
	}
	want("decided", "1 at A by hung and mai", "2 at A by hung and mai")
	o.exec(`INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why) VALUES ($1, 1, 1, 'held', $2, 'no letter')`, batch, o.now)
	wantCode(t, decide("A", "hung", "mai", 1), "PAYOUT-BARRED") // the same channel cannot carry it either
	wantCode(t, decide("XA", "hung", "hung", 1), "PAYOUT-TWO-PEOPLE")
	if err := decide("XA", "lan", "mai", 1, 3); err != nil { // 1 redirected, 3 decided for the first time
		t.Fatal(err)
	}
	want("redirected", "1 at XA by lan and mai", "2 at A by hung and mai", "3 at XA by lan and mai")
	if held := o.rows(`SELECT payment::text FROM payout.exception WHERE kind = 'held' AND closed_at IS NULL`); held != nil && len(held) > 0 {
		t.Errorf("held still: %q", held)
	}
	// What rests because the person died, or was paid under another record, stays so.
	for _, why := range []string{"Báo tử, việc 9 / Death, act 9", people.DoubleWhy(9), "no letter\nBáo tử, việc 9 / Death, act 9"} {
		o.exec(`INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why) VALUES ($1, 2, 1, 'held', $2, $3)`, batch, o.now, why)
		wantCode(t, decide("XA", "hung", "mai", 2), "PAYOUT-BARRED")
		o.exec(`UPDATE payout.exception SET closed_at = $2 WHERE batch = $1 AND payment = 2`, batch, o.now)
		o.now = o.now.Add(time.Minute)
	}
	o.exec(`UPDATE payout.retry SET submission = 7 WHERE batch = $1 AND payment = 1`, batch)
	wantCode(t, decide("BHXH", "hung", "mai", 1), "PAYOUT-DECIDED")
	if acts := o.rows(`SELECT count(*)::text FROM audit.record WHERE act = 'payment.retry'`)[0]; acts != "2" {
		t.Errorf("%s decisions in the record of who did what, want both", acts)
	}
}
