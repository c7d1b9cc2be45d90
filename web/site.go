package web

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/web/accounts"
)

// Config is what the console is made of. DB, Keys, Now and Random are needed.
type Config struct {
	DB     pgdb.DB
	Keys   *crypt.Keys
	Now    func() time.Time
	Random io.Reader
	// Notice stands on every page and every printed sheet: DỮ LIỆU GIẢ LẬP in a
	// demo database, else empty.
	Notice string
	// Lines are the channels this installation has a line to, so that a page can
	// say which have none.
	Lines []bankadapters.Key
	// Secure marks cookies for HTTPS only, and takes a visitor's address from the
	// machine in front; without it the console must listen on this machine alone.
	Secure bool
	// API serves what is below /api/, for machines; nil answers 404 there.
	API http.Handler
	Log *slog.Logger
}

// site is the console at work. It holds no state of a visitor.
type site struct {
	Config
	accounts  *accounts.Register
	templates map[string]map[string]*template.Template // language, page
	words     map[string]words
	assets    *assets
	telling   string // language in which the storybook's data is made
}

// New makes the console. It fails on a template or message that cannot be read,
// never later.
func New(c Config) (http.Handler, error) {
	if c.DB == nil || c.Keys == nil || c.Now == nil || c.Random == nil {
		return nil, errors.New("web: database, keys, clock and randomness are required")
	}
	s, err := newSite(c)
	if err != nil {
		return nil, err
	}
	return s.handler(), nil
}

func newSite(c Config) (*site, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &site{Config: c, accounts: &accounts.Register{DB: c.DB, Now: c.Now, Random: c.Random}}
	var err error
	if s.assets, err = readAssets(); err != nil {
		return nil, err
	}
	if s.words, err = readWords(); err != nil {
		return nil, err
	}
	if s.templates, err = s.readTemplates(); err != nil {
		return nil, err
	}
	return s, nil
}

// route is one address of the console.
type route struct {
	pattern string // as of http.ServeMux: "GET /batches/{batch}"
	// who may come; nil is everybody who is signed in.
	who []accounts.Role
	// open lets in whoever is not signed in too.
	open bool
	// bodyMax bounds what is sent with a POST; 0 is 64 KiB.
	bodyMax int64
	serve   func(*visit) error
}

// routes lists every address. A page's file has its own function of routes.
func (s *site) routes() []route {
	return slices.Concat(s.signInRoutes(), s.homeRoutes(), s.batchesRoutes(), s.batchRoutes(), s.approvalRoutes(), s.actRoutes(), s.paymentsRoutes(),
		s.paymentRoutes(), s.stopRoutes(), s.intakeRoutes(), s.recordRoutes())
}

func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, s.guard(r))
	}
	mux.Handle("GET /assets/", s.assets)
	mux.Handle("/", s.guard(route{open: true, serve: func(v *visit) error { return errNoPage(v.r.URL.Path) }}))
	if s.API != nil {
		mux.Handle("/api/", s.API)
	}
	return mux
}

// errPattern says which page's code is wrong, for New's caller.
func errPattern(page string, err error) error { return fmt.Errorf("web: page %s: %w", page, err) }
