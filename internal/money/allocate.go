package money

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// ErrWeights means that there is nobody to allocate to: no weights, a negative
// one, or all zero.
var ErrWeights = errors.New("weights must be zero or more, and one above zero")

// Allocate divides total by weights so that the shares add up to total to the
// đồng: each gets its share rounded down, and the đồng left over go one each
// to the largest remainders, on a tie to the earlier. So the same arguments
// always give the same shares, and a weight of zero gets nothing.
//
// It returns ErrNegative for a total below zero, and ErrWeights.
func Allocate(total Amount, weights []int64) ([]Amount, error) {
	if total < 0 {
		return nil, fmt.Errorf("allocate %d: %w", total, ErrNegative)
	}
	if total > Max {
		return nil, fmt.Errorf("allocate %d: %w", total, ErrOverflow)
	}
	var sum uint64
	for _, w := range weights {
		var carry uint64
		if w < 0 {
			return nil, fmt.Errorf("allocate %d: %w", total, ErrWeights)
		}
		if sum, carry = bits.Add64(sum, uint64(w), 0); carry != 0 {
			return nil, fmt.Errorf("allocate %d: sum of weights: %w", total, ErrOverflow)
		}
	}
	if sum == 0 {
		return nil, fmt.Errorf("allocate %d: %w", total, ErrWeights)
	}

	shares := make([]Amount, len(weights))
	remainders := make([]uint64, len(weights))
	order := make([]int, len(weights))
	left := total
	for i, w := range weights {
		// 128 bits: total × w passes int64 for ordinary budgets. The quotient is at
		// most total because w ≤ sum, so Div64 cannot panic.
		high, low := bits.Mul64(uint64(total), uint64(w))
		quotient, remainder := bits.Div64(high, low, sum)
		shares[i], remainders[i], order[i] = Amount(quotient), remainder, i
		left -= Amount(quotient)
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case remainders[i] > remainders[j]:
			return -1
		case remainders[i] < remainders[j]:
			return 1
		default:
			return 0
		}
	})
	// Fewer đồng are left than there are remainders above zero, so none goes to
	// a weight of zero.
	for _, i := range order[:left] {
		shares[i]++
	}
	return shares, nil
}

// Split divides total into n parts that differ by at most one đồng and add up
// to total; the larger parts come first. It returns ErrNegative for a total
// below zero and ErrWeights for n < 1.
func Split(total Amount, n int) ([]Amount, error) {
	if n < 1 {
		return nil, fmt.Errorf("split %d in %d: %w", total, n, ErrWeights)
	}
	weights := make([]int64, n)
	for i := range weights {
		weights[i] = 1
	}
	return Allocate(total, weights)
}
