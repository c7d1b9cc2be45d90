package registry

import (
	"strings"

	"ansinh/internal/crypt"
)

// ignored says which cells of an unmarked row were written anew and are not taken:
// its person is carried as before. Money is not among them, see differences. An
// empty cell says nothing: many a list leaves them out.
func (c *changeList) ignored(line Line, base baseRow) {
	for _, cell := range []struct {
		column Column
		wrote  string
		same   bool
	}{
		{ColPhone, line.Phone.Reveal(), string(c.stage.keys.Index(crypt.FieldPhone, line.Phone)) == string(base.PhoneIndex)},
		{ColContact, line.Contact, sameText(line.Contact, base.Contact)},
		{ColGroup, line.Group, sameText(line.Group, base.Group)},
		{ColAddress, line.Address, sameText(line.Address, base.Address)},
		{ColDecision, line.DecisionNo, sameText(line.DecisionNo, base.DecisionNo) && line.sameDecisionDay(base)},
		{ColNote, line.Note, sameText(line.Note, base.Note)},
	} {
		if strings.TrimSpace(cell.wrote) != "" && !cell.same {
			c.find(line, ChangeIgnored, cell.column, cell.column.Title())
		}
	}
}

func sameText(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

func (l Line) sameDecisionDay(base baseRow) bool {
	return l.DecisionDate.IsZero() == (base.DecisionDate == nil) && (base.DecisionDate == nil || l.DecisionDate == *base.DecisionDate)
}

// otherBirth says that a row has another birth or sex than the record. No list
// changes who somebody is, marked or not, so the officer must hear of it.
func (c *changeList) otherBirth(line Line, base baseRow) {
	day := !line.Birth.Date.IsZero() && line.Birth.precision() == PrecisionDay && base.BirthDate != nil && base.Precision == PrecisionDay
	if line.Birth.Year != 0 && base.BirthYear != 0 && line.Birth.Year != base.BirthYear || day && line.Birth.Date != *base.BirthDate {
		c.find(line, ChangePerson, ColBirth, ColBirth.Title())
	}
	if line.Sex != "" && base.Sex != "" && line.Sex != base.Sex {
		c.find(line, ChangePerson, ColSex, ColSex.Title())
	}
}
