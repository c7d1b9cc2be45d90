package sandbox

import (
	"encoding/json"
	"fmt"
)

// What a Fate does with a payment. The empty word pays it at once.
const (
	DoReject = "reject" // refused with Code; with Late not in the first answer
	DoWait   = "wait"   // paid at the next close of day
	DoSilent = "silent" // lost: no entry, no status, no word
	DoUnpaid = "unpaid" // provider only: reported unpaid with Code
)

// Fate says exactly what a bank does with one payment.
type Fate struct {
	Do         string `json:"do,omitempty"`
	Code       string `json:"code,omitempty"`
	Late       bool   `json:"late,omitempty"`
	Amount     int64  `json:"amount,omitempty"`       // books this amount in đồng instead of the ordered one
	Double     bool   `json:"double,omitempty"`       // books it a second time with another reference
	ReturnDays int    `json:"return_days,omitempty"`  // comes back so many days after booking …
	ReturnCode string `json:"return_code,omitempty"`  // … with this RETN code
	ReturnFee  int64  `json:"return_fee,omitempty"`   // … less this fee in đồng
	ShownID    string `json:"shown_id,omitempty"`     // statements show this EndToEndId instead
	NoNoticeID bool   `json:"no_notice_id,omitempty"` // the camt.054 gives no EndToEndId, the statement does
}

// ScriptedPayment chooses payments and gives them a fate. All selectors that
// are set must fit; one without any selector fits nothing.
type ScriptedPayment struct {
	Bank       string `json:"bank,omitempty"`
	EndToEndID string `json:"end_to_end_id,omitempty"`
	Message    int    `json:"message,omitempty"`  // the n-th message the bank took, from 1
	Nth        int    `json:"nth,omitempty"`      // the n-th payment of its message, from 1
	Amount     int64  `json:"ordered,omitempty"`  // the ordered amount in đồng
	Repeated   bool   `json:"repeated,omitempty"` // also when the same payment is booked again
	Fate       Fate   `json:"fate"`
}

// Stray is an entry nobody ordered. With OnClose n it is booked at the n-th
// close of day after it became known; 0 books it at the next one.
type Stray struct {
	Bank       string `json:"bank"`
	Account    string `json:"account,omitempty"` // empty: the bank's first paying account
	Credit     bool   `json:"credit"`
	Amount     int64  `json:"amount,string"` // đồng
	EndToEndID string `json:"end_to_end_id,omitempty"`
	Text       string `json:"text,omitempty"`
	Code       string `json:"code,omitempty"` // makes a credit a return with this code
	OnClose    int    `json:"on_close,omitempty"`
}

// Script is a written play for tests: it wins over the fault plan.
type Script struct {
	Payments      []ScriptedPayment `json:"payments,omitempty"`
	Strays        []Stray           `json:"strays,omitempty"`
	BadStatements []BadStatement    `json:"bad_statements,omitempty"`
}

// BadStatement makes the first delivery of one camt.053 carry a doubled line,
// so that it does not add up. It fits the N-th statement with entries that
// bank makes (from 1).
type BadStatement struct {
	Bank string `json:"bank"`
	N    int    `json:"n"`
}

type pendingStray struct {
	Stray
	day int // number of the close of day that books it
}

// AddScript adds scripted fates to one bank, or with "" to all of them. They
// concern messages taken from now on and are kept in the bank's book.
func (w *World) AddScript(id string, s Script) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("add script: %w", err)
	}
	return w.each(id, func(b *bank) error {
		job := b.begin()
		job.put(&event{Kind: evScript, Script: raw})
		return job.done()
	})
}

func (b *bank) applyScript(raw json.RawMessage) error {
	var s Script
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("script: %w", err)
	}
	b.learn(s)
	return nil
}

func (b *bank) learn(s Script) {
	for _, p := range s.Payments {
		if p.Bank == "" || p.Bank == b.id {
			b.script = append(b.script, p)
		}
	}
	for _, x := range s.Strays {
		if x.Bank == b.id {
			b.strays = append(b.strays, pendingStray{Stray: x, day: b.days + max(1, x.OnClose)})
		}
	}
	for _, x := range s.BadStatements {
		if x.Bank == b.id {
			b.badStatements = append(b.badStatements, x.N)
		}
	}
}

func (b *bank) scripted(o *order) (Fate, bool) {
	for _, p := range b.script {
		if p.EndToEndID == "" && p.Nth == 0 && p.Amount == 0 {
			continue
		}
		fits := (p.EndToEndID == "" || p.EndToEndID == o.endToEnd) &&
			(p.Nth == 0 || p.Nth == o.nth) &&
			(p.Amount == 0 || p.Amount == o.amount) &&
			(p.Message == 0 || p.Message == o.msg.no) &&
			(p.Repeated || o.msg.nth == 1)
		if fits {
			return p.Fate, true
		}
	}
	return Fate{}, false
}
