package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/web/records"
)

func paymentCommands() []command {
	return []command{{name: "payment show", args: "REF", short: "toàn bộ dấu vết một khoản chi / the whole trail of one payment",
		example: "ansinh payment show --dir ./ansinh-demo 13001/17\nansinh payment show --dir ./ansinh-demo U7E10A15000001122K", setup: setupPaymentShow}}
}

func setupPaymentShow(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, args []string) error {
		if len(args) != 1 {
			return usagef("one REF is needed: BATCH/PAYMENT, or an id as banks know it")
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		ref, err := readRef(ctx, db, args[0])
		if err != nil {
			return err
		}
		p, err := records.ReadTrail(ctx, db, ref)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(p)
		}
		e.printTrail(p)
		return nil
	}
}

// readRef reads BATCH/PAYMENT or one of our ids; a cut or altered id is refused.
func readRef(ctx context.Context, db pgdb.Querier, text string) (payout.Ref, error) {
	if batch, no, ok := strings.Cut(text, "/"); ok {
		b, errB := strconv.ParseInt(batch, 10, 32)
		n, errN := strconv.ParseInt(no, 10, 64)
		if errB != nil || errN != nil {
			return payout.Ref{}, usagef("%q is not BATCH/PAYMENT", text)
		}
		return payout.Ref{Batch: ledger.BatchID(b), Payment: n}, nil
	}
	origin, err := payout.ReadOrigin(ctx, db)
	if err != nil {
		return payout.Ref{}, err
	}
	ref, err := origin.ParseEndToEnd(bankadapters.EndToEndID(text))
	if err != nil {
		return ref, errs.Coded(errs.Invalid, "CLI-REFERENCE", fmt.Sprintf("Mã %q không phải mã khoản chi của hệ thống này, hoặc bị cắt, sai ký tự. / "+
			"%q is no payment id of this installation, or it is cut or altered.", text, text), err)
	}
	return ref, nil
}

// printTrail prints a payment's trail as a person reads it.
func (e *env) printTrail(p records.Trail) {
	fmt.Fprintf(e.stdout, "khoản chi / payment %d/%d: %s đồng, %s, %s, tài khoản / account %s, %s\n", p.Batch, p.Payment, p.Amount, p.Unit, p.Channel, p.Account, p.State)
	for _, a := range p.Attempts {
		fmt.Fprintf(e.stdout, "lần / attempt %d: %s, %s, submission %d %s (%s)\n", a.Attempt, a.ID, a.Channel, a.Order, a.Message, a.State)
	}
	for _, x := range p.Facts {
		closed := "mở / open"
		if x.Closed != nil {
			closed = x.Closed.In(calendar.Zone).Format(time.DateTime)
		}
		fmt.Fprintf(e.stdout, "%s: attempt %d, %s, %s → %s\n", x.Kind, x.Attempt, x.Why, x.Opened.In(calendar.Zone).Format(time.DateTime), closed)
	}
	table := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "seq\tdate\tvoucher\tkind\tdebit\tcredit\tamount")
	for _, l := range p.Lines {
		number := "chưa vào sổ"
		if l.ChainNo > 0 {
			number = strconv.FormatInt(l.ChainNo, 10)
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Seq, l.AccountingDate, number, l.Kind, l.Debit, l.Credit, l.Amount)
	}
	table.Flush() //nolint:errcheck // standard output
}
