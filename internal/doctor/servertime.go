package doctor

import (
	"context"
	"fmt"
	"time"

	"ansinh/internal/pgdb"
)

// skewMax is how far two clocks may differ before banks refuse signatures.
const skewMax = 30 * time.Second

// serverClock compares the server's clock with the installation's. The query
// reads a clock, which is what this one is for; it stands in no constant because
// no other may.
func (o Options) serverClock(ctx context.Context, db pgdb.Querier) Finding {
	if o.Demo {
		return good("server clock", "dữ liệu giả lập có đồng hồ riêng / invented data has a clock of its own")
	}
	var theirs time.Time
	before := o.Now()
	if err := db.QueryRow(ctx, `SELECT pg_catalog.clock_timestamp()`).Scan(&theirs); err != nil {
		return mend("server clock", fmt.Sprintf("không hỏi được giờ / cannot be asked: %v", err), "xem nhật ký PostgreSQL / look at PostgreSQL's log")
	}
	skew := theirs.Sub(before).Round(time.Second)
	if skew.Abs() > skewMax {
		return mend("server clock", fmt.Sprintf("lệch %s so với máy này / differs by %s from this machine's", skew, skew), "đồng bộ giờ cả hai máy / synchronise both machines")
	}
	return good("server clock", "lệch %s / differs by %s", skew, skew)
}
