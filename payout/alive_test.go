package payout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/internal/calendar"
	"ansinh/payout"
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
