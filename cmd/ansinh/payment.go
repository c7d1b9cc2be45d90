package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
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
		p, err := readTrail(ctx, db, ref)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(p)
		}
		p.print(e)
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

// paymentTrail is everything about one payment, without what identifies a person.
type paymentTrail struct {
	Batch    ledger.BatchID     `json:"batch"`
	Payment  int64              `json:"payment"`
	Amount   string             `json:"amount"`
	Channel  bankadapters.Key   `json:"channel"`
	Unit     string             `json:"unit"`
	Account  string             `json:"account"`
	State    ledger.State       `json:"state"`
	Attempts []attemptShown     `json:"attempts"`
	Facts    []factShown        `json:"facts"`
	Lines    []ledger.TrailLine `json:"lines"`
}

type attemptShown struct {
	Attempt int16                   `json:"attempt"`
	ID      bankadapters.EndToEndID `json:"id"`
	Channel bankadapters.Key        `json:"channel"`
	Message bankadapters.MessageID  `json:"message"`
	State   payout.SubmissionState  `json:"submission_state"`
	Sent    *time.Time              `json:"first_sent"`
	Order   int64                   `json:"submission"`
}

type factShown struct {
	Attempt int16      `json:"attempt"`
	Kind    string     `json:"kind"`
	Why     string     `json:"why"`
	Opened  time.Time  `json:"opened"`
	Closed  *time.Time `json:"closed"`
}

const sqlPaymentShown = `
SELECT p.amount, p.channel, s.unit_name_vi, p.account_tail
  FROM payout.payment AS p JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
 WHERE p.batch = @batch AND p.no = @payment`

const sqlAttemptsShown = `
SELECT a.attempt, s.channel, s.message_id, s.state, s.first_sent, s.no
  FROM payout.attempt AS a JOIN payout.submission AS s ON s.no = a.submission
 WHERE a.batch = @batch AND a.payment = @payment ORDER BY a.attempt`

const sqlFactsShown = `
SELECT x.attempt, x.kind, x.why, x.opened_at, x.closed_at
  FROM payout.exception AS x WHERE x.batch = @batch AND x.payment = @payment ORDER BY x.opened_at, x.kind`

func readTrail(ctx context.Context, db pgdb.Querier, ref payout.Ref) (paymentTrail, error) {
	p := paymentTrail{Batch: ref.Batch, Payment: ref.Payment}
	args := pgx.NamedArgs{"batch": ref.Batch, "payment": ref.Payment}
	var amount money.Amount
	err := db.QueryRow(ctx, sqlPaymentShown, args).Scan(&amount, &p.Channel, &p.Unit, &p.Account)
	if err == pgx.ErrNoRows { //nolint:errorlint // as pgx returns it
		return p, errs.New(errs.NotFound, fmt.Sprintf("Không có khoản chi %d/%d. / There is no payment %d/%d.", ref.Batch, ref.Payment, ref.Batch, ref.Payment), err)
	}
	if err != nil {
		return p, fmt.Errorf("payment %d/%d: %w", ref.Batch, ref.Payment, err)
	}
	p.Amount, p.Account = amount.Exact(), "…"+p.Account
	origin, err := payout.ReadOrigin(ctx, db)
	if err != nil {
		return p, err
	}
	rows, _ := db.Query(ctx, sqlAttemptsShown, args)
	p.Attempts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (attemptShown, error) {
		var a attemptShown
		err := row.Scan(&a.Attempt, &a.Channel, &a.Message, &a.State, &a.Sent, &a.Order)
		a.ID = origin.EndToEnd(payout.Ref{Batch: ref.Batch, Payment: ref.Payment, Attempt: a.Attempt})
		return a, err
	})
	if err != nil {
		return p, fmt.Errorf("attempts: %w", err)
	}
	rows, _ = db.Query(ctx, sqlFactsShown, args)
	if p.Facts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[factShown]); err != nil {
		return p, fmt.Errorf("facts: %w", err)
	}
	at, err := ledger.Positions(ctx, db, ref.Batch, []int64{ref.Payment})
	if err != nil {
		return p, err
	}
	p.State = at[ref.Payment].State()
	p.Lines, err = ledger.Trail(ctx, db, ref.Batch, ref.Payment)
	return p, err
}

func (p paymentTrail) print(e *env) {
	amount, _ := money.ParseExact(p.Amount) //nolint:errcheck // made of an amount
	fmt.Fprintf(e.stdout, "khoản chi / payment %d/%d: %s đồng, %s, %s, tài khoản / account %s, %s\n", p.Batch, p.Payment, amount, p.Unit, p.Channel, p.Account, p.State)
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
