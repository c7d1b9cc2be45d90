package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/registry"
	"ansinh/registry/people"
)

// personFlags are the flags of a proposal; each kind uses some of them.
type personFlags struct {
	person                          int64
	from, paper, paperDate, why, by string
	name, id, birth, sex, unit      string
	category, state                 string
	method, bank, account, holder   string
	capacity, until                 string
	payee, household, other         int64
	head                            bool
}

func (p *personFlags) declare(f *flag.FlagSet) {
	f.Int64Var(&p.person, "person", 0, "number of the record")
	f.StringVar(&p.from, "from", "", "day from which it is true, YYYY-MM-DD; of a death the day of death; today without it")
	f.StringVar(&p.paper, "paper", "", "number of the paper it rests on")
	f.StringVar(&p.paperDate, "paper-date", "", "day of the paper")
	f.StringVar(&p.why, "why", "", "reason")
	f.StringVar(&p.by, "by", "", "who proposes it")
	f.StringVar(&p.name, "name", "", "name: of the person, or of the payee")
	f.StringVar(&p.id, "id", "", "personal id, or @FILE that holds it")
	f.StringVar(&p.birth, "birth", "", "YYYY-MM-DD or YYYY")
	f.StringVar(&p.sex, "sex", "", "M or F")
	f.StringVar(&p.unit, "unit", "", "code of a commune")
	f.StringVar(&p.category, "category", "", "code of a category; without it all rights")
	f.StringVar(&p.state, "state", "", "active, suspended or ended")
	f.StringVar(&p.method, "method", "", "account, cash, home or bhxh")
	f.StringVar(&p.bank, "bank", "", "BIN of the bank")
	f.StringVar(&p.account, "account", "", "account number, or @FILE that holds it")
	f.StringVar(&p.holder, "holder", "", "holder of the account")
	f.StringVar(&p.capacity, "capacity", "", "of a payee: guardian, carer, head, institution, heir or proxy")
	f.StringVar(&p.until, "until", "", "last day of a payee")
	f.Int64Var(&p.payee, "payee", 0, "number of the payee's own record")
	f.Int64Var(&p.household, "household", 0, "number of a household; without it a new one")
	f.BoolVar(&p.head, "head", false, "head of the household")
	f.Int64Var(&p.other, "other", 0, "the other record of a merge")
}

// secret reads a value that should not stand in the shell's history: @FILE.
func secret(value string) (crypt.Secret, error) {
	path, inFile := strings.CutPrefix(value, "@")
	if !inFile {
		return crypt.Secret(value), nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return crypt.Secret(strings.TrimSpace(string(text))), nil
}

func dayFlag(name, value string) (calendar.Date, error) {
	if value == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseISO(value)
	if err != nil {
		return d, usagef("--%s: %v", name, err)
	}
	return d, nil
}

func setupPersonPropose(f *flag.FlagSet) run {
	var p personFlags
	p.declare(f)
	asJSON := f.Bool("json", false, "the act as JSON")
	return func(ctx context.Context, e *env, args []string) error {
		if len(args) != 1 || !slices.Contains(people.Kinds(), people.Kind(args[0])) || p.person <= 0 {
			return usagef("one KIND of %v and --person are needed", people.Kinds())
		}
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		proposal, err := p.proposal(ctx, desk.DB, people.Kind(args[0]), calendar.DateOf(e.now()()))
		if err != nil {
			return err
		}
		act, err := desk.Propose(ctx, proposal)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(act)
		}
		if act.Outcome == "done" {
			fmt.Fprintf(e.stdout, "việc %d đã thực hiện / act %d is done. %s\n", act.ID, act.ID, act.Answer)
			return nil
		}
		fmt.Fprintf(e.stdout, "việc %d chờ người thứ hai xác nhận / act %d waits for a second person: ansinh person confirm --act %d. %s\n", act.ID, act.ID, act.ID, act.Answer)
		return nil
	}
}

func (p personFlags) proposal(ctx context.Context, db pgdb.Querier, kind people.Kind, today calendar.Date) (people.Proposal, error) {
	out := people.Proposal{Person: p.person, Why: p.why, By: p.by, Paper: people.Paper{No: p.paper}}
	var err error
	if out.From, err = dayFlag("from", p.from); err != nil {
		return out, err
	}
	if out.Paper.Date, err = dayFlag("paper-date", p.paperDate); err != nil {
		return out, err
	}
	out.Change, err = p.change(ctx, db, kind, today)
	return out, err
}

func (p personFlags) change(ctx context.Context, db pgdb.Querier, kind people.Kind, today calendar.Date) (people.Change, error) {
	switch kind {
	case people.KindName:
		return people.NameIs{Name: p.name}, nil
	case people.KindID:
		id, err := secret(p.id)
		return people.IDIs{ID: id}, err
	case people.KindBirth:
		birth, err := birthFlag(p.birth)
		return people.BornOn{Birth: birth, Sex: registry.Sex(p.sex)}, err
	case people.KindUnit:
		unit, err := unitFlag(ctx, db, p.unit, today)
		return people.LivesIn{Unit: unit}, err
	case people.KindServing:
		unit, err := unitFlag(ctx, db, p.unit, today)
		return people.ServedAt{Unit: unit}, err
	case people.KindStanding:
		return people.Stands{Category: p.category, State: people.State(p.state)}, nil
	case people.KindChannel:
		way, err := p.way()
		return people.PaidBy{Way: way}, err
	case people.KindAccount:
		return nil, usagef("a changed account is confirmed with: ansinh fresh confirm")
	case people.KindPayee:
		return p.payeeChange()
	case people.KindPayeeEnd:
		return people.PayeeEnds{}, nil
	case people.KindJoin:
		return people.Joins{Household: p.household, Head: p.head}, nil
	case people.KindLeave:
		return people.Leaves{}, nil
	case people.KindDeath:
		if p.from == "" {
			return nil, usagef("--from, the day of death, is needed")
		}
		return people.Died{}, nil
	case people.KindDeathUndo:
		return people.LivesAfterAll{}, nil
	case people.KindMerge:
		return people.SameAs{Gone: p.other}, nil
	case people.KindUnmerge:
		return people.NotSame{Gone: p.other}, nil
	default:
		return nil, usagef("kind %q is not known", kind)
	}
}

func (p personFlags) way() (people.Way, error) {
	account, err := secret(p.account)
	return people.Way{Method: registry.Method(p.method), BankBIN: p.bank, Account: account, Holder: p.holder}, err
}

func (p personFlags) payeeChange() (people.Change, error) {
	way, err := p.way()
	if err != nil {
		return nil, err
	}
	id, err := secret(p.id)
	if err != nil {
		return nil, err
	}
	until, err := dayFlag("until", p.until)
	return people.PaidTo{Capacity: people.PayeeKind(p.capacity), Name: p.name, Payee: p.payee, ID: id, Way: way, Until: until}, err
}

func birthFlag(text string) (registry.Birth, error) {
	if len(text) == 4 {
		day, err := dayFlag("birth", text+"-01-01")
		return registry.Birth{Year: day.Year(), Precision: registry.PrecisionYear}, err
	}
	day, err := dayFlag("birth", text)
	return registry.Birth{Date: day, Year: day.Year(), Precision: registry.PrecisionDay}, err
}

// unitFlag finds the commune that has the code today.
func unitFlag(ctx context.Context, db pgdb.Querier, code string, today calendar.Date) (registry.UnitKey, error) {
	unit, err := registry.UnitAt(ctx, db, code, today)
	if err != nil {
		return registry.UnitKey{Code: code, ValidFrom: today}, nil // the desk refuses it in words
	}
	return unit, nil
}
