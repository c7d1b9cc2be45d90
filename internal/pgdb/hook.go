package pgdb

import "context"

// CommitFault is what the simulator lets happen to one COMMIT.
type CommitFault int

const (
	CommitHeard   CommitFault = iota // nothing unusual
	CommitRefused                    // rolled back, and said so: ErrRolledBack
	CommitUnheard                    // committed, and the answer lost: ErrCommitUnknown
	CommitLost                       // rolled back, and the answer lost: ErrCommitUnknown
)

// The crash points every transaction passes. Packages add their own names, in
// the form "payout: intent committed".
const (
	PointBeforeCommit = "pgdb: before commit"
	PointAfterCommit  = "pgdb: after commit"
)

// Hooks is what the simulator may do to transactions. In production there are
// none: only [WithHooks] sets them.
type Hooks struct {
	// Commit chooses the fate of the next COMMIT; nil means CommitHeard.
	Commit func(ctx context.Context) CommitFault
	// Crash is called at every crash point and may panic with a type of the
	// simulator's own; the transaction then rolls back.
	Crash func(point string)
}

// WithHooks returns db with hooks. Transactions begun on the result by [InTx]
// meet them; db itself stays as it was.
func WithHooks(db DB, hooks Hooks) DB {
	return &hookedDB{DB: db, hooks: hooks}
}

// CrashPoint names a moment at which a crash is worth testing, such as between
// committing an intent and sending it. It does nothing unless db has hooks.
func CrashPoint(db DB, point string) {
	hooksOf(db).crash(point)
}

type hookedDB struct {
	DB
	hooks Hooks
}

func hooksOf(db DB) *Hooks {
	if hooked, ok := db.(*hookedDB); ok {
		return &hooked.hooks
	}
	return nil
}

func (h *Hooks) crash(point string) {
	if h != nil && h.Crash != nil {
		h.Crash(point)
	}
}

func (h *Hooks) commitFault(ctx context.Context) CommitFault {
	if h == nil || h.Commit == nil {
		return CommitHeard
	}
	return h.Commit(ctx)
}
