package reconciliation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// FileIn is a file as it arrives.
type FileIn struct {
	Channel bankadapters.Key // whose key signed it, or whom the clerk named
	Kind    bankadapters.Kind
	Name    string
	Body    io.Reader
	KeyID   string // key or person
	At      time.Time
}

// Receipt is what a sender gets for a file: the same for the same bytes.
type Receipt struct {
	File       int64  `json:"file"`
	State      string `json:"state"` // taken, waiting (for an earlier statement) or refused
	Kind       string `json:"kind"`
	SHA256     string `json:"sha256"`
	FileID     string `json:"file_id"`
	Entries    int    `json:"entries"`
	ReceivedAt string `json:"received_at"` // RFC 3339, UTC
}

// States of a receipt.
const (
	StateTaken   = "taken"
	StateWaiting = "waiting"
	StateRefused = "refused"
)

// partSize is how many bytes of an original are encrypted at a time.
const partSize = 1 << 20

// Intake keeps the file, then checks it whole, then makes its lines ready for
// [Reconciler.Step]. Nothing is posted here.
//
// The same bytes again get the first receipt. A refused file gives an *errs.Error
// with the line and how to mend it, and stays kept as refused; a statement that
// came before its predecessor is kept and waits, without an error. RECON-OTHER-BODY
// is a Conflict: the bank used one file id for two contents.
func (r *Reconciler) Intake(ctx context.Context, in FileIn) (Receipt, error) {
	b, err := readBank(ctx, r.DB, in.Channel)
	if err != nil {
		return Receipt{}, err
	}
	if _, ok := r.opener(in.Kind); !ok {
		return Receipt{}, errs.Coded(errs.Invalid, codeKind, fmt.Sprintf(
			"Không nhận loại tệp %q: xem các loại ở docs/BANKS.md mục 5. / Files of kind %q are not taken: docs/BANKS.md §5 lists the kinds.",
			in.Kind, in.Kind), nil)
	}
	spool, sum, size, err := r.spool(in.Body)
	if err != nil {
		return Receipt{}, err
	}
	defer os.Remove(spool.Name()) //nolint:errcheck // a leftover in the spool folder harms nobody
	defer spool.Close()           //nolint:errcheck // only read

	id, err := r.keep(ctx, b, in, spool, sum, size)
	if err != nil {
		return Receipt{}, err
	}
	return r.judge(ctx, b, id, func() (io.ReadCloser, error) {
		_, err := spool.Seek(0, io.SeekStart)
		return io.NopCloser(spool), err
	})
}

// spool writes the body to a temporary file and hashes it.
func (r *Reconciler) spool(body io.Reader) (file *os.File, sum [32]byte, size int64, err error) {
	file, err = os.CreateTemp(r.Spool, "settlement-*")
	if err != nil {
		return nil, sum, 0, fmt.Errorf("spool: %w", err)
	}
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(file, hash), io.LimitReader(body, r.bytesMax()+1))
	if err == nil && size > r.bytesMax() {
		err = errs.Coded(errs.Invalid, codeSize, fmt.Sprintf(
			"Tệp lớn hơn %d byte: đề nghị ngân hàng chia nhỏ. / The file is larger than %d bytes: ask the bank to split it.",
			r.bytesMax(), r.bytesMax()), nil)
	}
	if err == nil && size == 0 {
		err = errs.Coded(errs.Invalid, codeFile, "Tệp rỗng: gửi lại tệp gốc. / The file is empty: send the original again.", nil)
	}
	if err != nil {
		return nil, sum, 0, errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	hash.Sum(sum[:0])
	return file, sum, size, nil
}

const sqlKnownFile = `
SELECT id FROM reconciliation.file WHERE channel = @channel AND kind = @kind AND sha256 = @sha`

const sqlKeepFile = `
INSERT INTO reconciliation.file (channel, kind, name, sha256, bytes, answer, received_at, received_by)
VALUES (@channel, @kind, @name, @sha, @bytes, nullif(@answer::bigint, 0), @at, @by)
RETURNING id`

const sqlKeepPart = `INSERT INTO reconciliation.file_part (file, n, body) VALUES (@file, @n, @body)`

// keep stores the raw bytes in a transaction of their own, before anything is
// looked at. It returns the first file for the same bytes.
func (r *Reconciler) keep(ctx context.Context, b bank, in FileIn, spool io.ReadSeeker, sum [32]byte, size int64) (int64, error) {
	var id int64
	args := pgx.NamedArgs{"channel": b.key, "kind": in.Kind, "name": in.Name, "sha": sum[:], "bytes": size,
		"answer": 0, "at": in.At, "by": in.KeyID}
	err := pgdb.InTx(ctx, r.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockChannel(ctx, tx, b); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, sqlKnownFile, args).Scan(&id)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := tx.QueryRow(ctx, sqlKeepFile, args).Scan(&id); err != nil {
			return err
		}
		if _, err := spool.Seek(0, io.SeekStart); err != nil {
			return err
		}
		part := make([]byte, partSize)
		for n := 0; ; n++ {
			got, err := io.ReadFull(spool, part)
			if got > 0 {
				closed, err := r.Keys.Encrypt(r.Random, partPlace(b.key, sum, n), crypt.Secret(part[:got]))
				if err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, sqlKeepPart, pgx.NamedArgs{"file": id, "n": n, "body": closed}); err != nil {
					return err
				}
			}
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
	if err != nil {
		return 0, fmt.Errorf("keep file %s of %s: %w", in.Name, b.key, err)
	}
	pgdb.CrashPoint(r.DB, "reconciliation: file kept")
	return id, nil
}

func partPlace(channel bankadapters.Key, sum [32]byte, n int) crypt.Place {
	return crypt.Place{Column: "reconciliation.file_part.body", Row: fmt.Sprintf("%s/%s/%d", channel, hex.EncodeToString(sum[:]), n)}
}

const sqlParts = `SELECT p.n, p.body FROM reconciliation.file_part AS p WHERE p.file = @file ORDER BY p.n`

// original opens the kept bytes of a file.
func (r *Reconciler) original(ctx context.Context, b bank, id int64, sum [32]byte) (io.ReadCloser, error) {
	file, err := os.CreateTemp(r.Spool, "settlement-*")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	gone := &spooled{file}
	rows, _ := r.DB.Query(ctx, sqlParts, pgx.NamedArgs{"file": id})
	var n int
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&n, &body}, func() error {
		plain, err := r.Keys.Decrypt(partPlace(b.key, sum, n), body)
		if err != nil {
			return err
		}
		_, err = io.WriteString(file, plain.Reveal())
		return err
	})
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("original of file %d: %w", id, err), gone.Close())
	}
	return gone, nil
}

// spooled is a temporary file that goes away when it is closed.
type spooled struct{ *os.File }

func (s *spooled) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }

const sqlReceipt = `
SELECT f.id, f.kind, f.sha256, f.received_at, coalesce(v.state, 'waiting'), coalesce(v.file_id, ''), coalesce(v.entries, 0),
       coalesce(v.code, ''), coalesce(v.line, 0), coalesce(v.why, '')
  FROM reconciliation.file AS f
  LEFT JOIN reconciliation.verdict AS v ON v.file = f.id
 WHERE f.id = @file`

// receiptOf reads what became of a file; a refusal comes back as its error.
func receiptOf(ctx context.Context, db pgdb.Querier, file int64) (Receipt, error) {
	var r Receipt
	var sum []byte
	var at time.Time
	var no refusal
	err := db.QueryRow(ctx, sqlReceipt, pgx.NamedArgs{"file": file}).
		Scan(&r.File, &r.Kind, &sum, &at, &r.State, &r.FileID, &r.Entries, &no.code, &no.line, &no.why)
	if err != nil {
		return Receipt{}, fmt.Errorf("receipt of file %d: %w", file, err)
	}
	r.SHA256, r.ReceivedAt = hex.EncodeToString(sum), at.UTC().Format(time.RFC3339)
	if r.State == StateRefused {
		return r, no.err()
	}
	return r, nil
}
