package web_test

import (
	"bytes"
	"html"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"ansinh/registry"
	"ansinh/registry/demolist"
	"ansinh/web/accounts"
	"ansinh/web/uploads"
)

// upload sends the form of the present page that takes a file.
func (b *browser) upload(path, name string, content []byte, pairs ...string) *browser {
	b.h.t.Helper()
	_, form, ok := strings.Cut(b.body, `action="`+path+`" enctype="multipart/form-data"`)
	if !ok {
		b.h.t.Fatalf("the page %s takes no file", b.at)
	}
	form, _, _ = strings.Cut(form, "</form>")
	for _, m := range hiddenField.FindAllStringSubmatch(form, -1) {
		pairs = append(pairs, m[1], m[2])
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			b.h.t.Fatal(err)
		}
	}
	if name != "" {
		part, err := w.CreateFormFile("file", name)
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			b.h.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.h.t.Fatal(err)
	}
	r, err := b.client.Post(b.h.server.URL+path, w.FormDataContentType(), &body)
	return b.read(r, err)
}

func (h *house) uploads() (n int) {
	h.t.Helper()
	if err := h.db.QueryRow(h.t.Context(), `SELECT count(*) FROM console.upload`).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// communeOne is how the commune of the lists is called.
func communeOne() string {
	for _, u := range registry.Communes() {
		if u.Code == unitOne {
			return u.NameVI
		}
	}
	return ""
}

func workbook(t *testing.T, list *demolist.SeededList, password string) []byte {
	t.Helper()
	var plain, out bytes.Buffer
	if err := list.Write(&plain, demolist.Style{Commune: communeOne()}); err != nil {
		t.Fatal(err)
	}
	if password == "" {
		return plain.Bytes()
	}
	file, err := excelize.OpenReader(&plain)
	if err == nil {
		err = file.Write(&out, excelize.Options{Password: password})
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sheetsOf opens what a browser was given.
func (b *browser) sheetsOf(password string) []string {
	b.h.t.Helper()
	file, err := excelize.OpenReader(strings.NewReader(b.body), excelize.Options{Password: password})
	if err != nil {
		b.h.t.Fatalf("%s answered %d with no workbook: %v: %.300s", b.at, b.status, err, b.body)
	}
	defer file.Close()
	return file.GetSheetList()
}

// An officer sends a list with mistakes, reads them cell by cell, takes the marked
// copy, takes in the sound rows and finds the others waiting; what was checked is
// what is taken, and nothing of it stays behind.
func TestAListIsHandedInAtTheConsole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", true)
	h.person("hoa", accounts.Maker, "", false)
	h.person("giam-sat", accounts.Auditor, "", false)
	list := demolist.Seeded(7, 12, 60)
	content := workbook(t, list, "")
	lan := h.as("lan")
	lan.get("/lists/new").wants(http.StatusOK).has("Nộp danh sách", "tối đa 16 MB")
	lan.upload("/lists/new", "", nil, "programme", "TET26", "unit", unitOne).wants(http.StatusUnprocessableEntity).has("Hãy chọn tệp")
	lan.upload("/lists/new", "ds.xlsx", content, "programme", "TET26", "unit", "").wants(http.StatusUnprocessableEntity).has("Hãy chọn xã, phường")
	lan.upload("/lists/new", "00004.pdf", []byte("%PDF-1.7 này không phải danh sách"), "programme", "TET26", "unit", "").wants(http.StatusUnprocessableEntity).has(`id="errors"`)
	lan.upload("/lists/new", "00004-tet.xlsx", content, "programme", "TET26", "unit", "").wants(http.StatusOK).
		has("Kiểm tra: 00004-tet.xlsx", "Từng ô cần xem", "Nhận vào hệ thống", "dòng còn lại thành việc chờ quyết định")
	checked := lan.at
	for _, f := range list.Findings {
		lan.has(f.Code)
	}
	if h.uploads() != 1 || h.audited("list.check") != 1 {
		t.Errorf("%d uploads are kept, %d checks recorded", h.uploads(), h.audited("list.check"))
	}
	other := h.as("hoa")
	other.get(checked).wants(http.StatusNotFound).has("CONSOLE-UPLOAD")
	h.as("giam-sat").get("/lists/new").wants(http.StatusForbidden)
	h.as("lan").get(checked).wants(http.StatusNotFound) // another session of the same person

	lan.get(checked).submit(checked + "/copy").wants(http.StatusOK)
	if got := lan.sheetsOf(""); got[0] != "Tóm tắt" {
		t.Errorf("the copy has the sheets %q, want the summary first", got)
	}
	lan.get(checked)
	lan.body = strings.Replace(lan.body, `name="rows" value="valid"`, `name="rows" value="all"`, 1)
	lan.submit(checked + "/take").wants(http.StatusUnprocessableEntity).has("Chưa nhận dòng nào")
	lan.get(checked).submit(checked + "/take").wants(http.StatusOK)
	if h.uploads() != 0 {
		t.Errorf("%d uploads are kept after the import", h.uploads())
	}
	lan.has("Danh sách đã được nhận.", "dòng chưa nhận còn chờ", "Kiểm tra thấy gì")
	taken := strings.Split(lan.at, "?")[0]
	lan.get("/refusals").has("dòng chờ quyết định", "lan").get(taken)
	lan.submit(taken + "/copy").wants(http.StatusOK)
	if got := lan.sheetsOf(""); got[0] != "Tóm tắt" || h.audited("list.copy") != 2 {
		t.Errorf("the copy of the list that was taken has the sheets %q, %d copies recorded", got, h.audited("list.copy"))
	}
	lan.get(checked).wants(http.StatusNotFound)
	h.saysWhatWasFound(lan, strings.TrimPrefix(taken, "/lists/"))
	h.as("giam-sat").get(taken).wants(http.StatusOK).hasNot(taken + "/copy")

	t.Run("the same file again is the same list", func(t *testing.T) {
		lan.get("/lists/new").upload("/lists/new", "00004-tet.xlsx", content, "programme", "TET26", "unit", unitOne)
		lan.submit(strings.Split(lan.at, "?")[0] + "/take").has("đã được nhận trước đây")
		if got := strings.Split(lan.at, "?")[0]; got != taken {
			t.Errorf("the same file became %s, want %s", got, taken)
		}
	})
	t.Run("the template has last time's people, and says so in the log", func(t *testing.T) {
		lan.get("/lists/new").submit("/lists/template", "programme", "TET26", "unit", unitOne, "people", "yes").wants(http.StatusOK)
		if got := lan.sheetsOf(""); got[0] != "Danh sách" || h.audited("list.prefill") != 1 {
			t.Errorf("the template has the sheets %q, %d records", got, h.audited("list.prefill"))
		}
		other.get("/lists/new").submit("/lists/template", "programme", "TET26", "unit", unitOne, "people", "yes").wants(http.StatusForbidden).has("Không có người ký")
		other.get("/lists/new").submit("/lists/template", "programme", "TET26", "unit", "").wants(http.StatusUnprocessableEntity).has("Hãy chọn xã, phường")
	})
}

func TestAListUnderAPasswordIsAskedForIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, unitOne, true)
	lan := h.as("lan")
	content := workbook(t, demolist.Seeded(9, 0, 12), "mat-khau")
	lan.get("/lists/new").upload("/lists/new", "00008.xlsx", content, "programme", "TET26", "unit", unitTwo).
		wants(http.StatusUnprocessableEntity).has(`id="password-error"`)
	lan.upload("/lists/new", "00008.xlsx", content, "programme", "TET26", "password", "mat-khau").wants(http.StatusOK).has("Đã đủ, nộp được")
	checked := lan.at
	lan.submit(checked+"/take").has("Danh sách đã được nhận.", "Không còn dòng nào chờ")
	taken := strings.Split(lan.at, "?")[0]
	lan.submit(taken + "/copy").wants(http.StatusUnprocessableEntity).has(`id="password-error"`)
	lan.submit(taken+"/copy", "password", "mat-khau").wants(http.StatusOK)
	if got := lan.sheetsOf("mat-khau"); got[0] != "Tóm tắt" {
		t.Errorf("the copy has the sheets %q", got)
	}
	lan.get("/lists").has("<td data-label=\"Xã, phường\">" + communeOne() + "</td>") // the officer's own, whatever was asked for
}

func TestAnUploadEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", false)
	lan := h.as("lan")
	content := workbook(t, demolist.Seeded(9, 0, 12), "")
	lan.get("/lists/new").upload("/lists/new", "00004.xlsx", content, "programme", "TET26").wants(http.StatusOK)
	dropped := lan.at
	lan.submit(dropped + "/drop").wants(http.StatusOK).has("Tệp đã bỏ")
	lan.get(dropped).wants(http.StatusNotFound)
	lan.get("/lists/new").upload("/lists/new", "00004.xlsx", content, "programme", "TET26")
	late := lan.at
	for range 3 { // the session is kept awake
		h.clock.pass(uploads.Life / 3)
		lan.get("/lists")
	}
	h.clock.pass(time.Minute)
	lan.get(late).wants(http.StatusNotFound).has("chỉ giữ một giờ")
	lan.get("/lists/new").upload("/lists/new", "00004.xlsx", make([]byte, 17<<20), "programme", "TET26")
	if lan.status != http.StatusUnprocessableEntity {
		t.Errorf("17 MB were answered with %d", lan.status)
	}
}

// saysWhatWasFound: the page of each row that waits says the words of its findings with
// their numbers and names.
func (h *house) saysWhatWasFound(lan *browser, list string) {
	h.t.Helper()
	found := h.texts(`SELECT format('%s %s', f.row_no, split_part(split_part(f.message, ': ', 2), '. ', 1)) FROM registry.list_refusal AS f
		WHERE f.list = $1::bigint AND f.args <> '[]' AND EXISTS (SELECT 1 FROM payout.open_row AS o WHERE o.list = f.list AND o.row_no = f.row_no) ORDER BY f.seq`, list)
	if len(found) == 0 {
		h.t.Fatal("no finding of the list has an argument")
	}
	for _, one := range found {
		row, words, _ := strings.Cut(one, " ")
		lan.get("/refusals/" + list + "/" + row).has(html.EscapeString(words))
	}
}
