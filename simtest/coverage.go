package simtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Coverage counts what one run, or many, met. Zero of what must be met is a
// failure of the simulator, not of the engine.
type Coverage struct {
	Runs    int
	Faults  map[string]int // what we did to the engine
	Crashes map[string]int // by point
	Steps   map[string]int // that did something
	Files   map[string]int // by kind and receipt
	Refused map[string]int // acts of people, by code
	Answers map[string]int // outcomes of submissions, answers to inquiries
	Legs    map[string]int // movements posted
	Cells   map[string]int // situation × evidence → action
	Banks   map[string]int // what banks did with payments
	Left    map[string]int // what only people can end
}

// NewCoverage counts from zero.
func NewCoverage() *Coverage {
	c := &Coverage{}
	for _, table := range c.tables() {
		*table.counts = map[string]int{}
	}
	return c
}

type coverageTable struct {
	name   string
	counts *map[string]int
}

func (c *Coverage) tables() []coverageTable {
	return []coverageTable{{"fault", &c.Faults}, {"crash", &c.Crashes}, {"step", &c.Steps}, {"file", &c.Files}, {"refusal", &c.Refused},
		{"answer", &c.Answers}, {"movement", &c.Legs}, {"evidence", &c.Cells}, {"bank", &c.Banks}, {"left to people", &c.Left}}
}

// Add counts another run's coverage in.
func (c *Coverage) Add(other *Coverage) {
	c.Runs += other.Runs
	into, from := c.tables(), other.tables()
	for i := range into {
		for name, n := range *from[i].counts {
			(*into[i].counts)[name] += n
		}
	}
}

// Missing lists what of must, as "table: name", was never met.
func (c *Coverage) Missing(must []string) []string {
	var missing []string
	for _, want := range must {
		table, name, _ := strings.Cut(want, ": ")
		found := false
		for _, t := range c.tables() {
			found = found || t.name == table && (*t.counts)[name] > 0
		}
		if !found {
			missing = append(missing, want)
		}
	}
	return missing
}

// String is the coverage as a table.
func (c *Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d runs\n", c.Runs)
	for _, t := range c.tables() {
		for _, name := range slices.Sorted(maps.Keys(*t.counts)) {
			fmt.Fprintf(&b, "%-14s %8d  %s\n", t.name, (*t.counts)[name], name)
		}
	}
	return b.String()
}

const sqlLegCounts = `
SELECT g.name, count(*)::int FROM ledger.line AS l JOIN ledger.leg AS g ON g.id = l.leg WHERE l.leg <> 0 GROUP BY g.name`

const sqlCellCounts = `
SELECT situation || ' × ' || evidence || ' → ' || action, count(*)::int FROM reconciliation.outcome GROUP BY 1`

const sqlAnswerCounts = `SELECT kind || ' ' || outcome || ' ' || code, count(*)::int FROM payout.answer GROUP BY 1`

// take adds what the run left in the database and in the banks' books.
func (c *Coverage) take(s *Sim) {
	c.Runs++
	for _, q := range []struct {
		sql  string
		into map[string]int
	}{{sqlLegCounts, c.Legs}, {sqlCellCounts, c.Cells}, {sqlAnswerCounts, c.Answers}} {
		rows, _ := s.db.Query(s.ctx, q.sql)
		var name string
		var n int
		_, err := pgx.ForEachRow(rows, []any{&name, &n}, func() error { q.into[name] += n; return nil })
		s.must("coverage", err)
	}
	for _, key := range s.channels {
		book, err := s.world.Book(string(key))
		s.must("book", err)
		for _, p := range book.Payments {
			c.Banks[p.State]++
			if p.Doubled {
				c.Banks["doubled"]++
			}
		}
		for _, m := range book.Messages {
			c.Banks["message "+m.State]++
		}
		for _, e := range book.Entries {
			c.Banks["entry "+e.Kind]++
		}
	}
}

const sqlShowSubmissions = `
SELECT q.no || ' ' || q.message_id || ' ' || q.state || ' tries ' || q.tries || ' ' || q.count || ' payments: ' || q.code || ' ' || q.answer_text
       || coalesce(' denied ' || to_char(q.denied_at, 'MM-DD HH24:MI'), '')
       || coalesce('; last answer ' || (SELECT a.kind || ' ' || a.outcome || ' ' || a.code FROM payout.answer AS a
                                         WHERE a.submission = q.no ORDER BY a.id DESC LIMIT 1), '')
  FROM payout.submission AS q ORDER BY q.no`

// submissions shows every submission in a line, for the reader of a finding.
func (s *Sim) submissions() []string {
	rows, _ := s.db.Query(s.ctx, sqlShowSubmissions)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return []string{err.Error()}
	}
	return list
}
