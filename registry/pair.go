package registry

import (
	"ansinh/internal/crypt"
	"ansinh/internal/vntext"
)

// checkPairs finds what only shows between rows of one list: one id with two
// names, one person twice, one person with two ways of payment. It refuses both
// rows where nobody can say which is right, else the later one.
//
// A person in two categories stands on two rows, and that is no fault.
func checkPairs(lines []Line, address func(i int, code Code, c Column, args ...any) Finding) []Finding {
	var findings []Finding
	refuse := func(i int, code Code, c Column, args ...any) {
		lines[i].Refused = true
		findings = append(findings, address(i, code, c, args...))
	}
	firstOf := make(map[crypt.Secret]int)
	firstLocal := make(map[localPerson]int)
	categoryRow := make(map[personCategory]int)
	for i := range lines {
		line := &lines[i]
		if line.Change == ChangeRemoved {
			continue // pays nobody; whom it ends is found in the list before
		}
		if line.ID == "" {
			if line.Name == "" {
				continue
			}
			who := line.local()
			if first, ok := firstLocal[who]; ok {
				refuse(i, LocalTwice, ColID, lines[first].Row)
				if !lines[first].Refused {
					refuse(first, LocalTwice, ColID, line.Row)
				}
				continue
			}
			firstLocal[who] = i
			continue
		}
		first, ok := firstOf[line.ID]
		if !ok {
			firstOf[line.ID] = i
			categoryRow[personCategory{line.ID, line.Category}] = i
			continue
		}
		if !vntext.SameName(lines[first].Name, line.Name) {
			refuse(i, IDTwice, ColID, lines[first].Row)
			refuse(first, IDTwice, ColID, line.Row)
			continue
		}
		key := personCategory{line.ID, line.Category}
		if earlier, twice := categoryRow[key]; twice {
			refuse(i, RowTwice, ColCategory, lines[earlier].Row)
			continue
		}
		categoryRow[key] = i
		if !lines[first].sameChannel(*line) {
			refuse(i, ChannelDiffers, ColMethod, lines[first].Row)
		}
	}
	// A row without an id that is, as far as it goes, a row with one.
	named := make(map[localPerson]int, len(firstOf))
	for _, i := range firstOf {
		named[lines[i].local()] = i
	}
	for who, i := range firstLocal {
		if twin, ok := named[who]; ok {
			refuse(i, LocalTwice, ColID, lines[twin].Row)
		}
	}
	return findings
}

type personCategory struct {
	id       crypt.Secret
	category string
}

// localPerson is all that is known of a person without id: within a commune,
// two rows of one localPerson cannot be told apart.
type localPerson struct {
	nameFold string
	birth    Birth
	sex      Sex
}

func (l Line) local() localPerson { return localPerson{l.nameFold(), l.Birth, l.Sex} }

func (l Line) sameChannel(other Line) bool {
	return l.Method == other.Method && l.BankBIN == other.BankBIN && l.Account == other.Account
}
