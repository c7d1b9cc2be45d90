package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"ansinh/internal/pgdb"

	"github.com/jackc/pgx/v5"
)

// Hash is a SHA-256 of the chain. The zero value stands before the first record.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Head is the last record of the chain. Kept outside the machine, it proves
// later that everything up to ChainNo is still what it was.
type Head struct {
	ChainNo int64 // 0: the chain is empty
	Hash    Hash
}

// stored is a record as the database holds it.
type stored struct {
	ID                          RecordID
	At                          time.Time
	Actor, Act, Subject, Detail string
}

// hashOf is the hash of record r as number chainNo after prev. The encoding is
// fixed for ever: a label, then numbers of eight bytes, then each text after its
// length, so that no two records have the same bytes.
func hashOf(chainNo int64, prev Hash, r stored) Hash {
	b := []byte("ansinh audit 1\n")
	b = binary.BigEndian.AppendUint64(b, uint64(chainNo))
	b = append(b, prev[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.ID))
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMicro()))
	for _, text := range []string{r.Actor, r.Act, r.Subject, r.Detail} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	return sha256.Sum256(b)
}

// sealLock keeps two sealers from doing the same work; the unique keys of
// audit.chain are what keeps the chain right.
const sealLock = 0x616e73696e680010

const sqlSealLock = `SELECT pg_catalog.pg_try_advisory_xact_lock(@key)`

const sqlTakePending = `
DELETE FROM audit.pending
 WHERE record IN (SELECT record FROM audit.pending ORDER BY record LIMIT @limit)
RETURNING record`

const sqlReadRecords = `
SELECT id, at, actor, act, subject, detail
  FROM audit.record
 WHERE id = ANY (@ids)
 ORDER BY id`

const sqlAppendChain = `
INSERT INTO audit.chain (chain_no, record, prev_hash, hash)
SELECT e.chain_no, e.record, e.prev_hash, e.hash
  FROM unnest(@chain_no::bigint[], @record::bigint[], @prev_hash::bytea[], @hash::bytea[])
       AS e (chain_no, record, prev_hash, hash)`

// Seal appends up to limit committed records to the chain, the oldest first, in
// a transaction of its own, and returns how many. It returns 0 when there is
// none or when another sealer is at work. It blocks no act: a record whose
// transaction is still open is simply sealed later, after younger ones.
func Seal(ctx context.Context, db pgdb.DB, limit int) (int, error) {
	sealed := 0
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		sealed, err = sealIn(ctx, tx, limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("seal audit records: %w", err)
	}
	return sealed, nil
}

func sealIn(ctx context.Context, tx pgx.Tx, limit int) (int, error) {
	var mine bool
	if err := tx.QueryRow(ctx, sqlSealLock, pgx.NamedArgs{"key": int64(sealLock)}).Scan(&mine); err != nil {
		return 0, fmt.Errorf("lock the chain: %w", err)
	}
	if !mine {
		return 0, nil
	}
	rows, _ := tx.Query(ctx, sqlTakePending, pgx.NamedArgs{"limit": limit})
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("take pending records: %w", err)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	rows, _ = tx.Query(ctx, sqlReadRecords, pgx.NamedArgs{"ids": ids})
	records, err := pgx.CollectRows(rows, pgx.RowToStructByName[stored])
	if err != nil {
		return 0, fmt.Errorf("read pending records: %w", err)
	}
	if len(records) != len(ids) {
		return 0, fmt.Errorf("%d records are pending but %d exist", len(ids), len(records))
	}
	head, err := ReadHead(ctx, tx)
	if err != nil {
		return 0, err
	}
	return len(records), appendChain(ctx, tx, head, records)
}

func appendChain(ctx context.Context, tx pgx.Tx, head Head, records []stored) error {
	n := len(records)
	numbers, ids := make([]int64, n), make([]int64, n)
	prevs, hashes := make([][]byte, n), make([][]byte, n)
	for i, record := range records {
		hash := hashOf(head.ChainNo+1, head.Hash, record)
		numbers[i], ids[i] = head.ChainNo+1, int64(record.ID)
		prevs[i], hashes[i] = append([]byte(nil), head.Hash[:]...), append([]byte(nil), hash[:]...)
		head = Head{ChainNo: head.ChainNo + 1, Hash: hash}
	}
	_, err := tx.Exec(ctx, sqlAppendChain, pgx.NamedArgs{
		"chain_no": numbers, "record": ids, "prev_hash": prevs, "hash": hashes,
	})
	if err != nil {
		return fmt.Errorf("append to the chain after number %d: %w", head.ChainNo-int64(n), err)
	}
	return nil
}

const sqlReadHead = `
SELECT chain_no, hash
  FROM audit.chain
 ORDER BY chain_no DESC
 LIMIT 1`

// ReadHead returns the head of the chain; the zero Head if nothing is sealed.
func ReadHead(ctx context.Context, db pgdb.Querier) (Head, error) {
	var head Head
	var hash []byte
	err := db.QueryRow(ctx, sqlReadHead).Scan(&head.ChainNo, &hash)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Head{}, nil
	case err != nil:
		return Head{}, fmt.Errorf("read the head of the audit chain: %w", err)
	case len(hash) != sha256.Size:
		return Head{}, &BrokenError{ChainNo: head.ChainNo, Why: fmt.Sprintf("its hash has %d bytes", len(hash))}
	default:
		head.Hash = Hash(hash)
		return head, nil
	}
}
