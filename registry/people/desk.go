package people

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

// Desk is where acts are proposed and decided.
type Desk struct {
	DB     pgdb.DB
	Keys   *crypt.Keys
	Random io.Reader // for nonces: crypto/rand.Reader, except in a repeatable demo
	Now    func() time.Time
	Office Office
}

// Office is what acts need to know of powers and of money. Package payout has it.
type Office interface {
	// InOffice refuses people who are not registered or have no powers today.
	InOffice(ctx context.Context, db pgdb.Querier, today calendar.Date, people ...string) error
	// MayConfirm returns the key of a person who may confirm acts on people of the
	// commune today, or a refusal in words.
	MayConfirm(ctx context.Context, db pgdb.Querier, signer, unit string, today calendar.Date) (crypt.PublicKey, error)
	// CountsFrom says from which period a change of these records' way counts.
	CountsFrom(ctx context.Context, tx pgx.Tx, people []int64) (Counts, error)
	// HoldPeople rests every payment of these records that is not sent, and counts
	// those that are on their way and cannot be stopped any more.
	HoldPeople(ctx context.Context, tx pgx.Tx, people []int64, why Hold, now time.Time) (held, onTheWay int64, err error)
	// HoldHeirs is HoldPeople of the payments to those who came in the place of the
	// dead; HoldPeople leaves these alone.
	HoldHeirs(ctx context.Context, tx pgx.Tx, people []int64, why Hold, now time.Time) (held, onTheWay int64, err error)
	// LiftHold ends the rests made for this reason; other reasons go on holding.
	LiftHold(ctx context.Context, tx pgx.Tx, people []int64, why Hold, now time.Time) error
	// RowsAgain has rows wait again that were left out or refused for a death and then
	// dropped, and returns how many.
	RowsAgain(ctx context.Context, tx pgx.Tx, people []int64, by string, now time.Time) (int64, error)
	// LetGo ends rests of accounts and of differences that are settled by now.
	LetGo(ctx context.Context, tx pgx.Tx, now time.Time) error
	// DoubleClaims notes each right that the kept record, or one merged into it before,
	// and the gone one hold, rests what is unsent of
	// the second, and returns how many there are.
	DoubleClaims(ctx context.Context, tx pgx.Tx, act, kept, gone int64, now time.Time) (int, error)
}

// Counts is the answer to "from which period does this count?".
type Counts struct {
	Next    bool    // the current period's payments are fixed already
	Batches []int32 // the batches in which they are
}

// Paper is what an act rests on.
type Paper struct {
	No   string
	Date calendar.Date
}

// sqlLock makes acts wait for each other, and for a batch being planned: what
// planning reads must not change under it, and what an act answers about planned
// batches must be true when it commits. Plans take it shared.
const sqlLock = `SELECT pg_catalog.pg_advisory_xact_lock(hashtextextended('registry.act', 0))`

const sqlLockShared = `SELECT pg_catalog.pg_advisory_xact_lock_shared(hashtextextended('registry.act', 0))`

// What a plan judges by and what it pays by are two statements: a list taken between
// them could send money over one bank to an account of another. Plans do not keep
// each other waiting.
const sqlLockWays = `LOCK TABLE registry.channel IN SHARE MODE`

// LockForPlanning keeps acts from being decided and lists from changing anybody's way
// of payment until tx ends. Planning calls it first; plans do not wait for each other.
func LockForPlanning(ctx context.Context, tx pgx.Tx) error {
	for _, sql := range []string{sqlLockShared, sqlLockWays} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
