package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"
)

const (
	forgetAfter   = time.Hour
	denyFor       = 10 * time.Minute
	dateRangeDays = 30
)

// postMessage is POST /v1/messages.
func (b *bank) postMessage(r *request) reply {
	doc, err := readPain001(r.body)
	return b.locked(func(job *work) reply {
		var bad refusal
		if errors.As(err, &bad) {
			return painReply(http.StatusBadRequest, b.refusedWhole(doc.id, bad))
		}
		how, rep := b.arrive(job, doc.id)
		if how == meetUnavailable || how == meetDropBefore {
			return rep
		}
		digest := hexDigest(r.body)
		// First the memory: of a message that was taken, no code may say that
		// nothing of it is booked.
		known := b.known(b.kept(doc.id))
		if known != nil && known.digest != digest {
			return painReply(http.StatusBadRequest, b.refusedWhole(doc.id, refusal{"DU01", "known with other bytes"}))
		}
		if known != nil && how != meetLate {
			rep.answer(painReply(http.StatusConflict, b.refusedWhole(doc.id, refusal{"DUPL", "message id is known"})))
			return rep
		}
		if bad := b.unfit(doc); bad.code != "" && known == nil {
			return painReply(http.StatusBadRequest, b.refusedWhole(doc.id, bad))
		}
		if how == meetLate {
			b.take(job, doc, arrival{digest: digest, head: r.Header.Get(headerHead), channel: "iso", due: b.lateBy(doc.id)})
			return rep
		}
		m := b.take(job, doc, arrival{digest: digest, head: r.Header.Get(headerHead), channel: "iso",
			unheard: rep.drop || rep.slow || b.habits.ReportsAll})
		b.execute(job, m)
		rep.answer(painReply(http.StatusAccepted, b.answerOf(m)))
		return rep
	})
}

// lateBy is when a message that is on its way too long will land.
func (b *bank) lateBy(id string) time.Time {
	return b.world.now().Add(time.Duration(1+b.draw("late by", id, b.tries[id])%20) * time.Minute)
}

func painReply(status int, s statusReport) reply {
	return reply{status: status, kind: typeXML, body: s.xml()}
}

// answer fills in what is answered and keeps how (slow, dropped).
func (r *reply) answer(with reply) { r.status, r.kind, r.body = with.status, with.kind, with.body }

func hexDigest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// arrive counts one try and says how it is met.
func (b *bank) arrive(job *work, id string) (how string, rep reply) {
	try := b.tries[id] + 1
	how = b.meet(id, try)
	job.put(&event{Kind: evTry, ID: id, N: try, Text: how})
	switch how {
	case meetUnavailable:
		return how, unavailable()
	case meetDropBefore, meetDropAfter, meetLate:
		return how, reply{drop: true}
	case meetSlow:
		return how, reply{slow: true}
	default:
		return how, reply{}
	}
}

// unfit says why the bank refuses the whole message, after it could be read.
func (b *bank) unfit(d instruction) refusal {
	today := b.world.now().In(vietnam).Format(time.DateOnly)
	switch {
	case b.accounts[d.account] == nil:
		return refusal{"AC02", "debtor account " + cut(d.account, 40) + " is not kept here"}
	case !isDate(d.date) || d.date < addDays(today, -dateRangeDays) || d.date > addDays(today, dateRangeDays):
		return refusal{"DT01", "requested date " + cut(d.date, 10)}
	case b.hit(b.world.faultsNow().RefuseWhole, "refuse whole", d.id, 0):
		return refusal{"MS03", "refused by the bank"}
	default:
		return refusal{}
	}
}

// known finds the message the bank would recognise a duplicate by.
func (b *bank) known(key string) *message {
	if b.habits.NeverDeduplicates {
		return nil
	}
	for _, m := range b.byKey[key] {
		if b.remembers(m) {
			return m
		}
	}
	return nil
}

func (b *bank) remembers(m *message) bool {
	return !b.habits.ForgetsAfterHour || b.world.now().Sub(m.at) < forgetAfter
}

// arrival is how an instruction came in.
type arrival struct {
	digest, head, channel string
	due                   time.Time // set: waits in the queue until then
	unheard               bool      // the customer hears no answer, so a later report follows
}

// take writes the message and its orders into the book.
func (b *bank) take(job *work, d instruction, a arrival) *message {
	e := &event{Kind: evMessage, Message: len(b.messages) + 1, ID: d.id, Info: d.info, Account: d.account, Date: d.date,
		Digest: a.digest, Head: cut(a.head, 200), Channel: a.channel, N: d.count, Amount: d.total,
		Gross: b.habits.Bulk && b.habits.BulkGross, Unheard: a.unheard}
	if !a.due.IsZero() {
		e.Due = stamp(a.due)
	}
	if a.channel == "portal" {
		e.Ref = receiptNumber(b.id, len(b.messages)+1)
	}
	job.put(e)
	m := b.messages[len(b.messages)-1]
	for i, r := range d.rows {
		job.put(&event{Kind: evOrder, Message: m.no, Order: len(b.orders) + 1, N: i + 1, EndToEnd: b.kept(r.endToEnd),
			Instr: b.kept(r.instr), Name: r.name, BIN: r.bin, Account: r.account, Text: b.kept(r.text), Amount: r.amount})
	}
	return m
}

// tick takes queued messages that are due. One that meanwhile arrived again
// is recognised by the same memory as any other.
func (b *bank) tick(job *work) {
	now := b.world.now()
	for i := 0; i < len(b.queued); {
		m := b.queued[i]
		if m.due.After(now) {
			i++
			continue
		}
		if b.known(m.key) != nil {
			job.put(&event{Kind: evIgnored, Message: m.no})
			continue
		}
		job.put(&event{Kind: evArrived, Message: m.no})
		b.execute(job, m)
	}
}

// execute decides the fate of every order and books what is paid at once.
func (b *bank) execute(job *work, m *message) {
	before := len(b.payments)
	if m.bulkGross {
		b.executeGross(job, m)
	} else {
		room := b.accounts[m.account].balance
		for _, o := range m.orders {
			b.decide(job, o, &room)
		}
		b.bulkDebit(job, m, before)
	}
	b.notify(job, m.account, b.payments[before:], nil)
}

// executeGross debits the whole sum first and gives the refused back one by
// one.
func (b *bank) executeGross(job *work, m *message) {
	if b.accounts[m.account].balance < m.total {
		for _, o := range m.orders {
			job.put(&event{Kind: evRejected, Order: o.no, Code: "AM04", Told: true})
		}
		return
	}
	job.put(&event{Kind: evEntry, Account: m.account, Amount: m.total, Ref: b.nextRef(), Date: b.today(), Channel: entryBulk,
		Message: m.no, N: m.count})
	room := m.total
	for _, o := range m.orders {
		b.decide(job, o, &room)
		if o.state == "rejected" {
			b.giveBack(job, o)
		}
	}
}

func (b *bank) giveBack(job *work, o *order) {
	job.put(&event{Kind: evEntry, Account: o.msg.account, Credit: true, Amount: o.amount, Ref: b.nextRef(), Date: b.today(),
		Channel: entryRefusal, Message: o.msg.no, Order: o.no, Code: o.code})
}

// decide gives one order its fate. room is what the paying account can still
// bear.
func (b *bank) decide(job *work, o *order, room *int64) {
	fate := b.fateOf(o, b.booked[o.endToEnd]+1)
	switch fate.Do {
	case DoReject, DoUnpaid:
		job.put(&event{Kind: evRejected, Order: o.no, Code: codeOr(fate.Code, "MS03"), Told: !fate.Late, Fate: &fate})
	case DoSilent:
		job.put(&event{Kind: evLost, Order: o.no, Fate: &fate})
	case DoWait:
		job.put(&event{Kind: evWaiting, Order: o.no, Fate: &fate})
	default:
		b.pay(job, o, fate, room)
	}
}

func codeOr(code, other string) string {
	if code == "" {
		return other
	}
	return code
}

// pay credits the payee, and debits the paying account at once where the bank
// books singly.
func (b *bank) pay(job *work, o *order, fate Fate, room *int64) {
	amount := o.amount
	if fate.Amount > 0 {
		amount = fate.Amount
	}
	if amount > *room {
		job.put(&event{Kind: evRejected, Order: o.no, Code: "AM04", Told: o.state == "open", Fate: &fate})
		return
	}
	*room -= amount
	e := &event{Kind: evPaid, Order: o.no, Payment: len(b.payments) + 1, Amount: amount, Ref: b.nextRef(), Date: b.today(), Fate: &fate}
	if !b.habits.Bulk {
		e.Entry = len(b.accounts[o.msg.account].entries) + 1
	}
	job.put(e)
	if !fate.Double {
		return
	}
	// The bank's own mistake is a single debit even where it books in bulk:
	// it was keyed in by hand. A gross debit has reserved nothing for it.
	cover := room
	if o.msg.bulkGross {
		cover = &b.accounts[o.msg.account].balance
	}
	if amount > *cover {
		return
	}
	if cover == room {
		*room -= amount
	}
	job.put(&event{Kind: evPaid, Order: o.no, Payment: len(b.payments) + 1, Amount: amount, Ref: b.nextRef(), Date: b.today(),
		Doubled: true, Entry: len(b.accounts[o.msg.account].entries) + 1})
}

// bulkDebit books one sum for the payments made since the index, where the
// bank books in bulk; doubles have entries of their own.
func (b *bank) bulkDebit(job *work, m *message, since int) {
	if !b.habits.Bulk {
		return
	}
	var sum int64
	count := 0
	for _, p := range b.payments[since:] {
		if p.order.msg == m && p.entry == nil {
			sum, count = sum+p.amount, count+1
		}
	}
	if count > 0 {
		job.put(&event{Kind: evEntry, Account: m.account, Amount: sum, Ref: b.nextRef(), Date: b.today(), Channel: entryBulk,
			Message: m.no, N: count})
	}
}

// getMessage is GET /v1/messages/{id}.
func (b *bank) getMessage(r *request) reply {
	id := r.PathValue("id")
	return b.locked(func(job *work) reply {
		if b.outage(id) {
			job.put(&event{Kind: evTry, ID: id, N: b.tries[id], Text: "inquiry " + meetUnavailable})
			return unavailable()
		}
		var found []*message
		for _, m := range b.byKey[b.kept(id)] {
			denied := b.habits.DeniesTenMinutes && b.world.now().Sub(m.at) < denyFor
			if b.remembers(m) && !denied {
				found = append(found, m)
			}
		}
		if len(found) == 0 {
			return jsonReply(http.StatusNotFound, struct {
				ID    string `json:"message_id"`
				Known bool   `json:"known"`
				AsOf  string `json:"as_of"`
			}{id, false, b.world.now().UTC().Format(time.RFC3339)})
		}
		return painReply(http.StatusOK, b.statusOf(found))
	})
}
