package money

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestMulRate(t *testing.T) {
	t.Parallel()
	type result struct {
		HalfUp, Down, Refuse Amount
		RefuseErr            error
	}
	tests := map[string]struct {
		amount Amount
		rate   string
		want   result
	}{
		"a coefficient of assistance":  {540_000, "1.5", result{810_000, 810_000, 810_000, nil}},
		"exactly half goes up":         {1, "0.5", result{1, 0, 0, ErrInexact}},
		"exactly half of a loss":       {-1, "0.5", result{-1, 0, 0, ErrInexact}},
		"just under half goes down":    {1, "0.499999999999", result{0, 0, 0, ErrInexact}},
		"a provider fee per mille":     {574_423_500_000, "0.0085", result{4_882_599_750, 4_882_599_750, 4_882_599_750, nil}},
		"no float error at 0.1 × 3":    {3, "0.1", result{0, 0, 0, ErrInexact}},
		"a whole rate":                 {7, "3", result{21, 21, 21, nil}},
		"nothing":                      {0, "1.5", result{}},
		"up to the limit and no more":  {Max, "1", result{Max, Max, Max, nil}},
		"trailing zeros do not matter": {100, "1.50", result{150, 150, 150, nil}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rate, err := ParseRate(tt.rate)
			if err != nil {
				t.Fatal(err)
			}
			up, errUp := tt.amount.MulRate(rate, HalfUp)
			down, errDown := tt.amount.MulRate(rate, Down)
			exact, errExact := tt.amount.MulRate(rate, Refuse)
			if errUp != nil || errDown != nil || !errors.Is(errExact, tt.want.RefuseErr) {
				t.Fatalf("errors %v, %v, %v; want nil, nil, %v", errUp, errDown, errExact, tt.want.RefuseErr)
			}
			got := result{up, down, exact, tt.want.RefuseErr}
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(errors.Is)); diff != "" {
				t.Errorf("%d × %s (-want +got):\n%s", tt.amount, tt.rate, diff)
			}
		})
	}
}

func TestMulRateRefusesAbsurdRates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rate decimal.Decimal
		want error
	}{
		"past the limit":       {decimal.New(2, 0), ErrOverflow},
		"an exponent up high":  {decimal.New(1, math.MaxInt32), ErrRate},
		"an exponent down low": {decimal.New(1, math.MinInt32), ErrRate},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := Max.MulRate(tt.rate, HalfUp); !errors.Is(err, tt.want) || got != 0 {
				t.Errorf("MulRate = %d, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestParseRateRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "-1", "+1", "1,5", "1.", ".5", "1e9", "50%", " 1", "1.5.1", "1234567890123", "0.1234567890123", "٣", "NaN"} {
		if got, err := ParseRate(in); !errors.Is(err, ErrRate) {
			t.Errorf("ParseRate(%q) = %s, %v; want ErrRate", in, got, err)
		}
	}
}

func TestAllocate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		total   Amount
		weights []int64
		want    []Amount
		wantErr error
	}{
		"even shares":                       {900, []int64{1, 1, 1}, []Amount{300, 300, 300}, nil},
		"the odd đồng goes to the earliest": {100, []int64{1, 1, 1}, []Amount{34, 33, 33}, nil},
		"the larger remainder comes first":  {10, []int64{1, 2, 4}, []Amount{1, 3, 6}, nil},
		"nobody without weight gets any":    {5, []int64{0, 1, 0, 1}, []Amount{0, 3, 0, 2}, nil},
		"nothing to share":                  {0, []int64{1, 2}, []Amount{0, 0}, nil},
		"one gets all":                      {Max, []int64{math.MaxInt64}, []Amount{Max}, nil},
		"weights near the end of int64":     {3, []int64{math.MaxInt64, math.MaxInt64}, []Amount{2, 1}, nil},
		"weights past 64 bits":              {3, []int64{math.MaxInt64, math.MaxInt64, math.MaxInt64}, nil, ErrOverflow},
		"no weights":                        {3, nil, nil, ErrWeights},
		"weights of zero":                   {3, []int64{0, 0}, nil, ErrWeights},
		"a negative weight":                 {3, []int64{2, -1}, nil, ErrWeights},
		"a negative total":                  {-3, []int64{1}, nil, ErrNegative},
		"a total past the limit":            {Max + 1, []int64{1}, nil, ErrOverflow},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Allocate(tt.total, tt.weights)
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("Allocate(%d, %v) error = %v, want %v", tt.total, tt.weights, err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Allocate(%d, %v) (-want +got):\n%s", tt.total, tt.weights, diff)
			}
		})
	}
}

// TestAllocateLosesNoDong: shares add up to the total, and none is a đồng or
// more away from its exact part.
func TestAllocateLosesNoDong(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := Amount(rapid.Int64Range(0, int64(Max)).Draw(t, "total"))
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1<<50), 1, 40).Draw(t, "weights")
		weights[0]++ // at least one above zero
		shares, err := Allocate(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := Sum(shares...); err != nil || sum != total {
			t.Fatalf("shares add to %d, %v; want %d", sum, err, total)
		}
		var weightSum int64
		for _, w := range weights {
			weightSum += w
		}
		for i, share := range shares {
			// |share × Σw − total × w| < Σw, in exact decimals
			off := decimal.NewFromInt(int64(share)).Mul(decimal.NewFromInt(weightSum)).
				Sub(decimal.NewFromInt(int64(total)).Mul(decimal.NewFromInt(weights[i]))).Abs()
			if !off.LessThan(decimal.NewFromInt(weightSum)) {
				t.Fatalf("share %d of weight %d is a đồng or more off", share, weights[i])
			}
		}
	})
}

func TestSplit(t *testing.T) {
	t.Parallel()
	got, err := Split(1_000_003, 4)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Amount{250_001, 250_001, 250_001, 250_000}, got); diff != "" {
		t.Errorf("Split(1000003, 4) (-want +got):\n%s", diff)
	}
	if _, err := Split(1, 0); !errors.Is(err, ErrWeights) {
		t.Errorf("Split(1, 0) error = %v, want ErrWeights", err)
	}
}
