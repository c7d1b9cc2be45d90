package people

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/errs"
	"ansinh/registry"
)

// State is whether a right is paid.
type State string

// The states of a right.
const (
	Active    State = "active"
	Suspended State = "suspended" // tạm dừng: nothing is planned until it is active again
	Ended     State = "ended"     // thôi hưởng
)

// Stands says that a right is suspended, ended or active again, from the month of
// the act's day on. Category "" is all of the person's rights.
type Stands struct {
	Category string
	State    State
}

// Kind is [KindStanding].
func (Stands) Kind() Kind                       { return KindStanding }
func (Stands) read(text []byte) (Change, error) { return readAs[Stands](text) }

func (c Stands) check(_ context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	known := c.Category == "" || slices.ContainsFunc(registry.Categories(), func(k registry.Category) bool { return k.Code == c.Category })
	if !known || c.State != Active && c.State != Suspended && c.State != Ended {
		return errs.Coded(errs.Invalid, "PEOPLE-STANDING", "Chọn nhóm đối tượng trong danh mục và một trạng thái: active, suspended, ended. / "+
			"Choose a category of the catalogue and a state: active, suspended, ended.", nil)
	}
	return nil
}

const sqlStanding = `
SELECT coalesce((SELECT s.state FROM registry.standing AS s WHERE s.person = @person AND s.category = @category ORDER BY s.act DESC LIMIT 1), '')`

func (c Stands) current(ctx context.Context, w *work) (string, error) {
	var state string
	err := w.tx.QueryRow(ctx, sqlStanding, pgx.NamedArgs{"person": w.person.ID, "category": c.Category}).Scan(&state)
	if err != nil {
		return "", fmt.Errorf("standing of person %d: %w", w.person.ID, err)
	}
	return state, nil
}

const sqlAddStanding = `
INSERT INTO registry.standing (person, category, state, valid_from, act) VALUES (@person, @category, @state, @from, @act)`

func (c Stands) apply(ctx context.Context, w *work) error {
	_, err := w.tx.Exec(ctx, sqlAddStanding, pgx.NamedArgs{"person": w.person.ID, "category": c.Category, "state": c.State,
		"from": w.act.From.FirstOfMonth(), "act": w.act.ID})
	if err != nil {
		return fmt.Errorf("standing of person %d: %w", w.person.ID, err)
	}
	return nil
}
