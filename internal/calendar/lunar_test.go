package calendar

import (
	"encoding/csv"
	"errors"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const beijing meridian = 8

// TestLunarAgreesWithTetDates reads the 36 years 2015–2050 of tet-dates.csv:
// Tet at both meridians, the length of month 12 before it, the kitchen gods'
// day and the Hung Kings' day.
func TestLunarAgreesWithTetDates(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/tet-dates.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want, got := 37, len(rows); got != want {
		t.Fatalf("tet-dates.csv has %d rows, want a header and 36 years", got)
	}
	solar := func(l Lunar) string {
		d, err := SolarOf(l)
		if err != nil {
			t.Fatalf("SolarOf(%+v): %v", l, err)
		}
		return d.String()
	}
	for _, want := range rows[1:] {
		year, err := strconv.Atoi(want[0])
		if err != nil {
			t.Fatal(err)
		}
		days, err := LunarMonthDays(year-1, 12, false)
		if err != nil {
			t.Fatal(err)
		}
		vn, cn := solar(Lunar{Year: year, Month: 1, Day: 1}), newYearAt(year, beijing).String()
		differs := "no"
		if vn != cn {
			differs = "yes"
		}
		got := []string{
			want[0], CanChi(year), vn, cn, differs, strconv.Itoa(days),
			solar(Lunar{Year: year - 1, Month: 12, Day: 23}),
			solar(Lunar{Year: year - 1, Month: 12, Day: 20}),
			solar(Lunar{Year: year, Month: 3, Day: 10}),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d (-want +got):\n%s", year, diff)
		}
	}
}

// TestLunarAgreesWithLibastro compares every month from 1968 to 2199 with
// figures of another program and another theory of sun and moon.
func TestLunarAgreesWithLibastro(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/lunar-years.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	in := csv.NewReader(file)
	in.Comment = '#'
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want, got := 233, len(rows); got != want {
		t.Fatalf("lunar-years.csv has %d rows, want a header and 232 years", got)
	}
	for _, want := range rows[1:] {
		year, err := strconv.Atoi(want[0])
		if err != nil {
			t.Fatal(err)
		}
		leap, days := 0, ""
		for _, m := range monthsOf(year) {
			if m.leap {
				leap = m.number
			}
			days += map[int]string{29: "S", 30: "L"}[m.days]
		}
		tet, err := Tet(year)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, []string{want[0], tet.String(), strconv.Itoa(leap), days}); diff != "" {
			t.Errorf("%d (-want +got):\n%s", year, diff)
		}
	}
}

// TestTetDiffersFromBeijingInKnownYears: the years in which Vietnam and China
// kept different new years, and those of a common day between them.
func TestTetDiffersFromBeijingInKnownYears(t *testing.T) {
	t.Parallel()
	tests := map[int]struct{ vn, cn string }{
		1968: {"1968-01-29", "1968-01-30"},
		1969: {"1969-02-16", "1969-02-17"},
		1985: {"1985-01-21", "1985-02-20"},
		1986: {"1986-02-09", "1986-02-09"},
		2007: {"2007-02-17", "2007-02-18"},
		2030: {"2030-02-02", "2030-02-03"},
	}
	for year, want := range tests {
		got, err := Tet(year)
		if err != nil || got.String() != want.vn {
			t.Errorf("Tet(%d) = %s, %v; want %s", year, got, err, want.vn)
		}
		if got := newYearAt(year, beijing).String(); got != want.cn {
			t.Errorf("new year %d in Beijing = %s, want %s", year, got, want.cn)
		}
	}
}

func TestLunarOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		date string
		want Lunar
	}{
		"Tet Bính Ngọ":                      {"2026-02-17", Lunar{2026, 1, 1, false}},
		"the eve belongs to the old year":   {"2026-02-16", Lunar{2025, 12, 29, false}},
		"leap sixth month of 2025 begins":   {"2025-07-25", Lunar{2025, 6, 1, true}},
		"and the month before it ends":      {"2025-07-24", Lunar{2025, 6, 30, false}},
		"leap second month of 2023 begins":  {"2023-03-22", Lunar{2023, 2, 1, true}},
		"leap fourth month of 2020 begins":  {"2020-05-23", Lunar{2020, 4, 1, true}},
		"leap eleventh month of 2033":       {"2033-12-22", Lunar{2033, 11, 1, true}},
		"mid-autumn 2026":                   {"2026-09-25", Lunar{2026, 8, 15, false}},
		"leap second month of 1985 in here": {"1985-03-21", Lunar{1985, 2, 1, true}},
		"the first computed year":           {"1900-01-31", Lunar{1900, 1, 1, false}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			date, err := ParseISO(tt.date)
			if err != nil {
				t.Fatal(err)
			}
			got, err := LunarOf(date)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("LunarOf(%s) (-want +got):\n%s", tt.date, diff)
			}
		})
	}
}

// TestEveryLunarDayGoesBack walks three centuries: each day has one lunar day,
// which leads back to it, and years have 12 or 13 months of 29 or 30 days.
func TestEveryLunarDayGoesBack(t *testing.T) {
	t.Parallel()
	for d := Must(1900, 1, 31); d.Before(Must(2199, 12, 31)); d = d.AddDays(1) {
		l, err := LunarOf(d)
		if err != nil {
			t.Fatal(err)
		}
		back, err := SolarOf(l)
		if err != nil || back != d {
			t.Fatalf("SolarOf(LunarOf(%s) = %+v) = %s, %v", d, l, back, err)
		}
	}
	for year := lunarYearMin; year <= lunarYearMax; year++ {
		months := monthsOf(year)
		leaps, next := 0, months[0].start
		for _, m := range months {
			if m.start != next || m.days != 29 && m.days != 30 {
				t.Errorf("year %d, month %d begins at %d and has %d days", year, m.number, m.start, m.days)
			}
			next = m.start + m.days
			if m.leap {
				leaps++
			}
		}
		if len(months) != 12+leaps || leaps > 1 {
			t.Errorf("year %d has %d months, %d leap", year, len(months), leaps)
		}
		if following := monthsOf(year + 1)[0].start; following != next {
			t.Errorf("year %d ends at %d, year %d begins at %d", year, next, year+1, following)
		}
	}
}

func TestLunarRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lunar Lunar
		want  error
	}{
		"day 30 of a short month":  {Lunar{2025, 12, 30, false}, ErrLunarDay},
		"a leap month not there":   {Lunar{2026, 6, 1, true}, ErrLunarDay},
		"month 13":                 {Lunar{2026, 13, 1, false}, ErrLunarDay},
		"day 0":                    {Lunar{2026, 1, 0, false}, ErrLunarDay},
		"before the computed ones": {Lunar{1899, 1, 1, false}, ErrLunarYear},
		"after the computed ones":  {Lunar{2200, 1, 1, false}, ErrLunarYear},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := SolarOf(tt.lunar); !errors.Is(err, tt.want) {
				t.Errorf("SolarOf(%+v) = %s, %v; want %v", tt.lunar, got, err, tt.want)
			}
		})
	}
	if got, err := LunarOf(Must(2200, 1, 1)); !errors.Is(err, ErrLunarYear) {
		t.Errorf("LunarOf(2200-01-01) = %+v, %v; want ErrLunarYear", got, err)
	}
	if got, err := LunarOf(Must(1900, 1, 30)); !errors.Is(err, ErrLunarYear) {
		t.Errorf("LunarOf(1900-01-30) = %+v, %v; want ErrLunarYear", got, err)
	}
	if _, err := LunarOf(Date{}); !errors.Is(err, ErrLunarYear) {
		t.Errorf("LunarOf of no date: error %v, want ErrLunarYear", err)
	}
}

// newYearAt computes the new year for another meridian by the same rules.
func newYearAt(year int, at meridian) Date {
	for _, m := range solsticeRun(year-1, at) {
		if m.number == 1 && !m.leap {
			return fromJulianDay(m.start)
		}
	}
	return Date{}
}
