package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"ansinh/internal/calendar"
	"ansinh/web/accounts"
)

// story is one page in one state, with invented data and no database: what a
// designer, a translator or a tester of access opens.
type story struct {
	Page    string
	Name    string // of the state: "nothing yet", "stale form"
	Me      accounts.Role
	Data    any
	Done    string // key below done.
	Stopped string
	Errors  []fieldError
	Status  int
}

// stories lists every page in every state worth looking at. A test fails for a
// page template without one.
func (s *site) stories() []story {
	return slices.Concat(s.frameStories(), s.homeStories(), s.batchStories(), s.approvalStories(), s.paymentStories(), s.stopStories(), s.intakeStories(), s.recordStories())
}

// told are the words of the language a story is made in: what a page puts
// together before it is drawn, such as the sentence above a list.
func (s *site) told() words { return s.words[s.telling] }

// tellHalf is the half of a text of both languages that the story is made in.
func (s *site) tellHalf(both string) string { return half(both, s.telling) }

// storyTime is when all stories take place.
var storyTime = calendar.Must(2026, 2, 13).At(10, 42)

// Storybook serves every page and state with invented data. It needs no
// database and no session, and changes nothing.
func Storybook(notice string) (http.Handler, error) {
	s, err := newSite(Config{Notice: notice, Now: func() time.Time { return storyTime }})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", s.assets)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.tell(w, r, s.contents()) })
	books := map[string][]story{}
	for _, lang := range languages {
		teller := *s
		teller.telling = lang
		books[lang] = teller.stories()
	}
	mux.HandleFunc("GET /story/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		book := books[language(w, r)]
		if err != nil || n < 0 || n >= len(book) {
			http.NotFound(w, r)
			return
		}
		s.tell(w, r, book[n])
	})
	return mux, nil
}

// tell renders one story as its page would be.
func (s *site) tell(w http.ResponseWriter, r *http.Request, one story) {
	w.Header().Set("Content-Security-Policy", contentPolicy)
	v := s.storyVisit(w, r, one)
	out := v.view(one.Page, one.Data)
	out.Live, out.Stopped = false, one.Stopped
	if one.Done != "" {
		out.Done = s.words[v.lang].say("done." + one.Done)
	}
	if err := v.write(out); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (s *site) storyVisit(w http.ResponseWriter, r *http.Request, one story) *visit {
	v := &visit{site: s, w: w, r: r, lang: language(w, r), status: http.StatusOK, errors: one.Errors}
	if one.Status != 0 {
		v.status = one.Status
	}
	if one.Me != "" {
		v.in, v.token = true, "story"
		v.me = accounts.Account{ID: "nguoi-mau", NameVI: "Nguyễn Thị Mẫu", TitleVI: "Chuyên viên", Role: one.Me, Signs: one.Me != accounts.Operator && one.Me != accounts.Auditor}
		if one.Me == accounts.Approver {
			v.me.UnitCode, v.me.TitleVI = "00004", "Chủ tịch UBND phường Mẫu"
		}
	}
	return v
}

// contents is the list of all stories.
func (s *site) contents() story {
	var list []storyLink
	for i, one := range s.stories() {
		list = append(list, storyLink{Path: fmt.Sprintf("/story/%d", i), Page: one.Page, Name: one.Name})
	}
	return story{Page: "stories", Name: "contents", Data: list}
}

type storyLink struct{ Path, Page, Name string }

func (s *site) frameStories() []story {
	wrong := []fieldError{{Field: "name", Text: s.tellHalf("Tên đăng nhập hoặc mật khẩu không đúng. / The name or the password is not right.")}}
	list := []story{
		{Page: "stories", Name: "contents", Data: []storyLink{{Path: "/", Page: "stories", Name: "contents"}}},
		{Page: "signin", Name: "empty", Data: signInForm{Next: "/"}},
		{Page: "signin", Name: "refused", Data: signInForm{Name: "can-bo-lap", Next: "/"}, Errors: wrong, Status: http.StatusForbidden},
		{Page: "signin", Name: "signed out", Data: signInForm{Next: "/"}, Done: "signout"},
		{Page: "link", Name: "one-time link", Data: linkForm{Link: url.PathEscape("mau")}},
		{Page: "account", Name: "with a key", Me: accounts.Accountant},
		{Page: "account", Name: "without a key", Me: accounts.Auditor, Errors: []fieldError{{Field: "again", Text: s.tellHalf("Hai lần nhập mật khẩu mới không giống nhau. / The new password was not typed the same twice.")}}},
	}
	for kind, status := range statusOf {
		list = append(list, story{Page: "failure", Name: kind.String(), Me: accounts.Maker, Status: status,
			Data: failure{Kind: kind.String(), Text: s.tellHalf("Một câu nói rõ điều gì đã xảy ra. / A sentence that says what happened."), Code: "CONSOLE-PAGE", Reference: "7f3a09c1"}})
	}
	return sortedStories(list)
}

// sortedStories puts stories made in no order into one.
func sortedStories(list []story) []story {
	slices.SortStableFunc(list, func(a, b story) int {
		return cmp.Or(cmp.Compare(a.Page, b.Page), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Name, b.Name))
	})
	return list
}
