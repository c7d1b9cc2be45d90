package verification

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

const sqlDemoPeople = `
SELECT p.id_index, p.id_enc, p.name, coalesce(p.birth_date::text, p.birth_year::text, ''), p.sex, p.unit_code,
       coalesce(w.bank_bin, ''), w.account_index, w.account_enc, coalesce(w.holder, '')
  FROM registry.person AS p
  LEFT JOIN registry.way_on(@day) AS w ON w.person = p.id
 WHERE p.id_index IS NOT NULL
 ORDER BY p.id`

// WriteDemoBook writes the invented people of a demo as the book a sandbox register
// begins with: CSV of id, name, birth, sex, commune, bin, account and holder, all in
// the clear. Of real people it refuses.
func WriteDemoBook(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, day calendar.Date, w io.Writer) (people int, err error) {
	demo, err := registry.IsDemo(ctx, db)
	if err != nil {
		return 0, err
	}
	if !demo {
		return 0, errs.Coded(errs.Denied, "VERIFY-DEMO", "Chỉ xuất sổ người giả lập từ dữ liệu giả lập. / Only a demo's invented people are written out.", nil)
	}
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "name", "birth", "sex", "commune", "bin", "account", "holder"}); err != nil {
		return 0, fmt.Errorf("write the book: %w", err)
	}
	rows, _ := db.Query(ctx, sqlDemoPeople, pgx.NamedArgs{"day": day})
	var idIndex, idClosed, accountIndex, accountClosed []byte
	var name, birth, sex, unit, bin, holder string
	_, err = pgx.ForEachRow(rows, []any{&idIndex, &idClosed, &name, &birth, &sex, &unit, &bin, &accountIndex, &accountClosed, &holder}, func() error {
		id, err := registry.OpenID(keys, idIndex, idClosed)
		if err != nil {
			return err
		}
		account := crypt.Secret("")
		if accountIndex != nil {
			if account, err = registry.OpenAccount(keys, accountIndex, accountClosed); err != nil {
				return err
			}
		}
		people++
		return out.Write([]string{id.Reveal(), name, birth, sex, unit, bin, account.Reveal(), holder})
	})
	if err != nil {
		return people, fmt.Errorf("people of the demo: %w", err)
	}
	out.Flush()
	return people, out.Error()
}
