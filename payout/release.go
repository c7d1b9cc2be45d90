package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Errors of Release a caller may match.
var (
	ErrNothingApproved = errors.New("no section is approved")
	ErrClosed          = errors.New("the batch is closed")
)

const sqlReleaseSections = `
UPDATE payout.section SET state = 'released' WHERE batch = @batch AND state = 'approved'`

const sqlHasApproved = `
SELECT EXISTS (SELECT 1 FROM payout.section WHERE batch = @batch AND state IN ('approved', 'released'))`

const sqlReleaseBatch = `UPDATE payout.batch SET released_at = @now WHERE id = @batch AND released_at IS NULL`

// Release lets the approved payments of a batch be ordered: from here on steps
// send money. Sections approved later follow by themselves. It returns
// ErrNothingApproved, or ErrClosed. Again it is a no-op.
func Release(ctx context.Context, db pgdb.DB, batch ledger.BatchID, who string, now time.Time) error {
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		return release(ctx, tx, batch, who, now)
	})
	if err != nil {
		return fmt.Errorf("release batch %d: %w", batch, err)
	}
	return nil
}

func release(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, who string, now time.Time) error {
	b, err := LockBatch(ctx, tx, batch)
	if err != nil {
		return err
	}
	if b.ClosedAt != nil {
		return closed(batch)
	}
	args := pgx.NamedArgs{"batch": batch, "now": now}
	var approved bool
	if err := tx.QueryRow(ctx, sqlHasApproved, args).Scan(&approved); err != nil {
		return fmt.Errorf("approved sections: %w", err)
	}
	if !approved {
		return errs.Coded(errs.Conflict, "PAYOUT-NOTHING-APPROVED", fmt.Sprintf("Đợt %d chưa có phần nào được phê duyệt để chi. / "+
			"Batch %d has no approved section to release.", batch, batch), ErrNothingApproved)
	}
	sections, err := tx.Exec(ctx, sqlReleaseSections, args)
	if err != nil {
		return fmt.Errorf("release sections: %w", err)
	}
	marked, err := tx.Exec(ctx, sqlReleaseBatch, args)
	if err != nil {
		return fmt.Errorf("mark released: %w", err)
	}
	if sections.RowsAffected() == 0 && marked.RowsAffected() == 0 {
		return nil
	}
	return record(ctx, tx, now, who, "batch.release", batch, map[string]any{"sections": sections.RowsAffected()})
}

func closed(batch ledger.BatchID) error {
	return errs.Coded(errs.Conflict, "PAYOUT-CLOSED", fmt.Sprintf("Đợt %d đã khóa sổ. / Batch %d is closed.", batch, batch), ErrClosed)
}

const sqlPause = `UPDATE payout.batch SET paused = @paused, pause_why = @why WHERE id = @batch AND paused <> @paused`

// PauseBatch stops further orders of a batch; what is with a bank stays there.
// A batch that is paused keeps its first reason.
func PauseBatch(ctx context.Context, db pgdb.DB, batch ledger.BatchID, why, who string, now time.Time) error {
	return pause(ctx, db, batch, true, why, who, now)
}

// ResumeBatch lets a paused batch be ordered again.
func ResumeBatch(ctx context.Context, db pgdb.DB, batch ledger.BatchID, why, who string, now time.Time) error {
	return pause(ctx, db, batch, false, why, who, now)
}

func pause(ctx context.Context, db pgdb.DB, batch ledger.BatchID, paused bool, why, who string, now time.Time) error {
	act := map[bool]string{true: "batch.pause", false: "batch.resume"}[paused]
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := LockBatch(ctx, tx, batch); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlPause, pgx.NamedArgs{"batch": batch, "paused": paused, "why": why})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return record(ctx, tx, now, who, act, batch, map[string]any{"why": why})
	})
	if err != nil {
		return fmt.Errorf("%s %d: %w", act, batch, err)
	}
	return nil
}
