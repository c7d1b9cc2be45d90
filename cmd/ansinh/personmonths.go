package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/payout"
)

func setupPersonMonths(f *flag.FlagSet) run {
	who := readerFlags(f)
	person := f.Int64("person", 0, "number of the record")
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if *person <= 0 {
			return usagef("--person is needed")
		}
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		var events []payout.PersonEvent
		err = readNoted(ctx, desk, *who, *person, func(ctx context.Context, tx pgx.Tx) error {
			events, err = payout.PersonEvents(ctx, tx, *person)
			return err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(events)
		}
		for _, event := range events {
			month := "một lần / once"
			if !event.Month.IsZero() {
				month = fmt.Sprintf("%02d/%d", int(event.Month.Month()), event.Month.Year())
			}
			fmt.Fprintf(e.stdout, "%s %s: %s\n", event.Programme, month, eventWords(event))
		}
		if len(events) == 0 {
			fmt.Fprintln(e.stdout, "không có trong danh sách nào / on no list")
		}
		return nil
	}
}

// removalWords are the causes of a right that ended with a list.
var removalWords = map[string]string{"row": "dòng ghi Giảm / the row says so", "death": "đã mất / died", "refused": "dòng bị từ chối / the row was refused",
	"absent": "không còn trong danh sách đầy đủ / not on the whole list any more"}

// eventWords says one event in Vietnamese and English.
func eventWords(e payout.PersonEvent) string {
	switch e.Kind {
	case "payment":
		return fmt.Sprintf("khoản chi / payment %d/%d, %s đồng (ansinh payment show %d/%d)", e.Batch, e.Payment, e.Amount, e.Batch, e.Payment)
	case "left_out":
		return fmt.Sprintf("ngoài đợt / left out of batch %d, danh sách / list %d, dòng / row %d: %s", e.Batch, e.List, e.Row, missingWords[e.What])
	case "refused":
		return fmt.Sprintf("dòng bị từ chối / row refused, danh sách / list %d, dòng / row %d: %s", e.List, e.Row, e.What)
	case "removed":
		return fmt.Sprintf("giảm / taken off, danh sách / list %d: %s", e.List, removalWords[e.What])
	case "added":
		return fmt.Sprintf("tăng / added, danh sách / list %d, dòng / row %d", e.List, e.Row)
	case "changed":
		return fmt.Sprintf("đổi / changed, danh sách / list %d, dòng / row %d", e.List, e.Row)
	case "absent":
		if e.What == "unit" {
			return "không có trong danh sách nào: xã, phường chưa nộp danh sách tháng này / on no list: the commune handed in none for the month"
		}
		return "không có trong danh sách nào của tháng này / on no list of the month"
	default:
		return fmt.Sprintf("có tên / listed, danh sách / list %d, dòng / row %d", e.List, e.Row)
	}
}
