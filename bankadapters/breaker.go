package bankadapters

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// faultsDefault is how many line faults in a row open a breaker.
const faultsDefault = 5

// Breaker is a bank behind a circuit breaker: after some line faults in a row
// every Submit is NotSent at once. It counts transport faults only; refusals,
// duplicates, unreadable answers, our own validation and cancellation count for
// nothing.
//
// It never closes by itself, and no payment is ever the probe: ForceClosed does
// it, after an inquiry of the caller succeeded. So it has no clock. The shared
// truth between processes is the caller's (payout's bank_gate row); ForceOpen
// takes it over.
type Breaker struct {
	Bank
	key    Key
	faults uint32
	onTrip func(key Key, why error)

	mu     sync.Mutex
	gate   *gobreaker.TwoStepCircuitBreaker[Answer]
	forced error // why it was opened from outside; nil = it was not

	tripped atomic.Bool // opened by itself, onTrip not yet called
}

// NewBreaker wraps bank. onTrip is called once per trip, after the call that
// caused it, on the caller's goroutine; nil for none.
func NewBreaker(bank Bank, p Profile, onTrip func(key Key, why error)) *Breaker {
	faults := p.BreakerFaults
	if faults <= 0 {
		faults = faultsDefault
	}
	b := &Breaker{Bank: bank, key: p.Key, faults: uint32(faults), onTrip: onTrip}
	b.gate = b.newGate()
	return b
}

// errNotCounted marks a result that says nothing about the line.
var errNotCounted = errors.New("not counted")

func (b *Breaker) newGate() *gobreaker.TwoStepCircuitBreaker[Answer] {
	return gobreaker.NewTwoStepCircuitBreaker[Answer](gobreaker.Settings{
		Name:        string(b.key),
		MaxRequests: 1,
		// Half-open would let a payment be the probe, on the wall clock.
		Timeout:     time.Duration(math.MaxInt64),
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= b.faults },
		// Runs under the gate's lock, so it only leaves a note.
		OnStateChange: func(_ string, _, to gobreaker.State) { b.tripped.Store(to == gobreaker.StateOpen) },
		IsExcluded:    func(err error) bool { return errors.Is(err, errNotCounted) },
	})
}

// Submit sends through the breaker. While it is open the outcome is NotSent and
// the error matches gobreaker.ErrOpenState.
func (b *Breaker) Submit(ctx context.Context, s Submission) (Answer, error) {
	RefuseInTransaction(ctx)
	b.mu.Lock()
	gate, forced := b.gate, b.forced
	b.mu.Unlock()
	if forced != nil {
		return Answer{Outcome: NotSent}, fmt.Errorf("bank %s: %w: %w", b.key, gobreaker.ErrOpenState, forced)
	}
	// ErrOpenState and ErrTooManyRequests both come before the first byte.
	done, err := gate.Allow()
	if err != nil {
		return Answer{Outcome: NotSent}, fmt.Errorf("bank %s: %w", b.key, err)
	}
	verdict := errNotCounted // what a panic below leaves
	defer func() { done(verdict) }()
	answer, err := b.Bank.Submit(ctx, s)
	verdict = counted(ctx, answer, err)
	done(verdict)
	done = func(error) {}
	if b.tripped.CompareAndSwap(true, false) && b.onTrip != nil {
		b.onTrip(b.key, err)
	}
	return answer, err
}

// counted says what a result tells about the line: nil success, errNotCounted
// nothing, another error a fault.
func counted(ctx context.Context, a Answer, err error) error {
	var fault *TransportError
	switch {
	case errors.As(err, &fault) && ctx.Err() == nil && !errors.Is(err, context.Canceled):
		return err
	case err != nil && (a.Outcome == NotSent || errors.As(err, &fault)):
		return errNotCounted
	default:
		return nil // an answer came, whatever it says
	}
}

// Open reports whether Submit is refused now.
func (b *Breaker) Open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.forced != nil || b.gate.State() == gobreaker.StateOpen
}

// ForceOpen opens the breaker because another process saw the faults. It does
// not call onTrip.
func (b *Breaker) ForceOpen(why error) {
	if why == nil {
		why = errors.New("opened by another process")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forced = why
}

// ForceClosed closes the breaker and forgets all faults. Call it after a
// successful inquiry, never in order to try a payment.
func (b *Breaker) ForceClosed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forced = nil
	b.gate = b.newGate()
}
