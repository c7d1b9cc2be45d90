package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Errors a caller may match.
var (
	ErrUnknownBank    = errors.New("sandbox: no such bank")
	ErrUnknownAccount = errors.New("sandbox: no such paying account")
	ErrClockInjected  = errors.New("sandbox: the clock belongs to the program that runs the sandbox")
	ErrClockBack      = errors.New("sandbox: the clock does not go back")
	ErrInUse          = errors.New("sandbox: another process has these books open")
	ErrDayClosed      = errors.New("sandbox: days are closed once and in order")
)

// Config says what a world is made of. Only Dir (or InMemory) and Seed are
// needed.
type Config struct {
	Dir      string // data folder; the banks live in Dir/sandbox
	Seed     uint64
	InMemory bool // keep books in memory: fast, lost at the end

	// Now is the clock. Nil gives the world a clock of its own that starts at
	// Start (default 2026-01-05 08:00 in Viet Nam) and moves by SetNow. Requests
	// are refused when their timestamp is more than 15 minutes from it, so bank
	// and customer need one clock.
	Now   func() time.Time
	Start time.Time

	Faults Faults
	// Script is learned when a bank's book is new; later ones by AddScript.
	Script Script
	// Habits replaces the habits of single banks, by id.
	Habits map[string]Habits
	// Accounts are paying accounts opened at the start.
	Accounts []Account
	// WithdrawalsEvery n-th close of day a withdrawal file is made; 0 means 7.
	WithdrawalsEvery int
	// StatementEntriesMax splits a day's statement; 0 means 20,000.
	StatementEntriesMax int
	// Slow is how a slow answer waits before it is written. Nil: the
	// connection is closed as if the customer had given up.
	Slow func(*http.Request)
}

// Account is a paying account of the customer.
type Account struct {
	Bank   string `json:"bank"`
	Number string `json:"account"`
	Name   string `json:"name"`
}

// World is five banks and two providers.
type World struct {
	config Config
	banks  map[string]*bank
	order  []string

	mu      sync.Mutex
	clock   time.Time // own clock, when none is injected
	faults  Faults
	serving serving
	control *bank // its book holds the clock
}

// Open reads the books below Config.Dir, or starts new ones.
func Open(c Config) (*World, error) {
	if c.Dir == "" && !c.InMemory {
		return nil, errors.New("sandbox: Dir is empty and InMemory is off")
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2026, 1, 5, 8, 0, 0, 0, vietnam)
	}
	if c.WithdrawalsEvery == 0 {
		c.WithdrawalsEvery = 7
	}
	if c.StatementEntriesMax == 0 {
		c.StatementEntriesMax = 20_000
	}
	w := &World{config: c, banks: map[string]*bank{}, clock: c.Start, faults: c.Faults}
	w.control = newBank(w, identity{id: "control", provider: true})
	if err := w.control.open(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	for _, who := range identities {
		b := newBank(w, who)
		w.banks[b.id], w.order = b, append(w.order, b.id)
		if err := b.open(); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	if err := w.start(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// start gives new books what the configuration says.
func (w *World) start() error {
	for _, id := range w.order {
		if w.banks[id].log.seq > 0 || (len(w.config.Script.Payments)+len(w.config.Script.Strays)+len(w.config.Script.BadStatements) == 0) {
			continue
		}
		if err := w.AddScript(id, w.config.Script); err != nil {
			return err
		}
	}
	for _, a := range w.config.Accounts {
		if err := w.OpenAccount(a); err != nil {
			return err
		}
	}
	return nil
}

func (b *bank) open() error {
	path := ""
	if !b.world.config.InMemory {
		path = filepath.Join(b.folder(), "book.jsonl")
	}
	log, err := openBook(path, b.apply)
	if err != nil {
		return fmt.Errorf("bank %s: %w", b.id, err)
	}
	b.log = log
	if err := log.openArchive(b.archived); err != nil {
		return fmt.Errorf("bank %s: %w", b.id, err)
	}
	return nil
}

func (b *bank) folder() string { return filepath.Join(b.world.config.Dir, "sandbox", b.id) }

// Close closes listeners and books.
func (w *World) Close() error {
	err := w.stopServing()
	for _, b := range append([]*bank{w.control}, w.all()...) {
		b.mu.Lock()
		if b.log != nil {
			err = errors.Join(err, b.log.close())
		}
		b.mu.Unlock()
	}
	return err
}

func (w *World) all() []*bank {
	out := make([]*bank, 0, len(w.order))
	for _, id := range w.order {
		out = append(out, w.banks[id])
	}
	return out
}

// each runs do under the lock of one bank, or with "" of each in turn.
func (w *World) each(id string, do func(*bank) error) error {
	banks := w.all()
	if id != "" {
		b := w.banks[id]
		if b == nil {
			return fmt.Errorf("%w: %q", ErrUnknownBank, id)
		}
		banks = []*bank{b}
	}
	for _, b := range banks {
		b.mu.Lock()
		err := b.log.err
		if err == nil {
			err = do(b)
		}
		b.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *World) now() time.Time {
	if w.config.Now != nil {
		return w.config.Now()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

// SetNow moves the world's own clock forward; messages that became due are
// taken. ErrClockInjected if Config.Now is set, ErrClockBack if t is earlier.
func (w *World) SetNow(t time.Time) error {
	if w.config.Now != nil {
		return ErrClockInjected
	}
	if t.Before(w.now()) {
		return ErrClockBack
	}
	w.control.mu.Lock()
	job := w.control.begin()
	job.put(&event{Kind: evClock, Due: stamp(t)})
	err := job.done()
	w.control.mu.Unlock()
	if err != nil {
		return err
	}
	return w.Tick()
}

func (w *World) applyClock(e *event) error {
	t := parseStamp(e.Due)
	if t.IsZero() {
		return fmt.Errorf("clock %q", e.Due)
	}
	w.mu.Lock()
	w.clock = t
	w.mu.Unlock()
	return nil
}

// Tick takes queued messages whose time has come. Every request does it too;
// call it after an injected clock moved and nobody asks.
func (w *World) Tick() error {
	return w.each("", func(b *bank) error {
		job := b.begin()
		b.tick(job)
		return job.done()
	})
}

// SetFaults replaces the fault plan, for example by Faults{} to heal the world.
// It is not kept in the books.
func (w *World) SetFaults(f Faults) {
	w.mu.Lock()
	w.faults = f
	w.mu.Unlock()
}

func (w *World) faultsNow() Faults {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faults
}

func (w *World) habitsOf(id string) Habits {
	if h, ok := w.config.Habits[id]; ok {
		return h
	}
	return habitsOf(id)
}

// DefaultHabits returns the habits a bank has unless Config.Habits says
// otherwise.
func DefaultHabits(bank string) Habits { return habitsOf(bank) }

func (w *World) keyOf(id string) []byte {
	mac := hmac.New(sha256.New, []byte("ansinh sandbox key "+strconv.FormatUint(w.config.Seed, 10)))
	mac.Write([]byte(id))
	return mac.Sum(nil)
}

// Key returns the key id and the key bytes of a bank or of "control".
func (w *World) Key(bank string) (id string, key []byte, err error) {
	if bank != "control" && w.banks[bank] == nil {
		return "", nil, fmt.Errorf("%w: %q", ErrUnknownBank, bank)
	}
	return bank + "-1", w.keyOf(bank), nil
}
