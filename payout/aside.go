package payout

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/ledger"
)

// AsideStates are the money states that few payments of a batch are in. Who is
// in one of them is kept in payout.aside, to be listed without a walk past all
// the others.
var AsideStates = []ledger.State{ledger.Rejected, ledger.Withdrawn, ledger.NotExecuted, ledger.Returned, ledger.Unpaid, ledger.BroughtBack, ledger.Ended}

const sqlLeaveAside = `
DELETE FROM payout.aside AS a
 USING unnest(@states::text[], @payments::bigint[]) AS w (state, payment)
 WHERE a.batch = @batch AND a.state = w.state AND a.payment = w.payment`

const sqlPutAside = `
INSERT INTO payout.aside (batch, state, payment)
SELECT @batch::integer, w.state, w.payment FROM unnest(@states::text[], @payments::bigint[]) AS w (state, payment)`

// setAside keeps payout.aside as the payments' new lines say.
func (t *touch) setAside(ctx context.Context, tx pgx.Tx) error {
	var left, put asideRows
	for _, m := range t.movements {
		if m.was.State != m.now.State {
			left.add(m.was.State, m.payment)
			put.add(m.now.State, m.payment)
		}
	}
	if err := left.write(ctx, tx, sqlLeaveAside, t.batch); err != nil {
		return err
	}
	return put.write(ctx, tx, sqlPutAside, t.batch)
}

type asideRows struct {
	states   []string
	payments []int64
}

func (r *asideRows) add(state ledger.State, payment int64) {
	if slices.Contains(AsideStates, state) {
		r.states, r.payments = append(r.states, string(state)), append(r.payments, payment)
	}
}

func (r *asideRows) write(ctx context.Context, tx pgx.Tx, sql string, batch ledger.BatchID) error {
	if len(r.payments) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sql, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"batch": batch, "states": r.states, "payments": r.payments})
	return err
}
