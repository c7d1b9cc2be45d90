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
}

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
		here := v.Path == p.path || p.path != "/" && strings.HasPrefix(v.Path, p.path+"/")
		list = append(list, navItem{Path: p.path, Word: w.say(p.key), Here: here})
	}
	return list
}
