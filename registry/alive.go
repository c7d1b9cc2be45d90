package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
)

// sqlLeftForDead finds the rights that lists of a month left out while a death was
// recorded: whoever is dead is not carried, and a whole list is written without him. A
// row of him that was refused for it, and that nobody has decided, waits already; one
// that was opened for an earlier death was answered then. No time is asked: a list is
// often older by its own clock than what it met.
const sqlLeftForDead = `
SELECT c.list, p.name, p.name_fold, p.birth_year, p.id_index, c.category, l.imported_by,
       (SELECT coalesce(max(x.row_no), 0) FROM (SELECT w.row_no FROM registry.list_row AS w WHERE w.list = c.list
                                                 UNION ALL SELECT r.row_no FROM registry.refused_row AS r WHERE r.list = c.list) AS x)
           + row_number() OVER (PARTITION BY c.list ORDER BY c.n) AS row_no
  FROM registry.list_change AS c
  JOIN registry.list AS l ON l.id = c.list
  JOIN registry.person AS p ON p.id = c.person
 WHERE c.person = ANY (@people::bigint[]) AND c.kind = 'removed' AND c.cause = 'death'
   AND NOT EXISTS (SELECT 1 FROM registry.refused_row AS r
                    WHERE r.list = c.list AND (r.id_index = p.id_index OR r.name_fold = p.name_fold AND r.birth_year IS NOT DISTINCT FROM p.birth_year)
                      AND (r.codes = @code OR NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = r.list AND d.row_no = r.row_no)))`

const sqlWaitAlive = `
INSERT INTO registry.refused_row (list, row_no, id_index, name, name_fold, birth_year, category, codes, message, owner, due)
SELECT t.list, t.row_no, t.id_index, t.name, t.name_fold, t.birth_year, t.category, @code, @message, t.imported_by, @due
  FROM (` + sqlLeftForDead + `) AS t`

// WaitAlive opens a row for each right that a list left out because its person was
// recorded as dead, and who is not: somebody puts him on a further list of that month,
// or decides otherwise. It returns how many rows it opened.
func WaitAlive(ctx context.Context, tx pgx.Tx, people []int64, now time.Time) (int64, error) {
	found := Finding{Code: PersonAlive, Severity: PersonAlive.Severity()}
	tag, err := tx.Exec(ctx, sqlWaitAlive, pgx.NamedArgs{"people": people, "code": PersonAlive, "message": found.String(),
		"due": calendar.DateOf(now).AddDays(RefusalDays)})
	if err != nil {
		return 0, fmt.Errorf("open the rows of who is alive: %w", err)
	}
	return tag.RowsAffected(), nil
}
