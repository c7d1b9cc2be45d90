package people

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/internal/vntext"
	"ansinh/registry"
)

// NameIs says the person's name.
type NameIs struct {
	Name string
}

// IDIs says the person's personal id.
type IDIs struct {
	ID crypt.Secret // 12 digits
}

// BornOn says birth and sex.
type BornOn struct {
	Birth registry.Birth
	Sex   registry.Sex
}

// LivesIn says the home commune.
type LivesIn struct {
	Unit registry.UnitKey
}

// ServedAt says which commune hands the money out, if it is not the home commune.
// It moves the pay point only: right, list and book stay with the home commune.
type ServedAt struct {
	Unit registry.UnitKey // the home commune again ends it
}

// Kind is [KindName].
func (NameIs) Kind() Kind                       { return KindName }
func (NameIs) read(text []byte) (Change, error) { return readAs[NameIs](text) }

// Kind is [KindID].
func (IDIs) Kind() Kind                       { return KindID }
func (IDIs) read(text []byte) (Change, error) { return readAs[IDIs](text) }
func (c IDIs) secretID() crypt.Secret         { return c.ID }

// Kind is [KindBirth].
func (BornOn) Kind() Kind                       { return KindBirth }
func (BornOn) read(text []byte) (Change, error) { return readAs[BornOn](text) }

// Kind is [KindUnit].
func (LivesIn) Kind() Kind                       { return KindUnit }
func (LivesIn) read(text []byte) (Change, error) { return readAs[LivesIn](text) }

// Kind is [KindServing].
func (ServedAt) Kind() Kind                       { return KindServing }
func (ServedAt) read(text []byte) (Change, error) { return readAs[ServedAt](text) }

const nameMax = 100

// soundName refuses what is no name: empty, too long, with digits or signs.
func soundName(name string) error {
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .'-’", r)
	})
	if odd || vntext.FoldTight(name) == "" || utf8.RuneCountInString(name) > nameMax {
		return errs.Coded(errs.Invalid, "PEOPLE-NAME", "Ghi họ và tên bằng chữ, tối đa 100 ký tự. / Write the name in letters, at most 100.", nil)
	}
	return nil
}

func (c NameIs) check(_ context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	return soundName(c.Name)
}

func (NameIs) current(_ context.Context, w *work) (string, error) { return w.person.Name, nil }

const sqlSetName = `UPDATE registry.person SET name = @name, name_fold = @fold, changed_at = @now WHERE id = @person`

func (c NameIs) apply(ctx context.Context, w *work) error {
	name := vntext.NFC(c.Name)
	if err := w.say(ctx, fieldName, name); err != nil {
		return err
	}
	return w.set(ctx, sqlSetName, pgx.NamedArgs{"name": name, "fold": vntext.Fold(name)})
}

// notMerged refuses a change of a record that speaks through another.
func (w *work) notMerged() error {
	if w.person.Into == 0 {
		return nil
	}
	return errs.Coded(errs.Conflict, "PEOPLE-MERGED", fmt.Sprintf("Hồ sơ %d đã gộp vào hồ sơ %d: làm việc trên hồ sơ đó. / "+
		"Record %d was merged into %d: work on that one.", w.person.ID, w.person.Into, w.person.ID, w.person.Into), nil)
}

// set changes the record as it is now.
func (w *work) set(ctx context.Context, sql string, args pgx.NamedArgs) error {
	args["person"], args["now"] = w.person.ID, w.now
	if _, err := w.tx.Exec(ctx, sql, args); err != nil {
		return fmt.Errorf("change person %d: %w", w.person.ID, err)
	}
	return nil
}

// id opens the id an act carries, before and after it was stored.
func (w *work) id(given crypt.Secret) (crypt.Secret, error) {
	if w.act.IDEnc == nil {
		return given, nil
	}
	return registry.OpenID(w.Keys, w.act.IDIndex, w.act.IDEnc)
}

const sqlIDOwner = `SELECT coalesce(max(id), 0) FROM registry.person WHERE id_index = @index AND id <> @person`

func (c IDIs) check(ctx context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	id, err := w.id(c.ID)
	if err != nil {
		return err
	}
	demo, err := registry.IsDemo(ctx, w.tx)
	if err != nil {
		return err
	}
	if err := registry.CheckID(id, w.person.Birth, w.person.Sex, demo); err != nil {
		return err
	}
	var owner int64
	if err := w.tx.QueryRow(ctx, sqlIDOwner, pgx.NamedArgs{"index": w.Keys.Index(crypt.FieldID, id), "person": w.person.ID}).Scan(&owner); err != nil {
		return fmt.Errorf("whose id it is: %w", err)
	}
	if owner != 0 {
		return errs.Coded(errs.Conflict, "PEOPLE-ID-TAKEN", fmt.Sprintf("Số định danh này là của hồ sơ %d: nếu là một người thì đề nghị gộp hồ sơ. / "+
			"This id belongs to record %d: if they are one person, propose to merge the records.", owner, owner), nil)
	}
	return nil
}

func (IDIs) current(_ context.Context, w *work) (string, error) {
	return fmt.Sprintf("%x", w.person.IDIndex), nil
}

const sqlSetID = `UPDATE registry.person SET id_index = @index, id_enc = @closed, changed_at = @now WHERE id = @person`

func (c IDIs) apply(ctx context.Context, w *work) error {
	id, err := w.id(c.ID)
	if err != nil {
		return err
	}
	if err := w.say(ctx, fieldID, id.String()); err != nil {
		return err
	}
	return w.set(ctx, sqlSetID, pgx.NamedArgs{"index": w.act.IDIndex, "closed": w.act.IDEnc})
}

func (c BornOn) check(ctx context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	b := c.Birth
	if b.Year < 1900 || b.Year > w.today.Year() || !b.Date.IsZero() && b.Date.After(w.today) || b.Precision == registry.PrecisionNone || b.Precision == "" ||
		!b.Date.IsZero() && b.Date.Year() != b.Year || (b.Precision == registry.PrecisionYear) != b.Date.IsZero() {
		return errs.Coded(errs.Invalid, "PEOPLE-BIRTH", "Ngày sinh không hợp lệ hoặc sau hôm nay. / The birth date is not a date, or lies after today.", nil)
	}
	if w.person.IDEnc == nil {
		return nil
	}
	id, err := registry.OpenID(w.Keys, w.person.IDIndex, w.person.IDEnc)
	if err != nil {
		return err
	}
	demo, err := registry.IsDemo(ctx, w.tx)
	if err != nil {
		return err
	}
	return registry.CheckID(id, c.Birth, c.Sex, demo)
}

func (BornOn) current(_ context.Context, w *work) (string, error) {
	return birthText(w.person.Birth) + " " + string(w.person.Sex), nil
}

const sqlSetBirth = `
UPDATE registry.person SET birth_date = @date, birth_year = @year, birth_precision = @precision, sex = @sex, changed_at = @now WHERE id = @person`

func (c BornOn) apply(ctx context.Context, w *work) error {
	if err := w.say(ctx, fieldBirth, birthText(c.Birth)); err != nil {
		return err
	}
	if err := w.say(ctx, fieldSex, string(c.Sex)); err != nil {
		return err
	}
	return w.set(ctx, sqlSetBirth, pgx.NamedArgs{"date": nullDay(c.Birth.Date), "year": c.Birth.Year, "precision": c.Birth.Precision, "sex": c.Sex})
}

const sqlUnitOn = `
SELECT EXISTS (SELECT 1 FROM registry.unit WHERE code = @code AND valid_from = @from AND (valid_to IS NULL OR valid_to >= @day))`

// unitOn refuses a unit that is none on the day.
func unitOn(ctx context.Context, db pgdb.Querier, u registry.UnitKey, day calendar.Date) error {
	var there bool
	if err := db.QueryRow(ctx, sqlUnitOn, pgx.NamedArgs{"code": u.Code, "from": u.ValidFrom, "day": day}).Scan(&there); err != nil {
		return fmt.Errorf("unit %s: %w", u.Code, err)
	}
	if !there {
		return errs.Coded(errs.NotFound, "PEOPLE-UNIT", fmt.Sprintf("Không có xã, phường mã %s vào ngày %s. / There is no commune %s on %s.",
			u.Code, day.Vietnamese(), u.Code, day), registry.ErrNoUnit)
	}
	return nil
}

func (c LivesIn) check(ctx context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	return unitOn(ctx, w.tx, c.Unit, w.act.From)
}

func (LivesIn) current(_ context.Context, w *work) (string, error) {
	return unitText(w.person.Unit), nil
}

const sqlSetUnit = `UPDATE registry.person SET unit_code = @code, unit_valid_from = @from, changed_at = @now WHERE id = @person`

func (c LivesIn) apply(ctx context.Context, w *work) error {
	if err := w.say(ctx, fieldUnit, unitText(c.Unit)); err != nil {
		return err
	}
	return w.set(ctx, sqlSetUnit, pgx.NamedArgs{"code": c.Unit.Code, "from": c.Unit.ValidFrom})
}

func (c ServedAt) check(ctx context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	return unitOn(ctx, w.tx, c.Unit, w.act.From)
}

func (ServedAt) current(ctx context.Context, w *work) (string, error) {
	facts, err := Facts(ctx, w.tx, w.person.ID)
	if err != nil {
		return "", err
	}
	f, _ := factOn(facts, fieldServing, w.today, w.now.Add(time.Second))
	return f.Value, nil
}

func (c ServedAt) apply(ctx context.Context, w *work) error {
	return w.say(ctx, fieldServing, unitText(c.Unit))
}
