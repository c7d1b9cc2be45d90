package verification

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"ansinh/internal/pgdb"
)

// LineConfig is how another side is reached.
type LineConfig struct {
	URL       string // without a slash at its end
	Key       string // bearer key
	Transport http.RoundTripper
	Timeout   time.Duration // of one call; 0 = 20 s
	PerSecond int           // calls a second at most; 0 = 10
	BulkMax   int           // 0 = 100
	Faults    uint32        // faults in a row that open the breaker; 0 = 5
	Now       func() time.Time
	// Wait sleeps for the pace; nil waits on a timer.
	Wait func(ctx context.Context, d time.Duration) error
}

// line calls one other side: paced, bounded in time, behind a breaker. Asking is
// harmless, so unlike a bank's breaker this one tries again by itself.
type line struct {
	config  LineConfig
	client  *http.Client
	breaker *gobreaker.CircuitBreaker[[]byte]

	mu   sync.Mutex
	next time.Time // when the pace allows the next call
}

const (
	bodyMax     = 4 << 20
	breakerRest = 30 * time.Second
	triesMax    = 3 // of one call, for a fault that passes
)

func newLine(c LineConfig) *line {
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second
	}
	if c.PerSecond == 0 {
		c.PerSecond = 10
	}
	if c.BulkMax == 0 {
		c.BulkMax = 100
	}
	if c.Faults == 0 {
		c.Faults = 5
	}
	if c.Wait == nil {
		c.Wait = onTimer
	}
	l := &line{config: c, client: &http.Client{Transport: c.Transport, Timeout: c.Timeout}}
	l.breaker = gobreaker.NewCircuitBreaker[[]byte](gobreaker.Settings{
		Name: c.URL, MaxRequests: 1, Timeout: breakerRest,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= c.Faults },
		// What the other side refuses says nothing about the line.
		IsSuccessful: func(err error) bool { return err == nil || !errors.Is(err, ErrUnreachable) },
	})
	return l
}

func onTimer(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// pace keeps calls apart, over all goroutines of this line.
func (l *line) pace(ctx context.Context) error {
	l.mu.Lock()
	now := l.config.Now()
	at := now
	if l.next.After(now) {
		at = l.next
	}
	l.next = at.Add(time.Second / time.Duration(l.config.PerSecond))
	l.mu.Unlock()
	if d := at.Sub(now); d > 0 {
		return l.config.Wait(ctx, d)
	}
	return ctx.Err()
}

// call asks once, and again while the fault may pass.
func (l *line) call(ctx context.Context, method, path string, in, out any) error {
	if pgdb.InTransaction(ctx) {
		panic("verification: another side is asked inside a transaction")
	}
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("write the question: %w", err)
		}
	}
	var err error
	for range triesMax {
		if err = l.pace(ctx); err != nil {
			return err
		}
		var text []byte
		text, err = l.breaker.Execute(func() ([]byte, error) { return l.once(ctx, method, path, body) })
		if err == nil {
			if err := json.Unmarshal(text, out); err != nil {
				return fmt.Errorf("%w: %w", ErrAnswer, err)
			}
			return nil
		}
		if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		if !errors.Is(err, ErrUnreachable) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (l *line) once(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, l.config.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("form the question: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+l.config.Key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := l.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, plain(err))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, bodyMax))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, plain(err))
	case answer.StatusCode == http.StatusOK:
		return text, nil
	case answer.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		if err := l.config.Wait(ctx, time.Duration(min(max(seconds, 1), 60))*time.Second); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: too many calls", ErrUnreachable)
	case answer.StatusCode >= 500:
		return nil, fmt.Errorf("%w: status %d", ErrUnreachable, answer.StatusCode)
	default:
		return nil, fmt.Errorf("%w: status %d", ErrAnswer, answer.StatusCode)
	}
}

// plain drops the address from an error of net/http: a path holds an id.
func plain(err error) error {
	var inner interface{ Unwrap() error }
	if errors.As(err, &inner) && inner.Unwrap() != nil {
		return inner.Unwrap()
	}
	return err
}
