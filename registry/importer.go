package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// File is a list as it was handed in.
type File struct {
	Name    string // for people; never trusted
	Content io.ReaderAt
	Size    int64
}

// ImportOptions say for what a list is, and how strictly it is taken.
type ImportOptions struct {
	Programme string
	// Month is the first day of the month the list is for, zero where the programme
	// is paid once. The registry knows no programmes: whoever calls knows which.
	Month  calendar.Date
	Unit   UnitKey
	By     string    // who imports, for the record
	Now    time.Time // when
	Random io.Reader // for nonces: crypto/rand.Reader, except in a repeatable demo
	// AcceptValid takes the rows without an error and records the others as
	// refused. Without it any error keeps the whole list out.
	AcceptValid bool
	Limits      Limits
	Sheet       string // see ReadOptions
	Password    string // see ReadOptions
	// AcceptRepairs takes the values that repairs offer.
	AcceptRepairs bool
	Text          TextOptions
	// Claims finds rows that ask for what an open batch holds. Nil = nobody asks.
	Claims Claims
	// LastProgramme is the programme of last time, with whose last list this one is
	// compared. "" means the same programme.
	LastProgramme string
	// Files remembers who stood on the other lists of one command. May be nil.
	Files *Files
}

// Reading returns how a list for these options is read.
func (o ImportOptions) Reading(demo bool) ReadOptions {
	return ReadOptions{Demo: demo, Now: o.Now, Limits: o.Limits, AcceptRepairs: o.AcceptRepairs, Text: o.Text, Unit: o.Unit.Code,
		Month: o.Month, Sheet: o.Sheet, Password: o.Password}
}

// Result is what an import did, or did before.
type Result struct {
	List            int64
	Again           bool // the same file was taken before: nothing was done now
	RowsTotal       int
	RowsTaken       int
	RowsRefused     int
	PeopleNew       int // records this list began
	PeopleKnown     int // people of this list known before
	ChannelsChanged int // channels this list ended or replaced
	Waiting         int // rows that were refused and wait for a decision
	Settled         int // refused rows of earlier lists that this one corrects
	Skipped         Skipped
	Carried         int      // people the list did not name, taken over from the month before
	Changes         *Changes // against the month before, nil without one
	// Missing are the people of the last list who are not on this one: a work list.
	// Empty for Again.
	Missing  []Missing
	Findings []Finding // errors of refused rows and all warnings; empty for Again
}

// RefusedError is a list of which nothing was taken, with every reason.
type RefusedError struct {
	Findings  []Finding
	RowsTotal int
}

// Error counts the reasons and gives the first, without any cell's value.
func (e *RefusedError) Error() string {
	first := ""
	for _, f := range e.Findings {
		if f.Refuses() {
			first = f.String()
			break
		}
	}
	return fmt.Sprintf("nothing was taken: %d errors in %d rows, the first: %s", e.Errors(), e.RowsTotal, first)
}

// Errors counts the findings that refuse, leaving out the warnings.
func (e *RefusedError) Errors() int {
	n := 0
	for _, f := range e.Findings {
		if f.Refuses() {
			n++
		}
	}
	return n
}

// ImportList reads a workbook and takes it, in one transaction: people,
// channels, rows. It holds one file in memory, never more.
//
// The same bytes for the same programme, month and unit answer with the first result.
// Errors: *FileError (no list at all), *RefusedError (with all findings),
// ErrUnmarked, pgdb.ErrCommitUnknown (call again: it is safe).
func ImportList(ctx context.Context, db pgdb.DB, keys *crypt.Keys, file File, options ImportOptions) (Result, error) {
	r, err := OpenList(ctx, db, keys, file, options)
	if err != nil {
		return Result{}, err
	}
	return r.Take(ctx, db)
}

// OpenedList is a workbook read and checked as far as that needs no other list.
// Whoever takes many reads the next one while the database takes this one.
type OpenedList struct {
	im    importer
	list  intake
	again *Result // taken before, when that was known at reading
}

// Sheet names the sheet the list was read from, empty if it was taken before.
func (r *OpenedList) Sheet() string { return r.list.Sheet }

// Unit is the code of the commune the list is for.
func (r *OpenedList) Unit() string { return r.im.options.Unit.Code }

// OpenList is the first half of ImportList: it reads and writes nothing. Its
// errors are those of ImportList.
func OpenList(ctx context.Context, db pgdb.DB, keys *crypt.Keys, file File, options ImportOptions) (*OpenedList, error) {
	limits := options.Limits.orDefault()
	if err := checkSize(file.Size, limits); err != nil {
		return nil, inWords(err)
	}
	content, err := io.ReadAll(io.NewSectionReader(file.Content, 0, file.Size))
	if err != nil {
		return nil, fmt.Errorf("read list %s: %w", file.Name, err)
	}
	im := importer{keys: keys, file: file.Name, content: content, digest: sha256.Sum256(content), options: options}
	if err := im.checkUnit(ctx, db); err != nil {
		return nil, inWords(err)
	}
	if result, found, err := im.before(ctx, db); found || err != nil {
		return &OpenedList{im: im, again: &result}, err
	}
	demo, err := IsDemo(ctx, db)
	if err != nil {
		return nil, err
	}
	list, err := ReadList(ctx, bytes.NewReader(content), int64(len(content)), options.Reading(demo))
	if err != nil {
		return nil, inWords(err)
	}
	if list, err = excused(ctx, db, keys, list, calendar.DateOf(options.Now)); err != nil {
		return nil, err
	}
	if !list.Readable() || list.Errors() > 0 && !options.AcceptValid || list.Taken() == 0 {
		return nil, inWords(&RefusedError{Findings: list.Findings, RowsTotal: len(list.Lines)})
	}
	if list.alone { // the file's only list is the same whether its sheet was named or not
		im.options.Sheet = ""
	}
	in, err := im.close(list)
	if err != nil {
		return nil, err
	}
	return &OpenedList{im: im, list: in}, nil
}

// Take is the second half of ImportList: one transaction.
func (r *OpenedList) Take(ctx context.Context, db pgdb.DB) (Result, error) {
	if r.again != nil {
		return *r.again, nil
	}
	r.im.options.Files.Check(r.im.file, &r.list.List)
	if r.list.Errors() > 0 && !r.im.options.AcceptValid || r.list.Taken() == 0 {
		return Result{}, inWords(&RefusedError{Findings: r.list.Findings, RowsTotal: len(r.list.Lines)})
	}
	var result Result
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		result, err = r.im.take(ctx, tx, r.list)
		return err
	})
	if err != nil {
		return Result{}, inWords(err)
	}
	return result, nil
}

// inWords gives errors a person can mend their sentence, and leaves others.
func inWords(err error) error {
	var file *FileError
	var refused *RefusedError
	switch {
	case errors.As(err, &file):
		return errs.Coded(errs.Invalid, string(file.Finding.Code), file.Finding.String(), err)
	case errors.As(err, &refused):
		for _, f := range refused.Findings {
			if f.Refuses() {
				return errs.Coded(errs.Invalid, string(f.Code), refused.Error(), err)
			}
		}
		return errs.Coded(errs.Invalid, string(RowsNone), refused.Error(), err)
	default:
		return err
	}
}

// importer is one file on its way in.
type importer struct {
	keys    *crypt.Keys
	file    string
	content []byte
	digest  [sha256.Size]byte
	options ImportOptions
	long    bool // never the short way of takeNew; for tests that compare the two
}

// close encrypts what identifies people before it leaves this process.
func (im *importer) close(list List) (intake, error) {
	closed, err := closeLines(im.keys, im.options.Random, im.options.Unit, list.Lines)
	return intake{List: list, closed: closed}, err
}

const sqlUnitExists = `
SELECT count(*) FROM registry.unit
 WHERE code = @code AND valid_from = @valid_from AND valid_from <= @day AND (valid_to IS NULL OR valid_to >= @day)`

func (im *importer) checkUnit(ctx context.Context, db pgdb.Querier) error {
	var n int
	unit := im.options.Unit
	err := db.QueryRow(ctx, sqlUnitExists, pgx.NamedArgs{"code": unit.Code, "valid_from": unit.ValidFrom,
		"day": calendar.DateOf(im.options.Now)}).Scan(&n)
	if err != nil {
		return fmt.Errorf("find unit %s: %w", unit.Code, err)
	}
	if n == 0 {
		return fileError(UnitUnknown, ErrNoUnit, unit.Code)
	}
	return nil
}

const sqlListBefore = `
SELECT id, rows_total, rows_taken, rows_refused, people_new, people_known, channels_changed
  FROM registry.list
 WHERE programme = @programme
   AND unit_code = @unit
   AND unit_valid_from = @unit_from
   AND sha256 = @sha256
   AND sheet IN ('', @sheet)
   AND month IS NOT DISTINCT FROM @month::date`

// before looks for the same bytes taken earlier, whole or this sheet of them.
func (im *importer) before(ctx context.Context, db pgdb.Querier) (result Result, found bool, err error) {
	err = db.QueryRow(ctx, sqlListBefore, im.keyArgs()).Scan(&result.List, &result.RowsTotal, &result.RowsTaken,
		&result.RowsRefused, &result.PeopleNew, &result.PeopleKnown, &result.ChannelsChanged)
	if errors.Is(err, pgx.ErrNoRows) {
		return Result{}, false, nil
	}
	if err != nil {
		return Result{}, false, fmt.Errorf("look for list %s: %w", im.file, err)
	}
	result.Again = true
	result.Changes, err = ChangesOf(ctx, db, result.List)
	return result, true, err
}

func (im *importer) keyArgs() pgx.NamedArgs {
	return pgx.NamedArgs{
		"programme": im.options.Programme,
		"month":     im.options.Month,
		"unit":      im.options.Unit.Code,
		"unit_from": im.options.Unit.ValidFrom,
		"sha256":    im.digest[:],
		"sheet":     im.options.Sheet,
	}
}

// One import per unit at a time: the checks for namesakes without an id look at
// the unit's people and must not miss those a twin import is adding.
const sqlLockUnit = `SELECT pg_catalog.pg_advisory_xact_lock(hashtextextended('registry.unit ' || @unit, 0))`

// No act on a person is decided meanwhile (package people takes this lock alone): a
// row whose person's id changed between two statements would belong to nobody.
const sqlLockActs = `SELECT pg_catalog.pg_advisory_xact_lock_shared(hashtextextended('registry.act', 0))`

const sqlNextList = `SELECT nextval('registry.list_seq')`

// take writes the list inside tx. Order matters: a row that meets an unclear
// person is refused before anything is derived from it.
func (im *importer) take(ctx context.Context, tx pgx.Tx, in intake) (Result, error) {
	if _, err := tx.Exec(ctx, sqlLockActs); err != nil {
		return Result{}, fmt.Errorf("wait for changes of people: %w", err)
	}
	if _, err := tx.Exec(ctx, sqlLockUnit, pgx.NamedArgs{"unit": im.options.Unit.Code}); err != nil {
		return Result{}, fmt.Errorf("lock unit %s: %w", im.options.Unit.Code, err)
	}
	if result, found, err := im.before(ctx, tx); found || err != nil {
		return result, err
	}
	list := in.List
	s, held, err := im.hold(ctx, tx, in)
	if err != nil {
		return Result{}, err
	}
	findings := slices.Concat(list.Findings, held) // take may run again: never append in place
	slices.SortStableFunc(findings, func(a, b Finding) int { return a.Row - b.Row })
	result := Result{List: s.list, RowsTotal: len(list.Lines), RowsRefused: list.Refused() + s.dropped,
		PeopleNew: s.peopleNew, PeopleKnown: s.peopleKnown, ChannelsChanged: s.channelsChanged,
		Carried: s.carried, Skipped: list.Skipped, Findings: findings}
	result.RowsTaken = result.RowsTotal - result.RowsRefused
	if slices.ContainsFunc(held, Finding.Refuses) && !im.options.AcceptValid || slices.ContainsFunc(held, wholeFile) || result.RowsTaken == 0 {
		return Result{}, &RefusedError{Findings: findings, RowsTotal: len(list.Lines)}
	}
	if result.Missing, err = s.missing(ctx, list, im.options); err != nil {
		return Result{}, err
	}
	if err := im.record(ctx, tx, result); err != nil {
		return Result{}, err
	}
	if result.Waiting, err = im.keepRefused(ctx, tx, list, result, s.claimed); err != nil {
		return Result{}, err
	}
	if result.Settled, err = settleRefused(ctx, tx, s.list, im.options); err != nil {
		return Result{}, err
	}
	if result.Changes, err = im.recordChanges(ctx, s); err != nil {
		return Result{}, err
	}
	return result, s.clear(ctx)
}

// record writes the list itself, what was refused and flagged, and the act.
func (im *importer) record(ctx context.Context, tx pgx.Tx, result Result) error {
	original, err := im.keys.Encrypt(im.options.Random, place("list-original", im.digest[:]), crypt.Secret(im.content))
	if err != nil {
		return fmt.Errorf("encrypt list %s: %w", im.file, err)
	}
	if err := im.addList(ctx, tx, result, original); err != nil {
		return err
	}
	if err := addFindings(ctx, tx, result.List, result.Findings); err != nil {
		return err
	}
	_, err = audit.Append(ctx, tx, audit.Entry{
		At: im.options.Now, Actor: im.options.By, Act: "list.import", Subject: fmt.Sprintf("list %d", result.List),
		Detail: map[string]any{
			"programme": im.options.Programme, "month": im.options.Month.String(), "carried": result.Carried, "unit": im.options.Unit.Code, "sha256": fmt.Sprintf("%x", im.digest),
			"rows_taken": result.RowsTaken, "rows_refused": result.RowsRefused, "accept_valid": im.options.AcceptValid, "accept_repairs": im.options.AcceptRepairs,
			"encoding": string(im.options.Text.Encoding), "encoding_confirmed": im.options.Text.Confirmed,
		},
	})
	if err != nil {
		return fmt.Errorf("record import of list %d: %w", result.List, err)
	}
	return nil
}

const sqlAddList = `
INSERT INTO registry.list
       (id, programme, month, unit_code, unit_valid_from, file_name, sheet, sha256, original_enc, rows_total, rows_taken, rows_refused,
        people_new, people_known, channels_changed, imported_by, imported_at)
VALUES (@id, @programme, @month, @unit, @unit_from, @file_name, @sheet, @sha256, @original, @total, @taken, @refused,
        @people_new, @people_known, @channels_changed, @by, @now)`

// addList writes the row of the list.
func (im *importer) addList(ctx context.Context, tx pgx.Tx, result Result, original []byte) error {
	args := im.keyArgs()
	for name, value := range (pgx.NamedArgs{
		"id": result.List, "file_name": im.file, "original": original,
		"total": result.RowsTotal, "taken": result.RowsTaken, "refused": result.RowsRefused,
		"people_new": result.PeopleNew, "people_known": result.PeopleKnown, "channels_changed": result.ChannelsChanged,
		"by": im.options.By, "now": im.options.Now,
	}) {
		args[name] = value
	}
	if _, err := tx.Exec(ctx, sqlAddList, args); err != nil {
		return fmt.Errorf("record list %s: %w", im.file, err)
	}
	return nil
}

const sqlOriginal = `SELECT file_name, sha256, original_enc FROM registry.list WHERE id = @id`

// Original returns the workbook of a list as it was handed in.
func Original(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, list int64) (name string, content []byte, err error) {
	var digest, closed []byte
	if err := db.QueryRow(ctx, sqlOriginal, pgx.NamedArgs{"id": list}).Scan(&name, &digest, &closed); err != nil {
		return "", nil, fmt.Errorf("read original of list %d: %w", list, err)
	}
	plain, err := keys.Decrypt(place("list-original", digest), closed)
	if err != nil {
		return "", nil, fmt.Errorf("open original of list %d: %w", list, err)
	}
	return name, []byte(plain.Reveal()), nil
}
