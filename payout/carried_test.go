package payout_test

import (
	"crypto/rand"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/payout"
	"ansinh/registry/people"
)

// desk changes people's records: hung proposes, mai confirms.
func (o *office) desk() *people.Desk {
	return &people.Desk{DB: o.db, Keys: payoutKeys(o.t), Random: rand.Reader, Now: func() time.Time { return o.now }, Office: payout.PeopleOffice{}}
}

// done has an act proposed and, where it takes two, confirmed.
func (o *office) done(person int64, c people.Change, from calendar.Date) people.Act {
	o.t.Helper()
	d := o.desk()
	act, err := d.Propose(o.t.Context(), people.Proposal{Person: person, Change: c, From: from, Paper: people.Paper{No: "12/GCN", Date: january}, Why: "giấy tờ", By: "hung"})
	if err == nil && act.Outcome == "" {
		act, err = d.Confirm(o.t.Context(), act.ID, people.SealWith(o.city, act))
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return act
}

// inJanuary is a commune of six people of whom January's whole list was taken, and the
// office at the beginning of February.
func inJanuary(t *testing.T) (*office, *commune) {
	t.Helper()
	o := newOffice(t)
	o.prepare()
	o.in(january)
	c := &commune{rng: mathrand.New(mathrand.NewPCG(179, 1)), next: 10} // none of another amount
	for range 6 {
		c.add("")
	}
	o.takeMonth(c.whole(t))
	o.in(february)
	return o, c
}

// newcomer adds somebody marked Tăng, so that a short list says something.
func (c *commune) newcomer() {
	for i := range c.people {
		c.people[i].mark = ""
	}
	c.add("Tăng")
}

func (o *office) record(a assisted) int64 {
	o.t.Helper()
	var person int64
	err := o.db.QueryRow(o.t.Context(), `SELECT id FROM registry.person WHERE id_index = $1`, payoutKeys(o.t).Index(crypt.FieldID, crypt.Secret(a.id()))).Scan(&person)
	if err != nil {
		o.t.Fatal(err)
	}
	return person
}

// Two records were merged by mistake when a list of changes carried their people. Told
// apart, each stands in that month as in the one before, and waits or is paid.
func TestRecordsToldApartStandInTheMonthsBetween(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]bool{"told apart before the plan": false, "told apart after the plan": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, c := inJanuary(t)
			kept, gone := o.record(c.people[0]), o.record(c.people[1])
			o.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
			c.newcomer()
			changes := o.takeMonth(c.short(t)).Changes
			if changes.Before != 5 || changes.After != 6 {
				t.Errorf("changes %+v, want five rights before and six after", *changes)
			}
			o.now = o.now.Add(time.Hour)
			batch := o.declare(assistance, 9, 90_000_000)
			want := int64(7)
			if wait {
				want = 6
				o.plan(batch)
			}
			o.done(kept, people.NotSame{Gone: gone}, calendar.Date{})
			if wait {
				if got := o.openRows(payout.OpenRowFilter{Batch: batch}); len(got) != 1 {
					t.Errorf("told apart, %v wait; want the second one's row", got)
				}
			} else if got := o.plan(batch); got.Payments != want {
				t.Errorf("the plan pays %d, want %d", got.Payments, want)
			}
			o.in(march)
			c.newcomer()
			if got := *o.takeMonth(c.short(t)).Changes; got.Before != 7 || got.After != 8 {
				t.Errorf("the next month: %+v, want seven rights before and eight after", got)
			}
		})
	}
}

// A right that ends for a person with two records ends in both.
func TestARightOfTwoRecordsEndsInBoth(t *testing.T) {
	t.Parallel()
	o, c := inJanuary(t)
	kept, gone := o.record(c.people[0]), o.record(c.people[1])
	o.done(kept, people.SameAs{Gone: gone}, calendar.Date{})
	c.gone, c.people = c.people[:1], c.people[1:]
	if got := *o.takeMonth(c.short(t)).Changes; got.Before != 5 || got.Removed != 1 || got.After != 4 {
		t.Errorf("changes %+v, want one right of five ended", got)
	}
	if got := o.plan(o.declare(assistance, 9, 90_000_000)); got.Payments != 4 {
		t.Errorf("the plan pays %d, want 4", got.Payments)
	}
}
