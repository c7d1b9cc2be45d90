package browser

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const (
	// stepLimit bounds one step. It is long because a machine may be busy; a step
	// that works is never slower than the page.
	stepLimit = 4 * time.Minute
	// startLimit bounds Chromium's first word, which on a cold disk waits for
	// 300 MB of it to be read.
	startLimit = 5 * time.Minute
)

// process is the one Chromium of this test process.
var process struct {
	once sync.Once
	ctx  context.Context
	end  func()
	err  error
}

// start starts Chromium. Only root needs it without its sandbox, which refuses
// to run as root.
func start() {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		// The same page must look the same on every machine.
		chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("lang", "vi"), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("disable-gpu", true), chromedp.WSURLReadTimeout(startLimit))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	process.ctx, process.end = ctx, func() { endBrowser(); endAllocator() }
	if process.err = chromedp.Do(ctx); process.err != nil {
		process.end()
	}
}

// Close ends Chromium, if a test started it. Call it when all tests are over.
func Close() {
	if process.ctx != nil {
		_ = chromedp.Cancel(process.ctx) // the process ends with ours in any case
		process.end()
	}
}

// Tab is a window with cookies of its own. Its methods end the test when a step
// does not work; one goroutine uses a Tab.
type Tab struct {
	t      testing.TB
	ctx    context.Context
	origin string
	heard  *heard
}

// heard is what the browser reported of a tab.
type heard struct {
	origin string

	mu      sync.Mutex
	rest    *sync.Cond                   // nothing is under way any more
	under   map[network.RequestID]string // addresses of what the page shown now still waits for
	faults  []string
	asked   map[network.RequestID]string // address of every request
	weights map[string]int64             // bytes on the wire by address
}

func newHeard(origin string) *heard {
	h := &heard{origin: origin, under: map[network.RequestID]string{}, asked: map[network.RequestID]string{}, weights: map[string]int64{}}
	h.rest = sync.NewCond(&h.mu)
	return h
}

// Option changes how a tab begins.
type Option func(*Tab) error

// WithoutScripts makes a tab that runs no script of a page, as with scripts
// turned off in the browser.
func WithoutScripts(tab *Tab) error {
	_, err := chromedp.Call(tab.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return err
}

// WithoutCache makes a tab that loads everything anew for every page, as on a
// first visit.
func WithoutCache(tab *Tab) error {
	_, err := chromedp.Call(tab.ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	return err
}

// Open opens a tab on the site at origin, 1280 × 900. It is closed with the test.
func Open(t testing.TB, origin string, options ...Option) *Tab {
	t.Helper()
	process.once.Do(start)
	if process.err != nil {
		t.Fatalf("start Chromium (`.ci/install test` installs it): %v", process.err)
	}
	tab := &Tab{t: t, origin: strings.TrimRight(origin, "/")}
	tab.heard = newHeard(tab.origin)
	ctx, end := chromedp.NewContext(process.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.heard.hear))
	t.Cleanup(end)
	tab.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	begin := func() error {
		if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
			return err
		}
		for _, set := range options {
			if err := set(tab); err != nil {
				return err
			}
		}
		return nil
	}
	if err := begin(); err != nil {
		t.Fatalf("prepare a tab: %v", err)
	}
	tab.Size(1280, 900)
	return tab
}

// For is the same tab for a test inside the one that opened it.
func (tab *Tab) For(t testing.TB) *Tab {
	return &Tab{t: t, ctx: tab.ctx, origin: tab.origin, heard: tab.heard}
}

// hear notes what the page must not do and what it weighs.
func (h *heard) hear(event any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		address := e.Request.URL
		h.asked[e.RequestID] = address
		h.begin(e)
		if !strings.HasPrefix(address, h.origin+"/") && !strings.HasPrefix(address, "data:") && !strings.HasPrefix(address, "about:") {
			h.faults = append(h.faults, "a request to somebody else: "+address)
		}
	case *network.EventLoadingFinished:
		h.weights[h.asked[e.RequestID]] += int64(e.EncodedDataLength)
		h.end(e.RequestID)
	case *network.EventLoadingFailed:
		h.end(e.RequestID)
		if !e.Canceled {
			h.faults = append(h.faults, fmt.Sprintf("%s did not load: %s", h.asked[e.RequestID], e.ErrorText))
		}
	case *log.EventEntryAdded:
		// A page that answers 4xx is reported here too; tests ask for such pages.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			h.faults = append(h.faults, fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
		}
	case *runtime.EventExceptionThrown:
		h.faults = append(h.faults, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			h.faults = append(h.faults, fmt.Sprintf("console %s: %s", e.Type, e.Args[0].Description))
		}
	}
}

// begin notes what a page is made of. The icon of the tab is not among it: it is
// asked for on the side, and its end is not reported when the next page comes.
func (h *heard) begin(e *network.EventRequestWillBeSent) {
	switch e.Type {
	case network.ResourceTypeDocument:
		clear(h.under)
	case network.ResourceTypeStylesheet, network.ResourceTypeScript, network.ResourceTypeFont, network.ResourceTypeImage:
	default:
		return
	}
	if strings.HasPrefix(e.Request.URL, h.origin+"/") {
		h.under[e.RequestID] = e.Request.URL
	}
}

// end notes that a request is over.
func (h *heard) end(id network.RequestID) {
	delete(h.under, id)
	h.rest.Broadcast()
}

// Faults returns what the browser reported since the last call: violations of
// the content policy, exceptions, requests to anybody but the site.
func (tab *Tab) Faults() []string {
	tab.heard.mu.Lock()
	defer tab.heard.mu.Unlock()
	faults := tab.heard.faults
	tab.heard.faults = nil
	return faults
}

// Weights returns the bytes on the wire by address since the last call, heads of
// answers included. What the browser still had from before is not among them. It
// waits until all that was asked for is there: the browser reports an answer's end
// later than the page has it.
func (tab *Tab) Weights() map[string]int64 {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, stepLimit)
	defer cancel()
	context.AfterFunc(ctx, tab.heard.rest.Broadcast)
	tab.heard.mu.Lock()
	defer tab.heard.mu.Unlock()
	for len(tab.heard.under) > 0 {
		if ctx.Err() != nil {
			tab.t.Fatalf("after %v not all of the page has arrived: %v", stepLimit, tab.heard.under)
		}
		tab.heard.rest.Wait()
	}
	weights := tab.heard.weights
	tab.heard.weights = map[string]int64{}
	return weights
}

// do runs steps under the limit and ends the test if they fail.
func (tab *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	run(tab, what, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, step := range steps {
			if _, err := step(ctx, t); err != nil {
				return err
			}
		}
		return nil
	}))
}

func run[T any](tab *Tab, what string, action chromedp.Action[T]) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, stepLimit)
	defer cancel()
	got, err := chromedp.Run(ctx, action)
	if err != nil {
		tab.t.Fatalf("%s: %v\n%s", what, err, tab.where())
	}
	return got
}

// where says where the tab is, for the reader of a failure.
func (tab *Tab) where() string {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.querySelector("main") || document.body).innerText.slice(0, 3000)`))
	if err != nil {
		return "where the tab is cannot be read: " + err.Error()
	}
	return "at " + text
}

// Size sets the window in CSS pixels.
func (tab *Tab) Size(width, height int) { tab.zoom(width, height, 1) }

// Zoom sets a window of that many pixels of the screen, enlarged by percent: what
// is left for the page is as much narrower.
func (tab *Tab) Zoom(width, height, percent int) {
	tab.zoom(width*100/percent, height*100/percent, float64(percent)/100)
}

func (tab *Tab) zoom(width, height int, scale float64) {
	tab.t.Helper()
	run(tab, "set the window", func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(width), Height: int64(height), DeviceScaleFactor: scale})
	})
}
