package payout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
)

// The reasons of holds that are about the payment; those about its person come with
// acts ([people.Hold]).
const (
	holdWire       = "wire"       // the channel's wire cannot carry it
	holdUnrecorded = "unrecorded" // a bank spoke of an attempt this database never made
)

const sqlHold = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, reasons, why)
VALUES (@batch, @payment, @attempt, 'held', @now, ARRAY[@reason::text], @why)` + addReason

// oneLine keeps words that came from elsewhere to the line that their reason has.
func oneLine(words string) string { return strings.Join(strings.Fields(words), " ") }

// holdUnwritable finds the payments that the channel's wire cannot carry, such
// as one whose holder's name has no letter, and holds each with its reason: one
// payment must not stop a bank for everybody else. A held payment stays owed and
// unsent; two people cancel it, and a further list pays it. If no payment can be
// written, the fault is not theirs and nothing is held.
func (o *order) holdUnwritable(ctx context.Context) (held bool, err error) {
	line, err := o.e.line(o.channel.Key)
	if err != nil {
		return false, err
	}
	why := map[int64]error{}
	for _, r := range o.rows {
		one := Submission{Batch: o.batch.ID, Channel: o.channel.Key, Book: o.book, Message: "PROBE", Count: 1, Total: r.Amount,
			Created: o.e.Now(), Execution: calendar.DateOf(o.e.Now())}
		message, err := o.e.compose(ctx, o.tx, one, []row{r})
		if err == nil {
			err = line.Wire.WriteSubmission(io.Discard, message)
		}
		switch {
		case err == nil:
		case errors.Is(err, bankadapters.ErrSubmission):
			why[r.Payment] = err
		default:
			return false, err
		}
	}
	if len(why) == 0 || len(why) == len(o.rows) && len(o.rows) > 1 {
		return false, nil
	}
	for _, r := range o.rows {
		cause, bad := why[r.Payment]
		if !bad {
			continue
		}
		_, err := o.tx.Exec(ctx, sqlHold, pgx.NamedArgs{"batch": o.batch.ID, "payment": r.Payment, "attempt": o.positions[r.Payment].Attempt,
			"now": o.e.Now(), "reason": holdWire, "why": oneLine(cause.Error())})
		if err != nil {
			return false, fmt.Errorf("hold payment %d of batch %d: %w", r.Payment, o.batch.ID, err)
		}
		err = record(ctx, o.tx, o.e.Now(), "system: dispatch", "payment.hold", o.batch.ID, map[string]any{"payment": r.Payment, "why": cause.Error()})
		if err != nil {
			return false, err
		}
	}
	return true, nil
}
