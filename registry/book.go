package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

// UnitKey names a unit: the code alone has named several places.
type UnitKey struct {
	Code      string
	ValidFrom calendar.Date
}

// Key returns the unit's key.
func (u Unit) Key() UnitKey { return UnitKey{Code: u.Code, ValidFrom: u.ValidFrom} }

// Book is a budget unit whose Treasury and bank accounts pay.
type Book struct {
	Code      string // mã ĐVQHNS
	NameVI    string
	NameEN    string
	ValidFrom calendar.Date
}

// BookRule says that a programme's people of a unit are paid from a book.
type BookRule struct {
	Programme string
	Unit      UnitKey
	Book      string
	ValidFrom calendar.Date
}

// ErrNoBook means that nobody has said which book pays a programme in a unit.
var ErrNoBook = errors.New("no book is set for this programme and unit")

// ErrNoUnit means a unit code that is not in force on the day asked.
var ErrNoUnit = errors.New("no such unit on this day")

const sqlAddBook = `
INSERT INTO registry.book (code, valid_from, name_vi, name_en)
VALUES (@code, @valid_from, @name_vi, @name_en)
ON CONFLICT (code, valid_from) DO NOTHING`

// AddBook records a book. The same book again changes nothing.
func AddBook(ctx context.Context, tx pgx.Tx, b Book) error {
	_, err := tx.Exec(ctx, sqlAddBook, pgx.NamedArgs{"code": b.Code, "valid_from": b.ValidFrom, "name_vi": b.NameVI, "name_en": b.NameEN})
	if err != nil {
		return fmt.Errorf("add book %s: %w", b.Code, err)
	}
	return nil
}

const sqlAddBookRules = `
INSERT INTO registry.book_of (programme, unit_code, unit_valid_from, valid_from, book)
SELECT programme, unit_code, unit_valid_from, valid_from, book
  FROM unnest(@programmes::text[], @units::text[], @unit_froms::date[], @froms::date[], @books::text[])
       AS r (programme, unit_code, unit_valid_from, valid_from, book)
ON CONFLICT (programme, unit_code, unit_valid_from, valid_from) DO NOTHING`

// AddBookRules records which book pays, for many units at once. A rule is never
// changed: another book from a later day is another rule.
func AddBookRules(ctx context.Context, tx pgx.Tx, rules []BookRule) error {
	args := struct {
		programmes, units, books []string
		unitFroms, froms         []time.Time
	}{}
	for _, r := range rules {
		args.programmes = append(args.programmes, r.Programme)
		args.units = append(args.units, r.Unit.Code)
		args.books = append(args.books, r.Book)
		args.unitFroms = append(args.unitFroms, dateUTC(r.Unit.ValidFrom))
		args.froms = append(args.froms, dateUTC(r.ValidFrom))
	}
	_, err := tx.Exec(ctx, sqlAddBookRules, pgx.NamedArgs{"programmes": args.programmes, "units": args.units,
		"unit_froms": args.unitFroms, "froms": args.froms, "books": args.books})
	if err != nil {
		return fmt.Errorf("add %d book rules: %w", len(rules), err)
	}
	return nil
}

const sqlBookOf = `
SELECT book
  FROM registry.book_of
 WHERE programme = @programme
   AND unit_code = @unit
   AND unit_valid_from = @unit_from
   AND valid_from <= @day
 ORDER BY valid_from DESC
 LIMIT 1`

// BookOf returns the code of the book that pays a programme in a unit on a day,
// or ErrNoBook.
func BookOf(ctx context.Context, db pgdb.Querier, programme string, unit UnitKey, day calendar.Date) (string, error) {
	rows, err := db.Query(ctx, sqlBookOf, pgx.NamedArgs{"programme": programme, "unit": unit.Code,
		"unit_from": unit.ValidFrom, "day": day})
	if err != nil {
		return "", fmt.Errorf("find book of %s in %s: %w", programme, unit.Code, err)
	}
	book, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("%s in %s on %s: %w", programme, unit.Code, day, ErrNoBook)
	}
	if err != nil {
		return "", fmt.Errorf("find book of %s in %s: %w", programme, unit.Code, err)
	}
	return book, nil
}

const sqlUnitAt = `
SELECT code, valid_from
  FROM registry.unit
 WHERE code = @code
   AND valid_from <= @day
   AND (valid_to IS NULL OR valid_to >= @day)`

// UnitAt returns the key of the unit that carries a code on a day, or ErrNoUnit.
func UnitAt(ctx context.Context, db pgdb.Querier, code string, day calendar.Date) (UnitKey, error) {
	rows, err := db.Query(ctx, sqlUnitAt, pgx.NamedArgs{"code": code, "day": day})
	if err != nil {
		return UnitKey{}, fmt.Errorf("find unit %s: %w", code, err)
	}
	unit, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[UnitKey])
	if errors.Is(err, pgx.ErrNoRows) {
		return UnitKey{}, fmt.Errorf("unit %s on %s: %w", code, day, ErrNoUnit)
	}
	if err != nil {
		return UnitKey{}, fmt.Errorf("find unit %s: %w", code, err)
	}
	return unit, nil
}

// PayingBook is what one book pays for one programme.
type PayingBook struct {
	Code      string
	NameVI    string
	Programme string
	Units     int // communes
}

const sqlPayingBooks = `
SELECT o.book, coalesce((SELECT b.name_vi FROM registry.book AS b WHERE b.code = o.book ORDER BY b.valid_from DESC LIMIT 1), '') AS name_vi,
       o.programme, count(DISTINCT o.unit_code)
  FROM registry.book_of AS o
 GROUP BY o.book, o.programme
 ORDER BY o.book, o.programme`

// PayingBooks lists every book by code with what it pays.
func PayingBooks(ctx context.Context, db pgdb.Querier) ([]PayingBook, error) {
	rows, err := db.Query(ctx, sqlPayingBooks)
	if err != nil {
		return nil, fmt.Errorf("list books: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PayingBook])
	if err != nil {
		return nil, fmt.Errorf("list books: %w", err)
	}
	return list, nil
}
