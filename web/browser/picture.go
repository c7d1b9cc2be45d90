package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// Picture writes the whole page as it is shown now, as PNG.
func (tab *Tab) Picture(path string) {
	tab.t.Helper()
	tab.write(path, run(tab, "picture", chromedp.FullScreenshot(100)))
}

// Window writes what the window shows now, as PNG.
func (tab *Tab) Window(path string) {
	tab.t.Helper()
	tab.write(path, run(tab, "picture", chromedp.CaptureScreenshot()))
}

// Print writes the page as it is printed, as PDF on A4 with the style sheet's
// own margins.
func (tab *Tab) Print(path string) {
	tab.t.Helper()
	tab.write(path, run(tab, "print", chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPreferCSSPageSize(),
		chromedp.PDFPrintBackground())))
}

// Sheets makes a PNG of every sheet of a printed page, PATH-1.png and so on, and
// returns their paths.
func (tab *Tab) Sheets(pdf string) []string {
	tab.t.Helper()
	base := strings.TrimSuffix(pdf, ".pdf")
	if out, err := exec.CommandContext(tab.t.Context(), "pdftoppm", "-r", "80", "-png", pdf, base).CombinedOutput(); err != nil {
		tab.t.Fatalf("pdftoppm %s: %v\n%s", pdf, err, out)
	}
	sheets, err := filepath.Glob(base + "-*.png")
	if err != nil {
		tab.t.Fatal(err)
	}
	return sheets
}

func (tab *Tab) write(path string, body []byte) {
	tab.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tab.t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}
