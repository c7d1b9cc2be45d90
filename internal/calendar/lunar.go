package calendar

import (
	"errors"
	"fmt"
	"sync"
)

// ErrLunarYear means a year for which we compute no lunar days.
var ErrLunarYear = errors.New("lunar days are computed from Tet 1900 to 2199 only")

// ErrLunarDay means a lunar day that the year does not have, such as day 30 of
// a short month or a leap month that is not there.
var ErrLunarDay = errors.New("no such lunar day")

const lunarYearMin, lunarYearMax = 1900, 2199

// Lunar is a day of the Vietnamese lunar calendar. Year is the Gregorian year
// in which that lunar year's Tet falls.
//
// For days before 1968 the computed calendar is the one of today's rules;
// almanacs of that time followed other meridians. In 2077 (month 10), 2085
// (month 9) and 2175 (month 1) the moon is new within a minute of midnight:
// how fast the earth turns until then may still move those months by a day.
type Lunar struct {
	Year, Month, Day int
	Leap             bool // the second month of that number
}

// LunarOf returns the lunar day of d, or ErrLunarYear.
func LunarOf(d Date) (Lunar, error) {
	if d.Year() < lunarYearMin || d.Year() > lunarYearMax {
		return Lunar{}, fmt.Errorf("lunar day of %s: %w", d, ErrLunarYear)
	}
	n := d.julianDay()
	year := d.Year()
	months := monthsOf(year)
	if n < months[0].start {
		year--
		if year < lunarYearMin {
			return Lunar{}, fmt.Errorf("lunar day of %s: %w", d, ErrLunarYear)
		}
		months = monthsOf(year)
	}
	for _, m := range months {
		if n < m.start+m.days {
			return Lunar{Year: year, Month: m.number, Day: n - m.start + 1, Leap: m.leap}, nil
		}
	}
	panic(fmt.Sprintf("calendar: %s is in no month of lunar year %d", d, year))
}

// SolarOf returns the day on which l falls, ErrLunarDay or ErrLunarYear.
func SolarOf(l Lunar) (Date, error) {
	if l.Year < lunarYearMin || l.Year > lunarYearMax {
		return Date{}, fmt.Errorf("solar day of the lunar day %d/%d of %d: %w", l.Day, l.Month, l.Year, ErrLunarYear)
	}
	for _, m := range monthsOf(l.Year) {
		if m.number == l.Month && m.leap == l.Leap && 1 <= l.Day && l.Day <= m.days {
			return fromJulianDay(m.start + l.Day - 1), nil
		}
	}
	return Date{}, fmt.Errorf("solar day of the lunar day %d/%d of %d: %w", l.Day, l.Month, l.Year, ErrLunarDay)
}

// Tet returns the first day of the lunar year, or ErrLunarYear.
func Tet(year int) (Date, error) {
	return SolarOf(Lunar{Year: year, Month: 1, Day: 1})
}

// LunarMonthDays returns 29 or 30, the length of a lunar month. Month 12 of
// the year before Tet tells whether there is a "30 Tết".
func LunarMonthDays(year, month int, leap bool) (int, error) {
	if year < lunarYearMin || year > lunarYearMax {
		return 0, fmt.Errorf("days of lunar month %d/%d: %w", month, year, ErrLunarYear)
	}
	for _, m := range monthsOf(year) {
		if m.number == month && m.leap == leap {
			return m.days, nil
		}
	}
	return 0, fmt.Errorf("days of lunar month %d/%d: %w", month, year, ErrLunarDay)
}

var (
	stems = [10]string{"Giáp", "Ất", "Bính", "Đinh", "Mậu", "Kỷ", "Canh", "Tân", "Nhâm", "Quý"}
	signs = [12]string{"Tý", "Sửu", "Dần", "Mão", "Thìn", "Tỵ", "Ngọ", "Mùi", "Thân", "Dậu", "Tuất", "Hợi"}
)

// CanChi returns the name of a lunar year: "Bính Ngọ" for 2026.
func CanChi(year int) string {
	return stems[mod(year-4, 10)] + " " + signs[mod(year-4, 12)]
}

func mod(a, n int) int { return (a%n + n) % n }

// lunarMonth is one month as computed: start is the Julian day of its day 1.
type lunarMonth struct {
	number int
	leap   bool
	start  int
	days   int
}

var lunarYears sync.Map // year → []lunarMonth; computing one takes some 50 µs

// monthsOf returns the months 1 to 12 of a lunar year, with its leap month.
func monthsOf(year int) []lunarMonth {
	if known, ok := lunarYears.Load(year); ok {
		return known.([]lunarMonth)
	}
	var months []lunarMonth
	// A lunar year lies in two runs from winter solstice to winter solstice: its
	// months 1–10 in the first, 11 and 12 at the start of the second. A leap
	// month carries the number it repeats, so it stays with it.
	for _, m := range solsticeRun(year-1, vietnam) {
		if m.number <= 10 {
			months = append(months, m)
		}
	}
	for _, m := range solsticeRun(year, vietnam) {
		if m.number >= 11 {
			months = append(months, m)
		}
	}
	lunarYears.Store(year, months)
	return months
}

// solsticeRun returns the 12 or 13 months from the one with year's winter
// solstice (always month 11) up to the one before the next. With 13, the first
// without a principal term (the sun entering a multiple of 30°) repeats the
// number before it.
func solsticeRun(year int, at meridian) []lunarMonth {
	first, end := solsticeLunation(year, at), solsticeLunation(year+1, at)
	months := make([]lunarMonth, 0, end-first)
	leapLeft := end-first == 13
	number := 10
	for k := first; k < end; k++ {
		start, next := at.newMoonDay(k), at.newMoonDay(k+1)
		leap := leapLeft && k > first && at.sunSector(start) == at.sunSector(next)
		if leap {
			leapLeft = false
		} else {
			number = number%12 + 1
		}
		months = append(months, lunarMonth{number: number, leap: leap, start: start, days: next - start})
	}
	return months
}

// solsticeLunation returns the number of the lunation that holds the winter
// solstice of year.
func solsticeLunation(year int, at meridian) int {
	solstice := at.solsticeDay(year)
	k := lunationNear(year + 1)
	for at.newMoonDay(k) > solstice {
		k--
	}
	for at.newMoonDay(k+1) <= solstice {
		k++
	}
	return k
}
