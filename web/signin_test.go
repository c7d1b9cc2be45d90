package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ansinh/web/accounts"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", true)
	b := h.browser()
	b.get("/account")
	if b.at != "/signin?next=%2Faccount" {
		t.Errorf("a stranger ended at %s, want the sign-in page that comes back", b.at)
	}
	b.submit("/signin", "name", "lan", "password", "không phải mật khẩu này").wants(http.StatusForbidden)
	b.has("mật khẩu không đúng", `<title>Lỗi:`, `value="lan"`, `value="/account"`)
	b.submit("/signin", "name", " LAN ", "password", password).wants(http.StatusOK)
	if b.at != "/account" {
		t.Errorf("after sign-in at %s, want the page first asked for", b.at)
	}
	b.has("Người Mẫu lan", "DỮ LIỆU GIẢ LẬP")
	b.get("/?lang=en").has(`<html lang="en">`, "Hello Người Mẫu lan")
	b.get("/").has(`<html lang="en">`)
	b.submit("/signout")
	if b.at != "/signin?done=signout" {
		t.Errorf("signed out at %s", b.at)
	}
	if b.get("/"); b.at != "/signin" {
		t.Errorf("after sign-out the home page answered at %s", b.at)
	}
	for act, want := range map[string]int{"account.sign_in": 1, "account.sign_out": 1, "account.wrong_password": 1, "account.add": 1} {
		if got := h.audited(act); got != want {
			t.Errorf("the audit chain has %d of %s, want %d", got, act, want)
		}
	}
}

func TestSessionEndsByItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", false)
	b := h.as("lan")
	h.clock.pass(accounts.SessionIdle - time.Minute)
	if b.get("/"); b.at != "/" {
		t.Errorf("after 29 idle minutes at %s, want to be in", b.at)
	}
	h.clock.pass(accounts.SessionIdle + time.Minute)
	if b.get("/"); b.at != "/signin" {
		t.Errorf("after 31 idle minutes at %s, want to be out", b.at)
	}
	b = h.as("lan")
	for range 25 { // never idle, twelve and a half hours
		h.clock.pass(accounts.SessionIdle - time.Second)
		b.get("/")
	}
	if b.at != "/signin" {
		t.Errorf("after twelve hours at %s, want to be out", b.at)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", false)
	b := h.browser()
	for range 5 {
		b.post("/signin", "name", "lan", "password", "đoán một mật khẩu nào đó").wants(http.StatusForbidden)
	}
	b.post("/signin", "name", "lan", "password", password).wants(http.StatusForbidden).has("đợi 15 phút")
	b.post("/signin", "name", "khong-co-ai", "password", password).wants(http.StatusForbidden).has("mật khẩu không đúng")
	h.clock.pass(16 * time.Minute)
	if b.post("/signin", "name", "lan", "password", password); b.at != "/" {
		t.Errorf("after a quarter of an hour at %s, want to be in", b.at)
	}
}

func TestFormsFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", false)
	b := h.as("lan")
	b.post("/signout").wants(http.StatusForbidden).has("Biểu mẫu không phải của phiên này")
	b.post("/signout", "token", "other").wants(http.StatusForbidden)
	r, err := http.NewRequest(http.MethodPost, h.server.URL+"/signin", strings.NewReader(url.Values{"name": {"lan"}, "password": {password}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://elsewhere.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := b.client.Do(r)
	if b.read(answer, err); b.status != http.StatusForbidden {
		t.Errorf("a sign-in form of another site answered %d, want 403", b.status)
	}
	if b.get("/"); b.at != "/" {
		t.Error("the session ended by a form that was refused")
	}
}

func TestHeadersAndCookies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", false)
	b := h.browser()
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := b.client.PostForm(h.server.URL+"/signin", url.Values{"name": {"lan"}, "password": {password}, "next": {"//elsewhere.example/"}})
	b.read(r, err)
	if to := r.Header.Get("Location"); to != "/" {
		t.Errorf("a sign-in leads to %q, want a page of ours", to)
	}
	c := r.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Name != "ansinh_session" {
		t.Errorf("cookie %+v, want HttpOnly and SameSite=Lax", c)
	}
	var stored int
	if err := h.db.QueryRow(t.Context(), `SELECT count(*) FROM console.session WHERE encode(token, 'escape') LIKE '%' || $1 || '%'`, c.Value).Scan(&stored); err != nil || stored != 0 {
		t.Errorf("the token stands in the table %d times, %v", stored, err)
	}
	r, err = b.client.Get(h.server.URL + "/")
	b.read(r, err)
	if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if r.Header.Get("Cache-Control") != "no-store" {
		t.Error("a page with personal data may be kept by the browser")
	}
}

func TestOneTimeLinkWorksOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", false)
	link, err := h.people.Link(t.Context(), "lan", "test")
	if err != nil {
		t.Fatal(err)
	}
	b := h.browser()
	b.get("/signin/link/" + link).wants(http.StatusOK).has("chỉ dùng được một lần")
	b.get("/signin/link/" + link).wants(http.StatusOK) // looking does not use it up
	if b.submit("/signin/link"); b.at != "/" {
		t.Errorf("the link led to %s", b.at)
	}
	h.browser().post("/signin/link", "link", link).wants(http.StatusForbidden).has("đã dùng")
	if h.audited("account.link_used") != 1 {
		t.Error("the use of a link is not in the audit chain once")
	}
}

func TestUnknownPageAndWrongRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("lan", accounts.Maker, "", false)
	b := h.as("lan")
	b.get("/khong-co-trang").wants(http.StatusNotFound).has("Không tìm thấy", "Mã tham chiếu")
	b.get("/khong-co-trang?lang=en").wants(http.StatusNotFound).has("There is no such page")
	b.get("/?lang=vi").has("Trang đầu")
}
