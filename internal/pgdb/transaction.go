package pgdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrCommitUnknown means COMMIT was sent and no answer came: the transaction
// may or may not have happened. The caller must look before it acts again,
// which every voucher key and claim of ours makes possible.
var ErrCommitUnknown = errors.New("the database did not say whether the transaction was committed")

// ErrRolledBack means the transaction certainly did not happen although fn
// itself returned nil: the server answered COMMIT with an error or a rollback,
// or COMMIT never left this process.
var ErrRolledBack = errors.New("the transaction was rolled back at commit")

const (
	retriesMax    = 5                // runs of fn after the first
	rollbackLimit = 5 * time.Second  // then the connection is dropped, which rolls back too
	commitLimit   = 30 * time.Second // then the outcome is unknown
)

// InTx runs fn in one read-committed transaction and commits it.
//
// The contract:
//   - fn may be called again, at most five times after the first, when
//     PostgreSQL reports a serialization failure (40001), a deadlock (40P01), or a
//     table that another transaction has just made (42P07): one whose view is
//     older than that table, such as the second approval of a month, sees it only
//     when it begins anew.
//     It keeps no state across calls and does nothing but database work: a bank
//     call inside fn could pay twice. A bulk fn opens its source inside itself.
//   - The context given to fn is marked; see [InTransaction]. Calling InTx with
//     a marked context panics: there are no nested transactions.
//   - fn neither commits nor rolls back tx.
//   - An error of fn comes back wrapped as it is, after a rollback.
//   - [ErrCommitUnknown]: COMMIT was sent and not answered. Never retried here.
//   - [ErrRolledBack]: fn was content, but nothing was committed.
//
// A cancelled ctx stops fn and prevents COMMIT from starting. A COMMIT that
// has begun is not cancelled with ctx, because that would turn a certain
// outcome into an unknown one; it has a limit of its own. The same holds for
// ROLLBACK, which happens also when fn panics.
func InTx(ctx context.Context, db DB, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return inTx(ctx, db, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, fn)
}

// InTxSerializable is [InTx] at isolation level serializable. It is for
// decisions that rest on what was read, such as approvals; bulk steps use InTx
// with guards in WHERE.
func InTxSerializable(ctx context.Context, db DB, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return inTx(ctx, db, pgx.TxOptions{IsoLevel: pgx.Serializable}, fn)
}

// InSnapshot runs fn, which only reads, over one unchanging view of the
// database (repeatable read, read only), so that the totals of a report agree
// with each other. The rest of the contract is that of [InTx].
func InSnapshot(ctx context.Context, db DB, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return inTx(ctx, db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, fn)
}

type transactionMark struct{}

// InTransaction reports whether ctx was given to the fn of an [InTx]. Bank
// adapters panic on such a context, so that a bank call inside a transaction
// dies in the first test.
func InTransaction(ctx context.Context) bool {
	return ctx.Value(transactionMark{}) != nil
}

func inTx(ctx context.Context, db DB, options pgx.TxOptions, fn func(context.Context, pgx.Tx) error) error {
	if InTransaction(ctx) {
		panic("pgdb: InTx inside InTx: pass the transaction down instead of beginning another")
	}
	for retries := 0; ; retries++ {
		err := once(ctx, db, options, fn)
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrCommitUnknown) || !mayRunAgain(err) || retries == retriesMax {
			return err
		}
		if ctx.Err() != nil {
			return err
		}
	}
}

func mayRunAgain(err error) bool {
	state := State(err)
	return state == SerializationFailure || state == DeadlockDetected || state == DuplicateTable
}

// once is one run of fn between BEGIN and COMMIT or ROLLBACK.
func once(ctx context.Context, db DB, options pgx.TxOptions, fn func(context.Context, pgx.Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	// Runs after COMMIT too, where it finds the transaction closed; it is what
	// rolls back when fn fails and when fn panics.
	defer rollback(ctx, tx)

	if err := fn(context.WithValue(ctx, transactionMark{}, true), tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrRolledBack, err)
	}
	hooks := hooksOf(db)
	hooks.crash(PointBeforeCommit)
	if err := commit(ctx, tx, hooks); err != nil {
		return err
	}
	hooks.crash(PointAfterCommit)
	return nil
}

func rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackLimit)
	defer cancel()
	// An error leaves nothing to do: pgx closes the connection, and a closed
	// connection rolls back.
	_ = tx.Rollback(ctx)
}

func commit(ctx context.Context, tx pgx.Tx, hooks *Hooks) error {
	fault := hooks.commitFault(ctx)
	switch fault {
	case CommitRefused:
		return fmt.Errorf("%w: simulated", ErrRolledBack)
	case CommitLost:
		return fmt.Errorf("%w: simulated, COMMIT did not arrive", ErrCommitUnknown)
	case CommitHeard, CommitUnheard:
	default:
		panic(fmt.Sprintf("pgdb: no such commit fault: %d", fault))
	}
	if tx.Conn().IsClosed() {
		return fmt.Errorf("%w: the connection broke before COMMIT", ErrRolledBack)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	if err := commitError(tx.Commit(ctx)); err != nil {
		return err
	}
	if fault == CommitUnheard {
		return fmt.Errorf("%w: simulated, the answer did not arrive", ErrCommitUnknown)
	}
	return nil
}

// commitError sorts the answers to COMMIT into done, certainly not done, and
// unknown. Whatever is not certain is unknown. pgconn.SafeToRetry is not asked:
// pgx 5.12 says "nothing was sent" also when COMMIT was sent and the connection
// broke before the answer (a test breaks it there).
func commitError(err error) error {
	var pgErr *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrTxClosed):
		panic("pgdb: the function given to InTx ended its transaction itself")
	case errors.Is(err, pgx.ErrTxCommitRollback):
		// fn swallowed the error of a statement; the server then rolls back.
		return fmt.Errorf("%w: %w", ErrRolledBack, err)
	case errors.As(err, &pgErr) && pgErr.SeverityUnlocalized == "ERROR" && pgErr.Code != "40003":
		// Such as a deferred constraint or a serialization failure. FATAL and
		// PANIC are left out: they can follow a commit that is already durable.
		return fmt.Errorf("%w: %w", ErrRolledBack, err)
	default:
		return fmt.Errorf("%w: %w", ErrCommitUnknown, err)
	}
}
