package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

// Unlisted is a commune whose people stood on lists of an earlier month of a
// programme and that has handed in nothing for this one. No row of any list speaks
// for them, so nothing else would say that a whole commune is not paid.
type Unlisted struct {
	Code   string        `json:"unit"`
	NameVI string        `json:"name_vi"`
	Month  calendar.Date `json:"month"` // the newest month before with a list
	People int           `json:"people"`
}

// A commune whose list was taken with every row refused has a list: its rows wait
// for a decision and say so themselves.
const sqlUnlisted = `
WITH base AS (
    SELECT l.unit_code, l.unit_valid_from, max(l.month) FILTER (WHERE l.month < @month::date) AS month
      FROM registry.list l
     WHERE l.programme = @programme
     GROUP BY l.unit_code, l.unit_valid_from
    HAVING bool_or(l.month < @month::date) AND NOT bool_or(l.month = @month::date)
)
SELECT b.unit_code, u.name_vi, b.month, count(DISTINCT w.person)
  FROM base b
  JOIN registry.unit u ON u.code = b.unit_code AND u.valid_from = b.unit_valid_from
  JOIN registry.list l ON l.programme = @programme AND l.unit_code = b.unit_code AND l.unit_valid_from = b.unit_valid_from AND l.month = b.month
  JOIN registry.list_row w ON w.list = l.id
 WHERE NOT EXISTS (SELECT 1 FROM registry.death_now d WHERE d.person = w.person)
 GROUP BY b.unit_code, u.name_vi, b.month
 ORDER BY b.unit_code`

// UnlistedUnits names the communes that stood on an earlier month's lists of a
// programme and have no list for month.
func UnlistedUnits(ctx context.Context, db pgdb.Querier, programme string, month calendar.Date) ([]Unlisted, error) {
	rows, err := db.Query(ctx, sqlUnlisted, pgx.NamedArgs{"programme": programme, "month": month})
	if err != nil {
		return nil, fmt.Errorf("communes without a list of %s for %s: %w", programme, month, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Unlisted])
	if err != nil {
		return nil, fmt.Errorf("communes without a list of %s for %s: %w", programme, month, err)
	}
	return found, nil
}
