package reports

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
)

// changeHeaders is how many rows stand above the first part: heading and columns.
const changeHeaders = 5

// write makes the workbook: first the list, then the cover, which counts it.
func (p *changePaper) write() (digest string, err error) {
	title := fmt.Sprintf("%s THÁNG %s – %s", changeWords.title.vi, monthText(p.list.Month), p.list.UnitName)
	footer := fmt.Sprintf("Danh sách %d · %x", p.options.List, p.list.SHA256[:8])
	p.book, err = newWorkbook([]string{sheetChangeCover, sheetChangeList}, title, p.options.Reader.ID, p.options.Now, p.demo, footer)
	if err != nil {
		return "", err
	}
	defer p.book.file.Close() //nolint:errcheck // only removes temporary files
	if err := p.writeList(); err != nil {
		return "", err
	}
	if err := p.check(); err != nil {
		return "", err
	}
	if err := p.writeCover(); err != nil {
		return "", err
	}
	return p.book.save(p.options.Path)
}

// check holds what was written against what was recorded when the list was taken.
func (p *changePaper) check() error {
	s := p.sum
	if p.wrote["added"] != s.Added || p.wrote["removed"] != s.Removed || p.wrote["changed"] != s.Changed || s.After != s.Before+s.Added-s.Removed {
		return fmt.Errorf("wrote %v, recorded are %d added, %d removed, %d changed, from %d to %d", p.wrote, s.Added, s.Removed, s.Changed, s.Before, s.After)
	}
	return nil
}

func monthText(month *calendar.Date) string {
	return fmt.Sprintf("%02d/%d", int(month.Month()), month.Year())
}

// writeList writes the three parts under one heading.
func (p *changePaper) writeList() error {
	s, err := p.book.newDetailSheet(sheetLayout{name: sheetChangeList, widths: widths(changeColumns), tabColor: "1F4E79", frozen: changeHeaders})
	if err != nil {
		return err
	}
	subject := fmt.Sprintf("%s, tháng %s", p.list.UnitName, monthText(p.list.Month))
	title := word{changeWords.detail.vi + " – " + subject, changeWords.detail.en}
	if err := s.heading(subject, title, changeWords.unit.vi); err != nil {
		return err
	}
	if err := s.headers(31, changeColumns); err != nil {
		return err
	}
	p.wrote, p.cells = map[string]int{}, map[string]string{}
	for _, part := range changeParts {
		if err := p.writePart(s, part.kind, part.name); err != nil {
			return err
		}
		if err := p.book.define(part.cells, "", p.cells[part.kind]); err != nil {
			return err
		}
	}
	return s.done()
}

// writePart writes the rows of one kind, numbered from 1, or says that there are none.
func (p *changePaper) writePart(s *sheet, kind string, name word) error {
	st := p.book.styles
	var rows []changeRow
	for _, r := range p.rows {
		if r.Kind == kind {
			rows = append(rows, r)
		}
	}
	head := make([]any, len(changeColumns))
	for i := range head {
		head[i] = at(st.section, "")
	}
	head[0] = at(st.section, fmt.Sprintf("%s / %s: %d", name.vi, name.en, len(rows)))
	if err := s.put(21, head...); err != nil {
		return err
	}
	first := s.row + 1
	for i, r := range rows {
		if err := p.writeRow(s, i+1, r); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		if err := s.put(17, at(st.center, ""), at(st.text, changeWords.none.vi)); err != nil {
			return err
		}
	}
	p.wrote[kind] = len(rows)
	p.cells[kind] = absolute(sheetChangeList, 1, first, s.row)
	return nil
}

func (p *changePaper) writeRow(s *sheet, no int, r changeRow) error {
	st := p.book.styles
	why, category, decision, way := r.why(), r.category(), r.decision(), r.way()
	height := max(17, tall(why, changeColumns[6].width-3, 11), tall(category, changeColumns[4].width-3, 11), tall(decision, changeColumns[5].width-3, 11),
		tall(way, changeColumns[7].width-3, 11))
	amount := at(st.money, nil)
	if r.Amount > 0 {
		amount = at(st.money, int64(r.Amount))
	}
	row := at(st.center, "–")
	if r.Row > 0 {
		row = at(st.number, r.Row)
	}
	return s.put(height, at(st.number, no), at(st.wrap, r.Name), at(st.center, r.born()), at(st.center, r.id), at(st.wrap, category),
		at(st.wrap, decision), at(st.wrap, why), at(st.wrap, way), amount, row)
}

// writeCover writes heading, totals and signatures.
func (p *changePaper) writeCover() error {
	facts, totals := p.facts(), p.totals()
	first := changeCoverHead + len(facts) + 3 + 1
	s, err := p.book.newDetailSheet(sheetLayout{name: sheetChangeCover, widths: coverWidths, portrait: true, onePage: true, tabColor: "7F7F7F",
		rules: []rule{{cells(4, first, first+len(totals)-1), fmt.Sprintf("$D%d<>0", first), p.book.styles.wrong}}})
	if err != nil {
		return err
	}
	if err := p.coverHead(s); err != nil {
		return err
	}
	st := p.book.styles
	for _, f := range facts {
		if err := s.pair(max(tall(f.value, 56, 12), 18), st.label, f.label.vi+" / "+f.label.en, st.value, f.value); err != nil {
			return err
		}
	}
	if err := p.coverTotals(s, totals); err != nil {
		return err
	}
	if err := s.line(22, st.section, changeCheck); err != nil {
		return err
	}
	for _, text := range changeChecks {
		if err := s.line(tall(text, 90, 12), st.prose, text); err != nil {
			return err
		}
	}
	if err := p.coverSigners(s); err != nil {
		return err
	}
	return s.done()
}

// changeCoverHead is how many rows stand above the first fact.
const changeCoverHead = 9

// coverHead is the heading of Decree 30: whose committee, motto, number and day.
func (p *changePaper) coverHead(s *sheet) error {
	st := p.book.styles
	mark := ""
	if p.demo {
		mark = words.demo.both()
	}
	if err := s.line(18, st.banner, mark); err != nil {
		return err
	}
	for _, r := range []struct {
		height     float64
		leftStyle  int
		left       string
		rightStyle int
		right      string
	}{
		{18, st.headBold, changeWords.committee, st.headBold, words.nation.vi},
		{max(18, tall(p.list.UnitName, 24, 12)), st.headBold, strings.ToUpper(p.list.UnitName), st.motto, words.motto.vi},
		{10, st.rule, strings.Repeat("—", 9), st.rule, strings.Repeat("—", 23)},
		{20, st.headCaps, changeWords.number.vi, st.right, words.place.vi + longDate(calendar.DateOf(p.options.Now))},
	} {
		if err := s.pair(r.height, r.leftStyle, r.left, r.rightStyle, r.right); err != nil {
			return err
		}
	}
	title := changeWords.title.vi + "\nTHÁNG " + monthText(p.list.Month)
	for _, r := range []struct {
		height float64
		style  int
		text   string
	}{{8, st.capsule, ""}, {40, st.title, title}, {15, st.small, changeWords.title.en}, {6, st.capsule, ""}} {
		if err := s.line(r.height, r.style, r.text); err != nil {
			return err
		}
	}
	return nil
}

// facts say which list it is and what it was compared with.
func (p *changePaper) facts() []fact {
	l := p.list
	file := l.File
	if l.Sheet != "" {
		file += " [" + l.Sheet + "]"
	}
	compared := fmt.Sprintf(changeWords.once.vi, monthText(&p.sum.Base))
	if p.sum.Base == *l.Month {
		compared = changeWords.again.vi
	}
	return []fact{
		{changeLabels.programme, l.ProgrammeName + " (" + l.Programme + ")"},
		{changeLabels.basis, l.LegalBasis},
		{changeLabels.month, monthText(l.Month) + ", " + compared},
		{changeLabels.commune, l.UnitName + " (mã " + l.Unit + ")"},
		{changeLabels.list, fmt.Sprintf("Số %d, tệp %s, %s nhận %s", p.options.List, file, l.By, l.At.In(calendar.Zone).Format("15:04 02/01/2006"))},
		{changeLabels.form, changeForms[p.sum.Form].vi},
		{changeLabels.made, fmt.Sprintf("%s, %s, giờ Việt Nam", p.options.Reader.ID, p.options.Now.In(calendar.Zone).Format("15:04 02/01/2006"))},
	}
}

// totals are recorded figures beside formulas over what the list sheet holds.
func (p *changePaper) totals() []controlLine {
	s, w := p.sum, p.wrote
	top := changeCoverHead + len(p.facts()) + 3 + 1
	ref := func(line int) string { return cell(3, top+line) }
	return []controlLine{
		{changeTotals.before, int64(s.Before), cell(2, top), int64(s.Before)},
		{changeTotals.added, int64(s.Added), "COUNT(" + changeParts[0].cells + ")", int64(w["added"])},
		{changeTotals.removed, int64(s.Removed), "COUNT(" + changeParts[1].cells + ")", int64(w["removed"])},
		{changeTotals.after, int64(s.After), ref(0) + "+" + ref(1) + "-" + ref(2), int64(s.Before + w["added"] - w["removed"])},
		{changeTotals.changed, int64(s.Changed), "COUNT(" + changeParts[2].cells + ")", int64(w["changed"])},
		{changeTotals.kept, int64(s.Before - s.Removed - s.Changed), ref(3) + "-" + ref(1) + "-" + ref(4), int64(s.Before - w["removed"] - w["changed"])},
	}
}

func (p *changePaper) coverTotals(s *sheet, totals []controlLine) error {
	st := p.book.styles
	if err := s.line(24, st.section, changeControl); err != nil {
		return err
	}
	vi, en := make([]any, len(changeTable)), make([]any, len(changeTable))
	for i, w := range changeTable {
		vi[i], en[i] = at(st.header, w.vi), at(st.headerEN, w.en)
	}
	if err := s.put(32, vi...); err != nil {
		return err
	}
	if err := s.put(14, en...); err != nil {
		return err
	}
	for _, c := range totals {
		row := s.row + 1
		if err := s.put(tall(c.name.vi, 26, 11)+2, at(st.wrap, c.name.vi), at(st.control, c.ledger), formula(st.count, c.formula, c.value),
			formula(st.difference, fmt.Sprintf("C%d-B%d", row, row), c.value-c.ledger)); err != nil {
			return err
		}
	}
	return nil
}

// coverSigners leaves room for two people.
func (p *changePaper) coverSigners(s *sheet) error {
	st := p.book.styles
	for _, r := range []struct {
		height      float64
		style       int
		left, right string
	}{
		{10, st.capsule, "", ""},
		{34, st.signer, changeWords.signMaker.vi, changeWords.signChair.vi},
		{15, st.signNote, words.signHint.vi, words.signHint.vi},
		{72, st.signNote, "", ""},
		{16, st.signNote, words.dots.vi, words.dots.vi},
	} {
		if err := s.put(r.height, at(r.style, r.left), excelize.Cell{StyleID: r.style}, at(r.style, r.right), excelize.Cell{StyleID: r.style}); err != nil {
			return err
		}
		if err := s.span(3, 4); err != nil {
			return err
		}
	}
	return nil
}
