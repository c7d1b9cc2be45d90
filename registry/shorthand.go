package registry

import (
	"regexp"
	"strings"

	"ansinh/internal/vntext"
)

// This file holds what officers write in place of a value: nothing, "as above", a
// unit, a word before a year. Each is read as it is meant, or said.

// noneWords are the tight folds of cells that say there is nothing.
var noneWords = map[string]bool{
	"khong": true, "khongco": true, "chua": true, "chuaco": true, "ko": true, "koco": true, "kco": true,
	"khongcotk": true, "chuacotk": true, "khongcostk": true, "chuacostk": true, "khongcotaikhoan": true, "chuacotaikhoan": true,
	"khongcocccd": true, "chuacocccd": true, "khongcosdt": true, "khongcodienthoai": true,
}

// saysNone reports whether a cell says in words, or with a dash, that it has no value.
func saysNone(text string) bool {
	if text == "" {
		return false
	}
	if strings.Trim(text, "-–—./ ") == "" {
		return true
	}
	return len(text) <= 40 && noneWords[vntext.FoldTight(text)]
}

// value is text for a column in which "không có" is as good as an empty cell.
func (r *lineReader) value(c Column) string {
	text := r.text(c)
	if saysNone(text) {
		return ""
	}
	return text
}

// isDitto reports whether a cell says that it holds what the cell above holds.
func isDitto(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 20 {
		return false
	}
	if strings.Trim(text, "\"'″〃”“’‘`, -") == "" {
		return strings.ContainsAny(text, "\"″〃”“") || strings.Contains(text, "''")
	}
	switch vntext.FoldTight(text) {
	case "nt", "nhutren":
		return true
	default:
		return false
	}
}

// dittos reads "nt" and its like in columns where people share a value, the same as
// may be merged: the writer means the row above, and so it is taken, and said once
// for each column. In any other column they are no value and their row is refused.
type dittos struct {
	above [columnCount]string
	first [columnCount]int // row of the first in the column
	count [columnCount]int
	wrote [columnCount]string
}

// resolve writes into a row what stands above its ditto marks.
func (d *dittos) resolve(h header, row Row) {
	for _, c := range mayMerge {
		at := h.at[c]
		if at < 0 || at >= len(row.Cells) || d.above[c] == "" || !isDitto(row.Cells[at]) {
			continue
		}
		if d.count[c]++; d.count[c] == 1 {
			d.first[c], d.wrote[c] = row.No, strings.TrimSpace(row.Cells[at])
		}
		row.Cells[at] = d.above[c]
	}
}

// keep remembers a person's row for the next.
func (d *dittos) keep(h header, row Row) {
	for _, c := range mayMerge {
		if text := h.cell(row, c); h.has(c) && !isDitto(text) {
			d.above[c] = text
		}
	}
}

// findings says what was read so.
func (d *dittos) findings(h header, sheetName string) []Finding {
	var found []Finding
	for _, c := range mayMerge {
		if d.count[c] > 0 {
			f := h.finding(sheetName, Row{No: d.first[c]}, CellDitto, c, []any{d.wrote[c], d.count[c]})
			f.Value = d.wrote[c]
			found = append(found, f)
		}
	}
	return found
}

// birthWords are what stands before a birth: "năm 1944", "NS: 1944", "ngày 5 tháng 3
// năm 1948". birthPlain is what must be left of it, so that no number becomes a
// birth by a word before it.
var (
	birthWords  = regexp.MustCompile(`(?i)^(?:(?:sinh|năm sinh|ngày sinh|ns|sn|ngày|tháng|năm)[\s.:]+)+`)
	birthJoins  = regexp.MustCompile(`(?i)\s+(?:tháng|năm)\s+`)
	birthPlain  = regexp.MustCompile(`^(?:\d{1,2}\s*[/.-]\s*)?(?:\d{1,2}\s*[/.-]\s*)?\d{4}$`)
	moneySuffix = regexp.MustCompile(`(?i)\s*(?:đồng|đ|vnđ|vnd)\s*\.?$`)
)

// plainBirth takes those words off; other texts stay as they are.
func plainBirth(text string) string {
	plain := birthJoins.ReplaceAllString(birthWords.ReplaceAllString(text, ""), "/")
	if plain != text && birthPlain.MatchString(plain) {
		return plain
	}
	return text
}

// ownHolder reports whether the holder's cell says "the person himself".
func ownHolder(text string) bool {
	switch vntext.FoldTight(text) {
	case "chinhchu", "banthan", "cachinhchu":
		return true
	default:
		return false
	}
}

// relationWords are the tight folds of what a payee is to a person, which is no name.
var relationWords = map[string]bool{
	"con": true, "contrai": true, "congai": true, "conde": true, "condau": true, "conre": true, "chau": true, "vo": true, "chong": true,
	"me": true, "bo": true, "cha": true, "anh": true, "chi": true, "em": true, "anhtrai": true, "emtrai": true, "emgai": true, "chigai": true,
	"nguoinha": true, "nguoithan": true, "x": true, "co": true,
}
