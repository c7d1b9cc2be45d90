package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
)

// sqlNotLater finds the people a late list adds to a month whose next list of the
// commune was taken already and has none of their records: a change list carried who
// stood there then, and nobody carries them any more.
const sqlNotLater = `
WITH later AS (
    SELECT min(l.month) AS month
      FROM registry.list l
     WHERE l.programme = @programme AND l.unit_code = @unit AND l.unit_valid_from = @unit_from AND l.month > @month::date
)
SELECT w.row_no, to_char(n.month, 'MM/YYYY')
  FROM later n
  JOIN registry.list_row w ON w.list = @list AND w.from_list IS NULL
  LEFT JOIN registry.same_person a ON a.gone = w.person
 WHERE n.month IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM registry.death_now d WHERE d.person IN (w.person, a.kept) AND d.died_on < n.month)
   AND NOT EXISTS (
       SELECT 1 FROM registry.list_row o
         JOIN registry.list l ON l.id = o.list AND l.programme = @programme AND l.month = n.month
        WHERE o.person IN (w.person, a.kept))
 ORDER BY w.row_no`

// otherMonths says what the list of a month leaves open in another: that a month
// between it and the one before has no list, and who stands on no list of the next
// month, which was taken before.
func (im *importer) otherMonths(ctx context.Context, s *stage, list List) ([]Finding, error) {
	if im.options.Month.IsZero() {
		return nil, nil
	}
	args := im.changeArgs(s)
	var before *calendar.Date
	var taken int64
	if err := s.tx.QueryRow(ctx, sqlEarlierLists, args).Scan(&before, &taken); err != nil {
		return nil, fmt.Errorf("look for the month before list %d: %w", s.list, err)
	}
	var found []Finding
	if before != nil && taken == 0 {
		for month := before.AddMonths(1); month.Before(im.options.Month); month = month.AddMonths(1) {
			found = append(found, Finding{Code: MonthSkipped, Severity: MonthSkipped.Severity(), Sheet: list.Sheet,
				args: []any{fmt.Sprintf("%02d/%d", int(month.Month()), month.Year())}})
		}
	}
	lines := make(map[int]Line, len(list.Lines))
	for _, line := range list.Lines {
		lines[line.Row] = line
	}
	rows, _ := s.tx.Query(ctx, sqlNotLater, args)
	var row int
	var month string
	_, err := pgx.ForEachRow(rows, []any{&row, &month}, func() error {
		found = append(found, list.about(PersonLater, lines[row], ColName, []any{month}))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for people of list %d in later months: %w", s.list, err)
	}
	return found, nil
}
