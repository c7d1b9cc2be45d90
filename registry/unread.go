package registry

import "strings"

// unreadColumns counts what people's rows hold in columns whose heading says nothing
// to us: "Đã mất", "Tạm dừng", "Tuổi". Whoever wrote it meant something by it, so
// the list is not taken without a word about it.
type unreadColumns struct {
	read   []bool // by column, those of the header
	filled []int  // by column, cells of people
	first  []int  // by column, the first row of them
}

// columnsRead marks what a header reads, or knows to be no part of the list.
func columnsRead(h header) unreadColumns {
	width := len(h.headings)
	for _, i := range h.at {
		width = max(width, i+1)
	}
	u := unreadColumns{read: make([]bool, width)}
	for _, i := range append(h.at[:], h.women, h.remarks) {
		if i >= 0 && (i > 0 || h.readsFirst()) {
			u.read[i] = true
		}
	}
	return u
}

// readsFirst reports whether the first column is one of the list: 0 also says that
// there is no column of women and none of remarks.
func (h header) readsFirst() bool {
	for _, i := range h.at {
		if i == 0 {
			return true
		}
	}
	return false
}

// note counts the cells of a person's row.
func (u *unreadColumns) note(row int, cells []string) {
	for i, cell := range cells {
		if i < len(u.read) && u.read[i] || strings.TrimSpace(cell) == "" {
			continue
		}
		for len(u.filled) <= i {
			u.filled, u.first = append(u.filled, 0), append(u.first, 0)
		}
		if u.filled[i]++; u.filled[i] == 1 {
			u.first[i] = row
		}
	}
}

// findings names each such column once, at its heading.
func (u unreadColumns) findings(h header, sheetName string) []Finding {
	var found []Finding
	for i, n := range u.filled {
		if n == 0 {
			continue
		}
		heading := strings.Join(strings.Fields(Row{Cells: h.headings}.Cell(i)), " ")
		letters := columnLetters(i)
		name := letters
		if heading != "" {
			name += " “" + heading + "”"
		}
		found = append(found, Finding{Code: ColumnUnread, Severity: ColumnUnread.Severity(), Sheet: sheetName, Row: h.row,
			Column: letters, Heading: heading, Value: heading, args: []any{name, n, u.first[i]}})
	}
	return found
}

// idRow returns the number of a row in which some cell is a personal id, or 0. On a
// sheet without headings such a row is a person nobody reads.
func idRow(row Row) int {
	for _, cell := range row.Cells {
		if id := cleanID(cell); len(id) == idLength && allDigits(id) {
			return row.No
		}
	}
	return 0
}

// unreadSheet says that a visible sheet without headings holds people.
func unreadSheet(list List) Finding {
	return Finding{Code: SheetUnread, Severity: SheetUnread.Severity(), Sheet: list.Sheet, args: []any{list.Sheet, list.unheaded}}
}
