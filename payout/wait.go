package payout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// WaitReason says what payments that are ready wait for.
type WaitReason string

// The reasons. Stop, Gate and Paused hold back what is ordered and unsent too.
const (
	WaitStop     WaitReason = "stop"      // dispatch is stopped everywhere
	WaitGate     WaitReason = "gate"      // the channel is down, or closed by a person
	WaitPaused   WaitReason = "paused"    // the batch is paused by a person
	WaitCanary   WaitReason = "canary"    // the first submission is not proved
	WaitDayCount WaitReason = "day_count" // the channel's payments of a day are used up
	WaitDayTotal WaitReason = "day_total" // its đồng of a day are, or the next payment does not fit
	WaitFunds    WaitReason = "funds"     // the paying account or the programme lacks money

	WaitUnwritable WaitReason = "unwritable" // the channel's wire carries none of the next payments
)

// holdsSent reports whether the reason also keeps intents from being sent.
func (r WaitReason) holdsSent() bool { return r == WaitStop || r == WaitGate || r == WaitPaused }

// Wait is what a batch waits for at one channel: the payments that are ready
// and not ordered, and with stop, gate and paused those ordered and unsent.
type Wait struct {
	Batch    ledger.BatchID
	Channel  bankadapters.Key
	Reason   WaitReason
	Detail   string // the number, amount or cause the sentence names
	Since    time.Time
	Payments int64
	Amount   money.Amount
}

// Sentence says in Vietnamese, then English, what is waited for and who can end
// it. A detail that is itself in both languages is said in each half in its own.
func (w Wait) Sentence() string {
	vi, en := halves(w.Detail)
	switch w.Reason {
	case WaitStop:
		return fmt.Sprintf("Toàn hệ thống đang dừng chi (%s): người có quyền xem xét rồi cho chi tiếp. / Dispatch is stopped everywhere (%s): a person looks and lifts it.", vi, en)
	case WaitGate:
		return fmt.Sprintf("Kênh %s không nhận lệnh (%s): hệ thống hỏi thăm và tự mở lại khi kênh trả lời. / Channel %s takes no orders (%s): it is asked and reopens when it answers.", w.Channel, vi, w.Channel, en)
	case WaitPaused:
		return fmt.Sprintf("Đợt đang tạm dừng (%s): người tạm dừng cho chi tiếp. / The batch is paused (%s): a person resumes it.", vi, en)
	case WaitCanary:
		return fmt.Sprintf("Lệnh đầu tiên %s ở kênh %s chưa có bằng chứng: chờ sao kê, hoặc một người nhận trách nhiệm cho qua. / The first submission %s at %s is not proved: the statement or a person lets the rest go.", vi, w.Channel, en, w.Channel)
	case WaitDayCount:
		return fmt.Sprintf("Đã đủ %s khoản một ngày ở kênh %s: ngày mai chi tiếp. / The %s payments a day at %s are used up: it goes on tomorrow.", vi, w.Channel, en, w.Channel)
	case WaitDayTotal:
		return fmt.Sprintf("Kênh %s hôm nay còn được chi %s đồng, không đủ cho khoản tiếp theo: ngày mai chi tiếp. / %s may take %s đồng more today, less than the next payment: it goes on tomorrow.", w.Channel, vi, w.Channel, en)
	case WaitFunds:
		return fmt.Sprintf("Tài khoản chi ở kênh %s thiếu %s đồng: kế toán rút dự toán. / The paying account at %s lacks %s đồng: the accountant draws funds.", w.Channel, vi, w.Channel, en)
	case WaitUnwritable:
		return fmt.Sprintf("Không ghi được lệnh nào cho kênh %s (%s): quản trị hệ thống xem cấu hình kênh và dữ liệu. / No message to %s can be written (%s): the administrator looks at the channel and the data.", w.Channel, vi, w.Channel, en)
	}
	return fmt.Sprintf("Đang chờ (%s). / Waiting (%s).", w.Reason, w.Reason)
}

// halves takes a text of both languages apart; one of a single language is both.
func halves(text string) (vi, en string) {
	if vi, en, both := strings.Cut(text, " / "); both && !strings.Contains(en, " / ") {
		return vi, en
	}
	return text, text
}

const sqlWaits = `
SELECT batch, channel, reason, detail, since, payments, amount
  FROM payout.wait WHERE @batch::integer = 0 OR batch = @batch
 ORDER BY batch, channel`

// Waits says what a batch (0 = every batch) waits for, as the order step found
// it when it last looked.
func Waits(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) ([]Wait, error) {
	rows, _ := db.Query(ctx, sqlWaits, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Wait])
	if err != nil {
		return nil, fmt.Errorf("what batch %d waits for: %w", batch, err)
	}
	return list, nil
}

// wait notes why a batch gets no order now.
func (o *order) wait(batch ledger.BatchID, reason WaitReason, detail string) {
	o.waits = append(o.waits, Wait{Batch: batch, Channel: o.channel.Key, Reason: reason, Detail: detail})
}

const sqlWaitsAt = `
SELECT batch, channel, reason, detail, since, payments, amount FROM payout.wait WHERE channel = @channel`

// What waits: approved and not held; decided to be tried again; with a reason
// that holds back intents, those as well.
const sqlCountWaiting = `
SELECT (a.payments - h.payments + t.payments + i.payments)::bigint, (a.amount - h.amount + t.amount + i.amount)::bigint
  FROM (SELECT coalesce(sum(payments), 0) AS payments, coalesce(sum(amount), 0) AS amount
          FROM (SELECT s.payments, s.amount FROM payout.tally_sum AS s
                 WHERE s.batch = @batch AND s.section = 0 AND s.channel = @channel AND s.state = 'approved'
                 UNION ALL
                SELECT w.payments, w.amount FROM payout.tally_new AS n JOIN payout.tally AS w ON w.batch = n.batch AND w.voucher = n.voucher
                 WHERE n.batch = @batch AND w.channel = @channel AND w.state = 'approved') AS both_of) AS a,
       (SELECT count(*) AS payments, coalesce(sum(p.amount), 0) AS amount
          FROM payout.exception AS x
          JOIN payout.payment AS p ON p.batch = x.batch AND p.no = x.payment
         CROSS JOIN LATERAL (SELECT max(l.seq) AS seq FROM ledger.line AS l WHERE l.batch = x.batch AND l.payment = x.payment) AS last
         WHERE x.batch = @batch AND x.kind = 'held' AND x.closed_at IS NULL AND x.attempt = 0 AND p.channel = @channel AND last.seq = 1) AS h,
       (SELECT count(*) AS payments, coalesce(sum(p.amount), 0) AS amount
          FROM payout.retry AS r
          JOIN payout.payment AS p ON p.batch = r.batch AND p.no = r.payment
         CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                              WHERE l.batch = r.batch AND l.payment = r.payment
                              ORDER BY l.seq DESC LIMIT 1) AS last
          JOIN ledger.leg AS g ON g.id = last.leg
         WHERE r.batch = @batch AND r.channel = @channel AND r.submission IS NULL AND last.attempt = r.after_attempt
           AND g.state IN ('rejected', 'withdrawn', 'not_executed', 'returned', 'unpaid', 'brought_back')) AS t,
       (SELECT coalesce(sum(count), 0) AS payments, coalesce(sum(total), 0) AS amount
          FROM payout.submission WHERE batch = @batch AND channel = @channel AND state = 'intent' AND @intents) AS i`

const sqlSetWait = `
INSERT INTO payout.wait (batch, channel, reason, detail, since, payments, amount)
VALUES (@batch, @channel, @reason, @detail, @now, @payments, @amount)
ON CONFLICT (batch, channel) DO UPDATE
   SET reason = excluded.reason, detail = excluded.detail, payments = excluded.payments, amount = excluded.amount,
       since = CASE WHEN payout.wait.reason = excluded.reason THEN payout.wait.since ELSE excluded.since END`

const sqlEndWait = `DELETE FROM payout.wait WHERE batch = @batch AND channel = @channel`

// noteWaits makes the stored waits of the channel those of this look. Nothing is
// written while nothing changes. It runs under the channel's lock.
func (o *order) noteWaits(ctx context.Context) error {
	rows, _ := o.tx.Query(ctx, sqlWaitsAt, pgx.NamedArgs{"channel": o.channel.Key})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Wait])
	if err != nil {
		return fmt.Errorf("waits at %s: %w", o.channel.Key, err)
	}
	stored := map[ledger.BatchID]Wait{}
	for _, w := range list {
		stored[w.Batch] = w
	}
	for _, w := range o.waits {
		args := pgx.NamedArgs{"batch": w.Batch, "channel": w.Channel, "reason": w.Reason, "detail": w.Detail, "now": o.e.Now(), "intents": w.Reason.holdsSent()}
		if err := o.tx.QueryRow(ctx, sqlCountWaiting, args).Scan(&w.Payments, &w.Amount); err != nil {
			return fmt.Errorf("what waits in batch %d at %s: %w", w.Batch, w.Channel, err)
		}
		if w.Payments <= 0 || w.Amount <= 0 {
			continue // what is left of it is held, or somebody was faster
		}
		before := stored[w.Batch]
		delete(stored, w.Batch)
		if w.Since = before.Since; w == before {
			continue
		}
		args["payments"], args["amount"] = w.Payments, w.Amount
		if _, err := o.tx.Exec(ctx, sqlSetWait, args); err != nil {
			return fmt.Errorf("note what batch %d waits for at %s: %w", w.Batch, w.Channel, err)
		}
	}
	for batch := range stored {
		if !o.seenAll && !o.seen[batch] {
			continue // an order came first; what this one waits for has not been looked at
		}
		if _, err := o.tx.Exec(ctx, sqlEndWait, pgx.NamedArgs{"batch": batch, "channel": o.channel.Key}); err != nil {
			return fmt.Errorf("end the wait of batch %d at %s: %w", batch, o.channel.Key, err)
		}
	}
	return nil
}
