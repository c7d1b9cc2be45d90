package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/payout"
)

// personPayments is how many payments a person's page names.
const personPayments = 20

// PersonPayments lists a person's newest payments, and whether there are older ones.
func PersonPayments(ctx context.Context, db pgdb.Querier, person int64) (list []HitPayment, more bool, err error) {
	rows, _ := db.Query(ctx, sqlHitPayments, pgx.NamedArgs{"person": person, "limit": personPayments + 1})
	list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[HitPayment])
	if err != nil {
		return nil, false, fmt.Errorf("payments of person %d: %w", person, err)
	}
	list, more = cut(list, personPayments)
	return list, more, nil
}

const sqlPersonOf = `SELECT p.person FROM payout.payment AS p WHERE p.batch = @batch AND p.no = @payment`

// PersonOf is whose payment it is.
func PersonOf(ctx context.Context, db pgdb.Querier, ref payout.Ref) (person int64, err error) {
	if err := db.QueryRow(ctx, sqlPersonOf, pgx.NamedArgs{"batch": ref.Batch, "payment": ref.Payment}).Scan(&person); err != nil {
		return 0, fmt.Errorf("person of payment %d/%d: %w", ref.Batch, ref.Payment, err)
	}
	return person, nil
}

const sqlPersonNames = `SELECT p.id, p.name FROM registry.person AS p WHERE p.id = ANY (@people::bigint[])`

// PersonNames are the names of records by number.
func PersonNames(ctx context.Context, db pgdb.Querier, people []int64) (map[int64]string, error) {
	rows, _ := db.Query(ctx, sqlPersonNames, pgx.NamedArgs{"people": people})
	names := map[int64]string{}
	var id int64
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil }); err != nil {
		return nil, fmt.Errorf("names of %d records: %w", len(people), err)
	}
	return names, nil
}
