package money

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reading is what a parser made of a text: an amount, or the problem's code.
type reading struct {
	Amount Amount
	Code   string
}

func readingOf(t *testing.T, in string, amount Amount, err error) reading {
	t.Helper()
	var problem *ParseError
	switch {
	case err == nil:
		return reading{Amount: amount}
	case errors.As(err, &problem):
		if amount != 0 {
			t.Errorf("%q: amount %d beside error %v", in, amount, err)
		}
		return reading{Code: problem.Code()}
	default:
		t.Errorf("%q: error %v is no *ParseError", in, err)
		return reading{}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want reading
	}{
		"digits alone":                      {"1000000", reading{Amount: 1_000_000}},
		"dots between thousands":            {"1.000.000", reading{Amount: 1_000_000}},
		"commas between thousands":          {"1,000,000", reading{Amount: 1_000_000}},
		"spaces between thousands":          {"1 000 000", reading{Amount: 1_000_000}},
		"NBSP between thousands":            {"1\u00a0000\u00a0000", reading{Amount: 1_000_000}},
		"narrow NBSP between thousands":     {"1\u202f000\u202f000", reading{Amount: 1_000_000}},
		"two sorts of space are one":        {"1 000\u00a0000", reading{Amount: 1_000_000}},
		"spaces around":                     {" \u00a0500.000\t", reading{Amount: 500_000}},
		"one group is a thousand":           {"1.000", reading{Amount: 1_000}},
		"first group of two":                {"12.345", reading{Amount: 12_345}},
		"zero":                              {"0", reading{}},
		"the limit":                         {"999.999.999.999.999", reading{Amount: Max}},
		"one above the limit":               {"1.000.000.000.000.000", reading{Code: "AMOUNT-TOO-LARGE"}},
		"a very long number":                {strings.Repeat("9", 5000), reading{Code: "AMOUNT-TOO-LARGE"}},
		"nothing":                           {"", reading{Code: "AMOUNT-EMPTY"}},
		"spaces only":                       {" \u00a0 ", reading{Code: "AMOUNT-EMPTY"}},
		"two decimals after a dot":          {"1.00", reading{Code: "AMOUNT-FRACTION"}},
		"one decimal after a comma":         {"1,5", reading{Code: "AMOUNT-FRACTION"}},
		"Vietnamese decimals":               {"1.000,50", reading{Code: "AMOUNT-FRACTION"}},
		"English decimals":                  {"1,000.50", reading{Code: "AMOUNT-FRACTION"}},
		"two separators, three decimals":    {"1.000,500", reading{Code: "AMOUNT-FRACTION"}},
		"a machine's decimals":              {"1000000.00", reading{Code: "AMOUNT-FRACTION"}},
		"nothing after the dot":             {"1000.", reading{Code: "AMOUNT-FRACTION"}},
		"nothing before the dot":            {".500", reading{Code: "AMOUNT-FRACTION"}},
		"zero before the dot is a fraction": {"0.500", reading{Code: "AMOUNT-FRACTION"}},
		"four digits before a dot":          {"1000.000", reading{Code: "AMOUNT-FRACTION"}},
		"a short group in the middle":       {"1.00.000", reading{Code: "AMOUNT-GROUPS"}},
		"a short group at the end":          {"1.000.00", reading{Code: "AMOUNT-GROUPS"}},
		"two dots in a row":                 {"1..000", reading{Code: "AMOUNT-GROUPS"}},
		"groups of four by space":           {"100 0000", reading{Code: "AMOUNT-GROUPS"}},
		"a minus sign":                      {"-500000", reading{Code: "AMOUNT-NEGATIVE"}},
		"a typographic minus":               {"−500000", reading{Code: "AMOUNT-NEGATIVE"}},
		"a minus behind":                    {"500000-", reading{Code: "AMOUNT-NEGATIVE"}},
		"brackets":                          {"(500.000)", reading{Code: "AMOUNT-NEGATIVE"}},
		"a plus sign":                       {"+500000", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"an exponent":                       {"5E+5", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"a currency":                        {"500.000đ", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"the letter O":                      {"5OO.OOO", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"digits of another script":          {"٥٠٠", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"full-width digits":                 {"５００", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"an apostrophe between":             {"1'000", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"an invisible character":            {"1000\u200b", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"a broken byte":                     {"1\xff", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"a formula":                         {"=SUM(A1)", reading{Code: "AMOUNT-NOT-DIGITS"}},
		"an id in the wrong column":         {"000136900001", reading{Code: "AMOUNT-LEADING-ZERO"}},
		"two zeros":                         {"00", reading{Code: "AMOUNT-LEADING-ZERO"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			amount, err := Parse(tt.in)
			if diff := cmp.Diff(tt.want, readingOf(t, tt.in, amount, err)); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestParseMachineText(t *testing.T) {
	t.Parallel()
	notDigits, fraction := reading{Code: "AMOUNT-NOT-DIGITS"}, reading{Code: "AMOUNT-FRACTION"}
	tests := map[string]struct {
		in         string
		exact, iso reading
	}{
		"digits":                {"1000000", reading{Amount: 1_000_000}, reading{Amount: 1_000_000}},
		"zero":                  {"0", reading{}, reading{}},
		"the limit":             {"999999999999999", reading{Amount: Max}, reading{Amount: Max}},
		"above the limit":       {"1000000000000000", reading{Code: "AMOUNT-TOO-LARGE"}, reading{Code: "AMOUNT-TOO-LARGE"}},
		"19 digits":             {"9999999999999999999", reading{Code: "AMOUNT-TOO-LARGE"}, reading{Code: "AMOUNT-TOO-LARGE"}},
		"zero fraction":         {"1000000.00", notDigits, reading{Amount: 1_000_000}},
		"five zeros":            {"1.00000", notDigits, reading{Amount: 1}},
		"six zeros":             {"1.000000", notDigits, fraction},
		"half a đồng":           {"1.50", notDigits, fraction},
		"a hidden fraction":     {"1.00001", notDigits, fraction},
		"a dot and nothing":     {"1.", notDigits, notDigits},
		"nothing and a dot":     {".0", notDigits, notDigits},
		"two dots":              {"1.000.000", notDigits, notDigits},
		"a comma":               {"1,00", notDigits, notDigits},
		"leading zeros":         {"0001", reading{Code: "AMOUNT-LEADING-ZERO"}, reading{Amount: 1}},
		"many leading zeros":    {strings.Repeat("0", 40) + "1", reading{Code: "AMOUNT-LEADING-ZERO"}, reading{Code: "AMOUNT-TOO-LARGE"}},
		"negative":              {"-5", reading{Amount: -5}, reading{Code: "AMOUNT-NEGATIVE"}},
		"negative zero":         {"-0", reading{Code: "AMOUNT-LEADING-ZERO"}, reading{Code: "AMOUNT-NEGATIVE"}},
		"minus alone":           {"-", notDigits, reading{Code: "AMOUNT-NEGATIVE"}},
		"plus":                  {"+5", notDigits, notDigits},
		"a space":               {" 5", notDigits, notDigits},
		"a line feed":           {"5\n", notDigits, notDigits},
		"nothing":               {"", reading{Code: "AMOUNT-EMPTY"}, reading{Code: "AMOUNT-EMPTY"}},
		"exponent as in floats": {"1e6", notDigits, notDigits},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			amount, err := ParseExact(tt.in)
			if diff := cmp.Diff(tt.exact, readingOf(t, tt.in, amount, err)); diff != "" {
				t.Errorf("ParseExact(%q) (-want +got):\n%s", tt.in, diff)
			}
			amount, err = ParseISO(tt.in)
			if diff := cmp.Diff(tt.iso, readingOf(t, tt.in, amount, err)); diff != "" {
				t.Errorf("ParseISO(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestEveryProblemHasWords(t *testing.T) {
	t.Parallel()
	if want, got := len(problemTexts), len(Problems()); got != want {
		t.Errorf("Problems() has %d entries, the texts %d", got, want)
	}
	codes := map[string]bool{}
	for _, p := range Problems() {
		e := &ParseError{Input: "001136900001", Problem: p}
		if e.Code() == "" || codes[e.Code()] {
			t.Errorf("problem %d has the code %q, empty or taken", p, e.Code())
		}
		codes[e.Code()] = true
		if strings.Contains(e.Error(), e.Input) {
			t.Errorf("Error() = %q shows the input to the log", e.Error())
		}
		if !strings.HasPrefix(e.Sentence(), "Số tiền ") || !strings.Contains(e.Sentence(), " / The amount ") {
			t.Errorf("Sentence() = %q, want Vietnamese, then English", e.Sentence())
		}
	}
}

func TestSentenceShortensPastedText(t *testing.T) {
	t.Parallel()
	e := &ParseError{Input: "a\n" + strings.Repeat("é", 100), Problem: NotDigits}
	if got := e.Sentence(); len([]rune(got)) > 320 || strings.Contains(got, "\n") {
		t.Errorf("Sentence() = %q, want one short line", got)
	}
}

// FuzzParse: an accepted text has exactly the digits of its amount and nothing
// else but one sort of separator, and prints to a text that means the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1.000.000", "1,5", "0.500", " 1 000", "1\u00a0000", "-1", "0", "999999999999999", "1.000,50"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		amount, err := Parse(in)
		if err != nil {
			if readingOf(t, in, amount, err).Code == "" {
				t.Fatalf("Parse(%q) error has no code", in)
			}
			return
		}
		if amount < 0 || amount > Max {
			t.Fatalf("Parse(%q) = %d, out of range", in, amount)
		}
		digits := strings.Map(func(r rune) rune {
			if r == '.' || r == ',' || isSpace(r) {
				return -1
			}
			return r
		}, in)
		if digits != amount.Exact() {
			t.Fatalf("Parse(%q) = %d, but the digits are %q", in, amount, digits)
		}
		if strings.Contains(in, ".") && strings.Contains(in, ",") {
			t.Fatalf("Parse(%q) took two sorts of separator", in)
		}
		if again, err := Parse(amount.String()); err != nil || again != amount {
			t.Fatalf("Parse(%q) = %d, %v; want %d", amount.String(), again, err, amount)
		}
	})
}

// FuzzParseISO: an accepted text is the amount with zeros around it.
func FuzzParseISO(f *testing.F) {
	for _, seed := range []string{"1000000.00", "0.5", "00012", "1.", "9999999999999990"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		amount, err := ParseISO(in)
		if err != nil {
			readingOf(t, in, amount, err)
			return
		}
		whole, fraction, _ := strings.Cut(in, ".")
		whole = strings.TrimLeft(whole, "0")
		if whole == "" {
			whole = "0"
		}
		if whole != amount.Exact() || strings.Trim(fraction, "0") != "" {
			t.Fatalf("ParseISO(%q) = %d", in, amount)
		}
	})
}
