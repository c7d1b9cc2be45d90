package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// MoneyOptions sizes the money path.
type MoneyOptions struct {
	Payments int              // of the larger of two batches; the smaller has a tenth
	Dir      string           // for the send journal and the statements
	Now      func() time.Time // measures; the path itself runs on a clock of its own
}

// moneyPath is one installation with one bank that pays all it is told and shows
// every payment as a single booked debit.
type moneyPath struct {
	MoneyOptions
	db, owner *pgxpool.Pool
	keys      *crypt.Keys
	random    *rand.ChaCha8
	bank      *payingBank
	engine    *payout.Engine
	rec       *reconciliation.Reconciler
	signers   map[string]*crypt.Signer
	people    int // invented so far
	at        time.Time
	idle      time.Duration // of the part under way that went to the bank's side
	settled   int           // entries of the statement taken in last
	peakMB    int64         // resident while it was
}

// part is what one step of the path took, without the bank's own work.
type part struct {
	name string
	took time.Duration
}

// MoneyPath takes a batch from its list rows to closed (plan, approve, order and
// send in messages of 10,000 to a bank that does nothing else than keep them, read,
// match and post its statement, close), first with a tenth of the payments, then
// with all. The floor inserts the rows that the larger batch left, table by table,
// by one INSERT … SELECT into a table with the same key.
func MoneyPath(ctx context.Context, db, owner *pgxpool.Pool, o MoneyOptions) ([]Row, error) {
	m, err := openMoneyPath(ctx, db, owner, o)
	if err != nil {
		return nil, fmt.Errorf("prepare the money path: %w", err)
	}
	defer m.engine.Journal.Close() //nolint:errcheck // a folder that goes next
	small := max(o.Payments/10, 1)
	few, err := m.run(ctx, small)
	if err != nil {
		return nil, fmt.Errorf("money path, %d payments: %w", small, err)
	}
	before, err := m.marks(ctx)
	if err != nil {
		return nil, err
	}
	many, err := m.run(ctx, o.Payments)
	if err != nil {
		return nil, fmt.Errorf("money path, %d payments: %w", o.Payments, err)
	}
	path, settlement, err := m.floor(ctx, before)
	if err != nil {
		return nil, err
	}
	n := int64(o.Payments)
	rows := []Row{Row{Name: "money path, " + describe(many), Size: n, Unit: "payments", Floor: "the rows it left, by INSERT … SELECT",
		Target: "≤ 90 s for 1,165,878, ≤ 3 × floor"}.finish(total(many), path)}
	rows = append(rows, m.settlement(many, settlement))
	return append(rows, Row{Name: fmt.Sprintf("cost at %d against %d payments", o.Payments, small), Size: n, Unit: "payments",
		Floor: "ten times the smaller", Target: "≤ 1.15 × floor"}.finish(total(many), total(few)*time.Duration(o.Payments)/time.Duration(small))), nil
}

func total(parts []part) (sum time.Duration) {
	for _, p := range parts {
		sum += p.took
	}
	return sum
}

func describe(parts []part) string {
	text := ""
	for i, p := range parts {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s %.1f s", p.name, p.took.Seconds())
	}
	return text
}

// The parts of the path.
const (
	partPlan    = "plan"
	partApprove = "approve"
	partOrder   = "order and send"
	partSettle  = "settle"
	partClose   = "close"
)

// run takes one batch of n payments from its list rows to closed.
func (m *moneyPath) run(ctx context.Context, n int) ([]part, error) {
	owed, err := m.invent(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("list rows: %w", err)
	}
	if err := m.analyse(ctx); err != nil {
		return nil, err
	}
	var batch ledger.BatchID
	var parts []part
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{partPlan, func(ctx context.Context) error { batch, err = m.plan(ctx, n, owed); return err }},
		{partApprove, func(ctx context.Context) error { return m.approve(ctx, batch) }},
		{partOrder, func(ctx context.Context) error { return m.order(ctx, batch) }},
		{partSettle, func(ctx context.Context) error { return m.settle(ctx) }},
		{partClose, func(ctx context.Context) error { return m.close(ctx, batch) }},
	} {
		m.idle = 0
		start := m.Now()
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
		parts = append(parts, part{step.name, m.Now().Sub(start) - m.idle})
	}
	return parts, m.check(ctx, batch, n)
}

// elsewhere runs what the bank or the invented world does, off the clock.
func (m *moneyPath) elsewhere(do func() error) error {
	start := m.Now()
	err := do()
	m.idle += m.Now().Sub(start)
	return err
}

func (m *moneyPath) plan(ctx context.Context, n int, owed money.Amount) (batch ledger.BatchID, err error) {
	err = pgdb.InTx(ctx, m.db, func(ctx context.Context, tx pgx.Tx) error {
		batch, err = payout.Declare(ctx, tx, payout.Declaration{Programme: moneyProgramme, Period: moneyPeriod, NameVI: "Đo tốc độ (dữ liệu giả lập)",
			Count: int64(n), Total: owed, DecisionNo: "00/QĐ-MẪU", DecisionDate: moneyDay, MadeBy: "maker"}, m.at)
		return err
	})
	if err != nil {
		return 0, err
	}
	if _, err := payout.Plan(ctx, m.db, batch, payout.PlanOptions{Who: "maker"}, m.at); err != nil {
		return 0, err
	}
	if err := payout.Allot(ctx, m.db, batch, "maker", m.at); err != nil {
		return 0, err
	}
	_, err = payout.Submit(ctx, m.db, batch, nil, "maker", m.at)
	return batch, err
}

func (m *moneyPath) approve(ctx context.Context, batch ledger.BatchID) error {
	sections, err := payout.Sections(ctx, m.db, batch)
	if err != nil {
		return err
	}
	for _, s := range sections {
		for _, who := range []string{"chair-" + s.UnitCode, "department"} {
			sheet, err := payout.ReadApprovalSheet(ctx, m.db, batch, s.No)
			if err != nil {
				return err
			}
			seal, err := payout.SealWith(m.signers[who])(sheet)
			if err != nil {
				return err
			}
			done, err := payout.Approve(ctx, m.db, batch, s.No, seal, m.at)
			if err != nil {
				return err
			}
			if len(done.Missing) == 0 {
				break
			}
		}
	}
	return nil
}

// order draws the funds, releases, and sends the canary and then all the rest.
func (m *moneyPath) order(ctx context.Context, batch ledger.BatchID) error {
	draws, err := payout.DrawNeeds(ctx, m.db, batch, "accountant", m.at)
	if err != nil {
		return err
	}
	for _, d := range draws {
		m.bank.credit(d.Reference, d.Amount)
	}
	if err := m.statement(ctx); err != nil {
		return err
	}
	if err := payout.Release(ctx, m.db, batch, "accountant", m.at); err != nil {
		return err
	}
	for range 2 { // the canary's proof lets the rest go
		if _, err := m.engine.Round(ctx, m.bank.profile.Key, 1_000_000); err != nil {
			return err
		}
		m.idle += m.bank.busy
		m.bank.busy = 0
		if len(m.bank.paid) <= canarySize {
			if err := m.statement(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// canarySize is no more than a first submission has.
const canarySize = 100

// settle takes the bank's statements of everything it paid and posts them.
func (m *moneyPath) settle(ctx context.Context) error {
	for len(m.bank.paid) > 0 {
		if err := m.statement(ctx); err != nil {
			return err
		}
	}
	return nil
}

// statement closes a day at the bank, and takes in and posts what it shows.
func (m *moneyPath) statement(ctx context.Context) error {
	path := filepath.Join(m.Dir, "statement.xml")
	defer os.Remove(path) //nolint:errcheck // a temporary folder
	err := m.elsewhere(func() (err error) {
		m.settled, err = m.bank.writeStatement(path, m.at)
		forgetPeak()
		return err
	})
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	key := m.bank.profile.Key
	receipt, err := m.rec.Intake(ctx, reconciliation.FileIn{Channel: key, Kind: bankadapters.KindStatement, Name: filepath.Base(path), Body: file,
		KeyID: "bench", At: m.at})
	if err != nil {
		return err
	}
	if receipt.State != reconciliation.StateTaken {
		return fmt.Errorf("the statement is %s", receipt.State)
	}
	_, err = m.rec.Drain(ctx, key, 1_000_000)
	m.peakMB = peakMB()
	return err
}

func (m *moneyPath) close(ctx context.Context, batch ledger.BatchID) error {
	if _, _, err := ledger.Seal(ctx, m.db, m.at); err != nil {
		return err
	}
	return pgdb.InTx(ctx, m.db, func(ctx context.Context, tx pgx.Tx) error {
		return reconciliation.CloseBatch(ctx, tx, batch, reconciliation.Signers{One: "accountant", Two: "controller"}, m.at)
	})
}

// check requires that what was measured is right.
func (m *moneyPath) check(ctx context.Context, batch ledger.BatchID, n int) error {
	sum, err := reconciliation.Summarise(ctx, m.db, batch)
	if err != nil {
		return err
	}
	if sum.Paid != int64(n) || sum.Owed != 0 || len(sum.Breaks) > 0 {
		return fmt.Errorf("measured %d payments: %d are paid, %s đồng owed, %d kinds of breaks", n, sum.Paid, sum.Owed, len(sum.Breaks))
	}
	report, err := ledger.Verify(ctx, m.db, ledger.VerifyOptions{})
	if err != nil {
		return err
	}
	ties, err := ledger.CheckTies(ctx, m.db)
	if err != nil {
		return err
	}
	if !report.OK() || len(ties) > 0 {
		return errors.Join(errors.New("the measured ledger does not verify"), report.Err())
	}
	return nil
}

// left is a table in which the path leaves rows, with its key and the column by
// which those of the larger batch are told.
type left struct {
	table, key, since string
	settles           bool // the settlement writes it
}

var leftRows = []left{
	{"payout.entitlement", "programme, rule, person, subject, month, n", "batch", false},
	{"payout.payment", "batch, no", "batch", false},
	{"payout.attempt", "batch, payment, attempt", "batch", false},
	{"ledger.line", "batch, payment, seq", "voucher", true},
	{"reconciliation.entry", "id", "file", true},
	{"reconciliation.booking", "entry", "file", true},
	{"reconciliation.witness", "file, position", "file", true},
	{"reconciliation.outcome", "file, position", "file", true},
	{"reconciliation.reference", "channel, servicer", "batch", true},
	{"reconciliation.file_part", "file, n", "file", true},
}

const sqlMarks = `
SELECT (SELECT coalesce(max(b.id), 0) FROM payout.batch AS b), (SELECT coalesce(max(v.id), 0) FROM ledger.voucher AS v),
       (SELECT coalesce(max(f.id), 0) FROM reconciliation.file AS f), (SELECT coalesce(max(e.id), 0) FROM reconciliation.entry AS e)`

// marks notes how far each column goes before the larger batch.
func (m *moneyPath) marks(ctx context.Context) (map[string]int64, error) {
	var batch, voucher, file, entry int64
	if err := m.db.QueryRow(ctx, sqlMarks).Scan(&batch, &voucher, &file, &entry); err != nil {
		return nil, fmt.Errorf("rows so far: %w", err)
	}
	return map[string]int64{"batch": batch, "voucher": voucher, "file": file, "entry": entry}, nil
}

// floor writes the larger batch's rows again with nothing else. Of the lines the
// settlement wrote a third, and both get the files' bytes.
func (m *moneyPath) floor(ctx context.Context, before map[string]int64) (path, settlement time.Duration, err error) {
	for _, l := range leftRows {
		set := fmt.Sprintf("DROP TABLE IF EXISTS floor; CREATE TABLE floor (LIKE %s, PRIMARY KEY (%s))", l.table, l.key)
		if _, err := m.owner.Exec(ctx, "SET search_path TO bench; "+set); err != nil {
			return 0, 0, fmt.Errorf("floor of %s: %w", l.table, err)
		}
		start := m.Now()
		// In a block, because nothing can prepare a statement about a table made a moment ago.
		fill := fmt.Sprintf("DO $$ BEGIN INSERT INTO bench.floor SELECT * FROM %s WHERE %s > %d; END $$", l.table, l.since, before[l.since])
		if _, err := m.owner.Exec(ctx, fill); err != nil {
			return 0, 0, fmt.Errorf("floor of %s: %w", l.table, err)
		}
		took := m.Now().Sub(start)
		path += took
		switch {
		case l.table == "ledger.line":
			settlement += took / 3
		case l.settles:
			settlement += took
		}
	}
	return path, settlement, nil
}
