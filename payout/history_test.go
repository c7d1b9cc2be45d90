package payout_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
)

// history is months of a programme in two communes with people in common, in which
// everything may happen to lists, records and batches in any order.
type history struct {
	*office
	rng    *mathrand.Rand
	months int // from January on
	pool   []assisted
	stand  [2]map[int]assisted // by number: who a commune believes is on its list
	said   []string
	done   map[string]int // what happened, so that a history in which nothing does is seen
}

// refused reports whether an error is one that a person is told; any other fails.
func (h *history) refused(what string, err error) bool {
	h.t.Helper()
	if err == nil {
		h.said, h.done[what] = append(h.said, what), h.done[what]+1
		return false
	}
	var list *registry.RefusedError
	if errs.Code(err) == "" && !errors.As(err, &list) {
		h.t.Fatalf("%s: %v, after %v", what, err, h.said)
	}
	h.done[what+" refused"]++
	return true
}

func (h *history) pick(n int) int { return h.rng.IntN(n) }

// anyone is somebody's record, 0 while there is none.
func (h *history) anyone() int64 {
	people := h.rows(`SELECT id::text FROM registry.person ORDER BY id`)
	if len(people) == 0 {
		return 0
	}
	var id int64
	fmt.Sscan(people[h.pick(len(people))], &id)
	return id
}

// month is one of those so far, mostly the newest.
func (h *history) month() calendar.Date {
	back := 0
	if h.pick(3) == 0 {
		back = h.pick(h.months + 1)
	}
	return january.AddMonths(h.months - back)
}

func (h *history) takeList() {
	at := h.pick(2)
	unit := []string{baDinh, ngocHa}[at]
	var rows [][]any
	columns := int(registry.ColChange)
	kind := []string{"whole list", "change list", "late list"}[h.pick(3)]
	var listed []assisted
	month := january.AddMonths(h.months)
	switch kind {
	case "whole list":
		for _, a := range h.pool {
			if _, stands := h.stand[at][a.no]; stands || h.pick(4) == 0 {
				listed = append(listed, a)
			}
		}
	case "late list":
		month = h.month()
		for _, a := range h.pool {
			if h.pick(5) == 0 {
				listed = append(listed, a)
			}
		}
	case "change list":
		columns++
		stood := h.stood(unit)
		for _, a := range h.pool {
			switch category, stands := stood[a.id()], stood[a.id()] != ""; {
			case stands && h.pick(4) == 0:
				a.category, a.mark = category, "Giảm"
			case stands && h.pick(3) == 0:
				a.category, a.mark = []string{category, elder, elderDisabled}[h.pick(3)], "Đổi"
			case !stands && h.pick(3) == 0:
				a.mark = "Tăng"
			default:
				continue
			}
			listed = append(listed, a)
		}
	}
	for _, a := range listed {
		if h.pick(12) == 0 && a.mark != "Giảm" {
			a.category = "BTXH-99" // nobody knows it
		}
		if h.pick(5) == 0 && a.account != "" {
			a.account = fmt.Sprintf("0017%09d", h.pick(1_000_000_000))
		}
		rows = append(rows, a.row()[:columns])
		if h.pick(8) == 0 && a.mark == "" {
			a.category = elderDisabled // and a second level
			rows = append(rows, a.row()[:columns])
		}
	}
	if len(rows) == 0 {
		return
	}
	content := listOf(h.t, columns, rows)
	_, err := registry.ImportList(h.t.Context(), h.db, payoutKeys(h.t), registry.File{Name: unit + ".xlsx", Content: bytes.NewReader(content), Size: int64(len(content))},
		registry.ImportOptions{Programme: assistance, Month: month, Unit: registry.UnitKey{Code: unit, ValidFrom: calendar.Must(2025, 7, 1)}, By: "lan",
			Now: h.now, Random: rand.Reader, AcceptValid: true, Claims: payout.Claimed})
	if !h.refused(kind, err) {
		for _, a := range listed {
			h.stand[at][a.no] = a
		}
	}
}

// stood is who stands on the lists a change list of a commune would be held against,
// by id, with a category.
func (h *history) stood(unit string) map[string]string {
	found := map[string]string{}
	for _, a := range h.pool {
		for _, category := range h.rows(`
SELECT s.category FROM registry.standing_list($1, $2, '2025-07-01', (SELECT max(l.month) FROM registry.list AS l WHERE l.unit_code = $2 AND l.month < $3), 1000000) AS s
  JOIN registry.person AS p ON p.id = s.person WHERE p.id_index = $4`, assistance, unit, january.AddMonths(h.months), payoutKeys(h.t).Index(crypt.FieldID, crypt.Secret(a.id()))) {
			found[a.id()] = category
		}
	}
	return found
}

func (h *history) planBatch() {
	h.office.month = h.month()
	batch := h.declare(assistance, 99, 900_000_000)
	_, err := payout.Plan(h.t.Context(), h.db, batch, payout.PlanOptions{Who: h.maker}, h.now)
	if h.refused("plan", err) || h.pick(3) == 0 {
		return
	}
	_, err = payout.Submit(h.t.Context(), h.db, batch, nil, h.maker, h.now)
	if h.refused("submit", err) {
		return
	}
	_, err = payout.ApproveAll(h.t.Context(), h.db, batch, payout.SealWith(h.approver), h.now)
	h.refused("approve", err)
}

func (h *history) act(what string, person int64, c people.Change, from calendar.Date) {
	d := h.desk()
	act, err := d.Propose(h.t.Context(), people.Proposal{Person: person, Change: c, From: from, Paper: people.Paper{No: "12/GCN", Date: january}, Why: "giấy tờ", By: "hung"})
	if err == nil && act.Outcome == "" && h.pick(6) > 0 { // else it waits for ever
		if h.pick(8) == 0 {
			_, err = d.Refuse(h.t.Context(), act.ID, "nhầm", people.SealRefusal(h.city, act, "nhầm"))
		} else {
			_, err = d.Confirm(h.t.Context(), act.ID, people.SealWith(h.city, act))
		}
	}
	h.refused(what, err)
}

func (h *history) changeRecord() {
	person := h.anyone()
	if person == 0 {
		return
	}
	switch h.pick(7) {
	case 0, 1:
		h.act("merge", person, people.SameAs{Gone: h.anyone()}, calendar.Date{})
	case 2:
		for _, gone := range h.rows(`SELECT gone::text FROM registry.same_person WHERE kept = (SELECT max(kept) FROM registry.same_person)`) {
			var id, kept int64
			fmt.Sscan(gone, &id)
			fmt.Sscan(h.rows(`SELECT kept::text FROM registry.same_person WHERE gone = $1`, id)[0], &kept)
			h.act("unmerge", kept, people.NotSame{Gone: id}, calendar.Date{})
			break
		}
	case 3:
		h.act("death", person, people.Died{}, january.AddMonths(h.pick(h.months+1)).AddDays(h.pick(2)))
	case 4:
		for _, dead := range h.rows(`SELECT person::text FROM registry.death_now ORDER BY act DESC LIMIT 1`) {
			fmt.Sscan(dead, &person)
			h.act("alive", person, people.LivesAfterAll{}, calendar.Date{})
		}
	case 5:
		state := []people.State{people.Suspended, people.Active}[h.pick(2)]
		h.act("standing", person, people.Stands{State: state}, h.month())
	case 6:
		h.act("cash", person, people.PaidBy{Way: people.Way{Method: registry.MethodCash}}, calendar.Date{})
	}
}

func (h *history) giveUp() {
	for _, payment := range h.rows(`SELECT format('%s %s %s', p.batch, p.no, p.section) FROM payout.payment AS p ORDER BY md5(p.batch || '-' || p.no || '-' || $1) LIMIT 1`, fmt.Sprint(h.pick(1000))) {
		var batch ledger.BatchID
		var no int64
		var section int16
		fmt.Sscan(payment, &batch, &no, &section)
		err := payout.CancelUnsent(h.t.Context(), h.db, payout.Cancellation{Batch: batch, Payments: []int64{no}, Reason: "trả lại", ByOne: "hung", ByTwo: "mai"}, h.now)
		h.refused("cancel", err)
		err = payout.WithdrawSection(h.t.Context(), h.db, payout.SectionWithdrawal{Batch: batch, Section: section, Reason: "sai danh sách", ByOne: "hung", ByTwo: "mai"}, h.now)
		h.refused("withdraw", err)
	}
}

func (h *history) decideRow() {
	open, err := payout.OpenRows(h.t.Context(), h.db, payout.OpenRowFilter{})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(open) == 0 {
		return
	}
	r := open[h.pick(len(open))]
	d := payout.RowsDecision{Kind: []registry.DecisionKind{registry.RowDropped, registry.RowMoved}[h.pick(2)], Rows: row(r.List, r.Row), Reason: "đã xem", ByOne: "hung", ByTwo: "mai"}
	err = pgdb.InTx(h.t.Context(), h.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := payout.DecideRows(ctx, tx, d, h.now)
		return err
	})
	h.refused("decide", err)
}

// step lets one thing happen.
func (h *history) step() {
	switch h.pick(10) {
	case 0, 1, 2:
		h.takeList()
	case 3, 4:
		h.planBatch()
	case 5, 6, 7:
		h.changeRecord()
	case 8:
		h.giveUp()
	case 9:
		h.decideRow()
	}
}

// begin makes the people of a history.
func (h *history) begin() {
	c := &commune{rng: h.rng, next: 10}
	for range 12 {
		c.add("")
	}
	for i := range c.people {
		if i%3 == 0 {
			c.people[i].category = elderDisabled // another level
		}
	}
	h.pool = c.people
	for i := range h.stand {
		h.stand[i] = map[int]assisted{}
	}
}

// Whatever happens to lists, records and batches, in whatever order: every row of every
// list is paid, left out with a reason, decided or waits, and nobody is paid twice.
func TestEveryRowIsAnsweredInAnyHistory(t *testing.T) {
	t.Parallel()
	const steps = 60
	total := map[string]int{}
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			h := &history{office: newOffice(t), rng: mathrand.New(mathrand.NewPCG(180, seed)), done: total}
			h.prepare()
			h.in(january)
			h.begin()
			for step := range steps {
				if step%15 == 14 {
					h.months++
					h.in(january.AddMonths(h.months))
				}
				h.now = h.now.Add(time.Hour)
				h.step()
				found, err := payout.CheckRows(t.Context(), h.db)
				if err != nil {
					t.Fatal(err)
				}
				for _, fault := range found {
					t.Errorf("step %d: %v", step, fault)
				}
				if t.Failed() {
					t.Fatalf("after %v", h.said)
				}
			}
		})
	}
	t.Logf("what happened: %v", total)
	for _, what := range []string{"whole list", "change list", "late list", "plan", "approve", "merge", "unmerge", "death", "alive", "standing", "cancel", "withdraw", "decide"} {
		if total[what] == 0 {
			t.Errorf("no history has a %s", what)
		}
	}
}

// Three of them at once, in two months: what is read must not change before it is
// written, or a row is answered by what is not so any more.
func TestEveryRowIsAnsweredWhenEverythingHappensAtOnce(t *testing.T) {
	t.Parallel()
	const workers, steps = 3, 30
	o := newOffice(t)
	o.prepare()
	o.in(february)
	var done sync.WaitGroup
	happened := make([]map[string]int, workers)
	for n := range workers {
		mine := *o
		happened[n] = map[string]int{}
		h := &history{office: &mine, rng: mathrand.New(mathrand.NewPCG(185, uint64(n))), months: 1, done: happened[n]}
		h.begin()
		done.Go(func() {
			for range steps {
				h.now = h.now.Add(time.Hour)
				h.step()
			}
		})
	}
	done.Wait()
	found, err := payout.CheckRows(t.Context(), o.db)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range found {
		t.Error(fault)
	}
	if got := o.rows(testTwoWays); len(got) > 0 {
		t.Errorf("%v", got)
	}
	t.Logf("what happened: %v", happened)
}
