package timeliness

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ansinh/internal/calendar"
	"ansinh/ledger"
)

// The worked case: ten people. Days of events 1, 1, 3; one came back on day 2;
// censored on days 2, 3, 5 (three left open at 5).
//
//	day 1: 10 at risk, 2 events           share 2/10            left 8/10
//	day 2: 8 at risk, 1 competing         share 1/5             left 4/5·7/8 = 7/10
//	       1 censored after that
//	day 3: 6 at risk, 1 event             share 1/5+7/10·1/6 = 19/60
func TestCurveByHand(t *testing.T) {
	t.Parallel()
	c := newCurve()
	for _, day := range []int{1, 1, 3} {
		c.add(c.events, day)
	}
	c.add(c.competing, 2)
	for _, day := range []int{2, 3, 5, 5, 5, 5} {
		c.add(c.censored, day)
	}
	points := c.points()
	want := map[int]string{0: "0/1", 1: "1/5", 2: "1/5", 3: "19/60", 4: "19/60", 5: "19/60"}
	for day, share := range want {
		if got := shareAt(points, day); got == nil || got.String() != share {
			t.Errorf("share at day %d = %v, want %s", day, got, share)
		}
	}
	if got := shareAt(points, 6); got != nil {
		t.Errorf("share at day 6 = %v, want nothing: nobody was observed that long", got)
	}
	if got := quantile(points, 1, 5); got == nil || *got != 1 {
		t.Errorf("day of 1/5 = %v, want 1", got)
	}
	if got := quantile(points, 1, 2); got != nil {
		t.Errorf("median = %d, want none", *got)
	}
}

func TestCurveEndsWhenEverybodyHasWithdrawn(t *testing.T) {
	t.Parallel()
	c := newCurve()
	for day := range 4 {
		c.add(c.events, day)
	}
	if got := shareAt(c.points(), 30); got == nil || got.Cmp(big.NewRat(1, 1)) != 0 {
		t.Errorf("share at day 30 = %v, want 1", got)
	}
	if got := quantile(c.points(), 1, 2); got == nil || *got != 1 {
		t.Errorf("median = %v, want day 1", got)
	}
}

// Without anything competing the estimate is one minus Kaplan–Meier, computed
// here the textbook way.
func TestCurveIsOneMinusKaplanMeier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newCurve()
		type one struct {
			day   int
			event bool
		}
		people := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) one {
			return one{rapid.IntRange(0, 12).Draw(t, "day"), rapid.Bool().Draw(t, "event")}
		}), 1, 30).Draw(t, "people")
		for _, p := range people {
			if p.event {
				c.add(c.events, p.day)
			} else {
				c.add(c.censored, p.day)
			}
		}
		points := c.points()
		survival := big.NewRat(1, 1)
		for day := 0; day <= c.last; day++ {
			var atRisk, events int64
			for _, p := range people {
				if p.day >= day {
					atRisk++
				}
				if p.day == day && p.event {
					events++
				}
			}
			survival.Mul(survival, big.NewRat(atRisk-events, atRisk))
			if want := new(big.Rat).Sub(big.NewRat(1, 1), survival); shareAt(points, day).Cmp(want) != 0 {
				t.Fatalf("day %d: share %v, want %v", day, shareAt(points, day), want)
			}
		}
	})
}

// truth is what really happened to one person, which the program never sees.
type truth struct {
	credited int // never: not credited
	first    int // first withdrawal; never: none
	returned int // never: not returned
}

// TestBoundsContainTheTruth draws people whose whole story is known, shows the
// program only what coverage would show, and wants the true share of every
// horizon between the bounds, and the curve too where all are covered.
func TestBoundsContainTheTruth(t *testing.T) {
	t.Parallel()
	due := calendar.Must(2026, 2, 1)
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		through := 8 + random.IntN(30)
		g := newGroup()
		var people []truth
		for range 50 + random.IntN(100) {
			p := live(random)
			people = append(people, p)
			g.add(waitOf(show(random, p, due, through), due, through))
		}
		for _, h := range Horizons {
			if h > through {
				continue
			}
			var had int64
			for _, p := range people {
				if p.first != never && p.first <= h {
					had++
				}
			}
			low, high := g.bounds(h)
			if share := big.NewRat(had, int64(len(people))); share.Cmp(low) < 0 || share.Cmp(high) > 0 {
				t.Errorf("seed %d, day %d: truth %v is not within %v … %v", seed, h, share, low, high)
			}
		}
	}
}

func live(random *rand.Rand) truth {
	p := truth{credited: random.IntN(6), first: never, returned: never}
	switch random.IntN(12) {
	case 0:
		p.credited = never
	case 1:
		p.returned = p.credited + random.IntN(5)
	case 2, 3:
	default:
		p.first = p.credited + random.IntN(40)
	}
	return p
}

// show is what the ledger and a withdrawal file tell of p at the end of day
// through. Some sources cover all, some begin five days after the credit, some
// are silent.
func show(random *rand.Rand, p truth, due calendar.Date, through int) clocks {
	c := clocks{State: ledger.Paid}
	switch {
	case p.credited == never || p.credited > through:
		c.State = ledger.Ordered
		return c
	case p.returned != never && p.returned <= through:
		c.State, c.ReturnedOn = ledger.Returned, due.AddDays(p.returned)
	}
	c.CreditedOn = due.AddDays(p.credited)
	last := min(through, p.credited+random.IntN(30))
	from := p.credited
	switch random.IntN(3) {
	case 0:
		return c
	case 1:
		from += 5
	}
	if last < from {
		return c
	}
	if from == p.credited {
		c.CoveredTo = due.AddDays(last)
	}
	if p.first != never && p.first >= from && p.first <= last {
		at := due.AddDays(p.first).At(9, 0)
		c.EventAt = &at
	}
	return c
}

func TestAPersonHasTheMoneyWhenTheLastPaymentCame(t *testing.T) {
	t.Parallel()
	covered := wait{drawn: 0, ordered: 0, credited: 1, presumed: never, event: 2, firstEvent: true, competing: never, seen: 20, covered: true}
	slow := covered
	slow.event, slow.seen = 9, 15
	silent := covered
	silent.event, silent.covered, silent.firstEvent = never, false, false
	refused := wait{drawn: 0, ordered: 0, credited: never, presumed: never, event: never, competing: never, none: true}

	if got := both(covered, slow); got.event != 9 || got.seen != 15 || !got.covered {
		t.Errorf("both(covered, slow) = %+v, want event 9, seen 15, covered", got)
	}
	if got := both(covered, silent); got.event != never || got.covered {
		t.Errorf("both(covered, silent) = %+v, want no event, not covered", got)
	}
	if got := both(refused, covered); got.event != never || got.covered || !got.none {
		t.Errorf("both(refused, covered) = %+v, want certainly without", got)
	}
}

func TestSmallGroupsAreNotPublished(t *testing.T) {
	t.Parallel()
	line := func(dimension Dimension, key string, people int64) Line {
		return Line{Dimension: dimension, Key: key, People: people}
	}
	hidden := func(dimension Dimension, key string) Line {
		return Line{Dimension: dimension, Key: key, Suppressed: true}
	}
	tests := map[string]struct{ in, want []Line }{
		"nine people are too few; the next smallest goes with them": {
			[]Line{line(All, "", 129), line(Commune, "1", 9), line(Commune, "2", 100), line(Commune, "3", 20)},
			[]Line{line(All, "", 129), hidden(Commune, "1"), line(Commune, "2", 100), hidden(Commune, "3")},
		},
		"two small ones hide each other": {
			[]Line{line(All, "", 116), line(Commune, "1", 9), line(Commune, "2", 100), line(Commune, "3", 7)},
			[]Line{line(All, "", 116), hidden(Commune, "1"), line(Commune, "2", 100), hidden(Commune, "3")},
		},
		"ten are enough": {
			[]Line{line(All, "", 20), line(Bank, "1", 10), line(Bank, "2", 10)},
			[]Line{line(All, "", 20), line(Bank, "1", 10), line(Bank, "2", 10)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suppress(tt.in)
			if diff := cmp.Diff(tt.want, tt.in); diff != "" {
				t.Errorf("suppress (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPercentRounds(t *testing.T) {
	t.Parallel()
	third := big.NewRat(2, 3)
	for name, tt := range map[string]struct {
		got  Percent
		want string
	}{
		"half up": {percent(third), "66.7"}, "lowest is cut": {floor(third), "66.6"}, "highest is raised": {ceiling(big.NewRat(1, 3)), "33.4"},
		"whole": {percent(big.NewRat(1, 1)), "100.0"}, "whole stays": {ceiling(big.NewRat(1, 1)), "100.0"},
	} {
		if text, _ := tt.got.MarshalText(); string(text) != tt.want {
			t.Errorf("%s: %s, want %s", name, text, tt.want)
		}
	}
}
