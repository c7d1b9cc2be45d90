package records

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// PageRows is how many rows a page of a list shows.
const PageRows = 50

// CountMax is where a count stops. A count of CountMax+1 means "more than
// CountMax".
const CountMax = 5000

// atEnd is greater than every key: a walk downwards begins there.
const atEnd int64 = math.MaxInt64

// count runs a query that counts no further than @most rows. Its inner query
// has the order of the list, so that it walks the list's index and stops.
func count(ctx context.Context, db pgdb.Querier, sql string, args pgx.NamedArgs) (int64, error) {
	args["most"] = CountMax + 1
	var n int64
	if err := db.QueryRow(ctx, sql, args).Scan(&n); err != nil {
		return 0, fmt.Errorf("count rows: %w", err)
	}
	return n, nil
}

// limit is how many rows are read: one more than asked, to know whether there
// are more. 0 asks for a page.
func limit(want int) int {
	if want <= 0 {
		want = PageRows
	}
	return want + 1
}

// cut drops the row that was read to know whether there are more.
func cut[T any](list []T, want int) (page []T, more bool) {
	if want <= 0 {
		want = PageRows
	}
	if len(list) > want {
		return list[:want], true
	}
	return list, false
}
