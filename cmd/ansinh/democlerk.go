package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sheet"
	"ansinh/internal/assembly"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
)

// clerk is what the treasurer does at manual rails: upload each workbook of the
// outbox once, and have a second person enter the portal's receipt. He looks
// before he uploads, so that an interruption in between does not pay twice.
func (d *demo) clerk(ctx context.Context) (int, error) {
	did := 0
	for _, ch := range d.works.Channels {
		if ch.Profile.Rail != bankadapters.RailSheet {
			continue
		}
		files, err := filepath.Glob(filepath.Join(d.works.Outbox(ch.Key), "*.xlsx"))
		if err != nil {
			return did, err
		}
		for _, path := range files {
			done, err := d.handle(ctx, ch, path)
			if err != nil {
				return did, err
			}
			if done {
				did++
			}
		}
	}
	return did, nil
}

func (d *demo) handle(ctx context.Context, ch payout.Channel, path string) (bool, error) {
	id := bankadapters.MessageID(strings.TrimSuffix(filepath.Base(path), ".xlsx"))
	no, ok := d.works.Engine.Origin.SubmissionOf(id)
	if !ok {
		return false, fmt.Errorf("%s is no workbook of ours", path)
	}
	s, err := payout.ReadSubmission(ctx, d.works.DB, no)
	if err != nil || s.State != payout.InDoubt {
		return false, err
	}
	end, err := d.e.endpoints()
	if err != nil {
		return false, err
	}
	line, err := d.works.Signed(ch.Profile, end[ch.Key])
	if err != nil {
		return false, err
	}
	receipt, err := upload(ctx, sheet.NewPortal(line), id, path)
	if err != nil {
		var fault *bankadapters.TransportError
		if errors.As(err, &fault) || errors.Is(err, bankadapters.ErrAnswer) {
			return true, nil // nobody knows: look again on the next pass
		}
		return false, err
	}
	err = pgdb.InTx(ctx, d.works.DB, func(ctx context.Context, tx pgx.Tx) error {
		return d.works.Engine.EnterReceipt(ctx, tx, no, receipt, assembly.Treasurer, assembly.Controller)
	})
	if errs.Code(err) == "PAYOUT-NO-RECEIPT-DUE" {
		return true, nil // the bank's result file was faster than the second person
	}
	return true, err
}

// upload finds the receipt of an earlier upload, or uploads.
func upload(ctx context.Context, portal *sheet.Portal, id bankadapters.MessageID, path string) (string, error) {
	known, err := portal.Uploads(ctx, string(id))
	if err != nil {
		return "", err
	}
	if len(known) > 0 {
		return known[0].Receipt, nil
	}
	workbook, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	got, err := portal.Upload(ctx, workbook)
	var refused *sheet.RefusedError
	if errors.As(err, &refused) && refused.Code == "DUPL" && refused.Receipt != "" {
		return refused.Receipt, nil
	}
	return got.Receipt, err
}
