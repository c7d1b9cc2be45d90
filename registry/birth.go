package registry

import (
	"math"
	"strconv"
	"strings"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/vntext"
)

// Precision says how much of a birth date is known. Many elderly people have
// only a year.
type Precision string

// The precisions, as stored.
const (
	PrecisionDay   Precision = "day"
	PrecisionMonth Precision = "month"
	PrecisionYear  Precision = "year"
	PrecisionNone  Precision = "none"
)

// Birth is a birth date as far as it is known. The zero Birth is unknown.
// For a month only, Date is its first day.
type Birth struct {
	Date      calendar.Date
	Year      int
	Precision Precision
}

// precision returns the stored word, "none" for the zero Birth.
func (b Birth) precision() Precision {
	if b.Precision == "" {
		return PrecisionNone
	}
	return b.Precision
}

// Sex is "M", "F" or "" where the list does not say.
type Sex string

// The sexes, as stored.
const (
	Male   Sex = "M"
	Female Sex = "F"
)

func (s Sex) vi() string {
	switch s {
	case Male:
		return "Nam"
	case Female:
		return "Nữ"
	default:
		return ""
	}
}

// parseSex reads Nam, Nữ and their usual short forms; ok is false for a text
// that is neither and not empty.
func parseSex(cell string) (sex Sex, ok bool) {
	switch vntext.FoldTight(cell) {
	case "":
		return "", true
	case "nam", "m", "male", "trai":
		return Male, true
	case "nu", "f", "female", "gai":
		return Female, true
	default:
		return "", false
	}
}

// The years a person on a list can be born in; a number outside them is no
// year. Spreadsheet serials of those days lie above the years.
const (
	birthYearMin = 1900
	birthYearMax = 2199
)

// parseBirth reads d/m/yyyy, m/yyyy, yyyy or the serial number of a date cell.
// An empty cell is the zero Birth. The year has four digits: 36 could be two
// people.
func parseBirth(cell string, date1904 bool) (birth Birth, ok bool) {
	text := strings.TrimSpace(cell)
	if text == "" {
		return Birth{}, true
	}
	if number, err := strconv.ParseFloat(text, 64); err == nil && !strings.ContainsAny(text, "eE") {
		return birthOfNumber(text, number, date1904)
	}
	if date, err := calendar.ParseVietnamese(text); err == nil {
		return dayOfBirth(date)
	}
	if date, err := calendar.ParseISO(text); err == nil {
		return dayOfBirth(date)
	}
	month, year, found := strings.Cut(strings.NewReplacer("-", "/", ".", "/").Replace(text), "/")
	if !found {
		return Birth{}, false
	}
	m, errM := strconv.Atoi(strings.TrimSpace(month))
	y, errY := strconv.Atoi(strings.TrimSpace(year))
	if errM != nil || errY != nil || y < birthYearMin || y > birthYearMax {
		return Birth{}, false
	}
	date, err := calendar.New(y, time.Month(m), 1)
	if err != nil {
		return Birth{}, false
	}
	return Birth{Date: date, Year: y, Precision: PrecisionMonth}, true
}

func dayOfBirth(date calendar.Date) (Birth, bool) {
	if date.Year() < birthYearMin || date.Year() > birthYearMax {
		return Birth{}, false
	}
	return Birth{Date: date, Year: date.Year(), Precision: PrecisionDay}, true
}

// birthOfNumber tells a year from a serial: every year is below the serial of
// 8 January 1906, and nobody on a list is older than that by serial.
func birthOfNumber(text string, number float64, date1904 bool) (Birth, bool) {
	if number != math.Trunc(number) && strings.Contains(text, ".") && number < birthYearMax+1 {
		// "5.1936" is month and year; a serial may carry a time of day.
		month, year, _ := strings.Cut(text, ".")
		if len(year) == 4 {
			return parseBirth(month+"/"+year, date1904)
		}
		return Birth{}, false
	}
	n := int(number)
	if n >= birthYearMin && n <= birthYearMax {
		return Birth{Year: n, Precision: PrecisionYear}, true
	}
	if n <= birthYearMax || n > 120000 {
		return Birth{}, false
	}
	epoch := calendar.Must(1899, 12, 30)
	if date1904 {
		epoch = calendar.Must(1904, 1, 1)
	}
	return dayOfBirth(epoch.AddDays(n))
}
