package people_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
)

func ways(account crypt.Secret, holder string) people.Way {
	return people.Way{Method: registry.MethodAccount, BankBIN: "999001", Account: account, Holder: holder}
}

// household makes one of the people given, the first its head, and has everybody
// else paid to the head's account on a paper.
func (h *hall) household(head int64, headName string, account crypt.Secret, members ...int64) int64 {
	h.t.Helper()
	h.done(head, people.Joins{Head: true}, calendar.Date{})
	m, _, err := people.MemberOf(h.t.Context(), h.db, head, calendar.DateOf(h.now))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range members {
		h.done(p, people.Joins{Household: m.Household}, calendar.Date{})
		h.done(p, people.PaidTo{Capacity: people.Head, Name: headName, Payee: head, Way: ways(account, strings.ToUpper(headName))}, calendar.Date{})
	}
	return m.Household
}

func TestAHouseholdOfFiveIsPaidToItsHeadAndASixthStrangerIsRefused(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	head := h.banked(1, "Trần Văn Chủ", accountOf(1))
	var all = []int64{head}
	for n := int64(2); n <= 5; n++ {
		all = append(all, h.person(n, fmt.Sprintf("Trần Văn %c", 'A'+rune(n)), baDinh))
	}
	h.household(head, "Trần Văn Chủ", accountOf(1), all[1:]...)

	stranger := h.person(6, "Phạm Văn Lạ", baDinh)
	_, err := h.try(stranger, people.PaidTo{Capacity: people.Head, Name: "Trần Văn Chủ", Payee: head, Way: ways(accountOf(1), "TRAN VAN CHU")}, calendar.Date{})
	wantCode(t, err, "PEOPLE-NOT-MEMBER")
	_, err = h.try(stranger, people.PaidBy{Way: ways(accountOf(1), "TRAN VAN CHU")}, calendar.Date{})
	wantCode(t, err, "PEOPLE-HOLDER")

	result, got := h.plan("TET26", h.list("TET26", baDinh, poor, append(all, stranger)...))
	var want []string
	for _, p := range all {
		holder := "TRẦN VĂN CHỦ"
		if p == head {
			holder = "Trần Văn Chủ"
		}
		want = append(want, fmt.Sprintf("%d A 0001 %s 500000", p, holder))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("payments (-want +got):\n%s", diff)
	}
	if result.LeftOut["no_channel"] != 1 {
		t.Errorf("left out = %v, want the stranger without a way", result.LeftOut)
	}
	shared, err := people.SharedWithoutPapers(t.Context(), h.db, calendar.DateOf(h.now))
	if err != nil || len(shared) != 0 {
		t.Errorf("accounts shared without papers = %v, %v; want none: four have a paper, the head needs none", shared, err)
	}
	// Who leaves the household is not paid to its head any more.
	h.done(all[4], people.Leaves{}, calendar.Date{})
	if got := h.text(`SELECT holder FROM registry.way_on('2026-01-20') WHERE person = $1`, all[4]); len(got) != 0 {
		t.Errorf("paid after leaving the household: %v", got)
	}
}

func TestAnAccountOfFourWithoutPapersIsFound(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	for n := int64(1); n <= 3; n++ {
		h.banked(n, fmt.Sprintf("Người %c", 'A'+rune(n)), accountOf(9))
	}
	today := calendar.DateOf(h.now)
	if shared, err := people.SharedWithoutPapers(t.Context(), h.db, today); err != nil || len(shared) != 0 {
		t.Errorf("three people of one account = %v, %v; want none", shared, err)
	}
	h.banked(4, "Người E", accountOf(9))
	shared, err := people.SharedWithoutPapers(t.Context(), h.db, today)
	if err != nil || len(shared) != 1 || shared[0].People != 4 || shared[0].Papers != 0 {
		t.Errorf("four people of one account = %+v, %v; want that account", shared, err)
	}
}

func TestASingleParentReceivesForTwoChildren(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	parent := h.banked(1, "Lê Thị Mẹ", accountOf(1))
	children := []int64{h.person(2, "Lê Văn Con", baDinh), h.person(3, "Lê Thị Út", baDinh)}
	for _, c := range children {
		h.done(c, people.PaidTo{Capacity: people.Guardian, Name: "Lê Thị Mẹ", Payee: parent, Way: ways(accountOf(1), "LE THI ME")}, calendar.Date{})
	}
	_, got := h.plan("TET26", h.list("TET26", baDinh, poor, parent, children[0], children[1]))
	want := []string{"1 A 0001 Lê Thị Mẹ 500000", "2 A 0001 LE THI ME 500000", "3 A 0001 LE THI ME 500000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("payments (-want +got):\n%s", diff)
	}
}

func TestAPayeeReceivesOnlyFromToAndUntilItEnds(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	today := calendar.DateOf(h.now)
	h.done(p, people.PaidTo{Capacity: people.Proxy, Name: "Lê Văn Thử", Way: ways(accountOf(2), "LE VAN THU"), Until: today.AddDays(10)}, today.AddDays(2))
	holder := func(day calendar.Date) string {
		return h.text(`SELECT holder FROM registry.way_on($1) WHERE person = 1`, day)[0]
	}
	for day, want := range map[int]string{0: "Nguyễn Văn Mẫu", 1: "Nguyễn Văn Mẫu", 2: "LE VAN THU", 10: "LE VAN THU", 11: "Nguyễn Văn Mẫu"} {
		if got := holder(today.AddDays(day)); got != want {
			t.Errorf("on day %d the money goes to %s, want %s", day, got, want)
		}
	}
	h.done(p, people.PayeeEnds{}, today.AddDays(5))
	if got := holder(today.AddDays(4)) + ", " + holder(today.AddDays(5)); got != "LE VAN THU, Nguyễn Văn Mẫu" {
		t.Errorf("around its end the money goes to %s", got)
	}
}

const testHolds = `SELECT payment || '/' || (closed_at IS NULL) FROM payout.exception WHERE kind = 'held' AND reasons <> '{fresh}' ORDER BY payment`

func TestADeathStopsMoneyAndAnHeirReceivesTheMonthOfDeath(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	other := h.banked(2, "Lê Văn Thử", accountOf(2))
	today := calendar.DateOf(h.now)
	h.done(p, people.PaidTo{Capacity: people.Proxy, Name: "Phạm Văn Ba", Way: ways(accountOf(3), "PHAM VAN BA")}, calendar.Date{})
	list := h.list("TET26", baDinh, poor, p, other)
	result, got := h.plan("TET26", list)
	if len(got) != 2 {
		t.Fatalf("payments before the death = %v", got)
	}

	died := h.propose(p, people.Died{}, today.AddDays(-2)) // in January, the month of the gift
	if diff := cmp.Diff([]string{"1/true"}, h.text(testHolds)); diff != "" {
		t.Errorf("one person's report rests what is unsent (-want +got):\n%s", diff)
	}
	_, err := h.try(p, people.Died{}, today.AddDays(-1))
	wantCode(t, err, "PEOPLE-DEATH-REPORTED")
	if a, err := people.WhomToWrite(t.Context(), h.db, h.Keys, p, h.now); err != nil || !a.Nobody() {
		t.Errorf("after the report somebody writes to %+v, %v", a, err)
	}
	h.confirm(died)

	r := h.read(p, today, h.now, people.Reader{})
	if r.Died != today.AddDays(-2) || len(r.Ways) != 0 || r.Payee != nil {
		t.Errorf("record of the dead = %+v, want the day and neither a way nor a proxy", r)
	}
	_, err = h.try(p, people.PaidBy{Way: ways(accountOf(1), "NGUYEN VAN MAU")}, calendar.Date{})
	wantCode(t, err, "PEOPLE-DEAD")
	_, err = h.try(p, people.PaidTo{Capacity: people.Proxy, Name: "Phạm Văn Ba", Way: ways(accountOf(3), "PHAM VAN BA")}, calendar.Date{})
	wantCode(t, err, "PEOPLE-DEAD")

	// A later list that still names an account brings it back for nobody.
	h.exec(testWay, pgx.NamedArgs{"person": p, "closed": []byte{2}, "index": make([]byte, 16), "tail": "0001", "holder": "Nguyễn Văn Mẫu", "now": h.now})
	if got := h.text(`SELECT holder FROM registry.way_on('2026-01-20') WHERE person = 1`); len(got) != 0 {
		t.Errorf("the money of the dead goes to %v", got)
	}
	// The unsent payment is cancelled by two people; the right is free again.
	h.approveAndCancel(result, 1)
	late := h.list("TET26", baDinh, poor)
	if r, got := h.plan("TET26", list, late); len(got) != 0 || r.LeftOut["no_heir"] != 1 || r.LeftOut["already"] != 2 {
		t.Errorf("without an heir: %v, left out %v", got, r.LeftOut)
	}
	h.done(p, people.PaidTo{Capacity: people.Heir, Name: "Nguyễn Thị Con", ID: "000165900009", Way: ways(accountOf(9), "NGUYEN THI CON")}, calendar.Date{})
	if _, got := h.plan("TET26", list); !cmp.Equal(got, []string{"1 A 0009 NGUYEN THI CON 500000"}) {
		t.Errorf("with an heir: %v, want the month of death paid to her", got)
	}
	if a, err := people.WhomToWrite(t.Context(), h.db, h.Keys, p, h.now); err != nil || a.Name != "Nguyễn Thị Con" {
		t.Errorf("a notice goes to %+v, %v; want the heir", a, err)
	}
	if diff := cmp.Diff([]string{"1/true"}, h.text(testHolds)); diff != "" {
		t.Errorf("the heir's money is not held (-want +got):\n%s", diff)
	}
}

// approveAndCancel has a batch approved and takes one payment out by two people.
func (h *hall) approveAndCancel(plan payout.PlanResult, payment int64) {
	h.t.Helper()
	ctx := h.t.Context()
	if _, err := payout.Submit(ctx, h.db, plan.Batch, nil, "lan", h.now); err != nil {
		h.t.Fatal(err)
	}
	if _, err := payout.ApproveAll(ctx, h.db, plan.Batch, payout.SealWith(h.signers["hung"]), h.now); err != nil {
		h.t.Fatal(err)
	}
	err := payout.CancelUnsent(ctx, h.db, payout.Cancellation{Batch: plan.Batch, Payments: []int64{payment}, Reason: "đã mất", ByOne: "lan", ByTwo: "hung"}, h.now)
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestADeathBeforeTheMonthPaysNobody(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p, other := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1)), h.banked(2, "Lê Văn Thử", accountOf(2))
	h.done(p, people.Died{}, calendar.Must(2025, 12, 31))
	h.done(p, people.PaidTo{Capacity: people.Heir, Name: "Nguyễn Thị Con", Way: ways(accountOf(9), "NGUYEN THI CON")}, calendar.Date{})
	result, got := h.plan("TET26", h.list("TET26", baDinh, poor, p, other))
	if result.LeftOut["dead"] != 1 || len(got) != 1 || !strings.HasPrefix(got[0], "2 ") {
		t.Errorf("payments %v, left out %v; want nothing for January to who died in December", got, result.LeftOut)
	}
}

func TestARefusedDeathReportLetsTheMoneyGo(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	list := h.list("TET26", baDinh, poor, p)
	report := h.propose(p, people.Died{}, calendar.Date{})
	if result, got := h.plan("TET26", list); len(got) != 0 {
		t.Errorf("planned while a death is reported: %v, %v", got, result.LeftOut)
	}
	h.refuse(report, "nhầm người cùng tên")
	if _, got := h.plan("TET26", list); len(got) != 1 {
		t.Errorf("payments after the refusal = %v, want one", got)
	}
	// The same once it was confirmed and found to be wrong.
	h.done(p, people.Died{}, calendar.Date{})
	if diff := cmp.Diff([]string{"1/true"}, h.text(testHolds)); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	h.done(p, people.LivesAfterAll{}, calendar.Date{})
	if diff := cmp.Diff([]string{"1/false"}, h.text(testHolds)); diff != "" {
		t.Errorf("held after it was taken back (-want +got):\n%s", diff)
	}
	if got := h.text(`SELECT holder FROM registry.way_on('2026-01-20') WHERE person = 1`); !cmp.Equal(got, []string{"Nguyễn Văn Mẫu"}) {
		t.Errorf("way = %v, want the own account back", got)
	}
}

func TestSuspendedAndEndedRightsAreNotPlanned(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	a, b, c := h.banked(1, "Nguyễn Văn A", accountOf(1)), h.banked(2, "Nguyễn Văn B", accountOf(2)), h.banked(3, "Nguyễn Văn C", accountOf(3))
	h.done(a, people.Stands{State: people.Suspended}, calendar.Must(2025, 12, 1))
	h.done(b, people.Stands{Category: merit, State: people.Ended}, calendar.Must(2025, 12, 1))
	h.done(c, people.Stands{Category: poor, State: people.Ended}, calendar.Must(2026, 2, 1)) // from February, the gift is January's
	result, got := h.plan("TET26", h.list("TET26", baDinh, poor, a, b, c), h.list("TET26", baDinh, merit, b))
	want := []string{"2 A 0002 Nguyễn Văn B 500000", "3 A 0003 Nguyễn Văn C 500000"}
	if diff := cmp.Diff(want, got); diff != "" || result.LeftOut["suspended"] != 2 {
		t.Errorf("payments (-want +got):\n%s\nleft out %v", diff, result.LeftOut)
	}
	h.done(a, people.Stands{State: people.Active}, calendar.Must(2026, 1, 1))
	_, got = h.plan("TET26", h.list("TET26", baDinh, poor, a))
	if !cmp.Equal(got, []string{"1 A 0001 Nguyễn Văn A 500000"}) {
		t.Errorf("after it is active again = %v", got)
	}
}

// Born in 1940 is 86 in 2026: no round age. 1941 is 85.
func TestOnePersonGetsTheGiftsOfTwoProgrammes(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	h.exec(`UPDATE registry.person SET birth_year = 1941, birth_date = '1941-03-05' WHERE id = 1`)
	_, tet := h.plan("TET26", h.list("TET26", baDinh, poor, p))
	_, tho := h.plan("THO26", h.list("THO26", baDinh, poor, p))
	if diff := cmp.Diff([]string{"1 A 0001 Nguyễn Văn Mẫu 500000", "1 A 0001 Nguyễn Văn Mẫu 700000"}, append(tet, tho...)); diff != "" {
		t.Errorf("payments of two programmes (-want +got):\n%s", diff)
	}
	q := h.banked(2, "Lê Văn Thử", accountOf(2))
	h.exec(`UPDATE registry.person SET birth_year = 1941, birth_date = '1941-03-05' WHERE id = 2`)
	again, got := h.plan("THO26", h.list("THO26", baDinh, poor, p, q))
	if len(got) != 1 || again.LeftOut["already"] != 1 {
		t.Errorf("a second share of one policy: %v, %v", got, again.LeftOut)
	}
}

func TestAChangedMethodSaysFromWhichPeriodItCounts(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	cash := people.PaidBy{Way: people.Way{Method: registry.MethodCash}}
	account := people.PaidBy{Way: ways(accountOf(7), "NGUYEN VAN MAU")}

	before := h.done(p, cash, calendar.Date{})
	if !strings.HasPrefix(before.Answer, "Tính từ kỳ này") || before.ByTwo != "mai" {
		t.Errorf("before the digest: %q by %q and %q, want this period and two people", before.Answer, before.By, before.ByTwo)
	}
	result, got := h.plan("TET26", h.list("TET26", baDinh, poor, p))
	if diff := cmp.Diff([]string{"1 XA   500000"}, got); diff != "" {
		t.Errorf("payments (-want +got):\n%s", diff)
	}
	after := h.done(p, account, calendar.Date{})
	if !strings.HasPrefix(after.Answer, "Tính từ kỳ sau") || !strings.Contains(after.Answer, fmt.Sprint(result.Batch)) || after.ByTwo != "mai" {
		t.Errorf("after the digest: %q by %q and %q, want the next period, the batch and two people", after.Answer, after.By, after.ByTwo)
	}
	if got := h.text(`SELECT channel FROM payout.payment WHERE person = 1`); !cmp.Equal(got, []string{"XA"}) {
		t.Errorf("the approved snapshot changed: %v", got)
	}
	if got := h.text(`SELECT method FROM registry.channel WHERE person = 1 ORDER BY rank`); !cmp.Equal(got, []string{"account", "cash"}) {
		t.Errorf("ways now = %v, want the account with cash behind it", got)
	}
	if n := h.text(`SELECT count(*)::text FROM registry.channel_history WHERE person = 1`)[0]; n != "2" {
		t.Errorf("ended ways = %s, want 2", n)
	}
}

// Cash and the commune that hands it out: whoever comes fetches it, so one person
// alone sends nobody's money there.
func TestWhereMoneyIsHandedOutTakesTwoPeople(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change people.Change
		now    string // of the record, in force
	}{
		"cash":              {people.PaidBy{Way: people.Way{Method: registry.MethodCash}}, `SELECT method FROM registry.channel WHERE person = 1 AND rank = 1`},
		"through insurance": {people.PaidBy{Way: people.Way{Method: registry.MethodBHXH}}, `SELECT method FROM registry.channel WHERE person = 1 AND rank = 1`},
		"another commune": {people.ServedAt{Unit: registry.UnitKey{Code: ngocHa, ValidFrom: unitsNow}},
			`SELECT coalesce((SELECT unit_code FROM registry.serving_on('2026-01-20') WHERE person = 1), 'home')`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
			before := h.text(tt.now)
			a := h.propose(p, tt.change, calendar.Date{})
			_, err := h.Confirm(t.Context(), a.ID, people.SealWith(h.signers["lan"], a))
			wantErr(t, err, people.ErrTwoPeople)
			if got := h.text(tt.now); a.Outcome != "" || !cmp.Equal(got, before) {
				t.Errorf("proposed by one person: outcome %q, the record says %v; want it waiting and %v", a.Outcome, got, before)
			}
			h.confirm(a)
			if got := h.text(tt.now); cmp.Equal(got, before) {
				t.Errorf("confirmed by a second person the record still says %v", got)
			}
		})
	}
}

func TestAServingCommuneMovesThePayPointOnly(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	h.done(p, people.PaidBy{Way: people.Way{Method: registry.MethodCash}}, calendar.Date{})
	h.done(p, people.ServedAt{Unit: registry.UnitKey{Code: ngocHa, ValidFrom: unitsNow}}, calendar.Date{})
	result, got := h.plan("TET26", h.list("TET26", baDinh, poor, p))
	if diff := cmp.Diff([]string{"1 XA   500000 tại 00008"}, got); diff != "" {
		t.Errorf("payments (-want +got):\n%s", diff)
	}
	if got := h.text(`SELECT s.unit_code || ' ' || b.code FROM payout.section AS s JOIN ledger.book AS b ON b.id = s.book WHERE s.batch = $1`, result.Batch); !cmp.Equal(got, []string{"00004 1000001"}) {
		t.Errorf("section and book = %v, want those of the home commune", got)
	}
}

func TestWhoeverReadsARecordIsNamed(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	err := pgdb.InTx(t.Context(), h.db, func(ctx context.Context, tx pgx.Tx) error {
		return people.NoteReading(ctx, tx, people.Reader{}, 1, h.now)
	})
	wantCode(t, err, "PEOPLE-READER")
	h.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return people.NoteReading(ctx, tx, people.Reader{ID: "mai", Role: "department", Why: "đơn 7"}, 1, h.now)
	})
	if n := h.text(`SELECT count(*)::text FROM audit.record WHERE act = 'person.read' AND actor = 'mai' AND subject = 'person/1'`)[0]; n != "1" {
		t.Errorf("readings on record = %s, want 1", n)
	}
}

// An heir's unsent money rests when the dead turn out to be alive.
func TestMoneyToTheHeirsOfTheLivingRests(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	h.done(p, people.Died{}, calendar.Date{})
	h.done(p, people.PaidTo{Capacity: people.Heir, Name: "Nguyễn Thị Con", Way: ways(accountOf(9), "NGUYEN THI CON")}, calendar.Date{})
	if _, got := h.plan("TET26", h.list("TET26", baDinh, poor, p)); len(got) != 1 {
		t.Fatalf("payments = %v, want the heir's", got)
	}
	h.done(p, people.LivesAfterAll{}, calendar.Date{})
	if diff := cmp.Diff([]string{"1/true"}, h.text(testHolds)); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

// An account of staff is refused by an act as it is by a list, also when it was noted
// only after the act was proposed.
func TestNoMoneyGoesToAnAccountOfStaff(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	waiting := h.propose(p, people.PaidBy{Way: ways(accountOf(7), "NGUYEN VAN MAU")}, calendar.Date{})
	h.inTx(func(ctx context.Context, tx pgx.Tx) error {
		return registry.AddStaffAccount(ctx, tx, h.Keys, registry.StaffAccount{BIN: "999001", Account: accountOf(7), Owner: "lan"}, "mai", h.now)
	})
	_, err := h.Confirm(t.Context(), waiting.ID, people.SealWith(h.signers["mai"], waiting))
	wantCode(t, err, "PEOPLE-STAFF-ACCOUNT")
	_, err = h.try(p, people.PaidTo{Capacity: people.Carer, Name: "Phạm Văn Ba", Way: ways(accountOf(7), "PHAM VAN BA")}, calendar.Date{})
	wantCode(t, err, "PEOPLE-STAFF-ACCOUNT")
}

// An account may be noted as staff's when a list with it was taken long before, or a
// batch is planned already: nothing goes there, and nobody is left out of the plan.
func TestMoneyToAnAccountNotedAsStaffsRests(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p, other := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1)), h.banked(2, "Lê Văn Thử", accountOf(2))
	list := h.list("TET26", baDinh, poor, p, other)
	note := func(account crypt.Secret) (held, onTheWay int64) {
		t.Helper()
		h.inTx(func(ctx context.Context, tx pgx.Tx) (err error) {
			held, onTheWay, err = payout.NoteStaffAccount(ctx, tx, h.Keys, registry.StaffAccount{BIN: "999001", Account: account, Owner: "lan"}, "mai", h.now)
			return err
		})
		return held, onTheWay
	}
	if held, onTheWay := note(accountOf(1)); held != 0 || onTheWay != 0 {
		t.Errorf("before a plan %d are held and %d on their way, want none", held, onTheWay)
	}
	plan, _ := h.plan("TET26", list)
	if h.rests(p) != "staff" || h.rests(other) != "" || plan.Payments != 3 || plan.Resting != 1 {
		t.Errorf("of %d payments %d rest, for %q and %q; want three, the first resting for staff", plan.Payments, plan.Resting, h.rests(p), h.rests(other))
	}
	sheet, err := payout.ReadApprovalSheet(t.Context(), h.db, plan.Batch, 1)
	if err != nil || !strings.HasSuffix(sheet.Line, ", trong đó 1 khoản vào tài khoản của cán bộ, không chi") {
		t.Errorf("the approver reads %q, %v", sheet.Line, err)
	}
	if held, onTheWay := note(accountOf(2)); held != 1 || onTheWay != 0 || h.rests(other) != "staff" {
		t.Errorf("after the plan %d are held and %d on their way, the other rests for %q; want one, none, staff", held, onTheWay, h.rests(other))
	}
	if note(accountOf(2)); h.rests(other) != "staff" {
		t.Errorf("noted twice it rests for %q, want one reason", h.rests(other))
	}
	h.now = h.now.AddDate(0, 2, 0)
	if h.rests(p) != "staff" {
		t.Errorf("two months later it rests for %q: time must not let it go", h.rests(p))
	}
}
