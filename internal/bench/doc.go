// Package bench measures the parts whose speed we promise, each beside a floor
// measured in the same run with the same rows or bytes.
//
// # The rule
//
// A figure without its floor says nothing on a noisy machine, so every row here
// carries one: the same rows by a bare COPY into a table with its key, the same
// bytes by another program. Every invariant stays on while it is measured, and
// the measured database must pass the ledger's own verification afterwards.
//
// # The picture
//
//	Ledger:     batches attached, seq 1–3 posted by two writers and a reader  | bare COPY, same rows
//	Verify:     everything re-walked                                          | one scan of the lines
//	Statement:  camt.054 read entry by entry                                  | xmllint --stream, same file
//	MoneyPath:  list rows → plan → approve → order → settle → closed          | the rows it left, INSERT … SELECT
//	Lists:      workbooks on disk → people, channels and rows committed; memory | the rows it left, INSERT … SELECT
//	Settlement: one statement of N entries, file on disk → posted; memory     | the rows it left, INSERT … SELECT
//
// # What this package does not do
//
// It asserts no time and fails no test; it prints, and docs/PERFORMANCE.md keeps
// recorded runs. It reads the clock it is given.
package bench

import (
	"fmt"
	"io"
	"time"
)

// Row is one measured figure with its floor.
type Row struct {
	Name    string  `json:"name"`
	Size    int64   `json:"size"`
	Unit    string  `json:"unit"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"per_second"`
	Floor   string  `json:"floor"`                 // what the floor is
	FloorS  float64 `json:"floor_seconds"`         // 0 = the floor could not be measured here
	Ratio   float64 `json:"ratio"`                 // Seconds / FloorS
	PeakMB  int64   `json:"peak_rss_mb,omitempty"` // of this process while it was measured; 0 = not measured
	Target  string  `json:"target"`
	// What engine and server used of the processors; 0 = not measured.
	EngineCPU float64 `json:"engine_cpu_seconds,omitempty"`
	ServerCPU float64 `json:"server_cpu_seconds,omitempty"`
}

// finish computes rate and ratio.
func (r Row) finish(took, floor time.Duration) Row {
	r.Seconds = took.Seconds()
	r.Rate = float64(r.Size) / took.Seconds()
	if floor > 0 {
		r.FloorS = floor.Seconds()
		r.Ratio = took.Seconds() / floor.Seconds()
	}
	return r
}

// Print writes the rows as a table.
func Print(w io.Writer, rows []Row) error {
	if _, err := fmt.Fprintf(w, "%-34s %12s %9s %12s  %-38s %9s %6s  %s\n",
		"figure", "size", "seconds", "per second", "floor (same run)", "seconds", "ratio", "target"); err != nil {
		return err
	}
	for _, r := range rows {
		floor, ratio := "–", "–"
		if r.FloorS > 0 {
			floor, ratio = fmt.Sprintf("%.2f", r.FloorS), fmt.Sprintf("%.2f", r.Ratio)
		}
		target := r.Target
		if r.PeakMB > 0 {
			target += fmt.Sprintf("; engine memory %d MB of ≤ 512", r.PeakMB)
		}
		if r.EngineCPU > 0 {
			target += fmt.Sprintf("; processor: engine %.1f s, server %.1f s", r.EngineCPU, r.ServerCPU)
		}
		if _, err := fmt.Fprintf(w, "%-34s %12d %9.2f %12.0f  %-38s %9s %6s  %s\n",
			r.Name, r.Size, r.Seconds, r.Rate, r.Floor, floor, ratio, target); err != nil {
			return err
		}
	}
	return nil
}
