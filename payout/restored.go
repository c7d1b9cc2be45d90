package payout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// Restored says that the journals know of sends that the database does not: it
// is older than they are, so it was restored from a backup (or exchanged).
type Restored struct {
	Sends  int // journalled sends the database has no record of
	First  Sent
	Origin Origin // with the epoch that follows
}

const sqlJournalled = `
SELECT t.no, t.fence
  FROM unnest(@numbers::bigint[], @fences::bigint[]) WITH ORDINALITY AS t (no, fence, place)
  LEFT JOIN payout.submission AS s ON s.no = t.no AND s.message_id = (@messages::text[])[t.place]
 WHERE s.no IS NULL OR s.fence < t.fence
 ORDER BY t.place`

const sqlRaiseEpoch = `UPDATE payout.instance SET epoch = epoch + 1 WHERE epoch < 35 RETURNING installation, epoch`

// CheckRestored compares the send journals of dir with the database, at every
// start and before any dispatch. If the database is older, it stops dispatch
// everywhere and raises the epoch, so that no id can be built a second time;
// intake and inquiry go on. nil means the two agree.
//
// A journal line is written after its claim is committed, so a send that the
// database does not know, or knows only with a lower fence, cannot come from a
// crash.
func CheckRestored(ctx context.Context, db pgdb.DB, dir string, now time.Time) (*Restored, error) {
	sends, err := ReadJournals(dir)
	if err != nil {
		return nil, err
	}
	numbers, fences, messages := make([]int64, len(sends)), make([]int64, len(sends)), make([]string, len(sends))
	for i, s := range sends {
		numbers[i], fences[i], messages[i] = s.Submission, s.Fence, s.Message
	}
	rows, _ := db.Query(ctx, sqlJournalled, pgx.NamedArgs{"numbers": numbers, "fences": fences, "messages": messages})
	var no, fence int64
	var unknown []Sent
	_, err = pgx.ForEachRow(rows, []any{&no, &fence}, func() error {
		unknown = append(unknown, Sent{Submission: no, Fence: fence})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compare journals with the database: %w", err)
	}
	if len(unknown) == 0 {
		return nil, nil
	}
	r := &Restored{Sends: len(unknown), First: unknown[0]}
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if why, err := Stopped(ctx, tx); err != nil || why != "" {
			return err // found before; the epoch has risen already
		}
		if err := tx.QueryRow(ctx, sqlRaiseEpoch).Scan(&r.Origin.Installation, &r.Origin.Epoch); err != nil {
			return fmt.Errorf("raise the epoch: %w", err)
		}
		why := fmt.Sprintf("the database is older than the send journal: %d sends are missing, the first is submission %d", r.Sends, r.First.Submission)
		return Stop(ctx, tx, why, "system: restored", now)
	})
	if err != nil {
		return nil, fmt.Errorf("restored database: %w", err)
	}
	return r, nil
}
