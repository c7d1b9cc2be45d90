package payout

import (
	"context"

	"ansinh/internal/pgdb"
)

// SignsAndPlaces lets a test read whom and which commune each row of a stored
// submission names on a provider's list.
func SignsAndPlaces(ctx context.Context, db pgdb.Querier, no int64) (names, units []string, err error) {
	rows, err := rowsOf(ctx, db, no)
	for _, r := range rows {
		names, units = append(names, r.Name), append(units, r.Unit)
	}
	return names, units, err
}

// CanaryStatement asks whether the first submission of a batch is proved, for
// looking at its plan.
const CanaryStatement = sqlCanary
