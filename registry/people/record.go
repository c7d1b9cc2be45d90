package people

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/registry"
)

// Record is a person as of a day, as it was known at a time. Ids and accounts are
// masked, categories are shown as far as the reader may see them.
type Record struct {
	Person     int64
	Day        calendar.Date
	Known      time.Time
	Name       string
	ID         string // "…1234", "" = none
	Birth      string
	Sex        registry.Sex
	Unit       string // code and first day
	UnitName   string
	Serving    string // "" = the home commune
	Died       calendar.Date
	Into       int64   // merged into this record, 0 = none
	Others     []int64 // records merged into this one
	Categories []CategoryState
	Ways       []WayState // by rank; of the dead none
	Payee      *PayeeState
	Household  []Member
	Waiting    int64 // acts that wait for a second person
}

// CategoryState is a category of the person with where it comes from.
type CategoryState struct {
	Code     string // "" = the reader may not see it
	Shown    string
	State    State
	Decision string
	List     int64
}

// WayState is a way of payment.
type WayState struct {
	Rank     int16
	Method   registry.Method
	BankBIN  string
	Account  string // masked
	Holder   string
	Provider string
	Source   int64 // the list or act that brought it
}

// PayeeState is who receives for the person.
type PayeeState struct {
	Act       int64
	Kind      PayeeKind
	Name      string
	Person    int64
	PaperNo   string
	PaperDate calendar.Date
	From      calendar.Date
	To        calendar.Date // zero = open
	Method    registry.Method
	BankBIN   string
	Account   string // masked
}

// Read reads a person as of a day, known at a time, for a reader. What an act said
// counts from its decision. It returns ErrNoPerson; who may see the person at all
// is the caller's to know.
func Read(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, person int64, day calendar.Date, known time.Time, who Reader) (Record, error) {
	p, err := readPerson(ctx, db, person)
	if err != nil {
		return Record{}, err
	}
	r := Record{Person: person, Day: day, Known: known, Into: p.Into}
	if err := r.facts(ctx, db, keys, p); err != nil {
		return Record{}, err
	}
	for _, read := range []func(context.Context, pgdb.Querier) error{r.others, r.death, r.ways, r.payee, r.household, r.waiting} {
		if err := read(ctx, db); err != nil {
			return Record{}, err
		}
	}
	return r, r.categories(ctx, db, who)
}

// facts takes the statement that holds, or what the record says where no act ever
// touched a field.
func (r *Record) facts(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, p current) error {
	facts, err := Facts(ctx, db, p.ID)
	if err != nil {
		return err
	}
	get := func(field string) string {
		if f, ok := factOn(facts, field, r.Day, r.Known); ok {
			return f.Value
		}
		if slices.ContainsFunc(facts, func(f Fact) bool { return f.Field == field }) || p.Created.After(r.Known) {
			return ""
		}
		value, _ := p.listed(field)
		return value
	}
	r.Name, r.Birth, r.Sex, r.Unit, r.Serving = get(fieldName), get(fieldBirth), registry.Sex(get(fieldSex)), get(fieldUnit), get(fieldServing)
	if r.Serving == r.Unit {
		r.Serving = ""
	}
	if r.ID = get(fieldID); r.ID == idTailUnknown {
		if r.ID, err = listedID(ctx, db, keys, p); err != nil {
			return err
		}
	}
	return r.unitName(ctx, db)
}

const sqlUnitName = `SELECT coalesce((SELECT name_vi FROM registry.unit WHERE code || ' ' || valid_from = @unit), '')`

func (r *Record) unitName(ctx context.Context, db pgdb.Querier) error {
	if err := db.QueryRow(ctx, sqlUnitName, pgx.NamedArgs{"unit": r.Unit}).Scan(&r.UnitName); err != nil {
		return fmt.Errorf("name of unit %s: %w", r.Unit, err)
	}
	return nil
}

const sqlListedID = `
SELECT f.id_index, f.id_enc FROM registry.person_fact AS f
 WHERE f.person = @person AND f.field = 'id' AND f.act IS NULL
UNION ALL
SELECT p.id_index, p.id_enc FROM registry.person AS p
 WHERE p.id = @person AND p.id_index IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM registry.person_fact AS f WHERE f.person = @person AND f.field = 'id')
 LIMIT 1`

func listedID(ctx context.Context, db pgdb.Querier, keys *crypt.Keys, p current) (string, error) {
	var index, closed []byte
	if err := db.QueryRow(ctx, sqlListedID, pgx.NamedArgs{"person": p.ID}).Scan(&index, &closed); err != nil {
		return "", fmt.Errorf("id of person %d: %w", p.ID, err)
	}
	id, err := registry.OpenID(keys, index, closed)
	return id.String(), err
}

const sqlOthers = `
SELECT m.gone
  FROM registry.merged AS m
  JOIN registry.act_decision AS d ON d.act = m.act AND d.at <= @known
  LEFT JOIN registry.merge_undone AS u ON u.merged = m.act
  LEFT JOIN registry.act_decision AS e ON e.act = u.act AND e.at <= @known
 WHERE m.kept = @person AND e.act IS NULL
 ORDER BY m.gone`

func (r *Record) others(ctx context.Context, db pgdb.Querier) error {
	rows, _ := db.Query(ctx, sqlOthers, r.args())
	var err error
	if r.Others, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return fmt.Errorf("records of person %d: %w", r.Person, err)
	}
	return nil
}

func (r *Record) args() pgx.NamedArgs {
	return pgx.NamedArgs{"person": r.Person, "day": r.Day, "known": r.Known}
}

const sqlDiedKnown = `
SELECT x.died_on
  FROM registry.death AS x
  JOIN registry.act_decision AS d ON d.act = x.act AND d.at <= @known
  LEFT JOIN registry.death_undone AS u ON u.death = x.act
  LEFT JOIN registry.act_decision AS e ON e.act = u.act AND e.at <= @known
 WHERE x.person = @person AND e.act IS NULL AND x.died_on <= @day`

func (r *Record) death(ctx context.Context, db pgdb.Querier) error {
	rows, _ := db.Query(ctx, sqlDiedKnown, r.args())
	days, err := pgx.CollectRows(rows, pgx.RowTo[calendar.Date])
	if err != nil {
		return fmt.Errorf("death of person %d: %w", r.Person, err)
	}
	if len(days) > 0 {
		r.Died = days[0]
	}
	return nil
}

const sqlWaysKnown = `
SELECT c.rank, c.method, c.bank_bin, c.account_tail, c.holder, c.provider, c.list
  FROM registry.channel AS c WHERE c.person = @person AND c.valid_from <= @known
UNION ALL
SELECT h.rank, h.method, h.bank_bin, h.account_tail, h.holder, h.provider, h.list
  FROM registry.channel_history AS h WHERE h.person = @person AND h.valid_from <= @known AND h.valid_to > @known
 ORDER BY 1`

func (r *Record) ways(ctx context.Context, db pgdb.Querier) error {
	rows, _ := db.Query(ctx, sqlWaysKnown, r.args())
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[WayState])
	if err != nil {
		return fmt.Errorf("ways of person %d: %w", r.Person, err)
	}
	for i := range list {
		list[i].Account = masked(list[i].Account)
	}
	r.Ways = list
	return nil
}

func masked(tail string) string {
	if tail == "" {
		return ""
	}
	return "…" + tail
}

const sqlPayeeKnown = `
SELECT y.act, y.kind, y.name, coalesce(y.payee, 0), y.paper_no, y.paper_date, y.valid_from, y.valid_to, y.method, y.bank_bin, y.account_tail
  FROM registry.payee AS y
  JOIN registry.act_decision AS d ON d.act = y.act AND d.at <= @known
  LEFT JOIN registry.payee_end AS e ON e.payee = y.act
  LEFT JOIN registry.act_decision AS f ON f.act = e.act AND f.at <= @known
 WHERE y.person = @person AND y.valid_from <= @day AND (y.valid_to IS NULL OR y.valid_to >= @day)
   AND (f.act IS NULL OR e.ended_on > @day)
 ORDER BY y.act DESC LIMIT 1`

func (r *Record) payee(ctx context.Context, db pgdb.Querier) error {
	rows, _ := db.Query(ctx, sqlPayeeKnown, r.args())
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (PayeeState, error) {
		var y PayeeState
		var to *calendar.Date
		err := row.Scan(&y.Act, &y.Kind, &y.Name, &y.Person, &y.PaperNo, &y.PaperDate, &y.From, &to, &y.Method, &y.BankBIN, &y.Account)
		if to != nil {
			y.To = *to
		}
		y.Account = masked(y.Account)
		return y, err
	})
	if err != nil {
		return fmt.Errorf("payee of person %d: %w", r.Person, err)
	}
	if len(list) > 0 {
		r.Payee = &list[0]
	}
	return nil
}

// household reads it as it is recorded today for the day: when a membership became
// known stands in its act.
func (r *Record) household(ctx context.Context, db pgdb.Querier) error {
	m, in, err := MemberOf(ctx, db, r.Person, r.Day)
	if err != nil || !in {
		return err
	}
	r.Household, err = Members(ctx, db, m.Household, r.Day)
	return err
}

const sqlCountWaiting = `
SELECT count(*) FROM registry.act AS a
 WHERE a.person = @person AND NOT EXISTS (SELECT 1 FROM registry.act_decision AS d WHERE d.act = a.id)`

func (r *Record) waiting(ctx context.Context, db pgdb.Querier) error {
	if err := db.QueryRow(ctx, sqlCountWaiting, r.args()).Scan(&r.Waiting); err != nil {
		return fmt.Errorf("waiting acts of person %d: %w", r.Person, err)
	}
	return nil
}

// sqlCategoriesKnown takes each category's newest row by then, with its state.
const sqlCategoriesKnown = `
SELECT DISTINCT ON (w.category) w.category, w.decision_no, w.list,
       coalesce((SELECT s.state FROM registry.standing AS s JOIN registry.act_decision AS d ON d.act = s.act AND d.at <= @known
                  WHERE s.person = @person AND s.category IN ('', w.category) AND s.valid_from <= @day ORDER BY s.act DESC LIMIT 1), 'active'),
       coalesce(k.sensitive, 0), coalesce(k.name_vi, w.category)
  FROM registry.list_row AS w
  JOIN registry.list AS l ON l.id = w.list AND l.imported_at <= @known
  LEFT JOIN registry.category AS k ON k.code = w.category
 WHERE w.person = @person OR w.person = ANY (@others::bigint[])
 ORDER BY w.category, w.list DESC`

func (r *Record) categories(ctx context.Context, db pgdb.Querier, who Reader) error {
	args := r.args()
	args["others"] = r.Others
	rows, _ := db.Query(ctx, sqlCategoriesKnown, args)
	unit := r.Unit
	if len(unit) > 5 {
		unit = unit[:5]
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (CategoryState, error) {
		var c CategoryState
		var level int
		var name string
		err := row.Scan(&c.Code, &c.Decision, &c.List, &c.State, &level, &name)
		if shown := who.shows(level, unit); !shown {
			c = CategoryState{Shown: maskOf(c.Code), State: c.State}
		} else {
			c.Shown = name
		}
		return c, err
	})
	if err != nil {
		return fmt.Errorf("categories of person %d: %w", r.Person, err)
	}
	r.Categories = list
	return nil
}

// Acts lists every act on the person, oldest first, also on records merged into it.
// Their content names no category the reader may not see.
func Acts(ctx context.Context, db pgdb.Querier, person int64, who Reader) ([]Act, error) {
	p, err := readPerson(ctx, db, person)
	if err != nil {
		return nil, err
	}
	rows, _ := db.Query(ctx, sqlGroup, pgx.NamedArgs{"person": person})
	group, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("records of person %d: %w", person, err)
	}
	list, err := acts(ctx, db, sqlActsOfPerson, pgx.NamedArgs{"people": group})
	if err != nil {
		return nil, err
	}
	for i, a := range list {
		c, was, err := a.Change()
		if err != nil {
			return nil, err
		}
		if s, ok := c.(Stands); ok && !who.ShowsCategory(s.Category, p.Unit.Code) {
			list[i].Content = fmt.Sprintf(`{"change":{"Category":%q,"State":%q},"was":%q}`, maskOf(s.Category), s.State, was)
		}
	}
	return list, nil
}
