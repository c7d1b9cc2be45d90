package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"ansinh/web"
	"ansinh/web/accounts"
)

// PagesOptions says who clicks for how long. Clicks end after Each of them by
// every visitor, or when ctx ends.
type PagesOptions struct {
	Visitors int
	Each     int           // clicks of one visitor
	Think    time.Duration // between an answer and the next click; 0 = none: then all wait for the processor
	Seed     uint64
	Now      func() time.Time
}

// PageRow is one page under load.
type PageRow struct {
	Page     string        `json:"page"`
	Clicks   int           `json:"clicks"`
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
	Worst    time.Duration `json:"worst_ns"`
	BytesMax int           `json:"bytes_max"`
}

// Pages lets visitors click through the console over the city while its last
// batch goes on being paid. Every answer must be 200; anything else is an error.
func (c *City) Pages(ctx context.Context, o PagesOptions) ([]PageRow, error) {
	console, err := web.New(web.Config{DB: c.db, Keys: c.Keys, Now: c.clock, Random: c.Random, Notice: cityNotice})
	if err != nil {
		return nil, err
	}
	cookie, err := c.signIn(ctx, console)
	if err != nil {
		return nil, err
	}
	links, err := c.links(ctx)
	if err != nil {
		return nil, err
	}
	paying, stop := context.WithCancel(ctx)
	var payer, visitors sync.WaitGroup
	var payErr error
	payer.Go(func() { payErr = c.payOn(paying) })
	seen := make([][]click, o.Visitors)
	errs := make([]error, o.Visitors)
	for i := range o.Visitors {
		visitors.Go(func() {
			seen[i], errs[i] = visit(ctx, console, cookie, links, rand.New(rand.NewPCG(o.Seed, uint64(i))), o)
		})
	}
	visitors.Wait()
	stop()
	payer.Wait()
	if errors.Is(payErr, context.Canceled) {
		payErr = nil
	}
	return summed(seen), errors.Join(append(errs, payErr)...)
}

const cityNotice = "DỮ LIỆU GIẢ LẬP"

// clock is what the visitors' console takes for now: the day on which the last
// batch is still being answered, so that the day's figures have something to count.
func (c *City) clock() time.Time { return c.day.AddDays(11).At(16, 0) }

// click is one answer.
type click struct {
	page  string
	took  time.Duration
	bytes int
}

// link is a page with an address of it, made anew for each click.
type link struct {
	page string
	path func(*rand.Rand) string
}

// answer keeps what a page is worth measuring: its status and its weight.
type answer struct {
	header http.Header
	status int
	bytes  int
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(b []byte) (int, error) {
	a.bytes += len(b)
	return len(b), nil
}

func visit(ctx context.Context, console http.Handler, cookie *http.Cookie, links []link, rng *rand.Rand, o PagesOptions) ([]click, error) {
	var list []click
	for range o.Each {
		if !think(ctx, rng, o.Think) {
			return list, nil
		}
		to := links[rng.IntN(len(links))]
		path := to.path(rng)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		if err != nil {
			return list, err
		}
		r.AddCookie(cookie)
		a := &answer{header: http.Header{}, status: http.StatusOK}
		start := o.Now()
		console.ServeHTTP(a, r)
		took := o.Now().Sub(start)
		if a.status != http.StatusOK {
			return list, fmt.Errorf("%s answered %d", path, a.status)
		}
		list = append(list, click{to.page, took, a.bytes})
	}
	return list, nil
}

// think waits half to one and a half times d, as people read; no when ctx ends.
func think(ctx context.Context, rng *rand.Rand, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	pause := time.NewTimer(d/2 + time.Duration(rng.Int64N(int64(d))))
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-pause.C:
		return true
	}
}

const pagesPassword = "mật khẩu để đo trang"

// signIn opens a session of a chief accountant, who sees all pages but the log.
func (c *City) signIn(ctx context.Context, console http.Handler) (*http.Cookie, error) {
	people := &accounts.Register{DB: c.db, Now: c.clock, Random: c.Random}
	c.visitors++
	who := accounts.Account{ID: fmt.Sprint("do-trang-", c.visitors), NameVI: "Người Đo", TitleVI: "Chuyên viên", Role: accounts.Department}
	if err := people.Add(ctx, accounts.New{Account: who, Password: pagesPassword}, "bench"); err != nil {
		return nil, err
	}
	form := url.Values{"name": {who.ID}, "password": {pagesPassword}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/signin", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := &answer{header: http.Header{}, status: http.StatusOK}
	console.ServeHTTP(a, r)
	for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
		if cookie.Value != "" {
			return cookie, nil
		}
	}
	return nil, fmt.Errorf("the sign-in answered %d and gave no session", a.status)
}

const sqlPagePlaces = `
SELECT (SELECT array_agg(v.id) FROM (SELECT id FROM ledger.voucher ORDER BY lines DESC, id LIMIT 20) AS v),
       (SELECT array_agg(a.id::bigint) FROM ledger.account AS a),
       (SELECT array_agg(f.id) FROM (SELECT id FROM reconciliation.file ORDER BY id DESC LIMIT 50) AS f),
       (SELECT array_agg(s.no) FROM (SELECT no FROM payout.submission ORDER BY no DESC LIMIT 50) AS s),
       (SELECT array_agg(b.id) FROM (SELECT id FROM reconciliation.break_item ORDER BY id DESC LIMIT 50) AS b)`

// links are the pages people look at, each with the places it can show.
func (c *City) links(ctx context.Context) ([]link, error) {
	var vouchers, ledgerAccounts, files, submissions, breaks []int64
	if err := c.db.QueryRow(ctx, sqlPagePlaces).Scan(&vouchers, &ledgerAccounts, &files, &submissions, &breaks); err != nil {
		return nil, fmt.Errorf("places to look at: %w", err)
	}
	fixed := func(path string) link { return link{path, func(*rand.Rand) string { return path }} }
	one := func(path string, ids []int64) link {
		return link{path + "N", func(rng *rand.Rand) string { return fmt.Sprint(path, ids[rng.IntN(len(ids))]) }}
	}
	batch := func(page string) link {
		return link{"/batches/N" + page, func(rng *rand.Rand) string { return fmt.Sprint("/batches/", c.Batch[rng.IntN(len(c.Batch))], page) }}
	}
	return []link{
		fixed("/"), fixed("/banks"), fixed("/doubts"), fixed("/breaks"), fixed("/breaks?sort=largest"), fixed("/books"), fixed("/files"), fixed("/reports"), fixed("/audit"),
		fixed("/batches"), fixed("/timeliness"), batch(""), batch("/payments"), batch("/payments?state=rejected"),
		{"/payments/N/N", func(rng *rand.Rand) string {
			return fmt.Sprintf("/payments/%d/%d", c.Batch[rng.IntN(len(c.Batch))], 1+rng.IntN(c.People))
		}},
		one("/books/vouchers/", vouchers), one("/books/accounts/", ledgerAccounts), one("/files/", files), one("/submissions/", submissions), one("/breaks/", breaks),
		{"/files/N, deep", func(rng *rand.Rand) string {
			return fmt.Sprintf("/files/%d?after=%d", files[rng.IntN(len(files))], rng.IntN(cityChunk))
		}},
		{"/books/vouchers/N, deep", func(rng *rand.Rand) string {
			return fmt.Sprintf("/books/vouchers/%d?payment=%d&seq=9", vouchers[rng.IntN(len(vouchers))], rng.IntN(c.People))
		}},
	}, nil
}

// payOn orders and answers what waits of the last batch, a thousand payments at a
// time, until it is done or ctx ends.
func (c *City) payOn(ctx context.Context) error {
	batch := c.Batch[len(c.Batch)-1]
	for k := range cityChannels {
		var numbers []int64
		for _, r := range c.runs {
			if r.channel == k {
				for n := r.from; n <= r.to; n++ {
					numbers = append(numbers, n)
				}
			}
		}
		chunk := 5000
		for some := range slices.Chunk(numbers[len(numbers)/2:], 1000) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			chunk++
			s := submission{no: int64(batch)*1_000_000 + int64(k+1)*10_000 + int64(chunk), channel: k, numbers: some}
			if err := c.order(ctx, batch, c.day.AddDays(10), s); err != nil {
				return ended(ctx, err)
			}
			if err := c.answer(ctx, batch, c.day.AddDays(11), s); err != nil {
				return ended(ctx, err)
			}
		}
	}
	return nil
}

// ended calls an error by its cause when that was our own end.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func summed(seen [][]click) []PageRow {
	pages := map[string][]click{}
	for _, list := range seen {
		for _, k := range list {
			pages[k.page] = append(pages[k.page], k)
		}
	}
	var rows []PageRow
	for page, list := range pages {
		slices.SortFunc(list, func(a, b click) int { return cmp.Compare(a.took, b.took) })
		row := PageRow{Page: page, Clicks: len(list), P50: list[len(list)/2].took, P99: list[len(list)*99/100].took, Worst: list[len(list)-1].took}
		for _, k := range list {
			row.BytesMax = max(row.BytesMax, k.bytes)
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b PageRow) int { return cmp.Or(cmp.Compare(b.P99, a.P99), cmp.Compare(a.Page, b.Page)) })
	return rows
}

// PrintPages writes the rows as a table, the slowest first.
func PrintPages(w io.Writer, rows []PageRow) error {
	if _, err := fmt.Fprintf(w, "%-28s %8s %10s %10s %10s %10s\n", "page", "clicks", "p50 ms", "p99 ms", "worst ms", "bytes max"); err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(w, "%-28s %8d %10.1f %10.1f %10.1f %10d\n", r.Page, r.Clicks, float64(r.P50.Microseconds())/1000, float64(r.P99.Microseconds())/1000,
			float64(r.Worst.Microseconds())/1000, r.BytesMax); err != nil {
			return err
		}
	}
	return nil
}
