package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// Trail is everything about one payment, from the rule that gave it to the first
// withdrawal. The command line prints it as JSON; what names the person is left
// out of that, and the account is its last digits.
type Trail struct {
	Batch        ledger.BatchID     `json:"batch"`
	Payment      int64              `json:"payment"`
	Amount       money.Amount       `json:"amount"`
	Channel      bankadapters.Key   `json:"channel"`
	Unit         string             `json:"unit"`
	Account      string             `json:"account"`
	State        ledger.State       `json:"state"`
	Shown        string             `json:"shown_state"`
	Section      int16              `json:"section"`
	UnitCode     string             `json:"-"`
	BatchName    string             `json:"-"`
	Name         string             `json:"-"`
	Holder       string             `json:"-"`
	Birth        *int               `json:"-"`
	BIN          string             `json:"-"`
	Attempts     []Attempt          `json:"attempts"`
	Facts        []Fact             `json:"facts"`
	Lines        []ledger.TrailLine `json:"lines"`
	Entitlements []Entitlement      `json:"entitlements"`
	Answers      []Answer           `json:"answers"`
	Evidence     []Evidence         `json:"evidence"`
	Breaks       []PaymentBreak     `json:"breaks"`
	Withdrawals  []Withdrawal       `json:"withdrawals"`
}

// Attempt is one try to deliver a payment.
type Attempt struct {
	Attempt int16                   `json:"attempt"`
	ID      bankadapters.EndToEndID `json:"id"`
	Channel bankadapters.Key        `json:"channel"`
	Message bankadapters.MessageID  `json:"message"`
	State   payout.SubmissionState  `json:"submission_state"`
	Sent    *time.Time              `json:"first_sent"`
	Order   int64                   `json:"submission"`
}

// Fact is what stands beside the money: doubt, held, repair, barred.
type Fact struct {
	Attempt int16      `json:"attempt"`
	Kind    string     `json:"kind"`
	Why     string     `json:"why"`
	Opened  time.Time  `json:"opened"`
	Closed  *time.Time `json:"closed"`
}

// Entitlement is one month of one rule that the payment pays.
type Entitlement struct {
	Programme string        `json:"programme"`
	Rule      string        `json:"rule"`
	Month     calendar.Date `json:"month"`
	N         int16         `json:"n"`
	Amount    money.Amount  `json:"amount"`
	Basis     string        `json:"basis"`
	Released  bool          `json:"released"`
}

// Answer is what a bank answered to a submission of the payment; the same answer
// given often is one row.
type Answer struct {
	Submission int64     `json:"submission"`
	Kind       string    `json:"kind"` // submit or status
	Outcome    string    `json:"outcome"`
	Code       string    `json:"code"`
	Times      int64     `json:"times"`
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`
}

// Evidence is a line of a bank's file about the payment, with what followed.
type Evidence struct {
	Attempt  int16            `json:"attempt"`
	Channel  bankadapters.Key `json:"channel"`
	File     string           `json:"file"`
	Line     int              `json:"line"`
	Received time.Time        `json:"received"`
	Kind     string           `json:"evidence"`
	Action   string           `json:"action"`
	Side     string           `json:"side"`
	Amount   money.Amount     `json:"amount"`
	Booked   *calendar.Date   `json:"booked"`
}

// PaymentBreak is a break that names the payment.
type PaymentBreak struct {
	ID     int64        `json:"id"`
	Reason string       `json:"reason"`
	Amount money.Amount `json:"amount"`
	Opened time.Time    `json:"opened"`
	Closed *time.Time   `json:"closed"`
	Owner  string       `json:"owner"`
}

// Withdrawal is when the person first took or spent the money, or signed for it.
type Withdrawal struct {
	Attempt int16     `json:"attempt"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
}

const sqlTrailHead = `
SELECT p.amount, p.channel, s.unit_name_vi, p.account_tail, p.section, s.unit_code, b.name_vi, p.name, p.holder, p.birth_year, p.bin
  FROM payout.payment AS p
  JOIN payout.section AS s ON s.batch = p.batch AND s.no = p.section
  JOIN payout.batch AS b ON b.id = p.batch
 WHERE p.batch = @batch AND p.no = @payment`

const sqlTrailAttempts = `
SELECT a.attempt, s.channel, s.message_id, s.state, s.first_sent, s.no
  FROM payout.attempt AS a JOIN payout.submission AS s ON s.no = a.submission
 WHERE a.batch = @batch AND a.payment = @payment ORDER BY a.attempt`

const sqlTrailFacts = `
SELECT x.attempt, x.kind, x.why, x.opened_at, x.closed_at
  FROM payout.exception AS x WHERE x.batch = @batch AND x.payment = @payment ORDER BY x.opened_at, x.kind`

const sqlTrailEntitlements = `
SELECT e.programme, e.rule, e.month, e.n, e.amount, r.basis,
       EXISTS (SELECT 1 FROM payout.entitlement_release AS z WHERE z.programme = e.programme AND z.rule = e.rule AND z.person = e.person
                  AND z.subject = e.subject AND z.month = e.month AND z.n = e.n)
  FROM payout.entitlement AS e JOIN payout.rule AS r ON r.programme = e.programme AND r.code = e.rule
 WHERE e.batch = @batch AND e.payment = @payment
 ORDER BY e.month, e.rule, e.n`

const sqlTrailAnswers = `
SELECT w.submission, w.kind, w.outcome, w.code, count(*), min(w.at), max(w.at)
  FROM payout.answer AS w
 WHERE w.submission IN (SELECT a.submission FROM payout.attempt AS a WHERE a.batch = @batch AND a.payment = @payment)
 GROUP BY w.submission, w.kind, w.outcome, w.code
 ORDER BY max(w.at) DESC, w.submission DESC LIMIT 50`

const sqlTrailEvidence = `
SELECT o.attempt, f.channel, f.name, w.line, f.received_at, o.evidence, o.action, w.side, w.amount, w.book_date
  FROM reconciliation.outcome AS o
 CROSS JOIN LATERAL (SELECT z.line, z.side, z.amount, z.book_date FROM reconciliation.witness AS z
                      WHERE z.file = o.file AND z.position = o.position OFFSET 0) AS w
  JOIN reconciliation.file AS f ON f.id = o.file
 WHERE o.batch = @batch AND o.batch <> 0 AND o.payment = @payment
 ORDER BY f.received_at, f.id, o.position LIMIT 100`

const sqlTrailBreaks = `
SELECT b.id, b.reason, b.amount, b.opened_at, b.closed_at, b.owner
  FROM reconciliation.break_item AS b WHERE b.batch = @batch AND b.batch <> 0 AND b.payment = @payment ORDER BY b.id`

const sqlTrailWithdrawals = `
SELECT e.attempt, e.at, e.kind FROM timeliness.event AS e WHERE e.batch = @batch AND e.payment = @payment ORDER BY e.at`

// ReadTrail reads the whole trail of a payment, from its own keys only.
func ReadTrail(ctx context.Context, db pgdb.Querier, ref payout.Ref) (Trail, error) {
	t := Trail{Batch: ref.Batch, Payment: ref.Payment}
	args := pgx.NamedArgs{"batch": ref.Batch, "payment": ref.Payment}
	err := db.QueryRow(ctx, sqlTrailHead, args).Scan(&t.Amount, &t.Channel, &t.Unit, &t.Account, &t.Section, &t.UnitCode, &t.BatchName,
		&t.Name, &t.Holder, &t.Birth, &t.BIN)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, errs.New(errs.NotFound, fmt.Sprintf("Không có khoản chi %d/%d. / There is no payment %d/%d.", ref.Batch, ref.Payment, ref.Batch, ref.Payment), err)
	}
	if err != nil {
		return t, fmt.Errorf("payment %d/%d: %w", ref.Batch, ref.Payment, err)
	}
	if t.Account != "" {
		t.Account = "…" + t.Account
	}
	at, err := ledger.Positions(ctx, db, ref.Batch, []int64{ref.Payment})
	if err != nil {
		return t, err
	}
	t.State = at[ref.Payment].State()
	if t.Lines, err = ledger.Trail(ctx, db, ref.Batch, ref.Payment); err != nil {
		return t, err
	}
	if err := t.read(ctx, db, args); err != nil {
		return t, fmt.Errorf("trail of payment %d/%d: %w", ref.Batch, ref.Payment, err)
	}
	t.show()
	return t, nil
}

// read fills the lists beside the ledger.
func (t *Trail) read(ctx context.Context, db pgdb.Querier, args pgx.NamedArgs) error {
	origin, err := payout.ReadOrigin(ctx, db)
	if err != nil {
		return err
	}
	rows, _ := db.Query(ctx, sqlTrailAttempts, args)
	t.Attempts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Attempt, error) {
		var a Attempt
		err := row.Scan(&a.Attempt, &a.Channel, &a.Message, &a.State, &a.Sent, &a.Order)
		a.ID = origin.EndToEnd(payout.Ref{Batch: t.Batch, Payment: t.Payment, Attempt: a.Attempt})
		return a, err
	})
	if err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	if t.Facts, err = collect[Fact](ctx, db, sqlTrailFacts, args); err != nil {
		return err
	}
	if t.Entitlements, err = collect[Entitlement](ctx, db, sqlTrailEntitlements, args); err != nil {
		return err
	}
	if t.Answers, err = collect[Answer](ctx, db, sqlTrailAnswers, args); err != nil {
		return err
	}
	if t.Evidence, err = collect[Evidence](ctx, db, sqlTrailEvidence, args); err != nil {
		return err
	}
	if t.Breaks, err = collect[PaymentBreak](ctx, db, sqlTrailBreaks, args); err != nil {
		return err
	}
	t.Withdrawals, err = collect[Withdrawal](ctx, db, sqlTrailWithdrawals, args)
	return err
}

// show sets the state people are shown: in doubt while an attempt is open and
// nobody knows.
func (t *Trail) show() {
	t.Shown = string(t.State)
	if t.Shown == "" {
		t.Shown = "none"
	}
	for _, x := range t.Facts {
		if x.Kind == "doubt" && x.Closed == nil && (t.State == ledger.Ordered || t.State == ledger.Out || t.State == ledger.Listed) {
			t.Shown = "in_doubt"
		}
	}
}

func collect[T any](ctx context.Context, db pgdb.Querier, sql string, args pgx.NamedArgs) ([]T, error) {
	rows, _ := db.Query(ctx, sql, args)
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}
