package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/ledger"
	"ansinh/reports/filing"
	"ansinh/web/records"
)

func (s *site) reportRoutes() []route {
	return []route{
		{pattern: "GET /reports", who: desk, serve: reportsPage},
		{pattern: "POST /reports", who: desk, serve: askReport},
		{pattern: "GET /reports/{request}/{n}", who: desk, serve: downloadReport},
		{pattern: "GET /verify", who: desk, serve: verifyPage},
		{pattern: "POST /verify", who: desk, serve: askVerify},
	}
}

// reportList is what was asked for and made.
type reportList struct {
	Rows    []records.Filed
	List    listing
	Kinds   []option // filter
	Batches []option // of the form
	Filter  []option // by batch
	Waiting bool
	Checked string // hash that was looked up
	Found   *filing.File
}

// Live is true while something is being made.
func (p reportList) Live() bool { return p.Waiting }

func reportsPage(v *visit) error {
	a := v.asked()
	p, filters, err := v.reportChoices(a)
	if err != nil {
		return err
	}
	f := records.FiledFilter{Kind: filing.Kind(a.text("kind")), Batch: ledger.BatchID(a.number("batch")), Before: a.number("before")}
	count, err := records.CountFiled(v.context(), v.site.DB, f)
	if err != nil {
		return err
	}
	if a.wantsFile() {
		f.Want, f.Before = records.CountMax, 0
	}
	var more bool
	if p.Rows, more, err = records.FiledList(v.context(), v.site.DB, f); err != nil {
		return err
	}
	next := []string{"before", ""}
	for _, r := range p.Rows {
		p.Waiting = p.Waiting || r.Ended == nil
		next[1] = strconv.FormatInt(r.ID, 10)
	}
	p.List = a.list("reports.count", count, len(p.Rows), filters, more, next...)
	if a.wantsFile() {
		return p.file(a)
	}
	if p.Checked = strings.ToLower(a.text("sha256")); p.Checked != "" {
		found, err := filing.FileByHash(v.context(), v.site.DB, p.Checked)
		switch kind, text := errs.Read(err); {
		case err == nil:
			p.Found = &found
		case kind == errs.Internal:
			return err
		default:
			v.errors = append(v.errors, fieldError{Field: "sha256", Text: half(text, v.lang)})
		}
	}
	return v.show("reports", p)
}

func (v *visit) reportChoices(a asked) (p reportList, filters []string, err error) {
	w := v.words()
	names, err := records.BatchNames(v.context(), v.site.DB)
	if err != nil {
		return p, nil, err
	}
	var pairs []string
	for _, b := range names {
		id := strconv.Itoa(int(b.ID))
		pairs = append(pairs, id, id+" · "+b.Name)
		if id == a.text("batch") {
			filters = append(filters, w.say("filter.batch", id))
		}
	}
	p.Filter = options(w.say("filter.all"), a.text("batch"), pairs...)
	p.Batches = p.Filter[1:]
	pairs = nil
	for _, k := range filing.Kinds {
		pairs = append(pairs, string(k), w.say("report."+string(k)))
		if string(k) == a.text("kind") {
			filters = append(filters, w.say("report."+string(k)))
		}
	}
	p.Kinds = options(w.say("filter.all"), a.text("kind"), pairs...)
	return p, filters, nil
}

func (p reportList) file(a asked) error {
	w := a.v.words()
	head := []string{w.say("report.no"), w.say("report.kind"), w.say("batch"), w.say("report.by"), w.say("report.asked"), w.say("report.made"), w.say("report.file"), "SHA-256",
		w.say("report.size"), w.say("report.head")}
	return a.file("bao-cao", p.List, head, func(emit func(...any)) error {
		for _, r := range p.Rows {
			if len(r.Files) == 0 {
				emit(r.ID, w.say("report."+string(r.Kind)), int32(r.Batch), r.By, r.Asked, r.Ended, r.Fault, "", "", "")
			}
			for _, f := range r.Files {
				emit(r.ID, w.say("report."+string(r.Kind)), int32(r.Batch), r.By, r.Asked, r.Ended, f.Name, f.SHA256, f.Bytes, r.Head)
			}
		}
		return nil
	})
}

func askReport(v *visit) error {
	batch, err := strconv.ParseInt(v.r.PostFormValue("batch"), 10, 32)
	if err != nil {
		batch = 0
	}
	if _, err := v.askFor(filing.Settlement, ledger.BatchID(batch)); err != nil {
		return err
	}
	return v.seeOther("/reports", "report.asked")
}

// downloadReport sends the filed bytes. What does not have its hash any more is
// broken off, so that no half of it looks whole.
func downloadReport(v *visit) error {
	request, err := v.pathNumber("request")
	if err != nil {
		return err
	}
	n, err := v.pathNumber("n")
	if err != nil {
		return err
	}
	f, err := filing.ReadFile(v.context(), v.site.DB, request, int16(n))
	if err != nil {
		return err
	}
	if err := v.noteExport("report.download", f.SHA256); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", f.Media)
	h.Set("Content-Length", strconv.FormatInt(f.Bytes, 10))
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s"`, f.Name))
	h.Set("X-Ansinh-SHA256", f.SHA256)
	if err := filing.Send(v.context(), v.site.DB, v.w, f); err != nil {
		v.site.Log.ErrorContext(v.context(), "a filed report was broken off", "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// verification is where the chains stand and what the last walk found.
type verification struct {
	Ledger   ledger.Head
	Audit    audit.Head
	Last     *filing.Verification // nil: never walked
	Filed    *records.Filed
	Asked    *records.Filed // being walked, or failed since
	Findings []string
}

// Live is true while it is being walked.
func (p verification) Live() bool { return p.Asked != nil }

func verifyPage(v *visit) error {
	var p verification
	var err error
	if p.Ledger, err = ledger.ReadHead(v.context(), v.site.DB); err != nil {
		return err
	}
	if p.Audit, err = audit.ReadHead(v.context(), v.site.DB); err != nil {
		return err
	}
	made, asked, err := records.NewestFiled(v.context(), v.site.DB, filing.Verify, 0)
	if err != nil {
		return err
	}
	if asked != nil && (made == nil || asked.ID != made.ID) {
		p.Asked = asked
	}
	if p.Filed = made; made != nil {
		p.Last = &filing.Verification{}
		if err := v.readFiled(made.ID, p.Last); err != nil {
			return err
		}
		p.Findings = append(append(p.Findings, p.Last.Findings...), p.Last.Ties...)
		if p.Last.Audit != "" {
			p.Findings = append(p.Findings, p.Last.Audit)
		}
	}
	return v.show("verify", p)
}

func askVerify(v *visit) error {
	if _, err := v.askFor(filing.Verify, 0); err != nil {
		return err
	}
	return v.seeOther("/verify", "report.asked")
}
