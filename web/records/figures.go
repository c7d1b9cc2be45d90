package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Figure is how many payments of a section and channel are in a shown state
// (docs/STATES.md), and what they are worth.
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

const sqlFigures = `
SELECT p.section, p.channel, payout.shown_state(g.state, d.doubt IS NOT NULL), count(*), sum(p.amount)::bigint
  FROM (SELECT DISTINCT ON (l.payment) l.payment, l.leg
          FROM ledger.line AS l WHERE l.batch = @batch
         ORDER BY l.payment, l.seq DESC) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
  JOIN payout.payment AS p ON p.batch = @batch AND p.no = last.payment
  LEFT JOIN (SELECT DISTINCT e.payment, 1 AS doubt FROM payout.exception AS e
              WHERE e.batch = @batch AND e.kind = 'doubt' AND e.closed_at IS NULL) AS d ON d.payment = last.payment
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3`

// ReadFigures reads a batch's figures. Every count a page shows of a batch comes
// from here.
func ReadFigures(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) (Figures, error) {
	rows, _ := db.Query(ctx, sqlFigures, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Figure])
	if err != nil {
		return nil, fmt.Errorf("figures of batch %d: %w", batch, err)
	}
	return list, nil
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
	Name  string // a state that stands for the stage
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
		one := Stage{Name: s.name}
		one.Count, one.Total = f.In(s.states...).Sum()
		if one.Count > 0 {
			list = append(list, one)
		}
	}
	return list
}

// In keeps the figures of the given states.
func (f Figures) In(states ...string) Figures {
	return f.Of(func(one Figure) bool {
		for _, s := range states {
			if one.State == s {
				return true
			}
		}
		return false
	})
}

// InStage keeps the figures of a stage named by Stages.
func (f Figures) InStage(name string) Figures {
	for _, s := range stages {
		if s.name == name {
			return f.In(s.states...)
		}
	}
	return nil
}
