package demolist

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// SeededChanges is the list of a month told by its changes against the month
// before, with known faults of its own: those that only such a list can have. What it
// changes counts when the corrections are made, in people: each has one category.
type SeededChanges struct {
	SeededList
	Before, Added, Removed, Changed int
}

// After is how many there are afterwards.
func (c *SeededChanges) After() int { return c.Before + c.Added - c.Removed }

// The marks as a person chooses them.
const (
	markAdded   = "Tăng"
	markRemoved = "Giảm"
	markChanged = "Đổi"
)

// changer makes a change list out of the rows of the month before.
type changer struct {
	seeder
	changes *SeededChanges
	base    []seedRow // not yet used
	held    bool      // an end is faulty, or a mark unclear
	absent  bool      // a row was deleted
}

// Changes makes the list of the month after a clean list: a few people come, go and
// change, and the given number of faults is among them, each of another kind until all
// kinds are used. It panics where the list has too few people for them.
func (l *SeededList) Changes(seed uint64, faults int) *SeededChanges {
	rng := rand.New(rand.NewPCG(seed, 43))
	made := &SeededChanges{SeededList: SeededList{Sheet: l.Sheet, marked: true}, Before: l.Rows}
	c := &changer{seeder: seeder{rng: rng, list: &made.SeededList, next: 10_000 + l.Rows}, changes: made, base: slices.Clone(l.rows)}
	order := rng.Perm(len(changeFaults))
	for i := range faults {
		c.plain(i)
		changeFaults[order[i%len(order)]](c)
	}
	for n := 0; len(c.base) > 0; n++ {
		c.plain(n)
	}
	for _, whole := range []struct {
		found bool
		code  string
	}{{c.absent, "LIST-CHANGE-ABSENT"}, {c.held, "LIST-CHANGE-HELD"}} {
		if whole.found {
			made.Findings = append(made.Findings, SeededFinding{Code: whole.code, Severity: "error"})
		}
	}
	slices.Sort(made.Refused)
	made.Refused = slices.Compact(made.Refused)
	return made
}

// ChangeFaults is how many kinds of faults Changes knows.
func ChangeFaults() int { return len(changeFaults) }

// known takes the next person of the month before.
func (c *changer) known() seedRow {
	if len(c.base) == 0 {
		panic("demolist: more faults than people to have them")
	}
	r := c.base[0]
	c.base = c.base[1:]
	return r
}

// plain adds a row that says something true: mostly that nothing changed.
func (c *changer) plain(n int) {
	switch n % 6 {
	case 1:
		c.added(markAdded)
	case 3:
		r := c.known()
		r.cells[sNote], r.mark = "đã chuyển đi", markRemoved
		c.changes.Removed++
		c.add(r)
	case 5:
		r := c.otherWay()
		r.mark = markChanged
		c.add(r)
	default:
		c.add(c.known())
	}
}

// added adds a person who comes, with the mark given, and returns the row.
func (c *changer) added(mark string) int {
	r := c.person()
	r.mark = mark
	c.changes.Added++
	return c.add(r)
}

// otherWay is a person of the month before whose money goes elsewhere from now on.
func (c *changer) otherWay() seedRow {
	r := c.known()
	c.next++
	c.toAccount(&r)
	c.changes.Changed++
	return r
}

// wrongMark notes a fault of the mark and the right one.
func (c *changer) wrongMark(row int, severity, code, right string) {
	c.say(row, seedColumns, severity, code)
	c.mend(row, seedColumns, right)
}

// changeFaults are the kinds of faults, in no order.
var changeFaults = []func(*changer){
	func(c *changer) {
		r := c.known()
		r.mark = "xem lại"
		c.wrongMark(c.add(r), "error", "LIST-CHANGE-UNKNOWN", "")
		c.held = true
	},
	func(c *changer) {
		r := c.known()
		r.cells[sNote], r.mark = "đã chuyển đi", "Giãmm"
		c.changes.Removed++
		c.wrongMark(c.add(r), "repair", "LIST-CHANGE-NEAR", markRemoved)
		c.held = true
	},
	func(c *changer) {
		r := c.known()
		r.cells[sDecision], r.cells[sNote], r.mark = nil, nil, markRemoved
		c.changes.Removed++
		row := c.add(r)
		c.say(row, sDecision, "error", "LIST-CHANGE-REASON")
		c.mend(row, sNote, "đã chuyển đi")
		c.held = true
	},
	func(c *changer) {
		r := c.known()
		r.mark = markAdded
		c.wrongMark(c.add(r), "error", "LIST-CHANGE-KNOWN", "")
	},
	func(c *changer) { c.wrongMark(c.added(markChanged), "error", "LIST-CHANGE-STRANGER", markAdded) },
	func(c *changer) {
		r := c.person()
		r.cells[sNote], r.mark = "đã chuyển đi", markRemoved
		row := c.add(r)
		c.say(row, seedColumns, "error", "LIST-CHANGE-STRANGER")
		c.list.Corrections = append(c.list.Corrections, Correction{Row: row})
		c.held = true
	},
	func(c *changer) { c.wrongMark(c.add(c.otherWay()), "repair", "LIST-CHANGE-UNMARKED", markChanged) },
	func(c *changer) { c.wrongMark(c.added(""), "error", "LIST-CHANGE-NEW", markAdded) },
	func(c *changer) { c.lost(sPhone, "0000999999") },
	func(c *changer) { c.lost(sDecision, "99/QĐ-UBND ngày 02/02/2026") },
	func(c *changer) { c.lost(sNote, "đã đổi số điện thoại") },
	func(c *changer) {
		r := c.known()
		r.cells[sBirth] = "29/01" + text(r.cells[sBirth])[5:] // no seeded day is above 28
		c.say(c.add(r), sBirth, "warning", "LIST-CHANGE-PERSON")
	},
	deletedRow,
}

// lost changes a cell of a row that is not marked: the person stays, the cell is not
// taken.
func (c *changer) lost(column int, value string) {
	r := c.known()
	r.cells[column] = value
	c.say(c.add(r), column, "warning", "LIST-CHANGE-IGNORED")
}

// deletedRow empties the row of a person who stays, and tells how to put it back.
func deletedRow(c *changer) {
	r := c.known()
	row := c.add(seedRow{nobody: true})
	for column, value := range r.cells {
		if value != nil {
			c.mend(row, column, value)
		}
	}
	c.absent = true
}

// String tells what the list changes.
func (c *SeededChanges) String() string {
	return fmt.Sprintf("%d + %d - %d = %d, %d changed", c.Before, c.Added, c.Removed, c.After(), c.Changed)
}
