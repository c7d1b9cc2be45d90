package registry

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ansinh/internal/vntext"
)

func (r *lineReader) readName(line *Line) {
	text := r.text(ColName)
	name := strings.Join(strings.Fields(text), " ")
	line.Name = name
	odd := func(x rune) bool {
		return !unicode.IsLetter(x) && !unicode.Is(unicode.Mn, x) && !strings.ContainsRune(" .'’-", x)
	}
	switch {
	case name == "":
		r.find(NameMissing, ColName)
	case r.found(ColName):
	case twoNames(text):
		r.find(NameTwo, ColName)
	case strings.ContainsFunc(name, odd), vntext.FoldTight(name) == "", isDitto(name):
		r.find(NameShape, ColName)
	}
}

// nameJoins find where a second person's name may begin: "và", a dash between
// spaces, a line of its own, and marks that no name holds.
var nameJoins = regexp.MustCompile(`\s+(?i:và|&|\+|-|–|—)\s+|\s*[,;/&+]\s*|\s*\n\s*`)

// twoNames reports whether a cell names a couple: one row is one person, and the
// other would go unpaid without a word. Each side must be a whole name, of two words,
// and on two lines of three, for a long name wraps: Và is a family name too, and
// so "Lầu Và Pó" is one person.
func twoNames(text string) bool {
	for _, at := range nameJoins.FindAllStringIndex(text, -1) {
		words := 2
		if strings.Contains(text[at[0]:at[1]], "\n") && strings.TrimSpace(text[at[0]:at[1]]) == "" {
			words = 3
		}
		if isName(text[:at[0]], words) && isName(text[at[1]:], words) {
			return true
		}
	}
	return false
}

// isName reports whether a text is that many words of letters.
func isName(text string, words int) bool {
	return len(strings.Fields(text)) >= words && !strings.ContainsFunc(text, func(x rune) bool {
		return unicode.IsDigit(x) || strings.ContainsRune("()[]:", x)
	})
}

// endedNote finds, in a folded note, that somebody died, moved or receives no more.
// What stands before tells whose death it is: "chồng đã mất" is a widow's note; what
// stands after, whether a paper was lost.
var endedNote = regexp.MustCompile(`(\S+ )?\b(da chet|chet ngay|chet thang|da mat|mat ngay|tu tran|qua doi|bao tu|chuyen di|chuyen khau|thoi khong nhan|thoi huong|thoi nhan|khong nhan nua|khong con nhan|khong con huong|cat giam|tam dung)\b( \S+)?`)

// others are whose death or move a note may tell without meaning the person.
var others = map[string]bool{"vo": true, "chong": true, "con": true, "bo": true, "me": true, "cha": true, "ong": true, "ba": true, "anh": true, "em": true, "trai": true, "gai": true}

// papers are what a person may have lost.
var papers = map[string]bool{"cccd": true, "cmnd": true, "can": true, "the": true, "giay": true, "so": true, "dien": true}

// checkNote warns where the note says that the person should not be paid. A note
// decides nothing, so the row is taken: only whoever keeps the list knows.
func (r *lineReader) checkNote(line *Line) {
	if line.Note == "" || r.found(ColChange) {
		return // or nobody knows yet what the row asks for
	}
	found := endedNote.FindStringSubmatch(vntext.Fold(line.Note))
	if found == nil {
		return
	}
	before, after := strings.TrimSpace(found[1]), strings.Trim(found[3], " .,;:")
	if others[before] || papers[after] {
		return
	}
	r.find(NoteEnded, ColNote)
}

// endedTitle finds, in a folded title or a sheet's name, that the list is of people
// who receive no more.
var endedTitle = regexp.MustCompile(`\b(da mat|da chet|tu tran|qua doi|bao tu|thoi huong|chuyen di|khong con huong)\b`)

// checkEnded warns where a sheet says that its people receive no more: "Đã mất" beside
// the list is read like a list, where all sheets are asked for. A grant for burials has
// such lists and pays them, so it is for a person to say.
func (l *List) checkEnded(h header, titles []string) {
	for _, title := range append([]string{l.Sheet}, titles...) {
		// The row of headings is among the titles until the row below it was seen.
		if !slices.Contains(h.headings, title) && endedTitle.MatchString(vntext.Fold(title)) {
			l.Findings = append(l.Findings, Finding{Code: SheetEnded, Severity: SheetEnded.Severity(), Sheet: l.Sheet,
				args: []any{l.Sheet, strings.Join(strings.Fields(title), " ")}})
			return
		}
	}
}

// relation cuts "(con gái)" off a payee's name.
var relation = regexp.MustCompile(`^(.*\S)\s*\(([^()0-9]*)\)$`)
