package registry

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"ansinh/internal/calendar"
)

// ageRule is for which ages a category is. Years count by month, as the law
// does; ages and over count by calendar year.
type ageRule struct {
	from, below, orFrom int // 0 = no border
	ages                []int
	over                int
	year                int // the calendar year of ages and over
}

var ageRules = sync.OnceValue(func() map[string]ageRule {
	rules := make(map[string]ageRule)
	for _, r := range mustTable("data/category-ages.csv") {
		number := func(text string) int {
			n, err := strconv.Atoi(text)
			if err != nil && text != "" {
				panic(fmt.Sprintf("registry: ages of %s: %v", r["code"], err))
			}
			return n
		}
		rule := ageRule{from: number(r["from"]), below: number(r["below"]), orFrom: number(r["or_from"]), over: number(r["over"]), year: number(r["year"])}
		for _, age := range strings.FieldsFunc(r["ages"], func(x rune) bool { return x == ';' }) {
			rule.ages = append(rule.ages, number(age))
		}
		rules[r["code"]] = rule
	}
	return rules
})

// String writes the ages in signs that need no language.
func (a ageRule) String() string {
	switch {
	case a.over > 0:
		return fmt.Sprintf("> %d", a.over)
	case len(a.ages) > 0:
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(a.ages), " ", ", "), "[]")
	case a.orFrom > 0:
		return fmt.Sprintf("< %d, %d+", a.below, a.orFrom)
	case a.from == 0:
		return fmt.Sprintf("< %d", a.below)
	case a.below == 0:
		return fmt.Sprintf("%d+", a.from)
	default:
		return fmt.Sprintf("%d–%d", a.from, a.below-1)
	}
}

const monthsPerYear = 12

// monthOf numbers the months of the calendar.
func monthOf(day calendar.Date) int { return day.Year()*monthsPerYear + int(day.Month()) - 1 }

// fits reports whether somebody born in a month may be in the category in the months
// from first to last. Where the law is not clear about the month of a birthday nobody
// is refused for it.
func (a ageRule) fits(born, first, last int) bool {
	reached := func(age int) bool { return born+age*monthsPerYear <= last }
	passed := func(age int) bool { return age > 0 && born+age*monthsPerYear < first }
	return a.orFrom > 0 && reached(a.orFrom) || reached(a.from) && !passed(a.below)
}

// listed returns the months the list may be for: its own, or where it names none that
// of the reading and the next, because lists are made a month ahead.
func (r *lineReader) listed() (first, last int) {
	if !r.month.IsZero() {
		return monthOf(r.month), monthOf(r.month)
	}
	return monthOf(r.today), monthOf(r.today) + 1
}

// checkAge holds the category against the birth date as far as it is known.
func (r *lineReader) checkAge(line *Line) {
	rule, ok := ageRules()[line.Category]
	if !ok || line.Birth.Year == 0 {
		return
	}
	if rule.year > 0 {
		age := rule.year - line.Birth.Year
		if !slices.Contains(rule.ages, age) && (rule.over == 0 || age <= rule.over) {
			r.find(CategoryAge, ColCategory, rule, line.Birth.Year)
		}
		return
	}
	first, last := r.listed()
	if line.Birth.Precision != PrecisionYear {
		if !rule.fits(monthOf(line.Birth.Date), first, last) {
			r.find(CategoryAge, ColCategory, rule, line.Birth.Date.Year())
		}
		return
	}
	months := 0
	for month := range monthsPerYear {
		if rule.fits(line.Birth.Year*monthsPerYear+month, first, last) {
			months++
		}
	}
	switch months {
	case monthsPerYear:
	case 0:
		r.find(CategoryAge, ColCategory, rule, line.Birth.Year)
	default:
		r.find(CategoryYear, ColCategory, rule, line.Birth.Year)
	}
}
