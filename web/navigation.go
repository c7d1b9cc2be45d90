package web

import (
	"slices"
	"strings"

	"ansinh/web/accounts"
)

// navItem is one entry of the navigation.
type navItem struct {
	Path, Word string
	Here       bool
}

// everybody reads, except the operator, who sees no person's data.
var readers = []accounts.Role{accounts.Maker, accounts.Approver, accounts.Accountant, accounts.Department, accounts.Auditor}

// navPlaces are the entries in order, with the roles that see them. A page adds
// its own here.
var navPlaces = []struct {
	path, key string
	who       []accounts.Role // nil = everybody
}{
	{"/", "nav.home", nil},
	{"/batches", "nav.batches", readers},
	{"/lists", "nav.lists", readers},
	{"/banks", "nav.banks", nil},
	{"/doubts", "nav.doubts", desk},
	{"/breaks", "nav.breaks", desk},
	{"/books", "nav.books", desk},
	{"/files", "nav.files", desk},
	{"/timeliness", "nav.timeliness", readers},
	{"/reports", "nav.reports", desk},
	{"/find", "nav.find", readers},
	{"/audit", "nav.audit", auditors},
	{"/stop", "nav.stop", nil},
}

// desk is who looks after the money of the whole city, auditors who may read
// what everybody did.
var (
	desk     = []accounts.Role{accounts.Accountant, accounts.Department, accounts.Auditor}
	auditors = []accounts.Role{accounts.Department, accounts.Auditor}
)

// navigation lists the entries for whoever looks, the one they are in marked.
func navigation(w words, v view) []navItem {
	if !v.In {
		return nil
	}
	var list []navItem
	for _, p := range navPlaces {
		if p.who != nil && !slices.Contains(p.who, v.Me.Role) {
			continue
		}
		here := p.path == "/lists" && inIntake(v.Path) || v.Path == p.path || p.path != "/" && strings.HasPrefix(v.Path, p.path+"/")
		list = append(list, navItem{Path: p.path, Word: w.say(p.key), Here: here})
	}
	return list
}

// intakePlaces are the pages that stand behind one entry of the navigation: lists,
// and what is not settled about them and their people.
var intakePlaces = []struct{ path, key string }{
	{"/lists", "nav.lists"},
	{"/refusals", "nav.refusals"},
	{"/fresh", "nav.fresh"},
	{"/candidates", "nav.candidates"},
	{"/verifications", "nav.verifications"},
}

func inIntake(path string) bool {
	return slices.ContainsFunc(intakePlaces, func(p struct{ path, key string }) bool { return path == p.path || strings.HasPrefix(path, p.path+"/") })
}

// intake lists them, the present one marked.
func intake(w words, v view) []navItem {
	var list []navItem
	for _, p := range intakePlaces {
		list = append(list, navItem{Path: p.path, Word: w.say(p.key), Here: v.Path == p.path})
	}
	return list
}
