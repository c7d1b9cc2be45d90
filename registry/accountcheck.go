package registry

import (
	"strconv"
	"strings"

	"ansinh/internal/crypt"
	"ansinh/internal/vntext"
)

// accountPeopleMax is how many people may be paid to one account without papers
// that say why. Families share an account; more people than this are stopped.
const accountPeopleMax = 3

// bankAccount is one account: the number alone may exist at two banks.
type bankAccount struct {
	bin    string
	number crypt.Secret
}

// HasPapers reports whether the row says who receives for the person: named,
// with an id, in a stated capacity.
func (l Line) HasPapers() bool {
	return l.PayeeKind != PayeeSelf && l.PayeeKind != PayeeUnstated && l.PayeeID != ""
}

// owns reports whether the account is the person's own.
func (l Line) owns() bool { return vntext.SameName(l.Holder, l.Name) }

// checkAccounts finds accounts to which several people of one list are paid. The
// holder is never the one to explain himself; the others are, unless papers do.
func checkAccounts(lines []Line, address func(i int, code Code, c Column, args ...any) Finding) []Finding {
	peopleOf := make(map[bankAccount][]int) // the first row of each person
	known := make(map[personAccount]bool)
	for i, line := range lines {
		if line.Account == "" {
			continue
		}
		account := bankAccount{line.BankBIN, line.Account}
		who := personAccount{account: account, id: line.ID}
		if line.ID == "" {
			who.local = line.local()
		}
		if !known[who] {
			known[who] = true
			peopleOf[account] = append(peopleOf[account], i)
		}
	}
	var findings []Finding
	for i := range lines { // in row order, whatever the order of the map
		line := &lines[i]
		people := peopleOf[bankAccount{line.BankBIN, line.Account}]
		if line.Account == "" || len(people) < 2 || line.owns() || line.HasPapers() {
			continue
		}
		unexplained := 0
		for _, j := range people {
			if !lines[j].HasPapers() {
				unexplained++
			}
		}
		if unexplained > accountPeopleMax {
			line.Refused = true
			findings = append(findings, address(i, AccountMany, ColAccount, unexplained, rowsOf(lines, people, i)))
			continue
		}
		findings = append(findings, address(i, AccountShared, ColAccount, len(people)-1, rowsOf(lines, people, i)))
	}
	return findings
}

type personAccount struct {
	account bankAccount
	id      crypt.Secret
	local   localPerson
}

// rowsNamedMax bounds how many rows a message names.
const rowsNamedMax = 5

// rowsOf names the rows of the others: "dòng 7, 9, 12 …".
func rowsOf(lines []Line, people []int, but int) string {
	var numbers []string
	for _, i := range people {
		if i == but {
			continue
		}
		if len(numbers) == rowsNamedMax {
			return "dòng " + strings.Join(numbers, ", ") + " …"
		}
		numbers = append(numbers, strconv.Itoa(lines[i].Row))
	}
	return "dòng " + strings.Join(numbers, ", ")
}
