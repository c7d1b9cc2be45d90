package calendar

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		parse func(string) (Date, error)
		in    string
		want  Date // zero: refused
	}{
		"ISO":                           {ParseISO, "2026-02-17", Must(2026, 2, 17)},
		"ISO leap day":                  {ParseISO, "2024-02-29", Must(2024, 2, 29)},
		"ISO no leap day":               {ParseISO, "2026-02-29", Date{}},
		"ISO short month":               {ParseISO, "2026-2-17", Date{}},
		"ISO with time":                 {ParseISO, "2026-02-17T00:00:00Z", Date{}},
		"ISO with a sign":               {ParseISO, "2026-+2-17", Date{}},
		"ISO month 13":                  {ParseISO, "2026-13-01", Date{}},
		"ISO year 0":                    {ParseISO, "0000-01-01", Date{}},
		"Vietnamese":                    {ParseVietnamese, "17/02/2026", Must(2026, 2, 17)},
		"Vietnamese without zeros":      {ParseVietnamese, "5/3/1936", Must(1936, 3, 5)},
		"Vietnamese with hyphens":       {ParseVietnamese, "05-03-1936", Must(1936, 3, 5)},
		"Vietnamese with dots":          {ParseVietnamese, " 05.03.1936 ", Must(1936, 3, 5)},
		"Vietnamese mixed":              {ParseVietnamese, "05/03-1936", Date{}},
		"Vietnamese never month first":  {ParseVietnamese, "03/25/1936", Date{}},
		"Vietnamese two-digit year":     {ParseVietnamese, "05/03/36", Date{}},
		"Vietnamese ISO order":          {ParseVietnamese, "1936-03-05", Date{}},
		"Vietnamese 31 April":           {ParseVietnamese, "31/4/1936", Date{}},
		"Vietnamese day 0":              {ParseVietnamese, "0/4/1936", Date{}},
		"Vietnamese year alone":         {ParseVietnamese, "1936", Date{}},
		"Vietnamese nothing":            {ParseVietnamese, "", Date{}},
		"Vietnamese with nothing in it": {ParseVietnamese, "//1936", Date{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.parse(tt.in)
			if got != tt.want {
				t.Errorf("%q = %s, %v; want %s", tt.in, got, err, tt.want)
			}
			if refused := tt.want.IsZero(); refused != errors.Is(err, ErrDate) {
				t.Errorf("%q error = %v, want ErrDate: %t", tt.in, err, refused)
			}
		})
	}
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ got, want Date }{
		"a day over the end of February": {Must(2026, 2, 28).AddDays(1), Must(2026, 3, 1)},
		"a day back over new year":       {Must(2026, 1, 1).AddDays(-1), Must(2025, 12, 31)},
		"a month from 31 January":        {Must(2026, 1, 31).AddMonths(1), Must(2026, 2, 28)},
		"a year from a leap day":         {Must(2024, 2, 29).AddMonths(12), Must(2025, 2, 28)},
		"months back over new year":      {Must(2026, 2, 17).AddMonths(-3), Must(2025, 11, 17)},
		"36 months of age":               {Must(2024, 1, 15).AddMonths(36), Must(2027, 1, 15)},
		"first of month":                 {Must(2026, 2, 17).FirstOfMonth(), Must(2026, 2, 1)},
		"last of month":                  {Must(2024, 2, 17).LastOfMonth(), Must(2024, 2, 29)},
		"beyond the last year":           {Must(9999, 12, 31).AddDays(1), Date{}},
		"no day plus one is no day":      {Date{}.AddDays(1), Date{}},
		"no day plus a month is no day":  {Date{}.AddMonths(1), Date{}},
	}
	for name, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", name, tt.got, tt.want)
		}
	}
	if got := Must(2026, 3, 1).DaysSince(Must(2026, 2, 17)); got != 12 {
		t.Errorf("days from 17/2 to 1/3 = %d, want 12", got)
	}
	if got := Must(1900, 1, 1).DaysSince(Must(1970, 1, 1)); got != -25567 {
		t.Errorf("days from 1970 to 1900 = %d, want -25567", got)
	}
}

func TestDateOrder(t *testing.T) {
	t.Parallel()
	days := []Date{{}, Must(2025, 12, 31), Must(2026, 1, 31), Must(2026, 2, 1)}
	for i, a := range days {
		for j, b := range days {
			if a.Before(b) != (i < j) || a.After(b) != (i > j) || a.Equal(b) != (i == j) {
				t.Errorf("%q against %q is out of order", a, b)
			}
		}
	}
}

func TestDateOfIsTheDayInVietnam(t *testing.T) {
	t.Parallel()
	lastMoment := time.Date(2026, 2, 16, 16, 59, 59, 0, time.UTC)
	if got, want := DateOf(lastMoment), Must(2026, 2, 16); got != want {
		t.Errorf("DateOf(%s) = %s, want %s", lastMoment, got, want)
	}
	if got, want := DateOf(lastMoment.Add(time.Second)), Must(2026, 2, 17); got != want {
		t.Errorf("DateOf a second later = %s, want %s", got, want)
	}
	if got, want := Must(2026, 2, 17).At(8, 30).UTC(), time.Date(2026, 2, 17, 1, 30, 0, 0, time.UTC); got != want {
		t.Errorf("8:30 on Tet = %s, want %s", got, want)
	}
}

func TestDateTexts(t *testing.T) {
	t.Parallel()
	type row struct {
		Paid, Open Date
	}
	want := row{Paid: Must(2026, 2, 7)}
	data, err := json.Marshal(want)
	if err != nil || string(data) != `{"Paid":"2026-02-07","Open":""}` {
		t.Fatalf("json.Marshal = %s, %v", data, err)
	}
	var got row
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"Paid":"2026-02-30"}`), &got); !errors.Is(err, ErrDate) {
		t.Errorf("30 February: error %v, want ErrDate", err)
	}
	if got, want := want.Paid.Vietnamese(), "07/02/2026"; got != want {
		t.Errorf("Vietnamese() = %q, want %q", got, want)
	}
	if got := (Date{}).Vietnamese(); got != "" {
		t.Errorf("Vietnamese() of no day = %q, want nothing", got)
	}
}

// TestPostgreSQLKeepsTheDay: pgx writes and reads a Date as date, in both
// formats; the binary one counts days from 2000-01-01.
func TestPostgreSQLKeepsTheDay(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
		for _, want := range []Date{Must(2026, 2, 17), Must(1936, 3, 5), Must(1, 1, 1), Must(9999, 12, 31), {}} {
			data, err := types.Encode(pgtype.DateOID, format, want, nil)
			if err != nil {
				t.Fatalf("encode %q in format %d: %v", want, format, err)
			}
			if want.IsZero() != (data == nil) {
				t.Errorf("%q is NULL: %t", want, data == nil)
			}
			got := Must(2000, 1, 1)
			if err := types.Scan(pgtype.DateOID, format, data, &got); err != nil || got != want {
				t.Errorf("scan of %q in format %d = %q, %v", want, format, got, err)
			}
		}
	}
	data, err := types.Encode(pgtype.DateOID, pgtype.BinaryFormatCode, Must(2000, 1, 2), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{0, 0, 0, 1}, data); diff != "" {
		t.Errorf("2000-01-02 on the wire (-want +got):\n%s", diff)
	}
	array, err := types.Encode(pgtype.DateArrayOID, pgtype.BinaryFormatCode, []Date{Must(2026, 2, 17), {}}, nil)
	if err != nil {
		t.Fatalf("encode date[]: %v", err)
	}
	var days []Date
	if err := types.Scan(pgtype.DateArrayOID, pgtype.BinaryFormatCode, array, &days); err != nil {
		t.Fatalf("scan date[]: %v", err)
	}
	if diff := cmp.Diff([]Date{Must(2026, 2, 17), {}}, days); diff != "" {
		t.Errorf("date[] (-want +got):\n%s", diff)
	}
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	for _, src := range []any{"infinity", "2026-02-30", int64(5), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		var d Date
		if err := d.Scan(src); !errors.Is(err, ErrDate) || !d.IsZero() {
			t.Errorf("Scan(%v) = %q, %v; want ErrDate", src, d, err)
		}
	}
}

func TestMustPanicsOnNoDay(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Must(2026, 2, 30) did not panic")
		}
	}()
	Must(2026, 2, 30)
}

// FuzzParseVietnamese: an accepted text means the day whose numbers it has.
func FuzzParseVietnamese(f *testing.F) {
	for _, seed := range []string{"5/3/1936", "29/02/2023", "05.03.1936", "1/1/0001", "+1/1/2000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		d, err := ParseVietnamese(in)
		if err != nil {
			if !errors.Is(err, ErrDate) || !d.IsZero() {
				t.Fatalf("ParseVietnamese(%q) = %s, %v", in, d, err)
			}
			return
		}
		again, err := ParseVietnamese(d.Vietnamese())
		if err != nil || again != d {
			t.Fatalf("ParseVietnamese(%q) = %s does not round-trip: %s, %v", in, d, again, err)
		}
		if iso, err := ParseISO(d.String()); err != nil || iso != d {
			t.Fatalf("ParseISO(%q) = %s, %v", d.String(), iso, err)
		}
	})
}
