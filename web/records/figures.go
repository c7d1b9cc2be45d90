package records

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// Figure is how many payments of a section and channel are in a shown state
// (docs/STATES.md), and what they are worth. The channel is that of the newest
// attempt.
type Figure struct {
	Section int16
	Channel bankadapters.Key
	State   string
	Count   int64
	Total   money.Amount
}

// Figures are those of one batch. Sections that are not approved have none:
// nobody is owed anything yet.
type Figures []Figure

// A doubt knows its section, channel and amount; only where its money is must be
// looked up, payment by payment.
const sqlDoubtFigures = `
SELECT x.section, x.channel, g.state, count(*), sum(x.amount)::bigint
  FROM payout.exception AS x
 CROSS JOIN LATERAL (SELECT l.leg FROM ledger.line AS l
                      WHERE l.batch = @batch AND l.payment = x.payment
                      ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
 WHERE x.batch = @batch AND x.kind = 'doubt' AND x.closed_at IS NULL AND payout.shown_state(g.state, true) = 'in_doubt'
 GROUP BY 1, 2, 3`

// ReadFigures reads a batch's figures from the tallies kept with each voucher,
// with those in doubt taken out of their money state. Every count that a page
// shows of parts of a batch comes from here; of whole batches from [ReadStages].
func ReadFigures(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) (Figures, error) {
	tallies, err := payout.Tallies(ctx, db, batch)
	if err != nil {
		return nil, err
	}
	list := make(Figures, 0, len(tallies))
	for _, t := range tallies {
		list = append(list, Figure{Section: t.Section, Channel: t.Channel, State: string(t.State), Count: t.Payments, Total: t.Amount})
	}
	rows, _ := db.Query(ctx, sqlDoubtFigures, pgx.NamedArgs{"batch": batch})
	doubts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Figure])
	if err != nil {
		return nil, fmt.Errorf("doubts of batch %d: %w", batch, err)
	}
	for _, d := range doubts {
		for i, f := range list {
			if f.Section == d.Section && f.Channel == d.Channel && f.State == d.State {
				list[i].Count, list[i].Total = f.Count-d.Count, f.Total-d.Total
			}
		}
		d.State = "in_doubt"
		list = append(list, d)
	}
	return list.Of(func(f Figure) bool { return f.Count != 0 }), nil
}

// Of keeps the figures for which keep is true.
func (f Figures) Of(keep func(Figure) bool) Figures {
	var kept Figures
	for _, one := range f {
		if keep(one) {
			kept = append(kept, one)
		}
	}
	return kept
}

// Sum adds up count and total of the figures.
func (f Figures) Sum() (count int64, total money.Amount) {
	for _, one := range f {
		count, total = count+one.Count, total+one.Total
	}
	return count, total
}

// In keeps the figures of the given states.
func (f Figures) In(states ...string) Figures {
	return f.Of(func(one Figure) bool { return slices.Contains(states, one.State) })
}

// At keeps the figures of one channel.
func (f Figures) At(channel bankadapters.Key) Figures {
	return f.Of(func(one Figure) bool { return one.Channel == channel })
}

// Within keeps the figures of one section.
func (f Figures) Within(section int16) Figures {
	return f.Of(func(one Figure) bool { return one.Section == section })
}
