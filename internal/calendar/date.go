package calendar

import (
	"cmp"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Zone is Vietnam's time: UTC+7, no daylight saving. It is fixed here so that
// no zone database on the machine can disagree.
var Zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// ErrDate means a text or numbers that are no day of the calendar.
var ErrDate = errors.New("not a date")

// Date is a day of the Gregorian calendar, years 1 to 9999. Dates compare with
// == and serve as map keys. The zero Date is no day: it is NULL in SQL and ""
// in JSON, and IsZero reports it.
type Date struct {
	year  int16
	month uint8
	day   uint8
}

// New returns the given day, or ErrDate if the calendar has no such day. It
// never turns 31 April into 1 May.
func New(year int, month time.Month, day int) (Date, error) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return Date{}, fmt.Errorf("%w: year %d, month %d, day %d", ErrDate, year, month, day)
	}
	return Date{year: int16(year), month: uint8(month), day: uint8(day)}, nil
}

// Must is [New] for days written in code. It panics if there is no such day.
func Must(year int, month time.Month, day int) Date {
	d, err := New(year, month, day)
	if err != nil {
		panic("calendar: " + err.Error())
	}
	return d
}

// DateOf returns the day it is in Vietnam at moment t.
func DateOf(t time.Time) Date { return fromTime(t.In(Zone)) }

// ParseISO reads 2026-02-17, and nothing shorter or longer.
func ParseISO(s string) (Date, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return Date{}, fmt.Errorf("%w: want the form 2026-02-17", ErrDate)
	}
	return fromParts(s[:4], s[5:7], s[8:])
}

// ParseVietnamese reads day, month and year as people write them in Vietnam:
// 5/3/1936, 05-03-1936 or 05.03.1936, with spaces around ignored. The year has
// four digits: 36 could be two people. It never reads the month first.
func ParseVietnamese(s string) (Date, error) {
	text := strings.TrimSpace(s)
	for _, separator := range []string{"/", "-", "."} {
		parts := strings.Split(text, separator)
		if len(parts) == 3 && len(parts[0]) <= 2 && len(parts[1]) <= 2 && len(parts[2]) == 4 {
			return fromParts(parts[2], parts[1], parts[0])
		}
	}
	return Date{}, fmt.Errorf("%w: want day/month/year, for example 05/03/1936", ErrDate)
}

func fromParts(year, month, day string) (Date, error) {
	var numbers [3]int
	for i, part := range []string{year, month, day} {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return Date{}, fmt.Errorf("%w: year, month and day are digits", ErrDate)
		}
		numbers[i] = int(n)
	}
	return New(numbers[0], time.Month(numbers[1]), numbers[2])
}

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d == Date{} }

// Year returns the year, 0 for the zero Date.
func (d Date) Year() int { return int(d.year) }

// Month returns the month, 0 for the zero Date.
func (d Date) Month() time.Month { return time.Month(d.month) }

// Day returns the day of the month, 0 for the zero Date.
func (d Date) Day() int { return int(d.day) }

// Equal is ==, for go-cmp.
func (d Date) Equal(other Date) bool { return d == other }

// Compare returns -1, 0 or +1 as d is before, equal to or after other. The
// zero Date is before every day.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.year, other.year), cmp.Compare(d.month, other.month), cmp.Compare(d.day, other.day))
}

// Before reports whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is later than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// Weekday returns the day of the week. It is meaningless for the zero Date.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// AddDays returns the day n days later, earlier for n < 0. The zero Date stays
// zero, and so does a result outside years 1 to 9999.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return fromTime(d.utc().AddDate(0, 0, n))
}

// AddMonths returns the same day n months later, or the last day of that month
// if it is shorter: 31 January plus one month is 28 or 29 February.
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	first := time.Date(d.Year(), d.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := daysIn(first.Year(), first.Month())
	return fromTime(first.AddDate(0, 0, min(d.Day(), last)-1))
}

// FirstOfMonth returns day 1 of d's month.
func (d Date) FirstOfMonth() Date {
	if d.IsZero() {
		return d
	}
	return Date{year: d.year, month: d.month, day: 1}
}

// LastOfMonth returns the last day of d's month.
func (d Date) LastOfMonth() Date {
	if d.IsZero() {
		return d
	}
	return Date{year: d.year, month: d.month, day: uint8(daysIn(d.Year(), d.Month()))}
}

// DaysSince returns the number of days from other to d, negative if d is earlier.
func (d Date) DaysSince(other Date) int {
	return d.julianDay() - other.julianDay()
}

// Start returns the moment the day begins in Vietnam.
func (d Date) Start() time.Time { return d.At(0, 0) }

// At returns the moment of the given Vietnamese wall clock on that day.
func (d Date) At(hour, minute int) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), hour, minute, 0, 0, Zone)
}

// String returns 2026-02-17, or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
}

// Vietnamese returns 17/02/2026, or "" for the zero Date.
func (d Date) Vietnamese() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d/%02d/%04d", d.day, d.month, d.year)
}

// MarshalText writes what String returns, so JSON carries "2026-02-17".
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes; "" is the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	got, err := ParseISO(string(text))
	if err != nil {
		return err
	}
	*d = got
	return nil
}

// Value writes a date to SQL: midnight UTC of that day, whose calendar fields
// are all that a date column keeps; the zero Date is NULL. A timestamp column
// would keep the moment and be wrong by seven hours: use [Date.Start] there.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.utc(), nil
}

// Scan reads a date column: a time.Time whose calendar fields count and whose
// zone does not, or an ISO text. NULL is the zero Date.
func (d *Date) Scan(src any) error {
	switch value := src.(type) {
	case nil:
		*d = Date{}
		return nil
	case time.Time:
		got := fromTime(value)
		if got.IsZero() {
			return fmt.Errorf("scan date: %w: year %d", ErrDate, value.Year())
		}
		*d = got
		return nil
	case string:
		got, err := ParseISO(value)
		if err != nil {
			return fmt.Errorf("scan date: %w", err)
		}
		*d = got
		return nil
	default:
		return fmt.Errorf("scan date: %w: %T", ErrDate, src)
	}
}

func (d Date) utc() time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)
}

func fromTime(t time.Time) Date {
	year, month, day := t.Date()
	if year < 1 || year > 9999 {
		return Date{}
	}
	return Date{year: int16(year), month: uint8(month), day: uint8(day)}
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// julianDayOfUnixEpoch is the astronomers' number of 1970-01-01.
const julianDayOfUnixEpoch = 2440588

// julianDay returns the astronomers' day number: the one whose noon falls on d.
func (d Date) julianDay() int {
	return int(d.utc().Unix()/86400) + julianDayOfUnixEpoch
}

func fromJulianDay(n int) Date {
	return fromTime(time.Unix(int64(n-julianDayOfUnixEpoch)*86400, 0).UTC())
}
