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
SELECT t.no, t.fence, (@messages::text[])[t.place]
  FROM unnest(@numbers::bigint[], @fences::bigint[]) WITH ORDINALITY AS t (no, fence, place)
  LEFT JOIN payout.submission AS s ON s.no = t.no AND s.message_id = (@messages::text[])[t.place]
 WHERE s.no IS NULL OR s.fence < t.fence
 ORDER BY t.place`

const sqlLockOrigin = `SELECT installation, epoch FROM payout.instance FOR UPDATE`

const sqlRaiseEpoch = `UPDATE payout.instance SET epoch = @epoch WHERE @epoch::smallint <= 35 RETURNING installation, epoch`

// sqlStopRestored adds its reason to that of a stop before: whoever lifts that
// one must read this one too.
const sqlStopRestored = `
INSERT INTO payout.stop (one, stopped, why, by_whom, at) VALUES (true, true, @why, 'system: restored', @now)
ON CONFLICT (one) DO UPDATE
   SET stopped = true, by_whom = 'system: restored', at = @now,
       why = CASE WHEN payout.stop.stopped AND payout.stop.why <> '' THEN payout.stop.why || '; ' || @why ELSE @why END`

// CheckRestored compares the send journals of dir with the database, at every
// start and before any dispatch. If the database is older, it stops dispatch
// everywhere and raises the epoch, so that no id can be built a second time;
// intake and inquiry go on. nil means the two agree.
//
// A journal line is written after its claim is committed, so a send that the
// database does not know, or knows only with a lower fence, cannot come from a
// crash. Sends of an earlier epoch than the present one were found when it was
// raised: what people decided about them then holds.
func CheckRestored(ctx context.Context, db pgdb.DB, dir string, at time.Time) (*Restored, error) {
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
	var message string
	var unknown []Sent
	_, err = pgx.ForEachRow(rows, []any{&no, &fence, &message}, func() error {
		unknown = append(unknown, Sent{Submission: no, Fence: fence, Message: message})
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
		var present Origin
		if err := tx.QueryRow(ctx, sqlLockOrigin).Scan(&present.Installation, &present.Epoch); err != nil {
			return fmt.Errorf("epoch: %w", err)
		}
		r.Origin = Origin{}
		latest := latestEpoch(unknown)
		if latest < present.Epoch {
			return nil // found before; the epoch has risen already
		}
		err := tx.QueryRow(ctx, sqlRaiseEpoch, pgx.NamedArgs{"epoch": latest + 1}).Scan(&r.Origin.Installation, &r.Origin.Epoch)
		if err != nil {
			return fmt.Errorf("raise the epoch above %d: %w", latest, err)
		}
		why := fmt.Sprintf("the database is older than the send journal: %d sends are missing, the first is submission %d", r.Sends, r.First.Submission)
		if _, err := tx.Exec(ctx, sqlStopRestored, pgx.NamedArgs{"why": why, "now": at}); err != nil {
			return fmt.Errorf("stop: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("restored database: %w", err)
	}
	return r, nil
}

// latestEpoch is the highest epoch in the message ids of sends.
func latestEpoch(sends []Sent) (latest int) {
	for _, s := range sends {
		if len(s.Message) > EpochAt {
			latest = max(latest, int(parse36(s.Message[EpochAt:EpochAt+1])))
		}
	}
	return latest
}
