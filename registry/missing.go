package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Missing is somebody who stood on the last list of a commune and does not stand
// on this one. It is a work list: he may have died or moved, or was forgotten.
type Missing struct {
	Person    int64  `json:"person"`
	Name      string `json:"name"`
	BirthYear int    `json:"birth_year"` // 0 = not known
	Category  string `json:"category"`   // "" where it reveals too much
	List      int64  `json:"list"`       // the last list, and the row there
	Row       int    `json:"row"`
}

// sensitiveShown is the highest level of a category whose name a work list may
// show.
const sensitiveShown = 1

// The last list is the latest earlier one of the commune: of the programme of
// last time, and where that is the same programme, before this list. For a programme
// that pays every month it is all lists of the newest month before this one's, and
// whoever stands on any list of this month is there. Whoever died meanwhile is not
// missing.
const sqlMissing = `
WITH earlier AS (
    SELECT l.id, l.month
      FROM registry.list l
     WHERE l.programme = @last_programme
       AND l.unit_code = @unit
       AND l.unit_valid_from = @unit_from
       AND l.id < @list
       AND (@month::date IS NULL OR l.month IS NULL OR l.month < @month::date)
), last AS (
    SELECT e.id FROM earlier e
     WHERE CASE WHEN e.month IS NULL THEN e.id = (SELECT max(x.id) FROM earlier x) ELSE e.month = (SELECT max(x.month) FROM earlier x) END
)
SELECT p.id, p.name, coalesce(p.birth_year, 0), CASE WHEN coalesce(c.sensitive, 0) <= @shown THEN w.category ELSE '' END, w.list, w.row_no
  FROM last
  JOIN registry.list_row w ON w.list = last.id
  JOIN registry.person p ON p.id = w.person
  LEFT JOIN registry.category c ON c.code = w.category
 WHERE NOT EXISTS (SELECT 1 FROM registry.list_row n WHERE n.list = @list AND n.person = w.person)
   AND NOT EXISTS (SELECT 1 FROM registry.death_now d WHERE d.person = w.person)
   AND (NOT @other AND @month::date IS NULL OR NOT EXISTS (
        SELECT 1 FROM registry.list_row o JOIN registry.list l ON l.id = o.list
         WHERE o.person = w.person AND l.programme = @programme AND l.month IS NOT DISTINCT FROM @month::date))
 ORDER BY w.list, w.row_no`

// missing finds who was on the last list and is not on this one, whose rows are
// written already. Whoever stands on a refused row is there, and wrong.
func (s *stage) missing(ctx context.Context, list List, options ImportOptions) ([]Missing, error) {
	if s.changes != nil {
		return nil, nil // whoever is not in the file was carried, or a row ended the right
	}
	last := options.LastProgramme
	if last == "" {
		last = options.Programme
	}
	args := s.args()
	args["programme"], args["last_programme"], args["other"], args["shown"] = options.Programme, last, last != options.Programme, sensitiveShown
	args["month"] = options.Month
	rows, err := s.tx.Query(ctx, sqlMissing, args)
	if err != nil {
		return nil, fmt.Errorf("look for people missing in list %d: %w", s.list, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Missing])
	if err != nil {
		return nil, fmt.Errorf("look for people missing in list %d: %w", s.list, err)
	}
	named := make(map[string]bool)
	for _, line := range list.Lines {
		if line.Refused {
			named[fmt.Sprintf("%s|%d", line.nameFold(), line.Birth.Year)] = true
		}
	}
	var out []Missing
	for _, m := range found {
		if !named[fmt.Sprintf("%s|%d", Line{Name: m.Name}.nameFold(), m.BirthYear)] {
			out = append(out, m)
		}
	}
	return out, nil
}
