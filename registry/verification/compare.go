package verification

import (
	"time"

	"ansinh/internal/vntext"
	"ansinh/registry"
)

// Verdict is what an answer means beside our record.
type Verdict string

// The verdicts. Different, Dead and NotFound wait for a person.
const (
	Waiting    Verdict = "waiting"
	SameAsOurs Verdict = "same"
	Different  Verdict = "different"
	Dead       Verdict = "dead"
	NotFound   Verdict = "not_found"
	NotAsked   Verdict = "not_asked" // there is nothing to ask by: no id, no account
)

// ours is what our record says of a person of the job.
type ours struct {
	Person  int64
	Name    string
	Birth   registry.Birth
	Sex     registry.Sex
	Unit    string
	Holder  string
	BIN     string
	Index   []byte // of the id or the account
	Closed  []byte
	Since   time.Time // when a changed account came: what was said before is not about this change
	subject string
}

// comparePerson holds the register's answer against our record. Names are compared
// folded, births as far as both sides know them.
func comparePerson(o ours, a PersonAnswer) (Verdict, []string) {
	if !a.Found {
		return NotFound, []string{}
	}
	differs := []string{}
	if !vntext.SameName(o.Name, a.Name) {
		differs = append(differs, "name")
	}
	if !sameBirth(o.Birth, a.Birth) {
		differs = append(differs, "birth")
	}
	if o.Sex != "" && o.Sex != a.Sex {
		differs = append(differs, "sex")
	}
	if a.Unit != "" && a.Unit != o.Unit {
		differs = append(differs, "unit")
	}
	switch {
	case a.Dead:
		return Dead, differs
	case len(differs) > 0:
		return Different, differs
	default:
		return SameAsOurs, differs
	}
}

func sameBirth(a, b registry.Birth) bool {
	switch {
	case a.Year == 0 || b.Year == 0:
		return true // one side does not know it
	case a.Year != b.Year:
		return false
	case a.Date.IsZero() || b.Date.IsZero():
		return true
	case a.Precision == registry.PrecisionMonth || b.Precision == registry.PrecisionMonth:
		return a.Date.Month() == b.Date.Month()
	default:
		return a.Date == b.Date
	}
}

// compareHolder holds a bank's answer against the holder we would pay.
func compareHolder(o ours, a HolderAnswer) (Verdict, []string) {
	if !a.Found {
		return NotFound, []string{}
	}
	differs := []string{}
	if !vntext.SameName(o.Holder, a.Holder) {
		differs = append(differs, "holder")
	}
	if a.Closed {
		differs = append(differs, "closed")
	}
	if len(differs) > 0 {
		return Different, differs
	}
	return SameAsOurs, differs
}
