package payout_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/payout"
)

// A section that nobody approves is taken back by two people; a later batch pays
// its people, once, and its seals serve nothing any more.
func TestWithdrawnSectionFreesItsPeopleForALaterBatch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.submitted()
	people := o.rows(`SELECT person::text FROM payout.payment WHERE batch = $1 AND section = 1 ORDER BY no`, batch)
	withdraw := func(section int16, two string) error {
		return payout.WithdrawSection(t.Context(), o.db, payout.SectionWithdrawal{Batch: batch, Section: section, Reason: "xã xin lập lại", ByOne: "hung", ByTwo: two}, o.now)
	}
	wantCode(t, withdraw(1, "hung"), "PAYOUT-TWO-PEOPLE")
	if err := withdraw(99, "mai"); !errors.Is(err, payout.ErrNoSection) {
		t.Errorf("a section that is not there: %v, want ErrNoSection", err)
	}
	sheet := o.sheet(batch, 1)
	if !o.nextPeriod(1, 2) {
		t.Error("a changed way counts from this period though a payment is fixed in it")
	}
	if err := withdraw(1, "mai"); err != nil {
		t.Fatal(err)
	}
	if o.nextPeriod(1, 2) {
		t.Error("a withdrawn section still fixes its people's way of payment")
	}
	if err := withdraw(1, "mai"); !errors.Is(err, payout.ErrSectionState) {
		t.Errorf("withdrawn again: %v, want ErrSectionState", err)
	}
	seal, err := payout.SealWith(o.approver)(sheet)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := payout.Approve(t.Context(), o.db, batch, 1, seal, o.now); !errors.Is(err, payout.ErrSectionState) {
		t.Errorf("approval of a withdrawn section: %v, want ErrSectionState", err)
	}
	late := o.declare("TET26", int64(len(people)), 10_000_000)
	o.plan(late) // no list is named: those of the withdrawn section wait for this plan
	again := o.rows(`SELECT person::text FROM payout.payment WHERE batch = $1 ORDER BY no`, late)
	if diff := cmp.Diff(people, again); diff != "" {
		t.Errorf("people of the later batch (-withdrawn +planned):\n%s", diff)
	}
}

// nextPeriod reports whether a change of the people's way of payment counts from
// the next period only.
func (o *office) nextPeriod(who ...int64) (next bool) {
	o.t.Helper()
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		counts, err := payout.PeopleOffice{}.CountsFrom(ctx, tx, who)
		next = counts.Next
		return err
	})
	return next
}

func TestWithdrawRefusesAnApprovedSection(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.approved(2)
	err := payout.WithdrawSection(t.Context(), o.db, payout.SectionWithdrawal{Batch: batch, Section: 1, Reason: "sai", ByOne: "hung", ByTwo: "mai"}, o.now)
	if !errors.Is(err, payout.ErrSectionState) {
		t.Fatalf("withdrawal of an approved section: %v, want ErrSectionState", err)
	}
	wantCode(t, err, "PAYOUT-SECTION-APPROVED")
	if got := o.rows(`SELECT count(*)::text FROM payout.entitlement_release`); got[0] != "0" {
		t.Errorf("%s claims were released", got[0])
	}
}

// A bar ends by two people with the bank's paper; then the payment can be
// cancelled or tried again.
func TestLiftedBarLetsThePaymentEnd(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.approved(2)
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.Bar(ctx, tx, payout.Ref{Batch: batch, Payment: 1, Attempt: 1}, "proof of an ended attempt", o.now)
	})
	lift := func(two, paper string, payments ...int64) error {
		return payout.LiftBar(t.Context(), o.db, payout.BarLift{Batch: batch, Payments: payments, Paper: paper, Reason: "chưa thực hiện", ByOne: "hung", ByTwo: two}, o.now)
	}
	wantCode(t, lift("hung", "12/CV", 1), "PAYOUT-TWO-PEOPLE")
	wantCode(t, lift("mai", " ", 1), "PAYOUT-BAR-PAPER")
	if err := lift("mai", "12/CV", 1, 2); !errors.Is(err, payout.ErrNoBar) {
		t.Errorf("one of two is not barred: %v, want ErrNoBar", err)
	}
	wantCode(t, lift("mai", "12/CV", 1, 2), "PAYOUT-NOT-BARRED")
	cancel := func() error {
		return payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: batch, Payments: []int64{1}, Reason: "đã mất", ByOne: "hung", ByTwo: "mai"}, o.now)
	}
	if err := cancel(); !errors.Is(err, payout.ErrBarred) {
		t.Errorf("a lift that was refused lifted: %v, want ErrBarred", err)
	}
	if err := lift("mai", "12/CV ngày 03/02/2026", 1); err != nil {
		t.Fatal(err)
	}
	if err := cancel(); err != nil {
		t.Errorf("cancel after the lift: %v", err)
	}
	if got := o.rows(`SELECT paper FROM payout.bar_lift`); len(got) != 1 || got[0] != "12/CV ngày 03/02/2026" {
		t.Errorf("papers on record: %q", got)
	}
}
