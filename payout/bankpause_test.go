package payout_test

import (
	"testing"

	"ansinh/bankadapters/sandbox"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
)

// A person pauses a bank, and nothing is ordered; a person opens it, and an
// inquiry, not a payment, finds out whether the line works.
func TestPausedBankOrdersNothingUntilAnInquiryOpensIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 50, sandbox.Script{})
	e := d.engine(pgdb.Hooks{})
	if err := payout.PauseBank(t.Context(), d.db, d.bank, " ", "ke-toan", d.now); errs.Code(err) != "PAYOUT-WHY" {
		t.Errorf("a pause without a reason: %v, want PAYOUT-WHY", err)
	}
	if err := payout.PauseBank(t.Context(), d.db, d.bank, "ngân hàng bảo trì", "ke-toan", d.now); err != nil {
		t.Fatal(err)
	}
	if err := payout.PauseBank(t.Context(), d.db, d.bank, "lần nữa", "ke-toan", d.now); errs.Code(err) != "PAYOUT-GATE" {
		t.Errorf("a second pause: %v, want PAYOUT-GATE", err)
	}
	d.round(e)
	d.wantBook(0)
	d.wantStates(map[payout.SubmissionState]int{})
	if err := payout.OpenBank(t.Context(), d.db, d.bank, "bảo trì xong", "ke-toan", d.now); err != nil {
		t.Fatal(err)
	}
	if got := d.gate(); got != "tripped" {
		t.Errorf("the gate is %s after a person opened it, want tripped until the bank answers", got)
	}
	d.round(e)
	d.round(e)
	if got := d.gate(); got != "open" {
		t.Errorf("the gate is %s after the inquiry, want open", got)
	}
	d.wantBook(50)
	if err := payout.OpenBank(t.Context(), d.db, d.bank, "", "ke-toan", d.now); errs.Code(err) != "PAYOUT-GATE" {
		t.Errorf("opening an open bank: %v, want PAYOUT-GATE", err)
	}
}

// What a restored backup closed is opened by evidence and two people, never by
// the button that ends a pause.
func TestOpenBankDoesNotOpenWhatARestoreClosed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 5, sandbox.Script{})
	if _, err := d.db.Exec(t.Context(), `INSERT INTO payout.restored (at, epoch, causes, sends, lost, journals, anchor) VALUES ($1, 2, '{server}', 0, false, '{}', '')`, d.now); err != nil {
		t.Fatal(err)
	}
	if err := payout.PauseBank(t.Context(), d.db, d.bank, "khôi phục", "ke-toan", d.now); err != nil {
		t.Fatal(err)
	}
	if err := payout.OpenBank(t.Context(), d.db, d.bank, "mở", "ke-toan", d.now); errs.Code(err) != "PAYOUT-GATE" {
		t.Errorf("a bank closed by a restore was opened by one person: %v", err)
	}
	if got := d.gate(); got != "paused" {
		t.Errorf("the gate is %s, want paused", got)
	}
}

func TestAskNowMakesAnInquiryDueAndSendsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 5, sandbox.Script{})
	d.round(d.engine(pgdb.Hooks{}))
	d.wantStates(map[payout.SubmissionState]int{payout.Accepted: 1})
	var no int64
	if err := d.db.QueryRow(t.Context(), `UPDATE payout.submission SET next_look = $1 RETURNING no`, d.now.AddDate(0, 0, 1)).Scan(&no); err != nil {
		t.Fatal(err)
	}
	if err := payout.AskNow(t.Context(), d.db, no, "ke-toan", d.now); err != nil {
		t.Fatal(err)
	}
	if err := payout.AskNow(t.Context(), d.db, no, "ke-toan", d.now); errs.Code(err) != "PAYOUT-ASKED" {
		t.Errorf("asked twice: %v, want PAYOUT-ASKED", err)
	}
	d.round(d.engine(pgdb.Hooks{}))
	d.wantBook(5)
	var after int
	if err := d.db.QueryRow(t.Context(), `SELECT count(*) FROM payout.answer WHERE kind = 'status'`).Scan(&after); err != nil || after == 0 {
		t.Errorf("%d answers to inquiries, %v; want one at once", after, err)
	}
}
