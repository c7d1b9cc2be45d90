package registry

// rowWalk takes the rows of one sheet from the top: titles, headings, people,
// totals, signatures.
type rowWalk struct {
	list   List
	limits Limits
	hides  func(column int) bool
	search headerSearch
	reader lineReader
	titles []string // cells above the headings
	cells  rawCells // of the people, as handed in
	last   int      // the row before
	ended  bool     // below the totals or at the signatures
	done   bool     // nothing below can matter
	merged mergedCells
	ditto  dittos
	unread unreadColumns
}

// take looks at the next row that holds something.
func (w *rowWalk) take(row Row) {
	if w.list.HeaderRow == 0 {
		if row.No > headerRowMax {
			w.done = true
			return
		}
		switch w.search.look(row) {
		case headerNotYet:
			if w.list.unheaded == 0 {
				w.list.unheaded = idRow(row)
			}
			w.titles = append(w.titles, row.Cells...)
			return
		case headerHere:
			w.begin()
			return
		case headerAbove: // and this row is below it
			w.begin()
		}
	}
	if !w.done {
		w.below(row)
	}
}

// begin takes over the header that was found.
func (w *rowWalk) begin() {
	header, findings, _ := w.search.end()
	w.list.HeaderRow, w.list.Findings, w.reader.header, w.last = header.row, findings, header, header.row
	w.done = len(findings) > 0
	w.unread = columnsRead(header)
	w.list.checkTitles(w.titles, w.reader.unit)
	w.list.checkEnded(header, w.titles)
	for column, i := range header.at {
		if i >= 0 && i < len(header.headings) && w.hides(i) {
			w.list.Findings = append(w.list.Findings, header.finding(w.list.Sheet, Row{No: header.row}, ColumnHidden, Column(column), []any{columnLetters(i)}))
		}
	}
}

// below takes a row under the header.
func (w *rowWalk) below(row Row) {
	w.list.Skipped.Blank += row.No - w.last - 1
	w.last = row.No
	raw := w.cells.copy(row.Cells) // before it is arranged
	row = w.reader.header.arrange(row)
	row = w.spread(row)
	w.ditto.resolve(w.reader.header, row)
	kind := w.reader.header.classify(row, w.ended)
	if w.list.Skipped.count(kind) {
		return
	}
	w.ended = w.ended || kind == rowTotals || kind == rowSignature
	if kind == rowNameOnly {
		w.list.Findings = append(w.list.Findings, w.reader.header.finding(w.list.Sheet, row, RowSkipped, ColName, nil))
	}
	if kind != rowPerson {
		return
	}
	if len(w.list.Lines) == w.limits.RowsMax {
		w.list = List{Sheet: w.list.Sheet, HeaderRow: w.list.HeaderRow,
			Findings: []Finding{{Code: RowsMany, Severity: SeverityError, Sheet: w.list.Sheet, args: []any{w.limits.RowsMax}}}}
		w.done = true
		return
	}
	w.cells.rows = append(w.cells.rows, raw)
	w.unread.note(row.No, raw)
	w.ditto.keep(w.reader.header, row)
	line, findings := w.reader.read(row)
	w.list.Lines = append(w.list.Lines, line)
	w.list.Findings = append(w.list.Findings, findings...)
}

// end closes the sheet.
func (w *rowWalk) end() {
	if w.list.HeaderRow == 0 {
		if _, _, found := w.search.end(); !found {
			return
		}
		w.begin()
	}
	if !w.done {
		w.list.Findings = append(w.list.Findings, w.unread.findings(w.reader.header, w.list.Sheet)...)
		w.list.Findings = append(w.list.Findings, w.ditto.findings(w.reader.header, w.list.Sheet)...)
		w.list.checkOrder(w.reader.header, w.reader.order)
		w.list.finish(w.reader.header)
		w.list.keepRefused(w.cells)
	}
}

// rawCells are the cells of one row of people after another, in few pieces of memory:
// which rows are refused shows only when all are read, and the rest is let go then.
type rawCells struct {
	rows  [][]string
	piece []string
}

const rawPiece = 4096

func (c *rawCells) copy(cells []string) []string {
	if len(cells) > cap(c.piece)-len(c.piece) {
		c.piece = make([]string, 0, max(rawPiece, len(cells)))
	}
	from := len(c.piece)
	c.piece = append(c.piece, cells...)
	return c.piece[from:len(c.piece):len(c.piece)]
}

// keepRefused keeps the cells of the rows refused so far, which somebody will want
// to see as they were handed in.
func (l *List) keepRefused(all rawCells) {
	for i, line := range l.Lines {
		if !line.Refused {
			continue
		}
		if l.refused == nil {
			l.refused = make(map[int][]RefusedCell)
		}
		l.refused[line.Row] = l.header.refusedCells(all.rows[i])
	}
}
