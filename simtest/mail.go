package simtest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"ansinh/bankadapters"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/reconciliation"
)

// letter is a file of a bank that has arrived and is not read yet.
type letter struct {
	channel bankadapters.Key
	kind    bankadapters.Kind
	name    string
	content []byte
}

// errLost is a file that never arrived, or whose answer never did.
var errLost = errors.New("lost on the way")

// post lets a bank send its files, and us read some that waited.
func (s *Sim) post() {
	for _, key := range s.channels {
		if _, err := s.world.Deliver(s.ctx, string(key), "https://ansinh.invalid", (*doorway)(s)); err != nil {
			s.must("deliver", err)
		}
	}
	for range len(s.mailbox) {
		if len(s.mailbox) == 0 || !s.healed && s.rng.IntN(2) == 0 {
			return
		}
		i := s.rng.IntN(len(s.mailbox))
		if s.healed {
			i = 0
		}
		read := s.take(s.mailbox[i]) != 0
		if read && (s.healed || s.rng.IntN(3) > 0) {
			s.mailbox = slices.Delete(s.mailbox, i, i+1)
		} else if read {
			s.Coverage.Faults["file read twice"]++
		}
	}
}

// doorway is where files of banks arrive.
type doorway Sim

// RoundTrip takes one file, and sometimes loses it or the answer.
func (d *doorway) RoundTrip(q *http.Request) (*http.Response, error) {
	s := (*Sim)(d)
	content, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	bank, _, _ := strings.Cut(q.Header.Get(crypt.HeaderKey), "-")
	l := letter{channel: bankadapters.Key(bank), kind: bankadapters.Kind(q.Header.Get("X-Ansinh-Kind")), name: q.Header.Get("X-Ansinh-File"), content: content}
	if s.edit != nil {
		l.content = s.edit(l.kind, l.content)
	}
	status := http.StatusCreated
	switch {
	case l.kind == bankadapters.KindWithdrawals: // package timeliness reads those
	case s.hit("file lost", s.options.Mail.Lost):
		return nil, errLost
	case s.hit("file late", s.options.Mail.Later):
		s.mailbox = append(s.mailbox, l)
	default:
		status = s.take(l)
	}
	if status == 0 || s.hit("receipt lost", s.options.Mail.Unread) {
		return nil, errLost
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: q}, nil
}

// take gives one file to a worker's intake and returns what the bank is
// answered; 0 means that it hears nothing.
func (s *Sim) take(l letter) (status int) {
	w := s.workers[s.rng.IntN(len(s.workers))]
	if w.busy {
		return 0
	}
	var receipt reconciliation.Receipt
	taken := false
	err := s.actIntake(w, func() (err error) {
		receipt, err = w.settler.Intake(s.ctx, reconciliation.FileIn{Channel: l.channel, Kind: l.kind, Name: l.name,
			Body: bytes.NewReader(l.content), KeyID: string(l.channel) + "-1", At: s.now})
		taken = true
		return err
	})
	var refused *errs.Error
	switch {
	case !taken:
		return 0
	case err == nil:
		s.Coverage.Files[string(l.kind)+" "+receipt.State]++
		s.trace("%s file %s of %s: %s, %d entries", s.clock(), l.name, l.channel, receipt.State, receipt.Entries)
		return http.StatusCreated
	case errors.As(err, &refused):
		s.Coverage.Files[string(l.kind)+" refused "+errs.Code(err)]++
		s.trace("%s file %s of %s refused: %v", s.clock(), l.name, l.channel, err)
		if l.kind != bankadapters.KindStatement || s.options.Faults.BadStatement == 0 {
			s.fail("file refused", "%s of %s: %v", l.name, l.channel, err)
		}
		return http.StatusUnprocessableEntity
	case errors.Is(err, pgdb.ErrCommitUnknown), errors.Is(err, pgdb.ErrRolledBack):
		return 0
	default:
		s.fail("intake error", "%s of %s: %v", l.name, l.channel, err)
		return 0
	}
}

// actIntake is [Sim.act] for a file that arrives at a worker.
func (s *Sim) actIntake(w *worker, take func() error) (err error) {
	w.busy = true
	defer func() {
		w.busy = false
		if p := recover(); p != nil {
			s.bury(w, p)
		}
	}()
	return take()
}
