package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/reports/filing"
)

// Filed is one report that somebody asked for, with what was made of it.
type Filed struct {
	ID      int64
	Kind    filing.Kind
	Batch   ledger.BatchID
	BatchVI string
	By      string
	Asked   time.Time
	Ended   *time.Time // nil: being made, or waiting for it
	Fault   string     // why it could not be made
	Head    string
	Files   []FiledFile
}

// FiledFile is one file of a filed report.
type FiledFile struct {
	N      int16
	Name   string
	SHA256 string
	Bytes  int64
	Rows   int64
	Total  money.Amount
}

// FiledFilter selects reports; zero values select all, newest first.
type FiledFilter struct {
	Kind   filing.Kind
	Batch  ledger.BatchID
	Before int64
	Want   int
}

const filedColumns = ` r.id, r.kind, r.batch, coalesce(b.name_vi, ''), r.asked_by, r.asked_at, e.at, coalesce(e.fault, ''), coalesce(e.head, '')
  FROM filing.request AS r
  LEFT JOIN filing.ending AS e ON e.request = r.id
  LEFT JOIN payout.batch AS b ON b.id = r.batch`

const sqlFiled = `SELECT` + filedColumns + `
 WHERE @kind IN ('', r.kind) AND @batch IN (0, r.batch) AND r.id < @before
 ORDER BY r.id DESC
 LIMIT @limit`

const sqlFiledFiles = `
SELECT f.request, f.n, f.name, encode(f.sha256, 'hex'), f.bytes, f.rows, f.total
  FROM filing.file AS f WHERE f.request = ANY (@requests) ORDER BY f.request, f.n`

// FiledList is a page of reports, newest first.
func FiledList(ctx context.Context, db pgdb.Querier, f FiledFilter) (page []Filed, more bool, err error) {
	args := pgx.NamedArgs{"kind": string(f.Kind), "batch": int32(f.Batch), "before": f.Before, "limit": limit(f.Want)}
	if f.Before == 0 {
		args["before"] = atEnd
	}
	rows, _ := db.Query(ctx, sqlFiled, args)
	list, err := pgx.CollectRows(rows, scanFiled)
	if err != nil {
		return nil, false, fmt.Errorf("reports: %w", err)
	}
	page, more = cut(list, f.Want)
	return page, more, addFiles(ctx, db, page)
}

func scanFiled(row pgx.CollectableRow) (Filed, error) {
	var f Filed
	err := row.Scan(&f.ID, &f.Kind, &f.Batch, &f.BatchVI, &f.By, &f.Asked, &f.Ended, &f.Fault, &f.Head)
	return f, err
}

func addFiles(ctx context.Context, db pgdb.Querier, list []Filed) error {
	at := make(map[int64]int, len(list))
	var ids []int64
	for i, f := range list {
		at[f.ID] = i
		ids = append(ids, f.ID)
	}
	rows, _ := db.Query(ctx, sqlFiledFiles, pgx.NamedArgs{"requests": ids})
	var request int64
	var f FiledFile
	_, err := pgx.ForEachRow(rows, []any{&request, &f.N, &f.Name, &f.SHA256, &f.Bytes, &f.Rows, &f.Total}, func() error {
		list[at[request]].Files = append(list[at[request]].Files, f)
		return nil
	})
	if err != nil {
		return fmt.Errorf("files of reports: %w", err)
	}
	return nil
}

const sqlCountFiled = `
SELECT count(*) FROM (
       SELECT 1 FROM filing.request AS r WHERE @kind IN ('', r.kind) AND @batch IN (0, r.batch) ORDER BY r.id DESC LIMIT @most) AS few`

// CountFiled counts what the filter selects, to CountMax+1.
func CountFiled(ctx context.Context, db pgdb.Querier, f FiledFilter) (int64, error) {
	return count(ctx, db, sqlCountFiled, pgx.NamedArgs{"kind": string(f.Kind), "batch": int32(f.Batch)})
}

const sqlNewestFiled = `SELECT` + filedColumns + `
 WHERE r.kind = @kind AND r.batch = @batch AND e.fault = ''
 ORDER BY r.id DESC
 LIMIT 1`

const sqlNewestAsked = `SELECT` + filedColumns + `
 WHERE r.kind = @kind AND r.batch = @batch
 ORDER BY r.id DESC
 LIMIT 1`

// NewestFiled returns the newest report of a kind that was made, and the newest
// that was asked for, which may still be in the making or have failed. Either is
// nil if there is none.
func NewestFiled(ctx context.Context, db pgdb.Querier, kind filing.Kind, batch ledger.BatchID) (made, asked *Filed, err error) {
	for sql, to := range map[string]**Filed{sqlNewestFiled: &made, sqlNewestAsked: &asked} {
		rows, _ := db.Query(ctx, sql, pgx.NamedArgs{"kind": kind, "batch": batch})
		f, err := pgx.CollectExactlyOneRow(rows, scanFiled)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("newest %s of batch %d: %w", kind, batch, err)
		}
		one := []Filed{f}
		if err := addFiles(ctx, db, one); err != nil {
			return nil, nil, err
		}
		*to = &one[0]
	}
	return made, asked, nil
}

// BatchName is a batch as a choice.
type BatchName struct {
	ID   ledger.BatchID
	Name string
	Due  calendar.Date
}

const sqlBatchNames = `SELECT b.id, b.name_vi, b.due_date FROM payout.batch AS b WHERE b.planned_at IS NOT NULL ORDER BY b.made_at DESC, b.id DESC LIMIT 200`

// BatchNames lists the newest planned batches, as choices of a form.
func BatchNames(ctx context.Context, db pgdb.Querier) ([]BatchName, error) {
	rows, _ := db.Query(ctx, sqlBatchNames)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BatchName])
	if err != nil {
		return nil, fmt.Errorf("names of batches: %w", err)
	}
	return list, nil
}
