package payout

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"sort"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/ledger"
)

// Standing is where a payment is before a voucher: its money state and the
// channel of its newest attempt. Before the first attempt the channel may be "":
// the approved one counts.
type Standing struct {
	State   ledger.State
	Channel bankadapters.Key
}

// Moved is what cannot be read off a voucher's lines and is needed to count
// them. A line's number follows from the position it was made from, and the
// ledger's key refuses it if another line came between: so Was is what the
// position said, no more and no less.
type Moved struct {
	Was func(payment int64) Standing // nil: an approval, before which there was nothing
	At  bankadapters.Key             // where attempts go that begin in this voucher
}

// Post posts a voucher of payments and counts, in the same transaction, what it
// changed by section, channel and state ([Tallies]). Every voucher with lines of
// payments goes through here; its errors are those of [ledger.Post]. A voucher
// that was posted before is not counted again.
func Post(ctx context.Context, tx pgx.Tx, v ledger.Voucher, m Moved) (ledger.Posted, error) {
	t := touch{moved: m, batch: v.Batch}
	v.Lines = t.watch(v.Lines)
	posted, err := ledger.Post(ctx, tx, v)
	if err != nil || len(t.movements) == 0 {
		return posted, err
	}
	if err := t.count(ctx, tx, posted.ID); err != nil {
		return posted, fmt.Errorf("tally of voucher %d: %w", posted.ID, err)
	}
	if err := t.setAside(ctx, tx); err != nil {
		return posted, fmt.Errorf("payments set aside by voucher %d: %w", posted.ID, err)
	}
	if err := fold(ctx, tx, v.Batch); err != nil {
		return posted, fmt.Errorf("sums of batch %d: %w", v.Batch, err)
	}
	return posted, nil
}

// movement is one payment's way through a voucher.
type movement struct {
	payment  int64
	amount   money.Amount // of the payment; 0 if only claims were touched
	was, now Standing
}

// touch is what a voucher does to its payments.
type touch struct {
	moved     Moved
	batch     ledger.BatchID
	movements []movement
}

// watch notes the lines that pass on their way into the ledger.
func (t *touch) watch(lines iter.Seq2[ledger.Line, error]) iter.Seq2[ledger.Line, error] {
	return func(yield func(ledger.Line, error) bool) {
		for l, err := range lines {
			if err == nil && l.Batch != 0 {
				t.note(l)
			}
			if !yield(l, err) {
				return
			}
		}
	}
}

// note takes the payment's next line. One that names no movement is refused by
// the ledger, so it need not be counted.
func (t *touch) note(l ledger.Line) {
	def := ledger.LegOf(l.Leg)
	if def == nil {
		return
	}
	if n := len(t.movements); n == 0 || t.movements[n-1].payment != l.Payment {
		was := Standing{}
		if t.moved.Was != nil {
			was = t.moved.Was(l.Payment)
		}
		t.movements = append(t.movements, movement{payment: l.Payment, was: was, now: was})
	}
	m := &t.movements[len(t.movements)-1]
	m.now.State = def.State
	if def.Attempt == ledger.AttemptNext {
		m.now.Channel = t.moved.At
	}
	if def.Amount != ledger.AmountFree {
		m.amount = l.Amount
	}
}

// sqlRunStarts reads where the runs begin that hold the payments from lowest to
// highest: payments of one section and channel are numbered without a gap.
const sqlRunStarts = `
SELECT r.from_no, r.section, r.channel
  FROM payout.run AS r
 WHERE r.batch = @batch AND r.from_no <= @highest
   AND r.from_no >= (SELECT max(x.from_no) FROM payout.run AS x WHERE x.batch = @batch AND x.from_no <= @lowest)
 ORDER BY r.from_no`

type runStart struct {
	From    int64
	Section int16
	Channel bankadapters.Key
}

const sqlAddTally = `
WITH noted AS (
    INSERT INTO payout.tally_new (batch, voucher) SELECT @batch::integer, @voucher::bigint WHERE cardinality(@counts::bigint[]) > 0
)
INSERT INTO payout.tally (batch, voucher, section, channel, state, payments, amount)
SELECT @batch::integer, @voucher::bigint, t.section, t.channel, t.state, t.payments, t.amount
  FROM unnest(@sections::smallint[], @channels::text[], @states::text[], @counts::bigint[], @amounts::bigint[])
       AS t (section, channel, state, payments, amount)`

// count writes what the voucher changed: each payment once less where it was
// and once more where it is.
func (t *touch) count(ctx context.Context, tx pgx.Tx, voucher ledger.VoucherID) error {
	lowest, highest := t.movements[0].payment, t.movements[0].payment
	for _, m := range t.movements {
		lowest, highest = min(lowest, m.payment), max(highest, m.payment)
	}
	rows, _ := tx.Query(ctx, sqlRunStarts, pgx.NamedArgs{"batch": t.batch, "lowest": lowest, "highest": highest})
	starts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[runStart])
	if err != nil {
		return err
	}
	sums, err := t.sum(starts)
	if err != nil {
		return err
	}
	var sections []int16
	var channels, states []string
	var counts, amounts []int64
	for at, sum := range sums {
		if sum == (tallySum{}) {
			continue
		}
		sections, channels, states = append(sections, at.section), append(channels, string(at.channel)), append(states, string(at.state))
		counts, amounts = append(counts, sum.payments), append(amounts, int64(sum.amount))
	}
	_, err = tx.Exec(ctx, sqlAddTally, pgx.NamedArgs{"batch": t.batch, "voucher": voucher, "sections": sections, "channels": channels,
		"states": states, "counts": counts, "amounts": amounts})
	return err
}

type tallyAt struct {
	section int16
	channel bankadapters.Key
	state   ledger.State
}

type tallySum struct {
	payments int64
	amount   money.Amount
}

func (t *touch) sum(starts []runStart) (map[tallyAt]tallySum, error) {
	sums := map[tallyAt]tallySum{}
	add := func(run runStart, s Standing, n int64, amount money.Amount) {
		if s.State == ledger.None {
			return
		}
		at := tallyAt{run.Section, cmp.Or(s.Channel, run.Channel), s.State}
		sum := sums[at]
		sums[at] = tallySum{sum.payments + n, sum.amount + amount}
	}
	for _, m := range t.movements {
		if m.was == m.now {
			continue
		}
		after := sort.Search(len(starts), func(i int) bool { return starts[i].From > m.payment })
		if after == 0 {
			return nil, fmt.Errorf("payment %d of batch %d is in no section", m.payment, t.batch)
		}
		add(starts[after-1], m.was, -1, -m.amount)
		add(starts[after-1], m.now, 1, m.amount)
	}
	return sums, nil
}

// Tally is how many payments of a section stand in a state at a channel, and
// what they are worth. The channel is that of the newest attempt; before the
// first, the approved one.
type Tally struct {
	Section  int16
	Channel  bankadapters.Key
	State    ledger.State
	Payments int64
	Amount   money.Amount
}
