package calendar

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed holidays.csv
var holidaysCSV string

// Holiday is a day off by law or by a decision.
type Holiday struct {
	Date           Date
	NameVI, NameEN string
	// Basis is the law or decision that gives the day.
	Basis string
	// Substitute says that the day stands in for a holiday on a weekend.
	Substitute bool
}

// Amendment is one day that a yearly decision changes: a day off, or a weekend
// day that is worked in exchange.
type Amendment struct {
	Date           Date
	Worked         bool // a day to work; false is a day off
	NameVI, NameEN string
	Basis          string
}

// Calendar knows which days are worked. It is made once and never changes, so
// any number of goroutines may share it.
type Calendar struct {
	rules      []holidayRule
	amendments map[Date]Amendment
	years      sync.Map // year → []Holiday
}

type holidayRule struct {
	key            string // month and day: 03-10
	month, day     int
	lunar          bool
	offset, days   int
	from, to       Date
	nameVI, nameEN string
	basis          string
}

var law = sync.OnceValue(func() *Calendar {
	c, err := Read(strings.NewReader(holidaysCSV))
	if err != nil {
		panic("calendar: embedded holidays.csv: " + err.Error())
	}
	return c
})

// Vietnam returns the calendar of the embedded holidays.csv, without any
// yearly decision.
func Vietnam() *Calendar { return law() }

// Read returns a calendar from rows in the form of holidays.csv. An error
// names the line.
func Read(r io.Reader) (*Calendar, error) {
	in := csv.NewReader(r)
	in.Comment = '#'
	in.FieldsPerRecord = 9
	c := &Calendar{}
	for header := true; ; header = false {
		row, err := in.Read()
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read holidays: %w", err)
		}
		if header {
			continue
		}
		rule, err := readRule(row)
		if err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("read holidays, line %d: %w", line, err)
		}
		c.rules = append(c.rules, rule)
	}
}

func readRule(row []string) (holidayRule, error) {
	rule := holidayRule{key: row[0], nameVI: row[2], nameEN: row[3], basis: row[8]}
	if row[1] != "solar" && row[1] != "lunar" {
		return rule, fmt.Errorf("calendar %q is neither solar nor lunar", row[1])
	}
	rule.lunar = row[1] == "lunar"
	day, err := ParseISO("2000-" + row[0]) // a leap year; every lunar day but 30/2 exists in it
	if err != nil {
		return rule, fmt.Errorf("key %q: %w", row[0], err)
	}
	rule.month, rule.day = int(day.Month()), day.Day()
	if rule.offset, err = strconv.Atoi(row[4]); err != nil {
		return rule, fmt.Errorf("offset: %w", err)
	}
	if rule.days, err = strconv.Atoi(row[5]); err != nil {
		return rule, fmt.Errorf("days: %w", err)
	}
	if rule.days < 1 || rule.days > 14 || rule.offset < -14 || rule.offset > 14 {
		return rule, fmt.Errorf("offset %d and days %d are more than two weeks", rule.offset, rule.days)
	}
	if err := rule.from.UnmarshalText([]byte(row[6])); err != nil {
		return rule, fmt.Errorf("from: %w", err)
	}
	if err := rule.to.UnmarshalText([]byte(row[7])); err != nil {
		return rule, fmt.Errorf("to: %w", err)
	}
	return rule, nil
}

// Amend returns a calendar in which the given days are as a decision made
// them. A later amendment of the same day replaces an earlier one.
func (c *Calendar) Amend(days ...Amendment) *Calendar {
	amended := &Calendar{rules: c.rules, amendments: make(map[Date]Amendment, len(c.amendments)+len(days))}
	for date, a := range c.amendments {
		amended.amendments[date] = a
	}
	for _, a := range days {
		amended.amendments[a.Date] = a
	}
	return amended
}

// Holidays returns the days off of a year in order, weekends that are holidays
// and substitutes included, ordinary weekends not. Outside 1900 to 2199 the
// lunar feasts are missing.
func (c *Calendar) Holidays(year int) []Holiday {
	return slices.Clone(c.holidays(year))
}

// Holiday returns the holiday on d, if d is one.
func (c *Calendar) Holiday(d Date) (Holiday, bool) {
	days := c.holidays(d.Year())
	i, found := slices.BinarySearchFunc(days, d, func(h Holiday, d Date) int { return h.Date.Compare(d) })
	if !found {
		return Holiday{}, false
	}
	return days[i], true
}

// IsBusinessDay reports whether offices and banks work on d: Monday to Friday
// but for holidays, and weekends that a decision made working days.
func (c *Calendar) IsBusinessDay(d Date) bool {
	if a, ok := c.amendments[d]; ok {
		return a.Worked
	}
	if isWeekend(d) {
		return false
	}
	_, off := c.Holiday(d)
	return !off
}

// NextBusinessDay returns the first business day after d, never d itself.
func (c *Calendar) NextBusinessDay(d Date) Date { return c.AddBusinessDays(d, 1) }

// BusinessDayFrom returns d if it is a business day, else the next one.
func (c *Calendar) BusinessDayFrom(d Date) Date {
	return c.NextBusinessDay(d.AddDays(-1))
}

// AddBusinessDays returns the n-th business day after d, or before it for
// n < 0. For n = 0 it returns d as it is, worked or not. D+1 after a Saturday
// is Monday. A walk that leaves years 1 to 9999 ends in the zero Date.
func (c *Calendar) AddBusinessDays(d Date, n int) Date {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 && !d.IsZero() {
		d = d.AddDays(step)
		if c.IsBusinessDay(d) {
			n--
		}
	}
	return d
}

// BusinessDaysBetween returns how many business days lie after from, up to and
// including to; 0 if to is not after from.
func (c *Calendar) BusinessDaysBetween(from, to Date) int {
	count := 0
	for d := from.AddDays(1); !d.After(to) && !d.IsZero(); d = d.AddDays(1) {
		if c.IsBusinessDay(d) {
			count++
		}
	}
	return count
}

func (c *Calendar) holidays(year int) []Holiday {
	if known, ok := c.years.Load(year); ok {
		return known.([]Holiday)
	}
	days := map[Date]Holiday{}
	// A feast of a neighbouring year may reach into this one.
	for y := year - 1; y <= year+1; y++ {
		for _, h := range c.feasts(y) {
			if _, taken := days[h.Date]; !taken {
				days[h.Date] = h
			}
		}
	}
	c.substitute(days)
	for date, a := range c.amendments {
		if a.Worked {
			delete(days, date)
			continue
		}
		days[date] = Holiday{Date: date, NameVI: a.NameVI, NameEN: a.NameEN, Basis: a.Basis}
	}
	var list []Holiday
	for _, h := range days {
		if h.Date.Year() == year {
			list = append(list, h)
		}
	}
	slices.SortFunc(list, func(a, b Holiday) int { return a.Date.Compare(b.Date) })
	c.years.Store(year, list)
	return list
}

// feasts returns the days each rule gives for feasts of one year.
func (c *Calendar) feasts(year int) []Holiday {
	var out []Holiday
	for _, r := range c.rules {
		feast, ok := r.feast(year)
		if !ok {
			continue
		}
		for i := range r.days {
			out = append(out, Holiday{
				Date: feast.AddDays(r.offset + i), NameVI: r.nameVI, NameEN: r.nameEN, Basis: r.basis,
			})
		}
	}
	return out
}

func (r holidayRule) feast(year int) (Date, bool) {
	var feast Date
	var err error
	if r.lunar {
		feast, err = SolarOf(Lunar{Year: year, Month: r.month, Day: r.day})
	} else {
		feast, err = New(year, time.Month(r.month), r.day)
	}
	if err != nil {
		return Date{}, false // 29 February, or a lunar feast outside the computed years
	}
	if feast.Before(r.from) || !r.to.IsZero() && feast.After(r.to) {
		return Date{}, false
	}
	return feast, true
}

// substitute gives for each holiday on a weekend the next day that is neither
// weekend nor holiday (Labour Code 2019 Art 111, as we read it).
func (c *Calendar) substitute(days map[Date]Holiday) {
	var lost []Holiday
	for _, h := range days {
		if isWeekend(h.Date) {
			lost = append(lost, h)
		}
	}
	slices.SortFunc(lost, func(a, b Holiday) int { return a.Date.Compare(b.Date) })
	for _, h := range lost {
		next := h.Date.AddDays(1)
		for _, taken := days[next]; taken || isWeekend(next); _, taken = days[next] {
			next = next.AddDays(1)
		}
		h.Date, h.Substitute = next, true
		days[next] = h
	}
}

func isWeekend(d Date) bool {
	day := d.Weekday()
	return day == time.Saturday || day == time.Sunday
}
