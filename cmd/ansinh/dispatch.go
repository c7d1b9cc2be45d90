package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/assembly"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/reconciliation"
)

func dispatchCommands() []command {
	return []command{
		{name: "dispatch show", short: "kênh nào đang mở, còn gì chưa rõ / which channels pay, and what must be cleared first",
			example: "ansinh dispatch show --dir ./ansinh-demo", setup: setupDispatchShow},
		{name: "dispatch open", short: "mở lại một kênh sau khi khôi phục / let a channel pay again after a restore; two people",
			example: `ansinh dispatch open --dir ./ansinh-demo --bank B --by ke-toan-truong --second kiem-soat-vien --why "đã đối chiếu"`, setup: setupDispatchOpen},
		{name: "dispatch settle", short: "hai người xác nhận đã xử lý một lệnh không lập lại được / two people have settled a journalled send that cannot be formed again",
			example: `ansinh dispatch settle --dir ./ansinh-demo --message ABC1… --by ke-toan-truong --second kiem-soat-vien --why "đã kiểm tra từng khoản"`, setup: setupDispatchSettle},
		{name: "dispatch stop", short: "dừng chi mọi nơi / stop all payments, at once; one person",
			example: `ansinh dispatch stop --dir ./ansinh-demo --by thu-quy --why "nghi ngờ"`, setup: setupDispatchStop},
		{name: "dispatch lift", short: "bỏ lệnh dừng / lift the stop; two people, each with this command",
			example: `ansinh dispatch lift --dir ./ansinh-demo --by ke-toan-truong --why "đã rõ"`, setup: setupDispatchLift},
		{name: "settlement fetch", short: "xin lại tệp của ngân hàng / ask banks for their files again, after a restore or an outage",
			example: "ansinh settlement fetch --dir ./ansinh-demo --since 2026-01-27", setup: setupFetch},
	}
}

// decisionFlags are those of an act that people answer for.
type decisionFlags struct{ by, second, why string }

func (d *decisionFlags) declare(f *flag.FlagSet, two bool) {
	f.StringVar(&d.by, "by", "", "who decides")
	if two {
		f.StringVar(&d.second, "second", "", "the second person")
	}
	f.StringVar(&d.why, "why", "", "reason")
}

// inOffice requires that both who decide are people of the office.
func (d *decisionFlags) inOffice(ctx context.Context, db pgdb.DB, now time.Time) error {
	return payout.InOffice(ctx, db, calendar.DateOf(now), d.by, d.second)
}

// channelView is one channel as dispatch show prints it.
type channelView struct {
	Channel    bankadapters.Key `json:"channel"`
	State      string           `json:"state"`
	Since      time.Time        `json:"since"`
	Why        string           `json:"why,omitempty"`
	Restored   bool             `json:"restored"`
	Statements string           `json:"statements_through,omitempty"`
}

// sendView is a journalled send that is not on the books.
type sendView struct {
	Channel    bankadapters.Key `json:"channel"`
	Submission int64            `json:"submission"`
	Message    string           `json:"message"`
	Count      int              `json:"count"`
	Total      string           `json:"total_vnd"`
	At         time.Time        `json:"at"`
	Why        string           `json:"why"`
}

func setupDispatchShow(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		stopped, err := payout.Stopped(ctx, works.DB)
		if err != nil {
			return err
		}
		channels, err := channelViews(ctx, works)
		if err != nil {
			return err
		}
		sends := []sendView{}
		for _, u := range works.Unresolved {
			sends = append(sends, sendView{u.Channel, u.Submission, u.Message, u.Count, u.Total, u.At, u.Why})
		}
		if *asJSON {
			return e.printJSON(map[string]any{"stopped": stopped, "channels": channels, "unresolved": sends, "epoch": works.Engine.Origin.Epoch})
		}
		if stopped != "" {
			fmt.Fprintf(e.stdout, "DỪNG CHI MỌI NƠI / ALL PAYMENTS ARE STOPPED: %s\n", stopped)
		}
		table := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		for _, c := range channels {
			through := ""
			if c.Statements != "" {
				through = "sao kê đến / statements through " + c.Statements
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Channel, c.State, c.Why, through)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		for _, s := range sends {
			fmt.Fprintf(e.stdout, "CHƯA CÓ TRONG SỔ / NOT ON THE BOOKS: %s %d %s, %d khoản / payments, %s đồng, %s: %s\n",
				s.Channel, s.Submission, s.Message, s.Count, s.Total, s.At.In(calendar.Zone).Format("2006-01-02 15:04"), s.Why)
		}
		return nil
	}
}

func channelViews(ctx context.Context, works *assembly.Works) ([]channelView, error) {
	states, err := payout.ChannelStates(ctx, works.DB)
	if err != nil {
		return nil, err
	}
	var list []channelView
	for _, s := range states {
		view := channelView{Channel: s.Channel, State: s.State, Since: s.Since, Why: s.Why, Restored: s.Restored > 0}
		through, err := reconciliation.StatementsThrough(ctx, works.DB, s.Channel)
		if err != nil {
			return nil, err
		}
		if !through.IsZero() {
			view.Statements = through.String()
		}
		list = append(list, view)
	}
	return list, nil
}

func setupDispatchOpen(f *flag.FlagSet) run {
	var d decisionFlags
	d.declare(f, true)
	bank := f.String("bank", "", "the bank or provider")
	return func(ctx context.Context, e *env, _ []string) error {
		if *bank == "" {
			return usagef("--bank is needed")
		}
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		if err := d.inOffice(ctx, works.DB, e.now()()); err != nil {
			return err
		}
		err = works.Reopen(ctx, payout.Reopening{Channel: bankadapters.Key(*bank), ByOne: d.by, ByTwo: d.second, Why: d.why})
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%s: chi lại được / pays again (%s, %s)\n", *bank, d.by, d.second)
		return nil
	}
}

func setupDispatchSettle(f *flag.FlagSet) run {
	var d decisionFlags
	d.declare(f, true)
	message := f.String("message", "", "its message id, as dispatch show prints it")
	return func(ctx context.Context, e *env, _ []string) error {
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		if err := d.inOffice(ctx, works.DB, e.now()()); err != nil {
			return err
		}
		for _, u := range works.Unresolved {
			if u.Message == *message {
				return pgdb.InTx(ctx, works.DB, func(ctx context.Context, tx pgx.Tx) error {
					return payout.SettleSend(ctx, tx, u.Sent, d.by, d.second, d.why, e.now()())
				})
			}
		}
		return errs.Coded(errs.NotFound, "CLI-NO-SEND", fmt.Sprintf("Không có lệnh %q chờ xử lý: xem `ansinh dispatch show`. / "+
			"No send %q waits to be settled: see `ansinh dispatch show`.", *message, *message), nil)
	}
}

func setupDispatchStop(f *flag.FlagSet) run {
	var d decisionFlags
	d.declare(f, false)
	return func(ctx context.Context, e *env, _ []string) error {
		if d.by == "" || strings.TrimSpace(d.why) == "" {
			return usagef("--by and --why are needed")
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		if err := payout.InOffice(ctx, db, calendar.DateOf(e.now()()), d.by); err != nil {
			return err
		}
		return payout.PullStop(ctx, db, d.why, d.by, e.now()())
	}
}

func setupDispatchLift(f *flag.FlagSet) run {
	var d decisionFlags
	d.declare(f, false)
	return func(ctx context.Context, e *env, _ []string) error {
		if d.by == "" || strings.TrimSpace(d.why) == "" {
			return usagef("--by and --why are needed")
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		if err := payout.InOffice(ctx, db, calendar.DateOf(e.now()()), d.by); err != nil {
			return err
		}
		if why, err := payout.Stopped(ctx, db); why == "" {
			return e.did(err, "không có lệnh dừng nào / nothing is stopped")
		}
		lifted, err := payout.AgreeToLift(ctx, db, d.why, d.by, e.now()())
		if err != nil {
			return err
		}
		if !lifted {
			return e.did(nil, "đã ghi ý kiến của %s, chờ người thứ hai / the word of %s is kept, a second person is waited for", d.by, d.by)
		}
		return e.did(nil, "đã bỏ lệnh dừng chi / payments go on")
	}
}

func setupFetch(f *flag.FlagSet) run {
	bank := f.String("bank", "", "one bank or provider; all when empty")
	since := f.String("since", "", "from this day on, YYYY-MM-DD")
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		day, err := calendar.ParseISO(*since)
		if err != nil {
			return usagef("--since: %v", err)
		}
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		list := []assembly.Fetched{}
		for _, key := range works.Keys() {
			if *bank != "" && bankadapters.Key(*bank) != key {
				continue
			}
			got, err := works.Fetch(ctx, key, day)
			if err != nil {
				return err
			}
			if _, err := works.Reconciler.Drain(ctx, key, drainMax); err != nil {
				return err
			}
			list = append(list, got)
		}
		if *asJSON {
			return e.printJSON(list)
		}
		for _, g := range list {
			if g.NotAble {
				fmt.Fprintf(e.stdout, "%s: không có dịch vụ này, xin tệp bằng cách khác / gives no files for the asking\n", g.Channel)
				continue
			}
			fmt.Fprintf(e.stdout, "%s: %d nhận / taken, %d chờ / waiting, %d từ chối / refused\n", g.Channel, g.Taken, g.Waiting, g.Refused)
		}
		return nil
	}
}

// drainMax bounds the posting of one command; a worker goes on from there.
const drainMax = 100_000
