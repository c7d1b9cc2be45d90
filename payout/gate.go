package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

const sqlTrip = `
UPDATE payout.bank_gate
   SET state = 'tripped', since = @now, why = @why, next_probe = @probe, fence = fence + 1
 WHERE channel = @channel AND state = 'open'`

const sqlProbeLater = `
UPDATE payout.bank_gate SET next_probe = @probe WHERE channel = @channel AND state = 'tripped'`

const sqlReopen = `
UPDATE payout.bank_gate
   SET state = 'open', since = @now, why = '', next_probe = NULL, fence = fence + 1
 WHERE channel = @channel AND state = 'tripped'`

const sqlGate = `SELECT state, next_probe, fence FROM payout.bank_gate WHERE channel = @channel`

// trip closes the shared gate after this process's breaker opened.
func (e *Engine) trip(ctx context.Context, key bankadapters.Key, why string) error {
	return pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sqlTrip, pgx.NamedArgs{"channel": key, "now": e.Now(), "why": why, "probe": e.Now().Add(probeDelay)})
		if err != nil {
			return fmt.Errorf("trip the gate of %s: %w", key, err)
		}
		return nil
	})
}

// StepProbe reopens a tripped gate after a successful inquiry. A payment is
// never the probe. It also takes over what other processes decided: a breaker of
// this process follows the shared row.
func (e *Engine) StepProbe(ctx context.Context, key bankadapters.Key) (Progress, error) {
	line, err := e.line(key)
	if err != nil {
		return Progress{}, err
	}
	var g gateRow
	if err := e.DB.QueryRow(ctx, sqlGate, pgx.NamedArgs{"channel": key}).Scan(&g.State, &g.NextProbe, &g.Fence); err != nil {
		return Progress{}, fmt.Errorf("gate of %s: %w", key, err)
	}
	switch {
	case g.State == "open":
		if line.Bank.Open() {
			line.Bank.ForceClosed()
		}
		return Progress{}, nil
	case g.State != "tripped":
		return Progress{Waiting: "the gate of " + string(key) + " is " + g.State}, nil
	}
	line.Bank.ForceOpen(nil)
	if g.NextProbe != nil && g.NextProbe.After(e.Now()) {
		return Progress{Waiting: fmt.Sprintf("%s is down; next inquiry at %s", key, g.NextProbe.In(calendar.Zone).Format(time.TimeOnly))}, nil
	}
	alive := e.inquireAnything(ctx, line)
	sql := sqlReopen
	if !alive {
		sql = sqlProbeLater
	}
	err = pgdb.InTx(ctx, e.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, pgx.NamedArgs{"channel": key, "now": e.Now(), "probe": e.Now().Add(probeDelay)})
		return err
	})
	if err != nil {
		return Progress{}, fmt.Errorf("probe %s: %w", key, err)
	}
	if alive {
		line.Bank.ForceClosed()
	}
	return Progress{Did: true}, nil
}

// inquireAnything asks the bank something that moves no money. An answer that
// can be believed shows that the line works, whatever it says; a bank without
// inquiries is asked by its next day's file instead, so it counts as alive.
func (e *Engine) inquireAnything(ctx context.Context, line *Line) bool {
	ctx, cancel := e.callContext(ctx, line)
	defer cancel()
	_, err := line.Bank.Documents(ctx, calendar.DateOf(e.Now()))
	return err == nil || errors.Is(err, bankadapters.ErrNoAbility)
}

// callContext bounds one bank call by the profile's time-out.
func (e *Engine) callContext(ctx context.Context, line *Line) (context.Context, context.CancelFunc) {
	limit := line.Profile.CallTimeout
	if limit <= 0 {
		limit = 30 * time.Second
	}
	return context.WithTimeout(ctx, limit)
}
