package reports

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/timeliness"
)

// facts are what every file of one report shares, read in one snapshot.
type facts struct {
	batch     payout.Batch
	programme programme
	books     []book
	head      ledger.Head
	unsealed  int64 // vouchers of the batch not yet in the chain
	owed      money.Amount
	sections  []section
	breaks    []breakRow
	waits     timeliness.Table
	demo      bool
}

type programme struct {
	NameVI, NameEN, LegalBasis, BudgetCode, DuePaper string
}

type book struct{ Code, Name string }

// section is one commune of the batch: what its sealed section declares, and
// what the ledger says of it.
type section struct {
	No       int16
	Unit     string
	Name     string
	Count    int64
	Total    money.Amount
	states   map[shown]tally
	cashless tally // paid to an account
}

// tally is a number of payments and what they are worth.
type tally struct {
	count int64
	total money.Amount
}

func (t *tally) add(count int64, total money.Amount) {
	t.count += count
	t.total += total
}

// sum adds up sections by group of states.
func sum(sections []section) map[shown]tally {
	all := map[shown]tally{}
	for _, s := range sections {
		for state, t := range s.states {
			have := all[state]
			have.add(t.count, t.total)
			all[state] = have
		}
	}
	return all
}

// Every join here is over a whole batch. Fresh tables have no statistics yet, and
// a nested loop chosen for want of them takes hours where a hash takes seconds;
// the hash should fit into memory.
const sqlWholeBatch = `SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '256MB', true)`

// readFacts reads what all files share. The snapshot is kept from nested loops
// until it ends.
func readFacts(ctx context.Context, tx pgx.Tx, o Options) (facts, error) {
	f := facts{demo: o.Demo}
	if _, err := tx.Exec(ctx, sqlWholeBatch); err != nil {
		return facts{}, fmt.Errorf("prepare the snapshot: %w", err)
	}
	marked, err := registry.IsDemo(ctx, tx)
	if err != nil && !errors.Is(err, registry.ErrUnmarked) {
		return facts{}, err
	}
	f.demo = f.demo || marked // a demo database never prints a paper without the mark
	if f.batch, err = payout.ReadBatch(ctx, tx, o.Batch); err != nil {
		return facts{}, err
	}
	for _, step := range []func() error{
		func() (err error) { f.head, err = ledger.ReadHead(ctx, tx); return err },
		func() (err error) { f.programme, err = readProgramme(ctx, tx, f.batch.Programme); return err },
		func() (err error) { f.books, err = readBooks(ctx, tx, o.Batch); return err },
		func() (err error) { f.unsealed, f.owed, err = readLedger(ctx, tx, o.Batch); return err },
		func() (err error) { f.sections, err = readSections(ctx, tx, o.Batch); return err },
		func() (err error) { f.breaks, err = readBreaks(ctx, tx, o.Batch); return err },
		func() (err error) { f.waits, err = timeliness.ComputeIn(ctx, tx, o.Batch, o.Now); return err },
	} {
		if err := step(); err != nil {
			return facts{}, err
		}
	}
	return f, nil
}

const sqlProgramme = `SELECT name_vi, name_en, legal_basis, budget_code, due_paper FROM payout.programme WHERE code = @code`

func readProgramme(ctx context.Context, tx pgx.Tx, code string) (programme, error) {
	rows, _ := tx.Query(ctx, sqlProgramme, pgx.NamedArgs{"code": code})
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[programme])
	if err != nil {
		return programme{}, fmt.Errorf("programme %s: %w", code, err)
	}
	return p, nil
}

const sqlBooks = `
SELECT DISTINCT b.code, b.name_vi
  FROM payout.section AS s
  JOIN ledger.book AS b ON b.id = s.book
 WHERE s.batch = @batch
 ORDER BY b.code`

func readBooks(ctx context.Context, tx pgx.Tx, batch ledger.BatchID) ([]book, error) {
	rows, _ := tx.Query(ctx, sqlBooks, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[book])
	if err != nil {
		return nil, fmt.Errorf("books of batch %d: %w", batch, err)
	}
	return list, nil
}

// The debt to people is read from the vouchers' own totals, not from lines, so
// that it is a second witness.
const sqlLedger = `
SELECT (SELECT count(*) FROM ledger.voucher AS v
         WHERE v.batch = @batch AND NOT EXISTS (SELECT 1 FROM ledger.seal AS s WHERE s.voucher = v.id)),
       (SELECT coalesce(sum(t.credit - t.debit), 0)::bigint
          FROM ledger.voucher AS v
          JOIN ledger.voucher_account AS t ON t.voucher = v.id
          JOIN ledger.account AS a ON a.id = t.account
         WHERE v.batch = @batch AND a.role = 'owed')`

func readLedger(ctx context.Context, tx pgx.Tx, batch ledger.BatchID) (unsealed int64, owed money.Amount, err error) {
	if err := tx.QueryRow(ctx, sqlLedger, pgx.NamedArgs{"batch": batch}).Scan(&unsealed, &owed); err != nil {
		return 0, 0, fmt.Errorf("ledger of batch %d: %w", batch, err)
	}
	return unsealed, owed, nil
}

const sqlSections = `
SELECT no, unit_code, unit_name_vi, count, total FROM payout.section WHERE batch = @batch ORDER BY no`

// Amounts are those of the ledger's first lines, not of the payments the detail
// sheet prints.
const sqlSectionStates = `
WITH last AS (
    SELECT l.payment, max(l.seq * 1000 + l.leg) % 1000 AS leg, max(l.amount) FILTER (WHERE l.seq = 1) AS amount
      FROM ledger.line AS l
     WHERE l.batch = @batch
     GROUP BY l.payment
)
SELECT p.section, c.kind, g.state,
       EXISTS (SELECT 1 FROM payout.exception AS x
                WHERE x.batch = p.batch AND x.payment = p.no AND x.kind = 'doubt' AND x.closed_at IS NULL) AS doubt,
       count(*), sum(last.amount)::bigint
  FROM last
  JOIN payout.payment AS p ON p.batch = @batch AND p.no = last.payment
  JOIN payout.channel AS c ON c.key = p.channel
  JOIN ledger.leg AS g ON g.id = last.leg
 GROUP BY p.section, c.kind, g.state, doubt
 ORDER BY p.section, c.kind, g.state, doubt`

// readSections reads the communes and the states of their payments. What a
// section declares above what the ledger has is not approved yet.
func readSections(ctx context.Context, tx pgx.Tx, batch ledger.BatchID) ([]section, error) {
	rows, _ := tx.Query(ctx, sqlSections, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (section, error) {
		s := section{states: map[shown]tally{}}
		return s, row.Scan(&s.No, &s.Unit, &s.Name, &s.Count, &s.Total)
	})
	if err != nil {
		return nil, fmt.Errorf("sections of batch %d: %w", batch, err)
	}
	at := map[int16]int{}
	for i, s := range list {
		at[s.No] = i
	}
	var no int16
	var kind string
	var state ledger.State
	var doubt bool
	var count int64
	var total money.Amount
	rows, _ = tx.Query(ctx, sqlSectionStates, pgx.NamedArgs{"batch": batch})
	_, err = pgx.ForEachRow(rows, []any{&no, &kind, &state, &doubt, &count, &total}, func() error {
		s := &list[at[no]]
		group := shownOf(state, doubt)
		t := s.states[group]
		t.add(count, total)
		s.states[group] = t
		if group == shownPaid && kind == "bank" {
			s.cashless.add(count, total)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("states by commune of batch %d: %w", batch, err)
	}
	for i, s := range list {
		open := tally{s.Count, s.Total}
		for _, t := range s.states {
			open.add(-t.count, -t.total)
		}
		if open != (tally{}) {
			list[i].states[shownUnapproved] = open
		}
	}
	return list, nil
}

// paymentRow is one row of the detail sheet. It has no category and no id.
type paymentRow struct {
	No          int64
	Commune     string
	Name        string
	BirthYear   *int32
	Kind        string
	Paying      string
	PayingBIN   string
	BIN         string
	AccountTail string
	Amount      money.Amount
	State       ledger.State
	Leg         string
	Doubt       bool
	PaidOn      calendar.Date
	BankRef     string
	Attempt     int16
	Message     string
}

// sqlDetail folds the lines of the file's own payments only: a batch that fills
// three workbooks is read once, not three times.
const sqlDetail = `
WITH bounds AS MATERIALIZED (
    SELECT min(p.no) AS low, max(p.no) AS high FROM payout.payment AS p WHERE p.batch = @batch AND p.section BETWEEN @from AND @to
), moved AS (
    SELECT l.payment,
           max(l.seq * 1000 + l.leg) FILTER (WHERE l.leg < 100) % 1000 AS last_leg,
           max(l.attempt) AS attempt,
           max(v.accounting_date) FILTER (WHERE g.state = 'paid' AND l.leg < 100) AS paid_on
      FROM ledger.line AS l
      JOIN ledger.voucher AS v ON v.id = l.voucher
      JOIN ledger.leg AS g ON g.id = l.leg
     WHERE l.batch = @batch AND l.payment BETWEEN (SELECT low FROM bounds) AND (SELECT high FROM bounds)
     GROUP BY l.payment
), named AS (
    SELECT payment, attempt, min(servicer) AS servicer
      FROM reconciliation.reference
     WHERE batch = @batch AND payment BETWEEN (SELECT low FROM bounds) AND (SELECT high FROM bounds)
     GROUP BY payment, attempt
)
SELECT p.no, s.unit_name_vi, p.name, p.birth_year, c.kind, c.name_vi, c.bin, p.bin, p.account_tail, p.amount,
       coalesce(g.state, ''), coalesce(g.name, ''),
       EXISTS (SELECT 1 FROM payout.exception AS x
                WHERE x.batch = p.batch AND x.payment = p.no AND x.kind = 'doubt' AND x.closed_at IS NULL),
       CASE WHEN g.state = 'paid' THEN m.paid_on END,
       coalesce(n.servicer, ''), coalesce(m.attempt, 0), coalesce(b.message_id, '')
  FROM payout.payment AS p
  JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
  JOIN payout.channel AS c ON c.key = p.channel
  LEFT JOIN moved AS m ON m.payment = p.no
  LEFT JOIN ledger.leg AS g ON g.id = m.last_leg
  LEFT JOIN payout.attempt AS a ON a.batch = p.batch AND a.payment = p.no AND a.attempt = m.attempt
  LEFT JOIN payout.submission AS b ON b.no = a.submission
  LEFT JOIN named AS n ON n.payment = p.no AND n.attempt = m.attempt
 WHERE p.batch = @batch AND p.section BETWEEN @from AND @to
 ORDER BY p.section, p.no`

// eachPayment streams the payments of sections from to to.
func eachPayment(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, from, to int16, fn func(*paymentRow) error) error {
	rows, err := tx.Query(ctx, sqlDetail, pgx.NamedArgs{"batch": batch, "from": from, "to": to})
	if err != nil {
		return fmt.Errorf("payments of batch %d: %w", batch, err)
	}
	var p paymentRow
	_, err = pgx.ForEachRow(rows, []any{&p.No, &p.Commune, &p.Name, &p.BirthYear, &p.Kind, &p.Paying, &p.PayingBIN, &p.BIN, &p.AccountTail, &p.Amount,
		&p.State, &p.Leg, &p.Doubt, &p.PaidOn, &p.BankRef, &p.Attempt, &p.Message}, func() error { return fn(&p) })
	if err != nil {
		return fmt.Errorf("payments of batch %d: %w", batch, err)
	}
	return nil
}

// breakRow is one row of the breaks sheet.
type breakRow struct {
	ID         int64
	Reason     string
	Channel    string
	Batch      int32
	Payment    int64
	Amount     money.Amount
	OpenedAt   time.Time
	Owner      string
	ClosedAt   *time.Time
	ClosedHow  string
	Suggestion string
}

// Breaks of this batch, and those of its banks that name no batch.
const sqlBreaks = `
SELECT i.id, i.reason, c.name_vi, i.batch, i.payment, i.amount, i.opened_at, i.owner, i.closed_at, i.closed_how, i.suggestion
  FROM reconciliation.break_item AS i
  JOIN payout.channel AS c ON c.key = i.channel
 WHERE i.batch = @batch
    OR i.batch = 0 AND EXISTS (SELECT 1 FROM payout.submission AS s WHERE s.batch = @batch AND s.channel = i.channel)
 ORDER BY i.closed_at IS NOT NULL, i.opened_at, i.id`

func readBreaks(ctx context.Context, tx pgx.Tx, batch ledger.BatchID) ([]breakRow, error) {
	rows, _ := tx.Query(ctx, sqlBreaks, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[breakRow])
	if err != nil {
		return nil, fmt.Errorf("breaks of batch %d: %w", batch, err)
	}
	return list, nil
}
