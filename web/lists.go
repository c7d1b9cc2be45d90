package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/pgdb"
	"ansinh/registry"
	"ansinh/registry/annotate"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

// listRoutes are the lists that communes handed in and that were taken.
func (s *site) listRoutes() []route {
	return []route{
		{pattern: "GET /lists", who: readers, serve: listsPage},
		{pattern: "GET /lists/{list}", who: readers, serve: listPage},
		{pattern: "POST /lists/{list}/copy", who: makers, serve: listCopy},
		{pattern: "POST /lists/{list}/changes", who: readers, serve: changesPaper},
	}
}

// makers are who hand in lists: they see what stands in them.
var makers = []accounts.Role{accounts.Maker}

// lists is what was handed in by communes and taken.
type lists struct {
	Rows       []records.ListRow
	Programmes []option
	Units      []option
	List       listing
	MayTake    bool
}

func listsPage(v *visit) error {
	a, w := v.asked(), v.words()
	f := records.ListFilter{Programme: a.text("programme"), Unit: v.unitWithin(a.text("unit")), Before: a.number("before")}
	programmes, err := records.Programmes(v.context(), v.site.DB)
	if err != nil {
		return err
	}
	d := lists{Programmes: options(w.say("batches.programme.all"), f.Programme, pairsOf(programmes)...), Units: v.unitOptions(f.Unit),
		MayTake: v.me.Role == accounts.Maker}
	count, err := records.CountLists(v.context(), v.site.DB, f)
	if err != nil {
		return err
	}
	if a.wantsFile() {
		f.Want, f.Before = records.CountMax, 0
	}
	var more bool
	if d.Rows, more, err = records.Lists(v.context(), v.site.DB, f); err != nil {
		return err
	}
	next := []string{"before", ""}
	if n := len(d.Rows); n > 0 {
		next[1] = strconv.FormatInt(d.Rows[n-1].ID, 10)
	}
	filters := chosen(d.Programmes)
	if a.text("unit") != "" {
		filters = chosen(d.Programmes, d.Units)
	}
	d.List = a.list("lists.count", count, len(d.Rows), filters, more, next...)
	if !a.wantsFile() {
		return v.show("lists", d)
	}
	head := []string{w.say("listfile.no"), w.say("batch.programme"), w.say("listfile.month"), w.say("section.unit"), w.say("listfile.name"), w.say("listfile.rows"), w.say("listfile.taken"),
		w.say("listfile.refused"), w.say("listfile.open"), w.say("listfile.by"), w.say("listfile.at")}
	return a.file("danh-sach", d.List, head, func(emit func(...any)) error {
		for _, one := range d.Rows {
			month := ""
			if one.Month != nil {
				month = monthValue(*one.Month)
			}
			emit(one.ID, one.Programme, month, one.UnitVI, one.File, one.Total, one.Taken, one.Refused, one.Open, one.By, one.At)
		}
		return nil
	})
}

// unitWithin is the commune that may be looked at: the visitor's own where they
// belong to one, whatever was asked for.
func (v *visit) unitWithin(asked string) string {
	if v.me.UnitCode != "" {
		return v.me.UnitCode
	}
	return asked
}

// oneList is a list that was taken, with what was found in it.
type oneList struct {
	records.ListDetail
	Found    []codeWords
	Changes  *listChanges // against the month before; nil without one
	MayCopy  bool
	Password bool // the workbook asks for one
}

// Heading names it by number and commune.
func (l oneList) Heading(say func(string, ...any) string) string {
	return say("listfile.title", strconv.FormatInt(l.ID, 10), l.UnitVI)
}

// codeWords is one kind of finding with its words.
type codeWords struct {
	records.CodeCount
	Reason, Remedy string
}

// codeWords says the findings of a list in the visitor's language.
func (f formatter) codeWords(found []records.CodeCount) []codeWords {
	var list []codeWords
	for _, one := range found {
		c := codeWords{CodeCount: one}
		c.Reason, c.Remedy = f.finding(one.Code, one.Args)
		list = append(list, c)
	}
	return list
}

// finding says what a code means and what to do about it, with args in the places of
// its words; nil leaves dots there.
func (f formatter) finding(code string, args []string) (reason, remedy string) {
	vi, en, doVI, doEN := registry.WordsWith(registry.Code(code), args)
	return f.pick(vi, en), forPage(f.pick(doVI, doEN))
}

// ofCommands are the parts of a remedy that tell of the command line: what they name
// is a field or a button here.
var ofCommands = regexp.MustCompile(` \((?:--|person )[^)]*\)`)

// forPage leaves them out.
func forPage(text string) string { return ofCommands.ReplaceAllString(text, "") }

func (v *visit) oneList() (oneList, error) {
	id, err := v.pathNumber("list")
	if err != nil {
		return oneList{}, err
	}
	l := oneList{MayCopy: v.me.Role == accounts.Maker}
	if l.ListDetail, err = records.ReadListHead(v.context(), v.site.DB, id); err != nil {
		return l, err
	}
	if v.me.UnitCode != "" && v.me.UnitCode != l.Unit {
		return l, errNoPage(v.r.URL.Path)
	}
	found, err := records.ListFindings(v.context(), v.site.DB, id)
	l.Found = v.format().codeWords(found)
	return l, err
}

func listPage(v *visit) error {
	l, err := v.oneList()
	if err != nil {
		return err
	}
	if l.Changes, err = v.listChanges(l); err != nil {
		return err
	}
	return v.show("listfile", l)
}

// listCopy hands out the list as it was handed in, with what must be mended
// marked in its cells. Nothing in it is masked, so it is recorded first.
func listCopy(v *visit) error {
	l, err := v.oneList()
	if err != nil {
		return err
	}
	password := v.r.PostFormValue("password")
	file, report, err := registry.Recheck(v.context(), v.site.DB, v.site.Keys, l.ID, password)
	if needsPassword(err) {
		l.Password = true
		return v.again("listfile", l, err, "password")
	}
	if err != nil {
		return err
	}
	return v.sendCopy(file, password, report, fmt.Sprintf("list/%d", l.ID))
}

// needsPassword reports whether a workbook wants another password.
func needsPassword(err error) bool {
	var refused *registry.FileError
	return errors.As(err, &refused) && (refused.Finding.Code == registry.FilePassword || refused.Finding.Code == registry.FilePasswordWrong)
}

// sendCopy answers with the annotated copy of a list, once it is in the audit
// chain that it leaves.
func (v *visit) sendCopy(file registry.File, password string, report registry.CheckReport, subject string) error {
	demo, err := registry.IsDemo(v.context(), v.site.DB)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	err = annotate.Write(&body, annotate.Input{Name: file.Name, Content: file.Content, Size: file.Size, Password: password, Reports: []registry.CheckReport{report},
		Demo: demo, At: v.site.Now()})
	if err != nil {
		return err
	}
	err = pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Append(ctx, tx, audit.Entry{At: v.site.Now(), Actor: v.me.ID, Act: "list.copy", Subject: subject,
			Detail: map[string]any{"rows": report.Rows, "refused": report.Refused}})
		return err
	})
	if err != nil {
		return err
	}
	return v.sendWorkbook(annotate.CopyName(file.Name), body.Bytes())
}

// sendWorkbook answers with a workbook under a name that people gave.
func (v *visit) sendWorkbook(name string, body []byte) error {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`"\/:*?<>|`, r) {
			return '-'
		}
		return r
	}, name)
	h := v.w.Header()
	h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := v.w.Write(body); err != nil {
		v.site.Log.Debug("the reader left", "err", err)
	}
	return nil
}
