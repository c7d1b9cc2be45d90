package browser_test

import (
	"flag"
	"fmt"
	"image/png"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ansinh/web"
	"ansinh/web/browser"
)

const notice = "DỮ LIỆU GIẢ LẬP"

// pictures is where `make screenshots` wants every page; tests alone draw a few.
var pictures = flag.String("pictures", "", "folder for pictures of every story; empty draws three into a folder that is removed")

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	browser.Close()
	os.Exit(code)
}

// storybook serves all pages with invented data.
func storybook(t *testing.T) string {
	t.Helper()
	handler, err := web.Storybook(notice)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// told is a story as the book's contents list it.
type told struct{ Path, Page, Name string }

func (s told) file() string {
	return strings.NewReplacer("/", "-", " ", "-", ",", "").Replace(s.Page + "." + s.Name)
}

// stories reads the contents in the browser, so that the tests see what a reader
// of the book sees.
func stories(t *testing.T, origin string) []told {
	t.Helper()
	tab := browser.Open(t, origin)
	tab.Go("/")
	list := browser.Eval[[]told](tab, `[...document.querySelectorAll("main tbody tr")].map(r => ({Path: r.querySelector("a").getAttribute("href"),
	  Page: r.querySelector("a").textContent, Name: r.querySelector("td").textContent}))`)
	if len(list) < 10 {
		t.Fatalf("the storybook lists %d stories", len(list))
	}
	return list
}

// eachPage calls do for every story, with one tab for all stories of a page.
func eachPage(t *testing.T, origin string, list []told, do func(*testing.T, *browser.Tab, int, told), options ...browser.Option) {
	t.Helper()
	pages := map[string][]int{}
	for i, story := range list {
		pages[story.Page] = append(pages[story.Page], i)
	}
	for page, own := range pages {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			tab := browser.Open(t, origin, options...)
			for _, i := range own {
				t.Run(list[i].Name, func(t *testing.T) { do(t, tab.For(t), i, list[i]) })
			}
		})
	}
}

// Each page in each state and both languages: no fault that axe knows, wide and
// narrow; nothing sideways on the smallest screen and enlarged; nothing refused
// by our own policy, asked of others, or written to the console. In Vietnamese
// each act is reached by the keyboard in the order of the page as well, and
// whoever uses it sees where they are.
func TestEveryStoryIsOpenToEverybody(t *testing.T) {
	t.Parallel()
	origin := storybook(t)
	eachPage(t, origin, stories(t, origin), func(t *testing.T, tab *browser.Tab, _ int, story told) {
		for _, lang := range []string{"vi", "en"} {
			tab.Size(1280, 900)
			tab.Go(story.Path + "?lang=" + lang)
			tab.MustSay(notice)
			add := func(faults []string, where string) {
				for _, fault := range faults {
					t.Errorf("%s, %s: %s", lang, where, fault)
				}
			}
			if lang == "vi" {
				add(tab.Walk(), "by keyboard")
			}
			add(tab.Axe(), "1280 wide")
			tab.Size(360, 780)
			add(tab.Axe(), "360 wide")
			for _, narrow := range []struct{ width, percent int }{{768, 100}, {1280, 200}, {1280, 400}, {320, 100}} {
				tab.Zoom(narrow.width, 1024, narrow.percent)
				if n, who := tab.SidewaysPixels(); n > 0 {
					t.Errorf("%s, %d wide at %d %%: the page is %d pixels too wide:\n%s", lang, narrow.width, narrow.percent, n, who)
				}
			}
			add(tab.Faults(), "the browser says")
		}
	})
}

// weightMax is what a page may weigh on the wire with scripts off: document,
// style sheet and fonts, everything a first visit loads.
const weightMax = 100 << 10

func TestEveryStoryIsLight(t *testing.T) {
	t.Parallel()
	origin := storybook(t)
	tab := browser.Open(t, origin, browser.WithoutScripts, browser.WithoutCache)
	for _, story := range stories(t, origin) {
		t.Run(story.file(), func(t *testing.T) {
			tab := tab.For(t)
			tab.Weights()
			tab.Go(story.Path)
			weights := tab.Weights()
			var sum int64
			var parts []string
			for _, address := range slices.Sorted(maps.Keys(weights)) {
				sum += weights[address]
				parts = append(parts, fmt.Sprintf("%7d %s", weights[address], strings.TrimPrefix(address, origin)))
			}
			if sum > weightMax {
				t.Errorf("the page weighs %d bytes, more than %d:\n%s", sum, weightMax, strings.Join(parts, "\n"))
			}
			if sum < 10_000 || !strings.Contains(strings.Join(parts, " "), ".woff2") {
				t.Errorf("the scales are off: %d bytes\n%s", sum, strings.Join(parts, "\n"))
			}
		})
	}
}

// Pictures of every page in both languages, on a wide screen, on a telephone and
// on paper, for people to look at. The test wants pictures of the right width
// and the notice of invented data on paper.
func TestPictures(t *testing.T) {
	t.Parallel()
	origin := storybook(t)
	list, into := stories(t, origin), *pictures
	if into == "" {
		list, into = list[:3], t.TempDir()
	}
	eachPage(t, origin, list, func(t *testing.T, tab *browser.Tab, i int, story told) {
		for _, lang := range []string{"vi", "en"} {
			tab.Size(1280, 900)
			tab.Go(story.Path + "?lang=" + lang)
			base := filepath.Join(into, fmt.Sprintf("%03d.%s.%s", i, story.file(), lang))
			tab.Picture(base + ".wide.png")
			wantWidth(t, base+".wide.png", 1280)
			tab.Print(base + ".paper.pdf")
			sheets := tab.Sheets(base + ".paper.pdf")
			if text := textOf(t, base+".paper.pdf"); len(sheets) == 0 || !strings.Contains(text, notice) {
				t.Errorf("%s on paper: %d sheets, which say\n%s", lang, len(sheets), text)
			}
			tab.Size(360, 780)
			tab.Picture(base + ".phone.png")
			wantWidth(t, base+".phone.png", 360)
		}
	})
}

func wantWidth(t *testing.T, path string, want int) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	head, err := png.DecodeConfig(file)
	if err != nil || head.Width != want || head.Height < 300 {
		t.Errorf("%s is %d × %d (%v), want %d wide", path, head.Width, head.Height, err, want)
	}
}

func textOf(t *testing.T, pdf string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", pdf, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext %s: %v", pdf, err)
	}
	return string(out)
}
