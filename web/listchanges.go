package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"ansinh/registry"
	"ansinh/registry/people"
	"ansinh/reports"
	"ansinh/web/records"
)

// listChanges is what a list changed against the month before, counted in rights,
// with each change as far as the visitor may see it.
type listChanges struct {
	registry.Changes
	Adds  bool // it added to a list of its own month
	Kinds []option
	Rows  []changeLine
	List  listing
}

// Any reports whether it changed anything.
func (l listChanges) Any() bool { return l.Added+l.Removed+l.Changed > 0 }

// changesPaper hands out the official list of additions and removals, with categories
// as far as the visitor may see them, once it is recorded who took it.
func changesPaper(v *visit) error {
	l, err := v.oneList()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "ansinh-changes-")
	if err != nil {
		return fmt.Errorf("make room for the changes of list %d: %w", l.ID, err)
	}
	defer os.RemoveAll(folder)
	who := v.reader()
	if who.Unit == "" {
		who.Unit = "*" // of no commune: the paper shows what pages show, not what a commune sees of its own
	}
	record := func(context.Context) error {
		return v.audit("list.changes", fmt.Sprintf("list %d", l.ID), map[string]any{"role": string(v.me.Role)})
	}
	made, err := reports.WriteChanges(v.context(), v.site.DB, v.site.Keys, reports.ChangesOptions{List: l.ID, Now: v.site.Now(), Reader: who, Record: record,
		Path: filepath.Join(folder, "changes.xlsx")})
	if err != nil {
		return err
	}
	body, err := os.ReadFile(made.Path)
	if err != nil {
		return fmt.Errorf("read the changes of list %d: %w", l.ID, err)
	}
	return v.sendWorkbook(fmt.Sprintf("%s-tang-giam-%s-%d.xlsx", made.Unit, made.Month, l.ID), body)
}

// changeLine is one change in words.
type changeLine struct {
	Kind        string
	Row         int32
	Person      int64
	Name        string
	BirthYear   int32
	Category    string // in words where it may be named
	WasCategory string // "" where it is the same
	Says        []string
	Paper       string
	Reason      string
}

// listChanges reads a page of them, once it is recorded that it is read.
func (v *visit) listChanges(l oneList) (*listChanges, error) {
	sum, err := registry.ChangesOf(v.context(), v.site.DB, l.ID)
	if err != nil || sum == nil {
		return nil, err
	}
	a, w, f := v.asked(), v.words(), v.format()
	c := &listChanges{Changes: *sum, Adds: l.Month != nil && sum.Base == *l.Month}
	kind := a.choice("kind", "added", "removed", "changed")
	counts := map[string]int{"": sum.Added + sum.Removed + sum.Changed, "added": sum.Added, "removed": sum.Removed, "changed": sum.Changed}
	for _, k := range []string{"", "added", "removed", "changed"} {
		word := w.say("changes.all")
		if k != "" {
			word = w.say("changes." + k)
		}
		c.Kinds = append(c.Kinds, option{Value: a.with("kind", k, "page", ""), Word: word + " (" + f.count(counts[k]) + ")", Chosen: k == kind})
	}
	rows, err := records.ListChanges(v.context(), v.site.DB, l.ID, kind, a.page())
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		c.Rows = append(c.Rows, f.changeLine(w, row, v.reader(), l.Unit))
	}
	c.List = a.numbered("changes.count", int64(counts[kind]), len(rows), records.PageRows, nil)
	c.List.CSV, c.List.Clear = "", ""
	if len(rows) == 0 {
		return c, nil
	}
	return c, v.audit("list.changes.read", "list/"+strconv.FormatInt(l.ID, 10), map[string]any{"kind": kind, "people": len(rows)})
}

func (f formatter) changeLine(w words, row records.ListChange, who people.Reader, unit string) changeLine {
	line := changeLine{Kind: row.Kind, Row: row.Row, Person: row.Person, Name: row.Name, BirthYear: row.BirthYear, Paper: row.DecisionNo}
	line.Category = f.categoryWord(w, who, row.Category, unit)
	if row.Kind == "changed" && row.WasCategory != row.Category {
		line.WasCategory = f.categoryWord(w, who, row.WasCategory, unit)
	}
	if row.Decided != nil {
		line.Paper = w.say("changes.paper.of", row.DecisionNo, f.date(*row.Decided))
	}
	// A note may say of an illness what the category would.
	if who.ShowsCategory(row.Category, unit) && who.ShowsCategory(row.WasCategory, unit) {
		line.Reason = row.Reason
	}
	line.Says = f.changeSays(w, row)
	return line
}

// changeSays says where money goes and went, why a right ended, and what is different.
func (f formatter) changeSays(w words, row records.ListChange) []string {
	now, was := wayLineOf(w, row.Method, row.Bank, row.Tail), wayLineOf(w, row.WasMethod, row.WasBank, row.WasTail)
	var says []string
	switch row.Kind {
	case "removed":
		return []string{w.say("changes.cause." + row.Cause)}
	case "added":
		says = append(says, now)
	default:
		for _, what := range row.What {
			if what == "holder" || what == "payee" {
				says = append(says, w.say("changes.what."+what))
			}
		}
		switch {
		case now != was:
			says = append(says, w.say("changes.way", was, now))
		case slices.Contains(row.What, "account"):
			says = append(says, w.say("changes.what.account")) // the last digits are the same
		}
	}
	if row.Amount != nil {
		says = append(says, w.say("changes.amount", f.money(*row.Amount)))
	}
	return says
}

// wayLineOf is a way of payment in a line.
func wayLineOf(w words, method, bank, tail string) string {
	text := wordOr(w, "method.", method)
	if bank != "" {
		text = bankWord(bank)
	}
	if tail != "" {
		text += " …\u2060" + tail // no line ends between the two
	}
	return text
}

// categoryWord is a category by name, or what stands for one that is not the
// visitor's to see.
func (f formatter) categoryWord(w words, who people.Reader, code, unit string) string {
	if !who.ShowsCategory(code, unit) {
		return w.say("changes.category.masked")
	}
	for _, c := range registry.Categories() {
		if c.Code == code {
			return f.pick(c.NameVI, c.NameEN)
		}
	}
	return code
}

// changeMark says whether a right came, went or changed.
func changeMark(w words, kind string) mark {
	tones := map[string][2]string{"added": {"done", "plus"}, "removed": {"owed", "bar"}, "changed": {"moving", "arrow"}}
	return markOf(w, "changes.is.", kind, tones)
}
