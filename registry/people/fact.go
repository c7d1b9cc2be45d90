package people

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// The fields of which every statement is kept.
const (
	fieldName    = "name"
	fieldID      = "id"
	fieldBirth   = "birth"
	fieldSex     = "sex"
	fieldUnit    = "unit"
	fieldServing = "serving"
)

// Fact is one statement about a person.
type Fact struct {
	Field string
	Value string // of an id its last digits, of a unit its code and first day
	From  calendar.Date
	To    calendar.Date // last day; zero = until another statement
	Known time.Time
	Act   int64 // 0 = a list brought it
	List  int64
}

const sqlHasFact = `SELECT EXISTS (SELECT 1 FROM registry.person_fact WHERE person = @person AND field = @field)`

const sqlAddFact = `
INSERT INTO registry.person_fact (person, field, value, id_enc, id_index, valid_from, known_at, act, list)
VALUES (@person, @field, @value, @id_enc, @id_index, @from, @known, @act, @list)`

// say keeps a new statement. Before the first one of a field it keeps what the
// list said, so that the history is whole.
func (w *work) say(ctx context.Context, field, value string) error {
	p := w.person
	args := pgx.NamedArgs{"person": p.ID, "field": field, "id_enc": nil, "id_index": nil}
	var known bool
	if err := w.tx.QueryRow(ctx, sqlHasFact, args).Scan(&known); err != nil {
		return fmt.Errorf("facts of person %d: %w", p.ID, err)
	}
	if before, ok := p.listed(field); !known && ok {
		args["value"], args["from"], args["known"], args["act"], args["list"] = before, calendar.DateOf(p.Created), p.Created, nil, p.FirstList
		if field == fieldID {
			args["id_enc"], args["id_index"] = p.IDEnc, p.IDIndex
		}
		if _, err := w.tx.Exec(ctx, sqlAddFact, args); err != nil {
			return fmt.Errorf("keep what the list said of person %d: %w", p.ID, err)
		}
	}
	args["value"], args["from"], args["known"], args["act"], args["list"] = value, w.act.From, w.now, w.act.ID, nil
	args["id_enc"], args["id_index"] = nil, nil
	if field == fieldID {
		args["id_enc"], args["id_index"] = w.act.IDEnc, w.act.IDIndex
	}
	if _, err := w.tx.Exec(ctx, sqlAddFact, args); err != nil {
		return fmt.Errorf("keep %s of person %d: %w", field, p.ID, err)
	}
	return nil
}

// listed is what the record says of a field that no act has touched.
func (p current) listed(field string) (string, bool) {
	switch field {
	case fieldName:
		return p.Name, true
	case fieldID:
		return idTailUnknown, p.IDIndex != nil
	case fieldBirth:
		return birthText(p.Birth), true
	case fieldSex:
		return string(p.Sex), true
	case fieldUnit:
		return unitText(p.Unit), true
	default:
		return "", false
	}
}

// idTailUnknown stands for an id from a list: its digits are read from the closed
// column beside it.
const idTailUnknown = "…"

func birthText(b registry.Birth) string {
	switch b.Precision {
	case registry.PrecisionDay:
		return b.Date.String()
	case registry.PrecisionMonth:
		return b.Date.String()[:7]
	case registry.PrecisionYear:
		return fmt.Sprint(b.Year)
	case registry.PrecisionNone:
		return ""
	default:
		return ""
	}
}

func unitText(u registry.UnitKey) string { return u.Code + " " + u.ValidFrom.String() }

const sqlFacts = `
SELECT field, value, valid_from, valid_to, known_at, coalesce(act, 0), coalesce(list, 0)
  FROM registry.person_fact WHERE person = @person
 ORDER BY field, known_at, act IS NOT NULL, id`

// Facts lists every statement about a person by field and by when it was known.
// A field that never changed has none: the record itself says it.
func Facts(ctx context.Context, db pgdb.Querier, person int64) ([]Fact, error) {
	rows, _ := db.Query(ctx, sqlFacts, pgx.NamedArgs{"person": person})
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Fact, error) {
		var f Fact
		var to *calendar.Date
		err := row.Scan(&f.Field, &f.Value, &f.From, &to, &f.Known, &f.Act, &f.List)
		if to != nil {
			f.To = *to
		}
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("facts of person %d: %w", person, err)
	}
	return list, nil
}

// factOn picks the statement that holds on a day, of those known at a time: the
// latest known that covers the day.
func factOn(facts []Fact, field string, day calendar.Date, known time.Time) (Fact, bool) {
	var found Fact
	ok := false
	for _, f := range facts {
		if f.Field != field || f.Known.After(known) || day.Before(f.From) || !f.To.IsZero() && day.After(f.To) {
			continue
		}
		found, ok = f, true // in the order in which they became known
	}
	return found, ok
}
