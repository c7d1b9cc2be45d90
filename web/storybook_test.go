package web

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"ansinh/internal/errs"
	"ansinh/web/accounts"
)

// pageMax is the weight of a page on an old laptop, without what is loaded once.
const pageMax = 100 << 10

func testSite(t *testing.T) *site {
	t.Helper()
	s, err := newSite(Config{Notice: "DỮ LIỆU GIẢ LẬP"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func book(t *testing.T) http.Handler {
	t.Helper()
	handler, err := Storybook("DỮ LIỆU GIẢ LẬP")
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// Every story renders in both languages, is light, has words for everything and
// the bones of sound HTML.
func TestEveryStoryIsASoundPage(t *testing.T) {
	t.Parallel()
	handler, s := book(t), testSite(t)
	for _, link := range s.contents().Data.([]storyLink) {
		for _, lang := range languages {
			t.Run(link.Page+"/"+link.Name+"/"+lang, func(t *testing.T) {
				t.Parallel()
				r := httptest.NewRequest(http.MethodGet, link.Path+"?lang="+lang, nil)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				body := w.Body.String()
				if w.Code >= 500 && !strings.Contains(link.Name, "internal") {
					t.Fatalf("status %d: %s", w.Code, body)
				}
				if len(body) > pageMax {
					t.Errorf("the page has %d bytes, more than %d", len(body), pageMax)
				}
				for _, fault := range htmlFaults(body, lang) {
					t.Error(fault)
				}
			})
		}
	}
}

var (
	attribute = regexp.MustCompile(`\s(id|for|href|aria-labelledby|aria-describedby)="([^"]*)"`)
	heading   = regexp.MustCompile(`<h([1-6])[ >]`)
	control   = regexp.MustCompile(`<(input|select|textarea)\b[^>]*>`)
	inline    = regexp.MustCompile(`\s(style|on[a-z]+)="|<style|<script(?:[^>]*)>[^<]`)
	voidOrEnd = regexp.MustCompile(`<(/?)([a-z0-9]+)\b[^>]*?(/?)>`)
	voids     = []string{"meta", "link", "input", "img", "br", "hr", "circle", "path", "rect", "line", "polyline", "wbr"}
)

// htmlFaults looks for what breaks reading by ear, printing or our own policy.
func htmlFaults(body, lang string) []string {
	var faults []string
	add := func(fault string) { faults = append(faults, fault) }
	if !strings.HasPrefix(body, "<!doctype html>") || !strings.Contains(body, `<html lang="`+lang+`">`) {
		add("no doctype, or another language than " + lang)
	}
	if strings.Contains(body, "⟦") || strings.Contains(body, "ZgotmplZ") || strings.Contains(body, "&lt;nil&gt;") || strings.Contains(body, "%!") {
		add("a key without words, or a value that did not render: " + around(body, "⟦", "ZgotmplZ", "&lt;nil&gt;", "%!"))
	}
	if found := inline.FindString(body); found != "" {
		add("inline style or script: " + found)
	}
	ids := map[string]bool{}
	for _, m := range attribute.FindAllStringSubmatch(body, -1) {
		if m[1] == "id" && ids[m[2]] {
			add("two elements have id " + m[2])
		}
		if m[1] == "id" {
			ids[m[2]] = true
		}
	}
	for _, m := range attribute.FindAllStringSubmatch(body, -1) {
		if m[1] == "id" || m[1] == "href" && !strings.HasPrefix(m[2], "#") {
			continue
		}
		for _, id := range strings.Fields(strings.TrimPrefix(m[2], "#")) {
			if !ids[id] {
				add(m[1] + " points at " + id + ", which is not there")
			}
		}
	}
	last := 0
	for i, m := range heading.FindAllStringSubmatch(body, -1) {
		level := int(m[1][0] - '0')
		if i == 0 && level != 1 && !strings.Contains(body, `class="errors"`) || level > last+1 && last != 0 || level == 1 && last == 1 {
			add("headings jump at the " + m[0] + " after level " + string(rune('0'+last)))
		}
		last = level
	}
	if strings.Count(body, "<h1") != 1 {
		add("want one h1")
	}
	return append(append(faults, labelFaults(body)...), nestFaults(body)...)
}

func around(body string, marks ...string) string {
	for _, m := range marks {
		if i := strings.Index(body, m); i >= 0 {
			return body[max(0, i-60):min(len(body), i+60)]
		}
	}
	return ""
}

// labelFaults wants a label for every control a person fills in, a caption and
// scoped heads for every table.
func labelFaults(body string) []string {
	var faults []string
	for _, tag := range control.FindAllString(body, -1) {
		id := regexp.MustCompile(`\sid="([^"]*)"`).FindStringSubmatch(tag)
		switch {
		case strings.Contains(tag, `type="hidden"`):
		case id == nil:
			faults = append(faults, "a control without id: "+tag)
		case !strings.Contains(body, `for="`+id[1]+`"`):
			faults = append(faults, "a control without label: "+tag)
		}
	}
	if strings.Count(body, "<table") != strings.Count(body, "<caption") {
		faults = append(faults, "a table without caption")
	}
	if n := len(regexp.MustCompile(`<th[ >]`).FindAllString(body, -1)); n != strings.Count(body, ` scope="`) {
		faults = append(faults, "a table head without scope")
	}
	return faults
}

// nestFaults finds tags that are not closed in order.
func nestFaults(body string) []string {
	var open []string
	for _, m := range voidOrEnd.FindAllStringSubmatch(body, -1) {
		name := m[2]
		switch {
		case slices.Contains(voids, name) || m[3] == "/" || name == "doctype":
		case m[1] == "":
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			return []string{"</" + name + "> closes " + strings.Join(open, " ")}
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return []string{"left open: " + strings.Join(open, " ")}
	}
	return nil
}

func TestEveryPageHasAStory(t *testing.T) {
	t.Parallel()
	s := testSite(t)
	told := map[string]bool{}
	for _, one := range s.stories() {
		told[one.Page] = true
	}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		page := strings.TrimSuffix(path.Base(name), ".html")
		if !isShared(page) && !told[page] {
			t.Errorf("page %s has no story: add its states to a stories function", page)
		}
	}
}

func TestEveryMessageStandsInBothLanguages(t *testing.T) {
	t.Parallel()
	s := testSite(t)
	slots := regexp.MustCompile(`\{\d\}`)
	for key, vi := range s.words["vi"] {
		en, ok := s.words["en"][key]
		if !ok {
			t.Errorf("messages/en.txt has no %s", key)
			continue
		}
		a, b := slots.FindAllString(vi, -1), slots.FindAllString(en, -1)
		slices.Sort(a)
		slices.Sort(b)
		if ok && !slices.Equal(slices.Compact(a), slices.Compact(b)) {
			t.Errorf("%s has arguments %v in Vietnamese and %v in English", key, a, b)
		}
	}
	for key := range s.words["en"] {
		if _, ok := s.words["vi"][key]; !ok && !strings.HasSuffix(key, ".one") {
			t.Errorf("messages/vi.txt has no %s", key)
		}
	}
	for _, role := range accounts.Roles() {
		if !s.words["vi"].has("role." + string(role)) {
			t.Errorf("role %s has no word", role)
		}
	}
}

// Templates hold no words: whatever is said stands in the message files. Keys
// that templates name must be there.
func TestTemplatesHoldNoWords(t *testing.T) {
	t.Parallel()
	s := testSite(t)
	tags := regexp.MustCompile(`<[^>]*>`)
	spoken := regexp.MustCompile(`\b(title|alt|placeholder|aria-label|data-label)="([^"{]*\pL[^"{]*)"`)
	letter := regexp.MustCompile(`\pL`)
	for page, one := range s.templates["vi"] {
		for _, part := range one.Templates() {
			if part.Tree == nil || isShared(page) {
				continue
			}
			text := plainText(part.Tree.Root)
			if found := spoken.FindString(text); found != "" {
				t.Errorf("%s/%s: %q: put the words into the message files", page, part.Name(), found)
			}
			bare := regexp.MustCompile(`&[a-z]+;|\(default\)|<!doctype html>`).ReplaceAllString(tags.ReplaceAllString(text, " "), "")
			if letter.MatchString(bare) {
				t.Errorf("%s/%s holds the words %q: put them into the message files", page, part.Name(), strings.TrimSpace(bare))
			}
			for _, key := range keysOf(part.Tree.Root) {
				if !s.words["vi"].has(key) {
					t.Errorf("%s/%s says %q, which no message file has", page, part.Name(), key)
				}
			}
		}
	}
}

// plainText joins the text of a template; what is computed becomes a point.
func plainText(n parse.Node) string {
	switch n := n.(type) {
	case *parse.TextNode:
		return string(n.Text)
	case *parse.ListNode:
		var b strings.Builder
		if n != nil {
			for _, one := range n.Nodes {
				b.WriteString(plainText(one))
			}
		}
		return b.String()
	case *parse.IfNode:
		return plainText(n.List) + plainText(n.ElseList)
	case *parse.RangeNode:
		return plainText(n.List) + plainText(n.ElseList)
	case *parse.WithNode:
		return plainText(n.List) + plainText(n.ElseList)
	default:
		return "·"
	}
}

// keysOf lists the constant keys that t and tn are called with.
func keysOf(root parse.Node) []string {
	return regexpKeys(root.String())
}

func regexpKeys(text string) []string {
	var keys []string
	for _, m := range regexp.MustCompile(`[{(|= ]tn? "([^"]+)"`).FindAllStringSubmatch(text, -1) {
		keys = append(keys, m[1])
	}
	return keys
}

func TestEveryKindHasAnAnswer(t *testing.T) {
	t.Parallel()
	s := testSite(t)
	for _, kind := range errs.Kinds() {
		if statusOf[kind] == 0 {
			t.Errorf("kind %s has no status", kind)
		}
		for _, lang := range languages {
			for _, key := range []string{"failure.title.", "failure.next."} {
				if !s.words[lang].has(key + kind.String()) {
					t.Errorf("%s has no %s%s", lang, key, kind)
				}
			}
		}
	}
}

func TestHalf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, vi, en string }{
		"two sentences":           {"Không được. / You may not.", "Không được.", "You may not."},
		"no second":               {"Chỉ một câu", "Chỉ một câu", "Chỉ một câu"},
		"a slash inside a number": {"Khoản 13001/17 bị chặn. / Payment 13001/17 is barred.", "Khoản 13001/17 bị chặn.", "Payment 13001/17 is barred."},
		"no full stop":            {"ngừng / down", "ngừng", "down"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if vi, en := half(tt.text, "vi"), half(tt.text, "en"); vi != tt.vi || en != tt.en {
				t.Errorf("half(%q) = %q and %q, want %q and %q", tt.text, vi, en, tt.vi, tt.en)
			}
		})
	}
}
