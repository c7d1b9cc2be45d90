package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Entry is a person of the book, with the account they have.
type Entry struct {
	ID      string
	Name    string
	Birth   string // 2006-01-02, 2006-01 or 2006
	Sex     string // M or F
	Commune string
	BIN     string
	Account string
	Holder  string
}

// columns of the book, in this order, with a heading.
var columns = []string{"id", "name", "birth", "sex", "commune", "bin", "account", "holder"}

// ReadBook reads the book of people from CSV with a heading.
func ReadBook(r io.Reader) ([]Entry, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = len(columns)
	heading, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("heading of the book: %w", err)
	}
	if strings.Join(heading, ",") != strings.Join(columns, ",") {
		return nil, fmt.Errorf("the book's heading is %v, not %v", heading, columns)
	}
	var book []Entry
	for {
		f, err := in.Read()
		if err == io.EOF {
			return book, nil
		}
		if err != nil {
			return nil, fmt.Errorf("row %d of the book: %w", len(book)+2, err)
		}
		book = append(book, Entry{f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]})
	}
}

// WriteBook writes what ReadBook reads.
func WriteBook(w io.Writer, book []Entry) error {
	out := csv.NewWriter(w)
	rows := [][]string{columns}
	for _, e := range book {
		rows = append(rows, []string{e.ID, e.Name, e.Birth, e.Sex, e.Commune, e.BIN, e.Account, e.Holder})
	}
	return out.WriteAll(rows)
}

// Config is a world: how often the seed alters people, in 1 of so many (0 =
// never), and how the line behaves.
type Config struct {
	Seed       uint64
	Key        string // bearer key of the caller
	Version    string // the mark of the data, in every answer
	BulkMax    int    // people a call may ask about; 0 = 200
	Dead       int
	Moved      int
	Respelt    int // another letter in the name
	OtherBirth int
	Unknown    int // the register does not know the id
	OtherOwner int // the account is somebody else's
	Closed     int // the account is closed

	FailEvery int // each so-many-th call answers 503
	CutEvery  int // each so-many-th call is cut in the middle of its body
	PerSecond int // calls a second by Now, beyond which 429; 0 = any
	Now       func() time.Time
}

// What the seed did to a person.
const (
	Same       = "same"
	Dead       = "dead"
	Moved      = "moved"
	Respelt    = "respelt"
	OtherBirth = "birth"
	Unknown    = "unknown"
	OtherOwner = "owner"
	Closed     = "closed"
)

// World is a register and a directory with their book. It may be called at once.
type World struct {
	config   Config
	people   map[string]person
	accounts map[string]account // by BIN and number

	mu     sync.Mutex
	calls  int
	asked  map[string]int // how often each id was asked about
	second int64
	spent  int
}

type person struct {
	Entry
	fate   string
	diedOn string
}

type account struct {
	holder string
	closed bool
	fate   string
}

// New makes the world of a book.
func New(config Config, book []Entry) *World {
	if config.BulkMax == 0 {
		config.BulkMax = 200
	}
	w := &World{config: config, people: map[string]person{}, accounts: map[string]account{}, asked: map[string]int{}}
	for _, e := range book {
		if e.ID != "" {
			w.people[e.ID] = w.alter(e)
		}
		if e.Account != "" {
			w.accounts[e.BIN+"/"+e.Account] = w.alterAccount(e)
		}
	}
	return w
}

// chance is a number that depends on seed, id and purpose alone.
func (w *World) chance(id, purpose string) uint64 {
	b := binary.BigEndian.AppendUint64(nil, w.config.Seed)
	sum := sha256.Sum256(append(b, id+"/"+purpose...))
	return binary.BigEndian.Uint64(sum[:8])
}

func (w *World) hits(id, purpose string, oneOf int) bool {
	return oneOf > 0 && w.chance(id, purpose)%uint64(oneOf) == 0
}

// alter applies at most one fate, the gravest first.
func (w *World) alter(e Entry) person {
	p := person{Entry: e, fate: Same}
	switch {
	case w.hits(e.ID, Unknown, w.config.Unknown):
		p.fate = Unknown
	case w.hits(e.ID, Dead, w.config.Dead):
		p.fate, p.diedOn = Dead, "2026-01-05"
	case w.hits(e.ID, Moved, w.config.Moved):
		p.fate, p.Commune = Moved, otherCommune(e.Commune)
	case w.hits(e.ID, Respelt, w.config.Respelt):
		p.fate, p.Name = Respelt, e.Name+" Khác"
	case w.hits(e.ID, OtherBirth, w.config.OtherBirth):
		p.fate, p.Birth = OtherBirth, "1901"+e.Birth[min(4, len(e.Birth)):]
	}
	return p
}

func otherCommune(code string) string {
	if code == "00025" {
		return "00070"
	}
	return "00025"
}

func (w *World) alterAccount(e Entry) account {
	id := e.BIN + "/" + e.Account
	switch {
	case w.hits(id, OtherOwner, w.config.OtherOwner):
		return account{holder: "PHAM VAN LA", fate: OtherOwner}
	case w.hits(id, Closed, w.config.Closed):
		return account{holder: e.Holder, closed: true, fate: Closed}
	}
	return account{holder: e.Holder, fate: Same}
}

// Truth says of each id what the seed did to the person.
func (w *World) Truth() map[string]string {
	truth := map[string]string{}
	for id, p := range w.people {
		truth[id] = p.fate
	}
	return truth
}

// TruthOfAccounts says it of each account, as BIN/number.
func (w *World) TruthOfAccounts() map[string]string {
	truth := map[string]string{}
	for id, a := range w.accounts {
		truth[id] = a.fate
	}
	return truth
}

// Asked says how often each id, or account as BIN/number, was answered.
func (w *World) Asked() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := map[string]int{}
	for id, n := range w.asked {
		asked[id] = n
	}
	return asked
}

// Calls is how many calls came, refused ones too.
func (w *World) Calls() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls
}
