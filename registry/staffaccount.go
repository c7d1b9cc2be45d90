package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
)

// StaffAccount is an account of somebody who keeps lists or pays.
type StaffAccount struct {
	BIN     string
	Account crypt.Secret
	Owner   string
}

// ReadStaffAccount reads bank and account as a list has them.
func ReadStaffAccount(bank, account, owner string) (StaffAccount, error) {
	found, certain := FindBank(bank)
	digits := cleanID(account)
	if !certain || !allDigits(digits) || len(digits) < accountLengthMin || len(digits) > accountLengthMax {
		return StaffAccount{}, errs.Coded(errs.Invalid, "STAFF-ACCOUNT",
			"Cần tên đầy đủ hoặc mã BIN của ngân hàng và số tài khoản 6 đến 19 chữ số. / Give the bank's full name or BIN, and an account of 6 to 19 digits.", nil)
	}
	return StaffAccount{BIN: found[0].BIN, Account: crypt.Secret(digits), Owner: owner}, nil
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
	_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: by, Act: "registry.staff_account", Subject: a.Owner,
		Detail: map[string]any{"bank": a.BIN, "tail": tail(a.Account)}})
	if err != nil {
		return fmt.Errorf("record an account of %s: %w", a.Owner, err)
	}
	return nil
}
