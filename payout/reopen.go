package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// Reopening is the decision of two people that a channel may pay again after a
// restored database.
type Reopening struct {
	Channel bankadapters.Key
	ByOne   string
	ByTwo   string
	Why     string
	// Through is the last day up to which the bank's booked statements of every
	// account are taken in; zero if there is none. It is not asked of a provider,
	// which sends none.
	Through calendar.Date
	// Unresolved are journalled sends that are not on the books, at any channel.
	Unresolved []Unresolved
}

// Errors of Reopen a caller may match.
var (
	ErrNotClosed  = errors.New("the channel is not closed by a restored database")
	ErrUnresolved = errors.New("journalled sends are not on the books")
	ErrStatements = errors.New("booked statements are missing")
)

const sqlClosedBy = `
SELECT r.id, r.at, r.lost, c.kind
  FROM payout.restored AS r
  JOIN payout.channel AS c ON c.key = @channel
 WHERE NOT EXISTS (SELECT 1 FROM payout.reopened AS o WHERE o.restored = r.id AND o.channel = c.key)
 ORDER BY r.id`

const sqlAddReopened = `
INSERT INTO payout.reopened (restored, channel, why, by_one, by_two, at) VALUES (@restored, @channel, @why, @one, @two, @now)`

const sqlOpenPaused = `
UPDATE payout.bank_gate SET state = 'open', since = @now, why = '', next_probe = NULL, fence = fence + 1
 WHERE channel = @channel AND state = 'paused'`

// Reopen lets a channel pay again. It is refused while any journalled send is
// not on the books (ErrUnresolved), since a payment may have gone over another
// channel later, and while the bank's booked statements do not reach the day
// before the database was found restored (ErrStatements). Where the journal was
// lost they must reach the business day after it: only they then tell what was
// sent in its last hours.
func Reopen(ctx context.Context, tx pgx.Tx, r Reopening, now time.Time) error {
	if err := twoPeople(r.ByOne, r.ByTwo, r.Why); err != nil {
		return err
	}
	if _, err := lockGate(ctx, tx, r.Channel); err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, sqlClosedBy, pgx.NamedArgs{"channel": r.Channel})
	type closing struct {
		ID   int64
		At   time.Time
		Lost bool
		Kind string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[closing])
	if err != nil {
		return fmt.Errorf("what closed %s: %w", r.Channel, err)
	}
	if len(list) == 0 {
		return errs.Coded(errs.Conflict, "PAYOUT-NOT-CLOSED", fmt.Sprintf("Kênh %s không bị đóng vì khôi phục dữ liệu. / "+
			"Channel %s is not closed by a restored database.", r.Channel, r.Channel), ErrNotClosed)
	}
	if n := len(r.Unresolved); n > 0 {
		return errs.Coded(errs.Conflict, "PAYOUT-UNRESOLVED", fmt.Sprintf("Còn %d lệnh trong nhật ký gửi chưa có trong sổ, trước hết là lệnh %d: xem `ansinh dispatch show`. / "+
			"%d sends of the journal are not on the books, first submission %d: see `ansinh dispatch show`.",
			n, r.Unresolved[0].Submission, n, r.Unresolved[0].Submission), ErrUnresolved)
	}
	for _, c := range list {
		if need := statementsNeeded(c.At, c.Lost); c.Kind == "bank" && r.Through.Before(need) {
			return errs.Coded(errs.Conflict, "PAYOUT-STATEMENTS-MISSING", fmt.Sprintf("Sao kê của %s phải nhận đến hết ngày %s trước khi mở lại. / "+
				"The booked statements of %s must be taken in through %s first.", r.Channel, need, r.Channel, need), ErrStatements)
		}
	}
	args := pgx.NamedArgs{"channel": r.Channel, "why": r.Why, "one": r.ByOne, "two": r.ByTwo, "now": now}
	for _, c := range list {
		args["restored"] = c.ID
		if _, err := tx.Exec(ctx, sqlAddReopened, args); err != nil {
			return fmt.Errorf("reopen %s: %w", r.Channel, err)
		}
	}
	if _, err := tx.Exec(ctx, sqlOpenPaused, args); err != nil {
		return fmt.Errorf("open the gate of %s: %w", r.Channel, err)
	}
	_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: r.ByOne, Act: "dispatch.opened", Subject: "channel/" + string(r.Channel),
		Detail: map[string]any{"second": r.ByTwo, "why": r.Why, "statements": r.Through.String()}})
	return err
}

// statementsNeeded is the day through which statements must be in.
func statementsNeeded(found time.Time, lost bool) calendar.Date {
	day, law := calendar.DateOf(found), calendar.Vietnam()
	if lost {
		return law.NextBusinessDay(day)
	}
	for day = day.AddDays(-1); !law.IsBusinessDay(day); {
		day = day.AddDays(-1)
	}
	return day
}

// HoldUnrecorded keeps a payment from going out after a bank spoke of an attempt of
// it that this database never made: it may be paid already. A payment that was
// never ordered is held, one that is owed again takes no further attempt; two
// people end its debt or look further.
func HoldUnrecorded(ctx context.Context, tx pgx.Tx, r Ref, approved bool, why string, now time.Time) error {
	if !approved {
		return Bar(ctx, tx, r, why, now)
	}
	_, err := tx.Exec(ctx, sqlHold, pgx.NamedArgs{"batch": r.Batch, "payment": r.Payment, "attempt": 0, "now": now, "reason": holdUnrecorded, "why": oneLine(why)})
	if err != nil {
		return fmt.Errorf("hold payment %d of batch %d: %w", r.Payment, r.Batch, err)
	}
	return nil
}

// sqlChannelState is what a person sees of each channel.
const sqlChannelState = `
SELECT g.channel, g.state, g.since, g.why,
       coalesce((SELECT r.id FROM payout.restored AS r
                  WHERE NOT EXISTS (SELECT 1 FROM payout.reopened AS o WHERE o.restored = r.id AND o.channel = g.channel)
                  ORDER BY r.id DESC LIMIT 1), 0) AS restored
  FROM payout.bank_gate AS g JOIN payout.channel AS c ON c.key = g.channel
 ORDER BY c.ordinal`

// ChannelState is one channel's gate.
type ChannelState struct {
	Channel  bankadapters.Key
	State    string // open, tripped, paused
	Since    time.Time
	Why      string
	Restored int64 // the restored database after which nobody opened it; 0 = none
}

// ChannelStates lists every channel's gate in the channels' order.
func ChannelStates(ctx context.Context, db pgdb.Querier) ([]ChannelState, error) {
	rows, _ := db.Query(ctx, sqlChannelState)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ChannelState])
	if err != nil {
		return nil, fmt.Errorf("gates: %w", err)
	}
	return list, nil
}

const sqlLastRestored = `SELECT at, lost FROM payout.restored ORDER BY id DESC LIMIT 1`

// LastRestored returns when the database was last found restored and whether the
// journal was lost; zero if never.
func LastRestored(ctx context.Context, db pgdb.Querier) (at time.Time, lost bool, err error) {
	err = db.QueryRow(ctx, sqlLastRestored).Scan(&at, &lost)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return at, false, fmt.Errorf("restored databases: %w", err)
	}
	return at, lost, nil
}

const sqlSettleSend = `
INSERT INTO payout.send_settled (message, submission, why, by_one, by_two, at)
VALUES (@message, @submission, @why, @one, @two, @now)
ON CONFLICT (message) DO NOTHING`

// SettleSend records that two people have settled outside the engine what a
// journalled send that cannot be taken back has paid. Its payments are not
// known here: they must have held, cancelled or seen each of them.
func SettleSend(ctx context.Context, tx pgx.Tx, s Sent, one, two, why string, now time.Time) error {
	if err := twoPeople(one, two, why); err != nil {
		return err
	}
	args := pgx.NamedArgs{"message": s.Message, "submission": s.Submission, "why": why, "one": one, "two": two, "now": now}
	if _, err := tx.Exec(ctx, sqlSettleSend, args); err != nil {
		return fmt.Errorf("settle send %s: %w", s.Message, err)
	}
	_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: one, Act: "send.settled", Subject: fmt.Sprintf("submission/%d", s.Submission),
		Detail: map[string]any{"message": s.Message, "total": s.Total, "count": s.Count, "second": two, "why": why}})
	return err
}
