package timeliness_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ansinh/bankadapters"
	"ansinh/payout"
	"ansinh/timeliness"
)

// five is a world of five payments ordered through bank A; payment 5 goes to an
// account of bank B.
func five(t *testing.T) *world {
	t.Helper()
	var payments []payment
	for no := int64(1); no <= 5; no++ {
		payments = append(payments, payment{no: no, person: no, section: 1, channel: "A", bin: "999001"})
	}
	payments[4].bin = "999002"
	w := newWorld(t, payments)
	w.order(due, w.all()...)
	return w
}

func (w *world) count(table string) int {
	w.t.Helper()
	var n int
	if err := w.db.QueryRow(w.t.Context(), "SELECT count(*) FROM timeliness."+table).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestTakeFileStoresCoverageEventsAndWhatItCannotPlace(t *testing.T) {
	t.Parallel()
	w := five(t)
	to := due.AddDays(7)
	now := noon(due.AddDays(8))
	altered := row(4, 1, due, to, time.Time{})
	altered.Reference = altered.Reference[:15] + "0"
	foreign := row(4, 1, due, to, time.Time{})
	foreign.Reference = "NOTONEOFOURS"
	late := row(4, 1, due, to, now.AddDate(0, 0, 5))
	r := rows{promise: timeliness.Promise{FileID: "W1", Scope: "mọi tài khoản", From: due, To: to, Complete: endOf(to)}, rows: []timeliness.Row{
		row(1, 1, due, to, noon(due.AddDays(2))),
		row(2, 1, due, to, time.Time{}),
		altered,
		foreign,
		row(99, 1, due, to, time.Time{}),
		row(2, 1, due, to, time.Time{}),
		late,
		row(3, 1, due, due.AddDays(-1), time.Time{}),
	}}
	f := file("A", 1, now, r)

	got := w.take(f)
	want := timeliness.Receipt{Rows: 8, Covered: 2, Events: 1, SetAside: []timeliness.SetAside{
		{3, string(altered.Reference), "the reference fails its check: it was cut or altered"},
		{4, "NOTONEOFOURS", "not a reference of ours"},
		{5, string(r.rows[4].Reference), "no attempt has this reference"},
		{6, string(r.rows[5].Reference), "the reference stands in the file before"},
		{7, string(late.Reference), "the event lies outside the covered period, or its kind is not cash, spend or signed"},
		{8, string(r.rows[7].Reference), "the covered period ends before it begins"},
	}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(timeliness.Receipt{}, "ID")); diff != "" {
		t.Errorf("TakeFile (-want +got):\n%s", diff)
	}

	again := w.take(f)
	want.Again, want.ID = true, got.ID
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("TakeFile of the same bytes (-want +got):\n%s", diff)
	}
	for table, n := range map[string]int{"coverage": 2, "event": 1, "set_aside": 6, "file": 1, "stage": 0} {
		if got := w.count(table); got != n {
			t.Errorf("%d rows in %s, want %d", got, table, n)
		}
	}
}

func TestTakeFileRefusesAWrongFileWhole(t *testing.T) {
	t.Parallel()
	w := five(t)
	wrong := &bankadapters.FileError{Kind: bankadapters.KindWithdrawals, Line: 3, Code: "TEST", Why: "the trailer counts 5 rows, the file has 1"}
	f := file("A", 1, noon(due.AddDays(8)), rows{rows: []timeliness.Row{row(1, 1, due, due.AddDays(7), time.Time{})}, wrong: wrong})

	_, err := timeliness.TakeFile(t.Context(), w.db, origin, f)
	var got *bankadapters.FileError
	if !errors.As(err, &got) || got != wrong {
		t.Fatalf("TakeFile error = %v, want the reader's *FileError", err)
	}
	for table, n := range map[string]int{"coverage": 0, "event": 0, "set_aside": 0, "file": 1, "stage": 0} {
		if got := w.count(table); got != n {
			t.Errorf("%d rows in %s, want %d", got, table, n)
		}
	}

	// The same bytes may come again once the reader understands them.
	f.Reader = rows{rows: []timeliness.Row{row(1, 1, due, due.AddDays(7), time.Time{})}}
	if receipt := w.take(f); receipt.Again || receipt.Covered != 1 {
		t.Errorf("second try = %+v, want it taken with one covered row", receipt)
	}
}

func TestABankMaySpeakOnlyOfItsOwnPaymentsOrAccounts(t *testing.T) {
	t.Parallel()
	w := five(t)
	to := due.AddDays(7)
	receipt := w.take(file("B", 1, noon(due.AddDays(8)), rows{rows: []timeliness.Row{
		row(1, 1, due, to, time.Time{}), // sent by A to an account of A
		row(5, 1, due, to, time.Time{}), // sent by A to an account of B
	}}))
	if receipt.Covered != 1 || len(receipt.SetAside) != 1 || receipt.SetAside[0].Line != 1 {
		t.Errorf("receipt = %+v, want only line 1 set aside", receipt)
	}
}

func TestAReferenceFromAnotherInstallationIsSetAside(t *testing.T) {
	t.Parallel()
	w := five(t)
	other := row(1, 1, due, due.AddDays(7), time.Time{})
	other.Reference = payout.Origin{Installation: "OTH", Epoch: 1}.EndToEnd(payout.Ref{Batch: batch, Payment: 1, Attempt: 1})
	receipt := w.take(file("A", 1, noon(due.AddDays(8)), rows{rows: []timeliness.Row{other}}))
	if receipt.Covered != 0 || len(receipt.SetAside) != 1 {
		t.Errorf("receipt = %+v, want the row set aside", receipt)
	}
}
