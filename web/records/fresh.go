package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/registry/people"
)

// FreshSum is a commune with accounts that changed lately, and what they wait for.
type FreshSum struct {
	Unit    string
	UnitVI  string
	Count   int64
	Second  int64 // of them no second person said yes yet
	Unasked int64 // of them the bank did not name the holder yet
	Refused int64
	Oldest  time.Time
}

const sqlFreshSums = `
SELECT p.unit_code, coalesce(u.name_vi, p.unit_code), count(*), count(*) FILTER (WHERE NOT f.confirmed AND NOT f.refused),
       count(*) FILTER (WHERE NOT f.asked AND NOT f.refused), count(*) FILTER (WHERE f.refused), min(f.since)
  FROM registry.fresh_account(@day, @after) AS f
  JOIN registry.person AS p ON p.id = f.person
  LEFT JOIN registry.unit AS u ON u.code = p.unit_code AND u.valid_from = p.unit_valid_from
 WHERE NOT EXISTS (SELECT 1 FROM registry.same_person AS s WHERE s.gone = f.person)
 GROUP BY p.unit_code, u.name_vi
 ORDER BY count(*) DESC, p.unit_code`

// FreshSums counts the accounts that people.FreshAccounts lists, by commune.
func FreshSums(ctx context.Context, db pgdb.Querier, now time.Time) ([]FreshSum, error) {
	rows, _ := db.Query(ctx, sqlFreshSums, pgx.NamedArgs{"day": calendar.DateOf(now), "after": people.FreshSince(now)})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[FreshSum])
	if err != nil {
		return nil, fmt.Errorf("accounts changed lately by commune: %w", err)
	}
	return list, nil
}
