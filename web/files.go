package web

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/web/records"
)

func (s *site) fileRoutes() []route {
	return []route{
		{pattern: "GET /files", who: desk, serve: filesPage},
		{pattern: "GET /files/{file}", who: desk, serve: filePage},
	}
}

// files is the list of what banks and providers sent.
type files struct {
	Rows     []records.File
	List     listing
	Banks    []option
	Verdicts []option
}

func filesPage(v *visit) error {
	a, w := v.asked(), v.words()
	f := records.FileFilter{Channel: bankadapters.Key(a.text("bank")), Verdict: a.text("verdict"), Before: a.number("before")}
	var p files
	var names map[bankadapters.Key]string
	var err error
	if p.Banks, names, err = v.bankOptions(f.Channel); err != nil {
		return err
	}
	var pairs, filters []string
	for _, one := range []string{"taken", "refused", "waiting"} {
		pairs = append(pairs, one, w.say("verdict."+one))
	}
	p.Verdicts = options(w.say("filter.all"), f.Verdict, pairs...)
	if f.Channel != "" {
		filters = append(filters, names[f.Channel])
	}
	if f.Verdict != "" {
		filters = append(filters, w.say("verdict."+f.Verdict))
	}
	count, err := records.CountFiles(v.context(), v.site.DB, f)
	if err != nil {
		return err
	}
	if a.wantsFile() {
		f.Want, f.Before = records.CountMax, 0
	}
	var more bool
	if p.Rows, more, err = records.Files(v.context(), v.site.DB, f); err != nil {
		return err
	}
	next := []string{"before", ""}
	if n := len(p.Rows); n > 0 {
		next[1] = strconv.FormatInt(p.Rows[n-1].ID, 10)
	}
	p.List = a.list("files.count", count, len(p.Rows), filters, more, next...)
	if !a.wantsFile() {
		return v.show("files", p)
	}
	head := []string{w.say("file"), w.say("bank"), w.say("file.kind"), w.say("file.name"), w.say("file.received"), w.say("file.by"), w.say("file.verdict"), w.say("file.entries"), "SHA-256"}
	return a.file("tep-nhan", p.List, head, func(emit func(...any)) error {
		for _, one := range p.Rows {
			emit(one.ID, one.BankVI, one.Kind, one.Name, one.Received, one.By, markOf(w, "verdict.", one.Verdict, verdictTones).Word, one.Entries, one.SHA256)
		}
		return nil
	})
}

// oneFile is a file with a page of its lines.
type oneFile struct {
	records.File
	Rows []records.StatementLine
	List listing
	Sum  bool // opening and entries make the closing
}

// Heading names it.
func (f oneFile) Heading(say func(string, ...any) string) string {
	return say("file.title", strconv.FormatInt(f.ID, 10), f.BankVI)
}

func filePage(v *visit) error {
	id, err := v.pathNumber("file")
	if err != nil {
		return err
	}
	a, w := v.asked(), v.words()
	var p oneFile
	if p.File, err = records.ReadFile(v.context(), v.site.DB, id); err != nil {
		return err
	}
	after, want := int32(a.number("after")), 0
	if line := int32(a.number("line")); line > 0 {
		after = line - 1 // one line is asked for: the page begins with it
	}
	if a.wantsFile() {
		after, want = 0, records.CountMax
	}
	var more bool
	if p.Rows, more, err = records.StatementLines(v.context(), v.site.DB, id, after, want); err != nil {
		return err
	}
	next := []string{"after", "", "line", ""}
	if n := len(p.Rows); n > 0 {
		next[1] = strconv.Itoa(int(p.Rows[n-1].Position))
		a.row = int64(p.Rows[0].Position)
	}
	p.List = a.list("file.count", int64(p.Entries), len(p.Rows), nil, more, next...)
	if !a.wantsFile() {
		return v.show("file", p)
	}
	head := []string{w.say("file.position"), w.say("file.side"), w.say("list.amount.dong"), w.say("file.bookdate"), w.say("file.reference"), w.say("file.servicer"), w.say("file.said"),
		w.say("file.action"), w.say("payment"), w.say("voucher")}
	return a.file(fmt.Sprintf("tep-%d", id), p.List, head, func(emit func(...any)) error {
		for _, l := range p.Rows {
			payment := ""
			if l.Batch != 0 {
				payment = fmt.Sprintf("%d/%d", l.Batch, l.Payment)
			}
			emit(l.Position, wordOr(w, "side.", l.Side), l.Amount, l.BookDate.String(), l.EndToEnd, l.Servicer, v.format().cellWord(l.Evidence), v.format().cellWord(l.Action),
				payment, int64(l.Voucher))
		}
		return nil
	})
}

// noteExport writes down that somebody took data out, before it leaves.
func (v *visit) noteExport(act, what string) error {
	return pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Append(ctx, tx, audit.Entry{At: v.site.Now(), Actor: v.me.ID, Act: act, Subject: v.r.URL.Path,
			Detail: map[string]any{"what": what, "query": v.r.URL.RawQuery}})
		return err
	})
}

// badDate is the answer to a download whose dates cannot be read: there is no
// page to show the error on.
func (v *visit) badDate() error {
	return errs.Coded(errs.Invalid, "CONSOLE-DAY", "Ngày phải theo dạng 17/02/2026. / A date is written like 17/02/2026.", nil)
}
