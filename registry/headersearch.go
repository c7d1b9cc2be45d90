package registry

import (
	"strings"
	"unicode"

	"ansinh/internal/vntext"
)

// headerState is what a row showed about the header.
type headerState int

const (
	headerNotYet headerState = iota
	headerHere               // the row ends the header
	headerAbove              // the row above was the header; this one is the first below
)

// headerSearch finds the header under titles and merged cells. A header is one
// row, or two: "Tài khoản" merged over "Số", "Ngân hàng" and "Chủ tài khoản".
type headerSearch struct {
	sheet string
	above Row // the row before, if it was no header
	top   Row // the header, as far as it is found
	found bool
}

// look considers the next row that holds something.
func (s *headerSearch) look(row Row) headerState {
	if s.found {
		if row.No == s.top.No+1 && isSubHeading(row) && s.grow(s.top, row) {
			return headerHere
		}
		return headerAbove
	}
	if s.above.No > 0 && s.above.No == row.No-1 && isSubHeading(row) && s.grow(s.above, row) {
		return headerHere
	}
	if _, _, ok := recognise(s.sheet, row); ok {
		s.found, s.top = true, row.clone()
		return headerNotYet
	}
	s.above = row.clone()
	return headerNotYet
}

// grow takes two rows as the header if together they say more than either.
func (s *headerSearch) grow(top, bottom Row) bool {
	both := combine(top.Cells, bottom.Cells)
	n := countHeadings(both)
	if n <= countHeadings(top.Cells) || n <= countHeadings(bottom.Cells) {
		return false
	}
	row := Row{No: bottom.No, Cells: both}
	if _, _, ok := recognise(s.sheet, row); !ok {
		return false
	}
	s.found, s.top = true, row
	return true
}

// end returns the header found so far.
func (s *headerSearch) end() (header, []Finding, bool) {
	if !s.found {
		return header{}, nil, false
	}
	return recognise(s.sheet, s.top)
}

// countHeadings counts the cells that say what their column means.
func countHeadings(cells []string) int {
	n := 0
	for _, cell := range cells {
		if _, ok := columnOf(cell); ok {
			n++
		}
	}
	return n
}

// isSubHeading holds for a row without digits outside brackets: a row about a
// person has some.
func isSubHeading(row Row) bool {
	for _, cell := range row.Cells {
		if strings.ContainsFunc(inBrackets.ReplaceAllString(cell, ""), unicode.IsDigit) {
			return false
		}
	}
	return true
}

// combine makes one row of headings of two. A merged cell over several columns
// holds its text in the first of them.
func combine(top, bottom []string) []string {
	both := make([]string, max(len(top), len(bottom)))
	group := ""
	for i := range both {
		upper, lower := Row{Cells: top}.Cell(i), Row{Cells: bottom}.Cell(i)
		switch {
		case strings.TrimSpace(upper) != "":
			group = upper
		case strings.TrimSpace(lower) == "":
			group = ""
		}
		both[i] = combined(upper, lower, group)
	}
	return both
}

// combined is the heading of a column with an upper and a lower part: the lower
// if that is known, together if that is ("Số" under "Tài khoản"), else the upper.
// Under somebody else's group "Họ tên" is not the person's.
func combined(upper, lower, group string) string {
	if strings.TrimSpace(lower) == "" {
		return upper
	}
	of, known := columnOf(group)
	if known && of == ColBirth && sexOfHeading(lower) != "" {
		return group + " (" + lower + ")"
	}
	others := known && (of == ColPayee || of == ColHolder || of == ColContact)
	for i, whole := range []string{lower, lower + " " + group, group + " " + lower} {
		if _, ok := columnOf(whole); ok && (i > 0 || !others) {
			return whole
		}
	}
	if _, ok := columnOf(upper); ok {
		return upper
	}
	if others {
		return group + " " + lower
	}
	return lower
}

// sexOfHeading reads "Nam" and "Nữ" above a column.
func sexOfHeading(heading string) Sex {
	switch vntext.FoldTight(heading) {
	case "nam":
		return Male
	case "nu":
		return Female
	default:
		return ""
	}
}

// splitBirth takes column i as the second of two birth columns, for men and for
// women, if that is what the headings say.
func (h *header) splitBirth(i int, heading string) bool {
	first := h.at[ColBirth]
	if first < 0 || h.women > 0 {
		return false
	}
	ends := func(text, sex string) bool { return strings.HasSuffix(vntext.FoldTight(text), "sinh"+sex) }
	if !ends(h.headings[first], "nam") || !ends(heading, "nu") {
		return false
	}
	h.women = i
	return true
}

// placeSex adds the column of the sex that two birth columns say.
func (h *header) placeSex() {
	if h.women > 0 && h.at[ColSex] < 0 {
		h.madeSex = true
		h.at[ColSex] = len(h.headings)
		h.headings = append(h.headings, ColSex.Title())
	}
}

// arrange puts what stands in two birth columns where one would be. A row that
// fills both keeps both, and is refused for it.
func (h header) arrange(row Row) Row {
	if h.remarks > 0 && h.remarks < len(row.Cells) {
		row.Cells[h.remarks] = ""
	}
	if h.women == 0 {
		return row
	}
	born, sex := strings.TrimSpace(row.Cell(h.at[ColBirth])), Male.vi()
	if women := strings.TrimSpace(row.Cell(h.women)); women != "" {
		if isNumbering(born) && isNumbering(women) {
			return row // (3) and (4) under the headings
		}
		if born != "" {
			women = born + " / " + women
		}
		born, sex = women, Female.vi()
	}
	if born == "" {
		return row
	}
	cells := make([]string, max(len(row.Cells), len(h.headings)))
	copy(cells, row.Cells)
	cells[h.at[ColBirth]] = born
	if h.madeSex {
		cells[h.at[ColSex]] = sex
	}
	row.Cells = cells
	return row
}
