package timeliness

import "math/big"

// curve estimates which share of the covered people has withdrawn by the end of
// each day since the due date, from three counts a day.
type curve struct {
	events    map[int]int64 // first withdrawals
	competing map[int]int64 // money that came back and was not paid again
	censored  map[int]int64 // observed through this day, nothing happened
	people    int64
	last      int // the last day anybody was observed
}

func newCurve() *curve {
	return &curve{events: map[int]int64{}, competing: map[int]int64{}, censored: map[int]int64{}, last: -1}
}

func (c *curve) add(to map[int]int64, day int) {
	to[day]++
	c.people++
	c.last = max(c.last, day)
}

// point is the estimate at the end of one day.
type point struct {
	day   int
	share *big.Rat // withdrawn by then
	left  *big.Rat // neither withdrawn nor out by a competing event
}

// points walks the days. On one day, events and competing events come before
// censoring: who was observed through the day was at risk on it.
func (c *curve) points() []point {
	atRisk := c.people
	share, left := new(big.Rat), big.NewRat(1, 1)
	var out []point
	for day := 0; day <= c.last && atRisk > 0; day++ {
		d, x := c.events[day], c.competing[day]
		if d > 0 || x > 0 {
			share = new(big.Rat).Add(share, new(big.Rat).Mul(left, big.NewRat(d, atRisk)))
			left = new(big.Rat).Mul(left, big.NewRat(atRisk-d-x, atRisk))
		}
		out = append(out, point{day, share, left})
		atRisk -= d + x + c.censored[day]
	}
	return out
}

// shareAt reads the estimate at the end of day; nil if nobody was observed that
// long and the answer is still open.
func shareAt(points []point, day int) *big.Rat {
	if len(points) == 0 {
		return nil
	}
	end := points[len(points)-1]
	if day > end.day {
		if end.left.Sign() == 0 {
			return end.share
		}
		return nil
	}
	return points[day].share
}

// quantile is the first day by whose end the share reached num/den; nil if it
// never did.
func quantile(points []point, num, den int64) *int {
	want := big.NewRat(num, den)
	for _, p := range points {
		if p.share.Cmp(want) >= 0 {
			return &p.day
		}
	}
	return nil
}
