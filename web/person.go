package web

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/registry"
	"ansinh/registry/people"
	"ansinh/web/records"
)

func (s *site) personRoutes() []route {
	return []route{{pattern: "GET /people/{person}", who: readers, serve: personPage}}
}

// person is one record: who it is, how they are paid, what was paid, and every
// change with the paper it rests on.
type person struct {
	people.Record
	UnitVI     string
	ServingVI  string
	Ways       []wayLine
	Members    []member
	Payments   []foundSentence
	MoreBefore bool
	Acts       []people.Act
	Facts      []people.Fact
}

// Heading is the name.
func (p person) Heading(func(string, ...any) string) string { return p.Name }

// wayLine is a way of payment in words.
type wayLine struct {
	people.WayState
	Bank string
}

// member is somebody of the household.
type member struct {
	Person int64
	Name   string
	Head   bool
}

// reader is the visitor as the registry knows them. A category that nobody may learn
// of takes a reason, which is given at the command line.
func (v *visit) reader() people.Reader {
	return people.Reader{ID: v.me.ID, Role: string(v.me.Role), Unit: v.me.UnitCode}
}

func personPage(v *visit) error {
	id, err := v.pathNumber("person")
	if err != nil {
		return err
	}
	p, err := v.readPerson(id)
	if err != nil {
		return err
	}
	return v.show("person", p)
}

// readPerson reads a record once it is recorded who read it. One of another
// commune is not for the visitor to know.
func (v *visit) readPerson(id int64) (p person, err error) {
	now, who := v.site.Now(), v.reader()
	err = pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		p = person{}
		p.Record, err = people.Read(ctx, tx, v.site.Keys, id, calendar.DateOf(now), now, who)
		if errors.Is(err, people.ErrNoPerson) {
			return errNoPage(v.r.URL.Path)
		}
		if err != nil {
			return err
		}
		if v.me.UnitCode != "" && !strings.HasPrefix(p.Unit, v.me.UnitCode+" ") {
			return errNoPage(v.r.URL.Path)
		}
		if err := people.NoteReading(ctx, tx, who, id, now); err != nil {
			return err
		}
		if p.Acts, err = people.Acts(ctx, tx, id, who); err != nil {
			return err
		}
		if p.Facts, err = people.Facts(ctx, tx, id); err != nil {
			return err
		}
		if err := p.household(ctx, tx); err != nil {
			return err
		}
		payments, more, err := records.PersonPayments(ctx, tx, id)
		p.Payments, p.MoreBefore = v.sentences(payments), more
		return err
	})
	if err != nil {
		return person{}, err
	}
	p.UnitVI, p.ServingVI = unitWord(p.Unit), unitWord(p.Serving)
	if p.UnitName != "" {
		p.UnitVI = p.UnitName
	}
	for _, way := range p.Record.Ways {
		p.Ways = append(p.Ways, wayLine{way, bankWord(way.BankBIN)})
	}
	return p, nil
}

func (p *person) household(ctx context.Context, tx pgx.Tx) error {
	var ids []int64
	for _, m := range p.Household {
		ids = append(ids, m.Person)
	}
	names, err := records.PersonNames(ctx, tx, ids)
	for _, m := range p.Household {
		p.Members = append(p.Members, member{Person: m.Person, Name: names[m.Person], Head: m.Head})
	}
	return err
}

// unitWord is the name of a unit that a record names by code and first day.
func unitWord(unit string) string {
	code, _, _ := strings.Cut(unit, " ")
	for _, u := range registry.Communes() {
		if u.Code == code {
			return u.NameVI
		}
	}
	return unit
}

// bankWord is the name of a bank, or its number where nobody knows it.
func bankWord(bin string) string {
	if found, certain := registry.FindBank(bin); bin != "" && certain && len(found) == 1 {
		return found[0].Name
	}
	return bin
}

// factValue writes what was said of a person as people read it.
func (f formatter) factValue(w words, fact people.Fact) string {
	switch fact.Field {
	case "unit", "serving":
		return unitWord(fact.Value)
	case "birth":
		return f.birth(fact.Value)
	case "sex":
		return wordOr(w, "sex.", fact.Value)
	default:
		return fact.Value
	}
}

// birth writes a day, a month or a year of birth.
func (f formatter) birth(text string) string {
	if d, err := calendar.ParseISO(text); err == nil {
		return f.date(d)
	}
	if year, month, ok := strings.Cut(text, "-"); ok {
		return month + "/" + year
	}
	return text
}

// actOutcome is how far an act on a person is.
func actOutcome(w words, outcome string) mark {
	tones := map[string][2]string{"": {"moving", "half"}, "done": {"done", "check"}, "refused": {"ended", "bar"}}
	return markOf(w, "act.outcome.", outcome, tones)
}
