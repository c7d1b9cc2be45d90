package reconciliation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// A section nobody approved has no line of money, but it holds its people's
// claims: closing over it would leave them unpaid and unpayable.
func TestABatchWithAnUnapprovedSectionDoesNotClose(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	w.order("A", "accepted", 1)
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1)}))
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
			SELECT batch, 2, '00002', unit_valid_from, 'Xã Hai', book, 7, 2100000, digest, code, 'submitted' FROM payout.section WHERE batch = $1`, batchNo)
		return err
	})
	err := pgdb.InTx(t.Context(), w.db, func(ctx context.Context, tx pgx.Tx) error {
		return reconciliation.CloseBatch(ctx, tx, batchNo, reconciliation.Signers{One: "a", Two: "b"}, w.now)
	})
	if errs.Code(err) != "RECON-CLOSING" || !strings.Contains(err.Error(), "7 khoản chưa được phê duyệt") {
		t.Errorf("closing = %v, want RECON-CLOSING naming the 7 payments", err)
	}
}

// Reports proved both payments, but the bank's one debit is smaller: somebody got
// less, and no line of the statement says who. No payment is open and no break
// stands; the money left on the way keeps the batch open.
func TestABatchWhoseBulkDebitDiffersFromWhatWasProvedDoesNotClose(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		booked money.Amount
		closes bool
	}{
		"the whole sum": {700_000, true},
		"a smaller sum": {650_000, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, 300_000, 400_000)
			w.fund("C", 700_000)
			s := w.order("C", "accepted", 1, 2)
			w.take("C", bankadapters.KindStatusReport, w.report("C", s.Message, status{id: w.id(1, 1), word: "ACSC"}, status{id: w.id(2, 1), word: "ACSC"}))
			w.drain("C")
			w.post("C", w.statement("C", entry{amount: tt.booked, bulk: string(s.Message)}))
			w.expect(map[int64]ledger.State{1: ledger.Paid, 2: ledger.Paid}, map[string]int{}, "C")
			err := pgdb.InTx(t.Context(), w.db, func(ctx context.Context, tx pgx.Tx) error {
				return reconciliation.CloseBatch(ctx, tx, batchNo, reconciliation.Signers{One: "a", Two: "b"}, w.now)
			})
			switch {
			case tt.closes && err != nil:
				t.Errorf("closing: %v", err)
			case !tt.closes && (errs.Code(err) != "RECON-CLOSING" || !strings.Contains(err.Error(), "1 lệnh còn tiền trên đường")):
				t.Errorf("closing = %v, want RECON-CLOSING naming the submission", err)
			}
		})
	}
}

// A section that nobody approved keeps its batch open until two people take it back.
func TestWithdrawnSectionDoesNotKeepItsBatchOpen(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	err := pgdb.InTx(t.Context(), w.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
			SELECT batch, 2, '00002', unit_valid_from, 'Xã Hai', book, 7, 2100000, digest, code, 'submitted' FROM payout.section WHERE batch = $1`, batchNo)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	unapproved := func() int64 {
		t.Helper()
		s, err := reconciliation.Summarise(t.Context(), w.db, batchNo)
		if err != nil {
			t.Fatal(err)
		}
		return s.Unapproved
	}
	if got := unapproved(); got != 7 {
		t.Fatalf("%d payments are unapproved, want the 7 of the submitted section", got)
	}
	err = payout.WithdrawSection(t.Context(), w.db, payout.SectionWithdrawal{Batch: batchNo, Section: 2, Reason: "xã xin lập lại", ByOne: "a", ByTwo: "b"}, w.now)
	if err != nil {
		t.Fatal(err)
	}
	if got := unapproved(); got != 0 {
		t.Errorf("%d payments of a withdrawn section still wait for approval", got)
	}
}
