package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// Head is the end of the chain: who holds it can prove later that nothing
// before it was changed.
type Head struct {
	ChainNo int64
	Hash    [32]byte
}

// String is the form printed on papers and carried in headers: number and hash.
func (h Head) String() string { return fmt.Sprintf("%d-%s", h.ChainNo, hex.EncodeToString(h.Hash[:])) }

// genesis is the hash before the first voucher.
var genesis = sha256.Sum256([]byte("ansinh ledger chain 1"))

// chainHash links a voucher's digest to the chain.
func chainHash(no int64, prev, digest [32]byte) [32]byte {
	b := []byte{0x03}
	b = binary.BigEndian.AppendUint64(b, uint64(no))
	b = append(b, prev[:]...)
	b = append(b, digest[:]...)
	return sha256.Sum256(b)
}

const sqlHead = `SELECT chain_no, hash FROM ledger.seal ORDER BY chain_no DESC LIMIT 1`

// ReadHead returns the current head; of an empty chain, number 0.
func ReadHead(ctx context.Context, db pgdb.Querier) (Head, error) {
	h := Head{Hash: genesis}
	var hash []byte
	err := db.QueryRow(ctx, sqlHead).Scan(&h.ChainNo, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return h, nil
	}
	if err != nil {
		return Head{}, fmt.Errorf("ledger head: %w", err)
	}
	copy(h.Hash[:], hash)
	return h, nil
}

// sealLock is the advisory lock that makes the sealer single.
const sealLock = 7211003

const sqlTakeSeal = `SELECT pg_catalog.pg_advisory_xact_lock(@class)`

const sqlUnsealed = `
SELECT v.id, v.digest
  FROM ledger.voucher AS v
 WHERE NOT EXISTS (SELECT 1 FROM ledger.seal AS s WHERE s.voucher = v.id)
 ORDER BY v.id
 LIMIT @limit`

const sqlSeal = `
INSERT INTO ledger.seal (chain_no, voucher, prev_hash, hash, sealed_at)
SELECT n, voucher, prev, hash, @now
  FROM unnest(@numbers::bigint[], @vouchers::bigint[], @prevs::bytea[], @hashes::bytea[]) AS t (n, voucher, prev, hash)`

// Seal appends every committed voucher that is not yet in the chain, oldest
// number first, and returns how many and the new head. A voucher that commits
// late simply gets a later place; places have no gaps.
func Seal(ctx context.Context, db pgdb.DB, now time.Time) (int, Head, error) {
	const limit = 10_000
	var sealed int
	var head Head
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlTakeSeal, pgx.NamedArgs{"class": sealLock}); err != nil {
			return err
		}
		var err error
		if head, err = ReadHead(ctx, tx); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, sqlUnsealed, pgx.NamedArgs{"limit": limit})
		type row struct {
			ID     int64
			Digest []byte
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			return err
		}
		numbers, vouchers := make([]int64, len(list)), make([]int64, len(list))
		prevs, hashes := make([][]byte, len(list)), make([][]byte, len(list))
		for i, v := range list {
			prev := head.Hash
			head.ChainNo++
			head.Hash = chainHash(head.ChainNo, prev, [32]byte(v.Digest))
			next := head.Hash
			numbers[i], vouchers[i], prevs[i], hashes[i] = head.ChainNo, v.ID, prev[:], next[:]
		}
		sealed = len(list)
		if sealed == 0 {
			return nil
		}
		_, err = tx.Exec(ctx, sqlSeal, pgx.NamedArgs{"numbers": numbers, "vouchers": vouchers, "prevs": prevs, "hashes": hashes, "now": now})
		return err
	})
	if err != nil {
		return 0, Head{}, fmt.Errorf("seal vouchers: %w", err)
	}
	return sealed, head, nil
}
