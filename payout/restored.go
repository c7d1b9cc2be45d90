package payout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Witness is what outside the database remembers what left the house.
type Witness struct {
	Journal string       // folder of the send journals
	Process string       // name of this process's own journal, which proves nothing
	Anchor  *ledger.Head // the newest head kept elsewhere; nil if none is
	Epoch   int          // the epoch that head was written in; 0 if not known
}

// Cause is a reason for which a database counts as restored.
type Cause string

// The causes. Any of them stops dispatch at every channel.
const (
	CauseJournal  Cause = "journal"  // the send journal knows of sends that the database does not
	CauseAnchor   Cause = "anchor"   // a head kept elsewhere is not on the database's chain
	CauseServer   Cause = "server"   // another server, or another timeline, than the one that wrote it
	CauseJournals Cause = "journals" // journals that the database knows of are gone
	CauseCommand  Cause = "command"  // `ansinh restore` put it there
)

// Restored says that the database is older than what left the house.
type Restored struct {
	ID     int64
	Causes []Cause
	Sends  int // journalled sends the database has no record of
	First  Sent
	Lost   bool   // the journal is lost or not whole: only the banks know what was sent
	Origin Origin // with the new epoch; zero when all of it was found before
}

const sqlJournalled = `
SELECT t.place
  FROM unnest(@numbers::bigint[], @fences::bigint[], @messages::text[]) WITH ORDINALITY AS t (no, fence, message, place)
  LEFT JOIN payout.submission AS s ON s.no = t.no AND s.message_id = t.message
 WHERE (s.no IS NULL OR s.fence < t.fence)
   AND NOT EXISTS (SELECT 1 FROM payout.send_settled AS d WHERE d.message = t.message)
 ORDER BY t.place`

// unrecorded lists the journalled sends that the database does not know, or
// knows only with a lower fence. A journal line is written after its claim is
// committed, so such a send cannot come from a crash.
func unrecorded(ctx context.Context, db pgdb.Querier, dir string) ([]Sent, error) {
	sends, err := ReadJournals(dir)
	if err != nil {
		return nil, err
	}
	numbers, fences, messages := make([]int64, len(sends)), make([]int64, len(sends)), make([]string, len(sends))
	for i, s := range sends {
		numbers[i], fences[i], messages[i] = s.Submission, s.Fence, s.Message
	}
	rows, _ := db.Query(ctx, sqlJournalled, pgx.NamedArgs{"numbers": numbers, "fences": fences, "messages": messages})
	places, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, fmt.Errorf("compare journals with the database: %w", err)
	}
	unknown := make([]Sent, len(places))
	for i, place := range places {
		unknown[i] = sends[place-1]
	}
	return unknown, nil
}

const sqlLockOrigin = `SELECT installation, epoch, server FROM payout.instance FOR UPDATE`

const sqlRaiseEpoch = `
UPDATE payout.instance SET epoch = @epoch, server = @server WHERE @epoch::smallint <= 35 RETURNING installation, epoch`

const sqlSetServer = `UPDATE payout.instance SET server = @server`

const sqlAddRestored = `
INSERT INTO payout.restored (at, epoch, causes, sends, lost, journals, anchor)
VALUES (@now, @epoch, @causes, @sends, @lost, @journals, @anchor)
RETURNING id`

// sqlPauseGates closes every channel; two people open each again, see Reopen.
const sqlPauseGates = `
UPDATE payout.bank_gate SET state = 'paused', since = @now, why = @why, next_probe = NULL, fence = fence + 1`

// CheckRestored looks, at every start and before any line is used, whether the
// database is older than what left the house: by the send journals, by a head
// kept elsewhere, by the server that wrote it, by journals that are gone. If it
// is, every channel is closed and the epoch rises, so that no id can be built a
// second time; intake and inquiry go on. nil means that nothing speaks against
// the database.
//
// Each finding counts once: what people decided about it afterwards holds. Sends
// of an earlier epoch than the present one were found when it was raised.
func CheckRestored(ctx context.Context, db pgdb.DB, w Witness, at time.Time) (*Restored, error) {
	return checkRestored(ctx, db, w, at)
}

// MarkRestored is CheckRestored by whoever has just put a backup back: it is
// restored whatever the witnesses say.
func MarkRestored(ctx context.Context, db pgdb.DB, w Witness, at time.Time) (*Restored, error) {
	return checkRestored(ctx, db, w, at, CauseCommand)
}

// comparison is what the witnesses say against one database.
type comparison struct {
	present Origin
	server  string // the present server
	causes  []Cause
	unknown []Sent
	missing []string // journals
	alone   bool     // no journal of another process is here
	anchor  string
}

func checkRestored(ctx context.Context, db pgdb.DB, w Witness, at time.Time, causes ...Cause) (*Restored, error) {
	var r *Restored
	err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		r = nil
		c := comparison{causes: slices.Clone(causes)}
		if err := c.compare(ctx, tx, w); err != nil {
			return err
		}
		if len(c.causes) == 0 {
			if len(c.unknown) > 0 { // found before
				r = &Restored{Sends: len(c.unknown), First: c.unknown[0]}
			}
			return nil
		}
		var err error
		r, err = c.close(ctx, tx, w, at)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("restored database: %w", err)
	}
	return r, nil
}

func (c *comparison) compare(ctx context.Context, tx pgx.Tx, w Witness) error {
	var wrote string
	if err := tx.QueryRow(ctx, sqlLockOrigin).Scan(&c.present.Installation, &c.present.Epoch, &wrote); err != nil {
		return fmt.Errorf("epoch: %w", err)
	}
	var err error
	if c.server, err = serverMark(ctx, tx); err != nil {
		return err
	}
	switch {
	case wrote == "":
		_, err = tx.Exec(ctx, sqlSetServer, pgx.NamedArgs{"server": c.server})
	case wrote != c.server && c.server != "":
		c.causes = append(c.causes, CauseServer)
	}
	if err != nil {
		return fmt.Errorf("note the server: %w", err)
	}
	if c.unknown, err = unrecorded(ctx, tx, w.Journal); err != nil {
		return err
	}
	if len(c.unknown) > 0 && latestEpoch(c.unknown) >= c.present.Epoch {
		c.causes = append(c.causes, CauseJournal)
	}
	if err := c.compareJournals(ctx, tx, w); err != nil {
		return err
	}
	return c.compareAnchor(ctx, tx, w)
}

const sqlServerMark = `
SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()) || '/' || (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint())`

// serverMark names the server and its timeline. A dump loaded into another
// server, a recovery to a point in time and a promoted standby all change it. It
// is "" where the server does not tell.
func serverMark(ctx context.Context, tx pgx.Tx) (string, error) {
	var mark string
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return tx.QueryRow(ctx, sqlServerMark).Scan(&mark) })
	if pgdb.State(err) == pgdb.InsufficientRight {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask the server who it is: %w", err)
	}
	return mark, nil
}

const sqlClaimants = `
SELECT DISTINCT s.claimed_by FROM payout.submission AS s
 WHERE s.claimed_by <> ''
   AND NOT EXISTS (SELECT 1 FROM payout.restored AS r WHERE s.claimed_by = ANY (r.journals))
 ORDER BY 1`

// compareJournals finds journals that sent for this database and are not in the
// folder: with them went the memory of what was sent.
func (c *comparison) compareJournals(ctx context.Context, tx pgx.Tx, w Witness) error {
	rows, _ := tx.Query(ctx, sqlClaimants)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("journals known to the database: %w", err)
	}
	for _, name := range names {
		_, err := os.Stat(filepath.Join(w.Journal, name+journalSuffix))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			c.missing = append(c.missing, name)
		case err != nil:
			return fmt.Errorf("journal %s: %w", name, err)
		}
	}
	if len(c.missing) > 0 {
		c.causes = append(c.causes, CauseJournals)
	}
	files, err := filepath.Glob(filepath.Join(w.Journal, "*"+journalSuffix))
	if err != nil {
		return fmt.Errorf("journals: %w", err)
	}
	c.alone = !slices.ContainsFunc(files, func(path string) bool { return filepath.Base(path) != w.Process+journalSuffix })
	return nil
}

const sqlHeadAt = `SELECT hash FROM ledger.seal WHERE chain_no = @no`

const sqlAnchorKnown = `SELECT EXISTS (SELECT 1 FROM payout.restored WHERE anchor = @anchor)`

func (c *comparison) compareAnchor(ctx context.Context, tx pgx.Tx, w Witness) error {
	if w.Anchor == nil || w.Anchor.ChainNo == 0 {
		return nil
	}
	var hash []byte
	err := tx.QueryRow(ctx, sqlHeadAt, pgx.NamedArgs{"no": w.Anchor.ChainNo}).Scan(&hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("head %d: %w", w.Anchor.ChainNo, err)
	}
	if string(hash) == string(w.Anchor.Hash[:]) {
		return nil
	}
	var known bool
	if err := tx.QueryRow(ctx, sqlAnchorKnown, pgx.NamedArgs{"anchor": w.Anchor.String()}).Scan(&known); err != nil {
		return fmt.Errorf("anchors met before: %w", err)
	}
	if !known {
		c.anchor = w.Anchor.String()
		c.causes = append(c.causes, CauseAnchor)
	}
	return nil
}

// close stops dispatch at every channel and raises the epoch.
func (c *comparison) close(ctx context.Context, tx pgx.Tx, w Witness, at time.Time) (*Restored, error) {
	r := &Restored{Causes: c.causes, Sends: len(c.unknown), Lost: len(c.missing) > 0 || c.alone}
	if len(c.unknown) > 0 {
		r.First = c.unknown[0]
	}
	epoch := max(c.present.Epoch, latestEpoch(c.unknown), w.Epoch) + 1
	err := tx.QueryRow(ctx, sqlRaiseEpoch, pgx.NamedArgs{"epoch": epoch, "server": c.server}).Scan(&r.Origin.Installation, &r.Origin.Epoch)
	if err != nil {
		return nil, fmt.Errorf("raise the epoch to %d: %w", epoch, err)
	}
	causes := make([]string, len(c.causes))
	for i, cause := range c.causes {
		causes[i] = string(cause)
	}
	if c.missing == nil {
		c.missing = []string{}
	}
	err = tx.QueryRow(ctx, sqlAddRestored, pgx.NamedArgs{"now": at, "epoch": epoch, "causes": causes, "sends": r.Sends, "lost": r.Lost,
		"journals": c.missing, "anchor": c.anchor}).Scan(&r.ID)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	why := fmt.Sprintf("cơ sở dữ liệu cũ hơn những gì đã gửi / the database is older than what was sent (%s)", strings.Join(causes, ", "))
	if _, err := tx.Exec(ctx, sqlPauseGates, pgx.NamedArgs{"now": at, "why": why}); err != nil {
		return nil, fmt.Errorf("close the channels: %w", err)
	}
	if r.Lost {
		if err := doubtIntents(ctx, tx, at); err != nil {
			return nil, err
		}
	}
	_, err = audit.Append(ctx, tx, audit.Entry{At: at, Actor: "system: restored", Act: "dispatch.closed", Subject: fmt.Sprintf("restored/%d", r.ID),
		Detail: map[string]any{"causes": causes, "sends": r.Sends, "lost": r.Lost, "epoch": epoch}})
	return r, err
}

// sqlDoubtIntents treats an intent as sent: nobody can say that it was not.
const sqlDoubtIntents = `
UPDATE payout.submission
   SET state = 'unknown', fence = fence + 1, first_sent = coalesce(first_sent, created_at), claim_until = NULL, next_look = @now
 WHERE state = 'intent'
RETURNING no`

func doubtIntents(ctx context.Context, tx pgx.Tx, at time.Time) error {
	rows, _ := tx.Query(ctx, sqlDoubtIntents, pgx.NamedArgs{"now": at})
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("doubt what waited to be sent: %w", err)
	}
	for _, no := range list {
		if err := OpenDoubts(ctx, tx, no, "the send journal is lost: it may have been sent after the backup", at); err != nil {
			return err
		}
	}
	return nil
}

// latestEpoch is the highest epoch in the message ids of sends.
func latestEpoch(sends []Sent) (latest int) {
	for _, s := range sends {
		latest = max(latest, epochOf(s.Message))
	}
	return latest
}

// epochOf is the epoch in which an id of ours was built, 0 for another text.
func epochOf(id string) int {
	if len(id) <= EpochAt {
		return 0
	}
	return max(0, strings.IndexByte(digits36, id[EpochAt]))
}
