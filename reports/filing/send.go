package filing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// File is one file of a filed report.
type File struct {
	Request int64
	N       int16
	Name    string
	Media   string
	SHA256  string // hex
	Bytes   int64
}

// ErrDamaged means that the stored bytes are not those that were filed.
var ErrDamaged = errors.New("the stored bytes of a filed report do not have its hash")

const sqlFile = `
SELECT f.request, f.n, f.name, f.media, encode(f.sha256, 'hex'), f.bytes
  FROM filing.file AS f WHERE f.request = @request AND f.n = @n`

const sqlFileByHash = `
SELECT f.request, f.n, f.name, f.media, encode(f.sha256, 'hex'), f.bytes
  FROM filing.file AS f WHERE f.sha256 = @sha256 ORDER BY f.request, f.n LIMIT 1`

// ReadFile returns what is known of a file, or says that there is none.
func ReadFile(ctx context.Context, db pgdb.Querier, request int64, n int16) (File, error) {
	rows, _ := db.Query(ctx, sqlFile, pgx.NamedArgs{"request": request, "n": n})
	return oneFile(rows)
}

// FileByHash finds the first filed file with a SHA-256 in hex, or says that
// there is none: then the file in hand is not one that was filed here.
func FileByHash(ctx context.Context, db pgdb.Querier, sum string) (File, error) {
	raw, err := hex.DecodeString(sum)
	if err != nil || len(raw) != sha256.Size {
		return File{}, errs.Coded(errs.Invalid, "FILING-HASH", "Mã SHA-256 gồm 64 chữ số 0-9, a-f. / A SHA-256 has 64 digits 0-9, a-f.", err)
	}
	rows, _ := db.Query(ctx, sqlFileByHash, pgx.NamedArgs{"sha256": raw})
	return oneFile(rows)
}

func oneFile(rows pgx.Rows) (File, error) {
	f, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[File])
	if errors.Is(err, pgx.ErrNoRows) {
		return f, errs.Coded(errs.NotFound, "FILING-NONE", "Không có báo cáo nào được lưu như vậy. / No such report was filed.", err)
	}
	if err != nil {
		return f, fmt.Errorf("filed report: %w", err)
	}
	return f, nil
}

const sqlPart = `
SELECT p.no, p.body FROM filing.part AS p
 WHERE p.request = @request AND p.n = @n AND p.no > @after
 ORDER BY p.no LIMIT 1`

// Send writes the file's bytes to w, part by part, and returns ErrDamaged if they
// are not those that were filed. By then they have been written: the caller must
// break the answer off.
func Send(ctx context.Context, db pgdb.Querier, w io.Writer, f File) error {
	hash := sha256.New()
	var sent int64
	for no := 0; ; {
		var body []byte
		err := db.QueryRow(ctx, sqlPart, pgx.NamedArgs{"request": f.Request, "n": f.N, "after": no}).Scan(&no, &body)
		if errors.Is(err, pgx.ErrNoRows) {
			break
		}
		if err != nil {
			return fmt.Errorf("read filed report %d/%d: %w", f.Request, f.N, err)
		}
		hash.Write(body)
		sent += int64(len(body))
		if _, err := w.Write(body); err != nil {
			return fmt.Errorf("send filed report %d/%d: %w", f.Request, f.N, err)
		}
	}
	if sent != f.Bytes || hex.EncodeToString(hash.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("filed report %d/%d: %w", f.Request, f.N, ErrDamaged)
	}
	return nil
}
