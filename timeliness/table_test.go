package timeliness_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/timeliness"
)

// The worked batch: forty people, due on day 0.
//
//	 1–20  bank A, commune 1: credited day 1, covered through day 10; 1–10 withdraw on day 2, 11–15 on day 5, 16–20 never
//	21–25  bank A, commune 1: credited day 1, no source says anything
//	26–28  bank A, commune 2: rejected; 29 in doubt; 30 returned on day 4, covered
//	31–40  provider, commune 2: paid on day 3, no source; 40 is the same person as 39
func worked(t *testing.T) *world {
	t.Helper()
	var payments []payment
	for no := int64(1); no <= 40; no++ {
		p := payment{no: no, person: no, section: 1, channel: "A", bin: "999001"}
		if no > 25 {
			p.section = 2
		}
		if no > 30 {
			p.channel, p.bin = "P1", ""
		}
		if no == 40 {
			p.person = 39
		}
		payments = append(payments, p)
	}
	w := newWorld(t, payments)
	span := func(from, to int64) []int64 {
		var list []int64
		for no := from; no <= to; no++ {
			list = append(list, no)
		}
		return list
	}
	w.order(due.AddDays(-2), w.all()...)
	w.leg(due.AddDays(1), ledger.LegPaidSent, append(span(1, 25), 30)...)
	w.leg(due.AddDays(1), ledger.LegRejected, span(26, 28)...)
	w.exec(`INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, why, submission, section, channel, amount)
		SELECT batch, no, 1, 'doubt', '2026-02-01', 'timeout', 0, section, channel, amount FROM payout.payment WHERE batch = 15001 AND no = 29`)
	w.leg(due.AddDays(4), ledger.LegReturned, 30)
	w.leg(due.AddDays(3), ledger.LegListPaid, span(31, 40)...)

	r := rows{promise: timeliness.Promise{FileID: "W1", Scope: "tài khoản lõi mới", From: due.AddDays(1), To: due.AddDays(10), Complete: endOf(due.AddDays(10))}}
	for _, no := range append(span(1, 20), 30) {
		var at time.Time
		switch {
		case no <= 10:
			at = noon(due.AddDays(2))
		case no <= 15:
			at = noon(due.AddDays(5))
		}
		r.rows = append(r.rows, row(no, 1, due.AddDays(1), due.AddDays(10), at))
	}
	w.take(file("A", 1, noon(due.AddDays(11)), r))
	return w
}

func TestComputeByHand(t *testing.T) {
	t.Parallel()
	w := worked(t)
	table, err := timeliness.Compute(t.Context(), w.db, batch, noon(due.AddDays(15)))
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) *int { return &n }
	percent := func(n int) *timeliness.Percent { p := timeliness.Percent(n); return &p }
	all := timeliness.Line{
		Dimension: timeliness.All, People: 39, Payments: 40, FewHidden: false,
		Drawn:    timeliness.Clock{Reached: 39, Median: day(0), P90: day(0)},
		Ordered:  timeliness.Clock{Reached: 39, Median: day(0), P90: day(0)},
		Credited: timeliness.Clock{Reached: 34, Median: day(1)}, // 25 + 9; 35.1 would be nine tenths
		Covered:  21, CoveredShare: 538,
		Median: day(5), // 10 of 21 by day 2, then 5 more of 10 left: 15/21
		Shares: []timeliness.Share{
			// Day 1: nobody is proved; certainly without: 20 covered, 4 rejected or returned, 9 credited on day 3 only.
			{Days: 1, Curve: percent(0), Lowest: 0, Highest: 154}, // 6 of 39
			{Days: 3, Curve: percent(476), Lowest: 256, Highest: 642},
			{Days: 7, Curve: percent(714), Lowest: 384, Highest: 770},
			{Days: 14, Lowest: 384, Highest: 898}, // coverage has ended: the five may have come since
			{Days: 30, Pending: true},
		},
	}
	daily := table.Rows[0].Daily
	if table.Rows[0].Daily = nil; len(daily) != 15 {
		t.Fatalf("%d days drawn, want 0 to 14", len(daily))
	}
	for _, s := range all.Shares[:4] { // what is drawn is what is said
		if diff := cmp.Diff(s, daily[s.Days]); diff != "" {
			t.Errorf("day %d (-share +drawn):\n%s", s.Days, diff)
		}
	}
	for i, l := range table.Rows[1:] {
		if l.Daily != nil {
			t.Errorf("row %d, of a part of the people, has days of its own", i+1)
		}
	}
	if diff := cmp.Diff(all, table.Rows[0]); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	var keys []string
	for _, l := range table.Rows {
		keys = append(keys, string(l.Dimension)+" "+l.Key)
	}
	if diff := cmp.Diff([]string{"all ", "commune 00001", "commune 00002", "bank 999001", "channel A", "channel P1"}, keys); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if p1 := table.Rows[5]; !p1.Suppressed || p1.People != 0 { // nine people
		t.Errorf("provider's line = %+v, want it suppressed", p1)
	}
	if a := table.Rows[4]; !a.Suppressed { // 30 people, but 39 − 30 would tell the nine
		t.Errorf("bank's line = %+v, want it suppressed with the provider's", a)
	}
	if len(table.Sources) != 1 || table.Sources[0].Covered != 21 || table.Sources[0].Scope != "tài khoản lõi mới" {
		t.Errorf("sources = %+v, want bank A with 21 payments", table.Sources)
	}
}

func TestComputeBeforeThePastHasEnded(t *testing.T) {
	t.Parallel()
	w := worked(t)
	// On day 5 the days up to 4 have ended: the five of day 5 are not known yet.
	table, err := timeliness.Compute(t.Context(), w.db, batch, noon(due.AddDays(5)))
	if err != nil {
		t.Fatal(err)
	}
	s := table.Rows[0].Shares
	if s[1].Pending || s[1].Lowest != 256 || !s[2].Pending {
		t.Errorf("shares = %+v, want day 3 with 25.6 and day 7 pending", s)
	}
}

// Payment 1 of the worked batch is used on day 2, but comes back whole on day 6
// and is paid again: only the second attempt's event may count.
func TestMoneyThatCameBackDoesNotCountAsHeld(t *testing.T) {
	t.Parallel()
	w := worked(t)
	lowest := func() timeliness.Percent {
		t.Helper()
		table, err := timeliness.Compute(t.Context(), w.db, batch, noon(due.AddDays(15)))
		if err != nil {
			t.Fatal(err)
		}
		return table.Rows[0].Shares[3].Lowest // by day 14
	}
	w.leg(due.AddDays(6), ledger.LegReturned, 1)
	if got := lowest(); got != 358 { // 14 of 39
		t.Errorf("after the return: lowest = %d, want 358", got)
	}
	w.order(due.AddDays(7), 1)
	w.leg(due.AddDays(8), ledger.LegPaidSent, 1)
	if got := lowest(); got != 358 {
		t.Errorf("paid again, no event yet: lowest = %d, want 358", got)
	}
	w.take(file("A", 2, noon(due.AddDays(14)), rows{rows: []timeliness.Row{row(1, 2, due.AddDays(8), due.AddDays(13), noon(due.AddDays(9)))}}))
	if got := lowest(); got != 384 { // 15 of 39
		t.Errorf("withdrawn again: lowest = %d, want 384", got)
	}
}

func TestATableIsJSONWithAmountsOfDaysAsNumbers(t *testing.T) {
	t.Parallel()
	w := worked(t)
	table, err := timeliness.Compute(t.Context(), w.db, batch, noon(due.AddDays(15)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Due  string
		Rows []struct {
			Median *int   `json:"median_days"`
			Share  string `json:"covered_share"`
		}
	}
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if read.Due != "2026-02-01" || *read.Rows[0].Median != 5 || read.Rows[0].Share != "53.8" {
		t.Errorf("read back %+v from %s", read, text)
	}
}

func TestComputeOfNoBatch(t *testing.T) {
	t.Parallel()
	w := five(t)
	if _, err := timeliness.Compute(t.Context(), w.db, 1, noon(due)); !errors.Is(err, payout.ErrNoBatch) {
		t.Errorf("error = %v, want ErrNoBatch", err)
	}
}
