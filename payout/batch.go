package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// LargeFrom is the declared count from which a batch has its own partitions.
const LargeFrom = 100_000

// Declaration is what a decision says about a batch before any list is seen.
type Declaration struct {
	Programme    string
	Period       calendar.Date // any day of the month the benefit is for; zero is the own one of a programme that pays once
	NameVI       string
	Count        int64
	Total        money.Amount
	DecisionNo   string
	DecisionDate calendar.Date
	MadeBy       string
}

// Batch is one run of a programme.
type Batch struct {
	ID            ledger.BatchID
	Programme     string
	Period        calendar.Date
	NameVI        string
	DeclaredCount int64
	DeclaredTotal money.Amount
	DecisionNo    string
	DecisionDate  calendar.Date
	DueDate       calendar.Date
	MadeBy        string
	MadeAt        time.Time
	PlannedAt     *time.Time
	Digest        []byte
	PayAt         *time.Time
	ReleasedAt    *time.Time
	Paused        bool
	PauseWhy      string
	ClosedAt      *time.Time
	PostingSet    string
	Monthly       bool // of a programme that pays every month: Period is the one
}

// Month is the month of the batch's lists, zero where its programme pays once.
func (b Batch) Month() calendar.Date {
	if b.Monthly {
		return b.Period
	}
	return calendar.Date{}
}

// ErrNoBatch says that no batch has the number.
var ErrNoBatch = errors.New("no such batch")

// noBatch is what a person reads for ErrNoBatch.
func noBatch(id ledger.BatchID) error {
	return errs.New(errs.NotFound, fmt.Sprintf("Không có đợt chi trả số %d. / There is no batch %d.", id, id), ErrNoBatch)
}

const sqlBatch = `
SELECT b.id, b.programme, b.period, b.name_vi, b.declared_count, b.declared_total, b.decision_no, b.decision_date, b.due_date, b.made_by,
       b.made_at, b.planned_at, b.digest, b.pay_at, b.released_at, b.paused, b.pause_why, b.closed_at, p.posting_set, p.monthly
  FROM payout.batch AS b JOIN payout.programme AS p ON p.code = b.programme
 WHERE b.id = @batch`

const sqlLockBatch = sqlBatch + ` FOR UPDATE OF b`

const sqlBatches = `SELECT id FROM payout.batch ORDER BY made_at, id`

// ReadBatch reads one batch, or returns ErrNoBatch.
func ReadBatch(ctx context.Context, db pgdb.Querier, id ledger.BatchID) (Batch, error) {
	return oneBatch(ctx, db, sqlBatch, id)
}

// LockBatch reads and locks one batch.
func LockBatch(ctx context.Context, tx pgx.Tx, id ledger.BatchID) (Batch, error) {
	return oneBatch(ctx, tx, sqlLockBatch, id)
}

// Batches lists the numbers of all batches, oldest first.
func Batches(ctx context.Context, db pgdb.Querier) ([]ledger.BatchID, error) {
	rows, _ := db.Query(ctx, sqlBatches)
	return pgx.CollectRows(rows, pgx.RowTo[ledger.BatchID])
}

func oneBatch(ctx context.Context, db pgdb.Querier, sql string, id ledger.BatchID) (Batch, error) {
	rows, _ := db.Query(ctx, sql, pgx.NamedArgs{"batch": id})
	b, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Batch])
	if errors.Is(err, pgx.ErrNoRows) {
		return Batch{}, noBatch(id)
	}
	if err != nil {
		return Batch{}, fmt.Errorf("batch %d: %w", id, err)
	}
	return b, nil
}

const sqlNextBatch = `
INSERT INTO payout.batch_counter (block, last) VALUES (@block, @first)
ON CONFLICT (block) DO UPDATE SET last = payout.batch_counter.last + 1
RETURNING last`

const sqlAddBatch = `
INSERT INTO payout.batch (id, programme, period, name_vi, declared_count, declared_total, decision_no, decision_date, due_date, made_by, made_at)
VALUES (@id, @programme, @period, @name, @count, @total, @decision, @decided, @due, @who, @now)`

// Declare opens a batch from its decision. The number's range fixes the
// partition of its lines: small batches of a month share one, a batch of
// LargeFrom payments or more has its own.
//
// A programme that pays once is for the month of its due date, and another Period
// is refused. One that pays every month needs a Period, from its first month to the
// next month of the calendar.
func Declare(ctx context.Context, tx pgx.Tx, d Declaration, now time.Time) (ledger.BatchID, error) {
	if d.Count <= 0 || d.Total <= 0 || d.DecisionNo == "" {
		return 0, errs.Coded(errs.Invalid, "PAYOUT-DECLARATION",
			"Đợt chi trả cần số khoản, tổng tiền lớn hơn 0 và số quyết định. / A batch needs a count, a total above zero and the decision's number.", nil)
	}
	today := calendar.DateOf(now)
	when, err := timesOf(ctx, tx, d.Programme)
	if err != nil {
		return 0, err
	}
	period, due, err := when.period(d.Period, today)
	if err != nil {
		return 0, err
	}
	block := (today.Year()-2024)*12 + int(today.Month()) - 12
	first := block*1000 + 1
	if d.Count >= LargeFrom {
		block, first = 840, int(ledger.LargeFirst)
	}
	var id ledger.BatchID
	if err := tx.QueryRow(ctx, sqlNextBatch, pgx.NamedArgs{"block": block, "first": first}).Scan(&id); err != nil {
		return 0, fmt.Errorf("number the batch: %w", err)
	}
	_, err = tx.Exec(ctx, sqlAddBatch, pgx.NamedArgs{"id": id, "programme": d.Programme, "period": period, "name": d.NameVI,
		"count": d.Count, "total": d.Total, "decision": d.DecisionNo, "decided": d.DecisionDate, "due": due, "who": d.MadeBy, "now": now})
	if err != nil {
		return 0, fmt.Errorf("declare batch %d: %w", id, err)
	}
	return id, record(ctx, tx, now, d.MadeBy, "batch.declare", id, map[string]any{"count": d.Count, "total": d.Total.Exact(), "decision": d.DecisionNo, "period": period.String()})
}

// record writes the audit row of an act on a batch, in the act's transaction.
func record(ctx context.Context, tx pgx.Tx, now time.Time, who, act string, batch ledger.BatchID, detail map[string]any) error {
	_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: who, Act: act, Subject: fmt.Sprintf("batch/%d", batch), Detail: detail})
	return err
}
