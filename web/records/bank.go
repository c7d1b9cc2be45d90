package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Bank is one bank or provider as an official looks at it: may payments go,
// what waits, what nobody knows, and what the other side last said.
type Bank struct {
	Key     bankadapters.Key
	Kind    string // bank, provider
	NameVI  string
	BIN     string
	Profile bankadapters.Profile

	Gate      string // open = payments may go; tripped; paused
	Since     *time.Time
	Why       string
	NextProbe *time.Time

	Waiting      int64        // approved and released, not ordered yet
	WaitingTotal money.Amount // in đồng
	Doubts       int64        // payments whose result nobody knows
	DoubtTotal   money.Amount
	OldestDoubt  *time.Time
	TodayCount   int64 // ordered for today
	TodayTotal   money.Amount
	Breaks       int64 // open

	Statements []LastStatement // one for each paying account that has any
	Canaries   []Canary        // first submissions whose proof is awaited
}

// LastStatement is the newest statement taken for one paying account.
type LastStatement struct {
	Channel  bankadapters.Key
	Tail     string // last four digits of the account
	File     int64
	To       calendar.Date
	Closing  money.Amount
	Received time.Time
}

// Canary is a first submission of a batch that has not proved itself yet.
type Canary struct {
	Channel    bankadapters.Key
	Batch      ledger.BatchID
	Submission int64
	State      string
	Sent       *time.Time
}

const sqlBanks = `
SELECT c.key, c.kind, c.name_vi, c.bin, c.profile, coalesce(g.state, 'open'), g.since, coalesce(g.why, ''), g.next_probe,
       t.count, t.total, x.count
  FROM payout.channel AS c
  LEFT JOIN payout.bank_gate AS g ON g.channel = c.key
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(s.count), 0)::bigint AS count, coalesce(sum(s.total), 0)::bigint AS total
         FROM payout.submission AS s
        WHERE s.execution = @today AND s.channel = c.key AND s.state <> 'withdrawn') AS t
 CROSS JOIN LATERAL (
       SELECT count(*) AS count FROM (
              SELECT 1 FROM reconciliation.break_item AS b
               WHERE b.channel = c.key AND b.closed_at IS NULL LIMIT @most) AS few) AS x
 ORDER BY c.ordinal`

// Banks lists all banks and providers in their order.
func Banks(ctx context.Context, db pgdb.Querier, today calendar.Date) ([]Bank, error) {
	rows, _ := db.Query(ctx, sqlBanks, pgx.NamedArgs{"today": today, "most": CountMax + 1})
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Bank, error) {
		var b Bank
		err := row.Scan(&b.Key, &b.Kind, &b.NameVI, &b.BIN, &b.Profile, &b.Gate, &b.Since, &b.Why, &b.NextProbe,
			&b.TodayCount, &b.TodayTotal, &b.Breaks)
		return b, err
	})
	if err != nil {
		return nil, fmt.Errorf("banks: %w", err)
	}
	at := make(map[bankadapters.Key]*Bank, len(list))
	for i := range list {
		at[list[i].Key] = &list[i]
	}
	for _, add := range []func(context.Context, pgdb.Querier, map[bankadapters.Key]*Bank) error{addWaiting, addDoubts, addStatements, addCanaries} {
		if err := add(ctx, db, at); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// A run that was begun is summed payment by payment from where it stands; a
// channel has one such run at a time, so that is one commune's payments at most.
// What two people took out unsent does not wait; what two people sent again does.
const sqlBankWaiting = `
WITH ready AS (
    SELECT r.batch, r.channel, r.next_no, r.to_no, r.from_no, r.count, r.total
      FROM payout.batch AS b
      JOIN payout.run AS r ON r.batch = b.id
      JOIN payout.section AS s ON s.batch = r.batch AND s.no = r.section
     WHERE b.released_at IS NOT NULL AND b.closed_at IS NULL AND r.next_no <= r.to_no AND s.state IN ('approved', 'released')
), counted AS (
    SELECT r.channel, r.count, r.total FROM ready AS r WHERE r.next_no = r.from_no
     UNION ALL
    SELECT r.channel, p.count, p.total
      FROM ready AS r
     CROSS JOIN LATERAL (
           SELECT count(*) AS count, coalesce(sum(p.amount), 0)::bigint AS total
             FROM payout.payment AS p WHERE p.batch = r.batch AND p.no BETWEEN r.next_no AND r.to_no) AS p
     WHERE r.next_no <> r.from_no
     UNION ALL
    SELECT r.channel, -k.count, -k.total
      FROM ready AS r
     CROSS JOIN LATERAL (
           SELECT count(*) AS count, coalesce(sum(p.amount), 0)::bigint AS total
             FROM payout.cancelled AS k JOIN payout.payment AS p ON p.batch = k.batch AND p.no = k.payment
            WHERE k.batch = r.batch AND k.payment BETWEEN r.next_no AND r.to_no) AS k
     UNION ALL
    SELECT t.channel, 1, p.amount
      FROM payout.retry AS t JOIN payout.payment AS p ON p.batch = t.batch AND p.no = t.payment
     WHERE t.submission IS NULL
)
SELECT channel, sum(count)::bigint, sum(total)::bigint FROM counted GROUP BY channel`

func addWaiting(ctx context.Context, db pgdb.Querier, at map[bankadapters.Key]*Bank) error {
	rows, _ := db.Query(ctx, sqlBankWaiting)
	var key bankadapters.Key
	var n int64
	var total money.Amount
	_, err := pgx.ForEachRow(rows, []any{&key, &n, &total}, func() error {
		if b := at[key]; b != nil {
			b.Waiting, b.WaitingTotal = n, total
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("what waits for banks: %w", err)
	}
	return nil
}

const sqlDoubtSums = `
SELECT x.channel, count(*), sum(x.amount)::bigint, min(x.opened_at)
  FROM payout.exception AS x
 WHERE x.closed_at IS NULL AND x.kind = 'doubt'
 GROUP BY x.channel`

func addDoubts(ctx context.Context, db pgdb.Querier, at map[bankadapters.Key]*Bank) error {
	rows, _ := db.Query(ctx, sqlDoubtSums)
	var key bankadapters.Key
	var n int64
	var total money.Amount
	var oldest time.Time
	_, err := pgx.ForEachRow(rows, []any{&key, &n, &total, &oldest}, func() error {
		if b := at[key]; b != nil {
			since := oldest
			b.Doubts, b.DoubtTotal, b.OldestDoubt = n, total, &since
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("doubts by bank: %w", err)
	}
	return nil
}

const sqlLastStatements = `
SELECT a.channel, right(a.account, 4), s.file, s.to_date, s.closing, f.received_at
  FROM payout.paying_account AS a
 CROSS JOIN LATERAL (
       SELECT t.file, t.to_date, t.closing
         FROM reconciliation.statement AS t
        WHERE t.channel = a.channel AND t.account = a.account
        ORDER BY t.sequence DESC
        LIMIT 1) AS s
  JOIN reconciliation.file AS f ON f.id = s.file
 ORDER BY a.channel, a.book`

func addStatements(ctx context.Context, db pgdb.Querier, at map[bankadapters.Key]*Bank) error {
	rows, _ := db.Query(ctx, sqlLastStatements)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[LastStatement])
	if err != nil {
		return fmt.Errorf("last statements: %w", err)
	}
	for _, s := range list {
		if b := at[s.Channel]; b != nil {
			b.Statements = append(b.Statements, s)
		}
	}
	return nil
}

const sqlCanaries = `
SELECT c.channel, c.batch, c.submission, s.state, s.first_sent
  FROM payout.canary AS c
  JOIN payout.submission AS s ON s.no = c.submission
 WHERE c.passed_at IS NULL AND s.state <> 'withdrawn'
 ORDER BY c.batch, c.channel`

func addCanaries(ctx context.Context, db pgdb.Querier, at map[bankadapters.Key]*Bank) error {
	rows, _ := db.Query(ctx, sqlCanaries)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Canary])
	if err != nil {
		return fmt.Errorf("canaries: %w", err)
	}
	for _, c := range list {
		if b := at[c.Channel]; b != nil {
			b.Canaries = append(b.Canaries, c)
		}
	}
	return nil
}

// BankName is a bank or provider as a choice.
type BankName struct {
	Key    bankadapters.Key
	NameVI string
}

const sqlBankNames = `SELECT c.key, c.name_vi FROM payout.channel AS c ORDER BY c.ordinal`

// BankNames lists all banks and providers by name, for filters.
func BankNames(ctx context.Context, db pgdb.Querier) ([]BankName, error) {
	rows, _ := db.Query(ctx, sqlBankNames)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BankName])
	if err != nil {
		return nil, fmt.Errorf("names of banks: %w", err)
	}
	return list, nil
}

// ReadBank reads one bank as [Banks] does, or says that there is none.
func ReadBank(ctx context.Context, db pgdb.Querier, key bankadapters.Key, today calendar.Date) (Bank, error) {
	list, err := Banks(ctx, db, today)
	if err != nil {
		return Bank{}, err
	}
	for _, b := range list {
		if b.Key == key {
			return b, nil
		}
	}
	return Bank{}, errs.New(errs.NotFound, fmt.Sprintf("Không có ngân hàng %s. / There is no bank %s.", key, key), nil)
}
