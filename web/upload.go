package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/web/records"
	"ansinh/web/uploads"
)

// uploadMax bounds a list sent by a browser. It is below what net/http keeps in
// memory of a form, so that nobody's list is ever written to a disk in the clear.
// The largest commune's list has 2 MB; what is larger comes by the command line.
const uploadMax = 16 << 20

func (s *site) uploadRoutes() []route {
	return []route{
		{pattern: "GET /lists/new", who: makers, serve: uploadPage},
		{pattern: "POST /lists/new", who: makers, bodyMax: uploadMax + bodyMaxDefault, serve: sendList},
		{pattern: "POST /lists/template", who: makers, serve: listTemplate},
		{pattern: "GET /lists/new/{upload}", who: makers, serve: checkedPage},
		{pattern: "POST /lists/new/{upload}/copy", who: makers, serve: checkedCopy},
		{pattern: "POST /lists/new/{upload}/take", who: makers, serve: takeList},
		{pattern: "POST /lists/new/{upload}/drop", who: makers, serve: dropUpload},
	}
}

// uploadForm is what is asked before a list is sent, and the template for it.
type uploadForm struct {
	Programmes []option
	Units      []option
	Months     []option // none where no programme pays every month
	Monthly    string   // the programmes that do, by name
	Sheet      string
	Password   bool // the file asks for one
	MaxMB      int
}

func (v *visit) uploadForm() (uploadForm, error) {
	programmes, err := records.Programmes(v.context(), v.site.DB)
	if err != nil {
		return uploadForm{}, err
	}
	asked := v.r.FormValue("programme")
	if asked == "" && len(programmes) > 0 {
		asked = programmes[0].Value
	}
	f := uploadForm{Sheet: strings.TrimSpace(v.r.PostFormValue("sheet")), MaxMB: uploadMax >> 20}
	f.Programmes = options("", asked, pairsOf(programmes)...)[1:]
	if err := f.months(v, programmes); err != nil {
		return uploadForm{}, err
	}
	if f.Units = v.unitOptions(v.r.FormValue("unit")); v.me.UnitCode != "" {
		f.Units = f.Units[1:]
	} else {
		f.Units[0].Word = v.words().say("upload.unit.byname")
	}
	return f, nil
}

// monthsOffered is how many months a form offers; the command line takes older ones.
const monthsOffered = 24

// months fills in for which months lists may come, of all programmes together: the
// form knows no programme before it is sent. Which month fits which is said then.
func (f *uploadForm) months(v *visit, programmes []records.Choice) error {
	var all []calendar.Date
	var names []string
	for _, p := range programmes {
		months, err := payout.ListMonths(v.context(), v.site.DB, p.Value, calendar.DateOf(v.site.Now()), monthsOffered)
		if err != nil {
			return err
		}
		if months != nil {
			names = append(names, p.Word)
		}
		if len(months) > len(all) { // all begin with the same month
			all = months
		}
	}
	var pairs []string
	for _, m := range all {
		pairs = append(pairs, monthValue(m), v.format().period(m))
	}
	if f.Monthly = strings.Join(names, ", "); len(pairs) > 0 {
		f.Months = options(v.words().say("upload.month.none"), v.r.FormValue("month"), pairs...)
	}
	return nil
}

// monthValue is a month in a form.
func monthValue(m calendar.Date) string { return m.String()[:7] }

// month reads the month of a form and holds it against the programme's.
func (v *visit) month(programme string) (calendar.Date, error) {
	var wanted calendar.Date
	if text := v.r.PostFormValue("month"); text != "" {
		var err error
		if wanted, err = calendar.ParseISO(text + "-01"); err != nil {
			return wanted, errs.Coded(errs.Invalid, "CONSOLE-MONTH", "Hãy chọn tháng trong danh sách tháng. / Choose a month of those offered.", err)
		}
	}
	return payout.ListMonth(v.context(), v.site.DB, programme, wanted, calendar.DateOf(v.site.Now()))
}

func uploadPage(v *visit) error {
	f, err := v.uploadForm()
	if err != nil {
		return err
	}
	return v.show("upload", f)
}

// sendList keeps a file and leads to what is wrong with it.
func sendList(v *visit) error {
	f, err := v.uploadForm()
	if err != nil {
		return err
	}
	u, field, err := v.sentList()
	if err != nil {
		return v.again("upload", f, err, field)
	}
	_, err = registry.SheetsWithLists(bytes.NewReader(u.Content), int64(len(u.Content)), registry.ReadOptions{Password: u.Password})
	switch {
	case needsPassword(err):
		f.Password = true
		return v.again("upload", f, inFileWords(err), "password")
	case err != nil:
		return v.again("upload", f, inFileWords(err), "file")
	}
	id, err := v.site.uploads().Keep(v.context(), v.owner(), u)
	if err != nil {
		return err
	}
	return v.seeOther("/lists/new/"+id, "")
}

// inFileWords gives a file that cannot be read its code and sentence.
func inFileWords(err error) error {
	var refused *registry.FileError
	if errors.As(err, &refused) {
		vi, en := refused.Finding.Reason()
		doVI, doEN := refused.Finding.Remedy()
		return errs.Coded(errs.Invalid, string(refused.Finding.Code), fmt.Sprintf("%s. %s. / %s. %s.", vi, forPage(doVI), en, forPage(doEN)), err)
	}
	return err
}

// sentList reads the form; field is the one that is wrong.
func (v *visit) sentList() (u uploads.Upload, field string, err error) {
	u = uploads.Upload{Programme: v.r.PostFormValue("programme"), Sheet: strings.TrimSpace(v.r.PostFormValue("sheet")), Password: v.r.PostFormValue("password"),
		Unit: v.unitWithin(v.r.PostFormValue("unit"))}
	file, head, err := v.r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return u, "file", errs.Coded(errs.Invalid, "CONSOLE-FILE", "Hãy chọn tệp danh sách. / Choose the file with the list.", err)
	}
	if err != nil {
		return u, "", err
	}
	defer file.Close()
	if u.Content, err = io.ReadAll(file); err != nil {
		return u, "", fmt.Errorf("read what was sent: %w", err)
	}
	u.Name = path.Base(strings.ReplaceAll(head.Filename, `\`, "/"))
	if u.Unit == "" && len(u.Name) > 5 {
		u.Unit = u.Name[:5]
	}
	if _, err := v.unitNow(u.Unit); err != nil {
		return u, "unit", err
	}
	if u.Month, err = v.month(u.Programme); err != nil {
		return u, "month", err
	}
	return u, "", nil
}

// unitNow is the commune that carries a code today, or a sentence.
func (v *visit) unitNow(code string) (registry.UnitKey, error) {
	key, err := registry.UnitAt(v.context(), v.site.DB, code, calendar.DateOf(v.site.Now()))
	if errors.Is(err, registry.ErrNoUnit) {
		err = errs.Coded(errs.Invalid, "CONSOLE-UNIT", "Hãy chọn xã, phường của danh sách. / Choose the commune of the list.", err)
	}
	return key, err
}

func (s *site) uploads() *uploads.Store {
	return &uploads.Store{DB: s.DB, Keys: s.Keys, Now: s.Now, Random: s.Random}
}

// owner is the visitor in this session.
func (v *visit) owner() uploads.Owner {
	return uploads.Owner{Account: v.me.ID, Session: sha256.Sum256([]byte("ansinh console upload\n" + v.token))}
}

// listTemplate hands out a workbook to fill in: empty, or with the people of last
// time, which is recorded.
func listTemplate(v *visit) error {
	f, err := v.uploadForm()
	if err != nil {
		return err
	}
	code, programme, ctx := v.unitWithin(v.r.PostFormValue("unit")), v.r.PostFormValue("programme"), v.context()
	key, err := v.unitNow(code)
	if err != nil {
		return v.again("upload", f, err, "template-unit")
	}
	i := slices.IndexFunc(registry.Communes(), func(u registry.Unit) bool { return u.Key() == key })
	if i < 0 {
		return v.again("upload", f, errs.Coded(errs.Invalid, "CONSOLE-UNIT", "Hãy chọn xã, phường của danh sách. / Choose the commune of the list.", nil), "template-unit")
	}
	o := registry.TemplateOptions{Unit: registry.Communes()[i], Programme: programme, Title: "DANH SÁCH NGƯỜI HƯỞNG"}
	if o.Demo, err = registry.IsDemo(ctx, v.site.DB); err != nil {
		return err
	}
	if o.Categories, err = payout.Categories(ctx, v.site.DB, programme); err != nil {
		return err
	}
	if len(o.Categories) == 0 {
		return errNoPage(v.r.URL.Path)
	}
	if v.r.PostFormValue("people") != "" {
		var last calendar.Date
		if o.Lines, last, err = v.lastRows(programme, key); err != nil {
			return v.again("upload", f, err, "template-unit")
		}
		if !last.IsZero() {
			o.Month = last.AddMonths(1)
		}
		// Said is what is different from last month's people, unless everybody is wanted.
		if o.Changes = !last.IsZero() && len(o.Lines) > 0 && v.r.PostFormValue("whole") == ""; o.Changes {
			o.Title = "DANH SÁCH TĂNG, GIẢM NGƯỜI HƯỞNG"
		}
	}
	var body bytes.Buffer
	if err := registry.WriteTemplate(&body, o); err != nil {
		return err
	}
	return v.sendWorkbook(fmt.Sprintf("%s-%s.xlsx", code, strings.ToLower(programme)), body.Bytes())
}

// lastRows reads the people of last time, unmasked, and of which month they are, once
// it is recorded who did.
func (v *visit) lastRows(programme string, key registry.UnitKey) (lines []registry.Line, month calendar.Date, err error) {
	now := v.site.Now()
	err = pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := payout.InOffice(ctx, tx, calendar.DateOf(now), v.me.ID); err != nil {
			return err
		}
		if month, err = registry.LastMonth(ctx, tx, programme, key); err != nil {
			return fmt.Errorf("last month of %s: %w", programme, err)
		}
		if lines, err = registry.LastRows(ctx, tx, v.site.Keys, programme, key); err != nil {
			return err
		}
		_, err := audit.Append(ctx, tx, audit.Entry{At: now, Actor: v.me.ID, Act: "list.prefill", Subject: "unit/" + key.Code,
			Detail: map[string]any{"programme": programme, "people": len(lines)}})
		return err
	})
	return lines, month, err
}
