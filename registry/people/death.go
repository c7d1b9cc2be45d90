package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// Died says that the person died on the act's day. Proposing it rests every
// payment that is not sent. Confirmed, it ends payees and standing channels; the
// month of death and those before it are payable to an heir or the carer named by
// a later act, months after it to nobody.
type Died struct{}

// LivesAfterAll says that the report of the death was wrong. The way of payment
// comes back as it was; payees need new papers, and what is unsent to an heir rests
// until two people cancel it and a further list pays the person.
type LivesAfterAll struct{}

// Kind is [KindDeath].
func (Died) Kind() Kind                       { return KindDeath }
func (Died) read(text []byte) (Change, error) { return readAs[Died](text) }

// Kind is [KindDeathUndo].
func (LivesAfterAll) Kind() Kind                       { return KindDeathUndo }
func (LivesAfterAll) read(text []byte) (Change, error) { return readAs[LivesAfterAll](text) }

const sqlDied = `SELECT died_on, act FROM registry.death_now WHERE person = @person`

// DiedOn returns the day of a confirmed death, or false.
func DiedOn(ctx context.Context, db pgdb.Querier, person int64) (calendar.Date, bool, error) {
	day, _, dead, err := death(ctx, db, person)
	return day, dead, err
}

func death(ctx context.Context, db pgdb.Querier, person int64) (day calendar.Date, act int64, dead bool, err error) {
	err = db.QueryRow(ctx, sqlDied, pgx.NamedArgs{"person": person}).Scan(&day, &act)
	if errors.Is(err, pgx.ErrNoRows) {
		return day, 0, false, nil
	}
	if err != nil {
		return day, 0, false, fmt.Errorf("death of person %d: %w", person, err)
	}
	return day, act, true, nil
}

// alive refuses what is only done for the living.
func (w *work) alive(ctx context.Context) error {
	_, dead, err := DiedOn(ctx, w.tx, w.person.ID)
	if err == nil && dead {
		return errs.Coded(errs.Conflict, "PEOPLE-DEAD", fmt.Sprintf("Người số %d đã mất. / Person %d died.", w.person.ID, w.person.ID), nil)
	}
	return err
}

const sqlDeathReported = `SELECT EXISTS (SELECT 1 FROM registry.death_waiting WHERE person = @person AND act <> @act)`

func (Died) check(ctx context.Context, w *work) error {
	if err := errors.Join(w.notMerged(), w.alive(ctx)); err != nil {
		return err
	}
	var reported bool
	if err := w.tx.QueryRow(ctx, sqlDeathReported, pgx.NamedArgs{"person": w.person.ID, "act": w.act.ID}).Scan(&reported); err != nil {
		return fmt.Errorf("death reports of person %d: %w", w.person.ID, err)
	}
	if reported {
		return errs.Coded(errs.Conflict, "PEOPLE-DEATH-REPORTED", "Đã có một báo tử đang chờ xác nhận. / A report of the death waits to be confirmed.", nil)
	}
	if w.act.From.After(w.today) || !w.person.Birth.Date.IsZero() && w.act.From.Before(w.person.Birth.Date) {
		return errs.Coded(errs.Invalid, "PEOPLE-DEATH-DAY", "Ngày mất sau hôm nay hoặc trước ngày sinh. / The day of death lies after today or before the birth.", nil)
	}
	return nil
}

func (Died) current(ctx context.Context, w *work) (string, error) {
	_, dead, err := DiedOn(ctx, w.tx, w.person.ID)
	return fmt.Sprintf("dead %t", dead), err
}

func (Died) report(ctx context.Context, w *work) error {
	people, err := w.group(ctx, w.person.ID)
	if err != nil {
		return err
	}
	held, onTheWay, err := w.Office.HoldPeople(ctx, w.tx, people, deathHold(w.act.ID), w.now)
	if err != nil {
		return err
	}
	return w.record(ctx, w.act.By, "person.hold", map[string]any{"held": held, "on_the_way": onTheWay})
}

func (Died) takeBack(ctx context.Context, w *work) error {
	people, err := w.group(ctx, w.person.ID)
	if err != nil {
		return err
	}
	if err := w.rowsAgain(ctx, people); err != nil {
		return err
	}
	return w.Office.LiftHold(ctx, w.tx, people, deathHold(w.act.ID), w.now)
}

const sqlAddDeath = `INSERT INTO registry.death (act, person, died_on) VALUES (@act, @person, @day)`

func (d Died) apply(ctx context.Context, w *work) error {
	args := pgx.NamedArgs{"act": w.act.ID, "person": w.person.ID, "day": w.act.From}
	if _, err := w.tx.Exec(ctx, sqlAddDeath, args); err != nil {
		return fmt.Errorf("death of person %d: %w", w.person.ID, err)
	}
	if err := w.endWays(ctx); err != nil {
		return err
	}
	for _, sql := range []string{sqlEndPayees, sqlEndOfPayee} {
		if err := w.endPayees(ctx, sql); err != nil {
			return err
		}
	}
	return d.report(ctx, w) // what was planned since it was proposed
}

func (LivesAfterAll) check(ctx context.Context, w *work) error {
	_, dead, err := DiedOn(ctx, w.tx, w.person.ID)
	if err == nil && !dead {
		return errs.Coded(errs.Conflict, "PEOPLE-ALIVE", fmt.Sprintf("Người số %d không có báo tử đã xác nhận. / No death of person %d is confirmed.", w.person.ID, w.person.ID), nil)
	}
	return err
}

func (LivesAfterAll) current(ctx context.Context, w *work) (string, error) {
	_, act, _, err := death(ctx, w.tx, w.person.ID)
	return fmt.Sprint(act), err
}

const sqlUndoDeath = `INSERT INTO registry.death_undone (death, act) VALUES (@death, @act)`

const sqlWaysBack = `
INSERT INTO registry.channel (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from, changed)
SELECT person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, @act, @now, kind = 'bank'
  FROM registry.channel_history WHERE person = @person AND ended_by = @death
ON CONFLICT (person, rank) DO NOTHING`

func (LivesAfterAll) apply(ctx context.Context, w *work) error {
	_, died, _, err := death(ctx, w.tx, w.person.ID)
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{"death": died, "act": w.act.ID, "person": w.person.ID, "now": w.now}
	for _, sql := range []string{sqlUndoDeath, sqlWaysBack} {
		if _, err := w.tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("undo the death of person %d: %w", w.person.ID, err)
		}
	}
	if err := w.endPayees(ctx, sqlEndPayees); err != nil { // heirs
		return err
	}
	people, err := w.group(ctx, w.person.ID)
	if err != nil {
		return err
	}
	if err := errors.Join(w.waitAlive(ctx, people), w.rowsAgain(ctx, people)); err != nil {
		return err
	}
	if err := w.Office.LiftHold(ctx, w.tx, people, deathHold(died), w.now); err != nil {
		return err
	}
	held, onTheWay, err := w.Office.HoldHeirs(ctx, w.tx, people, heirsHold(w.act.ID), w.now)
	if err != nil {
		return err
	}
	return w.record(ctx, w.act.By, "person.hold", map[string]any{"held": held, "on_the_way": onTheWay})
}

// waitAlive has the lists that left the person out because of a death wait for somebody
// to put them on.
func (w *work) waitAlive(ctx context.Context, people []int64) error {
	rows, err := registry.WaitAlive(ctx, w.tx, people, w.now)
	if err != nil || rows == 0 {
		return err
	}
	return w.record(ctx, w.act.By, "person.rows_open", map[string]any{"rows": rows})
}

// rowsAgain reopens what two people dropped because of a death that was none.
func (w *work) rowsAgain(ctx context.Context, people []int64) error {
	rows, err := w.Office.RowsAgain(ctx, w.tx, people, w.act.By, w.now)
	if err != nil || rows == 0 {
		return err
	}
	return w.record(ctx, w.act.By, "person.rows_again", map[string]any{"rows": rows})
}
