package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// Proposal is an act before it has a number.
type Proposal struct {
	Person int64
	Change Change
	From   calendar.Date // from which day it is true; zero = today
	Paper  Paper
	Why    string
	By     string
}

// Act is one change of one person's record, waiting, done or refused.
type Act struct {
	ID           int64
	Kind         Kind
	Person       int64
	Unit         string // whose people: the commune when it was proposed
	From         calendar.Date
	Content      string // canonical JSON, with ids and accounts masked
	IDEnc        []byte
	IDIndex      []byte
	AccountEnc   []byte
	AccountIndex []byte
	PaperNo      string
	PaperDate    calendar.Date
	Why          string
	Two          bool
	By           string
	At           time.Time
	Answer       string // what the person is told
	Outcome      string // "" = waiting for the second person, done, refused
	ByTwo        string
	DecidedWhy   string
	DecidedAt    *time.Time
}

// Purpose is what a confirming seal is for; it is covered by the signature.
const Purpose = "confirm-person-act/v1"

// Errors a caller may match. A person sees the words of their codes.
var (
	ErrNoPerson  = errors.New("no such person")
	ErrNoAct     = errors.New("no such act")
	ErrDecided   = errors.New("the act is decided already")
	ErrStale     = errors.New("the record changed since the act was proposed")
	ErrTwoPeople = errors.New("two different people decide this")
)

// String names the act and nothing about the person.
func (a Act) String() string { return fmt.Sprintf("act %d, %s of person %d", a.ID, a.Kind, a.Person) }

// Sheet is the canonical text that the second person reads and seals: one fact a
// line. A seal under another text does not fit.
func (a Act) Sheet() []byte {
	vi, _ := a.Kind.Words()
	var b strings.Builder
	fmt.Fprintf(&b, "Xác nhận: %s\nact %d\nkind %s\nperson %d\nunit %s\nfrom %s\ncontent %s\n", vi, a.ID, a.Kind, a.Person, a.Unit, a.From, a.Content)
	fmt.Fprintf(&b, "id %x\naccount %x\npaper %s %s\nwhy %s\nby %s\nat %s\n", a.IDIndex, a.AccountIndex, a.PaperNo, a.PaperDate, a.Why, a.By,
		a.At.UTC().Format(time.RFC3339Nano))
	return []byte(b.String())
}

// Propose records an act. A kind that takes one person is applied at once;
// otherwise it waits for Confirm. It returns ErrNoPerson, ErrStale for a record
// that was merged away, and the refusals of the content in words.
func (d *Desk) Propose(ctx context.Context, p Proposal) (Act, error) {
	var act Act
	err := pgdb.InTx(ctx, d.DB, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		act, err = d.ProposeIn(ctx, tx, p)
		return err
	})
	if err != nil {
		return Act{}, fmt.Errorf("propose %s of person %d: %w", p.Change.Kind(), p.Person, err)
	}
	return act, nil
}

// ProposeIn is Propose inside the caller's transaction, whose other writes belong
// to the same decision.
func (d *Desk) ProposeIn(ctx context.Context, tx pgx.Tx, p Proposal) (Act, error) {
	w, err := d.begin(ctx, tx, p.Person)
	if err != nil {
		return Act{}, err
	}
	if err := d.Office.InOffice(ctx, tx, w.today, p.By); err != nil {
		return Act{}, err
	}
	if err := complete(p); err != nil {
		return Act{}, err
	}
	if p.From.IsZero() {
		p.From = w.today
	}
	two, _ := p.Change.Kind().needs()
	w.act = Act{Kind: p.Change.Kind(), Person: p.Person, Unit: w.person.Unit.Code, From: p.From, PaperNo: p.Paper.No, PaperDate: p.Paper.Date,
		Why: p.Why, Two: two, By: p.By, At: w.now.Truncate(time.Microsecond)}
	if err := p.Change.check(ctx, w); err != nil {
		return Act{}, err
	}
	if err := w.content(ctx, p.Change); err != nil {
		return Act{}, err
	}
	if err := w.store(ctx); err != nil {
		return Act{}, err
	}
	if r, ok := p.Change.(reported); ok {
		if err := r.report(ctx, w); err != nil {
			return Act{}, err
		}
	}
	if !w.act.Two {
		err = w.decide(ctx, p.Change, "done", "", "", crypt.Seal{})
	}
	return w.act, err
}

// complete wants what every act has: a reason, and for a grave one its paper.
func complete(p Proposal) error {
	if strings.TrimSpace(p.Why) == "" {
		return errs.Coded(errs.Invalid, "PEOPLE-REASON", "Hãy ghi lý do thay đổi. / Give the reason of the change.", nil)
	}
	if _, paper := p.Change.Kind().needs(); paper && (p.Paper.No == "" || p.Paper.Date.IsZero()) {
		return errs.Coded(errs.Invalid, "PEOPLE-PAPER", "Thay đổi này cần số và ngày của giấy tờ. / This change needs the number and date of its paper.", nil)
	}
	return nil
}

const sqlNextAct = `SELECT nextval('registry.list_seq')`

const sqlAddAct = `
INSERT INTO registry.act (id, kind, person, unit_code, valid_from, content, id_enc, id_index, account_enc, account_index,
                          paper_no, paper_date, why, two, by_one, at, answer)
VALUES (@id, @kind, @person, @unit, @from, @content, @id_enc, @id_index, @account_enc, @account_index,
        @paper, @paper_date, @why, @two, @by, @at, @answer)`

func (w *work) store(ctx context.Context) error {
	a := &w.act
	if err := w.tx.QueryRow(ctx, sqlNextAct).Scan(&a.ID); err != nil {
		return fmt.Errorf("number the act: %w", err)
	}
	_, err := w.tx.Exec(ctx, sqlAddAct, pgx.NamedArgs{"id": a.ID, "kind": a.Kind, "person": a.Person, "unit": a.Unit, "from": a.From,
		"content": a.Content, "id_enc": a.IDEnc, "id_index": a.IDIndex, "account_enc": a.AccountEnc, "account_index": a.AccountIndex,
		"paper": a.PaperNo, "paper_date": nullDay(a.PaperDate), "why": a.Why, "two": a.Two, "by": a.By, "at": a.At, "answer": a.Answer})
	if err != nil {
		return fmt.Errorf("store the act: %w", err)
	}
	return w.record(ctx, a.By, "person.propose", map[string]any{"kind": string(a.Kind), "from": a.From.String(), "paper": a.PaperNo, "why": a.Why,
		"content": a.Content})
}

func (w *work) record(ctx context.Context, who, act string, detail map[string]any) error {
	detail["act"] = w.act.ID
	_, err := audit.Append(ctx, w.tx, audit.Entry{At: w.now, Actor: who, Act: act, Subject: fmt.Sprintf("person/%d", w.act.Person), Detail: detail})
	return err
}

// wrapped is how a change stands in an act: what it says, and what the record said
// when it was proposed.
type wrapped struct {
	Change json.RawMessage `json:"change"`
	Was    string          `json:"was"`
}

// content writes the change down and closes what must not stand in the clear.
func (w *work) content(ctx context.Context, c Change) error {
	was, err := c.current(ctx, w)
	if err != nil {
		return err
	}
	text, err := json.Marshal(c) // secrets write their mask
	if err != nil {
		return fmt.Errorf("write the change down: %w", err)
	}
	whole, err := json.Marshal(wrapped{Change: text, Was: was})
	if err != nil {
		return fmt.Errorf("write the change down: %w", err)
	}
	w.act.Content = string(whole)
	return w.close(c)
}

// Confirm takes the second person's seal under the act's sheet and applies it. It
// refuses the maker (ErrTwoPeople), a person without powers over the commune, a
// seal that does not cover the sheet (crypt.ErrSignature), an act decided before
// (ErrDecided) and a record that changed meanwhile (ErrStale).
func (d *Desk) Confirm(ctx context.Context, id int64, seal crypt.Seal) (Act, error) {
	return d.decide(ctx, id, func(ctx context.Context, w *work, c Change) error {
		if seal.Signer == w.act.By {
			return twoPeople()
		}
		public, err := d.Office.MayConfirm(ctx, w.tx, seal.Signer, w.act.Unit, w.today)
		if err != nil {
			return err
		}
		err = crypt.Verify(public, seal, w.act.Sheet())
		if err == nil && seal.Purpose != Purpose {
			err = crypt.ErrSignature
		}
		if err != nil {
			return errs.Coded(errs.Conflict, "PEOPLE-SEAL", fmt.Sprintf("Dấu xác nhận của %s không khớp nội dung việc %d: mở lại và xác nhận lại. / "+
				"The seal of %s does not cover act %d: open it again and confirm anew.", seal.Signer, id, seal.Signer, id), err)
		}
		if err := w.fresh(ctx, c); err != nil {
			return err
		}
		if err := c.check(ctx, w); err != nil {
			return err
		}
		return w.decide(ctx, c, "done", seal.Signer, "", seal)
	})
}

// SealWith confirms with a signer held by this process.
func SealWith(s *crypt.Signer, a Act) crypt.Seal { return s.Sign(Purpose, a.Sheet()) }

// Refuse ends a waiting act without applying it, in the name of a second person
// with powers, whose seal covers the sheet and the reason.
func (d *Desk) Refuse(ctx context.Context, id int64, why string, seal crypt.Seal) (Act, error) {
	return d.decide(ctx, id, func(ctx context.Context, w *work, c Change) error {
		if strings.TrimSpace(why) == "" {
			return errs.Coded(errs.Invalid, "PEOPLE-REASON", "Hãy ghi lý do thay đổi. / Give the reason of the change.", nil)
		}
		if seal.Signer == w.act.By {
			return twoPeople()
		}
		public, err := d.Office.MayConfirm(ctx, w.tx, seal.Signer, w.act.Unit, w.today)
		if err != nil {
			return err
		}
		err = crypt.Verify(public, seal, refusalSheet(w.act, why))
		if err == nil && seal.Purpose != Purpose {
			err = crypt.ErrSignature
		}
		if err != nil {
			return errs.Coded(errs.Conflict, "PEOPLE-SEAL", fmt.Sprintf("Dấu xác nhận của %s không khớp nội dung việc %d: mở lại và xác nhận lại. / "+
				"The seal of %s does not cover act %d: open it again and confirm anew.", seal.Signer, id, seal.Signer, id), err)
		}
		if r, ok := c.(reported); ok {
			if err := r.takeBack(ctx, w); err != nil {
				return err
			}
		}
		return w.decide(ctx, c, "refused", seal.Signer, why, seal)
	})
}

// SealRefusal seals a refusal with its reason.
func SealRefusal(s *crypt.Signer, a Act, why string) crypt.Seal {
	return s.Sign(Purpose, refusalSheet(a, why))
}

func refusalSheet(a Act, why string) []byte {
	return append(a.Sheet(), "refused "+why+"\n"...)
}

func twoPeople() error {
	return errs.Coded(errs.Denied, "PEOPLE-TWO-PEOPLE", "Việc này cần người thứ hai xác nhận, khác người đề nghị. / "+
		"A second person, not the one who proposed it, decides this.", ErrTwoPeople)
}

func (d *Desk) decide(ctx context.Context, id int64, how func(context.Context, *work, Change) error) (Act, error) {
	var act Act
	err := pgdb.InTx(ctx, d.DB, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlLock); err != nil {
			return fmt.Errorf("lock acts: %w", err)
		}
		a, err := ReadAct(ctx, tx, id)
		if err != nil {
			return err
		}
		if a.Outcome != "" {
			return errs.Coded(errs.Conflict, "PEOPLE-DECIDED", fmt.Sprintf("Việc %d đã được quyết định. / Act %d is decided already.", id, id), ErrDecided)
		}
		w, err := d.begin(ctx, tx, a.Person)
		if err != nil {
			return err
		}
		w.act = a
		c, _, err := a.Change()
		if err != nil {
			return err
		}
		if err := how(ctx, w, c); err != nil {
			return err
		}
		act = w.act
		return nil
	})
	if err != nil {
		return Act{}, fmt.Errorf("decide act %d: %w", id, err)
	}
	return act, nil
}

// fresh refuses an act whose record says something else than when it was proposed.
func (w *work) fresh(ctx context.Context, c Change) error {
	_, was, err := w.act.Change()
	if err != nil {
		return err
	}
	now, err := c.current(ctx, w)
	if err != nil {
		return err
	}
	if now != was {
		return errs.Coded(errs.Conflict, "PEOPLE-STALE", fmt.Sprintf("Hồ sơ đã thay đổi sau khi đề nghị việc %d: từ chối và đề nghị lại. / "+
			"The record changed after act %d was proposed: refuse it and propose anew.", w.act.ID, w.act.ID), ErrStale)
	}
	return nil
}

const sqlAddDecision = `
INSERT INTO registry.act_decision (act, outcome, by_two, seal, text, why, at)
VALUES (@act, @outcome, @two, @seal, @text, @why, @now)`

func (w *work) decide(ctx context.Context, c Change, outcome, two, why string, seal crypt.Seal) error {
	a := &w.act
	text := a.Sheet()
	if outcome == "refused" {
		text = refusalSheet(*a, why)
	}
	_, err := w.tx.Exec(ctx, sqlAddDecision, pgx.NamedArgs{"act": a.ID, "outcome": outcome, "two": two, "seal": seal.Signature, "text": string(text),
		"why": why, "now": w.now})
	if err != nil {
		return fmt.Errorf("store the decision on act %d: %w", a.ID, err)
	}
	if outcome == "done" {
		if err := c.apply(ctx, w); err != nil {
			return err
		}
	}
	at := w.now
	a.Outcome, a.ByTwo, a.DecidedWhy, a.DecidedAt = outcome, two, why, &at
	who := two
	if who == "" {
		who = a.By
	}
	return w.record(ctx, who, "person."+outcome, map[string]any{"kind": string(a.Kind), "why": why, "from": a.From.String()})
}

func nullDay(d calendar.Date) any {
	if d.IsZero() {
		return nil
	}
	return d
}
