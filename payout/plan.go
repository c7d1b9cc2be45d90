package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/registry/people"
)

// PlanOptions says what a batch is planned from, and who plans it.
type PlanOptions struct {
	// Lists are of the batch's programme, and of its month where that pays every
	// month. nil = all no batch was planned from, or whose section was withdrawn.
	Lists []int64
	Who   string
}

// PlanResult is what a plan made. Whoever is on a list and not in a payment is
// counted in LeftOut by reason, and stands in payout.left_out by row.
type PlanResult struct {
	Batch    ledger.BatchID
	Lists    int
	Sections int
	Payments int64
	Total    money.Amount
	Resting  int64 // payments that wait for a changed account or a difference to be settled
	LeftOut  map[string]int64
	Digest   [32]byte // Merkle root of the section digests
}

// Errors of Plan a caller may match.
var (
	ErrPlanned      = errors.New("the batch is planned already")
	ErrOverDeclared = errors.New("more than the decision declared")
)

// Plan turns the rows of lists into claims, payments and sections of a batch,
// all or nothing. Each claim is made once for life: what another batch holds, a
// person's second row under one rule, and whatever else is not paid goes to
// payout.left_out with its reason. A person is one payment per book.
//
// It returns ErrPlanned (late lists go into a supplementary batch) and
// ErrOverDeclared with the figures when the plan exceeds the declaration.
func Plan(ctx context.Context, db pgdb.DB, batch ledger.BatchID, options PlanOptions, now time.Time) (PlanResult, error) {
	var result PlanResult
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		p := plan{tx: tx, now: now, who: options.Who}
		if err := p.run(ctx, batch, options.Lists); err != nil {
			return err
		}
		result = p.result
		return nil
	})
	if err != nil {
		return PlanResult{}, fmt.Errorf("plan batch %d: %w", batch, err)
	}
	return result, nil
}

// plan is one Plan under way.
type plan struct {
	tx     pgx.Tx
	now    time.Time
	who    string
	batch  Batch
	lists  []int64
	units  []planUnit
	result PlanResult
}

// planUnit is a unit of the lists with the section and book it gets.
type planUnit struct {
	Code      string
	ValidFrom calendar.Date
	NameVI    string
	BookCode  string
	BookName  string
	Book      ledger.BookID `db:"-"`
}

func (p *plan) run(ctx context.Context, batch ledger.BatchID, lists []int64) error {
	err := people.LockForPlanning(ctx, p.tx)
	if err != nil {
		return fmt.Errorf("wait for changes of people: %w", err)
	}
	if p.batch, err = LockBatch(ctx, p.tx, batch); err != nil {
		return err
	}
	if err := p.alone(ctx); err != nil {
		return err
	}
	if p.batch.PlannedAt != nil || p.batch.ClosedAt != nil {
		return errs.Coded(errs.Conflict, "PAYOUT-PLANNED", fmt.Sprintf("Đợt %d đã lập danh sách chi; danh sách đến sau đưa vào đợt bổ sung. / "+
			"Batch %d is planned already; put a late list into a supplementary batch.", batch, batch), ErrPlanned)
	}
	p.result = PlanResult{Batch: batch, LeftOut: map[string]int64{}}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return p.chooseLists(ctx, lists) },
		p.readUnits, p.stage, p.claim, p.rest, p.carry, p.limits, p.seal, p.finish, p.analyse} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

const sqlLockLevel = `SELECT pg_catalog.pg_advisory_xact_lock(hashtextextended('payout.level ' || @programme || ' ' || @month, 0))`

// alone keeps other plans of a programme's month waiting: claims of two levels are
// no conflict to the database, and two plans at once would pay a person both.
func (p *plan) alone(ctx context.Context) error {
	if !p.batch.Monthly {
		return nil
	}
	if _, err := p.tx.Exec(ctx, sqlLockLevel, pgx.NamedArgs{"programme": p.batch.Programme, "month": p.batch.Period.String()}); err != nil {
		return fmt.Errorf("wait for another plan of the month: %w", err)
	}
	return nil
}

const sqlAnalysePlan = `SELECT payout.analyse_plan()`

// analyse tells the server's planner how much there is now.
func (p *plan) analyse(ctx context.Context) error {
	if _, err := p.tx.Exec(ctx, sqlAnalysePlan); err != nil {
		return fmt.Errorf("statistics of the plan: %w", err)
	}
	return nil
}

// A list whose section was withdrawn was planned for nothing: its people wait for
// this plan. Whom another batch pays by now is left out, for the claim is taken.
const sqlUnusedLists = `
SELECT l.id FROM registry.list AS l
 WHERE l.programme = @programme AND l.month IS NOT DISTINCT FROM @month::date
   AND NOT EXISTS (SELECT 1 FROM payout.batch_list AS b
                    WHERE b.list = l.id
                      AND NOT EXISTS (SELECT 1 FROM payout.section AS s
                                       WHERE s.batch = b.batch AND s.unit_code = l.unit_code AND s.unit_valid_from = l.unit_valid_from
                                         AND s.state = 'withdrawn'))
 ORDER BY l.id`

const sqlNamedLists = `
SELECT l.id FROM registry.list AS l
 WHERE l.programme = @programme AND l.month IS NOT DISTINCT FROM @month::date AND l.id = ANY (@lists::bigint[]) ORDER BY l.id`

const sqlUseLists = `
INSERT INTO payout.batch_list (batch, list) SELECT @batch::integer, id FROM unnest(@lists::bigint[]) AS t (id)`

func (p *plan) chooseLists(ctx context.Context, lists []int64) error {
	sql := sqlNamedLists
	if lists == nil {
		sql = sqlUnusedLists
	}
	rows, _ := p.tx.Query(ctx, sql, pgx.NamedArgs{"programme": p.batch.Programme, "month": p.batch.Month(), "lists": lists})
	var err error
	if p.lists, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return fmt.Errorf("lists: %w", err)
	}
	if len(p.lists) == 0 || len(lists) > 0 && len(p.lists) != len(slices.Compact(slices.Sorted(slices.Values(lists)))) {
		return errs.Coded(errs.NotFound, "PAYOUT-LISTS", fmt.Sprintf("Chương trình %s không có danh sách như vậy%s để lập đợt %d: hãy nhập danh sách trước. / "+
			"Programme %s has no such list%s to plan batch %d from: import the list first.", p.batch.Programme, ofMonth(p.batch, " của tháng ", monthVI), p.batch.ID,
			p.batch.Programme, ofMonth(p.batch, " of ", monthEN), p.batch.ID), nil)
	}
	p.result.Lists = len(p.lists)
	if _, err := p.tx.Exec(ctx, sqlUseLists, pgx.NamedArgs{"batch": p.batch.ID, "lists": p.lists}); err != nil {
		return fmt.Errorf("note the lists: %w", err)
	}
	return nil
}

const sqlPlanUnits = `
SELECT u.code, u.valid_from, u.name_vi, coalesce(o.book, ''), coalesce(b.name_vi, '')
  FROM (SELECT DISTINCT unit_code, unit_valid_from FROM registry.list WHERE id = ANY (@lists::bigint[])) AS d
  JOIN registry.unit AS u ON u.code = d.unit_code AND u.valid_from = d.unit_valid_from
  LEFT JOIN LATERAL (
       SELECT x.book FROM registry.book_of AS x
        WHERE x.programme = @programme AND x.unit_code = u.code AND x.unit_valid_from = u.valid_from AND x.valid_from <= @day
        ORDER BY x.valid_from DESC LIMIT 1) AS o ON true
  LEFT JOIN LATERAL (
       SELECT x.name_vi FROM registry.book AS x WHERE x.code = o.book AND x.valid_from <= @day
        ORDER BY x.valid_from DESC LIMIT 1) AS b ON true
 ORDER BY u.code, u.valid_from`

// readUnits numbers the sections, one per unit in unit order, and opens the
// books that pay. A unit nobody set a book for is refused before any claim.
func (p *plan) readUnits(ctx context.Context) error {
	rows, _ := p.tx.Query(ctx, sqlPlanUnits, pgx.NamedArgs{"lists": p.lists, "programme": p.batch.Programme, "day": calendar.DateOf(p.now)})
	units, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (planUnit, error) {
		var u planUnit
		return u, row.Scan(&u.Code, &u.ValidFrom, &u.NameVI, &u.BookCode, &u.BookName)
	})
	if err != nil {
		return fmt.Errorf("units: %w", err)
	}
	for i := range units {
		u := &units[i]
		if u.BookCode == "" {
			return errs.Coded(errs.Invalid, "PAYOUT-NO-BOOK", fmt.Sprintf("Chưa khai báo đơn vị dự toán chi trả chương trình %s tại %s (%s). / "+
				"No budget unit is set to pay programme %s in %s (%s).", p.batch.Programme, u.NameVI, u.Code, p.batch.Programme, u.NameVI, u.Code), nil)
		}
		book, err := ledger.OpenBook(ctx, p.tx, u.BookCode, u.BookName, p.now)
		if err != nil {
			return err
		}
		u.Book = book.ID
	}
	p.units = units
	return nil
}

// sqlStage judges every list row once. A payment's home is the unit of the
// person's first row in a book, and payments are numbered by section, channel
// and person, so that one section's part of a channel is one run of numbers.
//
// A programme that pays every month pays one level: who stands in two categories
// gets the highest (Decree 20/2021, Article 6(2); its one exception, the single
// parent of BTXH-04, is in no programme yet).
const sqlStage = `
WITH unit AS (
    SELECT code, valid_from, section::smallint, book
      FROM unnest(@codes::text[], @froms::date[], @books::integer[]) WITH ORDINALITY AS u (code, valid_from, book, section)
), matched AS (
    SELECT w.list, w.row_no, p.id AS person, w.category, w.stated_amount, u.section, u.book, r.code AS rule, r.amount
      FROM registry.list AS l
      JOIN unit AS u ON u.code = l.unit_code AND u.valid_from = l.unit_valid_from
      JOIN registry.list_row AS w ON w.list = l.id
      LEFT JOIN registry.same_person AS a ON a.gone = w.person
      JOIN registry.person AS p ON p.id = coalesce(a.kept, w.person)
      LEFT JOIN payout.rule AS r
        ON r.programme = @programme
       AND (r.category = w.category OR (r.year - p.birth_year) = ANY (r.ages) OR (r.year - p.birth_year) > r.older_than)
     WHERE l.id = ANY (@lists::bigint[])
), held AS (
    SELECT e.rule, coalesce(a.kept, e.person) AS person, max(e.n) AS n, max(e.batch) FILTER (WHERE f.batch IS NULL) AS batch,
           bool_and(f.batch IS NOT NULL) AS free
      FROM payout.entitlement AS e
      LEFT JOIN registry.same_person AS a ON a.gone = e.person
      LEFT JOIN payout.entitlement_release AS f
        ON f.programme = e.programme AND f.rule = e.rule AND f.person = e.person AND f.subject = e.subject
       AND f.month = e.month AND f.n = e.n
     WHERE e.programme = @programme AND e.month = @period AND e.subject = e.person
     GROUP BY e.rule, coalesce(a.kept, e.person)
), level AS (
    SELECT h.person, min(h.batch) AS batch FROM held AS h WHERE @monthly AND NOT h.free GROUP BY h.person
), stands AS (
    SELECT s.person, s.category FROM registry.standing_on(@period) AS s WHERE s.state <> 'active'
), judged AS (
    SELECT m.list, m.row_no, m.person, m.category, m.section, m.book, coalesce(m.rule, '') AS rule, m.amount,
           coalesce(h.n + 1, 0) AS n, coalesce(h.batch, k.batch) AS holder, coalesce(bank.key, provider.key, other.key) AS channel,
           coalesce(bank.ordinal, provider.ordinal, other.ordinal) AS ordinal,
           CASE WHEN m.rule IS NULL THEN 'no_rule'
                WHEN m.stated_amount <> m.amount THEN 'other_amount'
                WHEN NOT h.free THEN 'already'
                WHEN k.person IS NOT NULL THEN 'other_level'
                WHEN @period > d.died_on THEN 'dead'
                WHEN d.person IS NOT NULL AND c.person IS NULL THEN 'no_heir'
                WHEN x.person IS NOT NULL THEN 'death_reported'
                WHEN sa.person IS NOT NULL OR sc.person IS NOT NULL THEN 'suspended'
                WHEN coalesce(bank.key, provider.key, other.key) IS NULL THEN 'no_channel'
                ELSE '' END AS reason
      FROM matched AS m
      LEFT JOIN held AS h ON h.rule = m.rule AND h.person = m.person
      LEFT JOIN level AS k ON k.person = m.person
      LEFT JOIN registry.death_now AS d ON d.person = m.person
      LEFT JOIN (SELECT DISTINCT w.person FROM registry.death_waiting AS w) AS x ON x.person = m.person
      LEFT JOIN stands AS sa ON sa.person = m.person AND sa.category = ''
      LEFT JOIN stands AS sc ON sc.person = m.person AND sc.category = m.category
      LEFT JOIN registry.way_on(@day) AS c ON c.person = m.person
      LEFT JOIN payout.channel AS bank ON c.kind = 'bank' AND bank.kind = 'bank' AND bank.bin = c.bank_bin
      LEFT JOIN payout.channel AS provider ON c.kind = 'provider' AND provider.kind = 'provider' AND provider.provider = c.provider
      LEFT JOIN payout.channel AS other ON c.kind = 'bank' AND other.kind = 'bank' AND other.is_default
), ranked AS (
    SELECT j.list, j.row_no, j.person, j.category, j.section, j.book, j.rule, j.amount, j.n, j.holder, j.channel, j.ordinal, j.reason,
           row_number() OVER (PARTITION BY j.person, j.rule, j.reason ORDER BY j.list, j.row_no) AS turn,
           row_number() OVER (PARTITION BY j.person, j.reason ORDER BY j.amount DESC, j.list, j.row_no) AS height
      FROM judged AS j
), settled AS (
    SELECT r.list, r.row_no, r.person, r.category, r.section, r.book, r.rule, r.amount, r.n, r.holder, r.channel, r.ordinal,
           CASE WHEN r.reason <> '' THEN r.reason
                WHEN r.turn > 1 THEN 'already'
                WHEN @monthly AND r.height > 1 THEN 'other_level'
                ELSE '' END AS reason,
           r.reason = '' AS here -- whatever holds it, this batch does
      FROM ranked AS r
), placed AS (
    SELECT s.list, s.row_no, s.person, s.category, s.rule, s.amount, s.n, s.holder, s.channel, s.ordinal, s.reason, s.here,
           first_value(s.section) OVER (PARTITION BY s.person, s.book, s.reason ORDER BY s.list, s.row_no) AS home
      FROM settled AS s
)
INSERT INTO payout.plan_row (list, row_no, rule, person, category, amount, n, section, channel, payment, reason, other_batch)
SELECT t.list, t.row_no, t.rule, t.person, t.category, t.amount, t.n, t.home, t.channel,
       dense_rank() OVER (PARTITION BY t.reason = '' ORDER BY t.home, t.ordinal, t.person),
       t.reason,
       CASE WHEN t.reason = '' THEN NULL WHEN t.here THEN @batch::integer WHEN t.reason IN ('already', 'other_level') THEN t.holder END
  FROM placed AS t`

// sqlLinear keeps the planner of PostgreSQL to joins whose cost grows with the
// rows: tables filled a moment ago have no statistics, and a nested loop chosen
// for a table believed empty would take hours for a million people. Their hashes
// and sorts should fit into memory.
const sqlLinear = `SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '256MB', true)`

func (p *plan) stage(ctx context.Context) error {
	if _, err := p.tx.Exec(ctx, sqlLinear); err != nil {
		return fmt.Errorf("choose joins: %w", err)
	}
	var codes []string
	var froms []time.Time
	var books []int32
	for _, u := range p.units {
		day := u.ValidFrom
		codes, books = append(codes, u.Code), append(books, int32(u.Book))
		froms = append(froms, time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC))
	}
	if _, err := p.tx.Exec(ctx, sqlStage, pgx.NamedArgs{"codes": codes, "froms": froms, "books": books, "lists": p.lists,
		"programme": p.batch.Programme, "monthly": p.batch.Monthly, "period": p.batch.Period, "batch": p.batch.ID, "day": calendar.DateOf(p.now)}); err != nil {
		return fmt.Errorf("judge the rows: %w", err)
	}
	return nil
}

// sqlClaimEntitlements inserts in key order: two batches that want the same claims wait for
// each other and never deadlock.
const sqlClaimEntitlements = `
INSERT INTO payout.entitlement (programme, rule, person, subject, month, n, batch, payment, amount)
SELECT @programme::text, r.rule, r.person, r.person, @period::date, r.n, @batch::integer, r.payment, r.amount
  FROM payout.plan_row AS r
 WHERE r.reason = ''
 ORDER BY r.rule, r.person
ON CONFLICT (programme, rule, person, subject, month, n) DO NOTHING`

const sqlLeaveOut = `
INSERT INTO payout.left_out (batch, list, row_no, person, rule, reason, other_batch)
SELECT @batch::integer, r.list, r.row_no, r.person, r.rule, r.reason, r.other_batch
  FROM payout.plan_row AS r
 WHERE r.reason <> ''`

// sqlLeaveOutLost reports claims that another plan made while this one ran.
const sqlLeaveOutLost = `
INSERT INTO payout.left_out (batch, list, row_no, person, rule, reason, other_batch)
SELECT @batch::integer, r.list, r.row_no, r.person, r.rule, 'already', e.batch
  FROM payout.plan_row AS r
  LEFT JOIN payout.entitlement AS e
    ON e.programme = @programme AND e.rule = r.rule AND e.person = r.person AND e.subject = r.person AND e.month = @period AND e.n = r.n
 WHERE r.reason = '' AND e.batch IS DISTINCT FROM @batch::integer`

// sqlFormPayments builds payments from the claims that were made, never from
// the rows that asked for them.
const sqlFormPayments = `
INSERT INTO payout.payment (batch, no, amount, person, section, birth_year, channel, bin, account_tail, holder, name, category,
                            account_enc, account_index, id_enc, id_index, pay_point, payee, payee_after_death)
SELECT @batch::integer, one.payment, one.amount, one.person, one.section, p.birth_year, one.channel, c.bank_bin, c.account_tail, c.holder,
       p.name, one.category, c.account_enc, c.account_index,
       CASE WHEN c.payee <> 0 THEN c.payee_id_enc ELSE p.id_enc END,
       CASE WHEN c.payee <> 0 THEN c.payee_id_index ELSE p.id_index END,
       CASE WHEN c.kind = 'provider' AND v.unit_code <> p.unit_code THEN v.unit_code ELSE '' END, c.payee, d.person IS NOT NULL
  FROM (SELECT r.payment, r.person, min(r.section) AS section, min(r.channel) AS channel,
               (array_agg(r.category ORDER BY r.list, r.row_no))[1] AS category, sum(e.amount)::bigint AS amount
          FROM payout.plan_row AS r
          JOIN payout.entitlement AS e
            ON e.programme = @programme AND e.rule = r.rule AND e.person = r.person AND e.subject = r.person
           AND e.month = @period AND e.n = r.n AND e.batch = @batch::integer
         WHERE r.reason = ''
         GROUP BY r.payment, r.person) AS one
  JOIN registry.person AS p ON p.id = one.person
  JOIN registry.way_on(@day) AS c ON c.person = one.person
  LEFT JOIN registry.death_now AS d ON d.person = one.person
  LEFT JOIN registry.serving_on(@day) AS v ON v.person = one.person
 ORDER BY one.payment`

const sqlEmptyStage = `DELETE FROM payout.plan_row`

const sqlLeftOut = `SELECT reason, count(*) FROM payout.left_out WHERE batch = @batch GROUP BY reason`

func (p *plan) claim(ctx context.Context) error {
	args := pgx.NamedArgs{"programme": p.batch.Programme, "period": p.batch.Period, "batch": p.batch.ID, "day": calendar.DateOf(p.now)}
	for _, step := range []struct{ what, sql string }{
		{"claim entitlements", sqlClaimEntitlements},
		{"note what is left out", sqlLeaveOut},
		{"note lost claims", sqlLeaveOutLost},
		{"form payments", sqlFormPayments},
		{"empty the stage", sqlEmptyStage},
	} {
		if _, err := p.tx.Exec(ctx, step.sql, args); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	rows, _ := p.tx.Query(ctx, sqlLeftOut, args)
	var reason string
	var count int64
	_, err := pgx.ForEachRow(rows, []any{&reason, &count}, func() error {
		p.result.LeftOut[reason] = count
		return nil
	})
	if err != nil {
		return fmt.Errorf("count what is left out: %w", err)
	}
	return nil
}

const sqlPlanned = `SELECT count(*), coalesce(sum(amount), 0)::bigint FROM payout.payment WHERE batch = @batch`

// limits holds the plan against the declaration, which was entered before
// anybody saw a list.
func (p *plan) limits(ctx context.Context) error {
	r := &p.result
	if err := p.tx.QueryRow(ctx, sqlPlanned, pgx.NamedArgs{"batch": p.batch.ID}).Scan(&r.Payments, &r.Total); err != nil {
		return fmt.Errorf("sum the plan: %w", err)
	}
	if r.Payments == 0 {
		return errs.Coded(errs.Invalid, "PAYOUT-NOBODY", fmt.Sprintf("Không có khoản chi nào cho đợt %d: %s. / There is nobody to pay in batch %d: %s.",
			p.batch.ID, reasonsVI(r.LeftOut), p.batch.ID, reasonsEN(r.LeftOut)), nil)
	}
	return overDeclared(p.batch, r.Payments, r.Total)
}

// overDeclared is the one error for more than a decision allows.
func overDeclared(b Batch, count int64, total money.Amount) error {
	if count <= b.DeclaredCount && total <= b.DeclaredTotal {
		return nil
	}
	return errs.Coded(errs.Invalid, "PAYOUT-OVER-DECLARED", fmt.Sprintf(
		"Đợt %d vượt quyết định %s: danh sách %s khoản, %s đồng; quyết định %s khoản, %s đồng. Chưa ghi nhận gì. / "+
			"Batch %d exceeds decision %s: the lists give %s payments, %s đồng; the decision %s payments, %s đồng. Nothing was recorded.",
		b.ID, b.DecisionNo, grouped(count), total, grouped(b.DeclaredCount), b.DeclaredTotal,
		b.ID, b.DecisionNo, grouped(count), total, grouped(b.DeclaredCount), b.DeclaredTotal), ErrOverDeclared)
}

// grouped writes a count as people do: 1.165.878.
func grouped(n int64) string { return money.Amount(n).String() }

// The reasons of payout.left_out in the order people read them.
var leftOutReasons = []struct{ reason, vi, en string }{
	{"already", "đã có trong đợt khác hoặc trùng dòng", "already in a batch"},
	{"other_level", "trong tháng chỉ hưởng một mức, đã tính mức khác", "one level a month is paid, and another is"},
	{"no_rule", "không thuộc mức chi nào", "no rule fits"},
	{"no_channel", "chưa có hình thức nhận", "no channel"},
	{"other_amount", "số tiền khác mức quy định", "another amount than the rule's"},
	{"dead", "đã mất trước tháng chi", "died before the month"},
	{"no_heir", "đã mất, chưa có người thừa kế hoặc người chăm sóc nhận", "died, and no heir or carer receives yet"},
	{"death_reported", "có báo tử chờ xác nhận", "a death is reported and not confirmed"},
	{"unmerged", "được chi cho hồ sơ từng gộp, nay đã tách", "paid to a record it was merged with and is not any more"}, // by payout.open_row
	{"suspended", "đang tạm dừng hoặc đã thôi hưởng", "suspended or ended"},
}

func reasonsVI(left map[string]int64) string {
	var parts []string
	for _, r := range leftOutReasons {
		if n := left[r.reason]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", grouped(n), r.vi))
		}
	}
	return strings.Join(parts, ", ")
}

func reasonsEN(left map[string]int64) string {
	var parts []string
	for _, r := range leftOutReasons {
		if n := left[r.reason]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", grouped(n), r.en))
		}
	}
	return strings.Join(parts, ", ")
}

const sqlMarkPlanned = `UPDATE payout.batch SET planned_at = @now, digest = @digest WHERE id = @batch AND planned_at IS NULL`

func (p *plan) finish(ctx context.Context) error {
	r := &p.result
	if _, err := p.tx.Exec(ctx, sqlMarkPlanned, pgx.NamedArgs{"batch": p.batch.ID, "now": p.now, "digest": r.Digest[:]}); err != nil {
		return fmt.Errorf("mark planned: %w", err)
	}
	return record(ctx, p.tx, p.now, p.who, "batch.plan", p.batch.ID, map[string]any{"lists": r.Lists, "sections": r.Sections,
		"payments": r.Payments, "resting": r.Resting, "total": r.Total.Exact(), "left_out": r.LeftOut, "digest": fmt.Sprintf("%x", r.Digest)})
}
