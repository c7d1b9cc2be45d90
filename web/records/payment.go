package records

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// PaymentFilter narrows the payments of one batch. Section 0 and "" narrow
// nothing. Without a state a page is found by arithmetic (Page, from 1), because
// the payments of a section and channel are numbered without a gap; with one the
// list is walked from After on.
type PaymentFilter struct {
	Batch   ledger.BatchID
	Section int16
	Channel bankadapters.Key // approved channel
	State   string           // as shown; "none" is not approved yet
	Unit    string           // only sections of this unit
	Page    int
	After   int64
	Limit   int // 0 is PageSize
}

// PaymentRow is one payment of a list. The account is its last digits.
type PaymentRow struct {
	No      int64
	Section int16
	Unit    string
	Channel bankadapters.Key
	Name    string
	Birth   *int
	BIN     string
	Tail    string
	Amount  money.Amount
	State   string // as shown
	Attempt int16
	Since   *time.Time // of the last line
	Fact    string     // held or barred, "" neither
}

// PaymentPage is a page of a list of payments.
type PaymentPage struct {
	Rows  []PaymentRow
	Found int64 // payments the filter finds; -1 if that is not counted
	First int64 // place of the first row among them, from 1; 0 if not counted
	More  bool  // there are rows after these
	// Cut is set when the walk ended before the page was full, to keep the cost of
	// a page bounded: go on after this payment.
	Cut int64
}

// walkMax is how many payments a page of a filter by a common state looks at,
// walkMaxFile how many a file does. Above it the page says so and offers to go on.
const (
	walkMax     = 8_000
	walkMaxFile = 50_000
)

// stretch is a piece of payment numbers without a gap.
type stretch struct {
	Section  int16
	From, To int64
}

func (s stretch) len() int64 { return s.To - s.From + 1 }

const sqlStretches = `
SELECT r.section, r.from_no, r.to_no
  FROM payout.run AS r JOIN payout.section AS s ON s.batch = r.batch AND s.no = r.section
 WHERE r.batch = @batch AND (@section::smallint = 0 OR r.section = @section) AND (@channel = '' OR r.channel = @channel)
   AND (@unit = '' OR s.unit_code = @unit)
 ORDER BY r.from_no`

// Payments reads one page. It touches the rows of that page, and with a state at
// most walkMax payments, where the state has no index of its own.
func Payments(ctx context.Context, db pgdb.Querier, f PaymentFilter) (PaymentPage, error) {
	if f.Limit == 0 {
		f.Limit = PageSize
	}
	rows, _ := db.Query(ctx, sqlStretches, pgx.NamedArgs{"batch": f.Batch, "section": f.Section, "channel": f.Channel, "unit": f.Unit})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[stretch])
	if err != nil {
		return PaymentPage{}, fmt.Errorf("payments of batch %d: %w", f.Batch, err)
	}
	switch {
	case f.State == "":
		return byPlace(ctx, db, f, list)
	case f.State == "in_doubt":
		return byIndex(ctx, db, f, list, sqlDoubtsAfter)
	case slices.Contains(payout.AsideStates, ledger.State(f.State)):
		return byIndex(ctx, db, f, list, sqlAsideAfter)
	default:
		return byState(ctx, db, f, list)
	}
}

// byPlace finds a page by counting through the stretches.
func byPlace(ctx context.Context, db pgdb.Querier, f PaymentFilter, list []stretch) (PaymentPage, error) {
	skip := int64(max(0, f.Page-1)) * int64(f.Limit)
	page := PaymentPage{First: skip + 1}
	var numbers []int64
	for _, s := range list {
		page.Found += s.len()
		begin := s.From + min(skip, s.len())
		skip -= min(skip, s.len())
		for no := begin; no <= s.To && len(numbers) < f.Limit; no++ {
			numbers = append(numbers, no)
		}
	}
	if len(numbers) == 0 {
		page.First = 0
	}
	page.More = page.First > 0 && page.First+int64(len(numbers))-1 < page.Found
	var err error
	page.Rows, err = paymentRows(ctx, db, f.Batch, numbers)
	return page, err
}

const sqlDoubtsAfter = `
SELECT found.payment
  FROM unnest(@froms::bigint[], @tos::bigint[]) AS r (from_no, to_no)
 CROSS JOIN LATERAL (SELECT x.payment FROM payout.exception AS x
                      WHERE x.batch = @batch AND x.kind = 'doubt' AND x.closed_at IS NULL AND x.payment BETWEEN r.from_no AND r.to_no
                      ORDER BY x.payment LIMIT @limit) AS found
 ORDER BY found.payment
 LIMIT @limit`

const sqlAsideAfter = `
SELECT found.payment
  FROM unnest(@froms::bigint[], @tos::bigint[]) AS r (from_no, to_no)
 CROSS JOIN LATERAL (SELECT x.payment FROM payout.aside AS x
                      WHERE x.batch = @batch AND x.state = @state AND x.payment BETWEEN r.from_no AND r.to_no
                      ORDER BY x.payment LIMIT @limit) AS found
 ORDER BY found.payment
 LIMIT @limit`

// byIndex reads the payments that an index holds in their order: those in doubt
// or in a state off the straight way. Both are few.
func byIndex(ctx context.Context, db pgdb.Querier, f PaymentFilter, list []stretch, sql string) (PaymentPage, error) {
	args := pgx.NamedArgs{"batch": f.Batch, "state": f.State, "limit": f.Limit + 1}
	args["froms"], args["tos"] = ends(list, f.After)
	rows, _ := db.Query(ctx, sql, args)
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return PaymentPage{}, fmt.Errorf("payments %s of batch %d: %w", f.State, f.Batch, err)
	}
	return pageOf(ctx, db, f, numbers)
}

// ends are the stretches after a payment, as few as they can be said in.
func ends(list []stretch, after int64) (froms, tos []int64) {
	for _, s := range joined(list) {
		if s.From = max(s.From, after+1); s.len() > 0 {
			froms, tos = append(froms, s.From), append(tos, s.To)
		}
	}
	return froms, tos
}

func pageOf(ctx context.Context, db pgdb.Querier, f PaymentFilter, numbers []int64) (PaymentPage, error) {
	page := PaymentPage{Found: -1, More: len(numbers) > f.Limit}
	if page.More {
		numbers = numbers[:f.Limit]
	}
	var err error
	page.Rows, err = paymentRows(ctx, db, f.Batch, numbers)
	return page, err
}

// The state is asked of each payment by itself, so that the walk stops when the
// page is full: as a join it would be made for all of the stretch first.
const sqlInState = `
SELECT p.no
  FROM payout.payment AS p
 WHERE p.batch = @batch AND p.no BETWEEN @from AND @to
   AND coalesce((SELECT g.state FROM ledger.line AS l JOIN ledger.leg AS g ON g.id = l.leg
                  WHERE l.batch = p.batch AND l.payment = p.no
                  ORDER BY l.seq DESC LIMIT 1), 'none') = @state
   AND (@state NOT IN ('ordered', 'out', 'listed')
        OR NOT EXISTS (SELECT 1 FROM payout.exception AS x WHERE x.batch = p.batch AND x.payment = p.no AND x.kind = 'doubt' AND x.closed_at IS NULL))
 ORDER BY p.no
 LIMIT @limit`

// byState walks the stretches of sections that hold payments in the state, as
// the tallies say, and stops when the page is full or walkMax are looked at.
func byState(ctx context.Context, db pgdb.Querier, f PaymentFilter, list []stretch) (PaymentPage, error) {
	figures, err := ReadFigures(ctx, db, f.Batch)
	if err != nil {
		return PaymentPage{}, err
	}
	hold := map[int16]bool{}
	for _, one := range figures.In(f.State) {
		hold[one.Section] = true
	}
	list = slices.DeleteFunc(list, func(s stretch) bool { return f.State != "none" && !hold[s.Section] })
	var numbers []int64
	left, cut := int64(walkMax), int64(0)
	if f.Limit > PageSize {
		left = walkMaxFile
	}
	for _, s := range joined(list) {
		s.From = max(s.From, f.After+1)
		if s.len() <= 0 {
			continue
		}
		if left <= 0 {
			cut = s.From - 1
			break
		}
		whole := s.To
		s.To = min(s.To, s.From+left-1)
		rows, _ := db.Query(ctx, sqlInState, pgx.NamedArgs{"batch": f.Batch, "from": s.From, "to": s.To, "state": f.State, "limit": f.Limit + 1 - len(numbers)})
		found, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return PaymentPage{}, fmt.Errorf("payments in state %s of batch %d: %w", f.State, f.Batch, err)
		}
		numbers, left = append(numbers, found...), left-s.len()
		if len(numbers) > f.Limit {
			break
		}
		if s.To < whole {
			cut = s.To
			break
		}
	}
	page, err := pageOf(ctx, db, f, numbers)
	if !page.More {
		page.Cut = cut
	}
	return page, err
}

// joined makes one stretch of those that follow each other without a gap: each
// costs a statement, and most filters leave hundreds that are one.
func joined(list []stretch) []stretch {
	var out []stretch
	for _, s := range list {
		if n := len(out); n > 0 && out[n-1].To+1 == s.From {
			out[n-1].To = s.To
			continue
		}
		out = append(out, s)
	}
	return out
}

// OFFSET 0 keeps the planner from walking the batch for a join.
const sqlPaymentRows = `
SELECT p.no, p.section, s.unit_name_vi, p.channel, p.name, p.birth_year, p.bin, p.account_tail, p.amount,
       payout.shown_state(coalesce(g.state, 'none'), coalesce(x.doubt, false)), coalesce(last.attempt, 0), v.posted_at, coalesce(x.fact, '')
  FROM unnest(@numbers::bigint[]) AS want (no)
 CROSS JOIN LATERAL (SELECT q.batch, q.no, q.section, q.channel, q.name, q.birth_year, q.bin, q.account_tail, q.amount
                       FROM payout.payment AS q WHERE q.batch = @batch AND q.no = want.no OFFSET 0) AS p
  JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
  LEFT JOIN LATERAL (SELECT l.leg, l.attempt, l.voucher FROM ledger.line AS l
                      WHERE l.batch = p.batch AND l.payment = p.no
                      ORDER BY l.seq DESC LIMIT 1) AS last ON true
  LEFT JOIN ledger.leg AS g ON g.id = last.leg
  LEFT JOIN ledger.voucher AS v ON v.id = last.voucher
  LEFT JOIN LATERAL (SELECT bool_or(e.kind = 'doubt') AS doubt, max(e.kind) FILTER (WHERE e.kind IN ('held', 'barred')) AS fact
                       FROM payout.exception AS e
                      WHERE e.batch = p.batch AND e.payment = p.no AND e.closed_at IS NULL) AS x ON true
 ORDER BY p.no`

func paymentRows(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, numbers []int64) ([]PaymentRow, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	rows, _ := db.Query(ctx, sqlPaymentRows, pgx.NamedArgs{"batch": batch, "numbers": numbers})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PaymentRow])
	if err != nil {
		return nil, fmt.Errorf("payments of batch %d: %w", batch, err)
	}
	return list, nil
}
