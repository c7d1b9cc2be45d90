package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"ansinh/internal/bench"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgtest"
	"ansinh/reports/filing"
	"ansinh/web"
	"ansinh/web/accounts"
)

// newCity is a console over a city whose payments went every way there is, with a
// person of each role who signs in by its name.
func newCity(t *testing.T, people int, roles ...accounts.Role) (*house, *bench.City) {
	t.Helper()
	h := &house{t: t, db: pgtest.DB(t), clock: &clock{at: calendar.Must(2026, 2, 20).At(9, 0)}}
	var err error
	if h.keys, err = crypt.DeriveKeys([]byte("console")); err != nil {
		t.Fatal(err)
	}
	random := &lockedRandom{from: rand.NewChaCha8(sha256.Sum256([]byte(t.Name())))}
	city, err := bench.LoadCity(t.Context(), h.db, bench.CityOptions{People: people, Batches: 2, Keys: h.keys, Random: random})
	if err != nil {
		t.Fatal(err)
	}
	h.people = &accounts.Register{DB: h.db, Now: h.clock.Now, Random: random}
	console, err := web.New(web.Config{DB: h.db, Keys: h.keys, Now: h.clock.Now, Random: random, Notice: "DỮ LIỆU GIẢ LẬP"})
	if err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(console)
	t.Cleanup(h.server.Close)
	for _, role := range roles {
		unit := ""
		if role == accounts.Maker {
			unit = unitOne
		}
		h.person(string(role), role, unit, false)
	}
	return h, city
}

// makeReports does what the workers do.
func (h *house) makeReports() {
	h.t.Helper()
	for {
		did, err := filing.Step(h.t.Context(), h.db, h.clock.Now, h.t.TempDir())
		if err != nil {
			h.t.Fatal(err)
		}
		if !did {
			return
		}
	}
}

// pageMax is the weight of a page on an old laptop.
const pageMax = 100 << 10

var internalLink = regexp.MustCompile(`href="(/[^"]*)"`)

// Who looks after the money walks from every number to its cause, and back, by
// links alone; every page is light, and none is missing.
func TestEveryNumberLeadsToItsCause(t *testing.T) {
	t.Parallel()
	h, _ := newCity(t, 2_000, accounts.Auditor)
	b := h.as("auditor")
	seen := map[string]bool{}
	kinds := map[string]int{}
	queue := []string{"/banks", "/doubts", "/breaks?sort=largest", "/books", "/files", "/timeliness", "/reports", "/verify", "/audit", "/find"}
	shape := regexp.MustCompile(`\d+`)
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		kind := shape.ReplaceAllString(strings.Split(path, "?")[0], "N")
		if seen[path] || kinds[kind] >= 4 || strings.Contains(path, "as=csv") {
			continue
		}
		seen[path] = true
		kinds[kind]++
		b.get(path)
		if b.status != http.StatusOK {
			t.Errorf("%s answered %d: %s", path, b.status, firstLines(b.body))
			continue
		}
		if len(b.body) > pageMax {
			t.Errorf("%s has %d bytes, more than %d", path, len(b.body), pageMax)
		}
		for _, m := range internalLink.FindAllStringSubmatch(b.body, -1) {
			link := strings.ReplaceAll(m[1], "&amp;", "&")
			if ours(link) {
				queue = append(queue, link)
			}
		}
	}
	for _, kind := range []string{"/books/accounts/N", "/books/vouchers/N", "/files/N", "/breaks/N", "/submissions/N"} {
		if kinds[kind] == 0 {
			t.Errorf("no link led to a page like %s; reached %v", kind, kinds)
		}
	}
}

// ours reports whether a link leads to a page of these tests: the pages of
// batches and payments have tests of their own, and a journal is no page.
func ours(link string) bool {
	for _, other := range []string{"/batches", "/payments", "/assets", "/account", "/stop", "/books/journal", "/reports/"} {
		if strings.HasPrefix(link, other) {
			return false
		}
	}
	return link != "/" && !strings.Contains(link, "lang=")
}

// What may be done by whom: readers of the whole city's money, nobody else.
func TestRolesOfRecordPages(t *testing.T) {
	t.Parallel()
	h, _ := newCity(t, 300, accounts.Accountant, accounts.Auditor, accounts.Operator, accounts.Maker)
	tests := map[accounts.Role]map[string]int{
		accounts.Accountant: {"/banks": 200, "/banks/A/gate": 200, "/breaks": 200, "/books": 200, "/reports": 200, "/verify": 200, "/find": 200, "/audit": 403},
		accounts.Auditor:    {"/banks": 200, "/banks/A/gate": 403, "/breaks": 200, "/audit": 200, "/find": 200, "/files": 200, "/doubts": 200},
		accounts.Operator:   {"/banks": 200, "/breaks": 403, "/books": 403, "/find": 403, "/timeliness": 403, "/audit": 403, "/files/1": 403},
		accounts.Maker:      {"/banks": 200, "/banks/A/gate": 403, "/breaks": 403, "/books": 403, "/find": 200, "/timeliness": 200, "/reports": 403, "/submissions/1": 403},
	}
	for role, pages := range tests {
		b := h.as(string(role))
		for path, want := range pages {
			if b.get(path); b.status != want {
				t.Errorf("%s at %s: %d, want %d", role, path, b.status, want)
			}
		}
	}
	b := h.as("auditor")
	for _, path := range []string{"/breaks/99999", "/files/99999", "/submissions/99999", "/books/accounts/99999", "/books/vouchers/99999", "/books/voucher?no=99999", "/books/vouchers/x"} {
		b.get(path).wants(http.StatusNotFound)
	}
}

// A bank is paused in two steps with a reason; without one nothing happens.
func TestPauseAndOpenABank(t *testing.T) {
	t.Parallel()
	h, _ := newCity(t, 300, accounts.Accountant)
	b := h.as("accountant")
	b.get("/banks/A/gate").has("Ngân hàng Mẫu A", "khoản,")
	b.submit("/banks/A/pause", "why", "  ").wants(http.StatusUnprocessableEntity).has("Hãy ghi lý do", "<title>Lỗi:")
	b.submit("/banks/A/pause", "why", "ngân hàng bảo trì").has("Đã tạm ngừng gửi lệnh", "ngân hàng bảo trì", "Cho gửi lệnh lại")
	b.get("/banks/A/gate").submit("/banks/A/open", "why", "bảo trì xong").has("hệ thống hỏi ngân hàng trước khi gửi")
	if h.audited("bank.pause") != 1 || h.audited("bank.open") != 1 {
		t.Error("the audit chain does not have the pause and the opening")
	}
	b.get("/banks/A/gate")
	b.post("/banks/A/pause", "why", "không có mã phiên").wants(http.StatusForbidden)
}

// A list says how many with which filters, its file holds exactly them, and that
// it was taken is recorded.
func TestListAndItsFileAreOneView(t *testing.T) {
	t.Parallel()
	h, _ := newCity(t, 6_000, accounts.Auditor)
	b := h.as("auditor")
	b.get("/breaks?owner=-&sort=largest").has("khoản lệch đang mở, chưa ai nhận")
	csvLink := regexp.MustCompile(`href="(/breaks\?[^"]*as=csv[^"]*)"`).FindStringSubmatch(b.body)
	if csvLink == nil {
		t.Fatal("the list has no file")
	}
	shown := regexp.MustCompile(`(\d+) khoản lệch đang mở`).FindStringSubmatch(b.body)[1]
	b.get(strings.ReplaceAll(csvLink[1], "&amp;", "&"))
	file := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.body, "\ufeff")))
	file.FieldsPerRecord = -1 // the first two rows are words
	rows, err := file.ReadAll()
	if err == nil && len(rows) < 3 {
		t.Fatalf("the file has %d rows", len(rows))
	}
	if err != nil || fmt.Sprint(len(rows)-3) != shown {
		t.Errorf("the file has %d rows, the page says %s (%v)", len(rows)-3, shown, err)
	}
	if !strings.Contains(rows[0][0], "DỮ LIỆU GIẢ LẬP") || !strings.Contains(rows[0][0], "chưa ai nhận") || !strings.Contains(rows[1][0], "auditor") {
		t.Errorf("the file does not say what, who and when: %q", rows[:2])
	}
	if h.audited("list.export") != 1 {
		t.Error("the export is not in the audit chain")
	}
	b.get("/breaks?bank=A&state=closed").has("Không có dòng nào khớp với: Ngân hàng Mẫu A")
	b.get("/books?date=31/02/2026").has("không phải ngày", `aria-invalid="true"`)
	b.get("/books?date="+"01/02/2026&known=05/02/2026").has("hạch toán đến hết 01/02/2026", "theo những gì đã ghi đến hết 05/02/2026")
}

// The next page begins where the last one ended.
func TestPagesOfALargeVoucher(t *testing.T) {
	t.Parallel()
	h, _ := newCity(t, 2_000, accounts.Auditor)
	var id int64
	if err := h.db.QueryRow(t.Context(), `SELECT id FROM ledger.voucher ORDER BY lines DESC, id LIMIT 1`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	b := h.as("auditor")
	b.get(fmt.Sprintf("/books/vouchers/%d", id)).has("Đang xem dòng 1 đến 50", "Gốc Merkle")
	next := regexp.MustCompile(`href="([^"]*)" rel="next"`)
	payments := regexp.MustCompile(`href="/payments/(\d+/\d+)"`)
	seen := map[string]bool{}
	for pages := 1; ; pages++ {
		for _, m := range payments.FindAllStringSubmatch(b.body, -1) {
			if seen[m[1]] {
				t.Fatalf("payment %s comes on two pages", m[1])
			}
			seen[m[1]] = true
		}
		link := next.FindStringSubmatch(b.body)
		if link == nil {
			break
		}
		b.get(strings.ReplaceAll(link[1], "&amp;", "&"))
	}
	var lines int
	if err := h.db.QueryRow(t.Context(), `SELECT lines FROM ledger.voucher WHERE id = $1`, id).Scan(&lines); err != nil || len(seen) != lines {
		t.Errorf("%d payments on all pages, the voucher has %d lines (%v)", len(seen), lines, err)
	}
}

// Who looks after a break is recorded; solving it is said to come later.
func TestOwnABreak(t *testing.T) {
	t.Parallel()
	h, _ := newCity(t, 2_000, accounts.Accountant, accounts.Auditor)
	var id int64
	if err := h.db.QueryRow(t.Context(), `SELECT min(id) FROM reconciliation.break_item`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/breaks/%d", id)
	b := h.as("accountant")
	b.get(path).has("Bảng đối chiếu nói gì", "cần hai người")
	b.submit(path+"/owner", "owner", "Chị Mẫu").has("Đã ghi người xử lý", "Chị Mẫu")
	if h.audited("break.own") != 1 {
		t.Error("the owner is not in the audit chain")
	}
	h.as("auditor").get(path).has("Chỉ kế toán và lãnh đạo Sở")
}

// Reports are asked for, made by the workers, and served byte for byte.
func TestReportsThroughTheConsole(t *testing.T) {
	t.Parallel()
	h, city := newCity(t, 600, accounts.Accountant)
	b := h.as("accountant")
	b.get("/timeliness").has("chưa tính lần nào")
	b.submit(fmt.Sprintf("/timeliness/%d", city.Batch[1])).has("Đang tính")
	b.get("/reports").submit("/reports", "batch", fmt.Sprint(city.Batch[0])).has("đang lập")
	b.get("/verify").submit("/verify").has("Đang kiểm tra")
	h.makeReports()
	b.get("/timeliness").has("Tính đến hết", "dưới 10 người, không công bố", "<svg", "Chưa có nguồn nào báo")
	b.get("/verify").has("đúng", "Dòng đã băm lại")
	b.get("/reports").has("quyet-toan-dot-", "đã lập")
	link := regexp.MustCompile(`href="(/reports/\d+/1)">quyet`).FindStringSubmatch(b.body)
	if link == nil {
		t.Fatal("the workbook has no link")
	}
	first := b.get(link[1]).body
	sum := sha256.Sum256([]byte(first))
	if again := b.get(link[1]).body; !strings.HasPrefix(first, "PK") || again != first {
		t.Error("the workbook is not served byte for byte")
	}
	b.get("/reports?sha256=" + hex.EncodeToString(sum[:])).has("Đúng: đó là quyet-toan-dot-")
	b.get("/reports?sha256=" + strings.Repeat("0", 64)).has("Không có báo cáo nào được lưu như vậy")
	b.get("/books/journal")
	if !bytes.HasPrefix([]byte(b.body), []byte("; DỮ LIỆU GIẢ LẬP")) || !strings.Contains(b.body, "commodity 1000. VND") {
		t.Errorf("the journal begins with %q", b.body[:min(80, len(b.body))])
	}
	for act, want := range map[string]int{"report.ask": 3, "report.made": 3, "report.download": 2, "ledger.export": 1} {
		if got := h.audited(act); got != want {
			t.Errorf("the audit chain has %d of %s, want %d", got, act, want)
		}
	}
}

// The hotline finds by three ways, says one sentence for each payment, keeps
// what was typed out of addresses, and every look is recorded.
func TestFindAPerson(t *testing.T) {
	t.Parallel()
	h, _ := newCity(t, 3_000, accounts.Accountant, accounts.Maker)
	b := h.as("accountant")
	b.get("/find").submit("/find", "pid", string(bench.CityID(5))).has("Hoàng Thị Mẫu 5", "đồng, Quà Tết mẫu")
	if strings.Contains(b.at, bench.CityID(5).Reveal()) {
		t.Error("the personal id stands in the address")
	}
	b.hasNot(bench.CityID(5).Reveal(), bench.CityPhone(5).Reveal())
	b.submit("/find", "phone", "+84"+bench.CityPhone(6).Reveal()[1:]).has("Hoàng Thị Mẫu 6")
	b.submit("/find", "name", "hoang thi mau 7", "born", "1942").has("Hoàng Thị Mẫu 7", "1942")
	b.submit("/find", "name", "Hoàng Thị Mẫu 7").wants(http.StatusUnprocessableEntity).has("cùng năm sinh")
	b.submit("/find", "pid", "0000").wants(http.StatusUnprocessableEntity).has("đủ 12 chữ số")
	b.submit("/find", "pid", "000030000999").has("Không có ai có số định danh này")
	if got := h.audited("person.find"); got != 4 {
		t.Errorf("%d look-ups are recorded, want 4", got)
	}
	var raw int
	if err := h.db.QueryRow(t.Context(), `SELECT count(*) FROM audit.record WHERE detail LIKE '%' || $1 || '%'`, bench.CityID(5).Reveal()).Scan(&raw); err != nil || raw != 0 {
		t.Errorf("the audit log holds the personal id itself (%d, %v)", raw, err)
	}
	// A commune's officer finds the commune's own people only: person 5 lives in
	// the first commune of the list, the last person in the last.
	m := h.as("maker")
	m.get("/find").submit("/find", "pid", string(bench.CityID(5))).has("Hoàng Thị Mẫu 5")
	m.submit("/find", "pid", string(bench.CityID(150))).has("Không có ai có số định danh này")
}
