package web_test

import (
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/web"
	"ansinh/web/accounts"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// lockedRandom is a seeded source that several requests may read.
type lockedRandom struct {
	mu   sync.Mutex
	from io.Reader
}

func (l *lockedRandom) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.from.Read(p)
}

// house is a demo city with two communes, one bank, one planned and submitted
// batch, and a console that listens.
type house struct {
	t      *testing.T
	db     *pgxpool.Pool
	clock  *clock
	keys   *crypt.Keys
	people *accounts.Register
	server *httptest.Server
}

var due = calendar.Must(2026, 1, 25)

const (
	password = "một câu dễ nhớ để thử"
	unitOne  = "00004"
	unitTwo  = "00008"
)

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, db: pgtest.DB(t), clock: &clock{at: calendar.Must(2026, 1, 20).At(9, 0)}}
	var err error
	if h.keys, err = crypt.DeriveKeys([]byte("console")); err != nil {
		t.Fatal(err)
	}
	random := &lockedRandom{from: rand.NewChaCha8(sha256.Sum256([]byte(t.Name())))}
	h.people = &accounts.Register{DB: h.db, Now: h.clock.Now, Random: random}
	h.inTx(h.open)
	console, err := web.New(web.Config{DB: h.db, Keys: h.keys, Now: h.clock.Now, Random: random, Notice: "DỮ LIỆU GIẢ LẬP"})
	if err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(console)
	t.Cleanup(h.server.Close)
	return h
}

func (h *house) inTx(fn func(context.Context, pgx.Tx) error) {
	h.t.Helper()
	if err := pgdb.InTx(h.t.Context(), h.db, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.db.Exec(h.t.Context(), sql, args...); err != nil {
		h.t.Fatal(err)
	}
}

// open prepares the installation: units, books, the Tet programme, bank A.
func (h *house) open(ctx context.Context, tx pgx.Tx) error {
	now := h.clock.Now()
	if err := registry.Prepare(ctx, tx, true, now); err != nil {
		return err
	}
	if _, err := payout.Install(ctx, tx, "TST", now); err != nil {
		return err
	}
	book, err := ledger.OpenBook(ctx, tx, "9990001", "Sở Nội vụ Mẫu", now)
	if err != nil {
		return err
	}
	schemes, err := payout.Schemes()
	if err != nil {
		return err
	}
	for _, s := range schemes {
		if err := payout.AddScheme(ctx, tx, s); err != nil {
			return err
		}
	}
	if err := registry.AddBook(ctx, tx, registry.Book{Code: "9990001", NameVI: "Sở Nội vụ Mẫu", ValidFrom: calendar.Must(2026, 1, 1)}); err != nil {
		return err
	}
	var rules []registry.BookRule
	for _, u := range registry.Communes() {
		if u.Code == unitOne || u.Code == unitTwo {
			rules = append(rules, registry.BookRule{Programme: "TET26", Unit: u.Key(), Book: "9990001", ValidFrom: calendar.Must(2026, 1, 1)})
		}
	}
	if err := registry.AddBookRules(ctx, tx, rules); err != nil {
		return err
	}
	return payout.AddChannel(ctx, tx, payout.Channel{Key: "A", Ordinal: 1, Kind: "bank", NameVI: "Ngân hàng Mẫu A", BIN: "999001", Default: true},
		[]payout.PayingAccount{{Book: book.ID, Account: "1900001", Name: "SO NOI VU MAU"}}, now)
}

// person adds an account that signs in with the test's password.
func (h *house) person(id string, role accounts.Role, unit string, signs bool) {
	h.t.Helper()
	err := h.people.Add(h.t.Context(), accounts.New{Account: accounts.Account{ID: id, NameVI: "Người Mẫu " + id, TitleVI: "Chức danh mẫu", Role: role,
		UnitCode: unit, Signs: signs}, Password: password}, "test")
	if err != nil {
		h.t.Fatal(err)
	}
}

// browser is one person at a browser without scripts.
type browser struct {
	h      *house
	client *http.Client
	status int
	body   string
	at     string // path and query of the page it ended on
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &browser{h: h, client: &http.Client{Jar: jar}}
}

// as signs a person in.
func (h *house) as(id string) *browser {
	h.t.Helper()
	b := h.browser()
	b.post("/signin", "name", id, "password", password)
	if b.status != http.StatusOK || b.at != "/" {
		h.t.Fatalf("%s did not get in: %d at %s", id, b.status, b.at)
	}
	return b
}

func (b *browser) get(path string) *browser {
	b.h.t.Helper()
	r, err := b.client.Get(b.h.server.URL + path)
	return b.read(r, err)
}

func (b *browser) read(r *http.Response, err error) *browser {
	b.h.t.Helper()
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	b.status, b.body, b.at = r.StatusCode, string(body), r.Request.URL.RequestURI()
	return b
}

// post sends fields as they are.
func (b *browser) post(path string, pairs ...string) *browser {
	b.h.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := b.client.PostForm(b.h.server.URL+path, form)
	return b.read(r, err)
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// submit fills in the form of the present page that is sent to path, as a person
// would, with what stands in its hidden fields.
func (b *browser) submit(path string, pairs ...string) *browser {
	b.h.t.Helper()
	_, form, ok := strings.Cut(b.body, `action="`+path+`"`)
	if !ok {
		b.h.t.Fatalf("the page %s has no form to %s", b.at, path)
	}
	form, _, _ = strings.Cut(form, "</form>")
	for _, m := range hiddenField.FindAllStringSubmatch(form, -1) {
		pairs = append(pairs, m[1], m[2])
	}
	return b.post(path, pairs...)
}

func (b *browser) has(texts ...string) *browser {
	b.h.t.Helper()
	for _, text := range texts {
		if !strings.Contains(b.body, text) {
			b.h.t.Errorf("the page %s (%d) does not say %q", b.at, b.status, text)
		}
	}
	return b
}

func (b *browser) hasNot(texts ...string) *browser {
	b.h.t.Helper()
	for _, text := range texts {
		if strings.Contains(b.body, text) {
			b.h.t.Errorf("the page %s (%d) says %q", b.at, b.status, text)
		}
	}
	return b
}

func (b *browser) wants(status int) *browser {
	b.h.t.Helper()
	if b.status != status {
		b.h.t.Errorf("%s answered %d, want %d: %s", b.at, b.status, status, firstLines(b.body))
	}
	return b
}

func firstLines(body string) string {
	_, main, _ := strings.Cut(body, `<main`)
	return regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString("<main"+main, " "), " ")
}

// audited counts the records of an act.
func (h *house) audited(act string) int {
	h.t.Helper()
	var n int
	if err := h.db.QueryRow(h.t.Context(), `SELECT count(*) FROM audit.record WHERE act = $1`, act).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}
