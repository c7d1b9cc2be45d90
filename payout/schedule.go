package payout

import (
	"context"
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // a server without zone files must still know Asia/Ho_Chi_Minh in a cron line

	"github.com/jackc/pgx/v5"
	"github.com/robfig/cron/v3"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// ScheduleOrder says when a batch is released: once at At, or by Cron
// ("CRON_TZ=Asia/Ho_Chi_Minh 0 8 5 * *"), never both.
type ScheduleOrder struct {
	Batch ledger.BatchID
	At    time.Time
	Cron  string
	By    string
}

// lateAfter is how long after its time a release counts as late.
const lateAfter = time.Hour

const sqlAddSchedule = `
INSERT INTO payout.schedule (batch, due_at, cron, note) VALUES (@batch, @due, @cron, @note)`

const sqlDropPending = `
UPDATE payout.schedule SET done_at = @now, note = 'replaced by another schedule' WHERE batch = @batch AND done_at IS NULL`

const sqlSetPayAt = `UPDATE payout.batch SET pay_at = @due, cron = @cron WHERE id = @batch`

// Schedule sets when a batch is released, replacing what was set before. It
// returns the time and a warning for a day on which banks do not work; it warns
// and never blocks, because a person knows why.
func Schedule(ctx context.Context, db pgdb.DB, o ScheduleOrder, now time.Time) (due time.Time, warning string, err error) {
	if due, err = o.due(now); err != nil {
		return time.Time{}, "", err
	}
	warning = holidayWarning(calendar.Vietnam(), due)
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		b, err := LockBatch(ctx, tx, o.Batch)
		if err != nil {
			return err
		}
		if b.ClosedAt != nil {
			return closed(o.Batch)
		}
		args := pgx.NamedArgs{"batch": o.Batch, "due": due, "cron": o.Cron, "note": warning, "now": now}
		for _, sql := range []string{sqlDropPending, sqlAddSchedule, sqlSetPayAt} {
			if _, err := tx.Exec(ctx, sql, args); err != nil {
				return err
			}
		}
		return record(ctx, tx, now, o.By, "batch.schedule", o.Batch, map[string]any{"due": due.UTC().Format(time.RFC3339), "cron": o.Cron})
	})
	if err != nil {
		return time.Time{}, "", fmt.Errorf("schedule batch %d: %w", o.Batch, err)
	}
	return due, warning, nil
}

// due is the first moment of the order.
func (o ScheduleOrder) due(now time.Time) (time.Time, error) {
	if o.Cron == "" && !o.At.IsZero() {
		return o.At, nil
	}
	if o.Cron != "" && o.At.IsZero() {
		if next, err := nextCron(o.Cron, now); err == nil && !next.IsZero() {
			return next, nil
		}
	}
	return time.Time{}, errs.Coded(errs.Invalid, "PAYOUT-SCHEDULE", "Lịch chi cần một ngày giờ, hoặc một dòng cron như "+
		"\"CRON_TZ=Asia/Ho_Chi_Minh 0 8 5 * *\", chỉ một trong hai. / A schedule is a date and time, or a cron line such as "+
		"\"CRON_TZ=Asia/Ho_Chi_Minh 0 8 5 * *\", one of the two.", nil)
}

// nextCron is the first time of a cron line after now. Without CRON_TZ the line
// is read in Vietnamese time, never in the server's.
func nextCron(line string, now time.Time) (time.Time, error) {
	schedule, err := cron.ParseStandard(line)
	if err != nil {
		return time.Time{}, fmt.Errorf("cron line %q: %w", line, err)
	}
	return schedule.Next(now.In(calendar.Zone)), nil
}

// holidayWarning says in words that banks do not work on the day, or "".
func holidayWarning(c *calendar.Calendar, at time.Time) string {
	day := calendar.DateOf(at)
	if c.IsBusinessDay(day) {
		return ""
	}
	vi, en := "ngày nghỉ cuối tuần", "a weekend"
	if h, ok := c.Holiday(day); ok {
		vi, en = h.NameVI, h.NameEN
	}
	next := c.NextBusinessDay(day)
	return fmt.Sprintf("%s là %s: ngân hàng có thể chi vào %s. / %s is %s: banks may pay on %s.", day, vi, next, day, en, next)
}

const sqlDue = `
SELECT c.id, c.batch, c.due_at, c.cron
  FROM payout.schedule AS c
  JOIN payout.batch AS b ON b.id = c.batch
 WHERE c.done_at IS NULL AND c.due_at <= @now
   AND (c.cron <> '' OR b.closed_at IS NOT NULL
        OR EXISTS (SELECT 1 FROM payout.section AS s WHERE s.batch = c.batch AND s.state IN ('approved', 'released')))
 ORDER BY c.due_at, c.id
 LIMIT 1`

const sqlDone = `
UPDATE payout.schedule SET done_at = @now, late = @late, note = @note WHERE id = @id AND done_at IS NULL`

// StepSchedule releases the batch that is due longest, if one is, and reports
// whether it did anything. A single time waits until something is approved, then
// releases at once and says that it is late. A cron time missed while the
// program was down runs once, late; the next one is computed from now, so none
// is made up for twice. Before that it lets go what rests for nothing any more.
func StepSchedule(ctx context.Context, db pgdb.DB, now time.Time) (did bool, err error) {
	if _, err := StepHolds(ctx, db, now); err != nil {
		return false, fmt.Errorf("step schedule: %w", err)
	}
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		did = false
		var d dueRow
		err := tx.QueryRow(ctx, sqlDue, pgx.NamedArgs{"now": now}).Scan(&d.ID, &d.Batch, &d.Due, &d.Cron)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("what is due: %w", err)
		}
		did = true
		return d.run(ctx, tx, now)
	})
	if err != nil {
		return false, fmt.Errorf("step schedule: %w", err)
	}
	return did, nil
}

// dueRow is one scheduled time that has come.
type dueRow struct {
	ID    int64
	Batch ledger.BatchID
	Due   time.Time
	Cron  string
}

func (d dueRow) run(ctx context.Context, tx pgx.Tx, now time.Time) error {
	b, err := LockBatch(ctx, tx, d.Batch) // from here no other worker runs this row
	if err != nil {
		return err
	}
	late, note := now.Sub(d.Due) > lateAfter, ""
	if late {
		note = fmt.Sprintf("Muộn %s so với lịch. / Late by %s.", now.Sub(d.Due).Round(time.Minute), now.Sub(d.Due).Round(time.Minute))
	}
	var approved bool
	if err := tx.QueryRow(ctx, sqlHasApproved, pgx.NamedArgs{"batch": d.Batch}).Scan(&approved); err != nil {
		return fmt.Errorf("approved sections: %w", err)
	}
	if !approved || b.ClosedAt != nil {
		note += "Không có gì để chi. / Nothing to release."
	}
	tag, err := tx.Exec(ctx, sqlDone, pgx.NamedArgs{"id": d.ID, "now": now, "late": late, "note": note})
	if err != nil {
		return fmt.Errorf("mark schedule %d: %w", d.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return nil // another worker was first
	}
	if d.Cron != "" && b.ClosedAt == nil {
		if err := d.again(ctx, tx, now); err != nil {
			return err
		}
	}
	if !approved || b.ClosedAt != nil {
		return nil
	}
	return release(ctx, tx, d.Batch, "system: schedule", now)
}

func (d dueRow) again(ctx context.Context, tx pgx.Tx, now time.Time) error {
	next, err := nextCron(d.Cron, now)
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{"batch": d.Batch, "due": next, "cron": d.Cron, "note": holidayWarning(calendar.Vietnam(), next)}
	for _, sql := range []string{sqlAddSchedule, sqlSetPayAt} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("next time of batch %d: %w", d.Batch, err)
		}
	}
	return nil
}
