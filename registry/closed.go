package registry

import (
	"fmt"
	"io"
	"strconv"

	"ansinh/internal/crypt"
)

// closedLine is what the database keeps of a row's secrets, and the fold of its
// name: everything that costs processor time and depends on nothing registered. It
// is made when a list is read, while the database takes the list before.
type closedLine struct {
	fold    string
	local   []byte // of a person without an id
	id      closedValue
	phone   closedValue
	account closedValue
	payee   closedValue
}

// closedValue is a blind index and the value encrypted beside it; the zero value
// is that of a cell that is empty.
type closedValue struct{ index, closed []byte }

// person is the key that tells a row's person from all others of its list.
func (c *closedLine) person() string {
	if c.id.index != nil {
		return "i" + string(c.id.index)
	}
	return "l" + string(c.local)
}

// closeLines closes the rows without an error, each at the place it has among lines.
func closeLines(keys *crypt.Keys, random io.Reader, unit UnitKey, lines []Line) ([]closedLine, error) {
	c := closer{keys: keys, random: random}
	out := make([]closedLine, len(lines))
	for i := range lines {
		line, o := &lines[i], &out[i]
		if line.Refused {
			continue
		}
		o.fold = line.nameFold()
		o.id = c.value(crypt.FieldID, line.ID)
		o.phone = c.value(crypt.FieldPhone, line.Phone)
		o.account = c.value(crypt.FieldAccount, line.Account)
		o.payee = c.value(crypt.FieldID, line.PayeeID)
		if line.ID == "" {
			o.local = keys.Index(fieldLocal, localText(unit, line, o.fold))
		}
		if c.err != nil {
			return nil, fmt.Errorf("close row %d: %w", line.Row, c.err)
		}
	}
	return out, nil
}

// localText is all that tells people without an id apart, for their blind index.
func localText(unit UnitKey, line *Line, fold string) crypt.Secret {
	birth := line.Birth.Date.String()
	if birth == "" {
		birth = strconv.Itoa(line.Birth.Year)
	}
	return crypt.Secret(unit.Code + "|" + fold + "|" + birth + "|" + string(line.Sex))
}

// closer encrypts fields and keeps the first error.
type closer struct {
	keys   *crypt.Keys
	random io.Reader
	err    error
}

func (c *closer) value(kind crypt.FieldKind, value crypt.Secret) closedValue {
	index, closed := c.close(kind, value)
	return closedValue{index, closed}
}

func (c *closer) close(kind crypt.FieldKind, value crypt.Secret) (index, closed []byte) {
	if value == "" || c.err != nil {
		return nil, nil
	}
	index = c.keys.Index(kind, value)
	closed, c.err = c.keys.Encrypt(c.random, place(kind, index), value)
	return index, closed
}
