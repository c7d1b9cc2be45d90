package assembly

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/registry"
)

// Endpoint is where one bank or provider is reached and how it signs.
type Endpoint struct {
	URL   string
	KeyID string
	Key   []byte
	CA    *x509.CertPool // nil only with Transport
	// Transport replaces the network, for the simulator.
	Transport http.RoundTripper
}

// Config says what to put together. DB or DatabaseURL, Keys, Now, Journal and
// Process are needed.
type Config struct {
	DB             pgdb.DB // already open; else DatabaseURL is opened as the engine's role
	DatabaseURL    string
	ConnectionsMax int32 // of DatabaseURL; 0 means 10
	Keys           *crypt.Keys
	Now            func() time.Time
	Journal        string // folder of the send journals
	// Process names this process's journal; it must never have been used before.
	Process   string
	Outbox    string    // folder for the workbooks that clerks upload; "" refuses manual rails
	Spool     string    // folder for arriving files; "" is the system's
	Random    io.Reader // nonces of encryption and requests; nil is crypto/rand
	Anchors   []string  // folders that keep the ledger's heads; at least one should be on another machine
	Endpoints map[bankadapters.Key]Endpoint
	Log       *slog.Logger
}

// Works is everything put together.
type Works struct {
	DB         pgdb.DB
	Pool       *pgxpool.Pool // nil if Config.DB was given
	Engine     *payout.Engine
	Reconciler *reconciliation.Reconciler
	Channels   []payout.Channel // in their fixed order, after Connect
	// Unresolved are journalled sends that a restored database could not take back.
	Unresolved []payout.Unresolved
	config     Config
	notice     string // written into workbooks for banks
}

// Open opens database and journal. If the installation is set up already it
// connects the channels too; else call SetUp and then Connect.
func Open(ctx context.Context, c Config) (*Works, error) {
	if c.Keys == nil || c.Now == nil || c.Journal == "" || c.Process == "" {
		return nil, errors.New("assembly: keys, clock, journal folder and process name are required")
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	w := &Works{DB: c.DB, config: c}
	if c.DB == nil {
		pool, err := pgdb.Open(ctx, c.DatabaseURL, pgdb.Config{ConnectionsMax: c.ConnectionsMax, ApplicationName: "ansinh " + c.Process})
		if err != nil {
			return nil, err
		}
		w.Pool, w.DB = pool, pool
	}
	journal, err := payout.OpenJournal(c.Journal, c.Process)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	w.Engine = &payout.Engine{DB: w.DB, Keys: c.Keys, Now: c.Now, Journal: journal, Lines: map[bankadapters.Key]*payout.Line{}, Log: c.Log}
	w.Reconciler = &reconciliation.Reconciler{DB: w.DB, Keys: c.Keys, Random: c.Random, Now: c.Now, Readers: reconciliation.Readers(), Spool: c.Spool}
	switch err := w.Connect(ctx); {
	case errors.Is(err, pgx.ErrNoRows):
		return w, nil // not set up yet
	case err != nil:
		return nil, errors.Join(err, w.Close())
	}
	if err := w.checkRestored(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// Connect reads who we are and makes a line to every channel of the database
// that has an endpoint. It returns pgx.ErrNoRows before SetUp.
func (w *Works) Connect(ctx context.Context) error {
	origin, err := payout.ReadOrigin(ctx, w.DB)
	if err != nil {
		return err
	}
	demo, err := registry.IsDemo(ctx, w.DB)
	if err != nil {
		return err
	}
	w.notice = ""
	if demo {
		w.notice = Notice
	}
	channels, err := payout.Channels(ctx, w.DB)
	if err != nil {
		return err
	}
	lines := map[bankadapters.Key]*payout.Line{}
	for _, ch := range channels {
		end, ok := w.config.Endpoints[ch.Key]
		if !ok {
			continue
		}
		line, err := w.line(ch, end)
		if err != nil {
			return fmt.Errorf("connect %s: %w", ch.Key, err)
		}
		lines[ch.Key] = line
	}
	w.Engine.Origin, w.Engine.Lines, w.Channels = origin, lines, channels
	return nil
}

// Close releases journal and database. The journal's lines stay.
func (w *Works) Close() error {
	var err error
	if w.Engine != nil {
		err = w.Engine.Journal.Close()
	}
	if w.Pool != nil {
		w.Pool.Close()
	}
	return err
}

// Keys lists the channels this process has a line to, in their fixed order.
func (w *Works) Keys() []bankadapters.Key {
	var keys []bankadapters.Key
	for _, ch := range w.Channels {
		if w.Engine.Lines[ch.Key] != nil {
			keys = append(keys, ch.Key)
		}
	}
	return keys
}

// roundLimit bounds the steps of one round, so that a worker comes back to hear
// whether it should stop.
const roundLimit = 200

// Round runs what is due at one channel: dispatch, then what files prove. It
// returns how often something was done; 0 means nothing is due now.
func (w *Works) Round(ctx context.Context, key bankadapters.Key) (int, error) {
	sent, err := w.Engine.Round(ctx, key, roundLimit)
	if err != nil {
		return sent, err
	}
	if err := w.layOutAgain(ctx, key); err != nil {
		return sent, err
	}
	posted, err := w.Reconciler.Drain(ctx, key, roundLimit)
	return sent + posted, err
}
