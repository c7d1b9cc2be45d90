package calendar

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHolidays fixes whole years as the law and our defaults give them.
// Decisions of a year change some of these days; they come by Amend.
func TestHolidays(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		year int
		want []string // + marks a substitute for a weekend
	}{
		"2026, with the new day in November": {2026, []string{
			"2026-01-01",
			"2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20",
			"2026-04-26", "2026-04-27+", "2026-04-30", "2026-05-01",
			"2026-09-01", "2026-09-02", "2026-11-24",
		}},
		"2022, two holidays on one weekend": {2022, []string{
			"2022-01-01", "2022-01-03+",
			"2022-01-31", "2022-02-01", "2022-02-02", "2022-02-03", "2022-02-04",
			"2022-04-10", "2022-04-11+", "2022-04-30", "2022-05-01", "2022-05-02+", "2022-05-03+",
			"2022-09-01", "2022-09-02",
		}},
		"2019, one day of September": {2019, []string{
			"2019-01-01",
			"2019-02-04", "2019-02-05", "2019-02-06", "2019-02-07", "2019-02-08",
			"2019-04-14", "2019-04-15+", "2019-04-30", "2019-05-01", "2019-09-02",
		}},
		"2200, beyond the computed moons": {2200, []string{
			"2200-01-01", "2200-04-30", "2200-05-01", "2200-09-01", "2200-09-02", "2200-11-24",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, h := range Vietnam().Holidays(tt.year) {
				text := h.Date.String()
				if h.Substitute {
					text += "+"
				}
				if h.NameVI == "" || h.NameEN == "" || h.Basis == "" {
					t.Errorf("%s has no name or basis: %+v", text, h)
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Holidays(%d) (-want +got):\n%s", tt.year, diff)
			}
		})
	}
}

func TestBusinessDays(t *testing.T) {
	t.Parallel()
	c := Vietnam()
	tests := map[string]struct{ got, want Date }{
		"the day after a Friday is Monday":         {c.NextBusinessDay(Must(2026, 3, 6)), Must(2026, 3, 9)},
		"the day after a Tuesday is Wednesday":     {c.NextBusinessDay(Must(2026, 3, 10)), Must(2026, 3, 11)},
		"the day after Tet's eve skips Tet":        {c.NextBusinessDay(Must(2026, 2, 13)), Must(2026, 2, 23)},
		"a business day is its own":                {c.BusinessDayFrom(Must(2026, 3, 10)), Must(2026, 3, 10)},
		"a Saturday moves to Monday":               {c.BusinessDayFrom(Must(2026, 3, 7)), Must(2026, 3, 9)},
		"no days added leave the day as it is":     {c.AddBusinessDays(Must(2026, 3, 7), 0), Must(2026, 3, 7)},
		"three days over Hung Kings":               {c.AddBusinessDays(Must(2026, 4, 24), 3), Must(2026, 5, 4)},
		"two days back over Tet":                   {c.AddBusinessDays(Must(2026, 2, 23), -2), Must(2026, 2, 12)},
		"the end of the calendar is no day":        {c.AddBusinessDays(Must(9999, 12, 31), 1), Date{}},
		"five days after Tet's eve in the new one": {c.AddBusinessDays(Must(2026, 2, 16), 5), Must(2026, 2, 27)},
	}
	for name, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", name, tt.got, tt.want)
		}
	}
	if got := c.BusinessDaysBetween(Must(2026, 2, 13), Must(2026, 2, 24)); got != 2 {
		t.Errorf("business days from 13 to 24 February 2026 = %d, want 2", got)
	}
	if got := c.BusinessDaysBetween(Must(2026, 2, 24), Must(2026, 2, 13)); got != 0 {
		t.Errorf("business days backwards = %d, want 0", got)
	}
}

func TestAmendFollowsADecision(t *testing.T) {
	t.Parallel()
	before := Vietnam()
	after := before.Amend(
		Amendment{Date: Must(2026, 8, 31), NameVI: "Nghỉ hoán đổi", NameEN: "swapped", Basis: "a decision"},
		Amendment{Date: Must(2026, 8, 22), Worked: true, NameVI: "Làm bù", NameEN: "worked instead"},
		Amendment{Date: Must(2026, 4, 27), Worked: true},
	)
	type days struct{ Swapped, Saturday, Substitute bool }
	read := func(c *Calendar) days {
		return days{c.IsBusinessDay(Must(2026, 8, 31)), c.IsBusinessDay(Must(2026, 8, 22)), c.IsBusinessDay(Must(2026, 4, 27))}
	}
	if diff := cmp.Diff(days{Swapped: true}, read(before)); diff != "" {
		t.Errorf("by law (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(days{Saturday: true, Substitute: true}, read(after)); diff != "" {
		t.Errorf("amended (-want +got):\n%s", diff)
	}
	if h, ok := after.Holiday(Must(2026, 8, 31)); !ok || h.NameVI != "Nghỉ hoán đổi" {
		t.Errorf("Holiday(2026-08-31) = %+v, %t", h, ok)
	}
	if _, ok := after.Holiday(Must(2026, 8, 22)); ok {
		t.Error("a worked Saturday is a holiday")
	}
	again := after.Amend(Amendment{Date: Must(2026, 8, 31), Worked: true})
	if !again.IsBusinessDay(Must(2026, 8, 31)) || after.IsBusinessDay(Must(2026, 8, 31)) {
		t.Error("a later decision must replace the earlier one, in its own calendar only")
	}
}

func TestReadNamesTheLine(t *testing.T) {
	t.Parallel()
	const header = "key,calendar,name_vi,name_en,offset,days,from,to,legal_basis\n"
	tests := map[string]struct{ in, want string }{
		"unknown calendar": {header + "01-01,moon,a,b,0,1,,,c\n", `line 2: calendar "moon"`},
		"no such day":      {header + "# comment\n02-30,solar,a,b,0,1,,,c\n", `line 3: key "02-30"`},
		"offset":           {header + "01-01,solar,a,b,x,1,,,c\n", "line 2: offset"},
		"days":             {header + "01-01,solar,a,b,0,,,,c\n", "line 2: days"},
		"no days":          {header + "01-01,solar,a,b,0,0,,,c\n", "line 2: offset 0 and days 0"},
		"from":             {header + "01-01,solar,a,b,0,1,1/1/2026,,c\n", "line 2: from"},
		"to":               {header + "01-01,solar,a,b,0,1,,never,c\n", "line 2: to"},
		"columns":          {header + "01-01,solar\n", "line 2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(strings.NewReader(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read error = %v, want %q in it", err, tt.want)
			}
		})
	}
}
