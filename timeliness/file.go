package timeliness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/payout"
)

// Kind is what first happened to the money.
type Kind string

// The three first events. Automatic debits are not among them.
const (
	Cash   Kind = "cash"   // taken in cash
	Spend  Kind = "spend"  // paid to somebody else by the person
	Signed Kind = "signed" // signed for at a pay point or at home
)

// Promise is what a withdrawal file says of itself: its coverage statement.
type Promise struct {
	FileID   string        // the source's own id of the file
	Scope    string        // which accounts or pay points, in the source's words
	From, To calendar.Date // the days spoken of
	Complete time.Time     // nothing later is known
}

// Row is the five fields of a withdrawal file about one of our references.
type Row struct {
	Reference bankadapters.EndToEndID
	At        time.Time // first event; zero: none in the period
	Kind      Kind      // "" without an event
	From, To  calendar.Date
	Complete  time.Time
	Line      int
}

// Reader hands over a withdrawal file: the promise first, then each row. It
// checks the file's own totals at the end and returns *bankadapters.FileError
// when they are wrong; the caller then keeps nothing of what it was handed.
type Reader interface {
	Read(promise func(Promise) error, row func(Row) error) error
}

// File is a withdrawal file as it came in.
type File struct {
	Channel bankadapters.Key
	Name    string
	SHA256  [32]byte // of the raw bytes: the same bytes again are the same file
	Reader  Reader
	TakenBy string
	Now     time.Time
}

// Receipt says what became of a file.
type Receipt struct {
	ID       int64
	Again    bool // the same bytes were taken before; nothing was written
	Rows     int64
	Covered  int64 // rows about attempts of ours
	Events   int64 // of them, with a first event
	SetAside []SetAside
}

// SetAside is a row that says nothing about an attempt of ours. At most
// setAsideMax are listed in a receipt; all are stored.
type SetAside struct {
	Line      int
	Reference string
	Why       string
}

const setAsideMax = 100

// Why a row was set aside.
const (
	whyNotOurs  = "not a reference of ours"
	whyAltered  = "the reference fails its check: it was cut or altered"
	whyUnknown  = "no attempt has this reference"
	whyForeign  = "the attempt went through another bank and to no account of this one"
	whyTwice    = "the reference stands in the file before"
	whyNoPeriod = "the covered period ends before it begins"
	whyEvent    = "the event lies outside the covered period, or its kind is not cash, spend or signed"
)

// TakeFile stores a withdrawal file: coverage for every row about an attempt of
// ours, an event where there is one. A row without an event is coverage only.
// References are read by origin; rows with any other are set aside and listed.
//
// The same bytes again give the first receipt. When the reader finds the file
// itself wrong (totals, form), the file is recorded as refused, nothing of it
// is kept, and the *bankadapters.FileError comes back; it may be offered again.
func TakeFile(ctx context.Context, db pgdb.DB, origin payout.Origin, f File) (Receipt, error) {
	var receipt Receipt
	var promise Promise
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		receipt = Receipt{}
		var err error
		if receipt, err = takenBefore(ctx, tx, f); err != nil || receipt.Again {
			return err
		}
		if receipt.ID, err = nextFile(ctx, tx); err != nil {
			return err
		}
		if promise, err = stageRows(ctx, tx, origin, f, receipt.ID); err != nil {
			return err
		}
		return keep(ctx, tx, f, promise, &receipt)
	})
	if pgdb.IsUnique(err, "file_once") { // another worker took it first
		err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			var err error
			receipt, err = takenBefore(ctx, tx, f)
			return err
		})
	}
	var bad *bankadapters.FileError
	if errors.As(err, &bad) {
		if refusal := refuse(ctx, db, f, bad); refusal != nil {
			return Receipt{}, fmt.Errorf("withdrawal file %s of %s: %w", f.Name, f.Channel, errors.Join(bad, refusal))
		}
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("withdrawal file %s of %s: %w", f.Name, f.Channel, err)
	}
	return receipt, nil
}

const sqlTakenBefore = `
SELECT id, rows, covered, events
  FROM timeliness.file
 WHERE channel = @channel AND sha256 = @sha256 AND state = 'taken'`

func takenBefore(ctx context.Context, tx pgx.Tx, f File) (Receipt, error) {
	r := Receipt{Again: true}
	err := tx.QueryRow(ctx, sqlTakenBefore, pgx.NamedArgs{"channel": f.Channel, "sha256": f.SHA256[:]}).
		Scan(&r.ID, &r.Rows, &r.Covered, &r.Events)
	if errors.Is(err, pgx.ErrNoRows) {
		return Receipt{}, nil
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("look the file up: %w", err)
	}
	r.SetAside, err = setAside(ctx, tx, r.ID)
	return r, err
}

const sqlNextFile = `SELECT nextval('timeliness.file_seq')`

func nextFile(ctx context.Context, tx pgx.Tx) (int64, error) {
	var id int64
	if err := tx.QueryRow(ctx, sqlNextFile).Scan(&id); err != nil {
		return 0, fmt.Errorf("number the file: %w", err)
	}
	return id, nil
}

const sqlCopyStage = `
COPY timeliness.stage (file, line, reference, why, batch, payment, attempt, from_date, last_date, at, kind)
FROM STDIN (FORMAT binary)`

// stageRows streams the file into the stage. A file that its reader refuses
// ends the COPY, and with it the transaction.
func stageRows(ctx context.Context, tx pgx.Tx, origin payout.Origin, f File, id int64) (Promise, error) {
	var promise Promise
	_, err := pgdb.CopyBinary(ctx, tx, sqlCopyStage, func(w *pgdb.CopyWriter) error {
		line := 0
		return f.Reader.Read(func(p Promise) error {
			promise = p
			return nil
		}, func(r Row) error {
			line++
			stageRow(w, origin, f.Now, id, line, r)
			return w.Err()
		})
	})
	return promise, err
}

func stageRow(w *pgdb.CopyWriter, origin payout.Origin, now time.Time, id int64, line int, r Row) {
	if r.Line > 0 {
		line = r.Line
	}
	ref, err := origin.ParseEndToEnd(r.Reference)
	last := min(daysOf(r.To), daysOf(wholeDay(r.Complete)))
	why := ""
	switch {
	case errors.Is(err, payout.ErrCheck):
		why = whyAltered
	case err != nil:
		why = whyNotOurs
	case r.From.IsZero() || last < daysOf(r.From):
		why = whyNoPeriod
	case !r.At.IsZero() && (!r.Kind.known() || r.At.After(r.Complete) || r.At.After(now) || r.At.Before(r.From.Start())):
		why = whyEvent
	}
	w.Begin(11)
	w.Int64(id)
	w.Int32(int32(line))
	w.Text(string(r.Reference))
	w.Text(why)
	w.Int32(int32(ref.Batch))
	w.Int64(ref.Payment)
	w.Int16(ref.Attempt)
	w.Date(dateTime(daysOf(r.From)))
	w.Date(dateTime(last))
	if r.At.IsZero() {
		w.Null()
	} else {
		w.Timestamptz(r.At)
	}
	w.Text(string(r.Kind))
}

func (k Kind) known() bool { return k == Cash || k == Spend || k == Signed }

// wholeDay is the last day in Vietnam that had ended by t. A moment in the last
// second of a day counts as its end: banks write 23:59:59.
func wholeDay(t time.Time) calendar.Date {
	if t.IsZero() {
		return calendar.Date{}
	}
	return calendar.DateOf(t.Add(time.Second)).AddDays(-1)
}

var dayZero = calendar.Must(2000, time.January, 1)

// daysOf counts days from 2000-01-01; no day at all is day 0.
func daysOf(d calendar.Date) int {
	if d.IsZero() {
		return 0
	}
	return d.DaysSince(dayZero)
}

func dateTime(days int) time.Time { return time.Date(2000, time.January, 1+days, 0, 0, 0, 0, time.UTC) }

// sqlFindWhy comes back to each row by its place in the table: the planner takes a
// stage filled a moment ago for one row, and would compare all rows with all.
const sqlFindWhy = `
WITH seen AS (
    SELECT s.ctid AS place,
           row_number() OVER (PARTITION BY s.batch, s.payment, s.attempt ORDER BY s.line) AS nth,
           a.batch IS NULL AS unknown,
           m.channel <> @channel AND (p.bin = '' OR p.bin <> c.bin) AS is_foreign
      FROM timeliness.stage AS s
      LEFT JOIN payout.attempt AS a ON a.batch = s.batch AND a.payment = s.payment AND a.attempt = s.attempt
      LEFT JOIN payout.submission AS m ON m.no = a.submission
      LEFT JOIN payout.payment AS p ON p.batch = a.batch AND p.no = a.payment
      LEFT JOIN payout.channel AS c ON c.key = @channel
     WHERE s.file = @file AND s.why = '')
UPDATE timeliness.stage AS s
   SET why = CASE WHEN seen.unknown THEN @unknown WHEN seen.is_foreign THEN @foreign ELSE @twice END
  FROM seen
 WHERE s.ctid = seen.place AND (seen.unknown OR seen.is_foreign OR seen.nth > 1)`

const sqlAddFile = `
INSERT INTO timeliness.file (id, channel, sha256, name, bank_file, state, reason, scope, covered_from, covered_to, complete_to,
                             rows, covered, events, set_aside, taken_by, taken_at)
SELECT @file, @channel, @sha256, @name, @bank_file, 'taken', '', @scope, @from, @to, @complete,
       count(*), count(*) FILTER (WHERE why = ''), count(at) FILTER (WHERE why = ''), count(*) FILTER (WHERE why <> ''), @who, @now
  FROM timeliness.stage
 WHERE file = @file
RETURNING rows, covered, events`

const sqlAddCoverage = `
INSERT INTO timeliness.coverage (batch, payment, attempt, file, from_date, last_date)
SELECT batch, payment, attempt, file, from_date, last_date FROM timeliness.stage WHERE file = @file AND why = ''`

const sqlAddEvents = `
INSERT INTO timeliness.event (batch, payment, attempt, at, kind, file)
SELECT batch, payment, attempt, at, kind, file FROM timeliness.stage WHERE file = @file AND why = '' AND at IS NOT NULL
ON CONFLICT DO NOTHING`

const sqlAddSetAside = `
INSERT INTO timeliness.set_aside (file, line, reference, why)
SELECT file, line, reference, why FROM timeliness.stage WHERE file = @file AND why <> ''`

const sqlClearStage = `DELETE FROM timeliness.stage WHERE file = @file`

// keep turns the staged rows into coverage, events and rows set aside, and
// fills the receipt from what was stored.
func keep(ctx context.Context, tx pgx.Tx, f File, p Promise, r *Receipt) error {
	args := pgx.NamedArgs{
		"file": r.ID, "channel": f.Channel, "sha256": f.SHA256[:], "name": f.Name, "bank_file": p.FileID, "scope": p.Scope,
		"from": p.From, "to": p.To, "complete": p.Complete, "who": f.TakenBy, "now": f.Now,
		"unknown": whyUnknown, "foreign": whyForeign, "twice": whyTwice,
	}
	if _, err := tx.Exec(ctx, sqlFindWhy, args); err != nil {
		return fmt.Errorf("look references up: %w", err)
	}
	if err := tx.QueryRow(ctx, sqlAddFile, args).Scan(&r.Rows, &r.Covered, &r.Events); err != nil {
		return fmt.Errorf("record the file: %w", err)
	}
	for _, step := range []struct{ what, sql string }{
		{"coverage", sqlAddCoverage}, {"events", sqlAddEvents}, {"rows set aside", sqlAddSetAside}, {"stage", sqlClearStage},
	} {
		if _, err := tx.Exec(ctx, step.sql, args); err != nil {
			return fmt.Errorf("record %s: %w", step.what, err)
		}
	}
	var err error
	r.SetAside, err = setAside(ctx, tx, r.ID)
	return err
}

const sqlSetAside = `SELECT line, reference, why FROM timeliness.set_aside WHERE file = @file ORDER BY line LIMIT @limit`

func setAside(ctx context.Context, tx pgx.Tx, file int64) ([]SetAside, error) {
	rows, _ := tx.Query(ctx, sqlSetAside, pgx.NamedArgs{"file": file, "limit": setAsideMax})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SetAside])
	if err != nil {
		return nil, fmt.Errorf("rows set aside: %w", err)
	}
	return list, nil
}

const sqlRefuse = `
INSERT INTO timeliness.file (id, channel, sha256, name, bank_file, state, reason, scope, rows, covered, events, set_aside, taken_by, taken_at)
VALUES (nextval('timeliness.file_seq'), @channel, @sha256, @name, '', 'refused', @reason, '', 0, 0, 0, 0, @who, @now)`

func refuse(ctx context.Context, db pgdb.DB, f File, bad *bankadapters.FileError) error {
	return pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sqlRefuse, pgx.NamedArgs{"channel": f.Channel, "sha256": f.SHA256[:], "name": f.Name,
			"reason": bad.Error(), "who": f.TakenBy, "now": f.Now})
		return err
	})
}
