package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Stage is where the money of payments is, as coarse as a bar can show it.
type Stage struct {
	Name  string // the state whose mark stands for the stage
	Count int64
	Total money.Amount
}

// Stages are those of a batch that are not empty, in the order of the money's way.
type Stages []Stage

// Stage is one of them: paid, ordered, in_doubt, returned, approved or ended.
func (s Stages) Stage(name string) Stage {
	for _, one := range s {
		if one.Name == name {
			return one
		}
	}
	return Stage{Name: name}
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
func (f Figures) Stages() Stages {
	var list Stages
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

// sqlStageSums reads the sums of whole batches, or of a unit's sections, with
// the vouchers not added to them yet and the open doubts, in one snapshot. A
// doubt is about money that is ordered, out or listed (`ledger verify` holds that):
// it leaves the stage of those, whichever of them it was.
const sqlStageSums = `
SELECT k.batch, k.state, sum(k.payments)::bigint, sum(k.amount)::bigint
  FROM (SELECT s.batch, s.state, s.payments, s.amount
          FROM payout.tally_sum AS s WHERE s.batch = ANY (@batches::integer[]) AND s.section = 0 AND @unit = ''
         UNION ALL
        SELECT s.batch, s.state, s.payments, s.amount
          FROM payout.section AS own JOIN payout.tally_sum AS s ON s.batch = own.batch AND s.section = own.no
         WHERE own.batch = ANY (@batches) AND own.unit_code = @unit
         UNION ALL
        SELECT t.batch, t.state, t.payments, t.amount
          FROM payout.tally_new AS n JOIN payout.tally AS t ON t.batch = n.batch AND t.voucher = n.voucher
         WHERE n.batch = ANY (@batches)
           AND (@unit = '' OR EXISTS (SELECT 1 FROM payout.section AS own WHERE own.batch = t.batch AND own.no = t.section AND own.unit_code = @unit))
         UNION ALL
        SELECT x.batch, side.state, side.n, side.n * x.amount
          FROM payout.exception AS x
         CROSS JOIN (VALUES ('in_doubt', 1), ('ordered', -1)) AS side (state, n)
         WHERE x.batch = ANY (@batches) AND x.kind = 'doubt' AND x.closed_at IS NULL
           AND (@unit = '' OR EXISTS (SELECT 1 FROM payout.section AS own WHERE own.batch = x.batch AND own.no = x.section AND own.unit_code = @unit))) AS k
 GROUP BY k.batch, k.state
 ORDER BY k.batch, k.state`

// ReadStages reads how far batches are, or the sections of one unit in them. It
// costs a few rows a batch and one for each open doubt.
func ReadStages(ctx context.Context, db pgdb.Querier, batches []ledger.BatchID, unit string) (map[ledger.BatchID]Stages, error) {
	rows, _ := db.Query(ctx, sqlStageSums, pgx.NamedArgs{"batches": batches, "unit": unit})
	figures := map[ledger.BatchID]Figures{}
	var batch ledger.BatchID
	var f Figure
	_, err := pgx.ForEachRow(rows, []any{&batch, &f.State, &f.Count, &f.Total}, func() error {
		figures[batch] = append(figures[batch], f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("stages of %d batches: %w", len(batches), err)
	}
	list := map[ledger.BatchID]Stages{}
	for batch, f := range figures {
		list[batch] = f.Stages()
	}
	return list, nil
}
