package money

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

var digitWords = [10]string{"không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"}

// Words returns the amount in Vietnamese words as vouchers carry it:
// 1.625.000 is "Một triệu sáu trăm hai mươi lăm nghìn đồng chẵn". It returns
// ErrNegative below zero and ErrOverflow above [Max].
//
// One official sample fixes groups, comma, "tư" and "chẵn"; linh rather than
// lẻ, the comma only after tỷ, and chẵn only from a thousand are our house
// style, kept in this one file so that an official can correct it.
func Words(a Amount) (string, error) {
	if a < 0 {
		return "", fmt.Errorf("words for %d: %w", a, ErrNegative)
	}
	if a > Max {
		return "", fmt.Errorf("words for %d: %w", a, ErrOverflow)
	}
	const billion = 1_000_000_000
	n := uint64(a)
	var words []string
	if above := n / billion; above > 0 {
		words = appendBelowBillion(words, above, true)
		words = append(words, "tỷ")
		if n%billion > 0 {
			words[len(words)-1] = "tỷ,"
		}
	}
	words = appendBelowBillion(words, n%billion, len(words) == 0)
	if len(words) == 0 {
		words = append(words, digitWords[0])
	}
	words = append(words, "đồng")
	if n >= 1000 && n%1000 == 0 {
		words = append(words, "chẵn")
	}
	text := strings.Join(words, " ")
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:], nil
}

// appendBelowBillion speaks the groups of n, which is under 10^9, and leaves
// empty groups out. First says that nothing was spoken before, so that the
// first group may drop its zero hundreds.
func appendBelowBillion(words []string, n uint64, first bool) []string {
	for _, group := range []struct {
		value uint64
		name  string
	}{
		{n / 1_000_000, "triệu"},
		{n / 1_000 % 1_000, "nghìn"},
		{n % 1_000, ""},
	} {
		if group.value == 0 {
			continue
		}
		words = appendGroup(words, group.value, first)
		if group.name != "" {
			words = append(words, group.name)
		}
		first = false
	}
	return words
}

// appendGroup speaks a number from 1 to 999. In any group but the first the
// hundreds are spoken even when zero.
func appendGroup(words []string, n uint64, first bool) []string {
	hundreds, tens, units := n/100, n/10%10, n%10
	spoken := hundreds > 0 || !first
	if spoken {
		words = append(words, digitWords[hundreds], "trăm")
	}
	switch {
	case tens == 0 && units == 0:
		return words
	case tens == 0 && spoken:
		words = append(words, "linh")
	case tens == 1:
		words = append(words, "mười")
	case tens > 1:
		words = append(words, digitWords[tens], "mươi")
	}
	switch {
	case units == 0:
		return words
	case units == 1 && tens > 1:
		return append(words, "mốt")
	case units == 4 && (tens > 1 || tens == 0 && spoken):
		return append(words, "tư")
	case units == 5 && tens > 0:
		return append(words, "lăm")
	default:
		return append(words, digitWords[units])
	}
}
