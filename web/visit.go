package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ansinh/internal/errs"
	"ansinh/payout"
	"ansinh/web/accounts"
)

const (
	cookieSession = "ansinh_session"
	cookieLang    = "ansinh_lang"
	fieldToken    = "token"

	bodyMaxDefault = 64 << 10

	// Nothing from elsewhere, nothing inline, no frame around us.
	contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// visit is one request with who asks and in which language.
type visit struct {
	site   *site
	w      http.ResponseWriter
	r      *http.Request
	lang   string
	me     accounts.Account
	in     bool // signed in
	token  string
	errors []fieldError
	status int
}

// guard does for every route what no handler may forget.
func (s *site) guard(r route) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		v := &visit{site: s, w: w, r: req, lang: language(w, req), status: http.StatusOK}
		if err := v.enter(r, origin); err != nil {
			v.fail(err)
			return
		}
		if !v.in && !r.open {
			v.toSignIn()
			return
		}
		if v.in && r.who != nil && !slices.Contains(r.who, v.me.Role) {
			v.fail(errs.Coded(errs.Denied, "CONSOLE-ROLE", "Vai trò của bạn không xem hoặc làm được việc này. / Your role may not see or do this.", nil))
			return
		}
		if err := r.serve(v); err != nil {
			v.fail(err)
		}
	})
}

// enter finds out who asks, and that a POST comes from a page of ours.
func (v *visit) enter(r route, origin *http.CrossOriginProtection) error {
	if c, err := v.r.Cookie(cookieSession); err == nil {
		a, ok, err := v.site.accounts.Session(v.r.Context(), c.Value)
		if err != nil {
			return err
		}
		v.me, v.in, v.token = a, ok, c.Value
	}
	if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
		return nil
	}
	limit := r.bodyMax
	if limit == 0 {
		limit = bodyMaxDefault
	}
	if v.r.ContentLength > limit { // before anything of it is read
		return &http.MaxBytesError{Limit: limit}
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, limit)
	if err := origin.Check(v.r); err != nil {
		return errForeign(err)
	}
	if v.in && subtle.ConstantTimeCompare(tokenUnmasked(v.r.PostFormValue(fieldToken)), v.formToken()) != 1 {
		return errForeign(nil)
	}
	return nil
}

func errForeign(cause error) error {
	return errs.Coded(errs.Denied, "CONSOLE-FORM", "Biểu mẫu không phải của phiên này: mở lại trang và làm lại; chưa có gì được ghi. / "+
		"The form is not of this session: open the page again and repeat; nothing was recorded.", cause)
}

// formToken is what every form of a session carries: only who can read our
// pages knows it.
func (v *visit) formToken() []byte {
	if !v.in {
		return nil
	}
	sum := sha256.Sum256([]byte("ansinh console form\n" + v.token))
	return sum[:]
}

// toSignIn sends to the sign-in page, which comes back here.
func (v *visit) toSignIn() {
	to := "/signin"
	if v.r.Method == http.MethodGet && v.r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(v.r.URL.RequestURI())
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
}

// seeOther ends an act: the page at path says in words what was done. Done is
// the key of a message, or "".
func (v *visit) seeOther(path, done string) error {
	if done != "" {
		u, err := url.Parse(path)
		if err != nil {
			return err
		}
		q := u.Query()
		q.Set("done", done)
		u.RawQuery = q.Encode()
		path = u.String()
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// source is the address the request came from, for throttling and audit. Behind
// HTTPS (Config.Secure) that is what the machine in front saw: the last address
// of X-Forwarded-For, since all before it is what the visitor says.
func (v *visit) source() string {
	if v.site.Secure {
		parts := strings.Split(v.r.Header.Get("X-Forwarded-For"), ",")
		if last := strings.TrimSpace(parts[len(parts)-1]); net.ParseIP(last) != nil {
			return last
		}
	}
	host, _, err := net.SplitHostPort(v.r.RemoteAddr)
	if err != nil {
		return v.r.RemoteAddr
	}
	return host
}

// view is what every template is given.
type view struct {
	Page    string
	Title   string
	Lang    string
	Me      accounts.Account
	In      bool
	Token   string
	Notice  string
	Stopped string // why dispatch stands still everywhere, or ""
	Now     time.Time
	Done    string
	Errors  []fieldError
	Path    string
	Other   string // this page in the other language
	Live    bool   // counts on it change by themselves
	D       any
}

// fieldError is one thing to mend; Field is the id of the control, or "".
type fieldError struct{ Field, Text string }

// live is data of a page whose counts change while it is looked at.
type live interface{ Live() bool }

// show answers with a page. Its heading is the message "page.title"; where the
// data has a Heading, it comes from there.
func (v *visit) show(page string, data any) error {
	stopped, err := payout.Stopped(v.r.Context(), v.site.DB)
	if err != nil {
		return err
	}
	out := v.view(page, data)
	out.Stopped = stopped
	return v.write(out)
}

func (v *visit) view(page string, data any) view {
	out := view{Page: page, Lang: v.lang, Me: v.me, In: v.in, Token: tokenMasked(v.site.Random, v.formToken()), Notice: v.site.Notice, Now: v.site.Now(), Errors: v.errors,
		Path: v.r.URL.Path, Other: otherLanguage(v.r.URL, v.lang), D: data}
	words := v.site.words[v.lang]
	out.Title = words.say(page + ".title")
	if h, ok := data.(interface {
		Heading(func(string, ...any) string) string
	}); ok {
		out.Title = h.Heading(words.say)
	}
	if done := v.r.URL.Query().Get("done"); done != "" && words.has("done."+done) {
		out.Done = words.say("done." + done)
	}
	if l, ok := data.(live); ok {
		out.Live = l.Live()
	}
	return out
}

// write renders into memory first, so that a fault never leaves half a page.
func (v *visit) write(out view) error {
	var body bytes.Buffer
	if err := v.site.templates[v.lang][out.Page].ExecuteTemplate(&body, "layout", out); err != nil {
		return errPattern(out.Page, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := send(v.w, v.r, v.status, body.Bytes(), squeeze(body.Bytes())); err != nil {
		v.site.Log.Debug("the reader left", "err", err)
	}
	return nil
}

// again shows a form once more with what is wrong with it: a refusal in the
// words of whoever refused, beside the field it is about, if one is named.
func (v *visit) again(page string, data any, err error, field string) error {
	kind, text := errs.Read(err)
	if kind == errs.Internal {
		return err
	}
	v.status = statusOf[kind]
	v.errors = append(v.errors, fieldError{Field: field, Text: half(text, v.lang)})
	return v.show(page, data)
}

// reference names a failure to the reader and in the log.
func (v *visit) reference() string {
	b := make([]byte, 4)
	if _, err := io.ReadFull(v.site.Random, b); err != nil {
		return "--------"
	}
	return hex.EncodeToString(b)
}

// language reads the language from the query, which also sets the cookie, else
// from the cookie; Vietnamese is the default.
func language(w http.ResponseWriter, r *http.Request) string {
	if asked := r.URL.Query().Get("lang"); slices.Contains(languages, asked) {
		http.SetCookie(w, &http.Cookie{Name: cookieLang, Value: asked, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		return asked
	}
	if c, err := r.Cookie(cookieLang); err == nil && slices.Contains(languages, c.Value) {
		return c.Value
	}
	return languages[0]
}

// otherLanguage is the same page in the other language.
func otherLanguage(u *url.URL, lang string) string {
	q := u.Query()
	q.Del("done")
	q.Set("lang", languages[1])
	if lang == languages[1] {
		q.Set("lang", languages[0])
	}
	return u.Path + "?" + q.Encode()
}

func (v *visit) words() words             { return v.site.words[v.lang] }
func (v *visit) format() formatter        { return formatter{v.lang} }
func (v *visit) context() context.Context { return v.r.Context() }
