package registry

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"ansinh/internal/calendar"
)

var (
	twelveDigits  = regexp.MustCompile(`^[0-9]{12}$`)
	accountDigits = regexp.MustCompile(`^[0-9]{6,19}$`)
	sixDigits     = regexp.MustCompile(`^[0-9]{6}$`)
)

// FuzzLine: whatever stands in the cells of a row, a row that is taken has a
// name, a whole id or none, a known category, one way of payment and everything
// that way needs; and a row that is not taken is named.
func FuzzLine(f *testing.F) {
	f.Add("1|Nguyễn Thị Mẫu|05/03/1936|Nữ|000136900001|0000000001||Thôn 1||HTXH-75|1/QĐ ngày 1/2/2025|Tài khoản|Mẫu A|0010000000001|NGUYEN THI MAU||650000|")
	f.Add("2|Lê Văn Thử|1954|Nam|000054900003|||||TET-HN-2026-04||BHXH||||||")
	f.Add("3|x|1E9|Nam|4.07952E+14|||||HTXH-75||TM||1.0E+15||y - 0000|-1|")
	f.Add("|\xff|0.5|\x00|''''|+84|(|||:||thẻ|CN CN, - (|999001||–9||")
	f.Fuzz(func(t *testing.T, in string) {
		header := header{row: 1, headings: make([]string, columnCount), known: map[string]string{}, banks: map[string]foundBank{}}
		for c := range columnCount {
			header.at[c] = int(c)
		}
		reader := lineReader{header: header, sheet: "s", demo: true, today: calendar.Must(2026, 1, 20), rows: &textRows{}}
		line, findings := reader.read(Row{No: 2, Cells: strings.Split(in, "|")})
		if line.Refused {
			if !slices.ContainsFunc(findings, func(f Finding) bool { return f.Refuses() && f.Row == 2 }) {
				t.Fatalf("%q is refused and no finding says why", in)
			}
			return
		}
		id, account := line.ID.Reveal(), line.Account.Reveal()
		switch {
		case line.Name == "", line.nameFold() == "":
			t.Fatalf("%q is taken without a name", in)
		case id != "" && (!twelveDigits.MatchString(id) || !strings.HasPrefix(id, demoProvince)):
			t.Fatalf("%q is taken with id %q", in, id)
		case id != "" && line.Birth.Year != 0 && idBirthYear(id) != line.Birth.Year:
			t.Fatalf("%q is taken although id and birth differ", in)
		case line.Birth.Year != 0 && (line.Birth.Year < birthYearMin || line.Birth.Year > 2026):
			t.Fatalf("%q is taken with birth year %d", in, line.Birth.Year)
		case line.Category == "", line.Method == "", line.Amount < 0:
			t.Fatalf("%q is taken with category %q, method %q, amount %d", in, line.Category, line.Method, line.Amount)
		case line.Method == MethodAccount && (!accountDigits.MatchString(account) || !sixDigits.MatchString(line.BankBIN) || line.Holder == ""):
			t.Fatalf("%q is taken without a whole account", in)
		case line.Method != MethodAccount && account+line.BankBIN+line.Holder != "":
			t.Fatalf("%q is paid by %s and keeps an account", in, line.Method)
		}
		for _, finding := range findings {
			for _, secret := range []string{id, account} {
				if len(secret) > 8 && strings.Contains(finding.String(), secret) {
					t.Fatalf("a message shows …%s", secret[len(secret)-4:])
				}
			}
		}
	})
}
