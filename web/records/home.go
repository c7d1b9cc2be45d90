package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Viewer is who looks: the name in acts, the role, and the unit whose records
// may be seen, "" for all.
type Viewer struct {
	ID   string
	Role string
	Unit string
}

// WaitingSection is one section that waits for the viewer's approval.
type WaitingSection struct {
	Batch     ledger.BatchID
	BatchName string
	Section   int16
	Unit      string
	Count     int64
	Total     money.Amount
	Submitted time.Time
}

// waitingMax bounds a list of tasks; the count beside it says how many there are.
const waitingMax = 20

const sqlWaiting = `
SELECT s.batch, b.name_vi, s.no, s.unit_name_vi, s.count, s.total, s.submitted_at, count(*) OVER ()
  FROM payout.section AS s JOIN payout.batch AS b ON b.id = s.batch
 WHERE s.state = 'submitted' AND b.closed_at IS NULL
   AND (@unit = '' OR s.unit_code = @unit)
   AND s.submitted_by <> @who AND b.made_by <> @who
   AND EXISTS (SELECT 1 FROM payout.ladder AS l WHERE l.total_from <= s.total AND l.role = @role)
   AND NOT EXISTS (SELECT 1 FROM payout.approval AS a JOIN payout.signer AS g ON g.id = a.signer
                    WHERE a.batch = s.batch AND a.section = s.no AND a.digest = s.digest AND g.role = @role)
 ORDER BY s.submitted_at, s.batch, s.no
 LIMIT @limit`

// Waiting lists the oldest sections that wait for an approval in the viewer's
// role and unit, and how many there are. What the viewer made or submitted is
// left out: it is for somebody else.
func Waiting(ctx context.Context, db pgdb.Querier, who Viewer) (list []WaitingSection, all int64, err error) {
	rows, _ := db.Query(ctx, sqlWaiting, pgx.NamedArgs{"unit": who.Unit, "who": who.ID, "role": who.Role, "limit": waitingMax})
	var s WaitingSection
	_, err = pgx.ForEachRow(rows, []any{&s.Batch, &s.BatchName, &s.Section, &s.Unit, &s.Count, &s.Total, &s.Submitted, &all}, func() error {
		list = append(list, s)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("sections that wait for %s: %w", who.ID, err)
	}
	return list, all, nil
}

// Desk counts what is open in the whole house. Each count is read from a partial
// index of open things or from the short tables of batches and sections.
type Desk struct {
	Planned     int64 // sections planned, not laid before anybody
	Submitted   int64 // sections that wait for an approval
	Approved    int64 // sections approved, not released
	Doubts      int64 // attempts whose outcome nobody knows
	Held        int64 // payments held with a reason
	Breaks      int64 // open breaks
	OldestDoubt *time.Time
	OldestBreak *time.Time
	Gates       int64 // channels not open
	Unsent      int64 // submissions on their way: intent, sending, accepted, unknown
}

const sqlDesk = `
SELECT (SELECT count(*) FROM payout.section AS s WHERE s.state = 'planned' AND (@unit = '' OR s.unit_code = @unit)),
       (SELECT count(*) FROM payout.section AS s WHERE s.state = 'submitted' AND (@unit = '' OR s.unit_code = @unit)),
       (SELECT count(*) FROM payout.section AS s WHERE s.state = 'approved' AND (@unit = '' OR s.unit_code = @unit)),
       d.doubts, d.held, x.breaks, d.oldest, x.oldest,
       (SELECT count(*) FROM payout.bank_gate AS g WHERE g.state <> 'open'),
       (SELECT count(*) FROM payout.submission AS m WHERE m.state IN ('intent', 'sending', 'accepted', 'unknown'))
  FROM (SELECT count(*) FILTER (WHERE e.kind = 'doubt') AS doubts, count(*) FILTER (WHERE e.kind = 'held') AS held,
               min(e.opened_at) FILTER (WHERE e.kind = 'doubt') AS oldest
          FROM payout.exception AS e WHERE e.closed_at IS NULL) AS d,
       (SELECT count(*) AS breaks, min(b.opened_at) AS oldest FROM reconciliation.break_item AS b WHERE b.closed_at IS NULL) AS x`

// ReadDesk counts what is open; unit, if not "", narrows the sections.
func ReadDesk(ctx context.Context, db pgdb.Querier, unit string) (Desk, error) {
	rows, _ := db.Query(ctx, sqlDesk, pgx.NamedArgs{"unit": unit})
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Desk])
	if err != nil {
		return Desk{}, fmt.Errorf("what is open: %w", err)
	}
	return d, nil
}

// Progress is an open batch with where its money is.
type Progress struct {
	Batch    ledger.BatchID
	Name     string
	Due      time.Time
	Declared int64
	Total    money.Amount
	Stages   Stages
}

const sqlOpenBatches = `
SELECT b.id, b.name_vi, b.due_date::timestamp, b.declared_count, b.declared_total
  FROM payout.batch AS b WHERE b.closed_at IS NULL
 ORDER BY b.made_at DESC, b.id DESC LIMIT 5`

// OpenBatches lists the five newest open batches with their progress; for a unit,
// that of the unit's sections.
func OpenBatches(ctx context.Context, db pgdb.Querier, unit string) ([]Progress, error) {
	rows, _ := db.Query(ctx, sqlOpenBatches)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Progress, error) {
		var p Progress
		err := row.Scan(&p.Batch, &p.Name, &p.Due, &p.Declared, &p.Total)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("open batches: %w", err)
	}
	var ids []ledger.BatchID
	for _, b := range list {
		ids = append(ids, b.Batch)
	}
	stages, err := ReadStages(ctx, db, ids, unit)
	if err != nil {
		return nil, err
	}
	for i, b := range list {
		list[i].Stages = stages[b.Batch]
	}
	return list, nil
}

const sqlSectionsOfUnit = `SELECT no FROM payout.section WHERE batch = @batch AND unit_code = @unit`

// SectionsOfUnit says which sections of a batch are a unit's.
func SectionsOfUnit(ctx context.Context, db pgdb.Querier, batch ledger.BatchID, unit string) (map[int16]bool, error) {
	rows, _ := db.Query(ctx, sqlSectionsOfUnit, pgx.NamedArgs{"batch": batch, "unit": unit})
	list, err := pgx.CollectRows(rows, pgx.RowTo[int16])
	if err != nil {
		return nil, fmt.Errorf("sections of unit %s: %w", unit, err)
	}
	own := map[int16]bool{}
	for _, no := range list {
		own[no] = true
	}
	return own, nil
}

// The month in a voucher's number leads to the day's vouchers by key.
const sqlToday = `
SELECT t.section, t.channel, t.state, sum(t.payments)::bigint, sum(t.amount)::bigint
  FROM ledger.voucher AS v
  JOIN payout.tally AS t ON t.batch = v.batch AND t.voucher = v.id
  JOIN payout.section AS s ON s.batch = t.batch AND s.no = t.section
 WHERE v.id >= @first::bigint AND v.posted_at >= @since AND t.payments > 0 AND (@unit = '' OR s.unit_code = @unit)
 GROUP BY 1, 2, 3`

// Today says how many payments came into each state on the day of now, over all
// batches: approved, ordered, paid, returned and the rest.
func Today(ctx context.Context, db pgdb.Querier, unit string, now time.Time) (Figures, error) {
	day := calendar.DateOf(now)
	month := now.UTC() // as the ledger numbers vouchers; a night belongs to both
	if start := day.Start().UTC(); start.Before(month) {
		month = start
	}
	rows, _ := db.Query(ctx, sqlToday, pgx.NamedArgs{"first": int64(month.Year()*100+int(month.Month())) * 1_000_000_000, "since": day.Start(), "unit": unit})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Figure])
	if err != nil {
		return nil, fmt.Errorf("the day's figures: %w", err)
	}
	return list, nil
}
