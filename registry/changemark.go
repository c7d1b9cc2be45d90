package registry

import (
	"strings"

	"ansinh/internal/vntext"
)

// Change is what a row of a change list says of its person's right, against the
// month before.
type Change string

// The changes, as stored. A row without a mark stays as it was.
const (
	ChangeNone    Change = ""
	ChangeAdded   Change = "added"   // Tăng
	ChangeRemoved Change = "removed" // Giảm
	ChangeChanged Change = "changed" // Đổi
)

// VI returns the mark as it stands in a list.
func (c Change) VI() string {
	switch c {
	case ChangeAdded:
		return "Tăng"
	case ChangeRemoved:
		return "Giảm"
	case ChangeChanged:
		return "Đổi"
	case ChangeNone:
		return ""
	default:
		return string(c)
	}
}

// changeMarks are the choices of the template.
var changeMarks = []string{ChangeAdded.VI(), ChangeRemoved.VI(), ChangeChanged.VI()}

// changeWords are the tight folds of what communes write. "Giữ nguyên" says what
// an empty cell says.
var changeWords = map[string]Change{
	"": ChangeNone, "giunguyen": ChangeNone, "khongdoi": ChangeNone, "khongthaydoi": ChangeNone, "khong": ChangeNone,
	"t": ChangeAdded, "tang": ChangeAdded, "tangmoi": ChangeAdded, "moi": ChangeAdded, "them": ChangeAdded, "themmoi": ChangeAdded,
	"g": ChangeRemoved, "giam": ChangeRemoved, "thoihuong": ChangeRemoved, "thoi": ChangeRemoved, "cat": ChangeRemoved, "cathuong": ChangeRemoved,
	"d": ChangeChanged, "doi": ChangeChanged, "dieuchinh": ChangeChanged, "thaydoi": ChangeChanged, "sua": ChangeChanged, "suadoi": ChangeChanged,
}

// changeSigns are marks without a letter, which a fold would lose.
var changeSigns = map[string]Change{"+": ChangeAdded, "-": ChangeRemoved, "–": ChangeRemoved, "−": ChangeRemoved}

// parseChange reads a mark. A text near to one mark alone is offered, not taken.
func parseChange(text string) (change, near Change, known bool) {
	text = strings.TrimSpace(text)
	if change, known = changeSigns[text]; known {
		return change, "", true
	}
	fold := vntext.FoldTight(text)
	if change, known = changeWords[fold]; known && (fold != "" || text == "") {
		return change, "", true
	}
	for word, meant := range map[string]Change{"tang": ChangeAdded, "giam": ChangeRemoved, "dieuchinh": ChangeChanged, "thaydoi": ChangeChanged} {
		if _, within := distanceWithin(fold, word, 1); !within || len(fold) < 3 {
			continue
		}
		if near != "" && near != meant {
			return "", "", false
		}
		near = meant
	}
	return "", near, false
}

// IsChangeList reports whether the list has a column of marks: then it says what
// is different from the month before, and who stays need not stand in it.
func (l List) IsChangeList() bool { return len(l.header.headings) > 0 && l.header.has(ColChange) }

// marked counts the rows with a mark.
func (l List) marked() int {
	n := 0
	for _, line := range l.Lines {
		if line.Change != ChangeNone {
			n++
		}
	}
	return n
}

// readChange reads the mark of a row.
func (r *lineReader) readChange(line *Line) {
	if !r.header.has(ColChange) {
		return
	}
	change, near, known := parseChange(r.text(ColChange))
	switch {
	case known:
		line.Change = change
	case near != "":
		if r.offer(near.VI(), ChangeNear, ColChange, near.VI()) {
			line.Change = near
		}
	default:
		r.find(ChangeUnknown, ColChange)
	}
}

// readRemoved reads a row whose person's right ends: who, and why. Its other cells
// pay nobody any more, and an age that ended the right is no fault.
func (r *lineReader) readRemoved(line *Line) {
	line.Name = strings.Join(strings.Fields(r.text(ColName)), " ")
	r.readPerson(line)
	refusing := r.findings[:0]
	for _, f := range r.findings {
		if f.Severity != SeverityWarning || f.Code == RowHidden {
			refusing = append(refusing, f)
		}
	}
	r.findings = refusing
	if line.ID == "" && line.Name == "" {
		r.find(NameMissing, ColName)
	}
	if r.text(ColCategory) != "" {
		code, known := r.header.category(r.row)
		if !known {
			r.find(CategoryUnknown, ColCategory)
		}
		line.Category = code
	}
	r.readDecision(line)
	if line.DecisionNo == "" && line.Note == "" {
		r.find(ChangeReason, ColDecision)
	}
}
