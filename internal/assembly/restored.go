package assembly

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
)

// AnchorFile is where a folder for anchors keeps those of one installation.
func AnchorFile(folder, installation string) string {
	return filepath.Join(folder, "ansinh-"+installation+".heads")
}

// newestAnchor is the newest head that any anchor folder holds, nil if none does.
// A folder that cannot be read, a share that is away, stops nobody's payment; it
// is logged, and the doctor names it.
func (w *Works) newestAnchor() *ledger.Anchor {
	var newest *ledger.Anchor
	for _, folder := range w.config.Anchors {
		list, err := ledger.ReadAnchors(AnchorFile(folder, w.Engine.Origin.Installation))
		if err != nil {
			w.config.Log.Error("an anchor folder cannot be read", "folder", folder, "err", err)
			continue
		}
		for _, a := range list {
			if newest == nil || a.At.After(newest.At) {
				newest = &a
			}
		}
	}
	return newest
}

// checkRestored compares the database with what left the house before any line
// is used. An older database has closed every channel and raised the epoch by
// then; intake and inquiry go on, what the journals know is taken back onto the
// books, and two people open each channel again.
func (w *Works) checkRestored(ctx context.Context) error {
	witness := payout.Witness{Journal: w.config.Journal, Process: w.config.Process}
	if anchor := w.newestAnchor(); anchor != nil {
		witness.Anchor, witness.Epoch = &anchor.Head, anchor.Epoch
	}
	restored, err := payout.CheckRestored(ctx, w.DB, witness, w.config.Now())
	if err != nil {
		return err
	}
	if restored != nil && restored.Origin.Epoch > 0 {
		w.config.Log.Error("the database is older than what was sent; dispatch is off", "causes", restored.Causes, "sends", restored.Sends, "lost", restored.Lost)
		if err := w.Connect(ctx); err != nil {
			return err
		}
	}
	if restored != nil && restored.Sends > 0 {
		if w.Unresolved, err = w.Engine.Adopt(ctx); err != nil {
			return err
		}
	}
	return w.rediscoverAll(ctx)
}

// rediscoverAll asks every channel that a lost journal keeps closed what it knows
// of us, before anything it says about payments is taken in. A bank that does
// not answer is asked again when its files are fetched and when it is opened.
func (w *Works) rediscoverAll(ctx context.Context) error {
	_, lost, err := payout.LastRestored(ctx, w.DB)
	if !lost || err != nil {
		return err
	}
	states, err := payout.ChannelStates(ctx, w.DB)
	if err != nil {
		return err
	}
	for _, s := range states {
		if s.Restored == 0 || w.Engine.Lines[s.Channel] == nil {
			continue
		}
		if _, err := w.Engine.Rediscover(ctx, s.Channel, w.laid(s.Channel)); err != nil {
			w.config.Log.Warn("a bank could not be asked what was sent", "bank", s.Channel, "err", err)
		}
	}
	return nil
}

// laid tells whether a workbook was laid out for a clerk: from then on nobody
// knows whether it was uploaded.
func (w *Works) laid(key bankadapters.Key) func(bankadapters.MessageID) bool {
	return func(id bankadapters.MessageID) bool {
		_, err := os.Stat(OutboxFile(w.Outbox(key), id))
		return w.config.Outbox != "" && err == nil
	}
}

// rediscover asks one channel, if a lost journal keeps it closed.
func (w *Works) rediscover(ctx context.Context, key bankadapters.Key) error {
	_, lost, err := payout.LastRestored(ctx, w.DB)
	if !lost || err != nil {
		return err
	}
	states, err := payout.ChannelStates(ctx, w.DB)
	if err != nil {
		return err
	}
	for _, s := range states {
		if s.Channel == key && s.Restored > 0 {
			_, err = w.Engine.Rediscover(ctx, key, w.laid(key))
		}
	}
	return err
}

// Reopen lets a channel pay again after a restored database, by two people. It
// first takes back what can be taken back by now.
func (w *Works) Reopen(ctx context.Context, r payout.Reopening) error {
	var err error
	if r.Unresolved, err = w.Engine.Adopt(ctx); err != nil {
		return err
	}
	if err := w.rediscover(ctx, r.Channel); err != nil {
		return err
	}
	if r.Through, err = reconciliation.StatementsThrough(ctx, w.DB, r.Channel); err != nil {
		return err
	}
	return pgdb.InTx(ctx, w.DB, func(ctx context.Context, tx pgx.Tx) error {
		return payout.Reopen(ctx, tx, r, w.config.Now())
	})
}

// Fetched counts the files that one channel gave.
type Fetched struct {
	Channel bankadapters.Key `json:"channel"`
	Taken   int              `json:"taken"`
	Waiting int              `json:"waiting"` // for an earlier statement
	Refused int              `json:"refused"`
	NotAble bool             `json:"not_able,omitempty"` // the channel gives no files for the asking
}

// Fetch asks a channel for every file since a day and takes each in, as if the
// bank had posted it. A file that is here already gets its first receipt, so
// asking for too much costs time only.
func (w *Works) Fetch(ctx context.Context, key bankadapters.Key, since calendar.Date) (Fetched, error) {
	got := Fetched{Channel: key}
	line, ok := w.Engine.Lines[key]
	if !ok {
		return got, fmt.Errorf("channel %s: %w", key, payout.ErrNoLine)
	}
	if err := w.rediscover(ctx, key); err != nil {
		return got, err
	}
	list, err := line.Bank.Documents(ctx, since)
	if errors.Is(err, bankadapters.ErrNoAbility) {
		got.NotAble = true
		return got, nil
	}
	if err != nil {
		return got, fmt.Errorf("files of %s: %w", key, err)
	}
	slices.SortStableFunc(list, func(a, b bankadapters.Document) int {
		if a.Date != b.Date {
			return a.Date.DaysSince(b.Date)
		}
		return int(a.Sequence - b.Sequence)
	})
	for _, d := range list {
		state, err := w.take(ctx, line, key, d)
		switch {
		case err != nil && errs.Code(err) != "":
			got.Refused++
		case err != nil:
			return got, fmt.Errorf("file %s of %s: %w", d.ID, key, err)
		case state == reconciliation.StateWaiting:
			got.Waiting++
		case state == reconciliation.StateRefused:
			got.Refused++
		default:
			got.Taken++
		}
	}
	return got, nil
}

// take fetches one file and takes it in.
func (w *Works) take(ctx context.Context, line *payout.Line, key bankadapters.Key, d bankadapters.Document) (string, error) {
	body, err := line.Bank.Fetch(ctx, d.ID)
	if err != nil {
		return "", err
	}
	defer body.Close()
	in := reconciliation.FileIn{Channel: key, Kind: d.Kind, Name: d.Name, Body: body, KeyID: "fetched", At: w.config.Now()}
	if d.Kind == bankadapters.KindWithdrawals {
		_, err := w.takeWithdrawals(ctx, in)
		return "", err
	}
	receipt, err := w.Reconciler.Intake(ctx, in)
	return receipt.State, err
}

// Anchor writes the ledger's head into every anchor folder, signed by the
// installation. Without anything new since the last line it writes nothing.
// Each folder is tried; the errors are joined.
func (w *Works) Anchor(ctx context.Context) (ledger.Head, error) {
	head, err := ledger.ReadHead(ctx, w.DB)
	if err != nil || head.ChainNo == 0 {
		return head, err
	}
	origin := w.Engine.Origin
	signer, err := ledger.AnchorSigner(w.config.Keys, origin.Installation)
	if err != nil {
		return head, err
	}
	now := w.config.Now()
	a := ledger.Anchor{Head: head, Installation: origin.Installation, Epoch: origin.Epoch, Day: calendar.DateOf(now), At: now}
	for _, folder := range w.config.Anchors {
		path := AnchorFile(folder, origin.Installation)
		list, errRead := ledger.ReadAnchors(path)
		if n := len(list); errRead == nil && n > 0 && list[n-1].Head == head && list[n-1].Epoch == origin.Epoch {
			continue
		}
		err = errors.Join(err, errRead)
		if errRead == nil {
			err = errors.Join(err, ledger.AppendAnchor(path, a, signer))
		}
	}
	return head, err
}

// AnchorDue reports whether the day's head has not left yet: it is evening, and
// the newest line is of an earlier day.
func (w *Works) AnchorDue() bool {
	now := w.config.Now()
	day := calendar.DateOf(now)
	if w.Engine.Origin.Installation == "" || now.Before(day.At(anchorHour, 0)) {
		return false
	}
	newest := w.newestAnchor()
	return newest == nil || newest.Day.Before(day)
}

// anchorHour is when a day's head leaves the machine by itself: after the banks'
// day has ended. A closed bank day takes it along earlier.
const anchorHour = 18

// Since is the day from which files must be fetched after a backup of at: the
// banks may have dated what they delivered then a day earlier.
func Since(at time.Time) calendar.Date { return calendar.DateOf(at).AddDays(-1) }
