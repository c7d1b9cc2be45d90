package payout

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// RowFault is a row of a list, or a right, of which the records do not say what became
// of it.
type RowFault struct {
	Fault string         `json:"fault"`
	Batch ledger.BatchID `json:"batch"` // 0 = none
	List  int64          `json:"list"`  // 0 = a right, not a row
	Row   int            `json:"row"`
	About string         `json:"about"` // rule, person and month
}

// Error names the row.
func (f RowFault) Error() string {
	return fmt.Sprintf("%s: batch %d, list %d row %d, %s", f.Fault, f.Batch, f.List, f.Row, f.About)
}

// A row asks for each rule that fits it, as in sqlStage, of the person its record
// speaks through now. It is answered by a claim its batch made, also one that two
// people released; by a reason of the plan while the right is claimed; by a decision;
// or it waits. A record that was told apart after another spoke for it is answered by
// any right of the month it holds, as in payout.open_row, where a month is one right.
// What it has of none of these was left out in silence.
const sqlRowsWithoutAnswer = `
WITH record AS (
    SELECT p.id, coalesce(s.kept, p.id) AS one FROM registry.person AS p LEFT JOIN registry.same_person AS s ON s.gone = p.id
), claim AS (
    SELECT e.programme, e.month, e.rule, r.one, e.batch, f.batch IS NOT NULL AS released
      FROM payout.entitlement AS e
      JOIN record AS r ON r.id = e.person
      LEFT JOIN payout.entitlement_release AS f
        ON f.programme = e.programme AND f.rule = e.rule AND f.person = e.person AND f.subject = e.subject AND f.month = e.month AND f.n = e.n
), planned AS (
    SELECT x.batch, x.list, w.row_no, r.one, b.programme, b.period, coalesce(u.code, '') AS rule,
           g.monthly AND EXISTS (SELECT 1 FROM registry.merge_undone AS t JOIN registry.merged AS m ON m.act = t.merged WHERE m.gone = w.person) AS apart
      FROM payout.batch_list AS x
      JOIN payout.batch AS b ON b.id = x.batch AND b.planned_at IS NOT NULL
      JOIN payout.programme AS g ON g.code = b.programme
      JOIN registry.list_row AS w ON w.list = x.list
      JOIN record AS r ON r.id = w.person
      JOIN registry.person AS p ON p.id = r.one
      LEFT JOIN payout.rule AS u
        ON u.programme = b.programme
       AND (u.category = w.category OR (u.year - p.birth_year) = ANY (u.ages) OR (u.year - p.birth_year) > u.older_than)
), here AS (
    SELECT DISTINCT c.batch, c.rule, c.one FROM claim AS c
), held AS (
    SELECT DISTINCT c.programme, c.month, c.rule, c.one FROM claim AS c WHERE NOT c.released
), told AS (
    SELECT d.list, d.row_no FROM registry.row_decision AS d UNION SELECT n.list, n.row_no FROM payout.open_row AS n
)
SELECT CASE WHEN o.reason IS NULL THEN 'neither paid nor left out' ELSE 'left out as ' || o.reason || ', and waits for nobody' END,
       p.batch, p.list, p.row_no, format('rule %s person %s month %s', p.rule, p.one, p.period)
  FROM planned AS p
  LEFT JOIN payout.left_out AS o ON o.batch = p.batch AND o.list = p.list AND o.row_no = p.row_no AND o.rule = p.rule
  LEFT JOIN here AS h ON h.batch = p.batch AND h.rule = p.rule AND h.one = p.one
  LEFT JOIN held AS k ON k.programme = p.programme AND k.month = p.period AND k.rule = p.rule AND k.one = p.one
  LEFT JOIN told AS t ON t.list = p.list AND t.row_no = p.row_no
 WHERE t.list IS NULL AND k.one IS NULL AND (o.reason IS NOT NULL OR h.one IS NULL)
   AND NOT (p.apart AND o.reason IS NULL AND EXISTS (SELECT 1 FROM held AS a WHERE a.programme = p.programme AND a.month = p.period AND a.one = p.one))
 UNION ALL
SELECT 'refused, and waits for nobody', 0, r.list, r.row_no, r.codes
  FROM registry.refused_row AS r
  JOIN registry.list AS l ON l.id = r.list
  LEFT JOIN told AS t ON t.list = r.list AND t.row_no = r.row_no
  LEFT JOIN record AS q ON q.id = r.claimed_person
 WHERE t.list IS NULL
   AND NOT EXISTS (SELECT 1 FROM held AS k WHERE k.programme = l.programme AND k.one = q.one AND k.month = coalesce(l.month, k.month))
 ORDER BY 3, 4, 2
 LIMIT @limit`

// A person holds one right of a rule and month, and of a month of a programme that
// pays every month one right of all its rules. Where two records turned out to be one
// person after both were planned, the case is noted.
const sqlRightsTwice = `
WITH claim AS (
    SELECT e.programme, e.month, CASE WHEN g.monthly THEN '' ELSE e.rule END AS rule, coalesce(s.kept, e.person) AS one, e.batch, e.payment
      FROM payout.entitlement AS e
      JOIN payout.programme AS g ON g.code = e.programme
      LEFT JOIN registry.same_person AS s ON s.gone = e.person
     WHERE e.subject = e.person
       AND NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f
                        WHERE f.programme = e.programme AND f.rule = e.rule AND f.person = e.person AND f.subject = e.subject AND f.month = e.month AND f.n = e.n)
)
SELECT 'claimed twice', max(c.batch), 0, 0, format('rule %s person %s month %s', c.rule, c.one, c.month)
  FROM claim AS c
 GROUP BY c.programme, c.month, c.rule, c.one
HAVING count(*) > 1
   AND NOT EXISTS (SELECT 1 FROM payout.double_claim AS d JOIN registry.same_person AS s ON s.act = d.merged AND s.kept = c.one
                    WHERE d.programme = c.programme AND d.month = c.month AND c.rule IN ('', d.rule))
 ORDER BY 2, 5
 LIMIT @limit`

// A right of the month before stands on a list of changes, or the list says that it
// left. Of records that were ever merged each is carried; what the file says of one it
// says of all.
const sqlRightsNotCarried = `
WITH RECURSIVE tie AS (
    SELECT m.gone AS a, m.kept AS b FROM registry.merged AS m UNION SELECT m.kept, m.gone FROM registry.merged AS m
), reach AS (
    SELECT t.a AS id, t.a AS at FROM tie AS t UNION SELECT r.id, t.b FROM reach AS r JOIN tie AS t ON t.a = r.at
), record AS (
    SELECT p.id, coalesce((SELECT min(r.at) FROM reach AS r WHERE r.id = p.id), p.id) AS one FROM registry.person AS p
), changed AS (
    SELECT l.id, l.programme, l.unit_code, l.unit_valid_from, l.month, s.base_month
      FROM registry.list_change_sum AS s JOIN registry.list AS l ON l.id = s.list
     WHERE s.form = 'changes'
)
SELECT 'on the list before, and neither carried nor ended', 0, c.id, w.row_no, format('%s of list %s, person %s month %s', w.category, w.list, w.person, c.month)
  FROM changed AS c
  JOIN registry.list AS b
    ON b.programme = c.programme AND b.unit_code = c.unit_code AND b.unit_valid_from = c.unit_valid_from AND b.month = c.base_month AND b.id < c.id
  JOIN registry.list_row AS w ON w.list = b.id
  JOIN record AS r ON r.id = w.person
 WHERE NOT EXISTS (SELECT 1 FROM registry.list_row AS o WHERE o.list = c.id AND o.person = w.person AND o.category = w.category)
   AND NOT EXISTS (SELECT 1 FROM registry.list_row AS o JOIN record AS q ON q.id = o.person AND q.one = r.one
                    WHERE o.list = c.id AND o.category = w.category AND o.from_list IS NULL)
   AND NOT EXISTS (SELECT 1 FROM registry.list_change AS h JOIN record AS q ON q.id = h.person AND q.one = r.one
                    WHERE h.list = c.id AND h.was_category = w.category AND (h.kind = 'removed' OR h.kind = 'changed')
                      AND (h.cause <> 'death'
                           OR EXISTS (SELECT 1 FROM registry.death_now AS d JOIN record AS k ON k.id = d.person AND k.one = r.one)
                           OR EXISTS (SELECT 1 FROM registry.refused_row AS x JOIN registry.person AS p ON p.id_index = x.id_index
                                        JOIN record AS k ON k.id = p.id AND k.one = r.one WHERE x.list = c.id)))
 ORDER BY 3, 4
 LIMIT @limit`

// rowFaultsMax bounds what CheckRows returns of each kind.
const rowFaultsMax = 100

// CheckRows holds every row of every list against what became of it: claimed by its
// batch, left out with a reason, decided by people, or waiting for them; every right
// against the others of its person; and every list of changes against the month before.
// What it returns was left out in silence, or is paid twice. It walks all rows.
func CheckRows(ctx context.Context, db pgdb.Querier) ([]RowFault, error) {
	var all []RowFault
	for _, sql := range []string{sqlRowsWithoutAnswer, sqlRightsTwice, sqlRightsNotCarried} {
		rows, _ := db.Query(ctx, sql, pgx.NamedArgs{"limit": rowFaultsMax})
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RowFault])
		if err != nil {
			return nil, fmt.Errorf("check the rows of lists: %w", err)
		}
		all = append(all, found...)
	}
	return all, nil
}
