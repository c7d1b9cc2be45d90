package doctor

import (
	"context"
	"fmt"
	"time"
)

// State is how bad a finding is.
type State string

// The states, from good to bad.
const (
	Good State = "good" // as it must be
	Note State = "note" // somebody should know
	Mend State = "mend" // something may fail or be lost: act now
)

// WordVI is the state in Vietnamese.
func (s State) WordVI() string {
	switch s {
	case Note:
		return "lưu ý"
	case Mend:
		return "PHẢI SỬA"
	case Good:
		return "tốt"
	}
	return string(s)
}

// Finding is one line of the doctor.
type Finding struct {
	Check string `json:"check"`
	State State  `json:"state"`
	What  string `json:"what"`         // what was seen, Vietnamese / English
	Do    string `json:"do,omitempty"` // what to do, Vietnamese / English
}

// Options is where to look. Empty paths are not looked at, except that a missing
// keys file or journal is a finding.
type Options struct {
	Dir string // data folder
	URL string // database; "" with DatabaseErr
	// DatabaseErr says why there is no database to look at.
	DatabaseErr error
	Own         bool // it is the folder's own server
	Keys        string
	Journal     string
	Anchors     []string
	Backup      string // folder of the backups
	Listen      string // address of the API
	TLSCert     string
	TLSKey      string
	Demo        bool // an invented installation: nothing leaves it, nothing is kept

	Now       func() time.Time            // the installation's clock
	Stopwatch func() time.Duration        // time since some start, for measuring
	Synced    func() (synced, known bool) // is the machine's clock kept by NTP?
	Free      func(path string) (free, total uint64, err error)
}

// Examine looks at everything and returns the findings in a fixed order.
func Examine(ctx context.Context, o Options) []Finding {
	var list []Finding
	list = append(list, o.clock(), o.space(), o.flush(), o.port(), o.certificate(), o.keys(), o.journal())
	list = append(list, o.backups(), o.anchors())
	return append(list, o.database(ctx)...)
}

// Sick reports whether something must be mended.
func Sick(list []Finding) bool {
	for _, f := range list {
		if f.State == Mend {
			return true
		}
	}
	return false
}

func good(check, format string, args ...any) Finding {
	return Finding{Check: check, State: Good, What: fmt.Sprintf(format, args...)}
}

func note(check, what, do string) Finding {
	return Finding{Check: check, State: Note, What: what, Do: do}
}
func mend(check, what, do string) Finding {
	return Finding{Check: check, State: Mend, What: what, Do: do}
}
