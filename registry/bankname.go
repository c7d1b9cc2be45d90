package registry

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"ansinh/internal/vntext"
)

// Bank is an issuer known to the payment systems, or an invented one.
type Bank struct {
	BIN  string // six digits
	Name string // in Vietnamese
	// Demo banks are invented and valid in a demo database only.
	Demo bool
	// AccountLengths are the usual lengths of its account numbers. Unverified:
	// enough for a warning, never for a refusal.
	AccountLengths []int
}

// FindBank reads a bank's cell: a BIN, or a name in any known spelling, with
// or without marks, with a branch after it or not. It returns every bank that
// can be meant. Certain is true only for one bank under a name that nobody uses
// for another: money may go there; anything else is a suggestion. A BIN beside the
// name of another bank is none either: one of the two was typed wrongly.
func FindBank(cell string) (found []Bank, certain bool) {
	directory := banks()
	if bin := leadingBIN.FindString(strings.TrimSpace(cell)); bin != "" {
		bank, ok := directory.byBIN[bin]
		if !ok {
			return nil, false
		}
		if named, sure := findByName(strings.TrimSpace(cell)[len(bin):]); sure && named[0].BIN != bin {
			return []Bank{*bank, named[0]}, false
		}
		return []Bank{*bank}, true
	}
	return findByName(cell)
}

// findByName is [FindBank] for a cell without a BIN.
func findByName(cell string) (found []Bank, certain bool) {
	directory := banks()
	for text := vntext.Fold(cell); ; {
		key := vntext.FoldTight(text)
		if meant := directory.byName[key]; len(meant) > 0 {
			for _, bank := range meant {
				found = append(found, *bank)
			}
			return found, len(found) == 1 && !directory.shared[key]
		}
		cuts := branchWord.FindAllStringIndex(text, -1)
		if len(cuts) == 0 {
			return nil, false
		}
		// From the right, because a bank's own name may hold such a word.
		text = text[:cuts[len(cuts)-1][0]]
	}
}

// leadingBIN finds the BIN in "970436" and "970436 - Vietcombank".
var leadingBIN = regexp.MustCompile(`^\d{6}\b`)

// branchWord finds, in folded text, where a branch's name may begin.
var branchWord = regexp.MustCompile(`[\s,(–-]+(cn|chi nhanh|pgd|phong giao dich|hoi so|ttkd|so giao dich|sgd)\b|\s*[,(–-]\s*`)

type bankDirectory struct {
	byBIN  map[string]*Bank
	byName map[string][]*Bank // by tight fold
	shared map[string]bool    // names that alone decide nothing
}

var banks = sync.OnceValue(func() bankDirectory {
	d := bankDirectory{byBIN: map[string]*Bank{}, byName: map[string][]*Bank{}, shared: map[string]bool{}}
	for _, r := range mustTable("data/banks.csv") {
		d.byBIN[r["bin"]] = &Bank{BIN: r["bin"], Name: r["name_vi"]}
	}
	for _, r := range mustTable("data/bank-aliases.csv") {
		bank := d.byBIN[r["bin"]]
		if bank == nil {
			continue // a word to cut off, see branchWord
		}
		for _, text := range strings.Split(r["account_lengths"], ";") {
			if n, err := strconv.Atoi(text); err == nil && !slices.Contains(bank.AccountLengths, n) {
				bank.AccountLengths = append(bank.AccountLengths, n)
			}
		}
		d.name(r["alias"], bank)
		if r["ambiguous"] == "yes" {
			d.shared[vntext.FoldTight(r["alias"])] = true
		}
	}
	for _, r := range mustTable("data/banks-demo.csv") {
		bank := &Bank{BIN: r["bin"], Name: r["name_vi"], Demo: true}
		d.byBIN[bank.BIN] = bank
		short := strings.TrimPrefix(bank.Name, "Ngân hàng ")
		for _, spelling := range []string{bank.Name, short, "NH " + short} {
			d.name(spelling, bank)
		}
	}
	return d
})

func (d bankDirectory) name(alias string, bank *Bank) {
	key := vntext.FoldTight(alias)
	if !slices.Contains(d.byName[key], bank) {
		d.byName[key] = append(d.byName[key], bank)
	}
}
