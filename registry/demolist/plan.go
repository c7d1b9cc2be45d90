package demolist

import (
	"fmt"
	"math/rand/v2"
)

// Place is a commune.
type Place struct {
	Code string
	Name string // "Phường Ba Đình"
}

// Plan is a whole demo city.
type Plan struct {
	Units []Unit
}

// Unit is one commune's share of a plan.
type Unit struct {
	Place
	People int // may be 0 in a small demo: such a unit has no list
	// Cash is a commune where nobody has an account: all but pensioners are paid
	// in cash.
	Cash bool

	seed   uint64
	number uint64 // position in the plan
	layout layout
}

// FileName returns the name of the unit's workbook for a programme.
func (u Unit) FileName(programme string) string {
	return fmt.Sprintf("%s-%s.xlsx", u.Code, programme)
}

// placesMax keeps every unit's ids in a range of its own.
const placesMax = 1_000_000 / idsPerUnit

// Make plans people over places: sizes differ by a factor of five as communes
// do, the sum is exactly people, and about one commune in nine pays in cash.
// It panics for more than 126 places or a negative number of people, which are
// faults of the caller.
func Make(seed uint64, people int, places []Place) Plan {
	if len(places) == 0 || len(places) > placesMax || people < 0 {
		panic(fmt.Sprintf("demolist: %d people in %d places", people, len(places)))
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	weights, sum := make([]int, len(places)), 0
	for i := range weights {
		weights[i] = 40 + rng.IntN(161)
		sum += weights[i]
	}
	plan := Plan{Units: make([]Unit, len(places))}
	left := people
	for i, place := range places {
		share := people * weights[i] / sum
		left -= share
		plan.Units[i] = Unit{Place: place, People: share, seed: seed, number: uint64(i),
			Cash: rng.IntN(9) == 0, layout: newLayout(rng)}
	}
	// What rounding left goes one by one to the units after a seeded start.
	start := rng.IntN(len(places))
	for i := range left {
		plan.Units[(start+i)%len(places)].People++
	}
	return plan
}
