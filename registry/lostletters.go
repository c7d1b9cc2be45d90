package registry

import (
	"regexp"
	"strings"
)

// lostLetters counts texts in which question marks stand for letters: a program
// that saves a list in an eight-bit code page writes one for every letter the page
// does not have, and nothing can bring them back.
type lostLetters struct {
	cells   int
	example string
}

// lostMin is how many such cells make a file of lost letters. A question mark
// between two letters is a slip of the finger once, not five times.
const lostMin = 5

var lostLetter = regexp.MustCompile(`\p{L}\?+\p{L}`)

func (l *lostLetters) look(text string) {
	if !strings.Contains(text, "?") || strings.Contains(text, "://") || !lostLetter.MatchString(text) {
		return
	}
	if l.cells++; l.example == "" {
		l.example = text
	}
}

// addLost puts the one cause before what follows from it: headings that are not
// recognised any more.
func (l *List) addLost(lost lostLetters) {
	if lost.cells < lostMin {
		return
	}
	var rest []Finding
	for _, f := range l.Findings {
		if f.Code != HeaderColumn {
			rest = append(rest, f)
		}
	}
	l.Findings = append([]Finding{{Code: TextLost, Severity: TextLost.Severity(), Sheet: l.Sheet, args: []any{lost.example}}}, rest...)
}
