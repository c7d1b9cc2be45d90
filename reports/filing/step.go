package filing

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/reports"
	"ansinh/timeliness"
)

// partSize is how many bytes of a file one row holds.
const partSize = 1 << 20

// makeLock is the advisory lock class that keeps two processes from making the
// same report; the key of filing.ending is what keeps it single.
const makeLock = 7211020

const sqlNext = `
SELECT r.id, r.kind, r.batch, r.asked_by
  FROM filing.request AS r
 WHERE NOT EXISTS (SELECT 1 FROM filing.ending AS e WHERE e.request = r.id)
 ORDER BY r.id
 LIMIT 20`

const sqlTake = `SELECT pg_catalog.pg_try_advisory_xact_lock(@class, @request)`

const sqlEnded = `SELECT EXISTS (SELECT 1 FROM filing.ending WHERE request = @request)`

// request is one report to make.
type request struct {
	ID    int64
	Kind  Kind
	Batch ledger.BatchID
	By    string
}

// made is a report that was made, its files still outside the database.
type made struct {
	head  string
	files []madeFile
}

type madeFile struct {
	name, media string
	path        string // where the bytes are
	rows, total int64
}

// Step makes the oldest report that was asked for and not made, and reports
// whether there was one. Files lie in a temporary folder below dir ("" = the
// system's) until they are stored. A report that cannot be made ends with the
// reason, which people see; the error itself is returned too, for the log.
func Step(ctx context.Context, db pgdb.DB, now func() time.Time, dir string) (did bool, err error) {
	rows, _ := db.Query(ctx, sqlNext)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[request])
	if err != nil {
		return false, fmt.Errorf("next report: %w", err)
	}
	for _, r := range list {
		did, err := makeOne(ctx, db, r, now, dir)
		if did || err != nil {
			return did, err
		}
	}
	return false, nil
}

// makeOne holds the request's lock in a transaction that is otherwise idle while
// the report reads its own snapshot, and stores the files in it.
func makeOne(ctx context.Context, db pgdb.DB, r request, now func() time.Time, dir string) (did bool, err error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return false, fmt.Errorf("make report %d: %w", r.ID, err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // done already when all went well
	var mine, ended bool
	args := pgx.NamedArgs{"class": makeLock, "request": int32(r.ID)} // the lock wants 32 bits; a clash only makes one wait
	if err := tx.QueryRow(ctx, sqlTake, args).Scan(&mine); err != nil || !mine {
		return false, err
	}
	if err := tx.QueryRow(ctx, sqlEnded, pgx.NamedArgs{"request": r.ID}).Scan(&ended); err != nil || ended {
		return false, err
	}
	folder, err := os.MkdirTemp(dir, "ansinh-report-")
	if err != nil {
		return false, fmt.Errorf("make report %d: %w", r.ID, err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	m, fault := r.make(ctx, db, now(), folder)
	if fault != nil && ctx.Err() != nil {
		return false, fault // we are being stopped: the next process makes it
	}
	if err := store(ctx, tx, r, m, fault, now()); err != nil {
		return false, fmt.Errorf("store report %d: %w", r.ID, err)
	}
	if err := tx.Commit(ctx); err != nil {
		return false, fmt.Errorf("store report %d: %w", r.ID, err)
	}
	if kind, _ := errs.Read(fault); fault != nil && kind == errs.Internal {
		return true, fmt.Errorf("report %d (%s): %w", r.ID, r.Kind, fault)
	}
	return true, nil
}

// make writes the report's files into folder.
func (r request) make(ctx context.Context, db pgdb.DB, now time.Time, folder string) (made, error) {
	switch r.Kind {
	case Settlement:
		return r.settlement(ctx, db, now, folder)
	case Timeliness:
		var t timeliness.Table
		var head ledger.Head
		err := pgdb.InSnapshot(ctx, db, func(ctx context.Context, tx pgx.Tx) (err error) {
			if head, err = ledger.ReadHead(ctx, tx); err != nil {
				return err
			}
			t, err = timeliness.ComputeIn(ctx, tx, r.Batch, now)
			return err
		})
		if err != nil {
			return made{}, err
		}
		return asJSON(t, fmt.Sprintf("thoi-gian-nhan-tien-dot-%d.json", r.Batch), head.String(), folder)
	case Verify:
		v, err := verify(ctx, db, now)
		if err != nil {
			return made{}, err
		}
		return asJSON(v, fmt.Sprintf("kiem-tra-so-%s.json", now.UTC().Format("20060102-150405")), v.Head, folder)
	default:
		return made{}, fmt.Errorf("nobody makes reports of kind %q", r.Kind)
	}
}

func (r request) settlement(ctx context.Context, db pgdb.DB, now time.Time, folder string) (made, error) {
	path := filepath.Join(folder, fmt.Sprintf("quyet-toan-dot-%d.xlsx", r.Batch))
	files, err := reports.WriteBatch(ctx, db, reports.Options{Batch: r.Batch, Now: now, By: r.By, Path: path})
	if err != nil {
		return made{}, err
	}
	var m made
	for _, f := range files {
		m.head = f.Head
		m.files = append(m.files, madeFile{name: filepath.Base(f.Path), path: f.Path, rows: f.Rows, total: int64(f.Total),
			media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})
	}
	return m, nil
}

func asJSON(v any, name, head, folder string) (made, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return made{}, fmt.Errorf("write %s: %w", name, err)
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return made{}, err
	}
	return made{head: head, files: []madeFile{{name: name, path: path, media: "application/json"}}}, nil
}

const sqlEnd = `INSERT INTO filing.ending (request, at, fault, head) VALUES (@request, @now, @fault, @head)`

const sqlAddFile = `
INSERT INTO filing.file (request, n, name, media, sha256, bytes, rows, total)
VALUES (@request, @n, @name, @media, @sha256, @bytes, @rows, @total)`

const sqlAddPart = `INSERT INTO filing.part (request, n, no, body) VALUES (@request, @n, @no, @body)`

// TextFailed is what people read when a report could not be made for a reason
// of ours.
const TextFailed = "Không lập được báo cáo vì lỗi hệ thống; hãy yêu cầu lại hoặc báo quản trị. / The report could not be made; ask again or tell the administrator."

func store(ctx context.Context, tx pgx.Tx, r request, m made, fault error, now time.Time) error {
	text := ""
	if fault != nil {
		kind, sentence := errs.Read(fault)
		if text = sentence; kind == errs.Internal {
			text = TextFailed
		}
		m = made{}
	}
	if _, err := tx.Exec(ctx, sqlEnd, pgx.NamedArgs{"request": r.ID, "now": now, "fault": text, "head": m.head}); err != nil {
		return err
	}
	var detail []map[string]any
	for i, f := range m.files {
		sum, err := storeFile(ctx, tx, r.ID, i+1, f)
		if err != nil {
			return err
		}
		detail = append(detail, map[string]any{"name": f.name, "sha256": sum})
	}
	_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: "system: reports", Act: "report.made", Subject: fmt.Sprintf("report/%d", r.ID),
		Detail: map[string]any{"kind": string(r.Kind), "batch": int32(r.Batch), "head": m.head, "files": detail, "fault": text}})
	return err
}

func storeFile(ctx context.Context, tx pgx.Tx, id int64, n int, f madeFile) (sum string, err error) {
	in, err := os.Open(f.path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, in)
	if err == nil {
		_, err = in.Seek(0, io.SeekStart)
	}
	if err != nil {
		return "", err
	}
	digest := hash.Sum(nil)
	if _, err := tx.Exec(ctx, sqlAddFile, pgx.NamedArgs{"request": id, "n": n, "name": f.name, "media": f.media, "sha256": digest,
		"bytes": size, "rows": f.rows, "total": f.total}); err != nil {
		return "", err
	}
	buffer := make([]byte, partSize)
	for no := 1; ; no++ {
		k, err := io.ReadFull(in, buffer)
		if k > 0 {
			if _, err := tx.Exec(ctx, sqlAddPart, pgx.NamedArgs{"request": id, "n": n, "no": no, "body": buffer[:k]}); err != nil {
				return "", err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Sprintf("%x", digest), nil
		}
		if err != nil {
			return "", err
		}
	}
}
