package payout

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// times says when a programme pays: once, by due, or every month from first on,
// by dueDay of each. The month is part of the key that pays nobody twice.
type times struct {
	programme string
	monthly   bool
	due       calendar.Date // once only
	first     calendar.Date // monthly only
	dueDay    int           // monthly only
}

const sqlProgrammeTimes = `
SELECT p.monthly, p.due_date, p.first_month, coalesce(p.due_day, 0) FROM payout.programme AS p WHERE p.code = @programme`

func timesOf(ctx context.Context, db pgdb.Querier, programme string) (times, error) {
	t := times{programme: programme}
	err := db.QueryRow(ctx, sqlProgrammeTimes, pgx.NamedArgs{"programme": programme}).Scan(&t.monthly, &t.due, &t.first, &t.dueDay)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, errs.Coded(errs.NotFound, "PAYOUT-PROGRAMME", fmt.Sprintf("Không có chương trình %q. / There is no programme %q.", programme, programme), nil)
	}
	if err != nil {
		return t, fmt.Errorf("months of programme %s: %w", programme, err)
	}
	return t, nil
}

// monthsAhead is how far before its month a list may come and a batch be declared.
// A typing error in a year must not pay 2062.
const monthsAhead = 1

// month is the first day of a monthly programme's wanted month, if it pays then.
func (t times) month(wanted, today calendar.Date) (calendar.Date, error) {
	if wanted.IsZero() {
		return wanted, errs.Coded(errs.Invalid, "PAYOUT-MONTH-NEEDED", fmt.Sprintf("Chương trình %s chi hằng tháng: phải ghi rõ cho tháng nào. / "+
			"Programme %s pays every month: say for which one.", t.programme, t.programme), nil)
	}
	month, last := wanted.FirstOfMonth(), today.FirstOfMonth().AddMonths(monthsAhead)
	if month.Before(t.first) || month.After(last) {
		return month, errs.Coded(errs.Invalid, "PAYOUT-MONTH-RANGE", fmt.Sprintf("Chương trình %s không nhận tháng %s: hiện chỉ từ tháng %s đến tháng %s. / "+
			"Programme %s does not take %s: now only %s to %s.", t.programme, monthVI(month), monthVI(t.first), monthVI(last),
			t.programme, monthEN(month), monthEN(t.first), monthEN(last)), nil)
	}
	return month, nil
}

// dueIn is the day by which a month is paid: the last one where the month has no
// such day.
func (t times) dueIn(month calendar.Date) calendar.Date {
	return month.AddDays(min(t.dueDay, month.LastOfMonth().Day()) - 1)
}

// period is the month whose claims a batch makes, and the day it is due. A
// programme that pays once is one benefit: a cut made in a later month must not get
// a month of its own, which would pay everybody again.
func (t times) period(wanted, today calendar.Date) (month, due calendar.Date, err error) {
	if t.monthly {
		month, err = t.month(wanted, today)
		return month, t.dueIn(month), err
	}
	own := t.due.FirstOfMonth()
	if !wanted.IsZero() && wanted.FirstOfMonth() != own {
		return own, t.due, errs.Coded(errs.Invalid, "PAYOUT-PERIOD", fmt.Sprintf("Chương trình %s chi một lần, cho tháng %s; không lập đợt cho tháng khác. / "+
			"Programme %s pays once, for %s; no batch can be for another month.", t.programme, monthVI(own), t.programme, monthEN(own)), nil)
	}
	return own, t.due, nil
}

// ListMonth is the month a list of a programme gets (registry.ImportOptions.Month),
// for the one an officer wants: its first day, or zero where the programme pays
// once. Refused: no month for a monthly programme (PAYOUT-MONTH-NEEDED), one it does
// not pay or not yet (PAYOUT-MONTH-RANGE), any month for a programme that pays once
// (PAYOUT-MONTH-ONCE), and a programme nobody set up (PAYOUT-PROGRAMME).
func ListMonth(ctx context.Context, db pgdb.Querier, programme string, wanted, today calendar.Date) (calendar.Date, error) {
	t, err := timesOf(ctx, db, programme)
	if err != nil {
		return calendar.Date{}, err
	}
	if t.monthly {
		return t.month(wanted, today)
	}
	if !wanted.IsZero() {
		return calendar.Date{}, errs.Coded(errs.Invalid, "PAYOUT-MONTH-ONCE", fmt.Sprintf("Chương trình %s chi một lần: danh sách không ghi tháng. / "+
			"Programme %s pays once: its lists are for no month.", programme, programme), nil)
	}
	return calendar.Date{}, nil
}

// ListMonths are the months for which lists of a programme may come today, the
// newest first and at most so many: all of them [ListMonth] takes. None where the
// programme pays once.
func ListMonths(ctx context.Context, db pgdb.Querier, programme string, today calendar.Date, most int) ([]calendar.Date, error) {
	t, err := timesOf(ctx, db, programme)
	if err != nil || !t.monthly {
		return nil, err
	}
	var months []calendar.Date
	for m := today.FirstOfMonth().AddMonths(monthsAhead); !m.Before(t.first) && len(months) < most; m = m.AddMonths(-1) {
		months = append(months, m)
	}
	return months, nil
}

// monthVI and monthEN write a month as people of each language do.
func monthVI(d calendar.Date) string { return fmt.Sprintf("%02d/%d", int(d.Month()), d.Year()) }
func monthEN(d calendar.Date) string { return fmt.Sprintf("%d-%02d", d.Year(), int(d.Month())) }

// ofMonth says a batch's month after a word, and nothing where its programme pays
// once.
func ofMonth(b Batch, word string, say func(calendar.Date) string) string {
	if !b.Monthly {
		return ""
	}
	return word + say(b.Period)
}
