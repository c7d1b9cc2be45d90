package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
)

// Joins puts the person into a household, from the act's day on.
type Joins struct {
	Household int64 // 0 = a new one, which begins with its head
	Head      bool
}

// Leaves takes the person out of the household.
type Leaves struct{}

// Kind is [KindJoin].
func (Joins) Kind() Kind                       { return KindJoin }
func (Joins) read(text []byte) (Change, error) { return readAs[Joins](text) }

// Kind is [KindLeave].
func (Leaves) Kind() Kind                       { return KindLeave }
func (Leaves) read(text []byte) (Change, error) { return readAs[Leaves](text) }

// Member is one person's place in a household.
type Member struct {
	Household int64
	Person    int64
	Head      bool
	From      calendar.Date
	Joined    int64 // the act
}

const sqlMember = `
SELECT m.household, m.person, m.head, m.valid_from, m.act
  FROM registry.household_member AS m
  LEFT JOIN registry.household_end AS e ON e.person = m.person AND e.joined = m.act
 WHERE (e.person IS NULL OR e.ended_on > @day) AND m.valid_from <= @day`

const sqlMemberOf = sqlMember + ` AND m.person = @person ORDER BY m.act DESC LIMIT 1`

const sqlMembers = sqlMember + ` AND m.household = @household ORDER BY m.head DESC, m.person`

// MemberOf returns the person's place in a household on a day, or false.
func MemberOf(ctx context.Context, db pgdb.Querier, person int64, day calendar.Date) (Member, bool, error) {
	rows, _ := db.Query(ctx, sqlMemberOf, pgx.NamedArgs{"person": person, "day": day})
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Member])
	if errors.Is(err, pgx.ErrNoRows) {
		return Member{}, false, nil
	}
	if err != nil {
		return Member{}, false, fmt.Errorf("household of person %d: %w", person, err)
	}
	return m, true, nil
}

// Members lists a household on a day, its head first.
func Members(ctx context.Context, db pgdb.Querier, household int64, day calendar.Date) ([]Member, error) {
	rows, _ := db.Query(ctx, sqlMembers, pgx.NamedArgs{"household": household, "day": day})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
	if err != nil {
		return nil, fmt.Errorf("household %d: %w", household, err)
	}
	return list, nil
}

func (c Joins) check(ctx context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	if _, in, err := MemberOf(ctx, w.tx, w.person.ID, w.act.From); in || err != nil {
		return household(err, "người này đang ở một hộ khác", "the person is in a household already")
	}
	if c.Household == 0 {
		if !c.Head {
			return household(nil, "hộ mới bắt đầu bằng chủ hộ", "a new household begins with its head")
		}
		return nil
	}
	list, err := Members(ctx, w.tx, c.Household, w.act.From)
	if err != nil {
		return err
	}
	if len(list) == 0 || c.Head && list[0].Head {
		return household(nil, "không có hộ này vào ngày đó, hoặc hộ đã có chủ hộ", "there is no such household on that day, or it has a head")
	}
	return nil
}

func household(err error, vi, en string) error {
	if err != nil {
		return err
	}
	return errs.Coded(errs.Conflict, "PEOPLE-HOUSEHOLD", fmt.Sprintf("Hộ gia đình: %s. / Household: %s.", vi, en), nil)
}

func (Joins) current(ctx context.Context, w *work) (string, error) { return w.memberText(ctx) }

func (w *work) memberText(ctx context.Context) (string, error) {
	m, in, err := MemberOf(ctx, w.tx, w.person.ID, w.act.From)
	if err != nil || !in {
		return "", err
	}
	return fmt.Sprintf("%d %t", m.Household, m.Head), nil
}

const sqlNextHousehold = `SELECT nextval('registry.household_seq')`

const sqlAddMember = `
INSERT INTO registry.household_member (household, person, head, valid_from, act) VALUES (@household, @person, @head, @from, @act)`

func (c Joins) apply(ctx context.Context, w *work) error {
	if c.Household == 0 {
		if err := w.tx.QueryRow(ctx, sqlNextHousehold).Scan(&c.Household); err != nil {
			return fmt.Errorf("number the household: %w", err)
		}
	}
	_, err := w.tx.Exec(ctx, sqlAddMember, pgx.NamedArgs{"household": c.Household, "person": w.person.ID, "head": c.Head, "from": w.act.From, "act": w.act.ID})
	if err != nil {
		return fmt.Errorf("person %d joins household %d: %w", w.person.ID, c.Household, err)
	}
	return nil
}

func (Leaves) check(ctx context.Context, w *work) error {
	if _, in, err := MemberOf(ctx, w.tx, w.person.ID, w.act.From); !in || err != nil {
		return household(err, "người này không ở hộ nào", "the person is in no household")
	}
	return nil
}

func (Leaves) current(ctx context.Context, w *work) (string, error) { return w.memberText(ctx) }

const sqlEndMember = `
INSERT INTO registry.household_end (person, joined, ended_on, act) VALUES (@person, @joined, @day, @act)`

// apply ends the membership and, with it, what the head receives for the person:
// out of the household the head's right to receive is over.
func (Leaves) apply(ctx context.Context, w *work) error {
	m, _, err := MemberOf(ctx, w.tx, w.person.ID, w.act.From)
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{"person": m.Person, "joined": m.Joined, "day": w.act.From, "act": w.act.ID}
	if _, err := w.tx.Exec(ctx, sqlEndMember, args); err != nil {
		return fmt.Errorf("person %d leaves household %d: %w", m.Person, m.Household, err)
	}
	return w.endPayees(ctx, sqlEndHeads)
}
