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

// Doubts are few and indexed; only these payments are looked up, one by one:
// OFFSET 0 keeps the planner from walking the whole batch for a join.
const sqlDoubtFigures = `
SELECT p.section, coalesce(s.channel, p.channel), g.state, count(*), sum(p.amount)::bigint
  FROM (SELECT DISTINCT x.payment FROM payout.exception AS x
         WHERE x.batch = @batch AND x.kind = 'doubt' AND x.closed_at IS NULL) AS e
 CROSS JOIN LATERAL (SELECT q.section, q.channel, q.amount FROM payout.payment AS q WHERE q.batch = @batch AND q.no = e.payment OFFSET 0) AS p
 CROSS JOIN LATERAL (SELECT l.leg, l.attempt FROM ledger.line AS l
                      WHERE l.batch = @batch AND l.payment = e.payment
                      ORDER BY l.seq DESC LIMIT 1) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
  LEFT JOIN payout.attempt AS a ON a.batch = @batch AND a.payment = e.payment AND a.attempt = last.attempt
  LEFT JOIN payout.submission AS s ON s.no = a.submission
 WHERE payout.shown_state(g.state, true) = 'in_doubt'
 GROUP BY 1, 2, 3`

// ReadFigures reads a batch's figures from the tallies kept with each voucher,
// with those in doubt taken out of their money state. Every count a page shows
// of a batch comes from here.
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

// Stage is where the money of payments is, as coarse as a bar can show it.
type Stage struct {
	Name  string // the state whose mark stands for the stage
	Count int64
	Total money.Amount
}

// stages lists the coarse places of money in the order of its way, each with
// the states in it.
var stages = []struct {
	name   string
	states []string
}{
	{"paid", []string{"paid"}},
	{"ordered", []string{"ordered", "out", "listed", "handed"}},
	{"in_doubt", []string{"in_doubt"}},
	{"returned", []string{"rejected", "withdrawn", "not_executed", "returned", "unpaid", "brought_back"}},
	{"approved", []string{"approved"}},
	{"ended", []string{"ended"}},
}

// Stages adds the figures up to stages; those that are empty are left out.
func (f Figures) Stages() []Stage {
	var list []Stage
	for _, s := range stages {
		if one := f.Stage(s.name); one.Count > 0 {
			list = append(list, one)
		}
	}
	return list
}

// Stage adds up one stage: paid, ordered, in_doubt, returned, approved or ended.
func (f Figures) Stage(name string) Stage {
	for _, s := range stages {
		if s.name == name {
			one := Stage{Name: name}
			one.Count, one.Total = f.In(s.states...).Sum()
			return one
		}
	}
	return Stage{Name: name}
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
