package registry

import (
	"slices"
	"strings"

	"ansinh/registry/sheet"
)

// mergedCell is a cell that an officer merged with those below it, because one
// hamlet, group or decision goes for all of them.
type mergedCell struct {
	first, last int // rows
	text        string
}

// mergedCells are a sheet's merged cells by column, from the top; no two of one
// column share a row.
type mergedCells map[Column][]mergedCell

// mayMerge are the columns in which several people share what one cell says. An
// amount, an account or an id in a merged cell could be shared out or belong to the
// first only: those stay empty in the rows below and are found missing.
var mayMerge = []Column{ColGroup, ColAddress, ColCategory, ColDecision, ColMethod, ColBank}

// mergedIn chooses, of a sheet's merged cells, those of its people that may be.
func mergedIn(h header, headerRow int, tall []sheet.Block) mergedCells {
	found := make(mergedCells)
	if headerRow == 0 {
		return found
	}
	for _, c := range mayMerge {
		var cells []mergedCell
		for _, b := range tall {
			if h.has(c) && h.at[c] == b.FirstColumn && b.FirstRow > headerRow {
				cells = append(cells, mergedCell{first: b.FirstRow, last: b.LastRow})
			}
		}
		slices.SortStableFunc(cells, func(a, b mergedCell) int { return a.first - b.first })
		end := 0
		cells = slices.DeleteFunc(cells, func(m mergedCell) bool {
			overlaps := m.first <= end
			end = max(end, m.last)
			return overlaps
		})
		if len(cells) > 0 {
			found[c] = cells
		}
	}
	return found
}

// spread writes into the row of a person what merged cells above it say.
func (w *rowWalk) spread(row Row) Row {
	if len(w.merged) == 0 || w.reader.header.cell(row, ColName) == "" {
		return row
	}
	row = row.clone()
	for _, c := range mayMerge {
		cells := w.merged[c]
		for len(cells) > 0 && cells[0].last < row.No {
			cells = cells[1:]
		}
		w.merged[c] = cells
		if len(cells) == 0 || row.No < cells[0].first {
			continue
		}
		at := w.reader.header.at[c]
		for len(row.Cells) <= at {
			row.Cells = append(row.Cells, "")
		}
		switch own := strings.TrimSpace(row.Cells[at]); {
		case own == "":
			row.Cells[at] = cells[0].text
		case row.No == cells[0].first:
			cells[0].text = row.Cells[at]
			w.list.Findings = append(w.list.Findings, w.reader.header.finding(w.list.Sheet, row, CellMerged, c, []any{cells[0].last}))
		}
	}
	return row
}
