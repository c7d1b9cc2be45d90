package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/crypt"
)

// StaffAccount is an account of somebody who keeps lists or pays.
type StaffAccount struct {
	BIN     string
	Account crypt.Secret
	Owner   string
}

const sqlAddStaffAccount = `
INSERT INTO registry.staff_account (bank_bin, account_index, account_tail, owner, noted_by, noted_at)
VALUES (@bin, @index, @tail, @owner, @by, @now)
ON CONFLICT (account_index, bank_bin) DO NOTHING`

// AddStaffAccount notes an account to which no money of people may go. Only its
// blind index is kept. Again with the same account changes nothing.
func AddStaffAccount(ctx context.Context, tx pgx.Tx, keys *crypt.Keys, a StaffAccount, by string, now time.Time) error {
	_, err := tx.Exec(ctx, sqlAddStaffAccount, pgx.NamedArgs{"bin": a.BIN, "index": keys.Index(crypt.FieldAccount, a.Account),
		"tail": tail(a.Account), "owner": a.Owner, "by": by, "now": now})
	if err != nil {
		return fmt.Errorf("note an account of %s: %w", a.Owner, err)
	}
	return nil
}
