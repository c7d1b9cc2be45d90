package verification

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/registry"
	"ansinh/registry/people"
)

// Difference is one person whose verdict waits for a decision, or had one.
type Difference struct {
	Person  int64
	Name    string // ours
	Verdict Verdict
	Differs []string
	AskedAt time.Time
	Version string
	Theirs  string // what the source says, in words; personal data
	// What the source says, field by field: of the register Register, of a bank
	// Directory. Both are nil where it knows nothing of what was asked.
	Register  *PersonAnswer `json:"-"`
	Directory *HolderAnswer `json:"-"`
	Choice    string        // of the last decision: "" = none, correct, accept
	Open      bool          // nobody has ended it: undecided, or its correction is not confirmed
	Waiting   bool          // its correction waits for a second person
	Why       string
	By        string
}

const sqlDifferences = `
SELECT i.person, p.name, i.verdict, i.differs, coalesce(i.answer, 0), coalesce(r.choice, ''), coalesce(r.why, ''), coalesce(r.by_whom, ''),
       o.person IS NOT NULL, coalesce(o.waiting, false)
  FROM registry.verification_item AS i
  JOIN registry.person AS p ON p.id = i.person
  LEFT JOIN LATERAL (SELECT r.choice, r.why, r.by_whom FROM registry.resolution AS r
                      WHERE r.verification = i.verification AND r.person = i.person ORDER BY r.n DESC LIMIT 1) AS r ON true
  LEFT JOIN registry.difference_open AS o ON o.verification = i.verification AND o.person = i.person
 WHERE i.verification = @job AND i.person > @after AND i.verdict IN ('different', 'dead', 'not_found')
   AND (@all::boolean OR o.person IS NOT NULL)
 ORDER BY i.person LIMIT @limit`

// Differences lists people after one by number; all includes those decided on.
func Differences(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, job, after int64, all bool, limit int) ([]Difference, error) {
	s, err := Read(ctx, db, job)
	if err != nil {
		return nil, err
	}
	var answers []int64
	rows, _ := db.Query(ctx, sqlDifferences, pgx.NamedArgs{"job": job, "after": after, "all": all, "limit": limit})
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Difference, error) {
		var d Difference
		var answer int64
		err := row.Scan(&d.Person, &d.Name, &d.Verdict, &d.Differs, &answer, &d.Choice, &d.Why, &d.By, &d.Open, &d.Waiting)
		answers = append(answers, answer)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("differences of verification %d: %w", job, err)
	}
	for i := range list {
		if answers[i] == 0 {
			continue
		}
		k, err := readAnswer(ctx, db, answers[i])
		if err != nil {
			return nil, err
		}
		if err := list[i].answered(keys, k, s.Source); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// answered fills in what a kept answer says.
func (d *Difference) answered(keys *crypt.Keys, k kept, source Source) error {
	d.AskedAt, d.Version, d.Theirs = k.AskedAt, k.Version, "không có / not known"
	switch {
	case !k.Found:
		return nil
	case source == Accounts:
		d.Directory = new(HolderAnswer)
		if err := k.open(keys, source, d.Directory); err != nil {
			return err
		}
		if d.Theirs = d.Directory.Holder; d.Directory.Closed {
			d.Theirs += ", đã đóng / closed"
		}
		return nil
	}
	a := new(PersonAnswer)
	if err := k.open(keys, source, a); err != nil {
		return err
	}
	d.Register, d.Theirs = a, fmt.Sprintf("%s, %s, %s, %s", a.Name, a.birthText(), a.Sex, a.Unit)
	if a.Dead {
		d.Theirs += ", mất / died " + a.DiedOn.String()
	}
	return nil
}

func (a PersonAnswer) birthText() string {
	if a.Birth.Date.IsZero() {
		return fmt.Sprint(a.Birth.Year)
	}
	return a.Birth.Date.String()
}

// Resolution is a person's decision on one difference.
type Resolution struct {
	Verification int64
	Person       int64
	Accept       bool // our record stays; else it is corrected
	Why          string
	By           string
	Paper        people.Paper // of a correction
	// Way is the right account, of a correction of accounts. ID is the right id, of a
	// correction of an id the register does not know. Unit says which commune of
	// today the register's code is.
	Way *people.Way
	ID  crypt.Secret
}

// Whoever decides on an item waits for the one before, and reads what it left.
const sqlLockItem = `SELECT 1 FROM registry.verification_item WHERE verification = @job AND person = @person FOR UPDATE`

const sqlOpenItem = `
SELECT i.verdict, i.differs, coalesce(i.answer, 0), o.person IS NOT NULL, coalesce(o.waiting, false)
  FROM registry.verification_item AS i
  LEFT JOIN registry.difference_open AS o ON o.verification = i.verification AND o.person = i.person
 WHERE i.verification = @job AND i.person = @person`

const sqlAddResolution = `
INSERT INTO registry.resolution (verification, person, n, choice, why, acts, by_whom, at)
SELECT @job, @person, coalesce(max(r.n), 0) + 1, @choice, @why, @acts, @by, @now
  FROM registry.resolution AS r WHERE r.verification = @job AND r.person = @person`

// Resolve records a person's decision on one difference: it is accepted with a
// reason, or acts are proposed that bring our record to what the source says. Acts
// that divert money or a right wait for their second person as always, and the
// difference stays open until all are done; refused, it may be decided anew. It
// returns the acts.
func Resolve(ctx context.Context, desk *people.Desk, r Resolution) ([]people.Act, error) {
	var acts []people.Act
	err := pgdb.InTx(ctx, desk.DB, func(ctx context.Context, tx pgx.Tx) error {
		acts = nil
		if strings.TrimSpace(r.Why) == "" {
			return errs.Coded(errs.Invalid, "VERIFY-REASON", "Hãy ghi lý do giữ nguyên hoặc sửa. / Give the reason to keep or to correct.", nil)
		}
		if err := desk.Office.InOffice(ctx, tx, calendar.DateOf(desk.Now()), r.By); err != nil {
			return err
		}
		s, err := Read(ctx, tx, r.Verification)
		if err != nil {
			return err
		}
		changes, err := r.changes(ctx, tx, desk, s.Source)
		if err != nil {
			return err
		}
		ids := []int64{}
		for _, c := range changes {
			act, err := desk.ProposeIn(ctx, tx, people.Proposal{Person: r.Person, Change: c.change, From: c.from, Paper: r.Paper, Why: r.Why, By: r.By})
			if err != nil {
				return err
			}
			acts, ids = append(acts, act), append(ids, act.ID)
		}
		choice := "correct"
		if r.Accept {
			choice = "accept"
		}
		_, err = tx.Exec(ctx, sqlAddResolution, pgx.NamedArgs{"job": r.Verification, "person": r.Person, "choice": choice, "why": r.Why, "acts": ids,
			"by": r.By, "now": desk.Now()})
		if err != nil {
			return fmt.Errorf("store the decision: %w", err)
		}
		_, err = audit.Append(ctx, tx, audit.Entry{At: desk.Now(), Actor: r.By, Act: "verification." + choice, Subject: fmt.Sprintf("person/%d", r.Person),
			Detail: map[string]any{"verification": r.Verification, "why": r.Why, "acts": ids}})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("decide on person %d of verification %d: %w", r.Person, r.Verification, err)
	}
	return acts, nil
}

type change struct {
	change people.Change
	from   calendar.Date
}

// changes lists what a correction proposes; of an acceptance nothing. It refuses an
// item that is not open.
func (r Resolution) changes(ctx context.Context, tx pgx.Tx, desk *people.Desk, source Source) ([]change, error) {
	var verdict Verdict
	var differs []string
	var answer int64
	var open, waiting bool
	if _, err := tx.Exec(ctx, sqlLockItem, pgx.NamedArgs{"job": r.Verification, "person": r.Person}); err != nil {
		return nil, fmt.Errorf("lock the difference: %w", err)
	}
	err := tx.QueryRow(ctx, sqlOpenItem, pgx.NamedArgs{"job": r.Verification, "person": r.Person}).Scan(&verdict, &differs, &answer, &open, &waiting)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("open difference: %w", err)
	}
	if waiting {
		return nil, errs.Coded(errs.Conflict, "VERIFY-WAITING", fmt.Sprintf("Đề nghị sửa người số %d ở việc đối chiếu %d đang chờ người thứ hai. / "+
			"A correction of person %d in verification %d waits for a second person.", r.Person, r.Verification, r.Person, r.Verification), nil)
	}
	if err != nil || !open {
		return nil, errs.Coded(errs.Conflict, "VERIFY-DECIDED", fmt.Sprintf("Người số %d không có khác biệt nào chờ quyết định ở việc đối chiếu %d. / "+
			"Person %d has no difference to decide in verification %d.", r.Person, r.Verification, r.Person, r.Verification), nil)
	}
	if r.Accept {
		return nil, nil
	}
	var list []change
	switch {
	case source == Accounts && r.Way != nil:
		list = append(list, change{change: people.PaidBy{Way: *r.Way}})
	case source == Population && verdict == NotFound && r.ID != "":
		list = append(list, change{change: people.IDIs{ID: r.ID}})
	case source == Population && verdict != NotFound:
		k, err := readAnswer(ctx, tx, answer)
		if err != nil {
			return nil, err
		}
		var a PersonAnswer
		if err := k.open(desk.Keys, source, &a); err != nil {
			return nil, err
		}
		if list, err = a.corrections(ctx, tx, verdict, differs, calendar.DateOf(desk.Now())); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, errs.Coded(errs.Invalid, "VERIFY-CORRECT", "Để sửa cần nêu giá trị đúng: tài khoản, số định danh, hoặc ngày mất. / "+
			"A correction needs the right value: the account, the id, or the day of death.", nil)
	}
	return list, nil
}

// corrections are the acts that bring our record to the register's answer.
func (a PersonAnswer) corrections(ctx context.Context, db pgdb.Querier, verdict Verdict, differs []string, today calendar.Date) ([]change, error) {
	if verdict == Dead {
		if a.DiedOn.IsZero() {
			return nil, nil
		}
		return []change{{change: people.Died{}, from: a.DiedOn}}, nil
	}
	var list []change
	if slices.Contains(differs, "name") {
		list = append(list, change{change: people.NameIs{Name: a.Name}})
	}
	if slices.Contains(differs, "birth") || slices.Contains(differs, "sex") {
		list = append(list, change{change: people.BornOn{Birth: a.Birth, Sex: a.Sex}})
	}
	if slices.Contains(differs, "unit") {
		unit, err := registry.UnitAt(ctx, db, a.Unit, today)
		if errors.Is(err, registry.ErrNoUnit) {
			return nil, errs.Coded(errs.Conflict, "VERIFY-UNIT", fmt.Sprintf("Nơi cư trú mã %s không thuộc địa bàn này: làm thủ tục chuyển đi, hoặc giữ nguyên kèm lý do. / "+
				"Commune %s is not one of ours: the person moved away, or keep the record with a reason.", a.Unit, a.Unit), err)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, change{change: people.LivesIn{Unit: unit}})
	}
	return list, nil
}
