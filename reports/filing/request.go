package filing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/ledger"
	"ansinh/payout"
)

// Kind is what is asked for.
type Kind string

// The kinds of reports that are filed.
const (
	Settlement Kind = "settlement" // the settlement workbook of a batch
	Timeliness Kind = "timeliness" // the waiting times of a batch, as JSON of timeliness.Table
	Verify     Kind = "verify"     // ledger, ties and audit chain walked anew, as JSON of Verification
)

// Kinds lists all kinds.
var Kinds = []Kind{Settlement, Timeliness, Verify}

// ofBatch reports whether the kind is about one batch.
func (k Kind) ofBatch() bool { return k == Settlement || k == Timeliness }

const sqlAsk = `
INSERT INTO filing.request (kind, batch, asked_by, asked_at)
VALUES (@kind, @batch, @who, @now)
RETURNING id`

const sqlPending = `
SELECT r.id FROM filing.request AS r
 WHERE r.kind = @kind AND r.batch = @batch
   AND NOT EXISTS (SELECT 1 FROM filing.ending AS e WHERE e.request = r.id)
 ORDER BY r.id
 LIMIT 1`

// Ask records that who wants a report, and returns the request's number. If the
// same report is being made already, that request's number is returned and
// nothing is added. A batch that does not exist is payout.ErrNoBatch.
func Ask(ctx context.Context, tx pgx.Tx, kind Kind, batch ledger.BatchID, who string, now time.Time) (int64, error) {
	switch {
	case !known(kind) || kind.ofBatch() != (batch != 0):
		return 0, errs.Coded(errs.Invalid, "FILING-KIND", "Không có loại báo cáo này, hoặc thiếu số đợt chi. / There is no such report, or the batch is missing.", nil)
	case batch != 0:
		if _, err := payout.ReadBatch(ctx, tx, batch); err != nil {
			return 0, err
		}
	}
	args := pgx.NamedArgs{"kind": kind, "batch": batch, "who": who, "now": now}
	var id int64
	err := tx.QueryRow(ctx, sqlPending, args).Scan(&id)
	if err == nil {
		return id, nil
	}
	if err != pgx.ErrNoRows { //nolint:errorlint // as pgx returns it
		return 0, fmt.Errorf("look for an open request: %w", err)
	}
	if err := tx.QueryRow(ctx, sqlAsk, args).Scan(&id); err != nil {
		return 0, fmt.Errorf("ask for %s: %w", kind, err)
	}
	_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: who, Act: "report.ask", Subject: fmt.Sprintf("report/%d", id),
		Detail: map[string]any{"kind": string(kind), "batch": int32(batch)}})
	return id, err
}

func known(kind Kind) bool {
	for _, k := range Kinds {
		if k == kind {
			return true
		}
	}
	return false
}
