package payout_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/internal/calendar"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
)

// Who was recorded as dead is carried into no list of changes. Alive after all, he waits
// for somebody in each month that left him out, until a list of that month brings him.
func TestWhoIsAliveAfterAllWaitsInTheMonthThatLeftHimOut(t *testing.T) {
	t.Parallel()
	o, c := inJanuary(t)
	alive := c.people[2]
	person := o.record(alive)
	o.done(person, people.Died{}, calendar.Must(2026, 1, 20))
	var batches []string
	for _, month := range []calendar.Date{february, march} {
		o.in(month)
		c.newcomer()
		list := o.takeMonth(c.short(t))
		batch := o.declare(assistance, 9, 90_000_000)
		if got := o.plan(batch); got.LeftOut["dead"] != 0 {
			t.Errorf("%v leaves out %v, want the dead carried nowhere", month, got.LeftOut)
		}
		if got := o.openRows(payout.OpenRowFilter{}); len(got) != 0 {
			t.Errorf("while he is dead %v wait", got)
		}
		if month == february { // March carried February's people, and he was none
			batches = o.rows(`SELECT format('%s %s/%s LIST-PERSON-ALIVE', $1::int, $2::bigint, max(row_no) + 1) FROM registry.list_row WHERE list = $2`, batch, list.List)
		}
	}
	o.done(person, people.LivesAfterAll{}, calendar.Date{})
	if got := o.openRows(payout.OpenRowFilter{}); !cmp.Equal(got, batches) {
		t.Errorf("alive after all, %v wait; want %v", got, batches)
	}
	o.month = february
	late := o.takeMonth((&commune{people: []assisted{alive}}).whole(t))
	if late.Settled != 1 || len(o.openRows(payout.OpenRowFilter{})) != 0 {
		t.Errorf("the late list settles %d rows, %v wait; want one settled", late.Settled, o.openRows(payout.OpenRowFilter{}))
	}
	if got := o.plan(o.declare(assistance, 9, 90_000_000)); got.Payments != 1 {
		t.Errorf("the further batch pays %d, want the one alive", got.Payments)
	}
}

// A row dropped because of a death waits again when the death was none, reported or
// confirmed; one left out for another reason does not.
func TestWhatWasDroppedForADeathThatIsNoneWaitsAgain(t *testing.T) {
	t.Parallel()
	for name, confirmed := range map[string]bool{"the report is refused": false, "the death is withdrawn": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, c := inJanuary(t)
			o.month = january
			other := c.people[0]
			other.category = elderDisabled // a second level: the row of the first is left out
			o.takeMonth((&commune{people: []assisted{other}}).whole(t))
			person := o.record(c.people[2])
			batch := o.declare(assistance, 9, 90_000_000)
			d := o.desk()
			report, err := d.Propose(t.Context(), people.Proposal{Person: person, Change: people.Died{}, From: calendar.Must(2025, 12, 20), Paper: people.Paper{No: "1/KT", Date: january},
				Why: "giấy báo tử", By: "hung"})
			if err == nil && confirmed {
				_, err = d.Confirm(t.Context(), report.ID, people.SealWith(o.city, report))
			}
			if err != nil {
				t.Fatal(err)
			}
			o.plan(batch)
			o.now = o.now.Add(time.Hour)
			all := o.openRows(payout.OpenRowFilter{Batch: batch})
			if n, err := o.decide(payout.RowsDecision{Kind: registry.RowDropped, Rows: payout.OpenRowFilter{Batch: batch}, Reason: "đã xem", ByOne: "hung", ByTwo: "mai"}); err != nil || n != 2 || len(all) != 2 {
				t.Fatalf("%d of %v were dropped, %v; want the dead and the other level", n, all, err)
			}
			if confirmed {
				o.done(person, people.LivesAfterAll{}, calendar.Date{})
			} else if _, err := d.Refuse(t.Context(), report.ID, "nhầm", people.SealRefusal(o.city, report, "nhầm")); err != nil {
				t.Fatal(err)
			}
			found, err := payout.OpenRows(t.Context(), o.db, payout.OpenRowFilter{})
			if err != nil || len(found) != 1 || !found[0].Moved || found[0].Name != c.people[2].name() {
				t.Errorf("then %+v wait, %v; want the one row of who is alive", found, err)
			}
		})
	}
}
