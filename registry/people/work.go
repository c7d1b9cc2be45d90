package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// Change is what an act says about a person. The types of this package that
// implement it are all there are.
type Change interface {
	Kind() Kind
	// check refuses what may not be, at the proposal and again at the decision.
	check(ctx context.Context, w *work) error
	// current is what the record says about it now, to find that it changed.
	current(ctx context.Context, w *work) (string, error)
	// apply writes it. The act is stored; its decision commits with it.
	apply(ctx context.Context, w *work) error
}

// reported is a change that does something already when it is proposed, and takes
// it back when it is refused.
type reported interface {
	report(ctx context.Context, w *work) error
	takeBack(ctx context.Context, w *work) error
}

// withID and withAccount are changes that carry a secret.
type (
	withID      interface{ secretID() crypt.Secret }
	withAccount interface{ secretAccount() crypt.Secret }
)

// work is one act under way, in one transaction, under the lock of acts.
type work struct {
	*Desk
	tx     pgx.Tx
	now    time.Time
	today  calendar.Date
	person current
	act    Act
}

// current is a person's record as it stands.
type current struct {
	ID        int64
	Name      string
	IDIndex   []byte
	IDEnc     []byte
	Birth     registry.Birth
	Sex       registry.Sex
	Unit      registry.UnitKey
	FirstList int64
	Created   time.Time
	Into      int64 // the record this one was merged into, 0 = none
}

func (d *Desk) begin(ctx context.Context, tx pgx.Tx, person int64) (*work, error) {
	if _, err := tx.Exec(ctx, sqlLock); err != nil {
		return nil, fmt.Errorf("lock acts: %w", err)
	}
	now := d.Now()
	w := &work{Desk: d, tx: tx, now: now, today: calendar.DateOf(now)}
	var err error
	w.person, err = readPerson(ctx, tx, person)
	return w, err
}

const sqlPerson = `
SELECT p.id, p.name, p.id_index, p.id_enc, p.birth_date, coalesce(p.birth_year, 0), p.birth_precision, p.sex, p.unit_code, p.unit_valid_from,
       p.first_list, p.created_at, coalesce(s.kept, 0)
  FROM registry.person AS p
  LEFT JOIN registry.same_person AS s ON s.gone = p.id
 WHERE p.id = @person`

func readPerson(ctx context.Context, db pgdb.Querier, person int64) (current, error) {
	var p current
	var birth *calendar.Date
	err := db.QueryRow(ctx, sqlPerson, pgx.NamedArgs{"person": person}).Scan(&p.ID, &p.Name, &p.IDIndex, &p.IDEnc, &birth, &p.Birth.Year,
		&p.Birth.Precision, &p.Sex, &p.Unit.Code, &p.Unit.ValidFrom, &p.FirstList, &p.Created, &p.Into)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, errs.Coded(errs.NotFound, "PEOPLE-NO-PERSON", fmt.Sprintf("Không có người số %d. / There is no person %d.", person, person), ErrNoPerson)
	}
	if err != nil {
		return p, fmt.Errorf("person %d: %w", person, err)
	}
	if birth != nil {
		p.Birth.Date = *birth
	}
	return p, nil
}

const sqlGroup = `
SELECT @person::bigint UNION SELECT s.gone FROM registry.same_person AS s WHERE s.kept = @person`

// group is the person with the records merged into this one.
func (w *work) group(ctx context.Context, person int64) ([]int64, error) {
	rows, _ := w.tx.Query(ctx, sqlGroup, pgx.NamedArgs{"person": person})
	all, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("records of person %d: %w", person, err)
	}
	return all, nil
}

// close encrypts the secrets of a change into the act.
func (w *work) close(c Change) error {
	var err error
	if s, ok := c.(withID); ok && s.secretID() != "" {
		if w.act.IDIndex, w.act.IDEnc, err = registry.CloseID(w.Keys, w.Random, s.secretID()); err != nil {
			return fmt.Errorf("close the id: %w", err)
		}
	}
	if s, ok := c.(withAccount); ok && s.secretAccount() != "" {
		if w.act.AccountIndex, w.act.AccountEnc, err = registry.CloseAccount(w.Keys, w.Random, s.secretAccount()); err != nil {
			return fmt.Errorf("close the account: %w", err)
		}
	}
	return nil
}

// Change reads back what an act says. Secrets come back as their masks: the act's
// columns hold the values.
func (a Act) Change() (c Change, was string, err error) {
	var whole wrapped
	if err := json.Unmarshal([]byte(a.Content), &whole); err != nil {
		return nil, "", fmt.Errorf("content of act %d: %w", a.ID, err)
	}
	for _, known := range []interface {
		Change
		read([]byte) (Change, error)
	}{NameIs{}, IDIs{}, BornOn{}, LivesIn{}, ServedAt{}, Stands{}, PaidBy{}, AccountStands{}, PaidTo{}, PayeeEnds{}, Joins{}, Leaves{}, Died{}, LivesAfterAll{}, SameAs{}, NotSame{}} {
		if known.Kind() == a.Kind {
			c, err = known.read(whole.Change)
			if err != nil {
				return nil, "", fmt.Errorf("content of act %d: %w", a.ID, err)
			}
			return c, whole.Was, nil
		}
	}
	return nil, "", fmt.Errorf("act %d: kind %q is not known", a.ID, a.Kind)
}

func readAs[T any](text []byte) (T, error) {
	var v T
	return v, json.Unmarshal(text, &v)
}

const sqlAct = `
SELECT a.id, a.kind, a.person, a.unit_code, a.valid_from, a.content, a.id_enc, a.id_index, a.account_enc, a.account_index, a.paper_no,
       a.paper_date, a.why, a.two, a.by_one, a.at, a.answer, coalesce(d.outcome, ''), coalesce(d.by_two, ''), coalesce(d.why, ''), d.at
  FROM registry.act AS a LEFT JOIN registry.act_decision AS d ON d.act = a.id`

const sqlActByID = sqlAct + `
 WHERE a.id = @act`

const sqlActsOfPerson = sqlAct + `
 WHERE a.person = ANY (@people::bigint[])
 ORDER BY a.id`

const sqlWaitingActs = sqlAct + `
 WHERE d.act IS NULL AND (@unit = '' OR a.unit_code = @unit)
 ORDER BY a.id LIMIT @limit`

// ReadAct reads one act, or returns ErrNoAct.
func ReadAct(ctx context.Context, db pgdb.Querier, id int64) (Act, error) {
	list, err := acts(ctx, db, sqlActByID, pgx.NamedArgs{"act": id})
	if err != nil {
		return Act{}, err
	}
	if len(list) == 0 {
		return Act{}, errs.Coded(errs.NotFound, "PEOPLE-NO-ACT", fmt.Sprintf("Không có việc số %d. / There is no act %d.", id, id), ErrNoAct)
	}
	return list[0], nil
}

// Waiting lists acts that wait for a second person, oldest first; unit "" = all.
func Waiting(ctx context.Context, db pgdb.Querier, unit string, limit int) ([]Act, error) {
	return acts(ctx, db, sqlWaitingActs, pgx.NamedArgs{"unit": unit, "limit": limit})
}

func acts(ctx context.Context, db pgdb.Querier, sql string, args pgx.NamedArgs) ([]Act, error) {
	rows, _ := db.Query(ctx, sql, args)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Act, error) {
		var a Act
		var paper *calendar.Date
		err := row.Scan(&a.ID, &a.Kind, &a.Person, &a.Unit, &a.From, &a.Content, &a.IDEnc, &a.IDIndex, &a.AccountEnc, &a.AccountIndex, &a.PaperNo,
			&paper, &a.Why, &a.Two, &a.By, &a.At, &a.Answer, &a.Outcome, &a.ByTwo, &a.DecidedWhy, &a.DecidedAt)
		if paper != nil {
			a.PaperDate = *paper
		}
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("read acts: %w", err)
	}
	return list, nil
}
