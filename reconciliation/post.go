package reconciliation

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// post writes everything a chunk decided, in the order of the locks: control
// row, vouchers, then what hangs on them.
func (c *chunk) post(ctx context.Context, tx pgx.Tx) error {
	if len(c.results) == 0 {
		return nil
	}
	for i := range c.results {
		if r := &c.results[i]; r.group != nil {
			r.group.note(r)
		}
	}
	for _, book := range c.books() {
		if err := ledger.LockFunds(ctx, tx, book, c.place()); err != nil {
			return err
		}
	}
	for _, g := range c.groups {
		if err := c.postGroup(ctx, tx, g); err != nil {
			return err
		}
	}
	if err := c.conclude(ctx, tx); err != nil {
		return err
	}
	if err := c.references(ctx, tx); err != nil {
		return err
	}
	if err := c.breaks(ctx, tx); err != nil {
		return err
	}
	return c.outcomes(ctx, tx)
}

func (c *chunk) books() []ledger.BookID {
	var books []ledger.BookID
	for _, g := range c.groups {
		books = append(books, c.bookOf(g))
	}
	slices.Sort(books)
	return slices.Compact(books)
}

func (c *chunk) bookOf(g *group) ledger.BookID {
	if g.order != nil {
		return g.order.Book
	}
	return c.book
}

// note adds a line's canonical form to its voucher's facts.
func (g *group) note(r *result) {
	b := g.facts
	for _, s := range []string{string(r.reading.situation), string(r.reading.evidence), string(r.action), r.witness.EndToEnd, r.witness.Servicer,
		r.witness.Status, r.witness.BookDate.String()} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(r.witness.Position))
	g.facts = binary.BigEndian.AppendUint64(b, uint64(r.witness.Amount))
}

func (c *chunk) postGroup(ctx context.Context, tx pgx.Tx, g *group) error {
	book := c.bookOf(g)
	date := g.key.date
	if date.IsZero() {
		date = calendar.DateOf(c.file.now)
	}
	date, err := ledger.OpenDay(ctx, tx, book, date)
	if err != nil {
		return err
	}
	if g.proved > 0 {
		g.entries = append(g.entries, ledger.Prove(g.programme, g.proved)...)
	}
	if g.unproved > 0 {
		g.entries = append(g.entries, ledger.Unprove(g.programme, g.unproved)...)
	}
	if len(g.lines) == 0 && len(g.entries) == 0 {
		return nil
	}
	slices.SortStableFunc(g.lines, func(a, b ledger.Line) int {
		return cmp.Or(cmp.Compare(a.Payment, b.Payment), cmp.Compare(a.Seq, b.Seq))
	})
	if err := c.fill(ctx, tx, g); err != nil {
		return err
	}
	loose, err := ledger.Entries(ctx, tx, book, c.file.now, g.entries...)
	if err != nil {
		return err
	}
	v := ledger.Voucher{
		Key:            fmt.Sprintf("file/%d/%d-%d/%d/%s", c.file.id, g.first, g.last, g.key.submission, g.key.programme+g.key.date.String()),
		Facts:          g.facts,
		Book:           book,
		PostingSet:     ledger.EntrustedState,
		Kind:           "reconciliation",
		AccountingDate: date,
		PostedAt:       c.file.now,
		Text:           fmt.Sprintf("Đối chiếu %s, tệp %d, dòng %d-%d", c.bank.key, c.file.id, g.first, g.last),
		OrderNo:        g.key.submission,
		Cause:          g.cause,
		Lines: func(yield func(ledger.Line, error) bool) {
			for _, l := range g.lines {
				if !yield(l, nil) {
					return
				}
			}
			for l, err := range loose {
				if !yield(l, err) {
					return
				}
			}
		},
	}
	if g.order != nil {
		v.PostingSet = g.order.PostingSet
		if len(g.lines) > 0 {
			v.Batch = g.order.Batch
		}
	}
	posted, err := payout.Post(ctx, tx, v, payout.Moved{Was: c.was(g)})
	if err != nil {
		return err
	}
	g.voucher = posted.ID
	return nil
}

// was says where a payment of the voucher stood before this chunk.
func (c *chunk) was(g *group) func(payment int64) payout.Standing {
	return func(payment int64) payout.Standing {
		start := c.trails[payKey{g.order.Batch, payment}].start
		at := payout.Standing{State: start.State()}
		if o := c.orders[c.orderOf[payout.Ref{Batch: g.order.Batch, Payment: payment, Attempt: start.Attempt}]]; o != nil {
			at.Channel = o.Channel
		}
		return at
	}
}

const sqlCreditDraw = `UPDATE payout.draw SET credited = @voucher WHERE reference = @reference AND credited IS NULL`

const sqlAddBulkClaim = `
INSERT INTO reconciliation.bulk_claim (file, position, submission, amount, voucher)
VALUES (@file, @position, @submission, @amount, @voucher)`

// A bulk debit above what was ordered ends by itself once the bank has given
// all of it back: its own entries prove that.
const sqlCloseBulkBreaks = `
UPDATE reconciliation.break_item
   SET closed_at = @now, closed_how = 'ngân hàng đã hoàn đủ / given back by the bank'
 WHERE submission = @submission AND reason = 'bulk_over' AND closed_at IS NULL`

// conclude does what hangs on the vouchers: doubts end, submissions settle,
// draws are credited, payments are barred, dispatch stops.
func (c *chunk) conclude(ctx context.Context, tx pgx.Tx) error {
	for _, g := range c.groups {
		if g.order == nil || len(g.payments) == 0 {
			continue
		}
		payments := make([]int64, 0, len(g.payments))
		for p := range g.payments {
			payments = append(payments, p)
		}
		slices.Sort(payments)
		if err := payout.CloseDoubts(ctx, tx, g.order.Batch, payments, g.voucher, c.file.now); err != nil {
			return err
		}
		if err := payout.Settle(ctx, tx, g.order.No); err != nil {
			return err
		}
	}
	for i := range c.results {
		if err := c.follow(ctx, tx, &c.results[i]); err != nil {
			return err
		}
	}
	return nil
}

// follow does what hangs on one line.
func (c *chunk) follow(ctx context.Context, tx pgx.Tx, r *result) error {
	if r.draw != "" {
		tag, err := tx.Exec(ctx, sqlCreditDraw, pgx.NamedArgs{"voucher": r.group.voucher, "reference": r.draw})
		if err != nil {
			return fmt.Errorf("credit of draw %s: %w", r.draw, err)
		}
		if tag.RowsAffected() != 1 {
			return fmt.Errorf("credit of draw %s: credited meanwhile: %w", r.draw, ledger.ErrCollision)
		}
	}
	if r.bulk != 0 {
		_, err := tx.Exec(ctx, sqlAddBulkClaim, pgx.NamedArgs{"file": c.file.id, "position": r.witness.Position,
			"submission": r.reading.order.No, "amount": r.bulk, "voucher": r.group.voucher})
		if err == nil && r.bulk < 0 && r.reading.order.claim == 0 {
			_, err = tx.Exec(ctx, sqlCloseBulkBreaks, pgx.NamedArgs{"submission": r.reading.order.No, "now": c.file.now})
		}
		if err != nil {
			return fmt.Errorf("bulk claim of submission %d: %w", r.reading.order.No, err)
		}
	}
	if r.unsent {
		if err := payout.KnownUnsent(ctx, tx, r.reading.order.No, c.file.now); err != nil {
			return err
		}
		if err := payout.Settle(ctx, tx, r.reading.order.No); err != nil {
			return err
		}
	}
	if r.bar {
		why := fmt.Sprintf("%s: tệp %d dòng %d", r.reading.evidence, c.file.id, r.witness.Position)
		if err := payout.Bar(ctx, tx, r.reading.ref, why, c.file.now); err != nil {
			return err
		}
	}
	if r.stop {
		return c.stop(ctx, tx, r)
	}
	return nil
}

// stop pulls the global stop and keeps the payment, if one is named that this
// database never sent, from going out a second time.
func (c *chunk) stop(ctx context.Context, tx pgx.Tx, r *result) error {
	what := "không có trong sổ"
	if r.unsent {
		what = "của lệnh chưa từng gửi"
	}
	why := fmt.Sprintf("%s: mã %s %s, tệp %d dòng %d", c.bank.key, cmp.Or(r.witness.EndToEnd, r.witness.Bulk, r.witness.Servicer), what,
		c.file.id, r.witness.Position)
	if err := payout.Stop(ctx, tx, why, "reconciliation", c.file.now); err != nil {
		return err
	}
	if r.reading.trail == nil || r.unsent { // what was never sent is in doubt, or barred by its cell
		return nil
	}
	return payout.HoldUnrecorded(ctx, tx, r.reading.ref, r.reading.situation == at(ledger.Approved), why, c.file.now)
}

const sqlAddReferences = `
INSERT INTO reconciliation.reference (channel, servicer, batch, payment, attempt)
SELECT @channel, n.servicer, n.batch, n.payment, n.attempt
  FROM unnest(@servicers::text[], @batches::int[], @payments::bigint[], @attempts::smallint[]) AS n (servicer, batch, payment, attempt)
ON CONFLICT (channel, servicer) DO NOTHING`

// references keeps the bank's own reference of every execution it spoke of.
func (c *chunk) references(ctx context.Context, tx pgx.Tx) error {
	var servicers []string
	var batches []int32
	var payments []int64
	var attempts []int16
	for _, r := range c.results {
		if !names(r.witness, r.reading) {
			continue
		}
		servicers, batches = append(servicers, r.witness.Servicer), append(batches, int32(r.reading.ref.Batch))
		payments, attempts = append(payments, r.reading.ref.Payment), append(attempts, r.reading.ref.Attempt)
	}
	if len(servicers) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlAddReferences, pgx.NamedArgs{"channel": c.bank.key, "servicers": servicers, "batches": batches,
		"payments": payments, "attempts": attempts})
	if err != nil {
		return fmt.Errorf("keep the bank's references: %w", err)
	}
	return nil
}

const sqlOpenBreak = `
INSERT INTO reconciliation.break_item (reason, channel, account, file, position, batch, payment, attempt, submission, amount, voucher,
                                       suggestion, opened_at)
SELECT @reason, @channel, @account, @file, @position, @batch, @payment, @attempt, @submission, @amount, @voucher, @suggestion, @now
 WHERE @voucher::bigint <> 0 OR @payment::bigint = 0
    OR NOT EXISTS (SELECT 1 FROM reconciliation.break_item AS b
                    WHERE b.reason = @reason AND b.batch = @batch AND b.payment = @payment AND b.attempt = @attempt AND b.closed_at IS NULL)
ON CONFLICT (file, position, reason) DO NOTHING`

// breaks opens what a person must look at, a row each: breaks are rare. A report
// that says the same of an attempt again, as every inquiry does, opens no second one.
func (c *chunk) breaks(ctx context.Context, tx pgx.Tx) error {
	for _, r := range c.results {
		if r.reason == "" {
			continue
		}
		args := pgx.NamedArgs{"reason": r.reason, "channel": c.bank.key, "account": c.file.account, "file": c.file.id, "position": r.witness.Position,
			"batch": r.reading.ref.Batch, "payment": r.reading.ref.Payment, "attempt": r.reading.ref.Attempt, "submission": int64(0),
			"amount": r.witness.Amount, "voucher": ledger.VoucherID(0), "suggestion": clean(r.witness.Text, textMax), "now": c.file.now}
		if r.reading.order != nil {
			args["submission"] = r.reading.order.No
		}
		if r.group != nil {
			args["voucher"] = r.group.voucher
		}
		if _, err := tx.Exec(ctx, sqlOpenBreak, args); err != nil {
			return fmt.Errorf("open break %s: %w", r.reason, err)
		}
	}
	return nil
}

const sqlCopyOutcomes = `
COPY reconciliation.outcome (file, position, situation, evidence, action, batch, payment, attempt, voucher, at) FROM STDIN (FORMAT binary)`

const outcomeColumns = 10

func (c *chunk) outcomes(ctx context.Context, tx pgx.Tx) error {
	_, err := pgdb.CopyBinary(ctx, tx, sqlCopyOutcomes, func(w *pgdb.CopyWriter) error {
		for i := range c.results {
			r := &c.results[i]
			w.Begin(outcomeColumns)
			w.Int64(c.file.id)
			w.Int32(r.witness.Position)
			w.Text(string(r.reading.situation))
			w.Text(string(r.reading.evidence))
			w.Text(string(r.action))
			w.Int32(int32(r.reading.ref.Batch))
			w.Int64(r.reading.ref.Payment)
			w.Int16(r.reading.ref.Attempt)
			if r.group != nil {
				w.Int64(int64(r.group.voucher))
			} else {
				w.Int64(0)
			}
			w.Timestamptz(c.file.now)
		}
		return w.Err()
	})
	if err != nil {
		return fmt.Errorf("outcomes: %w", err)
	}
	return nil
}
