package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"text/tabwriter"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
)

func freshCommands() []command {
	return []command{
		{name: "fresh list", short: "tài khoản mới đổi: báo cho ai, chờ gì / accounts that changed lately: whom to tell, and what they wait for; to be printed by commune",
			example: "ansinh fresh list --unit 00004 --reader can-bo-lap --role maker\nansinh fresh list --reader lanh-dao-so --role department --json", setup: setupFreshList},
		{name: "fresh confirm", short: "người thứ hai xác nhận tài khoản mới đổi / a second person seals changed accounts: of one person, or all of a commune",
			example: "ansinh fresh confirm --person 12 --signer lanh-dao-so --key lanh-dao-so.key\nansinh fresh confirm --unit 00004 --signer lanh-dao-so --key lanh-dao-so.key", setup: setupFreshDecide(false)},
		{name: "fresh refuse", short: "người thứ hai từ chối một tài khoản mới đổi / a second person refuses a changed account: no money goes there however old it grows",
			example: "ansinh fresh refuse --person 12 --why 'bà không đổi tài khoản' --signer lanh-dao-so --key lanh-dao-so.key", setup: setupFreshDecide(true)},
	}
}

func setupFreshList(f *flag.FlagSet) run {
	var who people.Reader
	f.StringVar(&who.ID, "reader", "", "who reads; every reading is recorded")
	f.StringVar(&who.Role, "role", "", "role of the reader: maker, approver, accountant, department, auditor")
	f.StringVar(&who.Unit, "unit", "", "code of a commune; without it all")
	batch := f.Int("batch", 0, "those for which payments of this batch rest")
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		demo, err := registry.IsDemo(ctx, desk.DB)
		if err != nil {
			return err
		}
		list, err := freshOf(ctx, desk, *batch, who.Unit)
		if err != nil {
			return err
		}
		for _, a := range list {
			if err := noteReading(ctx, desk, who, a.Person); err != nil {
				return err
			}
		}
		if *asJSON {
			return e.printJSON(list)
		}
		return e.printFresh(list, demo)
	}
}

// printFresh prints a table for each commune, with room to note who was told.
func (e *env) printFresh(list []people.FreshAccount, demo bool) error {
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	unit := ""
	for _, a := range list {
		if a.Unit != unit {
			unit = a.Unit
			if demo {
				fmt.Fprint(w, "DỮ LIỆU GIẢ LẬP. ")
			}
			fmt.Fprintf(w, "Tài khoản mới đổi, cần báo cho người hưởng / accounts that changed, people to be told: %s %s\n", a.Unit, a.UnitName)
			fmt.Fprintln(w, "hồ sơ / record\thọ tên / name\tcũ / old\tmới / new\ttừ / since\tngười đưa vào / brought by\tngân hàng trả lời / bank asked\tngười thứ hai / second person\tđã báo, ngày / told on")
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t............\n", a.Person, a.Name, wayText(a.OldMethod, a.OldBIN, a.OldAccount), a.BankBIN, a.Account,
			calendar.DateOf(a.Since).Vietnamese(), a.By, yesNo(a.Asked), secondText(a))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%d tài khoản chờ xác minh / accounts wait to be verified\n", len(list))
	return nil
}

func wayText(method, bin, account string) string {
	switch {
	case method == "":
		return "chưa có / none"
	case bin == "":
		return method
	default:
		return bin + " " + account
	}
}

func yesNo(yes bool) string {
	if yes {
		return "có / yes"
	}
	return "chưa / no"
}

func secondText(a people.FreshAccount) string {
	switch {
	case a.Confirmed:
		return "đã xác nhận / confirmed"
	case a.Refused:
		return "đã từ chối / refused"
	default:
		return "chưa / no"
	}
}

func setupFreshDecide(refuse bool) func(f *flag.FlagSet) run {
	return func(f *flag.FlagSet) run {
		person := f.Int64("person", 0, "number of the record")
		who, key := f.String("signer", "", "the person whose seal it is"), f.String("key", "", "file with the person's key; in a demo it follows from the seed")
		unit, why, batch := new(string), new(string), new(int)
		if refuse {
			why = f.String("why", "", "reason")
		} else {
			unit = f.String("unit", "", "all of this commune")
			batch = f.Int("batch", 0, "all for which payments of this batch rest")
		}
		return func(ctx context.Context, e *env, _ []string) error {
			if (*person > 0) == (*unit != "" || *batch > 0) {
				return usagef("--person, or --unit, --batch or both, is needed")
			}
			signer, err := e.signer(ctx, *who, *key)
			if err != nil {
				return err
			}
			desk, err := e.desk(ctx)
			if err != nil {
				return err
			}
			if refuse {
				act, err := desk.AskAccount(ctx, *person)
				if err != nil {
					return err
				}
				_, err = desk.Refuse(ctx, act.ID, *why, people.SealRefusal(signer, act, *why))
				return e.did(err, "việc %d: đã từ chối tài khoản / account refused", act.ID)
			}
			chosen := []int64{*person}
			if *person == 0 {
				if chosen, err = unconfirmed(ctx, desk, *batch, *unit); err != nil {
					return err
				}
			}
			done, err := desk.ConfirmAccounts(ctx, chosen, func(a people.Act) crypt.Seal { return people.SealWith(signer, a) })
			return errors.Join(err, e.did(nil, "%d tài khoản đã được người thứ hai xác nhận / accounts confirmed by a second person", done))
		}
	}
}

func freshOf(ctx context.Context, desk *people.Desk, batch int, unit string) ([]people.FreshAccount, error) {
	if batch > 0 {
		return payout.FreshAccounts(ctx, desk.DB, ledger.BatchID(batch), unit, desk.Now())
	}
	return people.FreshAccounts(ctx, desk.DB, unit, desk.Now())
}

func unconfirmed(ctx context.Context, desk *people.Desk, batch int, unit string) ([]int64, error) {
	list, err := freshOf(ctx, desk, batch, unit)
	var chosen []int64
	for _, a := range list {
		if !a.Confirmed {
			chosen = append(chosen, a.Person)
		}
	}
	return chosen, err
}

// letGo has payments go whose reasons to rest are settled by what was just decided;
// a running worker does so by itself.
func (e *env) letGo(ctx context.Context) error {
	db, err := e.pool(ctx)
	if err != nil {
		return err
	}
	n, err := payout.StepHolds(ctx, db, e.now()())
	if err == nil && n > 0 {
		fmt.Fprintf(e.stdout, "%d lý do giữ lại đã hết / reasons for which payments rested are settled\n", n)
	}
	return err
}
