package registry

import (
	"slices"
	"strings"

	"ansinh/internal/calendar"
)

// birthOrder watches for births written month first, as a program set to American
// dates writes them into a .csv: 02/25/1961 can only be that, and then nobody knows
// what 02/10/1940 in another row of the same list is.
type birthOrder struct {
	first int   // the first row with a birth that can only be month first; 0 = none
	open  []int // rows whose birth is a day either way round
}

// swapped turns d/m/yyyy around, for a text that reads as a day with the month
// first.
func swapped(text string) (calendar.Date, bool) {
	for _, separator := range []string{"/", "-", "."} {
		if parts := strings.Split(strings.TrimSpace(text), separator); len(parts) == 3 {
			date, err := calendar.ParseVietnamese(parts[1] + separator + parts[0] + separator + parts[2])
			return date, err == nil
		}
	}
	return calendar.Date{}, false
}

// note remembers a row whose birth was read day first and is a day as well with
// the month first.
func (o *birthOrder) note(row int, text string, birth Birth) {
	if birth.precision() != PrecisionDay || birth.Date.Day() > 12 || birth.Date.Day() == int(birth.Date.Month()) {
		return
	}
	if other, ok := swapped(text); ok && other.Year() == birth.Year {
		o.open = append(o.open, row)
	}
}

// monthFirst offers the day that a birth can only mean with the month first.
func (r *lineReader) monthFirst(text string) (Birth, bool) {
	date, ok := swapped(text)
	if !ok {
		return Birth{}, false
	}
	birth, ok := dayOfBirth(date)
	if !ok {
		return Birth{}, false
	}
	if r.order.first == 0 {
		r.order.first = r.row.No
	}
	r.offer(date.Vietnamese(), BirthMonthFirst, ColBirth)
	return birth, true
}

// checkOrder names the rows that may have day and month the wrong way round,
// where another row of the list certainly has.
func (l *List) checkOrder(h header, o birthOrder) {
	if o.first == 0 {
		return
	}
	for _, line := range l.Lines {
		if _, open := slices.BinarySearch(o.open, line.Row); open {
			f := h.finding(l.Sheet, Row{No: line.Row}, BirthOrder, ColBirth, []any{o.first})
			f.Value = line.Birth.Date.Vietnamese()
			if other, ok := swapped(f.Value); ok {
				f.Proposed = other.Vietnamese()
			}
			l.Findings = append(l.Findings, f)
		}
	}
}
