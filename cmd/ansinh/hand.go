package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// handCommands are what people do in the middle of dispatch because no step may:
// take a first submission on, and enter a portal's receipt.
func handCommands() []command {
	return []command{
		{name: "batch canary", short: "cho phần còn lại đi sau lệnh thử / let the rest go after a channel's first submission was looked at",
			example: "ansinh batch canary --batch 13001\nansinh batch canary --batch 13001 --channel P1 --by ke-toan-truong", setup: setupBatchCanary},
		{name: "submission receipt", short: "nhập biên nhận của cổng ngân hàng / enter a portal's receipt; another person than who uploaded",
			example: "ansinh submission receipt --no 13001040001 --receipt D-R000001 --clerk thu-quy --second kiem-soat-vien", setup: setupReceipt},
	}
}

// canaryWaiting is a first submission that no proof passed and nobody took on.
type canaryWaiting struct {
	Channel    bankadapters.Key
	Submission int64
	State      payout.SubmissionState
	Count      int
	Total      money.Amount
}

const sqlCanariesWaiting = `
SELECT c.channel, c.submission, s.state, s.count, s.total
  FROM payout.canary AS c JOIN payout.submission AS s ON s.no = c.submission
 WHERE c.batch = @batch AND c.passed_at IS NULL ORDER BY c.channel`

func setupBatchCanary(f *flag.FlagSet) run {
	batch := f.Int("batch", 0, "number of the batch")
	channel := f.String("channel", "", "bank or provider to let go; without it those that wait are listed")
	by := f.String("by", "", "who takes it on")
	return func(ctx context.Context, e *env, _ []string) error {
		id := ledger.BatchID(*batch)
		if id <= 0 || (*channel == "") != (*by == "") {
			return usagef("--batch is needed, and --channel and --by together")
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		return pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := payout.LockBatch(ctx, tx, id); err != nil {
				return err
			}
			rows, _ := tx.Query(ctx, sqlCanariesWaiting, pgx.NamedArgs{"batch": id})
			waiting, err := pgx.CollectRows(rows, pgx.RowToStructByPos[canaryWaiting])
			if err != nil {
				return fmt.Errorf("canaries of batch %d: %w", id, err)
			}
			if *channel == "" {
				e.printCanaries(waiting)
				return nil
			}
			key := bankadapters.Key(*channel)
			return e.did(payout.PassCanary(ctx, tx, id, key, *by, e.now()()), "đợt %d: %s được đi tiếp / %s goes on", id, key, key)
		})
	}
}

func (e *env) printCanaries(waiting []canaryWaiting) {
	if len(waiting) == 0 {
		fmt.Fprintln(e.stdout, "không có lệnh thử nào chờ / no first submission waits")
	}
	for _, w := range waiting {
		fmt.Fprintf(e.stdout, "%s: lệnh thử / first submission %d (%s), %d khoản / payments, %s đồng\n", w.Channel, w.Submission, w.State, w.Count, w.Total)
	}
}

func setupReceipt(f *flag.FlagSet) run {
	no := f.Int64("no", 0, "number of the submission")
	receipt := f.String("receipt", "", "the portal's receipt")
	clerk := f.String("clerk", "", "who uploaded")
	second := f.String("second", "", "who enters the receipt")
	return func(ctx context.Context, e *env, _ []string) error {
		if *no <= 0 || *receipt == "" {
			return usagef("--no and --receipt are needed")
		}
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		err = pgdb.InTx(ctx, works.DB, func(ctx context.Context, tx pgx.Tx) error {
			return works.Engine.EnterReceipt(ctx, tx, *no, *receipt, *clerk, *second)
		})
		if errors.Is(err, payout.ErrNoSubmission) {
			return noSubmission(*no, err)
		}
		return e.did(err, "lệnh %d: đã nhận biên nhận %s / receipt entered", *no, *receipt)
	}
}

func noSubmission(no int64, cause error) error {
	return errs.New(errs.NotFound, fmt.Sprintf("Không có lệnh số %d. / There is no submission %d.", no, no), cause)
}
