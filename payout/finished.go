package payout

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Finished writes the bytes of a stored submission again, for an auditor or a
// clerk. It returns bankadapters.ErrReadBack if they are not the bytes whose
// hash was stored with the intent.
func (e *Engine) Finished(ctx context.Context, no int64) (Submission, []byte, error) {
	s, err := ReadSubmission(ctx, e.DB, no)
	if err != nil {
		return s, nil, err
	}
	line, err := e.line(s.Channel)
	if err != nil {
		return s, nil, err
	}
	rows, err := rowsOf(ctx, e.DB, no)
	if err != nil {
		return s, nil, err
	}
	message, err := e.compose(ctx, e.DB, s, rows)
	if err != nil {
		return s, nil, err
	}
	var finished bytes.Buffer
	if err := line.Wire.WriteSubmission(&finished, message); err != nil {
		return s, nil, fmt.Errorf("write submission %d: %w", no, err)
	}
	if sum := sha256.Sum256(finished.Bytes()); !bytes.Equal(sum[:], s.SHA256) {
		return s, nil, fmt.Errorf("submission %d: %w: its bytes are not those of the intent", no, bankadapters.ErrReadBack)
	}
	return s, finished.Bytes(), nil
}

const sqlSubmissionNumbers = `
SELECT no FROM payout.submission WHERE @batch::integer = 0 OR batch = @batch ORDER BY no`

// SubmissionNumbers lists the submissions of a batch, or of all batches (0).
func SubmissionNumbers(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) ([]int64, error) {
	rows, _ := db.Query(ctx, sqlSubmissionNumbers, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("submissions of batch %d: %w", batch, err)
	}
	return list, nil
}
