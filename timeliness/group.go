package timeliness

import "math/big"

// group counts the people of one commune, bank, channel or of all.
type group struct {
	people, covered int64
	payments        int64
	curve           *curve
	clocks          [4]distribution // drawn, ordered, credited, presumed
	proved          map[int]int64   // people with a proved withdrawal, by day
	cannot          map[int]int64   // people certainly without it through this day
	cannotEver      int64           // … and through every day observed
}

func newGroup() *group {
	g := &group{curve: newCurve(), proved: map[int]int64{}, cannot: map[int]int64{}}
	for i := range g.clocks {
		g.clocks[i] = distribution{}
	}
	return g
}

// add counts one person.
func (g *group) add(w wait) {
	g.people++
	for i, day := range []int{w.drawn, w.ordered, w.credited, w.presumed} {
		if day != never {
			g.clocks[i][day]++
		}
	}
	if w.event != never {
		g.proved[w.event]++
	}
	switch {
	case w.none:
		g.cannotEver++
	case w.firstEvent && w.event != never && w.event <= w.seen:
		g.cannot[w.event-1]++
	case w.firstEvent:
		g.cannot[max(w.seen, w.credited-1)]++
	case w.credited > 0:
		g.cannot[w.credited-1]++
	}
	if !w.covered {
		return
	}
	g.covered++
	switch {
	case w.event != never && w.event <= w.seen:
		g.curve.add(g.curve.events, w.event)
	case w.competing != never:
		g.curve.add(g.curve.competing, w.competing)
	default:
		g.curve.add(g.curve.censored, w.seen)
	}
}

// bounds is the lowest and highest share of all people that can have withdrawn
// by the end of day: lowest counts what is proved, highest takes away only who
// certainly had not.
func (g *group) bounds(day int) (low, high *big.Rat) {
	var proved, cannot int64
	for d, n := range g.proved {
		if d <= day {
			proved += n
		}
	}
	for d, n := range g.cannot {
		if d >= day {
			cannot += n
		}
	}
	cannot += g.cannotEver
	return big.NewRat(proved, g.people), big.NewRat(g.people-cannot, g.people)
}

// distribution counts people by the day a clock stopped; who is not in it has
// not reached it.
type distribution map[int]int64

func (d distribution) reached() int64 {
	var n int64
	for _, k := range d {
		n += k
	}
	return n
}

// quantile is the day by whose end num/den of all people had reached the clock;
// nil if fewer ever did.
func (d distribution) quantile(all, num, den int64) *int {
	last := -1
	for day := range d {
		last = max(last, day)
	}
	var n int64
	for day := 0; day <= last; day++ {
		if n += d[day]; n*den >= all*num {
			return &day
		}
	}
	return nil
}
