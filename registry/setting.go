package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// ErrMark means a database already marked otherwise: a demo never becomes
// real, nor the other way round.
var ErrMark = errors.New("database is already marked otherwise")

// ErrUnmarked means a database nobody has prepared: no list can be taken before
// it is known whether its people are real.
var ErrUnmarked = errors.New("database holds no installation yet: nothing set it up")

const sqlMark = `
INSERT INTO registry.setting (demo, made_at)
VALUES (@demo, @now)
ON CONFLICT (only_row) DO NOTHING`

// Prepare marks a new database as demo or real, for ever, and loads the
// embedded units and categories. Again with the same mark it adds only what a
// newer release brought; with the other mark it returns ErrMark.
func Prepare(ctx context.Context, tx pgx.Tx, demo bool, now time.Time) error {
	if _, err := tx.Exec(ctx, sqlMark, pgx.NamedArgs{"demo": demo, "now": now}); err != nil {
		return fmt.Errorf("mark database: %w", err)
	}
	marked, err := IsDemo(ctx, tx)
	if err != nil {
		return err
	}
	if marked != demo {
		return ErrMark
	}
	if err := addUnits(ctx, tx, Units()); err != nil {
		return err
	}
	return addCategories(ctx, tx, Categories())
}

const sqlIsDemo = `SELECT demo FROM registry.setting`

// IsDemo reports how the database was marked, or ErrUnmarked.
func IsDemo(ctx context.Context, db pgdb.Querier) (bool, error) {
	rows, err := db.Query(ctx, sqlIsDemo)
	if err != nil {
		return false, fmt.Errorf("read database mark: %w", err)
	}
	demo, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool])
	if errors.Is(err, pgx.ErrNoRows) {
		return false, ErrUnmarked
	}
	if err != nil {
		return false, fmt.Errorf("read database mark: %w", err)
	}
	return demo, nil
}

const sqlAddUnits = `
INSERT INTO registry.unit (code, valid_from, name_vi, name_en, kind, parent_code)
SELECT code, valid_from, name_vi, name_en, kind, parent_code
  FROM unnest(@codes::text[], @froms::date[], @names_vi::text[], @names_en::text[], @kinds::text[], @parents::text[])
       AS u (code, valid_from, name_vi, name_en, kind, parent_code)
ON CONFLICT (code, valid_from) DO NOTHING`

func addUnits(ctx context.Context, tx pgx.Tx, units []Unit) error {
	n := len(units)
	codes, froms := make([]string, n), make([]time.Time, n)
	namesVI, namesEN, kinds, parents := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, u := range units {
		codes[i], froms[i] = u.Code, dateUTC(u.ValidFrom)
		namesVI[i], namesEN[i], kinds[i], parents[i] = u.NameVI, u.NameEN, u.Kind, u.Parent
	}
	_, err := tx.Exec(ctx, sqlAddUnits, pgx.NamedArgs{"codes": codes, "froms": froms, "names_vi": namesVI,
		"names_en": namesEN, "kinds": kinds, "parents": parents})
	if err != nil {
		return fmt.Errorf("add units: %w", err)
	}
	return nil
}

const sqlAddCategories = `
INSERT INTO registry.category (code, name_vi, name_en, sensitive)
SELECT code, name_vi, name_en, sensitive
  FROM unnest(@codes::text[], @names_vi::text[], @names_en::text[], @levels::smallint[])
       AS c (code, name_vi, name_en, sensitive)
ON CONFLICT (code) DO NOTHING`

func addCategories(ctx context.Context, tx pgx.Tx, categories []Category) error {
	n := len(categories)
	codes, namesVI, namesEN, levels := make([]string, n), make([]string, n), make([]string, n), make([]int16, n)
	for i, c := range categories {
		codes[i], namesVI[i], namesEN[i], levels[i] = c.Code, c.NameVI, c.NameEN, int16(c.Sensitive)
	}
	_, err := tx.Exec(ctx, sqlAddCategories, pgx.NamedArgs{"codes": codes, "names_vi": namesVI, "names_en": namesEN, "levels": levels})
	if err != nil {
		return fmt.Errorf("add categories: %w", err)
	}
	return nil
}
