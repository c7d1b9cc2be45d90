package reconciliation

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// collisionsMax is how often a chunk is decided anew when somebody else wrote
// one of its payments first.
const collisionsMax = 5

// PointChunkPosted is where the simulator may crash between two chunks.
const PointChunkPosted = "reconciliation: chunk posted"

// Step does one bounded piece of work for a channel: takes a waiting file or an
// answer in, or posts one chunk of lines. It returns how many lines or files it
// dealt with; 0 means that there is nothing to do. It may be called by several
// workers, twice, or after a crash: each line is posted once.
func (r *Reconciler) Step(ctx context.Context, channel bankadapters.Key) (int, error) {
	b, err := readBank(ctx, r.DB, channel)
	if err != nil {
		return 0, err
	}
	did, err := r.takeWaiting(ctx, b)
	if did > 0 || err != nil {
		return did, err
	}
	if did, err = r.takeAnswer(ctx, b); did > 0 || err != nil {
		return did, err
	}
	var withdraw int64
	for collisions := 0; ; collisions++ {
		did, withdraw, err = r.postChunk(ctx, b)
		if err == nil || !errors.Is(err, ledger.ErrCollision) || collisions == collisionsMax {
			break
		}
	}
	if err != nil {
		return 0, fmt.Errorf("post for %s: %w", channel, err)
	}
	pgdb.CrashPoint(r.DB, PointChunkPosted)
	if withdraw != 0 {
		if err := r.withdrawUnsent(ctx, b, withdraw); err != nil {
			return did, err
		}
		did++
	}
	if did > 0 {
		return did, nil
	}
	return r.endDoubts(ctx, channel)
}

// Drain calls Step until there is nothing to do, at most limit times.
func (r *Reconciler) Drain(ctx context.Context, channel bankadapters.Key, limit int) (int, error) {
	total := 0
	for range limit {
		did, err := r.Step(ctx, channel)
		total += did
		if did == 0 || err != nil {
			return total, err
		}
	}
	return total, nil
}

const sqlWaiting = `
SELECT f.id
  FROM reconciliation.file AS f
 WHERE f.channel = @channel
   AND NOT EXISTS (SELECT 1 FROM reconciliation.verdict AS v WHERE v.file = f.id)
 ORDER BY f.id`

// takeWaiting takes in files that were kept and not judged: their predecessor
// may have come, or we stopped in between.
func (r *Reconciler) takeWaiting(ctx context.Context, b bank) (int, error) {
	rows, _ := r.DB.Query(ctx, sqlWaiting, pgx.NamedArgs{"channel": b.key})
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("waiting files: %w", err)
	}
	for _, id := range ids {
		f, err := readFile(ctx, r.DB, id)
		if err != nil {
			return 0, err
		}
		receipt, err := r.judge(ctx, b, id, func() (io.ReadCloser, error) { return r.open(ctx, b, f) })
		if receipt.State == StateRefused || receipt.State == StateTaken {
			return 1, nil
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// open opens the original of a file, wherever it is kept.
func (r *Reconciler) open(ctx context.Context, b bank, f fileRow) (io.ReadCloser, error) {
	if f.answer != 0 {
		return r.openAnswer(ctx, f.answer)
	}
	return r.original(ctx, b, f.id, f.sum)
}

const sqlFileDone = `INSERT INTO reconciliation.file_done (file, at) VALUES (@file, @now)`

// postChunk posts the next lines of the oldest file that is not done.
func (r *Reconciler) postChunk(ctx context.Context, b bank) (did int, withdraw int64, err error) {
	err = pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		did, withdraw = 0, 0
		if err := lockChannel(ctx, tx, b); err != nil {
			return err
		}
		at := fileAt{now: r.Now()}
		err := tx.QueryRow(ctx, sqlNextFile, pgx.NamedArgs{"channel": b.key}).Scan(&at.id, &at.account, &at.submission, &at.kind)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("next file: %w", err)
		}
		rows, _ := tx.Query(ctx, sqlNextWitnesses, pgx.NamedArgs{"file": at.id, "limit": r.chunkMax()})
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[witness])
		if err != nil {
			return fmt.Errorf("lines of file %d: %w", at.id, err)
		}
		if len(list) == 0 {
			did = 1
			_, err := tx.Exec(ctx, sqlFileDone, pgx.NamedArgs{"file": at.id, "now": at.now})
			return err
		}
		c, err := r.decideChunk(ctx, tx, b, at, list)
		if err != nil {
			return fmt.Errorf("file %d: %w", at.id, err)
		}
		did, withdraw = len(c.results), c.withdraw
		return nil
	})
	return did, withdraw, err
}

func (r *Reconciler) decideChunk(ctx context.Context, tx pgx.Tx, b bank, at fileAt, list []witness) (*chunk, error) {
	origin, err := payout.ReadOrigin(ctx, tx)
	if err != nil {
		return nil, err
	}
	c := &chunk{bank: b, file: at, planted: r.Planted}
	if at.account != "" {
		if c.book, _, err = bookOf(ctx, tx, b.key, at.account); err != nil {
			return nil, err
		}
	}
	if c.facts, err = gather(ctx, tx, b, origin, list); err != nil {
		return nil, err
	}
	if err := c.decide(list); err != nil {
		return nil, err
	}
	return c, c.post(ctx, tx)
}
