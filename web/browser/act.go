package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// Go opens a page by its path and waits until it has loaded with its fonts.
func (tab *Tab) Go(path string) {
	tab.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = tab.origin + path
	}
	tab.do("open "+path, chromedp.Navigate(address))
	tab.settle()
}

// settle waits for the fonts, which may change the width of everything.
func (tab *Tab) settle() {
	tab.t.Helper()
	run(tab, "wait for the fonts", chromedp.Evaluate[bool](`document.fonts.ready.then(() => true)`, chromedp.EvalAwaitPromise))
}

// quoted is text as a literal of the page's language.
func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has a literal
	}
	return string(out)
}

// Eval evaluates an expression in the page. It works with scripts off too: the
// browser's tools are not the page's script.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	return run(tab, "evaluate "+expression, chromedp.Evaluate[T](expression))
}

// Path is the address without the site.
func (tab *Tab) Path() string {
	tab.t.Helper()
	return strings.TrimPrefix(Eval[string](tab, "location.href"), tab.origin)
}

// Await opens a page anew until it says text: for work that the program does on
// its own, such as a report. It fails at the limit of a step.
func (tab *Tab) Await(path, text string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, stepLimit)
	defer cancel()
	for tab.Go(path); !tab.Says(text); tab.Go(path) {
		if ctx.Err() != nil {
			tab.t.Fatalf("after %v %s does not say %q\n%s", stepLimit, path, text, tab.where())
		}
	}
}

// Text is the visible text of the first element that fits, on one line.
func (tab *Tab) Text(css string) string {
	tab.t.Helper()
	text := Eval[string](tab, fmt.Sprintf(`(document.querySelector(%s) || {innerText: "⟦nothing fits⟧"}).innerText`, quoted(css)))
	return strings.Join(strings.Fields(text), " ")
}

// Has reports whether an element fits.
func (tab *Tab) Has(css string) bool {
	tab.t.Helper()
	return Eval[bool](tab, fmt.Sprintf(`document.querySelector(%s) !== null`, quoted(css)))
}

// Says reports whether the page shows text, however it is broken into lines.
func (tab *Tab) Says(text string) bool {
	tab.t.Helper()
	return strings.Contains(tab.Text("body"), text)
}

// MustSay ends the test unless the page shows every text.
func (tab *Tab) MustSay(texts ...string) {
	tab.t.Helper()
	shown := tab.Text("body")
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			tab.t.Fatalf("the page does not say %q\n%s", text, tab.where())
		}
	}
}

// place is a point of the window, in CSS pixels.
type place struct{ X, Y float64 }

// find brings the one visible element of css whose text begins with word, inside
// within, into the window and says where it is, or ends the test: also where
// something else covers it, which a person could not press. The page itself stays
// as it is, and the element is looked for and measured in one go: the regions that
// renew themselves may be replaced at any moment, by what stands in the same place.
func (tab *Tab) find(within, css, word string) place {
	tab.t.Helper()
	found := Eval[struct {
		Hits    int
		Covered string
		At      place
	}](tab, fmt.Sprintf(`(() => {
	  const text = e => (e.getAttribute("aria-label") || e.innerText || e.value || "").trim().replace(/\s+/g, " ");
	  const all = [...document.querySelectorAll(%[1]s)].flatMap(w => [...w.querySelectorAll(%[2]s)]).filter(e => e.checkVisibility());
	  const exact = all.filter(e => text(e) === %[3]s), near = all.filter(e => text(e).startsWith(%[3]s));
	  const hit = exact.length ? exact : near;
	  if (!hit.length) return {Hits: 0, Covered: "", At: {X: 0, Y: 0}};
	  hit[0].scrollIntoView({block: "center", behavior: "instant"});
	  const box = hit[0].getClientRects()[0], x = box.left + box.width / 2, y = box.top + box.height / 2;
	  const top = document.elementFromPoint(x, y);
	  return {Hits: hit.length, Covered: top && hit[0].contains(top) ? "" : (top ? top.outerHTML.slice(0, 200) : "the edge of the window"), At: {X: x, Y: y}};
	})()`, quoted(within), quoted(css), quoted(word)))
	if found.Hits == 0 {
		tab.t.Fatalf("nothing of %q inside %q reads %q\n%s", css, within, word, tab.where())
	}
	if found.Covered != "" {
		tab.t.Fatalf("%q inside %q is covered by %s\n%s", word, within, found.Covered, tab.where())
	}
	return found.At
}

// Push presses the button that reads word and waits for the page that answers.
func (tab *Tab) Push(word string) { tab.t.Helper(); tab.PushIn("body", word) }

// PushIn presses the button that reads word inside within.
func (tab *Tab) PushIn(within, word string) {
	tab.t.Helper()
	tab.press(tab.find(within, "button, input[type=submit], a.button", word), "push "+word)
}

// Follow follows the first link that reads word and waits for its page.
func (tab *Tab) Follow(word string) { tab.t.Helper(); tab.FollowIn("body", word) }

// FollowIn follows the first link that reads word inside within.
func (tab *Tab) FollowIn(within, word string) {
	tab.t.Helper()
	tab.press(tab.find(within, "a[href]", word), "follow "+word)
}

// press clicks with the mouse, as a person does, and waits for the page that answers.
func (tab *Tab) press(at place, what string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, stepLimit)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.MouseClickXY(at.X, at.Y)); err != nil {
		tab.t.Fatalf("%s: %v\n%s", what, err, tab.where())
	}
	tab.settle()
}

// Fill types text into the field with this id, in place of what stood there.
func (tab *Tab) Fill(id, text string) {
	tab.t.Helper()
	field := chromedp.ID(id)
	tab.do("fill "+id, chromedp.WaitVisible(field), chromedp.Focus(field))
	Eval[bool](tab, fmt.Sprintf(`(document.getElementById(%s).select(), true)`, quoted(id)))
	tab.do("fill "+id, chromedp.SendKeys(field, text))
	if got := Eval[string](tab, fmt.Sprintf(`document.getElementById(%s).value`, quoted(id))); got != text {
		tab.t.Fatalf("field %s took %q, want %q", id, got, text)
	}
}

// Choose chooses the entry of a list by its value.
func (tab *Tab) Choose(id, value string) {
	tab.t.Helper()
	if !Eval[bool](tab, fmt.Sprintf(`(e => { e.value = %s; return e.value === %[1]s })(document.getElementById(%[2]s))`, quoted(value), quoted(id))) {
		tab.t.Fatalf("list %s has no entry %q\n%s", id, value, tab.where())
	}
}

// Unfold opens the fold-out whose heading reads word.
func (tab *Tab) Unfold(word string) {
	tab.t.Helper()
	at := tab.find("body", "details:not([open]) > summary", word)
	tab.do("unfold "+word, chromedp.MouseClickXY(at.X, at.Y))
	tab.find("body", "details[open] > summary", word)
}

// Tick ticks the box with this id.
func (tab *Tab) Tick(id string) {
	tab.t.Helper()
	if !Eval[bool](tab, fmt.Sprintf(`document.getElementById(%s).checked`, quoted(id))) {
		tab.do("tick "+id, chromedp.Click(chromedp.ID(id)))
	}
}
