package payout

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Sent is one line of the send journal: written and flushed to disk before the
// first byte of a message leaves. A message without a line was never sent.
type Sent struct {
	Submission int64     `json:"submission"`
	Message    string    `json:"message"`
	SHA256     string    `json:"sha256"`
	Count      int       `json:"count"`
	Total      string    `json:"total"`
	Fence      int64     `json:"fence"`
	At         time.Time `json:"at"`
}

// Journal is this process's own file in the journal folder. It stands outside
// the database, so a database restored from a backup cannot forget a send.
type Journal struct {
	dir  string
	name string
	mu   sync.Mutex
	file *os.File
}

const journalSuffix = ".sent.jsonl"

// OpenJournal creates the file of one process in dir. The name must never be
// used again; the file is locked while the process lives, so that others can
// tell a dead owner from a slow one.
func OpenJournal(dir, name string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, name+journalSuffix), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", name, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("lock journal %s: %w", name, err), f.Close())
	}
	if err := syncFolder(dir); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Journal{dir: dir, name: name, file: f}, nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("journal folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// Name identifies the process's journal; claims carry it.
func (j *Journal) Name() string { return j.name }

// Close releases the file. Its lines stay. The lock is given up by name: it is
// the open file's, and a child that is just being started holds a copy of the
// descriptor until its exec, which would make a dead owner look alive.
func (j *Journal) Close() error {
	return errors.Join(syscall.Flock(int(j.file.Fd()), syscall.LOCK_UN), j.file.Close())
}

// Append writes one line and flushes it to disk. Only after it returned nil may
// the first byte leave.
func (j *Journal) Append(s Sent) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("journal line of submission %d: %w", s.Submission, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	before, err := j.file.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("journal line of submission %d: %w", s.Submission, err)
	}
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		// Half a line, of a full disk for instance, would spoil the next one.
		return errors.Join(fmt.Errorf("journal line of submission %d: %w", s.Submission, err), j.file.Truncate(before))
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("flush journal line of submission %d: %w", s.Submission, err)
	}
	return nil
}

// Sends reads every journal of the folder. A last line without its line feed
// was never flushed, so nothing was sent under it; any other damage is an error.
func (j *Journal) Sends() ([]Sent, error) { return ReadJournals(j.dir) }

// ReadJournals reads all sends recorded in a folder.
func ReadJournals(dir string) ([]Sent, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+journalSuffix))
	if err != nil {
		return nil, fmt.Errorf("journals: %w", err)
	}
	var all []Sent
	for _, name := range names {
		list, err := readJournal(name)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func readJournal(path string) ([]Sent, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	var list []Sent
	in := bufio.NewReader(f)
	for n := 1; ; n++ {
		text, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return list, nil // a torn last line was never flushed
		}
		if err != nil { // what cannot be read is not silence: it may have been sent
			return nil, fmt.Errorf("journal %s line %d: %w", filepath.Base(path), n, err)
		}
		var s Sent
		if err := json.Unmarshal([]byte(strings.TrimSuffix(text, "\n")), &s); err != nil {
			return nil, fmt.Errorf("journal %s line %d: %w", filepath.Base(path), n, err)
		}
		list = append(list, s)
	}
}

// fate is what the journals say of the claims above a fence.
type fate int

const (
	fateUnreadable fate = iota // the owner's journal is not here: it may have sent
	fateSilent                 // no line: certainly not sent
	fateSent                   // a line: it may have been sent
)

// ask looks for the first send of the submission with a fence above clear. owner
// is the journal of the process that held the claim.
func (j *Journal) ask(owner string, submission, clear int64) (what fate, first time.Time, err error) {
	if _, err := os.Stat(filepath.Join(j.dir, owner+journalSuffix)); err != nil {
		return fateUnreadable, first, nil
	}
	sends, err := j.Sends()
	if err != nil {
		return fateUnreadable, first, err
	}
	what = fateSilent
	for _, s := range sends {
		if s.Submission == submission && s.Fence > clear && (what == fateSilent || s.At.Before(first)) {
			what, first = fateSent, s.At
		}
	}
	return what, first, nil
}

// dead reports whether the process that owns a journal is certainly gone: its
// file is here and nobody holds the lock.
func (j *Journal) dead(owner string) bool {
	if owner == j.name {
		return false
	}
	f, err := os.Open(filepath.Join(j.dir, owner+journalSuffix))
	if err != nil {
		return false
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		return false
	}
	syscall.Flock(int(f.Fd()), syscall.LOCK_UN) //nolint:errcheck // closing gives it up too, only later
	return true
}
