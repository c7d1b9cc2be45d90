package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Kinds of events. A book is read by people too, so they are words.
const (
	evAccount   = "account"   // a paying account was opened
	evTry       = "try"       // a message, upload or list arrived, n-th try; Text says how it was met
	evMessage   = "message"   // a message was taken (or queued until Due)
	evOrder     = "order"     // one payment of the message before it
	evArrived   = "arrived"   // a queued message was taken
	evIgnored   = "ignored"   // a queued message turned out to be a duplicate
	evRejected  = "rejected"  // an order was refused
	evWaiting   = "waiting"   // an order waits for the close of day
	evLost      = "lost"      // an order the bank forgets without a word
	evPaid      = "paid"      // the payee was credited; with Entry also the debit itself
	evReturned  = "returned"  // the payee's bank sent it back; credit entry
	evEntry     = "entry"     // any other movement of the paying account
	evDay       = "day"       // a day was closed
	evFile      = "file"      // a statement or other file was made
	evSending   = "sending"   // a delivery try of a file begins
	evDelivered = "delivered" // the receiver took or refused a file for good
	evScript    = "script"    // scripted fates were added
	evClock     = "clock"     // the clock was moved
	evList      = "list"      // a provider took a list
	evRow       = "row"       // one line of the list before it
	evDecided   = "decided"   // a list line was paid or reported unpaid
)

// event is one line of a book. Which fields are set depends on Kind.
type event struct {
	Seq      int64           `json:"seq"`
	At       string          `json:"at"`
	Kind     string          `json:"kind"`
	ID       string          `json:"id,omitempty"`
	Message  int             `json:"message,omitempty"`
	Order    int             `json:"order,omitempty"`
	Payment  int             `json:"payment,omitempty"`
	Entry    int             `json:"entry,omitempty"`
	N        int             `json:"n,omitempty"`
	Account  string          `json:"account,omitempty"`
	BIN      string          `json:"bin,omitempty"`
	Name     string          `json:"name,omitempty"`
	Amount   int64           `json:"amount,omitempty"`
	Credit   bool            `json:"credit,omitempty"`
	Doubled  bool            `json:"doubled,omitempty"` // booked a second time by the bank itself
	Told     bool            `json:"told,omitempty"`    // refusal stood in the first answer
	Gross    bool            `json:"gross,omitempty"`   // bulk debit of the whole sum
	Unheard  bool            `json:"unheard,omitempty"` // the customer got no answer
	Ref      string          `json:"ref,omitempty"`
	Date     string          `json:"date,omitempty"`
	Due      string          `json:"due,omitempty"`
	Code     string          `json:"code,omitempty"`
	Text     string          `json:"text,omitempty"`
	EndToEnd string          `json:"end_to_end,omitempty"`
	Instr    string          `json:"instr,omitempty"`
	Info     string          `json:"info,omitempty"` // PmtInfId, personal id
	Digest   string          `json:"digest,omitempty"`
	Head     string          `json:"head,omitempty"` // customer's ledger head, kept as a witness
	Channel  string          `json:"channel,omitempty"`
	Fate     *Fate           `json:"fate,omitempty"`
	File     *file           `json:"file,omitempty"`
	Script   json.RawMessage `json:"script,omitempty"`
	End      bool            `json:"end,omitempty"` // last event of what was done in one go
}

// bookLog is the append-only file below a bank's state. Events of one request
// form a group that ends with End; a group is in the book whole or not at all.
type bookLog struct {
	path    string
	file    *os.File // nil: kept in memory only
	archive *os.File // files.bin beside it: bytes of the files the bank made
	end     int64    // of the archive
	stored  bool     // something in the archive is not durable yet
	seq     int64
	group   bytes.Buffer // the lines of a group in the making
	err     error        // after a failed write the bank answers nothing more
}

// openBook replays the book into apply, cuts off a torn last group and opens
// the file for appending.
func openBook(path string, apply func(*event) error) (*bookLog, error) {
	if path == "" {
		return &bookLog{}, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open book: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open book: %w", err)
	}
	// Two processes that both append would tear the book.
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("open book %s: %w", path, ErrInUse)
	}
	good, seq, err := replay(f, apply)
	if err == nil {
		err = f.Truncate(good)
	}
	if err == nil {
		_, err = f.Seek(good, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open book %s: %w", path, err)
	}
	return &bookLog{path: path, file: f, seq: seq}, nil
}

// replay applies every complete group of r and returns where the last one ends.
func replay(r io.Reader, apply func(*event) error) (good, seq int64, err error) {
	in := bufio.NewReaderSize(r, 1<<20)
	var group []*event
	var offset int64
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return good, seq, nil // a line without line feed is torn
		}
		if err != nil {
			return good, seq, err
		}
		offset += int64(len(line))
		e := new(event)
		if err := json.Unmarshal(line, e); err != nil {
			if bytes.HasPrefix(line, []byte{0}) {
				return good, seq, nil // a file system may leave zeros where the torn write was
			}
			return good, seq, fmt.Errorf("line at byte %d: %w", offset-int64(len(line)), err)
		}
		group = append(group, e)
		if !e.End {
			continue
		}
		for _, e := range group {
			if e.Seq != seq+1 {
				return good, seq, fmt.Errorf("event %d follows %d", e.Seq, seq)
			}
			seq = e.Seq
			if err := apply(e); err != nil {
				return good, seq, fmt.Errorf("event %d: %w", e.Seq, err)
			}
		}
		group, good = group[:0], offset
	}
}

// openArchive opens the bytes of files. What the book does not know of was torn
// and is written over.
func (l *bookLog) openArchive(known int64) error {
	if l.file == nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(l.path), "files.bin"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open files: %w", err)
	}
	l.archive, l.end = f, known
	return nil
}

// store appends the bytes of one file; write makes them durable. A failure is
// kept and stops the bank there.
func (l *bookLog) store(content []byte) (offset int64) {
	offset = l.end
	l.end += int64(len(content))
	if l.archive == nil || l.err != nil {
		return offset
	}
	_, l.err = l.archive.WriteAt(content, offset)
	l.stored = true
	return offset
}

// encode adds an event's line to the group in the making. What is written before
// the group's end is cut off again by [openBook], so a day's closing need not wait
// in memory.
func (l *bookLog) encode(e *event) {
	if l.err != nil || l.file == nil {
		return
	}
	enc := json.NewEncoder(&l.group)
	enc.SetEscapeHTML(false)
	if l.err = enc.Encode(e); l.err == nil && l.group.Len() > groupMax {
		l.err = l.flush()
	}
}

func (l *bookLog) flush() error {
	_, err := l.file.Write(l.group.Bytes())
	l.group.Reset()
	return err
}

// write appends the encoded group, which ends with last, and makes it durable,
// the files it names before it.
func (l *bookLog) write(last *event) error {
	if l.err != nil || l.file == nil {
		return l.err
	}
	if l.stored {
		if l.err = l.archive.Sync(); l.err != nil {
			return l.err
		}
		l.stored = false
	}
	last.End = true
	l.encode(last)
	if l.err == nil {
		l.err = l.flush()
	}
	if l.err == nil {
		l.err = l.file.Sync()
	}
	return l.err
}

// groupMax is how much of a group is held in memory.
const groupMax = 256 << 10

func (l *bookLog) close() error {
	if l.file == nil || errors.Is(l.err, os.ErrClosed) {
		return nil
	}
	// The lock is the open file's, not this descriptor's: a child that another
	// goroutine is just starting holds a copy until its exec, and closing alone
	// would leave the book locked that long.
	err := errors.Join(syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
	if l.archive != nil {
		err = errors.Join(err, l.archive.Close())
	}
	l.err = os.ErrClosed
	return err
}

// work is one group of events being made: each is applied at once, so later
// ones see its effect, and all are written together by done. Only the last is
// kept, because it alone says that the group ends.
type work struct {
	b    *bank
	at   string
	last *event
}

// begin fixes the time of the whole group, so that the clock is asked once for
// ten thousand payments.
func (b *bank) begin() *work {
	b.moment = b.world.now()
	return &work{b: b, at: stamp(b.moment)}
}

func (w *work) put(e *event) {
	w.b.log.seq++
	e.Seq, e.At = w.b.log.seq, w.at
	if err := w.b.apply(e); err != nil {
		panic(fmt.Sprintf("sandbox bank %s: own event does not apply: %v", w.b.id, err))
	}
	if w.last != nil {
		w.b.log.encode(w.last)
	}
	w.last = e
}

// done makes the group durable. An error means the bank must not answer: its
// state in memory is ahead of its book, so it refuses everything from now on.
func (w *work) done() error {
	if w.last == nil {
		return w.b.log.err
	}
	if err := w.b.log.write(w.last); err != nil {
		return fmt.Errorf("write the book of bank %s: %w", w.b.id, err)
	}
	w.last = nil
	return nil
}
