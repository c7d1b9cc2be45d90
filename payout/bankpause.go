package payout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

const sqlPauseBank = `
UPDATE payout.bank_gate
   SET state = 'paused', since = @now, why = @why, next_probe = NULL, fence = fence + 1
 WHERE channel = @channel AND state <> 'paused'`

// PauseBank stops all further orders to one bank or provider until a person
// opens it. What is with the bank stays there; statements and inquiries go on.
func PauseBank(ctx context.Context, db pgdb.DB, key bankadapters.Key, why, who string, now time.Time) error {
	if strings.TrimSpace(why) == "" {
		return errs.Coded(errs.Invalid, "PAYOUT-WHY", "Hãy ghi lý do. / Give a reason.", nil)
	}
	return moveGate(ctx, db, sqlPauseBank, "bank.pause", key, why, who, now)
}

const sqlOpenBank = `
UPDATE payout.bank_gate
   SET state = 'tripped', since = @now, why = @why, next_probe = @now, fence = fence + 1
 WHERE channel = @channel AND state = 'paused'
   AND NOT EXISTS (SELECT 1 FROM payout.restored AS r
                    WHERE NOT EXISTS (SELECT 1 FROM payout.reopened AS o WHERE o.restored = r.id AND o.channel = @channel))`

// OpenBank ends a pause. Orders do not flow yet: the gate counts as tripped with
// an inquiry due, and its answer opens it, as after any other stop. A bank that a
// restored database closed is not opened so: that takes what [Reopen] asks for.
func OpenBank(ctx context.Context, db pgdb.DB, key bankadapters.Key, why, who string, now time.Time) error {
	return moveGate(ctx, db, sqlOpenBank, "bank.open", key, why, who, now)
}

func moveGate(ctx context.Context, db pgdb.DB, sql, act string, key bankadapters.Key, why, who string, now time.Time) error {
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, pgx.NamedArgs{"channel": key, "why": why, "now": now})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.Coded(errs.Conflict, "PAYOUT-GATE", fmt.Sprintf("Ngân hàng %s không có, hoặc đã ở trạng thái này. / "+
				"There is no bank %s, or it is in that state already.", key, key), nil)
		}
		_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: who, Act: act, Subject: "bank/" + string(key), Detail: map[string]any{"why": why}})
		return err
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", act, key, err)
	}
	return nil
}

const sqlAskNow = `
UPDATE payout.submission SET next_look = @now
 WHERE no = @no AND state IN ('unknown', 'accepted') AND (next_look IS NULL OR next_look > @now)`

// AskNow makes the next inquiry about a submission due at once. It sends
// nothing: the step that inquires does, under its own rules, and a bank that
// answers "unknown" is believed no sooner than before.
func AskNow(ctx context.Context, db pgdb.DB, submission int64, who string, now time.Time) error {
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sqlAskNow, pgx.NamedArgs{"no": submission, "now": now})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.Coded(errs.Conflict, "PAYOUT-ASKED", fmt.Sprintf("Lệnh %d không chờ trả lời, hoặc sắp được hỏi. / "+
				"Submission %d waits for no answer, or is about to be asked after.", submission, submission), nil)
		}
		_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: who, Act: "submission.ask", Subject: fmt.Sprintf("submission/%d", submission)})
		return err
	})
	if err != nil {
		return fmt.Errorf("ask after submission %d: %w", submission, err)
	}
	return nil
}
