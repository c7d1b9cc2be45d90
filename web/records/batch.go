package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// PageSize is how many rows a page of a list shows.
const PageSize = 50

// BatchFilter narrows and orders the list of batches. Empty fields narrow
// nothing.
type BatchFilter struct {
	Has       string // planned, waiting, approved, paying, paused, closed
	Programme string
	Text      string // in name or decision, or the number
	Unit      string // only batches with a section of this unit
	Sort      string // new (default), due, total or name
	Page      int    // from 1
	Limit     int    // 0 is PageSize
}

// BatchRow is one batch of a list. The section counts say how many are where on
// their way to release.
type BatchRow struct {
	ID            ledger.BatchID
	Name          string
	Programme     string
	Monthly       bool // its programme pays every month, and Period is this one
	Period        calendar.Date
	DeclaredCount int64
	DeclaredTotal money.Amount
	Due           calendar.Date
	Decision      string
	MadeBy        string
	MadeAt        time.Time
	PayAt         *time.Time
	ReleasedAt    *time.Time
	ClosedAt      *time.Time
	Paused        bool
	Planned       int64
	Submitted     int64
	Approved      int64
	Released      int64
	Stages        Stages
	Found         int64 // how many batches the filter finds
}

// State says in one word where the batch is: closed, paused, paying, approved,
// waiting, planned or declared.
func (b BatchRow) State() string {
	switch {
	case b.ClosedAt != nil:
		return "closed"
	case b.Paused:
		return "paused"
	case b.ReleasedAt != nil:
		return "paying"
	case b.Approved > 0:
		return "approved"
	case b.Submitted > 0:
		return "waiting"
	case b.Planned > 0:
		return "planned"
	}
	return "declared"
}

// Batches are hundreds, so a count and an offset are cheap here.
const sqlBatchRows = `
SELECT b.id, b.name_vi, b.programme, p.monthly, b.period, b.declared_count, b.declared_total, b.due_date, b.decision_no, b.made_by, b.made_at,
       b.pay_at, b.released_at, b.closed_at, b.paused, s.planned, s.submitted, s.approved, s.released, count(*) OVER ()
  FROM payout.batch AS b
  JOIN payout.programme AS p ON p.code = b.programme
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE s.state = 'planned') AS planned, count(*) FILTER (WHERE s.state = 'submitted') AS submitted,
              count(*) FILTER (WHERE s.state = 'approved') AS approved, count(*) FILTER (WHERE s.state = 'released') AS released,
              coalesce(bool_or(s.unit_code = @unit), false) AS own
         FROM payout.section AS s WHERE s.batch = b.id) AS s
 WHERE (@unit = '' OR s.own)
   AND (@programme = '' OR b.programme = @programme)
   AND (@text = '' OR position(lower(@text) IN lower(b.name_vi)) > 0 OR position(lower(@text) IN lower(b.decision_no)) > 0 OR b.id::text = @text)
   AND CASE @has WHEN '' THEN true
                 WHEN 'planned' THEN s.planned > 0
                 WHEN 'waiting' THEN s.submitted > 0
                 WHEN 'approved' THEN s.approved > 0
                 WHEN 'paying' THEN b.released_at IS NOT NULL AND b.closed_at IS NULL
                 WHEN 'paused' THEN b.paused AND b.closed_at IS NULL
                 WHEN 'closed' THEN b.closed_at IS NOT NULL
                 ELSE false END
 ORDER BY CASE WHEN @sort = 'due' THEN b.due_date END, CASE WHEN @sort = 'total' THEN b.declared_total END DESC,
          CASE WHEN @sort = 'name' THEN b.name_vi END, b.made_at DESC, b.id DESC
 LIMIT @limit OFFSET @offset`

// Batches lists a page of batches with their figures.
func Batches(ctx context.Context, db pgdb.Querier, f BatchFilter) ([]BatchRow, error) {
	limit := f.Limit
	if limit == 0 {
		limit = PageSize
	}
	rows, _ := db.Query(ctx, sqlBatchRows, pgx.NamedArgs{"has": f.Has, "programme": f.Programme, "text": f.Text, "unit": f.Unit, "sort": f.Sort,
		"limit": limit, "offset": max(0, f.Page-1) * limit})
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (BatchRow, error) {
		var b BatchRow
		err := row.Scan(&b.ID, &b.Name, &b.Programme, &b.Monthly, &b.Period, &b.DeclaredCount, &b.DeclaredTotal, &b.Due, &b.Decision, &b.MadeBy, &b.MadeAt,
			&b.PayAt, &b.ReleasedAt, &b.ClosedAt, &b.Paused, &b.Planned, &b.Submitted, &b.Approved, &b.Released, &b.Found)
		return b, err
	})
	if err != nil {
		return nil, fmt.Errorf("batches: %w", err)
	}
	var ids []ledger.BatchID
	for _, b := range list {
		ids = append(ids, b.ID)
	}
	stages, err := ReadStages(ctx, db, ids, f.Unit)
	if err != nil {
		return nil, err
	}
	for i, b := range list {
		list[i].Stages = stages[b.ID]
	}
	return list, nil
}

// Choice is one value of a filter.
type Choice struct{ Value, Word string }

const sqlProgrammes = `SELECT code, name_vi FROM payout.programme ORDER BY code`

// Programmes lists the programmes there are.
func Programmes(ctx context.Context, db pgdb.Querier) ([]Choice, error) {
	rows, _ := db.Query(ctx, sqlProgrammes)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Choice])
	if err != nil {
		return nil, fmt.Errorf("programmes: %w", err)
	}
	return list, nil
}

// Channel is a bank or provider as a batch meets it: its gate, its first
// submission, and what was drawn for it.
type Channel struct {
	Key       bankadapters.Key
	Name      string
	Kind      string
	Gate      string // open, tripped, paused
	GateWhy   string
	GateSince time.Time
	Planned   int64 // payments planned through it
	Total     money.Amount
	Unordered int64  // of them never ordered
	Canary    string // none, waiting or passed
	Drawn     money.Amount
	Arrived   money.Amount
	Sent      int64 // submissions
}

const sqlChannels = `
SELECT c.key, c.name_vi, c.kind, coalesce(g.state, 'open'), coalesce(g.why, ''), coalesce(g.since, 'epoch'),
       r.count, r.total, r.left, CASE WHEN y.batch IS NULL THEN 'none' WHEN y.passed_at IS NULL THEN 'waiting' ELSE 'passed' END,
       coalesce(d.drawn, 0)::bigint, coalesce(d.arrived, 0)::bigint, coalesce(m.n, 0)
  FROM (SELECT r.channel, sum(r.count)::bigint AS count, sum(r.total)::bigint AS total, sum(r.to_no + 1 - r.next_no)::bigint AS left
          FROM payout.run AS r WHERE r.batch = @batch GROUP BY r.channel) AS r
  JOIN payout.channel AS c ON c.key = r.channel
  LEFT JOIN payout.bank_gate AS g ON g.channel = c.key
  LEFT JOIN payout.canary AS y ON y.batch = @batch AND y.channel = c.key
  LEFT JOIN (SELECT d.channel, sum(d.amount) AS drawn, sum(d.amount) FILTER (WHERE d.credited IS NOT NULL) AS arrived
               FROM payout.draw AS d WHERE d.batch = @batch GROUP BY d.channel) AS d ON d.channel = c.key
  LEFT JOIN (SELECT s.channel, count(*) AS n FROM payout.submission AS s WHERE s.batch = @batch GROUP BY s.channel) AS m ON m.channel = c.key
 ORDER BY c.ordinal`

// Channels lists the banks and providers of a batch.
func Channels(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) ([]Channel, error) {
	rows, _ := db.Query(ctx, sqlChannels, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Channel])
	if err != nil {
		return nil, fmt.Errorf("channels of batch %d: %w", batch, err)
	}
	return list, nil
}

const sqlBatchBreaks = `
SELECT count(*) FROM reconciliation.break_item AS b WHERE b.batch = @batch AND b.closed_at IS NULL`

// BatchBreaks counts the open breaks that name a payment of the batch.
func BatchBreaks(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) (int64, error) {
	var n int64
	if err := db.QueryRow(ctx, sqlBatchBreaks, pgx.NamedArgs{"batch": batch}).Scan(&n); err != nil {
		return 0, fmt.Errorf("breaks of batch %d: %w", batch, err)
	}
	return n, nil
}

const sqlLeftOut = `SELECT reason, count(*) FROM payout.left_out WHERE batch = @batch GROUP BY reason ORDER BY reason`

// LeftOut counts the list rows that planning left out of a batch, by reason:
// already, no_rule, no_channel, other_amount, dead, no_heir, death_reported or
// suspended.
func LeftOut(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) (map[string]int64, error) {
	rows, _ := db.Query(ctx, sqlLeftOut, pgx.NamedArgs{"batch": batch})
	left := map[string]int64{}
	var reason string
	var n int64
	_, err := pgx.ForEachRow(rows, []any{&reason, &n}, func() error { left[reason] = n; return nil })
	if err != nil {
		return nil, fmt.Errorf("left out of batch %d: %w", batch, err)
	}
	return left, nil
}
