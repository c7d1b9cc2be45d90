package payout

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/pgdb"
)

const sqlInterruptedSends = `
SELECT s.no
  FROM payout.submission AS s
 WHERE s.channel = @channel AND s.state = 'unknown' AND s.code = '' AND s.claimed_by <> '' AND starts_with(s.message_id, @own)
   AND NOT EXISTS (SELECT 1 FROM payout.stop WHERE stopped)
   AND EXISTS (SELECT 1 FROM payout.bank_gate AS g WHERE g.channel = s.channel AND g.state = 'open')
   AND NOT EXISTS (SELECT 1 FROM payout.batch AS b WHERE b.id = s.batch AND b.paused)
 ORDER BY s.no`

// InterruptedSends lists the submissions of a channel in doubt only because their
// sender died between the journal and the record of the answer. Those of before a
// restore are not among them, nor any while orders may not go.
func InterruptedSends(ctx context.Context, db pgdb.Querier, own Origin, key bankadapters.Key) ([]int64, error) {
	rows, _ := db.Query(ctx, sqlInterruptedSends, pgx.NamedArgs{"channel": key, "own": own.Installation + base36(int64(own.Epoch), 1)})
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("interrupted sends at %s: %w", key, err)
	}
	return list, nil
}
