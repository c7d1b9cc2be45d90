package payout_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
)

const (
	assistance = "BTXH26"
	elder      = "BTXH-05A1" // 975,000
	disabled   = "BTXH-06A1" // 1,300,000
)

var (
	january  = calendar.Must(2026, 1, 1)
	february = calendar.Must(2026, 2, 1)
	march    = calendar.Must(2026, 3, 1)
)

// in moves the office to the third day of a month and to its lists and batches.
func (o *office) in(month calendar.Date) {
	o.month, o.now = month, month.AddDays(2).At(9, 0)
}

func (o *office) tryDeclare(programme string, period calendar.Date) (b payout.Batch, err error) {
	o.t.Helper()
	err = pgdb.InTx(o.t.Context(), o.db, func(ctx context.Context, tx pgx.Tx) error {
		id, err := payout.Declare(ctx, tx, payout.Declaration{Programme: programme, Period: period, NameVI: "Đợt thử", Count: 9, Total: 90_000_000,
			DecisionNo: "01/QĐ-UBND", DecisionDate: january, MadeBy: o.maker}, o.now)
		if err != nil {
			return err
		}
		b, err = payout.ReadBatch(ctx, tx, id)
		return err
	})
	return b, err
}

// A wrong year typed into a batch or beside a list would pay a month that nobody
// decided, and nothing else would say so.
func TestAMonthlyProgrammePaysOnlyTheMonthsItMay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.now = calendar.Must(2026, 2, 27).At(9, 0)
	for name, tt := range map[string]struct {
		programme string
		wanted    calendar.Date
		list      string // code, "" = taken
		batch     string
		due       calendar.Date
	}{
		"this month":                    {assistance, calendar.Must(2026, 2, 27), "", "", calendar.Must(2026, 2, 10)},
		"the first month":               {assistance, january, "", "", calendar.Must(2026, 1, 10)},
		"the next month":                {assistance, march, "", "", calendar.Must(2026, 3, 10)},
		"the month after the next":      {assistance, calendar.Must(2026, 4, 1), "PAYOUT-MONTH-RANGE", "PAYOUT-MONTH-RANGE", calendar.Date{}},
		"a wrong year":                  {assistance, calendar.Must(2062, 2, 1), "PAYOUT-MONTH-RANGE", "PAYOUT-MONTH-RANGE", calendar.Date{}},
		"before it began":               {assistance, calendar.Must(2025, 12, 31), "PAYOUT-MONTH-RANGE", "PAYOUT-MONTH-RANGE", calendar.Date{}},
		"no month":                      {assistance, calendar.Date{}, "PAYOUT-MONTH-NEEDED", "PAYOUT-MONTH-NEEDED", calendar.Date{}},
		"once, no month":                {"TET26", calendar.Date{}, "", "", calendar.Must(2026, 1, 27)},
		"once, its own month":           {"TET26", january, "PAYOUT-MONTH-ONCE", "", calendar.Must(2026, 1, 27)},
		"once, another month":           {"TET26", february, "PAYOUT-MONTH-ONCE", "PAYOUT-PERIOD", calendar.Date{}},
		"a programme nobody has set up": {"TET62", february, "PAYOUT-PROGRAMME", "PAYOUT-PROGRAMME", calendar.Date{}},
	} {
		month, err := payout.ListMonth(t.Context(), o.db, tt.programme, tt.wanted, calendar.DateOf(o.now))
		if tt.list != "" {
			wantCode(t, err, tt.list)
		} else if want := tt.wanted; err != nil || tt.programme == assistance && month != want.FirstOfMonth() || tt.programme != assistance && !month.IsZero() {
			t.Errorf("%s: a list is for %v (%v)", name, month, err)
		}
		b, err := o.tryDeclare(tt.programme, tt.wanted)
		if tt.batch != "" {
			wantCode(t, err, tt.batch)
		} else if err != nil || b.DueDate != tt.due || b.Month() != month {
			t.Errorf("%s: batch for %v due %v (%v), want %v due %v", name, b.Month(), b.DueDate, err, month, tt.due)
		}
	}
}

// What a form offers is what is taken, and no month beside it.
func TestTheMonthsOfferedAreTheMonthsTaken(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	today := calendar.Must(2026, 4, 27)
	for programme, want := range map[string][]calendar.Date{
		assistance: {calendar.Must(2026, 5, 1), calendar.Must(2026, 4, 1), march, february, january},
		"TET26":    nil,
	} {
		got, err := payout.ListMonths(t.Context(), o.db, programme, today, 12)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("months of %s (-want +got), %v:\n%s", programme, err, diff)
		}
		for _, month := range got {
			if _, err := payout.ListMonth(t.Context(), o.db, programme, month, today); err != nil {
				t.Errorf("%s of %s is offered and refused: %v", month, programme, err)
			}
		}
	}
	if few, err := payout.ListMonths(t.Context(), o.db, assistance, today, 2); err != nil || len(few) != 2 || few[1] != calendar.Must(2026, 4, 1) {
		t.Errorf("at most two months: %v, %v", few, err)
	}
	if _, err := payout.ListMonths(t.Context(), o.db, "TET62", today, 12); errs.Code(err) != "PAYOUT-PROGRAMME" {
		t.Errorf("of a programme nobody has set up: %v", err)
	}
}

func TestAMonthIsDueByItsLastDayWhereItIsShorter(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.now = february.At(9, 0)
	scheme := payout.Scheme{Programme: payout.Programme{Code: "CUOI", PostingSet: ledger.EntrustedState, Monthly: true, FirstMonth: january, DueDay: 31},
		Rules: []payout.Rule{{Code: "R", Category: elder, Amount: 1}}}
	o.inTx(func(ctx context.Context, tx pgx.Tx) error { return payout.AddScheme(ctx, tx, scheme) })
	for month, want := range map[calendar.Date]calendar.Date{january: calendar.Must(2026, 1, 31), february: calendar.Must(2026, 2, 28)} {
		if b, err := o.tryDeclare("CUOI", month); err != nil || b.DueDate != want {
			t.Errorf("the batch of %v is due %v (%v), want %v", month, b.DueDate, err, want)
		}
	}
}

// Two rules for one category would pay its people twice each month.
func TestAMonthlyProgrammeHasOneRuleForACategory(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	scheme := payout.Scheme{Programme: payout.Programme{Code: assistance, Monthly: true, FirstMonth: january, DueDay: 10},
		Rules: []payout.Rule{{Code: elder, Category: elder, Amount: 975_000}, {Code: "NEW", Category: elder, Amount: 1_000_000}}}
	err := pgdb.InTx(t.Context(), o.db, func(ctx context.Context, tx pgx.Tx) error { return payout.AddScheme(ctx, tx, scheme) })
	wantCode(t, err, "PAYOUT-RULE-TWICE")
	if n := o.rows(`SELECT code FROM payout.rule WHERE programme = 'BTXH26' AND category = $1`, elder); len(n) != 1 {
		t.Errorf("the category has rules %v, want one", n)
	}
}

const testMonths = `
SELECT format('%s: %s pays person %s %s for %s', p.batch, p.channel, p.person, p.amount, to_char(e.month, 'YYYY-MM'))
  FROM payout.payment AS p JOIN payout.entitlement AS e ON e.batch = p.batch AND e.payment = p.no
 ORDER BY e.month, p.batch, p.person`

const testPaid = `
SELECT format('person %s: %s paid for %s', p.person, l.amount, to_char(e.month, 'YYYY-MM'))
  FROM ledger.line AS l
  JOIN ledger.leg AS g ON g.id = l.leg AND g.state = 'paid'
  JOIN payout.payment AS p ON p.batch = l.batch AND p.no = l.payment
  JOIN payout.entitlement AS e ON e.batch = p.batch AND e.payment = p.no
 ORDER BY p.person, e.month`

// paid has a planned batch approved, its money drawn, ordered at bank A and proved.
func (o *office) paid(batch ledger.BatchID) {
	o.t.Helper()
	o.submit(batch)
	o.approve(batch)
	var all []int64
	for n := int64(1); n <= int64(len(o.rows(`SELECT no::text FROM payout.payment WHERE batch = $1`, batch))); n++ {
		all = append(all, n)
	}
	drawn, err := payout.DrawNeeds(o.t.Context(), o.db, batch, "ketoan", o.now)
	if err != nil || len(drawn) != 1 {
		o.t.Fatalf("drawn %v: %v", drawn, err)
	}
	o.inTx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "credit/" + drawn[0].Reference, Book: drawn[0].Book, PostingSet: ledger.EntrustedState, Kind: "test",
			Cause: 1, AccountingDate: calendar.DateOf(o.now), PostedAt: o.now, Text: "credit"}, ledger.DrawArrived("A", assistance, drawn[0].Amount))
		return err
	})
	o.order(batch, ledger.LegOrdered, 0, all...)
	o.order(batch, ledger.LegPaidSent, 8, all...)
}

// The same people are paid each month, nobody twice in one: neither by a second
// list of the month nor by lists of another. The last line of each payment says so.
func TestThreeMonthsPayEverybodyOnceAMonth(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var want []string
	pays := func(batch ledger.BatchID, amounts ...money.Amount) {
		for i, a := range amounts {
			if a > 0 {
				want = append(want, fmt.Sprintf("%d: A pays person %d %s for %04d-%02d", batch, i+1, a.Exact(), o.month.Year(), int(o.month.Month())))
			}
		}
	}
	for i, month := range []calendar.Date{january, february, march} {
		o.in(month)
		list := o.list(assistance, baDinh, entry{1, elder, "A", 0}, entry{2, disabled, "A", 0})
		batch := o.declare(assistance, 2, 2_275_000)
		got := o.plan(batch)
		if diff := cmp.Diff(payout.PlanResult{Batch: batch, Lists: 1, Sections: 1, Payments: 2, Total: 2_275_000, LeftOut: map[string]int64{}}, got, noDigest); diff != "" {
			t.Errorf("month %d (-want +got):\n%s", i+1, diff)
		}
		pays(batch, 975_000, 1_300_000)
		o.paid(batch)
		if lists := o.rows(`SELECT list::text FROM payout.batch_list WHERE batch = $1`, batch); !cmp.Equal(lists, []string{fmt.Sprint(list)}) {
			t.Errorf("month %d was planned from lists %v, want %d alone", i+1, lists, list)
		}
		// Somebody was forgotten; the supplementary list repeats one who was not.
		o.list(assistance, ngocHa, entry{1, elder, "A", 0}, entry{3, elder, "A", 0})
		late := o.declare(assistance, 1, 975_000)
		if got := o.plan(late); got.Payments != 1 || got.LeftOut["already"] != 1 {
			t.Errorf("supplementary batch of month %d: %+v, want one payment and one held already", i+1, got)
		}
		pays(late, 0, 0, 975_000)
		o.paid(late)
	}
	if diff := cmp.Diff(want, o.rows(testMonths)); diff != "" {
		t.Errorf("planned (-want +got):\n%s", diff)
	}
	var proved []string
	for i, amount := range []string{"975000", "1300000", "975000"} {
		for month := 1; month <= 3; month++ {
			proved = append(proved, fmt.Sprintf("person %d: %s paid for 2026-%02d", i+1, amount, month))
		}
	}
	if diff := cmp.Diff(proved, o.rows(testPaid)); diff != "" {
		t.Errorf("proved in the ledger (-want +got):\n%s", diff)
	}
}

// Lists of February are no lists of March, neither by default nor when somebody
// names them.
func TestAMonthIsPlannedFromItsOwnListsOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.in(february)
	list := o.list(assistance, baDinh, entry{1, elder, "A", 0})
	o.in(march)
	batch := o.declare(assistance, 9, 9_000_000)
	for _, lists := range [][]int64{nil, {list}} {
		_, err := payout.Plan(t.Context(), o.db, batch, payout.PlanOptions{Lists: lists, Who: "lan"}, o.now)
		wantCode(t, err, "PAYOUT-LISTS")
	}
	o.month = february
	if got := o.plan(o.declare(assistance, 9, 9_000_000)); got.Payments != 1 {
		t.Errorf("February is planned from its list late: %+v", got)
	}
}

// The approver reads against the month before: who came, who left, whose account is
// another. A supplementary sheet does not say again who left.
func TestTheSheetOfAMonthSaysWhatChangedSinceTheLast(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.in(january)
	first := o.declare(assistance, 9, 9_000_000)
	o.plan(first, o.list(assistance, baDinh, entry{1, elder, "A", 0}, entry{2, elder, "A", 0}, entry{3, elder, "B", 0}))
	late := o.declare(assistance, 9, 9_000_000)
	o.plan(late, o.list(assistance, baDinh, entry{4, elder, "A", 0}))
	o.in(february)
	o.exec(`DELETE FROM registry.channel WHERE person = 2`)
	second := o.declare(assistance, 9, 9_000_000)
	o.plan(second, o.list(assistance, baDinh, entry{1, elder, "A", 0}, entry{2, elder, "B", 0}, entry{4, elder, "A", 0}, entry{5, elder, "A", 0}, entry{6, elder, "A", 0}))
	cut := o.declare(assistance, 9, 9_000_000)
	o.plan(cut, o.list(assistance, baDinh, entry{7, elder, "A", 0}))
	for batch, want := range map[ledger.BatchID]payout.Changes{
		first:  {More: 3, Outside: 2},
		late:   {More: 1, Outside: 2},
		second: {More: 2, Fewer: 1, Account: 1, Outside: 2},
		cut:    {More: 1, Outside: 2},
	} {
		if diff := cmp.Diff(want, o.sheet(batch, 1).Changes); diff != "" {
			t.Errorf("changes of batch %d (-want +got):\n%s", batch, diff)
		}
	}
	want := "Đồng ý chi 5 người, 4.875.000 đồng (bằng chữ: Bốn triệu tám trăm bảy mươi lăm nghìn đồng chẵn), tăng 2, giảm 1, đổi tài khoản 1, ngoài danh sách 2"
	if got := o.sheet(second, 1).Line; got != want {
		t.Errorf("line\n got %s\nwant %s", got, want)
	}
}

// A refused row of February is a person who may get nothing for February; the batch
// of March neither waits for it nor takes it over.
func TestARowWaitsInItsOwnMonth(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.in(february)
	list := o.list(assistance, baDinh, entry{1, elder, "A", 0})
	first := o.declare(assistance, 9, 9_000_000)
	o.plan(first)
	o.in(march)
	next := o.list(assistance, baDinh, entry{1, elder, "A", 0})
	second := o.declare(assistance, 9, 9_000_000)
	at := func(batch ledger.BatchID, list int64, rows ...int) (want []string) {
		for _, r := range rows {
			want = append(want, fmt.Sprintf("%d %d/%d LIST-ID-EMPTY", batch, list, r))
		}
		return want
	}
	if n, err := o.decide(payout.RowsDecision{Kind: registry.RowMoved, Rows: row(list, 101), Reason: "chờ cấp lại căn cước", ByOne: "hung"}); n != 1 || err != nil {
		t.Fatalf("moving decided %d rows: %v", n, err)
	}
	o.plan(second)
	if got, want := o.openRows(payout.OpenRowFilter{Batch: second}), at(second, next, 101, 102); !cmp.Equal(got, want) {
		t.Errorf("March waits for %v, want its own rows %v", got, want)
	}
	if got, want := o.openRows(payout.OpenRowFilter{Batch: first}), at(first, list, 102); !cmp.Equal(got, want) {
		t.Errorf("February waits for %v, want %v", got, want)
	}
	if got, want := o.openRows(row(list, 101)), at(0, list, 101); !cmp.Equal(got, want) {
		t.Errorf("the moved row waits as %v, want %v", got, want)
	}
	// A row of March does not pay February.
	_, err := o.decide(payout.RowsDecision{Kind: registry.RowCorrected, Rows: row(list, 102), As: registry.RowRef{List: next, Row: 7}, Reason: "một người", ByOne: "hung", ByTwo: "mai"})
	wantCode(t, err, "PAYOUT-ROW-NOT-TAKEN")

	o.month = february
	o.list(assistance, baDinh, entry{2, elder, "A", 0})
	cut := o.declare(assistance, 9, 9_000_000)
	o.plan(cut)
	if got, want := o.openRows(row(list, 101)), at(cut, list, 101); !cmp.Equal(got, want) {
		t.Errorf("after the supplementary batch of February the moved row waits as %v, want %v", got, want)
	}
}

const testSuspended = `
WITH act AS (
    INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
    VALUES (5, 'standing', 2, '00004', '2026-02-01', '{}', '7/QĐ', 'đi tù', false, 'hung', '2026-01-20') RETURNING id
)
INSERT INTO registry.standing (person, category, state, valid_from, act) SELECT 2, $1, 'suspended', '2026-02-01', id FROM act`

const testDied = `
WITH act AS (
    INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, paper_no, why, two, by_one, at)
    VALUES (6, 'death', 1, '00004', '2026-02-15', '{}', '8/KT', 'báo tử', true, 'hung', '2026-02-20') RETURNING id
)
INSERT INTO registry.death (person, died_on, act) SELECT 1, '2026-02-15', id FROM act`

// The month of a death is still due, to an heir; the next is not. A right suspended
// from February on is paid for January, however late.
func TestDeathAndSuspensionCountByTheMonth(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.in(january)
	o.list("TET26", baDinh, entry{1, poor, "A", 0}, entry{2, poor, "A", 0}) // they are registered
	o.exec(testDied)
	o.exec(testSuspended, elder)
	o.now = march.At(9, 0)
	for month, want := range map[calendar.Date]map[string]int64{
		january:  {"no_heir": 1},
		february: {"no_heir": 1, "suspended": 1},
		march:    {"dead": 1, "suspended": 1},
	} {
		o.month = month
		o.list(assistance, baDinh, entry{1, elder, "A", 0}, entry{2, elder, "A", 0}, entry{3, elder, "A", 0})
		if got := o.plan(o.declare(assistance, 9, 9_000_000)); !cmp.Equal(got.LeftOut, want) {
			t.Errorf("%v leaves out %v, want %v", month, got.LeftOut, want)
		}
	}
}

// A cron line on a monthly batch calls the same month again. It releases what was
// approved, once, and makes no payment for another month.
func TestACronOnAMonthlyBatchPaysItsMonthOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.in(january)
	batch := o.declare(assistance, 1, 975_000)
	o.plan(batch, o.list(assistance, baDinh, entry{1, elder, "A", 0}))
	o.submit(batch)
	o.approve(batch)
	if _, _, err := payout.Schedule(t.Context(), o.db, payout.ScheduleOrder{Batch: batch, Cron: "0 8 5 * *", By: "mai"}, o.now); err != nil {
		t.Fatal(err)
	}
	paid := func() []string {
		return o.rows(`SELECT format('%s %s %s %s', v.kind, l.payment, l.seq, l.amount) FROM ledger.line AS l JOIN ledger.voucher AS v ON v.id = l.voucher
			WHERE l.batch = $1 ORDER BY l.payment, l.seq`, batch)
	}
	o.now = calendar.Must(2026, 1, 5).At(8, 0)
	o.step(true)
	o.order(batch, ledger.LegOrdered, 7, 1)
	once := paid()
	for _, month := range []calendar.Date{february, march} {
		o.now = month.AddDays(4).At(8, 0)
		o.step(true)
		o.step(false)
	}
	if diff := cmp.Diff(once, paid()); diff != "" {
		t.Errorf("the cron moved money again (-once +later):\n%s", diff)
	}
	if got, want := o.rows(testMonths), []string{fmt.Sprintf("%d: A pays person 1 975000 for 2026-01", batch)}; !cmp.Equal(got, want) {
		t.Errorf("paid %v, want %v", got, want)
	}
}

func TestASchemePaysOnceOrEveryMonth(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		programme payout.Programme
		code      string
	}{
		"once":                       {payout.Programme{DueDate: january}, ""},
		"every month":                {payout.Programme{Monthly: true, FirstMonth: january, DueDay: 31}, ""},
		"neither":                    {payout.Programme{}, "PAYOUT-PROGRAMME-TIMES"},
		"once without its date":      {payout.Programme{FirstMonth: january, DueDay: 5}, "PAYOUT-PROGRAMME-TIMES"},
		"every month with a date":    {payout.Programme{Monthly: true, DueDate: january, FirstMonth: january, DueDay: 5}, "PAYOUT-PROGRAMME-TIMES"},
		"every month, no first one":  {payout.Programme{Monthly: true, DueDay: 5}, "PAYOUT-PROGRAMME-TIMES"},
		"from the middle of a month": {payout.Programme{Monthly: true, FirstMonth: january.AddDays(9), DueDay: 5}, "PAYOUT-PROGRAMME-TIMES"},
		"no due day":                 {payout.Programme{Monthly: true, FirstMonth: january}, "PAYOUT-PROGRAMME-TIMES"},
		"a due day of no month":      {payout.Programme{Monthly: true, FirstMonth: january, DueDay: 32}, "PAYOUT-PROGRAMME-TIMES"},
	} {
		err := payout.Scheme{Programme: tt.programme}.Check()
		if tt.code == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if tt.code != "" {
			wantCode(t, err, tt.code)
		}
	}
}

// A digit typed wrong in a file of ours would be paid to everybody of a category.
func TestMonthlyRatesAreTheStandardTimesACoefficient(t *testing.T) {
	t.Parallel()
	const standard = 650_000
	schemes, err := payout.Schemes()
	if err != nil {
		t.Fatal(err)
	}
	catalogue := map[string]bool{}
	for _, c := range registry.Categories() {
		catalogue[c.Code] = true
	}
	rules := map[string]int{}
	for _, s := range schemes {
		if !s.Programme.Monthly {
			continue
		}
		for _, r := range s.Rules {
			rules[s.Programme.Code]++
			halves := int64(r.Amount) * 2 / standard
			if !catalogue[r.Category] || halves < 2 || halves > 6 || int64(r.Amount)*2 != halves*standard {
				t.Errorf("%s pays category %q %s: not in the catalogue, or not 1 to 3 times %d", s.Programme.Code, r.Category, r.Amount, standard)
			}
		}
	}
	if want := map[string]int{"BTXH26": 15, "HTXH26": 2}; !cmp.Equal(rules, want) {
		t.Errorf("monthly rules %v, want %v", rules, want)
	}
}
