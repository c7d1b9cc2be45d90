package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
)

// listTemplate is one run of `list template`.
type listTemplate struct {
	unit, title, out, last, by, month string
	whole                             bool
	options                           registry.TemplateOptions
	password                          listFlags
}

func setupListTemplate(f *flag.FlagSet) run {
	var t listTemplate
	f.StringVar(&t.unit, "unit", "", "code of the commune")
	f.StringVar(&t.options.Programme, "programme", "TET26", "programme the list is for")
	f.StringVar(&t.title, "title", "", "title above the list; without it one that fits")
	f.StringVar(&t.out, "o", "", "file to write")
	f.StringVar(&t.last, "people-of", "", "fill in the people of the commune's lists for this programme; nothing is masked. Where --programme is the same and pays every month, the list says only what changes")
	f.BoolVar(&t.whole, "whole", false, "with --people-of: a whole list, without the column of changes")
	f.StringVar(&t.month, "month", "", "month the list is for, YYYY-MM; without it the one after the commune's last list")
	f.StringVar(&t.by, "by", "", "who takes the people's data, for the record; needed with --people-of")
	f.StringVar(&t.password.passwordFile, "password-file", "", "file with a password for the workbook")
	return t.run
}

func (t *listTemplate) run(ctx context.Context, e *env, _ []string) error {
	if t.unit == "" || t.out == "" || (t.last != "") != (t.by != "") || t.whole && t.last == "" {
		return usagef("--unit and -o are needed, --by with --people-of, and --people-of with --whole")
	}
	if err := t.password.prepare(); err != nil {
		return err
	}
	db, err := e.pool(ctx)
	if err != nil {
		return err
	}
	if t.options.Demo, err = registry.IsDemo(ctx, db); err != nil {
		return err
	}
	i := slices.IndexFunc(registry.Communes(), func(u registry.Unit) bool { return u.Code == t.unit })
	if i < 0 {
		return unitTrouble(t.unit, registry.ErrNoUnit)
	}
	t.options.Unit, t.options.Password = registry.Communes()[i], t.password.known()
	for _, c := range registry.Categories() {
		t.options.Categories = append(t.options.Categories, c.Code)
	}
	var lastMonth calendar.Date
	if t.last != "" {
		if t.options.Lines, lastMonth, err = e.lastRows(ctx, db, t.last, t.unit, t.by); err != nil {
			return err
		}
	}
	if err := t.forMonth(ctx, e, db, lastMonth); err != nil {
		return err
	}
	if t.last != "" {
		fmt.Fprintf(e.stderr, "%d người của lần trước / people of last time\n", len(t.options.Lines))
	}
	return e.writeTo(t.out, func(w io.Writer) error { return registry.WriteTemplate(w, t.options) })
}

// forMonth chooses the month and the form of the list: of a programme that pays
// every month, and whose own people are filled in, it is one of changes.
func (t *listTemplate) forMonth(ctx context.Context, e *env, db pgdb.DB, lastMonth calendar.Date) error {
	o := &t.options
	wanted, err := parseMonth(t.month)
	if err != nil {
		return err
	}
	own := !lastMonth.IsZero() && t.last == o.Programme
	switch {
	case t.month != "":
		o.Month, err = payout.ListMonth(ctx, db, o.Programme, wanted, calendar.DateOf(e.now()()))
	case own:
		o.Month = lastMonth.AddMonths(1)
	}
	if err != nil {
		return err
	}
	o.Changes = own && !t.whole
	if o.Changes && !lastMonth.Before(o.Month) {
		last, month := monthWords(lastMonth), monthWords(o.Month)
		return errs.Coded(errs.Invalid, "LIST-TEMPLATE-MONTH", fmt.Sprintf("Xã đã có danh sách tháng %s: mẫu tăng, giảm chỉ lập cho tháng sau đó, không cho tháng %s. "+
			"Người bổ sung của tháng ấy ghi vào mẫu trống, hoặc dùng --whole. / The commune has a list of %s: changes are for a later month than %s. "+
			"Write people who come late into an empty template, or use --whole.", last, month, last, month), nil)
	}
	o.Title = t.title
	switch {
	case o.Title != "":
	case o.Changes:
		o.Title = "DANH SÁCH TĂNG, GIẢM NGƯỜI HƯỞNG"
	case !o.Month.IsZero():
		o.Title = "DANH SÁCH NGƯỜI HƯỞNG"
	default:
		o.Title = "DANH SÁCH NGƯỜI NHẬN QUÀ"
	}
	return nil
}

// monthWords writes a month as people do in both languages.
func monthWords(month calendar.Date) string {
	return fmt.Sprintf("%02d/%d", int(month.Month()), month.Year())
}

// lastRows reads the people of last time and of which month they are, and records
// who did: they leave unmasked.
func (e *env) lastRows(ctx context.Context, db pgdb.DB, programme, unit, by string) (lines []registry.Line, month calendar.Date, err error) {
	keys, err := e.keys()
	if err != nil {
		return nil, month, err
	}
	now := e.now()()
	key, err := unitNow(ctx, db, unit, now)
	if err != nil {
		return nil, month, err
	}
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if err := payout.InOffice(ctx, tx, calendar.DateOf(now), by); err != nil {
			return err
		}
		if month, err = registry.LastMonth(ctx, tx, programme, key); err != nil {
			return fmt.Errorf("last month of %s: %w", programme, err)
		}
		if lines, err = registry.LastRows(ctx, tx, keys, programme, key); err != nil {
			return err
		}
		_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: by, Act: "list.prefill", Subject: "unit/" + unit,
			Detail: map[string]any{"programme": programme, "people": len(lines)}})
		return err
	})
	return lines, month, err
}
