package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"ansinh/internal/calendar"
	"ansinh/registry"
	"ansinh/registry/demolist"
	"ansinh/registry/verification"
	"ansinh/registry/verification/sandbox"
	"ansinh/web/accounts"
)

// verified takes in a list of about so many people and asks an invented population
// register about all of them.
func (h *house) verified(count int, c sandbox.Config) (list, job int64) {
	h.t.Helper()
	commune := registry.Communes()[0]
	unit := demolist.Make(7, count, []demolist.Place{{Code: commune.Code, Name: commune.NameVI}}).Units[0]
	var workbook, book bytes.Buffer
	if _, err := unit.WriteTet(&workbook); err != nil {
		h.t.Fatal(err)
	}
	result, err := registry.ImportList(h.t.Context(), h.db, h.keys, registry.File{Name: "ds.xlsx", Content: bytes.NewReader(workbook.Bytes()), Size: int64(workbook.Len())},
		registry.ImportOptions{Programme: "TET26", Unit: commune.Key(), By: "lan", Now: h.clock.Now(), Random: h.people.Random, AcceptValid: true})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := verification.WriteDemoBook(h.t.Context(), h.db, h.keys, calendar.DateOf(h.clock.Now()), &book); err != nil {
		h.t.Fatal(err)
	}
	entries, err := sandbox.ReadBook(&book)
	if err != nil {
		h.t.Fatal(err)
	}
	c.Key, c.Version, c.Now = "khoa-thu", "P-2026-01-19", h.clock.Now
	server := httptest.NewServer(sandbox.New(c, entries))
	h.t.Cleanup(server.Close)
	client := verification.NewClient(verification.LineConfig{URL: server.URL, Key: "khoa-thu", BulkMax: 200, PerSecond: 1000, Now: h.clock.Now})
	j := &verification.Job{DB: h.db, Keys: h.keys, Random: h.people.Random, Now: h.clock.Now, People: client, Accounts: client}
	if job, err = j.Start(h.t.Context(), result.List, verification.Population, "lan"); err != nil {
		h.t.Fatal(err)
	}
	run, err := j.Take(h.t.Context(), job)
	if err != nil {
		h.t.Fatal(err)
	}
	for {
		s, err := run.Step(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		if s.Waiting == 0 {
			return result.List, job
		}
	}
}

// Only a person resolves what the register says otherwise: with a reason it stays,
// with a paper a change is proposed; nobody reads it unrecorded.
func TestADifferenceIsResolvedByAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", true)
	h.person("giam-sat", accounts.Auditor, "", false)
	h.person("xa-hai", accounts.Maker, unitTwo, true)
	lan := h.as("lan")
	lan.get("/verifications").wants(http.StatusOK).has("Chưa đối chiếu danh sách nào")
	list, job := h.verified(60, sandbox.Config{Seed: 3, Respelt: 6})
	summary, err := verification.Read(t.Context(), h.db, job)
	if err != nil || summary.Open < 3 {
		t.Fatalf("%+v, %v: want some differences", summary, err)
	}
	lan.get("/verifications").has(fmt.Sprintf("%d khác biệt chờ", summary.Open), fmt.Sprintf(`href="/lists/%d"`, list))
	page := fmt.Sprintf("/verifications/%d", job)
	lan.get(page).wants(http.StatusOK).has("khác", "họ tên", "P-2026-01-19")
	if n := h.audited("person.read"); n != int(summary.Open) {
		t.Errorf("%d readings are recorded, want one for each of %d people shown", n, summary.Open)
	}
	links := regexp.MustCompile(`href="(`+page+`/\d+)"`).FindAllStringSubmatch(lan.body, -1)
	if len(links) != int(summary.Open) {
		t.Fatalf("%d differences are linked, want %d", len(links), summary.Open)
	}
	first, second := links[0][1], links[1][1]
	lan.get(first).wants(http.StatusOK).has("Giữ hồ sơ của ta", "Sửa hồ sơ theo bên kia", `<tr class="differs"><th scope="row">Họ tên</th>`, "Hai bên cạnh nhau",
		communeOne(), "không ghi đã mất", "đúng số đã hỏi").hasNot("not known", ">M<", ">F<", "1940-", ">00004<")
	lan.submit(first, "why", " ").wants(http.StatusUnprocessableEntity).has("Hãy ghi lý do")
	lan.submit(first, "why", "đã đối chiếu giấy khai sinh").wants(http.StatusOK).has("hồ sơ giữ nguyên")
	lan.get(first).has("giữ hồ sơ", "đã đối chiếu giấy khai sinh").hasNot("<form class=\"card")
	lan.get(page + "?all=yes").has("đã đối chiếu giấy khai sinh")

	lan.get(second)
	correct := func(pairs ...string) *browser {
		// The second form of the page is the correction.
		lan.body = lan.body[strings.LastIndex(lan.body, `<form class="card narrow" method="post" action="`+second+`"`):]
		return lan.submit(second, pairs...)
	}
	correct("why", "theo CSDL dân cư", "paper", "CSDLDC-7", "paper-date", "ngày mai").wants(http.StatusUnprocessableEntity).has(`id="paper-date-error"`)
	correct("why", "theo CSDL dân cư", "paper", "CSDLDC-7", "paper-date", "19/01/2026").wants(http.StatusOK).has("chờ người thứ hai xác nhận")
	lan.get(strings.Replace(second, page, "/people", 1)).wants(http.StatusOK).has("đổi họ tên", "chờ người thứ hai", "CSDLDC-7")
	lan.get(second).has("đang chờ người thứ hai xác nhận").hasNot("<form class=\"card")
	lan.get(page).has("chờ người thứ hai")
	if now, err := verification.Read(t.Context(), h.db, job); err != nil || now.Open != summary.Open-1 {
		t.Errorf("%d differences are open, %v; want all but the one that was kept of %d", now.Open, err, summary.Open)
	}
	lan.get("/verifications").has(fmt.Sprintf("%d khác biệt chờ", summary.Open-1))

	auditor := h.as("giam-sat")
	auditor.get(links[2][1]).wants(http.StatusOK).has("xem được, không quyết định").hasNot("<form class=\"card")
	auditor.post(links[2][1], "choice", "accept", "why", "x").wants(http.StatusForbidden)
	two := h.as("xa-hai")
	two.get(page).wants(http.StatusNotFound)
	two.get("/verifications").has("Chưa đối chiếu")
	lan.get("/verifications/99").wants(http.StatusNotFound).has("VERIFY-NONE")
	lan.get("/").has("khác biệt khi đối chiếu")
}

// Whoever reaches an age and stands on no list of the programme is work to look at,
// for a commune at a time.
func TestWhoShouldBeOnAList(t *testing.T) {
	t.Parallel()
	h, _ := staffed(t)
	h.person("xa-hai", accounts.Maker, unitTwo, false)
	lan := h.as("lan")
	lan.get("/candidates").wants(http.StatusOK).has("Chọn chương trình và xã, phường").hasNot("Nguyễn Văn Mẫu")
	lan.get("/candidates?programme=TET26&unit=00004&from=x").has("không phải ngày")
	lan.get("/candidates?programme=TET26&unit=00004").wants(http.StatusOK).has("Không thấy ai còn thiếu")
	// Everybody was born in 1940: in 2030 they are 90, and no list of another programme has them.
	lan.get("/candidates?programme=THO26&unit=00004&from=01/01/2030&to=31/12/2030&last=TET26").wants(http.StatusOK).
		has("đến tuổi", "260 việc cần xem", `href="/people/1"`)
	lan.get("/candidates?programme=THO26&unit=00004&from=01/01/2030&to=31/12/2030&last=TET26&page=6").has("Đang xem dòng 251 đến 260", "lần trước được hưởng")
	two := h.as("xa-hai")
	two.get("/candidates?programme=THO26&unit=00004&last=TET26&from=01/01/2030&to=31/12/2030").has("6 việc cần xem").hasNot(`href="/people/1"`)
	if n := h.audited("candidates.read"); n != 5 {
		t.Errorf("%d searches are recorded, want 5", n)
	}
}
