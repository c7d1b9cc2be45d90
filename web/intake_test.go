package web_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ansinh/ledger"
	"ansinh/web/accounts"
)

// A row that was not taken is found by whoever is late with it, read in words,
// and decided by the people the domain asks for: one for another cut, two to drop.
func TestARowNotTakenIsDecided(t *testing.T) {
	t.Parallel()
	h, batch := staffed(t)
	h.person("giam-sat", accounts.Auditor, "", false)
	h.person("xa-hai", accounts.Maker, unitTwo, true)
	lan := h.as("lan")
	lan.get("/lists").wants(http.StatusOK).has("ds.xlsx", "130", "2 dòng chờ", `href="/refusals?list=1"`, `href="/lists/new"`)
	lan.get("/lists?unit=00008").has("1 danh sách", `href="/lists/2"`).hasNot(`href="/lists/1"`)
	lan.get("/lists/1").wants(http.StatusOK).has("Danh sách 1", "2 dòng chưa nhận còn chờ")
	lan.get("/refusals").wants(http.StatusOK).has("4 dòng chờ quyết định", "Lê Thị 101").hasNot("quá hạn</span>")
	h.clock.pass(8 * 24 * time.Hour)
	lan = h.as("lan")
	lan.get("/refusals?late=yes&unit=00004").has("2 dòng chờ quyết định", "quá hạn", `href="/refusals/1/101"`)
	lan.get("/refusals/1/101").wants(http.StatusOK).has("Lê Thị 101", "Quyết định", "đợt "+batchText(batch)+" chờ dòng này")

	t.Run("moving takes a reason", func(t *testing.T) {
		lan.get("/refusals/1/101")
		lan.submit("/refusals/1/101/move", "why", " ").wants(http.StatusUnprocessableEntity).has("phải ghi lý do")
		lan.submit("/refusals/1/101/move", "why", "chờ cấp lại căn cước").wants(http.StatusOK).has("Dòng được chuyển sang đợt sau.")
		lan.get("/refusals/1/101").has("chuyển sang đợt sau", "chờ cấp lại căn cước", "chuyển từ đợt trước")
	})
	t.Run("dropping takes two people, the second with a password", func(t *testing.T) {
		lan.get("/refusals/1/102")
		lan.submit("/refusals/1/102/drop", "why", "đã chuyển đi", "second", "lan", "password", password).wants(http.StatusForbidden).has("hai người khác nhau")
		lan.submit("/refusals/1/102/drop", "why", "đã chuyển đi", "second", "ke-toan", "password", "sai").wants(http.StatusForbidden).has("drop-password-error", "đã chuyển đi")
		lan.submit("/refusals/1/102/drop", "why", "đã chuyển đi", "second", "", "password", "").wants(http.StatusForbidden)
		lan.submit("/refusals/1/102/drop", "why", "đã chuyển đi", "second", "ke-toan", "password", password).wants(http.StatusOK).has("hai người")
		lan.get("/refusals/1/102").has("đã xong", "đã chuyển đi", "ke-toan").hasNot(`action="/refusals/1/102/drop"`)
		lan.post("/refusals/1/102/drop", "why", "x").wants(http.StatusForbidden) // no token
	})
	t.Run("a row that was not taken corrects nothing", func(t *testing.T) {
		lan.get("/refusals/2/101")
		lan.submit("/refusals/2/101/correct", "as-list", "2", "as-row", "9999").wants(http.StatusUnprocessableEntity).has("chưa được nhận")
		lan.submit("/refusals/2/101/correct", "as-list", "2", "as-row", "131", "why", "cùng một người", "second", "ke-toan", "password", password).
			wants(http.StatusOK).has("Đã ghi dòng thay thế.")
	})
	t.Run("who may see and decide", func(t *testing.T) {
		auditor := h.as("giam-sat")
		auditor.get("/refusals/2/102").wants(http.StatusOK).has("xem được, không quyết định").hasNot("<form class=\"card")
		auditor.post("/refusals/2/102/move", "why", "x").wants(http.StatusForbidden)
		two := h.as("xa-hai")
		two.get("/refusals").has("1 dòng chờ quyết định").hasNot("Lê Thị 101")
		two.get("/refusals/1/101").wants(http.StatusNotFound)
		two.get("/lists/1").wants(http.StatusNotFound)
		two.get("/refusals/2/7").wants(http.StatusNotFound)
		two.get("/refusals/99/1").wants(http.StatusNotFound).has("CONSOLE-ROW")
		lan.get("/lists/99").wants(http.StatusNotFound).has("CONSOLE-LIST")
	})
	if n := h.audited("list.row.moved") + h.audited("list.row.dropped") + h.audited("list.row.corrected"); n != 3 {
		t.Errorf("%d decisions are in the audit chain, want 3", n)
	}
	lan.get("/refusals?as=csv")
	if !strings.Contains(lan.body, "Lê Thị") || h.audited("list.export") == 0 {
		t.Errorf("the file of the work list is %q, with %d records of it", lan.body, h.audited("list.export"))
	}
}

// Of a list taken before that was kept, a finding says dots where it named something;
// kept, the same words say it.
func TestAFindingSaysWhatWasKept(t *testing.T) {
	t.Parallel()
	h, _ := staffed(t)
	const found = `INSERT INTO registry.list_refusal (list, seq, row_no, column_ref, code, severity, value, message, args) VALUES ($1, 1, 101, 'D', 'LIST-ID-LENGTH', 'error', '', '', $2)`
	h.exec(found, 1, nil)
	h.exec(found, 2, `["9"]`)
	lan := h.as("lan")
	lan.get("/refusals/1/101").has("số định danh có … chữ số, phải đủ 12").get("/lists/1").has("số định danh có … chữ số")
	lan.get("/refusals/2/101").has("số định danh có 9 chữ số, phải đủ 12").get("/lists/2").has("số định danh có 9 chữ số")
}

func batchText(id ledger.BatchID) string { return strconv.Itoa(int(id)) }

// Whoever finds a person, or a payment, reads the record behind it; that it was
// read is recorded, and another commune's officer does not get to see it.
func TestARecordIsReadAndTheReadingRecorded(t *testing.T) {
	t.Parallel()
	h, batch := staffed(t)
	h.person("xa-hai", accounts.Maker, unitTwo, false)
	lan := h.as("lan")
	lan.get("/find").submit("/find", "name", "Nguyen Van Mau 5", "born", "1940").wants(http.StatusOK).has(`href="/people/5"`)
	lan.get("/people/5").wants(http.StatusOK).has("Nguyễn Văn Mẫu 5", communeOne(), "tài khoản", "…0005", "500.000 đồng", "TET-HN-2026-03", "như danh sách đã ghi").
		hasNot(accountOf(5))
	if n := h.audited("person.read"); n != 1 {
		t.Errorf("%d readings are recorded, want 1", n)
	}
	payment := regexp.MustCompile(`href="(/payments/` + batchText(batch) + `/\d+)"`).FindStringSubmatch(lan.body)
	if payment == nil {
		t.Fatal("the record does not lead to its payment")
	}
	lan.get(payment[1]).wants(http.StatusOK).has(`href="/people/5"`)
	two := h.as("xa-hai")
	two.get("/people/5").wants(http.StatusNotFound)
	two.get("/people/131").wants(http.StatusOK)
	two.get("/people/9999").wants(http.StatusNotFound)
	if n := h.audited("person.read"); n != 2 {
		t.Errorf("%d readings are recorded, want 2: a page that was refused is none", n)
	}
}
