package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Whoever plays a demo by hand lets a day pass by writing the file while a
// console runs on the folder.
func TestRunningClockFollowsTheFileForwardOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clock")
	start := time.Date(2026, 1, 20, 1, 0, 0, 0, time.UTC)
	c := &clock{path: path}
	if err := c.Set(start); err != nil {
		t.Fatal(err)
	}
	c.since = time.Now()
	if got := c.Now(); got.Before(start) || got.After(start.Add(time.Hour)) {
		t.Fatalf("a running clock shows %s, want about %s", got, start)
	}
	write := func(at time.Time) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(at.Format(time.RFC3339)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	next := start.AddDate(0, 0, 1)
	write(next)
	if got := c.Now(); got.Before(next) {
		t.Errorf("moved to %s the clock shows %s", next, got)
	}
	write(start)
	if got := c.Now(); got.Before(next) {
		t.Errorf("the clock went back to %s", got)
	}
	moved := next.AddDate(0, 0, 1)
	write(moved)
	if err := c.save(); err != nil {
		t.Fatal(err)
	}
	if got, err := readClock(path); err != nil || got.Before(moved) {
		t.Errorf("writing the clock down lost a move to %s: %s, %v", moved, got, err)
	}
}
