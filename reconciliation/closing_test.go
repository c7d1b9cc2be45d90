package reconciliation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
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
