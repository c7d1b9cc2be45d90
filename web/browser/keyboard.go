package browser

import (
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stopsMax bounds a walk over a page.
const stopsMax = 1000

// stop is one place where the Tab key comes to rest.
type stop struct {
	N       int    // of all places a person could want to reach, in their order; -1 is none of them
	What    string // for the reader
	Seen    bool   // inside the window, not covered
	Visible bool   // with a mark of focus
}

// Walk goes through the page with the Tab key and lists what is wrong: an act
// that is not reached, an order that jumps back, a focus nobody sees or that
// something covers, a skip link that does not skip.
func (tab *Tab) Walk() []string {
	tab.t.Helper()
	all := Eval[[]string](tab, `(() => {
	  const list = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
	    .filter(e => !e.disabled && e.checkVisibility({visibilityProperty: true}));
	  // Of a group of radio buttons the Tab key reaches one.
	  const seen = new Set();
	  window.browserStops = list.filter(e => { if (e.type !== "radio") return true; const k = e.name; if (seen.has(k)) return false; seen.add(k); return true });
	  // A page may begin with focus on its errors; the walk begins at the top.
	  document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex"); scrollTo(0, 0);
	  return window.browserStops.map(e => e.outerHTML.slice(0, 120));
	})()`)
	var faults []string
	reached := make([]bool, len(all))
	last := -1
	for range min(len(all)+1, stopsMax) {
		at := tab.next()
		if at.N < 0 {
			break // the walk left the page, or came to something that is no act
		}
		if reached[at.N] {
			break // around
		}
		reached[at.N] = true
		if at.N < last {
			faults = append(faults, fmt.Sprintf("the Tab key jumps back to %s", at.What))
		}
		last = at.N
		if !at.Visible {
			faults = append(faults, "nobody sees the focus on "+at.What)
		}
		if !at.Seen {
			faults = append(faults, "focus is outside the window or covered: "+at.What)
		}
	}
	for i, ok := range reached {
		if !ok {
			faults = append(faults, "the Tab key does not reach "+all[i])
		}
	}
	return append(faults, tab.skips()...)
}

// next presses Tab and says where that leads.
func (tab *Tab) next() stop {
	tab.t.Helper()
	tab.do("press Tab", chromedp.KeyEvent(kb.Tab))
	return Eval[stop](tab, `(() => {
	  let e = document.activeElement;
	  if (!e || e === document.body) return {N: -1, What: "", Seen: false, Visible: false};
	  let n = window.browserStops.indexOf(e);
	  if (n < 0 && e.type === "radio") n = window.browserStops.findIndex(o => o.name === e.name);
	  const s = getComputedStyle(e), box = e.getBoundingClientRect();
	  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1), y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
	  const top = document.elementFromPoint(x, y);
	  return {N: n, What: e.outerHTML.slice(0, 120), Visible: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2,
	    Seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && !!top && (e.contains(top) || top.contains(e) || (e.labels && [...e.labels].some(l => l.contains(top))))};
	})()`)
}

// skips wants the first stop to lead past the navigation.
func (tab *Tab) skips() []string {
	tab.t.Helper()
	first := Eval[string](tab, `(window.browserStops[0].focus(), window.browserStops[0].getAttribute("href") || "")`)
	if first != "#main" {
		return []string{"the first stop is no link to the content: " + first}
	}
	tab.do("press Enter", chromedp.KeyEvent(kb.Enter))
	if at := Eval[string](tab, `document.activeElement.id`); at != "main" {
		return []string{"the skip link leads to #" + at}
	}
	return nil
}
