package bench

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/ledger"
)

// submission is one message of the city and the fate of its payments.
type submission struct {
	no       int64
	channel  int
	numbers  []int64
	paid     []int64 // the statement proves them
	rejected []int64
	doubtful []int64
}

// pay orders the batch channel by channel, and lets each bank's file answer: of
// a thousand payments, eight are rejected, one stays in doubt, one opens a break.
func (c *City) pay(ctx context.Context, batch ledger.BatchID, day calendar.Date, half bool) error {
	for step := range cityChannels {
		k := (step + 3*c.worker) % len(cityChannels) // workers meet at another channel's lock
		var numbers []int64
		for _, r := range c.runs {
			if r.channel == k {
				for n := r.from; n <= r.to; n++ {
					numbers = append(numbers, n)
				}
			}
		}
		if half {
			numbers = numbers[:len(numbers)/2]
		}
		chunk := 0
		for some := range slices.Chunk(numbers, cityChunk) {
			chunk++
			s := submission{no: int64(batch)*1_000_000 + int64(k+1)*10_000 + int64(chunk), channel: k, numbers: some}
			if err := c.order(ctx, batch, day, s); err != nil {
				return err
			}
			if err := c.answer(ctx, batch, day.AddDays(1), s); err != nil {
				return err
			}
		}
		if half {
			if err := c.standStill(ctx, batch, k, numbers); err != nil {
				return err
			}
		}
	}
	return nil
}

const sqlCityNext = `
UPDATE payout.run SET next_no = least(greatest(from_no, @next), to_no + 1) WHERE batch = @batch AND channel = @channel`

// standStill says how far the runs of a channel have been ordered.
func (c *City) standStill(ctx context.Context, batch ledger.BatchID, k int, numbers []int64) error {
	next := int64(0)
	if len(numbers) > 0 {
		next = numbers[len(numbers)-1] + 1
	}
	_, err := c.db.Exec(ctx, sqlCityNext, pgx.NamedArgs{"batch": batch, "channel": cityChannels[k].key, "next": next})
	return err
}

const sqlCitySubmission = `
INSERT INTO payout.submission (no, batch, channel, book, message_id, digest, sha256, count, total, canary, execution, created_at, send_before, head,
       voucher, state, tries, first_sent, answered_at, next_look)
VALUES (@no, @batch, @channel, @book, @message, @digest, @sha256, @count, @total, false, @day, @now, @now, '0-00', @voucher, @state, 1, @now, @now, @now)`

const sqlCityAttempts = `
INSERT INTO payout.attempt (batch, payment, attempt, submission, place)
SELECT @batch, p.n, 1, @no, p.place FROM unnest(@numbers::bigint[]) WITH ORDINALITY AS p (n, place)`

const sqlCityDoubts = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why, submission, section, channel, amount)
SELECT @batch, p.n, 1, 'doubt', @now, 'no answer in time', @no, q.section, q.channel, q.amount
  FROM unnest(@numbers::bigint[]) AS p (n)
 CROSS JOIN LATERAL (SELECT q.section, q.channel, q.amount FROM payout.payment AS q WHERE q.batch = @batch AND q.no = p.n OFFSET 0) AS q`

func (c *City) order(ctx context.Context, batch ledger.BatchID, day calendar.Date, s submission) error {
	leg := ledger.LegOrdered
	if !cityChannels[s.channel].bank {
		leg = ledger.LegListed
	}
	key := cityChannels[s.channel].key
	v := ledger.Voucher{Key: fmt.Sprintf("ordered/%d", s.no), Kind: "ordered", AccountingDate: day, PostedAt: day.At(8, 0), OrderNo: s.no,
		Text: fmt.Sprintf("Lệnh chi %d: %d khoản qua %s", s.no, len(s.numbers), key)}
	voucher, err := c.post(ctx, v, batch, ledger.Place(key), leg, s.numbers, 2)
	if err != nil {
		return err
	}
	var total int64
	for _, n := range s.numbers {
		total += cityAmount(n)
	}
	c.message++
	args := pgx.NamedArgs{"no": s.no, "batch": batch, "channel": key, "book": c.Book, "message": fmt.Sprintf("TST1%012d", c.message),
		"digest": digestOf("orders %d", s.no), "sha256": digestOf("bytes %d", s.no), "count": len(s.numbers), "total": total, "day": day, "now": day.At(8, 5),
		"voucher": voucher, "state": "settled", "numbers": s.numbers}
	if slices.ContainsFunc(s.numbers, func(n int64) bool { return fate(n) == doubtful }) {
		args["state"] = "unknown"
	}
	for _, sql := range []string{sqlCitySubmission, sqlCityAttempts} {
		if _, err := c.db.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("submission %d: %w", s.no, err)
		}
	}
	return nil
}

const (
	paid = iota
	rejected
	doubtful
)

// fate is what becomes of payment n; sqlCityOutcomes says the same.
func fate(n int64) int {
	switch {
	case n%125 == 3:
		return rejected
	case n%1000 == 7:
		return doubtful
	default:
		return paid
	}
}

const sqlCityFile = `
WITH f AS (
    INSERT INTO reconciliation.file (channel, kind, name, sha256, bytes, received_at, received_by)
    VALUES (@channel, @kind, @name, @sha256, 1000000, @now, @channel::text || '-1') RETURNING id
), v AS (
    INSERT INTO reconciliation.verdict (file, channel, kind, account, file_id, state, entries, at)
    SELECT f.id, @channel, @kind, @account, @name, 'taken', @count, @now FROM f
), d AS (
    INSERT INTO reconciliation.file_done (file, at) SELECT f.id, @now FROM f
), s AS (
    INSERT INTO reconciliation.statement (file, channel, account, sequence, from_date, to_date, opening, closing, created_at)
    SELECT f.id, @channel, @account, @sequence, @day, @day, 0, 0, @now FROM f WHERE @bank
)
SELECT f.id FROM f`

const sqlCityEntries = `
WITH e AS (
    INSERT INTO reconciliation.entry (channel, account, identity, file, position)
    SELECT @channel, @account, 'S' || @file::bigint || '-' || p.place, @file::bigint, p.place FROM unnest(@numbers::bigint[]) WITH ORDINALITY AS p (n, place)
    RETURNING id, position
), b AS (
    INSERT INTO reconciliation.booking (entry, file, position, side, amount, book_date, value_date)
    SELECT e.id, @file::bigint, e.position, 'debit', 300000 + 50000 * ((@numbers::bigint[])[e.position] % 7), @day, @day FROM e
)
SELECT coalesce(min(e.id), 0) FROM e`

const sqlCityWitnesses = `
INSERT INTO reconciliation.witness (file, position, source, side, amount, booked, book_date, value_date, servicer, original_ref, end_to_end, bulk, is_bulk,
       account_tail, status, code, is_return, text, line)
SELECT @file::bigint, p.place, CASE WHEN @bank::boolean THEN 'statement' ELSE 'provider' END, CASE WHEN @bank THEN 'debit' ELSE '' END,
       300000 + 50000 * (p.n % 7), @bank::boolean, @day, @day, 'B' || @file::bigint || '-' || p.place, '', 'TST1' || lpad((@batch::bigint * 100000000 + p.n)::text, 12, '0'), '', false,
       lpad((p.n % 10000)::text, 4, '0'), '', '', false, 'TRO CAP ASXH', p.place + 10
  FROM unnest(@numbers::bigint[]) WITH ORDINALITY AS p (n, place)`

const sqlCityOutcomes = `
INSERT INTO reconciliation.outcome (file, position, situation, evidence, action, batch, payment, attempt, voucher, at)
SELECT @file::bigint, p.place, CASE WHEN @bank::boolean THEN 'ordered' ELSE 'listed' END,
       CASE WHEN p.n % 125 = 3 THEN 'status_rejected' WHEN @bank THEN 'debit_proof' ELSE 'provider_paid' END,
       CASE WHEN p.n % 125 = 3 THEN 'reject' WHEN @bank THEN 'prove_booked' ELSE 'list_paid' END,
       @batch, p.n, 1, CASE WHEN p.n % 125 = 3 THEN @rejected::bigint ELSE @paid::bigint END, @now
  FROM unnest(@numbers::bigint[]) WITH ORDINALITY AS p (n, place)`

const sqlCityBreaks = `
INSERT INTO reconciliation.break_item (reason, channel, account, file, position, batch, payment, attempt, submission, amount, voucher, suggestion, opened_at, owner)
SELECT CASE WHEN p.n % 2000 < 1000 THEN 'second_debit' ELSE 'debit_other_amount' END, @channel, @account, @file, p.place, @batch, p.n, 1, @no,
       300000 + 50000 * (p.n % 7), 0, '', @now, CASE WHEN p.n % 3000 < 1000 THEN 'Kế toán Mẫu' ELSE '' END
  FROM unnest(@numbers::bigint[]) WITH ORDINALITY AS p (n, place)
 WHERE p.n % 1000 = 9`

// answer takes in one file about a submission and posts what it proves.
func (c *City) answer(ctx context.Context, batch ledger.BatchID, day calendar.Date, s submission) error {
	ch := cityChannels[s.channel]
	var answered []int64
	for _, n := range s.numbers {
		switch fate(n) {
		case doubtful:
			s.doubtful = append(s.doubtful, n)
		case rejected:
			answered, s.rejected = append(answered, n), append(s.rejected, n)
		default:
			answered, s.paid = append(answered, n), append(s.paid, n)
		}
	}
	c.files++
	args := pgx.NamedArgs{"channel": string(ch.key), "kind": "camt.053", "name": fmt.Sprintf("%s-%d.xml", ch.key, c.files), "sha256": digestOf("file %d", c.files),
		"now": day.At(10, 0), "account": fmt.Sprintf("9990001%03d", s.channel+1), "count": len(answered), "sequence": c.files, "day": day, "bank": ch.bank,
		"batch": int64(batch), "no": s.no, "numbers": answered}
	pay, fail := ledger.LegPaidSent, ledger.LegRejected
	if !ch.bank {
		pay, fail = ledger.LegListPaid, ledger.LegListUnpaid
		args["kind"] = "provider-result"
	}
	var file, cause int64
	if err := c.db.QueryRow(ctx, sqlCityFile, args).Scan(&file); err != nil {
		return fmt.Errorf("file %d: %w", c.files, err)
	}
	args["file"] = file
	if ch.bank {
		if err := c.db.QueryRow(ctx, sqlCityEntries, args).Scan(&cause); err != nil {
			return fmt.Errorf("entries of file %d: %w", file, err)
		}
	}
	for _, part := range []struct {
		name    string
		leg     ledger.LegID
		numbers []int64
	}{{"paid", pay, s.paid}, {"rejected", fail, s.rejected}} {
		args[part.name] = int64(0)
		if len(part.numbers) == 0 {
			continue
		}
		v := ledger.Voucher{Key: fmt.Sprintf("file/%d/%s", file, part.name), Kind: "reconciliation", AccountingDate: day, PostedAt: day.At(10, 5), OrderNo: s.no,
			Cause: cause, Text: fmt.Sprintf("Đối chiếu %s, tệp %d", ch.key, file)}
		voucher, err := c.post(ctx, v, batch, ledger.Place(ch.key), part.leg, part.numbers, 3)
		if err != nil {
			return err
		}
		args[part.name] = int64(voucher)
	}
	for _, sql := range []string{sqlCityWitnesses, sqlCityOutcomes, sqlCityBreaks} {
		if _, err := c.db.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("lines of file %d: %w", file, err)
		}
	}
	args["numbers"] = s.doubtful
	if _, err := c.db.Exec(ctx, sqlCityDoubts, args); err != nil {
		return fmt.Errorf("doubts of submission %d: %w", s.no, err)
	}
	return nil
}
