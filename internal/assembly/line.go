package assembly

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ansinh/bankadapters"
	"ansinh/bankadapters/cashlist"
	"ansinh/bankadapters/iso20022"
	"ansinh/bankadapters/sheet"
	"ansinh/internal/crypt"
	"ansinh/payout"
)

// Signed makes the signed line to a channel, for whoever calls a bank by hand:
// a clerk at a portal, a bank that posts its files.
func (w *Works) Signed(profile bankadapters.Profile, end Endpoint) (*bankadapters.Line, error) {
	return bankadapters.NewLine(bankadapters.LineConfig{BaseURL: end.URL, CA: end.CA, KeyID: end.KeyID, Key: end.Key,
		Now: w.config.Now, Transport: end.Transport,
		Nonce: func() string {
			nonce, err := crypt.NewNonce(w.config.Random)
			if err != nil {
				panic("assembly: no randomness for a nonce: " + err.Error()) // a machine without randomness must not sign
			}
			return nonce
		}}, profile)
}

// line chooses adapter and wire by the profile's rail.
func (w *Works) line(ch payout.Channel, end Endpoint) (*payout.Line, error) {
	signed, err := w.Signed(ch.Profile, end)
	if err != nil {
		return nil, err
	}
	var bank bankadapters.Bank
	var wire bankadapters.Wire
	switch ch.Profile.Rail {
	case bankadapters.RailISO20022:
		bank, wire = iso20022.NewClient(signed, ch.Profile), iso20022.Pain001{}
	case bankadapters.RailList:
		bank, wire = cashlist.NewClient(signed, ch.Profile), cashlist.List{}
	case bankadapters.RailSheet:
		template := sheet.Template{Notice: w.notice}
		bank = &outbox{Client: sheet.NewClient(signed, ch.Profile), wire: template, folder: w.Outbox(ch.Key)}
		wire = template
	default:
		return nil, fmt.Errorf("profile names rail %q, which nobody wrote an adapter for", ch.Profile.Rail)
	}
	return &payout.Line{Bank: bankadapters.NewBreaker(bank, ch.Profile, nil), Wire: wire, Profile: ch.Profile}, nil
}

// Outbox is the folder in which workbooks of a manual rail wait for a clerk.
func (w *Works) Outbox(key bankadapters.Key) string {
	if w.config.Outbox == "" {
		return ""
	}
	return filepath.Join(w.config.Outbox, string(key))
}

// OutboxFile is the workbook of one submission: the name is the message id, so
// one name never has two contents.
func OutboxFile(folder string, id bankadapters.MessageID) string {
	return filepath.Join(folder, string(id)+".xlsx")
}

// outbox is a portal bank whose submissions are laid out for a clerk. From the
// moment the workbook can be opened nobody knows whether it was uploaded, so
// Submit is Unknown; the portal's receipt ends that, entered by a second person.
type outbox struct {
	*sheet.Client
	wire   sheet.Template
	folder string
}

// Submit writes the workbook whole or not at all. Only an error before that is
// NotSent.
func (o *outbox) Submit(ctx context.Context, s bankadapters.Submission) (bankadapters.Answer, error) {
	bankadapters.RefuseInTransaction(ctx)
	path := OutboxFile(o.folder, s.Message)
	part := path + ".part"
	if err := o.write(part, s); err != nil {
		return bankadapters.Answer{Outcome: bankadapters.NotSent, Code: "OUTBOX", At: o.Now()},
			fmt.Errorf("lay out submission %s: %w", s.Message, err)
	}
	answer := bankadapters.Answer{Outcome: bankadapters.Unknown, Code: "OUTBOX", Text: "chờ nhân viên tải lên cổng / waits for a clerk's upload", At: o.Now()}
	if err := os.Rename(part, path); err != nil {
		return answer, fmt.Errorf("lay out submission %s: %w", s.Message, err)
	}
	return answer, nil
}

// layOutAgain puts the workbooks back of which a process died after the journal
// and before it had written them: without one no clerk can upload anything, and
// the doubt would last for ever. They are the same bytes under the same id, and
// nothing is written where a workbook lies, so a clerk who looks at the portal
// before he uploads, as he must, uploads once.
func (w *Works) layOutAgain(ctx context.Context, key bankadapters.Key) error {
	line := w.Engine.Lines[key]
	folder := w.Outbox(key)
	if line == nil || line.Profile.Rail != bankadapters.RailSheet || folder == "" {
		return nil
	}
	list, err := payout.InterruptedSends(ctx, w.DB, w.Engine.Origin, key)
	if err != nil {
		return err
	}
	for _, no := range list {
		s, err := payout.ReadSubmission(ctx, w.DB, no)
		if err != nil {
			return err
		}
		path := OutboxFile(folder, s.Message)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return fmt.Errorf("look for the workbook of submission %d: %w", no, err)
			}
			continue
		}
		if err := w.layOut(ctx, no, path); err != nil {
			return fmt.Errorf("lay out submission %d again: %w", no, err)
		}
	}
	return nil
}

func (w *Works) layOut(ctx context.Context, no int64, path string) error {
	_, content, err := w.Engine.Finished(ctx, no)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	part := path + ".part"
	if err := os.WriteFile(part, content, 0o600); err != nil {
		return err
	}
	return os.Rename(part, path)
}

func (o *outbox) write(part string, s bankadapters.Submission) (err error) {
	if o.folder == "" {
		return fmt.Errorf("no outbox folder is set for manual rails")
	}
	if err := os.MkdirAll(o.folder, 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closing := file.Close(); err == nil {
			err = closing
		}
	}()
	if err := o.wire.WriteSubmission(file, s); err != nil {
		return err
	}
	return file.Sync()
}
