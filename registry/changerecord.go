package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

// Changes is what a list changed against the month before, counted in rights: a
// person in a category. After = Before + Added - Removed, by the database's check.
type Changes struct {
	Form    string        `json:"form"`       // "changes": handed in as such; "whole": found by comparing
	Base    calendar.Date `json:"base_month"` // its own month for a list that adds to an earlier one of it
	Before  int           `json:"before"`
	Added   int           `json:"added"`
	Removed int           `json:"removed"`
	Changed int           `json:"changed"`
	After   int           `json:"after"`
}

// sqlCarry copies whoever the file does not end or replace. A row that gives way to
// one of the file goes only if that one was taken. Whoever died before
// the month is not carried: a whole list with him would be refused that row. Of a
// person with two records each keeps its own row: told apart, neither is left out of
// the months between, and while they are one the plan pays them once, and they count
// once.
const sqlCarry = `
WITH base AS MATERIALIZED (
    SELECT DISTINCT ON (w.person, w.category) w.list, w.row_no, w.person, coalesce(a.kept, w.person) AS one, w.category
      FROM registry.list l
      JOIN registry.list_row w ON w.list = l.id
      LEFT JOIN registry.same_person a ON a.gone = w.person
     WHERE l.programme = @programme AND l.unit_code = @unit AND l.unit_valid_from = @unit_from AND l.month = @base AND l.id < @list
     ORDER BY w.person, w.category, w.list DESC, w.row_no
), ended AS MATERIALIZED (
    SELECT coalesce(a.kept, w.person) AS one, w.category
      FROM unnest(@ended_lists::bigint[], @ended_rows::integer[], @by_rows::integer[]) AS g (list, row_no, by_row)
      JOIN registry.list_row w ON w.list = g.list AND w.row_no = g.row_no
      LEFT JOIN registry.same_person a ON a.gone = w.person
     WHERE g.by_row = 0 OR EXISTS (SELECT 1 FROM registry.list_row o WHERE o.list = @list AND o.row_no = g.by_row AND o.category <> w.category)
), carried AS (
    INSERT INTO registry.list_row
           (list, row_no, person, category, decision_no, decision_date, method, stated_amount, payee_name, payee_kind,
            payee_id_enc, payee_id_index, contact, note, from_list, from_row)
    SELECT @list::bigint, @last::integer + row_number() OVER (ORDER BY b.list, b.row_no), b.person, w.category, w.decision_no, w.decision_date,
           w.method, w.stated_amount, w.payee_name, w.payee_kind, w.payee_id_enc, w.payee_id_index, w.contact, w.note, b.list, b.row_no
      FROM base b
      JOIN registry.list_row w ON w.list = b.list AND w.row_no = b.row_no
     WHERE NOT EXISTS (SELECT 1 FROM registry.death_now d WHERE d.person = b.one AND d.died_on < @month::date)
       AND NOT EXISTS (SELECT 1 FROM registry.list_row o WHERE o.list = @list AND o.person = b.person AND o.category = b.category)
       AND NOT EXISTS (SELECT 1 FROM ended e WHERE e.one = b.one AND e.category = b.category)
    RETURNING person, category
)
SELECT count(DISTINCT (coalesce(a.kept, c.person), c.category))
  FROM carried c LEFT JOIN registry.same_person a ON a.gone = c.person`

// carry completes a change list to the whole list it stands for.
func (im *importer) carry(ctx context.Context, s *stage) error {
	c := s.changes
	args := im.changeArgs(s)
	var lists []int64
	var rows, by []int32
	for _, e := range c.ended {
		lists, rows = append(lists, e.base.List), append(rows, int32(e.base.Row))
		if e.gives {
			by = append(by, int32(e.line.Row))
		} else {
			by = append(by, 0)
		}
	}
	args["base"], args["last"], args["ended_lists"], args["ended_rows"], args["by_rows"] = c.month, c.rowsEnded, lists, rows, by
	if err := s.tx.QueryRow(ctx, sqlCarry, args).Scan(&s.carried); err != nil {
		return fmt.Errorf("carry people into list %d: %w", s.list, err)
	}
	return nil
}

// sqlAddChanges compares the rights before a list with those after it, as stored:
// a change list and a whole one by the same statement. A person who left one
// category and entered one is changed, unless a row ended the first. Of a person
// with several rows the carried ones did not change.
const sqlAddChanges = `
WITH before AS MATERIALIZED (
    SELECT b.list, b.row_no, b.person, b.category FROM registry.standing_list(@programme, @unit, @unit_from, @base, @list) b
), after AS MATERIALIZED (
    SELECT a.list, a.row_no, a.person, a.category FROM registry.standing_list(@programme, @unit, @unit_from, @month, @list::bigint + 1) a
), marked AS MATERIALIZED (
    SELECT m.list, m.row_no, m.by_row, m.gives, m.decision_no, m.decision_date, m.reason
      FROM unnest(@was_lists::bigint[], @was_rows::integer[], @by_rows::integer[], @gives::boolean[], @decisions::text[], @decided::date[], @reasons::text[])
           AS m (list, row_no, by_row, gives, decision_no, decision_date, reason)
), gone AS (
    SELECT b.list, b.row_no, b.person, b.category, count(*) OVER (PARTITION BY b.person) AS n
      FROM before b WHERE NOT EXISTS (SELECT 1 FROM after a WHERE a.person = b.person AND a.category = b.category)
), come AS (
    SELECT a.list, a.row_no, a.person, a.category, count(*) OVER (PARTITION BY a.person) AS n
      FROM after a WHERE NOT EXISTS (SELECT 1 FROM before b WHERE b.person = a.person AND b.category = a.category)
), moved AS (
    SELECT c.list, c.row_no, c.person, c.category, g.category AS was_category, g.list AS was_list, g.row_no AS was_row
      FROM come c JOIN gone g ON g.person = c.person AND g.n = 1 AND c.n = 1
     WHERE NOT EXISTS (SELECT 1 FROM marked m WHERE m.list = g.list AND m.row_no = g.row_no AND NOT m.gives)
), kept AS (
    SELECT m.list, m.row_no, m.person, m.category, m.was_category, m.was_list, m.was_row FROM moved m
    UNION ALL
    SELECT a.list, a.row_no, a.person, a.category, b.category, b.list, b.row_no
      FROM after a JOIN before b ON b.person = a.person AND b.category = a.category
     WHERE a.list = @list
), compared AS (
    SELECT k.row_no, k.person, k.category, k.was_category, k.was_list, k.was_row, w.decision_no, w.decision_date, w.note, w.stated_amount,
           coalesce(c.method, w.method) AS method, coalesce(c.bank_bin, '') AS bank_bin, coalesce(c.account_tail, '') AS tail,
           coalesce(h.method, c.method, w.method) AS was_method, coalesce(h.bank_bin, c.bank_bin, '') AS was_bank, coalesce(h.account_tail, c.account_tail, '') AS was_tail,
           array_remove(ARRAY[CASE WHEN k.was_category <> k.category THEN 'category' END,
                              CASE WHEN h.method <> c.method THEN 'method' END,
                              CASE WHEN h.bank_bin <> c.bank_bin THEN 'bank' END,
                              CASE WHEN h.person IS NOT NULL AND h.account_index IS DISTINCT FROM c.account_index THEN 'account' END,
                              CASE WHEN h.holder <> c.holder THEN 'holder' END,
                              CASE WHEN o.payee_name <> w.payee_name OR o.payee_id_index IS DISTINCT FROM w.payee_id_index THEN 'payee' END,
                              CASE WHEN o.stated_amount IS DISTINCT FROM w.stated_amount THEN 'amount' END], NULL) AS what
      FROM kept k
      JOIN registry.list_row w ON w.list = k.list AND w.row_no = k.row_no AND w.from_list IS NULL
      JOIN registry.list_row o ON o.list = k.was_list AND o.row_no = k.was_row
      LEFT JOIN registry.channel c ON c.person = k.person AND c.rank = 1
      LEFT JOIN registry.channel_history h ON h.person = k.person AND h.rank = 1 AND h.ended_by = @list
), said AS (
    SELECT 1 AS part, 'added' AS kind, a.row_no, a.person, a.category, '' AS was_category, NULL::bigint AS was_list, NULL::integer AS was_row,
           '{}'::text[] AS what, 'row' AS cause, w.decision_no, w.decision_date, w.note AS reason, coalesce(c.method, w.method) AS method,
           coalesce(c.bank_bin, '') AS bank_bin, coalesce(c.account_tail, '') AS tail, '' AS was_method, '' AS was_bank, '' AS was_tail, w.stated_amount
      FROM come a
      JOIN registry.list_row w ON w.list = a.list AND w.row_no = a.row_no
      LEFT JOIN registry.channel c ON c.person = a.person AND c.rank = 1
     WHERE NOT EXISTS (SELECT 1 FROM moved m WHERE m.person = a.person AND m.category = a.category)
    UNION ALL
    SELECT 2, 'removed', coalesce(m.by_row, 0), g.person, g.category, g.category, g.list, g.row_no, '{}',
           CASE WHEN m.by_row IS NOT NULL THEN 'row' WHEN d.person IS NOT NULL THEN 'death' WHEN r.row_no IS NOT NULL THEN 'refused' ELSE 'absent' END,
           coalesce(m.decision_no, ''), m.decision_date, coalesce(m.reason, ''), '', '', '',
           coalesce(c.method, w.method), coalesce(c.bank_bin, ''), coalesce(c.account_tail, ''), w.stated_amount
      FROM gone g
      JOIN registry.list_row w ON w.list = g.list AND w.row_no = g.row_no
      JOIN registry.person p ON p.id = g.person
      LEFT JOIN marked m ON m.list = g.list AND m.row_no = g.row_no
      LEFT JOIN registry.death_now d ON d.person = g.person AND d.died_on < @month::date
      LEFT JOIN registry.channel c ON c.person = g.person AND c.rank = 1
      LEFT JOIN LATERAL (SELECT x.row_no FROM registry.refused_row x
                          WHERE x.list = @list AND (x.id_index = p.id_index OR x.name_fold = p.name_fold AND (x.birth_year = p.birth_year) IS NOT FALSE)
                          ORDER BY x.row_no LIMIT 1) r ON true
     WHERE NOT EXISTS (SELECT 1 FROM moved v WHERE v.was_list = g.list AND v.was_row = g.row_no)
    UNION ALL
    SELECT 3, 'changed', k.row_no, k.person, k.category, k.was_category, k.was_list, k.was_row, k.what, 'row', k.decision_no, k.decision_date, k.note,
           k.method, k.bank_bin, k.tail, k.was_method, k.was_bank, k.was_tail, k.stated_amount
      FROM compared k
     WHERE cardinality(k.what) > 0 OR EXISTS (SELECT 1 FROM marked m WHERE m.list = k.was_list AND m.row_no = k.was_row AND m.gives)
), summed AS (
    INSERT INTO registry.list_change_sum (list, form, base_month, before, added, removed, changed, after)
    SELECT @list::bigint, @form, @base::date, (SELECT count(*) FROM before), count(*) FILTER (WHERE s.part = 1), count(*) FILTER (WHERE s.part = 2),
           count(*) FILTER (WHERE s.part = 3), (SELECT count(*) FROM after)
      FROM said s
)
INSERT INTO registry.list_change (list, n, kind, row_no, person, category, was_category, was_list, was_row, what, cause, decision_no, decision_date,
                                  reason, method, bank_bin, account_tail, was_method, was_bank_bin, was_tail, amount)
SELECT @list::bigint, row_number() OVER (ORDER BY s.part, s.row_no, s.was_list, s.was_row, s.person, s.category), s.kind, s.row_no, s.person, s.category,
       s.was_category, s.was_list, s.was_row, s.what, s.cause, s.decision_no, s.decision_date, s.reason, s.method, s.bank_bin, s.tail, s.was_method,
       s.was_bank, s.was_tail, s.stated_amount
  FROM said s`

// recordChanges writes what a list changed. The first list of a month is held
// against the month before, a later one of the month adds to those before it; a
// programme paid once, and its first month, have nothing to compare with.
func (im *importer) recordChanges(ctx context.Context, s *stage) (*Changes, error) {
	if im.options.Month.IsZero() {
		return nil, nil
	}
	args := im.changeArgs(s)
	var base *calendar.Date
	var taken int64
	if err := s.tx.QueryRow(ctx, sqlEarlierLists, args).Scan(&base, &taken); err != nil {
		return nil, fmt.Errorf("look for the month before list %d: %w", s.list, err)
	}
	switch {
	case taken != 0:
		args["base"] = im.options.Month
	case base != nil:
		args["base"] = *base
	default:
		return nil, nil
	}
	args["form"] = "whole"
	var lists []int64
	var rows, by []int32
	var gives []bool
	var decisions, reasons []string
	var decided []*time.Time
	if s.changes != nil {
		args["form"] = "changes"
		for _, e := range s.changes.ended {
			lists, rows, by, gives = append(lists, e.base.List), append(rows, int32(e.base.Row)), append(by, int32(e.line.Row)), append(gives, e.gives)
			decisions, reasons = append(decisions, e.line.DecisionNo), append(reasons, e.line.Note)
			var day *time.Time
			if !e.line.DecisionDate.IsZero() {
				at := dateUTC(e.line.DecisionDate)
				day = &at
			}
			decided = append(decided, day)
		}
	}
	args["was_lists"], args["was_rows"], args["by_rows"], args["gives"] = lists, rows, by, gives
	args["decisions"], args["decided"], args["reasons"] = decisions, decided, reasons
	if _, err := s.tx.Exec(ctx, sqlAddChanges, args); err != nil {
		return nil, fmt.Errorf("record the changes of list %d: %w", s.list, err)
	}
	return ChangesOf(ctx, s.tx, s.list)
}

const sqlChangesOf = `
SELECT form, base_month, before, added, removed, changed, after FROM registry.list_change_sum WHERE list = @list`

// ChangesOf returns what a list changed, nil where it had nothing to be compared
// with.
func ChangesOf(ctx context.Context, db pgdb.Querier, list int64) (*Changes, error) {
	rows, _ := db.Query(ctx, sqlChangesOf, pgx.NamedArgs{"list": list})
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Changes])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("changes of list %d: %w", list, err)
	}
	return &c, nil
}
