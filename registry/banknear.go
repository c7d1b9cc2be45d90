package registry

import (
	"unicode/utf8"

	"ansinh/internal/vntext"
)

// NearestBank returns the one bank whose name is a slip of the pen away from a
// cell that FindBank does not know. It is false when no name is that near, or
// names of two banks are: money follows no guess, a person accepts it.
func NearestBank(cell string, demo bool) (Bank, bool) {
	directory := banks()
	var best *Bank
	distance, shared := 0, false
	for text := vntext.Fold(cell); ; {
		key := vntext.FoldTight(text)
		for name, meant := range directory.byName {
			if !demo && meant[0].Demo {
				continue
			}
			slips, near := distanceWithin(key, name, slipsMax(len(key)))
			switch {
			case !near || best != nil && slips > distance:
			case best == nil || slips < distance:
				best, distance, shared = meant[0], slips, len(meant) > 1 || directory.shared[name]
			default:
				shared = shared || len(meant) > 1 || meant[0] != best
			}
		}
		cuts := branchWord.FindAllStringIndex(text, -1)
		if len(cuts) == 0 || best != nil {
			break
		}
		text = text[:cuts[len(cuts)-1][0]]
	}
	if best == nil || shared {
		return Bank{}, false
	}
	return *best, true
}

// slipsMax is how many letters may differ: in a short name one letter is another
// bank, so nothing is near it.
func slipsMax(length int) int {
	switch {
	case length < 5:
		return 0
	case length < 9:
		return 1
	case length < 16:
		return 2
	default:
		return 3
	}
}

// distanceWithin counts the letters to add, drop, change or swap with their
// neighbour to come from a to b; false above the limit.
func distanceWithin(a, b string, limit int) (int, bool) {
	from, to := []rune(a), []rune(b)
	if limit == 0 || abs(utf8.RuneCountInString(a)-utf8.RuneCountInString(b)) > limit {
		return 0, false
	}
	before, last, row := make([]int, len(to)+1), make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range last {
		last[j] = j
	}
	for i := range from {
		row[0] = i + 1
		least := row[0]
		for j := range to {
			cost := 1
			if from[i] == to[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		if least > limit {
			return 0, false
		}
		before, last, row = last, row, before
	}
	return last[len(to)], last[len(to)] <= limit
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
