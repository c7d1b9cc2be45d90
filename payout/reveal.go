package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

const sqlAccountOf = `SELECT account_enc, account_index FROM payout.payment WHERE batch = @batch AND no = @payment`

// RevealAccount returns the full account number of a payment to a named person
// with a reason. The audit record commits before the number leaves: who saw it,
// and why, is known even if the page was never read. A payment to a provider has
// no account and is refused.
func RevealAccount(ctx context.Context, db pgdb.DB, keys *crypt.Keys, r Ref, who, why string, now time.Time) (crypt.Secret, error) {
	if err := noReason(why); err != nil {
		return "", err
	}
	var closed, index []byte
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, sqlAccountOf, pgx.NamedArgs{"batch": r.Batch, "payment": r.Payment}).Scan(&closed, &index)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && len(closed) == 0 {
			return errs.Coded(errs.NotFound, "PAYOUT-NO-ACCOUNT", fmt.Sprintf("Khoản chi %d của đợt %d không có số tài khoản. / "+
				"Payment %d of batch %d has no account number.", r.Payment, r.Batch, r.Payment, r.Batch), err)
		}
		if err != nil {
			return fmt.Errorf("account of payment %d/%d: %w", r.Batch, r.Payment, err)
		}
		_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: who, Act: "payment.reveal", Subject: fmt.Sprintf("payment/%d/%d", r.Batch, r.Payment),
			Detail: map[string]any{"what": "account", "why": why}})
		return err
	})
	if err != nil {
		return "", err
	}
	account, err := keys.Decrypt(columnPlace(crypt.FieldAccount, index), closed)
	if err != nil {
		return "", fmt.Errorf("account of payment %d/%d: %w", r.Batch, r.Payment, err)
	}
	return account, nil
}
