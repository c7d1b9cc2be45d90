package payout_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

func (d *desk) cancel(from, to int64) {
	d.t.Helper()
	var list []int64
	for n := from; n <= to; n++ {
		list = append(list, n)
	}
	c := payout.Cancellation{Batch: d.batch, Payments: list, Reason: "trùng danh sách", ByOne: "hung", ByTwo: "mai"}
	if err := payout.CancelUnsent(d.t.Context(), d.db, c, d.now); err != nil {
		d.t.Fatal(err)
	}
}

// retry has two people try payments again over the channel of their last attempt.
func (d *desk) retry(payments ...int64) {
	d.t.Helper()
	r := payout.RetryDecision{Batch: d.batch, Payments: payments, Reason: "chi lại", ByOne: "hung", ByTwo: "mai"}
	if err := payout.DecideRetry(d.t.Context(), d.db, r, d.now); err != nil {
		d.t.Fatal(err)
	}
}

// ended posts one leg for payments, as evidence does.
func (d *desk) ended(leg func(ledger.Position) ledger.LegID, payments ...int64) {
	d.t.Helper()
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		at, err := ledger.Positions(ctx, tx, d.batch, payments)
		if err != nil {
			return err
		}
		accounts := ledger.NewDesk(tx, d.book, ledger.EntrustedState, ledger.Place(d.bank), "TET26", d.now)
		var lines []ledger.Line
		for _, no := range payments {
			p := at[no]
			l, err := accounts.Fill(ctx, p.Next(d.batch, leg(p), p.Attempt, p.Amount))
			if err != nil {
				return err
			}
			lines = append(lines, l)
		}
		if err := ledger.LockFunds(ctx, tx, d.book, ledger.Place(d.bank)); err != nil {
			return err
		}
		var no int64
		if err := tx.QueryRow(ctx, `SELECT max(no) FROM payout.submission`).Scan(&no); err != nil {
			return err
		}
		var vouchers int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM ledger.voucher`).Scan(&vouchers); err != nil {
			return err
		}
		key := fmt.Sprintf("test/%d", vouchers)
		posted, err := payout.Post(ctx, tx, ledger.Voucher{Key: key, Facts: []byte(key), Book: d.book, PostingSet: ledger.EntrustedState, Kind: "test", Cause: 9,
			AccountingDate: calendar.DateOf(d.now), PostedAt: d.now, Text: key, Batch: d.batch, OrderNo: no, Lines: ledger.ListOf(lines)},
			payout.Moved{Was: func(no int64) payout.Standing { return payout.Standing{State: at[no].State()} }})
		if err != nil {
			return err
		}
		return payout.CloseDoubts(ctx, tx, d.batch, payments, posted.ID, d.now)
	})
}

func always(leg ledger.LegID) func(ledger.Position) ledger.LegID {
	return func(ledger.Position) ledger.LegID { return leg }
}

func TestCancelledHeadOfARunDoesNotHideTheRest(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 110, sandbox.Script{})
	d.cancel(1, 100) // as many as a first submission takes
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(10)
}

const testOtherBookSection = `
INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
SELECT batch, 0, unit_code, unit_valid_from, unit_name_vi, $2, 1, 100000, digest, code, state FROM payout.section WHERE batch = $1`

const testOtherBookRun = `
INSERT INTO payout.run (batch, section, channel, from_no, to_no, next_no, count, total)
SELECT batch, 0, channel, 900, 900, 900, 1, 100000 FROM payout.run WHERE batch = $1`

// A book with nothing left to order stands first: the other book's people are
// paid all the same.
func TestBookWithNothingToOrderDoesNotHideAnother(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 10, sandbox.Script{})
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		other, err := ledger.OpenBook(ctx, tx, "1000002", "Phòng khác", d.now)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, testOtherBookSection, d.batch, other.ID); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, testOtherBookRun, d.batch)
		return err
	})
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(10)
}

func (d *desk) passCanary() {
	d.t.Helper()
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.PassCanary(ctx, tx, d.batch, d.bank, "trưởng phòng", d.now)
	})
}

// The money of a payment that the bank owes back may be with the person: a
// decision to try again that is older than the claim does not send it.
func TestRetryWaitsWhileTheBankOwesTheMoney(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 2, sandbox.Script{})
	e := d.engine(pgdb.Hooks{})
	d.round(e)
	d.passCanary()
	d.ended(always(ledger.LegRejected), 1, 2)
	d.retry(1, 2)
	d.ended(func(p ledger.Position) ledger.LegID { return ledger.LegIn(ledger.Claimed, p.State()) }, 1) // a second debit
	d.round(e)
	at, err := ledger.Positions(t.Context(), d.db, d.batch, []int64{1, 2})
	if err != nil || at[1].Attempt != 1 || at[2].Attempt != 2 {
		t.Errorf("attempts = %d and %d, %v; want 1 (claim open) and 2", at[1].Attempt, at[2].Attempt, err)
	}
}

// A retry that can no longer be ordered does not fill the submission for ever.
func TestDeadRetryDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 120, sandbox.Script{})
	e := d.engine(pgdb.Hooks{})
	d.round(e)
	d.ended(always(ledger.LegRejected), 1, 2)
	d.retry(1, 2)
	d.cancel(1, 1)
	d.passCanary()
	if _, err := d.db.Exec(t.Context(), `UPDATE payout.channel SET profile = jsonb_set(profile, '{count_max}', '1')`); err != nil {
		t.Fatal(err)
	}
	d.cancel(101, 120)
	d.round(e)
	at, err := ledger.Positions(t.Context(), d.db, d.batch, []int64{2})
	if err != nil || at[2].Attempt != 2 {
		t.Errorf("payment 2 is at attempt %d, %v; want 2", at[2].Attempt, err)
	}
}

// The journal of the process that sent first is on another machine, the one
// that was to send again is here and has no line: that does not make the first
// copy unsent.
func TestSilentResendSaysNothingOfTheFirstCopy(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "B", 10, sandbox.Script{})
	here := d.journal
	d.journal = t.TempDir() // the other machine
	lost := false
	d.cut = func(r *http.Request) error {
		if r.Method == http.MethodPost && !lost {
			lost = true
			return fmt.Errorf("no answer")
		}
		return nil
	}
	d.round(d.engine(pgdb.Hooks{}))
	d.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 1})
	d.journal = here
	d.now = d.now.Add(10 * time.Minute)
	d.runUntilCrash(payout.PointClaimed) // a claim to send again, and death before the journal
	d.cut = func(*http.Request) error { return bankadapters.ErrNothingWritten }
	e := d.engine(pgdb.Hooks{})
	if _, err := e.StepRecover(t.Context(), d.bank); err != nil {
		t.Fatal(err)
	}
	d.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 1})
}

// An intent that was not sent in its time is taken back by itself: its people
// are owed again and its money is free.
func TestIntentPastItsTimeIsWithdrawn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 10, sandbox.Script{})
	d.cut = func(*http.Request) error { return bankadapters.ErrNothingWritten }
	e := d.engine(pgdb.Hooks{})
	d.round(e)
	d.wantStates(map[payout.SubmissionState]int{payout.Intent: 1})
	d.now = d.now.Add(73 * time.Hour)
	d.cut = nil
	d.round(d.engine(pgdb.Hooks{}))
	d.wantStates(map[payout.SubmissionState]int{payout.Withdrawn: 1})
	d.retry(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	d.round(e)
	d.wantBook(10)
}

// Evidence may settle every payment while the sender has not recorded its own
// answer yet: inquiry ends all the same.
func TestEvidenceBeforeTheRecordStillSettles(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 3, sandbox.Script{})
	e := d.engine(pgdb.Hooks{Crash: func(at string) {
		if at == payout.PointSent {
			d.ended(always(ledger.LegPaidSent), 1, 2, 3)
		}
	}})
	d.round(e)
	d.wantStates(map[payout.SubmissionState]int{payout.Accepted: 1})
	d.now = d.now.Add(10 * time.Minute)
	d.round(e)
	d.wantStates(map[payout.SubmissionState]int{payout.Settled: 1})
}

// A return after the batch was closed is owed again, and two people decide.
func TestRetryInAClosedBatchGoes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 2, sandbox.Script{})
	e := d.engine(pgdb.Hooks{})
	d.round(e)
	d.passCanary()
	d.ended(always(ledger.LegPaidSent), 1, 2)
	if _, err := d.db.Exec(t.Context(), `UPDATE payout.batch SET closed_at = $1`, d.now); err != nil {
		t.Fatal(err)
	}
	d.ended(always(ledger.LegReturned), 1)
	d.ended(func(p ledger.Position) ledger.LegID { return ledger.LegIn(ledger.Refunded, p.State()) }, 1)
	d.retry(1)
	d.round(e)
	at, err := ledger.Positions(t.Context(), d.db, d.batch, []int64{1})
	if err != nil || at[1].Attempt != 2 {
		t.Errorf("payment 1 is at attempt %d, %v; want 2", at[1].Attempt, err)
	}
}

// The day's total holds for the submission that is made, not only for those
// before it.
func TestDayTotalBindsTheSubmissionItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 10, sandbox.Script{})
	if _, err := d.db.Exec(t.Context(), `UPDATE payout.channel SET profile = jsonb_set(profile, '{day_total_max}', '"350000"')`); err != nil {
		t.Fatal(err)
	}
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(3)
}

// The day's count holds over all submissions of a day, and begins anew the next.
func TestDayCountBindsUntilTheNextDay(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 10, sandbox.Script{})
	if _, err := d.db.Exec(t.Context(), `UPDATE payout.channel SET profile = jsonb_set(profile, '{day_count_max}', '4')`); err != nil {
		t.Fatal(err)
	}
	e := d.engine(pgdb.Hooks{})
	d.round(e)
	d.wantBook(4)
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.PassCanary(ctx, tx, d.batch, d.bank, "trưởng phòng", d.now)
	})
	d.round(e)
	d.wantBook(4)
	for _, credited := range []int{8, 10} {
		d.now = d.now.AddDate(0, 0, 1)
		d.round(e)
		d.round(e)
		d.wantBook(credited)
	}
}

const testNameless = `
INSERT INTO payout.payment (batch, no, amount, person, section, birth_year, channel, bin, account_tail, holder, name, category, account_enc, account_index)
SELECT batch, $2, amount, $2, section, birth_year, channel, bin, account_tail, '々', name, category, account_enc, account_index
  FROM payout.payment WHERE batch = $1 AND no = 1`

// One payment that cannot be written must not stop a bank for everybody.
func TestPaymentThatCannotBeWrittenHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 4, sandbox.Script{})
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, testNameless, d.batch, 5); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE payout.run SET to_no = 5 WHERE batch = $1`, d.batch); err != nil {
			return err
		}
		l, err := ledger.NewDesk(tx, d.book, ledger.EntrustedState, "", "TET26", d.now).
			Fill(ctx, ledger.Position{Payment: 5}.Next(d.batch, ledger.LegApproved, 0, amountOf(1)))
		if err != nil {
			return err
		}
		_, err = payout.Post(ctx, tx, ledger.Voucher{Key: "approved/2", Facts: []byte("2"), Book: d.book, PostingSet: ledger.EntrustedState, Kind: "approved",
			AccountingDate: calendar.DateOf(d.now), PostedAt: d.now, Text: "duyệt", Batch: d.batch, Lines: ledger.ListOf([]ledger.Line{l})}, payout.Moved{})
		return err
	})
	e := d.engine(pgdb.Hooks{})
	if _, err := e.Round(t.Context(), d.bank, 20); err != nil {
		t.Error(err)
	}
	d.wantBook(4)
	var why string
	if err := d.db.QueryRow(t.Context(), `SELECT why FROM payout.exception WHERE kind = 'held' AND payment = 5`).Scan(&why); err != nil || why == "" {
		t.Errorf("payment 5 is held because of %q, %v; want a reason", why, err)
	}
	d.cancel(5, 5)
}

// A bank that executed one payment of a message and says it does not know the
// message is not sent the same bytes again: they would pay that one twice.
func TestNothingIsSentAgainOfWhichAnythingIsProved(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		doubt func(*desk) *payout.Engine
	}{
		"the sender died after its journal line": {func(d *desk) *payout.Engine {
			d.runUntilCrash(payout.PointJournalled)
			e := d.engine(pgdb.Hooks{})
			d.round(e)
			return e
		}},
		"never sent, and known to the bank": {func(d *desk) *payout.Engine {
			e := d.engine(pgdb.Hooks{})
			if _, err := e.StepOrder(d.t.Context(), d.bank); err != nil {
				d.t.Fatal(err)
			}
			d.inTx(func(ctx context.Context, tx pgx.Tx) error {
				return payout.KnownUnsent(ctx, tx, 14_001_010_001, d.now)
			})
			return e
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "C", 10, sandbox.Script{}) // C remembers ids for ever
			e := tt.doubt(d)
			d.ended(func(ledger.Position) ledger.LegID { return ledger.LegPaid }, 1)
			d.now = d.now.Add(10 * time.Minute) // the inquiry is due: "unknown to us"
			d.round(e)
			d.wantBook(0)
			d.wantStates(map[payout.SubmissionState]int{payout.InDoubt: 1})
		})
	}
}
