package browser

import (
	_ "embed" // the checker of access
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// axeSource is axe-core 4.14.1, unchanged, under the MPL 2.0 beside it.
//
//go:embed testdata/axe/axe.min.js
var axeSource string

// Axe lists what axe-core finds against WCAG 2.2 AA and good practice on the
// page as it is now, one sentence for each kind of fault with the first places.
func (tab *Tab) Axe() []string {
	tab.t.Helper()
	if !Eval[bool](tab, `typeof axe === "object"`) {
		run(tab, "load axe", chromedp.Evaluate[bool](axeSource+"\n;true"))
	}
	type violation struct {
		ID, Impact, Help string
		Nodes            []struct {
			HTML           string
			FailureSummary string
		}
	}
	found := run(tab, "run axe", chromedp.Evaluate[[]violation](`axe.run(document, {
	  resultTypes: ["violations"],
	  runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
	}).then(r => r.violations.map(v => ({ID: v.id, Impact: v.impact || "", Help: v.help,
	  Nodes: v.nodes.map(n => ({HTML: n.html.slice(0, 200), FailureSummary: n.failureSummary || ""}))})))`, chromedp.EvalAwaitPromise))
	var faults []string
	for _, v := range found {
		var places []string
		for _, n := range v.Nodes[:min(len(v.Nodes), 3)] {
			places = append(places, fmt.Sprintf("%s\n\t%s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n\t")))
		}
		faults = append(faults, fmt.Sprintf("axe %s (%s): %s, %d places:\n%s", v.ID, v.Impact, v.Help, len(v.Nodes), strings.Join(places, "\n")))
	}
	return faults
}

// SidewaysPixels is by how much the page is wider than the window, and the
// elements that stick out: zero is what every reader needs. Parts that scroll by
// themselves inside a page do not count.
func (tab *Tab) SidewaysPixels() (int, string) {
	tab.t.Helper()
	type wide struct {
		Pixels int
		Who    string
	}
	got := Eval[wide](tab, `(() => {
	  const root = document.documentElement, room = root.clientWidth;
	  const inScroller = e => { for (let p = e.parentElement; p; p = p.parentElement) { if (["auto", "scroll"].includes(getComputedStyle(p).overflowX)) return true } return false };
	  const out = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > room + 1 && !inScroller(e));
	  return {Pixels: root.scrollWidth - room, Who: out.slice(-3).map(e => e.outerHTML.slice(0, 160)).join("\n")};
	})()`)
	return got.Pixels, got.Who
}
