package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/reports/filing"
	"ansinh/timeliness"
	"ansinh/web/records"
)

func (s *site) timelinessRoutes() []route {
	return []route{
		{pattern: "GET /timeliness", who: readers, serve: timelinessPage},
		{pattern: "POST /timeliness/{batch}", who: readers, serve: askTimeliness},
	}
}

// waits is the page of how long people waited for the money of one batch. It
// shows what was last computed, with when: computing reads every payment.
type waits struct {
	Batches []option
	Batch   ledger.BatchID
	Name    string
	Table   *timeliness.Table // nil: never computed
	Filed   *records.Filed
	Asked   *records.Filed // being computed, or failed since
	All     timeliness.Line
	Curve   chart
	By      []option // the dimensions
	Rows    []timeliness.Line
	List    listing
	Hidden  int64 // rows about fewer than ten people, on all pages
	Least   int
}

// Live is true while it is being computed.
func (p waits) Live() bool { return p.Asked != nil }

func timelinessPage(v *visit) error {
	a := v.asked()
	names, err := records.BatchNames(v.context(), v.site.DB)
	if err != nil {
		return err
	}
	p := waits{Batch: ledger.BatchID(a.number("batch")), Least: timeliness.PeopleMin}
	if p.Batch == 0 && len(names) > 0 {
		p.Batch = names[0].ID
	}
	for _, b := range names {
		id := strconv.Itoa(int(b.ID))
		p.Batches = append(p.Batches, option{Value: id, Word: id + " · " + b.Name, Chosen: b.ID == p.Batch})
		if b.ID == p.Batch {
			p.Name = b.Name
		}
	}
	made, asked, err := records.NewestFiled(v.context(), v.site.DB, filing.Timeliness, p.Batch)
	if err != nil {
		return err
	}
	if asked != nil && (made == nil || asked.ID != made.ID) {
		p.Asked = asked
	}
	if p.Filed = made; made != nil {
		p.Table = &timeliness.Table{}
		if err := v.readFiled(made.ID, p.Table); err != nil {
			return err
		}
		v.fillWaits(a, &p)
	}
	if a.wantsFile() && p.Table != nil {
		return p.file(a)
	}
	return v.show("timeliness", p)
}

// readFiled reads a filed report that is JSON.
func (v *visit) readFiled(id int64, into any) error {
	f, err := filing.ReadFile(v.context(), v.site.DB, id, 1)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := filing.Send(v.context(), v.site.DB, &text, f); err != nil {
		return err
	}
	if err := json.Unmarshal(text.Bytes(), into); err != nil {
		return fmt.Errorf("read filed report %d: %w", id, err)
	}
	return nil
}

// dimensions in the order of the page.
var dimensions = []timeliness.Dimension{timeliness.Commune, timeliness.Bank, timeliness.Channel}

func (v *visit) fillWaits(a asked, p *waits) {
	w := v.words()
	by := timeliness.Dimension(a.text("by"))
	if by != timeliness.Bank && by != timeliness.Channel {
		by = timeliness.Commune
	}
	for _, d := range dimensions {
		p.By = append(p.By, option{Value: a.with("by", string(d), "row", ""), Word: w.say("time.by." + string(d)), Chosen: d == by})
	}
	var rows []timeliness.Line
	for _, l := range p.Table.Rows {
		switch {
		case l.Dimension == timeliness.All:
			p.All = l
		case l.Dimension == by:
			rows = append(rows, l)
			if l.Suppressed {
				p.Hidden++
			}
		}
	}
	p.Curve = drawCurve(p.All)
	first := min(int(a.row)-1, len(rows))
	last := min(first+records.PageRows, len(rows))
	if a.wantsFile() {
		first, last = 0, len(rows)
	}
	p.Rows = rows[first:last]
	p.List = a.list("time.count."+string(by), int64(len(rows)), len(p.Rows), nil, last < len(rows))
}

func (p waits) file(a asked) error {
	w := a.v.words()
	head := []string{w.say("time.group"), w.say("people"), w.say("list.payments"), w.say("time.credited"), w.say("time.credited.median"), w.say("time.covered"), w.say("time.day")}
	for _, d := range timeliness.Horizons {
		head = append(head, w.say("time.curve.at", d), w.say("time.lowest.at", d), w.say("time.highest.at", d))
	}
	return a.file(fmt.Sprintf("thoi-gian-dot-%d", p.Batch), p.List, head, func(emit func(...any)) error {
		for _, l := range p.Rows {
			if l.Suppressed {
				emit(l.Name, w.say("time.suppressed", timeliness.PeopleMin))
				continue
			}
			cells := []any{l.Name, l.People, l.Payments, l.Credited.Reached, daysWord(w, l.Credited.Median), a.v.format().percent(l.CoveredShare), daysWord(w, l.Median)}
			for _, s := range l.Shares {
				curve := ""
				if s.Curve != nil {
					curve = a.v.format().percent(*s.Curve)
				}
				cells = append(cells, curve, a.v.format().percent(s.Lowest), a.v.format().percent(s.Highest))
			}
			emit(cells...)
		}
		return nil
	})
}

func askTimeliness(v *visit) error {
	batch, err := v.pathNumber("batch")
	if err != nil {
		return err
	}
	if _, err := v.askFor(filing.Timeliness, ledger.BatchID(batch)); err != nil {
		return err
	}
	return v.seeOther(fmt.Sprintf("/timeliness?batch=%d", batch), "report.asked")
}

// askFor asks for a report in the visitor's name.
func (v *visit) askFor(kind filing.Kind, batch ledger.BatchID) (id int64, err error) {
	err = pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = filing.Ask(ctx, tx, kind, batch, v.me.ID, v.site.Now())
		return err
	})
	return id, err
}

// chart is the curve as points of a picture: the band between the lowest and the
// highest share of all people, and the line of those who are covered. x runs over
// the days, y over the share.
type chart struct {
	Band, Line string
	Days       []tick
	Shares     []tick
	Last       int
}

// tick is a mark at an axis.
type tick struct {
	At    int
	Label string
}

// The picture's frame, in its own units.
const (
	chartLeft, chartRight = 60, 700
	chartTop, chartBottom = 16, 256
)

// drawCurve draws what was computed; an empty chart where nothing was.
func drawCurve(all timeliness.Line) chart {
	var c chart
	days := len(all.Daily)
	if days == 0 {
		return c
	}
	c.Last = days - 1
	x := func(day int) int { return chartLeft + (chartRight-chartLeft)*day/max(1, c.Last) }
	y := func(share timeliness.Percent) int { return chartBottom - (chartBottom-chartTop)*int(share)/1000 }
	var lower, upper, line []string
	for _, s := range all.Daily {
		if s.Pending {
			continue
		}
		lower = append(lower, fmt.Sprintf("%d,%d", x(s.Days), y(s.Lowest)))
		upper = append([]string{fmt.Sprintf("%d,%d", x(s.Days), y(s.Highest))}, upper...)
		if s.Curve != nil {
			line = append(line, fmt.Sprintf("%d,%d", x(s.Days), y(*s.Curve)))
		}
	}
	c.Band, c.Line = strings.Join(append(lower, upper...), " "), strings.Join(line, " ")
	step := 1
	for c.Last/step > 10 {
		step += 2 + step/3
	}
	for d := 0; d <= c.Last; d += step {
		c.Days = append(c.Days, tick{x(d), strconv.Itoa(d)})
	}
	for share := timeliness.Percent(0); share <= 1000; share += 250 {
		c.Shares = append(c.Shares, tick{y(share), strconv.Itoa(int(share)/10) + "%"})
	}
	return c
}
