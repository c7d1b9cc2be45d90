package bench

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Settlement takes in one statement of n entries, file on disk to every payment
// posted, and measures the memory of this process while it does: nothing else of
// the bench is kept meanwhile. A first statement of the canary's few stands before it.
func Settlement(ctx context.Context, db, owner *pgxpool.Pool, o MoneyOptions) (Row, error) {
	n := o.Payments
	if n < 1 || n > statementMax {
		return Row{}, fmt.Errorf("a statement holds 1 to %d entries, not %d", statementMax, n)
	}
	o.Payments += canarySize
	m, err := openMoneyPath(ctx, db, owner, o)
	if err != nil {
		return Row{}, fmt.Errorf("prepare the settlement: %w", err)
	}
	defer m.engine.Journal.Close() //nolint:errcheck // a folder that goes next
	before, err := m.marks(ctx)
	if err != nil {
		return Row{}, err
	}
	parts, err := m.run(ctx, o.Payments)
	if err != nil {
		return Row{}, fmt.Errorf("settlement of %d entries: %w", n, err)
	}
	_, floor, err := m.floor(ctx, before)
	if err != nil {
		return Row{}, err
	}
	return m.settlement(parts, floor), nil
}

// settlement is the row of the part that settles: its last statement holds all but
// the canary.
func (m *moneyPath) settlement(parts []part, floor time.Duration) Row {
	row := Row{Name: "settlement: stored, staged, matched, posted", Size: int64(m.settled), Unit: "entries", PeakMB: m.peakMB,
		Floor: "the rows it left, by INSERT … SELECT", Target: "≤ 60 s for 1 M"}
	for _, p := range parts {
		if p.name == partSettle {
			return row.finish(p.took, floor)
		}
	}
	return row
}

// forgetPeak gives back what is not used and begins to count the peak anew. Where
// the kernel cannot (no Linux), the peak is that of the whole run.
func forgetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // best effort, as said
}

// peakMB is the largest resident size since forgetPeak; 0 if the machine does not tell.
func peakMB() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, found := strings.Cut(string(text), "VmHWM:")
	if !found {
		return 0
	}
	kB, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
	if err != nil {
		return 0
	}
	return kB / 1024
}
