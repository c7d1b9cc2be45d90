package reports

// notes explains every state and every column, and how figures are made.
func (p *part) notes() error {
	st := p.book.styles
	columns := []column{{name: word{"Mục", "Item"}, width: 27}, {name: word{"Giải thích", "In Vietnamese"}, width: 68}, {name: word{"Tiếng Anh", "In English"}, width: 60}}
	s, err := p.book.newDetailSheet(sheetLayout{name: sheetNotes, widths: widths(columns), tabColor: "7F7F7F", frozen: 5})
	if err != nil {
		return err
	}
	if err := s.heading(p.batch.NameVI, titleNotes, ""); err != nil {
		return err
	}
	if err := s.headers(18, columns); err != nil {
		return err
	}
	row := func(name, note word) error {
		return s.put(max(tall(note.vi, 66, 11), tall(note.en, 58, 11), 32), at(st.wrap, name.vi+"\n"+name.en), at(st.wrap, note.vi), at(st.wrap, note.en))
	}
	section := func(name string) error { return s.line(18, st.totalText, name) }
	if err := section("Trạng thái / States"); err != nil {
		return err
	}
	for _, g := range shownOrder {
		if err := row(shownWords[g].name, shownWords[g].note); err != nil {
			return err
		}
	}
	for _, table := range []struct {
		name    string
		columns []column
	}{
		{"Cột của sheet “" + sheetSummary + "” / Columns", summaryColumns},
		{"Cột của sheet “" + sheetDetail + "” / Columns", detailColumns},
		{"Cột của sheet “" + sheetBreaks + "” / Columns", breakColumns},
	} {
		if err := section(table.name); err != nil {
			return err
		}
		for _, c := range table.columns {
			if err := row(c.name, c.note); err != nil {
				return err
			}
		}
	}
	if err := section("Cách tính / Methods"); err != nil {
		return err
	}
	for _, n := range notesExtra {
		if err := row(n.name, n.note); err != nil {
			return err
		}
	}
	return s.done()
}
