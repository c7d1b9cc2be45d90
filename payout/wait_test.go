package payout_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters/sandbox"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// waits runs one order step and says what is stored afterwards.
func (d *desk) waits(e *payout.Engine) []string {
	d.t.Helper()
	if _, err := e.StepOrder(d.t.Context(), d.bank); err != nil {
		d.t.Fatal(err)
	}
	return d.stored()
}

func (d *desk) stored() (rows []string) {
	d.t.Helper()
	list, err := payout.Waits(d.t.Context(), d.db, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, w := range list {
		rows = append(rows, fmt.Sprintf("%d %s %s %d", w.Batch, w.Channel, w.Reason, w.Payments))
		vi, en, both := strings.Cut(w.Sentence(), " / ")
		if !both || vi == "" || en == "" || strings.Contains(w.Sentence(), "%!") {
			d.t.Errorf("sentence of %s = %q, want Vietnamese / English", w.Reason, w.Sentence())
		}
	}
	return rows
}

func (d *desk) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.db.Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) profiled(change func(*desk)) {
	d.t.Helper()
	change(d)
	d.exec(`UPDATE payout.channel SET profile = $2 WHERE key = $1`, d.bank, d.profile)
}

func TestWhatABatchWaitsForIsStored(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		payments int
		before   func(*desk)
		want     []string
	}{
		"global stop": {120, func(d *desk) {
			d.inTx(func(ctx context.Context, tx pgx.Tx) error { return payout.Stop(ctx, tx, "kiểm tra", "mai", d.now) })
		}, []string{"14001 E stop 120"}},
		"a stop nobody gave a reason for": {120, func(d *desk) {
			d.inTx(func(ctx context.Context, tx pgx.Tx) error { return payout.Stop(ctx, tx, "", "mai", d.now) })
		}, []string{"14001 E stop 120"}},
		"gate": {120, func(d *desk) {
			d.exec(`UPDATE payout.bank_gate SET state = 'paused', why = 'ngân hàng bảo trì' WHERE channel = $1`, d.bank)
		}, []string{"14001 E gate 120"}},
		"paused": {120, func(d *desk) {
			if err := payout.PauseBatch(d.t.Context(), d.db, d.batch, "chờ đính chính", "mai", d.now); err != nil {
				d.t.Fatal(err)
			}
		}, []string{"14001 E paused 120"}},
		"day's payments used up": {120, func(d *desk) { d.profiled(func(d *desk) { d.profile.DayCountMax = 100 }) }, nil},
		"day's đồng too few for one": {120, func(d *desk) { d.profiled(func(d *desk) { d.profile.DayTotalMax = 50_000 }) },
			[]string{"14001 E day_total 120"}},
		"nothing in the way": {120, func(*desk) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "E", tt.payments, sandbox.Script{})
			tt.before(d)
			if diff := cmp.Diff(tt.want, d.waits(d.engine(pgdb.Hooks{}))); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

// Whether the first submission is proved is asked every minute, beside thousands of
// vouchers: each of its payments is looked at once, whatever else was posted.
func TestProofOfTheFirstSubmissionReadsItsPaymentsOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 150, sandbox.Script{})
	d.waits(d.engine(pgdb.Hooks{}))
	var plan string
	err := d.db.QueryRow(t.Context(), `EXPLAIN (FORMAT JSON) `+payout.CanaryStatement, pgx.NamedArgs{"batch": d.batch, "channel": d.bank}).Scan(&plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"voucher", "leg"} {
		asked := regexp.MustCompile(`"Parent Relationship": "SubPlan",[^{}]*"Relation Name": "` + table + `"`)
		if !asked.MatchString(plan) {
			t.Errorf("the %s of a line is not asked for by itself, so lines are compared with all of them:\n%s", table, plan)
		}
	}
}

// The rest waits for the first submission's proof; the stop that comes later
// takes the first one's place and holds back what was ordered and not sent too;
// when everything is ordered, nothing waits.
func TestWaitsFollowWhatHappens(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "E", 150, sandbox.Script{})
	e := d.engine(pgdb.Hooks{})
	want := func(when string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, d.waits(e)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	want("after the first submission")
	want("second look", "14001 E canary 50")
	began := d.now
	d.now = d.now.Add(time.Hour)
	want("third look", "14001 E canary 50")
	if list, err := payout.Waits(t.Context(), d.db, d.batch); err != nil || len(list) != 1 || !list[0].Since.Equal(began) {
		t.Errorf("waits = %+v, %v, want since %s", list, err, began)
	}
	d.inTx(func(ctx context.Context, tx pgx.Tx) error { return payout.Stop(ctx, tx, "kiểm tra", "mai", d.now) })
	want("after the stop", "14001 E stop 150") // 50 to be ordered, 100 ordered and unsent
	d.inTx(func(ctx context.Context, tx pgx.Tx) error { return payout.Resume(ctx, tx, "xong", "mai", d.now) })
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return payout.PassCanary(ctx, tx, d.batch, d.bank, "trưởng phòng", d.now)
	})
	want("after both were lifted")
	if err := payout.PauseBatch(t.Context(), d.db, d.batch, "chờ", "mai", d.now); err != nil {
		t.Fatal(err)
	}
	want("paused with all ordered and none sent", "14001 E paused 150")
}

// testAnother copies the fixture's batch to one that was released before it.
var testAnother = []string{`
INSERT INTO payout.batch (id, programme, period, name_vi, declared_count, declared_total, decision_no, decision_date, due_date, made_by, made_at, planned_at, released_at)
SELECT @to, @programme, period, name_vi, declared_count, declared_total, decision_no, decision_date, due_date, made_by, made_at, planned_at, released_at - interval '1 hour'
  FROM payout.batch WHERE id = @batch`, `
INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
SELECT @to, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state FROM payout.section WHERE batch = @batch`, `
INSERT INTO payout.run (batch, section, channel, from_no, to_no, next_no, count, total)
SELECT @to, section, channel, from_no, to_no, next_no, count, total FROM payout.run WHERE batch = @batch`, `
INSERT INTO payout.payment (batch, no, amount, person, section, birth_year, channel, bin, account_tail, holder, name, category, account_enc, account_index)
SELECT @to, no, amount, person, section, birth_year, channel, bin, account_tail, coalesce(nullif(@holder, ''), holder), name, category, account_enc, account_index
  FROM payout.payment WHERE batch = @batch`}

// another adds a second batch like the fixture's, approved, that comes first.
func (d *desk) another(to ledger.BatchID, programme, holder string, count int64) {
	d.t.Helper()
	d.inTx(func(ctx context.Context, tx pgx.Tx) error {
		for _, sql := range testAnother {
			if _, err := tx.Exec(ctx, sql, pgx.NamedArgs{"batch": d.batch, "to": to, "programme": programme, "holder": holder}); err != nil {
				return err
			}
		}
		desk := ledger.NewDesk(tx, d.book, ledger.EntrustedState, "", programme, d.now)
		var lines []ledger.Line
		for n := range count {
			l, err := desk.Fill(ctx, ledger.Position{Payment: n + 1}.Next(to, ledger.LegApproved, 0, amountOf(int(n+1))))
			if err != nil {
				return err
			}
			lines = append(lines, l)
		}
		_, err := payout.Post(ctx, tx, ledger.Voucher{Key: "approved/another", Facts: []byte("2"), Book: d.book, PostingSet: ledger.EntrustedState,
			Kind: "approved", AccountingDate: calendar.DateOf(d.now), PostedAt: d.now, Text: "duyệt", Batch: to, Lines: ledger.ListOf(lines)}, payout.Moved{})
		return err
	})
}

// A batch that gets no order must not keep those behind it from going: one
// without money, and one of which nothing can be written (then the fault is not
// its people's, so nobody is held).
func TestABatchThatGetsNoOrderHidesNobodyBehindIt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ programme, holder, want string }{
		"without funds":                   {"THO26", "", "14002 E funds 3"},
		"of which nothing can be written": {"TET26", "々", "14002 E unwritable 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "E", 3, sandbox.Script{})
			d.another(14_002, tt.programme, tt.holder, 3)
			d.round(d.engine(pgdb.Hooks{}))
			d.wantBook(3)
			if diff := cmp.Diff([]string{tt.want}, d.stored()); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}
