package timeliness

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// PeopleMin is the fewest people anything is published about.
const PeopleMin = 10

// Horizons are the days after the due date for which shares are given.
var Horizons = []int{1, 3, 7, 14, 30}

// DailyMax is the last day the curve is drawn to.
const DailyMax = 60

// Dimension is what the rows of a part of the table stand for.
type Dimension string

// The dimensions. A sensitive category is never one.
const (
	All     Dimension = "all"
	Commune Dimension = "commune"
	Bank    Dimension = "bank" // that keeps the person's account, by BIN
	Channel Dimension = "channel"
)

// Percent is a share in tenths of a percent, rounded half up. It marshals as a
// string such as "45.2".
type Percent int

// MarshalText writes the percentage with one decimal.
func (p Percent) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%d.%d", int(p)/10, int(p)%10), nil
}

// UnmarshalText reads what MarshalText writes, and nothing else.
func (p *Percent) UnmarshalText(text []byte) error {
	whole, tenth, ok := strings.Cut(string(text), ".")
	n, err := strconv.ParseUint(whole+tenth, 10, 16)
	if !ok || len(tenth) != 1 || err != nil {
		return fmt.Errorf("%q is not a share in tenths of a percent", text)
	}
	*p = Percent(n)
	return nil
}

// Table is the whole answer for one batch.
type Table struct {
	Batch    ledger.BatchID `json:"batch"`
	Name     string         `json:"name"`
	Due      calendar.Date  `json:"due"`
	Computed time.Time      `json:"computed"`
	Through  calendar.Date  `json:"through"` // last whole day spoken of
	Sources  []Source       `json:"sources"`
	Rows     []Line         `json:"rows"`
}

// Source is one row of the coverage register: the newest promise of a channel.
type Source struct {
	Channel  string        `json:"channel"`
	Name     string        `json:"name"`
	Scope    string        `json:"scope"`
	From     calendar.Date `json:"from"`
	To       calendar.Date `json:"to"`
	Files    int64         `json:"files"`
	Covered  int64         `json:"payments_covered"`
	TakenAt  time.Time     `json:"taken_at"`
	FileHash string        `json:"sha256"`
}

// Line is one group of people. In a suppressed line only Dimension, Key and
// Name are filled: fewer than PeopleMin people, or another such line could be
// worked out from this one.
type Line struct {
	Dimension  Dimension `json:"dimension"`
	Key        string    `json:"key"`
	Name       string    `json:"name"`
	Suppressed bool      `json:"suppressed"`
	People     int64     `json:"people"`
	Payments   int64     `json:"payments"`

	Drawn     Clock `json:"drawn"`
	Ordered   Clock `json:"ordered"`
	Credited  Clock `json:"credited"`          // proved
	Presumed  int64 `json:"credited_presumed"` // debited, not proved; no clock stops for it
	FewHidden bool  `json:"few_hidden"`        // counts of 1 to 9 people are left out (shown as 0)

	Covered      int64   `json:"covered"`
	CoveredShare Percent `json:"covered_share"`
	// CurveHidden: fewer than PeopleMin covered people, so no curve.
	CurveHidden bool    `json:"curve_hidden"`
	Median      *int    `json:"median_days"` // nil: not reached while observed
	P90         *int    `json:"p90_days"`
	Shares      []Share `json:"shares"`
	// Daily has a share for each of the first [DailyMax] days, of all people
	// together only: it is what the curve is drawn from.
	Daily []Share `json:"daily,omitempty"`
}

// Clock says how many people reached a point and after how many days; the
// quantiles are over all people, so nil means not enough of them reached it.
type Clock struct {
	Reached int64 `json:"reached"`
	Median  *int  `json:"median_days"`
	P90     *int  `json:"p90_days"`
}

// Share is what is known about one horizon.
type Share struct {
	Days int `json:"days"`
	// Pending: the day has not ended yet, nothing else is filled.
	Pending bool     `json:"pending"`
	Curve   *Percent `json:"curve"` // of the covered; nil: not observed that long
	Lowest  Percent  `json:"lowest"`
	Highest Percent  `json:"highest"`
}

// Compute measures one batch as of now in one snapshot. It returns
// payout.ErrNoBatch for a number nobody has. Memory grows with the number of
// groups and days, not of payments.
func Compute(ctx context.Context, db pgdb.DB, batch ledger.BatchID, now time.Time) (Table, error) {
	var t Table
	err := pgdb.InSnapshot(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		t, err = ComputeIn(ctx, tx, batch, now)
		return err
	})
	return t, err
}

// ComputeIn is [Compute] inside the caller's snapshot, for reports whose sheets
// must agree.
func ComputeIn(ctx context.Context, tx pgx.Tx, batch ledger.BatchID, now time.Time) (Table, error) {
	b, err := payout.ReadBatch(ctx, tx, batch)
	if err != nil {
		return Table{}, err
	}
	t := Table{Batch: batch, Name: b.NameVI, Due: b.DueDate, Computed: now, Through: wholeDay(now)}
	if t.Sources, err = sources(ctx, tx, batch); err != nil {
		return Table{}, err
	}
	names, err := bankNames(ctx, tx)
	if err != nil {
		return Table{}, err
	}
	tally := newTally(t.Due, t.Through, names)
	if err := eachClocks(ctx, tx, batch, tally.payment); err != nil {
		return Table{}, err
	}
	tally.flush()
	t.Rows = tally.lines()
	return t, nil
}

const sqlSources = `
SELECT f.channel, c.name_vi, f.scope, f.covered_from, f.covered_to, n.files, n.covered, f.taken_at, encode(f.sha256, 'hex')
  FROM payout.channel AS c
 CROSS JOIN LATERAL (
       SELECT count(DISTINCT v.file) AS files, count(DISTINCT (v.payment, v.attempt)) AS covered
         FROM timeliness.file AS i
         JOIN timeliness.coverage AS v ON v.file = i.id AND v.batch = @batch
        WHERE i.channel = c.key) AS n
 CROSS JOIN LATERAL (
       SELECT t.channel, t.scope, t.covered_from, t.covered_to, t.taken_at, t.sha256
         FROM timeliness.file AS t
        WHERE t.channel = c.key AND t.state = 'taken'
        ORDER BY t.id DESC
        LIMIT 1) AS f
 WHERE n.files > 0
 ORDER BY c.ordinal`

func sources(ctx context.Context, tx pgx.Tx, batch ledger.BatchID) ([]Source, error) {
	rows, _ := tx.Query(ctx, sqlSources, pgx.NamedArgs{"batch": batch})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Source])
	if err != nil {
		return nil, fmt.Errorf("coverage register for batch %d: %w", batch, err)
	}
	return list, nil
}

const sqlBankNames = `SELECT DISTINCT ON (bin) bin, name_vi FROM payout.channel WHERE bin <> '' ORDER BY bin, ordinal`

func bankNames(ctx context.Context, tx pgx.Tx) (map[string]string, error) {
	rows, _ := tx.Query(ctx, sqlBankNames)
	names := map[string]string{}
	var bin, name string
	_, err := pgx.ForEachRow(rows, []any{&bin, &name}, func() error {
		names[bin] = name
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("names of banks: %w", err)
	}
	return names, nil
}

// place names one group.
type place struct {
	dimension Dimension
	key       string
}

// tally sorts payments into groups, one person at a time.
type tally struct {
	due     calendar.Date
	through int
	banks   map[string]string
	names   map[place]string
	groups  map[place]*group
	person  int64
	open    map[place]wait // the current person's groups
}

func newTally(due, through calendar.Date, banks map[string]string) *tally {
	return &tally{due: due, through: through.DaysSince(due), banks: banks, names: map[place]string{},
		groups: map[place]*group{}, open: map[place]wait{}}
}

func (t *tally) payment(c clocks) {
	if c.Person != t.person {
		t.flush()
		t.person = c.Person
	}
	w := waitOf(c, t.due, t.through)
	t.put(place{All, ""}, "", w)
	t.put(place{Commune, c.Unit}, c.UnitName, w)
	t.put(place{Channel, c.Channel}, c.Paying, w)
	if c.BIN != "" {
		t.put(place{Bank, c.BIN}, cmp.Or(t.banks[c.BIN], c.BIN), w)
	}
}

func (t *tally) put(p place, name string, w wait) {
	g := t.groups[p]
	if g == nil {
		g = newGroup()
		t.groups[p], t.names[p] = g, name
	}
	g.payments++
	if before, ok := t.open[p]; ok {
		w = both(before, w)
	}
	t.open[p] = w
}

func (t *tally) flush() {
	for p, w := range t.open {
		t.groups[p].add(w)
	}
	clear(t.open)
}

// lines puts the groups in order: all, communes, banks, channels, each by key.
func (t *tally) lines() []Line {
	order := map[Dimension]int{All: 0, Commune: 1, Bank: 2, Channel: 3}
	places := make([]place, 0, len(t.groups))
	for p := range t.groups {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(order[a.dimension], order[b.dimension]), cmp.Compare(a.key, b.key))
	})
	lines := make([]Line, len(places))
	for i, p := range places {
		lines[i] = t.line(p)
	}
	suppress(lines)
	return lines
}

func (t *tally) line(p place) Line {
	g := t.groups[p]
	l := Line{Dimension: p.dimension, Key: p.key, Name: t.names[p], People: g.people, Payments: g.payments,
		Covered: g.covered, CoveredShare: percent(big.NewRat(g.covered, g.people)), CurveHidden: g.covered < PeopleMin}
	few := func(n int64) int64 {
		if n > 0 && n < PeopleMin {
			l.FewHidden = true
			return 0
		}
		return n
	}
	for i, c := range []*Clock{&l.Drawn, &l.Ordered, &l.Credited} {
		*c = Clock{few(g.clocks[i].reached()), g.clocks[i].quantile(g.people, 1, 2), g.clocks[i].quantile(g.people, 9, 10)}
	}
	l.Presumed = few(g.clocks[3].reached())
	points := g.curve.points()
	if !l.CurveHidden {
		l.Median, l.P90 = quantile(points, 1, 2), quantile(points, 9, 10)
	}
	share := func(days int) Share {
		s := Share{Days: days, Pending: days > t.through}
		if !s.Pending {
			low, high := g.bounds(days)
			s.Lowest, s.Highest = floor(low), ceiling(high)
			if share := shareAt(points, days); share != nil && !l.CurveHidden {
				rounded := percent(share)
				s.Curve = &rounded
			}
		}
		return s
	}
	for _, days := range Horizons {
		l.Shares = append(l.Shares, share(days))
	}
	if p.dimension == All {
		for days := 0; days <= min(t.through, DailyMax); days++ {
			l.Daily = append(l.Daily, share(days))
		}
	}
	if l.CurveHidden {
		l.Covered, l.CoveredShare = few(l.Covered), percent(big.NewRat(0, 1))
	}
	return l
}

// suppress empties lines about fewer than PeopleMin people. Where those of one
// dimension together are fewer than that, the next smallest goes too: else the
// difference to the total would tell what was left out.
func suppress(lines []Line) {
	hidden := map[Dimension]int64{}
	smallest := map[Dimension]int{}
	for i, l := range lines {
		switch {
		case l.People < PeopleMin:
			hidden[l.Dimension] += l.People
			lines[i] = Line{Dimension: l.Dimension, Key: l.Key, Name: l.Name, Suppressed: true}
		default:
			if j, ok := smallest[l.Dimension]; !ok || l.People < lines[j].People {
				smallest[l.Dimension] = i
			}
		}
	}
	for dimension, n := range hidden {
		if i, ok := smallest[dimension]; ok && n < PeopleMin && dimension != All {
			lines[i] = Line{Dimension: dimension, Key: lines[i].Key, Name: lines[i].Name, Suppressed: true}
		}
	}
}

func percent(r *big.Rat) Percent { return scaled(r, 1) }
func floor(r *big.Rat) Percent   { return scaled(r, 0) }
func ceiling(r *big.Rat) Percent { return scaled(r, 2) }

// scaled turns a share into tenths of a percent, adding halves/2 of a tenth
// before it cuts: 0 cuts, 1 rounds half up, 2 rounds up.
func scaled(r *big.Rat, halves int64) Percent {
	n := new(big.Int).Mul(r.Num(), big.NewInt(1000))
	switch halves {
	case 1:
		n.Mul(n, big.NewInt(2)).Add(n, r.Denom()).Quo(n, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	case 2:
		n.Add(n, r.Denom()).Sub(n, big.NewInt(1)).Quo(n, r.Denom())
	default:
		n.Quo(n, r.Denom())
	}
	return Percent(n.Int64())
}
