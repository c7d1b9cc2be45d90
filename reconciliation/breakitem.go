package reconciliation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Break is one thing that does not match, with its reason, owner and age.
type Break struct {
	ID         int64
	Reason     Reason
	Channel    bankadapters.Key
	Account    string
	Line       int // of the file; 0 if it has none
	Batch      ledger.BatchID
	Payment    int64
	Attempt    int16
	Amount     money.Amount
	Voucher    ledger.VoucherID // what it was booked as; 0: nothing moved
	Suggestion string
	Opened     time.Time
	Owner      string
	Closed     *time.Time
	How        string
}

// BreakFilter selects breaks; zero values select all.
type BreakFilter struct {
	Channel bankadapters.Key
	Batch   ledger.BatchID
	Closed  bool // closed ones too
}

const sqlBreaks = `
SELECT b.id, b.reason, b.channel, b.account, w.line, b.batch, b.payment, b.attempt, b.amount, b.voucher, b.suggestion, b.opened_at, b.owner,
       b.closed_at, b.closed_how
  FROM reconciliation.break_item AS b
  JOIN reconciliation.witness AS w ON w.file = b.file AND w.position = b.position
 WHERE (@channel = '' OR b.channel = @channel)
   AND (@batch = 0 OR b.batch = @batch)
   AND (@closed OR b.closed_at IS NULL)
 ORDER BY b.id`

// Breaks lists breaks, oldest first.
func Breaks(ctx context.Context, db pgdb.Querier, f BreakFilter) ([]Break, error) {
	rows, _ := db.Query(ctx, sqlBreaks, pgx.NamedArgs{"channel": string(f.Channel), "batch": f.Batch, "closed": f.Closed})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Break])
	if err != nil {
		return nil, fmt.Errorf("breaks: %w", err)
	}
	return list, nil
}

const sqlOwnBreak = `UPDATE reconciliation.break_item SET owner = @owner WHERE id = @id AND closed_at IS NULL`

// OwnBreak names who works on a break.
func OwnBreak(ctx context.Context, tx pgx.Tx, id int64, owner string) error {
	tag, err := tx.Exec(ctx, sqlOwnBreak, pgx.NamedArgs{"id": id, "owner": owner})
	if err != nil {
		return fmt.Errorf("owner of break %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return noBreak(id)
	}
	return nil
}

func noBreak(id int64) error {
	return errs.Coded(errs.Conflict, codeBreak,
		fmt.Sprintf("Khoản lệch %d không có hoặc đã đóng. / Break %d does not exist or is closed.", id, id), nil)
}

const sqlCloseBreak = `
UPDATE reconciliation.break_item
   SET closed_at = @now, closed_how = @how, closed_one = @one, closed_two = @two, closed_voucher = @voucher
 WHERE id = @id AND closed_at IS NULL`

// CloseBreak closes a break with the words of how it was settled. Where money
// moved for it (voucher is not 0), or moved when it was opened, two people sign.
func CloseBreak(ctx context.Context, tx pgx.Tx, id int64, how string, by Signers, voucher ledger.VoucherID, now time.Time) error {
	if how == "" {
		return noBreak(id)
	}
	var moved bool
	err := tx.QueryRow(ctx, sqlBreakMoved, pgx.NamedArgs{"id": id}).Scan(&moved)
	if err != nil {
		return noBreak(id)
	}
	if moved || voucher != 0 {
		if err := by.check(); err != nil {
			return err
		}
	}
	tag, err := tx.Exec(ctx, sqlCloseBreak, pgx.NamedArgs{"id": id, "how": how, "one": by.One, "two": by.Two, "voucher": voucher, "now": now})
	if err != nil {
		return fmt.Errorf("close break %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return noBreak(id)
	}
	_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: by.One, Act: "break.close", Subject: fmt.Sprintf("break/%d", id),
		Detail: map[string]any{"how": how, "second": by.Two, "voucher": fmt.Sprint(int64(voucher))}})
	return err
}

const sqlBreakMoved = `SELECT voucher <> 0 FROM reconciliation.break_item WHERE id = @id AND closed_at IS NULL`

const sqlUnknownBreak = `
SELECT b.reason, b.channel, b.account, b.amount, k.side, k.entry, k.book_date
  FROM reconciliation.break_item AS b
  JOIN reconciliation.booking AS k ON k.file = b.file AND k.position = b.position
 WHERE b.id = @id AND b.closed_at IS NULL AND b.submission = 0 AND b.batch = 0
   AND b.reason IN ('unknown_debit', 'unknown_credit', 'altered_id')
   FOR UPDATE OF b`

// ExplainUnknown books what an unknown debit or credit really was: the entry it
// was booked as in red, and the true entries, in one voucher, by two people. The
// true entries must move 112 by the same amount. It closes the break.
func ExplainUnknown(ctx context.Context, tx pgx.Tx, id int64, truth []ledger.Entry, how string, by Signers, now time.Time) (ledger.Posted, error) {
	if err := by.check(); err != nil {
		return ledger.Posted{}, err
	}
	var b Break
	var side bankadapters.Side
	v := ledger.Voucher{Key: fmt.Sprintf("break/%d", id), PostingSet: ledger.EntrustedState, Kind: "explanation", PostedAt: now, Text: how}
	err := tx.QueryRow(ctx, sqlUnknownBreak, pgx.NamedArgs{"id": id}).Scan(&b.Reason, &b.Channel, &b.Account, &b.Amount, &side, &v.Cause, &v.AccountingDate)
	if err != nil {
		return ledger.Posted{}, errors.Join(noBreak(id), err)
	}
	place := ledger.Place(b.Channel)
	unknown, want := ledger.UnknownCredit(place, "", b.Amount), b.Amount
	if side == bankadapters.Debit {
		unknown, want = ledger.UnknownDebit(place, "", b.Amount), -b.Amount
	}
	moved := money.Amount(0)
	for _, e := range truth {
		if e.Debit.Role == ledger.RoleFunds && e.Debit.Place == place {
			moved += e.Amount
		}
		if e.Credit.Role == ledger.RoleFunds && e.Credit.Place == place {
			moved -= e.Amount
		}
	}
	if moved != want {
		return ledger.Posted{}, errs.Coded(errs.Invalid, codeDifference, fmt.Sprintf(
			"Bút toán giải thích làm thay đổi tiền gửi %s, sao kê là %s. / The explanation moves the account by %s, the statement by %s.", moved, want, moved, want), nil)
	}
	if v.Book, _, err = bookOf(ctx, tx, b.Channel, b.Account); err != nil {
		return ledger.Posted{}, err
	}
	if v.AccountingDate, err = ledger.OpenDay(ctx, tx, v.Book, v.AccountingDate); err != nil {
		return ledger.Posted{}, err
	}
	posted, err := ledger.Move(ctx, tx, v, append(ledger.Mirror(unknown), truth...))
	if err != nil {
		return ledger.Posted{}, err
	}
	return posted, CloseBreak(ctx, tx, id, how, by, posted.ID, now)
}
