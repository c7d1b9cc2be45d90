package sheet

// columnsMax is the last column that is read: nothing of a list stands beyond it; a
// spreadsheet has sixteen times as many.
const columnsMax = 1 << 10

// rowCells gathers the cells of the row in hand, which come in any order.
type rowCells struct {
	cells  []Cell
	filled int // columns up to the last with content
}

// restart empties the row.
func (r *rowCells) restart() {
	clear(r.cells)
	r.filled = 0
}

// put places a cell; place names it where it stands too far to the right.
func (r *rowCells) put(column int, content Cell, place func(column int) string) error {
	if content.Kind == Empty {
		return nil
	}
	if column >= columnsMax {
		return refuse(WhyLimit, place(column), nil, "columns")
	}
	for len(r.cells) <= column {
		r.cells = append(r.cells, Cell{})
	}
	r.cells[column] = content
	r.filled = max(r.filled, column+1)
	return nil
}

// row is what was gathered.
func (r *rowCells) row(no int, hidden bool) Row {
	return Row{No: no, Cells: r.cells[:r.filled], Hidden: hidden}
}
