package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

// clock is the wall clock, unless the data folder holds a clock of its own: a
// file with one RFC 3339 time that only the demo moves. All processes on the
// folder, banks included, then live at that time.
type clock struct {
	path string

	mu    sync.Mutex
	owned bool // this process moves it: no need to look at the file
	at    time.Time
	since time.Time   // when it began to run with the wall clock; zero: it stands
	file  os.FileInfo // of a running clock, as this process last wrote or read it
}

// Now reads the clock. A folder's clock that cannot be read stops the program:
// guessing a time could send twice.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owned && !c.since.IsZero() {
		c.follow()
		return c.at.Add(time.Since(c.since)).Truncate(time.Microsecond)
	}
	if c.owned {
		return c.at
	}
	at, err := readClock(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Now()
	}
	if err != nil {
		panic(fmt.Sprintf("ansinh: clock of the data folder: %v", err))
	}
	return at
}

// follow takes over a time that somebody else wrote into the file of a running
// clock, as whoever plays a demo by hand does to let a day pass. Time never goes back.
func (c *clock) follow() {
	file, err := os.Stat(c.path)
	if err != nil || c.file != nil && os.SameFile(file, c.file) && file.ModTime().Equal(c.file.ModTime()) {
		return
	}
	c.file = file
	if at, err := readClock(c.path); err == nil && at.After(c.at.Add(time.Since(c.since))) {
		c.at, c.since = at, time.Now()
	}
}

// Set moves the folder's clock; the file is written before anybody sees it.
func (c *clock) Set(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set(at)
}

// save writes a running clock down, unless somebody moved it just now.
func (c *clock) save() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.follow()
	return c.set(c.at.Add(time.Since(c.since)))
}

func (c *clock) set(at time.Time) error {
	part := c.path + ".part"
	if err := os.WriteFile(part, []byte(at.UTC().Format(time.RFC3339)+"\n"), 0o600); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	if err := os.Rename(part, c.path); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	c.owned, c.at = true, at.UTC().Truncate(time.Second)
	if !c.since.IsZero() {
		c.since = time.Now()
		c.file, _ = os.Stat(c.path) // without it the file is read once more
	}
	return nil
}

// clockSaved is how often a running clock is written down. Other processes on
// the folder, banks included, are never further behind than a signed request may be.
const clockSaved = 30 * time.Second

// runClock lets a folder's own clock go on from where it stands, at the pace of
// the wall clock, until the command ends. Without a clock of its own it does
// nothing.
func (e *env) runClock(ctx context.Context) error {
	e.now()
	at, err := readClock(e.clock.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	e.clock.mu.Lock()
	e.clock.owned, e.clock.at, e.clock.since = true, at, time.Now()
	e.clock.mu.Unlock()
	save := e.clock.save
	stop, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		tick := time.NewTicker(clockSaved)
		defer tick.Stop()
		for {
			select {
			case <-stop.Done():
				ended <- save()
				return
			case <-tick.C:
				if err := save(); err != nil {
					ended <- err
					return
				}
			}
		}
	}()
	e.atEnd(func() error { cancel(); return <-ended })
	return nil
}

func readClock(path string) (time.Time, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
}
