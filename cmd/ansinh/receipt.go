package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/pgdb"
	"ansinh/payout"
)

// personCommands are words of people that dispatch waits for: a proof taken on,
// a portal's receipt.
func personCommands() []command {
	return []command{
		{name: "batch canary", short: "cho gửi tiếp sau lệnh đầu tiên / let the rest go without waiting for the first proof",
			example: "ansinh batch canary --batch 13001 --bank E --by ke-toan-truong", setup: setupBatchCanary},
		{name: "submission receipt", short: "nhập biên nhận của cổng ngân hàng / enter a portal's receipt, by a second person",
			example: "ansinh submission receipt --no 13001040001 --receipt D-000017 --by thu-quy --second kiem-soat-vien", setup: setupReceipt},
	}
}

func setupBatchCanary(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by")
	bank := f.String("bank", "", "the bank or provider")
	return func(ctx context.Context, e *env, _ []string) error {
		id, err := b.id(f)
		if err != nil {
			return err
		}
		if *bank == "" || b.by == "" {
			return usagef("--bank and --by are needed")
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		if _, err := payout.ReadSigner(ctx, db, b.by); err != nil {
			return err
		}
		return pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			return payout.PassCanary(ctx, tx, id, bankadapters.Key(*bank), b.by, e.now()())
		})
	}
}

func setupReceipt(f *flag.FlagSet) run {
	no := f.Int64("no", 0, "number of the submission")
	receipt := f.String("receipt", "", "what the portal printed")
	by := f.String("by", "", "who uploaded the file")
	second := f.String("second", "", "who enters the receipt")
	return func(ctx context.Context, e *env, _ []string) error {
		if *no <= 0 || *receipt == "" || *by == "" || *second == "" {
			return usagef("--no, --receipt, --by and --second are needed")
		}
		works, err := e.works(ctx)
		if err != nil {
			return err
		}
		for _, who := range []string{*by, *second} {
			if _, err := payout.ReadSigner(ctx, works.DB, who); err != nil {
				return err
			}
		}
		err = pgdb.InTx(ctx, works.DB, func(ctx context.Context, tx pgx.Tx) error {
			return works.Engine.EnterReceipt(ctx, tx, *no, *receipt, *by, *second)
		})
		if err == nil {
			fmt.Fprintf(e.stdout, "%d: %s\n", *no, *receipt)
		}
		return err
	}
}
