package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/errs"
	"ansinh/internal/vntext"
)

// SameAs says that another record is this person too. Both records stay; from then
// on the other speaks through this one: a right that either holds blocks the other,
// and the way of payment is this one's. What was paid stays where it was paid.
type SameAs struct {
	Gone int64
}

// NotSame takes a merge back: both records are as they were, with the rights each
// of them holds.
type NotSame struct {
	Gone int64
}

// Kind is [KindMerge].
func (SameAs) Kind() Kind                       { return KindMerge }
func (SameAs) read(text []byte) (Change, error) { return readAs[SameAs](text) }

// Kind is [KindUnmerge].
func (NotSame) Kind() Kind                       { return KindUnmerge }
func (NotSame) read(text []byte) (Change, error) { return readAs[NotSame](text) }

func mergeRefused(vi, en string) error {
	return errs.Coded(errs.Conflict, "PEOPLE-MERGE", fmt.Sprintf("Gộp hồ sơ: %s. / Merge: %s.", vi, en), nil)
}

const sqlEitherReported = `SELECT EXISTS (SELECT 1 FROM registry.death_waiting WHERE person = ANY (@people::bigint[]))`

func (c SameAs) check(ctx context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	if c.Gone == w.person.ID {
		return mergeRefused("cần hai hồ sơ khác nhau", "two different records are needed")
	}
	other, err := readPerson(ctx, w.tx, c.Gone)
	if err != nil {
		return err
	}
	more, err := w.group(ctx, c.Gone)
	if err != nil {
		return err
	}
	if other.Into != 0 || len(more) > 1 {
		return mergeRefused("hồ sơ kia đã gộp với hồ sơ khác, hãy tách trước", "the other record is part of a merge: undo that first")
	}
	_, dead, err := DiedOn(ctx, w.tx, w.person.ID)
	_, otherDead, errOther := DiedOn(ctx, w.tx, c.Gone)
	if err := errors.Join(err, errOther); err != nil {
		return err
	}
	if dead != otherDead {
		return mergeRefused("một hồ sơ đã báo tử, một chưa", "one record is dead and one alive")
	}
	// Merged, a report on the other record could not be confirmed any more, and the
	// kept one would be paid meanwhile.
	var reported bool
	if err := w.tx.QueryRow(ctx, sqlEitherReported, pgx.NamedArgs{"people": []int64{w.person.ID, c.Gone}}).Scan(&reported); err != nil {
		return fmt.Errorf("death reports of persons %d and %d: %w", w.person.ID, c.Gone, err)
	}
	if reported {
		return mergeRefused("có báo tử chờ xác nhận, hãy quyết định việc đó trước", "a death is reported and not confirmed: decide that first")
	}
	sameBirth := w.person.Birth.Year == other.Birth.Year
	if !sameBirth && !vntext.SameName(w.person.Name, other.Name) {
		return mergeRefused("hai hồ sơ khác cả tên và năm sinh", "name and year of birth both differ")
	}
	return nil
}

const sqlMergeOf = `SELECT coalesce((SELECT s.act FROM registry.same_person AS s WHERE s.gone = @gone), 0)`

func (w *work) mergeOf(ctx context.Context, gone int64) (int64, error) {
	var act int64
	if err := w.tx.QueryRow(ctx, sqlMergeOf, pgx.NamedArgs{"gone": gone}).Scan(&act); err != nil {
		return 0, fmt.Errorf("merge of person %d: %w", gone, err)
	}
	return act, nil
}

func (c SameAs) current(ctx context.Context, w *work) (string, error) {
	act, err := w.mergeOf(ctx, c.Gone)
	return fmt.Sprint(act), err
}

const sqlAddMerge = `INSERT INTO registry.merged (act, kept, gone) VALUES (@act, @kept, @gone)`

func (c SameAs) apply(ctx context.Context, w *work) error {
	args := pgx.NamedArgs{"act": w.act.ID, "kept": w.person.ID, "gone": c.Gone}
	if _, err := w.tx.Exec(ctx, sqlAddMerge, args); err != nil {
		return fmt.Errorf("merge person %d: %w", c.Gone, err)
	}
	double, err := w.Office.DoubleClaims(ctx, w.tx, w.act.ID, w.person.ID, c.Gone, w.now)
	if err != nil || double == 0 {
		return err
	}
	return w.record(ctx, w.act.By, "person.double_claims", map[string]any{"claims": double, "gone": c.Gone})
}

func (c NotSame) check(ctx context.Context, w *work) error {
	other, err := readPerson(ctx, w.tx, c.Gone)
	if err == nil && other.Into != w.person.ID {
		return mergeRefused("hồ sơ kia không gộp vào hồ sơ này", "the other record is not merged into this one")
	}
	return err
}

func (c NotSame) current(ctx context.Context, w *work) (string, error) {
	act, err := w.mergeOf(ctx, c.Gone)
	return fmt.Sprint(act), err
}

const sqlUndoMerge = `INSERT INTO registry.merge_undone (merged, act) VALUES (@merged, @act)`

func (c NotSame) apply(ctx context.Context, w *work) error {
	merged, err := w.mergeOf(ctx, c.Gone)
	if err != nil {
		return err
	}
	if _, err := w.tx.Exec(ctx, sqlUndoMerge, pgx.NamedArgs{"merged": merged, "act": w.act.ID}); err != nil {
		return fmt.Errorf("undo merge %d: %w", merged, err)
	}
	if err := w.Office.LiftHold(ctx, w.tx, []int64{w.person.ID, c.Gone}, DoubleHold(merged), w.now); err != nil {
		return err
	}
	return w.outliveOther(ctx, c.Gone)
}

const sqlDeathsOf = `
SELECT a.id FROM registry.act AS a
  LEFT JOIN registry.act_decision AS d ON d.act = a.id
 WHERE a.person = @person AND a.kind = 'death' AND d.outcome IS DISTINCT FROM 'refused'
 ORDER BY a.id`

// outliveOther lets go what of the other record rests because of a death of this
// one: it was another person's.
func (w *work) outliveOther(ctx context.Context, gone int64) error {
	rows, _ := w.tx.Query(ctx, sqlDeathsOf, pgx.NamedArgs{"person": w.person.ID})
	deaths, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("deaths of person %d: %w", w.person.ID, err)
	}
	for _, act := range deaths {
		if err := w.Office.LiftHold(ctx, w.tx, []int64{gone}, deathHold(act), w.now); err != nil {
			return err
		}
	}
	return nil
}
