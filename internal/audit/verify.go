package audit

import (
	"context"
	"crypto/sha256"
	"fmt"

	"ansinh/internal/pgdb"

	"github.com/jackc/pgx/v5"
)

// BrokenError means that the record is not what was sealed, and where.
type BrokenError struct {
	ChainNo int64    // 0: not about one number
	Record  RecordID // 0: not about one record
	Why     string
}

func (e *BrokenError) Error() string {
	switch {
	case e.ChainNo != 0 && e.Record != 0:
		return fmt.Sprintf("audit chain broken at number %d (record %d): %s", e.ChainNo, e.Record, e.Why)
	case e.ChainNo != 0:
		return fmt.Sprintf("audit chain broken at number %d: %s", e.ChainNo, e.Why)
	case e.Record != 0:
		return fmt.Sprintf("audit record %d: %s", e.Record, e.Why)
	default:
		return "audit chain broken: " + e.Why
	}
}

// Report is what a verification found sound.
type Report struct {
	Head     Head
	Unsealed int64 // records committed but not yet sealed; not an error
}

const sqlWalkChain = `
SELECT c.chain_no, c.record, c.prev_hash, c.hash,
       r.id IS NOT NULL AS found,
       coalesce(r.at, 'epoch') AS at, coalesce(r.actor, '') AS actor, coalesce(r.act, '') AS act,
       coalesce(r.subject, '') AS subject, coalesce(r.detail, '') AS detail
  FROM audit.chain AS c
  LEFT JOIN audit.record AS r ON r.id = c.record
 ORDER BY c.chain_no`

const sqlCountUnsealed = `
SELECT count(*) AS unsealed,
       coalesce(min(r.id) FILTER (WHERE p.record IS NULL), 0) AS lost
  FROM audit.record AS r
  LEFT JOIN audit.chain AS c ON c.record = r.id
  LEFT JOIN audit.pending AS p ON p.record = r.id
 WHERE c.record IS NULL`

// Verify walks the whole chain over one view of the database, computes every
// hash anew, and compares the given anchors, heads kept elsewhere at earlier
// times. The first thing that does not agree comes back as a *BrokenError.
// Memory stays flat.
//
// Without an anchor, somebody with every right over the database who rewrites
// the chain from some point to its end is not found; that is what anchors are
// for.
func Verify(ctx context.Context, db pgdb.DB, anchors ...Head) (Report, error) {
	var report Report
	err := pgdb.InSnapshot(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		head, err := walk(ctx, tx, anchors)
		if err != nil {
			return err
		}
		report.Head = head
		var lost RecordID
		if err := tx.QueryRow(ctx, sqlCountUnsealed).Scan(&report.Unsealed, &lost); err != nil {
			return fmt.Errorf("count unsealed audit records: %w", err)
		}
		if lost != 0 {
			return &BrokenError{Record: lost, Why: "it is neither in the chain nor waiting to be sealed"}
		}
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	return report, nil
}

func walk(ctx context.Context, tx pgx.Tx, anchors []Head) (Head, error) {
	rows, err := tx.Query(ctx, sqlWalkChain)
	if err != nil {
		return Head{}, fmt.Errorf("walk the audit chain: %w", err)
	}
	defer rows.Close()
	expected := make(map[int64]Hash, len(anchors))
	for _, anchor := range anchors {
		if earlier, ok := expected[anchor.ChainNo]; ok && earlier != anchor.Hash {
			return Head{}, &BrokenError{ChainNo: anchor.ChainNo, Why: "two anchors contradict each other"}
		}
		expected[anchor.ChainNo] = anchor.Hash
	}
	if hash, ok := expected[0]; ok && hash != (Hash{}) {
		return Head{}, &BrokenError{Why: "an anchor names number 0 with a hash"}
	}
	delete(expected, 0)

	var head Head
	for rows.Next() {
		next, err := step(rows, head)
		if err != nil {
			return Head{}, err
		}
		if hash, ok := expected[next.ChainNo]; ok && hash != next.Hash {
			return Head{}, &BrokenError{ChainNo: next.ChainNo, Why: fmt.Sprintf("its hash is %s, the anchor says %s", next.Hash, hash)}
		}
		head = next
	}
	if err := rows.Err(); err != nil {
		return Head{}, fmt.Errorf("walk the audit chain after number %d: %w", head.ChainNo, err)
	}
	for _, anchor := range anchors {
		if anchor.ChainNo > head.ChainNo {
			return Head{}, &BrokenError{ChainNo: head.ChainNo, Why: fmt.Sprintf("the chain ends here, but an anchor knows number %d", anchor.ChainNo)}
		}
	}
	return head, nil
}

// step checks that the row under rows follows head and returns the new head.
func step(rows pgx.Rows, head Head) (Head, error) {
	var chainNo int64
	var record stored
	var prev, hash []byte
	var found bool
	err := rows.Scan(&chainNo, &record.ID, &prev, &hash, &found,
		&record.At, &record.Actor, &record.Act, &record.Subject, &record.Detail)
	if err != nil {
		return Head{}, fmt.Errorf("read the audit chain after number %d: %w", head.ChainNo, err)
	}
	broken := func(why string) (Head, error) {
		return Head{}, &BrokenError{ChainNo: chainNo, Record: record.ID, Why: why}
	}
	switch {
	case chainNo != head.ChainNo+1:
		return broken(fmt.Sprintf("it follows number %d", head.ChainNo))
	case !found:
		return broken("the record is gone")
	case len(prev) != sha256.Size || Hash(prev) != head.Hash:
		return broken("it does not name the hash before it")
	}
	want := hashOf(chainNo, head.Hash, record)
	if len(hash) != sha256.Size || Hash(hash) != want {
		return broken("the record was changed after it was sealed")
	}
	return Head{ChainNo: chainNo, Hash: want}, nil
}
