package sandbox

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"
)

// withdrawalHorizonDays is how long after its credit a payment stays in the
// files: nobody asks about first withdrawals much later.
const withdrawalHorizonDays = 60

// Withdrawals makes a withdrawal file of one bank now, dated date.
func (w *World) Withdrawals(id, date string) error {
	return w.each(id, func(b *bank) error {
		job := b.begin()
		b.tick(job)
		b.makeWithdrawals(job, date)
		return job.done()
	})
}

// csvText is a file of comma-separated records that ends with a hash of all
// that stands before its last line.
type csvText struct {
	buf bytes.Buffer
	out *csv.Writer
}

func newCSV() *csvText {
	c := &csvText{}
	c.out = csv.NewWriter(&c.buf)
	return c
}

func (c *csvText) row(fields ...string) { _ = c.out.Write(fields) } // a bytes.Buffer takes everything

// done writes the trailer with the hash as its last field.
func (c *csvText) done(trailer ...string) []byte {
	c.out.Flush()
	c.row(append(trailer, hexDigest(c.buf.Bytes()))...)
	c.out.Flush()
	return c.buf.Bytes()
}

// held is one covered payment in a withdrawal file.
type held struct {
	reference, from string
	event           time.Time // zero: none by nature of the person
	kind            string
}

func (b *bank) makeWithdrawals(job *work, date string) {
	cover := b.habits.Coverage
	if cover.None || !isDate(date) {
		return
	}
	to := addDays(date, -cover.LagDays)
	end, err := time.ParseInLocation(time.DateOnly, addDays(to, 1), vietnam)
	if err != nil {
		return
	}
	complete := stamp(end.Add(-time.Second))
	var rows [][]string
	first := to
	for _, h := range b.covered(to) {
		row := []string{"W", h.reference, "", "", h.from + "/" + to, complete}
		if !h.event.IsZero() && h.event.Before(end) {
			row[2], row[3] = stamp(h.event), h.kind
		}
		first = min(first, h.from)
		rows = append(rows, row)
	}
	extent := "all"
	if cover.Part || cover.FromDays > 0 {
		extent = "part"
	}
	c := newCSV()
	c.row("H", "1", b.id, date, extent, first, to, complete, strconv.Itoa(len(rows)), cover.Text)
	for _, row := range rows {
		c.row(row...)
	}
	b.makeFile(job, file{Kind: fileWithdrawals, Date: date}, "withdrawals.csv", c.done("T", strconv.Itoa(len(rows))))
}

// covered lists the payments about which this bank promises something up to
// the day.
func (b *bank) covered(to string) []held {
	var out []held
	oldest := addDays(to, -withdrawalHorizonDays)
	if b.provider {
		for _, l := range b.lists {
			for _, r := range l.rows {
				if r.state == "PAID" && r.date <= to && r.date >= oldest {
					at, err := time.ParseInLocation(time.DateOnly, r.date, vietnam)
					if err != nil {
						continue
					}
					at = at.Add(time.Duration(7*60+b.draw("signed at", r.reference, 0)%(10*60)) * time.Minute)
					out = append(out, held{reference: r.reference, from: r.date, event: at, kind: "signed"})
				}
			}
		}
		return out
	}
	cover := b.habits.Coverage
	for _, p := range b.payments {
		o := p.order
		odd := o.account == "" || strings.IndexByte("02468", o.account[len(o.account)-1]) < 0
		if o.bin != b.bin || p.doubled || cover.Part && odd || p.date < oldest {
			continue
		}
		from := addDays(p.date, cover.FromDays)
		event, kind := b.firstUse(p)
		seenTooLate := !event.IsZero() && event.In(vietnam).Format(time.DateOnly) < from
		if from > to || seenTooLate {
			continue
		}
		if p.returned != "" && (event.IsZero() || event.In(vietnam).Format(time.DateOnly) >= p.returned) {
			continue // the money left before anybody came for it
		}
		out = append(out, held{reference: o.endToEnd, from: from, event: event, kind: kind})
	}
	return out
}

// firstUse is when the person first takes or spends the money: half within two
// days, most within two weeks, one in twenty-five never. What is going to be
// returned is never used.
func (b *bank) firstUse(p *payment) (time.Time, string) {
	if p.order.fate().ReturnDays > 0 {
		return time.Time{}, ""
	}
	id := p.order.endToEnd
	r := b.draw("first use", id, 0) % 1000
	var hours uint64
	switch {
	case r < 300:
		hours = 1 + b.draw("hours", id, 0)%10
	case r < 550:
		hours = 10 + b.draw("hours", id, 0)%38
	case r < 800:
		hours = 48 + b.draw("hours", id, 0)%120
	case r < 960:
		hours = 168 + b.draw("hours", id, 0)%500
	default:
		return time.Time{}, ""
	}
	kind := "cash"
	if b.draw("use kind", id, 0)%5 < 2 {
		kind = "spend"
	}
	// Booked under a later day than it was taken: nobody can use it before.
	from := p.at
	if day, err := time.ParseInLocation(time.DateOnly, p.date, vietnam); err == nil && day.After(from) {
		from = day
	}
	return from.Add(time.Duration(hours)*time.Hour + time.Duration(b.draw("minute", id, 0)%60)*time.Minute).Truncate(time.Second), kind
}
