package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ansinh/internal/errs"
)

// statusOf gives each kind of error its answer. A test walks every kind.
var statusOf = map[errs.Kind]int{
	errs.Internal: http.StatusInternalServerError,
	errs.Invalid:  http.StatusUnprocessableEntity,
	errs.NotFound: http.StatusNotFound,
	errs.Conflict: http.StatusConflict,
	errs.Denied:   http.StatusForbidden,
}

func errNoPage(path string) error {
	return errs.Coded(errs.NotFound, "CONSOLE-PAGE", "Không có trang này, hoặc bạn không được biết. / There is no such page, or it is not for you to know.",
		fmt.Errorf("path %q", path))
}

// failure is the error page: what happened, whether money moved, what to do.
type failure struct {
	Kind      string
	Text      string
	Code      string
	Reference string
}

func (f failure) Heading(say func(string, ...any) string) string {
	return say("failure.title." + f.Kind)
}

// fail is the only place where an error becomes an answer, and the only one
// where it is logged.
func (v *visit) fail(err error) {
	kind, text := errs.Read(err)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		kind, text = errs.Invalid, "Dữ liệu gửi lên quá lớn. / What was sent is too large."
	}
	ref := v.reference()
	if kind == errs.Internal {
		v.site.Log.ErrorContext(v.r.Context(), "request failed", "ref", ref, "path", v.r.URL.Path, "err", err)
	}
	v.status = statusOf[kind]
	out := v.view("failure", failure{Kind: kind.String(), Text: half(text, v.lang), Code: errs.Code(err), Reference: ref})
	out.Done = ""
	if err := v.write(out); err != nil {
		v.site.Log.ErrorContext(v.r.Context(), "the error page failed", "ref", ref, "err", err)
		http.Error(v.w, text+" ("+ref+")", v.status)
	}
}

// half takes the sentence of one language out of "Vietnamese. / English.".
func half(text, lang string) string {
	at := -1
	for _, end := range []string{". / ", "? / ", "! / ", " / "} {
		if i := strings.Index(text, end); i >= 0 {
			at = i + len(end)
			break
		}
	}
	if at < 0 {
		return text
	}
	if lang == languages[0] {
		return strings.TrimSuffix(text[:at], " / ")
	}
	return text[at:]
}
