package payout

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// PersonEvent is one thing that decided whether a person is paid for a month. All of
// a person's, in order, answer why somebody was paid in February and not in March.
type PersonEvent struct {
	Programme string         `json:"programme"`
	Month     calendar.Date  `json:"month"` // zero = of a programme that pays once
	Kind      string         `json:"kind"`  // listed, refused, added, removed, changed, left_out, payment, absent
	List      int64          `json:"list,omitempty"`
	Row       int            `json:"row,omitempty"`
	Batch     ledger.BatchID `json:"batch,omitempty"`
	Payment   int64          `json:"payment,omitempty"`
	Amount    money.Amount   `json:"amount,omitempty"`
	// What is a finding's codes, the cause of a change, the reason of a plan, or of a
	// month on no list "unit" where the person's commune handed in none.
	What string `json:"what,omitempty"`
}

// A month is absent where the programme has lists for it, the person stood on one of
// an earlier month, and nothing speaks of that month: each such month is an event.
const sqlPersonEvents = `
WITH who AS (
    SELECT p.id, p.id_index FROM registry.person p WHERE p.id = @person
), found AS (
    SELECT l.programme, l.month, 1 AS turn, 'listed' AS kind, l.id AS list, w.row_no, 0 AS batch, 0::bigint AS payment, 0::bigint AS amount, '' AS what
      FROM registry.list_row w JOIN registry.list l ON l.id = w.list
     WHERE w.person = @person
    UNION ALL
    SELECT l.programme, l.month, 2, 'refused', l.id, r.row_no, 0, 0, 0, r.codes
      FROM who JOIN registry.refused_row r ON r.id_index = who.id_index JOIN registry.list l ON l.id = r.list
    UNION ALL
    SELECT l.programme, l.month, 3, c.kind, l.id, c.row_no, 0, 0, 0, CASE WHEN c.kind = 'removed' THEN c.cause ELSE '' END
      FROM registry.list_change c JOIN registry.list l ON l.id = c.list
     WHERE c.person = @person
    UNION ALL
    SELECT b.programme, CASE WHEN l.month IS NOT NULL THEN b.period END, 4, 'left_out', o.list, o.row_no, o.batch, 0, 0, o.reason
      FROM payout.left_out o JOIN payout.batch b ON b.id = o.batch JOIN registry.list l ON l.id = o.list
     WHERE o.person = @person
    UNION ALL
    SELECT b.programme, CASE WHEN m.monthly THEN b.period END, 5, 'payment', 0, 0, p.batch, p.no, p.amount, ''
      FROM payout.payment p JOIN payout.batch b ON b.id = p.batch JOIN payout.programme m ON m.code = b.programme
     WHERE p.person = @person
), absent AS (
    SELECT DISTINCT l.programme, l.month, 6 AS turn, 'absent' AS kind, 0::bigint AS list, 0 AS row_no, 0 AS batch, 0::bigint AS payment, 0::bigint AS amount,
           CASE WHEN EXISTS (SELECT 1 FROM registry.list n JOIN registry.list was ON was.id = f.list
                              WHERE n.programme = l.programme AND n.month = l.month AND n.unit_code = was.unit_code AND n.unit_valid_from = was.unit_valid_from)
                THEN '' ELSE 'unit' END AS what
      FROM registry.list l
      JOIN LATERAL (SELECT x.list FROM found x WHERE x.programme = l.programme AND x.month < l.month AND x.list > 0 ORDER BY x.month DESC, x.list DESC LIMIT 1) f ON true
     WHERE NOT EXISTS (SELECT 1 FROM found x WHERE x.programme = l.programme AND x.month = l.month)
)
SELECT e.programme, e.month, e.kind, e.list, e.row_no, e.batch, e.payment, e.amount, e.what
  FROM (SELECT f.programme, f.month, f.turn, f.kind, f.list, f.row_no, f.batch, f.payment, f.amount, f.what FROM found f
        UNION ALL
        SELECT a.programme, a.month, a.turn, a.kind, a.list, a.row_no, a.batch, a.payment, a.amount, a.what FROM absent a) e
 ORDER BY e.programme, e.month, e.turn, e.list, e.row_no, e.batch, e.payment`

// PersonEvents returns what decided about a person's money, by programme and month. It
// tells no category and no account: whoever may read those opens the record.
func PersonEvents(ctx context.Context, db pgdb.Querier, person int64) ([]PersonEvent, error) {
	rows, _ := db.Query(ctx, sqlPersonEvents, pgx.NamedArgs{"person": person})
	var events []PersonEvent
	var e PersonEvent
	var month *calendar.Date
	_, err := pgx.ForEachRow(rows, []any{&e.Programme, &month, &e.Kind, &e.List, &e.Row, &e.Batch, &e.Payment, &e.Amount, &e.What}, func() error {
		e.Month = calendar.Date{}
		if month != nil {
			e.Month = *month
		}
		events = append(events, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("what decided about person %d: %w", person, err)
	}
	return events, nil
}
