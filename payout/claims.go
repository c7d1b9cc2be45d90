package payout

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// A row asks for every rule that fits it. It repeats what batches hold when all
// of these are claimed and not given back; the planner decides again, under the
// key of the claims.
const sqlClaimedRows = `
WITH asked AS (
    SELECT s.row_no, s.person, (
           SELECT e.batch
             FROM payout.entitlement AS e
            WHERE e.programme = g.code AND e.rule = r.code AND e.person = s.person AND e.subject = s.person
              AND e.month = coalesce(@month::date, date_trunc('month', g.due_date)::date)
              AND NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f
                               WHERE f.programme = e.programme AND f.rule = e.rule AND f.person = e.person
                                 AND f.subject = e.subject AND f.month = e.month AND f.n = e.n)
            ORDER BY e.n DESC LIMIT 1) AS batch
      FROM registry.staged AS s
      JOIN registry.person AS p ON p.id = s.person
      JOIN payout.programme AS g ON g.code = @programme
      JOIN payout.rule AS r
        ON r.programme = g.code
       AND (r.category = s.category OR (r.year - p.birth_year) = ANY (r.ages) OR (r.year - p.birth_year) > r.older_than)
     WHERE s.list = @list
), held AS (
    SELECT a.row_no, a.person, min(a.batch) AS batch
      FROM asked AS a
     GROUP BY a.row_no, a.person
    HAVING bool_and(a.batch IS NOT NULL)
)
SELECT h.row_no, h.batch::bigint, coalesce(w.list, 0), coalesce(w.row_no, 0), h.person
  FROM held AS h
  LEFT JOIN LATERAL (
       SELECT w.list, w.row_no
         FROM payout.batch_list AS b
         JOIN registry.list_row AS w ON w.list = b.list AND w.person = h.person
        WHERE b.batch = h.batch
        ORDER BY w.list, w.row_no
        LIMIT 1) AS w ON true
 ORDER BY h.row_no`

// Claimed is the [registry.Claims] of an import: the staged rows of a list that
// ask for what a batch of the programme, and of the same month where it pays every
// month, already holds, with batch, list and row.
func Claimed(ctx context.Context, tx pgx.Tx, programme string, month calendar.Date, list int64) ([]registry.Claimed, error) {
	rows, err := tx.Query(ctx, sqlClaimedRows, pgx.NamedArgs{"programme": programme, "month": month, "list": list})
	if err != nil {
		return nil, fmt.Errorf("claims of programme %s: %w", programme, err)
	}
	claimed, err := pgx.CollectRows(rows, pgx.RowToStructByPos[registry.Claimed])
	if err != nil {
		return nil, fmt.Errorf("claims of programme %s: %w", programme, err)
	}
	return claimed, nil
}

const sqlRuleCategories = `
SELECT r.category FROM payout.rule AS r WHERE r.programme = @programme AND r.category IS NOT NULL ORDER BY r.category`

// Categories returns the categories a programme pays by name. A programme that
// pays by age has none.
func Categories(ctx context.Context, db pgdb.Querier, programme string) ([]string, error) {
	rows, err := db.Query(ctx, sqlRuleCategories, pgx.NamedArgs{"programme": programme})
	if err != nil {
		return nil, fmt.Errorf("categories of %s: %w", programme, err)
	}
	categories, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("categories of %s: %w", programme, err)
	}
	return categories, nil
}
