package timeliness

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/ledger"
)

// clocks are the five times of one payment, as the database tells them.
type clocks struct {
	Person     int64
	Unit       string
	UnitName   string
	Channel    string
	BIN        string
	Paying     string // the channel's name
	State      ledger.State
	Doubt      bool
	DrawnAt    *time.Time
	OrderedAt  *time.Time
	CreditedOn calendar.Date // proved
	PresumedOn calendar.Date // debited, the credit not proved
	ReturnedOn calendar.Date
	SignedOn   calendar.Date // signed for before our own officer or cashier
	CoveredTo  calendar.Date // last day of the coverage that began no later than the credit
	EventAt    *time.Time
}

// One row a payment, those of one person together. A payment that was taken out
// by two people before it was ever ordered is not an approved one any more.
//
// A credit has the bank's own booking date where reconciliation knows it: the
// accounting date is later when the month was already closed.
//
// Only events of the attempt that was credited last, or else of the newest one,
// count: money of an attempt that came back whole was never held.
const sqlClocks = `
WITH booked AS (
    SELECT o.payment, o.voucher, max(w.book_date) AS on_day
      FROM reconciliation.outcome AS o
      JOIN reconciliation.witness AS w ON w.file = o.file AND w.position = o.position
     WHERE o.batch = @batch AND o.voucher <> 0
     GROUP BY o.payment, o.voucher
), moved AS (
    SELECT l.payment,
           max(l.seq * 1000 + l.leg) % 1000 AS last_leg,
           coalesce(max(l.about) FILTER (WHERE g.state = 'paid' AND l.leg < 100), max(l.attempt)) AS attempt,
           min(v.posted_at) FILTER (WHERE g.name IN ('ordered', 'listed', 'handed', 'treasury_paid')) AS ordered_at,
           max(coalesce(b.on_day, v.accounting_date)) FILTER (WHERE g.state = 'paid' AND l.leg < 100) AS credited_on,
           max(coalesce(b.on_day, v.accounting_date)) FILTER (WHERE g.name = 'booked') AS presumed_on,
           max(coalesce(b.on_day, v.accounting_date)) FILTER (WHERE g.name IN ('returned', 'list_returned')) AS returned_on,
           max(v.accounting_date) FILTER (WHERE g.name = 'signed') AS signed_on
      FROM ledger.line AS l
      JOIN ledger.voucher AS v ON v.id = l.voucher
      LEFT JOIN booked AS b ON b.payment = l.payment AND b.voucher = l.voucher
      JOIN ledger.leg AS g ON g.id = l.leg
     WHERE l.batch = @batch
     GROUP BY l.payment
), promised AS (
    SELECT payment, attempt, range_agg(daterange(from_date, last_date, '[]')) AS days
      FROM timeliness.coverage
     WHERE batch = @batch
     GROUP BY payment, attempt
), used AS (
    SELECT payment, attempt, min(at) AS at
      FROM timeliness.event
     WHERE batch = @batch
     GROUP BY payment, attempt
), funded AS (
    SELECT book, channel, min(drawn_at) AS drawn_at
      FROM payout.draw
     WHERE batch = @batch
     GROUP BY book, channel
)
SELECT p.person, s.unit_code, s.unit_name_vi, p.channel, p.bin, c.name_vi, g.state,
       EXISTS (SELECT 1 FROM payout.exception AS x
                WHERE x.batch = p.batch AND x.payment = p.no AND x.kind = 'doubt' AND x.closed_at IS NULL),
       f.drawn_at, m.ordered_at, m.credited_on, m.presumed_on, m.returned_on, m.signed_on,
       (SELECT upper(r) - 1 FROM unnest(pr.days) AS r WHERE r @> m.credited_on),
       u.at
  FROM payout.payment AS p
  JOIN moved AS m ON m.payment = p.no
  JOIN ledger.leg AS g ON g.id = m.last_leg
  JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
  JOIN payout.channel AS c ON c.key = p.channel
  LEFT JOIN funded AS f ON f.book = s.book AND f.channel = p.channel
  LEFT JOIN promised AS pr ON pr.payment = p.no AND pr.attempt = m.attempt
  LEFT JOIN used AS u ON u.payment = p.no AND u.attempt = m.attempt
 WHERE p.batch = @batch
   AND NOT EXISTS (SELECT 1 FROM payout.cancelled AS k WHERE k.batch = p.batch AND k.payment = p.no)
 ORDER BY p.person, p.no`

// Every join here is over a whole batch. Fresh tables have no statistics yet, and
// a nested loop chosen for want of them takes hours where a hash takes seconds;
// the hash should fit into memory.
const sqlWholeBatch = `SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '256MB', true)`

// eachClocks hands every approved payment of the batch to fn, a person's
// payments one after the other.
func eachClocks(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, fn func(clocks)) error {
	if _, err := tx.Exec(ctx, sqlWholeBatch); err != nil {
		return fmt.Errorf("clocks of batch %d: %w", batch, err)
	}
	rows, err := tx.Query(ctx, sqlClocks, pgx.NamedArgs{"batch": batch})
	if err != nil {
		return fmt.Errorf("clocks of batch %d: %w", batch, err)
	}
	var c clocks
	_, err = pgx.ForEachRow(rows, []any{&c.Person, &c.Unit, &c.UnitName, &c.Channel, &c.BIN, &c.Paying, &c.State, &c.Doubt,
		&c.DrawnAt, &c.OrderedAt, &c.CreditedOn, &c.PresumedOn, &c.ReturnedOn, &c.SignedOn, &c.CoveredTo, &c.EventAt}, func() error {
		fn(c)
		return nil
	})
	if err != nil {
		return fmt.Errorf("clocks of batch %d: %w", batch, err)
	}
	return nil
}

// never is a day that did not come.
const never = -1

// wait is one payment's clocks in days since the due date. Early is day 0.
type wait struct {
	drawn, ordered, credited, presumed int
	event                              int  // first withdrawal, proved
	firstEvent                         bool // the event is known to be the first
	competing                          int  // came back and was not paid again
	seen                               int  // covered through this day
	covered                            bool
	none                               bool // certainly without the money at the end of the observation
}

// waitOf turns times into days. through is the last whole day that may be
// spoken of; what happened later has not happened yet.
func waitOf(c clocks, due calendar.Date, through int) wait {
	day := func(d calendar.Date) int {
		if d.IsZero() || d.DaysSince(due) > through {
			return never
		}
		return max(0, d.DaysSince(due))
	}
	at := func(t *time.Time) int {
		if t == nil {
			return never
		}
		return day(calendar.DateOf(*t))
	}
	w := wait{drawn: at(c.DrawnAt), ordered: at(c.OrderedAt), credited: never, presumed: never, event: never, competing: never}
	switch {
	case c.State == ledger.Paid:
		w.credited, w.event = day(c.CreditedOn), at(c.EventAt)
	case c.State.Open():
		w.presumed, w.event = day(c.PresumedOn), at(c.EventAt)
	default:
		w.none = true
	}
	if c.State == ledger.Paid && !c.SignedOn.IsZero() {
		// Our own paper is the source, and it covers all time until now.
		w.event, w.covered, w.seen, w.firstEvent = day(c.SignedOn), true, through, true
		return w
	}
	if c.CoveredTo.IsZero() {
		return w
	}
	w.seen = min(c.CoveredTo.DaysSince(due), through)
	switch {
	case w.seen < 0:
		return w
	case c.State == ledger.Paid:
		w.covered, w.firstEvent = true, true
	case c.State == ledger.Returned || c.State == ledger.Unpaid:
		w.covered, w.competing = true, day(c.ReturnedOn)
	}
	return w
}

// both is the wait of a person with two payments: they have the money when the
// last of it came, and are covered only if all of it is.
func both(a, b wait) wait {
	later := func(x, y int) int {
		if x == never || y == never {
			return never
		}
		return max(x, y)
	}
	first := func(x, y int) int {
		if x == never || y != never && y < x {
			return y
		}
		return x
	}
	return wait{
		drawn: later(a.drawn, b.drawn), ordered: later(a.ordered, b.ordered), credited: later(a.credited, b.credited),
		presumed: first(a.presumed, b.presumed), event: later(a.event, b.event), competing: first(a.competing, b.competing),
		seen: min(a.seen, b.seen), covered: a.covered && b.covered, firstEvent: a.firstEvent && b.firstEvent, none: a.none || b.none,
	}
}
