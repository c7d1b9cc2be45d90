package sheet

import (
	"encoding/binary"
	"math"
	"strconv"
)

// An .xls keeps every number as a binary float. These functions write it as the
// shortest digits that mean the same float, which are those the officer typed; no
// sum is ever made of it.

func floatDigits(raw []byte) (string, bool) {
	return digitsOf(math.Float64frombits(binary.LittleEndian.Uint64(raw)))
}

// digitsMax is a number beyond which nobody wrote the digits out: it keeps its exponent,
// as in an .xlsx, and its row is judged and not its file.
const digitsMax = 1e21

func digitsOf(f float64) (string, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", false
	}
	if math.Abs(f) >= digitsMax {
		return strconv.FormatFloat(f, 'E', -1, 64), true
	}
	return strconv.FormatFloat(f, 'f', -1, 64), true
}

// rkDigits reads the short form: 30 bits of a whole number or of a float, and
// two that say which, and whether it was multiplied by a hundred.
func rkDigits(rk uint32) (string, bool) {
	var f float64
	if rk&2 != 0 {
		f = float64(int32(rk) >> 2)
	} else {
		f = math.Float64frombits(uint64(rk&^3) << 32)
	}
	if rk&1 != 0 {
		f /= 100
	}
	return digitsOf(f)
}
