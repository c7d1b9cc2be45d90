package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/internal/vntext"
	"ansinh/ledger"
)

// HitsMax is how many people a search names at most. Who needs more does not
// know whom they look for.
const HitsMax = 5

// Wanted is what a hotline clerk was told. One of the three ways is used: the
// whole personal id, the whole phone number, or name with birth year and commune.
type Wanted struct {
	ID    crypt.Secret
	Phone crypt.Secret
	Name  string
	Born  int
	Unit  string // code; "" = any
	// Within is the code of the only unit whose people may be found; "" = all.
	Within string
}

// Way names which of the three was used, for the audit.
func (w Wanted) Way() string {
	switch {
	case w.ID != "":
		return "id"
	case w.Phone != "":
		return "phone"
	default:
		return "name"
	}
}

// Hit is one person with their newest payments.
type Hit struct {
	Person   int64
	Name     string
	Born     *int32
	UnitVI   string
	IDTail   bool // has a personal id
	Payments []HitPayment
	More     bool // older payments than those listed
}

// HitPayment is what the clerk may say of one payment.
type HitPayment struct {
	Batch     ledger.BatchID
	BatchVI   string
	Payment   int64
	Amount    money.Amount
	Channel   bankadapters.Key
	BankVI    string
	Kind      string // bank, provider
	Tail      string
	State     ledger.State
	Doubt     bool
	Released  bool
	PayAt     *time.Time
	Due       calendar.Date
	On        calendar.Date // accounting date of the last movement
	Cancelled bool
}

const hitColumns = ` p.id, p.name, p.birth_year, coalesce((SELECT u.name_vi FROM registry.unit AS u WHERE u.code = p.unit_code AND u.valid_from = p.unit_valid_from), p.unit_code),
       p.id_index IS NOT NULL
  FROM registry.person AS p`

const (
	sqlByID    = `SELECT` + hitColumns + ` WHERE p.id_index = @index AND @within IN ('', p.unit_code) LIMIT @limit`
	sqlByPhone = `SELECT` + hitColumns + ` WHERE p.phone_index = @index AND @within IN ('', p.unit_code) ORDER BY p.id LIMIT @limit`
	sqlByName  = `SELECT` + hitColumns + ` WHERE p.name_fold = @name AND p.birth_year = @born AND @unit IN ('', p.unit_code) AND @within IN ('', p.unit_code) ORDER BY p.id LIMIT @limit`
)

// Find looks a person up: at most [HitsMax] of them, and whether there are more.
// An incomplete question (no id, no phone, and not both name and birth year)
// finds nobody. The caller owes the audit record of the read.
func Find(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, w Wanted) (hits []Hit, more bool, err error) {
	args := pgx.NamedArgs{"limit": HitsMax + 1, "within": w.Within}
	var sql string
	switch {
	case w.ID != "":
		sql, args["index"] = sqlByID, keys.Index(crypt.FieldID, w.ID)
	case w.Phone != "":
		sql, args["index"] = sqlByPhone, keys.Index(crypt.FieldPhone, w.Phone)
	case w.Name != "" && w.Born != 0:
		sql = sqlByName
		args["name"], args["born"], args["unit"] = vntext.Fold(w.Name), w.Born, w.Unit
	default:
		return nil, false, nil
	}
	rows, _ := db.Query(ctx, sql, args)
	hits, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Hit, error) {
		var h Hit
		err := row.Scan(&h.Person, &h.Name, &h.Born, &h.UnitVI, &h.IDTail)
		return h, err
	})
	if err != nil {
		return nil, false, fmt.Errorf("find a person by %s: %w", w.Way(), err)
	}
	hits, more = cut(hits, HitsMax)
	for i := range hits {
		if err := addPayments(ctx, db, &hits[i]); err != nil {
			return nil, false, err
		}
	}
	return hits, more, nil
}

const sqlHitPayments = `
SELECT p.batch, b.name_vi, p.no, p.amount, p.channel, c.name_vi, c.kind, p.account_tail, coalesce(g.state, ''),
       EXISTS (SELECT 1 FROM payout.exception AS x
                WHERE x.batch = p.batch AND x.payment = p.no AND x.kind = 'doubt' AND x.closed_at IS NULL),
       b.released_at IS NOT NULL, b.pay_at, b.due_date, v.accounting_date,
       EXISTS (SELECT 1 FROM payout.cancelled AS k WHERE k.batch = p.batch AND k.payment = p.no)
  FROM (SELECT q.batch, q.no, q.amount, q.channel, q.account_tail
          FROM payout.payment AS q WHERE q.person = @person ORDER BY q.batch DESC, q.no LIMIT @limit) AS p
  JOIN payout.batch AS b ON b.id = p.batch
  JOIN payout.channel AS c ON c.key = p.channel
  LEFT JOIN LATERAL (
       SELECT l.leg, l.voucher FROM ledger.line AS l
        WHERE l.batch = p.batch AND l.payment = p.no ORDER BY l.seq DESC LIMIT 1) AS last ON true
  LEFT JOIN ledger.leg AS g ON g.id = last.leg
  LEFT JOIN ledger.voucher AS v ON v.id = last.voucher
 ORDER BY b.made_at DESC, p.batch DESC, p.no`

func addPayments(ctx context.Context, db pgdb.Querier, h *Hit) error {
	rows, _ := db.Query(ctx, sqlHitPayments, pgx.NamedArgs{"person": h.Person, "limit": HitsMax + 1})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[HitPayment])
	if err != nil {
		return fmt.Errorf("payments of person %d: %w", h.Person, err)
	}
	h.Payments, h.More = cut(list, HitsMax)
	return nil
}
