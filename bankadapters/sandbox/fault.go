package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// Rate is a chance in ten thousand.
type Rate int

// Faults is the plan of what goes wrong. The zero value is a world without
// faults; the habits of the banks ([Habits]) stay in any case.
type Faults struct {
	// Of a message, upload or list, drawn per (id, n-th try); from the fifth
	// try of one id on nothing of this happens, so that a patient customer
	// always gets through.
	Unavailable Rate // 503 before looking
	DropBefore  Rate // connection closed, nothing booked
	DropAfter   Rate // booked, connection closed
	Late        Rate // connection closed, booked up to 20 minutes later
	Slow        Rate // booked, answered after the customer's patience ([Config].Slow)
	RefuseWhole Rate // MS03 for the whole message, drawn per id

	// Of a payment, drawn per (EndToEndId, n-th booking of it).
	Reject Rate // refused, half of them not in the first answer
	Wait   Rate // executed at the close of day
	Double Rate // booked twice by the bank itself
	Return Rate // credited, returned after 1 to 7 days

	// Of a payee's account, drawn per (BIN, account), so it stays so.
	AccountUnknown Rate // AC01, half of them only as a return
	AccountClosed  Rate // AC04, half of them only as a return
	NameDiffers    Rate // the holder in the name inquiry is somebody else

	// Of a file.
	LostLine     Rate // a camt.054 lacks a line, drawn per line
	BadStatement Rate // first camt.053 with a doubled line that does not add up

	// Of a provider's list line.
	Unpaid Rate

	Outages []Outage
}

// UsualFaults is a world in which about one payment in a hundred goes wrong, as
// comparable programmes report. The rates are our guess.
func UsualFaults() Faults {
	return Faults{
		Unavailable: 200, DropBefore: 150, DropAfter: 150, Late: 100, Slow: 50,
		Reject: 30, Wait: 50, Double: 2, Return: 20, AccountUnknown: 30, AccountClosed: 30, NameDiffers: 50,
		LostLine: 20, Unpaid: 150,
	}
}

// Outage says which requests a bank does not serve. It is never a time.
// With PerID 0 the bank refuses its From-th to (From+Count-1)-th request; with
// PerID n it refuses the first n requests about each of the messages it saw as
// From-th to (From+Count-1)-th.
type Outage struct {
	Bank  string `json:"bank"`
	From  int    `json:"from"` // from 1
	Count int    `json:"count"`
	PerID int    `json:"per_id"`
}

// Habits is how a bank behaves every day.
type Habits struct {
	NeverDeduplicates bool
	ForgetsAfterHour  bool
	Bulk              bool // one debit entry per submission
	BulkGross         bool // the entry is the whole sum, refusals come back one by one
	Keeps16           bool // references and texts cut to 16 characters
	DeniesTenMinutes  bool // "not found" for ten minutes after booking
	Notifies          bool // makes camt.054
	ReportsLater      bool // makes pain.002 files for refusals not told at once
	ReportsAll        bool // makes pain.002 files for every message
	Coverage          Coverage
}

// Coverage is what a bank's withdrawal files promise.
type Coverage struct {
	Text     string
	Part     bool // only accounts whose last digit is even
	None     bool
	LagDays  int // complete up to so many days before the file's date
	FromDays int // only from so many days after the credit
}

func habitsOf(id string) Habits {
	switch id {
	case "A":
		return Habits{NeverDeduplicates: true, Coverage: Coverage{Text: "Toàn bộ tài khoản mở tại Ngân hàng Mẫu A"}}
	case "B":
		return Habits{ForgetsAfterHour: true, Notifies: true, ReportsLater: true,
			Coverage: Coverage{Text: "Toàn bộ tài khoản mở tại Ngân hàng Mẫu B, chậm hai ngày", LagDays: 2}}
	case "C":
		return Habits{Bulk: true, Notifies: true, ReportsLater: true, ReportsAll: true,
			Coverage: Coverage{Text: "Chỉ tài khoản trên hệ thống lõi mới của Ngân hàng Mẫu C", Part: true}}
	case "D":
		return Habits{Keeps16: true, Coverage: Coverage{None: true}}
	case "E":
		return Habits{DeniesTenMinutes: true, Notifies: true, ReportsLater: true,
			Coverage: Coverage{Text: "Tài khoản mở tại Ngân hàng Mẫu E, từ ngày thứ năm sau khi ghi có", FromDays: 5}}
	case "P2":
		return Habits{Coverage: Coverage{Text: "Mọi khoản chi có ký nhận tại Điểm chi trả Mẫu"}}
	default:
		return Habits{Coverage: Coverage{None: true}}
	}
}

// draw gives a number that depends on nothing but its arguments and the seed.
func (b *bank) draw(what, id string, n int) uint64 {
	h := sha256.New()
	h.Write([]byte(strconv.FormatUint(b.world.config.Seed, 10) + "|" + b.id + "|" + what + "|" + id + "|" + strconv.Itoa(n)))
	var sum [sha256.Size]byte
	return binary.BigEndian.Uint64(h.Sum(sum[:0]))
}

func (b *bank) hit(rate Rate, what, id string, n int) bool {
	return rate > 0 && b.draw(what, id, n)%10_000 < uint64(rate)
}

// How a message is met.
const (
	meetServe       = "served"
	meetUnavailable = "unavailable"
	meetDropBefore  = "dropped before booking"
	meetDropAfter   = "dropped after booking"
	meetLate        = "queued"
	meetSlow        = "answered slowly"
)

const faultyTriesMax = 4

func (b *bank) meet(id string, try int) string {
	if b.outage(id) {
		return meetUnavailable
	}
	f := b.world.faultsNow()
	if try > faultyTriesMax {
		return meetServe
	}
	at := Rate(b.draw("message", id, try) % 10_000)
	for _, c := range []struct {
		rate Rate
		how  string
	}{
		{f.Unavailable, meetUnavailable}, {f.DropBefore, meetDropBefore}, {f.DropAfter, meetDropAfter},
		{f.Late, meetLate}, {f.Slow, meetSlow},
	} {
		if at < c.rate {
			return c.how
		}
		at -= c.rate
	}
	return meetServe
}

// outage says whether the request that now arrives about id is not served. The
// counters behind it move by evTry events, so they survive a restart.
func (b *bank) outage(id string) bool {
	for _, o := range b.world.faultsNow().Outages {
		if o.Bank != b.id {
			continue
		}
		if o.PerID == 0 {
			if n := b.requests + 1; n >= o.From && n < o.From+o.Count {
				return true
			}
			continue
		}
		seen, known := b.seen[id]
		if !known {
			seen = len(b.seen) + 1
		}
		if seen >= o.From && seen < o.From+o.Count && b.about[id] < o.PerID {
			return true
		}
	}
	return false
}

// fateOf decides what happens to an order: the script first, then the plan.
func (b *bank) fateOf(o *order, nth int) Fate {
	if f, ok := b.scripted(o); ok {
		return f
	}
	if len(o.bin) != 6 || !digits(o.bin) {
		return Fate{Do: DoReject, Code: "RC04"}
	}
	if o.account == "" || o.name == "" {
		return Fate{Do: DoReject, Code: "BE01"}
	}
	f := b.world.faultsNow()
	holder := o.bin + "/" + o.account
	if code := b.accountTrouble(o.bin, o.account); code != "" {
		if b.draw("trouble shows", holder, 0)%2 == 0 {
			return Fate{Do: DoReject, Code: code, Late: b.draw("trouble late", o.endToEnd, nth)%2 == 0}
		}
		return Fate{ReturnCode: code, ReturnDays: 1 + int(b.draw("days", o.endToEnd, nth)%7)}
	}
	var fate Fate
	switch {
	case b.hit(f.Reject, "reject", o.endToEnd, nth):
		codes := []string{"AC06", "BE01", "MS03"}
		return Fate{Do: DoReject, Code: codes[b.draw("code", o.endToEnd, nth)%3], Late: b.draw("late", o.endToEnd, nth)%2 == 0}
	case b.hit(f.Wait, "wait", o.endToEnd, nth):
		fate.Do = DoWait
	}
	fate.Double = b.hit(f.Double, "double", o.endToEnd, nth)
	if !fate.Double && b.hit(f.Return, "return", o.endToEnd, nth) {
		codes := []string{"AC04", "AC06", "MS03"}
		fate.ReturnCode = codes[b.draw("return code", o.endToEnd, nth)%3]
		fate.ReturnDays = 1 + int(b.draw("days", o.endToEnd, nth)%7)
	}
	return fate
}

// accountTrouble is the state of a payee's account at whatever bank keeps it.
func (b *bank) accountTrouble(bin, account string) string {
	f, holder := b.world.faultsNow(), bin+"/"+account
	keeper := &bank{identity: identity{id: "all banks"}, world: b.world} // every bank sees the same account
	switch {
	case keeper.hit(f.AccountUnknown, "unknown", holder, 0):
		return "AC01"
	case keeper.hit(f.AccountClosed, "closed", holder, 0):
		return "AC04"
	default:
		return ""
	}
}
