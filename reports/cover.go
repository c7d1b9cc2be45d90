package reports

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// coverWidths are a column for labels, one that joins its neighbour, and two
// for figures; left block 1, right block 2–4.
var coverWidths = []float64{32, 17, 21, 27}

// cover writes the first sheet. It is written last, because it compares the
// ledger with what the detail sheet really holds.
func (p *part) cover() error {
	first := p.coverHeight()
	s, err := p.book.newDetailSheet(sheetLayout{name: sheetCover, widths: coverWidths, portrait: true, onePage: true, tabColor: "7F7F7F",
		rules: []rule{{cells(4, first, first+len(p.controls())-1), fmt.Sprintf("$D%d<>0", first), p.book.styles.wrong}}})
	if err != nil {
		return err
	}
	for _, part := range []func(*sheet) error{p.coverHead, p.coverFacts, p.coverControls, p.coverCheck, p.coverSigners} {
		if err := part(s); err != nil {
			return err
		}
	}
	return s.done()
}

// pair writes one text on the left and one on the right, as Decree 30 has it.
func (s *sheet) pair(height float64, leftStyle int, left string, rightStyle int, right string) error {
	if err := s.put(height, at(leftStyle, left), at(rightStyle, right), at(rightStyle, ""), at(rightStyle, "")); err != nil {
		return err
	}
	return s.span(2, 4)
}

func (p *part) coverHead(s *sheet) error {
	st := p.book.styles
	if err := s.line(18, st.banner, p.bannerOrNothing()); err != nil {
		return err
	}
	issuer := p.issuer()
	rows := []struct {
		height     float64
		leftStyle  int
		left       string
		rightStyle int
		right      string
	}{
		{tall(issuer.Superior, 24, 12), st.headCaps, strings.ToUpper(issuer.Superior), st.headBold, words.nation.vi},
		{max(18, tall(issuer.Name, 22, 12)), st.headBold, strings.ToUpper(issuer.Name), st.motto, words.motto.vi},
		{10, st.rule, strings.Repeat("—", 9), st.rule, strings.Repeat("—", 23)},
		{20, st.headCaps, words.number.vi, st.right, issuer.Place + longDate(calendar.DateOf(p.options.Now))},
	}
	for _, r := range rows {
		if err := s.pair(r.height, r.leftStyle, r.left, r.rightStyle, r.right); err != nil {
			return err
		}
	}
	for _, r := range []struct {
		height float64
		style  int
		text   string
	}{{8, st.capsule, ""}, {21, st.title, words.title.vi}, {tall(p.batch.NameVI, 85, 13), st.subtitle, p.batch.NameVI}, {15, st.small, words.title.en}, {6, st.capsule, ""}} {
		if err := s.line(r.height, r.style, r.text); err != nil {
			return err
		}
	}
	return nil
}

// bannerOrNothing is the mark of demo data; a real cover begins with its heading.
func (p *part) bannerOrNothing() string {
	if p.demo {
		return words.demo.both()
	}
	return ""
}

func (p *part) issuer() Issuer {
	i := p.options.Issuer
	if i.Name == "" && len(p.books) == 1 {
		i.Name = p.books[0].Name
	}
	if i.Name == "" {
		i.Name = fmt.Sprintf("%d đơn vị dự toán", len(p.books))
	}
	if i.Place == "" {
		i.Place = words.place.vi
	} else if !strings.HasSuffix(i.Place, ", ") {
		i.Place += ", "
	}
	return i
}

// longDate writes a day as the heading has it: two digits for days below 10 and
// for January and February only.
func longDate(d calendar.Date) string {
	month := fmt.Sprint(int(d.Month()))
	if d.Month() < 3 {
		month = "0" + month
	}
	return fmt.Sprintf(words.date.vi, d.Day(), month, d.Year())
}

// fact is one labelled line of the cover.
type fact struct {
	label word
	value string
}

func (p *part) coverList() []fact {
	var books []string
	for i, b := range p.books {
		if i == 5 {
			books = append(books, fmt.Sprintf("… và %d đơn vị khác", len(p.books)-i))
			break
		}
		books = append(books, b.Code+" – "+b.Name)
	}
	programme := p.programme.NameVI
	if p.programme.BudgetCode != "" {
		programme += " (mã ngân sách " + p.programme.BudgetCode + ")"
	}
	list := []fact{
		{coverLabels.programme, programme},
		{coverLabels.basis, p.programme.LegalBasis},
		{coverLabels.batch, fmt.Sprintf("Số %d, kỳ tháng %02d/%d", p.batch.ID, int(p.batch.Period.Month()), p.batch.Period.Year())},
		{coverLabels.decision, fmt.Sprintf("Số %s ngày %s", p.batch.DecisionNo, p.batch.DecisionDate.Vietnamese())},
		{coverLabels.due, p.batch.DueDate.Vietnamese() + " – " + p.programme.DuePaper},
		{coverLabels.books, strings.Join(books, "\n")},
		{coverLabels.head, p.headText()},
		{coverLabels.made, strings.TrimPrefix(fmt.Sprintf("%s, %s, giờ Việt Nam", p.options.By, p.options.Now.In(calendar.Zone).Format("15:04 02/01/2006")), ", ")},
	}
	if p.of > 1 && len(p.sections) > 0 {
		list = append(list, fact{coverLabels.file, fmt.Sprintf("Tệp %d/%d: từ %s đến %s. Khoản lệch và thời gian nhận tiền của cả đợt ở tệp 1.",
			p.number, p.of, p.sections[0].Name, p.sections[len(p.sections)-1].Name)})
	}
	return list
}

func (p *part) headText() string {
	text := fmt.Sprintf("Chứng từ cuối số %d, mã băm (SHA-256):\n%x\n%x", p.head.ChainNo, p.head.Hash[:16], p.head.Hash[16:])
	if p.head.ChainNo == 0 {
		text = words.notInChain.vi
	}
	if p.unsealed > 0 {
		text += fmt.Sprintf("\n%s: %d", coverLabels.unsealed.vi, p.unsealed)
	}
	return text
}

func (p *part) coverFacts(s *sheet) error {
	st := p.book.styles
	for _, f := range p.coverList() {
		height := max(tall(f.value, 56, 12), 18)
		if err := s.pair(height, st.label, f.label.vi+" / "+f.label.en, st.value, f.value); err != nil {
			return err
		}
	}
	return nil
}

// coverHeight is the row of the first control total. A test compares it with
// the row where the table really begins.
func (p *part) coverHeight() int { return 10 + len(p.coverList()) + 3 + 1 }

// controlLine is one control total: what the ledger says, how the workbook
// computes it, and what that gives now.
type controlLine struct {
	name    word
	ledger  int64
	formula string
	value   int64
}

// controls lists the control totals of this file. The last one is of the whole
// batch and needs the whole batch in one file.
func (p *part) controls() []controlLine {
	want := sum(p.sections)
	all := declared(p.sections)
	unapproved := want[shownUnapproved].total
	wrote := p.wrote
	byState := func(g shown) string {
		return fmt.Sprintf(`SUMIFS(%s,%s,"%s")`, nameAmounts, nameStates, shownWords[g].name.vi)
	}
	lines := []controlLine{
		{coverLines.count, all.count, "COUNT(" + nameAmounts + ")", wrote.rows},
		{coverLines.planned, int64(all.total), "SUBTOTAL(109," + nameAmounts + ")", int64(wrote.total)},
		{coverLines.approved, int64(all.total - unapproved), "SUM(" + nameAmounts + ")-" + byState(shownUnapproved), int64(wrote.total - wrote.states[shownUnapproved].total)},
	}
	for _, g := range shownOrder {
		lines = append(lines, controlLine{shownWords[g].name, int64(want[g].total), byState(g), int64(wrote.states[g].total)})
	}
	if p.of == 1 {
		out := []shown{shownPaid, shownEnded, shownUnapproved}
		line := controlLine{coverLines.owed, int64(p.owed), "SUM(" + nameAmounts + ")", int64(wrote.total)}
		for _, g := range out {
			line.formula += "-" + byState(g)
			line.value -= int64(wrote.states[g].total)
		}
		lines = append(lines, line)
	}
	return lines
}

func (p *part) coverControls(s *sheet) error {
	st := p.book.styles
	if err := s.line(24, st.section, coverControl); err != nil {
		return err
	}
	vi, en := make([]any, len(coverTable)), make([]any, len(coverTable))
	for i, w := range coverTable {
		vi[i], en[i] = at(st.header, w.vi), at(st.headerEN, w.en)
	}
	if err := s.put(32, vi...); err != nil {
		return err
	}
	if err := s.put(14, en...); err != nil {
		return err
	}
	for _, c := range p.controls() {
		row := s.row + 1
		if err := s.put(16, at(st.text, c.name.vi), at(st.control, c.ledger), formula(st.money, c.formula, c.value),
			formula(st.difference, fmt.Sprintf("C%d-B%d", row, row), c.value-c.ledger)); err != nil {
			return err
		}
	}
	text, err := money.Words(declared(p.sections).total)
	if err != nil {
		return fmt.Errorf("amount in words: %w", err)
	}
	return s.line(tall(coverWords+text, 94, 12)+4, st.prose, coverWords+text+".")
}

func (p *part) coverCheck(s *sheet) error {
	st := p.book.styles
	if err := s.line(22, st.section, coverCheck); err != nil {
		return err
	}
	for _, text := range coverChecks {
		if err := s.line(tall(text, 97, 12), st.prose, text); err != nil {
			return err
		}
	}
	return nil
}

// coverSigners leaves room for three people. The hint and the gap are rows of
// set height, because merged cells do not grow.
func (p *part) coverSigners(s *sheet) error {
	st := p.book.styles
	for _, r := range []struct {
		height float64
		style  int
		texts  [3]string
	}{
		{10, st.capsule, [3]string{}},
		{18, st.signer, [3]string{words.signMaker.vi, words.signAccountant.vi, words.signHead.vi}},
		{15, st.signNote, [3]string{words.signHint.vi, words.signHint.vi, words.signHint.vi}},
		{72, st.signNote, [3]string{}},
		{16, st.signNote, [3]string{words.dots.vi, words.dots.vi, words.dots.vi}},
	} {
		row := []any{at(r.style, r.texts[0]), at(r.style, r.texts[1]), excelize.Cell{StyleID: r.style}, at(r.style, r.texts[2])}
		if err := s.put(r.height, row...); err != nil {
			return err
		}
		if err := s.span(2, 3); err != nil {
			return err
		}
	}
	return nil
}
