package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress tells people how far a long job is: a bar that redraws itself on a
// terminal, a line now and then elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	what     string
	shown    time.Time
	drawn    int // characters of the line that is redrawn
}

func newProgress(out io.Writer) *progress {
	file, ok := out.(*os.File)
	return &progress{out: out, terminal: ok && term.IsTerminal(int(file.Fd()))}
}

func (p *progress) say(format string, args ...any) {
	p.wipe()
	fmt.Fprintf(p.out, format+"\n", args...)
}

func (p *progress) begin(what string) {
	p.what, p.shown = what, time.Now()
	fmt.Fprintln(p.out, what)
}

// step shows done of total with a note; total 0 shows the note alone.
func (p *progress) step(done, total int, note string) {
	every := 5 * time.Second
	if p.terminal {
		every = 100 * time.Millisecond
	}
	if time.Since(p.shown) < every && (done < total || total == 0) {
		return
	}
	p.shown = time.Now()
	line := "    " + note
	if total > 0 {
		const width = 32
		full := width * done / total
		line = fmt.Sprintf("    [%s%s] %d/%d %s", strings.Repeat("█", full), strings.Repeat("·", width-full), done, total, note)
	}
	if !p.terminal {
		fmt.Fprintln(p.out, line)
		return
	}
	p.wipe()
	p.drawn = len([]rune(line))
	fmt.Fprint(p.out, line)
}

func (p *progress) wipe() {
	if p.drawn > 0 {
		fmt.Fprint(p.out, "\r"+strings.Repeat(" ", p.drawn)+"\r")
		p.drawn = 0
	}
}

func (p *progress) end(took time.Duration) {
	p.wipe()
	fmt.Fprintf(p.out, "    %.1f s\n", took.Seconds())
}
