package payout_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry/people"
)

const testOrdered = `SELECT payment::text FROM payout.attempt ORDER BY payment`

// A death rests the person's unsent payment: the others go, and when the report is
// taken back this one follows, in a submission of its own.
func TestADeathRestsOneUnsentPaymentAndLettingItGoSendsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "A", 5, sandbox.Script{})
	office, why := payout.PeopleOffice{}, people.Hold{Reason: "death/7", Why: "Báo tử, việc 7 / Death, act 7"}
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		held, away, err := office.HoldPeople(ctx, tx, []int64{3}, why, d.now)
		if held != 1 || away != 0 {
			t.Errorf("held %d, on the way %d; want 1, 0", held, away)
		}
		return err
	})
	e := d.engine(pgdb.Hooks{})
	order := func() {
		t.Helper()
		if _, err := e.StepOrder(t.Context(), bankadapters.Key("A")); err != nil {
			t.Fatal(err)
		}
	}
	attempts := func() []string {
		t.Helper()
		rows, _ := d.db.Query(t.Context(), testOrdered)
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	order()
	if diff := cmp.Diff([]string{"1", "2", "4", "5"}, attempts()); diff != "" {
		t.Errorf("ordered with the third held (-want +got):\n%s", diff)
	}
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		held, away, err := office.HoldPeople(ctx, tx, []int64{4}, why, d.now)
		if held != 0 || away != 1 {
			t.Errorf("of an ordered payment held %d, on the way %d; want 0, 1", held, away)
		}
		return err
	})
	d.passCanary()
	order()
	if diff := cmp.Diff([]string{"1", "2", "4", "5"}, attempts()); diff != "" {
		t.Errorf("ordered again with the third held (-want +got):\n%s", diff)
	}
	d.inTx(func(ctx context.Context, tx pgx.Tx) error { return office.LiftHold(ctx, tx, []int64{3, 4}, why, d.now) })
	order()
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5"}, attempts()); diff != "" {
		t.Errorf("ordered after the hold was lifted (-want +got):\n%s", diff)
	}
}

// Two reasons hold one payment: each is ended by itself, and the money goes with the last.
func TestAPaymentRestsForEveryReasonItWasHeldFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "A", 2, sandbox.Script{})
	office := payout.PeopleOffice{}
	hold := func(why string) {
		t.Helper()
		d.inTx(func(ctx context.Context, tx pgx.Tx) error {
			_, _, err := office.HoldPeople(ctx, tx, []int64{2}, people.Hold{Reason: "r/" + why, Why: why}, d.now)
			return err
		})
	}
	lift := func(why string, open string) {
		t.Helper()
		d.inTx(func(ctx context.Context, tx pgx.Tx) error {
			return office.LiftHold(ctx, tx, []int64{2}, people.Hold{Reason: "r/" + why}, d.now)
		})
		var got string
		if err := d.db.QueryRow(t.Context(), `SELECT coalesce(string_agg(why, ' | '), '') FROM payout.exception WHERE kind = 'held' AND closed_at IS NULL`).Scan(&got); err != nil || got != open {
			t.Errorf("after %q was lifted it rests for %q, %v; want %q", why, got, err, open)
		}
	}
	hold("một")
	hold("hai")
	hold("một") // again
	lift("ba", "một\nhai")
	lift("một", "hai")
	lift("hai", "")
}

// Whoever holds a payment waits for the step that orders it, and that step for them:
// otherwise a payment would be said to rest and leave.
func TestAHoldAndAnOrderWaitForEachOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "A", 2, sandbox.Script{})
	for name, act := range map[string]func(ctx context.Context, tx pgx.Tx) error{
		"hold": func(ctx context.Context, tx pgx.Tx) error {
			_, _, err := payout.PeopleOffice{}.HoldPeople(ctx, tx, []int64{2}, people.Hold{Reason: "một", Why: "một"}, d.now)
			return err
		},
		"lift": func(ctx context.Context, tx pgx.Tx) error {
			return payout.PeopleOffice{}.LiftHold(ctx, tx, []int64{2}, people.Hold{Reason: "một", Why: "một"}, d.now)
		},
		"merge": func(ctx context.Context, tx pgx.Tx) error {
			_, err := payout.PeopleOffice{}.DoubleClaims(ctx, tx, 7, 1, 2, d.now)
			return err
		},
	} {
		d.inTx(func(ctx context.Context, tx pgx.Tx) error {
			if err := act(ctx, tx); err != nil {
				return err
			}
			_, err := d.db.Exec(ctx, `SELECT id FROM payout.batch FOR SHARE NOWAIT`) // as the order step takes it
			if pgdb.State(err) != pgdb.LockNotAvailable {
				t.Errorf("during a %s the order step gets %v, want to wait", name, err)
			}
			return nil
		})
	}
}

const testHeirPayment = `
INSERT INTO payout.payment (batch, no, amount, person, section, channel, bin, account_tail, holder, name, category, pay_point, payee, payee_after_death)
SELECT s.batch, 99, 100000, 99, 1, s.channel, '', '', 'Nguyễn Thị Con', 'Nguyễn Văn Mẫu', 'TET-HN-2026-01', '00008', 7, true
  FROM payout.submission AS s LIMIT 1`

const testHeirAttempt = `
INSERT INTO payout.attempt (batch, payment, attempt, submission, place) SELECT s.batch, 99, 1, s.no, 99 FROM payout.submission AS s LIMIT 1 RETURNING submission`

// On a provider's list stands who comes and signs, and where.
func TestAListNamesThePayeeAndThePayPoint(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "A", 1, sandbox.Script{})
	if _, err := d.engine(pgdb.Hooks{}).StepOrder(t.Context(), "A"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Exec(t.Context(), testHeirPayment); err != nil {
		t.Fatal(err)
	}
	var no int64
	if err := d.db.QueryRow(t.Context(), testHeirAttempt).Scan(&no); err != nil {
		t.Fatal(err)
	}
	names, units, err := payout.SignsAndPlaces(t.Context(), d.db, no)
	if err != nil || len(names) != 2 || names[1] != "Nguyễn Thị Con nhận thay Nguyễn Văn Mẫu" || units[1] != "00008" || units[0] != "00004" {
		t.Errorf("the list names %q at %q, %v; want the heir at 00008", names, units, err)
	}
}

const testDeath = `
INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
VALUES (8, 'death', 1, '00004', '2026-01-20', '{}', '7/KT', 'báo tử', true, 'hung', '2026-01-20')`

const testMerge = `
WITH act AS (
    INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
    VALUES (9, 'merge', 3, '00004', '2026-01-20', '{}', '8/TB', 'một người', true, 'hung', '2026-01-20') RETURNING id
)
INSERT INTO registry.merged (act, kept, gone) SELECT id, 3, 2 FROM act`

// Money on its way when a death or a merge became known could not be held. Come
// back, it is not sent again as if nothing were known.
func TestWhatCameBackIsHeldAgainstDeathsAndMergesSince(t *testing.T) {
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
	o.exec(testDeath)
	o.exec(testMerge)
	at := func(person int) (payment int64) {
		t.Helper()
		if err := o.db.QueryRow(t.Context(), `SELECT no FROM payout.payment WHERE batch = $1 AND person = $2`, batch, person).Scan(&payment); err != nil {
			t.Fatal(err)
		}
		return payment
	}
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		held, away, err := payout.PeopleOffice{}.HoldPeople(ctx, tx, []int64{1}, people.Hold{Reason: "death/8", Why: "Báo tử, việc 8 / Death, act 8"}, o.now)
		if held != 0 || away != 1 {
			t.Errorf("held %d, on the way %d; want 0, 1", held, away)
		}
		return err
	})
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		double, err := payout.PeopleOffice{}.DoubleClaims(ctx, tx, 9, 3, 2, o.now)
		if double != 1 {
			t.Errorf("%d rights held twice, want 1", double)
		}
		return err
	})
	o.order(batch, ledger.LegRejected, 0, 1, 2, 3)
	decide := func(person int) error {
		return payout.DecideRetry(t.Context(), o.db, payout.RetryDecision{Batch: batch, Payments: []int64{at(person)}, Channel: "XA", Reason: "sửa", ByOne: "hung", ByTwo: "mai"}, o.now)
	}
	for person := 1; person <= 3; person++ {
		wantCode(t, decide(person), "PAYOUT-BARRED")
	}
	o.exec(`INSERT INTO registry.act_decision (act, outcome, by_two, seal, text, why, at) VALUES (8, 'refused', 'mai', $1, '', 'nhầm', $2)`, make([]byte, 64), o.now)
	if err := decide(1); err != nil {
		t.Errorf("after the report was refused: %v", err)
	}
	err := payout.CancelUnsent(t.Context(), o.db, payout.Cancellation{Batch: batch, Payments: []int64{at(2)}, Reason: "trùng", ByOne: "hung", ByTwo: "mai"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := decide(3); err != nil {
		t.Errorf("after the second claim was given up: %v", err)
	}
}

const testStaffAccount = `
INSERT INTO registry.staff_account (bank_bin, account_index, account_tail, owner, noted_by, noted_at)
SELECT p.bin, p.account_index, p.account_tail, 'lan', 'mai', $2 FROM payout.payment AS p WHERE p.batch = $1 AND p.person = 1`

// Come back from an account that was noted as staff's meanwhile, money is not sent
// there again.
func TestWhatCameBackFromAnAccountOfStaffIsNotSentAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0})
	batch := o.declare("TET26", 2, 1_000_000)
	o.plan(batch, list)
	o.submit(batch)
	o.approve(batch)
	o.exec(testSubmission, batch, o.now)
	o.exec(testAttempts, batch)
	o.order(batch, ledger.LegOrdered, 7, 1, 2)
	o.exec(testStaffAccount, batch, o.now)
	o.order(batch, ledger.LegRejected, 0, 1, 2)
	decide := func(person int64) error {
		var payment int64
		if err := o.db.QueryRow(t.Context(), `SELECT no FROM payout.payment WHERE batch = $1 AND person = $2`, batch, person).Scan(&payment); err != nil {
			t.Fatal(err)
		}
		return payout.DecideRetry(t.Context(), o.db, payout.RetryDecision{Batch: batch, Payments: []int64{payment}, Channel: "A", Reason: "sửa", ByOne: "hung", ByTwo: "mai"}, o.now)
	}
	wantCode(t, decide(1), "PAYOUT-BARRED")
	if err := decide(2); err != nil {
		t.Errorf("the other's money: %v", err)
	}
}
