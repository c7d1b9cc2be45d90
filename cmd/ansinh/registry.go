package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
)

func registryCommands() []command {
	return []command{
		{name: "registry candidates", short: "người lẽ ra phải có trong danh sách / people who should be on a list and are on none; pays nobody",
			example: "ansinh registry candidates --dir ./ansinh-demo --programme TET26 --from 2026-01-01 --to 2026-12-31", setup: setupCandidates},
		{name: "registry staff-account", short: "tài khoản của cán bộ, không nhận tiền của người hưởng / note an account of staff, to which no money of people may go",
			example: "ansinh registry staff-account --dir ./ansinh-demo --bank 999001 --account 0010000000009 --owner 'Vũ Thị Lập' --by quan-tri", setup: setupStaffAccount},
	}
}

// candidateAges are the ages at which a right or a gift begins.
const candidateAges = "70,75,80,90,100"

func setupCandidates(f *flag.FlagSet) run {
	var q registry.CandidateQuery
	f.StringVar(&q.Programme, "programme", "", "programme whose lists are searched")
	month := f.String("month", "", "month of the lists, YYYY-MM; needed where the programme pays every month")
	f.StringVar(&q.Unit, "unit", "", "code of one commune; without it all")
	from := f.String("from", "", "first day of the period, such as 2026-01-01")
	to := f.String("to", "", "last day of the period")
	ages := f.String("ages", candidateAges, "ages that give a right, with commas")
	last := f.String("last", "", "programmes of last time, with commas")
	asJSON := f.Bool("json", false, "the work list as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if q.Programme == "" || *from == "" || *to == "" {
			return usagef("--programme, --from and --to are needed")
		}
		var err error
		if q.From, err = calendar.ParseISO(*from); err != nil {
			return usagef("--from: %v", err)
		}
		if q.To, err = calendar.ParseISO(*to); err != nil {
			return usagef("--to: %v", err)
		}
		for _, text := range splitList(*ages) {
			age, err := strconv.Atoi(text)
			if err != nil {
				return usagef("--ages: %q is no number", text)
			}
			q.Ages = append(q.Ages, age)
		}
		q.Last = splitList(*last)
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		wanted, err := parseMonth(*month)
		if err != nil {
			return err
		}
		if q.Month, err = payout.ListMonth(ctx, db, q.Programme, wanted, calendar.DateOf(e.now()())); err != nil {
			return err
		}
		if q.Categories, err = payout.Categories(ctx, db, q.Programme); err != nil {
			return err
		}
		found, err := registry.Candidates(ctx, db, q)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(map[string]any{"programme": q.Programme, "from": *from, "to": *to, "candidates": found})
		}
		e.printCandidates(found)
		return nil
	}
}

func (e *env) printCandidates(found []registry.Candidate) {
	for _, c := range found {
		vi, en := c.Why.Words()
		fmt.Fprintf(e.stdout, "%s %s: %s, %d: %s / %s %s %s %s\n", c.Unit, c.UnitName, c.Name, c.BirthYear, vi, en, c.What, c.On, c.Category)
	}
	fmt.Fprintf(e.stdout, "%d việc cần xem, chưa chi cho ai / to look at, nobody is paid by this\n", len(found))
}

// splitList splits at commas and leaves out what is empty.
func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

func setupStaffAccount(f *flag.FlagSet) run {
	bank := f.String("bank", "", "bank's name or 6-digit BIN")
	account := f.String("account", "", "account number")
	owner := f.String("owner", "", "whose it is")
	by := f.String("by", "", "who notes it")
	return func(ctx context.Context, e *env, _ []string) error {
		if *bank == "" || *account == "" || *owner == "" || *by == "" {
			return usagef("--bank, --account, --owner and --by are needed")
		}
		noted, err := registry.ReadStaffAccount(*bank, *account, *owner)
		if err != nil {
			return err
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		keys, err := e.keys()
		if err != nil {
			return err
		}
		var held, onTheWay int64
		err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			held, onTheWay, err = payout.NoteStaffAccount(ctx, tx, keys, noted, *by, e.now()())
			return err
		})
		if err == nil && held+onTheWay > 0 {
			fmt.Fprintf(e.stdout, "giữ lại %d khoản chưa gửi vào tài khoản này, %d khoản đã gửi đi / %d payments to this account are held, %d are on their way\n",
				held, onTheWay, held, onTheWay)
		}
		return err
	}
}
