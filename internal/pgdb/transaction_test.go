package pgdb_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"

	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// scratch is a database with one table the engine may do anything with.
func scratch(t *testing.T) *pgxpool.Pool {
	t.Helper()
	db := pgtest.DB(t)
	root := pgtest.Superuser(t, db)
	_, err := root.Exec(t.Context(), `
		CREATE SCHEMA scratch; GRANT USAGE ON SCHEMA scratch TO ansinh_engine;
		CREATE TABLE scratch.item (id int PRIMARY KEY, amount bigint NOT NULL CHECK (amount > 0),
			twin int UNIQUE DEFERRABLE INITIALLY DEFERRED);
		GRANT SELECT, INSERT, UPDATE, DELETE ON scratch.item TO ansinh_engine;
		INSERT INTO scratch.item (id, amount) VALUES (1, 100), (2, 100)`)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func amountOf(t *testing.T, db pgdb.Querier, id int) (amount int64) {
	t.Helper()
	err := db.QueryRow(t.Context(), `SELECT coalesce(sum(amount), 0) FROM scratch.item WHERE id = $1`, id).Scan(&amount)
	if err != nil {
		t.Fatal(err)
	}
	return amount
}

func add(id int) func(context.Context, pgx.Tx) error {
	return func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO scratch.item (id, amount) VALUES ($1, 100)`, id)
		return err
	}
}

func TestInTxCommitsAndRollsBack(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	if err := pgdb.InTx(t.Context(), db, add(10)); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		return errors.Join(add(11)(ctx, tx), refused)
	})
	if !errors.Is(err, refused) {
		t.Errorf("error %v, want the function's own", err)
	}
	if amountOf(t, db, 10) != 100 || amountOf(t, db, 11) != 0 {
		t.Error("want item 10 there and item 11 not")
	}
}

func TestInTxMarksItsContextAndRefusesNesting(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	if pgdb.InTransaction(t.Context()) {
		t.Error("a context outside is marked")
	}
	defer func() {
		if recover() == nil {
			t.Error("InTx inside InTx did not panic")
		}
		if amountOf(t, db, 10) != 0 {
			t.Error("the panic did not roll back")
		}
	}()
	_ = pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		if !pgdb.InTransaction(ctx) {
			t.Error("the context inside is not marked")
		}
		if err := add(10)(ctx, tx); err != nil {
			return err
		}
		return pgdb.InTx(ctx, db, add(11))
	})
}

// Two decisions read both rows and each writes one: only serializable isolation
// sees that together they are wrong.
func TestSerializationFailureIsRunAgain(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	var bothRead sync.WaitGroup
	bothRead.Add(2)
	var runs [2]int
	take := func(me int) error {
		return pgdb.InTxSerializable(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
			runs[me]++
			var sum int64
			if err := tx.QueryRow(ctx, `SELECT sum(amount) FROM scratch.item WHERE id IN (1, 2)`).Scan(&sum); err != nil {
				return err
			}
			if runs[me] == 1 {
				bothRead.Done()
				bothRead.Wait()
			}
			if sum < 200 {
				return errors.New("taken already")
			}
			_, err := tx.Exec(ctx, `UPDATE scratch.item SET amount = 1 WHERE id = $1`, me+1)
			return err
		})
	}
	var errs [2]error
	var group sync.WaitGroup
	for me := range errs {
		group.Go(func() { errs[me] = take(me) })
	}
	group.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("errors %v; want exactly one decision to stand", errs)
	}
	// The one that was refused may begin anew before the other's commit is seen, and is refused again.
	if runs[0]+runs[1] < 3 {
		t.Errorf("runs %v; want one of the two to have run again", runs)
	}
}

func TestDeadlockIsRunAgain(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	var bothHold sync.WaitGroup
	bothHold.Add(2)
	var runs [2]int
	ended := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	touch := func(me, first, second int) error {
		return pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
			runs[me]++
			if runs[me] > 1 {
				// Its first row is free before the other wakes up: taken at once, that is the next deadlock.
				<-ended[1-me]
			}
			const sqlTouch = `UPDATE scratch.item SET amount = amount + 1 WHERE id = $1`
			if _, err := tx.Exec(ctx, sqlTouch, first); err != nil {
				return err
			}
			if runs[me] == 1 {
				bothHold.Done()
				bothHold.Wait()
			}
			_, err := tx.Exec(ctx, sqlTouch, second)
			return err
		})
	}
	var group sync.WaitGroup
	group.Go(func() {
		defer close(ended[0])
		if err := touch(0, 1, 2); err != nil {
			t.Error(err)
		}
	})
	group.Go(func() {
		defer close(ended[1])
		if err := touch(1, 2, 1); err != nil {
			t.Error(err)
		}
	})
	group.Wait()
	if amountOf(t, db, 1) != 102 || amountOf(t, db, 2) != 102 || runs[0]+runs[1] != 3 {
		t.Errorf("amounts %d and %d after runs %v; want 102 twice after three runs", amountOf(t, db, 1), amountOf(t, db, 2), runs)
	}
}

func TestInTxGivesUpAfterFiveRetries(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	runs := 0
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		runs++
		_, err := tx.Exec(ctx, `DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`)
		return fmt.Errorf("post voucher: %w", err)
	})
	if pgdb.State(err) != pgdb.SerializationFailure || runs != 6 {
		t.Errorf("%d runs, error %v; want 6 runs and the serialization failure", runs, err)
	}
}

func TestCommitThatTheServerRefusesIsCertain(t *testing.T) {
	t.Parallel()
	tests := map[string]func(context.Context, pgx.Tx) error{
		"a deferred constraint fails": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO scratch.item (id, amount, twin) VALUES (20, 1, 7), (21, 1, 7)`)
			return err
		},
		"an error was swallowed": func(ctx context.Context, tx pgx.Tx) error {
			_, _ = tx.Exec(ctx, `INSERT INTO scratch.item (id, amount) VALUES (20, 1), (20, 1)`)
			return nil
		},
	}
	for name, fn := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := scratch(t)
			err := pgdb.InTx(t.Context(), db, fn)
			if !errors.Is(err, pgdb.ErrRolledBack) || errors.Is(err, pgdb.ErrCommitUnknown) {
				t.Errorf("error %v, want ErrRolledBack", err)
			}
			if amountOf(t, db, 20) != 0 {
				t.Error("something was committed")
			}
		})
	}
}

func TestCancelledBeforeCommitIsRolledBack(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		defer cancel()
		return add(10)(ctx, tx)
	})
	if !errors.Is(err, pgdb.ErrRolledBack) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want ErrRolledBack and Canceled", err)
	}
	if amountOf(t, db, 10) != 0 {
		t.Error("something was committed")
	}
}

// deafConn loses every answer of the server once deaf is set: what is written
// arrives, what comes back is an end of file.
type deafConn struct {
	net.Conn
	deaf *bool
}

func (c deafConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if *c.deaf && n > 0 {
		return 0, errors.New("connection reset")
	}
	return n, err
}

// The connection really breaks between COMMIT and its answer.
func TestBrokenConnectionAtCommitIsUnknown(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	deaf := false
	config, err := pgx.ParseConfig(pgtest.OwnerURL(t, db))
	if err != nil {
		t.Fatal(err)
	}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		return deafConn{conn, &deaf}, err
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	err = pgdb.InTx(t.Context(), conn, func(ctx context.Context, tx pgx.Tx) error {
		err := add(10)(ctx, tx)
		deaf = true
		return err
	})
	if !errors.Is(err, pgdb.ErrCommitUnknown) || errors.Is(err, pgdb.ErrRolledBack) {
		t.Fatalf("error %v, want ErrCommitUnknown", err)
	}
	// The server has the COMMIT in its socket; it finishes without us.
	for amountOf(t, db, 10) == 0 {
		if t.Context().Err() != nil {
			t.Fatal("the commit never showed")
		}
	}
}

// The server is told to end the session before COMMIT is sent: nothing can have
// been committed, and pgx knows only that the connection is gone.
func TestSessionKilledBeforeCommitCommitsNothing(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	root := pgtest.Superuser(t, db)
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		if err := add(10)(ctx, tx); err != nil {
			return err
		}
		_, err := root.Exec(ctx, `SELECT pg_terminate_backend($1, 5000)`, tx.Conn().PgConn().PID())
		return err
	})
	if !errors.Is(err, pgdb.ErrCommitUnknown) && !errors.Is(err, pgdb.ErrRolledBack) {
		t.Errorf("error %v, want one that names the outcome", err)
	}
	if amountOf(t, db, 10) != 0 {
		t.Error("something was committed")
	}
}

func TestHooksDecideTheFateOfACommit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault     pgdb.CommitFault
		wantErr   error
		committed bool
	}{
		"heard":   {pgdb.CommitHeard, nil, true},
		"refused": {pgdb.CommitRefused, pgdb.ErrRolledBack, false},
		"unheard": {pgdb.CommitUnheard, pgdb.ErrCommitUnknown, true},
		"lost":    {pgdb.CommitLost, pgdb.ErrCommitUnknown, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := scratch(t)
			hooked := pgdb.WithHooks(db, pgdb.Hooks{Commit: func(context.Context) pgdb.CommitFault { return tt.fault }})
			if err := pgdb.InTx(t.Context(), hooked, add(10)); !errors.Is(err, tt.wantErr) {
				t.Errorf("error %v, want %v", err, tt.wantErr)
			}
			if got := amountOf(t, db, 10) == 100; got != tt.committed {
				t.Errorf("committed %v, want %v", got, tt.committed)
			}
		})
	}
}

func TestCrashPointsRollBackOrNot(t *testing.T) {
	t.Parallel()
	type crash struct{ point string }
	tests := map[string]bool{ // point: committed?
		pgdb.PointBeforeCommit: false,
		pgdb.PointAfterCommit:  true,
		"test: inside":         false,
	}
	for point, committed := range tests {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			db := scratch(t)
			hooked := pgdb.WithHooks(db, pgdb.Hooks{Crash: func(at string) {
				if at == point {
					panic(crash{at})
				}
			}})
			func() {
				defer func() {
					if got := recover(); got != (crash{point}) {
						t.Errorf("recovered %v, want the crash", got)
					}
				}()
				_ = pgdb.InTx(t.Context(), hooked, func(ctx context.Context, tx pgx.Tx) error {
					err := add(10)(ctx, tx)
					pgdb.CrashPoint(hooked, "test: inside")
					return err
				})
			}()
			if got := amountOf(t, db, 10) == 100; got != committed {
				t.Errorf("committed %v, want %v", got, committed)
			}
		})
	}
}

func TestInSnapshotReadsOneMoment(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	err := pgdb.InSnapshot(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		before := amountOf(t, tx, 1)
		if _, err := db.Exec(t.Context(), `UPDATE scratch.item SET amount = 7 WHERE id = 1`); err != nil {
			return err
		}
		if after := amountOf(t, tx, 1); after != before {
			t.Errorf("amount went from %d to %d inside", before, after)
		}
		_, err := tx.Exec(ctx, `DELETE FROM scratch.item`)
		return err
	})
	if pgdb.State(err) != "25006" {
		t.Errorf("writing in a snapshot: %v, want read_only_sql_transaction", err)
	}
}

func TestViolationsAreTold(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	_, unique := db.Exec(t.Context(), `INSERT INTO scratch.item (id, amount) VALUES (1, 1)`)
	_, check := db.Exec(t.Context(), `INSERT INTO scratch.item (id, amount) VALUES (5, 0)`)
	wrapped := fmt.Errorf("add item: %w", unique)
	switch {
	case !pgdb.IsUnique(wrapped, "item_pkey"), !pgdb.IsUnique(wrapped, ""):
		t.Errorf("%v is not seen as violating item_pkey", wrapped)
	case pgdb.IsUnique(wrapped, "item_twin_key"), pgdb.IsUnique(check, ""), pgdb.IsUnique(nil, ""):
		t.Error("another error is seen as a violation of a unique key")
	case !pgdb.IsCheck(check, "item_amount_check"), pgdb.IsForeignKey(check, ""):
		t.Errorf("%v is not seen as violating the check", check)
	case pgdb.State(&pgconn.PgError{Code: "40001"}) != pgdb.SerializationFailure:
		t.Error("State does not read a bare error")
	}
}
