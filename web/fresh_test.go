package web_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"ansinh/internal/crypt"
	"ansinh/web/accounts"
)

const testEndWay = `
INSERT INTO registry.channel_history (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from,
                                      changed, valid_to, ended_by)
SELECT person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from, changed, $2, 2
  FROM registry.channel WHERE person = $1`

const testNewWay = `
INSERT INTO registry.channel (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, list, valid_from, changed)
VALUES ($1, 1, 'bank', 'account', '999001', $3, $4, $5, 'NGUYEN VAN MAU', 2, $2, true)`

const testResting = `
INSERT INTO payout.exception (batch, payment, attempt, kind, opened_at, reasons, why)
SELECT p.batch, p.no, 0, 'held', $2, ARRAY['fresh'], 'Tài khoản mới đổi / The account changed' FROM payout.payment AS p WHERE p.person = $1`

// A changed account gets no money until somebody else than who brought it has sealed
// it: that is read by commune, with who reads recorded, and sealed here.
func TestAChangedAccountIsSealedBySomebodyElse(t *testing.T) {
	t.Parallel()
	h, _ := staffed(t)
	h.person("xa-hai", accounts.Maker, unitTwo, true)
	h.person("lanh-dao-so", accounts.Department, "", true)
	lan := h.as("lan")
	lan.get("/fresh").wants(http.StatusOK).has("Không có tài khoản mới đổi nào chờ xác minh")
	for _, person := range []int64{5, 6, 7} { // list 2 is lan's, and brought other accounts than the first lists
		since, number := h.clock.Now().Add(-time.Hour), accountOf(900+person)
		index, closed := h.closed(crypt.FieldAccount, number)
		h.exec(testEndWay, person, since)
		h.exec(`DELETE FROM registry.channel WHERE person = $1`, person)
		h.exec(testNewWay, person, since, closed, index, number[10:])
		h.exec(testResting, person, h.clock.Now())
	}
	lan.get("/").has(`href="/fresh"`, "khoản chi chờ xác minh tài khoản mới đổi")
	lan.get("/fresh").has(`href="/fresh?unit=00004"`, `data-label="Tài khoản">3</td>`)
	lan.get("/fresh?unit=00004").wants(http.StatusOK).has("3 tài khoản chờ xác minh", "Nguyễn Văn Mẫu 5", "…0005", "…0905", "chưa xác nhận", "chưa hỏi", "lan đưa vào", "Cần người phê duyệt").
		hasNot(accountOf(905), `id="seal"`)
	if n := h.audited("person.read"); n != 3 {
		t.Errorf("%d readings are recorded, want one for each of 3 people", n)
	}
	lan.post("/fresh?unit=00004", "account", "5-2").wants(http.StatusForbidden)
	h.as("xa-hai").get("/fresh?unit=00004").wants(http.StatusOK).hasNot("Nguyễn Văn Mẫu 5")

	chair := h.as("chu-tich-00004")
	const form = "/fresh?unit=00004"
	chair.get("/fresh").wants(http.StatusOK).has("3 tài khoản chờ xác minh") // the commune's own, whatever was asked for
	for name, step := range map[string]struct {
		pairs  []string
		status int
		says   string
	}{
		"none chosen":        {[]string{"password", password}, http.StatusUnprocessableEntity, "Hãy chọn ít nhất một tài khoản"},
		"a wrong password":   {[]string{"account", "5-2", "password", "sai"}, http.StatusForbidden, `id="password-error"`},
		"another one by now": {[]string{"account", "5-1", "password", password}, http.StatusConflict, "đã thay đổi từ khi bạn mở trang"},
	} {
		t.Run(name, func(t *testing.T) { chair.get(form).submit(form, step.pairs...).wants(step.status).has(step.says) })
	}
	chair.get(form).submit(form, "account", "5-2", "password", password).wants(http.StatusOK).has("Đã xác nhận.", "đã xác nhận")
	if n := h.audited("person.done"); n != 1 {
		t.Errorf("%d changes are sealed, want 1", n)
	}
	t.Run("one is refused, with a reason", func(t *testing.T) {
		refuse := func(pairs ...string) *browser {
			chair.get(form)
			return chair.post(form, append(append(pairs, "act", "refuse"), "token", chair.hidden("token"))...)
		}
		refuse("account", "6-2", "why", " ", "password", password).wants(http.StatusUnprocessableEntity).has("Hãy ghi lý do")
		refuse("account", "6-2", "why", "ông không đổi", "password", "sai").wants(http.StatusForbidden).has("refuse-password-error", "ông không đổi")
		refuse("account", "6-2", "why", "ông không đổi", "password", password).wants(http.StatusOK).has("Đã từ chối", "đã từ chối")
	})
	t.Run("the department seals what waits at once, and not what was refused", func(t *testing.T) {
		head := h.as("lanh-dao-so")
		head.get(form).has("Cả 1 tài khoản").submit(form, "all", "yes", "password", password).wants(http.StatusOK).has("Đã xác nhận.")
		var open int
		if err := h.db.QueryRow(t.Context(), `SELECT count(*) FROM registry.fresh_account('2026-01-20', '2026-01-01') WHERE NOT confirmed AND NOT refused`).Scan(&open); err != nil || open != 0 {
			t.Errorf("%d accounts wait for a second person, %v; want none", open, err)
		}
	})
	if n := h.audited("person.done"); n != 2 {
		t.Errorf("%d changes are sealed, want 2", n)
	}
}

// hidden is the value of a hidden field of the present page.
func (b *browser) hidden(name string) string {
	b.h.t.Helper()
	for _, m := range hiddenField.FindAllStringSubmatch(b.body, -1) {
		if m[1] == name {
			return m[2]
		}
	}
	b.h.t.Fatalf("the page %s has no hidden field %s", b.at, name)
	return ""
}

// A row that waits is given to somebody in office, and its deadline is moved to a
// later day twice; then only the department moves it. It goes on waiting.
func TestARowIsGivenToAnOwner(t *testing.T) {
	t.Parallel()
	h, _ := staffed(t)
	h.person("lanh-dao-so", accounts.Department, "", true)
	h.person("giam-sat", accounts.Auditor, "", false)
	h.person("xa-hai", accounts.Maker, unitTwo, true)
	lan := h.as("lan")
	const row, form = "/refusals/1/101", "/refusals/1/101/assign"
	give := func(b *browser, pairs ...string) *browser { return b.get(row).submit(form, pairs...) }
	lan.get(row).wants(http.StatusOK).has("như cũ: lan", "chu-tich-00004", `name="due"`).hasNot("xa-hai", "Đã giao</h2>")
	give(lan, "owner", "chu-tich-00004", "why", " ").wants(http.StatusUnprocessableEntity).has("cần lý do")
	give(lan, "owner", "", "due", "ngày kia", "why", "nghỉ ốm").wants(http.StatusUnprocessableEntity).has(`id="assign-due-error"`, "nghỉ ốm", "ngày kia")
	give(lan, "owner", "", "due", "19/01/2026", "why", "nghỉ ốm").wants(http.StatusUnprocessableEntity)
	give(lan, "owner", "nobody", "why", "nghỉ ốm").wants(http.StatusForbidden).has("Không có người ký")
	give(lan, "owner", "chu-tich-00004", "due", "30/01/2026", "why", "nghỉ ốm").wants(http.StatusOK).
		has("Đã giao: dòng có người lo", "chu-tich-00004, hạn 30/01/2026", "(lùi hạn)", "nghỉ ốm", "người lo: chu-tich-00004", "chờ quyết định")
	give(lan, "due", "05/02/2026", "why", "chờ công an").wants(http.StatusOK).has("đã lùi 2 lần")
	give(lan, "due", "09/02/2026", "why", "chờ công an").wants(http.StatusForbidden).has("chỉ sở được lùi tiếp")
	give(h.as("lanh-dao-so"), "due", "09/02/2026", "why", "công an hẹn").wants(http.StatusOK).has("09/02/2026")
	lan.get("/refusals").has("chu-tich-00004", "09/02/2026")
	h.as("giam-sat").get(row).wants(http.StatusOK).has("công an hẹn").hasNot(form)
	h.as("giam-sat").post(form, "why", "x").wants(http.StatusForbidden)
	h.as("xa-hai").get(row).wants(http.StatusNotFound)
	if n := h.audited("list.row.assign"); n != 3 {
		t.Errorf("%d assignments are recorded, want 3", n)
	}
	if got := fmt.Sprint(h.texts(`SELECT owner || ' ' || due || ' ' || by_one FROM registry.row_assignment ORDER BY n`)); got !=
		"[chu-tich-00004 2026-01-30 lan chu-tich-00004 2026-02-05 lan chu-tich-00004 2026-02-09 lanh-dao-so]" {
		t.Errorf("assignments %s", got)
	}
}

// texts reads a column.
func (h *house) texts(sql string, args ...any) (list []string) {
	h.t.Helper()
	rows, err := h.db.Query(h.t.Context(), sql, args...)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			h.t.Fatal(err)
		}
		list = append(list, text)
	}
	return list
}
