package reconciliation

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/payout"
)

// withdrawUnsent takes back a whole submission that certainly was not sent,
// because an earlier attempt of one of its payments turned out to be executed.
// Its bytes are fixed, so it cannot go without that payment; of the others two
// people decide again. Sent meanwhile, it stays: the line that asked for this is
// then decided anew.
func (r *Reconciler) withdrawUnsent(ctx context.Context, b bank, no int64) error {
	err := pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockChannel(ctx, tx, b); err != nil {
			return err
		}
		return payout.WithdrawUnsent(ctx, tx, no, "system: reconciliation", "Rút lại lệnh chưa gửi: lần chi trước đã được thực hiện", r.Now())
	})
	if err != nil && !errors.Is(err, payout.ErrNotUnsent) {
		return fmt.Errorf("withdraw submission %d: %w", no, err)
	}
	return nil
}
