package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/vntext"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/web/uploads"
)

// checked is a list that was sent, with everything wrong with it, before it is
// taken.
type checked struct {
	ID       string
	Upload   uploads.Upload
	UnitVI   string
	Known    bool // the page could be made: the file is a list
	Report   registry.CheckReport
	Rows     []registry.CheckRow // the first of Report.Table
	More     int                 // how many others
	Digest   string
	Passed   bool
	Repairs  bool // offers are taken
	Confirm  bool // a conversion of letters is taken
	Encoding []option
	Refused  bool // it came back from the import
}

// Heading names it by its file.
func (c checked) Heading(say func(string, ...any) string) string {
	return say("checked.title", c.Upload.Name)
}

// Converts reports whether letters of an old encoding were found.
func (c checked) Converts() bool { return len(c.Report.Previews) > 0 }

// Adds reports whether the list would add to one of its own month.
func (c checked) Adds() bool {
	return c.Report.Changes != nil && c.Report.Changes.Base == c.Upload.Month
}

// Nothing reports whether no row is sound: then there is nothing to take.
func (c checked) Nothing() bool { return c.Report.Sound == 0 }

// findingsShown is how many findings a page shows; the annotated copy has all.
const findingsShown = 150

// missingShown is how many people of last time it names.
const missingShown = 50

// Absent are the people of last time who are missing, as far as they are named.
func (c checked) Absent() []registry.Missing {
	return c.Report.Missing[:min(len(c.Report.Missing), missingShown)]
}

// checksMax is how many lists are checked or taken at a time: each holds its
// workbook in memory.
const checksMax = 2

var checkSlots = make(chan struct{}, checksMax)

// slot waits for one of the few places where lists are read.
func (v *visit) slot() (free func(), err error) {
	select {
	case checkSlots <- struct{}{}:
		return func() { <-checkSlots }, nil
	case <-v.context().Done():
		return nil, v.context().Err()
	}
}

// options are how the list of an upload is read and taken, with what the visitor
// chose on the page.
func (v *visit) importOptions(u uploads.Upload) (registry.ImportOptions, error) {
	o := registry.ImportOptions{Programme: u.Programme, By: v.me.ID, Now: v.site.Now(), Random: v.site.Random, Sheet: u.Sheet, Password: u.Password,
		AcceptRepairs: v.r.FormValue("repairs") != "", Claims: payout.Claimed}
	o.Text.Confirmed = v.r.FormValue("confirm") != ""
	if encoding, known := vntext.ParseEncoding(v.r.FormValue("encoding")); known {
		o.Text.Encoding = encoding
	}
	var err error
	if o.Month, err = payout.ListMonth(v.context(), v.site.DB, u.Programme, u.Month, calendar.DateOf(o.Now)); err != nil {
		return o, err
	}
	o.Unit, err = v.unitNow(u.Unit)
	return o, err
}

// checked reads and examines the upload of the address.
func (v *visit) checked() (c checked, o registry.ImportOptions, err error) {
	c.ID = v.r.PathValue("upload")
	if c.Upload, err = v.site.uploads().Open(v.context(), v.owner(), c.ID); err != nil {
		return c, o, err
	}
	if o, err = v.importOptions(c.Upload); err != nil {
		return c, o, err
	}
	free, err := v.slot()
	if err != nil {
		return c, o, err
	}
	defer free()
	demo, err := registry.IsDemo(v.context(), v.site.DB)
	if err != nil {
		return c, o, err
	}
	list, err := registry.ReadList(v.context(), bytes.NewReader(c.Upload.Content), int64(len(c.Upload.Content)), o.Reading(demo))
	var refused *registry.FileError
	switch {
	case errors.As(err, &refused):
		c.Report = registry.CheckReport{Table: registry.Table([]registry.Finding{refused.Finding}), Findings: []registry.Finding{refused.Finding}}
	case err != nil:
		return c, o, err
	default:
		list, missing, err := registry.Examine(v.context(), v.site.DB, v.site.Keys, c.Upload.Name, list, o)
		if err != nil {
			return c, o, err
		}
		c.Report, c.Known = registry.ReportOf(list), list.Readable()
		c.Report.Missing = missing
	}
	c.fill(v, o)
	return c, o, nil
}

// fill prepares the report for the page.
func (c *checked) fill(v *visit, o registry.ImportOptions) {
	sum := sha256.Sum256(c.Upload.Content)
	c.Digest, c.Passed, c.Repairs, c.Confirm = hex.EncodeToString(sum[:]), c.Report.Passed(), o.AcceptRepairs, o.Text.Confirmed
	c.Rows = c.Report.Table[:min(len(c.Report.Table), findingsShown)]
	c.More = len(c.Report.Table) - len(c.Rows)
	for _, u := range registry.Communes() {
		if u.Code == c.Upload.Unit {
			c.UnitVI = u.NameVI
		}
	}
	w := v.words()
	c.Encoding = options(w.say("checked.encoding.auto"), string(o.Text.Encoding), w.pairs("encoding", "unicode", "tcvn3", "vni")...)
}

func checkedPage(v *visit) error {
	c, _, err := v.checked()
	if err != nil {
		return err
	}
	if err := v.audit("list.check", "unit/"+c.Upload.Unit, map[string]any{"programme": c.Upload.Programme, "sha256": c.Digest, "rows": c.Report.Rows, "refused": c.Report.Refused}); err != nil {
		return err
	}
	return v.show("checked", c)
}

// checkedCopy hands the annotated copy back to who sent the list.
func checkedCopy(v *visit) error {
	c, _, err := v.checked()
	if err != nil {
		return err
	}
	content := registry.File{Name: c.Upload.Name, Content: bytes.NewReader(c.Upload.Content), Size: int64(len(c.Upload.Content))}
	return v.sendCopy(content, c.Upload.Password, c.Report, "unit/"+c.Upload.Unit)
}

// takeList takes the whole list, or its sound rows, as registry.ImportList does for
// everybody, and forgets the upload.
func takeList(v *visit) error {
	c, o, err := v.checked()
	if err != nil {
		return err
	}
	free, err := v.slot()
	if err != nil {
		return err
	}
	defer free()
	o.AcceptValid = v.r.PostFormValue("rows") == "valid"
	result, err := registry.ImportList(v.context(), v.site.DB, v.site.Keys,
		registry.File{Name: c.Upload.Name, Content: bytes.NewReader(c.Upload.Content), Size: int64(len(c.Upload.Content))}, o)
	var refused *registry.RefusedError
	if errors.As(err, &refused) {
		c.Refused = true
		return v.again("checked", c, errNothingTaken(refused), "")
	}
	if err != nil {
		return v.again("checked", c, inFileWords(err), "")
	}
	if err := v.site.uploads().Drop(v.context(), v.owner(), c.ID); err != nil {
		return err
	}
	done := "list.taken"
	if result.Again {
		done = "list.again"
	}
	return v.seeOther(fmt.Sprintf("/lists/%d", result.List), done)
}

func dropUpload(v *visit) error {
	if err := v.site.uploads().Drop(v.context(), v.owner(), v.r.PathValue("upload")); err != nil {
		return err
	}
	return v.seeOther("/lists/new", "list.dropped")
}

func errNothingTaken(refused *registry.RefusedError) error {
	return errs.Coded(errs.Invalid, "CONSOLE-LIST-REFUSED", fmt.Sprintf("Chưa nhận dòng nào: còn %d lỗi trong %d dòng. Sửa rồi nộp lại, hoặc chọn nhận các dòng hợp lệ. / "+
		"Nothing was taken: %d errors are left in %d rows. Mend them and send the list again, or choose to take the sound rows.",
		refused.Errors(), refused.RowsTotal, refused.Errors(), refused.RowsTotal), refused)
}
