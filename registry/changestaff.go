package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const sqlCarriedToStaff = `
SELECT r.from_list, r.from_row, p.name, a.owner
  FROM registry.list_row r
  JOIN registry.channel c ON c.person = r.person AND c.rank = 1
  JOIN registry.staff_account a ON a.account_index = c.account_index AND a.bank_bin = c.bank_bin
  JOIN registry.person p ON p.id = r.person
 WHERE r.list = @list AND r.from_list IS NOT NULL
 ORDER BY r.row_no`

// carriedToStaff names whoever was carried with an account that was noted as that
// of staff since. A row of a file would be refused for it; whom no row is about
// cannot be refused without being dropped in silence, so the list is taken and says
// so, at the person's row if the file has one.
func (c *changeList) carriedToStaff(ctx context.Context) error {
	rows, _ := c.stage.tx.Query(ctx, sqlCarriedToStaff, c.stage.args())
	var list int64
	var row int
	var name, owner string
	_, err := pgx.ForEachRow(rows, []any{&list, &row, &name, &owner}, func() error {
		for i, b := range c.base {
			if b.List != list || b.Row != row || c.named[i] == 0 {
				continue
			}
			for _, line := range c.lines {
				if line.Row == c.named[i] {
					c.find(line, ChangeStaff, ColAccount, name, owner)
					return nil
				}
			}
		}
		c.whole(ChangeStaff, name, owner)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for staff accounts among those carried into list %d: %w", c.stage.list, err)
	}
	return nil
}
