package people

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/registry"
)

// Reader is who reads a record, in what capacity and why. The zero Reader sees no
// sensitive category.
type Reader struct {
	ID   string
	Role string // maker, approver, accountant, department, auditor
	Unit string // "" = all units
	Why  string // asked for level 3
}

// The levels of a category (registry.Category.Sensitive) from which it is masked.
const (
	levelHealth = 2 // health, children, origin
	levelSecret = 3 // the category alone tells of an illness nobody may learn of
)

// shows says whether the reader sees a category of this level of a person of the
// unit. Level 3 is seen by the department and the auditor, who say why; level 2 by
// them and by the makers and approvers of the commune.
func (r Reader) shows(level int, unit string) bool {
	city := r.Role == "department" || r.Role == "auditor"
	commune := (r.Role == "maker" || r.Role == "approver") && r.Unit == unit
	switch {
	case level >= levelSecret:
		return city && strings.TrimSpace(r.Why) != ""
	case level == levelHealth:
		return city || commune
	default:
		return true
	}
}

// ShowsCategory is whether the reader sees a category of a person of the unit; one
// that is not in the catalogue is taken for secret.
func (r Reader) ShowsCategory(code, unit string) bool {
	if code == "" {
		return true
	}
	all := registry.Categories()
	i := slices.IndexFunc(all, func(c registry.Category) bool { return c.Code == code })
	return r.shows(levelOf(all, i), unit)
}

func levelOf(all []registry.Category, i int) int {
	if i < 0 {
		return levelSecret
	}
	return all[i].Sensitive
}

// maskOf is what a masked category shows: the same words for a secret one and for
// any other of its branch, so that the mask tells nothing.
func maskOf(code string) string {
	if strings.HasPrefix(code, "NCC-") {
		return "người có công"
	}
	return "trợ giúp xã hội"
}

// NoteReading writes into the audit chain that a person's record was read, by whom
// and why. Every reading of personal data owes it.
func NoteReading(ctx context.Context, tx pgx.Tx, who Reader, person int64, now time.Time) error {
	if who.ID == "" {
		return errs.Coded(errs.Denied, "PEOPLE-READER", "Người xem phải có tên. / Whoever reads a record has a name.", nil)
	}
	_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: who.ID, Act: "person.read", Subject: fmt.Sprintf("person/%d", person),
		Detail: map[string]any{"role": who.Role, "unit": who.Unit, "why": who.Why}})
	return err
}
