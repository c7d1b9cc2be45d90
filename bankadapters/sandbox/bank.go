package sandbox

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// bank is one bank or provider: its state is a fold of its book's events and
// changes only in apply.
type bank struct {
	identity
	habits     Habits
	world      *World
	key        []byte
	log        *bookLog
	delivering sync.Mutex // one delivery run at a time

	mu            sync.Mutex // guards all below
	nonces        nonceMemory
	accounts      map[string]*account
	accountOrder  []string
	messages      []*message
	byKey         map[string][]*message // by the id as this bank keeps it
	queued        []*message
	orders        []*order
	payments      []*payment
	booked        map[string]int // how often an EndToEndId was taken
	due           []*payment     // will be returned
	refs          int            // own references given out
	requests      int            // for outages
	seen          map[string]int // ids in the order first seen
	about         map[string]int // requests per id
	tries         map[string]int // arrivals per id
	moment        time.Time      // of the group in the making
	stamped       moment         // the last stamp of the book that was read
	closed        string         // last closed day
	days          int            // closed days
	closing       string         // the day being closed, while it is
	lastDate      string         // latest booking date
	files         []*file
	fileByID      map[string]*file
	archived      int64 // bytes of files.bin that the book knows
	statements    int   // camt.053 with entries
	script        []ScriptedPayment
	strays        []pendingStray
	badStatements []int
	lists         []*list
	listByID      map[string]*list
	texts         map[string]string
}

// account is a paying account of the customer.
type account struct {
	number, name string
	balance      int64
	stated       int64 // closing balance of the last statement
	statedTo     int   // entries on statements so far
	sequence     int   // last ElctrncSeqNb
	entries      []*entry
}

type message struct {
	no                             int
	nth                            int // n-th taking of this id
	id, key, info, account, date   string
	digest, head, channel, receipt string
	count                          int
	total                          int64
	at, due                        time.Time
	state                          string // queued, taken, ignored
	orders                         []*order
	news                           bool // something the customer was not told
	bulkGross                      bool
	waiting                        int
}

type order struct {
	no, nth                                   int
	msg                                       *message
	endToEnd, instr, name, bin, account, text string
	amount                                    int64
	special                                   *Fate  // nil: nothing out of the usual
	state                                     string // open, waiting, rejected, paid, lost
	code                                      string
	told                                      bool
	payments                                  []*payment
}

// payment is one credit to a payee.
type payment struct {
	no         int
	order      *order
	amount     int64
	ref, date  string
	at         time.Time
	doubled    bool
	entry      *entry // its own debit entry, nil where the bank books in bulk
	returned   string // date
	returnCode string
	returnRef  string
}

// entry is one movement of a paying account.
type entry struct {
	no              int // within the account
	account         *account
	credit          bool
	amount          int64
	ref, date, kind string
	payment         *payment
	order           *order
	msg             *message
	count           int
	endToEnd, text  string
	code            string
}

// Kinds of entries.
const (
	entryPayment = "payment"
	entryBulk    = "bulk"
	entryRefusal = "refusal" // refused part of a gross bulk debit
	entryReturn  = "return"
	entryFund    = "fund"
	entryStray   = "stray"
)

// identity is who a bank or provider is.
type identity struct {
	id, bin, name string
	provider      bool
}

var identities = []identity{
	{"A", "999001", "Ngân hàng Mẫu A", false},
	{"B", "999002", "Ngân hàng Mẫu B", false},
	{"C", "999003", "Ngân hàng Mẫu C", false},
	{"D", "999004", "Ngân hàng Mẫu D", false},
	{"E", "999005", "Ngân hàng Mẫu E", false},
	{"P1", "", "Bảo hiểm xã hội Mẫu", true},
	{"P2", "", "Điểm chi trả Mẫu", true},
}

// Banks lists the ids of all banks and providers: A … E, P1, P2.
func Banks() []string {
	out := make([]string, len(identities))
	for i, who := range identities {
		out[i] = who.id
	}
	return out
}

func newBank(w *World, who identity) *bank {
	return &bank{
		identity: who, world: w, habits: w.habitsOf(who.id), key: w.keyOf(who.id),
		accounts: map[string]*account{}, byKey: map[string][]*message{}, booked: map[string]int{},
		seen: map[string]int{}, about: map[string]int{}, tries: map[string]int{},
		fileByID: map[string]*file{}, listByID: map[string]*list{},
	}
}

// kept is a reference as this bank stores it.
func (b *bank) kept(s string) string {
	if b.habits.Keeps16 {
		return cut(s, 16)
	}
	return s
}

// apply changes the state by one event, when it happens and when the book is
// read again.
func (b *bank) apply(e *event) error {
	switch e.Kind {
	case evAccount:
		b.accounts[e.Account] = &account{number: e.Account, name: e.Name}
		b.accountOrder = append(b.accountOrder, e.Account)
	case evTry:
		b.applyTry(e)
	case evMessage:
		return b.applyMessage(e)
	case evOrder:
		return b.applyOrder(e)
	case evArrived, evIgnored:
		return b.applyArrival(e)
	case evRejected, evWaiting, evLost:
		return b.applyFate(e)
	case evPaid:
		return b.applyPaid(e)
	case evReturned:
		return b.applyReturned(e)
	case evEntry:
		return b.applyEntry(e)
	case evDay:
		b.closed, b.days = e.Date, b.days+1
	case evFile, evSending, evDelivered:
		return b.applyFile(e)
	case evScript:
		return b.applyScript(e.Script)
	case evClock:
		return b.world.applyClock(e)
	case evList, evRow, evDecided:
		return b.applyList(e)
	default:
		return fmt.Errorf("unknown kind %q", e.Kind)
	}
	return nil
}

func (b *bank) applyTry(e *event) {
	b.requests++
	if _, known := b.seen[e.ID]; !known {
		b.seen[e.ID] = len(b.seen) + 1
	}
	b.about[e.ID]++
	b.tries[e.ID] = e.N
}

func (b *bank) applyMessage(e *event) error {
	m := &message{
		no: e.Message, id: e.ID, key: b.kept(e.ID), info: e.Info, account: e.Account, date: e.Date,
		digest: e.Digest, head: e.Head, channel: e.Channel, receipt: e.Ref, count: e.N, total: e.Amount,
		at: b.stamp(e.At), state: "taken", bulkGross: e.Gross, news: e.Unheard,
	}
	if m.no != len(b.messages)+1 {
		return fmt.Errorf("message %d out of order", m.no)
	}
	b.messages = append(b.messages, m)
	if e.Due != "" {
		m.due, m.state = parseStamp(e.Due), "queued"
		b.queued = append(b.queued, m)
		return nil
	}
	b.remember(m)
	return nil
}

func (b *bank) remember(m *message) {
	b.byKey[m.key] = append(b.byKey[m.key], m)
	m.nth = len(b.byKey[m.key])
}

func (b *bank) applyOrder(e *event) error {
	if e.Message < 1 || e.Message > len(b.messages) || e.Order != len(b.orders)+1 {
		return fmt.Errorf("order %d of message %d out of order", e.Order, e.Message)
	}
	m := b.messages[e.Message-1]
	o := &order{
		no: e.Order, nth: e.N, msg: m, endToEnd: e.EndToEnd, instr: e.Instr, name: e.Name, bin: b.common(e.BIN),
		account: e.Account, text: b.common(e.Text), amount: e.Amount, state: "open",
	}
	m.orders = append(m.orders, o)
	b.orders = append(b.orders, o)
	return nil
}

func (b *bank) applyArrival(e *event) error {
	if e.Message < 1 || e.Message > len(b.messages) {
		return fmt.Errorf("no message %d", e.Message)
	}
	m := b.messages[e.Message-1]
	for i, q := range b.queued {
		if q == m {
			b.queued = append(b.queued[:i:i], b.queued[i+1:]...)
			break
		}
	}
	if e.Kind == evIgnored {
		m.state = "ignored"
		return nil
	}
	m.state, m.at, m.news = "taken", b.stamp(e.At), true
	b.remember(m)
	return nil
}

// common keeps one copy of a text that a great many rows share: a date, a bank, the
// words of a transfer.
func (b *bank) common(s string) string {
	if kept, ok := b.texts[s]; ok {
		return kept
	}
	if b.texts == nil || len(b.texts) == commonMax {
		b.texts = make(map[string]string)
	}
	s = strings.Clone(s)
	b.texts[s] = s
	return s
}

const commonMax = 1_000

// moment is a time as the book writes it, and the time.
type moment struct {
	text string
	at   time.Time
}

// stamp reads a time of the own book. All events of a group carry the same.
func (b *bank) stamp(text string) time.Time {
	if text != b.stamped.text {
		b.stamped = moment{text, parseStamp(text)}
	}
	return b.stamped.at
}

func (b *bank) orderOf(e *event) (*order, error) {
	if e.Order < 1 || e.Order > len(b.orders) {
		return nil, fmt.Errorf("no order %d", e.Order)
	}
	o := b.orders[e.Order-1]
	if e.Fate != nil {
		o.special = nil
		if f := *e.Fate; f != (Fate{Do: f.Do}) {
			o.special = &f
		}
	}
	return o, nil
}

// fate is what was decided about the order beside how it was met.
func (o *order) fate() Fate {
	if o.special == nil {
		return Fate{}
	}
	return *o.special
}

func (b *bank) applyFate(e *event) error {
	o, err := b.orderOf(e)
	if err != nil {
		return err
	}
	if o.state == "waiting" {
		o.msg.waiting--
	}
	switch e.Kind {
	case evRejected:
		o.state, o.code, o.told = "rejected", e.Code, e.Told
		o.msg.news = o.msg.news || !e.Told
	case evWaiting:
		o.state = "waiting"
		o.msg.waiting++
	case evLost:
		o.state = "lost"
	}
	return nil
}

func (b *bank) applyPaid(e *event) error {
	o, err := b.orderOf(e)
	if err != nil {
		return err
	}
	p := &payment{no: e.Payment, order: o, amount: e.Amount, ref: e.Ref, date: b.common(e.Date), at: b.stamp(e.At), doubled: e.Doubled}
	if p.no != len(b.payments)+1 {
		return fmt.Errorf("payment %d out of order", p.no)
	}
	b.refs++
	b.lastDate = max(b.lastDate, e.Date)
	b.payments = append(b.payments, p)
	if o.state == "waiting" {
		o.msg.waiting--
		o.msg.news = true
	}
	o.state, o.payments = "paid", append(o.payments, p)
	if !p.doubled && o.fate().ReturnDays > 0 {
		b.due = append(b.due, p)
	}
	if !p.doubled {
		b.booked[o.endToEnd]++
	}
	if e.Entry > 0 {
		acct := b.accounts[o.msg.account]
		p.entry = acct.add(&entry{amount: p.amount, ref: p.ref, date: p.date, kind: entryPayment, payment: p, order: o, msg: o.msg})
	}
	return nil
}

func (b *bank) applyReturned(e *event) error {
	if e.Payment < 1 || e.Payment > len(b.payments) {
		return fmt.Errorf("no payment %d", e.Payment)
	}
	p := b.payments[e.Payment-1]
	p.returned, p.returnCode, p.returnRef = e.Date, e.Code, e.Ref
	b.refs++
	b.lastDate = max(b.lastDate, e.Date)
	for i, d := range b.due {
		if d == p {
			b.due = append(b.due[:i:i], b.due[i+1:]...)
			break
		}
	}
	b.accounts[p.order.msg.account].add(&entry{credit: true, amount: e.Amount, ref: e.Ref, date: e.Date, kind: entryReturn,
		payment: p, order: p.order, msg: p.order.msg, code: e.Code})
	return nil
}

func (b *bank) applyEntry(e *event) error {
	acct := b.accounts[e.Account]
	if acct == nil {
		return fmt.Errorf("no account %q", e.Account)
	}
	b.refs++
	b.lastDate = max(b.lastDate, e.Date)
	x := &entry{credit: e.Credit, amount: e.Amount, ref: e.Ref, date: e.Date, kind: e.Channel, count: e.N,
		endToEnd: e.EndToEnd, text: e.Text, code: e.Code}
	if e.Message > 0 {
		x.msg = b.messages[e.Message-1]
	}
	if e.Order > 0 {
		x.order = b.orders[e.Order-1]
	}
	acct.add(x)
	if x.kind == entryStray && e.ID == "script" {
		for i, s := range b.strays {
			if s.day == e.Payment && s.Amount == e.Amount && s.EndToEndID == e.EndToEnd && s.Credit == e.Credit {
				b.strays = append(b.strays[:i:i], b.strays[i+1:]...)
				break
			}
		}
	}
	return nil
}

// add appends an entry and moves the balance by it.
func (a *account) add(x *entry) *entry {
	x.account, x.no = a, len(a.entries)+1
	a.entries = append(a.entries, x)
	if x.credit {
		a.balance += x.amount
	} else {
		a.balance -= x.amount
	}
	return x
}

func (b *bank) nextRef() string { return fmt.Sprintf("%sF%010d", b.id, b.refs+1) }

// today is the date under which something is booked now: the bank's day in
// Viet Nam, never one that is closed, never before what is already booked.
func (b *bank) today() string {
	day := b.closing
	if day == "" {
		day = b.moment.In(vietnam).Format(time.DateOnly)
		if b.closed != "" && day <= b.closed {
			day = addDays(b.closed, 1)
		}
	}
	return max(day, b.lastDate)
}
