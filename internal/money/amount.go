package money

import (
	"errors"
	"fmt"
	"strconv"
)

// Amount is a whole number of đồng. It is negative only as a difference.
//
// Its kind is int64, so pgx reads and writes it as bigint; for a text column
// it would store what String shows, with dots, which no query can add up.
type Amount int64

// Max is the largest amount of either sign: one đồng less than a million
// billion, which still has words and fits an exact spreadsheet number.
const Max Amount = 999_999_999_999_999

// ErrOverflow means a result beyond [Max]. No caller meets it with real
// budgets: it marks a wrong figure, never a reason to try again.
var ErrOverflow = errors.New("amount beyond 999.999.999.999.999 đồng")

// ErrNegative means an amount below zero where only zero or more makes sense.
var ErrNegative = errors.New("amount below zero")

// Add returns a + b, or ErrOverflow.
func (a Amount) Add(b Amount) (Amount, error) {
	if !a.inRange() || !b.inRange() {
		return 0, fmt.Errorf("add %d and %d: %w", a, b, ErrOverflow)
	}
	// Both are within ±Max, so int64 itself cannot overflow here.
	if sum := a + b; sum.inRange() {
		return sum, nil
	}
	return 0, fmt.Errorf("add %d and %d: %w", a, b, ErrOverflow)
}

// Sub returns a − b, or ErrOverflow. The result may be negative.
func (a Amount) Sub(b Amount) (Amount, error) {
	if !b.inRange() {
		return 0, fmt.Errorf("subtract %d from %d: %w", b, a, ErrOverflow)
	}
	difference, err := a.Add(-b)
	if err != nil {
		return 0, fmt.Errorf("subtract %d from %d: %w", b, a, ErrOverflow)
	}
	return difference, nil
}

// Mul returns a × n, or ErrOverflow. For a rate that is no whole number use
// [Amount.MulRate].
func (a Amount) Mul(n int64) (Amount, error) {
	if a == 0 || n == 0 {
		return 0, nil
	}
	product := a * Amount(n)
	// The division finds a product that wrapped; the first test keeps −1 × the
	// smallest int64, whose quotient wraps as well, out of it.
	if !a.inRange() || product/a != Amount(n) || !product.inRange() {
		return 0, fmt.Errorf("multiply %d by %d: %w", a, n, ErrOverflow)
	}
	return product, nil
}

// Sum adds amounts from the left, or returns ErrOverflow as soon as a partial
// sum passes [Max].
func Sum(amounts ...Amount) (Amount, error) {
	var total Amount
	for i, a := range amounts {
		var err error
		if total, err = total.Add(a); err != nil {
			return 0, fmt.Errorf("sum %d amounts at index %d: %w", len(amounts), i, err)
		}
	}
	return total, nil
}

// String returns the amount as people write it in Vietnam: "1.000.000",
// "-500". It has no currency sign.
func (a Amount) String() string {
	digits := strconv.FormatInt(int64(a), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	out := make([]byte, 0, len(sign)+len(digits)+len(digits)/3)
	out = append(out, sign...)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, '.')
		}
		out = append(out, digits[i])
	}
	return string(out)
}

// Exact returns the amount as machines write it: "1000000", "-500". It is what
// [ParseExact] reads, and what JSON, CSV and ISO 20022 files of ours carry.
func (a Amount) Exact() string { return strconv.FormatInt(int64(a), 10) }

// MarshalJSON writes the amount as a JSON string, because a JSON number is a
// float to many readers.
func (a Amount) MarshalJSON() ([]byte, error) {
	return []byte(`"` + a.Exact() + `"`), nil
}

// UnmarshalJSON reads a JSON string that [ParseExact] accepts. It refuses a
// number, null and an empty string with a *ParseError: a missing amount is not zero.
func (a *Amount) UnmarshalJSON(data []byte) error {
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
		return &ParseError{Input: string(data), Problem: NotString}
	}
	// An escape such as \u0031 fails in ParseExact: our own writers never use one.
	got, err := ParseExact(string(data[1 : len(data)-1]))
	if err != nil {
		return err
	}
	*a = got
	return nil
}

func (a Amount) inRange() bool { return -Max <= a && a <= Max }
