package records

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// File is one file of a bank or provider as it came, with its verdict.
type File struct {
	ID       int64
	Channel  bankadapters.Key
	BankVI   string
	Kind     string
	Name     string
	SHA256   string // hex
	Bytes    int64
	Received time.Time
	By       string
	Verdict  string // taken, refused, or "" while it waits for an earlier one
	Code     string
	Line     int32
	Why      string
	Entries  int32
	Done     *time.Time // everything of it is posted

	Statement bool // the figures below are filled
	Tail      string
	Sequence  int64
	From, To  calendar.Date
	Opening   money.Amount
	Closing   money.Amount
}

// FileFilter selects files; zero values select all, newest first.
type FileFilter struct {
	Channel bankadapters.Key
	Verdict string // taken, refused, waiting
	Before  int64  // where the last page ended
	Want    int
}

const fileColumns = `f.id, f.channel, c.name_vi, f.kind, f.name, f.sha256, f.bytes, f.received_at, f.received_by,
       coalesce(v.state, ''), coalesce(v.code, ''), coalesce(v.line, 0), coalesce(v.why, ''), coalesce(v.entries, 0), d.at,
       s.file IS NOT NULL, coalesce(right(s.account, 4), ''), coalesce(s.sequence, 0), s.from_date, s.to_date,
       coalesce(s.opening, 0), coalesce(s.closing, 0)`

const fileTables = `
  JOIN payout.channel AS c ON c.key = f.channel
  LEFT JOIN reconciliation.verdict AS v ON v.file = f.id
  LEFT JOIN reconciliation.file_done AS d ON d.file = f.id
  LEFT JOIN reconciliation.statement AS s ON s.file = f.id`

const fileVerdict = `
   AND (@verdict = '' OR @verdict = 'waiting' AND v.state IS NULL OR v.state = @verdict)`

const sqlFiles = `
SELECT ` + fileColumns + `
  FROM reconciliation.file AS f` + fileTables + `
 WHERE f.id < @before` + fileVerdict + `
 ORDER BY f.id DESC
 LIMIT @limit`

const sqlFilesOfBank = `
SELECT ` + fileColumns + `
  FROM reconciliation.file AS f` + fileTables + `
 WHERE f.channel = @channel AND f.id < @before` + fileVerdict + `
 ORDER BY f.id DESC
 LIMIT @limit`

// Files is a page of files, newest first.
func Files(ctx context.Context, db pgdb.Querier, f FileFilter) (page []File, more bool, err error) {
	args := pgx.NamedArgs{"channel": string(f.Channel), "verdict": f.Verdict, "before": f.Before, "limit": limit(f.Want)}
	if f.Before == 0 {
		args["before"] = atEnd
	}
	sql := sqlFiles
	if f.Channel != "" {
		sql = sqlFilesOfBank
	}
	rows, _ := db.Query(ctx, sql, args)
	list, err := pgx.CollectRows(rows, scanFile)
	if err != nil {
		return nil, false, fmt.Errorf("files: %w", err)
	}
	page, more = cut(list, f.Want)
	return page, more, nil
}

func scanFile(row pgx.CollectableRow) (File, error) {
	var f File
	var sum []byte
	err := row.Scan(&f.ID, &f.Channel, &f.BankVI, &f.Kind, &f.Name, &sum, &f.Bytes, &f.Received, &f.By, &f.Verdict, &f.Code, &f.Line, &f.Why,
		&f.Entries, &f.Done, &f.Statement, &f.Tail, &f.Sequence, &f.From, &f.To, &f.Opening, &f.Closing)
	f.SHA256 = hex.EncodeToString(sum)
	return f, err
}

const sqlCountFiles = `
SELECT count(*) FROM (
       SELECT 1 FROM reconciliation.file AS f LEFT JOIN reconciliation.verdict AS v ON v.file = f.id
        WHERE @channel IN ('', f.channel)` + fileVerdict + ` ORDER BY f.id DESC LIMIT @most) AS few`

// CountFiles counts what the filter selects, to CountMax+1.
func CountFiles(ctx context.Context, db pgdb.Querier, f FileFilter) (int64, error) {
	return count(ctx, db, sqlCountFiles, pgx.NamedArgs{"channel": string(f.Channel), "verdict": f.Verdict})
}

const sqlFile = `
SELECT ` + fileColumns + `
  FROM reconciliation.file AS f` + fileTables + `
 WHERE f.id = @id`

// ReadFile reads one file's header, or says that there is none.
func ReadFile(ctx context.Context, db pgdb.Querier, id int64) (File, error) {
	rows, _ := db.Query(ctx, sqlFile, pgx.NamedArgs{"id": id})
	f, err := pgx.CollectExactlyOneRow(rows, scanFile)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, errs.New(errs.NotFound, fmt.Sprintf("Không có tệp số %d. / There is no file %d.", id, id), err)
	}
	if err != nil {
		return f, fmt.Errorf("file %d: %w", id, err)
	}
	return f, nil
}

const sqlEntryPlace = `SELECT e.file, e.position FROM reconciliation.entry AS e WHERE e.id = @entry`

// EntryPlace is the file and position of the first line that spoke of a bank's
// entry, which a voucher names as its cause; 0, 0 if there is none.
func EntryPlace(ctx context.Context, db pgdb.Querier, entry int64) (file int64, position int32, err error) {
	err = db.QueryRow(ctx, sqlEntryPlace, pgx.NamedArgs{"entry": entry}).Scan(&file, &position)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("entry %d: %w", entry, err)
	}
	return file, position, nil
}
