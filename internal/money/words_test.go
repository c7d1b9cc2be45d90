package money

import (
	"encoding/csv"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// TestWordsAgreesWithPairs reads the pairs of the house style. One of them,
// 574.423.500.000, is an official sample; the others are ours, checked against
// two published packages.
func TestWordsAgreesWithPairs(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/amount-in-words.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want, got := 61, len(rows); got != want {
		t.Fatalf("amount-in-words.csv has %d rows, want a header and 60 pairs", got)
	}
	for _, row := range rows[1:] {
		amount, err := ParseExact(row[0])
		if err != nil {
			t.Fatalf("ParseExact(%q): %v", row[0], err)
		}
		got, err := Words(amount)
		if err != nil || got != row[1] {
			t.Errorf("Words(%d) = %q, %v; want %q", amount, got, err, row[1])
		}
	}
}

func TestWordsRefusesWhatHasNone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		amount Amount
		want   error
	}{
		"below zero":          {-1, ErrNegative},
		"one above the limit": {Max + 1, ErrOverflow},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := Words(tt.amount); !errors.Is(err, tt.want) || got != "" {
				t.Errorf("Words(%d) = %q, %v; want %v", tt.amount, got, err, tt.want)
			}
		})
	}
}

// TestWordsReadBack says every amount below 100,000 and reads the words back
// with a reader that shares nothing with the writer; FuzzWords goes on from there.
func TestWordsReadBack(t *testing.T) {
	t.Parallel()
	for n := range Amount(100_000) {
		words, err := Words(n)
		if err != nil {
			t.Fatal(err)
		}
		if got := readWords(t, words); got != n {
			t.Fatalf("Words(%d) = %q, which reads as %d", n, words, got)
		}
	}
}

// FuzzWords: the words of any amount read back as that amount, in NFC, with at
// most one comma, and "chẵn" exactly on whole thousands.
func FuzzWords(f *testing.F) {
	for _, n := range []int64{0, 4, 15, 104, 1_004, 574_423_500_000, 24_005_000_000_000, int64(Max), 1_000_000_000_001} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int64) {
		words, err := Words(Amount(n))
		if n < 0 || n > int64(Max) {
			if err == nil {
				t.Fatalf("Words(%d) = %q, want an error", n, words)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := readWords(t, words); got != Amount(n) {
			t.Fatalf("Words(%d) = %q, which reads as %d", n, words, got)
		}
		if !norm.NFC.IsNormalString(words) || !utf8.ValidString(words) {
			t.Fatalf("Words(%d) = %q is not in NFC", n, words)
		}
		if strings.Count(words, ",") > 1 || strings.Contains(words, "  ") {
			t.Fatalf("Words(%d) = %q has a comma or space too many", n, words)
		}
		if even := n >= 1000 && n%1000 == 0; even != strings.HasSuffix(words, " chẵn") {
			t.Fatalf("Words(%d) = %q, wrong about chẵn", n, words)
		}
	})
}

var wordValues = map[string]Amount{
	"không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5,
	"sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "linh": 0,
}

var wordScales = map[string]Amount{"nghìn": 1_000, "triệu": 1_000_000, "tỷ": 1_000_000_000}

// readWords reads an amount from words by adding up: "mươi", "trăm" and the
// scales multiply what was read since the last larger one.
func readWords(t *testing.T, words string) Amount {
	t.Helper()
	text := strings.ToLower(strings.ReplaceAll(words, ",", ""))
	text, ok := strings.CutSuffix(strings.TrimSuffix(text, " chẵn"), " đồng")
	if !ok {
		t.Fatalf("%q does not end in đồng", words)
	}
	var total, thousands, group, digit Amount // total: all up to tỷ or triệu; the rest since then
	for _, word := range strings.Fields(text) {
		switch word {
		case "mười":
			group, digit = group+10, 0
		case "mươi":
			group, digit = group+digit*10, 0
		case "trăm":
			group, digit = group+digit*100, 0
		case "nghìn":
			thousands, group, digit = thousands+(group+digit)*wordScales[word], 0, 0
		case "triệu":
			total, thousands, group, digit = total+(thousands+group+digit)*wordScales[word], 0, 0, 0
		case "tỷ":
			total, thousands, group, digit = (total+thousands+group+digit)*wordScales[word], 0, 0, 0
		default:
			value, known := wordValues[word]
			if !known {
				t.Fatalf("%q: no number word %s", words, strconv.Quote(word))
			}
			digit = value
		}
	}
	return total + thousands + group + digit
}
