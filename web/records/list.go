package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// ListFilter selects lists that were taken; zero values select all, newest first.
type ListFilter struct {
	Programme string
	Unit      string // code of one commune
	Before    int64  // where the last page ended; 0: from the newest
	Want      int    // rows; 0: a page
}

// ListRow is one list that was taken.
type ListRow struct {
	ID        int64
	Programme string
	Unit      string
	UnitVI    string
	File      string
	Sheet     string
	Total     int64
	Taken     int64
	Refused   int64
	By        string
	At        time.Time
	Open      int64          // rows not taken that nobody has decided on
	Month     *calendar.Date // the first day of the month it is for; nil where the programme pays once
}

const listColumns = `l.id, l.programme, l.unit_code, coalesce(u.name_vi, l.unit_code), l.file_name, l.sheet, l.rows_total, l.rows_taken, l.rows_refused,
       l.imported_by, l.imported_at,
       (SELECT count(*) FROM registry.refused_row AS r
         WHERE r.list = l.id AND NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = r.list AND d.row_no = r.row_no AND d.kind <> 'moved')),
       l.month
  FROM registry.list AS l
  LEFT JOIN registry.unit AS u ON u.code = l.unit_code AND u.valid_from = l.unit_valid_from`

const listFilter = `
   AND @programme IN ('', l.programme)
   AND @unit IN ('', l.unit_code)`

const sqlLists = `
SELECT ` + listColumns + `
 WHERE l.id < @before` + listFilter + `
 ORDER BY l.id DESC
 LIMIT @limit`

// Lists is a page of lists, the newest first.
func Lists(ctx context.Context, db pgdb.Querier, f ListFilter) (page []ListRow, more bool, err error) {
	before := f.Before
	if before == 0 {
		before = atEnd
	}
	rows, _ := db.Query(ctx, sqlLists, pgx.NamedArgs{"programme": f.Programme, "unit": f.Unit, "before": before, "limit": limit(f.Want)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ListRow])
	if err != nil {
		return nil, false, fmt.Errorf("lists: %w", err)
	}
	page, more = cut(list, f.Want)
	return page, more, nil
}

const sqlCountLists = `
SELECT count(*) FROM (SELECT 1 FROM registry.list AS l WHERE true` + listFilter + ` ORDER BY l.id DESC LIMIT @most) AS few`

// CountLists counts what the filter selects, to CountMax+1.
func CountLists(ctx context.Context, db pgdb.Querier, f ListFilter) (int64, error) {
	return count(ctx, db, sqlCountLists, pgx.NamedArgs{"programme": f.Programme, "unit": f.Unit})
}

// ListDetail is one list with what it changed.
type ListDetail struct {
	ListRow
	SHA256          string
	PeopleNew       int64
	PeopleKnown     int64
	ChannelsChanged int64
}

const sqlListHead = `SELECT ` + listColumns + ` WHERE l.id = @id`

const sqlListChanges = `SELECT encode(l.sha256, 'hex'), l.people_new, l.people_known, l.channels_changed FROM registry.list AS l WHERE l.id = @id`

// ReadListHead reads one list, or says that there is none.
func ReadListHead(ctx context.Context, db pgdb.Querier, id int64) (ListDetail, error) {
	var d ListDetail
	rows, _ := db.Query(ctx, sqlListHead, pgx.NamedArgs{"id": id})
	var err error
	d.ListRow, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[ListRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return d, errs.Coded(errs.NotFound, "CONSOLE-LIST", fmt.Sprintf("Không có danh sách số %d. / There is no list %d.", id, id), err)
	}
	if err == nil {
		err = db.QueryRow(ctx, sqlListChanges, pgx.NamedArgs{"id": id}).Scan(&d.SHA256, &d.PeopleNew, &d.PeopleKnown, &d.ChannelsChanged)
	}
	if err != nil {
		return d, fmt.Errorf("list %d: %w", id, err)
	}
	return d, nil
}

// CodeCount is what was found of one kind in a list.
type CodeCount struct {
	Code     string
	Severity string
	Refuses  bool // it kept its rows out
	Count    int64
	Cells    string   // the first of them, with spaces
	More     bool     // there are others
	Args     []string // what fills its words; nil where that differs or was not kept
}

// cellsShown is how many cells of one kind are named.
const cellsShown = 8

const sqlListFindings = `
WITH found AS (
    SELECT f.code, f.severity, true AS refuses, f.column_ref, f.row_no, f.seq, f.args FROM registry.list_refusal AS f WHERE f.list = @list
    UNION ALL
    SELECT f.code, f.severity, false, f.column_ref, f.row_no, f.seq, f.args FROM registry.list_warning AS f WHERE f.list = @list
), numbered AS (
    SELECT f.code, f.severity, f.refuses, f.column_ref, f.row_no, f.args::text AS args,
           row_number() OVER (PARTITION BY f.code, f.severity, f.refuses ORDER BY f.row_no, f.seq) AS n
      FROM found AS f
)
SELECT n.code, n.severity, n.refuses, count(*),
       coalesce(string_agg(CASE WHEN n.row_no > 0 THEN n.column_ref || n.row_no END, ' ' ORDER BY n.n) FILTER (WHERE n.n <= @shown), ''),
       count(*) > @shown,
       CASE WHEN count(n.args) = count(*) AND min(n.args) = max(n.args) THEN min(n.args)::jsonb END
  FROM numbered AS n
 GROUP BY n.code, n.severity, n.refuses
 ORDER BY n.refuses DESC, count(*) DESC, n.code`

// ListFindings counts what was found in a list by code, what kept rows out first.
func ListFindings(ctx context.Context, db pgdb.Querier, list int64) ([]CodeCount, error) {
	rows, _ := db.Query(ctx, sqlListFindings, pgx.NamedArgs{"list": list, "shown": cellsShown})
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CodeCount])
	if err != nil {
		return nil, fmt.Errorf("findings of list %d: %w", list, err)
	}
	return found, nil
}
