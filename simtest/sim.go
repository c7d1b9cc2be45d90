package simtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/bankadapters/sandbox"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// Planted switches on known faults of the engine. A simulator that does not find
// them proves nothing.
type Planted struct {
	Payout         payout.Planted
	Reconciliation reconciliation.Planted
}

// Config is what one run is made of.
type Config struct {
	Seed    uint64
	DB      *pgxpool.Pool // an empty migrated database
	Dir     string        // an empty folder for journals
	Planted Planted
	Options *Options // nil draws them from the seed
}

// Sim is one run: a world, its workers, and what the oracles know.
type Sim struct {
	Coverage *Coverage

	ctx      context.Context
	seed     uint64
	options  Options
	planted  Planted
	rng      *rand.Rand
	random   io.Reader // for encryption: seeded like all else
	db       *pgxpool.Pool
	dir      string
	now      time.Time
	channels []bankadapters.Key
	world    *sandbox.World
	keys     *crypt.Keys
	origin   payout.Origin
	book     ledger.BookID
	batch    ledger.BatchID
	payees   []payee
	workers  []*worker
	started  int
	depth    int
	healed   bool
	mailbox  []letter
	dieAt    string                                 // the crash point at which the next worker that passes it dies
	edit     func(bankadapters.Kind, []byte) []byte // a case's own change to files; nil for none
	opened   calendar.Date                          // first bank day
	closed   calendar.Date                          // last closed bank day
	step     int

	lines   []string
	hash    hash.Hash
	finding *Finding
}

// Finding is what an oracle found.
type Finding struct {
	Seed   uint64
	Oracle string // O1 … O12, or what else is wrong
	Text   string
	Step   int
	Trace  []string // the last lines
	World  string
}

// Error is the finding with everything that helps to read it.
func (f *Finding) Error() string {
	text := fmt.Sprintf("seed=%d: %s %s (step %d)\n%s\nlast lines of the trace:\n", f.Seed, f.Oracle, f.Text, f.Step, f.World)
	for _, line := range f.Trace {
		text += "  " + line + "\n"
	}
	return text + fmt.Sprintf("replay: go test ./simtest/ -run TestSeeds -count=1 -args -seed=%d -seeds=1", f.Seed)
}

// ByOracle says whether an oracle found it: a judge over books, not a step that
// stumbled or a simulation that could not go on.
func (f *Finding) ByOracle() bool { return strings.HasPrefix(f.Oracle, "O") || f.Oracle == "tie" }

const traceKept = 40

// New builds the world of a seed up to the moment its batch is released.
func New(ctx context.Context, c Config) (*Sim, error) {
	rng := rand.New(rand.NewPCG(c.Seed, 0x616e2073696e68))
	drawn := Draw(rng)
	if c.Options != nil {
		drawn = *c.Options
	}
	var key [32]byte
	key[0] = byte(c.Seed)
	s := &Sim{Coverage: NewCoverage(), ctx: ctx, seed: c.Seed, options: drawn, planted: c.Planted, rng: rng, random: rand.NewChaCha8(key),
		db: c.DB, dir: c.Dir, now: calendar.Must(2026, 2, 2).At(8, 0), batch: 14_001, hash: sha256.New(),
		channels: []bankadapters.Key{"A", "B", "C", "E", "P1", "P2"}}
	s.channels, s.opened = s.options.Channels, calendar.DateOf(s.now)
	var err error
	if s.keys, err = crypt.DeriveKeys([]byte("a key that only simulations use!")); err != nil {
		return nil, err
	}
	config := sandbox.Config{InMemory: true, Seed: c.Seed, Now: func() time.Time { return s.now }, Faults: s.options.Faults, Script: s.options.Script}
	for _, key := range s.channels {
		if isBank(key) {
			config.Accounts = append(config.Accounts, sandbox.Account{Bank: string(key), Number: payingAccount(key), Name: holderName})
		}
	}
	if s.options.Gross {
		habits := sandbox.DefaultHabits("C")
		habits.BulkGross = true
		config.Habits = map[string]sandbox.Habits{"C": habits}
	}
	if s.world, err = sandbox.Open(config); err != nil {
		return nil, err
	}
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	for slot := range 2 {
		if err := s.startWorker(slot); err != nil {
			return nil, err
		}
	}
	s.trace("seed %d: %s", s.seed, s.options)
	return s, nil
}

// Close lets go of journals and banks.
func (s *Sim) Close() error {
	var err error
	for _, w := range s.workers {
		err = errors.Join(err, w.engine.Journal.Close())
	}
	return errors.Join(err, s.world.Close())
}

// profile is a channel's profile with this seed's limits.
func (s *Sim) profile(key bankadapters.Key) bankadapters.Profile {
	p := demoProfile(key)
	p.CountMax = min(p.CountMax, s.options.CountMax)
	p.BreakerFaults = s.options.Breaker
	return p
}

// Run is the safety phase, then healing, then the oracles at rest. It returns a
// *Finding, or an error about not being able to run.
func (s *Sim) Run() error {
	for s.step = 1; s.step <= s.options.Steps && s.finding == nil; s.step++ {
		s.advance(time.Duration(s.rng.IntN(120)) * time.Second)
		s.pick()
		s.always()
	}
	if s.finding == nil {
		s.heal()
	}
	if s.finding == nil {
		s.atRest()
	}
	s.Coverage.take(s)
	if s.finding != nil {
		s.finding.Trace = append(s.finding.Trace, s.submissions()...)
		return s.finding
	}
	return nil
}

// Hash is the digest of the whole trace: equal for equal seeds.
func (s *Sim) Hash() string { return hex.EncodeToString(s.hash.Sum(nil)) }

func (s *Sim) clock() string { return s.now.In(calendar.Zone).Format("01-02 15:04:05") }

func (s *Sim) trace(format string, args ...any) {
	line := fmt.Sprintf("%3d ", s.step) + fmt.Sprintf(format, args...)
	s.hash.Write([]byte(line + "\n"))
	if s.lines = append(s.lines, line); len(s.lines) > 4*traceKept {
		s.lines = append(s.lines[:0], s.lines[len(s.lines)-traceKept:]...)
	}
}

// fail records the first finding; what follows from it is not looked at.
func (s *Sim) fail(oracle, format string, args ...any) {
	if s.finding != nil {
		return
	}
	s.finding = &Finding{Seed: s.seed, Oracle: oracle, Text: fmt.Sprintf(format, args...), Step: s.step, World: s.options.String(),
		Trace: s.lines[max(0, len(s.lines)-traceKept):]}
}

// must records an error about the simulation itself.
func (s *Sim) must(what string, err error) {
	if err != nil {
		s.fail("simulation", "%s: %v", what, err)
	}
}

// hit draws a chance in a thousand, counts it, and is false once the world healed.
func (s *Sim) hit(name string, chance int) bool {
	if s.healed || chance == 0 || s.rng.IntN(1000) >= chance {
		return false
	}
	s.Coverage.Faults[name]++
	return true
}

// advance moves the clock, and what the banks have on their way. Banks close
// every day, whether or not anybody fetches its files.
func (s *Sim) advance(d time.Duration) {
	until := s.now.Add(d)
	for today := calendar.DateOf(until); ; {
		day := s.opened
		if !s.closed.IsZero() {
			day = s.closed.AddDays(1)
		}
		if !day.Before(today) {
			break
		}
		if evening := day.At(23, 0); s.now.Before(evening) {
			s.now = evening
		}
		s.closeBanks(day)
	}
	if s.now.Before(until) {
		s.now = until
	}
	s.must("tick", s.world.Tick())
}

func (s *Sim) closeBanks(day calendar.Date) {
	s.closed = day
	s.must("close day", s.world.CloseDay("", day.String()))
	s.trace("%s the banks closed %s", s.clock(), day)
}
