package bench

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

const sqlCityBatch = `
INSERT INTO payout.batch (id, programme, period, name_vi, declared_count, declared_total, decision_no, decision_date, due_date, made_by, made_at,
       planned_at, digest, pay_at, released_at)
VALUES (@batch, 'TET26', @period, @name, @count, @total, '00/QĐ-MẪU', @day, @day, 'can-bo-lap', @now, @now, @digest, @now, @now)`

const sqlCitySections = `
INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
VALUES (@batch, @no, @unit, @since, @name, @book, @count, @total, @digest, 'ABCDEFGH', 'released')`

const sqlCityRuns = `
INSERT INTO payout.run (batch, section, channel, from_no, to_no, next_no, count, total)
SELECT @batch, r.section, r.channel, r.first, r.last, r.last + 1, r.last - r.first + 1,
       (SELECT sum(p.amount) FROM payout.payment AS p WHERE p.batch = @batch AND p.no BETWEEN r.first AND r.last)
  FROM unnest(@sections::smallint[], @channels::text[], @froms::bigint[], @tos::bigint[]) AS r (section, channel, first, last)`

const sqlCityPayments = `
INSERT INTO payout.payment (batch, no, amount, person, section, birth_year, channel, bin, account_tail, holder, name, category)
SELECT @batch, n, 300000 + 50000 * (n % 7), n, r.section, 1930 + n % 60, r.channel, r.bin,
       CASE WHEN r.bin = '' THEN '' ELSE lpad((n % 10000)::text, 4, '0') END, 'MAU', 'Nguyễn Thị Mẫu ' || n % 1000, 'HTXH-75'
  FROM unnest(@sections::smallint[], @channels::text[], @bins::text[], @froms::bigint[], @tos::bigint[]) AS r (section, channel, bin, first, last)
 CROSS JOIN LATERAL generate_series(r.first, r.last) AS n`

// batch loads one batch and pays it. The last one is ordered by half: the rest waits.
func (c *City) batch(ctx context.Context, i int) error {
	id := c.Batch[i]
	var total int64
	for n := int64(1); n <= int64(c.People); n++ {
		total += cityAmount(n)
	}
	day := c.day.AddDays(-20 + i%10)
	args := pgx.NamedArgs{"batch": id, "period": c.day.FirstOfMonth(), "name": fmt.Sprintf("Quà Tết mẫu, đợt %d (dữ liệu giả lập)", i+1), "count": c.People,
		"total": total, "day": day, "now": day.At(8, 0), "digest": digestOf("batch %d", id)}
	args["sections"], args["channels"], args["bins"], args["froms"], args["tos"] = c.columns()
	if _, err := c.db.Exec(ctx, sqlCityBatch, args); err != nil {
		return fmt.Errorf("batch %d: %w", id, err)
	}
	for _, s := range c.sections() {
		_, err := c.db.Exec(ctx, sqlCitySections, pgx.NamedArgs{"batch": id, "no": s.section, "unit": s.unit.Code, "since": s.unit.ValidFrom,
			"name": s.unit.NameVI, "book": c.Book, "count": s.to - s.from + 1, "total": sumOf(s.from, s.to), "digest": digestOf("section %d/%d", id, s.section)})
		if err != nil {
			return fmt.Errorf("sections of batch %d: %w", id, err)
		}
	}
	for _, sql := range []string{sqlCityPayments, sqlCityRuns} {
		if _, err := c.db.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("payments of batch %d: %w", id, err)
		}
	}
	if err := c.approve(ctx, id, day); err != nil {
		return err
	}
	return c.pay(ctx, id, day.AddDays(2), i == c.Batches-1)
}

func sumOf(from, to int64) int64 {
	var sum int64
	for n := from; n <= to; n++ {
		sum += cityAmount(n)
	}
	return sum
}

func (c *City) columns() (sections []int16, channels, bins []string, froms, tos []int64) {
	for _, r := range c.runs {
		ch := cityChannels[r.channel]
		bin := ""
		if ch.bank {
			bin = fmt.Sprintf("99900%d", r.channel+1)
		}
		sections, channels, bins = append(sections, r.section), append(channels, string(ch.key)), append(bins, bin)
		froms, tos = append(froms, r.from), append(tos, r.to)
	}
	return sections, channels, bins, froms, tos
}

// sections joins the runs of each commune.
func (c *City) sections() []cityRun {
	var list []cityRun
	for _, r := range c.runs {
		if n := len(list); n > 0 && list[n-1].section == r.section {
			list[n-1].to = r.to
			continue
		}
		list = append(list, r)
	}
	return list
}

// approve posts the first line of every payment, one voucher a commune.
func (c *City) approve(ctx context.Context, batch ledger.BatchID, day calendar.Date) error {
	for _, s := range c.sections() {
		numbers := make([]int64, 0, s.to-s.from+1)
		for n := s.from; n <= s.to; n++ {
			numbers = append(numbers, n)
		}
		v := ledger.Voucher{Key: fmt.Sprintf("approved/%d/%d", batch, s.section), Kind: "approved", AccountingDate: day, PostedAt: day.At(9, 0),
			Text: fmt.Sprintf("Phê duyệt chi đợt %d, %s: %d người", batch, s.unit.NameVI, len(numbers))}
		if _, err := c.post(ctx, v, batch, "A", ledger.LegApproved, numbers, 1); err != nil {
			return err
		}
	}
	_, err := c.record(ctx, batch, day)
	return err
}

// record writes the acts of people that such a batch leaves behind.
func (c *City) record(ctx context.Context, batch ledger.BatchID, day calendar.Date) (int, error) {
	var entries []audit.Entry
	for _, s := range c.sections() {
		entries = append(entries, audit.Entry{At: day.At(9, 0), Actor: "chu-tich-" + s.unit.Code, Act: "section.approve",
			Subject: fmt.Sprintf("section/%d/%d", batch, s.section), Detail: map[string]any{"count": s.to - s.from + 1}})
	}
	err := pgdb.InTx(ctx, c.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Append(ctx, tx, entries...)
		return err
	})
	return len(entries), err
}

// movedTo says where payments were before a leg of the city's straight way.
func movedTo(leg ledger.LegID, place ledger.Place) payout.Moved {
	key := bankadapters.Key(place)
	was := payout.Standing{State: ledger.Approved, Channel: key}
	switch leg {
	case ledger.LegApproved:
		return payout.Moved{}
	case ledger.LegPaidSent, ledger.LegRejected:
		was.State = ledger.Ordered
	case ledger.LegListPaid, ledger.LegListUnpaid:
		was.State = ledger.Listed
	}
	return payout.Moved{At: key, Was: func(int64) payout.Standing { return was }}
}

// post books one leg of the numbered payments, all of one channel or of all at
// the first leg.
func (c *City) post(ctx context.Context, v ledger.Voucher, batch ledger.BatchID, place ledger.Place, leg ledger.LegID, numbers []int64, seq int16) (
	ledger.VoucherID, error) {
	var id ledger.VoucherID
	err := pgdb.InTx(ctx, c.db, func(ctx context.Context, tx pgx.Tx) error {
		if err := ledger.LockFunds(ctx, tx, c.Book, place); err != nil {
			return err
		}
		attempt := min(seq-1, 1)
		line := ledger.Line{Batch: batch, Seq: seq, Attempt: attempt, About: attempt, Leg: leg}
		line.Payment, line.Amount = numbers[0], money.Amount(cityAmount(numbers[0]))
		filled, err := ledger.NewDesk(tx, c.Book, ledger.EntrustedState, place, cityProgramme, v.PostedAt).Fill(ctx, line)
		if err != nil {
			return err
		}
		v.Book, v.PostingSet, v.Batch, v.Facts = c.Book, ledger.EntrustedState, batch, []byte(v.Key)
		v.Lines = func(yield func(ledger.Line, error) bool) {
			for _, n := range numbers {
				l := filled
				l.Payment, l.Amount = n, money.Amount(cityAmount(n))
				if !yield(l, nil) {
					return
				}
			}
		}
		posted, err := payout.Post(ctx, tx, v, movedTo(leg, place))
		id = posted.ID
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", v.Key, err)
	}
	return id, nil
}
