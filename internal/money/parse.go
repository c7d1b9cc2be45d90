package money

import (
	"strings"
	"unicode"
)

// Problem is why a text is no amount.
type Problem uint8

// The problems. Each has a code and a sentence, see [ParseError].
const (
	// NotDigits: a character that is no digit and no separator.
	NotDigits Problem = iota
	// Empty: nothing but spaces.
	Empty
	// Negative: a minus sign, or brackets as accountants write them.
	Negative
	// Fraction: a part after the whole đồng, or what looks like one.
	Fraction
	// Groups: separators that do not cut groups of three, or of two sorts.
	Groups
	// LeadingZero: digits that begin with 0, as ids and phone numbers do.
	LeadingZero
	// TooLarge: more than [Max].
	TooLarge
	// NotString: JSON that is no string.
	NotString
)

type problemText struct{ code, vi, en string }

var problemTexts = map[Problem]problemText{
	NotDigits: {"AMOUNT-NOT-DIGITS", "có ký tự không phải chữ số: chỉ ghi chữ số, ví dụ 1.000.000 hoặc 1000000",
		"has a character that is not a digit: write digits only, for example 1.000.000 or 1000000"},
	Empty: {"AMOUNT-EMPTY", "để trống: ghi số đồng, ví dụ 1.000.000",
		"is empty: write the đồng, for example 1.000.000"},
	Negative: {"AMOUNT-NEGATIVE", "là số âm: ghi số tiền từ 0 đồng trở lên, không có dấu trừ",
		"is negative: write zero or more, without a minus sign"},
	Fraction: {"AMOUNT-FRACTION", "có phần lẻ hoặc có thể hiểu là phần lẻ: ghi số nguyên đồng, ví dụ 1.000.000 hoặc 1000000",
		"has a fraction or could be read as one: write whole đồng, for example 1.000.000 or 1000000"},
	Groups: {"AMOUNT-GROUPS", "phân nhóm không đều: dùng một loại dấu và đủ ba chữ số mỗi nhóm, ví dụ 1.000.000",
		"is grouped unevenly: use one separator and three digits in every group, for example 1.000.000"},
	LeadingZero: {"AMOUNT-LEADING-ZERO", "bắt đầu bằng số 0 như mã số hoặc số điện thoại: ghi số tiền không có số 0 ở đầu",
		"begins with 0 as an id or a phone number does: write the amount without leading zeros"},
	TooLarge: {"AMOUNT-TOO-LARGE", "lớn hơn 999.999.999.999.999 đồng: kiểm tra lại ô này",
		"is more than 999.999.999.999.999 đồng: check this cell"},
	NotString: {"AMOUNT-NOT-STRING", "phải là chuỗi chữ số trong dấu ngoặc kép, ví dụ \"1000000\"",
		"must be a string of digits in quotes, for example \"1000000\""},
}

// Problems returns every problem, for tests and docs that must leave none out.
func Problems() []Problem {
	return []Problem{NotDigits, Empty, Negative, Fraction, Groups, LeadingZero, TooLarge, NotString}
}

// ParseError is a text that is no amount.
type ParseError struct {
	// Input is the text as it came. In a list with swapped columns it may be an
	// identity number, so Error leaves it out and only Sentence shows it.
	Input string
	// Problem is the first thing wrong with it.
	Problem Problem
}

// Error names the problem without the input, so that it may be logged.
func (e *ParseError) Error() string { return "amount " + problemTexts[e.Problem].en }

// Code returns the stable name of the problem for docs/ERRORS.md, such as
// AMOUNT-FRACTION.
func (e *ParseError) Code() string { return problemTexts[e.Problem].code }

// Sentence returns the words for the person whose list it is: the input, what
// is wrong and how to write it; Vietnamese first.
func (e *ParseError) Sentence() string {
	text, shown := problemTexts[e.Problem], ""
	if e.Problem != Empty {
		shown = " “" + shorten(e.Input) + "”"
	}
	return "Số tiền" + shown + " " + text.vi + ". / The amount" + shown + " " + text.en + "."
}

// shorten keeps a pasted page out of a sentence.
func shorten(s string) string {
	const runesMax = 40
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if runes := []rune(clean); len(runes) > runesMax {
		return string(runes[:runesMax]) + "…"
	}
	return clean
}

// Parse reads an amount as a person types it: digits alone, or digits in
// groups of three with one sort of separator: dot, comma or space (any of the
// spaces spreadsheets use). Spaces around are ignored.
//
// It guesses nothing. "1.00", "1,5" and "1.000,50" could be fractions, "0.500"
// could be half a đồng, "0912…" could be a phone number: each is a *ParseError.
// "1.000" is a thousand, as everywhere in Vietnam.
func Parse(s string) (Amount, error) {
	fail := func(p Problem) (Amount, error) { return 0, &ParseError{Input: s, Problem: p} }
	text := strings.TrimFunc(s, isSpace)
	if text == "" {
		return fail(Empty)
	}
	if strings.ContainsAny(text, "-−–") || strings.HasPrefix(text, "(") {
		return fail(Negative)
	}
	groups, problem := cutGroups(text)
	if problem != nil {
		return fail(*problem)
	}
	digits := strings.Join(groups, "")
	if len(digits) > 1 && digits[0] == '0' {
		if len(groups) > 1 {
			return fail(Fraction)
		}
		return fail(LeadingZero)
	}
	amount, ok := fromDigits(digits)
	if !ok {
		return fail(TooLarge)
	}
	return amount, nil
}

// cutGroups splits text at its separators and checks that they are of one
// sort and every group after the first has three digits.
func cutGroups(text string) ([]string, *Problem) {
	no := func(p Problem) ([]string, *Problem) { return nil, &p }
	var groups []string
	var separator rune
	mixed, start := false, 0
	for i, r := range text {
		if '0' <= r && r <= '9' {
			continue
		}
		kind := r
		if isSpace(r) {
			kind = ' '
		}
		if kind != '.' && kind != ',' && kind != ' ' {
			return no(NotDigits)
		}
		if separator != 0 && kind != separator {
			mixed = true
		}
		separator = kind
		groups = append(groups, text[start:i])
		start = i + len(string(r))
	}
	groups = append(groups, text[start:])
	if len(groups) == 1 {
		return groups, nil
	}
	even := len(groups[0]) >= 1 && len(groups[0]) <= 3
	for _, g := range groups[1:] {
		even = even && len(g) == 3
	}
	switch {
	case even && !mixed:
		return groups, nil
	case separator != ' ' && (mixed || len(groups) == 2):
		// "1.000,50", "1,5", "1000.00": the last separator looks decimal.
		return no(Fraction)
	default:
		return no(Groups)
	}
}

// ParseExact reads an amount as our own files and API write it: digits without
// separators or leading zeros, with "-" before a negative one. Anything else
// is a *ParseError. It is the inverse of [Amount.Exact].
func ParseExact(s string) (Amount, error) {
	fail := func(p Problem) (Amount, error) { return 0, &ParseError{Input: s, Problem: p} }
	digits, negative := strings.CutPrefix(s, "-")
	switch {
	case s == "":
		return fail(Empty)
	case !allDigits(digits):
		return fail(NotDigits)
	case digits[0] == '0' && (len(digits) > 1 || negative):
		return fail(LeadingZero)
	}
	amount, ok := fromDigits(digits)
	if !ok {
		return fail(TooLarge)
	}
	if negative {
		amount = -amount
	}
	return amount, nil
}

// ParseISO reads an amount as ISO 20022 and bank files write it: digits, and
// after a dot only zeros, at most five. "1000000", "1000000.00" and
// "0001000000" are one amount; "1000000.50" is a *ParseError, because half a
// đồng in a bank's file means that we do not understand the file.
func ParseISO(s string) (Amount, error) {
	fail := func(p Problem) (Amount, error) { return 0, &ParseError{Input: s, Problem: p} }
	whole, fraction, dotted := strings.Cut(s, ".")
	switch {
	case s == "":
		return fail(Empty)
	case strings.HasPrefix(s, "-"):
		return fail(Negative)
	case !allDigits(whole) || dotted && !allDigits(fraction):
		return fail(NotDigits)
	case len(fraction) > 5 || strings.Trim(fraction, "0") != "":
		return fail(Fraction)
	case len(whole) > 18:
		return fail(TooLarge)
	}
	amount, ok := fromDigits(strings.TrimLeft(whole, "0"))
	if !ok {
		return fail(TooLarge)
	}
	return amount, nil
}

func fromDigits(digits string) (Amount, bool) {
	if len(digits) > len("999999999999999") {
		return 0, false
	}
	var amount Amount
	for i := range len(digits) {
		amount = amount*10 + Amount(digits[i]-'0')
	}
	return amount, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isSpace also holds for NBSP and narrow NBSP, which spreadsheets put between groups.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r == '\u202f' || r == '\u2009' }
