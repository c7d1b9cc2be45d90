package money

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Rounding says which whole đồng a fraction becomes. The zero value is no
// rounding at all: a caller that names none is refused whenever it matters.
type Rounding uint8

// The ways to round.
const (
	// Refuse returns ErrInexact instead of rounding.
	Refuse Rounding = iota
	// HalfUp goes to the nearest đồng, a half away from zero.
	HalfUp
	// Down cuts the fraction off, towards zero.
	Down
)

// ErrInexact means a product with a fraction of a đồng and no leave to round it.
var ErrInexact = errors.New("result is not a whole number of đồng")

// ErrRate means a text that is no rate, or a rate of absurd size.
var ErrRate = errors.New("not a rate: write digits with a dot before the fraction, for example 1.5")

// rateDigitsMax bounds both sides of the dot. A decimal from elsewhere may
// carry an exponent of a billion, and rounding it would build that number.
const rateDigitsMax = 12

// ParseRate reads a rate or coefficient as machines write it: "1.5", "0.0085",
// "3". It takes no sign, exponent, comma or percent; anything else is ErrRate.
func ParseRate(s string) (decimal.Decimal, error) {
	whole, fraction, dotted := strings.Cut(s, ".")
	if !allDigits(whole) || dotted && !allDigits(fraction) || len(whole) > rateDigitsMax || len(fraction) > rateDigitsMax {
		return decimal.Decimal{}, fmt.Errorf("parse rate %q: %w", shorten(s), ErrRate)
	}
	rate, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("parse rate %q: %w", shorten(s), ErrRate)
	}
	return rate, nil
}

// MulRate returns a × rate as whole đồng, rounded as the caller says. It
// returns ErrInexact when the product has a fraction and mode is Refuse,
// ErrOverflow beyond [Max], and ErrRate for a rate of more than 12 digits
// after the dot or an exponent as large.
func (a Amount) MulRate(rate decimal.Decimal, mode Rounding) (Amount, error) {
	fail := func(err error) (Amount, error) {
		return 0, fmt.Errorf("multiply %d by rate (rounding %d): %w", a, mode, err)
	}
	if e := rate.Exponent(); e > rateDigitsMax || e < -rateDigitsMax {
		return fail(ErrRate)
	}
	exact := decimal.NewFromInt(int64(a)).Mul(rate)
	var whole decimal.Decimal
	switch mode {
	case HalfUp:
		whole = exact.Round(0)
	case Down:
		whole = exact.Truncate(0)
	case Refuse:
		if whole = exact.Truncate(0); !whole.Equal(exact) {
			return fail(ErrInexact)
		}
	default:
		panic(fmt.Sprintf("money: rounding %d does not exist", mode))
	}
	if whole.Abs().GreaterThan(decimal.NewFromInt(int64(Max))) {
		return fail(ErrOverflow)
	}
	return Amount(whole.IntPart()), nil
}
