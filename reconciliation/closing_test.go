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
	"ansinh/registry"
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

// A refused row is a person who may get nothing: the batch stays open until
// somebody decides it.
func TestABatchWithAnUndecidedRowDoesNotClose(t *testing.T) {
	t.Parallel()
	w := open(t, 300_000)
	w.fund("A", 300_000)
	w.order("A", "accepted", 1)
	w.post("A", w.statement("A", entry{amount: 300_000, id: w.id(1, 1)}))
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		for _, sql := range []string{
			`INSERT INTO registry.unit (code, valid_from, name_vi, name_en, kind, parent_code) VALUES ('00004', '2025-07-01', 'Ba Đình', 'Ba Dinh', 'ward', '01') ON CONFLICT DO NOTHING`,
			`INSERT INTO registry.list (id, programme, unit_code, unit_valid_from, file_name, sha256, original_enc, rows_total, rows_taken, rows_refused,
			                            people_new, people_known, channels_changed, imported_by, imported_at)
			 SELECT 9001, programme, '00004', '2025-07-01', 'ds.xlsx', sha256('9001'), '\x00', 2, 1, 1, 1, 0, 0, 'lan', made_at FROM payout.batch WHERE id = $1`,
			`INSERT INTO registry.refused_row (list, row_no, name, name_fold, category, codes, message, owner, due)
			 SELECT 9001, 12, 'Lê Thị Mẫu', 'le thi mau', '', 'LIST-ID-EMPTY', '', 'lan', '2026-01-27' FROM payout.batch WHERE id = $1`,
			`INSERT INTO payout.batch_list (batch, list) VALUES ($1, 9001)`,
		} {
			args := []any{batchNo}
			if !strings.Contains(sql, "$1") {
				args = nil
			}
			if _, err := tx.Exec(ctx, sql, args...); err != nil {
				return err
			}
		}
		return nil
	})
	closing := func() error {
		return pgdb.InTx(t.Context(), w.db, func(ctx context.Context, tx pgx.Tx) error {
			return reconciliation.CloseBatch(ctx, tx, batchNo, reconciliation.Signers{One: "a", Two: "b"}, w.now)
		})
	}
	if err := closing(); errs.Code(err) != "RECON-CLOSING" || !strings.Contains(err.Error(), "1 dòng danh sách bị từ chối") {
		t.Fatalf("closing = %v, want RECON-CLOSING naming the row", err)
	}
	w.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return registry.RowDecision{RowRef: registry.RowRef{List: 9001, Row: 12}, Kind: registry.RowDropped, Reason: "đã chuyển đi", ByOne: "a", ByTwo: "b",
			At: w.now}.Decide(ctx, tx)
	})
	if err := closing(); err != nil {
		t.Errorf("closing after the row was dropped: %v", err)
	}
}
