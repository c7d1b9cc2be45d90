package money

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"
)

func TestArithmeticStopsAtTheLimit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		do      func() (Amount, error)
		want    Amount
		wantErr error
	}{
		"sum up to the limit":           {func() (Amount, error) { return (Max - 1).Add(1) }, Max, nil},
		"sum past the limit":            {func() (Amount, error) { return Max.Add(1) }, 0, ErrOverflow},
		"sum past the lower limit":      {func() (Amount, error) { return (-Max).Add(-1) }, 0, ErrOverflow},
		"a figure already out of range": {func() (Amount, error) { return Amount(math.MaxInt64).Add(math.MinInt64) }, 0, ErrOverflow},
		"difference below zero":         {func() (Amount, error) { return Amount(3).Sub(5) }, -2, nil},
		"difference past the limit":     {func() (Amount, error) { return Max.Sub(-1) }, 0, ErrOverflow},
		"smallest int64 taken away":     {func() (Amount, error) { return Amount(0).Sub(math.MinInt64) }, 0, ErrOverflow},
		"product":                       {func() (Amount, error) { return Amount(300_000).Mul(1_165_878) }, 349_763_400_000, nil},
		"product with a negative":       {func() (Amount, error) { return Amount(-7).Mul(6) }, -42, nil},
		"product past the limit":        {func() (Amount, error) { return Max.Mul(2) }, 0, ErrOverflow},
		"product that wraps":            {func() (Amount, error) { return Amount(1 << 40).Mul(1 << 40) }, 0, ErrOverflow},
		"minus one by smallest int64":   {func() (Amount, error) { return Amount(-1).Mul(math.MinInt64) }, 0, ErrOverflow},
		"smallest int64 by minus one":   {func() (Amount, error) { return Amount(math.MinInt64).Mul(-1) }, 0, ErrOverflow},
		"nothing times anything":        {func() (Amount, error) { return Amount(0).Mul(math.MinInt64) }, 0, nil},
		"sum of many":                   {func() (Amount, error) { return Sum(1, 2, -3, 500_000) }, 500_000, nil},
		"sum of none":                   {func() (Amount, error) { return Sum() }, 0, nil},
		"sum that leaves and returns":   {func() (Amount, error) { return Sum(Max, 1, -1) }, 0, ErrOverflow},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.do()
			if got != tt.want || !errors.Is(err, tt.wantErr) {
				t.Errorf("got %d, %v; want %d, %v", got, err, tt.want, tt.wantErr)
			}
		})
	}
}

// TestArithmeticAgreesWithBigIntegers: a result is exact, or refused because
// the exact one is out of range.
func TestArithmeticAgreesWithBigIntegers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(-int64(Max), int64(Max))
		a, b := amount.Draw(t, "a"), amount.Draw(t, "b")
		n := rapid.Int64().Draw(t, "n")
		x, y := big.NewInt(a), big.NewInt(b)
		for _, op := range []struct {
			name  string
			exact *big.Int
			got   func() (Amount, error)
		}{
			{"add", new(big.Int).Add(x, y), func() (Amount, error) { return Amount(a).Add(Amount(b)) }},
			{"sub", new(big.Int).Sub(x, y), func() (Amount, error) { return Amount(a).Sub(Amount(b)) }},
			{"mul", new(big.Int).Mul(x, big.NewInt(n)), func() (Amount, error) { return Amount(a).Mul(n) }},
		} {
			got, err := op.got()
			inRange := op.exact.CmpAbs(big.NewInt(int64(Max))) <= 0
			if inRange != (err == nil) || inRange && op.exact.Int64() != int64(got) {
				t.Fatalf("%s of %d, %d (n %d) = %d, %v; exact %s", op.name, a, b, n, got, err, op.exact)
			}
		}
	})
}

func TestString(t *testing.T) {
	t.Parallel()
	tests := map[Amount]string{
		0: "0", 5: "5", 999: "999", 1_000: "1.000", 12_345: "12.345", 574_423_500_000: "574.423.500.000",
		-1: "-1", -999: "-999", -1_000: "-1.000", Max: "999.999.999.999.999",
		math.MinInt64: "-9.223.372.036.854.775.808",
	}
	for amount, want := range tests {
		if got := amount.String(); got != want {
			t.Errorf("Amount(%d).String() = %q, want %q", int64(amount), got, want)
		}
	}
}

func TestJSONCarriesAmountsAsStrings(t *testing.T) {
	t.Parallel()
	type body struct {
		Total Amount   `json:"total"`
		Back  *Amount  `json:"back,omitempty"`
		Parts []Amount `json:"parts"`
	}
	want := body{Total: 574_423_500_000, Parts: []Amount{0, -5}}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"total":"574423500000","parts":["0","-5"]}`; string(data) != want {
		t.Errorf("json.Marshal = %s, want %s", data, want)
	}
	var got body
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
	for _, bad := range []string{`{"total":5}`, `{"total":null}`, `{"total":""}`, `{"total":"1.000"}`, `{"total":"5.00"}`, `{"total":1e3}`, `{"total":"\u0031"}`, `{"total":true}`} {
		var problem *ParseError
		if err := json.Unmarshal([]byte(bad), &got); !errors.As(err, &problem) {
			t.Errorf("json.Unmarshal(%s) error = %v, want a *ParseError", bad, err)
		}
	}
}

// TestPostgreSQLSeesBigint: pgx takes an Amount for bigint both ways, in the
// binary and the text format.
func TestPostgreSQLSeesBigint(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
		want := Amount(574_423_500_000)
		data, err := types.Encode(pgtype.Int8OID, format, want, nil)
		if err != nil {
			t.Fatalf("encode in format %d: %v", format, err)
		}
		// What the comment of Amount warns of.
		if text, err := types.Encode(pgtype.TextOID, format, want, nil); err != nil || string(text) != "574.423.500.000" {
			t.Errorf("encode as text in format %d = %q, %v; want the dotted form", format, text, err)
		}
		var got Amount
		if err := types.Scan(pgtype.Int8OID, format, data, &got); err != nil || got != want {
			t.Errorf("scan in format %d = %d, %v; want %d", format, got, err, want)
		}
	}
}
