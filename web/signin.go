package web

import (
	"net/http"
	"net/url"
	"strings"

	"ansinh/internal/errs"
	"ansinh/web/accounts"
)

func (s *site) signInRoutes() []route {
	return []route{
		{pattern: "GET /signin", open: true, serve: signInPage},
		{pattern: "POST /signin", open: true, serve: signIn},
		{pattern: "GET /signin/link/{link}", open: true, serve: linkPage},
		{pattern: "POST /signin/link", open: true, serve: useLink},
		{pattern: "POST /signout", serve: signOut},
		{pattern: "GET /account", serve: accountPage},
		{pattern: "POST /account/password", serve: changePassword},
	}
}

type signInForm struct{ Name, Next string }

func signInPage(v *visit) error {
	if v.in {
		return v.seeOther("/", "")
	}
	return v.show("signin", signInForm{Next: ownPath(v.r.URL.Query().Get("next"))})
}

func signIn(v *visit) error {
	form := signInForm{Name: strings.ToLower(strings.TrimSpace(v.r.PostFormValue("name"))), Next: ownPath(v.r.PostFormValue("next"))}
	token, err := v.site.accounts.SignIn(v.r.Context(), form.Name, v.r.PostFormValue("password"), v.source())
	if err != nil {
		return v.again("signin", form, err, "name")
	}
	return v.begin(token, form.Next)
}

// begin gives the browser its session and goes on.
func (v *visit) begin(token, next string) error {
	http.SetCookie(v.w, &http.Cookie{Name: cookieSession, Value: token, Path: "/", HttpOnly: true, Secure: v.site.Secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(accounts.SessionLife.Seconds())})
	return v.seeOther(next, "")
}

// ownPath lets a sign-in lead to a page of ours only.
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, "\\") {
		return "/"
	}
	return next
}

type linkForm struct{ Link string }

// linkPage asks before it uses the link up: a mail scanner that follows links
// must not sign in.
func linkPage(v *visit) error { return v.show("link", linkForm{Link: v.r.PathValue("link")}) }

func useLink(v *visit) error {
	token, err := v.site.accounts.UseLink(v.r.Context(), v.r.PostFormValue("link"))
	if err != nil {
		return err
	}
	return v.begin(token, "/")
}

func signOut(v *visit) error {
	if err := v.site.accounts.SignOut(v.r.Context(), v.token); err != nil {
		return err
	}
	http.SetCookie(v.w, &http.Cookie{Name: cookieSession, Path: "/", HttpOnly: true, Secure: v.site.Secure, SameSite: http.SameSiteLaxMode, MaxAge: -1})
	return v.seeOther("/signin", "signout")
}

func accountPage(v *visit) error { return v.show("account", nil) }

func changePassword(v *visit) error {
	fresh := v.r.PostFormValue("fresh")
	if fresh != v.r.PostFormValue("again") {
		return v.again("account", nil, errs.Coded(errs.Invalid, "CONSOLE-PASSWORD-TWICE", "Hai lần nhập mật khẩu mới không giống nhau. / "+
			"The new password was not typed the same twice.", nil), "again")
	}
	err := v.site.accounts.ChangePassword(v.r.Context(), v.me.ID, v.r.PostFormValue("old"), fresh, v.source())
	if err != nil {
		field := "old"
		if errs.Code(err) == "CONSOLE-PASSWORD-SHORT" {
			field = "fresh"
		}
		return v.again("account", nil, err, field)
	}
	return v.seeOther("/signin", "password")
}
