package sheet

import (
	"strconv"
	"strings"
)

// displayDigitsMax is how many digits of a number "General" shows before an
// exponent. A stored number with no more of them and a large exponent is such a
// picture written back as if it were the value: its other digits are lost.
const displayDigitsMax = 6

// wholeDigitsMax is how many digits of a number a spreadsheet keeps.
const wholeDigitsMax = 15

// plainNumber returns the digits of a stored number without exponent, as an
// officer would type them: 7.9123456789E10 is 79123456789. What would lose or
// invent a digit stays as it is. ok is false for what is no number.
func plainNumber(text string) (digits string, ok bool) {
	body, exponent, scientific := cutExponent(text)
	sign := ""
	if strings.HasPrefix(body, "-") || strings.HasPrefix(body, "+") {
		sign, body = strings.TrimPrefix(body[:1], "+"), body[1:]
	}
	whole, fraction, _ := strings.Cut(body, ".")
	if whole+fraction == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(fraction, "0123456789") != "" {
		return text, false
	}
	if !scientific {
		if strings.Trim(fraction, "0") == "" { // "79203123456.0" is how some programs write a whole number
			return sign + whole, whole != ""
		}
		return text, true
	}
	power, err := strconv.Atoi(exponent)
	if err != nil {
		return text, false
	}
	all := strings.TrimRight(whole+fraction, "0")
	point := len(whole) + power // where it stands in whole+fraction
	if point < 0 || point > wholeDigitsMax || point > 10 && len(strings.TrimLeft(all, "0")) <= displayDigitsMax {
		return text, true
	}
	if len(all) <= point {
		return sign + noZeros(all+strings.Repeat("0", point-len(all))), true
	}
	return sign + noZeros(all[:point]) + "." + all[point:], true
}

func cutExponent(text string) (body, exponent string, found bool) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

// noZeros drops leading zeros of a whole number, leaving one digit.
func noZeros(digits string) string {
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return "0"
	}
	return digits
}

// padded writes a whole number with as many digits as its format shows.
func padded(digits string, zeros int) string {
	if len(digits) >= zeros || strings.Trim(digits, "0123456789") != "" {
		return digits
	}
	return strings.Repeat("0", zeros-len(digits)) + digits
}

// number makes c a number under a style.
func (c *Cell) number(text string, st style) {
	digits, ok := plainNumber(text)
	c.Font, c.Text, c.Kind = st.font, digits, Number
	switch {
	case digits == "":
		*c = Cell{}
	case !ok:
		c.Kind = Text
	case st.date:
		c.Kind = Date
	default:
		c.Text = padded(digits, st.zeros)
	}
}
