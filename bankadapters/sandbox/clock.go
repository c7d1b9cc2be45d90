package sandbox

import (
	"time"
)

// vietnam is the banks' day: UTC+7 all the year.
var vietnam = time.FixedZone("+07", 7*60*60)

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// parseStamp reads a time of the own book; a line that does not parse was
// refused when the book was read, so the zero time never matters.
func parseStamp(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// addDays adds calendar days to a date; what is no date stays as it is.
func addDays(date string, days int) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// wholeDong reads an amount of đồng: digits only, at most 15 of them, so that
// sums of 10,000 stay inside int64.
func wholeDong(s string) (int64, bool) {
	if !digits(s) || len(s) > 15 {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}
