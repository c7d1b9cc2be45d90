package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// StopState is the global stop as people see it. Lift fields are set while one
// person has said that it may be lifted and a second is waited for.
type StopState struct {
	Stopped bool
	Why     string
	By      string
	At      *time.Time
	LiftBy  string
	LiftWhy string
	LiftAt  *time.Time
}

const sqlStopState = `SELECT stopped, why, by_whom, at, lift_by, lift_why, lift_at FROM payout.stop`

// ReadStop reads the global stop; the zero StopState if it was never pulled.
func ReadStop(ctx context.Context, db pgdb.Querier) (StopState, error) {
	rows, _ := db.Query(ctx, sqlStopState)
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[StopState])
	if errors.Is(err, pgx.ErrNoRows) {
		return StopState{}, nil
	}
	if err != nil {
		return StopState{}, fmt.Errorf("global stop: %w", err)
	}
	return s, nil
}

// noReason refuses an act that must say why.
func noReason(why string) error {
	if why != "" {
		return nil
	}
	return errs.Coded(errs.Invalid, "PAYOUT-REASON", "Việc này cần ghi lý do. / This needs a reason.", nil)
}

// PullStop pulls the global stop in the name of a person, who must say why. If
// it is pulled already the reason is added, and the act is recorded all the same.
func PullStop(ctx context.Context, db pgdb.DB, why, who string, now time.Time) error {
	if err := noReason(why); err != nil {
		return err
	}
	return pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if err := Stop(ctx, tx, why, who, now); err != nil {
			return err
		}
		return recordStop(ctx, tx, "stop.pull", why, who, now)
	})
}

const sqlLockStop = sqlStopState + ` FOR UPDATE`

const sqlWantLift = `UPDATE payout.stop SET lift_by = @who, lift_why = @why, lift_at = @now`

const sqlLift = `
UPDATE payout.stop SET stopped = false, why = @why, by_whom = @who, at = @now, lift_by = '', lift_why = '', lift_at = NULL`

// AgreeToLift says in a person's name that the global stop may be lifted. The first
// person's word is kept; the second's lifts it. The same person twice is refused
// (ErrTwoPeople): one who errs, or is pressed, must not be enough. Nothing
// happens if the stop is not pulled.
func AgreeToLift(ctx context.Context, db pgdb.DB, why, who string, now time.Time) (lifted bool, err error) {
	if err := noReason(why); err != nil {
		return false, err
	}
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		lifted = false
		rows, _ := tx.Query(ctx, sqlLockStop)
		s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[StopState])
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !s.Stopped {
			return nil
		}
		if err != nil {
			return fmt.Errorf("global stop: %w", err)
		}
		sql, act := sqlWantLift, "stop.lift_first"
		if s.LiftBy != "" {
			if err := twoPeople(s.LiftBy, who, why); err != nil {
				return err
			}
			sql, act, lifted = sqlLift, "stop.lift", true
		}
		if _, err := tx.Exec(ctx, sql, pgx.NamedArgs{"why": why, "who": who, "now": now}); err != nil {
			return fmt.Errorf("lift the global stop: %w", err)
		}
		return recordStop(ctx, tx, act, why, who, now)
	})
	return lifted && err == nil, err
}

func recordStop(ctx context.Context, tx pgx.Tx, act, why, who string, now time.Time) error {
	_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: who, Act: act, Subject: "stop", Detail: map[string]any{"why": why}})
	return err
}
