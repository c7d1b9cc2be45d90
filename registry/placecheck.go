package registry

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"ansinh/internal/vntext"
)

// communeNames knows the communes of Hanoi by "phuong ba dinh", folded: those in
// force, and those until 2025-06-30 with the communes their land is in now.
type communeNames struct {
	now    map[string]Unit
	former map[string]formerCommune
}

type formerCommune struct {
	name  string
	codes []string
}

var communesByName = sync.OnceValue(func() communeNames {
	names := communeNames{now: map[string]Unit{}, former: map[string]formerCommune{}}
	for _, unit := range Communes() {
		names.now[vntext.FoldName(unit.NameVI)] = unit
	}
	for _, r := range mustTable("data/hanoi-communes-2025h1-to-2025.csv") {
		key := vntext.FoldName(r["old_name_vi"])
		if _, still := names.now[key]; !still {
			codes := append(names.former[key].codes, r["new_code"])
			names.former[key] = formerCommune{name: r["old_name_vi"], codes: codes}
		}
	}
	return names
})

// communeWord finds where the name of a commune may begin, in folded text.
var communeWord = regexp.MustCompile(`\b(phuong|xa|thi tran)\s+`)

// nameWordsMax is how many words the longest commune name has after its kind.
const nameWordsMax = 4

// communesIn returns the communes a text names, as keys of communesByName.
func communesIn(text string) []string {
	fold := vntext.FoldName(text)
	var found []string
	names := communesByName()
	for _, place := range communeWord.FindAllStringSubmatchIndex(fold, -1) {
		kind := fold[place[2]:place[3]]
		rest, _, _ := strings.Cut(fold[place[1]:], ",")
		words := strings.Fields(rest)
		for n := min(nameWordsMax, len(words)); n > 0; n-- {
			key := kind + " " + strings.Trim(strings.Join(words[:n], " "), ".;:()-")
			if _, now := names.now[key]; now || names.former[key].name != "" {
				found = append(found, key)
				break
			}
		}
	}
	return found
}

// checkAddress flags an address in a former commune whose land is no part of the
// list's. Somebody may be served where he does not live, so the address of
// another commune in force is no fault.
func (r *lineReader) checkAddress(line *Line) {
	if r.unit == "" || line.Address == "" {
		return
	}
	names := communesByName()
	for _, key := range communesIn(line.Address) {
		if former := names.former[key]; former.name != "" && !slices.Contains(former.codes, r.unit) {
			r.find(AddressOld, ColAddress, former.name)
			return
		}
	}
}

// titled begins the line in which a people's committee names itself.
const titled = "uy ban nhan dan "

// checkTitles compares the commune that a list's own titles name with the one it
// is handed in for: a list under another commune would be paid from its book.
func (l *List) checkTitles(titles []string, unit string) {
	current := Unit{}
	for _, u := range Communes() {
		if u.Code == unit {
			current = u
		}
	}
	if current.Code == "" {
		return
	}
	for _, title := range titles {
		if !strings.HasPrefix(vntext.Fold(title), titled) {
			continue
		}
		for _, key := range communesIn(title) {
			if other, now := communesByName().now[key]; now && other.Code != unit {
				l.Findings = append(l.Findings, Finding{Code: UnitTitle, Severity: UnitTitle.Severity(), Sheet: l.Sheet, Value: title,
					args: []any{other.NameVI, current.NameVI + " (" + unit + ")"}})
				return
			}
		}
	}
}
